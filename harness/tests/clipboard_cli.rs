//! `innkeeper clipboard` against a scripted agent on a unix socket.

#[path = "common/unread.rs"]
mod unread;

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use innkeeper_services::clipboard::Format;
use innkeeper_services::clipboard::agent::{Action, Agent, Profile};

/// A machine that listens, with an agent that `script` tells what to do after everything that happens.
struct Machine {
    dir: tempfile::TempDir,
    thread: JoinHandle<Agent>,
}

impl Machine {
    fn with(profile: Profile, mut script: impl FnMut(&mut Agent) + Send + 'static) -> Machine {
        let dir = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(dir.path().join("port")).expect("a socket");
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            let mut agent = Agent::new(profile);
            agent.connect(true);
            speak(stream, &mut agent, &mut script);
            agent
        });
        Machine { dir, thread }
    }

    /// Runs the command on the machine's port; what it left, and the agent.
    fn run(self, args: &[&str], input: &[u8]) -> (Output, Agent) {
        let port = format!("unix:{}", self.dir.path().join("port").display());
        let out = command(&[&["--port", &port], args].concat(), input);
        (out, self.thread.join().expect("the agent"))
    }
}

fn speak(mut stream: UnixStream, agent: &mut Agent, script: &mut dyn FnMut(&mut Agent)) {
    stream.set_read_timeout(Some(Duration::from_millis(5))).expect("a timeout");
    loop {
        script(agent);
        let mut out = Vec::new();
        agent.transmit(0, &mut out);
        // The client may have gone with the last answer unread.
        let _ = stream.write_all(&out);
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => drop(agent.receive(0, &buffer[..n])),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
    }
}

fn command(args: &[&str], input: &[u8]) -> Output {
    let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    c.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    c.arg("clipboard").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = c.spawn().expect("a process");
    // Not every subcommand reads it.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("an end")
}

/// Does `what` once the host has announced itself.
fn once(mut what: impl FnMut(&mut Agent) + Send + 'static) -> impl FnMut(&mut Agent) + Send + 'static {
    let mut done = false;
    move |agent| {
        if !done && agent.host_capabilities().is_some() {
            done = true;
            what(agent);
        }
    }
}

fn copies(content: &'static [u8]) -> impl FnMut(&mut Agent) + Send + 'static {
    once(move |agent| agent.copy(0, [(Format::Text, content.into())]))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn get_prints_the_next_copy_as_it_is() {
    let (out, _) =
        Machine::with(Profile::LINUX, copies(b"a\0b\xff\r\n")).run(&["get", "--timeout", "60s"], b"");
    assert_eq!(
        (out.status.code(), &out.stdout[..]),
        (Some(0), &b"a\0b\xff\r\n"[..]),
        "{}",
        text(&out.stderr)
    );
    let (out, _) = Machine::with(Profile::WINDOWS, copies(b"a\r\n")).run(&["get", "--json"], b"");
    let object: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!((&object["text"], &object["size"]), (&"a\n".into(), &2.into()), "{object}");
}

#[test]
fn get_says_what_there_is_instead() {
    let (out, _) = Machine::with(Profile::LINUX, copies(b"a")).run(&["get", "--type", "image/png"], b"");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("no image/png, but text/plain"), "{}", text(&out.stderr));
    let (out, _) = Machine::with(Profile::LINUX, |_| {}).run(&["get", "--timeout", "300ms"], b"");
    assert_eq!((out.status.code(), text(&out.stderr).contains("nothing came in time")), (Some(1), true));
}

#[test]
fn types_are_listed() {
    let both =
        || once(|agent| agent.copy(1, [(Format::Text, b"a"[..].into()), (Format::Png, b"b"[..].into())]));
    let args = ["types", "--selection", "primary"];
    let (out, _) = Machine::with(Profile::LINUX, both()).run(&args, b"");
    assert_eq!(text(&out.stdout), "text/plain;charset=utf-8\nimage/png\n", "{}", text(&out.stderr));
    let (out, _) = Machine::with(Profile::LINUX, both()).run(&[&args[..], &["--json"]].concat(), b"");
    let object: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!((&object["types"][1], &object["selection"]), (&"image/png".into(), &"primary".into()));
}

#[test]
fn what_nobody_reads_ends_it() {
    for args in [&["get"][..], &["get", "--json"], &["types"], &["types", "--json"], &["watch"]] {
        let machine = Machine::with(Profile::LINUX, copies(b"a"));
        let port = format!("unix:{}", machine.dir.path().join("port").display());
        let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
        unread::ends_quietly(c.args(["clipboard", "--port", &port]).args(args).stdin(Stdio::null()));
        machine.thread.join().expect("the agent");
    }
    let machine = Machine::with(Profile::LINUX, pastes());
    let port = format!("unix:{}", machine.dir.path().join("port").display());
    let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    c.args(["clipboard", "--port", &port, "set", "--once", "--json", "--text", "a"]);
    unread::ends_quietly(c.stdin(Stdio::null()));
    assert_eq!(
        machine.thread.join().expect("the agent").host_offer(0),
        None,
        "the guest is told all the same"
    );
}

#[test]
fn a_machine_that_goes_is_an_error_and_no_signal() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("port");
    let listener = UnixListener::bind(&path).expect("a socket");
    let machine = std::thread::spawn(move || drop(listener.accept().expect("a client")));
    let out = command(&["--port", &format!("unix:{}", path.display()), "set", "--text", "a"], b"");
    assert_eq!(out.status.code(), Some(3), "{}", text(&out.stderr));
    machine.join().expect("the machine");
}

/// Pastes what the host offers, once.
fn pastes() -> impl FnMut(&mut Agent) + Send + 'static {
    let mut done = false;
    move |agent| {
        if !done && agent.host_offer(0).is_some() {
            done = true;
            agent.act(Action::Request { selection: 0, type_number: 1 });
        }
    }
}

#[test]
fn set_offers_until_it_was_pasted_once() {
    for (args, input) in
        [(&["set", "--once"][..], &b"from stdin"[..]), (&["set", "--once", "--text", "from stdin"], b"")]
    {
        let (out, agent) = Machine::with(Profile::LINUX, pastes()).run(args, input);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        assert_eq!(text(&agent.answered()[0].content), "from stdin");
        assert_eq!(agent.host_offer(0), None, "the guest gives up what is offered no more");
    }
}

#[test]
fn set_ends_when_the_guest_copies_something_else() {
    let mut copied = false;
    let script = move |agent: &mut Agent| {
        if !copied && agent.host_offer(0).is_some() {
            copied = true;
            agent.copy(0, [(Format::Text, b"mine"[..].into())]);
        }
    };
    let (out, _) = Machine::with(Profile::LINUX, script).run(&["set", "--json", "--text", "theirs"], b"");
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert_eq!(text(&out.stdout), "{\"ended\":\"replaced\",\"selection\":\"clipboard\"}\n");
}

#[test]
fn a_clipboard_that_this_host_does_not_have_is_said_so() {
    for (which, code, said) in [
        ("x11", 3, "set DISPLAY"),
        ("wayland", 3, "set WAYLAND_DISPLAY"),
        ("off", 2, "leaves nothing to watch"),
        ("xorg", 2, "there are memory, x11, wayland, off"),
    ] {
        let out = command(&["--port", "unix:nowhere", "watch", "--clipboard", which], b"");
        let stderr = text(&out.stderr);
        assert!(out.status.code() == Some(code) && stderr.contains(said), "{which}: {stderr}");
    }
}

#[test]
fn watch_prints_what_is_said() {
    let (out, _) =
        Machine::with(Profile::LINUX, copies(b"secret")).run(&["watch", "--timeout", "500ms"], b"");
    let stdout = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(stdout.contains("guest -> host GRAB clipboard types=text serial=0"), "{stdout}");
    let args = ["watch", "--timeout", "500ms", "--json"];
    let (out, _) = Machine::with(Profile::LINUX, copies(b"secret")).run(&args, b"");
    let objects: Vec<serde_json::Value> =
        text(&out.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let grab = objects.iter().find(|o| o["event"] == "GRAB").expect("a GRAB");
    assert_eq!((&grab["types"][0], &grab["serial"]), (&"text/plain;charset=utf-8".into(), &0.into()));
    assert!(objects.iter().all(|o| o["at_ms"].is_u64()));
}

#[test]
fn a_port_that_is_not_there_says_what_to_do() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("none");
    let port = format!("unix:{}", path.display());
    let out = command(&["--port", &port, "get"], b"");
    let stderr = text(&out.stderr);
    assert_eq!(out.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains(&path.display().to_string()) && stderr.contains("server=on,wait=off"),
        "{stderr}"
    );
    let _silent = UnixListener::bind(&path).expect("a socket");
    let out = command(&["--port", &port, "types", "--timeout", "200ms"], b"");
    assert_eq!(out.status.code(), Some(3));
    assert!(text(&out.stderr).contains("no agent answers: start spice-vdagentd"), "{}", text(&out.stderr));
    let out = command(&["--port", "nonsense", "get"], b"");
    assert_eq!((out.status.code(), text(&out.stderr).contains("unix:PATH")), (Some(2), true));
}

#[test]
fn a_signal_ends_what_is_offered_and_the_guest_is_told() {
    let (offered, seen) = std::sync::mpsc::channel();
    let script = move |agent: &mut Agent| {
        if agent.host_offer(0).is_some() {
            // Told more than once; nobody listens to the rest.
            let _ = offered.send(());
        }
    };
    let machine = Machine::with(Profile::LINUX, script);
    let port = format!("unix:{}", machine.dir.path().join("port").display());
    let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    c.args(["clipboard", "--port", &port, "set", "--text", "soon gone"]).stdin(Stdio::null());
    let mut child = c.spawn().expect("a process");
    seen.recv_timeout(Duration::from_secs(60)).expect("an offer");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("a signal");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    assert_eq!(machine.thread.join().expect("the agent").host_offer(0), None);
}

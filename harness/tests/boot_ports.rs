//! `innkeeper boot --port NAME=unix:PATH`: guests at one end, peers at the socket.

mod common;

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use common::{PATIENCE, lines};

/// A guest of `scenarios/guests`, and its port.
type Guest = (&'static str, &'static str);
const ECHO: Guest = ("ports", "org.innkeeper.echo");
const CLIPBOARD: Guest = ("clipboard", "com.redhat.spice.0");

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("scenarios")
}

/// The command that boots the guest with its port at `path`.
fn boot(accel: &str, (guest, port): Guest, path: &Path) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    c.args(["boot", "--accel", accel, "--kernel"])
        .arg(scenarios().join(format!("guests/bin/{guest}.elf")))
        .args(["--port", &format!("{port}=unix:{}", path.display())]);
    c
}

/// A machine that is running; it ends with the test.
struct Machine {
    child: Child,
    lines: Receiver<String>,
    socket: PathBuf,
    _dir: tempfile::TempDir,
}

impl Machine {
    fn start(accel: &str, guest: Guest) -> Machine {
        let dir = tempfile::tempdir().expect("a directory");
        let socket = dir.path().join("port");
        let mut command = boot(accel, guest, &socket);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command");
        let lines = lines(child.stdout.take().expect("a console"));
        Machine { child, lines, socket, _dir: dir }
    }

    /// With the guest that echoes, at work.
    fn echoing(accel: &str) -> Machine {
        let machine = Machine::start(accel, ECHO);
        machine.says("port 1");
        machine
    }

    /// The guest's next line.
    fn says(&self, expected: &str) {
        let line = self.lines.recv_timeout(PATIENCE);
        assert_eq!(line.as_deref(), Ok(expected), "what the guest says");
    }

    /// Reads the console until a line begins so.
    fn until(&self, beginning: &str) {
        let line = || self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {beginning:?}"));
        while !line().starts_with(beginning) {}
    }

    fn type_line(&mut self, line: &str) {
        let keyboard = self.child.stdin.as_mut().expect("a keyboard");
        keyboard.write_all(format!("{line}\r").as_bytes()).expect("what is typed is taken");
    }

    /// `innkeeper clipboard` at the port.
    fn clipboard(&self, arguments: &[&str]) -> Child {
        let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
        c.args(["clipboard", "--port", &format!("unix:{}", self.socket.display())]).args(arguments);
        c.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the command")
    }

    /// It is made before the guest starts, and this guest says nothing until there is a peer.
    fn wait_for_socket(&self) {
        for _ in 0..PATIENCE.as_millis() / 5 {
            if self.socket.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("no socket at {}", self.socket.display());
    }

    /// A peer, which the guest has noticed.
    fn connect(&self) -> UnixStream {
        let peer = UnixStream::connect(&self.socket).expect("a peer");
        peer.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        peer.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        self.says("connected");
        peer
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn content(len: usize) -> Vec<u8> {
    // Never the "!" that ends the guest.
    (0..len).map(|i| (i * 31 + i / 251).to_le_bytes()[0] | 0x80).collect()
}

/// Sends `bytes` and reads as many.
fn echo(peer: &mut UnixStream, bytes: &[u8]) -> Vec<u8> {
    let mut sender = peer.try_clone().expect("a second handle");
    let mut back = vec![0; bytes.len()];
    std::thread::scope(|s| {
        s.spawn(|| sender.write_all(bytes).expect("what was sent is taken"));
        peer.read_exact(&mut back).expect("an echo");
    });
    back
}

#[test]
fn peers_come_and_go_and_are_echoed() {
    for accel in ["interp", "jit"] {
        let mut machine = Machine::echoing(accel);
        for size in [1, 300_000] {
            let mut peer = machine.connect();
            assert!(echo(&mut peer, &content(size)) == content(size), "{accel}: an echo of {size} bytes");
            drop(peer);
            machine.says("disconnected");
        }
        let mut last = machine.connect();
        last.write_all(b"!").expect("what was sent is taken");
        machine.says("bye");
        let mut rest = Vec::new();
        assert_eq!(last.read_to_end(&mut rest).expect("an end"), 0, "the socket is closed with the guest");
        assert!(machine.child.wait().expect("a status").success());
        assert!(!machine.socket.exists(), "and is no more");
    }
}

#[test]
fn a_peer_that_closes_in_the_middle_leaves_the_guest_running() {
    let machine = Machine::echoing("jit");
    let mut peer = machine.connect();
    // More than fits between the peer and the guest, and nothing of the echo is read.
    peer.set_nonblocking(true).expect("a mode");
    let (bytes, mut sent) = (content(8 << 20), 0);
    while let Ok(n) = peer.write(&bytes[sent..]) {
        sent += n;
    }
    assert!(sent < bytes.len(), "the guest waits for its peer");
    drop(peer);
    machine.says("disconnected");
    let mut peer = machine.connect();
    // The guest may still have had bytes of the first peer: those come before the answer.
    peer.write_all(b"\x01end").expect("what was sent is taken");
    let mut back = Vec::new();
    while !back.ends_with(b"\x01end") {
        let mut block = [0; 4096];
        let n = peer.read(&mut block).expect("an echo");
        assert!(n > 0 && back.len() < 64 << 10, "{} bytes of before", back.len());
        back.extend(&block[..n]);
    }
}

fn refused(path: &Path) -> String {
    let output = boot("interp", ECHO, path).stdin(Stdio::null()).output().expect("the command runs");
    let Output { status, stdout, stderr } = output;
    assert_eq!((status.code(), stdout.len()), (Some(125), 0));
    String::from_utf8_lossy(&stderr).into_owned()
}

#[test]
fn a_place_where_no_socket_can_be_is_refused_before_the_guest_starts() {
    let dir = tempfile::tempdir().expect("a directory");
    let port = "innkeeper: --port org.innkeeper.echo: ";
    let nowhere = dir.path().join("missing/port");
    let expected = format!("{port}failed to listen at {}: No such file or directory", nowhere.display());
    assert!(refused(&nowhere).starts_with(&expected), "{}", refused(&nowhere));
    let file = dir.path().join("file");
    std::fs::write(&file, "mine").expect("a file");
    let expected = format!("{port}{} exists and is not a socket; give another path\n", file.display());
    assert_eq!(refused(&file), expected);
    let taken = dir.path().join("taken");
    let _listener = UnixListener::bind(&taken).expect("a socket");
    let expected = format!("{port}{} is in use by another process; give another path\n", taken.display());
    assert_eq!(refused(&taken), expected);
    assert_eq!(std::fs::read(&file).expect("a file"), b"mine");
}

#[test]
fn the_command_clipboard_copies_and_pastes_with_the_guest_of_a_machine() {
    let picture = scenarios().join("clipboard/data/pixel.png");
    for accel in ["interp", "jit"] {
        let mut machine = Machine::start(accel, CLIPBOARD);
        machine.wait_for_socket();
        let types: [(&str, &str, &[u8]); 2] = [
            ("text/plain", "copy text naïve 日本語", "naïve 日本語".as_bytes()),
            ("image/png", "copy png", &std::fs::read(&picture).expect("a picture")),
        ];
        for (mime, line, content) in types {
            let get = machine.clipboard(&["get", "--type", mime, "--timeout", "60s"]);
            machine.until("ready");
            machine.type_line(line);
            let got = get.wait_with_output().expect("an end");
            assert!(got.status.success() && got.stdout == content, "{accel}: {got:?}");
        }
        let file = picture.to_str().expect("a path");
        let set =
            machine.clipboard(&["set", "--type", "image/png", "--file", file, "--once", "--timeout", "60s"]);
        machine.until("clipboard: the host offers png");
        machine.type_line("paste png");
        machine.until("clipboard: pasted png, 98 bytes, crc32 4b30fa10");
        assert!(set.wait_with_output().expect("an end").status.success());
        machine.type_line("quit");
        machine.until("bye");
        assert!(machine.child.wait().expect("a status").success());
    }
}

//! `innkeeper boot --clipboard x11`: a guest's agent, our service and xclip on Xvfb.

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use common::{PATIENCE, lines};
use innkeeper::scenario::cap;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let installed = ["Xvfb", "xclip"].iter().all(|program| cap::in_path(program).is_some());
    let runs = installed || cap::required("peers");
    if !runs {
        eprintln!("ignored without Xvfb and xclip: run ci/setup --with-peers");
    }
    let test = || {
        both_ways();
        Ok::<(), Failed>(())
    };
    let trial = Trial::test("text_crosses_between_a_guest_and_the_desktop", test).with_ignored_flag(!runs);
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit();
}

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lines of a process's output, waited for.
struct Lines(Receiver<String>);

impl Lines {
    fn of(output: impl std::io::Read + Send + 'static) -> Lines {
        Lines(lines(output))
    }

    /// The next line with `words` in it.
    fn until(&self, words: &str) -> String {
        let mut seen = Vec::new();
        loop {
            let line = self.0.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{words}: {seen:?}"));
            if line.contains(words) {
                return line;
            }
            seen.push(line);
        }
    }
}

fn both_ways() {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "64x64x24", "-nolisten", "tcp", "-noreset"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb");
    let mut number = String::new();
    BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut number).expect("a number");
    let (server, display) = (Running(server), format!(":{}", number.trim()));
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/guests/bin/clipboard.elf");
    let mut machine = Command::new(env!("CARGO_BIN_EXE_innkeeper"))
        .args(["boot", "--clipboard", "x11", "--kernel"])
        .arg(guest)
        .env("DISPLAY", &display)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a machine");
    let mut keys = machine.stdin.take().expect("a pipe");
    let console = Lines::of(machine.stdout.take().expect("a pipe"));
    let said = Lines::of(machine.stderr.take().expect("a pipe"));
    let mut machine = Running(machine);
    let xclip = |args: &[&str]| {
        let mut command = Command::new("xclip");
        command.args(["-display", &display, "-selection", "clipboard", "-t", "UTF8_STRING"]).args(args);
        command
    };

    console.until("ready");
    writeln!(keys, "copy text from the guest").expect("a key");
    // Once the host has the offer, xclip is answered.
    let pasted = (0..600).find_map(|_| {
        let out = xclip(&["-o"]).output().expect("xclip");
        std::thread::sleep(Duration::from_millis(if out.status.success() { 0 } else { 100 }));
        out.status.success().then_some(out.stdout)
    });
    assert_eq!(pasted.as_deref(), Some(&b"from the guest"[..]));
    assert!(said.until("transfer guest -> host").contains("14 bytes"));

    let mut owner =
        xclip(&["-i", "-quiet"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("xclip");
    owner.stdin.take().expect("a pipe").write_all("vom Host: grün".as_bytes()).expect("xclip reads");
    let owner = Running(owner);
    console.until("the host offers text");
    writeln!(keys, "paste text").expect("a key");
    assert!(console.until("pasted text").ends_with("vom Host: grün"));

    // A desktop that goes does not take the machine with it.
    drop((owner, server));
    said.until("the machine goes on without");
    writeln!(keys, "quit").expect("a key");
    console.until("bye");
    assert_eq!(machine.0.wait().expect("a status").code(), Some(0));
}

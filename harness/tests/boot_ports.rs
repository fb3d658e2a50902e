//! `innkeeper boot --port NAME=unix:PATH`: the guest `ports`, which echoes, and peers at the socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longest wait for anything, on a host that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command that boots the guest with its port at `path`.
fn boot(accel: &str, path: &Path) -> Command {
    let kernel = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/guests/bin/ports.elf");
    let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    c.args(["boot", "--kernel", kernel, "--memory", "16MiB", "--accel", accel, "--port"])
        .arg(format!("org.innkeeper.echo=unix:{}", path.display()))
        .stdin(Stdio::null());
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
    fn start(accel: &str) -> Machine {
        let dir = tempfile::tempdir().expect("a directory");
        let socket = dir.path().join("port");
        let mut child = boot(accel, &socket).stdout(Stdio::piped()).spawn().expect("the command");
        let console = BufReader::new(child.stdout.take().expect("a console"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            console.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
        });
        let machine = Machine { child, lines, socket, _dir: dir };
        machine.says("port 1");
        machine
    }

    /// The guest's next line.
    fn says(&self, expected: &str) {
        let line = self.lines.recv_timeout(PATIENCE);
        assert_eq!(line.as_deref(), Ok(expected), "what the guest says");
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
        let mut machine = Machine::start(accel);
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
    let machine = Machine::start("jit");
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
    let Output { status, stdout, stderr } = boot("interp", path).output().expect("the command runs");
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

//! `--watch` and `--wait`: what changes is printed when it does.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::guest::{Guest, MAC, interface};
use crate::common::{PATIENCE, lines};
use crate::unread::ends_quietly;

/// The command while it runs.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

/// Name and body.
pub const TESTS: &[(&str, fn())] = &[
    ("a_lease_file_that_changes_is_a_line", a_lease_file_that_changes_is_a_line),
    ("an_agent_that_comes_and_goes_is_asked_again", an_agent_that_comes_and_goes_is_asked_again),
    ("frames_of_a_pipe_are_lines_until_it_ends", frames_of_a_pipe_are_lines_until_it_ends),
    ("waiting_ends_with_the_address", waiting_ends_with_the_address),
    ("waiting_is_interrupted", waiting_is_interrupted),
    ("a_reader_that_leaves_ends_the_watch", a_reader_that_leaves_ends_the_watch),
];

fn start(args: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    command.args(["domifaddr", "--mac", "vnet0=52:54:00:12:34:56"]).args(args);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let lines = lines(child.stdout.take().expect("a pipe"));
    Running { child, lines }
}

impl Running {
    /// The next line, without its time.
    fn next(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE).expect("a line");
        line.split_once(' ').map_or(line.clone(), |(_, rest)| rest.to_string())
    }

    fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("a pipe")
    }

    /// Its end, and what it said to standard error.
    fn end(mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
        (self.child.wait().expect("an end"), said)
    }

    fn interrupt(self) -> (ExitStatus, String) {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("a signal");
        self.end()
    }
}

/// Writes as dnsmasq does: into the same file.
fn in_place(path: &Path, address: &str) {
    fs::write(path, format!("0 {MAC} {address} * *\n")).expect("leases");
}

/// Writes as libvirt does: beside it, then renamed.
fn renamed(path: &Path, address: &str) {
    let new = path.with_extension("new");
    in_place(&new, address);
    fs::rename(&new, path).expect("leases");
}

fn lease(path: &Path) -> [&str; 4] {
    ["--source", "lease", "--lease-file", path.to_str().expect("text")]
}

fn a_lease_file_that_changes_is_a_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("leases");
    in_place(&path, "10.0.0.1");
    let running = start(&[&lease(&path)[..], &["--watch"]].concat());
    assert_eq!(running.next(), "vnet0 added 10.0.0.1 preferred (lease)");
    for (change, n) in [(in_place as fn(&Path, &str), 2), (renamed, 3), (in_place, 4)] {
        let (old, new) = (format!("10.0.0.{}", n - 1), format!("10.0.0.{n}"));
        change(&path, &new);
        assert_eq!(running.next(), format!("vnet0 removed {old} (lease)"));
        assert_eq!(running.next(), format!("vnet0 added {new} preferred (lease)"));
    }
    fs::write(&path, "<html>\n").expect("leases");
    std::thread::sleep(Duration::from_millis(200));
    renamed(&path, "10.0.0.5");
    assert_eq!(running.next(), "vnet0 removed 10.0.0.4 (lease)", "what is no lease file changed nothing");
    assert_eq!(running.next(), "vnet0 added 10.0.0.5 preferred (lease)");
    let (status, said) = running.interrupt();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("by its line 1, `<html>`"), "{said}");
}

fn an_agent_that_comes_and_goes_is_asked_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("agent");
    let port = format!("unix:{}", path.display());
    let running = start(&["--source", "agent", "--agent", &port, "--watch", "--json"]);
    let guest = Guest::at(&path, json!([interface("eth0", MAC, &["10.0.0.7/24"])]), Vec::new());
    let object = |line: String| -> Value { serde_json::from_str(&line).expect("JSON") };
    let line = running.lines.recv_timeout(PATIENCE).expect("a line");
    let event = object(line);
    assert_eq!(
        (&event["event"], &event["address"], &event["name"]),
        (&"added".into(), &"10.0.0.7".into(), &"vnet0".into())
    );
    assert!(event["at"].as_u64().is_some_and(|at| at > 1_700_000_000_000_000_000), "{event}");
    guest.set_interfaces(json!([interface("eth0", MAC, &["10.0.0.8/24"])]));
    let events: Vec<_> =
        (0..2).map(|_| object(running.lines.recv_timeout(PATIENCE).expect("a line"))).collect();
    assert_eq!((&events[0]["event"], &events[0]["address"]), (&"removed".into(), &"10.0.0.7".into()));
    assert_eq!((&events[1]["event"], &events[1]["address"]), (&"added".into(), &"10.0.0.8".into()));
    assert_eq!(running.interrupt().0.code(), Some(0));
}

/// ARP announcement of 10.0.0.7 by the card, as tcpdump writes it now.
fn announcement() -> Vec<u8> {
    #[expect(clippy::disallowed_methods, reason = "frames of the present")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    let mac = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    let mut frame = [[0xff; 6], mac].concat();
    frame.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend(mac.iter().chain(&[10, 0, 0, 7]));
    frame.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 7]);
    let seconds = u32::try_from(now.as_secs()).expect("32 bits of seconds");
    let length = u32::try_from(frame.len()).expect("a short frame");
    let header = [seconds, now.subsec_micros(), length, length].map(u32::to_le_bytes).concat();
    [header, frame].concat()
}

/// The header of a little-endian pcap file of Ethernet.
const HEADER: &[u8] = &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];

fn frames_of_a_pipe_are_lines_until_it_ends() {
    let mut running = start(&["--source", "snoop", "--pcap", "-", "--watch"]);
    let mut pipe = running.stdin();
    pipe.write_all(HEADER).expect("a reader");
    pipe.write_all(&announcement()).expect("a reader");
    assert_eq!(running.next(), "vnet0 added 10.0.0.7 preferred (snoop)");
    drop(pipe);
    let (status, said) = running.end();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

fn waiting_ends_with_the_address() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("leases");
    let running = start(&[&lease(&path)[..], &["--wait=60s", "-q", "--family", "ipv4"]].concat());
    std::thread::sleep(Duration::from_millis(100));
    renamed(&path, "fe80::1");
    renamed(&path, "10.0.0.7");
    assert_eq!(running.next(), "vnet0      52:54:00:12:34:56    ipv4         10.0.0.7/0");
    assert_eq!(running.end().0.code(), Some(0));
}

fn waiting_is_interrupted() {
    let dir = tempfile::tempdir().expect("a folder");
    let running = start(&[&lease(&dir.path().join("leases"))[..], &["--wait"]].concat());
    std::thread::sleep(Duration::from_millis(200));
    let (status, said) = running.interrupt();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.ends_with("innkeeper: interrupted\n"), "{said}");
}

fn a_reader_that_leaves_ends_the_watch() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("leases");
    in_place(&path, "10.0.0.1");
    let mut command = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    command.args(["domifaddr", "--mac", MAC]).args(lease(&path)).arg("--watch").stdin(Stdio::null());
    ends_quietly(&mut command);
    // Nor does it wait for something to print.
    fs::remove_file(&path).expect("the leases");
    ends_quietly(&mut command);
}

/// Run with `--ignored --nocapture` for the figure.
pub fn how_long_from_a_change_to_its_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("leases");
    in_place(&path, "10.0.0.1");
    let running = start(&[&lease(&path)[..], &["--watch"]].concat());
    running.next();
    let mut spans = Vec::new();
    // More than 128 addresses in no time would be a flood.
    for n in 0..100_u32 {
        let address = std::net::Ipv4Addr::from(0x0a00_0002 + n).to_string();
        #[expect(clippy::disallowed_methods, reason = "a figure to print")]
        let begun = Instant::now();
        renamed(&path, &address);
        let (_removed, added) = (running.next(), running.next());
        spans.push(begun.elapsed());
        assert_eq!(added, format!("vnet0 added {address} preferred (lease)"));
    }
    spans.sort_unstable();
    println!(
        "file changed to line printed: median {:?}, 99th of 100 {:?}, most {:?}",
        spans[50], spans[98], spans[99]
    );
    running.interrupt();
}

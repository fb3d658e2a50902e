//! Byte ports through the emulated CPU: the guest's own driver, on every engine.

use innkeeper_core::accel::{Accel, Interp, interp};
use innkeeper_core::board::virt_a64::{Config, Virt, VirtA64};
use innkeeper_core::board::{Board as _, Payload};
use innkeeper_core::isa::a64::A64;
use innkeeper_core::machine::{Digest, Exit, Limit};
use innkeeper_core::replay::Log;
use innkeeper_jit::Jit;

const NAME: &str = "org.innkeeper.echo";

fn engines() -> Vec<Box<dyn Accel<A64>>> {
    let jit = innkeeper_jit::Config { threshold: 50, ..Default::default() };
    vec![Box::new(Interp::new(interp::Config::default())), Box::new(Jit::new(jit).expect("a translator"))]
}

fn machine(ports: &[&str], accel: Box<dyn Accel<A64>>) -> Virt {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/guests/bin/ports.elf");
    let bytes = std::fs::read(path).expect("a guest");
    let mut config = Config::new(Payload { name: path.into(), bytes });
    config.memory = 16 << 20;
    config.ports = ports.iter().map(ToString::to_string).collect();
    VirtA64::machine(&config, accel).expect("a machine")
}

fn content(len: usize) -> Vec<u8> {
    // Never the "!" that ends the guest.
    (0..len).map(|i| (i * 31 + i / 251).to_le_bytes()[0] | 0x80).collect()
}

/// Runs slices of 20 000 instructions until `done` says so.
fn run_until(m: &mut Virt, mut done: impl FnMut(&mut Virt) -> bool) {
    for _ in 0..5000 {
        if done(m) {
            return;
        }
        let limit = Limit::insns(m.now().insns + 20_000);
        assert_eq!(m.run_until(limit), Exit::Limit);
    }
    panic!("the guest did not get there: {}", console(m));
}

fn console(m: &mut Virt) -> String {
    String::from_utf8_lossy(&m.system_mut().bus.console.take().bytes).into_owned()
}

/// Sends `bytes` and gathers what comes back.
fn echo(m: &mut Virt, bytes: &[u8]) -> Vec<u8> {
    let (mut sent, mut back) = (0, Vec::new());
    run_until(m, |m| {
        sent += m.offer_port_input(NAME, &bytes[sent..]);
        back.extend(m.take_port_output(NAME));
        back.len() >= bytes.len()
    });
    back
}

/// Everything: connect, echo, disconnect, connect, end.
fn converse(m: &mut Virt, bytes: &[u8]) -> (String, Digest) {
    run_until(m, |m| m.port_open(NAME));
    assert_eq!(m.offer_port_input(NAME, b"nobody"), 0, "nobody is connected");
    assert!(m.set_port_open(NAME, true));
    assert_eq!(echo(m, bytes), bytes);
    m.set_port_open(NAME, false);
    m.set_port_open(NAME, true);
    run_until(m, |m| m.offer_port_input(NAME, b"!") == 1);
    assert_eq!(m.run_until(Limit::insns(m.now().insns + 1_000_000)), Exit::Shutdown);
    (console(m), m.digest())
}

#[test]
fn an_echo_is_the_same_on_every_engine_and_replays() {
    let bytes = content(200_000);
    let mut runs = Vec::new();
    let mut logs = Vec::new();
    for accel in engines() {
        let mut m = machine(&["com.redhat.spice.0", NAME], accel);
        m.record().expect("a recording");
        runs.push(converse(&mut m, &bytes));
        logs.push(m.finish_recording().expect("a recording").to_bytes());
    }
    assert_eq!(runs[0], runs[1]);
    assert!(logs[0] == logs[1], "the recordings differ");
    assert!(runs[0].0.starts_with("port 2\nconnected\n") && runs[0].0.ends_with("bye\n"), "{}", runs[0].0);
    for accel in engines() {
        let mut m = machine(&["com.redhat.spice.0", NAME], accel);
        assert_eq!(m.play(Log::from_bytes(&logs[0]).expect("a log")), Ok(true));
        assert!(!m.set_port_open(NAME, true), "a replay has all its inputs");
        assert_eq!(m.run_until(Limit::default()), Exit::Shutdown);
        assert_eq!((console(&mut m), m.digest()), runs[0]);
    }
}

#[test]
fn a_machine_without_ports_has_no_device_for_them() {
    for accel in engines() {
        let mut m = machine(&[], accel);
        assert!(m.ports().is_empty());
        assert!(!m.set_port_open(NAME, true));
        m.run_until(Limit::insns(100_000));
        assert!(!m.system().bus.contains(0x0a00_0000));
    }
}

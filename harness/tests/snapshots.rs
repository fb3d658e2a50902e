//! Snapshots: every guest, at random instruction counts. A machine that has been a snapshot, one that has
//! gone back to it, and a new one on the other engine that was given it, end where one long run ends.
//!
//! A failure prints its seed: `INNKEEPER_SEED=… cargo nextest run -p innkeeper --test snapshots`.

use std::path::PathBuf;

use innkeeper_core::accel::{Accel, Interp, interp};
use innkeeper_core::board::virt_a64::{self, Virt, VirtA64};
use innkeeper_core::board::{Board as _, Payload};
use innkeeper_core::isa::a64::A64;
use innkeeper_core::isa::a64::generate::Rng;
use innkeeper_core::machine::{Digest, Exit, Limit, Snapshot};
use innkeeper_core::replay::Input;
use innkeeper_jit::{Config, Jit};

/// Instructions that a guest runs for, at most.
const INSNS: u64 = 200_000;
/// Guest time, ns.
const NS: u64 = 1_000_000_000;
/// Snapshots of each guest.
const COUNTS: u32 = 20;

/// Byte ports, to both of which somebody is connected.
const PORTS: [&str; 2] = ["com.redhat.spice.0", "org.innkeeper.echo"];

type Engine = fn() -> Box<dyn Accel<A64>>;

fn interp() -> Box<dyn Accel<A64>> {
    Box::new(Interp::new(interp::Config::default()))
}

fn jit() -> Box<dyn Accel<A64>> {
    Box::new(Jit::new(Config { threshold: 30, ..Config::default() }).expect("a host with a back end"))
}

fn bin() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios/guests/bin")
}

/// Names of the AArch64 guests: those that the board takes.
fn guests() -> Vec<String> {
    let entries = std::fs::read_dir(bin()).expect("guests");
    let names = entries.filter_map(|e| {
        let path = e.expect("an entry").path();
        (path.extension()? == "elf").then(|| path.file_stem()?.to_str().map(String::from))?
    });
    let mut names: Vec<String> =
        names.filter(|n| VirtA64::machine(&config(n, 1), interp()).is_ok()).collect();
    names.sort();
    assert!(names.len() > 30, "{names:?}");
    names
}

fn config(guest: &str, cpus: usize) -> virt_a64::Config {
    let path = bin().join(format!("{guest}.elf"));
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut config = virt_a64::Config::new(Payload { name: guest.into(), bytes });
    (config.memory, config.cpus) = (16 << 20, cpus);
    config.append = if guest == "memory" { "mib=16".into() } else { "n=3".into() };
    config.ports = PORTS.map(String::from).to_vec();
    config
}

fn machine(guest: &str, cpus: usize, engine: Engine) -> Virt {
    let mut m = VirtA64::machine(&config(guest, cpus), engine()).unwrap_or_else(|e| panic!("{guest}: {e}"));
    m.record().expect("it is exact");
    for port in PORTS {
        assert!(m.set_port_open(port, true));
    }
    m
}

/// How a run has ended: why, console with the counts of its lines, state, count and time.
#[derive(PartialEq, Eq, Debug)]
struct End {
    exit: Exit,
    console: (String, Vec<(usize, u64, u64)>),
    digest: Digest,
    at: (u64, u64),
}

fn run_to(m: &mut Virt, insns: u64) -> Exit {
    m.run_until(Limit { insns: Some(insns), ns: Some(NS) })
}

/// Runs to the end. It is spoken to at fixed counts.
fn run_to_end(m: &mut Virt) -> End {
    let exit = loop {
        let next = (m.now().insns / TYPED + 1) * TYPED;
        let exit = run_to(m, next.min(INSNS));
        if exit != Exit::Limit || m.now().insns >= INSNS || m.now().ns >= NS {
            break exit;
        }
        speak(m);
    };
    let console = m.system_mut().bus.console.take();
    End {
        exit,
        console: (String::from_utf8_lossy(&console.bytes).into_owned(), console.marks),
        digest: m.digest(),
        at: (m.now().insns, m.now().ns),
    }
}

/// Instructions after which it is spoken to.
const TYPED: u64 = 30_000;

/// A line to the console; at the ports what there is is taken, and what there is room for is sent.
fn speak(m: &mut Virt) {
    type_line(m);
    for port in PORTS {
        m.take_port_output(port);
        m.offer_port_input(port, b"through the port");
    }
}

fn type_line(m: &mut Virt) {
    m.input(&Input::Serial { port: 0, bytes: b"a line\n".to_vec() });
}

/// The snapshot of a machine that has run for `count` instructions, or stopped before; as a file, too.
fn snapshot_at(m: &mut Virt, count: u64) -> Snapshot {
    while m.now().insns < count {
        let next = (m.now().insns / TYPED + 1) * TYPED;
        if run_to(m, next.min(count)) != Exit::Limit || m.now().ns >= NS {
            break;
        }
        if m.now().insns == next {
            speak(m);
        }
    }
    let snapshot = m.snapshot().expect("a machine without open files");
    let mut file = Vec::new();
    snapshot.write_to(&mut file).expect("memory to write to");
    Snapshot::read_from(&mut &file[..]).expect("what has been written")
}

fn check(cpus: usize, engine: Engine, other: Engine) {
    let seed = std::env::var("INNKEEPER_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed);
    for guest in guests() {
        let mut rng = Rng::named(&guest, seed);
        let whole = run_to_end(&mut machine(&guest, cpus, engine));
        let mut m = machine(&guest, cpus, engine);
        let start = m.snapshot().expect("a machine before its first instruction");
        for _ in 0..COUNTS {
            // Not at the end: what stops a guest is not state.
            let count = rng.below(whole.at.0.max(1));
            let place = format!("INNKEEPER_SEED={seed}: {guest}, {cpus} CPUs, at {count}");
            m.restore(&start).unwrap_or_else(|e| panic!("{place}: {e}"));
            let snapshot = snapshot_at(&mut m, count);
            assert_eq!(run_to_end(&mut m), whole, "{place}: going on");
            m.restore(&snapshot).unwrap_or_else(|e| panic!("{place}: {e}"));
            assert_eq!(run_to_end(&mut m), whole, "{place}: after going back");
            let mut new = VirtA64::machine(&config(&guest, cpus), other()).expect("the same machine");
            new.restore(&snapshot).unwrap_or_else(|e| panic!("{place}: {e}"));
            assert_eq!(run_to_end(&mut new), whole, "{place}: on another machine and engine");
        }
    }
}

#[test]
fn one_cpu_interpreted_and_on_by_the_translator() {
    check(1, interp, jit);
}

#[test]
fn one_cpu_translated_and_on_by_the_interpreter() {
    check(1, jit, interp);
}

#[test]
fn four_cpus_interpreted_and_on_by_the_translator() {
    check(4, interp, jit);
}

#[test]
fn four_cpus_translated_and_on_by_the_interpreter() {
    check(4, jit, interp);
}

#[test]
fn a_snapshot_of_another_machine_is_refused_with_a_sentence_and_changes_nothing() {
    let mut m = machine("hello", 1, interp);
    run_to(&mut m, 5000);
    let before = m.digest();
    let mut refused = |mut other: Virt| {
        let snapshot = other.snapshot().expect("a machine that has not run");
        let why = m.restore(&snapshot).expect_err("another machine's").to_string();
        assert_eq!(m.digest(), before, "{why}");
        why
    };
    let unrecorded = |cpus, memory| {
        let mut config = config("hello", cpus);
        config.memory = memory;
        VirtA64::machine(&config, interp()).expect("a machine")
    };
    assert!(refused(unrecorded(1, 16 << 20)).contains("recording"));
    assert!(refused(unrecorded(1, 32 << 20)).contains("other memory"));
    m.finish_recording();
    let mut refused = |mut other: Virt| {
        let snapshot = other.snapshot().expect("a machine that has not run");
        let why = m.restore(&snapshot).expect_err("another machine's").to_string();
        assert_eq!(m.digest(), before, "{why}");
        why
    };
    assert!(refused(unrecorded(2, 16 << 20)).contains("another number of CPUs"));
}

#[test]
fn a_recording_goes_on_from_the_snapshot_gone_back_to() {
    let mut m = machine("echo", 1, interp);
    run_to(&mut m, 20_000);
    type_line(&mut m);
    let snapshot = m.snapshot().expect("a machine without open files");
    run_to(&mut m, 40_000);
    m.input(&Input::Serial { port: 0, bytes: b"forgotten\n".to_vec() });
    run_to(&mut m, 60_000);
    m.restore(&snapshot).expect("its own");
    let mut other = machine("echo", 1, interp);
    run_to(&mut other, 20_000);
    other.input(&Input::Serial { port: 0, bytes: b"another line\n".to_vec() });
    let why = other.restore(&snapshot).expect_err("of a recording with other inputs").to_string();
    assert!(why.contains("the recording under way does not lead to it"), "{why}");
    run_to(&mut m, 50_000);
    let end = m.digest();
    let log = m.finish_recording().expect("it was recorded");
    assert_eq!(log.events.len(), PORTS.len() + 1, "what came after the snapshot is not of this run");
    let mut again = VirtA64::machine(&config("echo", 1), jit()).expect("a machine");
    assert_eq!(again.play(log), Ok(true));
    run_to(&mut again, 50_000);
    assert_eq!(again.digest(), end);
}

#[test]
fn translations_outlive_going_back_where_the_code_is_the_same() {
    let mut m = machine("kernel-lists", 1, jit);
    run_to(&mut m, 150_000);
    let snapshot = m.snapshot().expect("a machine without open files");
    run_to(&mut m, 190_000);
    let before = m.stats();
    assert!(before.compiled.regions > 3, "{before:?}");
    m.restore(&snapshot).expect("its own");
    run_to(&mut m, 190_000);
    let after = m.stats();
    assert_eq!((before.compiled.regions, before.blocks), (after.compiled.regions, after.blocks));
    assert_eq!((before.invalidated_pages, before.flushes), (after.invalidated_pages, after.flushes));
}

#[test]
fn a_snapshot_costs_the_pages_written_since_the_last() {
    let mut m = machine("kernel-lists", 1, jit);
    run_to(&mut m, 150_000);
    m.snapshot().expect("a machine without open files");
    assert_eq!(m.system().dirty.count(), 0);
    // Nothing but looking: a debugger reads, the guest does not run.
    assert!(m.peek(0x4000_0000, &mut [0; 64]));
    assert_eq!(m.system().dirty.count(), 0);
    run_to(&mut m, 160_000);
    let written = m.system().dirty.count();
    assert!((1..100).contains(&written), "{written} of 4096 pages");
}

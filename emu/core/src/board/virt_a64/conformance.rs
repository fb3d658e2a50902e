//! What every exact engine has to do, as a body of tests that all of them share: the machine as a
//! whole, on hand-assembled code and on the guests of `scenarios/guests`.
//!
//! [`accel_conformance!`](crate::accel_conformance) makes the tests. Each runs every variant of the
//! engine; where there is something to compare, it is compared with the plain interpreter.

mod ports;

use object::{Object, ObjectSegment};

use super::Virt;
use crate::accel::interp::{Config, Interp};
use crate::accel::{Accel, Caps};
use crate::dev::gicv2::GicV2;
use crate::dev::pl011::Pl011;
use crate::dev::virtio::console::Console;
use crate::dev::virtio::{Mmio, mmio};
use crate::emit::Trap;
use crate::isa::a64::{A64, exc};
use crate::machine::{Action, Digest, Exit, Firmware, Limit, Machine};
use crate::mem::Ram;
use crate::mem::ram::RegionSpec;
use crate::replay::{Input, Log, Register};
use crate::state::StateError;
use crate::system::System;
use crate::vcpu::Vcpu;
pub use ports::{a_port_is_the_same_and_replays, code_that_a_device_writes_is_run};

const RAM: u64 = 0x4000_0000;
const HVC_OFF: u64 = 0x8400_0008;
const HVC_CPU_ON: u64 = 0xc400_0003;

/// Just enough of PSCI and semihosting.
struct Calls;

impl Firmware<A64> for Calls {
    fn call(&mut self, v: &mut Vcpu<A64>, trap: Trap) -> Action {
        match (trap.kind(), v.cpu.x[0]) {
            (exc::HVC, HVC_OFF) => Action::Shutdown,
            (exc::HVC, HVC_CPU_ON) => {
                let [_, cpu, entry, context, ..] = v.cpu.x;
                v.cpu.x[0] = 0;
                Action::CpuOn { cpu: usize::try_from(cpu).unwrap(), entry, context }
            }
            (exc::HLT, _) => Action::Status(1),
            _ => Action::Undefined,
        }
    }

    fn save(&self) -> Result<Vec<u8>, StateError> {
        Ok(Vec::new())
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), StateError> {
        Ok(())
    }

    fn start(&mut self, v: &mut Vcpu<A64>, entry: u64, context: u64) {
        v.cpu.x[0] = context;
        v.set_pc(entry);
    }
}

/// An engine with some sizes and thresholds, none of which a guest may notice.
pub struct Variant {
    /// For the message of a failure.
    pub name: String,
    /// Makes one.
    pub make: Box<dyn Fn() -> Box<dyn Accel<A64>>>,
}

impl Variant {
    /// A variant from its parts.
    pub fn new(name: impl Into<String>, make: impl Fn() -> Box<dyn Accel<A64>> + 'static) -> Variant {
        Variant { name: name.into(), make: Box::new(make) }
    }
}

/// Tests of the engine whose variants the expression gives, the plainest first.
#[macro_export]
macro_rules! accel_conformance {
    ($variants:expr) => {
        $crate::accel_conformance! { @ $variants;
            it_can_do_what_an_exact_engine_can
            sizes_and_thresholds_change_nothing
            cutting_a_run_into_pieces_changes_nothing
            a_limit_is_met_to_the_instruction
            waiting_skips_to_the_deadline
            what_cannot_go_on_is_told
            a_recording_replays_to_the_same_state
            cpus_take_turns_deterministically
            a_store_to_a_marked_address_ends_wfe
            a_port_is_the_same_and_replays
            code_that_a_device_writes_is_run
        }
    };
    (@ $variants:expr; $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $crate::board::virt_a64::conformance::$name(&$variants);
            }
        )*
    };
}

fn plain() -> Box<dyn Accel<A64>> {
    Box::new(Interp::new(Config::default()))
}

fn machine(cpus: usize, accel: Box<dyn Accel<A64>>) -> Virt {
    let ram = Ram::new(&[RegionSpec { base: RAM, size: 8 << 20, writable: true }]).unwrap();
    let mut sys = System::new(ram, 0);
    let gic = sys.bus.add(Box::new(GicV2::new(cpus)), &[]);
    sys.bus.map(gic, 0x0800_0000, 0x2_0000, 0).unwrap();
    let uart = sys.bus.add(Box::new(Pl011::default()), &[33]);
    sys.bus.map(uart, 0x0900_0000, 0x1000, 0).unwrap();
    let console = Mmio::new(Console::new(&ports::PORTS.map(String::from)), sys.ram.clone());
    let console = sys.bus.add(Box::new(console), &[48]);
    sys.bus.map(console, 0x0a00_0000, mmio::WINDOW, 0).unwrap();
    let mut m = Machine::new(sys, cpus, accel).unwrap();
    m.set_firmware(Box::new(Calls));
    m
}

/// A machine about to run `words` from the start of RAM.
fn with_words(words: &[u32], cpus: usize, accel: Box<dyn Accel<A64>>) -> Virt {
    let mut m = machine(cpus, accel);
    for (i, w) in words.iter().enumerate() {
        assert!(m.system_mut().poke(RAM + 4 * i as u64, &w.to_le_bytes()));
    }
    m.cpu_mut(0).unwrap().set_pc(RAM);
    m
}

/// A machine about to run a guest of `scenarios/guests`.
fn with_guest(name: &str, accel: Box<dyn Accel<A64>>) -> Virt {
    let path = format!("{}/../../scenarios/guests/bin/{name}.elf", env!("CARGO_MANIFEST_DIR"));
    let data = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let elf = object::File::parse(&*data).unwrap();
    let mut m = machine(1, accel);
    for s in elf.segments().filter(|s| s.size() != 0) {
        assert!(m.system_mut().poke(s.address(), s.data().unwrap()));
    }
    m.cpu_mut(0).unwrap().set_pc(elf.entry());
    m
}

/// Console with the count at every line, registers at every mark, everything at the end.
#[derive(PartialEq, Eq, Debug)]
struct Trace {
    exit: Exit,
    console: String,
    lines: Vec<(usize, u64, u64)>,
    marks: Vec<Digest>,
    end: Digest,
}

/// Runs in pieces of `every` instructions, at most `max` in all.
fn trace(mut m: Virt, every: u64, max: u64) -> Trace {
    let mut marks = Vec::new();
    let exit = loop {
        let at = m.now().insns + every;
        let exit = m.run_until(Limit { insns: Some(at.min(max)), ns: Some(1_000_000_000) });
        if exit != Exit::Limit || m.now().insns != at {
            break exit;
        }
        marks.push(m.cpu_digest(0).unwrap());
    };
    let console = m.system_mut().bus.console.take();
    Trace {
        exit,
        console: String::from_utf8_lossy(&console.bytes).into_owned(),
        lines: console.marks,
        marks,
        end: m.digest(),
    }
}

const GUESTS: [&str; 9] = ["hello", "timer", "tasks", "exceptions", "mmu", "asid", "smc", "gic", "atomics"];

/// Everything the run loop may ask of an engine that it calls exact.
pub fn it_can_do_what_an_exact_engine_can(variants: &[Variant]) {
    let all = Caps { deterministic: true, exact_icount: true, single_step: true, round_robin: true };
    for v in variants {
        assert_eq!((v.make)().caps(), all, "{}", v.name);
    }
}

/// Registers at every 997th instruction, console with its counts, memory and devices at the end.
pub fn sizes_and_thresholds_change_nothing(variants: &[Variant]) {
    for guest in GUESTS {
        let run = |accel| trace(with_guest(guest, accel), 997, 300_000);
        let expected = run(plain());
        assert!(expected.marks.len() > 6, "{guest} ran: {expected:?}");
        for v in variants {
            assert_eq!(run((v.make)()), expected, "{guest}, {}", v.name);
        }
    }
}

/// Single steps and odd slices end where one long run ends.
pub fn cutting_a_run_into_pieces_changes_nothing(variants: &[Variant]) {
    for guest in GUESTS {
        let run = |accel, every| {
            let t = trace(with_guest(guest, accel), every, 40_000);
            (t.exit, t.console, t.lines, t.end)
        };
        let whole = run(plain(), u64::MAX / 2);
        for (v, every) in variants.iter().flat_map(|v| [1, 53, u64::MAX / 2].map(|every| (v, every))) {
            assert_eq!(run((v.make)(), every), whole, "{guest}, {}, every {every}", v.name);
        }
    }
}

/// Never an instruction more or less.
pub fn a_limit_is_met_to_the_instruction(variants: &[Variant]) {
    for v in variants {
        let mut m = with_guest("hello", (v.make)());
        for n in (0..5000).step_by(7) {
            assert_eq!(m.run_until(Limit::insns(n)), Exit::Limit, "{}", v.name);
            assert_eq!(m.now().insns, n, "{}", v.name);
        }
        assert_eq!(m.step(1), Exit::Limit);
        assert_eq!(m.now().insns, 4999 - 4999 % 7 + 1, "{}", v.name);
    }
}

/// WFI takes guest time, not instructions.
pub fn waiting_skips_to_the_deadline(variants: &[Variant]) {
    for v in variants {
        let mut m = with_guest("timer", (v.make)());
        assert_eq!(m.run_until(Limit::ns(1_000_000_000)), Exit::Shutdown, "{}", v.name);
        let now = m.now();
        assert!(now.insns < 20_000 && now.ns >= 10_000_000, "{}: {now:?}", v.name);
    }
}

/// Sleep without end, and a guest without vectors.
pub fn what_cannot_go_on_is_told(variants: &[Variant]) {
    for v in variants {
        let mut m = with_guest("sleep", (v.make)());
        assert_eq!(m.run_until(Limit::default()), Exit::Idle, "{}", v.name);
        assert_eq!(m.run_until(Limit::ns(5000)), Exit::Limit, "a limit in time is a deadline");
        let mut m = with_guest("crash", (v.make)());
        let Exit::Crash(crash) = m.run_until(Limit::insns(1_000_000)) else { panic!("{}: no crash", v.name) };
        assert_eq!((crash.trap, crash.syndrome[0].1 >> 26), (exc::INST_ABORT, 0x21), "{}", v.name);
        assert_eq!(crash.syndrome[1].1, crash.pc, "{}", v.name);
        let recent = m.recent_blocks();
        assert!(!recent.is_empty() && recent.iter().all(|pc| pc >> 28 == 4), "{}: {recent:x?}", v.name);
        // All zeros is UDF, and VBAR is 0, where there is nothing.
        let mut m = with_words(&[0], 1, (v.make)());
        assert!(matches!(m.run_until(Limit::insns(100)), Exit::Crash(_)), "{}", v.name);
    }
}

/// Types at the echo guest and pokes it, at odd times.
fn converse(m: &mut Virt) {
    m.run_until(Limit::insns(9_001));
    m.input(&Input::Serial { port: 0, bytes: b"abc".to_vec() });
    m.run_until(Limit::insns(10_007));
    m.input(&Input::Serial {
        port: 0,
        bytes: b"a line longer than the sixteen bytes of the FIFO\n".to_vec(),
    });
    m.poke(RAM + 0x100, b"poked");
    m.run_until(Limit::insns(20_011));
    m.input(&Input::PokeRegister { cpu: 0, register: Register::VectorHigh(31), value: 7 });
}

/// Recorded by the interpreter, replayed by each engine; recorded by the engine to the same log.
pub fn a_recording_replays_to_the_same_state(variants: &[Variant]) {
    let recorded = |accel| {
        let mut m = with_guest("echo", accel);
        m.record().unwrap();
        converse(&mut m);
        m.run_until(Limit::insns(60_000));
        let (end, console) = (m.digest(), m.system_mut().bus.console.take());
        (m.finish_recording().unwrap().to_bytes(), end, console)
    };
    let (bytes, end, console) = recorded(plain());
    let log = Log::from_bytes(&bytes).unwrap();
    assert_eq!(log.events.len(), 4);
    assert!(String::from_utf8_lossy(&console.bytes).contains("longer than the sixteen"));
    for v in variants {
        let (again, ..) = recorded((v.make)());
        assert!(again == bytes, "{}: another log", v.name);
        let mut again = with_guest("echo", (v.make)());
        assert_eq!(again.play(log.clone()), Ok(true));
        assert!(!again.input(&Input::Reset), "a replay has all its inputs");
        again.run_until(Limit::insns(60_000));
        assert_eq!(log.end, Some((again.now(), again.digest().0)), "{}", v.name);
        assert_eq!(again.digest(), end, "{}", v.name);
        let replayed = again.system_mut().bus.console.take();
        assert_eq!((replayed.bytes, replayed.marks), (console.bytes.clone(), console.marks.clone()));
        let mut other = with_guest("hello", (v.make)());
        assert_eq!(other.play(log.clone()), Ok(false), "another guest");
    }
}

/// CPU 0 starts CPU 1, which adds 0x800 to a counter with LDXR and STXR, and waits for it.
const TWO_CPUS: [u32; 26] = [
    0xb50001c0, 0x100002e5, 0xd2800060, 0xf2b88000, 0xd2800021, 0x10ffff62, 0xd2800023, 0xd4000002,
    0xc8dffca6, 0xf12000df, 0x54ffffc3, 0xd2800100, 0xf2b08000, 0xd4000002, 0x10000145, 0xd2810007,
    0xc85f7ca6, 0x910004c6, 0xc8087ca6, 0x35ffffa8, 0xf10004e7, 0x54ffff61, 0xd503207f, 0x17ffffff,
    0x00000000, 0x00000000,
];

/// Turns end at the same instructions.
pub fn cpus_take_turns_deterministically(variants: &[Variant]) {
    let run = |accel| {
        let mut m = with_words(&TWO_CPUS, 2, accel);
        let exit = m.run_until(Limit::insns(1_000_000));
        (exit, m.now(), m.digest())
    };
    let (exit, now, digest) = run(plain());
    assert_eq!(exit, Exit::Shutdown);
    assert!(now.insns > 0x800 * 6, "{now:?}");
    for v in variants {
        assert_eq!(run((v.make)()), (exit.clone(), now, digest), "{}", v.name);
    }
}

/// CPU 1 waits in WFE for a flag it has marked with LDAXR; CPU 0 sets it with STLR, without SEV, and
/// sleeps for ever.
const LOCK: [u32; 24] = [
    0x100002c5, 0xd2800060, 0xf2b88000, 0xd2800021, 0x10000142, 0xd2800003, 0xd4000002, 0xd28ea607,
    0xf10004e7, 0x54ffffe1, 0xd2800026, 0xc89ffca6, 0xd503207f, 0x17ffffff, 0x10000105, 0xc85ffca6,
    0xb5000066, 0xd503205f, 0x17fffffd, 0xd2800100, 0xf2b08000, 0xd4000002, 0x00000000, 0x00000000,
];

/// Without SEV.
pub fn a_store_to_a_marked_address_ends_wfe(variants: &[Variant]) {
    for v in variants {
        let mut m = with_words(&LOCK, 2, (v.make)());
        assert_eq!(m.run_until(Limit::insns(1_000_000)), Exit::Shutdown, "{}", v.name);
    }
}

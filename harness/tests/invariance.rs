//! Nothing about translation is visible (design.md §3): whatever the regions' length, the size of
//! the code cache, the optimisation level, the threshold and where a run is interrupted, the guest
//! is in the same state at the same instruction as on the interpreter.
//!
//! `INNKEEPER_GUEST=smc cargo test --profile ci -p innkeeper --test invariance regions_of_4` runs
//! one guest with one setting; `INNKEEPER_SEED=0x…` does the same with one random program.

use std::path::PathBuf;

use innkeeper::diff::{self, Opts, compare};
use innkeeper::engine::{Accelerated, Engine, Outcome, Step};
use innkeeper::generate::a64::Blocks;
use innkeeper::generate::{Generator, Grammar, MAX_LEN, block_seed};
use innkeeper_core::accel::{Accel, Interp, interp};
use innkeeper_core::board::virt_a64::{self, Virt, VirtA64};
use innkeeper_core::board::{Board as _, Payload};
use innkeeper_core::isa::a64::A64;
use innkeeper_core::machine::{Exit, Limit};
use innkeeper_core::replay::Input;
use innkeeper_core::wire::{Mode, Program, Reply};
use innkeeper_jit::{Config, Jit, Opt};

/// Instructions between two interruptions, and how many are run in all. Primes, so that they fall
/// anywhere in a loop.
const PERIODS: [(u64, u64); 3] = [(997, 120_000), (10_007, 1_000_000), (1_000_003, 4_000_000)];

/// Settings by name. Where code is not compiled at first sight, regions are entered at places that
/// the interpreter has come to.
macro_rules! settings {
    ($($name:ident: $config:expr;)*) => {
        $(mod $name {
            #[test]
            fn guests() {
                super::guests(stringify!($name), $config);
            }
            #[test]
            fn random_programs() {
                super::random_programs(stringify!($name), $config);
            }
        })*
    };
}

settings! {
    defaults: super::Config::default();
    at_first_sight: super::eager();
    when_warm: super::Config { threshold: 50, ..super::eager() };
    regions_of_1: super::Config { max_region: 1, ..super::eager() };
    regions_of_4: super::Config { max_region: 4, ..super::eager() };
    regions_of_64: super::Config { max_region: 64, ..super::eager() };
    tiny_cache: super::Config { generation_bytes: 64 << 10, generations: 2, ..super::eager() };
    optimised: super::Config { opt: super::Opt::Speed, ..super::eager() };
}

fn eager() -> Config {
    Config { threshold: 1, ..Config::default() }
}

fn jit(config: Config) -> Box<dyn Accel<A64>> {
    Box::new(Jit::new(config).expect("a host with a back end"))
}

fn bin() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../scenarios/guests/bin"].iter().collect()
}

fn guests(setting: &str, config: Config) {
    let only = std::env::var("INNKEEPER_GUEST").ok();
    let mut names: Vec<String> = std::fs::read_dir(bin())
        .expect("guests")
        .filter_map(|e| Some(e.expect("an entry").file_name().to_str()?.strip_suffix(".elf")?.to_string()))
        .filter(|name| !name.starts_with("x64-"))
        .filter(|name| only.as_ref().is_none_or(|o| o == name))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no guest {only:?}");
    for name in &names {
        for (period, limit) in PERIODS {
            let run = Run { name, period, limit };
            if let Some(difference) = run.compare(config) {
                panic!(
                    "{name}, {setting}, interrupted every {period}: {difference}\nreplay: INNKEEPER_GUEST={name} \
                     cargo test --profile ci -p innkeeper --test invariance {setting}::guests"
                );
            }
        }
    }
}

/// A guest, interrupted every so many instructions.
struct Run<'a> {
    name: &'a str,
    period: u64,
    limit: u64,
}

impl Run<'_> {
    fn config(&self) -> virt_a64::Config {
        let path = bin().join(format!("{}.elf", self.name));
        let bytes = std::fs::read(&path).expect("a guest");
        let mut config = virt_a64::Config::new(Payload { name: self.name.into(), bytes });
        config.memory = 16 << 20;
        config.append = if self.name == "memory" { "mib=16".into() } else { String::new() };
        config.cpus = if self.name == "two_cpus" { 2 } else { 1 };
        config
    }

    fn machine(&self, accel: Box<dyn Accel<A64>>) -> Virt {
        VirtA64::machine(&self.config(), accel).expect("a machine")
    }

    /// Runs `m` to the `n`th interruption or, if that is nearer, to instruction `to`.
    fn advance(&self, m: &mut Virt, n: u64, to: u64) -> Exit {
        if n > 1 {
            let line = [&b"a bc\n"[..], b"hello\r", b"quit\r"][usize::try_from(n % 3).unwrap_or(0)];
            m.input(&Input::Serial { port: 0, bytes: line.to_vec() });
        }
        let limit = Limit { insns: Some((n * self.period).min(to)), ns: Some(1_000_000_000) };
        let exit = m.run_until(limit);
        if exit == Exit::Reset {
            VirtA64::restart(m, &self.config()).expect("the kernel is still there");
        }
        exit
    }

    /// The interpreter and the translator, side by side; the first difference.
    fn compare(&self, config: Config) -> Option<String> {
        let (mut a, mut b) = self.pair(config);
        for n in 1.. {
            let exits = [&mut a, &mut b].map(|m| self.advance(m, n, u64::MAX));
            if exits[0] != exits[1] || a.digest() != b.digest() || !same_console(&mut a, &mut b) {
                return Some(self.locate(config, n, &exits));
            }
            let over = !matches!(exits[0], Exit::Limit | Exit::Reset);
            if over || a.now().insns >= self.limit || a.now().ns >= 1_000_000_000 {
                break;
            }
        }
        assert!(a.now().insns > 8000, "{} has not run", self.name);
        None
    }

    fn pair(&self, config: Config) -> (Virt, Virt) {
        let interp = Box::new(Interp::new(interp::Config::default()));
        (self.machine(interp), self.machine(jit(config)))
    }

    /// Finds the instruction before the `n`th interruption after which the states differ.
    fn locate(&self, config: Config, n: u64, exits: &[Exit; 2]) -> String {
        let at = |to: u64| {
            let (mut a, mut b) = self.pair(config);
            for k in 1..=n {
                self.advance(&mut a, k, to);
                self.advance(&mut b, k, to);
            }
            (a, b)
        };
        let (mut good, mut bad) = ((n - 1) * self.period, n * self.period);
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            let (a, b) = at(middle);
            if a.digest() == b.digest() { good = middle } else { bad = middle }
        }
        let (before, _) = at(good);
        let (a, b) = at(bad);
        format!(
            "exits {exits:?}\nthe states differ from instruction {bad} on, after\n  {}\n  interp and jit: {}",
            next_insn(&before),
            differing(&a, &b)
        )
    }
}

fn same_console(a: &mut Virt, b: &mut Virt) -> bool {
    let [x, y] = [a, b].map(|m| m.system_mut().bus.console.take());
    (x.bytes, x.marks) == (y.bytes, y.marks)
}

/// The instruction that CPU 0 executes next.
fn next_insn(m: &Virt) -> String {
    let v = m.cpu(0).expect("a CPU");
    let text = m.disassemble(0, v.cpu.pc).map_or("not mapped".into(), |(text, _)| text);
    format!("{:#x} (EL{}): {text}", v.cpu.pc, v.cpu.pstate.el)
}

/// Registers of CPU 0 that differ.
fn differing(a: &Virt, b: &Virt) -> String {
    let registers = |m: &Virt| {
        let c = &m.cpu(0).expect("a CPU").cpu;
        let x = c.x.iter().enumerate().map(|(n, v)| (format!("x{n}"), u128::from(*v)));
        let v = c.v.iter().enumerate().map(|(n, v)| (format!("v{n}"), *v));
        let others =
            [("pc", c.pc), ("nzcv", c.nzcv.into()), ("fpsr", c.fp.fpsr.into()), ("insns", m.now().insns)];
        x.chain(v).chain(others.map(|(n, v)| (n.into(), v.into()))).collect::<Vec<(String, u128)>>()
    };
    let pairs = registers(a).into_iter().zip(registers(b)).filter(|(a, b)| a != b);
    let text: Vec<_> = pairs.map(|((name, a), (_, b))| format!("{name} {a:#x} {b:#x}")).collect();
    if text.is_empty() { "other CPUs, system registers, memory or devices".into() } else { text.join(", ") }
}

/// Random programs: instructions at most, and between two interruptions. The last period needs
/// programs that never end, of which a few will do.
const SLICES: [(u64, u64); 4] = [(7, 3_000), (997, 25_000), (10_007, 25_000), (1_000_003, 1_100_000)];
const PROGRAMS: u64 = 1_000;
const ENDLESS: u64 = 10;

fn random_programs(setting: &str, config: Config) {
    let given = std::env::var("INNKEEPER_SEED").ok();
    let given =
        given.map(|s| u64::from_str_radix(s.trim_start_matches("0x"), 16).expect("a hexadecimal seed"));
    let blocks = Blocks::new(Grammar::All, (1, MAX_LEN));
    let mut interp = Accelerated::<A64>::interp(interp::Config::default());
    let mut jit = Accelerated::<A64>::jit_with(config).expect("a host with a back end");
    let (mut compared, mut endless) = (0, 0);
    for n in 0..given.map_or(PROGRAMS, |_| 1) {
        let seed = given.unwrap_or_else(|| block_seed(0x1a7e, n));
        let program = blocks.block(seed).program();
        for (slice, limit) in SLICES {
            let program = Program { limit, ..program.clone() };
            let Some(expected) = end(&mut interp, &program) else { break };
            if slice > 100_000 {
                endless += u64::from(expected.count >= Some(slice));
            }
            jit.in_slices_of(slice);
            let found = end(&mut jit, &program);
            let different = found.as_ref().map(|f| compare::differences(&expected, f));
            assert!(
                different == Some(vec![]),
                "seed {seed:#x}, {setting}, interrupted every {slice}: {different:?}\nreplay: INNKEEPER_SEED={seed:#x} \
                 cargo test --profile ci -p innkeeper --test invariance {setting}::random_programs\n{}",
                shrunk(seed, config, slice)
            );
            compared += 1;
            // The long run is for programs without an end, and for a few of them.
            if expected.count < Some(limit) || slice == 10_007 && endless >= ENDLESS {
                break;
            }
        }
    }
    assert!(
        given.is_some() || compared > PROGRAMS + 100 && endless >= ENDLESS,
        "{compared} runs, {endless} endless"
    );
}

fn end(engine: &mut Accelerated<A64>, program: &Program) -> Option<Reply> {
    match engine.run(std::slice::from_ref(program), Mode::Counted).pop() {
        Some(Outcome::Done(reply)) => Some(reply),
        _ => None,
    }
}

/// What the differential check has to say about a program.
fn shrunk(seed: u64, config: Config, slice: u64) -> String {
    let mut jit = Accelerated::<A64>::jit_with(config).expect("a host with a back end");
    jit.in_slices_of(slice);
    let opts = Opts { seed, blocks: Some(1), ..Opts::default() };
    let report = diff::run(&opts, &mut Step, &mut [&mut jit], |_| ());
    match report.failures.first() {
        Some(f) => diff::report::failure(f),
        None => "the differential check finds nothing: its programs end after 400 instructions".into(),
    }
}

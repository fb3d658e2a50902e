//! What does a snapshot cost: the first of a machine, another after a million instructions, going back to
//! it, and a file of it? Of a small guest, or with `INNKEEPER_KERNEL=FILE` of a Linux kernel with 512 MiB
//! that has run for 800 million instructions. Processor time; the first is taken once, and printed with the
//! sizes.

use criterion::measurement::Measurement as _;
use criterion::{Criterion, criterion_group, criterion_main};
use innkeeper_benches::cpu_time::CpuTime;
use innkeeper_benches::guest;
use innkeeper_core::board::virt_a64::{Config, Virt, VirtA64};
use innkeeper_core::board::{Board as _, Payload};
use innkeeper_core::machine::{Exit, Snapshot};
use innkeeper_jit::Jit;

/// Instructions between two snapshots.
const BETWEEN: u64 = 1_000_000;

/// A machine that has run for a while.
fn machine() -> Virt {
    let (config, insns) = match std::env::var("INNKEEPER_KERNEL") {
        Ok(path) => {
            let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
            let mut config = Config::new(Payload { name: path, bytes });
            (config.memory, config.append) = (512 << 20, "console=ttyAMA0".into());
            (config, 800_000_000)
        }
        Err(_) => {
            let mut config = Config::new(guest("kernel-lists"));
            config.append = "n=100000".into();
            (config, 50_000_000)
        }
    };
    let jit = Jit::new(innkeeper_jit::Config::default()).expect("a host with a back end");
    let mut machine = VirtA64::machine(&config, Box::new(jit)).expect("a machine");
    assert_eq!(machine.step(insns), Exit::Limit);
    machine.system_mut().bus.console.take();
    machine
}

/// Processor time of some work, ns.
fn timed<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let begun = CpuTime.start();
    let done = work();
    (done, CpuTime.end(begun))
}

/// The time of `work` alone, of runs of [`BETWEEN`] instructions that end with it.
fn after_runs(m: &mut Virt, n: u64, mut work: impl FnMut(&mut Virt)) -> u64 {
    let mut sum = 0;
    for _ in 0..n {
        m.step(BETWEEN);
        sum += timed(|| work(m)).1;
    }
    sum
}

fn file(snapshot: &Snapshot) -> Vec<u8> {
    let mut file = Vec::new();
    snapshot.write_to(&mut file).expect("memory to write to");
    file
}

fn bench(c: &mut Criterion<CpuTime>) {
    let mut m = machine();
    let (first, time) = timed(|| m.snapshot().expect("no file is open"));
    println!("first snapshot: {} us, {} bytes as a file", time / 1000, file(&first).len());
    m.step(BETWEEN);
    println!("a million instructions on, {} pages have been written", m.system().dirty.count());
    let mut group = c.benchmark_group("snapshot");
    group.sample_size(10);
    group.bench_function("another", |b| {
        b.iter_custom(|n| after_runs(&mut m, n, |m| drop(m.snapshot().expect("no file is open"))))
    });
    group.bench_function("going back", |b| {
        b.iter_custom(|n| after_runs(&mut m, n, |m| m.restore(&first).expect("its own")))
    });
    group.bench_function("to a file", |b| b.iter(|| file(&first)));
    let bytes = file(&first);
    group.bench_function("from a file", |b| {
        b.iter(|| Snapshot::read_from(&mut &bytes[..]).expect("a snapshot"))
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = bench
}
criterion_main!(benches);

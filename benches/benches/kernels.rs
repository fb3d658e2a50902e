//! How many guest instructions a second does each kernel run at: the interpreter, and Unicorn
//! (in its own process, whole translated blocks) where the oracle has been built.

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use innkeeper::engine::{Engine, Unicorn, locate_oracle};
use innkeeper_benches::{KERNELS, machine};
use innkeeper_core::machine::{Exit, Limit, Machine};
use innkeeper_core::wire::{A64Regs, Mode, Perm, Program, Region, Regs, Stop};

/// Far above what any kernel of the table needs.
const LIMIT: u64 = 1 << 32;

fn interpreter(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, append: &str) -> u64 {
    let run = || {
        let mut m = machine(name, append);
        assert_eq!(m.run_until(Limit::insns(LIMIT)), Exit::Shutdown, "{name}");
        m.now().insns
    };
    let insns = run();
    group.throughput(Throughput::Elements(insns));
    group.bench_function("interp", |b| b.iter(run));
    insns
}

/// The machine's memory before the first instruction, with a page in place of the console.
fn program(m: &Machine) -> Program {
    const PAGE: u64 = 0x1000;
    let mut regions =
        vec![Region { base: 0x0900_0000, size: PAGE, perm: Perm::ReadWrite, bytes: Vec::new() }];
    for spec in m.system().ram.regions() {
        // the guests of the table use the first few MiB
        let size = spec.size.min(8 << 20);
        let mut bytes = vec![0; usize::try_from(size).expect("8 MiB")];
        assert!(m.system().peek(spec.base, &mut bytes));
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        regions.push(Region { base: spec.base, size, perm: Perm::Any, bytes });
    }
    let cpu = &m.cpu(0).expect("a CPU").cpu;
    let mut regs = A64Regs { pc: cpu.pc, ..A64Regs::default() };
    regs.x[0] = cpu.x[0];
    Program { regions, regs: Regs::A64(Box::new(regs)), end: u64::MAX - 3, limit: LIMIT }
}

fn bench(c: &mut Criterion) {
    let oracle = locate_oracle();
    if let Err(e) = &oracle {
        eprintln!("no figures for Unicorn: {e}");
    }
    for &(name, append) in KERNELS {
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        interpreter(&mut group, name, append);
        if let Ok(path) = &oracle {
            let program = program(&machine(name, append));
            let mut unicorn = Unicorn::start(path.clone()).expect("the oracle starts");
            let outcome = unicorn.run(std::slice::from_ref(&program), Mode::Block);
            let stop = outcome[0].done().map(|r| r.stop);
            assert_eq!(stop, Some(Stop::FirmwareCall), "{name}: {:?}", outcome[0]);
            group.bench_function("unicorn", |b| {
                b.iter(|| unicorn.run(std::slice::from_ref(&program), Mode::Block))
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);

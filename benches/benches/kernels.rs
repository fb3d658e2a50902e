//! How many guest instructions a second does each kernel run at: the interpreter, the translator
//! (compiling included), and Unicorn (in its own process, whole translated blocks) where the oracle
//! has been built. Wall time: for ratios, `innkeeper bench --against` is the better tool.

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use innkeeper::engine::{Engine, Unicorn, locate_oracle};
use innkeeper::run::Tools;
use innkeeper::run::guest::Guest;
use innkeeper::run::machine::{Spec, build};
use innkeeper::run::peer::unicorn::program;
use innkeeper::scenario::machine::{Accel as Choice, Board};
use innkeeper_benches::{KERNELS, guest, machine_on};
use innkeeper_core::accel::Accel;
use innkeeper_core::accel::interp::{Config as InterpConfig, Interp};
use innkeeper_core::isa::a64::A64;
use innkeeper_core::machine::{Exit, Limit};
use innkeeper_core::wire::{Mode, Stop};
use innkeeper_jit::{Config, Jit};

/// Far above what any kernel of the table needs.
const LIMIT: u64 = 1 << 32;

/// A whole run of a guest on a new machine with an engine that `make` makes.
fn engine(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (name, append): (&str, &str),
    make: impl Fn() -> Box<dyn Accel<A64>>,
) {
    let run = || {
        let mut m = machine_on(make(), name, append);
        assert_eq!(m.run_until(Limit::insns(LIMIT)), Exit::Shutdown, "{name}");
        m.now().insns
    };
    group.throughput(Throughput::Elements(run()));
    group.bench_function(make().name(), |b| b.iter(run));
}

/// The same guest as the harness runs it.
fn inn(name: &str, append: &str) -> Box<dyn Guest> {
    let machine = Spec {
        board: Board::default(),
        accel: Choice::Jit,
        kernel: guest(name),
        initrd: None,
        append: append.into(),
        memory: 128 << 20,
        cpus: 1,
        ports: Vec::new(),
    };
    build(machine, Tools::default()).unwrap_or_else(|f| panic!("{name}: {}", f.message))
}

fn bench(c: &mut Criterion) {
    let oracle = locate_oracle();
    if let Err(e) = &oracle {
        eprintln!("no figures for Unicorn: {e}");
    }
    for &kernel in KERNELS {
        let (name, append) = kernel;
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        engine(&mut group, kernel, || Box::new(Interp::new(InterpConfig::default())));
        engine(&mut group, kernel, || Box::new(Jit::new(Config::default()).expect("a host with a back end")));
        if let Ok(path) = &oracle {
            let (program, _) = program(inn(name, append).as_mut()).expect("a guest that powers off");
            let mut unicorn = Unicorn::start(path.clone()).expect("the oracle starts");
            let outcome = unicorn.run(std::slice::from_ref(&program), Mode::Block);
            let stop = outcome[0].done().map(|r| r.stop);
            assert_eq!(stop, Some(Stop::End), "{name}: {:?}", outcome[0]);
            group.bench_function("unicorn", |b| {
                b.iter(|| unicorn.run(std::slice::from_ref(&program), Mode::Block))
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);

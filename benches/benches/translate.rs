//! How long does it take to make a region ready to run: forming, compiling, placing? Of straight
//! blocks, and of the functions in which two kernels spend their time, with everything that direct
//! branches reach from them. Processor time, per region (`time`) and per guest instruction (`thrpt`).

use criterion::measurement::Measurement;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use innkeeper_benches::cpu_time::CpuTime;
use innkeeper_benches::guest;
use innkeeper_core::isa::a64::A64;
use innkeeper_jit::probe::BASE;
use innkeeper_jit::{Config, Opt, Target};
use object::{Object as _, ObjectSegment as _, ObjectSymbol as _};

type Probe = innkeeper_jit::Probe<A64>;

/// A mixture as compilers make it: a third of it memory accesses. The last is the way out.
const BLOCK: &[u32] = &[
    0xf940_0401, // ldr x1, [x0, #8]
    0x8b03_0022, // add x2, x1, x3
    0xb940_1004, // ldr w4, [x0, #16]
    0xca02_0085, // eor x5, x4, x2
    0xf900_0c05, // str x5, [x0, #24]
    0x9100_4000, // add x0, x0, #16
    0xd37d_f046, // lsl x6, x2, #3
    0xeb06_00bf, // cmp x5, x6
    0x9a85_30c7, // csel x7, x6, x5, cc
];
const OUT: u32 = 0x54ff_0001; // b.ne, to before the block

/// (kernel, function)
const HOT: &[(&str, &str)] =
    &[("kernel-lists", "main"), ("kernel-lists", "sort"), ("kernel-sha256", "block")];

fn probe(opt: Opt, max_region: usize) -> Probe {
    let config = Config { opt, max_region, ..Config::default() };
    Probe::new(config, Target::Host).expect("a host with a back end")
}

/// A probe with a kernel in its memory, and the address of a function.
fn kernel(opt: Opt, name: &str, function: &str) -> (Probe, u64) {
    let mut probe = probe(opt, Config::default().max_region);
    let bytes = guest(name).bytes;
    let elf = object::File::parse(&*bytes).expect("an ELF file");
    for segment in elf.segments() {
        assert!(probe.load(segment.address(), segment.data().expect("the segment's bytes")));
    }
    let symbol = elf.symbol_by_name(function).unwrap_or_else(|| panic!("{name} has no {function}"));
    (probe, symbol.address())
}

fn measure<M: Measurement>(group: &mut BenchmarkGroup<'_, M>, id: String, mut probe: Probe, pc: u64) {
    let made = probe.translate(pc).expect("the region is compiled");
    println!("{id}: {} guest instructions, {} CLIF, {} bytes", made.insns, made.clif, made.host_bytes);
    group.throughput(Throughput::Elements(made.insns as u64));
    group.bench_function(id, |b| b.iter(|| probe.translate(pc)));
}

fn bench(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("translate");
    for (opt, level) in [(Opt::None, "none"), (Opt::Speed, "speed")] {
        for len in [5, 10, 100] {
            let mut probe = probe(opt, len);
            let pc = BASE + 0x1_0000;
            let words = BLOCK.iter().cycle().take(len - 1).chain([&OUT]);
            assert!(probe.load(pc, &words.flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>()));
            measure(&mut group, format!("block of {len}/{level}"), probe, pc);
        }
        for (name, function) in HOT {
            let (probe, pc) = kernel(opt, name, function);
            measure(&mut group, format!("{name} {function}/{level}"), probe, pc);
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = bench
}
criterion_main!(benches);

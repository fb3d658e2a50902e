//! How long does one instruction take in `Step`, by kind, decoding included? On a flat memory
//! without TLB: what the semantics alone cost.

use criterion::{Criterion, criterion_group, criterion_main};
use innkeeper_core::isa::a64::testing::FlatCpu;
use std::hint::black_box;

const CASES: &[(&str, u32)] = &[
    ("add x1, x1, #1", 0x9100_0421),
    ("adds x1, x1, x2", 0xab02_0021),
    ("madd x1, x2, x3, x4", 0x9b03_1041),
    ("ldr x1, [x0, #8]", 0xf940_0401),
    ("stp x1, x2, [x0]", 0xa900_0801),
    ("fadd d0, d1, d2", 0x1e62_2820),
    ("fmadd d0, d1, d2, d3", 0x1f42_0c20),
    ("add v0.16b, v1.16b, v2.16b", 0x4e22_8420),
    ("tbl v0.16b, {v1.16b}, v2.16b", 0x4e02_0020),
    ("aese v0.16b, v1.16b", 0x4e28_4820),
];

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    for &(name, word) in CASES {
        let mut cpu = FlatCpu::new(0x1000, 0x1000);
        cpu.cpu.x[0] = 0x1100;
        for (n, v) in cpu.cpu.v.iter_mut().enumerate() {
            *v = u128::from((1.1f64 + n as f64).to_bits());
        }
        group.bench_function(name, |b| b.iter(|| cpu.step(black_box(word))));
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

//! What does a device register access cost through the bus?

use criterion::{Criterion, criterion_group, criterion_main};
use innkeeper_benches::machine;
use std::hint::black_box;

fn bench(c: &mut Criterion) {
    let mut machine = machine("hello", "");
    let bus = &mut machine.system_mut().bus;
    let mut group = c.benchmark_group("device");
    group.bench_function("read PL011 flags", |b| b.iter(|| bus.read(black_box(0), 0x0900_0018, 2)));
    group.bench_function("read GICv2 enable", |b| b.iter(|| bus.read(black_box(0), 0x0800_0100, 2)));
    group.bench_function("write GICv2 priority mask", |b| {
        b.iter(|| bus.write(black_box(0), 0x0801_0004, 2, 0xff))
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

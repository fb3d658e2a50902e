//! What does a memory access cost when the TLB knows the page, and what does a miss cost to enter?

use criterion::{Criterion, criterion_group, criterion_main};
use innkeeper_core::mem::ram::{Ram, RegionSpec};
use innkeeper_core::mem::tlb::{Grant, Table};
use std::hint::black_box;

const BASE: u64 = 0x4000_0000;
const GRANT: Grant = Grant { read: true, write: true, needs_align: false, code: false };

fn bench(c: &mut Criterion) {
    let spec = RegionSpec { base: BASE, size: 16 << 20, writable: true };
    let ram = Ram::new(&[spec]).expect("16 MiB of guest memory");
    let mut table = Table::new(ram, 1);
    table.fill(BASE, BASE, 12, GRANT);
    let mut group = c.benchmark_group("tlb");
    group.bench_function("load 8 bytes, hit", |b| b.iter(|| table.load(black_box(BASE + 8), 3)));
    group.bench_function("load 8 bytes, unaligned in the page", |b| {
        b.iter(|| table.load(black_box(BASE + 0x123), 3))
    });
    group.bench_function("store 8 bytes, hit", |b| b.iter(|| table.store(black_box(BASE + 16), 3, 7)));
    group.bench_function("load, miss", |b| b.iter(|| table.load(black_box(BASE + 0x5000), 3)));
    group.bench_function("fill", |b| {
        let mut page = 0;
        b.iter(|| {
            page = (page + 0x1000) & 0xff_f000;
            table.fill(BASE + page, BASE + page, 12, GRANT);
        })
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

//! How long does it take to decode a word? Once per instruction of a new block.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use innkeeper_benches::words;
use innkeeper_core::isa::a64::decode::decode;
use std::hint::black_box;

fn bench(c: &mut Criterion) {
    let words = words("kernel-strings");
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(words.len() as u64));
    group.bench_function("kernel-strings", |b| {
        b.iter(|| words.iter().fold(0u64, |n, &w| n + u64::from(decode(black_box(w)).row)))
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

//! Criterion benchmarks live beside this file, one per question.

//! Pure functions on values: floating point, vectors, crypto. No CPU, no memory.

pub mod fp;
pub mod vec;

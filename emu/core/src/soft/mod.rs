//! Pure functions on values: floating point, vectors, crypto. No CPU, no memory.

pub mod crc32;
pub mod crypto;
pub mod fp;
pub mod vec;

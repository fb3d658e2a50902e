//! Guest instruction sets, each in a folder with the same file names.

pub mod a64;

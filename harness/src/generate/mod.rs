//! Random programs.
//!
//! A [`Block`] is a structured program: instructions with links to each other instead of distances,
//! registers, memory. It becomes a [`Program`](innkeeper_core::wire::Program) of bytes only to be run,
//! so that the shrinker can drop an instruction and the branches around it still meet their targets.
//!
//! A [`Generator`] makes the block of a seed; [`a64`] derives its instructions from the decode table,
//! [`x64`] from iced-x86's.

pub mod a64;
mod block;
pub mod shrink;
pub mod state;
pub mod values;
pub mod x64;

use proptest::test_runner::{RngAlgorithm, TestRng};

pub use crate::scenario::differential::Grammar;
pub use block::{Block, Insn, Slot, program};

/// Address of the first instruction.
pub const CODE: u64 = 0x10_0000;
/// Address of the memory that programs write.
pub const SCRATCH: u64 = 0x20_0000;
/// Its size: two pages, so that an access can cross from one to the other; nothing is mapped
/// before or after.
pub const SCRATCH_SIZE: usize = 0x2000;
/// Address of a page that cannot be written.
pub const READ_ONLY: u64 = 0x30_0000;
/// Most instructions in a block.
pub const MAX_LEN: usize = 64;
/// Most instructions executed.
pub const LIMIT: u64 = 400;

/// What makes blocks of one architecture.
pub trait Generator {
    /// Its instructions.
    type Insn: Insn;

    /// Names of the rows blocks are made of.
    fn rows(&self) -> Vec<&'static str>;

    /// A random block.
    fn make(&self, rng: &mut TestRng) -> Block<Self::Insn>;

    /// The block of a seed.
    fn block(&self, seed: u64) -> Block<Self::Insn> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mix(seed).to_le_bytes());
        bytes[8..].copy_from_slice(&mix(!seed).to_le_bytes());
        self.make(&mut TestRng::from_seed(RngAlgorithm::XorShift, &bytes))
    }
}

/// Lengths cut to 1..=[`MAX_LEN`].
fn clamped(lengths: (usize, usize)) -> (usize, usize) {
    let (low, high) = (lengths.0.clamp(1, MAX_LEN), lengths.1.clamp(1, MAX_LEN));
    (low.min(high), high)
}

/// Seed of block `n` of a run: a block by itself is block 0 of its own seed.
pub fn block_seed(seed: u64, n: u64) -> u64 {
    if n == 0 { seed } else { mix(seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))) }
}

/// SplitMix64's output function: neighbouring seeds give unrelated numbers.
fn mix(mut z: u64) -> u64 {
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

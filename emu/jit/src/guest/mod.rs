//! What the translator needs to know of a guest besides [`Isa`]: a folder for each.

pub mod a64;

use innkeeper_core::emit::Helper;
use innkeeper_core::emit::obj::{Uop, V};
use innkeeper_core::isa::Isa;

pub use crate::mode::Mode;

/// Where a guest's registers are: offsets in its state.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// The first general register; 64 bits each.
    pub x: usize,
    /// The first vector register; 128 bits each.
    pub v: usize,
    /// FPSR, 32 bits.
    pub fpsr: usize,
}

/// A guest that can be translated.
pub trait Guest: Isa {
    /// Where its registers are in its state.
    const REGISTERS: Registers;
    /// What code that runs now may be specialised for.
    fn mode_of(cpu: &Self::Cpu) -> Mode;
    /// Whether translated code calls a helper with these arguments, of an instruction of these
    /// operations, itself: it needs no more of the CPU than what is in memory while such code runs.
    fn calls(h: Helper, args: [V; 3], uops: &[Uop]) -> bool;
    /// Makes floating point available, where code is looked at and not run.
    fn enable_fp(cpu: &mut Self::Cpu);
}

//! Where translated code finds things: offsets from the address of a [`Core`], which is the first
//! argument of all generated functions, and the meaning of the words of its [`Area`].
//!
//! [`Area`]: innkeeper_core::isa::a64::vcpu::Area

use std::mem::offset_of;

use innkeeper_core::isa::a64::Cpu;
use innkeeper_core::isa::a64::vcpu::{AREA_WORDS, Area, Core, Vcpu};
use innkeeper_core::mem::tlb::{Entry, SITE_CLASSES, SITES, SITES_OFFSET, SITES_PER_CLASS, Site};
use innkeeper_core::soft::fp::FpEnv;

/// An offset as Cranelift's instructions take it.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a Core is a few KiB")]
const fn off(n: usize) -> i32 {
    assert!(n < 1 << 30);
    n as i32
}

const CPU: usize = offset_of!(Vcpu, cpu);

/// General register `r`.
pub const fn x(r: u8) -> i32 {
    off(CPU + offset_of!(Cpu, x) + 8 * (r & 31) as usize)
}

/// Vector register `r`.
pub const fn v(r: u8) -> i32 {
    off(CPU + offset_of!(Cpu, v) + 16 * (r & 31) as usize)
}

/// FPSR, 32 bits.
pub const FPSR: i32 = off(CPU + offset_of!(Cpu, fp) + offset_of!(FpEnv, fpsr));

/// A host address out of a word of the area or of a constant of the code.
#[expect(clippy::cast_possible_truncation, reason = "hosts have 64-bit addresses: asserted below")]
pub const fn host(address: u64) -> usize {
    address as usize
}

/// The words of the area.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Word {
    /// Operands of helpers, 16 bytes each. First, for their alignment.
    Arg0 = 0,
    Arg1 = 2,
    Arg2 = 4,
    /// Result of helpers, 16 bytes.
    Result = 6,
    /// Flags: how they are made ([`crate::flags::Kind`]), and of what.
    FlagKind = 8,
    FlagA,
    FlagB,
    /// Why the code came back: an [`Exit`].
    Exit,
    /// Instructions of the budget left, when it came back.
    Left,
    /// Identifies address space, mode and state of the code cache; see [`crate::links`].
    Key,
    /// Address of the jump cache.
    Jumps,
    /// Lowest stack address at which guest calls may still nest.
    StackLimit,
    /// Address of the [`crate::links::Links`].
    Links,
    /// Guest address that had no code.
    Target,
    /// Address of the table of the TLB in force.
    Table,
    /// Address of the code of the slow path of memory.
    FillStub,
    /// Arguments of the slow path: address, what is accessed; result: the addend or 0.
    FillAddr,
    FillWhat,
    FillAddend,
    /// Address of the code that executes an operation by its definition.
    ComputeStub,
    /// Its argument: address of the operation.
    Op,
}

/// Offset of a word of the area.
pub const fn area(w: Word) -> i32 {
    off(offset_of!(Vcpu, area) + 8 * w as usize)
}

/// Offsets in an entry of the TLB.
pub const TLB_READ: i32 = off(offset_of!(Entry, read));
/// See [`TLB_READ`].
pub const TLB_WRITE: i32 = off(offset_of!(Entry, write));
/// See [`TLB_READ`].
pub const TLB_ADDEND: i32 = off(offset_of!(Entry, addend));
/// log2 of the size of an entry.
pub const TLB_ENTRY_BITS: u32 = size_of::<Entry>().trailing_zeros();

/// Offset of site number `n` of a class in a table of the TLB.
pub const fn site(class: usize, n: usize) -> i32 {
    let n = class % SITE_CLASSES * SITES_PER_CLASS + n % SITES_PER_CLASS;
    off(SITES_OFFSET + n * size_of::<Site>())
}
/// Offset of the number of starts in a site; the page is at 0.
pub const SITE_STARTS: i32 = off(offset_of!(Site, starts));
/// Offset of the addend in a site.
pub const SITE_ADDEND: i32 = off(offset_of!(Site, addend));

/// Why translated code came back to the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Exit {
    /// To look for the code at PC: a return, or a target that was not in the caches.
    Target = 0,
    /// The budget is shorter than the way to the next check.
    Budget = 1,
    /// The instruction at PC, or one soon after it, is for the interpreter.
    Interpret = 2,
    /// Calls are nested too deeply.
    Depth = 3,
}

const _: () = assert!((Word::Op as usize) < AREA_WORDS);
const _: () = assert!(usize::BITS == 64);
const _: () = assert!(offset_of!(Site, page) == 0);
const _: () = assert!(size_of::<Entry>().is_power_of_two());
// The slow path computes the place of a tag.
const _: () = assert!(TLB_READ == 0 && TLB_WRITE == 8);
const _: () = assert!(SITES_OFFSET + SITES * size_of::<Site>() < 1 << 24);
const _: () = assert!(align_of::<Area>() == 16 && offset_of!(Vcpu, area) % 16 == 0);
const _: () = assert!(size_of::<Core>() == size_of::<Vcpu>() && offset_of!(Core, 0) == 0);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn accesses_of_different_classes_never_share_a_site() {
        let class = |c| (0..500).map(move |n| site(c, n)).collect::<HashSet<_>>();
        for a in 0..SITE_CLASSES {
            assert!((0..a).all(|b| class(a).is_disjoint(&class(b))));
            assert_eq!(class(a).len(), SITES_PER_CLASS);
        }
    }
}

//! Where translated code finds things: offsets from the address of a `Core`, which is the first
//! argument of all generated functions, and the meaning of the words of its [`Area`].

use std::mem::offset_of;

use innkeeper_core::mem::tlb::{Entry, SITE_CLASSES, SITES, SITES_OFFSET, SITES_PER_CLASS, Site};
use innkeeper_core::vcpu::{AREA_WORDS, Area, Core, Vcpu};

use crate::guest::Guest;

/// An offset as Cranelift's instructions take it.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a Core is a few KiB")]
const fn off(n: usize) -> i32 {
    assert!(n < 1 << 30);
    n as i32
}

/// Addresses of the Rust functions that translated code calls.
#[derive(Clone, Copy, Debug)]
pub struct Functions {
    /// Executes an operation by its definition: operands and result in the area.
    pub compute: u64,
    /// Executes a helper that may trap; not 0 when it would, and then nothing has happened.
    pub attempt: u64,
    /// The slow path of memory: address and kind in the area, and so the addend or 0.
    pub fill: u64,
    /// The code for a guest address, noted in the slot (if not null) when there is some.
    pub resolve: u64,
}

/// What translated code of a guest has to know of the Rust around it. It is the same for a guest as long
/// as the program runs; code of several guests never mixes.
#[derive(Clone, Copy, Debug)]
pub struct Abi {
    x: i32,
    v: i32,
    area: i32,
    /// Offset of FPSR.
    pub fpsr: i32,
    /// log2 of the distance of places where an instruction may begin.
    pub align_bits: u32,
    /// What it calls.
    pub functions: Functions,
}

impl Abi {
    /// Of guest `I`.
    pub const fn new<I: Guest>(functions: Functions) -> Abi {
        const {
            assert!(offset_of!(Vcpu<I>, area) % 16 == 0);
            assert!(size_of::<Core<I>>() == size_of::<Vcpu<I>>() && offset_of!(Core<I>, 0) == 0);
        }
        let cpu = offset_of!(Vcpu<I>, cpu);
        Abi {
            x: off(cpu + I::REGISTERS.x),
            v: off(cpu + I::REGISTERS.v),
            fpsr: off(cpu + I::REGISTERS.fpsr),
            area: off(offset_of!(Vcpu<I>, area)),
            align_bits: I::ALIGN.trailing_zeros(),
            functions,
        }
    }

    /// Offset of general register `r`.
    pub const fn x(&self, r: u8) -> i32 {
        self.x + 8 * (r & 31) as i32
    }

    /// Offset of vector register `r`.
    pub const fn v(&self, r: u8) -> i32 {
        self.v + 16 * (r & 31) as i32
    }

    /// Offset of a word of the area.
    pub const fn area(&self, w: Word) -> i32 {
        self.area + off(8 * w as usize)
    }
}

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
const _: () = assert!(align_of::<Area>() == 16);

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

//! A program in a form that can be changed, of either architecture.

use std::fmt::Debug;

use innkeeper_core::wire::{Perm, Program, Region, Regs};

use super::state::Register;
use super::{CODE, LIMIT, READ_ONLY, SCRATCH, SCRATCH_SIZE};

/// An instruction as a block has it. The distance to another instruction is filled in when the program
/// is made.
pub trait Insn: Clone + PartialEq + Debug {
    /// Bytes of each slot, which stand one behind the other from [`CODE`] on.
    fn encode(slots: &[Slot<Self>]) -> Vec<Vec<u8>>;
    /// The instruction at the start of `code`, which stands at `pc`, as a slot by itself.
    fn decode(code: &[u8], pc: u64) -> Option<Slot<Self>>;
    /// Name of its row.
    fn row(&self) -> Option<&'static str>;
    /// Whether control goes from it, at index `n`, to later instructions only.
    fn goes_forward(&self, n: usize, link: Option<usize>) -> bool;
    /// The instruction with one operand made simpler, in each way there is.
    fn simpler(&self) -> Vec<Self>;
}

/// One instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot<I> {
    /// The instruction.
    pub insn: I,
    /// Index of the instruction it refers to (branches, literals).
    pub link: Option<usize>,
}

/// A program in a form that can be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block<I> {
    /// Instructions.
    pub slots: Vec<Slot<I>>,
    /// Registers at the start; the program counter is ignored.
    pub regs: Regs,
    /// Registers that hold the address of an instruction.
    pub code_pointers: Vec<(Register, usize)>,
    /// Contents of the scratch memory.
    pub scratch: Vec<u8>,
}

impl<I: Insn> Block<I> {
    /// Address of each instruction, and of the end.
    pub fn addresses(&self) -> Vec<u64> {
        starts(&I::encode(&self.slots))
    }

    /// The program.
    pub fn program(&self) -> Program {
        let code = I::encode(&self.slots);
        let addresses = starts(&code);
        let mut regs = self.regs.clone();
        for &(register, n) in &self.code_pointers {
            if let Some(&at) = addresses.get(n).or(addresses.last()) {
                register.set(&mut regs, at.into());
            }
        }
        program(code.concat(), regs, self.scratch.clone())
    }

    /// Whether every branch goes forward, so that the program ends without being counted.
    pub fn goes_forward(&self) -> bool {
        self.slots.iter().enumerate().all(|(n, s)| s.insn.goes_forward(n, s.link))
    }

    /// Takes out instructions `from..to`; links to them go to what follows.
    pub fn drop_slots(&mut self, from: usize, to: usize) {
        self.slots.drain(from..to);
        let moved = |n: usize| if n >= to { n - (to - from) } else { n.min(from) };
        for slot in &mut self.slots {
            slot.link = slot.link.map(moved);
        }
        for (_, n) in &mut self.code_pointers {
            *n = moved(*n);
        }
    }
}

/// Where pieces of code stand, and where they end.
fn starts(code: &[Vec<u8>]) -> Vec<u64> {
    let ends = code.iter().scan(CODE, |at, bytes| {
        *at += bytes.len() as u64;
        Some(*at)
    });
    std::iter::once(CODE).chain(ends).collect()
}

/// A program of `code` at [`CODE`] with `scratch` at [`SCRATCH`], which is filled up with zeros.
pub fn program(code: Vec<u8>, mut regs: Regs, scratch: Vec<u8>) -> Program {
    match &mut regs {
        Regs::A64(r) => r.pc = CODE,
        Regs::X64(r) => r.rip = CODE,
    }
    let end = CODE + code.len() as u64;
    let region = |base, size, perm, bytes| Region { base, size, perm, bytes };
    Program {
        regions: vec![
            region(CODE, 0x1000, Perm::Code, code),
            region(SCRATCH, SCRATCH_SIZE as u64, Perm::ReadWrite, scratch),
            region(READ_ONLY, 0x1000, Perm::ReadOnly, (0u8..=255).collect()),
        ],
        regs,
        end,
        limit: LIMIT,
    }
}

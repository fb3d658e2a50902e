//! Random programs, derived from the decode table.
//!
//! A [`Block`] is a structured program: instructions with links to each other instead of
//! distances, registers, memory. It becomes a [`Program`] of bytes only to be run, so that the
//! shrinker can drop an instruction and the branches around it still meet their targets.
//!
//! [`Blocks`] is a proptest strategy: the runner's random numbers make a block, and its value tree
//! shrinks one.

mod fill;
pub mod rows;
pub mod shrink;
pub mod values;

use innkeeper_core::wire::{A64Regs, Perm, Program, Region, Regs};
use proptest::strategy::{NewTree, Strategy};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use rows::{Grammar, Rows};
use values::Dice;

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

/// One instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The word; the distance of a link is filled in when the program is made.
    pub word: u32,
    /// Index of the instruction it refers to (branches, literals).
    pub link: Option<usize>,
}

/// A program in a form that can be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Instructions.
    pub slots: Vec<Slot>,
    /// Registers at the start; the program counter is ignored.
    pub regs: A64Regs,
    /// Registers that hold the address of an instruction.
    pub code_pointers: Vec<(u8, usize)>,
    /// Contents of the scratch memory.
    pub scratch: Vec<u8>,
}

impl Block {
    /// Address of instruction `n`.
    pub fn address(n: usize) -> u64 {
        CODE + 4 * n as u64
    }

    /// Index of the instruction at `pc`.
    pub fn index(&self, pc: u64) -> Option<usize> {
        let n = usize::try_from(pc.checked_sub(CODE)? / 4).ok()?;
        (pc.is_multiple_of(4) && n < self.slots.len()).then_some(n)
    }

    /// The instruction words with their links filled in.
    pub fn words(&self) -> Vec<u32> {
        self.slots.iter().enumerate().map(|(n, slot)| resolve(*slot, n)).collect()
    }

    /// The start registers.
    pub fn start(&self) -> A64Regs {
        let mut regs = self.regs.clone();
        regs.pc = CODE;
        for &(r, n) in &self.code_pointers {
            if let Some(x) = regs.x.get_mut(usize::from(r)) {
                *x = Block::address(n.min(self.slots.len()));
            }
        }
        regs
    }

    /// The program.
    pub fn program(&self) -> Program {
        let code = self.words().iter().flat_map(|w| w.to_le_bytes()).collect();
        let read_only = (0u8..=255).collect();
        let region = |base, size, perm, bytes| Region { base, size, perm, bytes };
        Program {
            regions: vec![
                region(CODE, 0x1000, Perm::Code, code),
                region(SCRATCH, SCRATCH_SIZE as u64, Perm::ReadWrite, self.scratch.clone()),
                region(READ_ONLY, 0x1000, Perm::ReadOnly, read_only),
            ],
            regs: Regs::A64(Box::new(self.start())),
            end: Block::address(self.slots.len()),
            limit: LIMIT,
        }
    }

    /// Whether every branch goes forward, so that the program ends without being counted.
    pub fn goes_forward(&self) -> bool {
        self.slots.iter().enumerate().all(|(n, s)| {
            !rows::is_indirect(s.word) && (rows::is_literal(s.word) || s.link.is_none_or(|to| to > n))
        })
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

/// A slot's word at index `n`.
fn resolve(slot: Slot, n: usize) -> u32 {
    let (Some(to), Some((low, bits))) = (slot.link, rows::link_field(slot.word)) else { return slot.word };
    let mask = (u32::MAX >> (32 - bits)) << low;
    // At most MAX_LEN instructions away: fits every field.
    let distance = i32::try_from(to).unwrap_or_default() - i32::try_from(n).unwrap_or_default();
    (slot.word & !mask) | (distance.cast_unsigned() << low & mask)
}

/// The strategy.
pub struct Blocks {
    rows: Rows,
    lengths: (usize, usize),
}

impl Blocks {
    /// Blocks of `lengths` instructions (cut to 1..=[`MAX_LEN`]) of a grammar.
    pub fn new(grammar: Grammar, lengths: (usize, usize)) -> Blocks {
        let (low, high) = (lengths.0.clamp(1, MAX_LEN), lengths.1.clamp(1, MAX_LEN));
        Blocks { rows: Rows::new(grammar), lengths: (low.min(high), high) }
    }

    /// The rows blocks are made of.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The block of a seed.
    pub fn block(&self, seed: u64) -> Block {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mix(seed).to_le_bytes());
        bytes[8..].copy_from_slice(&mix(!seed).to_le_bytes());
        let mut rng = TestRng::from_seed(RngAlgorithm::XorShift, &bytes);
        fill::block(&self.rows, self.lengths, &mut Dice(&mut rng))
    }
}

impl Strategy for Blocks {
    type Tree = shrink::Tree;
    type Value = Block;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        Ok(shrink::Tree::new(fill::block(&self.rows, self.lengths, &mut Dice(runner.rng()))))
    }
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blocks of {} rows", self.rows.all().count())
    }
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

//! Shrinking a block: a proptest value tree whose steps are changes to the structured program.

use proptest::strategy::ValueTree;

use super::rows::{self, Field};
use super::{Block, SCRATCH_SIZE};

/// One way to make a block simpler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Edit {
    /// Take out instructions `.0..=.1`.
    Drop(usize, usize),
    /// Zero a range of memory.
    ZeroMemory(usize, usize),
    /// Zero all general registers, or one.
    ZeroX(Option<u8>),
    /// Zero all vector registers, or one.
    ZeroV(Option<u8>),
    /// Clear a vector register's high half.
    HalveV(u8),
    /// Make a general register 1.
    OneX(u8),
    ZeroSp,
    ZeroFlags,
    ZeroFpcr,
    /// Clear one bit of FPCR.
    FpcrBit(u8),
    ZeroFpsr,
    /// Set a register field of an instruction to 0.
    Operand(usize, Field),
    /// Clear bits of an instruction that are neither fixed nor register fields, as far as its row
    /// allows.
    Immediate(usize),
}

/// A block and the search for a simpler one.
#[derive(Clone, Debug)]
pub struct Tree {
    best: Block,
    current: Block,
    plan: Vec<Edit>,
    next: usize,
    /// Something was accepted since the plan was made.
    progress: bool,
}

impl Tree {
    /// The tree of a block.
    pub fn new(block: Block) -> Tree {
        Tree { plan: Vec::new(), current: block.clone(), best: block, next: 0, progress: true }
    }

    /// Proposes a block outright; the next `simplify` accepts it, `complicate` refuses it.
    pub fn propose(&mut self, block: Block) {
        self.current = block;
    }

    fn advance(&mut self) -> bool {
        loop {
            if self.next >= self.plan.len() {
                if !self.progress {
                    self.current = self.best.clone();
                    return false;
                }
                self.progress = false;
                self.plan = plan(&self.best);
                self.next = 0;
                continue;
            }
            let mut candidate = self.best.clone();
            apply(self.plan[self.next], &mut candidate);
            self.next += 1;
            if candidate != self.best {
                self.current = candidate;
                return true;
            }
        }
    }
}

impl ValueTree for Tree {
    type Value = Block;

    fn current(&self) -> Block {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.current != self.best {
            let shorter = self.current.slots.len() < self.best.slots.len();
            self.best = self.current.clone();
            self.progress = true;
            if shorter {
                // Indices in the plan no longer hold.
                self.next = self.plan.len();
            }
        }
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        self.advance()
    }
}

/// Every edit worth trying, the large ones first.
fn plan(block: &Block) -> Vec<Edit> {
    let len = block.slots.len();
    let mut edits = Vec::new();
    let mut size = len / 2;
    while size > 0 {
        // From the end: what comes after the failing instruction goes first.
        edits.extend((0..len).step_by(size).rev().map(|n| Edit::Drop(n, (n + size).min(len) - 1)));
        size /= 2;
    }
    edits.extend([Edit::ZeroX(None), Edit::ZeroV(None)]);
    let mut size = SCRATCH_SIZE;
    while size >= 16 && block.scratch.iter().any(|&b| b != 0) {
        let ranges = (0..SCRATCH_SIZE).step_by(size).map(|n| (n, n + size));
        edits.extend(
            ranges
                .filter(|&(a, b)| block.scratch[a..b].iter().any(|&b| b != 0))
                .map(|(a, b)| Edit::ZeroMemory(a, b)),
        );
        size /= 8;
    }
    edits.extend([Edit::ZeroFpcr, Edit::ZeroFpsr, Edit::ZeroFlags, Edit::ZeroSp]);
    edits.extend((0..31).flat_map(|n| [Edit::ZeroX(Some(n)), Edit::OneX(n)]));
    edits.extend((0..32).flat_map(|n| [Edit::ZeroV(Some(n)), Edit::HalveV(n)]));
    edits.extend((0..32).map(Edit::FpcrBit));
    for (n, slot) in block.slots.iter().enumerate() {
        if let Some((_, row)) = rows::row_of(slot.word) {
            edits.extend(rows::register_fields(row).map(|f| Edit::Operand(n, f)));
            edits.push(Edit::Immediate(n));
        }
    }
    edits
}

fn apply(edit: Edit, block: &mut Block) {
    let regs = &mut block.regs;
    match edit {
        Edit::Drop(from, to) if to < block.slots.len() && block.slots.len() > to - from + 1 => {
            block.drop_slots(from, to + 1);
        }
        Edit::Drop(..) => {}
        Edit::ZeroMemory(from, to) => block.scratch[from..to].fill(0),
        Edit::ZeroX(None) => {
            regs.x = [0; 31];
            block.code_pointers.clear();
        }
        Edit::ZeroX(Some(n)) => {
            regs.x[usize::from(n)] = 0;
            block.code_pointers.retain(|&(r, _)| r != n);
        }
        Edit::OneX(n) if regs.x[usize::from(n)] > 1 => regs.x[usize::from(n)] = 1,
        Edit::OneX(_) => {}
        Edit::ZeroV(None) => regs.v = [0; 32],
        Edit::ZeroV(Some(n)) => regs.v[usize::from(n)] = 0,
        Edit::HalveV(n) => regs.v[usize::from(n)] &= u128::from(u64::MAX),
        Edit::ZeroSp => regs.sp = 0,
        Edit::ZeroFlags => regs.nzcv = 0,
        Edit::ZeroFpcr => regs.fpcr = 0,
        Edit::FpcrBit(n) => regs.fpcr &= !(1 << n),
        Edit::ZeroFpsr => regs.fpsr = 0,
        Edit::Operand(n, field) => replace(block, n, |word, _| field.set(word, 0)),
        Edit::Immediate(n) => replace(block, n, |word, keep| word & keep),
    }
}

/// Changes the word of slot `n` if it stays a usable word of its row. The function is given the
/// word and the mask of its fixed bits and register fields.
fn replace(block: &mut Block, n: usize, f: impl Fn(u32, u32) -> u32) {
    let Some(slot) = block.slots.get_mut(n) else { return };
    let Some((row, info)) = rows::row_of(slot.word) else { return };
    let keep = rows::register_fields(info).fold(info.mask, |m, field| field.set(m, 31));
    let word = f(slot.word, keep);
    if rows::usable(word, row) {
        slot.word = word;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Blocks, rows::Grammar};
    use super::*;

    /// Shrinks with "contains an instruction of this row" as the failure.
    #[test]
    fn shrinks_to_the_one_instruction_that_matters() {
        let blocks = Blocks::new(Grammar::Int, (20, 64));
        for seed in 0..20 {
            let block = blocks.block(seed);
            let wanted = rows::row_of(block.slots[block.slots.len() / 2].word).unwrap().0;
            let fails = |b: &Block| b.slots.iter().any(|s| rows::row_of(s.word).unwrap().0 == wanted);
            let mut tree = Tree::new(block);
            let mut more = tree.simplify();
            while more {
                more = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
            }
            let least = tree.current();
            assert!(fails(&least));
            assert_eq!(least.slots.len(), 1, "seed {seed}");
            assert_eq!(least.regs.x, [0; 31]);
            assert!(least.scratch.iter().all(|&b| b == 0));
        }
    }
}

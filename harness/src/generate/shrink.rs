//! Shrinking a block: a proptest value tree whose steps are changes to the structured program.

use proptest::strategy::ValueTree;

use super::SCRATCH_SIZE;
use super::block::{Block, Insn};
use super::state::{self, Class, Register};

/// One way to make a block simpler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Edit {
    /// Take out instructions `.0..=.1`.
    Drop(usize, usize),
    /// Zero a range of memory.
    ZeroMemory(usize, usize),
    /// Empty all registers of a class.
    EmptyAll(Class),
    /// Empty a register.
    Empty(Register),
    /// Make a register 1.
    One(Register),
    /// Clear a register's high half.
    Halve(Register),
    /// Clear one bit of a register.
    Bit(Register, u8),
    /// Make an instruction simpler in one of its ways.
    Simplify(usize, usize),
}

/// A block and the search for a simpler one.
#[derive(Clone, Debug)]
pub struct Tree<I> {
    best: Block<I>,
    current: Block<I>,
    plan: Vec<Edit>,
    next: usize,
    /// Something was accepted since the plan was made.
    progress: bool,
}

impl<I: Insn> Tree<I> {
    /// The tree of a block.
    pub fn new(block: Block<I>) -> Tree<I> {
        Tree { plan: Vec::new(), current: block.clone(), best: block, next: 0, progress: true }
    }

    /// Proposes a block outright; the next `simplify` accepts it, `complicate` refuses it.
    pub fn propose(&mut self, block: Block<I>) {
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

impl<I: Insn> ValueTree for Tree<I> {
    type Value = Block<I>;

    fn current(&self) -> Block<I> {
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
fn plan<I: Insn>(block: &Block<I>) -> Vec<Edit> {
    let len = block.slots.len();
    let mut edits = Vec::new();
    let mut size = len / 2;
    while size > 0 {
        // From the end: what comes after the failing instruction goes first.
        edits.extend((0..len).step_by(size).rev().map(|n| Edit::Drop(n, (n + size).min(len) - 1)));
        size /= 2;
    }
    edits.extend([Edit::EmptyAll(Class::General), Edit::EmptyAll(Class::Vector)]);
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
    let of = |class| Register::all(block.regs.arch()).filter(move |r: &Register| r.class() == class);
    edits.extend(of(Class::Control).map(Edit::Empty));
    edits.extend(of(Class::General).flat_map(|r| [Edit::Empty(r), Edit::One(r)]));
    edits.extend(of(Class::Vector).flat_map(|r| [Edit::Empty(r), Edit::Halve(r)]));
    edits.extend(of(Class::Control).flat_map(|r| (0..32).map(move |bit| Edit::Bit(r, bit))));
    for (n, slot) in block.slots.iter().enumerate() {
        edits.extend((0..slot.insn.simpler().len()).map(|way| Edit::Simplify(n, way)));
    }
    edits
}

fn apply<I: Insn>(edit: Edit, block: &mut Block<I>) {
    let empty = state::nothing(block.regs.arch());
    match edit {
        Edit::Drop(from, to) if to < block.slots.len() && block.slots.len() > to - from + 1 => {
            block.drop_slots(from, to + 1);
        }
        Edit::Drop(..) => {}
        Edit::ZeroMemory(from, to) => block.scratch[from..to].fill(0),
        Edit::EmptyAll(class) => {
            for r in Register::all(block.regs.arch()).filter(|r| r.class() == class) {
                set(block, r, r.get(&empty));
            }
        }
        Edit::Empty(r) => set(block, r, r.get(&empty)),
        Edit::One(r) if r.get(&block.regs) > 1 => set(block, r, 1),
        Edit::One(_) => {}
        Edit::Halve(r) => set(block, r, r.get(&block.regs) & u128::from(u64::MAX)),
        Edit::Bit(r, bit) if r.get(&empty) >> bit & 1 == 0 => set(block, r, r.get(&block.regs) & !(1 << bit)),
        Edit::Bit(..) => {}
        Edit::Simplify(n, way) => {
            if let Some(slot) = block.slots.get_mut(n)
                && let Some(insn) = slot.insn.simpler().into_iter().nth(way)
            {
                slot.insn = insn;
            }
        }
    }
}

fn set<I>(block: &mut Block<I>, r: Register, value: u128) {
    block.code_pointers.retain(|(pointer, _)| *pointer != r);
    // A value with fewer bits than the register had fits.
    let _ = r.set(&mut block.regs, value);
}

#[cfg(test)]
mod tests {
    use super::super::a64::Blocks;
    use super::super::{Generator, Grammar, x64};
    use super::*;

    /// Shrinks with "contains an instruction of this row" as the failure.
    fn shrinks(what: &str, blocks: &impl Generator) {
        for seed in 0..20 {
            let block = blocks.block(seed);
            let wanted = block.slots[block.slots.len() / 2].insn.row().unwrap();
            let mut tree = Tree::new(block);
            let mut more = tree.simplify();
            while more {
                let fails = tree.current().slots.iter().any(|s| s.insn.row() == Some(wanted));
                more = if fails { tree.simplify() } else { tree.complicate() };
            }
            let least = tree.current();
            assert_eq!(least.slots.len(), 1, "{what}, seed {seed}");
            assert_eq!(least.slots[0].insn.row(), Some(wanted));
            assert!(state::differing(&least.regs, &state::nothing(least.regs.arch())).is_empty());
            assert!(least.scratch.iter().all(|&b| b == 0));
        }
    }

    #[test]
    fn shrinks_to_the_one_instruction_that_matters() {
        shrinks("AArch64", &Blocks::new(Grammar::Int, (20, 64)));
        shrinks("x86-64", &x64::Blocks::new(|_| true, (20, 64)));
    }
}

//! Which guest code is compiled together: the control-flow graph reached from an entry by direct
//! branches, within a number of instructions and of pages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use innkeeper_core::emit::obj::{Uop, V};
use innkeeper_core::emit::uop::Recorder;
use innkeeper_core::emit::{Hint, Term};
use innkeeper_core::mem::{PAGE_MASK, PAGE_SIZE};
use innkeeper_core::vcpu::Core;

use crate::guest::Guest;
use crate::mode::Mode;

/// Pages a region may take its code from.
const MAX_PAGES: usize = 4;

/// One guest instruction.
#[derive(Debug)]
pub struct Insn {
    /// Its operations.
    pub uops: Vec<Uop>,
    /// Bytes.
    pub len: u64,
}

/// How a block of a region ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum End {
    /// At the beginning of another block, or at the limit of the region.
    Next,
    /// Before an instruction that only the interpreter executes.
    Interpret,
    /// To an address.
    Jump(u64),
    /// To an address if the value of the last instruction is not 0, else to the next instruction.
    Branch(V, u64),
    /// Calls an address; comes back to the next instruction.
    Call(u64),
    /// Calls the address in the value; comes back to the next instruction.
    CallIndirect(V),
    /// To the address in the value.
    Indirect(V),
    /// To the address in the value, where a call of the caller's came from.
    Return(V),
}

/// A straight run of instructions.
#[derive(Debug)]
pub struct Block {
    /// Virtual address.
    pub pc: u64,
    /// The instructions.
    pub insns: Vec<Insn>,
    /// How it ends.
    pub end: End,
}

impl Block {
    /// Address behind the last instruction.
    pub fn next(&self) -> u64 {
        self.pc.wrapping_add(self.bytes())
    }

    /// Bytes of the instructions.
    pub fn bytes(&self) -> u64 {
        self.insns.iter().map(|i| i.len).sum()
    }

    /// Addresses execution may go to directly, the return of a call included.
    pub fn successors(&self) -> impl Iterator<Item = u64> + use<> {
        let next = self.next();
        let (a, b) = match self.end {
            End::Next | End::Call(_) | End::CallIndirect(_) => (Some(next), None),
            End::Jump(to) => (Some(to), None),
            // The way on first: it is laid out behind the block.
            End::Branch(_, to) => (Some(next), Some(to)),
            End::Interpret | End::Indirect(_) | End::Return(_) => (None, None),
        };
        a.into_iter().chain(b)
    }
}

/// Code to be compiled together.
#[derive(Debug)]
pub struct Region {
    /// Virtual address of the entry.
    pub pc: u64,
    /// Blocks by address; the entry is one of them.
    pub blocks: BTreeMap<u64, Block>,
    /// Pages the code comes from: virtual and physical address.
    pub pages: Vec<(u64, u64)>,
    /// Guest instructions.
    pub insns: usize,
}

/// What an instruction means for the flow of control.
enum Flow {
    Plain,
    End(End),
    Interpret,
}

impl Region {
    /// The region at `pc`, of at most `max` instructions; `None` when its first instruction cannot
    /// be fetched or is not for translated code.
    pub fn form<I: Guest>(core: &mut Core<I>, pc: u64, mode: Mode, max: usize) -> Option<Region> {
        let mut scan =
            Scan { core, mode, max, pages: Vec::new(), insns: BTreeMap::new(), heads: BTreeSet::new() };
        scan.explore(pc);
        let (pages, insns, heads) = (scan.pages, scan.insns, scan.heads);
        let blocks = blocks(insns, &heads);
        let first = blocks.get(&pc)?;
        if first.insns.is_empty() {
            return None;
        }
        let insns = blocks.values().map(|b| b.insns.len()).sum();
        Some(Region { pc, blocks, pages, insns })
    }
}

struct Scan<'a, I: Guest> {
    core: &'a mut Core<I>,
    mode: Mode,
    max: usize,
    pages: Vec<(u64, u64)>,
    /// By address; `None` where the interpreter takes over.
    insns: BTreeMap<u64, Option<(Insn, Option<End>)>>,
    heads: BTreeSet<u64>,
}

impl<I: Guest> Scan<'_, I> {
    /// Collects instructions breadth first, so that the limit cuts off what is far away.
    fn explore(&mut self, pc: u64) {
        let mut count = 0;
        let mut todo = VecDeque::from([pc]);
        while let Some(start) = todo.pop_front() {
            self.heads.insert(start);
            let mut at = start;
            while count < self.max && !self.insns.contains_key(&at) {
                let Some(insn) = self.fetch(at) else { break };
                let next = at.wrapping_add(insn.len);
                match flow::<I>(&insn, at, self.mode) {
                    Flow::Plain => {
                        self.insns.insert(at, Some((insn, None)));
                    }
                    Flow::Interpret => {
                        self.insns.insert(at, None);
                        break;
                    }
                    Flow::End(end) => {
                        self.insns.insert(at, Some((insn, Some(end))));
                        count += 1;
                        match end {
                            End::Branch(_, to) => todo.extend([next, to]),
                            End::Jump(to) => todo.push_back(to),
                            End::Call(_) | End::CallIndirect(_) => todo.push_back(next),
                            _ => {}
                        }
                        break;
                    }
                }
                count += 1;
                at = next;
            }
        }
    }

    /// The instruction at `at`, from a page that is part of the region or becomes one.
    fn fetch(&mut self, at: u64) -> Option<Insn> {
        I::check_pc(at).ok()?;
        let page = at & PAGE_MASK;
        let pa = match self.pages.iter().find(|(va, _)| *va == page) {
            Some(&(_, pa)) => pa,
            None if self.pages.len() < MAX_PAGES => {
                let pa = self.core.0.code_page(at)?;
                self.pages.push((page, pa));
                pa
            }
            None => return None,
        };
        let insn = self.core.0.decode_at(pa | at & (PAGE_SIZE - 1))?;
        let mut recorder = Recorder::default();
        I::describe(&insn, &mut recorder);
        Some(Insn { uops: recorder.ops, len: I::len(&insn) })
    }
}

/// Cuts the instructions at `heads` and behind every transfer of control.
fn blocks(insns: BTreeMap<u64, Option<(Insn, Option<End>)>>, heads: &BTreeSet<u64>) -> BTreeMap<u64, Block> {
    let mut blocks = BTreeMap::new();
    let mut open: Option<Block> = None;
    for (at, insn) in insns {
        if let Some(block) = open.take_if(|b| b.next() != at || heads.contains(&at)) {
            blocks.insert(block.pc, block);
        }
        let block = open.get_or_insert_with(|| Block { pc: at, insns: Vec::new(), end: End::Next });
        match insn {
            Some((insn, end)) => {
                block.insns.push(insn);
                block.end = end.unwrap_or(End::Next);
            }
            None => block.end = End::Interpret,
        }
        if block.end != End::Next
            && let Some(block) = open.take()
        {
            blocks.insert(block.pc, block);
        }
    }
    if let Some(block) = open {
        blocks.insert(block.pc, block);
    }
    blocks
}

/// What the instruction at `at` does to the flow of control, in `mode`.
fn flow<I: Guest>(insn: &Insn, at: u64, mode: Mode) -> Flow {
    let mut flow = Flow::Plain;
    for op in &insn.uops {
        match *op {
            Uop::FpAccess if !mode.fp_enabled() => return Flow::Interpret,
            Uop::Trap(_) => return Flow::Interpret,
            Uop::Helper(h, args) if !I::calls(h, args, &insn.uops) => return Flow::Interpret,
            Uop::End(term) => {
                flow = match term {
                    Term::Jump { rel } => Flow::End(End::Jump(at.wrapping_add_signed(rel))),
                    Term::Call { rel } => Flow::End(End::Call(at.wrapping_add_signed(rel))),
                    Term::Branch { c, rel } => Flow::End(End::Branch(c, at.wrapping_add_signed(rel))),
                    Term::Indirect { target, hint } => match hint {
                        Hint::Jump => Flow::End(End::Indirect(target)),
                        Hint::Call => Flow::End(End::CallIndirect(target)),
                        Hint::Return => Flow::End(End::Return(target)),
                        Hint::Exception => return Flow::Interpret,
                    },
                    Term::Next | Term::Wait => return Flow::Interpret,
                };
            }
            _ => {}
        }
    }
    flow
}

#[cfg(test)]
mod tests {
    use innkeeper_core::isa::a64::A64;

    use super::*;
    use crate::guest::a64::testing::{ADD, CMP, MSR, PC, RET, bl, bne, core, region};

    fn ends(words: &[u32], max: usize) -> Vec<(u64, usize, End)> {
        let region = region(words, max).unwrap();
        region.blocks.values().map(|b| ((b.pc - PC) / 4, b.insns.len(), b.end)).collect()
    }

    #[test]
    fn blocks_end_at_branches_and_begin_at_their_targets() {
        let found = ends(&[ADD, CMP, bne(2), ADD, RET], 100);
        assert!(matches!(
            found[..],
            [(0, 3, End::Branch(_, to)), (3, 1, End::Next), (4, 1, End::Return(_))] if to == PC + 16
        ));
    }

    #[test]
    fn calls_are_not_followed_and_come_back() {
        let found = ends(&[bl(3), ADD, RET, ADD, RET], 100);
        assert!(matches!(found[..], [(0, 1, End::Call(to)), (1, 2, End::Return(_))] if to == PC + 12));
    }

    #[test]
    fn what_changes_the_cpu_is_for_the_interpreter() {
        assert!(matches!(ends(&[ADD, MSR, ADD], 100)[..], [(0, 1, End::Interpret)]));
        assert!(region(&[MSR, ADD], 100).is_none(), "nothing is left to compile");
    }

    #[test]
    fn a_region_is_no_longer_than_allowed() {
        let region = region(&[ADD, ADD, ADD, RET], 2).unwrap();
        assert_eq!((region.insns, region.blocks[&PC].end), (2, End::Next));
        assert_eq!(region.blocks[&PC].next(), PC + 8);
    }

    #[test]
    fn code_is_followed_over_the_end_of_a_page_and_not_to_where_nothing_is() {
        let mut core = core(&[]);
        for (at, word) in [(PC + 0xffc, ADD), (PC + 0x1000, RET), (PC + 0xfffc, ADD)] {
            assert!(core.0.sys.poke(at, &word.to_le_bytes()));
        }
        let mode = A64::mode_of(&core.0.cpu);
        let two = Region::form(&mut core, PC + 0xffc, mode, 100).unwrap();
        assert_eq!(two.pages, [(PC, PC), (PC + 0x1000, PC + 0x1000)]);
        let last = Region::form(&mut core, PC + 0xfffc, mode, 100).unwrap();
        assert_eq!((last.insns, last.pages.len()), (1, 1));
        assert!(Region::form(&mut core, PC + 2, mode, 100).is_none(), "not aligned");
    }
}

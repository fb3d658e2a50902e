//! What the region builder has to know beforehand: order of blocks, loop heads, longest paths,
//! registers that differ from memory, registers that are wanted.

use std::collections::{BTreeMap, BTreeSet};

use innkeeper_core::emit::FlagKind;
use innkeeper_core::emit::effects::{Effects, State};
use innkeeper_core::emit::obj::Uop;

use crate::flags::Kind;
use crate::lower::flags::kind_after;
use crate::region::{Block, End, Region};

/// A set of what translated code keeps in SSA values: general registers (bits 0..32) and vector
/// registers (bits 64..96).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Set(pub u128);

impl Set {
    /// General register `r`.
    pub fn x(r: u8) -> Set {
        Set(1 << (r & 31))
    }
    /// Vector register `r`.
    pub fn v(r: u8) -> Set {
        Set(1 << (64 + (r & 31)))
    }
    /// Union.
    pub fn or(self, o: Set) -> Set {
        Set(self.0 | o.0)
    }
    /// Difference.
    pub fn without(self, o: Set) -> Set {
        Set(self.0 & !o.0)
    }
    /// The general registers in it.
    pub fn general(self) -> impl Iterator<Item = u8> + use<> {
        (0..32).filter(move |&r| self.0 >> r & 1 != 0)
    }
    /// The vector registers in it.
    pub fn vectors(self) -> impl Iterator<Item = u8> + use<> {
        (0..32).filter(move |&r| self.0 >> (64 + r) & 1 != 0)
    }

    fn of(state: State) -> Set {
        Set(u128::from(state.regs & 0xffff_ffff) | u128::from(state.vregs & 0xffff_ffff) << 64)
    }
}

/// What is known of a block.
#[derive(Clone, Copy, Default, Debug)]
pub struct Facts {
    /// Read before it is written.
    uses: Set,
    /// Written.
    defs: Set,
    /// May differ from memory on entry.
    pub dirty: Set,
    /// Wanted on entry, by the block or by what follows, exits included.
    pub live: Set,
    /// How the flags are held on entry; none when it differs by the way there.
    pub flags: Option<Kind>,
    /// What the flags are on entry matters.
    pub flags_live: bool,
    /// Most instructions from its beginning to the next check.
    pub need: u64,
    /// Instructions the budget must have left behind the block, where an edge goes backwards.
    pub check: Option<u64>,
}

/// The facts of a region.
pub struct Analysis {
    /// Blocks in reverse postorder.
    pub order: Vec<u64>,
    /// By block.
    pub facts: BTreeMap<u64, Facts>,
}

impl Analysis {
    /// Analyses a region.
    pub fn of(region: &Region) -> Analysis {
        let order = reverse_postorder(region);
        let mut facts: BTreeMap<u64, Facts> = order.iter().map(|&pc| (pc, Facts::default())).collect();
        for (pc, f) in &mut facts {
            let effects = effects(&region.blocks[pc]);
            (f.uses, f.defs) = (Set::of(effects.uses), Set::of(effects.defs));
        }
        let mut all = Analysis { order, facts };
        all.longest_paths(region);
        all.spread_dirty(region);
        all.spread_live(region);
        all.spread_flags(region);
        all.spread_flags_live(region);
        all
    }

    /// The facts of the block at `pc`, if it is one of the region's.
    pub fn get(&self, pc: u64) -> Option<&Facts> {
        self.facts.get(&pc)
    }

    /// Without the edges that go backwards and those from calls the graph has no cycle and the order
    /// is topological; at all others the budget is checked.
    fn longest_paths(&mut self, region: &Region) {
        let position: BTreeMap<u64, usize> = self.order.iter().enumerate().map(|(i, &pc)| (pc, i)).collect();
        let backwards = |from: u64, to: u64| position.get(&to) <= position.get(&from);
        for pc in self.order.iter().rev() {
            let block = &region.blocks[pc];
            let after = block.successors().filter(|&to| !calls(block) && !backwards(*pc, to));
            let rest = after.filter_map(|to| self.facts.get(&to)).map(|f| f.need).max().unwrap_or(0);
            if let Some(f) = self.facts.get_mut(pc) {
                f.need = block.insns.len() as u64 + rest;
            }
        }
        for pc in &self.order {
            let block = &region.blocks[pc];
            let back = block.successors().filter(|&to| !calls(block) && backwards(*pc, to));
            let check = back.filter_map(|to| self.facts.get(&to)).map(|f| f.need).max();
            if let Some(f) = self.facts.get_mut(pc) {
                f.check = check;
            }
        }
    }

    fn spread_dirty(&mut self, region: &Region) {
        self.until_stable(region, false, |all, block| {
            let f = all.facts[&block.pc];
            // Around a call everything is in memory.
            let out = if calls(block) { Set(0) } else { f.dirty.or(f.defs) };
            let mut changed = false;
            for to in block.successors() {
                if let Some(s) = all.facts.get_mut(&to) {
                    let dirty = s.dirty.or(out);
                    changed |= dirty != s.dirty;
                    s.dirty = dirty;
                }
            }
            changed
        });
    }

    fn spread_live(&mut self, region: &Region) {
        self.until_stable(region, true, |all, block| {
            let after = block.successors().filter(|_| !calls(block)).filter_map(|to| all.facts.get(&to));
            let out = after.fold(Set(0), |set, f| set.or(f.live));
            let Some(f) = all.facts.get_mut(&block.pc) else { return false };
            // What differs from memory has to be at hand for the exits.
            let live = f.uses.or(f.dirty).or(out.without(f.defs));
            std::mem::replace(&mut f.live, live) != live
        });
    }

    /// The flags are packed in memory at the entry and after calls: of no known kind.
    fn spread_flags(&mut self, region: &Region) {
        #[derive(Clone, Copy, PartialEq)]
        enum Known {
            Nothing,
            Kind(Option<Kind>),
        }
        let mut known: BTreeMap<u64, Known> = self.order.iter().map(|&pc| (pc, Known::Nothing)).collect();
        known.insert(region.pc, Known::Kind(None));
        let mut changed = true;
        while changed {
            changed = false;
            for pc in &self.order {
                let block = &region.blocks[pc];
                let Known::Kind(before) = known[pc] else { continue };
                let after = if calls(block) { None } else { kind_after(block, before) };
                for to in block.successors() {
                    let Some(k) = known.get_mut(&to) else { continue };
                    let joined = match *k {
                        Known::Nothing => Known::Kind(after),
                        Known::Kind(other) => Known::Kind(other.filter(|o| Some(*o) == after)),
                    };
                    changed |= joined != *k;
                    *k = joined;
                }
            }
        }
        for (pc, f) in &mut self.facts {
            f.flags = match known[pc] {
                Known::Kind(kind) => kind,
                Known::Nothing => None,
            };
        }
    }

    /// The flags matter where they are read, or where the region may be left, before they are set.
    fn spread_flags_live(&mut self, region: &Region) {
        self.until_stable(region, true, |all, block| {
            let Some(f) = all.facts.get(&block.pc) else { return false };
            let live = match first_of_flags(block) {
                Some(live) => live,
                None => {
                    let leaves = f.check.is_some() || calls(block) || block.successors().next().is_none();
                    leaves || block.successors().any(|to| all.facts.get(&to).is_none_or(|f| f.flags_live))
                }
            };
            all.facts.get_mut(&block.pc).is_some_and(|f| std::mem::replace(&mut f.flags_live, live) != live)
        });
    }

    /// Applies `step` to the blocks, backwards or not, until nothing changes.
    fn until_stable(
        &mut self,
        region: &Region,
        backwards: bool,
        step: impl Fn(&mut Analysis, &Block) -> bool,
    ) {
        let mut order = self.order.clone();
        if backwards {
            order.reverse();
        }
        while order.iter().fold(false, |changed, pc| step(self, &region.blocks[pc]) | changed) {}
    }
}

/// Whether what comes back comes from elsewhere.
fn calls(block: &Block) -> bool {
    matches!(block.end, End::Call(_) | End::CallIndirect(_))
}

/// Whether the first thing the block does about the flags is to need them; none if it does nothing.
fn first_of_flags(block: &Block) -> Option<bool> {
    let ops = block.insns.iter().flat_map(|guest| &guest.uops);
    ops.filter_map(|op| match op {
        Uop::Flags(FlagKind::Adc, ..) | Uop::FlagsIf(_, FlagKind::Adc, ..) => Some(true),
        Uop::Flags(..) | Uop::FlagsIf(..) | Uop::SetNzcv(_) => Some(false),
        Uop::Cond(_) | Uop::Nzcv | Uop::Helper(..) => Some(true),
        Uop::FpAccess => None,
        op if op.effects().faults => Some(true),
        _ => None,
    })
    .next()
}

/// Effects of a block. The helpers that translated code calls use no registers but their arguments.
fn effects(block: &Block) -> Effects {
    let ops = block.insns.iter().flat_map(|guest| &guest.uops);
    ops.filter(|op| !matches!(op, Uop::Helper(..))).fold(Effects::default(), |e, op| e.then(op.effects()))
}

/// The blocks that can be reached from the entry.
fn reverse_postorder(region: &Region) -> Vec<u64> {
    let mut order = Vec::with_capacity(region.blocks.len());
    let mut seen = BTreeSet::from([region.pc]);
    let mut stack = vec![(region.pc, region.blocks[&region.pc].successors().collect::<Vec<_>>())];
    while let Some((pc, todo)) = stack.last_mut() {
        match todo.pop() {
            Some(to) if region.blocks.contains_key(&to) && seen.insert(to) => {
                stack.push((to, region.blocks[&to].successors().collect()));
            }
            Some(_) => {}
            None => {
                order.push(*pc);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::a64::testing::{ADD, CMP, LDR, PC, RET, bl, bne, region};

    fn facts(words: &[u32]) -> Analysis {
        Analysis::of(&region(words, 100).unwrap())
    }

    #[test]
    fn the_budget_is_checked_behind_a_loop_for_one_more_turn() {
        let all = facts(&[ADD, ADD, CMP, bne(-2), RET]);
        let (entry, body, ret) = (all.facts[&PC], all.facts[&(PC + 4)], all.facts[&(PC + 16)]);
        assert_eq!((entry.need, entry.check), (5, None), "the entry, a turn, the return");
        assert_eq!((body.need, body.check), (4, Some(4)));
        assert_eq!((ret.need, ret.check), (1, None));
    }

    #[test]
    fn what_comes_back_from_a_call_is_checked_there() {
        let all = facts(&[ADD, bl(4), ADD, ADD, RET]);
        assert_eq!((all.facts[&PC].need, all.facts[&(PC + 8)].need), (2, 3));
        assert_eq!(all.facts[&(PC + 8)].dirty, Set(0), "a call leaves everything in memory");
    }

    #[test]
    fn flags_matter_only_where_they_can_be_seen() {
        let quiet = facts(&[ADD, CMP, bne(-2), RET]);
        assert!(!quiet.facts[&PC].flags_live, "set before anything can look");
        assert!(quiet.facts[&(PC + 12)].flags_live, "left in the caller's hands");
        let looking = facts(&[LDR, CMP, bne(-2), RET]);
        assert!(looking.facts[&PC].flags_live, "the load may leave the region");
    }

    #[test]
    fn registers_that_differ_from_memory_are_wanted() {
        let all = facts(&[ADD, CMP, bne(-2), RET]);
        let loop_facts = all.facts[&PC];
        assert_eq!((loop_facts.dirty, loop_facts.live), (Set::x(0), Set::x(0).or(Set::x(1)).or(Set::x(30))));
    }

    #[test]
    fn the_kind_of_flags_is_known_where_all_ways_agree() {
        let all = facts(&[ADD, CMP, bne(2), ADD, RET]);
        assert_eq!(all.facts[&PC].flags, None);
        assert_eq!(all.facts[&(PC + 12)].flags, Some(Kind::Sub64));
        assert_eq!(all.facts[&(PC + 16)].flags, Some(Kind::Sub64));
    }
}

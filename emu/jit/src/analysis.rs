//! What the region builder has to know beforehand: order of blocks, loop heads, longest paths,
//! registers that differ from memory, registers that are wanted.

use std::collections::{BTreeMap, BTreeSet};

use innkeeper_core::emit::effects::{Effects, Other};
use innkeeper_core::emit::obj::Uop;

use crate::flags::Kind;
use crate::lower::flags::kind_after;
use crate::region::{Block, End, Region};

/// A set of what translated code keeps in SSA values: general registers (bits 0..32), the flags
/// (bit 32), vector registers (bits 64..96).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Set(pub u128);

impl Set {
    /// The flags.
    pub const FLAGS: Set = Set(1 << 32);

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
    /// Whether the sets have something in common.
    pub fn meets(self, o: Set) -> bool {
        self.0 & o.0 != 0
    }
    /// The general registers in it.
    pub fn general(self) -> impl Iterator<Item = u8> + use<> {
        (0..32).filter(move |&r| self.0 >> r & 1 != 0)
    }
    /// The vector registers in it.
    pub fn vectors(self) -> impl Iterator<Item = u8> + use<> {
        (0..32).filter(move |&r| self.0 >> (64 + r) & 1 != 0)
    }

    fn of(state: innkeeper_core::emit::effects::State) -> Set {
        let flags = if state.other.contains(Other::FLAGS) { Set::FLAGS } else { Set(0) };
        Set(u128::from(state.regs & 0xffff_ffff) | u128::from(state.vregs & 0xffff_ffff) << 64).or(flags)
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
    /// Some edge goes backwards to it: the budget is checked there.
    pub head: bool,
    /// Most instructions from its beginning to the next check.
    pub need: u64,
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
        all.mark_heads(region);
        all.longest_paths(region);
        all.spread_dirty(region);
        all.spread_live(region);
        all.spread_flags(region);
        all
    }

    /// The facts of the block at `pc`, if it is one of the region's.
    pub fn get(&self, pc: u64) -> Option<&Facts> {
        self.facts.get(&pc)
    }

    fn mark_heads(&mut self, region: &Region) {
        let mut seen = BTreeSet::new();
        for pc in &self.order {
            seen.insert(*pc);
            for to in region.blocks[pc].successors().filter(|to| seen.contains(to)) {
                if let Some(f) = self.facts.get_mut(&to) {
                    f.head = true;
                }
            }
        }
    }

    /// Without the edges to heads and from calls the graph has no cycle and the order is topological.
    fn longest_paths(&mut self, region: &Region) {
        for pc in self.order.iter().rev() {
            let block = &region.blocks[pc];
            let calls = matches!(block.end, End::Call(_) | End::CallIndirect(_));
            let after = block.successors().filter(|_| !calls).filter_map(|to| self.facts.get(&to));
            let rest = after.filter(|f| !f.head).map(|f| f.need).max().unwrap_or(0);
            if let Some(f) = self.facts.get_mut(pc) {
                f.need = block.insns.len() as u64 + rest;
            }
        }
    }

    fn spread_dirty(&mut self, region: &Region) {
        self.until_stable(region, false, |all, block| {
            let f = all.facts[&block.pc];
            // Around a call everything is in memory.
            let calls = matches!(block.end, End::Call(_) | End::CallIndirect(_));
            let out = if calls { Set(0) } else { f.dirty.or(f.defs) };
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
            let calls = matches!(block.end, End::Call(_) | End::CallIndirect(_));
            let after = block.successors().filter(|_| !calls).filter_map(|to| all.facts.get(&to));
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
                let calls = matches!(block.end, End::Call(_) | End::CallIndirect(_));
                let after = if calls { None } else { kind_after(block, before) };
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

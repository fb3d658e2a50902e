//! The TLB of one CPU: a small set of tables, one per translation regime, so that switching
//! address space or privilege switches a pointer and flushes nothing.
//!
//! A regime is an address space (a key the guest architecture makes of the registers that steer
//! translation, ASID included) and a mode (privilege). See
//! `emu/docs/decisions/0001-tlb-tables-per-regime.md`.

use super::ram::Ram;
use super::tlb::Table;

/// Address spaces remembered at a time.
pub const SPACES: usize = 16;
/// Bits of a context number that count; the number of the CPU stands above.
pub const CONTEXT_BITS: u32 = 40;
/// Modes per address space.
pub const MODES: usize = 3;

/// Everything an address space's translations depend on, as the guest architecture packs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SpaceKey {
    /// Values of the registers that steer translation.
    pub regs: [u64; 5],
    /// Address-space identifier that invalidations name.
    pub asid: u16,
}

#[derive(Debug)]
struct Space {
    key: SpaceKey,
    /// By mode; the table in force is absent, being in [`Tlbs::current`].
    tables: [Option<Box<Table>>; MODES],
    /// When it was last chosen, for replacement.
    used: u64,
}

/// All tables of one CPU. `repr(C)`: translated code loads the pointer to the table in force, which
/// comes first.
#[repr(C)]
#[derive(Debug)]
pub struct Tlbs {
    current: Box<Table>,
    at: (usize, usize),
    spaces: Vec<Space>,
    ram: Ram,
    contexts: u64,
    clock: u64,
    capacity: usize,
}

impl Tlbs {
    /// Empty tables for CPU number `index`; the space in force has the default key and mode 0.
    pub fn new(ram: Ram, index: usize) -> Tlbs {
        // One engine serves all CPUs and tells their mappings apart by the context alone.
        let first = ((index as u64) << CONTEXT_BITS) + 1;
        let space = Space { key: SpaceKey::default(), tables: [None, None, None], used: 0 };
        let current = Box::new(Table::new(ram.clone(), first));
        Tlbs { current, at: (0, 0), spaces: vec![space], ram, contexts: first, clock: 0, capacity: SPACES }
    }

    /// The table in force.
    #[inline(always)]
    pub fn current(&self) -> &Table {
        &self.current
    }

    /// The table in force, to fill.
    #[inline]
    pub fn current_mut(&mut self) -> &mut Table {
        &mut self.current
    }

    /// Identifies the virtual-to-physical mapping of instruction addresses in force: while it is
    /// the same, so is the mapping.
    #[inline(always)]
    pub fn context(&self) -> u64 {
        self.current.context
    }

    /// The memory the tables translate to.
    pub fn ram(&self) -> &Ram {
        &self.ram
    }

    /// Puts the table of another address space in force.
    pub fn select(&mut self, key: SpaceKey, mode: usize) {
        if self.spaces[self.at.0].key == key {
            return self.select_mode(mode);
        }
        self.clock += 1;
        let slot = match self.spaces.iter().position(|s| s.key == key) {
            Some(slot) => slot,
            None => self.new_space(key),
        };
        self.spaces[slot].used = self.clock;
        self.switch(slot, mode);
    }

    /// Puts the table of another mode of the same address space in force.
    #[inline]
    pub fn select_mode(&mut self, mode: usize) {
        if self.at.1 != mode {
            self.switch(self.at.0, mode);
        }
    }

    /// The table of `mode` of the address space in force, if it exists.
    pub fn of_mode(&self, mode: usize) -> Option<&Table> {
        if self.at.1 == mode { Some(&self.current) } else { self.spaces[self.at.0].tables[mode].as_deref() }
    }

    /// Forgets every translation.
    pub fn flush_all(&mut self) {
        self.flush_where(|_| true);
    }

    /// Forgets the translations of an address-space identifier (and the global ones with them).
    pub fn flush_asid(&mut self, asid: u16) {
        self.flush_where(|key| key.asid == asid);
    }

    /// Forgets the translations of the page of `va` in every space.
    pub fn flush_page(&mut self, va: u64) {
        self.contexts += 1;
        let context = self.contexts;
        self.current.flush_page(va, context);
        for table in self.spaces.iter_mut().flat_map(|s| s.tables.iter_mut().flatten()) {
            self.contexts += 1;
            table.flush_page(va, self.contexts);
        }
    }

    /// Drops write permission for a physical page in every table.
    pub fn protect(&mut self, pa: u64) {
        self.current.protect(pa);
        for table in self.spaces.iter_mut().flat_map(|s| s.tables.iter_mut().flatten()) {
            table.protect(pa);
        }
    }

    /// Drops write permission for all pages: the next store to each asks again.
    pub fn forget_writes(&mut self) {
        self.current.forget_writes();
        for table in self.spaces.iter_mut().flat_map(|s| s.tables.iter_mut().flatten()) {
            table.forget_writes();
        }
    }

    fn flush_where(&mut self, matches: impl Fn(&SpaceKey) -> bool) {
        if matches(&self.spaces[self.at.0].key) {
            self.contexts += 1;
            self.current.flush(self.contexts);
        }
        // Tables not in force are dropped, which costs nothing until they are wanted again.
        for space in self.spaces.iter_mut().filter(|s| matches(&s.key)) {
            space.tables = [None, None, None];
        }
    }

    /// Takes a slot for a new space: a free one or the one unused for longest.
    fn new_space(&mut self, key: SpaceKey) -> usize {
        let space = Space { key, tables: [None, None, None], used: 0 };
        if self.spaces.len() < self.capacity {
            self.spaces.push(space);
            return self.spaces.len() - 1;
        }
        let oldest = (0..self.spaces.len()).filter(|&i| i != self.at.0).min_by_key(|&i| self.spaces[i].used);
        let slot = oldest.unwrap_or(0);
        self.spaces[slot] = space;
        slot
    }

    fn switch(&mut self, slot: usize, mode: usize) {
        let next = match self.spaces[slot].tables[mode].take() {
            Some(table) => table,
            None => {
                self.contexts += 1;
                Box::new(Table::new(self.ram.clone(), self.contexts))
            }
        };
        let (old_slot, old_mode) = std::mem::replace(&mut self.at, (slot, mode));
        self.spaces[old_slot].tables[old_mode] = Some(std::mem::replace(&mut self.current, next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mem::ram::RegionSpec;
    use crate::mem::tlb::Grant;

    const RW: Grant = Grant { read: true, write: true, needs_align: false, code: false };

    fn tlbs() -> Tlbs {
        Tlbs::new(Ram::new(&[RegionSpec { base: 0, size: 0x4000, writable: true }]).unwrap(), 0)
    }

    fn key(asid: u16) -> SpaceKey {
        SpaceKey { regs: [u64::from(asid); 5], asid }
    }

    #[test]
    fn a_space_switched_away_and_back_keeps_its_entries_and_context() {
        let mut t = tlbs();
        t.select(key(1), 0);
        t.current_mut().fill(0x1000, 0x1000, 12, RW);
        let context = t.context();
        t.select(key(2), 1);
        assert!(t.current().load(0x1000, 0).is_none());
        assert_ne!(t.context(), context);
        t.select(key(1), 0);
        assert!(t.current().load(0x1000, 0).is_some());
        assert_eq!(t.context(), context);
        t.select_mode(1);
        assert!(t.current().load(0x1000, 0).is_none());
        assert!(t.of_mode(0).unwrap().load(0x1000, 0).is_some());
    }

    #[test]
    fn flushes_reach_the_tables_not_in_force() {
        let mut t = tlbs();
        for asid in [1, 2] {
            t.select(key(asid), 0);
            t.current_mut().fill(0x1000, 0x1000, 12, RW);
            t.current_mut().fill(0x2000, 0x2000, 12, RW);
        }
        t.flush_page(0x1000);
        t.flush_asid(1);
        assert!(t.current().load(0x1000, 0).is_none() && t.current().load(0x2000, 0).is_some());
        t.select(key(1), 0);
        assert!(t.current().load(0x2000, 0).is_none());
    }

    #[test]
    fn more_spaces_than_fit_replace_the_oldest_and_stay_distinct() {
        let mut t = tlbs();
        let mut contexts = Vec::new();
        for asid in (1..).take(SPACES * 2) {
            t.select(key(asid), 0);
            assert!(t.current().load(0x1000, 0).is_none());
            t.current_mut().fill(0x1000, 0x1000, 12, RW);
            contexts.push(t.context());
        }
        contexts.dedup();
        assert_eq!(contexts.len(), SPACES * 2);
        assert_eq!(t.spaces.len(), SPACES);
    }
}

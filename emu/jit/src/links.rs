//! Which code stands for a guest address: the map of regions and the jump cache in front of it.

use std::collections::HashMap;

use innkeeper_core::mem::{PAGE_MASK, PAGE_SIZE};
use innkeeper_core::vcpu::Core;

use crate::guest::Guest;
use crate::layout::host;
use crate::mode::Mode;

/// Entries of the jump cache.
pub const JUMPS: usize = 1 << 16;
/// log2 of the size of an entry.
pub const JUMP_BITS: u32 = 5;

/// An entry of the jump cache, searched by translated code.
#[repr(C, align(32))]
#[derive(Clone, Copy, Debug)]
pub struct Jump {
    /// Guest virtual address.
    pub pc: u64,
    /// Key under which it holds; 0 is none. The complement of a key: under that, there is no code.
    pub key: u64,
    /// Address of the code.
    pub code: u64,
}

const NO_JUMP: Jump = Jump { pc: 0, key: 0, code: 0 };
const _: () = assert!(size_of::<Jump>() == 1 << JUMP_BITS);

/// What a translation stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Physical address of the entry.
    pub pa: u64,
    /// Virtual address of the entry: code makes addresses relative to it.
    pub va: u64,
    /// State of the CPU it relies on.
    pub mode: Mode,
}

/// A translation.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Address of the code.
    pub code: u64,
    /// Generation of the cache that the code is in.
    pub generation: u64,
    /// Pages it was made from: virtual and physical address.
    pub pages: Vec<(u64, u64)>,
}

/// All translations.
pub struct Links {
    /// By place.
    pub places: HashMap<Place, Linked>,
    /// The jump cache.
    pub jumps: Box<[Jump]>,
    /// Code that goes back to the engine: what an address without a translation leads to.
    pub cold: u64,
    /// Lookups that the jump cache did not answer.
    pub lookups: u64,
}

impl Links {
    /// No translations yet.
    pub fn new(cold: u64) -> Links {
        Links { places: HashMap::new(), jumps: vec![NO_JUMP; JUMPS].into(), cold, lookups: 0 }
    }

    /// The code for `pc` under `key`, which stands for the context and mode `core` is in.
    #[inline]
    pub fn code_at<I: Guest>(&mut self, core: &mut Core<I>, pc: u64, key: u64) -> Option<u64> {
        let jump = &self.jumps[index::<I>(pc)];
        if jump.pc == pc {
            if jump.key == key {
                return Some(jump.code);
            }
            if jump.key == !key {
                return None;
            }
        }
        self.look_up(core, pc, key)
    }

    /// Looks in the map, and enters the answer in the jump cache.
    #[cold]
    fn look_up<I: Guest>(&mut self, core: &mut Core<I>, pc: u64, key: u64) -> Option<u64> {
        self.lookups += 1;
        let place = Self::place(core, pc)?;
        let code = match self.places.get(&place) {
            Some(linked) if mapped(core, &linked.pages) => Some(linked.code),
            _ => None,
        };
        self.jumps[index::<I>(pc)] = match code {
            Some(code) => Jump { pc, key, code },
            None => Jump { pc, key: !key, code: 0 },
        };
        code
    }

    /// What a translation of the code at `pc` would stand for.
    pub fn place<I: Guest>(core: &mut Core<I>, pc: u64) -> Option<Place> {
        I::check_pc(pc).ok()?;
        let page = core.0.code_page(pc)?;
        Some(Place { pa: page | pc & (PAGE_SIZE - 1), va: pc, mode: I::mode_of(&core.0.cpu) })
    }

    /// Makes the jump cache lead to `code`.
    pub fn set<I: Guest>(&mut self, pc: u64, key: u64, code: u64) {
        self.jumps[index::<I>(pc)] = Jump { pc, key, code };
    }

    /// Forgets what the jump cache leads to.
    pub fn forget_jumps(&mut self) {
        self.jumps.fill(NO_JUMP);
    }
}

/// Whether virtual pages are mapped as they were when the code was made.
fn mapped<I: Guest>(core: &mut Core<I>, pages: &[(u64, u64)]) -> bool {
    pages.iter().all(|&(va, pa)| core.0.code_page(va) == Some(pa & PAGE_MASK))
}

/// Index in the jump cache; translated code computes the same.
#[inline]
pub fn index<I: Guest>(pc: u64) -> usize {
    host(pc >> I::ALIGN.trailing_zeros()) % JUMPS
}

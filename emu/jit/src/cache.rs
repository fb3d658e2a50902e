//! The code cache: generations of host code, the newest of which grows until it is full.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cranelift_codegen::ir::Signature;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Module as _, ModuleReloc, default_libcall_names};

use crate::arena::{Arena, Provider};
use crate::links::Place;
use crate::{JitError, layout};
use innkeeper_core::emit::obj::Uop;

/// Where a direct transfer goes: code, and the key under which it holds. Translated code compares
/// the key and calls; a wrong key asks the engine. Nothing ever has to be unlinked: what is gone
/// has a key that does not come back.
#[repr(C)]
#[derive(Default, Debug)]
pub struct Slot {
    key: AtomicU64,
    code: AtomicU64,
}

impl Slot {
    /// Leads to `code` under `key`.
    pub fn set(&self, key: u64, code: u64) {
        self.code.store(code, Ordering::Relaxed);
        self.key.store(key, Ordering::Relaxed);
    }
}

/// Offset of the code in a slot; the key is at 0.
pub const SLOT_CODE: i32 = 8;
const _: () = assert!(std::mem::offset_of!(Slot, code) == 8 && std::mem::offset_of!(Slot, key) == 0);

/// What a region's code refers to by address.
#[derive(Default, Debug)]
#[expect(clippy::vec_box, reason = "the addresses are in the code and must not change")]
pub struct Code {
    uops: Vec<Box<Uop>>,
    slots: Vec<Box<Slot>>,
    next_site: usize,
}

impl Code {
    /// For a region that gets its sites from number `first_site` on.
    pub fn new(first_site: usize) -> Code {
        Code { next_site: first_site, ..Code::default() }
    }

    /// Offset of a new site for accesses to `1 << size` bytes in the table of the TLB.
    pub fn site(&mut self, size: u32, write: bool) -> i32 {
        self.next_site = self.next_site.wrapping_add(1);
        layout::site(size as usize * 2 + usize::from(write), self.next_site)
    }

    /// Number of the site after the last.
    pub fn next_site(&self) -> usize {
        self.next_site
    }

    /// Keeps an operation, and gives its address.
    pub fn keep(&mut self, op: Uop) -> u64 {
        self.uops.push(Box::new(op));
        self.uops.last().map_or(0, |op| std::ptr::from_ref::<Uop>(op).expose_provenance() as u64)
    }

    /// Address of a new slot.
    pub fn slot(&mut self) -> u64 {
        self.slots.push(Box::default());
        self.slots.last().map_or(0, |slot| std::ptr::from_ref::<Slot>(slot).expose_provenance() as u64)
    }
}

/// A module of its own with its code.
struct Generation {
    number: u64,
    // Dropped before the arena its code lies in.
    module: JITModule,
    arena: Arc<Arena>,
    /// What the code refers to.
    regions: Vec<Code>,
}

/// All code.
pub struct Cache {
    isa: OwnedTargetIsa,
    generation_bytes: usize,
    generations: VecDeque<Generation>,
    keep: usize,
    next: u64,
    /// By physical page: the generation of each region made of it, and what it stands for.
    pages: HashMap<u64, Vec<(u64, Place)>>,
}

/// A region that got in.
pub struct Added {
    /// Address of the code.
    pub address: u64,
    /// Number of its generation.
    pub generation: u64,
    /// A generation was dropped for it: everything that leads to code must be forgotten.
    pub dropped: bool,
}

/// Why a region did not get in.
pub enum Full {
    /// It does not fit even in an empty generation.
    TooBig,
    /// The host has no memory.
    NoMemory,
}

impl Cache {
    /// An empty cache of `keep` generations of `generation_bytes` each.
    pub fn new(isa: OwnedTargetIsa, generation_bytes: usize, keep: usize) -> Cache {
        Cache {
            isa,
            generation_bytes,
            generations: VecDeque::new(),
            keep: keep.max(1),
            next: 0,
            pages: HashMap::new(),
        }
    }

    /// Places the code of the region at `place`, made of `pages`.
    pub fn add(
        &mut self,
        bytes: &[u8],
        relocs: &[ModuleReloc],
        signature: &Signature,
        code: Code,
        (place, pages): (Place, &[(u64, u64)]),
    ) -> Result<Added, Full> {
        let mut dropped = false;
        let newest = self.generations.back_mut();
        let address = match newest.and_then(|g| put(g, bytes, relocs, signature)) {
            Some(address) => address,
            None => {
                dropped = self.begin_generation().map_err(|_| Full::NoMemory)?;
                let newest = self.generations.back_mut();
                newest.and_then(|g| put(g, bytes, relocs, signature)).ok_or(Full::TooBig)?
            }
        };
        let Some(g) = self.generations.back_mut() else { return Err(Full::TooBig) };
        let generation = g.number;
        g.regions.push(code);
        for &(_, pa) in pages {
            self.pages.entry(pa).or_default().push((generation, place));
        }
        Ok(Added { address, generation, dropped })
    }

    /// True when the oldest was dropped.
    fn begin_generation(&mut self) -> Result<bool, JitError> {
        let full = self.generations.len() >= self.keep;
        if full {
            self.generations.pop_front();
            let oldest = self.oldest();
            for ids in self.pages.values_mut() {
                ids.retain(|(generation, _)| *generation >= oldest);
            }
            self.pages.retain(|_, ids| !ids.is_empty());
        }
        let arena = Arena::new(self.generation_bytes)?;
        let module = module(&self.isa, &arena);
        self.generations.push_back(Generation { number: self.next, module, arena, regions: Vec::new() });
        self.next += 1;
        Ok(full)
    }

    /// What the regions stood for that were made of the physical page `pa`: they are stale.
    pub fn retire_page(&mut self, pa: u64) -> Vec<Place> {
        let regions = self.pages.remove(&pa).unwrap_or_default();
        regions.into_iter().map(|(_, place)| place).collect()
    }

    /// Number of the oldest generation there is.
    pub fn oldest(&self) -> u64 {
        self.generations.front().map_or(self.next, |g| g.number)
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.generations.clear();
        self.pages.clear();
    }
}

/// A module that places code in `arena`.
pub fn module(isa: &OwnedTargetIsa, arena: &Arc<Arena>) -> JITModule {
    let mut builder = JITBuilder::with_isa(isa.clone(), default_libcall_names());
    builder.memory_provider(Box::new(Provider::new(arena.clone())));
    JITModule::new(builder)
}

/// Places a function in a generation; none if it is full.
fn put(g: &mut Generation, bytes: &[u8], relocs: &[ModuleReloc], signature: &Signature) -> Option<u64> {
    define(&mut g.module, &g.arena, bytes, relocs, signature)
}

/// Places a function in `module`, whose memory is `arena`, and gives its address.
pub fn define(
    module: &mut JITModule,
    arena: &Arena,
    bytes: &[u8],
    relocs: &[ModuleReloc],
    signature: &Signature,
) -> Option<u64> {
    let id = module.declare_anonymous_function(signature).ok()?;
    module.define_function_bytes(id, 16, bytes, relocs).ok()?;
    module.finalize_definitions().ok()?;
    Some(arena.executable(module.get_finalized_function(id)))
}

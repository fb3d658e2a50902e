//! One table of the software TLB: the fast path of every guest memory access, laid out for
//! translated code to search by itself.
//!
//! Direct mapped. An access of `n` bytes at `va` hits when the tag equals the page of its **last**
//! byte: an unaligned access inside a page hits, one that crosses into the next page misses,
//! because that page's tag lives at another index. Tags are whole page addresses (the tag byte of
//! TBI included); bits below the page size are flags that no page address has, so an entry with a
//! flag never hits here and the slow path decides.

#![expect(unsafe_code, reason = "the TLB turns guest addresses into host pointers")]

use super::ram::Ram;
use super::{PAGE_BITS, PAGE_MASK};

/// Entries of a table.
pub const ENTRIES: usize = 1024;
/// Entries of the fetch side.
pub const FETCH_ENTRIES: usize = 128;

/// Flag in a tag: misaligned accesses fault (Device memory or SCTLR.A).
pub const NEEDS_ALIGN: u64 = 1;
/// Flag in a write tag: the page holds decoded code.
pub const CODE: u64 = 2;
/// A tag that matches nothing: no page address has its low bits set.
pub const EMPTY: u64 = u64::MAX;

/// One translation of a data page.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Page of guest virtual addresses that may be read, or [`EMPTY`]; plus flags.
    pub read: u64,
    /// The same for writes.
    pub write: u64,
    /// Host address minus guest virtual address, modulo 2^64.
    pub addend: u64,
    /// Guest physical address of the page.
    pub phys: u64,
}

const NO_ENTRY: Entry = Entry { read: EMPTY, write: EMPTY, addend: 0, phys: 0 };

/// One translation of a page instructions are fetched from.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FetchEntry {
    /// Page of guest virtual addresses, or [`EMPTY`].
    pub tag: u64,
    /// Guest physical address of the page.
    pub phys: u64,
}

const NO_FETCH: FetchEntry = FetchEntry { tag: EMPTY, phys: 0 };

/// What an entry may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Reads are permitted.
    pub read: bool,
    /// Writes are permitted.
    pub write: bool,
    /// Misaligned accesses fault.
    pub needs_align: bool,
    /// The page holds decoded code.
    pub code: bool,
}

/// The page that one place in translated code has accessed last: what it looks at before it
/// searches the table. Written by translated code, from an entry that has no flags.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Page of guest virtual addresses.
    pub page: u64,
    /// From how many addresses of the page on an access stays in it; 0 when there is no page. The
    /// page of one byte alone is not enough: this one search must cover all bytes of an access.
    pub starts: u64,
    /// See [`Entry::addend`].
    pub addend: u64,
}

/// Classes of sites: reads and writes of 1, 2, 4, … 256 bytes. Only accesses of one class share a
/// site, because what is good for one is not for another.
pub const SITE_CLASSES: usize = 18;
/// Sites of a class; places in code share them when there are more.
pub const SITES_PER_CLASS: usize = 128;
/// Sites of a table.
pub const SITES: usize = SITE_CLASSES * SITES_PER_CLASS;
const NO_SITE: Site = Site { page: 0, starts: 0, addend: 0 };

/// A table of translations for one regime (address space and privilege).
#[repr(C)]
#[derive(Debug)]
pub struct Table {
    data: [Entry; ENTRIES],
    sites: [Site; SITES],
    fetch: [FetchEntry; FETCH_ENTRIES],
    /// Changes whenever a translation for instruction fetch may have changed: part of the key of
    /// whatever an engine remembers by virtual address.
    pub(super) context: u64,
    /// Covers all blocks larger than a page that entries came from: (address, mask).
    large: Option<(u64, u64)>,
    /// Keeps what the entries point to mapped.
    ram: Ram,
}

/// Offset of the sites in a table.
pub const SITES_OFFSET: usize = ENTRIES * size_of::<Entry>();

impl Table {
    /// An empty table for translations to `ram`.
    pub fn new(ram: Ram, context: u64) -> Table {
        Table {
            data: [NO_ENTRY; ENTRIES],
            sites: [NO_SITE; SITES],
            fetch: [NO_FETCH; FETCH_ENTRIES],
            context,
            large: None,
            ram,
        }
    }

    /// Loads `1 << size` bytes (size 0..=3), zero-extended, if the fast path may.
    #[inline(always)]
    pub fn load(&self, va: u64, size: u8) -> Option<u64> {
        self.load_flagged(va, size, 0)
    }

    /// The same through an entry that carries exactly `flags`.
    #[inline(always)]
    pub fn load_flagged(&self, va: u64, size: u8, flags: u64) -> Option<u64> {
        let (e, size) = (&self.data[index(va)], size & 3);
        if e.read != last_page(va, size) | flags {
            return None;
        }
        let p = std::ptr::with_exposed_provenance::<u8>(host(e, va));
        // SAFETY: each of the four arms reads `1 << size` bytes at `p`.
        // - valid: `fill` is the only writer of tags other than EMPTY; with the tag of a page it
        //   stores the addend of a whole page of `self.ram`, which stays mapped while `self` lives
        // - in the page: the tag equals the page of the last byte, and the entry was found by the
        //   index of the first; a tag lives only at its own index, so both bytes are in that page
        // - initialised: guest memory is zeroed by the host
        // - alignment: `read_unaligned`; races: module text of `ram`
        Some(unsafe {
            match size {
                0 => u64::from(p.read()),
                1 => u64::from(u16::from_le(p.cast::<u16>().read_unaligned())),
                2 => u64::from(u32::from_le(p.cast::<u32>().read_unaligned())),
                _ => u64::from_le(p.cast::<u64>().read_unaligned()),
            }
        })
    }

    /// Loads 16 bytes if the fast path may.
    #[inline(always)]
    pub fn loadq(&self, va: u64, flags: u64) -> Option<u128> {
        let e = &self.data[index(va)];
        if e.read != last_page(va, 4) | flags {
            return None;
        }
        let p = std::ptr::with_exposed_provenance::<u128>(host(e, va));
        // SAFETY: the bullets of `load_flagged`, for 16 bytes.
        Some(u128::from_le(unsafe { p.read_unaligned() }))
    }

    /// Stores the low `1 << size` bytes if the fast path may; false if nothing was stored.
    #[inline(always)]
    pub fn store(&self, va: u64, size: u8, v: u64) -> bool {
        self.store_flagged(va, size, v, 0)
    }

    /// The same through an entry that carries exactly `flags`.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the low bytes are what is stored")]
    pub fn store_flagged(&self, va: u64, size: u8, v: u64, flags: u64) -> bool {
        let (e, size) = (&self.data[index(va)], size & 3);
        if e.write != last_page(va, size) | flags {
            return false;
        }
        let p = std::ptr::with_exposed_provenance_mut::<u8>(host(e, va));
        // SAFETY: each of the four arms writes `1 << size` bytes at `p`; the bullets of
        // `load_flagged` hold, with the write tag, which `fill` sets for writable regions only; nothing
        // in Rust borrows guest memory.
        unsafe {
            match size {
                0 => p.write(v as u8),
                1 => p.cast::<u16>().write_unaligned((v as u16).to_le()),
                2 => p.cast::<u32>().write_unaligned((v as u32).to_le()),
                _ => p.cast::<u64>().write_unaligned(v.to_le()),
            }
        }
        true
    }

    /// Stores 16 bytes if the fast path may; false if nothing was stored.
    #[inline(always)]
    pub fn storeq(&self, va: u64, v: u128, flags: u64) -> bool {
        let e = &self.data[index(va)];
        if e.write != last_page(va, 4) | flags {
            return false;
        }
        let p = std::ptr::with_exposed_provenance_mut::<u128>(host(e, va));
        // SAFETY: the bullets of `store_flagged`, for 16 bytes.
        unsafe { p.write_unaligned(v.to_le()) };
        true
    }

    /// Whether stores to all of the `len` (1..=64) bytes from `va` would hit.
    #[inline(always)]
    pub fn writable(&self, va: u64, len: u8) -> bool {
        self.data[index(va)].write == va.wrapping_add(u64::from(len) - 1) & PAGE_MASK
    }

    /// The entry for the page of `va` with what it grants, whatever its flags; `(entry, flags)`.
    #[inline]
    pub fn probe(&self, va: u64, write: bool) -> Option<(Entry, u64)> {
        let e = self.data[index(va)];
        let tag = if write { e.write } else { e.read };
        (tag != EMPTY && tag & PAGE_MASK == va & PAGE_MASK).then_some((e, tag & !PAGE_MASK))
    }

    /// Enters a translation of the page of `va`, if `pa` is memory. `page_bits` is log2 of the
    /// block that the guest's tables map in one piece.
    pub fn fill(&mut self, va: u64, pa: u64, page_bits: u32, grant: Grant) {
        let Some(page) = self.ram.host(pa) else { return };
        let (va, pa) = (va & PAGE_MASK, pa & PAGE_MASK);
        self.note_large(va, page_bits);
        let flags = if grant.needs_align { NEEDS_ALIGN } else { 0 };
        self.data[index(va)] = Entry {
            read: if grant.read { va | flags } else { EMPTY },
            write: match (grant.write && page.writable, grant.code) {
                (false, _) => EMPTY,
                (true, false) => va | flags,
                (true, true) => va | flags | CODE,
            },
            addend: (page.ptr as u64).wrapping_sub(va),
            phys: pa,
        };
    }

    /// The physical page instructions at `va` come from, if known.
    #[inline]
    pub fn fetch(&self, va: u64) -> Option<u64> {
        let e = &self.fetch[fetch_index(va)];
        (e.tag == va & PAGE_MASK).then_some(e.phys)
    }

    /// Enters a translation for instruction fetch.
    pub fn fill_fetch(&mut self, va: u64, pa: u64, page_bits: u32) {
        self.note_large(va & PAGE_MASK, page_bits);
        self.fetch[fetch_index(va)] = FetchEntry { tag: va & PAGE_MASK, phys: pa & PAGE_MASK };
    }

    /// Forgets everything; `context` is a number never used before.
    pub fn flush(&mut self, context: u64) {
        self.data.fill(NO_ENTRY);
        self.sites.fill(NO_SITE);
        self.fetch.fill(NO_FETCH);
        self.large = None;
        self.context = context;
    }

    /// Forgets the page of `va` under any tag byte, and everything if it may be part of a block.
    pub fn flush_page(&mut self, va: u64, context: u64) {
        if self.large.is_some_and(|(addr, mask)| (va ^ addr) & mask & ADDRESS == 0) {
            return self.flush(context);
        }
        self.data[index(va)] = NO_ENTRY;
        self.sites.fill(NO_SITE);
        self.fetch[fetch_index(va)] = NO_FETCH;
        self.context = context;
    }

    /// Drops write permission for the physical page `pa`: code has been decoded from it.
    pub fn protect(&mut self, pa: u64) {
        self.sites.fill(NO_SITE);
        for e in &mut self.data {
            if e.write != EMPTY && e.phys == pa & PAGE_MASK {
                e.write = EMPTY;
            }
        }
    }

    /// Drops write permission for every page.
    pub fn forget_writes(&mut self) {
        self.sites.fill(NO_SITE);
        for e in &mut self.data {
            e.write = EMPTY;
        }
    }

    /// Widens the covered range so that it holds the block of `1 << page_bits` bytes around `va`.
    fn note_large(&mut self, va: u64, page_bits: u32) {
        if page_bits <= PAGE_BITS {
            return;
        }
        let mask = u64::MAX << page_bits.min(63);
        self.large = Some(match self.large {
            None => (va & mask, mask),
            Some((addr, old)) => {
                let mut mask = old & mask;
                while (addr ^ va) & mask & ADDRESS != 0 {
                    mask <<= 1;
                }
                (addr & mask, mask)
            }
        });
    }
}

/// Address bits apart from the tag byte of TBI.
const ADDRESS: u64 = u64::MAX >> 8;

#[inline(always)]
fn index(va: u64) -> usize {
    (va >> PAGE_BITS) as usize % ENTRIES
}

#[inline(always)]
fn fetch_index(va: u64) -> usize {
    (va >> PAGE_BITS) as usize % FETCH_ENTRIES
}

/// Page of the last byte of an access.
#[inline(always)]
fn last_page(va: u64, size: u8) -> u64 {
    va.wrapping_add((1 << size) - 1) & PAGE_MASK
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "usize has 64 bits, asserted below")]
fn host(e: &Entry, va: u64) -> usize {
    e.addend.wrapping_add(va) as usize
}

// Translated code depends on these.
const _: () = assert!(usize::BITS == 64);
const _: () = assert!(ENTRIES.is_power_of_two() && FETCH_ENTRIES.is_power_of_two());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mem::ram::RegionSpec;

    const ALL: Grant = Grant { read: true, write: true, needs_align: false, code: false };

    fn table() -> (Ram, Table) {
        let ram = Ram::new(&[
            RegionSpec { base: 0x1000, size: 0x2000, writable: true },
            RegionSpec { base: 0x8000, size: 0x1000, writable: false },
        ])
        .unwrap();
        (ram.clone(), Table::new(ram, 1))
    }

    #[test]
    fn layout_is_what_translated_code_assumes() {
        assert_eq!(size_of::<Entry>(), 32);
        assert_eq!(std::mem::offset_of!(Entry, read), 0);
        assert_eq!(std::mem::offset_of!(Entry, write), 8);
        assert_eq!(std::mem::offset_of!(Entry, addend), 16);
        assert_eq!(std::mem::offset_of!(Entry, phys), 24);
        assert_eq!(std::mem::offset_of!(Table, data), 0);
        assert_eq!(std::mem::offset_of!(Table, sites), SITES_OFFSET);
        assert_eq!(size_of::<Site>(), 24);
        assert_eq!(size_of::<FetchEntry>(), 16);
    }

    #[test]
    fn unaligned_hits_inside_a_page_and_misses_across() {
        let (ram, mut t) = table();
        ram.write(0x1ff0, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        t.fill(0x7000_0000_5000, 0x1000, 12, ALL);
        t.fill(0x7000_0000_6000, 0x2000, 12, ALL);
        let va = 0x7000_0000_5ff0;
        assert_eq!(t.load(va + 1, 2), Some(0x0504_0302));
        assert_eq!(t.load(va + 8, 3), Some(0x100f_0e0d_0c0b_0a09));
        assert_eq!(t.load(va + 9, 3), None);
        assert_eq!(t.loadq(va, 0), Some(0x100f_0e0d_0c0b_0a09_0807_0605_0403_0201));
        assert_eq!(t.loadq(va + 1, 0), None);
        assert!(t.store(va + 15, 0, 0xff) && !t.store(va + 15, 1, 0));
        assert_eq!(ram.read_small(0x1fff, 1), Some(0xff));
        assert_eq!(t.load(0xffff_ffff_ffff_fffc, 3), None, "wraps around");
        assert!(t.writable(va - 48, 64) && !t.writable(va - 47, 64));
    }

    #[test]
    fn flags_and_rom_keep_the_fast_path_away() {
        let (_, mut t) = table();
        t.fill(0x5000, 0x1000, 12, Grant { needs_align: true, ..ALL });
        assert_eq!((t.load(0x5000, 3), t.load_flagged(0x5000, 3, NEEDS_ALIGN)), (None, Some(0)));
        t.fill(0x5000, 0x1000, 12, Grant { code: true, ..ALL });
        assert!(t.load(0x5000, 3).is_some() && !t.store(0x5000, 3, 1));
        assert_eq!(t.probe(0x5008, true).map(|(e, f)| (e.phys, f)), Some((0x1000, CODE)));
        t.fill(0x5000, 0x8000, 12, ALL);
        assert!(t.load(0x5000, 3).is_some() && !t.store(0x5000, 3, 1));
        t.fill(0x5000, 0x1000, 12, Grant { read: false, ..ALL });
        assert_eq!(t.load(0x5000, 0), None);
    }

    #[test]
    fn flushing_a_page_of_a_block_flushes_the_block() {
        let (_, mut t) = table();
        t.fill(0x20_0000, 0x1000, 21, ALL);
        t.fill(0x20_1000, 0x2000, 21, ALL);
        t.fill(0x90_3000, 0x2000, 12, ALL);
        t.flush_page(0x90_5000, 2);
        assert!(t.load(0x90_3000, 0).is_some(), "another page");
        t.flush_page(0x3f_f000, 3);
        assert_eq!((t.load(0x20_0000, 0), t.load(0x20_1000, 0), t.context), (None, None, 3));
    }

    #[test]
    fn protect_drops_writes_by_physical_page() {
        let (_, mut t) = table();
        t.fill(0x5000, 0x1000, 12, ALL);
        t.fill(0x6000, 0x2000, 12, ALL);
        t.protect(0x1000);
        assert!(!t.store(0x5000, 0, 0) && t.store(0x6000, 0, 0));
        assert!(t.load(0x5000, 0).is_some());
    }
}

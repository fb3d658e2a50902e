//! Guest RAM and ROM, on vm-memory's `GuestMemoryMmap`, so that virtqueues and KVM memory slots
//! use the same object.
//!
//! The emulator is single-threaded towards guest memory: while an engine of this process runs,
//! devices work on its thread (`clock: insns`), so plain accesses through [`Ram::host`] do not race.

#![expect(unsafe_code, reason = "host pointers into guest RAM are made and used here")]

use std::sync::Arc;

use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend, GuestMemoryMmap};

use super::touched::touched;
use super::{PAGE_MASK, PAGE_SIZE};

/// Why guest memory could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RamError {
    /// A base or size is not a multiple of the page size, or the size is zero.
    #[error("memory region {base:#x}+{size:#x} is not made of whole pages")]
    Unaligned {
        /// Guest physical base.
        base: u64,
        /// Size in bytes.
        size: u64,
    },
    /// The host refused, or regions overlap.
    #[error("failed to map guest memory: {0}")]
    Map(String),
}

/// One region asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegionSpec {
    /// Guest physical base, a multiple of the page size.
    pub base: u64,
    /// Size in bytes, a multiple of the page size.
    pub size: u64,
    /// The guest may write it (RAM); ROM ignores the guest's writes.
    pub writable: bool,
}

#[derive(Clone, Copy, Debug)]
struct Region {
    base: u64,
    size: u64,
    /// Host address of `base`, of exposed provenance, valid for `size` bytes while `mem` lives.
    host: usize,
    /// Pages in the regions before this one: a dense numbering of all pages.
    first_page: usize,
    writable: bool,
}

/// Guest RAM. Clones share the memory.
#[derive(Clone, Debug)]
pub struct Ram {
    mem: GuestMemoryMmap,
    regions: Arc<[Region]>,
}

/// Where a page of guest memory lies in the host; made by [`Ram::host`] only, so that holding
/// one together with its [`Ram`] proves that `ptr` is valid for a page.
#[derive(Clone, Copy, Debug)]
pub struct HostPage {
    pub(super) ptr: usize,
    /// Dense number of the page, for tables over all pages.
    pub number: usize,
    /// The guest may write it.
    pub writable: bool,
}

impl HostPage {
    /// Host address of the page, as a number.
    pub fn address(&self) -> u64 {
        self.ptr as u64
    }
}

impl Ram {
    /// Maps zeroed memory for the regions.
    pub fn new(specs: &[RegionSpec]) -> Result<Ram, RamError> {
        let mut specs = specs.to_vec();
        specs.sort_by_key(|s| s.base);
        for &RegionSpec { base, size, .. } in &specs {
            let whole = size != 0 && (base | size) & !PAGE_MASK == 0 && base.checked_add(size).is_some();
            if !whole {
                return Err(RamError::Unaligned { base, size });
            }
        }
        let ranges: Vec<_> = specs
            .iter()
            .map(|s| {
                Ok((GuestAddress(s.base), usize::try_from(s.size).map_err(|e| RamError::Map(e.to_string()))?))
            })
            .collect::<Result<_, RamError>>()?;
        let mem = GuestMemoryMmap::from_ranges(&ranges).map_err(|e| RamError::Map(e.to_string()))?;
        let mut first_page = 0;
        let mut regions = Vec::with_capacity(specs.len());
        for (spec, &(_, len)) in specs.iter().zip(&ranges) {
            let region = mem
                .find_region(GuestAddress(spec.base))
                .ok_or_else(|| RamError::Map("region lost".into()))?;
            let host = region.as_ptr().expose_provenance();
            regions.push(Region {
                base: spec.base,
                size: spec.size,
                host,
                first_page,
                writable: spec.writable,
            });
            first_page += len / PAGE_BYTES;
        }
        Ok(Ram { mem, regions: regions.into() })
    }

    /// No memory.
    pub fn empty() -> Ram {
        Ram { mem: GuestMemoryMmap::new(), regions: Arc::new([]) }
    }

    /// The vm-memory object: for loaders, virtqueues and KVM memory slots. Who writes through it
    /// tells [`super::code::CodeMap`].
    pub fn guest_memory(&self) -> &GuestMemoryMmap {
        &self.mem
    }

    /// Number of pages in all regions.
    pub fn pages(&self) -> usize {
        self.regions.last().map_or(0, |r| r.first_page + usize::try_from(r.size).unwrap_or(0) / PAGE_BYTES)
    }

    /// The regions, in order of address.
    pub fn regions(&self) -> impl Iterator<Item = RegionSpec> + '_ {
        self.regions.iter().map(|r| RegionSpec { base: r.base, size: r.size, writable: r.writable })
    }

    /// The host page of the guest page at `pa`.
    #[inline]
    pub fn host(&self, pa: u64) -> Option<HostPage> {
        let (r, offset) = self.find(pa & PAGE_MASK, PAGE_SIZE)?;
        Some(HostPage {
            ptr: r.host + offset,
            number: r.first_page + offset / PAGE_BYTES,
            writable: r.writable,
        })
    }

    /// Dense number of the page at `pa`.
    #[inline]
    pub fn page_number(&self, pa: u64) -> Option<usize> {
        self.host(pa).map(|p| p.number)
    }

    /// Guest physical address of the page of a dense number.
    pub fn page_address(&self, number: usize) -> Option<u64> {
        let n = self.regions.partition_point(|r| r.first_page <= number);
        let r = self.regions.get(n.checked_sub(1)?)?;
        let offset = ((number - r.first_page) as u64).checked_mul(PAGE_SIZE)?;
        (offset < r.size).then(|| r.base + offset)
    }

    /// Reads the page of a dense number; false, and nothing read, where there is none.
    pub fn read_page(&self, number: usize, page: &mut Page) -> bool {
        self.page_address(number).is_some_and(|pa| self.read(pa, page))
    }

    /// Writes the page of a dense number, also to ROM, unless it holds these bytes already. The chunks of
    /// 64 bytes that have changed, bit by bit: who writes code tells [`super::code::CodeMap`]. 0 where
    /// there is no such page.
    pub fn write_page(&self, number: usize, page: &Page) -> u64 {
        let mut old = ZERO_PAGE;
        let Some(pa) = self.page_address(number).filter(|&pa| self.read(pa, &mut old)) else { return 0 };
        let chunks = old.chunks(PAGE_BYTES / 64).zip(page.chunks(PAGE_BYTES / 64));
        let changed = chunks.rev().fold(0, |all, (old, new)| all << 1 | u64::from(old != new));
        if changed != 0 {
            self.write(pa, page);
        }
        changed
    }

    /// Reads 1 to 8 bytes, zero-extended; `None` where there is no memory.
    #[inline]
    pub fn read_small(&self, pa: u64, len: usize) -> Option<u64> {
        let mut bytes = [0; 8];
        self.read(pa, bytes.get_mut(..len)?).then(|| u64::from_le_bytes(bytes))
    }

    /// Reads an aligned 64-bit word: the table walker's access.
    #[inline]
    pub fn read_u64(&self, pa: u64) -> Option<u64> {
        let (r, offset) = self.find(pa, 8)?;
        let p = std::ptr::with_exposed_provenance::<u64>(r.host + offset);
        // SAFETY:
        // - valid: `find` checked that 8 bytes at `offset` lie in the region; `self.mem` keeps it mapped
        // - initialised: the mapping is anonymous memory, zeroed by the host
        // - alignment: `read_unaligned` asks for none
        // - races: module text
        Some(u64::from_le(unsafe { p.read_unaligned() }))
    }

    /// Reads into `out`; false (and nothing read) unless all of it is memory of one region.
    pub fn read(&self, pa: u64, out: &mut [u8]) -> bool {
        let Some((r, offset)) = self.find(pa, out.len() as u64) else { return false };
        let p = std::ptr::with_exposed_provenance::<u8>(r.host + offset);
        // SAFETY:
        // - source valid: `find` checked that `out.len()` bytes at `offset` lie in the region
        // - destination valid: `out` is a Rust slice; it cannot overlap the mapping, which Rust does not own
        // - races: module text
        unsafe { p.copy_to_nonoverlapping(out.as_mut_ptr(), out.len()) };
        true
    }

    /// Writes `bytes`, also to ROM; false (and nothing written) unless all of it is memory of one
    /// region. Who writes code tells [`super::code::CodeMap`].
    pub fn write(&self, pa: u64, bytes: &[u8]) -> bool {
        let Some((r, offset)) = self.find(pa, bytes.len() as u64) else { return false };
        let p = std::ptr::with_exposed_provenance_mut::<u8>(r.host + offset);
        // SAFETY:
        // - destination valid: `find` checked that `bytes.len()` bytes at `offset` lie in the region
        // - source valid: `bytes` is a Rust slice; it cannot overlap the mapping, which Rust does not own
        // - races: module text
        unsafe { p.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        true
    }

    /// Whether all of `pa..pa + len` is memory of one region, and the guest may write it if that is asked.
    pub fn is_memory(&self, pa: u64, len: u64, writable: bool) -> bool {
        self.find(pa, len).is_some_and(|(r, _)| r.writable || !writable)
    }

    /// Feeds all memory to `sink`, page by page, skipping pages of zeros.
    pub fn for_each_page(&self, mut sink: impl FnMut(u64, &[u8])) {
        let mut buf = vec![0; PAGE_BYTES];
        for r in self.regions.iter() {
            let pages = (r.base..r.base + r.size).step_by(PAGE_BYTES);
            let touched = touched(r.host, pages.clone().count(), PAGE_BYTES);
            for (pa, _) in pages.zip(touched).filter(|&(_, touched)| touched) {
                let read = self.mem.read_slice(&mut buf, GuestAddress(pa));
                if read.is_ok() && buf.iter().any(|&b| b != 0) {
                    sink(pa, &buf);
                }
            }
        }
    }

    /// The region that holds all of `pa..pa + len` and the offset of `pa` in it.
    #[inline]
    fn find(&self, pa: u64, len: u64) -> Option<(&Region, usize)> {
        let r = self.regions.iter().find(|r| pa.wrapping_sub(r.base) < r.size)?;
        let offset = pa - r.base;
        (len <= r.size - offset).then_some(())?;
        Some((r, usize::try_from(offset).ok()?))
    }
}

const PAGE_BYTES: usize = 4096;

/// Contents of a page.
pub type Page = [u8; PAGE_BYTES];
/// What memory holds that nobody has written.
pub(super) static ZERO_PAGE: Page = [0; PAGE_BYTES];

#[cfg(test)]
mod tests {
    use super::*;

    fn ram() -> Ram {
        let spec = |base, size, writable| RegionSpec { base, size, writable };
        Ram::new(&[spec(0x4000_0000, 0x3000, true), spec(0, 0x1000, false)]).unwrap()
    }

    #[test]
    fn pages_that_were_never_touched_are_not_faulted_in_and_zero_pages_are_skipped() {
        let ram = Ram::new(&[RegionSpec { base: 0x4000_0000, size: 1 << 20, writable: true }]).unwrap();
        assert!(ram.write(0x4000_3000, &[1]));
        assert!(ram.write(0x4000_5000, &[0]));
        let mut seen = Vec::new();
        ram.for_each_page(|pa, _| seen.push(pa));
        assert_eq!(seen, [0x4000_3000]);
        let region = ram.regions[0];
        let touched = touched(region.host, 256, PAGE_BYTES).iter().filter(|&&t| t).count();
        assert!(touched <= 2, "{touched} pages are in memory");
    }

    #[test]
    fn pages_are_numbered_densely_in_order_of_address() {
        let ram = ram();
        assert_eq!(ram.pages(), 4);
        assert_eq!(ram.page_number(0x10), Some(0));
        assert_eq!(ram.page_number(0x4000_0fff), Some(1));
        assert_eq!(ram.page_number(0x4000_2000), Some(3));
        assert_eq!(ram.page_number(0x4000_3000), None);
        assert!(!ram.host(0).unwrap().writable);
    }

    #[test]
    fn pages_are_read_and_written_by_number() {
        let ram = ram();
        let addresses: Vec<_> = (0..5).map(|n| ram.page_address(n)).collect();
        assert_eq!(addresses, [Some(0), Some(0x4000_0000), Some(0x4000_1000), Some(0x4000_2000), None]);
        assert_eq!((ram.page_address(usize::MAX), Ram::empty().page_address(0)), (None, None));
        let mut page = ZERO_PAGE;
        (page[63], page[64], page[4095]) = (1, 2, 3);
        assert_eq!(ram.write_page(2, &page), 1 << 63 | 0b11);
        assert_eq!(ram.write_page(2, &page), 0, "they hold it already");
        assert_eq!(ram.read_small(0x4000_103f, 2), Some(0x0201));
        assert_eq!((ram.write_page(0, &page), ram.write_page(4, &page)), (1 << 63 | 0b11, 0));
        let mut read = ZERO_PAGE;
        assert!(ram.read_page(2, &mut read) && !ram.read_page(4, &mut read));
        assert_eq!(read, page);
    }

    #[test]
    fn accesses_that_leave_a_region_do_nothing() {
        let ram = ram();
        assert!(!ram.write(0x4000_2fff, &[1, 2]));
        assert!(ram.write(0x4000_2ffe, &[1, 2]));
        assert_eq!(ram.read_small(0x4000_2ffe, 2), Some(0x0201));
        assert_eq!(ram.read_u64(0x4000_2ffc), None);
        assert_eq!(ram.read_u64(u64::MAX - 3), None);
        assert!(!ram.read(0x1000, &mut [0]));
    }

    #[test]
    fn regions_are_whole_pages() {
        let bad = RegionSpec { base: 0x800, size: 0x1000, writable: true };
        assert!(matches!(Ram::new(&[bad]), Err(RamError::Unaligned { .. })));
    }
}

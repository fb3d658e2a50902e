//! Which bytes of RAM an engine has decoded or translated.
//!
//! A page with code in it never has a write entry in a TLB, so every store to it takes the slow
//! path, which asks [`CodeMap::written`]. Stores beside the code in such a page cost only that.

use super::ram::Ram;
use super::{PAGE_BITS, PAGE_MASK, PAGE_SIZE};

/// Decoded bytes, by chunks of 64 bytes, 64 chunks in a page.
#[derive(Clone, Debug)]
pub struct CodeMap {
    /// By dense page number: bit n = chunk n holds decoded code.
    chunks: Vec<u64>,
    /// Pages written where code was, by physical address of the page, until the engine takes them.
    written: Vec<u64>,
    /// Pages that a TLB may hold a write entry for, by dense page number.
    writable: Vec<bool>,
}

impl CodeMap {
    /// No code yet.
    pub fn new(ram: &Ram) -> CodeMap {
        CodeMap { chunks: vec![0; ram.pages()], written: Vec::new(), writable: vec![false; ram.pages()] }
    }

    /// Notes that `len` bytes at `pa`, within one page, have been decoded. True when TLBs must
    /// drop their write entries for the page: one may hold such an entry.
    pub fn mark(&mut self, ram: &Ram, pa: u64, len: u64) -> bool {
        let Some(n) = ram.page_number(pa) else { return false };
        self.chunks[n] |= chunk_mask(pa, len);
        std::mem::take(&mut self.writable[n])
    }

    /// Whether any of the `len` bytes at `pa`, within one page, have been decoded.
    pub fn touches(&self, ram: &Ram, pa: u64, len: u64) -> bool {
        ram.page_number(pa).is_some_and(|n| self.chunks[n] & chunk_mask(pa, len) != 0)
    }

    /// Whether page `number` holds code.
    #[inline]
    pub fn has_code(&self, number: usize) -> bool {
        self.chunks.get(number).is_some_and(|&c| c != 0)
    }

    /// Notes that a TLB is about to hold a write entry for page `number`.
    #[inline]
    pub fn note_writable(&mut self, number: usize) {
        if let Some(w) = self.writable.get_mut(number) {
            *w = true;
        }
    }

    /// Notes a write of `len` bytes at `pa` by anyone: guest, device, debugger, loader. True when it
    /// touched decoded code; the page is then free of code and queued for [`CodeMap::take_written`].
    pub fn written(&mut self, ram: &Ram, pa: u64, len: u64) -> bool {
        let mut hit = false;
        let (mut at, end) = (pa, pa.saturating_add(len));
        while at < end {
            let next = (at & PAGE_MASK).saturating_add(PAGE_SIZE).min(end);
            if let Some(n) = ram.page_number(at)
                && self.chunks[n] & chunk_mask(at, next - at) != 0
            {
                self.chunks[n] = 0;
                self.written.push(at & PAGE_MASK);
                hit = true;
            }
            at = next;
        }
        hit
    }

    /// Whether pages wait to be taken.
    #[inline]
    pub fn is_dirty(&self) -> bool {
        !self.written.is_empty()
    }

    /// The pages whose decoded code is stale, once.
    pub fn take_written(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.written)
    }

    /// Forgets all code: the engine has dropped everything.
    pub fn clear(&mut self) {
        self.chunks.fill(0);
        self.written.clear();
    }
}

/// Bits of the chunks that `len` bytes at `pa` touch, within the page of `pa`.
fn chunk_mask(pa: u64, len: u64) -> u64 {
    let first = (pa & !PAGE_MASK) >> CHUNK_BITS;
    let last = ((pa & !PAGE_MASK) + len.max(1) - 1).min(PAGE_SIZE - 1) >> CHUNK_BITS;
    (u64::MAX >> (63 - last)) & (u64::MAX << first)
}

const CHUNK_BITS: u32 = PAGE_BITS - 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mem::ram::RegionSpec;

    #[test]
    fn only_writes_that_touch_code_are_hits() {
        let ram = Ram::new(&[RegionSpec { base: 0x1000, size: 0x3000, writable: true }]).unwrap();
        let mut map = CodeMap::new(&ram);
        assert!(!map.mark(&ram, 0x2040, 64));
        assert!(map.has_code(1) && !map.has_code(0));
        assert!(!map.written(&ram, 0x203f, 1));
        assert!(!map.written(&ram, 0x2080, 0x1f80));
        assert!(map.written(&ram, 0x1ff8, 0x49), "a long write reaches the code");
        assert_eq!(map.take_written(), [0x2000]);
        assert!(!map.has_code(1) && !map.is_dirty());
    }

    #[test]
    fn a_page_with_a_write_entry_asks_for_it_to_be_dropped_once() {
        let ram = Ram::new(&[RegionSpec { base: 0, size: 0x1000, writable: true }]).unwrap();
        let mut map = CodeMap::new(&ram);
        map.note_writable(0);
        assert!(map.mark(&ram, 0xffc, 4));
        assert!(!map.mark(&ram, 0xffc, 4));
        assert!(map.written(&ram, 0xfff, 1));
    }
}

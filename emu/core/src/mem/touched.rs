//! Which host pages have ever been touched: a digest need not read (and so fault in) the rest of
//! a large RAM, which is zero.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

const PRESENT_OR_SWAPPED: u64 = 0b11 << 62;

/// For each of the `pages` host pages from address `host` on: false when it has never been touched
/// and therefore reads as zero. All true where the host does not tell.
/// Source: Linux, Documentation/admin-guide/mm/pagemap.rst.
pub(super) fn touched(host: usize, pages: usize, page_bytes: usize) -> Vec<bool> {
    read(host, pages, page_bytes).unwrap_or_else(|| vec![true; pages])
}

fn read(host: usize, pages: usize, page_bytes: usize) -> Option<Vec<bool>> {
    let file = File::open("/proc/self/pagemap").ok()?;
    let mut entries = vec![0; pages * 8];
    let offset = u64::try_from(host / page_bytes * 8).ok()?;
    file.read_exact_at(&mut entries, offset).ok()?;
    let entry = |e: &[u8]| e.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b));
    Some(entries.chunks_exact(8).map(|e| entry(e) & PRESENT_OR_SWAPPED != 0).collect())
}

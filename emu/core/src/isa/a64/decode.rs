//! From an instruction word to its row.

use std::sync::OnceLock;

use super::Insn;
use super::table::{self, Row};

/// Decodes a word. Unallocated words and rows marked `todo` give row `table::LEN`, whose handler
/// raises UNDEFINED.
pub fn decode(word: u32) -> Insn {
    match lookup(word) {
        Some((n, row)) if row.implemented => Insn { imm: (row.pre)(word), word, row: n, spare: 0 },
        _ => Insn { imm: 0, word, row: NONE, spare: 0 },
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked by the constant below")]
const NONE: u16 = table::LEN as u16;
const _: () = assert!(table::LEN < 0xffff);

/// The row of a word, implemented or not.
pub fn lookup(word: u32) -> Option<(u16, &'static Row)> {
    let rows = table::rows();
    buckets()[bucket(word)].iter().map(|&n| (n, &rows[usize::from(n)])).find(|(_, r)| r.matches(word))
}

const BUCKET_BITS: u32 = 0x3fe0_0c00; // bits 29..21 and 11..10 split the table evenly

fn bucket(word: u32) -> usize {
    (((word >> 21) & 0x1ff) << 2 | ((word >> 10) & 3)) as usize
}

/// Rows by the bits every section distinguishes, most specific first.
fn buckets() -> &'static [Vec<u16>] {
    static BUCKETS: OnceLock<Vec<Vec<u16>>> = OnceLock::new();
    BUCKETS.get_or_init(|| {
        let rows = table::rows();
        let mut order: Vec<u16> = (0..NONE).collect();
        order.sort_by_key(|&n| std::cmp::Reverse(rows[usize::from(n)].mask.count_ones()));
        (0u32..2048)
            .map(|b| {
                let word = (b >> 2) << 21 | (b & 3) << 10;
                let fits = |r: &Row| (r.value ^ word) & r.mask & BUCKET_BITS == 0;
                order.iter().copied().filter(|&n| fits(&rows[usize::from(n)])).collect()
            })
            .collect()
    })
}

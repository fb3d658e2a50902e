//! Programs of AArch64, derived from the decode table.

mod fill;
pub mod rows;

use innkeeper_core::isa::a64::table;
use proptest::test_runner::TestRng;

use super::block::{Block, Insn, Slot};
use super::values::Dice;
use super::{CODE, Generator, clamped};
use rows::{Grammar, Rows};

/// An instruction word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word(pub u32);

impl Insn for Word {
    fn encode(slots: &[Slot<Word>]) -> Vec<Vec<u8>> {
        slots.iter().enumerate().map(|(n, slot)| resolve(*slot, n).to_le_bytes().to_vec()).collect()
    }

    fn decode(code: &[u8], _: u64) -> Option<Slot<Word>> {
        let word = u32::from_le_bytes(code.get(..4)?.try_into().ok()?);
        Some(Slot { insn: Word(word), link: rows::link_field(word).map(|_| 0) })
    }

    fn row(&self) -> Option<&'static str> {
        rows::row_of(self.0).map(|(_, row)| row.name)
    }

    fn goes_forward(&self, n: usize, link: Option<usize>) -> bool {
        !rows::is_indirect(self.0) && (rows::is_literal(self.0) || link.is_none_or(|to| to > n))
    }

    /// Register fields set to 0; bits that are neither fixed nor register fields cleared. Only words
    /// that stay usable words of their row.
    fn simpler(&self) -> Vec<Word> {
        let Some((n, row)) = rows::row_of(self.0) else { return Vec::new() };
        let keep = rows::register_fields(row).fold(row.mask, |m, field| field.set(m, 31));
        let fields = rows::register_fields(row).map(|field| field.set(self.0, 0));
        let words = fields.chain([self.0 & keep]);
        words.filter(|word| rows::usable(*word, n)).map(Word).collect()
    }
}

/// A slot's word at index `n`.
fn resolve(slot: Slot<Word>, n: usize) -> u32 {
    let Word(word) = slot.insn;
    let (Some(to), Some((low, bits))) = (slot.link, rows::link_field(word)) else { return word };
    let mask = (u32::MAX >> (32 - bits)) << low;
    // At most MAX_LEN instructions away: fits every field.
    let distance = i32::try_from(to).unwrap_or_default() - i32::try_from(n).unwrap_or_default();
    (word & !mask) | (distance.cast_unsigned() << low & mask)
}

/// The generator.
pub struct Blocks {
    rows: Rows,
    lengths: (usize, usize),
}

impl Blocks {
    /// Blocks of `lengths` instructions (cut to what there can be) of a grammar.
    pub fn new(grammar: Grammar, lengths: (usize, usize)) -> Blocks {
        Blocks { rows: Rows::new(grammar), lengths: clamped(lengths) }
    }
}

impl Generator for Blocks {
    type Insn = Word;

    fn rows(&self) -> Vec<&'static str> {
        self.rows.all().map(|n| table::row(n).name).collect()
    }

    fn make(&self, rng: &mut TestRng) -> Block<Word> {
        fill::block(&self.rows, self.lengths, &mut Dice(rng))
    }
}

/// Address of instruction `n`.
pub fn address(n: usize) -> u64 {
    CODE + 4 * n as u64
}

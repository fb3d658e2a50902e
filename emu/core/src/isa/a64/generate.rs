//! Random instruction words of a given row: for goldens, the checker and differential testing.

use super::decode;
use super::table::Row;

/// A small deterministic generator (SplitMix64: Steele, Lea, Flood 2014). Tests print its seed.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator; equal seeds give equal sequences.
    pub const fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// A generator whose sequence depends on the name and the seed only (FNV-1a), so that adding
    /// a row does not change what is made of the others.
    pub fn named(name: &str, seed: u64) -> Rng {
        let fnv = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3);
        Rng(name.bytes().fold(0xcbf2_9ce4_8422_2325, fnv).wrapping_add(seed))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next_u64().checked_rem(n).unwrap_or(0)
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next_u64() >> 32).unwrap_or(0)
    }
}

/// How often [`word`] tries before it gives up: rows with few valid words among many.
const TRIES: u32 = 20_000;

/// A random word of `row`: valid, predictable, and not of a more specific row. Bits the CPU ignores
/// (`-`) are ones, as the manual wants them mostly, unless the row's `predictable` knows better.
/// `None` when no word was found, which is a defect of the row.
pub fn word(row: &Row, rng: &mut Rng) -> Option<u32> {
    let ignored = row.pattern.bytes().fold(0, |m, b| m << 1 | u32::from(b == b'-'));
    let suits = |w: u32| {
        (row.valid)(w) && (row.predictable)(w) && decode::lookup(w).is_some_and(|(_, r)| r.name == row.name)
    };
    let mut random = || (rng.next_u32() & !row.mask) | row.value;
    (0..TRIES)
        .map(|_| random() | ignored)
        .find(|&w| suits(w))
        .or_else(|| (0..if ignored == 0 { 0 } else { TRIES }).map(|_| random()).find(|&w| suits(w)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::a64::table;

    #[test]
    fn every_row_has_words() {
        let barren: Vec<_> = table::rows()
            .iter()
            .filter(|r| word(r, &mut Rng::named(r.name, 0)).is_none())
            .map(|r| r.name)
            .collect();
        assert!(barren.is_empty(), "rows without a valid word of their own: {barren:?}");
    }
}

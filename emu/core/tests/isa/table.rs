//! Properties of the decode table.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use innkeeper_core::isa::a64::decode;
use innkeeper_core::isa::a64::generate::{self, Rng};
use innkeeper_core::isa::a64::table::{self, Row};

/// Words tried for each pair of rows whose patterns overlap.
const WORDS: u32 = 4096;

#[test]
fn names_are_unique() {
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = table::rows().iter().map(|r| r.name).filter(|n| !seen.insert(*n)).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Rows nest (the more specific one decides) or exclude each other by `valid`.
#[test]
fn no_word_is_of_two_rows() {
    let rows = table::rows();
    let mut failures = String::new();
    for (n, a) in rows.iter().enumerate() {
        for b in rows[n + 1..].iter().filter(|b| (a.value ^ b.value) & a.mask & b.mask == 0) {
            let common = a.mask & b.mask;
            let nested = a.mask != b.mask && (common == a.mask || common == b.mask);
            if !nested && let Some(word) = shared_word(a, b) {
                let _ = writeln!(failures, "{word:08x} is both {} and {}", a.name, b.name);
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// A word valid in both rows: all are tried when there are few, otherwise a sample.
fn shared_word(a: &Row, b: &Row) -> Option<u32> {
    let free = !(a.mask | b.mask);
    let fixed = a.value | b.value;
    let mut rng = Rng::named(a.name, 2);
    let all = 1u64 << free.count_ones();
    let candidate = |n: u32| if all <= WORDS.into() { deposit(n, free) } else { rng.next_u32() & free };
    (0..WORDS).map(candidate).map(|w| w | fixed).find(|&w| a.matches(w) && b.matches(w))
}

/// The low bits of `n` spread over the ones of `mask`.
fn deposit(mut n: u32, mask: u32) -> u32 {
    (0..32).filter(|b| mask >> b & 1 != 0).fold(0, |r, b| {
        let bit = n & 1;
        n >>= 1;
        r | bit << b
    })
}

/// `decode` gives the record of the row that `lookup` names, and unallocated words none.
#[test]
fn decoding_agrees_with_lookup() {
    let mut rng = Rng::new(3);
    for row in table::rows() {
        let word = generate::word(row, &mut rng).expect("every row has words");
        let (n, found) = decode::lookup(word).expect("it has a row");
        let insn = decode::decode(word);
        assert_eq!((found.name, insn.word), (row.name, word));
        assert_eq!(usize::from(insn.row), if row.implemented { usize::from(n) } else { table::LEN });
    }
}

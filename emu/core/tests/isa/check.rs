//! The rules of `emit` on every implemented row.

use std::fmt::Write as _;

use innkeeper_core::emit::check::check;
use innkeeper_core::isa::a64::generate::{self, Rng};
use innkeeper_core::isa::a64::record::{record, rules};
use innkeeper_core::isa::a64::{disasm, table};

/// Words per row.
const WORDS: usize = 64;

#[test]
fn every_row_keeps_the_rules_of_emit() {
    let mut failures = String::new();
    for row in table::rows().iter().filter(|r| r.implemented) {
        let mut rng = Rng::named(row.name, 1);
        let words = (0..WORDS).filter_map(|_| generate::word(row, &mut rng));
        let violation = words
            .map(|w| (w, record(w)))
            .find_map(|(w, r)| check(&r.ops, &rules(row)).err().map(|why| (w, why, r)));
        if let Some((w, why, r)) = violation {
            let _ = writeln!(failures, "{} {w:08x} {}: {why}\n{r}", row.name, disasm::disasm(w, 0));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

//! `golden/jit/a64/<section>.txt`: CLIF instructions and host bytes of each implemented row, for the
//! first of its cases in `golden/cases/`. Counts, so that a change of the translator shows what it
//! does to every instruction, on every machine and without noise.
//!
//! Counted is the region of that one instruction, less what a region of NOP has: entry, check of the
//! budget, exits, which are in `golden/jit/a64/nop.txt`. Compiled with opt none for an x86-64 of
//! level v3, whatever this host's CPU has. `INNKEEPER_BLESS=1` rewrites the goldens.
#![cfg(target_arch = "x86_64")]

#[path = "../../core/tests/isa/golden.rs"]
mod golden;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use innkeeper_core::isa::a64::case::Case;
use innkeeper_core::isa::a64::table::{self, Row};
use innkeeper_jit::probe::BASE;
use innkeeper_jit::{Config, Target};

type Probe = innkeeper_jit::Probe<innkeeper_core::isa::a64::A64>;

const NOP: u32 = 0xd503_201f;

fn sections() -> BTreeMap<&'static str, Vec<&'static Row>> {
    let mut sections: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in table::rows().iter().filter(|r| r.implemented) {
        sections.entry(row.section).or_default().push(row);
    }
    sections
}

/// The first case of each row of a section.
fn first_cases(section: &str) -> BTreeMap<String, Case> {
    let mut cases = BTreeMap::new();
    for line in golden::read(&format!("cases/a64/{section}.case")).lines() {
        let case = Case::parse(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        cases.entry(case.row.clone()).or_insert(case);
    }
    cases
}

/// What the region of one instruction comes to; `None` when it is not for translated code.
fn region(probe: &mut Probe, word: u32) -> Option<[i64; 2]> {
    assert!(probe.load(BASE, &word.to_le_bytes()));
    let counts = probe.translate(BASE)?;
    let bytes = i64::try_from(counts.host_bytes).ok()?;
    Some([counts.clif.cast_signed(), bytes])
}

fn line(probe: &mut Probe, row: &Row, case: &Case, nop: [i64; 2]) -> String {
    let counts = match region(probe, case.word) {
        Some([clif, bytes]) => format!("{:4} {:5}", clif - nop[0], bytes - nop[1]),
        None => "interpreted".into(),
    };
    format!("{:24} {counts:11}  {}\n", row.name, case.text)
}

#[test]
fn counts() {
    let config = Config { max_region: 1, ..Config::default() };
    let mut probe = Probe::new(config, Target::X64V3).expect("Cranelift has x86-64");
    let nop = region(&mut probe, NOP).expect("NOP is compiled");
    golden::check("counts", "jit/a64/nop.txt", &format!("{} CLIF instructions, {} bytes\n", nop[0], nop[1]));
    for (section, rows) in sections() {
        let cases = first_cases(section);
        let mut text = "# row, CLIF instructions, bytes of host code, instruction\n".to_string();
        for row in rows {
            let case = cases.get(row.name).unwrap_or_else(|| panic!("{} has no case", row.name));
            let _ = write!(text, "{}", line(&mut probe, row, case, nop));
        }
        golden::check("counts", &format!("jit/a64/{section}.txt"), &text);
    }
}

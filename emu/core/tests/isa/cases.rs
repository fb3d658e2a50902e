//! The corpus: `golden/cases/a64/<section>.case`, at least three lines for each implemented row,
//! and `golden/uops/a64/<section>.txt`, how many micro-operations they take and which.
//!
//! Blessing keeps the lines that are there (their outputs are computed anew) and makes random ones
//! for rows that have too few, so cases written by hand stay.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use innkeeper_core::emit::uop::replay;
use innkeeper_core::isa::a64::case::{self, Case};
use innkeeper_core::isa::a64::decode;
use innkeeper_core::isa::a64::disasm::disasm;
use innkeeper_core::isa::a64::record::record;
use innkeeper_core::isa::a64::table::{self, Row};

use crate::{golden, make};

/// Cases of an implemented row.
const PER_ROW: usize = 3;

fn sections() -> BTreeMap<&'static str, Vec<&'static Row>> {
    let mut sections: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in table::rows().iter().filter(|r| r.implemented) {
        sections.entry(row.section).or_default().push(row);
    }
    sections
}

fn file(section: &str) -> String {
    format!("cases/a64/{section}.case")
}

/// The cases of a golden by row; lines that are not cases are failures.
fn load(section: &str, failures: &mut String) -> BTreeMap<String, Vec<Case>> {
    let mut cases: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (n, line) in golden::read(&file(section)).lines().enumerate() {
        match Case::parse(line) {
            Ok(c) => cases.entry(c.row.clone()).or_default().push(c),
            Err(why) => {
                let _ = writeln!(failures, "golden/{}:{}: {why}", file(section), n + 1);
            }
        }
    }
    cases
}

/// What is wrong with a case, if anything.
fn verdict(case: &Case) -> Option<String> {
    let row = decode::lookup(case.word).map_or("no row", |(_, r)| r.name);
    if row != case.row {
        return Some(format!("the word is {row}"));
    }
    let text = disasm(case.word, case::PC);
    if text != case.text {
        return Some(format!("the disassembly is {text:?}"));
    }
    let outputs = case::run(case.word, &case.inputs);
    let actual = Case { outputs, ..case.clone() };
    (actual != *case).then(|| format!("now\n  {actual}"))
}

#[test]
fn cases_hold() {
    let mut failures = String::new();
    for (section, rows) in sections() {
        if golden::blessing() {
            bless(section, &rows);
        }
        let mut cases = load(section, &mut failures);
        for row in rows {
            let of_row = cases.remove(row.name).unwrap_or_default();
            if of_row.len() < PER_ROW {
                let _ = writeln!(failures, "{}: {} cases", row.name, of_row.len());
            }
            for c in of_row {
                if let Some(why) = verdict(&c) {
                    let _ = writeln!(failures, "{c}\n  {why}");
                }
            }
        }
        for row in cases.keys() {
            let _ = writeln!(failures, "{row} is no implemented row of {section}");
        }
    }
    assert!(failures.is_empty(), "{failures}{}", golden::bless_command("cases"));
}

fn bless(section: &str, rows: &[&Row]) {
    let mut cases = load(section, &mut String::new());
    let mut text = String::new();
    for row in rows {
        let mut of_row = cases.remove(row.name).unwrap_or_default();
        of_row.retain(|c| decode::lookup(c.word).is_some_and(|(_, r)| r.name == row.name));
        for c in &mut of_row {
            c.outputs = case::run(c.word, &c.inputs);
            c.text = disasm(c.word, case::PC);
        }
        let missing = PER_ROW.saturating_sub(of_row.len());
        of_row.extend(make::cases(row, missing));
        for c in of_row {
            let _ = writeln!(text, "{c}");
        }
    }
    golden::write(&file(section), &text);
}

/// The count of every case, and the operations of each row's first case.
#[test]
fn micro_operations() {
    for (section, rows) in sections() {
        let cases = load(section, &mut String::new());
        let mut text = String::new();
        for row in rows {
            let of_row = cases.get(row.name).map_or(&[][..], Vec::as_slice);
            let counts: Vec<_> = of_row.iter().map(|c| record(c.word).ops.len().to_string()).collect();
            let _ = writeln!(text, "{}: {}", row.name, counts.join(" "));
            if let Some(c) = of_row.first() {
                let _ = writeln!(text, "  {}", c.text);
                for line in record(c.word).to_string().lines() {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
        golden::check("micro_operations", &format!("uops/a64/{section}.txt"), &text);
    }
}

/// Replaying a recording does what executing the instruction does.
#[test]
fn replayed_recordings_agree_with_execution() {
    use innkeeper_core::emit::step::Step;
    let mut failures = String::new();
    for (section, _) in sections() {
        for c in load(section, &mut String::new()).into_values().flatten() {
            let mut executed = case::prepare(&c.inputs);
            let mut replayed = executed.clone();
            let result = executed.step(c.word);
            replayed.next_pc = replayed.cpu.pc.wrapping_add(4);
            let again = replay(&record(c.word).ops, &mut Step(&mut replayed));
            if again.is_ok() {
                replayed.cpu.pc = replayed.next_pc;
            }
            let same = format!("{:?}", executed.cpu) == format!("{:?}", replayed.cpu);
            if result != again || !same || executed.mem != replayed.mem {
                let _ = writeln!(failures, "{c}");
            }
        }
    }
    assert!(failures.is_empty(), "replay differs:\n{failures}");
}

//! The disassembler against GNU objdump: `golden/disasm/a64/<section>.txt` holds, for random words
//! of every row, what `objdump -M no-aliases` of binutils prints. An objdump golden rather than a
//! Rust decoder as a dependency: its text is the one readers compare with, it prints canonical
//! forms, and the committed lines need no tool to be checked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use innkeeper_core::isa::a64::disasm::disasm;
use innkeeper_core::isa::a64::generate::{self, Rng};
use innkeeper_core::isa::a64::table::{self, Row};

use crate::golden;

/// Words per row.
const WORDS: usize = 8;
/// Address of a row's first word.
const PC: u64 = 0x4000_0000;

/// Where binutils 2.40 is behind the manual: such lines are left out of the golden.
const OBJDUMP_DIFFERS: &[(&str, &str)] = &[
    ("msr s0_0_c4_", "immediates of MSR UAO, PAN, SPSel above 1, which the manual allows"),
    ("msr s0_3_c4_", "the same for SSBS and DIT"),
];

#[test]
fn disassembly_is_what_objdump_prints() {
    let mut sections: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in table::rows() {
        sections.entry(row.section).or_default().push(row);
    }
    let mut failures = String::new();
    for (section, rows) in sections {
        let name = format!("disasm/a64/{section}.txt");
        if golden::blessing() {
            golden::write(&name, &rows.iter().map(|r| objdump(r)).collect::<String>());
        }
        compare(&name, &golden::read(&name), &rows, &mut failures);
    }
    let bless = golden::bless_command("disasm");
    assert!(failures.is_empty(), "{failures}if rows were added (needs aarch64-linux-gnu-objdump), {bless}");
}

/// Appends a line for each disagreement, and for rows with too few lines.
fn compare(name: &str, text: &str, rows: &[&Row], failures: &mut String) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for line in text.lines() {
        let mut parts = line.splitn(4, ' ');
        let (Some(row), Some(pc), Some(word), Some(expected)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            let _ = writeln!(failures, "{name}: not a line of the golden: {line}");
            continue;
        };
        let pc = u64::from_str_radix(pc, 16).expect("hexadecimal pc");
        let word = u32::from_str_radix(word, 16).expect("hexadecimal word");
        *seen.entry(row).or_default() += 1;
        let actual = disasm(word, pc);
        if actual != expected {
            let _ = writeln!(failures, "{row} {word:08x}: {actual:?}, objdump {expected:?}");
        }
    }
    for row in rows {
        match seen.get(row.name) {
            Some(&WORDS) => {}
            n => {
                let _ = writeln!(failures, "{name}: {} has {} lines", row.name, n.unwrap_or(&0));
            }
        }
    }
}

/// Golden lines of one row.
fn objdump(row: &Row) -> String {
    let mut rng = Rng::named(row.name, 0);
    let words: Vec<u32> = (0..32 * WORDS).filter_map(|_| generate::word(row, &mut rng)).collect();
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let file = std::env::temp_dir().join(format!("innkeeper-disasm-{}-{}", std::process::id(), row.name));
    std::fs::write(&file, bytes).expect("temporary file");
    let out = Command::new("aarch64-linux-gnu-objdump")
        .args(["-D", "-z", "-b", "binary", "-m", "aarch64", "-M", "no-aliases"])
        .arg(format!("--adjust-vma={PC:#x}"))
        .arg(&file)
        .output()
        .expect("aarch64-linux-gnu-objdump runs");
    std::fs::remove_file(&file).expect("temporary file");
    let text = String::from_utf8_lossy(&out.stdout);
    let mut lines = String::new();
    let known = |said: &str| !OBJDUMP_DIFFERS.iter().any(|(prefix, _)| said.starts_with(prefix));
    let usable = text.lines().filter_map(parse).filter(|(_, _, said)| known(said));
    for (word, pc, said) in usable.take(WORDS) {
        assert!(words.contains(&word), "{}: objdump printed {word:08x}", row.name);
        let _ = writeln!(lines, "{} {pc:08x} {word:08x} {said}", row.name);
    }
    lines
}

/// Word, address and canonical text of one line of objdump.
fn parse(line: &str) -> Option<(u32, u64, String)> {
    let (pc, rest) = line.split_once(":\t")?;
    let (word, text) = rest.split_once('\t')?;
    let pc = u64::from_str_radix(pc.trim(), 16).ok()?;
    let word = u32::from_str_radix(word.trim(), 16).ok()?;
    let text = text.split(" //").next()?.split("\t//").next()?.replace('\t', " ");
    let text = text.split(" <").next()?.trim();
    Some((word, pc, text.to_string()))
}

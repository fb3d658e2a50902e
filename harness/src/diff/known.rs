//! `golden/known.toml`: what is known about the oracle, as data with reasons.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use innkeeper_core::wire::Stop;
use serde::Deserialize;

use super::compare::Field;
use crate::generate::{Block, Slot};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    #[serde(default)]
    never: Vec<Never>,
    #[serde(default)]
    known: Vec<Known>,
}

/// A row that is not compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Never {
    /// Name with `*`.
    pub row: String,
    /// Why.
    pub reason: String,
}

/// An error of the oracle.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Short name.
    pub id: String,
    /// Names of rows, with `*`.
    pub rows: Vec<String>,
    /// Only words with these bits.
    #[serde(default)]
    pub word: Option<Bits>,
    /// Only under an FPCR with these bits.
    #[serde(default)]
    pub fpcr: Option<Bits>,
    /// Only when this engine or the oracle stopped with a data fault.
    #[serde(default)]
    pub fault: bool,
    /// Only at an address that is not a multiple of 4.
    #[serde(default)]
    pub misaligned_pc: bool,
    /// Parts of the state that may differ.
    pub fields: Vec<String>,
    /// Only these bits of them (`x`, `nzcv`, `fpcr` and `fpsr`).
    #[serde(default)]
    pub bits: Option<u64>,
    /// What is wrong in the oracle.
    pub reason: String,
    /// Where that is written: a manual's section, a thread, a commit.
    pub evidence: String,
    /// A program that shows it.
    pub case: Case,
}

/// Bits of a word.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bits {
    mask: u32,
    value: u32,
}

impl Bits {
    fn hold(self, word: u32) -> bool {
        word & self.mask == self.value
    }
}

/// A program in few words: registers not named are 0.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Instructions.
    pub words: Vec<u32>,
    /// General registers by name (`x3`, `sp`), values in hexadecimal.
    #[serde(default)]
    pub x: BTreeMap<String, String>,
    /// Vector registers by name, values in hexadecimal.
    #[serde(default)]
    pub v: BTreeMap<String, String>,
    /// FPCR.
    #[serde(default)]
    pub fpcr: u32,
}

/// What an entry is matched with: the instruction two engines disagree about.
pub struct Event<'a> {
    /// Row.
    pub row: &'a str,
    /// Word.
    pub word: u32,
    /// Its address.
    pub pc: u64,
    /// FPCR before it.
    pub fpcr: u32,
    /// How the engines stopped.
    pub stops: [Stop; 2],
    /// What differs.
    pub fields: &'a [Field],
    /// Bits that differ in any of the registers X, NZCV, FPCR and FPSR.
    pub bits: u64,
}

/// The list, read once.
///
/// # Panics
/// When the file in the repository is malformed; a test reads it.
pub fn list() -> &'static List {
    static LIST: OnceLock<List> = OnceLock::new();
    LIST.get_or_init(|| match toml::from_str(include_str!("../../../golden/known.toml")) {
        Ok(list) => list,
        Err(e) => panic!("golden/known.toml: {e}"),
    })
}

impl List {
    /// Why a row is not compared.
    pub fn never(&self, row: &str) -> Option<&Never> {
        self.never.iter().find(|n| glob(&n.row, row))
    }
    /// Rows that are not compared.
    pub fn nevers(&self) -> &[Never] {
        &self.never
    }
    /// Errors of the oracle.
    pub fn known(&self) -> &[Known] {
        &self.known
    }
    /// The entry that explains a disagreement.
    pub fn explain(&self, event: &Event) -> Option<&Known> {
        self.known.iter().find(|k| k.explains(event))
    }
}

impl Known {
    fn explains(&self, e: &Event) -> bool {
        self.rows.iter().any(|pattern| glob(pattern, e.row))
            && self.word.is_none_or(|b| b.hold(e.word))
            && self.fpcr.is_none_or(|b| b.hold(e.fpcr))
            && (!self.fault || e.stops.contains(&Stop::DataFault))
            && (!self.misaligned_pc || !e.pc.is_multiple_of(4))
            && self.bits.is_none_or(|mask| e.bits & !mask == 0)
            && e.fields.iter().all(|f| self.fields.iter().any(|name| name == f.kind()))
    }
}

impl Case {
    /// The case as a block.
    pub fn block(&self) -> Result<Block, String> {
        let number = |text: &str| {
            let digits = text.trim_start_matches("0x").replace('_', "");
            u128::from_str_radix(&digits, 16).map_err(|e| format!("{text}: {e}"))
        };
        let mut block = Block {
            slots: self.words.iter().map(|&word| Slot { word, link: None }).collect(),
            regs: innkeeper_core::wire::A64Regs { fpcr: self.fpcr, ..Default::default() },
            code_pointers: Vec::new(),
            scratch: vec![0; crate::generate::SCRATCH_SIZE],
        };
        for (name, value) in &self.x {
            let value = u64::try_from(number(value)?).map_err(|e| format!("{name}: {e}"))?;
            match name.strip_prefix('x').and_then(|n| n.parse::<usize>().ok()) {
                Some(n) if n < 31 => block.regs.x[n] = value,
                None if name == "sp" => block.regs.sp = value,
                _ => return Err(format!("no register {name}")),
            }
        }
        for (name, value) in &self.v {
            match name.strip_prefix('v').and_then(|n| n.parse::<usize>().ok()) {
                Some(n) if n < 32 => block.regs.v[n] = number(value)?,
                _ => return Err(format!("no register {name}")),
            }
        }
        Ok(block)
    }
}

/// Whether `name` matches `pattern`, in which `*` is any text.
fn glob(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name
            .strip_prefix(head)
            .is_some_and(|tail| (0..=tail.len()).filter_map(|n| tail.get(n..)).any(|t| glob(rest, t))),
    }
}

#[cfg(test)]
mod tests {
    use innkeeper_core::isa::a64::table;

    use super::*;

    #[test]
    fn the_file_is_sound_and_names_rows_that_exist() {
        let exists = |p: &str| table::rows().iter().any(|r| glob(p, r.name));
        for never in list().nevers() {
            assert!(exists(&never.row) && !never.reason.is_empty(), "{}", never.row);
        }
        for known in list().known() {
            assert!(!known.reason.is_empty() && !known.evidence.is_empty(), "{}", known.id);
            for p in &known.rows {
                assert!(exists(p), "{}: no row {p}", known.id);
            }
            for f in &known.fields {
                assert!(Field::KINDS.contains(&f.as_str()), "{}: no field {f}", known.id);
            }
            known.case.block().unwrap();
        }
    }

    #[test]
    fn globs() {
        assert!(glob("LD*_asimd*", "LD4_asimdlse") && glob("B", "B") && glob("*", ""));
        assert!(!glob("LD*x", "LD4") && !glob("B", "BL"));
    }
}

//! `golden/known.toml` and `golden/known-x64.toml`: what is known about the oracle, as data with reasons.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use innkeeper_core::wire::{A64Regs, Arch, Program, Regs, Stop};
use serde::Deserialize;

use super::compare::Field;
use super::program::program;
use crate::generate;
use crate::guests;

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
    /// Only where the host's CPU, which is the reference, has this in its name (`model name` of
    /// /proc/cpuinfo).
    #[serde(default)]
    pub cpu: Option<String>,
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
    /// Only these bits of them (general and control registers).
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
    /// Instructions, as words.
    #[serde(default)]
    pub words: Vec<u32>,
    /// Or in hexadecimal as they lie in memory, with `start` in the notation of scenarios.
    #[serde(default)]
    pub code: String,
    /// Registers and memory at the start.
    #[serde(default)]
    pub start: String,
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
    /// Bits that differ in any general or control register.
    pub bits: u64,
}

/// The list of an architecture, as far as it holds on this host; read once.
///
/// # Panics
/// When the file in the repository is malformed; a test reads it.
pub fn list(arch: Arch) -> &'static List {
    static A64: OnceLock<List> = OnceLock::new();
    static X64: OnceLock<List> = OnceLock::new();
    let list = match arch {
        Arch::A64 => &A64,
        Arch::X64 => &X64,
    };
    list.get_or_init(|| {
        let mut list = read(arch);
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpuinfo.lines().find(|l| l.starts_with("model name")).unwrap_or_default();
        list.never.retain(|n| n.cpu.as_ref().is_none_or(|name| cpu.contains(name.as_str())));
        list
    })
}

/// The whole list of an architecture.
fn read(arch: Arch) -> List {
    let (name, text) = guests::of_wire(arch).known;
    match toml::from_str(text) {
        Ok(list) => list,
        Err(e) => panic!("golden/{name}: {e}"),
    }
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
    /// The case as a program.
    pub fn program(&self) -> Result<Program, String> {
        if !self.code.is_empty() {
            let code = generate::state::hex(&self.code.replace(' ', ""))?;
            return program(Arch::X64, &code, &self.start);
        }
        let number = |text: &str| {
            let digits = text.trim_start_matches("0x").replace('_', "");
            u128::from_str_radix(&digits, 16).map_err(|e| format!("{text}: {e}"))
        };
        let mut regs = Regs::A64(Box::new(A64Regs { fpcr: self.fpcr, ..A64Regs::default() }));
        for (name, value) in self.x.iter().chain(&self.v) {
            let register = generate::state::Register::named(Arch::A64, name);
            let set = register.and_then(|r| r.set(&mut regs, number(value).ok()?));
            set.ok_or_else(|| format!("{name}={value} is not a register and its value"))?;
        }
        let code = self.words.iter().flat_map(|w| w.to_le_bytes()).collect();
        Ok(generate::program(code, regs, Vec::new()))
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
    use super::*;

    #[test]
    fn the_files_are_sound_and_name_rows_that_exist() {
        for guest in guests::ALL {
            let arch = guest.wire;
            let names: Vec<&str> = match guest.rows {
                Some(rows) => rows().iter().map(|r| r.name).collect(),
                None => generate::x64::rows::all().iter().map(|r| r.name.as_str()).collect(),
            };
            let exists = |p: &str| names.iter().any(|name| glob(p, name));
            let kinds: Vec<&str> = generate::state::Register::all(arch).map(|r| r.kind()).collect();
            for never in read(arch).nevers() {
                assert!(exists(&never.row) && !never.reason.is_empty(), "{}", never.row);
            }
            for known in read(arch).known() {
                assert!(!known.reason.is_empty() && !known.evidence.is_empty(), "{}", known.id);
                for p in &known.rows {
                    assert!(exists(p), "{}: no row {p}", known.id);
                }
                for f in known.fields.iter().map(String::as_str) {
                    let others = ["stop", "count", "memory"];
                    assert!(kinds.contains(&f) || others.contains(&f), "{}: no field {f}", known.id);
                }
                assert_eq!(known.case.program().unwrap().regs.arch(), arch);
            }
        }
    }

    #[test]
    fn globs() {
        assert!(glob("LD*_asimd*", "LD4_asimdlse") && glob("B", "B") && glob("*", ""));
        assert!(!glob("LD*x", "LD4") && !glob("B", "BL"));
    }
}

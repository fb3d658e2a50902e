//! The corpus of one-line cases (`golden/cases`), run on another engine as well.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use innkeeper_core::isa::a64::case::{self, Case, Item, Place};
use innkeeper_core::wire::{A64Regs, Arch, Mode, Perm, Program, Region, Regs};

use super::known;
use super::{Finding, Lab};
use crate::engine::{Engine, Step};
use crate::generate::a64::{Word, rows};

/// What became of the cases.
#[derive(Debug, Default)]
pub struct Tally {
    /// Both engines agree.
    pub agreed: u64,
    /// `known.toml` explains the difference.
    pub explained: u64,
    /// Rows and states that cannot be compared.
    pub skipped: u64,
    /// Lines with what differs.
    pub failures: Vec<String>,
}

/// Checks every `.case` file of a folder.
pub fn check(dir: &Path, subject: &mut dyn Engine) -> anyhow::Result<Tally> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("failed to read {}", dir.display()))? {
        files.push(entry?.path());
    }
    files.retain(|p| p.extension().is_some_and(|e| e == "case"));
    files.sort();
    let mut tally = Tally::default();
    let mut step = Step;
    let mut lab = Lab::new::<Word>(&mut step, subject);
    for path in files {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        for line in text.lines() {
            let case = Case::parse(line).map_err(|e| anyhow!("{}: {e}: {line}", path.display()))?;
            judge(&case, &mut lab, &mut tally);
        }
    }
    Ok(tally)
}

fn judge(case: &Case, lab: &mut Lab, tally: &mut Tally) {
    let usable = rows::row_of(case.word).is_some_and(|(n, _)| rows::usable(case.word, n));
    let comparable = usable && known::list(Arch::A64).never(&case.row).is_none();
    let Some(program) = program(case).filter(|_| comparable) else {
        tally.skipped += 1;
        return;
    };
    match lab.investigate(&program, Mode::Counted) {
        Finding::Agree => tally.agreed += 1,
        Finding::Known(..) => tally.explained += 1,
        Finding::Abstains(_) => tally.skipped += 1,
        Finding::Crash(why) => tally.failures.push(format!("{case}\n  {why}")),
        Finding::Culprit(c) => {
            let fields: Vec<String> = c.fields.iter().map(ToString::to_string).collect();
            tally.failures.push(format!(
                "{case}\n  different on {}: {}",
                lab.subject.name(),
                fields.join(", ")
            ));
        }
    }
}

/// The case as a program of one instruction, or `None` where its start has what a program does not
/// (PSTATE, the exclusive monitor) or the instruction reads or writes its own page.
fn program(case: &Case) -> Option<Program> {
    const PAGE: u64 = 0x1000;
    let mut regs = A64Regs { pc: case::PC, ..A64Regs::default() };
    for item in &case.inputs {
        let Item::Value(place, v) = item else {
            if matches!(item, Item::Memory(..)) {
                continue;
            }
            return None;
        };
        let low = u64::try_from(*v & u128::from(u64::MAX)).ok()?;
        match *place {
            Place::X(31) => regs.sp = low,
            Place::X(n) => *regs.x.get_mut(usize::from(n))? = low,
            Place::V(n) => *regs.v.get_mut(usize::from(n))? = *v,
            Place::Nzcv => regs.nzcv = u8::try_from(low).ok()?,
            Place::Fpcr => regs.fpcr = u32::try_from(low).ok()?,
            Place::Fpsr => regs.fpsr = u32::try_from(low).ok()?,
            Place::Pc | Place::Pstate(_) => return None,
        }
    }
    let memory = case::prepare(&case.inputs).mem;
    let end = case::BASE + memory.len() as u64;
    let region = |from: u64, to: u64, perm| {
        let at = |addr: u64| usize::try_from(addr - case::BASE).unwrap_or_default();
        Region { base: from, size: to - from, perm, bytes: memory[at(from)..at(to)].to_vec() }
    };
    let mut code = region(case::PC, case::PC + PAGE, Perm::Code);
    code.bytes[..4].copy_from_slice(&case.word.to_le_bytes());
    let own_page = |item: &Item| matches!(item, Item::Memory(at, _) if at & !(PAGE - 1) == case::PC);
    if case.outputs.iter().any(own_page) {
        return None;
    }
    Some(Program {
        regions: vec![
            region(case::BASE, case::PC, Perm::ReadWrite),
            code,
            region(case::PC + PAGE, end, Perm::ReadWrite),
        ],
        regs: Regs::A64(Box::new(regs)),
        end: case::PC + 4,
        // A branch to nowhere is to fault there.
        limit: 2,
    })
}

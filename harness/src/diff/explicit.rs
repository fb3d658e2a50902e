//! Programs in full: what a shrunk failure is saved as, and how such a scenario is run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use innkeeper_core::isa::a64::case::{self, Item, Place};
use innkeeper_core::wire::{A64Regs, Mode, Reply, Written};

use super::investigate::regs;
use super::{Culprit, Failure, Finding, Subjects};
use crate::engine::{Engine, Outcome, Step};
use crate::generate::{Block, SCRATCH, SCRATCH_SIZE, Slot};
use crate::scenario::differential::Explicit;

/// An engine that ends in another state than a scenario says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The engine is somebody else's.
    pub external: bool,
    /// Its name and where it ended.
    pub text: String,
}

/// Runs an explicit program on our semantics and on `subjects`: the engines that differ from the
/// scenario.
pub fn check(wanted: &Explicit, subjects: Subjects<'_, '_>) -> Result<Vec<Difference>, String> {
    let block = block(&wanted.code.0, &wanted.start)?;
    let program = block.program();
    let mut expected: Vec<String> = case::items(&wanted.end)?.iter().map(ToString::to_string).collect();
    expected.sort();
    let mut out = Vec::new();
    let mut step = Step;
    let mut engines: Vec<&mut dyn Engine> = vec![&mut step];
    engines.extend(subjects.iter_mut().map(|s| &mut **s as &mut dyn Engine));
    for engine in engines {
        let (name, external) = (engine.name(), engine.capabilities().external);
        match engine.run(std::slice::from_ref(&program), Mode::Counted).pop() {
            Some(Outcome::Done(reply)) => {
                let stop = format!("{:?}", reply.stop);
                let mut actual = changes(&block.start(), &reply);
                actual.sort();
                if stop != wanted.stop || actual != expected {
                    let (actual, expected) = (actual.join(" "), expected.join(" "));
                    let text = format!("{name}: {stop} {actual}\nwanted: {} {expected}", wanted.stop);
                    out.push(Difference { external, text });
                }
            }
            Some(Outcome::Crashed(why)) => out.push(Difference { external, text: format!("{name}: {why}") }),
            Some(Outcome::NotComparable(_)) | None => {}
        }
    }
    Ok(out)
}

/// The block of a program in full.
fn block(code: &[u8], start: &str) -> Result<Block, String> {
    let words = code.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let slots: Vec<Slot> = words.map(|word| Slot { word, link: None }).collect();
    if slots.is_empty() || !code.len().is_multiple_of(4) || slots.len() > 2 * crate::generate::MAX_LEN {
        return Err("the code is not 1 to 128 whole instructions".into());
    }
    let mut block =
        Block { slots, regs: A64Regs::default(), code_pointers: Vec::new(), scratch: vec![0; SCRATCH_SIZE] };
    for item in case::items(start)? {
        set(&mut block, &item).ok_or_else(|| format!("`{item}` is not part of a start state"))?;
    }
    Ok(block)
}

fn set(block: &mut Block, item: &Item) -> Option<()> {
    match item {
        Item::Memory(at, bytes) => {
            let from = usize::try_from(at.checked_sub(SCRATCH)?).ok()?;
            block.scratch.get_mut(from..from.checked_add(bytes.len())?)?.copy_from_slice(bytes);
        }
        Item::Value(place, v) => {
            let low = u64::try_from(*v & u128::from(u64::MAX)).ok()?;
            let r = &mut block.regs;
            match *place {
                Place::X(31) => r.sp = low,
                Place::X(n) => *r.x.get_mut(usize::from(n))? = low,
                Place::V(n) => *r.v.get_mut(usize::from(n))? = *v,
                Place::Nzcv => r.nzcv = u8::try_from(low).ok()?,
                Place::Fpcr => r.fpcr = u32::try_from(low).ok()?,
                Place::Fpsr => r.fpsr = u32::try_from(low).ok()?,
                Place::Pc | Place::Pstate(_) => return None,
            }
        }
        Item::Monitor(_) | Item::Waiting | Item::Trap(_) => return None,
    }
    Some(())
}

/// What is different at the end, as items.
fn changes(start: &A64Regs, end: &Reply) -> Vec<String> {
    let Some(end_regs) = regs(end) else { return Vec::new() };
    let mut out = state(end_regs, start);
    if end_regs.pc != start.pc {
        out.push(Item::Value(Place::Pc, end_regs.pc.into()).to_string());
    }
    out.extend(end.written.iter().map(memory));
    out
}

fn memory(w: &Written) -> String {
    Item::Memory(w.addr, w.bytes.clone()).to_string()
}

/// Registers of `r` that differ from `base`, apart from the PC.
fn state(r: &A64Regs, base: &A64Regs) -> Vec<String> {
    let mut all: Vec<(Place, u128, u128)> = Vec::new();
    all.extend(
        (0u8..).zip(r.x.iter().zip(&base.x)).map(|(n, (a, b))| (Place::X(n), (*a).into(), (*b).into())),
    );
    all.push((Place::X(31), r.sp.into(), base.sp.into()));
    all.extend((0u8..).zip(r.v.iter().zip(&base.v)).map(|(n, (a, b))| (Place::V(n), *a, *b)));
    all.push((Place::Nzcv, r.nzcv.into(), base.nzcv.into()));
    all.push((Place::Fpcr, r.fpcr.into(), base.fpcr.into()));
    all.push((Place::Fpsr, r.fpsr.into(), base.fpsr.into()));
    all.into_iter().filter(|(_, a, b)| a != b).map(|(p, a, _)| Item::Value(p, a).to_string()).collect()
}

/// Text of the scenario that a failure is saved as, or `None` for one without an end (a crash).
/// The end is the oracle's: if the manual says that one is wrong, the place of the case is
/// `golden/known.toml`. Where an engine of our own differs, the end is step's.
pub fn yaml(f: &Failure, subject: &mut dyn Engine) -> Option<(String, String)> {
    let Finding::Culprit(c) = &f.finding else { return None };
    let start = f.block.start();
    let mut step = Step;
    let right: &mut dyn Engine = if subject.capabilities().external { subject } else { &mut step };
    let end = match right.run(&[f.block.program()], Mode::Counted).pop() {
        Some(Outcome::Done(reply)) => reply,
        _ => return None,
    };
    let name = name(f, c);
    let code: Vec<String> = f
        .block
        .words()
        .iter()
        .map(|w| w.to_le_bytes().iter().map(|b| format!("{b:02x}")).collect::<String>())
        .collect();
    let mut begin = state(&start, &A64Regs { pc: start.pc, ..A64Regs::default() });
    begin.extend(innkeeper_core::wire::written(SCRATCH, &[], &f.block.scratch).iter().map(memory));
    let mut text = String::from("# yaml-language-server: $schema=../../harness/schema/scenario-v1.json\n");
    let _ = write!(
        text,
        "scenario: 1\nname: {name}\nabout: \"{} on {}; found by seed {:#x}.\"\ntags: [diff, regression]\n\n\
         differential:\n  arch: aarch64\n  reference: step\n  subjects: [{}]\n  source:\n    case:\n      \
         code: \"{}\"\n      start: \"{}\"\n      stop: \"{:?}\"\n      end: \"{}\"\n",
        c.row,
        f.subject,
        f.seed,
        f.subject,
        code.join(" "),
        begin.join(" "),
        end.stop,
        changes(&start, &end).join(" "),
    );
    Some((name, text))
}

fn name(f: &Failure, c: &Culprit) -> String {
    format!("{}-{:x}", c.row.to_lowercase().replace('_', "-").replace('?', "outside"), f.seed)
}

/// Saves a failure in `dir`; the path.
pub fn save(f: &Failure, dir: &Path, subject: &mut dyn Engine) -> std::io::Result<Option<PathBuf>> {
    let Some((name, text)) = yaml(f, subject) else { return Ok(None) };
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!("{name}.yaml"));
    std::fs::write(&path, text)?;
    Ok(Some(path))
}

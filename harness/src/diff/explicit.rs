//! Programs in full: what a shrunk failure is saved as, and how such a scenario is run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use innkeeper_core::wire::{Arch, Mode, Perm, Program, Regs, Reply};

use super::investigate;
use super::program::program;
use super::{Culprit, Failure, Finding, Subjects};
use crate::engine::{Engine, Outcome};
use crate::generate::SCRATCH;
use crate::generate::state::{self, Class, Item, Register};
use crate::guests;
use crate::scenario::differential::Explicit;

/// An engine that ends in another state than a scenario says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The engine is somebody else's.
    pub external: bool,
    /// Its name and where it ended.
    pub text: String,
}

/// Runs an explicit program on the reference and on `subjects`: the engines that differ from the
/// scenario.
pub fn check(
    arch: Arch,
    wanted: &Explicit,
    reference: &mut dyn Engine,
    subjects: Subjects<'_, '_>,
) -> Result<Vec<Difference>, String> {
    let program = program(arch, &wanted.code.0, &wanted.start)?;
    let run = investigate::run(reference, &program);
    let mut expected: Vec<String> =
        state::parse(arch, &wanted.end)?.iter().map(ToString::to_string).collect();
    expected.sort();
    let mut begin = program.regs.clone();
    run.undefined.clear_registers(&mut begin);
    let mut out = Vec::new();
    let mut engines: Vec<&mut dyn Engine> = vec![reference];
    engines.extend(subjects.iter_mut().map(|s| &mut **s as &mut dyn Engine));
    for engine in engines {
        let (name, external) = (engine.name(), engine.capabilities().external);
        let mut outcome = engine.run(std::slice::from_ref(&run.program), Mode::Counted).pop();
        if let Some(outcome) = &mut outcome {
            run.undefined.clear_outcome(outcome);
        }
        match outcome {
            Some(Outcome::Done(reply)) => {
                let stop = format!("{:?}", reply.stop);
                let mut actual = changes(&begin, &reply);
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

/// What is different at the end, as items.
fn changes(start: &Regs, end: &Reply) -> Vec<String> {
    let pc = Register::all(end.regs.arch()).filter(|r| r.class() == Class::Pc);
    let moved = pc.filter(|r| r.get(&end.regs) != r.get(start)).map(|r| Item::Register(r, r.get(&end.regs)));
    let registers = state::differing(&end.regs, start).into_iter().chain(moved);
    registers.chain(state::memory(&end.written)).map(|item| item.to_string()).collect()
}

/// Text of the scenario that a failure is saved as, or `None` for one without an end (a crash).
/// Where an engine of our own differs, the end is the reference's. Where Unicorn differs from our
/// semantics it is Unicorn's: if the manual says that one is wrong, the place of the case is
/// `golden/known.toml`.
pub fn yaml(f: &Failure, reference: &mut dyn Engine, subject: &mut dyn Engine) -> Option<(String, String)> {
    let Finding::Culprit(c) = &f.finding else { return None };
    let undefined = investigate::run(reference, &f.program).undefined;
    let theirs = subject.capabilities().external && !reference.capabilities().external;
    let right: &mut dyn Engine = if theirs { subject } else { reference };
    let mut outcome = right.run(std::slice::from_ref(&f.program), Mode::Counted).pop()?;
    undefined.clear_outcome(&mut outcome);
    let end = outcome.done()?;
    let arch = f.program.regs.arch();
    let name = name(f, c);
    let (code, scratch) = parts(&f.program)?;
    let mut begin: Vec<Item> = state::differing(&f.program.regs, &state::nothing(arch));
    begin.extend(state::memory(&innkeeper_core::wire::written(SCRATCH, &[], scratch)));
    let begin: Vec<String> = begin.iter().map(ToString::to_string).collect();
    let mut start = f.program.regs.clone();
    undefined.clear_registers(&mut start);
    let mut text = String::from("# yaml-language-server: $schema=../../harness/schema/scenario-v1.json\n");
    let _ = write!(
        text,
        "scenario: 1\nname: {name}\nabout: \"{} on {}; found by seed {:#x}.\"\ntags: [diff, regression]\n\n\
         differential:\n  arch: {}\n  reference: {}\n  subjects: [{}]\n  source:\n    case:\n      \
         code: \"{}\"\n      start: \"{}\"\n      stop: \"{:?}\"\n      end: \"{}\"\n",
        c.row,
        f.subject,
        f.seed,
        guests::of_wire(arch).arch.as_str(),
        f.reference,
        f.subject,
        code,
        begin.join(" "),
        end.stop,
        changes(&start, end).join(" "),
    );
    Some((name, text))
}

/// Code in hexadecimal, scratch memory.
fn parts(program: &Program) -> Option<(String, &[u8])> {
    let of = |perm| program.regions.iter().find(|r| r.perm == perm).map(|r| &r.bytes[..]);
    let groups = of(Perm::Code)?.chunks(4).map(|g| g.iter().map(|b| format!("{b:02x}")).collect::<String>());
    Some((groups.collect::<Vec<_>>().join(" "), of(Perm::ReadWrite)?))
}

fn name(f: &Failure, c: &Culprit) -> String {
    format!("{}-{:x}", c.row.to_lowercase().replace('_', "-").replace('?', "outside"), f.seed)
}

/// Saves a failure in `dir`; the path.
pub fn save(
    f: &Failure,
    dir: &Path,
    reference: &mut dyn Engine,
    subject: &mut dyn Engine,
) -> std::io::Result<Option<PathBuf>> {
    let Some((name, text)) = yaml(f, reference, subject) else { return Ok(None) };
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!("{name}.yaml"));
    std::fs::write(&path, text)?;
    Ok(Some(path))
}

//! From "these two ends differ" to the instruction that makes the difference, and to the smallest
//! program that shows it.

use innkeeper_core::wire::{Mode, Perm, Program, Reply, Stop};
use proptest::strategy::ValueTree;

use super::compare;
use super::compare::Field;
use super::known::{self, Event};
use crate::engine::{Engine, Outcome};
use crate::generate::shrink::Tree;
use crate::generate::state::Register;
use crate::generate::x64::defined::Undefined;
use crate::generate::{Block, Insn, SCRATCH};

/// Stands for the row where engines agree up to the end of a first pass and differ afterwards.
const LOOP: &str = "loop";

/// Name of the row of an instruction, given what lies in memory from it on and its address.
pub type RowOf = fn(&[u8], u64) -> Option<&'static str>;

/// The engines and what is asked of them.
pub struct Lab<'a> {
    /// The engine with which the other is compared.
    pub reference: &'a mut dyn Engine,
    /// The other engine.
    pub subject: &'a mut dyn Engine,
    row_of: RowOf,
}

/// A program as the reference ran it.
#[derive(Clone, Debug)]
pub struct Run {
    /// The program, its limit lowered to what can be compared.
    pub program: Program,
    /// The end, without what is undefined; or why there is none.
    pub end: Outcome,
    /// Addresses of the instructions executed.
    pub path: Vec<u64>,
    /// What is undefined at the end.
    pub undefined: Undefined,
}

/// Runs a program on the reference.
pub fn run(reference: &mut dyn Engine, program: &Program) -> Run {
    let (mut path, mut cut) = (Vec::new(), false);
    let (mut before, mut undefined) = (Undefined::default(), Undefined::default());
    let mut end = reference.watch(program, &mut |moment| {
        let mut next = undefined;
        cut = !next.before(moment);
        if !cut {
            (before, undefined) = (undefined, next);
            path.push(moment.pc);
        }
        !cut
    });
    if end.done().is_some_and(|r| !matches!(r.stop, Stop::End | Stop::Limit)) {
        // The last instruction may have left what was undefined before it.
        undefined = undefined.or(before);
    }
    let mut program = program.clone();
    if cut {
        program.limit = path.len() as u64;
    }
    undefined.clear_outcome(&mut end);
    Run { program, end, path, undefined }
}

/// The instruction two engines disagree about.
#[derive(Clone, Debug)]
pub struct Culprit {
    /// Row, or `?` outside the program.
    pub row: &'static str,
    /// What lies in memory from it on, 15 bytes.
    pub code: Vec<u8>,
    /// Its address.
    pub pc: u64,
    /// Instructions executed before it.
    pub before: u64,
    /// State before it, the same for both.
    pub state: Reply,
    /// State after it, the reference's.
    pub ours: Reply,
    /// State after it, theirs.
    pub theirs: Reply,
    /// What differs.
    pub fields: Vec<Field>,
}

/// What became of a difference.
#[derive(Clone, Debug)]
pub enum Finding {
    /// There is none.
    Agree,
    /// The other engine contradicts itself or has no say.
    Abstains(String),
    /// An entry of `known.toml` explains it.
    Known(String, Box<Culprit>),
    /// Nothing explains it.
    Culprit(Box<Culprit>),
    /// The other engine died.
    Crash(String),
}

impl Finding {
    /// What must stay the same while a failure is shrunk: the row and the first part that differs.
    pub fn signature(&self) -> String {
        match self {
            Finding::Culprit(c) => {
                format!("{} {}", c.row, c.fields.first().map_or("", |f| f.kind()))
            }
            Finding::Crash(_) => "crash".into(),
            Finding::Known(id, _) => format!("known {id}"),
            Finding::Agree | Finding::Abstains(_) => String::new(),
        }
    }
}

impl<'a> Lab<'a> {
    /// A laboratory with two engines, for programs of the instructions `I`.
    pub fn new<I: Insn>(reference: &'a mut dyn Engine, subject: &'a mut dyn Engine) -> Lab<'a> {
        Lab { reference, subject, row_of: |code, pc| I::decode(code, pc)?.insn.row() }
    }

    fn ours(&mut self, program: &Program) -> Option<(Reply, Run)> {
        let run = run(self.reference, program);
        Some((run.end.done()?.clone(), run))
    }

    fn theirs(&mut self, run: &Run, mode: Mode) -> Outcome {
        let all = self.subject.run(std::slice::from_ref(&run.program), mode);
        let mut outcome =
            all.into_iter().next().unwrap_or_else(|| Outcome::NotComparable("no answer".into()));
        run.undefined.clear_outcome(&mut outcome);
        outcome
    }

    /// Looks into a program that ended differently in `mode`.
    pub fn investigate(&mut self, program: &Program, mode: Mode) -> Finding {
        let Some((ours, run)) = self.ours(program) else { return Finding::Agree };
        let mode = if run.program.limit == program.limit { mode } else { Mode::Counted };
        let theirs = match self.theirs(&run, mode) {
            Outcome::Done(reply) => reply,
            Outcome::NotComparable(why) => return Finding::Abstains(why),
            Outcome::Crashed(why) => return Finding::Crash(why),
        };
        if compare::differences(&ours, &theirs).is_empty() {
            return Finding::Agree;
        }
        match self.trace(&run, &ours) {
            Some(culprit) => self.explain(culprit),
            None => self.self_contradiction(&run, &theirs),
        }
    }

    /// The first instruction after which the states differ.
    fn trace(&mut self, run: &Run, end: &Reply) -> Option<Culprit> {
        let program = &run.program;
        let programs = match self.subject.capabilities().translates {
            true => cut(program, &run.path),
            false => counted(program, end),
        };
        let theirs = self.subject.run(&programs, Mode::Counted);
        let mut state = start(program);
        for (shortened, mut theirs) in programs.iter().zip(theirs) {
            let (ours, run) = self.ours(shortened)?;
            run.undefined.clear_outcome(&mut theirs);
            let theirs = theirs.done()?.clone();
            let fields = compare::differences(&ours, &theirs);
            if fields.is_empty() {
                state = ours;
                continue;
            }
            let pc = state.regs.pc();
            let code = code_at(program, pc);
            let row = match ours.count.unwrap_or_default() > programs.len() as u64 {
                true => LOOP,
                false => (self.row_of)(&code, pc).unwrap_or("?"),
            };
            let before = state.count.unwrap_or_default();
            return Some(Culprit { row, code, pc, before, state, ours, theirs, fields });
        }
        None
    }

    /// Looks the culprit up among the oracle's known errors; our own engines have none.
    fn explain(&self, culprit: Culprit) -> Finding {
        if !self.subject.capabilities().external {
            return Finding::Culprit(Box::new(culprit));
        }
        let regs = &culprit.state.regs;
        let fpcr = Register::named(regs.arch(), "fpcr").map_or(0, |r| r.get(regs));
        let event = Event {
            row: culprit.row,
            word: culprit.code.first_chunk().map_or(0, |word| u32::from_le_bytes(*word)),
            pc: culprit.pc,
            fpcr: u32::try_from(fpcr).unwrap_or_default(),
            stops: [culprit.ours.stop, culprit.theirs.stop],
            fields: &culprit.fields,
            bits: compare::differing_bits(&culprit.ours.regs, &culprit.theirs.regs),
        };
        match known::list(regs.arch()).explain(&event) {
            Some(known) => Finding::Known(known.id.clone(), Box::new(culprit)),
            None => Finding::Culprit(Box::new(culprit)),
        }
    }

    /// No instruction differs when traced, yet the end did: the engine depends on its mode.
    fn self_contradiction(&mut self, run: &Run, theirs: &Reply) -> Finding {
        match self.theirs(run, Mode::Counted) {
            Outcome::Done(counted) if !compare::state_differences(&counted, theirs).is_empty() => {
                Finding::Abstains("differs between whole blocks and counted instructions".into())
            }
            _ => Finding::Agree,
        }
    }

    /// The smallest block with the same signature.
    pub fn shrink<I: Insn>(&mut self, block: &Block<I>, mode: Mode, finding: Finding) -> (Block<I>, Finding) {
        const TRIES: usize = 4000;
        let signature = finding.signature();
        let mut found = finding;
        let mut tree = Tree::new(block.clone());
        // The instruction alone, started in the state before it, is nearly always enough.
        if let Finding::Culprit(c) = &found
            && let Some(alone) = alone(c)
        {
            tree.propose(alone);
        }
        let mut best = block.clone();
        let mut more = tree.current() != *block || tree.simplify();
        for _ in 0..TRIES {
            if !more {
                break;
            }
            let candidate = tree.current();
            let mut now = self.investigate(&candidate.program(), Mode::Counted);
            if mode == Mode::Block && now.signature() != signature && candidate.goes_forward() {
                now = self.investigate(&candidate.program(), Mode::Block);
            }
            more = if now.signature() == signature {
                (best, found) = (candidate, now);
                tree.simplify()
            } else {
                tree.complicate()
            };
        }
        (best, found)
    }
}

/// The program with a limit after each instruction executed, and after the one that stopped it.
fn counted(program: &Program, end: &Reply) -> Vec<Program> {
    let steps = end.count.unwrap_or(program.limit).saturating_add(1).min(program.limit);
    (1..=steps).map(|limit| Program { limit, ..program.clone() }).collect()
}

/// A program's start as a reply.
fn start(program: &Program) -> Reply {
    Reply { stop: Stop::Limit, count: Some(0), regs: program.regs.clone(), written: Vec::new() }
}

/// What lies at `pc`, as long as the longest instruction.
fn code_at(program: &Program, pc: u64) -> Vec<u8> {
    const LONGEST: usize = 15;
    let code = program.regions.iter().find(|r| r.perm == Perm::Code);
    let at = code.and_then(|r| Some((r, usize::try_from(pc.checked_sub(r.base)?).ok()?)));
    at.and_then(|(r, at)| {
        Some(r.bytes.get(at..)?.iter().copied().chain(std::iter::repeat(0)).take(LONGEST).collect())
    })
    .unwrap_or_default()
}

/// The program with an undefined instruction in place of each one executed, in the order they are first
/// reached, and last the program itself. What stands before the cut is compiled as it is in the whole.
fn cut(program: &Program, path: &[u64]) -> Vec<Program> {
    let mut places: Vec<u64> = Vec::new();
    for pc in path {
        if !places.contains(pc) {
            places.push(*pc);
        }
    }
    let cuts = places.iter().skip(1).filter_map(|pc| {
        let mut program = program.clone();
        let code = program.regions.iter_mut().find(|r| r.perm == Perm::Code)?;
        let at = usize::try_from(pc.checked_sub(code.base)?).ok()?;
        code.bytes.get_mut(at..at + 4)?.fill(0);
        Some(program)
    });
    cuts.chain([program.clone()]).collect()
}

/// The culprit as a program of one instruction. Branches and literals are given a target of their
/// own; memory is that of the whole program as far as it was written.
fn alone<I: Insn>(c: &Culprit) -> Option<Block<I>> {
    let mut scratch = vec![0; crate::generate::SCRATCH_SIZE];
    for w in &c.state.written {
        let at = usize::try_from(w.addr.checked_sub(SCRATCH)?).ok()?;
        scratch.get_mut(at..at + w.bytes.len())?.copy_from_slice(&w.bytes);
    }
    let slots = vec![I::decode(&c.code, c.pc)?];
    Some(Block { slots, regs: c.state.regs.clone(), code_pointers: Vec::new(), scratch })
}

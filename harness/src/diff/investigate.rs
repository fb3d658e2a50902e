//! From "these two ends differ" to the instruction that makes the difference, and to the smallest
//! program that shows it.

use innkeeper_core::wire::{A64Regs, Mode, Perm, Program, Regs, Reply};
use proptest::strategy::ValueTree;

use super::compare::{self, Field};
use super::known::{self, Event};
use crate::engine::{Engine, Outcome, Step};
use crate::generate::rows;
use crate::generate::shrink::Tree;
use crate::generate::{Block, SCRATCH, Slot};

/// Stands for the row where engines agree up to the end of a first pass and differ afterwards.
const LOOP: &str = "loop";

/// The engines and what is asked of them.
pub struct Lab<'a> {
    /// Our semantics: the reference.
    pub step: Step,
    /// The other engine.
    pub subject: &'a mut dyn Engine,
}

/// The instruction two engines disagree about.
#[derive(Clone, Debug)]
pub struct Culprit {
    /// Row, or `?` outside the program.
    pub row: &'static str,
    /// Word.
    pub word: u32,
    /// Its address.
    pub pc: u64,
    /// Instructions executed before it.
    pub before: u64,
    /// State before it, the same for both.
    pub state: Reply,
    /// State after it, ours.
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
    /// A laboratory with our semantics and `subject`.
    pub fn new(subject: &'a mut dyn Engine) -> Lab<'a> {
        Lab { step: Step, subject }
    }

    fn ours(&mut self, program: &Program) -> Option<Reply> {
        match self.step.execute(program, |_| ()) {
            Outcome::Done(reply) => Some(reply),
            _ => None,
        }
    }

    fn theirs(&mut self, program: &Program, mode: Mode) -> Outcome {
        let all = self.subject.run(std::slice::from_ref(program), mode);
        all.into_iter().next().unwrap_or_else(|| Outcome::NotComparable("no answer".into()))
    }

    /// Looks into a block that ended differently in `mode`.
    pub fn investigate(&mut self, block: &Block, mode: Mode) -> Finding {
        self.investigate_program(&block.program(), mode)
    }

    /// The same for a program.
    pub fn investigate_program(&mut self, program: &Program, mode: Mode) -> Finding {
        let Some(ours) = self.ours(program) else { return Finding::Agree };
        let theirs = match self.theirs(program, mode) {
            Outcome::Done(reply) => reply,
            Outcome::NotComparable(why) => return Finding::Abstains(why),
            Outcome::Crashed(why) => return Finding::Crash(why),
        };
        if compare::differences(&ours, &theirs).is_empty() {
            return Finding::Agree;
        }
        match self.trace(program, &ours) {
            Some(culprit) => self.explain(culprit),
            None => self.self_contradiction(program, &theirs),
        }
    }

    /// The first instruction after which the states differ.
    fn trace(&mut self, program: &Program, end: &Reply) -> Option<Culprit> {
        let programs = match self.subject.capabilities().translates {
            true => self.cut(program),
            false => counted(program, end),
        };
        let theirs = self.subject.run(&programs, Mode::Counted);
        let mut state = start(program);
        for (shortened, theirs) in programs.iter().zip(theirs) {
            let ours = self.ours(shortened)?;
            let theirs = theirs.done()?.clone();
            let fields = compare::differences(&ours, &theirs);
            if fields.is_empty() {
                state = ours;
                continue;
            }
            let pc = state.regs.pc();
            let word = word_at(program, pc).unwrap_or_default();
            let row = match ours.count.unwrap_or_default() > programs.len() as u64 {
                true => LOOP,
                false => rows::row_of(word).map_or("?", |(_, row)| row.name),
            };
            let before = state.count.unwrap_or_default();
            return Some(Culprit { row, word, pc, before, state, ours, theirs, fields });
        }
        None
    }

    /// The program with an undefined instruction in place of each one executed, in the order they
    /// are first reached, and last the program itself. What stands before the cut is compiled as it
    /// is in the whole.
    fn cut(&mut self, program: &Program) -> Vec<Program> {
        let mut path = Vec::new();
        self.step.execute(program, |pc| {
            if !path.contains(&pc) {
                path.push(pc);
            }
        });
        let cuts = path.iter().skip(1).filter_map(|pc| {
            let mut program = program.clone();
            let code = program.regions.iter_mut().find(|r| r.perm == Perm::Code)?;
            let at = usize::try_from(pc.checked_sub(code.base)?).ok()?;
            code.bytes.get_mut(at..at + 4)?.fill(0);
            Some(program)
        });
        let mut programs: Vec<Program> = cuts.collect();
        programs.push(program.clone());
        programs
    }

    /// Looks the culprit up among the oracle's known errors; our own engines have none.
    fn explain(&self, culprit: Culprit) -> Finding {
        if !self.subject.capabilities().external {
            return Finding::Culprit(Box::new(culprit));
        }
        let fpcr = regs(&culprit.state).map_or(0, |r| r.fpcr);
        let bits = match (regs(&culprit.ours), regs(&culprit.theirs)) {
            (Some(a), Some(b)) => compare::differing_bits(a, b),
            _ => u64::MAX,
        };
        let event = Event {
            row: culprit.row,
            word: culprit.word,
            pc: culprit.pc,
            fpcr,
            stops: [culprit.ours.stop, culprit.theirs.stop],
            fields: &culprit.fields,
            bits,
        };
        match known::list().explain(&event) {
            Some(known) => Finding::Known(known.id.clone(), Box::new(culprit)),
            None => Finding::Culprit(Box::new(culprit)),
        }
    }

    /// No instruction differs when traced, yet the end did: the engine depends on its mode.
    fn self_contradiction(&mut self, program: &Program, theirs: &Reply) -> Finding {
        match self.theirs(program, Mode::Counted) {
            Outcome::Done(counted) if !compare::state_differences(&counted, theirs).is_empty() => {
                Finding::Abstains("differs between whole blocks and counted instructions".into())
            }
            _ => Finding::Agree,
        }
    }

    /// The smallest block with the same signature.
    pub fn shrink(&mut self, block: &Block, mode: Mode, finding: Finding) -> (Block, Finding) {
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
            let mut now = self.investigate(&candidate, Mode::Counted);
            if mode == Mode::Block && now.signature() != signature && candidate.goes_forward() {
                now = self.investigate(&candidate, Mode::Block);
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
    Reply {
        stop: innkeeper_core::wire::Stop::Limit,
        count: Some(0),
        regs: program.regs.clone(),
        written: Vec::new(),
    }
}

/// The AArch64 registers of a reply.
pub fn regs(reply: &Reply) -> Option<&A64Regs> {
    match &reply.regs {
        Regs::A64(r) => Some(r),
        Regs::X64(_) => None,
    }
}

fn word_at(program: &Program, pc: u64) -> Option<u32> {
    let code = program.regions.iter().find(|r| r.perm == Perm::Code)?;
    let at = usize::try_from(pc.checked_sub(code.base)?).ok()?;
    Some(u32::from_le_bytes(code.bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The culprit as a program of one instruction. Branches and literals are given a target of their
/// own; memory is that of the whole program as far as it was written.
fn alone(c: &Culprit) -> Option<Block> {
    let mut scratch = vec![0; crate::generate::SCRATCH_SIZE];
    for w in &c.state.written {
        let at = usize::try_from(w.addr.checked_sub(SCRATCH)?).ok()?;
        scratch.get_mut(at..at + w.bytes.len())?.copy_from_slice(&w.bytes);
    }
    let link = rows::link_field(c.word).map(|_| 0);
    let block = Block {
        slots: vec![Slot { word: c.word, link }],
        regs: regs(&c.state)?.clone(),
        code_pointers: Vec::new(),
        scratch,
    };
    Some(block)
}

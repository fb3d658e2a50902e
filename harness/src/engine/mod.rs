//! What executes a program of the differential check: one trait, one file per engine.
//!
//! A program is a [`wire::Program`](innkeeper_core::wire::Program): memory, registers, where it
//! ends. An engine answers with the state it ends in, or that it cannot be compared, never with a
//! guess.

mod a64;
mod accelerated;
mod kvm;
mod step;
mod unicorn;

use anyhow::{Context as _, bail, ensure};
use innkeeper_core::accel::{Explained, interp};
use innkeeper_core::wire::{Mode, Program, Reply, X64Regs};

pub use accelerated::Accelerated;
pub use kvm::Kvm;
pub use step::Step;
pub use unicorn::{Unicorn, locate as locate_oracle};

use crate::guests::Guest;
use crate::scenario::differential::Engine as Name;

/// What an engine made of a program.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// State at the end.
    Done(Reply),
    /// This engine cannot execute the program or has no say about it; the reason.
    NotComparable(String),
    /// The engine died of the program; what is known.
    Crashed(String),
}

impl Outcome {
    /// The state, if there is one.
    pub fn done(&self) -> Option<&Reply> {
        match self {
            Outcome::Done(reply) => Some(reply),
            _ => None,
        }
    }
}

/// What an engine can do.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// [`Program::limit`] is honoured exactly in [`Mode::Counted`].
    pub exact_limit: bool,
    /// Has a state of its own to answer for; a process or device that may be missing.
    pub external: bool,
    /// Compiles a program as a whole: a limit shorter than that has it interpreted, so counting
    /// finds no culprit among its instructions.
    pub translates: bool,
}

/// A program before one of its instructions.
pub struct Moment<'a> {
    /// Address of the instruction.
    pub pc: u64,
    /// Registers, of x86-64.
    pub x64: Option<&'a X64Regs>,
    /// Reads memory; whether all of it is there.
    pub read: &'a dyn Fn(u64, &mut [u8]) -> bool,
}

/// Sees a program before each instruction, and ends it by answering `false`.
pub type Watch<'a> = &'a mut dyn FnMut(&Moment<'_>) -> bool;

/// Something that executes programs.
pub trait Engine {
    /// Short name, as in reports.
    fn name(&self) -> &'static str;
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// Executes each program from its own start state; one outcome per program, in order.
    fn run(&mut self, programs: &[Program], mode: Mode) -> Vec<Outcome>;
    /// Executes a program under somebody's eyes. Engines with which others are compared can do that;
    /// of the rest nothing is seen.
    fn watch(&mut self, program: &Program, before: Watch<'_>) -> Outcome {
        let _ = before;
        let all = self.run(std::slice::from_ref(program), Mode::Counted);
        all.into_iter().next().unwrap_or_else(|| Outcome::NotComparable("no answer".into()))
    }
    /// What the engine made of the code at the program's start, if it translates.
    fn explain(&mut self, program: &Program) -> Option<Explained> {
        let _ = program;
        None
    }
}

/// Starts the engines of a check of `guest`; `names` begins with its reference.
pub fn start(guest: &Guest, names: &[Name]) -> anyhow::Result<Vec<Box<dyn Engine>>> {
    let reference = guest.reference();
    if names.len() < 2 || names[0] != reference {
        bail!("the engines are `{}`, with which all are compared, and at least one more", reference.as_str());
    }
    for (n, name) in names.iter().enumerate() {
        ensure!(!names[..n].contains(name), "the engine `{}` is named twice", name.as_str());
        ensure!(guest.engines.contains(name), "`{}` does not execute this architecture", name.as_str());
    }
    names.iter().map(|name| start_one(*name)).collect()
}

/// Our interpreter, where it executes `guest`.
pub fn interpreter(guest: &Guest) -> Option<Box<dyn Engine>> {
    guest.engines.contains(&Name::Interp).then(|| start_one(Name::Interp).ok()).flatten()
}

fn start_one(name: Name) -> anyhow::Result<Box<dyn Engine>> {
    Ok(match name {
        Name::Step => Box::new(Step),
        Name::Interp => Box::new(a64::Machine::interp(interp::Config::default())),
        Name::Jit => Box::new(a64::Machine::jit()?),
        Name::Unicorn => Box::new(Unicorn::start(locate_oracle()?).context("the oracle")?),
        Name::Kvm => Box::new(Kvm::start()?),
    })
}

/// Which engines a vote found in the wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Those that answered agree; fewer than two answers is no agreement.
    Agree,
    /// Nobody to compare with.
    NoQuorum,
    /// A majority agrees; these (by index) do not.
    Minority(Vec<usize>),
    /// No majority.
    Split,
}

/// Counts the votes of engines that were given the same program; `same` compares two states.
/// Engines that are not comparable have no vote.
pub fn vote(outcomes: &[Outcome], same: impl Fn(&Reply, &Reply) -> bool) -> Verdict {
    let voters: Vec<(usize, &Reply)> =
        outcomes.iter().enumerate().filter_map(|(n, o)| Some((n, o.done()?))).collect();
    let crashed: Vec<usize> =
        (0..outcomes.len()).filter(|&n| matches!(outcomes[n], Outcome::Crashed(_))).collect();
    if voters.len() < 2 {
        return if crashed.is_empty() { Verdict::NoQuorum } else { Verdict::Minority(crashed) };
    }
    let against = |candidate: &Reply| -> Vec<usize> {
        voters.iter().filter(|(_, r)| !same(candidate, r)).map(|(n, _)| *n).collect()
    };
    let best = voters.iter().map(|(_, r)| against(r)).min_by_key(Vec::len).unwrap_or_default();
    if best.is_empty() {
        return if crashed.is_empty() { Verdict::Agree } else { Verdict::Minority(crashed) };
    }
    if (voters.len() - best.len()) * 2 > voters.len() { Verdict::Minority(best) } else { Verdict::Split }
}

#[cfg(test)]
mod tests {
    use innkeeper_core::wire::{A64Regs, Regs, Stop};

    use super::*;

    fn done(x0: u64) -> Outcome {
        let mut regs = A64Regs::default();
        regs.x[0] = x0;
        Outcome::Done(Reply {
            stop: Stop::End,
            count: None,
            regs: Regs::A64(Box::new(regs)),
            written: vec![],
        })
    }

    #[test]
    fn the_majority_decides_and_abstention_is_no_vote() {
        let same = |a: &Reply, b: &Reply| a == b;
        let out = || Outcome::NotComparable("for the test".into());
        assert_eq!(vote(&[done(1), done(1)], same), Verdict::Agree);
        assert_eq!(vote(&[done(1), out()], same), Verdict::NoQuorum);
        assert_eq!(vote(&[done(1), done(2), done(1)], same), Verdict::Minority(vec![1]));
        assert_eq!(vote(&[done(1), done(2)], same), Verdict::Split);
        assert_eq!(vote(&[done(1), done(2), done(3)], same), Verdict::Split);
        assert_eq!(vote(&[done(1), Outcome::Crashed("x".into())], same), Verdict::Minority(vec![1]));
    }
}

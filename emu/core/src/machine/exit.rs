//! How far a machine runs, and why it stops.

use std::fmt;

use crate::emit::Trap;

/// How far to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limit {
    /// Until this many instructions have retired since the machine started.
    pub insns: Option<u64>,
    /// Until this guest time in ns.
    pub ns: Option<u64>,
}

impl Limit {
    /// Until `insns` instructions have retired in all.
    pub fn insns(insns: u64) -> Limit {
        Limit { insns: Some(insns), ns: None }
    }
    /// Until guest time `ns`.
    pub fn ns(ns: u64) -> Limit {
        Limit { insns: None, ns: Some(ns) }
    }
}

/// Why the machine stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The limit is reached.
    Limit,
    /// The guest powered off.
    Shutdown,
    /// The guest asked for a reset; [`Machine::reset`](super::Machine::reset) performs it.
    Reset,
    /// The guest ended itself with a status (semihosting, debug-exit port).
    Status(u32),
    /// Every CPU waits and nothing is due: only input from outside can go on from here.
    Idle,
    /// The guest is caught in an exception that its own handler raises.
    Crash(Crash),
}

/// A guest that cannot go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crash {
    /// Which CPU.
    pub cpu: usize,
    /// The trap that repeats.
    pub trap: Trap,
    /// The vector that raises it.
    pub pc: u64,
    /// Registers of the guest's that tell why, by name.
    pub syndrome: Vec<(&'static str, u64)>,
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why: Vec<_> = self.syndrome.iter().map(|(name, v)| format!("{name} {v:#x}")).collect();
        write!(
            f,
            "CPU {} takes the exception at its vector {:#x} again and again ({})",
            self.cpu,
            self.pc,
            why.join(", ")
        )
    }
}

//! What a machine says of itself: why it stopped, and how often its CPUs left the guest.

use std::fmt;

/// Why the machine stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The limit is reached.
    Limit,
    /// The guest powered off.
    Shutdown,
    /// The guest asked for a reset; [`Machine::reset`](crate::Machine::reset) performs it.
    Reset,
    /// The guest ended itself with a status (debug-exit port).
    Status(u32),
    /// The guest cannot go on.
    Crash(Crash),
    /// This host's KVM cannot run the guest; a sentence.
    Host(String),
    /// KVM or this crate failed; a sentence.
    Failed(String),
}

/// A guest that cannot go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crash {
    /// Which CPU.
    pub cpu: usize,
    /// Its instruction pointer as KVM left it: hardware of AMD resets the CPU with a triple fault.
    pub rip: u64,
    /// What happened.
    pub what: &'static str,
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CPU {} ended in {} (RIP {:#x})", self.cpu, self.what, self.rip)
    }
}

/// Returns from the guest, by kind.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Exits {
    /// Ports.
    pub port: u64,
    /// Memory of devices.
    pub mmio: u64,
    /// Signals.
    pub interrupted: u64,
}

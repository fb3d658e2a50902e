//! Engines: what runs guest code. The interpreter is one, the translator and KVM are others, in
//! crates of their own.

pub mod interp;

use crate::emit::Trap;
use crate::isa::Isa;
use crate::vcpu::Core;

pub use interp::Interp;

/// What an engine can do. Asking for more is refused, see [`Caps::require`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caps {
    /// Equal inputs at equal instruction counts give equal states.
    pub deterministic: bool,
    /// Stops after exactly the budget, and every device access sees the exact count.
    pub exact_icount: bool,
    /// A budget of one instruction is possible.
    pub single_step: bool,
    /// Several CPUs take turns under the run loop's control.
    pub round_robin: bool,
}

/// Something a run needs of its engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Recording, replaying, or a clock of instructions.
    Determinism,
    /// Limits and inputs at an instruction count.
    ExactCount,
    /// Single stepping.
    SingleStep,
    /// More than one CPU.
    Cpus,
}

/// An engine was asked for what it cannot do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the engine {engine} {what}")]
pub struct Refused {
    engine: &'static str,
    what: &'static str,
}

impl Caps {
    /// Refuses what `engine`, whose capabilities these are, cannot do.
    pub fn require(&self, engine: &'static str, need: Need) -> Result<(), Refused> {
        let (can, what) = match need {
            Need::Determinism => {
                (self.deterministic, "is not deterministic: it can neither record nor replay")
            }
            Need::ExactCount => (self.exact_icount, "does not count instructions exactly"),
            Need::SingleStep => (self.single_step, "cannot execute single instructions"),
            Need::Cpus => (self.round_robin, "cannot run several CPUs in turns"),
        };
        if can { Ok(()) } else { Err(Refused { engine, what }) }
    }
}

/// Why an engine stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The budget is used up.
    Budget,
    /// Interrupt lines, deadlines or power may have changed: the run loop must look.
    Attention,
    /// An instruction that waits has retired.
    Wait,
    /// A call that firmware may answer; PC is still at the instruction, which has been counted.
    Call(Trap),
    /// An exception's vector raises the same exception: the guest is caught in it for ever.
    Crash(Trap),
}

/// Counters of an engine, for `--stats`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Stats {
    /// Blocks decoded or translated.
    pub blocks: u64,
    /// Instructions decoded or translated.
    pub insns: u64,
    /// Times the whole cache was dropped because it was full.
    pub flushes: u64,
    /// Pages whose blocks were dropped because the guest wrote them.
    pub invalidated_pages: u64,
    /// Block lookups that the jump cache did not answer.
    pub lookups: u64,
    /// Instructions retired by interpretation; the rest ran translated.
    pub interpreted: u64,
    /// What was compiled to host code; zeros for the interpreter.
    pub compiled: Compiled,
    /// Why translated code came back.
    pub exits: Exits,
}

/// Counters of compiled code.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Compiled {
    /// Regions compiled.
    pub regions: u64,
    /// Guest instructions in them.
    pub insns: u64,
    /// CLIF instructions they became.
    pub clif: u64,
    /// Bytes of host code.
    pub host_bytes: u64,
    /// Processor time spent compiling, in ns of the compiling thread. Never visible to the guest.
    pub compile_ns: u64,
    /// Generations of the code cache dropped to make room.
    pub evictions: u64,
}

/// Returns from translated code to the engine, by kind.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Exits {
    /// To code that is not compiled, or by a return whose call is not on the host's stack.
    pub target: u64,
    /// The budget is shorter than the longest path to the next check.
    pub budget: u64,
    /// An instruction only the interpreter executes: a trap, a device, a system register.
    pub interpret: u64,
    /// Guest calls nest too deeply for the host's stack.
    pub depth: u64,
}

/// What an engine made of a piece of guest code, for failure reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explained {
    /// Intermediate representation, as text.
    pub ir: String,
    /// Address at which the code was (or would be) placed.
    pub address: u64,
    /// Host instructions.
    pub host: Vec<u8>,
    /// Guest instructions translated.
    pub insns: usize,
}

/// An engine for guests of kind `I`.
pub trait Accel<I: Isa>: Send {
    /// Name, as on the command line.
    fn name(&self) -> &'static str;
    /// What it can do.
    fn caps(&self) -> Caps;
    /// Runs at most `budget` (at least 1) instructions of `core`, delivering interrupts that are
    /// pending, and charges the clock for those retired.
    fn run(&mut self, core: &mut Core<I>, budget: u64) -> Stop;
    /// Forgets all code, as after a reset.
    fn invalidate(&mut self);
    /// Counters since creation.
    fn stats(&self) -> Stats;
    /// Addresses of the blocks entered last, oldest first, for failure reports; empty when the
    /// engine does not know.
    fn recent(&self) -> Vec<u64> {
        Vec::new()
    }
    /// Translates the code at `pc` as it stands and tells what became of it, without running it.
    /// `None` when the engine does not translate, or nothing can be fetched there.
    fn explain(&mut self, core: &mut Core<I>, pc: u64) -> Option<Explained> {
        let _ = (core, pc);
        None
    }
}

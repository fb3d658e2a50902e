//! What answers the guest's calls of firmware, as the machine sees it.

use crate::emit::Trap;
use crate::isa::Isa;
use crate::state::StateError;
use crate::vcpu::Vcpu;

/// What firmware makes of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It does not know the call: the instruction is undefined.
    Undefined,
    /// Done; results are in the registers. Execution goes on behind the instruction.
    Done,
    /// Power off.
    Shutdown,
    /// Reset.
    Reset,
    /// End with a status.
    Status(u32),
    /// Done, and another CPU, which was off, starts; [`Firmware::start`] sets its registers.
    CpuOn {
        /// Which.
        cpu: usize,
        /// Physical address of its first instruction.
        entry: u64,
        /// A value for it.
        context: u64,
    },
    /// Stops this CPU for good.
    CpuOff,
    /// Waits for an interrupt.
    Suspend,
    /// Cannot be answered before there is console input: waits for it and calls again.
    Retry,
}

/// Firmware of a machine with CPUs of kind `I`.
pub trait Firmware<I: Isa>: Send {
    /// The call at PC of `vcpu`.
    fn call(&mut self, vcpu: &mut Vcpu<I>, trap: Trap) -> Action;
    /// What it remembers, for a snapshot; an error while some of that is outside the machine.
    fn save(&self) -> Result<Vec<u8>, StateError>;
    /// Goes on from what [`Firmware::save`] has returned; on an error nothing has changed.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), StateError>;
    /// Registers of a CPU that [`Action::CpuOn`] starts, after its reset.
    fn start(&mut self, vcpu: &mut Vcpu<I>, entry: u64, context: u64);
}

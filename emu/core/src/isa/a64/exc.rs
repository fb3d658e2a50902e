//! Exceptions: the traps an instruction can raise. How the CPU takes them is in `exc_take.rs`.

use crate::emit::Trap;

/// Unallocated or disabled encoding.
pub const UNDEFINED: Trap = Trap::new(1, 0);
/// Data access faulted; details in [`super::cpu::Fault`].
pub const DATA_ABORT: Trap = Trap::new(2, 0);
/// Instruction fetch faulted; details in [`super::cpu::Fault`].
pub const INST_ABORT: Trap = Trap::new(3, 0);
/// Branch to a PC that is not a multiple of 4.
pub const PC_ALIGN: Trap = Trap::new(4, 0);
/// Access through a misaligned SP with SCTLR.SA set.
pub const SP_ALIGN: Trap = Trap::new(5, 0);
/// FP or SIMD disabled by CPACR_EL1.FPEN.
pub const FP_ACCESS: Trap = Trap::new(6, 0);
/// PSTATE.IL was set.
pub const ILLEGAL_STATE: Trap = Trap::new(7, 0);
/// Trapped MSR, MRS or system instruction; ISS in [`super::cpu::Fault`].
pub const SYSREG: Trap = Trap::new(8, 0);
/// Trapped WFI or WFE.
pub const WFX: Trap = Trap::new(9, 0);
/// Kind of SVC; the argument is the immediate.
pub const SVC: u16 = 16;
/// Kind of HVC.
pub const HVC: u16 = 17;
/// Kind of SMC.
pub const SMC: u16 = 18;
/// Kind of BRK.
pub const BRK: u16 = 19;
/// Kind of HLT: semihosting when the immediate is 0xF000, otherwise UNDEFINED.
pub const HLT: u16 = 20;

/// Offsets in the vector table, by kind (D1.10.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Vector {
    /// Synchronous.
    Sync = 0,
    /// IRQ.
    Irq = 0x80,
    /// FIQ.
    Fiq = 0x100,
}

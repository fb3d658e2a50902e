//! Architectural state of one AArch64 CPU.

use crate::soft::fp::FpEnv;

/// Details of the last memory fault or trapped system access, for ESR and FAR.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Faulting virtual address.
    pub addr: u64,
    /// ISS field of the ESR that the exception will report (without EC and IL).
    pub iss: u32,
}

/// The local exclusive monitor (LDXR/STXR). It remembers the value, so that a store-exclusive
/// succeeds when memory still holds it; any exception clears it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Monitor {
    /// Armed.
    pub armed: bool,
    /// log2 of the size.
    pub size: u8,
    /// Virtual address.
    pub addr: u64,
    /// Value loaded.
    pub value: u128,
}

/// PSTATE apart from NZCV.
#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Pstate {
    /// Exception level, 0 or 1.
    pub el: u8,
    /// SPSel: 0 = SP_EL0 in force, 1 = SP_ELx.
    pub sp_sel: u8,
    /// D, A, I, F as bits 3..0; 1 = masked.
    pub daif: u8,
    /// Illegal execution state.
    pub il: u8,
    /// Privileged access never.
    pub pan: u8,
    /// User access override.
    pub uao: u8,
    /// Data-independent timing.
    pub dit: u8,
    /// Speculative store bypass safe.
    pub ssbs: u8,
}

/// Values of the system registers that hold plain state.
#[repr(C)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the manual's")]
pub struct SysRegs {
    pub sctlr_el1: u64,
    pub ttbr0_el1: u64,
    pub ttbr1_el1: u64,
    pub tcr_el1: u64,
    pub mair_el1: u64,
    pub vbar_el1: u64,
    pub elr_el1: u64,
    pub spsr_el1: u64,
    pub esr_el1: u64,
    pub far_el1: u64,
    pub par_el1: u64,
    pub cpacr_el1: u64,
    pub contextidr_el1: u64,
    pub tpidr_el0: u64,
    pub tpidrro_el0: u64,
    pub tpidr_el1: u64,
    pub cntkctl_el1: u64,
    pub cntv_ctl_el0: u64,
    pub cntv_cval_el0: u64,
    pub cntp_ctl_el0: u64,
    pub cntp_cval_el0: u64,
    pub cntfrq_el0: u64,
    pub actlr_el1: u64,
    pub afsr0_el1: u64,
    pub afsr1_el1: u64,
    pub amair_el1: u64,
    pub csselr_el1: u64,
    pub mdscr_el1: u64,
    pub osdlr_el1: u64,
    pub oslsr_el1: u64,
    pub pmuserenr_el0: u64,
    /// Affinity of this CPU; set by the board.
    pub mpidr_el1: u64,
    /// What WFI or WFE, the last instruction executed, asks for ([`Wait`] as a number).
    pub wait: u64,
    /// The event register of WFE and SEV: 0 or 1.
    pub event: u64,
}

/// What the CPU waits for after a block that ended with [`crate::emit::Term::Wait`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Wait {
    /// Nothing: the event register was set.
    No = 0,
    /// A pending interrupt, masked or not.
    Interrupt = 1,
    /// An event or interrupt. Events of other CPUs' stores are not tracked: the run loop lets the
    /// other CPUs run and then may continue this one at any time.
    Event = 2,
}

/// Bits of SCTLR_EL1 used outside the MMU (D13.2.118).
pub mod sctlr {
    /// Accesses through a misaligned SP trap at EL1.
    pub const SA: u64 = 1 << 3;
    /// Accesses through a misaligned SP trap at EL0.
    pub const SA0: u64 = 1 << 4;
    /// EL0 may write DAIF.
    pub const UMA: u64 = 1 << 9;
    /// EL0 may use the speculation restriction instructions.
    pub const EN_RCTX: u64 = 1 << 10;
    /// EL0 may use DC ZVA.
    pub const DZE: u64 = 1 << 14;
    /// EL0 may read CTR_EL0.
    pub const UCT: u64 = 1 << 15;
    /// EL0 may use WFI.
    pub const NTWI: u64 = 1 << 16;
    /// EL0 may use WFE.
    pub const NTWE: u64 = 1 << 18;
    /// PAN is left alone on taking an exception.
    pub const SPAN: u64 = 1 << 23;
    /// EL0 may use the cache maintenance instructions.
    pub const UCI: u64 = 1 << 26;
    /// PSTATE.SSBS on taking an exception.
    pub const DSSBS: u64 = 1 << 44;
}

/// State of one CPU. `repr(C)`: translated code addresses the fields by offset.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct Cpu {
    /// X0..X30; `x[31]` is the stack pointer in force.
    pub x: [u64; 32],
    /// Virtual address of the next instruction.
    pub pc: u64,
    /// N, Z, C, V as bits 3..0.
    pub nzcv: u32,
    /// FPCR and FPSR.
    pub fp: FpEnv,
    /// Not 0 when FP and SIMD are enabled at the current exception level.
    pub fp_enabled: u32,
    /// Not 0 when accesses through a misaligned SP trap at the current exception level
    /// (SCTLR_EL1.SA, or SA0 at EL0).
    pub sp_check: u32,
    /// V0..V31.
    pub v: [u128; 32],
    /// PSTATE apart from NZCV.
    pub pstate: Pstate,
    /// Banked stack pointers, SP_EL0 and SP_EL1. The one in force lives in `x[31]` and its entry
    /// here is stale until the bank is switched.
    pub sp_bank: [u64; 2],
    /// System registers.
    pub sys: SysRegs,
    /// Exclusive monitor.
    pub monitor: Monitor,
    /// Last fault.
    pub fault: Fault,
}

impl Cpu {
    /// All registers 0 at EL0: not the reset state, a defined starting point.
    pub fn zeroed() -> Cpu {
        Cpu {
            x: [0; 32],
            pc: 0,
            nzcv: 0,
            fp: FpEnv::default(),
            fp_enabled: 0,
            sp_check: 0,
            v: [0; 32],
            pstate: Pstate::default(),
            sp_bank: [0; 2],
            sys: SysRegs::default(),
            monitor: Monitor::default(),
            fault: Fault::default(),
        }
    }
}

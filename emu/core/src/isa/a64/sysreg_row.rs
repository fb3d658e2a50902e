//! What a row of [`super::sysreg_table`] says of a system register: its encoding, who may access it, where
//! its value comes from. What an access needs from the machine (guest time, the MMU, the TLBs) it asks of
//! [`SysHooks`].

use super::cpu::{Cpu, SysRegs};
use crate::emit::Res;

/// Scope of a TLB invalidation (the `IS` and `OS` variants mean all CPUs).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TlbScope {
    /// Everything (VMALLE1).
    All,
    /// One ASID, global entries excepted (ASIDE1).
    Asid {
        /// Address space.
        asid: u16,
    },
    /// One page: of one ASID or global (VAE1, VALE1).
    Page {
        /// Address of the page, sign-extended from bit 55.
        va: u64,
        /// Address space.
        asid: u16,
    },
    /// One page in all ASIDs (VAAE1, VAALE1).
    PageAllAsids {
        /// Address of the page, sign-extended from bit 55.
        va: u64,
    },
}

/// A cache maintenance instruction by address, for its permission check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheAccess {
    /// Needs read permission (DC CVAC, CVAU, CIVAC; IC IVAU).
    Read,
    /// Needs write permission (DC IVAC).
    Write,
}

/// What system instructions need from the CPU and the machine around it.
pub trait SysHooks {
    /// The CPU that executes.
    fn cpu(&mut self) -> &mut Cpu;
    /// Guest time in nanoseconds at this instruction.
    fn now(&mut self) -> u64;
    /// SCTLR, TTBR, TCR or MAIR has changed.
    fn translation_changed(&mut self);
    /// The exception level, PSTATE.PAN or PSTATE.UAO has changed.
    fn pstate_changed(&mut self);
    /// CNTV, CNTP or CNTKCTL has changed.
    fn timer_changed(&mut self);
    /// TLBI; `all_cpus` for the shareable variants.
    fn tlb_invalidate(&mut self, scope: TlbScope, all_cpus: bool);
    /// AT: the value PAR_EL1 gets (D13.2.100), with the permissions of EL1 or EL0.
    fn address_translate(&mut self, va: u64, write: bool, el0: bool, pan: bool) -> u64;
    /// Permission check of a cache instruction by address. On failure `Fault` is filled in, with
    /// ISS.CM set.
    fn cache_check(&mut self, va: u64, access: CacheAccess) -> Res;
    /// ISR_EL1: interrupts pending, masked or not: IRQ as bit 7, FIQ as bit 6.
    fn interrupts_pending(&mut self) -> u64;
    /// Instructions at `va` (or anywhere) may have been written: IC IVAU, IC IALLU.
    fn instructions_changed(&mut self, va: Option<u64>);
    /// SEV: sets the event register of all other CPUs and ends their waiting.
    fn send_event(&mut self);
}

/// Who may access a register in one direction.
#[derive(Clone, Copy)]
pub enum Access {
    /// UNDEFINED at every level: the direction does not exist.
    Never,
    /// EL1 only; UNDEFINED at EL0.
    El1,
    /// EL1 when the function says so; UNDEFINED otherwise and at EL0.
    El1If(fn(&Cpu) -> bool),
    /// EL0 and EL1.
    El0,
    /// EL1; at EL0 when the function says so, otherwise trapped to EL1 (EC 0x18).
    El0If(fn(&Cpu) -> bool),
    /// EL0 and EL1, when FP and SIMD are enabled; otherwise trapped (EC 0x07).
    Fp,
}

/// What follows a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Nothing.
    None,
    /// [`SysHooks::translation_changed`].
    Translation,
    /// [`SysHooks::timer_changed`].
    Timer,
    /// FP and SIMD may have been enabled or disabled.
    FpEnable,
}

/// Where a register's value comes from.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A field of [`SysRegs`], of which the bits in `mask` can be written.
    State {
        /// The field.
        field: fn(&mut SysRegs) -> &mut u64,
        /// Writable bits; the others keep their reset value.
        mask: u64,
        /// After a write.
        effect: Effect,
    },
    /// The reset value; writes, where permitted, are ignored.
    Const,
    /// An identification register, made of the decode table.
    Id(fn() -> u64),
    /// Functions.
    Computed {
        /// Value read.
        read: fn(&mut dyn SysHooks) -> u64,
        /// Effect of a write.
        write: fn(&mut dyn SysHooks, u64),
    },
}

/// One system register.
pub struct SysReg {
    /// The manual's name.
    pub name: &'static str,
    /// op0, op1, CRn, CRm, op2 as in bits 20..5 of MRS.
    pub key: u16,
    /// Who may read.
    pub read: Access,
    /// Who may write.
    pub write: Access,
    /// Value at reset ([`Kind::Const`]: at all times).
    pub reset: u64,
    /// Where the value comes from.
    pub kind: Kind,
}

/// op0, op1, CRn, CRm, op2 packed as in bits 20..5 of an instruction word.
pub const fn key(op0: u16, op1: u16, crn: u16, crm: u16, op2: u16) -> u16 {
    op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
}

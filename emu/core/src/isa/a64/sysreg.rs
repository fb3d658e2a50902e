//! System registers of EL0 and EL1: access rules and side effects. Their values are in [`SysRegs`].
//!
//! The registers themselves are rows in [`super::sysreg_table`]. What an access needs from the
//! machine (guest time, the MMU, the TLBs) it asks of [`SysHooks`].

use super::cpu::{Cpu, SysRegs};
use super::exc;
use super::insn::bits;
pub use super::sysreg_table::ROWS;
use crate::emit::{Res, Trap};

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

/// Index that stands for "no such register".
pub const NO_REGISTER: u64 = 0xffff;

/// The index in [`ROWS`] of the register an MRS or MSR names, or [`NO_REGISTER`].
pub fn index_of(word: u32) -> u64 {
    let wanted = bits(word, 20, 5);
    ROWS.iter().zip(0..).find(|(r, _)| u32::from(r.key) == wanted).map_or(NO_REGISTER, |(_, n)| n)
}

fn row(index: u64) -> Result<&'static SysReg, Trap> {
    usize::try_from(index).ok().and_then(|n| ROWS.get(n)).ok_or(exc::UNDEFINED)
}

/// Sets every register that is plain state to its reset value (MPIDR excepted: the board's).
pub fn reset(sys: &mut SysRegs) {
    let mpidr = sys.mpidr_el1;
    *sys = SysRegs { mpidr_el1: mpidr, ..SysRegs::default() };
    for r in ROWS {
        if let Kind::State { field, .. } = r.kind {
            *field(sys) = r.reset;
        }
    }
}

/// MRS: the value of register `index`; `word` is the instruction, for the ISS of a trap.
pub fn read(h: &mut dyn SysHooks, index: u64, word: u64) -> Result<u64, Trap> {
    let r = row(index)?;
    permit(h.cpu(), r.read, word)?;
    Ok(match r.kind {
        Kind::State { field, .. } => *field(&mut h.cpu().sys),
        Kind::Const => r.reset,
        Kind::Id(f) => f(),
        Kind::Computed { read, .. } => read(h),
    })
}

/// MSR (register): writes register `index`.
pub fn write(h: &mut dyn SysHooks, index: u64, value: u64, word: u64) -> Res {
    let r = row(index)?;
    permit(h.cpu(), r.write, word)?;
    match r.kind {
        Kind::State { field, mask, effect } => {
            let place = field(&mut h.cpu().sys);
            let changed = *place;
            *place = (value & mask) | (r.reset & !mask);
            if changed != *place {
                apply(h, effect);
            }
        }
        Kind::Computed { write, .. } => write(h, value),
        Kind::Const | Kind::Id(_) => {}
    }
    Ok(())
}

fn apply(h: &mut dyn SysHooks, effect: Effect) {
    match effect {
        Effect::None => {}
        Effect::Translation => {
            h.cpu().update_enables();
            h.translation_changed();
        }
        Effect::Timer => h.timer_changed(),
        Effect::FpEnable => h.cpu().update_enables(),
    }
}

fn permit(cpu: &mut Cpu, access: Access, word: u64) -> Res {
    let el0 = cpu.pstate.el == 0;
    match access {
        Access::El0 => Ok(()),
        Access::El1 if !el0 => Ok(()),
        Access::El1If(f) if !el0 && f(cpu) => Ok(()),
        Access::El0If(_) if !el0 => Ok(()),
        Access::El0If(f) if f(cpu) => Ok(()),
        Access::El0If(_) => Err(trapped(cpu, word)),
        Access::Fp if cpu.fp_enabled != 0 => Ok(()),
        Access::Fp => Err(exc::FP_ACCESS),
        Access::Never | Access::El1 | Access::El1If(_) => Err(exc::UNDEFINED),
    }
}

/// A system instruction trapped to EL1: EC 0x18, with the ISS of its encoding (D13.2.37,
/// "Exception from MSR, MRS, or System instruction execution in AArch64 state").
pub fn trapped(cpu: &mut Cpu, word: u64) -> Trap {
    let f = |hi: u32, lo: u32| u32::try_from(word >> lo & ((1 << (hi - lo + 1)) - 1)).unwrap_or(0);
    cpu.fault.iss = f(20, 19) << 20 // op0
        | f(7, 5) << 17 // op2
        | f(18, 16) << 14 // op1
        | f(15, 12) << 10 // CRn
        | f(4, 0) << 5 // Rt
        | f(11, 8) << 1 // CRm
        | f(21, 21); // 1 = read
    exc::SYSREG
}

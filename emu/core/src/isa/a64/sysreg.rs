//! System registers of EL0 and EL1: access, with its checks and side effects.
//!
//! The registers are rows in [`super::sysreg_table`], made of the words in [`super::sysreg_row`]; their
//! values are in [`SysRegs`].

use super::cpu::{Cpu, SysRegs};
use super::exc;
use super::insn::bits;
pub use super::sysreg_row::{Access, CacheAccess, Effect, Kind, SysHooks, SysReg, TlbScope, key};
pub use super::sysreg_table::ROWS;
use crate::emit::{Res, Trap};

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

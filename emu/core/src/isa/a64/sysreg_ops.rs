//! The operations of the SYS instruction space: caches, TLBs and address translation (C5.3 to C5.5).

use super::cpu::{Cpu, sctlr};
use super::exc;
use super::insn::bits;
use super::sysreg::{CacheAccess, SysHooks, TlbScope, key, trapped};
use crate::emit::Res;

/// What a SYS encoding does.
#[derive(Clone, Copy)]
enum Op {
    /// IC IALLU, IALLUIS.
    InstAll,
    /// IC IVAU.
    InstVa,
    /// DC by address.
    Data(CacheAccess),
    /// DC by set and way: nothing, there are no caches to see.
    DataSetWay,
    /// TLBI; the flag says whether on all CPUs.
    Tlb(fn(u64) -> TlbScope, bool),
    /// AT S1E1R, S1E1W, S1E0R, S1E0W, S1E1RP, S1E1WP.
    Translate { write: bool, el0: bool, pan: bool },
    /// CFP, DVP, CPP: nothing is predicted across contexts.
    Restrict,
}

/// Who may execute it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    El1,
    /// EL0 when this SCTLR_EL1 bit is set, otherwise trapped.
    El0If(u64),
}

struct SysOp {
    key: u16,
    level: Level,
    op: Op,
}

const fn op(op1: u16, crn: u16, crm: u16, op2: u16, level: Level, op: Op) -> SysOp {
    SysOp { key: key(1, op1, crn, crm, op2), level, op }
}

const fn tlbi(crm: u16, op2: u16, scope: fn(u64) -> TlbScope) -> SysOp {
    // CRm 7 is this CPU, 3 inner shareable, 1 outer shareable.
    op(0, 8, crm, op2, Level::El1, Op::Tlb(scope, crm != 7))
}

const fn at(crm: u16, op2: u16, write: bool, el0: bool, pan: bool) -> SysOp {
    op(0, 7, crm, op2, Level::El1, Op::Translate { write, el0, pan })
}

const UCI: Level = Level::El0If(sctlr::UCI);
const RCTX: Level = Level::El0If(sctlr::EN_RCTX);
const READ: Op = Op::Data(CacheAccess::Read);

const OPS: &[SysOp] = &[
    op(0, 7, 1, 0, Level::El1, Op::InstAll),                  // IC IALLUIS
    op(0, 7, 5, 0, Level::El1, Op::InstAll),                  // IC IALLU
    op(3, 7, 5, 1, UCI, Op::InstVa),                          // IC IVAU
    op(0, 7, 6, 1, Level::El1, Op::Data(CacheAccess::Write)), // DC IVAC
    op(0, 7, 6, 2, Level::El1, Op::DataSetWay),               // DC ISW
    op(0, 7, 10, 2, Level::El1, Op::DataSetWay),              // DC CSW
    op(0, 7, 14, 2, Level::El1, Op::DataSetWay),              // DC CISW
    op(3, 7, 10, 1, UCI, READ),                               // DC CVAC
    op(3, 7, 11, 1, UCI, READ),                               // DC CVAU
    op(3, 7, 12, 1, UCI, READ),                               // DC CVAP
    op(3, 7, 13, 1, UCI, READ),                               // DC CVADP
    op(3, 7, 14, 1, UCI, READ),                               // DC CIVAC
    op(3, 7, 3, 4, RCTX, Op::Restrict),                       // CFP RCTX
    op(3, 7, 3, 5, RCTX, Op::Restrict),                       // DVP RCTX
    op(3, 7, 3, 7, RCTX, Op::Restrict),                       // CPP RCTX
    at(8, 0, false, false, false),
    at(8, 1, true, false, false),
    at(8, 2, false, true, false),
    at(8, 3, true, true, false),
    tlbi(3, 0, |_| TlbScope::All),
    tlbi(3, 1, page),
    tlbi(3, 2, asid),
    tlbi(3, 3, page_all_asids),
    tlbi(3, 5, page),
    tlbi(3, 7, page_all_asids),
    tlbi(7, 0, |_| TlbScope::All),
    tlbi(7, 1, page),
    tlbi(7, 2, asid),
    tlbi(7, 3, page_all_asids),
    tlbi(7, 5, page),
    tlbi(7, 7, page_all_asids),
];

/// Whether SYS with these fields is allocated; the others decode to UNDEFINED.
pub(super) fn allocated(word: u32) -> bool {
    find(bits(word, 20, 5)).is_some()
}

fn find(wanted: u32) -> Option<&'static SysOp> {
    OPS.iter().find(|o| u32::from(o.key) == wanted)
}

/// Executes SYS: `value` is Xt, `word` the instruction.
pub(super) fn execute(h: &mut dyn SysHooks, value: u64, word: u64) -> Res {
    let wanted = u32::try_from(word >> 5 & 0xffff).unwrap_or(0);
    let o = find(wanted).ok_or(exc::UNDEFINED)?;
    permit(h.cpu(), o.level, word)?;
    match o.op {
        Op::InstAll => h.instructions_changed(None),
        Op::InstVa => {
            h.cache_check(value, CacheAccess::Read)?;
            h.instructions_changed(Some(value));
        }
        Op::Data(access) => h.cache_check(value, access)?,
        Op::DataSetWay | Op::Restrict => {}
        Op::Tlb(scope, all_cpus) => h.tlb_invalidate(scope(value), all_cpus),
        Op::Translate { write, el0, pan } => {
            let par = h.address_translate(value, write, el0, pan);
            h.cpu().sys.par_el1 = par;
        }
    }
    Ok(())
}

fn permit(cpu: &mut Cpu, level: Level, word: u64) -> Res {
    match level {
        _ if cpu.pstate.el != 0 => Ok(()),
        Level::El1 => Err(exc::UNDEFINED),
        Level::El0If(bit) if cpu.sys.sctlr_el1 & bit != 0 => Ok(()),
        Level::El0If(_) => Err(trapped(cpu, word)),
    }
}

/// DC ZVA at EL0 needs SCTLR_EL1.DZE.
pub(super) fn check_zva(cpu: &mut Cpu, word: u64) -> Res {
    permit(cpu, Level::El0If(sctlr::DZE), word)
}

/// ASID in bits 63..48 of a TLBI operand.
fn asid_of(v: u64) -> u16 {
    let [.., lo, hi] = v.to_le_bytes();
    u16::from_le_bytes([lo, hi])
}

/// Address bits 55..12 in bits 43..0 of a TLBI operand, extended by bit 55.
fn va_of(v: u64) -> u64 {
    let va = v << 12 & 0x00ff_ffff_ffff_f000;
    if va >> 55 & 1 != 0 { va | 0xff << 56 } else { va }
}

fn asid(v: u64) -> TlbScope {
    TlbScope::Asid { asid: asid_of(v) }
}

fn page(v: u64) -> TlbScope {
    TlbScope::Page { va: va_of(v), asid: asid_of(v) }
}

fn page_all_asids(v: u64) -> TlbScope {
    TlbScope::PageAllAsids { va: va_of(v) }
}

//! System instructions: exception generation, hints, barriers, PSTATE, system registers, ERET.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::cpu::{Cpu, Wait, sctlr};
use super::exc;
use super::sem_int::{set_x, x};
use super::sysreg::{self, CacheAccess, SysHooks, TlbScope};
use super::sysreg_ops;
use crate::emit::{Bin, Emit, Helper, Hint, MemOp, Res, Term, Trap, W};

// -- exception generation ---------------------------------------------------------------------

fn exception<E: Emit>(e: &mut E, kind: u16, i: &Insn) -> Res {
    e.trap(Trap::new(kind, u16::try_from(i.bits(20, 5)).unwrap_or(0)))
}

/// SVC: supervisor call.
pub(super) fn SVC<E: Emit>(e: &mut E, i: &Insn) -> Res {
    exception(e, exc::SVC, i)
}

/// HVC: hypervisor call; here only a conduit of PSCI.
pub(super) fn HVC<E: Emit>(e: &mut E, i: &Insn) -> Res {
    exception(e, exc::HVC, i)
}

/// SMC: secure monitor call; here only a conduit of PSCI.
pub(super) fn SMC<E: Emit>(e: &mut E, i: &Insn) -> Res {
    exception(e, exc::SMC, i)
}

/// BRK: breakpoint.
pub(super) fn BRK<E: Emit>(e: &mut E, i: &Insn) -> Res {
    exception(e, exc::BRK, i)
}

/// HLT: semihosting, or UNDEFINED.
pub(super) fn HLT<E: Emit>(e: &mut E, i: &Insn) -> Res {
    exception(e, exc::HLT, i)
}

/// UDF: permanently UNDEFINED.
pub(super) fn UDF<E: Emit>(e: &mut E, _: &Insn) -> Res {
    e.trap(exc::UNDEFINED)
}

// -- hints and barriers -------------------------------------------------------------------------

/// HINT: those that do nothing here, and the unallocated ones.
pub(super) fn HINT<E: Emit>(_: &mut E, _: &Insn) -> Res {
    Ok(())
}

fn wait<E: Emit>(e: &mut E, wfe: bool) -> Res {
    let wfe = e.imm(u64::from(wfe));
    let none = e.imm(0);
    e.helper(Helper::Wait, [wfe, none, none])?;
    e.end(Term::Wait);
    Ok(())
}

/// WFI: wait for interrupt.
pub(super) fn WFI<E: Emit>(e: &mut E, _: &Insn) -> Res {
    wait(e, false)
}

/// WFE: wait for event.
pub(super) fn WFE<E: Emit>(e: &mut E, _: &Insn) -> Res {
    wait(e, true)
}

fn send<E: Emit>(e: &mut E, everywhere: bool) -> Res {
    let a = e.imm(u64::from(everywhere));
    let none = e.imm(0);
    e.helper(Helper::SendEvent, [a, none, none])?;
    Ok(())
}

/// SEV: sends an event to all CPUs.
pub(super) fn SEV<E: Emit>(e: &mut E, _: &Insn) -> Res {
    send(e, true)
}

/// SEVL: sends an event to this CPU.
pub(super) fn SEVL<E: Emit>(e: &mut E, _: &Insn) -> Res {
    send(e, false)
}

/// DSB, DMB, SB: orders memory accesses.
pub(super) fn DMB<E: Emit>(e: &mut E, _: &Insn) -> Res {
    e.barrier();
    Ok(())
}

/// ISB: what follows is fetched anew.
pub(super) fn ISB<E: Emit>(e: &mut E, _: &Insn) -> Res {
    e.barrier();
    e.end(Term::Next);
    Ok(())
}

/// CLREX: clears the exclusive monitor.
pub(super) fn CLREX<E: Emit>(e: &mut E, _: &Insn) -> Res {
    let none = e.imm(0);
    e.helper(Helper::ClearExclusive, [none; 3])?;
    Ok(())
}

// -- PSTATE ---------------------------------------------------------------------------------------

/// MSR (immediate): PAN, UAO, SPSel, SSBS, DIT, DAIFSet, DAIFClr.
pub(super) fn MSR_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let word = e.imm(i.word.into());
    let none = e.imm(0);
    e.helper(Helper::SetPstate, [word, none, none])?;
    e.end(Term::Next);
    Ok(())
}

/// Bit `n` of NZCV as 0 or 1.
fn nzcv_bit<E: Emit>(e: &mut E, nzcv: E::V, n: u64) -> E::V {
    let v = e.bini(Bin::Shr, W::W64, nzcv, n);
    e.bini(Bin::And, W::W64, v, 1)
}

/// CFINV: inverts the C flag.
pub(super) fn CFINV<E: Emit>(e: &mut E, _: &Insn) -> Res {
    let f = e.nzcv();
    let f = e.bini(Bin::Xor, W::W64, f, 0b0010);
    e.set_nzcv(f);
    Ok(())
}

/// XAFLAG: floating-point condition flags from the external format (C6.2.345).
pub(super) fn XAFLAG<E: Emit>(e: &mut E, _: &Insn) -> Res {
    let f = e.nzcv();
    let (z, c) = (nzcv_bit(e, f, 2), nzcv_bit(e, f, 1));
    let (not_z, not_c) = (e.bini(Bin::Xor, W::W64, z, 1), e.bini(Bin::Xor, W::W64, c, 1));
    let n = e.bin(Bin::And, W::W64, not_c, not_z);
    let zero = e.bin(Bin::And, W::W64, z, c);
    let carry = e.bin(Bin::Or, W::W64, c, z);
    let v = e.bin(Bin::And, W::W64, not_c, z);
    set_flags(e, [n, zero, carry, v])
}

/// AXFLAG: floating-point condition flags to the external format (C6.2.22).
pub(super) fn AXFLAG<E: Emit>(e: &mut E, _: &Insn) -> Res {
    let f = e.nzcv();
    let (z, c, v) = (nzcv_bit(e, f, 2), nzcv_bit(e, f, 1), nzcv_bit(e, f, 0));
    let zero = e.bin(Bin::Or, W::W64, z, v);
    let not_v = e.bini(Bin::Xor, W::W64, v, 1);
    let carry = e.bin(Bin::And, W::W64, c, not_v);
    let none = e.imm(0);
    set_flags(e, [none, zero, carry, none])
}

/// Sets N, Z, C, V from values 0 or 1.
fn set_flags<E: Emit>(e: &mut E, flags: [E::V; 4]) -> Res {
    let mut all = e.imm(0);
    for f in flags {
        all = e.bini(Bin::Shl, W::W64, all, 1);
        all = e.bin(Bin::Or, W::W64, all, f);
    }
    e.set_nzcv(all);
    Ok(())
}

// -- system registers and operations ----------------------------------------------------------------

/// MRS NZCV.
pub(super) fn MRS_NZCV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let f = e.nzcv();
    let f = e.bini(Bin::Shl, W::W64, f, 28);
    set_x(e, i.rd(), f);
    Ok(())
}

/// MSR NZCV.
pub(super) fn MSR_NZCV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let v = x(e, W::W64, i.rd());
    let f = e.bini(Bin::Shr, W::W64, v, 28);
    let f = e.bini(Bin::And, W::W64, f, 15);
    e.set_nzcv(f);
    Ok(())
}

/// MRS: the record's `imm` is the register's index.
pub(super) fn MRS<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let (index, word, none) = (e.imm(i.imm), e.imm(i.word.into()), e.imm(0));
    let v = e.helper(Helper::ReadSysReg, [index, none, word])?;
    set_x(e, i.rd(), v);
    Ok(())
}

/// MSR (register): the record's `imm` is the register's index.
pub(super) fn MSR_reg<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let (index, word) = (e.imm(i.imm), e.imm(i.word.into()));
    let v = x(e, W::W64, i.rd());
    e.helper(Helper::WriteSysReg, [index, v, word])?;
    e.end(Term::Next);
    Ok(())
}

/// SYS: cache, TLB and address translation operations.
pub(super) fn SYS<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let (word, none) = (e.imm(i.word.into()), e.imm(0));
    let v = x(e, W::W64, i.rd());
    e.helper(Helper::SysOp, [v, none, word])?;
    e.end(Term::Next);
    Ok(())
}

/// DC ZVA: zeroes 64 aligned bytes. A fault is reported for the address given, hence the first
/// probe, which is in the same page as the block.
pub(super) fn DC_ZVA<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let (word, none) = (e.imm(i.word.into()), e.imm(0));
    e.helper(Helper::CheckZva, [none, none, word])?;
    let given = x(e, W::W64, i.rd());
    e.probe_store(MemOp::plain(0), given, 1)?;
    let start = e.bini(Bin::And, W::W64, given, !63);
    e.probe_store(MemOp::plain(4), start, 64)?;
    let zero = e.qimm(0);
    for n in 0..4 {
        let at = e.bini(Bin::Add, W::W64, start, n * 16);
        e.storeq(MemOp::plain(4), at, zero)?;
    }
    Ok(())
}

/// ERET: returns from an exception.
pub(super) fn ERET<E: Emit>(e: &mut E, _: &Insn) -> Res {
    let none = e.imm(0);
    let target = e.helper(Helper::ExceptionReturn, [none; 3])?;
    e.end(Term::Indirect { target, hint: Hint::Exception });
    Ok(())
}

// -- helpers ------------------------------------------------------------------------------------------

/// The bodies of the system helpers, called by every engine. A helper of another section is
/// UNDEFINED here.
pub fn helper(h: &mut dyn SysHooks, which: Helper, a: [u64; 3]) -> Result<u64, Trap> {
    match which {
        Helper::ReadSysReg => return sysreg::read(h, a[0], a[2]),
        Helper::WriteSysReg => sysreg::write(h, a[0], a[1], a[2])?,
        Helper::SysOp => sysreg_ops::execute(h, a[0], a[2])?,
        Helper::CheckZva => sysreg_ops::check_zva(h.cpu(), a[2])?,
        Helper::SetPstate => set_pstate(h, a[0])?,
        Helper::ExceptionReturn => return exception_return(h),
        Helper::ClearExclusive => h.cpu().monitor.armed = false,
        Helper::Wait => start_waiting(h.cpu(), a[0] != 0)?,
        Helper::SendEvent => {
            h.cpu().sys.event = 1;
            if a[0] != 0 {
                h.send_event();
            }
        }
        _ => return Err(exc::UNDEFINED),
    }
    Ok(0)
}

/// MSR (immediate) of `word` (C6.2.226): op1 and op2 name the field, CRm is the operand.
fn set_pstate(h: &mut dyn SysHooks, word: u64) -> Res {
    let crm = u8::try_from(word >> 8 & 15).unwrap_or(0);
    let field = (word >> 16 & 7, word >> 5 & 7);
    let cpu = h.cpu();
    let (el0, p) = (cpu.pstate.el == 0, &mut cpu.pstate);
    match field {
        (3, 1) => p.ssbs = crm & 1,
        (3, 2) => p.dit = crm & 1,
        (3, 6 | 7) if el0 && cpu.sys.sctlr_el1 & sctlr::UMA == 0 => return Err(sysreg::trapped(cpu, word)),
        (3, 6) => p.daif |= crm,
        (3, 7) => p.daif &= !crm,
        _ if el0 => return Err(exc::UNDEFINED),
        (0, 5) => cpu.set_level(1, crm & 1),
        (0, 3) => {
            p.uao = crm & 1;
            h.pstate_changed();
        }
        (0, 4) => {
            p.pan = crm & 1;
            h.pstate_changed();
        }
        _ => return Err(exc::UNDEFINED),
    }
    Ok(())
}

/// ERET: the new PSTATE; gives the address to continue at.
fn exception_return(h: &mut dyn SysHooks) -> Result<u64, Trap> {
    let cpu = h.cpu();
    if cpu.pstate.el == 0 {
        return Err(exc::UNDEFINED);
    }
    let (target, spsr) = (cpu.sys.elr_el1, cpu.sys.spsr_el1);
    cpu.set_pstate_from_spsr(spsr);
    cpu.monitor.armed = false;
    cpu.sys.event = 1;
    h.pstate_changed();
    Ok(target)
}

/// WFI or WFE: what to wait for, or a trap from EL0 when SCTLR_EL1 says so (D13.2.118).
fn start_waiting(cpu: &mut Cpu, wfe: bool) -> Res {
    if wfe && cpu.sys.event != 0 {
        cpu.sys.event = 0;
        cpu.sys.wait = Wait::No as u64;
        return Ok(());
    }
    let allowed = if wfe { sctlr::NTWE } else { sctlr::NTWI };
    if cpu.pstate.el == 0 && cpu.sys.sctlr_el1 & allowed == 0 {
        cpu.fault.iss = 1 << 24 | 0xe << 20 | u32::from(wfe); // CV, COND = always, TI
        return Err(exc::WFX);
    }
    cpu.sys.wait = if wfe { Wait::Event } else { Wait::Interrupt } as u64;
    Ok(())
}

/// The system helpers on a CPU without a machine around it: time stands still, translation is the
/// identity, nobody else listens.
pub fn cpu_only(cpu: &mut Cpu, which: Helper, a: [u64; 3]) -> Result<u64, Trap> {
    struct Alone<'a>(&'a mut Cpu);
    impl SysHooks for Alone<'_> {
        fn cpu(&mut self) -> &mut Cpu {
            self.0
        }
        fn now(&mut self) -> u64 {
            0
        }
        fn translation_changed(&mut self) {}
        fn pstate_changed(&mut self) {}
        fn timer_changed(&mut self) {}
        fn tlb_invalidate(&mut self, _: TlbScope, _: bool) {}
        fn address_translate(&mut self, va: u64, _: bool, _: bool, _: bool) -> u64 {
            va & 0x000f_ffff_ffff_f000
        }
        fn cache_check(&mut self, _: u64, _: CacheAccess) -> Res {
            Ok(())
        }
        fn interrupts_pending(&mut self) -> u64 {
            0
        }
        fn instructions_changed(&mut self, _: Option<u64>) {}
        fn send_event(&mut self) {}
    }
    helper(&mut Alone(cpu), which, a)
}

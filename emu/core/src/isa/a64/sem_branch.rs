//! C4.1.94 "Branches".

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_int::{by_width, src};
use crate::emit::{Bin, Cmp, Emit, Hint, Reg, Res, Term, W};

/// The link register.
const LR: Reg = Reg(30);

/// Offset of the target in bytes.
#[inline(always)]
fn rel(i: &Insn) -> i64 {
    i.imm.cast_signed()
}

/// The link register becomes the address of the next instruction.
#[inline(always)]
fn link<E: Emit>(e: &mut E) {
    let pc = e.pc();
    let next = e.bini(Bin::Add, W::W64, pc, 4);
    e.set(LR, next);
}

/// B.
pub(super) fn B<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.end(Term::Jump { rel: rel(i) });
    Ok(())
}

/// BL.
pub(super) fn BL<E: Emit>(e: &mut E, i: &Insn) -> Res {
    link(e);
    e.end(Term::Call { rel: rel(i) });
    Ok(())
}

/// B.cond.
pub(super) fn B_cond<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let c = e.cond(i.cond(0));
    e.end(Term::Branch { c, rel: rel(i) });
    Ok(())
}

#[inline(always)]
fn compare_branch<E: Emit>(e: &mut E, i: &Insn, op: Cmp) -> Res {
    by_width!(i, SIZE, {
        let (a, zero) = (src(e, i.rd()), e.imm(0));
        let c = e.cmp(op, SIZE, a, zero);
        e.end(Term::Branch { c, rel: rel(i) });
        Ok(())
    })
}

/// CBZ.
pub(super) fn CBZ<E: Emit>(e: &mut E, i: &Insn) -> Res {
    compare_branch(e, i, Cmp::Eq)
}

/// CBNZ.
pub(super) fn CBNZ<E: Emit>(e: &mut E, i: &Insn) -> Res {
    compare_branch(e, i, Cmp::Ne)
}

#[inline(always)]
fn test_branch<E: Emit>(e: &mut E, i: &Insn, op: Cmp) -> Res {
    let bit = i.bits(31, 31) << 5 | i.bits(23, 19);
    let (a, zero) = (src(e, i.rd()), e.imm(0));
    let tested = e.bini(Bin::And, W::W64, a, 1 << bit);
    let c = e.cmp(op, W::W64, tested, zero);
    e.end(Term::Branch { c, rel: rel(i) });
    Ok(())
}

/// TBZ.
pub(super) fn TBZ<E: Emit>(e: &mut E, i: &Insn) -> Res {
    test_branch(e, i, Cmp::Eq)
}

/// TBNZ.
pub(super) fn TBNZ<E: Emit>(e: &mut E, i: &Insn) -> Res {
    test_branch(e, i, Cmp::Ne)
}

/// BR.
pub(super) fn BR<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let target = src(e, i.rn());
    e.end(Term::Indirect { target, hint: Hint::Jump });
    Ok(())
}

/// BLR: the target is read before the link register is written.
pub(super) fn BLR<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let target = src(e, i.rn());
    link(e);
    e.end(Term::Indirect { target, hint: Hint::Call });
    Ok(())
}

/// RET.
pub(super) fn RET<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let target = src(e, i.rn());
    e.end(Term::Indirect { target, hint: Hint::Return });
    Ok(())
}

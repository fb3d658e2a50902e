//! C4.1.93 "Data processing -- immediate".

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_int::{by_width, set_x, src};
use crate::emit::{Bin, Emit, FlagKind, Reg, Res, W};

/// ADR.
pub(super) fn ADR<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let pc = e.pc();
    let r = e.bini(Bin::Add, W::W64, pc, i.imm);
    set_x(e, i.rd(), r);
    Ok(())
}

/// ADRP.
pub(super) fn ADRP<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let pc = e.pc();
    let page = e.bini(Bin::And, W::W64, pc, !0xfff);
    let r = e.bini(Bin::Add, W::W64, page, i.imm);
    set_x(e, i.rd(), r);
    Ok(())
}

/// ADD and SUB (immediate): register 31 is the stack pointer on both sides.
#[inline(always)]
fn add_imm<E: Emit>(e: &mut E, i: &Insn, op: Bin) -> Res {
    by_width!(i, SIZE, {
        let a = e.get(Reg(i.rn()));
        let r = e.bini(op, SIZE, a, i.imm);
        e.set(Reg(i.rd()), r);
        Ok(())
    })
}

/// ADDS and SUBS (immediate): register 31 is the stack pointer as source only.
#[inline(always)]
fn adds_imm<E: Emit>(e: &mut E, i: &Insn, op: Bin, kind: FlagKind) -> Res {
    by_width!(i, SIZE, {
        let a = e.get(Reg(i.rn()));
        let b = e.imm(i.imm);
        let r = e.bin(op, SIZE, a, b);
        e.flags(kind, SIZE, a, b);
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// ADD (immediate).
pub(super) fn ADD_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    add_imm(e, i, Bin::Add)
}

/// ADDS (immediate); CMN (immediate).
pub(super) fn ADDS_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    adds_imm(e, i, Bin::Add, FlagKind::Add)
}

/// SUB (immediate).
pub(super) fn SUB_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    add_imm(e, i, Bin::Sub)
}

/// SUBS (immediate); CMP (immediate).
pub(super) fn SUBS_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    adds_imm(e, i, Bin::Sub, FlagKind::Sub)
}

/// Bitwise operation with a bitmask immediate, which comes cut to the width.
#[inline(always)]
fn logical_imm<E: Emit>(e: &mut E, i: &Insn, op: Bin) -> Res {
    by_width!(i, SIZE, {
        let a = src(e, i.rn());
        let r = e.bini(op, SIZE, a, i.imm);
        e.set(Reg(i.rd()), r);
        Ok(())
    })
}

/// AND (immediate).
pub(super) fn AND_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logical_imm(e, i, Bin::And)
}

/// ORR (immediate).
pub(super) fn ORR_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logical_imm(e, i, Bin::Or)
}

/// EOR (immediate).
pub(super) fn EOR_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logical_imm(e, i, Bin::Xor)
}

/// ANDS (immediate); TST (immediate).
pub(super) fn ANDS_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    by_width!(i, SIZE, {
        let a = src(e, i.rn());
        let r = e.bini(Bin::And, SIZE, a, i.imm);
        e.flags(FlagKind::Logic, SIZE, r, r);
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// MOVN.
pub(super) fn MOVN<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let all = match i.sf() {
        W::W32 => 0xffff_ffff,
        W::W64 => u64::MAX,
    };
    let v = e.imm(all & !i.imm);
    set_x(e, i.rd(), v);
    Ok(())
}

/// MOVZ.
pub(super) fn MOVZ<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let v = e.imm(i.imm);
    set_x(e, i.rd(), v);
    Ok(())
}

/// MOVK.
pub(super) fn MOVK<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let w = i.sf();
    let old = src(e, i.rd());
    let kept = e.bini(Bin::And, w, old, !(0xffff << (i.bits(22, 21) * 16)));
    let r = e.bini(Bin::Or, w, kept, i.imm);
    set_x(e, i.rd(), r);
    Ok(())
}

/// SBFM and UBFM as a shift left and one back (`right`); see `field_shifts` in the table.
#[inline(always)]
fn extract<E: Emit>(e: &mut E, i: &Insn, right: Bin) -> Res {
    by_width!(i, SIZE, {
        let a = src(e, i.rn());
        let high = e.bini(Bin::Shl, SIZE, a, i.imm & 0xff);
        let r = e.bini(right, SIZE, high, i.imm >> 8);
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// SBFM: ASR (immediate), SBFIZ, SBFX, SXTB, SXTH, SXTW.
pub(super) fn SBFM<E: Emit>(e: &mut E, i: &Insn) -> Res {
    extract(e, i, Bin::Sar)
}

/// UBFM: LSL and LSR (immediate), UBFIZ, UBFX, UXTB, UXTH.
pub(super) fn UBFM<E: Emit>(e: &mut E, i: &Insn) -> Res {
    extract(e, i, Bin::Shr)
}

/// BFM: BFC, BFI, BFXIL.
pub(super) fn BFM<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let w = i.sf();
    let a = src(e, i.rn());
    let a = e.bini(Bin::Ror, w, a, i.bits(21, 16).into());
    let new = e.bini(Bin::And, w, a, i.imm);
    let old = src(e, i.rd());
    let kept = e.bini(Bin::And, w, old, !i.imm);
    let r = e.bin(Bin::Or, w, kept, new);
    set_x(e, i.rd(), r);
    Ok(())
}

/// EXTR; ROR (immediate).
pub(super) fn EXTR<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let (w, lsb) = (i.sf(), i.bits(15, 10));
    let (high, low) = (src(e, i.rn()), src(e, i.rm()));
    let r = if i.rn() == i.rm() || lsb == 0 {
        e.bini(Bin::Ror, w, low, lsb.into())
    } else {
        let low = e.bini(Bin::Shr, w, low, lsb.into());
        let high = e.bini(Bin::Shl, w, high, (w.bits() - lsb).into());
        e.bin(Bin::Or, w, high, low)
    };
    set_x(e, i.rd(), r);
    Ok(())
}

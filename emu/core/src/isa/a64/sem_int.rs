//! Integer data processing.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::insn::SP;
use crate::emit::{Bin, Emit, FlagKind, Reg, Res, W};

/// Register `n` at width `w`, 31 being the zero register.
#[inline(always)]
pub(super) fn x<E: Emit>(e: &mut E, w: W, n: u8) -> E::V {
    if n == 31 {
        return e.imm(0);
    }
    let v = e.get(Reg(n));
    if w == W::W32 { e.ext(32, false, v) } else { v }
}

/// Register `n` at width `w`, 31 being the stack pointer.
#[inline(always)]
pub(super) fn xsp<E: Emit>(e: &mut E, w: W, n: u8) -> E::V {
    let v = e.get(Reg(n));
    if w == W::W32 { e.ext(32, false, v) } else { v }
}

/// Writes register `n`, discarding what goes to the zero register.
#[inline(always)]
pub(super) fn set_x<E: Emit>(e: &mut E, n: u8, v: E::V) {
    if n != 31 {
        e.set(Reg(n), v);
    }
}

/// ADD (immediate).
pub(super) fn ADD_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let a = xsp(e, i.sf(), i.rn());
    let r = e.bini(Bin::Add, i.sf(), a, i.imm);
    e.set(if i.rd() == 31 { SP } else { Reg(i.rd()) }, r);
    Ok(())
}

/// ADDS (immediate); CMN (immediate).
pub(super) fn ADDS_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let a = xsp(e, i.sf(), i.rn());
    let b = e.imm(i.imm);
    let r = e.bin(Bin::Add, i.sf(), a, b);
    e.flags(FlagKind::Add, i.sf(), a, b);
    set_x(e, i.rd(), r);
    Ok(())
}

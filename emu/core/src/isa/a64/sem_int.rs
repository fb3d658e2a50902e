//! General registers as operands: what the integer sections share.

use crate::emit::{Bin, Emit, Reg, W};

/// Register `n`, 31 being the zero register, whole: an operand for operations with a width, which
/// ignore what is above it.
#[inline(always)]
pub(super) fn src<E: Emit>(e: &mut E, n: u8) -> E::V {
    if n == 31 { e.imm(0) } else { e.get(Reg(n)) }
}

/// Register `n` at width `w` (zero-extended), 31 being the zero register.
#[inline(always)]
pub(super) fn x<E: Emit>(e: &mut E, w: W, n: u8) -> E::V {
    if n == 31 { e.imm(0) } else { xsp(e, w, n) }
}

/// Register `n` at width `w` (zero-extended), 31 being the stack pointer.
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

/// Shifts `v` by a constant: the manual's ShiftReg with its two-bit `kind` (LSL, LSR, ASR, ROR).
#[inline(always)]
pub(super) fn shifted<E: Emit>(e: &mut E, w: W, kind: u32, amount: u32, v: E::V) -> E::V {
    if amount == 0 {
        return v;
    }
    let op = match kind & 3 {
        0 => Bin::Shl,
        1 => Bin::Shr,
        2 => Bin::Sar,
        _ => Bin::Ror,
    };
    e.bini(op, w, v, amount.into())
}

/// Runs a body with `$w` a constant: straight host code for each width instead of a choice at
/// every operation.
macro_rules! by_width {
    ($i:ident, $w:ident, $body:block) => {
        if $i.bit(31) {
            const $w: W = W::W64;
            $body
        } else {
            const $w: W = W::W32;
            $body
        }
    };
}
pub(super) use by_width;

//! Floating point exactly as the Arm ARM's pseudo-code (shared/functions/float) has it.
//!
//! Every operation is defined by the software implementation, written once for the three formats:
//! `format` (unpack, round, NaNs), `arith`, `convert`, `estimate`, dispatched by `slow`. In front
//! of it stands `fast`, host arithmetic for the ordinary case (round to nearest, operands and
//! result far from the edges), which must agree bit for bit and flag for flag. `vector` applies
//! the scalar operations to lanes.

mod arith;
mod convert;
mod estimate;
mod fast;
mod format;
mod slow;
#[cfg(test)]
mod tests;
mod vector;

use crate::emit::{F1, F2, F3, FCvt, FSize, QF1, QF2, QF3};

/// The two registers floating-point operations depend on.
#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct FpEnv {
    /// Control: rounding mode, DN, FZ, FZ16, AHP.
    pub fpcr: u32,
    /// Status: cumulative IOC, DZC, OFC, UFC, IXC, IDC (and QC, untouched here).
    pub fpsr: u32,
}

/// Scalar operation on one value (in the low bits; the result is zero-extended).
#[inline(always)]
pub fn f1(op: F1, s: FSize, a: u64, env: &mut FpEnv) -> u64 {
    match op {
        F1::Abs => a & s.mask() & !s.sign_bit(),
        F1::Neg => a & s.mask() ^ s.sign_bit(),
        _ => match fast::f1(op, s, a, env) {
            Some(r) => r,
            None => slow::f1(op, s, a, env),
        },
    }
}

/// Scalar operation on two values.
#[inline(always)]
pub fn f2(op: F2, s: FSize, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    match fast::f2(op, s, a, b, env) {
        Some(r) => r,
        None => slow::f2(op, s, a, b, env),
    }
}

/// Scalar fused operation; `a` is the addend.
#[inline(always)]
pub fn f3(op: F3, s: FSize, a: u64, b: u64, c: u64, env: &mut FpEnv) -> u64 {
    match fast::f3(op, s, a, b, c, env) {
        Some(r) => r,
        None => slow::f3(op, s, a, b, c, env),
    }
}

/// The operands of a multiply-add with the signs `op` gives them: addend and first factor.
#[inline(always)]
fn f3_signs(op: F3, s: FSize, a: u64, b: u64) -> (u64, u64) {
    let sign = s.sign_bit();
    match op {
        F3::MulAdd => (a, b),
        F3::MulSub => (a, b ^ sign),
        F3::NMulAdd => (a ^ sign, b ^ sign),
        F3::NMulSub => (a ^ sign, b),
    }
}

/// Compares: NZCV (0..=15) as FCMP sets it. `signal`: quiet NaNs raise Invalid too (FCMPE).
#[inline(always)]
pub fn fcmp(s: FSize, signal: bool, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    match fast::fcmp(s, a, b, env) {
        Some(r) => r,
        None => slow::fcmp(s, signal, a, b, env),
    }
}

/// Converts a scalar.
#[inline(always)]
pub fn fcvt(op: FCvt, a: u64, env: &mut FpEnv) -> u64 {
    match fast::fcvt(op, a, env) {
        Some(r) => r,
        None => slow::fcvt(op, a, env),
    }
}

/// Vector operation on one value.
#[inline(always)]
pub fn qf1(op: QF1, s: FSize, a: u128, env: &mut FpEnv) -> u128 {
    vector::qf1(op, s, a, env)
}

/// Vector operation on two values.
#[inline(always)]
pub fn qf2(op: QF2, s: FSize, a: u128, b: u128, env: &mut FpEnv) -> u128 {
    match op {
        QF2::Lanes { op, q } => vector::lanes2(op, s, q, a, b, env),
        _ => vector::qf2(op, s, a, b, env),
    }
}

/// Vector operation on three values; `a` is the accumulator.
#[inline(always)]
pub fn qf3(op: QF3, s: FSize, a: u128, b: u128, c: u128, env: &mut FpEnv) -> u128 {
    match op {
        QF3::Lanes { op, q } => vector::lanes3(op, s, q, [a, b, c], env),
        _ => vector::qf3(op, s, a, b, c, env),
    }
}

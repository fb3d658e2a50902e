//! Floating point exactly as the Arm ARM's pseudo-code (shared/functions/float) has it.

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
    let _ = (op, s, a, env);
    0
}

/// Scalar operation on two values.
#[inline(always)]
pub fn f2(op: F2, s: FSize, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    let _ = (op, s, a, b, env);
    0
}

/// Scalar fused operation; `a` is the addend.
#[inline(always)]
pub fn f3(op: F3, s: FSize, a: u64, b: u64, c: u64, env: &mut FpEnv) -> u64 {
    let _ = (op, s, a, b, c, env);
    0
}

/// Compares: NZCV (0..=15) as FCMP sets it. `signal`: quiet NaNs raise Invalid too (FCMPE).
#[inline(always)]
pub fn fcmp(s: FSize, signal: bool, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    let _ = (s, signal, a, b, env);
    0
}

/// Converts a scalar.
#[inline(always)]
pub fn fcvt(op: FCvt, a: u64, env: &mut FpEnv) -> u64 {
    let _ = (op, a, env);
    0
}

/// Vector operation on one value.
#[inline(always)]
pub fn qf1(op: QF1, s: FSize, a: u128, env: &mut FpEnv) -> u128 {
    let _ = (op, s, a, env);
    0
}

/// Vector operation on two values.
#[inline(always)]
pub fn qf2(op: QF2, s: FSize, a: u128, b: u128, env: &mut FpEnv) -> u128 {
    let _ = (op, s, a, b, env);
    0
}

/// Vector operation on three values; `a` is the accumulator.
#[inline(always)]
pub fn qf3(op: QF3, s: FSize, a: u128, b: u128, c: u128, env: &mut FpEnv) -> u128 {
    let _ = (op, s, a, b, c, env);
    0
}

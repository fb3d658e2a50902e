//! The definition of every scalar operation: dispatch to the generic implementation.

use std::cmp::Ordering;

use super::FpEnv;
use super::{arith, convert, estimate};
use crate::emit::{F1, F2, F3, FCvt, FSize, Rounding};

/// Definition of [`super::f1`].
#[cold]
#[inline(never)]
pub(super) fn f1(op: F1, s: FSize, a: u64, env: &mut FpEnv) -> u64 {
    let a = a & s.mask();
    match op {
        F1::Abs => a & !s.sign_bit(),
        F1::Neg => a ^ s.sign_bit(),
        F1::Sqrt => arith::sqrt(s, a, env),
        F1::RoundInt { rounding, exact } => convert::round_int(s, a, rounding, exact, env),
        F1::RoundIntN { rounding, bits } => convert::round_int_n(s, a, rounding, bits, env),
        F1::RecipEstimate => estimate::recip_estimate(s, a, env),
        F1::RsqrtEstimate => estimate::rsqrt_estimate(s, a, env),
        F1::RecipExponent => estimate::recip_exponent(s, a, env),
    }
}

/// Definition of [`super::f2`].
#[cold]
#[inline(never)]
pub(super) fn f2(op: F2, s: FSize, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    let (a, b) = (a & s.mask(), b & s.mask());
    let abs = |v: u64| v & !s.sign_bit();
    let mut mask = |signal, a, b, wanted: fn(Ordering) -> bool| {
        if arith::compare(s, signal, a, b, env).is_some_and(wanted) { s.mask() } else { 0 }
    };
    match op {
        F2::CmpEq => mask(false, a, b, Ordering::is_eq),
        F2::CmpGe => mask(true, a, b, Ordering::is_ge),
        F2::CmpGt => mask(true, a, b, Ordering::is_gt),
        F2::AbsCmpGe => mask(true, abs(a), abs(b), Ordering::is_ge),
        F2::AbsCmpGt => mask(true, abs(a), abs(b), Ordering::is_gt),
        F2::Add => arith::add(s, a, b, false, env),
        F2::Sub => arith::add(s, a, b, true, env),
        F2::AbsDiff => abs(arith::add(s, a, b, true, env)),
        F2::Mul => arith::mul(s, a, b, false, env),
        F2::NMul => arith::mul(s, a, b, false, env) ^ s.sign_bit(),
        F2::MulX => arith::mul(s, a, b, true, env),
        F2::Div => arith::div(s, a, b, env),
        F2::Max => arith::max_min(s, a, b, false, env),
        F2::Min => arith::max_min(s, a, b, true, env),
        F2::MaxNum => arith::max_min_num(s, a, b, false, env),
        F2::MinNum => arith::max_min_num(s, a, b, true, env),
        F2::RecipStep => arith::recip_step(s, a, b, env),
        F2::RsqrtStep => arith::rsqrt_step(s, a, b, env),
    }
}

/// Definition of [`super::f3`].
#[cold]
#[inline(never)]
pub(super) fn f3(op: F3, s: FSize, a: u64, b: u64, c: u64, env: &mut FpEnv) -> u64 {
    let (a, b) = super::f3_signs(op, s, a & s.mask(), b & s.mask());
    arith::mul_add(s, a, s, b, c & s.mask(), env)
}

/// Definition of [`super::fcmp`].
#[cold]
#[inline(never)]
pub(super) fn fcmp(s: FSize, signal: bool, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    match arith::compare(s, signal, a & s.mask(), b & s.mask(), env) {
        Some(Ordering::Equal) => 0b0110,
        Some(Ordering::Less) => 0b1000,
        Some(Ordering::Greater) => 0b0010,
        None => 0b0011,
    }
}

/// Definition of [`super::fcvt`].
#[cold]
#[inline(never)]
pub(super) fn fcvt(op: FCvt, a: u64, env: &mut FpEnv) -> u64 {
    match op {
        FCvt::Format { from, to } => convert::format(from, to, a & from.mask(), Rounding::Current, env),
        FCvt::FormatOdd => convert::format(FSize::D, FSize::S, a, Rounding::Odd, env),
        FCvt::ToInt { from, bits, signed, rounding, fbits } => {
            let fixed = convert::Fixed { bits, signed, fbits };
            convert::to_int(from, a & from.mask(), fixed, rounding, env)
        }
        FCvt::FromInt { to, bits, signed, fbits } => {
            convert::from_int(to, a, convert::Fixed { bits, signed, fbits }, env)
        }
        FCvt::JavaScript => convert::javascript(a, env),
    }
}

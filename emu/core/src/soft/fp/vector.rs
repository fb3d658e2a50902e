//! Vector operations: the scalar ones lane by lane.

use super::{FpEnv, arith, estimate, f1, f2, fast, fcvt, slow};
use crate::emit::{F2, F3, FCvt, FSize, QF1, QF2, QF3};

/// Lane `i` of `v`.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "takes a lane out of a vector")]
fn lane(s: FSize, v: u128, i: u32) -> u64 {
    (v >> (i * s.bits())) as u64 & s.mask()
}

/// The vector of `n` lanes that `f` gives; the rest 0.
#[inline(always)]
fn build(s: FSize, n: u32, mut f: impl FnMut(u32) -> u64) -> u128 {
    let mut r = 0;
    for i in 0..n {
        r |= u128::from(f(i)) << (i * s.bits());
    }
    r
}

/// Lanes in 128 or 64 bits.
#[inline(always)]
fn count(s: FSize, q: bool) -> u32 {
    (if q { 128 } else { 64 }) / s.bits()
}

#[cold]
#[inline(never)]
fn slow_lanes2(op: F2, s: FSize, q: bool, [a, b]: [u128; 2], env: &mut FpEnv) -> u128 {
    build(s, count(s, q), |i| slow::f2(op, s, lane(s, a, i), lane(s, b, i), env))
}

#[cold]
#[inline(never)]
fn slow_lanes3(op: F3, s: FSize, q: bool, [a, b, c]: [u128; 3], env: &mut FpEnv) -> u128 {
    build(s, count(s, q), |i| slow::f3(op, s, lane(s, a, i), lane(s, b, i), lane(s, c, i), env))
}

/// [`QF2::Lanes`]: inlined, so that the operation is a constant in each handler.
#[inline(always)]
pub(super) fn lanes2(op: F2, s: FSize, q: bool, a: u128, b: u128, env: &mut FpEnv) -> u128 {
    match fast::lanes2(op, s, q, a, b, env) {
        Some(r) => r,
        None => slow_lanes2(op, s, q, [a, b], env),
    }
}

/// [`QF3::Lanes`]: inlined as [`lanes2`].
#[inline(always)]
pub(super) fn lanes3(op: F3, s: FSize, q: bool, [a, b, c]: [u128; 3], env: &mut FpEnv) -> u128 {
    match fast::lanes3(op, s, q, [a, b, c], env) {
        Some(r) => r,
        None => slow_lanes3(op, s, q, [a, b, c], env),
    }
}

/// Definition of [`super::qf1`].
#[inline(never)]
pub(super) fn qf1(op: QF1, s: FSize, a: u128, env: &mut FpEnv) -> u128 {
    match op {
        QF1::Lanes { op, q } => build(s, count(s, q), |i| f1(op, s, lane(s, a, i), env)),
        QF1::Convert { op, q } => build(s, count(s, q), |i| fcvt(op, lane(s, a, i), env)),
        QF1::Widen => {
            let to = s.wider();
            let op = FCvt::Format { from: s, to };
            build(to, count(to, true), |i| fcvt(op, lane(s, a, i), env))
        }
        QF1::Narrow { odd } => {
            let to = s.narrower();
            let op = if odd { FCvt::FormatOdd } else { FCvt::Format { from: s, to } };
            build(to, count(s, true), |i| fcvt(op, lane(s, a, i), env))
        }
        QF1::Reduce { op, q } => u128::from(reduce(op, s, a, count(s, q), env)),
        QF1::URecipEstimate { q } => {
            build(FSize::S, count(FSize::S, q), |i| estimate::unsigned_recip(lane(FSize::S, a, i)))
        }
        QF1::URsqrtEstimate { q } => {
            build(FSize::S, count(FSize::S, q), |i| estimate::unsigned_rsqrt(lane(FSize::S, a, i)))
        }
    }
}

/// `Reduce`: the halves reduced, then combined.
fn reduce(op: F2, s: FSize, a: u128, n: u32, env: &mut FpEnv) -> u64 {
    if n == 1 {
        return lane(s, a, 0);
    }
    let low = reduce(op, s, a, n / 2, env);
    let high = reduce(op, s, a >> (n / 2 * s.bits()), n / 2, env);
    f2(op, s, low, high, env)
}

/// Definition of [`super::qf2`].
#[inline(never)]
pub(super) fn qf2(op: QF2, s: FSize, a: u128, b: u128, env: &mut FpEnv) -> u128 {
    match op {
        QF2::Lanes { op, q } => lanes2(op, s, q, a, b, env),
        QF2::Pairwise { op, q } => {
            let n = count(s, q);
            build(s, n, |i| {
                let (v, i) = if i < n / 2 { (a, 2 * i) } else { (b, 2 * i - n) };
                f2(op, s, lane(s, v, i), lane(s, v, i + 1), env)
            })
        }
        QF2::ComplexAdd { rot270, q } => build(s, count(s, q), |i| {
            // b turned by 90 degrees is (-im, re), by 270 (im, -re).
            let negate = if (i & 1 == 0) != rot270 { s.sign_bit() } else { 0 };
            f2(F2::Add, s, lane(s, a, i), lane(s, b, i ^ 1) ^ negate, env)
        }),
    }
}

/// Definition of [`super::qf3`].
#[inline(never)]
pub(super) fn qf3(op: QF3, s: FSize, a: u128, b: u128, c: u128, env: &mut FpEnv) -> u128 {
    match op {
        QF3::Lanes { op, q } => lanes3(op, s, q, [a, b, c], env),
        QF3::ComplexMulAdd { rot, q } => {
            build(s, count(s, q), |i| complex_mul_add(s, [a, b, c], i, rot, env))
        }
        QF3::MulAddLong { sub, upper, q } => {
            let n = count(FSize::S, q);
            let from = if upper { n } else { 0 };
            build(FSize::S, n, |i| {
                let b = lane(FSize::H, b, from + i) ^ if sub { FSize::H.sign_bit() } else { 0 };
                arith::mul_add(FSize::S, lane(FSize::S, a, i), FSize::H, b, lane(FSize::H, c, from + i), env)
            })
        }
    }
}

/// One lane of FCMLA. With `b` = (re, im): rotations by 0 and 180 degrees multiply by its real
/// part, by 90 and 270 by its imaginary part.
fn complex_mul_add(s: FSize, [a, b, c]: [u128; 3], i: u32, rot: u8, env: &mut FpEnv) -> u64 {
    let imaginary = i & 1 != 0;
    let turned = rot & 1 != 0;
    let factor = lane(s, b, i & !1 | u32::from(turned));
    let other = lane(s, c, if turned { i ^ 1 } else { i });
    let negate = match rot & 3 {
        0 => false,
        1 => !imaginary,
        2 => true,
        _ => imaginary,
    };
    let other = other ^ if negate { s.sign_bit() } else { 0 };
    arith::mul_add(s, lane(s, a, i), s, factor, other, env)
}

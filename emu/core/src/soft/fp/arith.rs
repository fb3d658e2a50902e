//! Arithmetic and comparison (Arm ARM shared/functions/float: `FPAdd`, `FPMul`, `FPMulAdd`, …).

use std::cmp::Ordering;

use super::FpEnv;
use super::convert::convert_nan;
use super::format::{Class, DZC, IOC, Term, Value, invalid, process_nan, process_nans, round, unpack};
use crate::emit::{FSize, Rounding};

/// Adds two exact terms, multiplies by `2^scale` and rounds; an exact zero has the sign the
/// rounding mode gives it (the callers deal with zeros of equal sign).
fn sum(s: FSize, a: Term, b: Term, scale: i32, env: &mut FpEnv) -> u64 {
    let (a, b) = (normalise(a), normalise(b));
    let (big, small) = if b.sig == 0 || (a.sig != 0 && a.exp >= b.exp) { (a, b) } else { (b, a) };
    let small_sig = shift_right_sticky(small.sig, big.exp.abs_diff(small.exp));
    let (sign, sig) = if big.sign == small.sign {
        (big.sign, big.sig + small_sig)
    } else if big.sig >= small_sig {
        (big.sign, big.sig - small_sig)
    } else {
        (small.sign, small_sig - big.sig)
    };
    if sig == 0 {
        return s.zero(env.rounding(Rounding::Current) == Rounding::Down);
    }
    round(s, Term { sign, exp: big.exp + scale, sig }, Rounding::Current, env)
}

/// Moves the highest bit to bit 125: room for a carry above, and for every bit of a product of
/// double-precision significands below, so that cancellation loses nothing.
#[expect(clippy::cast_possible_wrap, reason = "a count of at most 128")]
fn normalise(t: Term) -> Term {
    if t.sig == 0 {
        return t;
    }
    let shift = t.sig.leading_zeros() as i32 - 2;
    let sig = if shift >= 0 {
        t.sig << shift
    } else {
        // Products of 64-bit significands: their low bits are zeros (at most 53 bits each count).
        t.sig >> -shift
    };
    Term { sig, exp: t.exp - shift, ..t }
}

/// `sig >> n`, the last bit set when bits were lost.
fn shift_right_sticky(sig: u128, n: u32) -> u128 {
    match n {
        0 => sig,
        1..128 => sig >> n | u128::from(sig << (128 - n) != 0),
        _ => u128::from(sig != 0),
    }
}

/// The exact product; zero unless both are finite.
fn product(a: &Value, b: &Value) -> Term {
    Term { sign: a.sign != b.sign, exp: a.exp + b.exp - 126, sig: u128::from(a.sig) * u128::from(b.sig) }
}

/// `FPAdd`, or `FPSub` when `subtract`.
pub(super) fn add(s: FSize, a: u64, b: u64, subtract: bool, env: &mut FpEnv) -> u64 {
    let (x, mut y) = (unpack(s, a, env), unpack(s, b, env));
    if let Some(nan) = process_nans(s, &[(x, a), (y, b)], env) {
        return nan;
    }
    y.sign ^= subtract;
    match (x.is_inf(), y.is_inf()) {
        (true, true) if x.sign != y.sign => invalid(s, env),
        (true, _) => s.inf(x.sign),
        (_, true) => s.inf(y.sign),
        _ if x.is_zero() && y.is_zero() && x.sign == y.sign => s.zero(x.sign),
        _ => sum(s, x.term(), y.term(), 0, env),
    }
}

/// `FPMul`, or `FPMulX` when `extended`: then `0 * inf` is 2.
pub(super) fn mul(s: FSize, a: u64, b: u64, extended: bool, env: &mut FpEnv) -> u64 {
    let (x, y) = (unpack(s, a, env), unpack(s, b, env));
    if let Some(nan) = process_nans(s, &[(x, a), (y, b)], env) {
        return nan;
    }
    let sign = x.sign != y.sign;
    let inf = x.is_inf() || y.is_inf();
    let zero = x.is_zero() || y.is_zero();
    match (inf, zero) {
        (true, true) if extended => s.two(sign),
        (true, true) => invalid(s, env),
        (true, false) => s.inf(sign),
        (false, true) => s.zero(sign),
        (false, false) => round(s, product(&x, &y), Rounding::Current, env),
    }
}

/// `FPDiv`.
pub(super) fn div(s: FSize, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    let (x, y) = (unpack(s, a, env), unpack(s, b, env));
    if let Some(nan) = process_nans(s, &[(x, a), (y, b)], env) {
        return nan;
    }
    let sign = x.sign != y.sign;
    if x.is_inf() && y.is_inf() || x.is_zero() && y.is_zero() {
        return invalid(s, env);
    }
    if x.is_inf() || y.is_zero() {
        if !x.is_inf() {
            env.raise(DZC);
        }
        return s.inf(sign);
    }
    if x.is_zero() || y.is_inf() {
        return s.zero(sign);
    }
    let numerator = u128::from(x.sig) << 64;
    let divisor = u128::from(y.sig);
    let sticky = u128::from(numerator % divisor != 0);
    // At least 64 bits of quotient: the sticky bit is below any format's last place.
    let sig = (numerator / divisor) << 1 | sticky;
    round(s, Term { sign, exp: x.exp - y.exp - 65, sig }, Rounding::Current, env)
}

/// `FPSqrt`.
pub(super) fn sqrt(s: FSize, a: u64, env: &mut FpEnv) -> u64 {
    let x = unpack(s, a, env);
    if x.is_nan() {
        return process_nan(s, a, x.class, env);
    }
    if x.is_zero() {
        return s.zero(x.sign);
    }
    if x.sign {
        return invalid(s, env);
    }
    if x.is_inf() {
        return s.inf(false);
    }
    // sig * 2^(exp-63) = radicand * 2^(2*half) with an even exponent and 127 or 128 bits.
    let odd = x.exp & 1;
    let radicand = u128::from(x.sig) << (63 + odd);
    let half = (x.exp - odd - 126) / 2;
    let root = radicand.isqrt();
    let sig = root << 1 | u128::from(root * root != radicand);
    round(s, Term { sign: false, exp: half - 1, sig }, Rounding::Current, env)
}

/// `FPMulAdd`, and `FPMulAddH` when the factors' format `sf` is narrower than the addend's `s`.
pub(super) fn mul_add(s: FSize, addend: u64, sf: FSize, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    let (z, x, y) = (unpack(s, addend, env), unpack(sf, a, env), unpack(sf, b, env));
    let indeterminate = x.is_inf() && y.is_zero() || x.is_zero() && y.is_inf();
    if indeterminate && z.class == Class::QuietNan {
        return invalid(s, env);
    }
    if let Some(nan) = mul_add_nan(s, (z, addend), sf, [(x, a), (y, b)], env) {
        return nan;
    }
    let sign = x.sign != y.sign;
    let product_inf = x.is_inf() || y.is_inf();
    if indeterminate || z.is_inf() && product_inf && z.sign != sign {
        return invalid(s, env);
    }
    if z.is_inf() || product_inf {
        return s.inf(if z.is_inf() { z.sign } else { sign });
    }
    if z.is_zero() && (x.is_zero() || y.is_zero()) && z.sign == sign {
        return s.zero(sign);
    }
    sum(s, z.term(), product(&x, &y), 0, env)
}

/// `FPProcessNaNs3`, `FPProcessNaNs3H`.
fn mul_add_nan(
    s: FSize,
    addend: (Value, u64),
    sf: FSize,
    factors: [(Value, u64); 2],
    env: &mut FpEnv,
) -> Option<u64> {
    let signals = |v: &(Value, u64)| v.0.class == Class::SignalNan;
    if !addend.0.is_nan() || !signals(&addend) && factors.iter().any(signals) {
        return process_nans(sf, &factors, env)
            .map(|nan| if s == sf { nan } else { convert_nan(sf, s, nan) });
    }
    process_nans(s, &[addend], env)
}

/// `FPRecipStepFused`: `2 - a*b`.
pub(super) fn recip_step(s: FSize, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    step(s, a, b, (2, s.two(false)), 0, env)
}

/// `FPRSqrtStepFused`: `(3 - a*b) / 2`.
pub(super) fn rsqrt_step(s: FSize, a: u64, b: u64, env: &mut FpEnv) -> u64 {
    step(s, a, b, (3, s.one_point_five()), -1, env)
}

/// `(c - a*b) * 2^scale`, and `at_zero` where the product is `0 * inf`. The first operand is
/// negated before NaNs are looked at.
fn step(s: FSize, a: u64, b: u64, (c, at_zero): (u128, u64), scale: i32, env: &mut FpEnv) -> u64 {
    let a = a ^ s.sign_bit();
    let (x, y) = (unpack(s, a, env), unpack(s, b, env));
    if let Some(nan) = process_nans(s, &[(x, a), (y, b)], env) {
        return nan;
    }
    if x.is_inf() || y.is_inf() {
        let zero = x.is_zero() || y.is_zero();
        return if zero { at_zero } else { s.inf(x.sign != y.sign) };
    }
    sum(s, Term { sign: false, exp: 0, sig: c }, product(&x, &y), scale, env)
}

/// `FPMax` or `FPMin`.
pub(super) fn max_min(s: FSize, a: u64, b: u64, min: bool, env: &mut FpEnv) -> u64 {
    let (x, y) = (unpack(s, a, env), unpack(s, b, env));
    if let Some(nan) = process_nans(s, &[(x, a), (y, b)], env) {
        return nan;
    }
    if x.is_zero() && y.is_zero() {
        return s.zero(if min { x.sign || y.sign } else { x.sign && y.sign });
    }
    let wanted = if min { Ordering::Less } else { Ordering::Greater };
    let (v, bits) = if order(&x, &y) == wanted { (x, a) } else { (y, b) };
    if v.is_zero() { s.zero(v.sign) } else { bits & s.mask() }
}

/// `FPMaxNum` or `FPMinNum`: a single quiet NaN counts as the infinity that loses.
pub(super) fn max_min_num(s: FSize, a: u64, b: u64, min: bool, env: &mut FpEnv) -> u64 {
    let (x, y) = (unpack(s, a, env), unpack(s, b, env));
    let loser = s.inf(!min);
    match (x.class == Class::QuietNan, y.class == Class::QuietNan) {
        (true, false) => max_min(s, loser, b, min, env),
        (false, true) => max_min(s, a, loser, min, env),
        _ => max_min(s, a, b, min, env),
    }
}

/// Order of two values that are not NaNs.
fn order(x: &Value, y: &Value) -> Ordering {
    let magnitude = |v: &Value| (v.class, v.exp, v.sig);
    match (x.is_zero() && y.is_zero(), x.sign, y.sign) {
        (true, ..) => Ordering::Equal,
        (_, false, false) => magnitude(x).cmp(&magnitude(y)),
        (_, true, true) => magnitude(y).cmp(&magnitude(x)),
        (_, true, false) => Ordering::Less,
        (_, false, true) => Ordering::Greater,
    }
}

/// The order, or nothing when a NaN takes part. Raises Invalid for signalling NaNs, and for quiet
/// ones when `signal` (`FPCompare`, `FPCompareEQ`, `FPCompareGE`, `FPCompareGT`).
pub(super) fn compare(s: FSize, signal: bool, a: u64, b: u64, env: &mut FpEnv) -> Option<Ordering> {
    let (x, y) = (unpack(s, a, env), unpack(s, b, env));
    if x.is_nan() || y.is_nan() {
        if signal || x.class == Class::SignalNan || y.class == Class::SignalNan {
            env.raise(IOC);
        }
        return None;
    }
    Some(order(&x, &y))
}

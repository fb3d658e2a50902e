//! The ordinary case on the host's floating-point unit, or `None`.
//!
//! Host arithmetic rounds to nearest and flushes nothing, so FPCR must say the same. A result well
//! inside the normal range (biased exponent at least 2: above what could have been tiny before
//! rounding) is then the Arm result, and Inexact is the only flag to find. Where IXC is set
//! already there is nothing to find; otherwise the rounding error is computed: exactly, for it is
//! a floating-point number itself (two-sum) or an integer comparison (products).
//!
//! A caller that gets `None` runs the definition; what was raised before is raised there again.

use super::FpEnv;
use super::format::{FZ, IXC, RMODE};
use crate::emit::{F1, F2, F3, FCvt, FSize, Rounding};

/// Round to nearest, nothing flushed.
#[inline(always)]
fn plain(env: &FpEnv) -> bool {
    env.fpcr & (RMODE | FZ) == 0
}

/// The operations for one host format `$f` with bits `$u`; `$wide` holds a product of significands.
macro_rules! host_format {
    ($module:ident, $f:ty, $u:ty, $wide:ty, $frac:literal, $exp_max:literal) => {
        mod $module {
            use super::super::FpEnv;
            use super::IXC;

            /// A value of its bits (the low ones of `v`).
            #[inline(always)]
            #[expect(clippy::allow_attributes, reason = "u64 needs no truncation, u32 does")]
            #[allow(clippy::cast_possible_truncation, reason = "the upper bits are ignored")]
            pub fn val(v: u64) -> $f {
                <$f>::from_bits(v as $u)
            }

            /// Bits of a result.
            #[inline(always)]
            pub fn bits(v: $f) -> u64 {
                u64::from(v.to_bits())
            }

            #[inline(always)]
            fn exp(v: $f) -> $u {
                v.to_bits() >> $frac & $exp_max
            }

            /// The significand of a normal number.
            #[inline(always)]
            fn sig(v: $f) -> $wide {
                <$wide>::from(v.to_bits() & ((1 << $frac) - 1) | 1 << $frac)
            }

            /// Neither tiny nor near overflow: exponents 2 to max - 2.
            #[inline(always)]
            fn safe(r: $f) -> bool {
                exp(r).wrapping_sub(2) < $exp_max - 3
            }

            /// Raises Inexact unless `exact`, which is asked only when it matters.
            #[inline(always)]
            fn accept(r: $f, exact: impl FnOnce() -> bool, env: &mut FpEnv) -> Option<u64> {
                if env.fpsr & IXC == 0 && !exact() {
                    env.fpsr |= IXC;
                }
                Some(bits(r))
            }

            /// Whether `r`, the rounded sum, is `a + b` (Knuth's two-sum).
            #[inline(always)]
            fn exact_sum(a: $f, b: $f, r: $f) -> bool {
                let bb = r - a;
                (a - (r - bb)) + (b - bb) == 0.0
            }

            /// Whether `a * b` is `r` exactly; `r` within one rounding of it. False also for
            /// denormal operands.
            #[inline(always)]
            fn exact_product(a: $f, b: $f, r: $f) -> bool {
                let (ea, eb, er) = (exp(a), exp(b), exp(r));
                let shift = (er + $exp_max / 2 + $frac).wrapping_sub(ea + eb);
                ea != 0 && eb != 0 && er != 0 && shift <= $frac + 1 && sig(a) * sig(b) == sig(r) << shift
            }

            #[inline(always)]
            pub fn add(a: $f, b: $f, env: &mut FpEnv) -> Option<u64> {
                let r = a + b;
                // A zero sum is exact.
                if safe(r) || r == 0.0 { accept(r, || exact_sum(a, b, r), env) } else { None }
            }

            #[inline(always)]
            pub fn mul(a: $f, b: $f, env: &mut FpEnv) -> Option<u64> {
                let r = a * b;
                if safe(r) {
                    if exp(a) == 0 || exp(b) == 0 {
                        return None;
                    }
                    return accept(r, || exact_product(a, b, r), env);
                }
                (r == 0.0 && (a == 0.0 || b == 0.0)).then(|| bits(r))
            }

            #[inline(always)]
            pub fn div(a: $f, b: $f, env: &mut FpEnv) -> Option<u64> {
                let r = a / b;
                if safe(r) {
                    if exp(a) == 0 || exp(b) == 0 {
                        return None;
                    }
                    return accept(r, || exact_product(r, b, a), env);
                }
                (r == 0.0 && a == 0.0).then(|| bits(r))
            }

            #[inline(always)]
            pub fn sqrt(a: $f, env: &mut FpEnv) -> Option<u64> {
                // A denormal's root is normal: the operand decides.
                if !safe(a) {
                    return None;
                }
                let r = a.sqrt();
                if r > 0.0 { accept(r, || exact_product(r, r, a), env) } else { None }
            }

            /// `a + b*c`.
            #[inline(always)]
            pub fn mul_add(a: $f, b: $f, c: $f, env: &mut FpEnv) -> Option<u64> {
                if env.fpsr & IXC == 0 {
                    // The error of a fused operation is not one number; but when the product is
                    // exact, the sum is all there is.
                    let p = b * c;
                    let exact = safe(p) && exact_product(b, c, p) || p == 0.0 && (b == 0.0 || c == 0.0);
                    return if exact { add(p, a, env) } else { None };
                }
                let r = b.mul_add(c, a);
                let zero = r == 0.0 && a == 0.0 && (b == 0.0 || c == 0.0);
                (safe(r) || zero).then(|| bits(r))
            }

            #[inline(always)]
            pub fn compare(a: $f, b: $f) -> Option<u64> {
                match a.partial_cmp(&b)? {
                    std::cmp::Ordering::Less => Some(0b1000),
                    std::cmp::Ordering::Equal => Some(0b0110),
                    std::cmp::Ordering::Greater => Some(0b0010),
                }
            }

            /// All ones or 0, unless a NaN takes part.
            #[inline(always)]
            pub fn mask(a: $f, b: $f, c: bool) -> Option<u64> {
                (!a.is_nan() && !b.is_nan()).then(|| if c { u64::from(<$u>::MAX) } else { 0 })
            }

            /// The larger (smaller), unless a NaN takes part or both are zeros.
            #[inline(always)]
            pub fn max_min(a: $f, b: $f, min: bool) -> Option<u64> {
                let first = if min { a < b } else { a > b };
                let second = if min { b < a } else { b > a };
                if first {
                    Some(bits(a))
                } else if second || a == b && a != 0.0 {
                    Some(bits(b))
                } else {
                    None
                }
            }

            /// The operations on two values.
            #[inline(always)]
            pub fn f2(op: super::F2, a: u64, b: u64, env: &mut FpEnv) -> Option<u64> {
                use super::F2;
                let (a, b) = (val(a), val(b));
                match op {
                    F2::Add => add(a, b, env),
                    F2::Sub => add(a, -b, env),
                    F2::AbsDiff => add(a, -b, env).map(|r| bits(val(r).abs())),
                    F2::Mul | F2::MulX => mul(a, b, env),
                    F2::NMul => mul(a, b, env).map(|r| bits(-val(r))),
                    F2::Div => div(a, b, env),
                    F2::Max | F2::MaxNum => max_min(a, b, false),
                    F2::Min | F2::MinNum => max_min(a, b, true),
                    F2::CmpEq => mask(a, b, a == b),
                    F2::CmpGe => mask(a, b, a >= b),
                    F2::CmpGt => mask(a, b, a > b),
                    F2::AbsCmpGe => mask(a, b, a.abs() >= b.abs()),
                    F2::AbsCmpGt => mask(a, b, a.abs() > b.abs()),
                    F2::RecipStep | F2::RsqrtStep => None,
                }
            }
        }
    };
}

host_format!(single, f32, u32, u64, 23, 0xff);
host_format!(double, f64, u64, u128, 52, 0x7ff);

#[inline(always)]
pub(super) fn f1(op: F1, s: FSize, a: u64, env: &mut FpEnv) -> Option<u64> {
    match (op, s) {
        (F1::Sqrt, FSize::D) if plain(env) => double::sqrt(double::val(a), env),
        (F1::Sqrt, FSize::S) if plain(env) => single::sqrt(single::val(a), env),
        _ => None,
    }
}

#[inline(always)]
pub(super) fn f2(op: F2, s: FSize, a: u64, b: u64, env: &mut FpEnv) -> Option<u64> {
    match s {
        FSize::D if plain(env) => double::f2(op, a, b, env),
        FSize::S if plain(env) => single::f2(op, a, b, env),
        _ => None,
    }
}

#[inline(always)]
pub(super) fn f3(op: F3, s: FSize, a: u64, b: u64, c: u64, env: &mut FpEnv) -> Option<u64> {
    if !plain(env) || s == FSize::H {
        return None;
    }
    let (a, b) = super::f3_signs(op, s, a, b);
    mul_add(s, a, b, c, env)
}

/// [`f3`] with the signs of the operands settled, in a format that is not half.
#[inline(always)]
fn mul_add(s: FSize, a: u64, b: u64, c: u64, env: &mut FpEnv) -> Option<u64> {
    if s == FSize::D {
        double::mul_add(double::val(a), double::val(b), double::val(c), env)
    } else {
        single::mul_add(single::val(a), single::val(b), single::val(c), env)
    }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "takes the halves of a vector")]
fn halves(v: u128) -> [u64; 2] {
    [v as u64, (v >> 64) as u64]
}

/// All lanes, or `None` and nothing has happened. Written over 64-bit halves, not closures over
/// lanes: those are not inlined.
#[inline(always)]
pub(super) fn lanes2(op: F2, s: FSize, q: bool, a: u128, b: u128, env: &mut FpEnv) -> Option<u128> {
    if !plain(env) || s == FSize::H {
        return None;
    }
    let (a, b, mut local) = (halves(a), halves(b), *env);
    let mut r = [0, 0];
    for h in 0..=usize::from(q) {
        r[h] = if s == FSize::D {
            double::f2(op, a[h], b[h], &mut local)?
        } else {
            let low = single::f2(op, a[h], b[h], &mut local)?;
            low | single::f2(op, a[h] >> 32, b[h] >> 32, &mut local)? << 32
        };
    }
    *env = local;
    Some(u128::from(r[1]) << 64 | u128::from(r[0]))
}

/// As [`lanes2`].
#[inline(always)]
pub(super) fn lanes3(op: F3, s: FSize, q: bool, v: [u128; 3], env: &mut FpEnv) -> Option<u128> {
    if !plain(env) || s == FSize::H {
        return None;
    }
    let ([a, b, c], mut local) = (v.map(halves), *env);
    let mut r = [0, 0];
    for h in 0..=usize::from(q) {
        let (x, y) = super::f3_signs(op, s, a[h], b[h]);
        r[h] = mul_add(s, x, y, c[h], &mut local)?;
        if s == FSize::S {
            let (x, y) = super::f3_signs(op, s, a[h] >> 32, b[h] >> 32);
            r[h] |= mul_add(s, x, y, c[h] >> 32, &mut local)? << 32;
        }
    }
    *env = local;
    Some(u128::from(r[1]) << 64 | u128::from(r[0]))
}

#[inline(always)]
pub(super) fn fcmp(s: FSize, a: u64, b: u64, env: &FpEnv) -> Option<u64> {
    match s {
        FSize::D if plain(env) => double::compare(double::val(a), double::val(b)),
        FSize::S if plain(env) => single::compare(single::val(a), single::val(b)),
        _ => None,
    }
}

#[inline(always)]
pub(super) fn fcvt(op: FCvt, a: u64, env: &mut FpEnv) -> Option<u64> {
    match op {
        // Exact where it is not a NaN or a denormal, whatever the mode.
        FCvt::Format { from: FSize::S, to: FSize::D } => {
            let v = single::val(a);
            (v.is_normal() || v == 0.0).then(|| double::bits(f64::from(v)))
        }
        FCvt::ToInt { from, bits, signed, rounding: Rounding::Zero, fbits: 0 } => {
            let v = match from {
                FSize::D => double::val(a),
                FSize::S => f64::from(single::val(a)),
                FSize::H => return None,
            };
            to_int(v, bits, signed, env)
        }
        FCvt::FromInt { to, bits, signed, fbits: 0 } => from_int(to, a, bits, signed),
        _ => None,
    }
}

/// Truncates to an integer in the range of the type.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "in range"
)]
fn to_int(v: f64, bits: u8, signed: bool, env: &mut FpEnv) -> Option<u64> {
    let limit = match (bits, signed) {
        (64, _) => 9_223_372_036_854_775_808.0,
        (32, true) => 2_147_483_648.0,
        (32, false) => 4_294_967_296.0,
        _ => return None,
    };
    let low = if signed { -limit } else { 0.0 };
    if env.fpcr & FZ != 0 || !(v >= low && v < limit) {
        return None;
    }
    let int = v as i64;
    if env.fpsr & IXC == 0 && int as f64 != v {
        env.fpsr |= IXC;
    }
    Some(int as u64 & (u64::MAX >> (64 - bits)))
}

/// Integers so small that they are exact in any mode.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "range checked"
)]
fn from_int(to: FSize, a: u64, bits: u8, signed: bool) -> Option<u64> {
    let int = match (bits, signed) {
        (64, _) => a as i64,
        (32, true) => i64::from(a as i32),
        (32, false) => i64::from(a as u32),
        _ => return None,
    };
    if bits == 64 && !signed && int < 0 {
        return None;
    }
    let magnitude = int.unsigned_abs();
    match to {
        FSize::D if magnitude <= 1 << 53 => Some(double::bits(int as f64)),
        FSize::S if magnitude <= 1 << 24 => Some(single::bits(int as f32)),
        _ => None,
    }
}

//! Conversions between formats, to and from integers and fixed point, rounding to integral.

use super::FpEnv;
use super::format::{
    AHP, Class, DN, IOC, IXC, Term, Value, process_nan, round, round_cv, rounds_up, unpack, unpack_cv,
};
use crate::emit::{FSize, Rounding};

/// `FPConvertNaN`: a quiet NaN in another format, keeping the top of the payload.
pub(super) fn convert_nan(from: FSize, to: FSize, bits: u64) -> u64 {
    let payload = (bits & (from.quiet_bit() - 1)) << (64 - from.frac_bits() + 1) >> (64 - to.frac_bits() + 1);
    to.zero(bits & from.sign_bit() != 0) | to.default_nan() | payload
}

/// `FPConvert`; `rounding` is `Odd` for FCVTXN.
pub(super) fn format(from: FSize, to: FSize, a: u64, rounding: Rounding, env: &mut FpEnv) -> u64 {
    let x = unpack_cv(from, a, env);
    let alt = to == FSize::H && env.has(AHP);
    match x.class {
        Class::QuietNan | Class::SignalNan => {
            if alt || x.class == Class::SignalNan {
                env.raise(IOC);
            }
            match (alt, env.has(DN)) {
                (true, _) => to.zero(x.sign),
                (false, true) => to.default_nan(),
                (false, false) => convert_nan(from, to, a),
            }
        }
        Class::Inf if alt => {
            env.raise(IOC);
            to.zero(x.sign) | (to.sign_bit() - 1)
        }
        Class::Inf => to.inf(x.sign),
        Class::Zero => to.zero(x.sign),
        Class::Finite => round_cv(to, x.term(), rounding, env),
    }
}

/// The integral part of `|x| * 2^fbits` (a finite value), rounded, and whether it was inexact.
/// Magnitudes from 2^127 are given as a multiple of 2^64 that exceeds every integer type.
#[expect(clippy::cast_sign_loss, reason = "the sign has been looked at")]
fn integral(x: &Value, fbits: i32, rounding: Rounding) -> (u128, bool) {
    let drop = 63 - x.exp - fbits;
    let sig = u128::from(x.sig);
    if drop <= 0 {
        return (if drop >= -63 { sig << -drop } else { 1 << 127 }, false);
    }
    // `rest` as in the rounding to a format: the error in units of 2^-128.
    let (int, rest) = match drop as u32 {
        d @ 0..128 => (sig >> d, sig << (128 - d)),
        _ => (0, 1),
    };
    let up = rounds_up(rounding, x.sign, int & 1 != 0, rest);
    (int + u128::from(up), rest != 0)
}

/// An integral magnitude in format `s` (it fits: it came from there).
fn from_integral(s: FSize, sign: bool, int: u128, env: &mut FpEnv) -> u64 {
    if int == 0 {
        return s.zero(sign);
    }
    round(s, Term { sign, exp: 0, sig: int }, Rounding::Zero, env)
}

/// `FPRoundInt`.
pub(super) fn round_int(s: FSize, a: u64, rounding: Rounding, exact: bool, env: &mut FpEnv) -> u64 {
    let x = unpack(s, a, env);
    match x.class {
        Class::QuietNan | Class::SignalNan => process_nan(s, a, x.class, env),
        Class::Inf => s.inf(x.sign),
        Class::Zero => s.zero(x.sign),
        // Integral already; also where `integral` would give up on the low bits.
        Class::Finite if x.exp >= 63 => a & s.mask(),
        Class::Finite => {
            let (int, inexact) = integral(&x, 0, env.rounding(rounding));
            if inexact && exact {
                env.raise(IXC);
            }
            from_integral(s, x.sign, int, env)
        }
    }
}

/// `FPRoundIntN`: what does not fit in a signed integer of `bits` becomes its minimum.
pub(super) fn round_int_n(s: FSize, a: u64, rounding: Rounding, bits: u8, env: &mut FpEnv) -> u64 {
    let x = unpack(s, a, env);
    let limit = 1u128 << (bits - 1);
    if x.is_zero() {
        return s.zero(x.sign);
    }
    if x.class == Class::Finite {
        let (int, inexact) = integral(&x, 0, env.rounding(rounding));
        if int < limit || x.sign && int == limit {
            if inexact {
                env.raise(IXC);
            }
            return from_integral(s, x.sign, int, env);
        }
    }
    env.raise(IOC);
    from_integral(s, true, limit, env)
}

/// The destination or source of a conversion.
#[derive(Clone, Copy)]
pub(super) struct Fixed {
    /// Width: 16, 32 or 64.
    pub bits: u8,
    /// Two's complement.
    pub signed: bool,
    /// Fraction bits, 0..=64.
    pub fbits: u8,
}

/// `FPToFixed`.
#[expect(clippy::cast_possible_truncation, reason = "checked against the width")]
pub(super) fn to_int(s: FSize, a: u64, f: Fixed, rounding: Rounding, env: &mut FpEnv) -> u64 {
    let x = unpack(s, a, env);
    let mask = u64::MAX >> (64 - f.bits);
    let (int, inexact) = match x.class {
        Class::QuietNan | Class::SignalNan => {
            env.raise(IOC);
            return 0;
        }
        Class::Zero => return 0,
        Class::Inf => (1 << 127, false),
        Class::Finite => integral(&x, i32::from(f.fbits), env.rounding(rounding)),
    };
    let max = if f.signed { mask >> 1 } else { mask };
    let limit = match (x.sign, f.signed) {
        (false, _) => max,
        (true, true) => max + 1,
        (true, false) => 0,
    };
    if int > u128::from(limit) {
        env.raise(IOC);
    } else if inexact {
        env.raise(IXC);
    }
    let magnitude = int.min(u128::from(limit)) as u64;
    if x.sign { magnitude.wrapping_neg() & mask } else { magnitude }
}

/// `FixedToFP`.
pub(super) fn from_int(s: FSize, a: u64, f: Fixed, env: &mut FpEnv) -> u64 {
    let mask = u64::MAX >> (64 - f.bits);
    let sign = f.signed && a >> (f.bits - 1) & 1 != 0;
    let magnitude = if sign { a.wrapping_neg() } else { a } & mask;
    if magnitude == 0 {
        return 0;
    }
    round(s, Term { sign, exp: -i32::from(f.fbits), sig: u128::from(magnitude) }, Rounding::Current, env)
}

/// `FPToFixedJS`: the result in the low 32 bits, Z in bit 32.
pub(super) fn javascript(a: u64, env: &mut FpEnv) -> u64 {
    const Z: u64 = 1 << 32;
    let x = unpack(FSize::D, a, env);
    let (int, inexact) = match x.class {
        // Minus zero and a flushed denormal are not exact.
        Class::Zero => return if a == 0 { Z } else { 0 },
        Class::QuietNan | Class::SignalNan | Class::Inf => {
            env.raise(IOC);
            return 0;
        }
        Class::Finite => integral(&x, 0, Rounding::Zero),
    };
    let out_of_range = int > if x.sign { 1 << 31 } else { (1 << 31) - 1 };
    env.raise(match (out_of_range, inexact) {
        (true, _) => IOC,
        (false, true) => IXC,
        (false, false) => 0,
    });
    #[expect(clippy::cast_possible_truncation, reason = "modulo 2^32")]
    let low = int as u32;
    let low = if x.sign { low.wrapping_neg() } else { low };
    u64::from(low) | if out_of_range || inexact { 0 } else { Z }
}

//! Estimates: table look-ups in hardware, the manual's integer algorithm here
//! (`RecipEstimate`, `RecipSqrtEstimate`).

use super::FpEnv;
use super::format::{Class, DZC, IXC, OFC, UFC, invalid, overflow, process_nan, unpack};
use crate::emit::{FSize, Rounding};

/// `RecipEstimate`: `a` in 256..512 stands for 0.5..1, the result in 256..512 for 1..2.
fn recip(a: u64) -> u64 {
    ((1 << 19) / (a * 2 + 1)).div_ceil(2)
}

/// `RecipSqrtEstimate`: `a` in 128..512 stands for 0.25..1, the result in 256..512 for 1..2.
fn recip_sqrt(a: u64) -> u64 {
    let a = if a < 256 { a * 2 + 1 } else { ((a & !1) + 1) * 2 };
    // The largest b with a*b*b < 2^28; at least 512.
    let mut b = ((1u64 << 28) / a).isqrt();
    if a * b * b == 1 << 28 {
        b -= 1;
    }
    b.max(512).div_ceil(2)
}

/// `FPRecipEstimate`.
pub(super) fn recip_estimate(s: FSize, a: u64, env: &mut FpEnv) -> u64 {
    let x = unpack(s, a, env);
    let mode = env.rounding(Rounding::Current);
    match x.class {
        Class::QuietNan | Class::SignalNan => return process_nan(s, a, x.class, env),
        Class::Inf => return s.zero(x.sign),
        Class::Zero => {
            env.raise(DZC);
            return s.inf(x.sign);
        }
        // Below 2^(-bias-1) the reciprocal is not representable.
        Class::Finite if x.exp < -s.bias() - 1 => {
            env.raise(OFC | IXC);
            return overflow(s, x.sign, mode);
        }
        Class::Finite if env.flushes(s) && x.exp >= s.bias() - 1 => {
            env.raise(UFC);
            return s.zero(x.sign);
        }
        Class::Finite => {}
    }
    let estimate = recip(x.sig >> 55);
    // The estimate's 8 fraction bits and the implicit one, at the top of the fraction field.
    let mantissa = estimate << (s.frac_bits() - 8);
    let exp = s.bias() - 1 - x.exp;
    let bits = match u64::try_from(exp) {
        Ok(0) => mantissa >> 1,
        Ok(exp) => exp << s.frac_bits() | mantissa & s.frac_mask(),
        Err(_) => mantissa >> 2,
    };
    s.zero(x.sign) | bits
}

/// `FPRSqrtEstimate`.
pub(super) fn rsqrt_estimate(s: FSize, a: u64, env: &mut FpEnv) -> u64 {
    let x = unpack(s, a, env);
    match x.class {
        Class::QuietNan | Class::SignalNan => return process_nan(s, a, x.class, env),
        Class::Zero => {
            env.raise(DZC);
            return s.inf(x.sign);
        }
        _ if x.sign => return invalid(s, env),
        Class::Inf => return s.zero(false),
        Class::Finite => {}
    }
    let field = x.exp + s.bias();
    let estimate = recip_sqrt(if field & 1 == 0 { x.sig >> 55 } else { x.sig >> 56 });
    let exp = u64::from(((3 * s.bias() - 1 - field) / 2).unsigned_abs());
    exp << s.frac_bits() | (estimate & 0xff) << (s.frac_bits() - 8)
}

/// `FPRecpX`: the exponent inverted, the fraction cleared.
pub(super) fn recip_exponent(s: FSize, a: u64, env: &mut FpEnv) -> u64 {
    let x = unpack(s, a, env);
    if x.is_nan() {
        return process_nan(s, a, x.class, env);
    }
    let exp = match a & s.exp_mask() {
        0 => s.exp_mask() & !(1 << s.frac_bits()),
        e => !e & s.exp_mask(),
    };
    s.zero(x.sign) | exp
}

/// `UnsignedRecipEstimate` of a 32-bit fixed-point number.
pub(super) fn unsigned_recip(a: u64) -> u64 {
    if a >> 31 & 1 == 0 { 0xffff_ffff } else { (recip(a >> 23 & 0x1ff) & 0x1ff) << 23 }
}

/// `UnsignedRSqrtEstimate` of a 32-bit fixed-point number.
pub(super) fn unsigned_rsqrt(a: u64) -> u64 {
    if a >> 30 & 3 == 0 { 0xffff_ffff } else { (recip_sqrt(a >> 23 & 0x1ff) & 0x1ff) << 23 }
}

#[cfg(test)]
mod tests {
    use super::recip_sqrt;

    /// The manual's own loop.
    fn manual(a: u64) -> u64 {
        let a = if a < 256 { a * 2 + 1 } else { ((a >> 1 << 1) + 1) * 2 };
        let mut b = 512;
        while a * (b + 1) * (b + 1) < 1 << 28 {
            b += 1;
        }
        b.div_ceil(2)
    }

    #[test]
    fn reciprocal_square_root_is_the_manuals_table() {
        for a in 128..512 {
            assert_eq!(recip_sqrt(a), manual(a), "a = {a}");
        }
    }
}

//! Formats, FPCR and FPSR, unpacking and rounding: what every operation is made of.
//!
//! A finite value is `sig * 2^exp` with a wide integer significand, so that an operation computes
//! exactly (or with a sticky last bit far below the last place) and rounds once, in [`round`].

use super::FpEnv;
use crate::emit::{FSize, Rounding};

/// FPSR: invalid operation.
pub const IOC: u32 = 1 << 0;
/// FPSR: division by zero.
pub const DZC: u32 = 1 << 1;
/// FPSR: overflow.
pub const OFC: u32 = 1 << 2;
/// FPSR: underflow.
pub const UFC: u32 = 1 << 3;
/// FPSR: inexact.
pub const IXC: u32 = 1 << 4;
/// FPSR: input denormal flushed.
pub const IDC: u32 = 1 << 7;

/// FPCR: half-precision operands and results are flushed to zero.
pub const FZ16: u32 = 1 << 19;
/// FPCR: rounding mode, two bits.
pub const RMODE: u32 = 3 << 22;
/// FPCR: single and double operands and results are flushed to zero.
pub const FZ: u32 = 1 << 24;
/// FPCR: NaN results are the default NaN.
pub const DN: u32 = 1 << 25;
/// FPCR: alternative half-precision format in conversions.
pub const AHP: u32 = 1 << 26;

impl FpEnv {
    pub(super) fn raise(&mut self, flags: u32) {
        self.fpsr |= flags;
    }
    pub(super) fn has(&self, bit: u32) -> bool {
        self.fpcr & bit != 0
    }
    /// `r`, or what FPCR says for `Current`.
    pub(super) fn rounding(&self, r: Rounding) -> Rounding {
        match (r, self.fpcr >> 22 & 3) {
            (Rounding::Current, 0) => Rounding::Even,
            (Rounding::Current, 1) => Rounding::Up,
            (Rounding::Current, 2) => Rounding::Down,
            (Rounding::Current, _) => Rounding::Zero,
            (fixed, _) => fixed,
        }
    }
    /// Whether arithmetic in format `s` flushes denormals.
    pub(super) fn flushes(&self, s: FSize) -> bool {
        self.has(if s == FSize::H { FZ16 } else { FZ })
    }
}

impl FSize {
    /// Width in bits.
    #[inline(always)]
    pub const fn bits(self) -> u32 {
        16 << self as u32
    }
    /// Explicit fraction bits.
    pub(super) const fn frac_bits(self) -> u32 {
        match self {
            FSize::H => 10,
            FSize::S => 23,
            FSize::D => 52,
        }
    }
    /// Exponent bits.
    pub(super) const fn exp_bits(self) -> u32 {
        self.bits() - 1 - self.frac_bits()
    }
    /// Exponent bias.
    pub(super) const fn bias(self) -> i32 {
        (1 << (self.exp_bits() - 1)) - 1
    }
    /// All bits of the format.
    #[inline(always)]
    pub(super) const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }
    /// The sign bit.
    #[inline(always)]
    pub(super) const fn sign_bit(self) -> u64 {
        1 << (self.bits() - 1)
    }
    /// All fraction bits.
    pub(super) const fn frac_mask(self) -> u64 {
        (1 << self.frac_bits()) - 1
    }
    /// The fraction bit that makes a NaN quiet.
    pub(super) const fn quiet_bit(self) -> u64 {
        1 << (self.frac_bits() - 1)
    }
    /// All exponent bits, in place: the bits of positive infinity.
    pub(super) const fn exp_mask(self) -> u64 {
        self.mask() & !self.sign_bit() & !self.frac_mask()
    }
    /// The biased exponent field of `bits`.
    pub(super) const fn exp_field(self, bits: u64) -> u64 {
        (bits & self.exp_mask()) >> self.frac_bits()
    }
    /// Zero with the given sign.
    pub(super) const fn zero(self, sign: bool) -> u64 {
        if sign { self.sign_bit() } else { 0 }
    }
    /// Infinity with the given sign.
    pub(super) const fn inf(self, sign: bool) -> u64 {
        self.zero(sign) | self.exp_mask()
    }
    /// The largest finite number with the given sign.
    pub(super) const fn max_normal(self, sign: bool) -> u64 {
        self.inf(sign) - 1
    }
    /// 2.0 with the given sign.
    pub(super) const fn two(self, sign: bool) -> u64 {
        self.zero(sign) | 1 << (self.frac_bits() + self.exp_bits() - 1)
    }
    /// 1.5
    pub(super) const fn one_point_five(self) -> u64 {
        self.two(false) - self.quiet_bit()
    }
    /// The default NaN.
    pub(super) const fn default_nan(self) -> u64 {
        self.exp_mask() | self.quiet_bit()
    }
    /// Half of the format's lanes' width up: H to S, S to D.
    pub(super) const fn wider(self) -> FSize {
        match self {
            FSize::H => FSize::S,
            _ => FSize::D,
        }
    }
    /// D to S, S to H.
    pub(super) const fn narrower(self) -> FSize {
        match self {
            FSize::D => FSize::S,
            _ => FSize::H,
        }
    }
}

/// What an operand is (Arm ARM, `FPType`). A flushed denormal is `Zero`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Class {
    Zero,
    Finite,
    Inf,
    QuietNan,
    SignalNan,
}

/// An unpacked operand. When `Finite` the magnitude is `sig * 2^(exp - 63)`, bit 63 of `sig` set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub class: Class,
    pub sign: bool,
    pub exp: i32,
    pub sig: u64,
}

impl Value {
    pub(super) fn is_nan(&self) -> bool {
        self.class >= Class::QuietNan
    }
    pub(super) fn is_inf(&self) -> bool {
        self.class == Class::Inf
    }
    pub(super) fn is_zero(&self) -> bool {
        self.class == Class::Zero
    }
    /// The value as a term of an exact sum; zero when not finite.
    pub(super) fn term(&self) -> Term {
        Term { sign: self.sign, exp: self.exp - 63, sig: u128::from(self.sig) }
    }
}

/// An exact number `sig * 2^exp`; `sig` may be 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub sign: bool,
    pub exp: i32,
    pub sig: u128,
}

/// `FPUnpack`: an operand of arithmetic.
pub(super) fn unpack(s: FSize, bits: u64, env: &mut FpEnv) -> Value {
    unpack_base(s, bits, env.flushes(s), false, env)
}

/// `FPUnpackCV`: an operand of a conversion between formats, where FZ16 has no say and AHP has.
pub(super) fn unpack_cv(s: FSize, bits: u64, env: &mut FpEnv) -> Value {
    let half = s == FSize::H;
    unpack_base(s, bits, !half && env.has(FZ), half && env.has(AHP), env)
}

#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "exponent fields have 11 bits"
)]
fn unpack_base(s: FSize, bits: u64, flush: bool, alt: bool, env: &mut FpEnv) -> Value {
    let sign = bits & s.sign_bit() != 0;
    let frac = bits & s.frac_mask();
    let field = s.exp_field(bits);
    let of = |class| Value { class, sign, exp: 0, sig: 0 };
    if field == 0 {
        if frac == 0 {
            return of(Class::Zero);
        }
        if flush {
            if s != FSize::H {
                env.raise(IDC);
            }
            return of(Class::Zero);
        }
        let lz = frac.leading_zeros();
        let exp = 64 - s.bias() - s.frac_bits() as i32 - lz as i32;
        return Value { class: Class::Finite, sign, exp, sig: frac << lz };
    }
    if field == s.exp_mask() >> s.frac_bits() && !alt {
        return of(match frac {
            0 => Class::Inf,
            f if f & s.quiet_bit() != 0 => Class::QuietNan,
            _ => Class::SignalNan,
        });
    }
    Value {
        class: Class::Finite,
        sign,
        exp: field as i32 - s.bias(),
        sig: 1 << 63 | frac << (63 - s.frac_bits()),
    }
}

/// `FPRound`: the result of arithmetic, `t.sig` not 0.
pub(super) fn round(s: FSize, t: Term, rounding: Rounding, env: &mut FpEnv) -> u64 {
    round_base(s, t, env.rounding(rounding), env.flushes(s), false, env)
}

/// `FPRoundCV`: the result of a conversion between formats, where FZ16 has no say and AHP has.
pub(super) fn round_cv(s: FSize, t: Term, rounding: Rounding, env: &mut FpEnv) -> u64 {
    let half = s == FSize::H;
    round_base(s, t, env.rounding(rounding), !half && env.has(FZ), half && env.has(AHP), env)
}

#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shift counts and exponents are small; the truncated significand fits its format"
)]
fn round_base(s: FSize, t: Term, mode: Rounding, flush: bool, alt: bool, env: &mut FpEnv) -> u64 {
    let lz = t.sig.leading_zeros();
    let sig = t.sig << lz;
    let exponent = t.exp + 127 - lz as i32;
    let min_exponent = 1 - s.bias();
    if flush && exponent < min_exponent {
        env.raise(UFC);
        return s.zero(t.sign);
    }
    let mut biased = (exponent - min_exponent + 1).max(0) as u64;
    // `rest` is the error in units of 2^-128 of the last place, below 2^127 kept only as "not 0".
    let drop = 127 - s.frac_bits() + (min_exponent - exponent).max(0) as u32;
    let (mut mantissa, rest) = match drop {
        0..128 => ((sig >> drop) as u64, sig << (128 - drop)),
        128 => (0, sig),
        _ => (0, 1),
    };
    // Tininess is detected before rounding.
    if biased == 0 && rest != 0 {
        env.raise(UFC);
    }
    if rounds_up(mode, t.sign, mantissa & 1 != 0, rest) {
        mantissa += 1;
        if mantissa == 1 << s.frac_bits() {
            biased = 1;
        } else if mantissa == 2 << s.frac_bits() {
            biased += 1;
            mantissa >>= 1;
        }
    }
    if rest != 0 && mode == Rounding::Odd {
        mantissa |= 1;
    }
    let top = 1u64 << s.exp_bits();
    if alt && biased >= top {
        env.raise(IOC);
        return s.zero(t.sign) | (s.sign_bit() - 1);
    }
    if !alt && biased >= top - 1 {
        env.raise(OFC | IXC);
        return overflow(s, t.sign, mode);
    }
    if rest != 0 {
        env.raise(IXC);
    }
    s.zero(t.sign) | biased << s.frac_bits() | mantissa & s.frac_mask()
}

/// Infinity or the largest number, whichever the rounding mode makes of an overflow.
pub(super) fn overflow(s: FSize, sign: bool, mode: Rounding) -> u64 {
    let to_inf = match mode {
        Rounding::Up => !sign,
        Rounding::Down => sign,
        Rounding::Zero | Rounding::Odd => false,
        Rounding::Even | Rounding::Away | Rounding::Current => true,
    };
    if to_inf { s.inf(sign) } else { s.max_normal(sign) }
}

/// Whether a magnitude with the error `rest` (of 2^128) is increased. `mode` is not `Current`.
pub(super) fn rounds_up(mode: Rounding, sign: bool, odd: bool, rest: u128) -> bool {
    const HALF: u128 = 1 << 127;
    match mode {
        Rounding::Even | Rounding::Current => rest > HALF || rest == HALF && odd,
        Rounding::Away => rest >= HALF,
        Rounding::Up => rest != 0 && !sign,
        Rounding::Down => rest != 0 && sign,
        Rounding::Zero | Rounding::Odd => false,
    }
}

/// `FPProcessNaN`: the result for one NaN operand.
pub(super) fn process_nan(s: FSize, bits: u64, class: Class, env: &mut FpEnv) -> u64 {
    if class == Class::SignalNan {
        env.raise(IOC);
    }
    if env.has(DN) { s.default_nan() } else { bits & s.mask() | s.quiet_bit() }
}

/// `FPProcessNaNs`, `FPProcessNaNs3`: the first signalling NaN, else the first quiet one.
pub(super) fn process_nans(s: FSize, operands: &[(Value, u64)], env: &mut FpEnv) -> Option<u64> {
    let first = |class| operands.iter().find(|(v, _)| v.class == class);
    let (v, bits) = first(Class::SignalNan).or_else(|| first(Class::QuietNan))?;
    Some(process_nan(s, *bits, v.class, env))
}

/// The default NaN, with Invalid.
pub(super) fn invalid(s: FSize, env: &mut FpEnv) -> u64 {
    env.raise(IOC);
    s.default_nan()
}

//! The definition against APFloat: values and flags, three formats, five rounding modes.

use rustc_apfloat::ieee::{Double, Half, Single};
use rustc_apfloat::{Float, FloatConvert, Round, Status, StatusAnd};

use super::super::format::{DZC, IOC, IXC, OFC, RMODE, UFC};
use super::super::{FpEnv, slow};
use super::Rng;
use crate::emit::{F1, F2, F3, FCvt, FSize, Rounding};

const MODES: [(Rounding, Round); 5] = [
    (Rounding::Even, Round::NearestTiesToEven),
    (Rounding::Up, Round::TowardPositive),
    (Rounding::Down, Round::TowardNegative),
    (Rounding::Zero, Round::TowardZero),
    (Rounding::Away, Round::NearestTiesToAway),
];

fn flags(s: Status) -> u32 {
    let bit = |status, flag| if s.contains(status) { flag } else { 0 };
    bit(Status::INVALID_OP, IOC)
        | bit(Status::DIV_BY_ZERO, DZC)
        | bit(Status::OVERFLOW, OFC)
        | bit(Status::UNDERFLOW, UFC)
        | bit(Status::INEXACT, IXC)
}

/// Compares a result in format `s`: bits and flags; of NaNs only that they are, and Invalid.
fn same<F: Float>(what: &dyn Fn() -> String, s: FSize, got: (u64, u32), want: StatusAnd<F>) {
    let bits = u64::try_from(want.value.to_bits()).unwrap();
    if want.value.is_nan() {
        let nan = got.0 & s.exp_mask() == s.exp_mask() && got.0 & s.quiet_bit() != 0;
        assert!(nan && got.1 & IOC == flags(want.status) & IOC, "{}: {got:x?} is no such NaN", what());
        return;
    }
    // APFloat detects tininess after rounding, Arm before: they differ at the least normal number.
    // And it does not call it overflow when the result is the largest number.
    let ignored = match bits & !s.sign_bit() {
        b if b == 1 << s.frac_bits() => UFC,
        b if b == s.max_normal(false) => OFC,
        _ => 0,
    };
    let want = (bits, flags(want.status) & !ignored);
    assert_eq!((got.0, got.1 & !ignored), want, "{}: value, flags (ours left)", what());
}

/// FPCR of a mode that has a code.
fn control(mode: Rounding) -> Option<FpEnv> {
    let code = match mode {
        Rounding::Even => 0,
        Rounding::Up => 1,
        Rounding::Down => 2,
        Rounding::Zero => 3,
        _ => return None,
    };
    Some(FpEnv { fpcr: (code << RMODE.trailing_zeros()) & RMODE, fpsr: 0 })
}

fn arithmetic<F: Float>(s: FSize, seed: u64, runs: u32) {
    let mut rng = Rng(seed);
    for _ in 0..runs {
        let (a, b, c) = (rng.value(s), rng.value(s), rng.value(s));
        let [x, y, z] = [a, b, c].map(|v| F::from_bits(v.into()));
        let (mode, round) = MODES[usize::try_from(rng.below(4)).unwrap()];
        let env = control(mode).unwrap();
        let binary = [
            (F2::Add, x.add_r(y, round)),
            (F2::Sub, x.sub_r(y, round)),
            (F2::Mul, x.mul_r(y, round)),
            (F2::Div, x.div_r(y, round)),
        ];
        for (op, want) in binary {
            let mut env = env;
            let got = slow::f2(op, s, a, b, &mut env);
            same(&|| format!("{op:?} {s:?} {mode:?} {a:#x} {b:#x}"), s, (got, env.fpsr), want);
        }
        let mut env = env;
        let got = slow::f3(F3::MulAdd, s, c, a, b, &mut env);
        let what = || format!("{c:#x} + {a:#x} * {b:#x} {s:?} {mode:?}");
        same(&what, s, (got, env.fpsr), x.mul_add_r(y, z, round));
    }
}

#[test]
fn arithmetic_half() {
    arithmetic::<Half>(FSize::H, 0xabcd_ef01_2345_6781, 200_000);
}

#[test]
fn arithmetic_single() {
    arithmetic::<Single>(FSize::S, 0xabcd_ef01_2345_6782, 150_000);
}

#[test]
fn arithmetic_double() {
    arithmetic::<Double>(FSize::D, 0xabcd_ef01_2345_6783, 150_000);
}

/// To integral and to integers, and back.
fn integers<F: Float>(s: FSize, values: impl Iterator<Item = u64>) {
    for a in values {
        let x = F::from_bits(a.into());
        for (mode, round) in MODES {
            let what = || format!("{s:?} {a:#x} {mode:?}");
            let mut env = FpEnv::default();
            let got = slow::f1(F1::RoundInt { rounding: mode, exact: true }, s, a, &mut env);
            same(&|| format!("integral {}", what()), s, (got, env.fpsr), x.round_to_integral(round));
            for (bits, signed) in [(16, true), (16, false), (32, true), (32, false), (64, true), (64, false)]
            {
                let mut env = FpEnv::default();
                let op = FCvt::ToInt { from: s, bits, signed, rounding: mode, fbits: 0 };
                let got = slow::fcvt(op, a, &mut env);
                let want = to_int(x, bits, signed, round);
                assert_eq!((got, env.fpsr), want, "to integer of {bits} {signed} {}", what());
            }
        }
    }
}

/// Arm's integer and flags from APFloat's.
fn to_int<F: Float>(x: F, bits: u8, signed: bool, round: Round) -> (u64, u32) {
    let mut exact = false;
    let (value, status) = if signed {
        let r = x.to_i128_r(bits.into(), round, &mut exact);
        (r.value.cast_unsigned(), r.status)
    } else {
        let r = x.to_u128_r(bits.into(), round, &mut exact);
        (r.value, r.status)
    };
    let value = if x.is_nan() { 0 } else { value };
    (u64::try_from(value & u128::from(u64::MAX >> (64 - bits))).unwrap(), flags(status))
}

#[test]
fn integers_half_exhaustive() {
    integers::<Half>(FSize::H, 0..=0xffff);
}

#[test]
fn integers_single_and_double() {
    let mut rng = Rng(0xabcd_ef01_2345_6784);
    integers::<Single>(FSize::S, std::iter::repeat_with(|| rng.value(FSize::S)).take(20_000));
    let mut rng = Rng(0xabcd_ef01_2345_6785);
    integers::<Double>(FSize::D, std::iter::repeat_with(|| rng.value(FSize::D)).take(20_000));
}

fn from_integers<F: Float>(s: FSize, seed: u64) {
    let mut rng = Rng(seed);
    for _ in 0..40_000 {
        let a = rng.next() >> rng.below(64);
        for (mode, round) in &MODES[..4] {
            let mut env = control(*mode).unwrap();
            let got = slow::fcvt(FCvt::FromInt { to: s, bits: 64, signed: true, fbits: 0 }, a, &mut env);
            let want = F::from_i128_r(a.cast_signed().into(), *round);
            same(&|| format!("from signed {a:#x} {s:?} {mode:?}"), s, (got, env.fpsr), want);
            let mut env = control(*mode).unwrap();
            let got = slow::fcvt(FCvt::FromInt { to: s, bits: 64, signed: false, fbits: 0 }, a, &mut env);
            let want = F::from_u128_r(a.into(), *round);
            same(&|| format!("from unsigned {a:#x} {s:?} {mode:?}"), s, (got, env.fpsr), want);
        }
    }
}

#[test]
fn from_integers_all_formats() {
    from_integers::<Half>(FSize::H, 0xabcd_ef01_2345_6786);
    from_integers::<Single>(FSize::S, 0xabcd_ef01_2345_6787);
    from_integers::<Double>(FSize::D, 0xabcd_ef01_2345_6788);
}

fn convert<F: FloatConvert<T>, T: Float>(from: FSize, to: FSize, values: impl Iterator<Item = u64>) {
    for a in values {
        for (mode, round) in &MODES[..4] {
            let mut env = control(*mode).unwrap();
            let got = slow::fcvt(FCvt::Format { from, to }, a, &mut env);
            let want = F::from_bits(a.into()).convert_r(*round, &mut false);
            same(&|| format!("{from:?} to {to:?} {a:#x} {mode:?}"), to, (got, env.fpsr), want);
        }
    }
}

#[test]
fn formats() {
    let random = |s, seed| {
        let mut rng = Rng(seed);
        std::iter::repeat_with(move || rng.value(s)).take(60_000)
    };
    convert::<Half, Single>(FSize::H, FSize::S, 0..=0xffff);
    convert::<Half, Double>(FSize::H, FSize::D, 0..=0xffff);
    convert::<Single, Half>(FSize::S, FSize::H, random(FSize::S, 0xabcd_ef01_2345_6789));
    convert::<Single, Double>(FSize::S, FSize::D, random(FSize::S, 0xabcd_ef01_2345_678a));
    convert::<Double, Half>(FSize::D, FSize::H, random(FSize::D, 0xabcd_ef01_2345_678b));
    convert::<Double, Single>(FSize::D, FSize::S, random(FSize::D, 0xabcd_ef01_2345_678c));
}

/// Square roots of all halves: double precision rounds them innocuously (53 >= 2 * 11 + 2).
#[test]
fn square_root_half_exhaustive() {
    for a in 0..=0xffffu64 {
        let mut lossy = false;
        let x: Double = Half::from_bits(a.into()).convert(&mut lossy).value;
        let root = f64::from_bits(u64::try_from(x.to_bits()).unwrap()).sqrt();
        for (mode, round) in &MODES[..4] {
            let mut env = control(*mode).unwrap();
            let got = slow::f1(F1::Sqrt, FSize::H, a, &mut env);
            let mut want: StatusAnd<Half> =
                Double::from_bits(root.to_bits().into()).convert_r(*round, &mut lossy);
            if root.is_nan() && !x.is_nan() || Half::from_bits(a.into()).is_signaling() {
                want.status = Status::INVALID_OP;
            }
            same(&|| format!("sqrt {a:#x} {mode:?}"), FSize::H, (got, env.fpsr), want);
        }
    }
}

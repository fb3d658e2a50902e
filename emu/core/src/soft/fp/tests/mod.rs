//! The fast path against the definition, the definition against the host and against an
//! independent implementation (LLVM's APFloat in Rust).

mod independent;
mod lanes;

use super::format::{DN, FZ, FZ16, IXC};
use super::{FpEnv, f2, f3, fast, slow};
use crate::emit::{F1, F2, F3, FCvt, FSize, Rounding};

/// A small generator (xorshift64*): the seed is in every test, the failing operands in its message.
pub(super) struct Rng(pub u64);

impl Rng {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    pub(super) fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }
    /// Bits of a value: edges, near-edges, small integers, close exponents, anything.
    pub(super) fn value(&mut self, s: FSize) -> u64 {
        let sign = if self.next() & 1 != 0 { s.sign_bit() } else { 0 };
        let one = s.one_point_five() - s.quiet_bit();
        let exp_one = 1 << s.frac_bits();
        let anything = self.next() & s.mask();
        sign | match self.below(12) {
            0 => 0,
            1 => s.inf(false),
            2 => s.inf(false) | anything & s.frac_mask(),
            3 => anything & s.frac_mask() >> self.below(u64::from(s.frac_bits())),
            4 => s.max_normal(false) - self.below(3),
            5 => exp_one + self.below(5) - 2,
            6 => one + self.below(7) - 3,
            7 => one + (self.below(70) << s.frac_bits()) - (self.below(12) << s.frac_bits()),
            8 => {
                (one + (self.below(8) << s.frac_bits()))
                    | anything & (s.frac_mask() << (s.frac_bits() - 4) & s.frac_mask())
            }
            9 => (one & !(exp_one * 3)) | anything & (exp_one * 4 - 1),
            _ => anything & !s.sign_bit(),
        }
        .min(s.mask() >> 1)
    }
}

const SIZES: [FSize; 2] = [FSize::S, FSize::D];

const ALL_F2: [F2; 18] = [
    F2::Add,
    F2::Sub,
    F2::Mul,
    F2::NMul,
    F2::MulX,
    F2::Div,
    F2::Max,
    F2::Min,
    F2::MaxNum,
    F2::MinNum,
    F2::AbsDiff,
    F2::RecipStep,
    F2::RsqrtStep,
    F2::CmpEq,
    F2::CmpGe,
    F2::CmpGt,
    F2::AbsCmpGe,
    F2::AbsCmpGt,
];
const ALL_F3: [F3; 4] = [F3::MulAdd, F3::MulSub, F3::NMulAdd, F3::NMulSub];

fn environment(rng: &mut Rng) -> FpEnv {
    let fpcr = match rng.below(8) {
        0 => u32::try_from(rng.below(4)).unwrap() << 22,
        1 => FZ | FZ16,
        2 => DN,
        _ => 0,
    };
    FpEnv { fpcr, fpsr: if rng.below(2) == 0 { IXC } else { 0 } }
}

/// Runs `fast` and `slow` on the same environment; counts the cases the fast path took.
fn agree(
    what: &dyn Fn() -> String,
    env: FpEnv,
    fast: impl Fn(&mut FpEnv) -> Option<u64>,
    slow: impl Fn(&mut FpEnv) -> u64,
) -> u32 {
    let (mut fast_env, mut slow_env) = (env, env);
    let Some(got) = fast(&mut fast_env) else { return 0 };
    let want = slow(&mut slow_env);
    assert_eq!((got, fast_env), (want, slow_env), "fast != definition: {} from {env:x?}", what());
    1
}

#[test]
fn fast_path_is_the_definition_two_operands() {
    let mut rng = Rng(0x1234_5678_9abc_def1);
    for s in SIZES {
        for op in ALL_F2 {
            let mut taken = 0;
            for _ in 0..60_000 {
                let (a, b, env) = (rng.value(s), rng.value(s), environment(&mut rng));
                let what = || format!("{op:?} {s:?} {a:#x} {b:#x}");
                taken += agree(&what, env, |e| fast::f2(op, s, a, b, e), |e| slow::f2(op, s, a, b, e));
            }
            let never = matches!(op, F2::RecipStep | F2::RsqrtStep);
            assert!(never || taken > 5_000, "{op:?} {s:?}: fast path taken {taken} times");
        }
    }
}

#[test]
fn fast_path_is_the_definition_three_operands() {
    let mut rng = Rng(0x1234_5678_9abc_def2);
    for s in SIZES {
        for op in ALL_F3 {
            let mut taken = 0;
            for _ in 0..100_000 {
                let (a, b, c) = (rng.value(s), rng.value(s), rng.value(s));
                let env = environment(&mut rng);
                let what = || format!("{op:?} {s:?} {a:#x} {b:#x} {c:#x}");
                taken += agree(&what, env, |e| fast::f3(op, s, a, b, c, e), |e| slow::f3(op, s, a, b, c, e));
            }
            assert!(taken > 5_000, "{op:?} {s:?}: fast path taken {taken} times");
        }
    }
}

#[test]
fn fast_path_is_the_definition_sqrt_compare_convert() {
    let mut rng = Rng(0x1234_5678_9abc_def3);
    let mut conversions = vec![FCvt::Format { from: FSize::S, to: FSize::D }];
    for s in SIZES {
        for (bits, signed) in [(32, false), (32, true), (64, false), (64, true)] {
            conversions.push(FCvt::ToInt { from: s, bits, signed, rounding: Rounding::Zero, fbits: 0 });
            conversions.push(FCvt::FromInt { to: s, bits, signed, fbits: 0 });
        }
    }
    for _ in 0..100_000 {
        for s in SIZES {
            let (a, b, env) = (rng.value(s), rng.value(s), environment(&mut rng));
            let what = || format!("sqrt or compare {s:?} {a:#x} {b:#x}");
            agree(&what, env, |e| fast::f1(F1::Sqrt, s, a, e), |e| slow::f1(F1::Sqrt, s, a, e));
            for signal in [false, true] {
                agree(&what, env, |e| fast::fcmp(s, a, b, e), |e| slow::fcmp(s, signal, a, b, e));
            }
        }
        for &op in &conversions {
            let from = match op {
                FCvt::Format { from, .. } | FCvt::ToInt { from, .. } => from,
                _ => FSize::D,
            };
            let shift = if from == FSize::D { rng.below(64) } else { 0 };
            let integer = matches!(op, FCvt::FromInt { .. });
            let a = if integer { rng.next() >> shift } else { rng.value(from) };
            let env = environment(&mut rng);
            let what = || format!("{op:?} {a:#x}");
            agree(&what, env, |e| fast::fcvt(op, a, e), |e| slow::fcvt(op, a, e));
        }
    }
}

/// Every result that is not a NaN, denormals and infinities included, is the host's.
#[test]
fn definition_is_the_host() {
    let mut rng = Rng(0x1234_5678_9abc_def4);
    let d = f64::from_bits;
    for _ in 0..400_000 {
        let (a, b, c) = (rng.value(FSize::D), rng.value(FSize::D), rng.value(FSize::D));
        let checks =
            [(F2::Add, d(a) + d(b)), (F2::Sub, d(a) - d(b)), (F2::Mul, d(a) * d(b)), (F2::Div, d(a) / d(b))];
        for (op, want) in checks {
            let got = d(slow::f2(op, FSize::D, a, b, &mut FpEnv::default()));
            assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "{op:?} {a:#x} {b:#x}");
        }
        let got = d(slow::f3(F3::MulAdd, FSize::D, a, b, c, &mut FpEnv::default()));
        let want = d(b).mul_add(d(c), d(a));
        assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "fma {a:#x} {b:#x} {c:#x}");
        let (got, want) = (d(slow::f1(F1::Sqrt, FSize::D, a, &mut FpEnv::default())), d(a).sqrt());
        assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "sqrt {a:#x}");
    }
}

#[test]
fn propagates_nans_in_the_manuals_order() {
    let s = FSize::S;
    let (q1, q2, s1, s2) = (0x7fc0_0001, 0x7fc0_0002, 0xff80_0001, 0xff80_0002);
    let run = |a, b| {
        let mut env = FpEnv::default();
        (f2(F2::Add, s, a, b, &mut env), env.fpsr)
    };
    assert_eq!(run(q1, q2), (q1, 0));
    assert_eq!(run(q1, s2), (0xffc0_0002, 1));
    assert_eq!(run(s1, s2), (0xffc0_0001, 1));
    // 0 * inf + quiet NaN: the default NaN, Invalid; with a signalling addend that one.
    let mut env = FpEnv::default();
    assert_eq!(f3(F3::MulAdd, s, q1, 0, s.inf(false), &mut env), 0x7fc0_0000);
    assert_eq!(env.fpsr, 1);
    assert_eq!(f3(F3::MulAdd, s, s1, 0, s.inf(false), &mut env), 0xffc0_0001);
    assert_eq!(f3(F3::MulAdd, s, q1, q2, s2, &mut FpEnv::default()), 0xffc0_0002);
}

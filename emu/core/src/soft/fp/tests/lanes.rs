//! Vector operations: which lanes take part, in which order.

use super::super::{FpEnv, f2, qf1, qf2, qf3};
use crate::emit::{F1, F2, F3, FCvt, FSize, QF1, QF2, QF3, Rounding};

fn singles(v: [f32; 4]) -> u128 {
    v.iter().rev().fold(0, |a, v| a << 32 | u128::from(v.to_bits()))
}

fn doubles(v: [f64; 2]) -> u128 {
    u128::from(v[1].to_bits()) << 64 | u128::from(v[0].to_bits())
}

const SIGNALLING: f32 = f32::from_bits(0x7f80_0001);

#[test]
fn lanes_beyond_64_bits_raise_nothing() {
    let mut env = FpEnv::default();
    let a = singles([1.0, 2.0, SIGNALLING, SIGNALLING]);
    let add = |q| QF2::Lanes { op: F2::Add, q };
    assert_eq!(qf2(add(false), FSize::S, a, a, &mut env), singles([2.0, 4.0, 0.0, 0.0]));
    assert_eq!(env.fpsr, 0);
    qf2(add(true), FSize::S, a, a, &mut env);
    assert_eq!(env.fpsr, 1);
}

#[test]
fn pairs_and_reductions() {
    let env = &mut FpEnv::default();
    let (a, b) = (singles([1.0, 2.0, 3.0, 4.0]), singles([10.0, 20.0, 30.0, 40.0]));
    let pairs = |q| QF2::Pairwise { op: F2::Add, q };
    assert_eq!(qf2(pairs(true), FSize::S, a, b, env), singles([3.0, 7.0, 30.0, 70.0]));
    assert_eq!(qf2(pairs(false), FSize::S, a, b, env), singles([3.0, 30.0, 0.0, 0.0]));
    let max = QF1::Reduce { op: F2::Max, q: true };
    assert_eq!(qf1(max, FSize::S, singles([1.0, 5.0, -7.0, 2.0]), env), u128::from(5f32.to_bits()));
    // The halves are reduced first: the NaN of the low half wins over that of the high one.
    let nans = singles([1.0, f32::from_bits(0x7fc0_0001), f32::from_bits(0x7fc0_0002), 1.0]);
    assert_eq!(qf1(max, FSize::S, nans, env), 0x7fc0_0001);
}

#[test]
fn complex_arithmetic() {
    let env = &mut FpEnv::default();
    let (x, y) = (doubles([2.0, 3.0]), doubles([5.0, 7.0]));
    let add = |rot270| QF2::ComplexAdd { rot270, q: true };
    // (2+3i) + i(5+7i), (2+3i) - i(5+7i)
    assert_eq!(qf2(add(false), FSize::D, x, y, env), doubles([-5.0, 8.0]));
    assert_eq!(qf2(add(true), FSize::D, x, y, env), doubles([9.0, -2.0]));
    let step = |rot, acc, env: &mut FpEnv| qf3(QF3::ComplexMulAdd { rot, q: true }, FSize::D, acc, x, y, env);
    // Rotations 0 and 90 make (2+3i)(5+7i); 180 and 270 its negative.
    let product = step(0, 0, env);
    assert_eq!(step(1, product, env), doubles([-11.0, 29.0]));
    let product = step(2, 0, env);
    assert_eq!(step(3, product, env), doubles([11.0, -29.0]));
}

#[test]
fn widening_and_narrowing() {
    let env = &mut FpEnv::default();
    let a = doubles([1.5, -2.0]);
    let narrow = qf1(QF1::Narrow { odd: false }, FSize::D, a, env);
    assert_eq!(narrow, singles([1.5, -2.0, 0.0, 0.0]));
    assert_eq!(qf1(QF1::Widen, FSize::S, narrow, env), a);
    // 1 + 2^-52 to odd: the last place of single is set.
    let odd = qf1(QF1::Narrow { odd: true }, FSize::D, doubles([1.0 + f64::EPSILON, 1.0]), env);
    assert_eq!(odd, u128::from(1f32.to_bits()) << 32 | 0x3f80_0001);
    // Halves 1, 2, … times 3, upper two added to singles.
    let halves = 0x4400_4200_4000_3c00;
    let three = 0x4200_4200_4200_4200;
    let acc = singles([0.5; 4]);
    let long = |sub, upper| QF3::MulAddLong { sub, upper, q: false };
    assert_eq!(qf3(long(false, true), FSize::H, acc, halves, three, env), singles([9.5, 12.5, 0.0, 0.0]));
    assert_eq!(qf3(long(true, false), FSize::H, acc, halves, three, env), singles([-2.5, -5.5, 0.0, 0.0]));
}

/// The lanes of every other operation are the scalar operation.
#[test]
fn lanes_are_scalars() {
    let mut rng = super::Rng(0x0f0f_1234_5678_9abd);
    for s in [FSize::H, FSize::S, FSize::D] {
        let lanes = 128 / s.bits();
        let bits = u8::try_from(s.bits()).unwrap();
        for _ in 0..500 {
            let v: Vec<u64> = (0..2 * lanes).map(|_| rng.value(s)).collect();
            let pack = |v: &[u64]| v.iter().rev().fold(0, |a, &v| a << (s.bits() % 128) | u128::from(v));
            let (a, b) = v.split_at(lanes as usize);
            let mut scalar = FpEnv::default();
            let want: Vec<u64> = a.iter().zip(b).map(|(&a, &b)| f2(F2::Mul, s, a, b, &mut scalar)).collect();
            let mut vector = FpEnv::default();
            let got = qf2(QF2::Lanes { op: F2::Mul, q: true }, s, pack(a), pack(b), &mut vector);
            assert_eq!((got, vector), (pack(&want), scalar), "{a:x?} * {b:x?}");
            let fused = QF3::Lanes { op: F3::MulAdd, q: true };
            let sum = qf3(fused, s, 0, pack(a), pack(b), &mut FpEnv::default());
            let nonzero = |v: u128, i: u32| (v >> (i * s.bits())) & u128::from(s.mask() & !s.sign_bit());
            assert!((0..lanes).all(|i| nonzero(sum, i) == nonzero(got, i)), "0 + {a:x?} * {b:x?}");
            let op = FCvt::ToInt { from: s, bits, signed: true, rounding: Rounding::Even, fbits: 0 };
            let ints = qf1(QF1::Convert { op, q: true }, s, pack(a), &mut FpEnv::default());
            let want: Vec<u64> =
                a.iter().map(|&a| super::super::fcvt(op, a, &mut FpEnv::default())).collect();
            assert_eq!(ints, pack(&want));
            let negated = qf1(QF1::Lanes { op: F1::Neg, q: true }, s, pack(a), &mut FpEnv::default());
            assert_eq!(negated ^ pack(a), pack(&vec![s.sign_bit(); lanes as usize]));
        }
    }
}

/// The vector fast path takes all lanes or none: values and flags of the definition lane by lane.
#[test]
fn fast_lanes_are_the_definition() {
    let mut rng = super::Rng(0x0f0f_1234_5678_9abe);
    let halves = |rng: &mut super::Rng, s: FSize| -> [u64; 2] {
        [0; 2].map(|_| if s == FSize::S { rng.value(s) << 32 | rng.value(s) } else { rng.value(s) })
    };
    let join = |v: [u64; 2]| u128::from(v[1]) << 64 | u128::from(v[0]);
    for s in [FSize::S, FSize::D] {
        for _ in 0..3000 {
            let [a, b, c] = [0; 3].map(|_| halves(&mut rng, s));
            let (env, q) = (super::environment(&mut rng), rng.below(2) == 1);
            let lane = |v: [u64; 2], i: usize| if s == FSize::S { v[i / 2] >> (32 * (i % 2)) } else { v[i] };
            let lanes = if s == FSize::S { 2 } else { 1 } * if q { 2 } else { 1 };
            let pack = |f: &mut dyn FnMut(usize) -> u64| {
                (0..lanes).fold(0u128, |r, i| r | u128::from(f(i)) << (i * s.bits() as usize))
            };
            for op in super::ALL_F2 {
                let (mut fast, mut slow) = (env, env);
                let got = qf2(QF2::Lanes { op, q }, s, join(a), join(b), &mut fast);
                let want = pack(&mut |i| super::slow::f2(op, s, lane(a, i), lane(b, i), &mut slow));
                assert_eq!((got, fast), (want, slow), "{op:?} {s:?} {q} {a:x?} {b:x?} {env:x?}");
            }
            for op in super::ALL_F3 {
                let (mut fast, mut slow) = (env, env);
                let got = qf3(QF3::Lanes { op, q }, s, join(a), join(b), join(c), &mut fast);
                let want =
                    pack(&mut |i| super::slow::f3(op, s, lane(a, i), lane(b, i), lane(c, i), &mut slow));
                assert_eq!((got, fast), (want, slow), "{op:?} {s:?} {q} {a:x?} {b:x?} {c:x?} {env:x?}");
            }
        }
    }
}

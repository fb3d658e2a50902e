//! One operation at a time, in all its forms.

use innkeeper_core::emit::obj::{Obj, Q, Uop, V};
use innkeeper_core::emit::{
    Bin, Cond, Emit as _, F1, F2, F3, FCvt, FSize, Lane, Q1, Q2, Q3, QF1, QF2, QF3, QI, Reg, Rounding, VReg,
    W,
};

use super::operands::Rng;
use super::{Bench, check, record};

const SIZES: [FSize; 3] = [FSize::H, FSize::S, FSize::D];
const LANES: [Lane; 4] = [Lane::B, Lane::H, Lane::S, Lane::D];
const ROUNDINGS: [Rounding; 6] =
    [Rounding::Even, Rounding::Up, Rounding::Down, Rounding::Zero, Rounding::Away, Rounding::Current];
/// FPCR: nothing, DN, FZ, the rounding modes, the alternative half format with FZ16.
const MODES: [u32; 7] = [0, 1 << 25, 1 << 24, 1 << 22, 2 << 22, 3 << 22, 1 << 26 | 1 << 19];

fn lane_of(s: FSize) -> Lane {
    match s {
        FSize::H => Lane::H,
        FSize::S => Lane::S,
        FSize::D => Lane::D,
    }
}

/// An instruction on scalars: operands from vector registers or from general ones, the result to
/// both.
fn scalar(s: FSize, general: bool, n: usize, op: impl Fn(&mut Obj, [V; 3]) -> V) -> Vec<Uop> {
    record(|e| {
        let mut args = [e.imm(0); 3];
        for (arg, r) in args.iter_mut().zip(1..).take(n) {
            *arg = if general {
                e.get(Reg(r))
            } else {
                let q = e.getq(VReg(r));
                e.lane(lane_of(s), 0, q)
            };
        }
        let v = op(e, args);
        let zero = e.imm(0);
        let q = e.q_make(v, zero);
        e.setq(VReg(0), q);
        e.set(Reg(0), v);
    })
}

fn vector(op: impl Fn(&mut Obj, [Q; 3]) -> Q) -> Vec<Uop> {
    record(|e| {
        let args = [1, 2, 3].map(|r| e.getq(VReg(r)));
        let q = op(e, args);
        e.setq(VReg(0), q);
    })
}

pub(super) fn f1() -> Vec<F1> {
    let mut all = vec![F1::Abs, F1::Neg, F1::Sqrt, F1::RecipEstimate, F1::RsqrtEstimate, F1::RecipExponent];
    for rounding in ROUNDINGS {
        all.extend([false, true].map(|exact| F1::RoundInt { rounding, exact }));
        all.extend([32, 64].map(|bits| F1::RoundIntN { rounding, bits }));
    }
    all
}

#[rustfmt::skip]
pub(super) const F2S: [F2; 18] = [
    F2::Add, F2::Sub, F2::Mul, F2::NMul, F2::MulX, F2::Div, F2::Max, F2::Min, F2::MaxNum, F2::MinNum,
    F2::AbsDiff, F2::RecipStep, F2::RsqrtStep, F2::CmpEq, F2::CmpGe, F2::CmpGt, F2::AbsCmpGe, F2::AbsCmpGt,
];
pub(super) const F3S: [F3; 4] = [F3::MulAdd, F3::MulSub, F3::NMulAdd, F3::NMulSub];

/// Conversions and the format of their operand; an integer has that of the same size.
pub(super) fn conversions() -> Vec<(FSize, FCvt)> {
    let mut all = vec![(FSize::D, FCvt::FormatOdd), (FSize::D, FCvt::JavaScript)];
    for from in SIZES {
        all.extend(SIZES.iter().filter(|&&to| to != from).map(|&to| (from, FCvt::Format { from, to })));
        for bits in [16, 32, 64] {
            for (signed, fbits) in [(false, 0), (true, 0), (false, 1), (true, 17), (false, 32), (true, bits)]
            {
                all.push((from, FCvt::FromInt { to: from, bits, signed, fbits }));
                for rounding in ROUNDINGS {
                    all.push((from, FCvt::ToInt { from, bits, signed, rounding, fbits }));
                }
            }
        }
    }
    all
}

#[test]
fn numbers() {
    let (mut bench, mut rng) = (Bench::new(), Rng::new());
    let mut all = Vec::new();
    for s in SIZES {
        for general in [false, true] {
            all.extend(f1().into_iter().map(|op| scalar(s, general, 1, |e, [a, ..]| e.f1(op, s, a))));
            all.extend(F2S.map(|op| scalar(s, general, 2, |e, [a, b, _]| e.f2(op, s, a, b))));
            all.extend(F3S.map(|op| scalar(s, general, 3, |e, [a, b, c]| e.f3(op, s, a, b, c))));
            for signal in [false, true] {
                all.push(scalar(s, general, 2, |e, [a, b, _]| e.fcmp(s, signal, a, b)));
                all.push(scalar(s, general, 1, |e, [a, zero, _]| e.fcmp(s, signal, a, zero)));
            }
        }
    }
    for (s, op) in conversions() {
        all.extend([false, true].map(|general| scalar(s, general, 1, |e, [a, ..]| e.fcvt(op, a))));
    }
    for (n, uops) in all.into_iter().enumerate() {
        for mode in [0, MODES[n % MODES.len()]] {
            check(&mut bench, &mut rng, uops.clone(), mode, 1000, Rng::numbers);
        }
    }
}

/// A comparison's flags by all conditions, in the same block and after it.
#[test]
fn comparisons() {
    let (mut bench, mut rng) = (Bench::new(), Rng::new());
    for s in SIZES {
        let compare = record(|e| {
            let args = [1, 2].map(|r| {
                let q = e.getq(VReg(r));
                e.lane(lane_of(s), 0, q)
            });
            let nzcv = e.fcmp(s, false, args[0], args[1]);
            e.set_nzcv(nzcv);
        });
        let conditions: Vec<Vec<Uop>> = (0..14)
            .map(|c| {
                record(|e| {
                    let (old, holds) = (e.get(Reg(0)), e.cond(Cond(c)));
                    let bits = e.bini(Bin::Shl, W::W64, old, 1);
                    let bits = e.bin(Bin::Or, W::W64, bits, holds);
                    e.set(Reg(0), bits);
                })
            })
            .collect();
        for mode in [0, 1 << 24] {
            let together: Vec<Vec<Uop>> =
                std::iter::once(compare.clone()).chain(conditions.clone()).collect();
            let code =
                [bench.compile(mode, &[&together]), bench.compile(mode, &[&together[..1], &together[1..]])];
            for _ in 0..400 {
                let from = rng.numbers();
                let want = bench.interpreter(together.iter(), mode, &from);
                for code in code {
                    assert_eq!(bench.jit(code, mode, &from), want, "{s:?} FPCR {mode:#x} {from:x?}");
                }
            }
        }
    }
}

#[test]
fn vectors_of_numbers() {
    let (mut bench, mut rng) = (Bench::new(), Rng::new());
    let mut all = Vec::new();
    for s in SIZES {
        for q in [false, true] {
            for op in f1() {
                all.push(vector(|e, [a, ..]| e.qf1(QF1::Lanes { op, q }, s, a)));
            }
            for op in F2S {
                all.push(vector(|e, [a, b, _]| e.qf2(QF2::Lanes { op, q }, s, a, b)));
                // There are no pairs of a single double.
                if q || s != FSize::D {
                    all.push(vector(|e, [a, b, _]| e.qf2(QF2::Pairwise { op, q }, s, a, b)));
                }
                all.push(vector(|e, [a, ..]| e.qf1(QF1::Reduce { op, q }, s, a)));
            }
            for op in F3S {
                all.push(vector(|e, [a, b, c]| e.qf3(QF3::Lanes { op, q }, s, a, b, c)));
            }
            for (from, op) in conversions() {
                let size = match op {
                    FCvt::ToInt { bits, .. } | FCvt::FromInt { bits, .. } => u32::from(bits),
                    _ => continue,
                };
                if from == s && size == s.bits() {
                    all.push(vector(|e, [a, ..]| e.qf1(QF1::Convert { op, q }, s, a)));
                }
            }
        }
        if s != FSize::D {
            all.push(vector(|e, [a, ..]| e.qf1(QF1::Widen, s, a)));
        }
        if s != FSize::H {
            all.push(vector(|e, [a, ..]| e.qf1(QF1::Narrow { odd: false }, s, a)));
        }
    }
    all.push(vector(|e, [a, ..]| e.qf1(QF1::Narrow { odd: true }, FSize::D, a)));
    for (n, uops) in all.into_iter().enumerate() {
        for mode in [0, MODES[n % MODES.len()]] {
            check(&mut bench, &mut rng, uops.clone(), mode, 1000, Rng::numbers);
        }
    }
}

#[rustfmt::skip]
pub(super) const Q1S: [Q1; 32] = [
    Q1::Not, Q1::Rbit, Q1::Rev16, Q1::Rev32, Q1::Rev64, Q1::Cls, Q1::Clz, Q1::Cnt, Q1::Abs, Q1::Neg,
    Q1::SqAbs, Q1::SqNeg, Q1::CmGt0, Q1::CmGe0, Q1::CmEq0, Q1::CmLe0, Q1::CmLt0, Q1::Sxtl, Q1::Uxtl,
    Q1::Xtn, Q1::SqXtn, Q1::UqXtn, Q1::SqXtun, Q1::SAddLP, Q1::UAddLP, Q1::AddV, Q1::SMaxV, Q1::SMinV,
    Q1::UMaxV, Q1::UMinV, Q1::SAddLV, Q1::UAddLV,
];

#[rustfmt::skip]
pub(super) const Q2S: [Q2; 64] = [
    Q2::And, Q2::Bic, Q2::Orr, Q2::Orn, Q2::Eor, Q2::Add, Q2::Sub, Q2::Mul, Q2::PMul, Q2::PMulL,
    Q2::SHAdd, Q2::UHAdd, Q2::SHSub, Q2::UHSub, Q2::SRHAdd, Q2::URHAdd, Q2::SqAdd, Q2::UqAdd,
    Q2::SqSub, Q2::UqSub, Q2::SuqAdd, Q2::UsqAdd, Q2::CmGt, Q2::CmGe, Q2::CmHi, Q2::CmHs, Q2::CmEq,
    Q2::CmTst, Q2::SMax, Q2::SMin, Q2::UMax, Q2::UMin, Q2::SAbd, Q2::UAbd, Q2::AddP, Q2::SMaxP,
    Q2::SMinP, Q2::UMaxP, Q2::UMinP, Q2::SShl, Q2::UShl, Q2::SRShl, Q2::URShl, Q2::SqShl, Q2::UqShl,
    Q2::SqRShl, Q2::UqRShl, Q2::SqDMulH, Q2::SqRDMulH, Q2::SqDMulL, Q2::Zip1, Q2::Zip2, Q2::Uzp1,
    Q2::Uzp2, Q2::Trn1, Q2::Trn2, Q2::Tbl,
    // Again with both operands the same.
    Q2::Orr, Q2::And, Q2::Eor, Q2::Add, Q2::Zip1, Q2::Uzp2, Q2::SqDMulL,
];

#[rustfmt::skip]
pub(super) const QIS: [QI; 19] = [
    QI::Shl, QI::SShr, QI::UShr, QI::SRShr, QI::URShr, QI::Sli, QI::Sri, QI::SqShl, QI::UqShl,
    QI::SqShlu, QI::ShrN, QI::RShrN, QI::SqShrN, QI::UqShrN, QI::SqShrUN, QI::SqRShrN, QI::UqRShrN,
    QI::SqRShrUN, QI::Ext,
];

/// There are no lanes of twice the size of D.
#[rustfmt::skip]
const CHANGES_SIZE: [Q1; 10] = [
    Q1::Sxtl, Q1::Uxtl, Q1::Xtn, Q1::SqXtn, Q1::UqXtn, Q1::SqXtun, Q1::SAddLP, Q1::UAddLP, Q1::SAddLV, Q1::UAddLV,
];

#[test]
fn vectors_of_integers() {
    let (mut bench, mut rng) = (Bench::new(), Rng::new());
    let mut all = Vec::new();
    for l in LANES {
        for op in Q1S {
            if l != Lane::D || !CHANGES_SIZE.contains(&op) {
                all.push(vector(|e, [a, ..]| e.q1(op, l, a)));
            }
        }
        for (n, op) in Q2S.into_iter().enumerate() {
            let same = n >= 57;
            all.push(vector(|e, [a, b, _]| e.q2(op, l, a, if same { a } else { b })));
        }
        for op in [Q3::Bsl, Q3::Tbx, Q3::SqRDMlah, Q3::SqRDMlsh, Q3::SDot, Q3::UDot] {
            all.push(vector(|e, [a, b, c]| e.q3(op, l, a, b, c)));
        }
    }
    for uops in all {
        check(&mut bench, &mut rng, uops, 0, 300, Rng::integers);
    }
}

#[test]
fn vectors_with_immediates() {
    let (mut bench, mut rng) = (Bench::new(), Rng::new());
    for l in LANES {
        for op in QIS {
            let bits = u8::try_from(l.bits()).unwrap();
            let range = match op {
                QI::Ext => 0..=15,
                QI::Shl | QI::Sli | QI::SqShl | QI::UqShl | QI::SqShlu => 0..=bits - 1,
                _ => 1..=bits,
            };
            if op == QI::Ext && l != Lane::B {
                continue;
            }
            for imm in range {
                let uops = vector(|e, [a, b, _]| e.qi(op, l, a, b, imm));
                check(&mut bench, &mut rng, uops, 0, 60, Rng::integers);
            }
        }
    }
}

/// Lanes taken out of vectors and put into them, by way of general registers and directly.
#[test]
fn lanes() {
    let (mut bench, mut rng) = (Bench::new(), Rng::new());
    let mut all = Vec::new();
    for l in LANES {
        for i in 0..u8::try_from(l.count()).unwrap() {
            for to in LANES {
                all.push(record(|e| {
                    let (q, old) = (e.getq(VReg(1)), e.getq(VReg(2)));
                    let lane = e.lane(l, i, q);
                    let (dup, zero) = (e.dup(to, lane), e.imm(0));
                    let make = e.q_make(lane, zero);
                    e.setq(VReg(1), make);
                    let set = e.set_lane(to, i, old, lane);
                    e.setq(VReg(2), set);
                    e.setq(VReg(3), dup);
                    e.set(Reg(0), lane);
                    let (other, x) = (e.lane(Lane::D, i & 1, old), e.get(Reg(1)));
                    let (a, b) = (e.q_make(lane, other), e.q_make(x, lane));
                    let both = e.q2(Q2::Eor, Lane::B, a, b);
                    e.setq(VReg(0), both);
                    let low = e.ext(32, true, lane);
                    e.set(Reg(2), low);
                }));
            }
            all.push(record(|e| {
                let (x, q) = (e.get(Reg(1)), e.getq(VReg(1)));
                let (dup, set) = (e.dup(l, x), e.set_lane(l, i, q, x));
                e.setq(VReg(0), dup);
                e.setq(VReg(1), set);
                let (c, y) = (e.imm(0x8899_aabb_ccdd_eeff), e.get(Reg(2)));
                let (dup, make) = (e.dup(l, c), e.q_make(y, c));
                e.setq(VReg(2), dup);
                e.setq(VReg(3), make);
            }));
        }
    }
    for uops in all {
        check(&mut bench, &mut rng, uops, 0, 50, Rng::integers);
    }
}

//! Every operation against the manual's formula for one lane, in unbounded (here: i128) integers.

use proptest::prelude::*;

use super::*;
use crate::emit::Lane::{B, D, H, S};

const LANES: [Lane; 4] = [B, H, S, D];
const QC: u32 = lanes::QC;

/// Lane values of `bits` bits as the manual's UInt and SInt.
#[derive(Clone, Copy, Debug)]
struct Elt {
    bits: u32,
    raw: u64,
}

impl Elt {
    fn u(self) -> i128 {
        i128::from(self.raw)
    }
    fn s(self) -> i128 {
        self.u() - ((self.u() >> (self.bits - 1)) << self.bits)
    }
}

fn elts(bits: u32, q: u128) -> Vec<Elt> {
    (0..128 / bits).map(|i| Elt { bits, raw: low(q >> (i * bits), bits) }).collect()
}

fn low(q: u128, bits: u32) -> u64 {
    if bits == 64 { lanes::low(q) } else { lanes::low(q) & ((1 << bits) - 1) }
}

/// Packs results modulo the lane size; what has no value is 0.
fn pack(bits: u32, values: impl IntoIterator<Item = i128>) -> u128 {
    let mask = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
    (0u32..).zip(values).fold(0, |q, (i, v)| q | (v.cast_unsigned() & mask) << (i * bits))
}

/// SignedSat and UnsignedSat.
fn sat(signed: bool, bits: u32, v: i128, qc: &mut u32) -> i128 {
    let (lo, hi) = if signed { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
    if v < lo || v > hi {
        *qc |= QC;
    }
    v.clamp(lo, hi)
}

/// Shift left by `n`, right when negative, adding half first if `round`. Amounts over 66 have the
/// effect of 66 (64 to the left, where only whether it saturates matters).
fn shift(x: i128, n: i128, round: bool) -> i128 {
    match n {
        64.. => x.signum() << 100,
        0..64 => x << n,
        _ => {
            let n = (-n).min(66);
            (x + if round { 1 << (n - 1) } else { 0 }) >> n
        }
    }
}

fn ones(c: bool) -> i128 {
    -i128::from(c)
}

fn poly(x: i128, y: i128) -> i128 {
    (0..64).fold(0, |r, n| if y >> n & 1 != 0 { r ^ x << n } else { r })
}

/// Lane-wise results; `None` for operations that are not lane-wise.
fn one(op: Q1, x: Elt, qc: &mut u32) -> Option<i128> {
    let n = x.bits;
    let bit = |i: u32| x.raw >> i & 1;
    Some(match op {
        Q1::Not => !x.u(),
        Q1::Rbit => (0..n).map(|i| i128::from(bit(i)) << (n - 1 - i)).sum(),
        Q1::Cls => (0..n - 1).rev().take_while(|&i| bit(i) == bit(n - 1)).count() as i128,
        Q1::Clz => (0..n).rev().take_while(|&i| bit(i) == 0).count() as i128,
        Q1::Cnt => (0..n).filter(|&i| bit(i) == 1).count() as i128,
        Q1::Abs => x.s().abs(),
        Q1::Neg => -x.s(),
        Q1::SqAbs => sat(true, n, x.s().abs(), qc),
        Q1::SqNeg => sat(true, n, -x.s(), qc),
        Q1::CmGt0 => ones(x.s() > 0),
        Q1::CmGe0 => ones(x.s() >= 0),
        Q1::CmEq0 => ones(x.s() == 0),
        Q1::CmLe0 => ones(x.s() <= 0),
        Q1::CmLt0 => ones(x.s() < 0),
        _ => return None,
    })
}

fn two(op: Q2, x: Elt, y: Elt, qc: &mut u32) -> Option<i128> {
    let n = x.bits;
    let (xs, ys, xu, yu) = (x.s(), y.s(), x.u(), y.u());
    let amount = Elt { bits: 8, raw: y.raw & 0xff }.s();
    // Saturating multiplications exist for H and S; of D the doubled product has no room here.
    let double = |round| if n < 64 { Some((2 * xs * ys + round) >> n) } else { None };
    Some(match op {
        Q2::And => xu & yu,
        Q2::Bic => xu & !yu,
        Q2::Orr => xu | yu,
        Q2::Orn => xu | !yu,
        Q2::Eor => xu ^ yu,
        Q2::Add => xu + yu,
        Q2::Sub => xu - yu,
        Q2::Mul => xs * ys,
        Q2::PMul => poly(xu, yu),
        Q2::SHAdd => (xs + ys) >> 1,
        Q2::UHAdd => (xu + yu) >> 1,
        Q2::SHSub => (xs - ys) >> 1,
        Q2::UHSub => (xu - yu) >> 1,
        Q2::SRHAdd => (xs + ys + 1) >> 1,
        Q2::URHAdd => (xu + yu + 1) >> 1,
        Q2::SqAdd => sat(true, n, xs + ys, qc),
        Q2::UqAdd => sat(false, n, xu + yu, qc),
        Q2::SqSub => sat(true, n, xs - ys, qc),
        Q2::UqSub => sat(false, n, xu - yu, qc),
        Q2::SuqAdd => sat(true, n, xs + yu, qc),
        Q2::UsqAdd => sat(false, n, xu + ys, qc),
        Q2::CmGt => ones(xs > ys),
        Q2::CmGe => ones(xs >= ys),
        Q2::CmHi => ones(xu > yu),
        Q2::CmHs => ones(xu >= yu),
        Q2::CmEq => ones(xu == yu),
        Q2::CmTst => ones(xu & yu != 0),
        Q2::SMax => xs.max(ys),
        Q2::SMin => xs.min(ys),
        Q2::UMax => xu.max(yu),
        Q2::UMin => xu.min(yu),
        Q2::SAbd => (xs - ys).abs(),
        Q2::UAbd => (xu - yu).abs(),
        Q2::SShl => shift(xs, amount, false),
        Q2::UShl => shift(xu, amount, false),
        Q2::SRShl => shift(xs, amount, true),
        Q2::URShl => shift(xu, amount, true),
        Q2::SqShl => sat(true, n, shift(xs, amount, false), qc),
        Q2::UqShl => sat(false, n, shift(xu, amount, false), qc),
        Q2::SqRShl => sat(true, n, shift(xs, amount, true), qc),
        Q2::UqRShl => sat(false, n, shift(xu, amount, true), qc),
        Q2::SqDMulH => sat(true, n, double(0)?, qc),
        Q2::SqRDMulH => sat(true, n, double(1 << (n - 1))?, qc),
        _ => return None,
    })
}

fn imm(op: QI, d: Elt, x: Elt, k: i128, qc: &mut u32) -> Option<i128> {
    let n = x.bits;
    let keep = |mask: i128| d.u() & !mask;
    Some(match op {
        QI::Shl => shift(x.u(), k, false),
        QI::SShr => shift(x.s(), -k, false),
        QI::UShr => shift(x.u(), -k, false),
        QI::SRShr => shift(x.s(), -k, true),
        QI::URShr => shift(x.u(), -k, true),
        QI::Sli => shift(x.u(), k, false) | keep(-1 << k),
        QI::Sri => shift(x.u(), -k, false) | keep(((1 << n) - 1) >> k),
        QI::SqShl => sat(true, n, shift(x.s(), k, false), qc),
        QI::UqShl => sat(false, n, shift(x.u(), k, false), qc),
        QI::SqShlu => sat(false, n, shift(x.s(), k, false), qc),
        _ => return None,
    })
}

/// Results of narrowing from an element of `2 * n` bits.
fn narrowing(op: QI, n: u32, x: Elt, k: i128, qc: &mut u32) -> Option<i128> {
    Some(match op {
        QI::ShrN => shift(x.u(), -k, false),
        QI::RShrN => shift(x.u(), -k, true),
        QI::SqShrN => sat(true, n, shift(x.s(), -k, false), qc),
        QI::UqShrN => sat(false, n, shift(x.u(), -k, false), qc),
        QI::SqShrUN => sat(false, n, shift(x.s(), -k, false), qc),
        QI::SqRShrN => sat(true, n, shift(x.s(), -k, true), qc),
        QI::UqRShrN => sat(false, n, shift(x.u(), -k, true), qc),
        QI::SqRShrUN => sat(false, n, shift(x.s(), -k, true), qc),
        _ => return None,
    })
}

const ONE: &[Q1] = &[
    Q1::Not,
    Q1::Cls,
    Q1::Clz,
    Q1::Abs,
    Q1::Neg,
    Q1::SqAbs,
    Q1::SqNeg,
    Q1::CmGt0,
    Q1::CmGe0,
    Q1::CmEq0,
    Q1::CmLe0,
    Q1::CmLt0,
];
const TWO: &[Q2] = &[
    Q2::And,
    Q2::Bic,
    Q2::Orr,
    Q2::Orn,
    Q2::Eor,
    Q2::Add,
    Q2::Sub,
    Q2::Mul,
    Q2::PMul,
    Q2::SHAdd,
    Q2::UHAdd,
    Q2::SHSub,
    Q2::UHSub,
    Q2::SRHAdd,
    Q2::URHAdd,
    Q2::SqAdd,
    Q2::UqAdd,
    Q2::SqSub,
    Q2::UqSub,
    Q2::SuqAdd,
    Q2::UsqAdd,
    Q2::CmGt,
    Q2::CmGe,
    Q2::CmHi,
    Q2::CmHs,
    Q2::CmEq,
    Q2::CmTst,
    Q2::SMax,
    Q2::SMin,
    Q2::UMax,
    Q2::UMin,
    Q2::SAbd,
    Q2::UAbd,
    Q2::SShl,
    Q2::UShl,
    Q2::SRShl,
    Q2::URShl,
    Q2::SqShl,
    Q2::UqShl,
    Q2::SqRShl,
    Q2::UqRShl,
    Q2::SqDMulH,
    Q2::SqRDMulH,
];
const LEFT: &[QI] = &[QI::Shl, QI::Sli, QI::SqShl, QI::UqShl, QI::SqShlu];
const RIGHT: &[QI] = &[QI::SShr, QI::UShr, QI::SRShr, QI::URShr, QI::Sri];
const NARROW: &[QI] =
    &[QI::ShrN, QI::RShrN, QI::SqShrN, QI::UqShrN, QI::SqShrUN, QI::SqRShrN, QI::UqRShrN, QI::SqRShrUN];

/// 128 bits whose lanes, at a random size, are often next to an edge.
fn vector() -> impl Strategy<Value = u128> {
    let lane = |bits: u32| {
        let edge = prop::sample::select(vec![0u64, 1, 2, 3, u64::MAX, u64::MAX - 1, 1 << (bits - 1)]);
        let near = (edge, -2i64..3).prop_map(|(e, d)| e.wrapping_add_signed(d));
        let shift = (0u64..256).prop_map(|s| s);
        let lane = prop_oneof![3 => near, 2 => any::<u64>(), 1 => shift];
        prop::collection::vec(lane, 16)
            .prop_map(move |v| pack(bits, v.into_iter().take(128 / bits as usize).map(i128::from)))
    };
    prop_oneof![lane(8), lane(16), lane(32), lane(64), any::<u128>()]
}

/// Checks a result and the QC it left.
fn check(what: &dyn std::fmt::Debug, l: Lane, want: (u128, u32), run: impl Fn(&mut u32) -> u128) {
    let mut fpsr = 0;
    let got = run(&mut fpsr);
    assert!(
        (got, fpsr) == want,
        "{what:?} {l:?}: got {got:#034x} {fpsr:#x}, want {:#034x} {:#x}",
        want.0,
        want.1
    );
    let mut fpsr = u32::MAX;
    run(&mut fpsr);
    assert_eq!(fpsr, u32::MAX, "{what:?} {l:?} clears flags");
}

proptest! {
    #[test]
    fn lane_wise_one(a in vector()) {
        for (l, &op) in LANES.iter().flat_map(|&l| ONE.iter().map(move |op| (l, op))) {
            let mut qc = 0;
            let want = pack(l.bits(), elts(l.bits(), a).into_iter().filter_map(|x| one(op, x, &mut qc)));
            check(&op, l, (want, qc), |f| q1(op, l, a, f));
        }
        for op in [Q1::Rbit, Q1::Cnt] {
            let want = pack(8, elts(8, a).into_iter().filter_map(|x| one(op, x, &mut 0)));
            check(&op, B, (want, 0), |f| q1(op, B, a, f));
        }
    }

    #[test]
    fn lane_wise_two(a in vector(), b in vector()) {
        for (l, &op) in LANES.iter().flat_map(|&l| TWO.iter().map(move |op| (l, op))) {
            let mut qc = 0;
            let pairs = elts(l.bits(), a).into_iter().zip(elts(l.bits(), b));
            let want: Option<Vec<_>> = pairs.map(|(x, y)| two(op, x, y, &mut qc)).collect();
            if let Some(want) = want {
                check(&op, l, (pack(l.bits(), want), qc), |f| q2(op, l, a, b, f));
            }
        }
    }

    #[test]
    fn shifts_by_immediate(a in vector(), b in vector(), k in 0u8..64) {
        for (l, (&op, right)) in LANES.iter().flat_map(|&l| {
            LEFT.iter().map(|op| (op, false)).chain(RIGHT.iter().map(|op| (op, true))).map(move |x| (l, x))
        }) {
            let k = k % u8::try_from(l.bits()).unwrap() + u8::from(right);
            let insert = matches!(op, QI::Sli | QI::Sri);
            let source = if insert { b } else { a };
            let mut qc = 0;
            let pairs = elts(l.bits(), a).into_iter().zip(elts(l.bits(), source));
            let want = pack(l.bits(), pairs.filter_map(|(d, x)| imm(op, d, x, k.into(), &mut qc)));
            check(&(op, k), l, (want, qc), |f| qi(op, l, a, b, k, f));
        }
    }

    #[test]
    fn narrowing_shifts(a in vector(), k in 0u8..32) {
        for (l, &op) in [B, H, S].iter().flat_map(|&l| NARROW.iter().map(move |op| (l, op))) {
            let k = k % u8::try_from(l.bits()).unwrap() + 1;
            let mut qc = 0;
            let wide = elts(2 * l.bits(), a).into_iter();
            let want = pack(l.bits(), wide.filter_map(|x| narrowing(op, l.bits(), x, k.into(), &mut qc)));
            check(&(op, k), l, (want, qc), |f| qi(op, l, a, a, k, f));
        }
        let plain = [(Q1::Xtn, QI::ShrN), (Q1::SqXtn, QI::SqShrN), (Q1::UqXtn, QI::UqShrN), (Q1::SqXtun, QI::SqShrUN)];
        for (l, (op, like)) in [B, H, S].iter().flat_map(|&l| plain.map(move |op| (l, op))) {
            let mut qc = 0;
            let wide = elts(2 * l.bits(), a).into_iter();
            let want = pack(l.bits(), wide.filter_map(|x| narrowing(like, l.bits(), x, 0, &mut qc)));
            check(&op, l, (want, qc), |f| q1(op, l, a, f));
        }
    }

    #[test]
    fn widening(a in vector(), b in vector()) {
        for l in [B, H, S] {
            let n = l.bits();
            let half = |q| elts(n, q).into_iter().take(l.count() / 2);
            check(&Q1::Sxtl, l, (pack(2 * n, half(a).map(Elt::s)), 0), |f| q1(Q1::Sxtl, l, a, f));
            check(&Q1::Uxtl, l, (pack(2 * n, half(a).map(Elt::u)), 0), |f| q1(Q1::Uxtl, l, a, f));
            let mut qc = 0;
            let want = pack(2 * n, half(a).zip(half(b)).map(|(x, y)| sat(true, 2 * n, 2 * x.s() * y.s(), &mut qc)));
            check(&Q2::SqDMulL, l, (want, qc), |f| q2(Q2::SqDMulL, l, a, b, f));
            let adjacent = |value: fn(Elt) -> i128| {
                pack(2 * n, elts(n, a).chunks(2).map(|p| value(p[0]) + value(p[1])))
            };
            check(&Q1::SAddLP, l, (adjacent(Elt::s), 0), |f| q1(Q1::SAddLP, l, a, f));
            check(&Q1::UAddLP, l, (adjacent(Elt::u), 0), |f| q1(Q1::UAddLP, l, a, f));
        }
        let want = pack(16, elts(8, a).into_iter().take(8).zip(elts(8, b)).map(|(x, y)| poly(x.u(), y.u())));
        check(&Q2::PMulL, B, (want, 0), |f| q2(Q2::PMulL, B, a, b, f));
        check(&Q2::PMulL, D, (poly(elts(64, a)[0].u(), elts(64, b)[0].u()).cast_unsigned(), 0), |f| q2(Q2::PMulL, D, a, b, f));
    }

    #[test]
    fn rounding_double_multiply_accumulate(a in vector(), b in vector(), c in vector()) {
        for (l, sign, op) in [(H, 1, Q3::SqRDMlah), (H, -1, Q3::SqRDMlsh), (S, 1, Q3::SqRDMlah), (S, -1, Q3::SqRDMlsh)] {
            let n = l.bits();
            let mut qc = 0;
            let all = elts(n, a).into_iter().zip(elts(n, b)).zip(elts(n, c));
            let want = pack(n, all.map(|((d, x), y)| {
                let v = (d.s() << n) + sign * 2 * x.s() * y.s() + (1 << (n - 1));
                sat(true, n, v >> n, &mut qc)
            }));
            check(&op, l, (want, qc), |f| q3(op, l, a, b, c, f));
        }
    }

    #[test]
    fn across_lanes(a in vector()) {
        for l in LANES {
            let n = l.bits();
            let (s, u): (Vec<_>, Vec<_>) = elts(n, a).into_iter().map(|x| (x.s(), x.u())).unzip();
            let run = |op, bits, want: i128| check(&op, l, (pack(bits, [want]), 0), |f| q1(op, l, a, f));
            run(Q1::AddV, n, u.iter().sum());
            if l < D {
                run(Q1::SAddLV, 2 * n, s.iter().sum());
                run(Q1::UAddLV, 2 * n, u.iter().sum());
            }
            run(Q1::SMaxV, n, *s.iter().max().unwrap());
            run(Q1::SMinV, n, *s.iter().min().unwrap());
            run(Q1::UMaxV, n, *u.iter().max().unwrap());
            run(Q1::UMinV, n, *u.iter().min().unwrap());
        }
    }

    #[test]
    fn pairwise(a in vector(), b in vector()) {
        let like = [(Q2::AddP, Q2::Add), (Q2::SMaxP, Q2::SMax), (Q2::SMinP, Q2::SMin), (Q2::UMaxP, Q2::UMax), (Q2::UMinP, Q2::UMin)];
        for (l, (op, each)) in LANES.iter().flat_map(|&l| like.map(move |op| (l, op))) {
            let all: Vec<_> = elts(l.bits(), a).into_iter().chain(elts(l.bits(), b)).collect();
            let want = pack(l.bits(), all.chunks(2).filter_map(|p| two(each, p[0], p[1], &mut 0)));
            check(&op, l, (want, 0), |f| q2(op, l, a, b, f));
        }
    }

    #[test]
    fn permutations(a in vector(), b in vector(), k in 0u8..16) {
        for l in LANES {
            let (n, count) = (l.bits(), l.count());
            let (x, y) = (elts(n, a), elts(n, b));
            let run = |op: Q2, pick: &dyn Fn(usize) -> Elt| {
                check(&op, l, (pack(n, (0..count).map(|i| pick(i).u())), 0), |f| q2(op, l, a, b, f));
            };
            let either = |i: usize| if i.is_multiple_of(2) { &x } else { &y };
            let joined: Vec<_> = x.iter().chain(&y).copied().collect();
            run(Q2::Zip1, &|i| either(i)[i / 2]);
            run(Q2::Zip2, &|i| either(i)[count / 2 + i / 2]);
            run(Q2::Trn1, &|i| either(i)[i / 2 * 2]);
            run(Q2::Trn2, &|i| either(i)[i / 2 * 2 + 1]);
            run(Q2::Uzp1, &|i| joined[2 * i]);
            run(Q2::Uzp2, &|i| joined[2 * i + 1]);
            for (op, group) in [(Q1::Rev16, 16), (Q1::Rev32, 32), (Q1::Rev64, 64)] {
                if n < group {
                    let per = (group / n) as usize;
                    let want = pack(n, x.chunks(per).flat_map(|g| g.iter().rev().map(|e| e.u())));
                    check(&op, l, (want, 0), |f| q1(op, l, a, f));
                }
            }
        }
        let joined: Vec<_> = elts(8, a).into_iter().chain(elts(8, b)).map(Elt::u).collect();
        let want = pack(8, joined[usize::from(k)..].iter().take(16).copied());
        check(&(QI::Ext, k), B, (want, 0), |f| qi(QI::Ext, B, a, b, k, f));
    }

    #[test]
    fn tables(a in vector(), table in any::<u128>(), index in prop::array::uniform16(prop_oneof![0u8..20, any::<u8>()])) {
        let (t, d, x) = (table.to_le_bytes(), a.to_le_bytes(), u128::from_le_bytes(index));
        let look = |miss: [u8; 16]| {
            let byte = |i: usize| t.get(usize::from(index[i])).copied().unwrap_or(miss[i]);
            u128::from_le_bytes(std::array::from_fn(byte))
        };
        check(&Q2::Tbl, B, (look([0; 16]), 0), |f| q2(Q2::Tbl, B, table, x, f));
        check(&Q3::Tbx, B, (look(d), 0), |f| q3(Q3::Tbx, B, a, table, x, f));
    }

    #[test]
    fn dot_products_and_select(a in vector(), b in vector(), c in vector()) {
        for (op, value) in [(Q3::SDot, Elt::s as fn(Elt) -> i128), (Q3::UDot, Elt::u)] {
            let (x, y) = (elts(8, b), elts(8, c));
            let products: Vec<_> = x.iter().zip(&y).map(|(x, y)| value(*x) * value(*y)).collect();
            let want = pack(32, elts(32, a).iter().zip(products.chunks(4)).map(|(d, p)| d.u() + p.iter().sum::<i128>()));
            check(&op, S, (want, 0), |f| q3(op, S, a, b, c, f));
        }
        let bit = |i: u32| if a >> i & 1 == 1 { b >> i & 1 } else { c >> i & 1 };
        check(&Q3::Bsl, B, ((0..128).map(|i| bit(i) << i).sum(), 0), |f| q3(Q3::Bsl, B, a, b, c, f));
    }

    /// No operation panics, whatever lane and immediate.
    #[test]
    fn total(a in vector(), b in vector(), c in vector(), k in any::<u8>()) {
        let mut f = 0;
        for l in LANES {
            for &op in LEFT.iter().chain(RIGHT).chain(NARROW).chain(&[QI::Ext]) {
                qi(op, l, a, b, k, &mut f);
            }
            for op in [Q2::SqDMulH, Q2::SqRDMulH, Q2::SqDMulL, Q2::PMulL, Q2::Tbl] {
                q2(op, l, a, b, &mut f);
            }
            for op in [Q1::Sxtl, Q1::Uxtl, Q1::Xtn, Q1::SqXtn, Q1::UqXtn, Q1::SqXtun, Q1::Rev16, Q1::Rev32, Q1::Rev64] {
                q1(op, l, a, &mut f);
            }
            for op in [Q3::SqRDMlah, Q3::SqRDMlsh, Q3::SDot] {
                q3(op, l, a, b, c, &mut f);
            }
        }
    }
}

//! Integer vector operations on 128-bit values: the definitions of [`Q1`], [`Q2`], [`Q3`] and
//! [`QI`], whose conventions hold here. Arm ARM C7.2.
//!
//! The four entry points are a `match` of calls, inlined so that a handler naming its operation
//! pays for one call. What guests do often is arithmetic on two halves of 64 bits (`swar`); the
//! rest is written for one lane and has a loop per lane size (`lanes`).

mod arith;
mod lanes;
mod permute;
mod shift;
mod swar;
#[cfg(test)]
mod tests;

use crate::emit::{Lane, Q1, Q2, Q3, QI};
use swar::Size;

/// The two halves, low first.
#[inline(always)]
const fn split(a: u128) -> [u64; 2] {
    [lanes::low(a), lanes::low(a >> 64)]
}

#[inline(always)]
fn join(lo: u64, hi: u64) -> u128 {
    u128::from(hi) << 64 | u128::from(lo)
}

/// An operation on each half.
#[inline(always)]
fn halves(l: Lane, a: u128, op: impl Fn(Size, u64) -> u64) -> u128 {
    let [lo, hi] = split(a);
    join(op(l.into(), lo), op(l.into(), hi))
}

#[inline(always)]
fn halves2(l: Lane, a: u128, b: u128, op: impl Fn(Size, u64, u64) -> u64) -> u128 {
    let ([a0, a1], [b0, b1]) = (split(a), split(b));
    join(op(l.into(), a0, b0), op(l.into(), a1, b1))
}

/// A lane-wise operation on the even and the odd lanes of `b:a`.
#[inline(always)]
fn pairs(l: Lane, a: u128, b: u128, op: impl Fn(Size, u64, u64) -> u64) -> u128 {
    halves2(l, permute::uzp1(l, a, b), permute::uzp2(l, a, b), op)
}

/// An operation that makes 64 bits of each 32 of the low half.
#[inline(always)]
fn widen(l: Lane, a: u128, op: impl Fn(Size, u64) -> u64) -> u128 {
    let lo = lanes::low(a);
    join(op(l.into(), lo), op(l.into(), lo >> 32))
}

/// An operation that makes 32 bits of each half.
#[inline(always)]
fn narrow(l: Lane, a: u128, op: impl Fn(Size, u64) -> u64) -> u128 {
    let [lo, hi] = split(a);
    u128::from(op(l.into(), lo) | op(l.into(), hi) << 32)
}

/// Operation on one vector. Sets FPSR.QC when a saturating one saturates.
#[inline(always)]
pub fn q1(op: Q1, l: Lane, a: u128, fpsr: &mut u32) -> u128 {
    match op {
        Q1::Not => !a,
        Q1::Rbit => halves(l, a, |_, x| swar::rbit(x)),
        Q1::Rev16 => halves(l, a, |s, x| s.rev(16, x)),
        Q1::Rev32 => halves(l, a, |s, x| s.rev(32, x)),
        Q1::Rev64 => halves(l, a, |s, x| s.rev(64, x)),
        Q1::Cls => arith::cls(l, a),
        Q1::Clz => arith::clz(l, a),
        Q1::Cnt => halves(l, a, |_, x| swar::cnt(x)),
        Q1::Abs => halves(l, a, Size::abs),
        Q1::Neg => halves(l, a, Size::neg),
        Q1::SqAbs => arith::sqabs(l, a, fpsr),
        Q1::SqNeg => arith::sqneg(l, a, fpsr),
        Q1::CmGt0 => halves(l, a, Size::cmgt0),
        Q1::CmGe0 => halves(l, a, Size::cmge0),
        Q1::CmEq0 => halves(l, a, Size::cmeq0),
        Q1::CmLe0 => halves(l, a, Size::cmle0),
        Q1::CmLt0 => halves(l, a, Size::cmlt0),
        Q1::Sxtl => widen(l, a, Size::sxtl),
        Q1::Uxtl => widen(l, a, Size::uxtl),
        Q1::Xtn => narrow(l, a, |s, x| s.shrn(x, 0)),
        Q1::SqXtn => shift::sqshrn(l, a, 0, fpsr),
        Q1::UqXtn => shift::uqshrn(l, a, 0, fpsr),
        Q1::SqXtun => shift::sqshrun(l, a, 0, fpsr),
        Q1::SAddLP => halves(l, a, Size::saddlp),
        Q1::UAddLP => halves(l, a, Size::uaddlp),
        Q1::AddV => Size::from(l).fold(split(a), Size::add).into(),
        Q1::SMaxV => Size::from(l).fold(split(a), Size::smax).into(),
        Q1::SMinV => Size::from(l).fold(split(a), Size::smin).into(),
        Q1::UMaxV => Size::from(l).fold(split(a), Size::umax).into(),
        Q1::UMinV => Size::from(l).fold(split(a), Size::umin).into(),
        Q1::SAddLV => Size::from(l).saddlv(split(a)).into(),
        Q1::UAddLV => Size::from(l).uaddlv(split(a)).into(),
    }
}

/// Operation on two vectors. Sets FPSR.QC when a saturating one saturates.
#[inline(always)]
pub fn q2(op: Q2, l: Lane, a: u128, b: u128, fpsr: &mut u32) -> u128 {
    match op {
        Q2::And => a & b,
        Q2::Bic => a & !b,
        Q2::Orr => a | b,
        Q2::Orn => a | !b,
        Q2::Eor => a ^ b,
        Q2::Add => halves2(l, a, b, Size::add),
        Q2::Sub => halves2(l, a, b, Size::sub),
        Q2::Mul => arith::mul(l, a, b),
        Q2::PMul => arith::pmul(l, a, b),
        Q2::PMulL if l == Lane::D => arith::pmull_d(a, b),
        Q2::PMulL => arith::pmull(l, a, b),
        Q2::SHAdd => halves2(l, a, b, Size::shadd),
        Q2::UHAdd => halves2(l, a, b, Size::uhadd),
        Q2::SHSub => halves2(l, a, b, Size::shsub),
        Q2::UHSub => halves2(l, a, b, Size::uhsub),
        Q2::SRHAdd => halves2(l, a, b, Size::srhadd),
        Q2::URHAdd => halves2(l, a, b, Size::urhadd),
        Q2::SqAdd => arith::sqadd(l, a, b, fpsr),
        Q2::UqAdd => arith::uqadd(l, a, b, fpsr),
        Q2::SqSub => arith::sqsub(l, a, b, fpsr),
        Q2::UqSub => arith::uqsub(l, a, b, fpsr),
        Q2::SuqAdd => arith::suqadd(l, a, b, fpsr),
        Q2::UsqAdd => arith::usqadd(l, a, b, fpsr),
        Q2::CmGt => halves2(l, a, b, Size::cmgt),
        Q2::CmGe => halves2(l, a, b, Size::cmge),
        Q2::CmHi => halves2(l, a, b, Size::cmhi),
        Q2::CmHs => halves2(l, a, b, Size::cmhs),
        Q2::CmEq => halves2(l, a, b, Size::cmeq),
        Q2::CmTst => halves2(l, a, b, Size::cmtst),
        Q2::SMax => halves2(l, a, b, Size::smax),
        Q2::SMin => halves2(l, a, b, Size::smin),
        Q2::UMax => halves2(l, a, b, Size::umax),
        Q2::UMin => halves2(l, a, b, Size::umin),
        Q2::SAbd => halves2(l, a, b, Size::sabd),
        Q2::UAbd => halves2(l, a, b, Size::uabd),
        Q2::AddP => pairs(l, a, b, Size::add),
        Q2::SMaxP => pairs(l, a, b, Size::smax),
        Q2::SMinP => pairs(l, a, b, Size::smin),
        Q2::UMaxP => pairs(l, a, b, Size::umax),
        Q2::UMinP => pairs(l, a, b, Size::umin),
        Q2::SShl => shift::sshl(l, a, b),
        Q2::UShl => shift::ushl(l, a, b),
        Q2::SRShl => shift::srshl(l, a, b),
        Q2::URShl => shift::urshl(l, a, b),
        Q2::SqShl => shift::sqshl(l, a, b, fpsr),
        Q2::UqShl => shift::uqshl(l, a, b, fpsr),
        Q2::SqRShl => shift::sqrshl(l, a, b, fpsr),
        Q2::UqRShl => shift::uqrshl(l, a, b, fpsr),
        Q2::SqDMulH => arith::sqdmulh(l, a, b, fpsr),
        Q2::SqRDMulH => arith::sqrdmulh(l, a, b, fpsr),
        Q2::SqDMulL => arith::sqdmull(l, a, b, fpsr),
        Q2::Zip1 => permute::zip1(l, a, b),
        Q2::Zip2 => permute::zip2(l, a, b),
        Q2::Uzp1 => permute::uzp1(l, a, b),
        Q2::Uzp2 => permute::uzp2(l, a, b),
        Q2::Trn1 => permute::trn1(l, a, b),
        Q2::Trn2 => permute::trn2(l, a, b),
        Q2::Tbl => permute::tbx(0, a, b),
    }
}

/// Operation on three vectors. Sets FPSR.QC when a saturating one saturates.
#[inline(always)]
pub fn q3(op: Q3, l: Lane, a: u128, b: u128, c: u128, fpsr: &mut u32) -> u128 {
    match op {
        Q3::Bsl => (a & b) | (!a & c),
        Q3::Tbx => permute::tbx(a, b, c),
        Q3::SqRDMlah => arith::sqrdmlah(l, a, b, c, fpsr),
        Q3::SqRDMlsh => arith::sqrdmlsh(l, a, b, c, fpsr),
        Q3::SDot => arith::sdot(a, b, c),
        Q3::UDot => arith::udot(a, b, c),
    }
}

/// Operation with an immediate; out-of-range shift amounts are brought into range. Sets FPSR.QC
/// when a saturating one saturates.
#[inline(always)]
pub fn qi(op: QI, l: Lane, a: u128, b: u128, imm: u8, fpsr: &mut u32) -> u128 {
    let n = u32::from(imm);
    let right = n.clamp(1, l.bits());
    match op {
        QI::Shl => halves(l, a, |s, x| s.shl(x, n)),
        QI::SShr => halves(l, a, |s, x| s.sshr(x, right)),
        QI::UShr => halves(l, a, |s, x| s.ushr(x, right)),
        QI::SRShr => halves(l, a, |s, x| s.srshr(x, right)),
        QI::URShr => halves(l, a, |s, x| s.urshr(x, right)),
        QI::Sli => halves2(l, a, b, |s, x, y| s.sli(x, y, n)),
        QI::Sri => halves2(l, a, b, |s, x, y| s.sri(x, y, right)),
        QI::SqShl => shift::sqshl_imm(l, a, n, fpsr),
        QI::UqShl => shift::uqshl_imm(l, a, n, fpsr),
        QI::SqShlu => shift::sqshlu_imm(l, a, n, fpsr),
        QI::ShrN => narrow(l, a, |s, x| s.shrn(x, right)),
        QI::RShrN => narrow(l, a, |s, x| s.rshrn(x, right)),
        QI::SqShrN => shift::sqshrn(l, a, right, fpsr),
        QI::UqShrN => shift::uqshrn(l, a, right, fpsr),
        QI::SqShrUN => shift::sqshrun(l, a, right, fpsr),
        QI::SqRShrN => shift::sqrshrn(l, a, right, fpsr),
        QI::UqRShrN => shift::uqrshrn(l, a, right, fpsr),
        QI::SqRShrUN => shift::sqrshrun(l, a, right, fpsr),
        QI::Ext => permute::ext(a, b, n),
    }
}

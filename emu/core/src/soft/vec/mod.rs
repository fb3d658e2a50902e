//! Integer vector operations on 128-bit values: the definitions of [`Q1`], [`Q2`], [`Q3`] and
//! [`QI`], whose conventions hold here. Arm ARM C7.2.
//!
//! The four entry points are a `match` of calls, inlined so that a handler naming its operation
//! pays for one call; each operation then has a loop per lane size.

mod arith;
mod lanes;
mod permute;
mod shift;
#[cfg(test)]
mod tests;

use crate::emit::{Lane, Q1, Q2, Q3, QI};

/// Operation on one vector. Sets FPSR.QC when a saturating one saturates.
#[inline(always)]
pub fn q1(op: Q1, l: Lane, a: u128, fpsr: &mut u32) -> u128 {
    match op {
        Q1::Not => !a,
        Q1::Rbit => arith::rbit(Lane::B, a),
        Q1::Rev16 => permute::rev(l, 1, a),
        Q1::Rev32 => permute::rev(l, 2, a),
        Q1::Rev64 => permute::rev(l, 3, a),
        Q1::Cls => arith::cls(l, a),
        Q1::Clz => arith::clz(l, a),
        Q1::Cnt => arith::cnt(l, a),
        Q1::Abs => arith::abs(l, a),
        Q1::Neg => arith::neg(l, a),
        Q1::SqAbs => arith::sqabs(l, a, fpsr),
        Q1::SqNeg => arith::sqneg(l, a, fpsr),
        Q1::CmGt0 => arith::cmgt0(l, a),
        Q1::CmGe0 => arith::cmge0(l, a),
        Q1::CmEq0 => arith::cmeq0(l, a),
        Q1::CmLe0 => arith::cmle0(l, a),
        Q1::CmLt0 => arith::cmlt0(l, a),
        Q1::Sxtl => shift::sxtl(l, a),
        Q1::Uxtl => shift::uxtl(l, a),
        Q1::Xtn => shift::shrn(l, a, 0),
        Q1::SqXtn => shift::sqshrn(l, a, 0, fpsr),
        Q1::UqXtn => shift::uqshrn(l, a, 0, fpsr),
        Q1::SqXtun => shift::sqshrun(l, a, 0, fpsr),
        Q1::SAddLP => permute::saddlp(l, a),
        Q1::UAddLP => permute::uaddlp(l, a),
        Q1::AddV => permute::addv(l, a),
        Q1::SMaxV => permute::smaxv(l, a),
        Q1::SMinV => permute::sminv(l, a),
        Q1::UMaxV => permute::umaxv(l, a),
        Q1::UMinV => permute::uminv(l, a),
        Q1::SAddLV => permute::saddlv(l, a),
        Q1::UAddLV => permute::uaddlv(l, a),
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
        Q2::Add => arith::add(l, a, b),
        Q2::Sub => arith::sub(l, a, b),
        Q2::Mul => arith::mul(l, a, b),
        Q2::PMul => arith::pmul(l, a, b),
        Q2::PMulL => arith::pmull(l, a, b),
        Q2::SHAdd => arith::shadd(l, a, b),
        Q2::UHAdd => arith::uhadd(l, a, b),
        Q2::SHSub => arith::shsub(l, a, b),
        Q2::UHSub => arith::uhsub(l, a, b),
        Q2::SRHAdd => arith::srhadd(l, a, b),
        Q2::URHAdd => arith::urhadd(l, a, b),
        Q2::SqAdd => arith::sqadd(l, a, b, fpsr),
        Q2::UqAdd => arith::uqadd(l, a, b, fpsr),
        Q2::SqSub => arith::sqsub(l, a, b, fpsr),
        Q2::UqSub => arith::uqsub(l, a, b, fpsr),
        Q2::SuqAdd => arith::suqadd(l, a, b, fpsr),
        Q2::UsqAdd => arith::usqadd(l, a, b, fpsr),
        Q2::CmGt => arith::cmgt(l, a, b),
        Q2::CmGe => arith::cmge(l, a, b),
        Q2::CmHi => arith::cmhi(l, a, b),
        Q2::CmHs => arith::cmhs(l, a, b),
        Q2::CmEq => arith::cmeq(l, a, b),
        Q2::CmTst => arith::cmtst(l, a, b),
        Q2::SMax => arith::smax(l, a, b),
        Q2::SMin => arith::smin(l, a, b),
        Q2::UMax => arith::umax(l, a, b),
        Q2::UMin => arith::umin(l, a, b),
        Q2::SAbd => arith::sabd(l, a, b),
        Q2::UAbd => arith::uabd(l, a, b),
        Q2::AddP => permute::addp(l, a, b),
        Q2::SMaxP => permute::smaxp(l, a, b),
        Q2::SMinP => permute::sminp(l, a, b),
        Q2::UMaxP => permute::umaxp(l, a, b),
        Q2::UMinP => permute::uminp(l, a, b),
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
        QI::Shl => shift::shl(l, a, n),
        QI::SShr => shift::sshr(l, a, right),
        QI::UShr => shift::ushr(l, a, right),
        QI::SRShr => shift::srshr(l, a, right),
        QI::URShr => shift::urshr(l, a, right),
        QI::Sli => shift::sli(l, a, b, n),
        QI::Sri => shift::sri(l, a, b, right),
        QI::SqShl => shift::sqshl_imm(l, a, n, fpsr),
        QI::UqShl => shift::uqshl_imm(l, a, n, fpsr),
        QI::SqShlu => shift::sqshlu_imm(l, a, n, fpsr),
        QI::ShrN => shift::shrn(l, a, right),
        QI::RShrN => shift::rshrn(l, a, right),
        QI::SqShrN => shift::sqshrn(l, a, right, fpsr),
        QI::UqShrN => shift::uqshrn(l, a, right, fpsr),
        QI::SqShrUN => shift::sqshrun(l, a, right, fpsr),
        QI::SqRShrN => shift::sqrshrn(l, a, right, fpsr),
        QI::UqRShrN => shift::uqrshrn(l, a, right, fpsr),
        QI::SqRShrUN => shift::sqrshrun(l, a, right, fpsr),
        QI::Ext => permute::ext(a, b, n),
    }
}

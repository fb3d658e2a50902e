//! Advanced SIMD floating point, vector and scalar: what reads FPCR.
//!
//! Formats and fraction bits come from the record, see `table/simd_fp.rs`. Vector operations take
//! the Q bit with them, so that lanes which are not there raise nothing.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_fp_scalar::{
    f, fbits, fcvt_to_int, frint, handlers, lane_of, one_source, set_f, size, to_integral, to_integral_n,
    two_source,
};
use crate::emit::{Emit, F1, F2, F3, FCvt, FSize, Lane, QF1, QF2, QF3, Res, Rounding, VReg};

// -- three same -----------------------------------------------------------------------------------

#[inline(always)]
fn vector2<E: Emit>(e: &mut E, i: &Insn, op: F2) -> Res {
    e.fp_access()?;
    let (a, b) = (e.getq(i.vn()), e.getq(i.vm()));
    let r = e.qf2(QF2::Lanes { op, q: i.q() }, size(i), a, b);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn vector3<E: Emit>(e: &mut E, i: &Insn, op: F3) -> Res {
    e.fp_access()?;
    let (a, n, m) = (e.getq(i.vd()), e.getq(i.vn()), e.getq(i.vm()));
    let r = e.qf3(QF3::Lanes { op, q: i.q() }, size(i), a, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn pairwise<E: Emit>(e: &mut E, i: &Insn, op: F2) -> Res {
    e.fp_access()?;
    let (a, b) = (e.getq(i.vn()), e.getq(i.vm()));
    let r = e.qf2(QF2::Pairwise { op, q: i.q() }, size(i), a, b);
    e.setq(i.vd(), r);
    Ok(())
}

handlers! {
    /// FADD (vector).
    FADD_asimdsame = vector2(F2::Add);
    /// FSUB (vector).
    FSUB_asimdsame = vector2(F2::Sub);
    /// FMUL (vector).
    FMUL_asimdsame = vector2(F2::Mul);
    /// FMULX (vector).
    FMULX_asimdsame = vector2(F2::MulX);
    /// FDIV (vector).
    FDIV_asimdsame = vector2(F2::Div);
    /// FABD (vector).
    FABD_asimdsame = vector2(F2::AbsDiff);
    /// FMAX (vector).
    FMAX_asimdsame = vector2(F2::Max);
    /// FMIN (vector).
    FMIN_asimdsame = vector2(F2::Min);
    /// FMAXNM (vector).
    FMAXNM_asimdsame = vector2(F2::MaxNum);
    /// FMINNM (vector).
    FMINNM_asimdsame = vector2(F2::MinNum);
    /// FRECPS (vector).
    FRECPS_asimdsame = vector2(F2::RecipStep);
    /// FRSQRTS (vector).
    FRSQRTS_asimdsame = vector2(F2::RsqrtStep);
    /// FCMEQ (vector, register).
    FCMEQ_asimdsame = vector2(F2::CmpEq);
    /// FCMGE (vector, register).
    FCMGE_asimdsame = vector2(F2::CmpGe);
    /// FCMGT (vector, register).
    FCMGT_asimdsame = vector2(F2::CmpGt);
    /// FACGE (vector).
    FACGE_asimdsame = vector2(F2::AbsCmpGe);
    /// FACGT (vector).
    FACGT_asimdsame = vector2(F2::AbsCmpGt);

    /// FMLA (vector).
    FMLA_asimdsame = vector3(F3::MulAdd);
    /// FMLS (vector).
    FMLS_asimdsame = vector3(F3::MulSub);

    /// FADDP (vector).
    FADDP_asimdsame = pairwise(F2::Add);
    /// FMAXP (vector).
    FMAXP_asimdsame = pairwise(F2::Max);
    /// FMINP (vector).
    FMINP_asimdsame = pairwise(F2::Min);
    /// FMAXNMP (vector).
    FMAXNMP_asimdsame = pairwise(F2::MaxNum);
    /// FMINNMP (vector).
    FMINNMP_asimdsame = pairwise(F2::MinNum);

    /// FMULX (scalar).
    FMULX_asisdsame = two_source(F2::MulX);
    /// FABD (scalar).
    FABD_asisdsame = two_source(F2::AbsDiff);
    /// FRECPS (scalar).
    FRECPS_asisdsame = two_source(F2::RecipStep);
    /// FRSQRTS (scalar).
    FRSQRTS_asisdsame = two_source(F2::RsqrtStep);
    /// FCMEQ (scalar, register).
    FCMEQ_asisdsame = two_source(F2::CmpEq);
    /// FCMGE (scalar, register).
    FCMGE_asisdsame = two_source(F2::CmpGe);
    /// FCMGT (scalar, register).
    FCMGT_asisdsame = two_source(F2::CmpGt);
    /// FACGE (scalar).
    FACGE_asisdsame = two_source(F2::AbsCmpGe);
    /// FACGT (scalar).
    FACGT_asisdsame = two_source(F2::AbsCmpGt);
}

// -- half-precision products, complex numbers -------------------------------------------------------

#[inline(always)]
fn multiply_long<E: Emit>(e: &mut E, i: &Insn, sub: bool, upper: bool) -> Res {
    e.fp_access()?;
    let (a, n, m) = (e.getq(i.vd()), e.getq(i.vn()), e.getq(i.vm()));
    let r = e.qf3(QF3::MulAddLong { sub, upper, q: i.q() }, FSize::S, a, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn multiply_long_element<E: Emit>(e: &mut E, i: &Insn, sub: bool, upper: bool) -> Res {
    e.fp_access()?;
    let m = element(e, i);
    let m = e.dup(Lane::H, m);
    let (a, n) = (e.getq(i.vd()), e.getq(i.vn()));
    let r = e.qf3(QF3::MulAddLong { sub, upper, q: i.q() }, FSize::S, a, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

handlers! {
    /// FMLAL (vector).
    FMLAL_asimdsame = multiply_long(false, false);
    /// FMLSL (vector).
    FMLSL_asimdsame = multiply_long(true, false);
    /// FMLAL2 (vector).
    FMLAL2_asimdsame = multiply_long(false, true);
    /// FMLSL2 (vector).
    FMLSL2_asimdsame = multiply_long(true, true);
    /// FMLAL (by element).
    FMLAL_asimdelem = multiply_long_element(false, false);
    /// FMLSL (by element).
    FMLSL_asimdelem = multiply_long_element(true, false);
    /// FMLAL2 (by element).
    FMLAL2_asimdelem = multiply_long_element(false, true);
    /// FMLSL2 (by element).
    FMLSL2_asimdelem = multiply_long_element(true, true);
}

/// Two bits of the word as a rotation in quarter turns.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "two bits")]
fn rotation(i: &Insn, hi: u32) -> u8 {
    i.bits(hi, hi - 1) as u8
}

/// FCMLA (vector).
pub(super) fn FCMLA_asimdsame2<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let (a, n, m) = (e.getq(i.vd()), e.getq(i.vn()), e.getq(i.vm()));
    let op = QF3::ComplexMulAdd { rot: rotation(i, 12), q: i.q() };
    let r = e.qf3(op, size(i), a, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

/// FCMLA (by element): the element is a pair.
pub(super) fn FCMLA_asimdelem<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let m = e.getq(VReg(i.rm() | u8::from(i.bit(20)) << 4));
    let (pair, index) = match size(i) {
        FSize::H => (Lane::S, u8::from(i.bit(11)) << 1 | u8::from(i.bit(21))),
        _ => (Lane::D, u8::from(i.bit(11))),
    };
    let m = e.lane(pair, index, m);
    let m = e.dup(pair, m);
    let (a, n) = (e.getq(i.vd()), e.getq(i.vn()));
    let op = QF3::ComplexMulAdd { rot: rotation(i, 14), q: i.q() };
    let r = e.qf3(op, size(i), a, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

/// FCADD.
pub(super) fn FCADD_asimdsame2<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let r = e.qf2(QF2::ComplexAdd { rot270: i.bit(12), q: i.q() }, size(i), n, m);
    e.setq(i.vd(), r);
    Ok(())
}

// -- by element -----------------------------------------------------------------------------------

/// The element of Vm that the index names: H:L:M for H (and V0 to V15), H:L for S, H for D.
#[inline(always)]
fn element<E: Emit>(e: &mut E, i: &Insn) -> E::V {
    let (h, l, m) = (u8::from(i.bit(11)), u8::from(i.bit(21)), u8::from(i.bit(20)));
    let (register, index) = match size(i) {
        FSize::H => (i.rm() & 15, h << 2 | l << 1 | m),
        FSize::S => (i.rm(), h << 1 | l),
        FSize::D => (i.rm(), h),
    };
    let q = e.getq(VReg(register));
    e.lane(lane_of(size(i)), index, q)
}

#[inline(always)]
fn vector2_element<E: Emit>(e: &mut E, i: &Insn, op: F2) -> Res {
    e.fp_access()?;
    let m = element(e, i);
    let m = e.dup(lane_of(size(i)), m);
    let n = e.getq(i.vn());
    let r = e.qf2(QF2::Lanes { op, q: i.q() }, size(i), n, m);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn vector3_element<E: Emit>(e: &mut E, i: &Insn, op: F3) -> Res {
    e.fp_access()?;
    let m = element(e, i);
    let m = e.dup(lane_of(size(i)), m);
    let (a, n) = (e.getq(i.vd()), e.getq(i.vn()));
    let r = e.qf3(QF3::Lanes { op, q: i.q() }, size(i), a, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn scalar2_element<E: Emit>(e: &mut E, i: &Insn, op: F2) -> Res {
    e.fp_access()?;
    let m = element(e, i);
    let n = f(e, size(i), i.vn());
    let r = e.f2(op, size(i), n, m);
    set_f(e, i.vd(), r);
    Ok(())
}

#[inline(always)]
fn scalar3_element<E: Emit>(e: &mut E, i: &Insn, op: F3) -> Res {
    e.fp_access()?;
    let m = element(e, i);
    let (a, n) = (f(e, size(i), i.vd()), f(e, size(i), i.vn()));
    let r = e.f3(op, size(i), a, n, m);
    set_f(e, i.vd(), r);
    Ok(())
}

handlers! {
    /// FMUL (by element).
    FMUL_asimdelem = vector2_element(F2::Mul);
    /// FMULX (by element).
    FMULX_asimdelem = vector2_element(F2::MulX);
    /// FMLA (by element).
    FMLA_asimdelem = vector3_element(F3::MulAdd);
    /// FMLS (by element).
    FMLS_asimdelem = vector3_element(F3::MulSub);
    /// FMUL (by element), scalar.
    FMUL_asisdelem = scalar2_element(F2::Mul);
    /// FMULX (by element), scalar.
    FMULX_asisdelem = scalar2_element(F2::MulX);
    /// FMLA (by element), scalar.
    FMLA_asisdelem = scalar3_element(F3::MulAdd);
    /// FMLS (by element), scalar.
    FMLS_asisdelem = scalar3_element(F3::MulSub);
}

// -- across lanes, scalar pairwise ------------------------------------------------------------------

/// Single precision always has four lanes (its Q bit is fixed).
#[inline(always)]
fn across<E: Emit>(e: &mut E, i: &Insn, op: F2) -> Res {
    e.fp_access()?;
    let a = e.getq(i.vn());
    let r = e.qf1(QF1::Reduce { op, q: i.q() }, size(i), a);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn scalar_pair<E: Emit>(e: &mut E, i: &Insn, op: F2) -> Res {
    e.fp_access()?;
    let q = e.getq(i.vn());
    let (a, b) = (e.lane(lane_of(size(i)), 0, q), e.lane(lane_of(size(i)), 1, q));
    let r = e.f2(op, size(i), a, b);
    set_f(e, i.vd(), r);
    Ok(())
}

handlers! {
    /// FMAXV.
    FMAXV_asimdall = across(F2::Max);
    /// FMINV.
    FMINV_asimdall = across(F2::Min);
    /// FMAXNMV.
    FMAXNMV_asimdall = across(F2::MaxNum);
    /// FMINNMV.
    FMINNMV_asimdall = across(F2::MinNum);

    /// FADDP (scalar).
    FADDP_asisdpair = scalar_pair(F2::Add);
    /// FMAXP (scalar).
    FMAXP_asisdpair = scalar_pair(F2::Max);
    /// FMINP (scalar).
    FMINP_asisdpair = scalar_pair(F2::Min);
    /// FMAXNMP (scalar).
    FMAXNMP_asisdpair = scalar_pair(F2::MaxNum);
    /// FMINNMP (scalar).
    FMINNMP_asisdpair = scalar_pair(F2::MinNum);
}

// -- two-register miscellaneous ---------------------------------------------------------------------

#[inline(always)]
fn vector1<E: Emit>(e: &mut E, i: &Insn, op: F1) -> Res {
    e.fp_access()?;
    let a = e.getq(i.vn());
    let r = e.qf1(QF1::Lanes { op, q: i.q() }, size(i), a);
    e.setq(i.vd(), r);
    Ok(())
}

/// `a op 0`, or `0 op a` when `swapped`.
#[inline(always)]
fn vector_zero<E: Emit>(e: &mut E, i: &Insn, op: F2, swapped: bool) -> Res {
    e.fp_access()?;
    let (a, zero) = (e.getq(i.vn()), e.qimm(0));
    let (a, b) = if swapped { (zero, a) } else { (a, zero) };
    let r = e.qf2(QF2::Lanes { op, q: i.q() }, size(i), a, b);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn scalar_zero<E: Emit>(e: &mut E, i: &Insn, op: F2, swapped: bool) -> Res {
    e.fp_access()?;
    let (a, zero) = (f(e, size(i), i.vn()), e.imm(0));
    let (a, b) = if swapped { (zero, a) } else { (a, zero) };
    let r = e.f2(op, size(i), a, b);
    set_f(e, i.vd(), r);
    Ok(())
}

handlers! {
    /// FABS (vector).
    FABS_asimdmisc = vector1(F1::Abs);
    /// FNEG (vector).
    FNEG_asimdmisc = vector1(F1::Neg);
    /// FSQRT (vector).
    FSQRT_asimdmisc = vector1(F1::Sqrt);
    /// FRECPE (vector).
    FRECPE_asimdmisc = vector1(F1::RecipEstimate);
    /// FRSQRTE (vector).
    FRSQRTE_asimdmisc = vector1(F1::RsqrtEstimate);

    /// FRECPE (scalar).
    FRECPE_asisdmisc = one_source(F1::RecipEstimate);
    /// FRECPX.
    FRECPX_asisdmisc = one_source(F1::RecipExponent);
    /// FRSQRTE (scalar).
    FRSQRTE_asisdmisc = one_source(F1::RsqrtEstimate);

    /// FCMEQ (vector, zero).
    FCMEQ_zero_asimdmisc = vector_zero(F2::CmpEq, false);
    /// FCMGE (vector, zero).
    FCMGE_zero_asimdmisc = vector_zero(F2::CmpGe, false);
    /// FCMGT (vector, zero).
    FCMGT_zero_asimdmisc = vector_zero(F2::CmpGt, false);
    /// FCMLE (vector, zero).
    FCMLE_zero_asimdmisc = vector_zero(F2::CmpGe, true);
    /// FCMLT (vector, zero).
    FCMLT_zero_asimdmisc = vector_zero(F2::CmpGt, true);
    /// FCMEQ (scalar, zero).
    FCMEQ_zero_asisdmisc = scalar_zero(F2::CmpEq, false);
    /// FCMGE (scalar, zero).
    FCMGE_zero_asisdmisc = scalar_zero(F2::CmpGe, false);
    /// FCMGT (scalar, zero).
    FCMGT_zero_asisdmisc = scalar_zero(F2::CmpGt, false);
    /// FCMLE (scalar, zero).
    FCMLE_zero_asisdmisc = scalar_zero(F2::CmpGe, true);
    /// FCMLT (scalar, zero).
    FCMLT_zero_asisdmisc = scalar_zero(F2::CmpGt, true);
}

frint! { vector1:
FRINTN_asimdmisc FRINTP_asimdmisc FRINTM_asimdmisc FRINTZ_asimdmisc FRINTA_asimdmisc FRINTX_asimdmisc
FRINTI_asimdmisc FRINT32Z_asimdmisc FRINT32X_asimdmisc FRINT64Z_asimdmisc FRINT64X_asimdmisc }

/// URECPE.
pub(super) fn URECPE_asimdmisc<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let a = e.getq(i.vn());
    let r = e.qf1(QF1::URecipEstimate { q: i.q() }, FSize::S, a);
    e.setq(i.vd(), r);
    Ok(())
}

/// URSQRTE.
pub(super) fn URSQRTE_asimdmisc<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let a = e.getq(i.vn());
    let r = e.qf1(QF1::URsqrtEstimate { q: i.q() }, FSize::S, a);
    e.setq(i.vd(), r);
    Ok(())
}

// -- conversions ------------------------------------------------------------------------------------

/// FCVTL, FCVTL2: the low or high half widened.
pub(super) fn FCVTL_asimdmisc<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let mut a = e.getq(i.vn());
    if i.q() {
        let (high, zero) = (e.lane(Lane::D, 1, a), e.imm(0));
        a = e.q_make(high, zero);
    }
    let r = e.qf1(QF1::Widen, size(i), a);
    e.setq(i.vd(), r);
    Ok(())
}

/// To the low half, the high one cleared; or to the high half, the low one kept.
#[inline(always)]
fn narrow<E: Emit>(e: &mut E, i: &Insn, from: FSize, odd: bool) -> Res {
    e.fp_access()?;
    let a = e.getq(i.vn());
    let mut r = e.qf1(QF1::Narrow { odd }, from, a);
    if i.q() {
        let high = e.lane(Lane::D, 0, r);
        let old = e.getq(i.vd());
        r = e.set_lane(Lane::D, 1, old, high);
    }
    e.setq(i.vd(), r);
    Ok(())
}

/// FCVTN, FCVTN2.
pub(super) fn FCVTN_asimdmisc<E: Emit>(e: &mut E, i: &Insn) -> Res {
    narrow(e, i, if size(i) == FSize::S { FSize::S } else { FSize::D }, false)
}

/// FCVTXN, FCVTXN2: double to single, rounded to odd.
pub(super) fn FCVTXN_asimdmisc<E: Emit>(e: &mut E, i: &Insn) -> Res {
    narrow(e, i, FSize::D, true)
}

/// FCVTXN (scalar).
pub(super) fn FCVTXN_asisdmisc<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let a = f(e, FSize::D, i.vn());
    let r = e.fcvt(FCvt::FormatOdd, a);
    set_f(e, i.vd(), r);
    Ok(())
}

/// Floating point to integer of the same size.
#[inline(always)]
fn to_int(i: &Insn, signed: bool, rounding: Rounding, fbits: u8) -> FCvt {
    FCvt::ToInt { from: size(i), bits: lane_bits(i), signed, rounding, fbits }
}

/// Integer to floating point of the same size.
#[inline(always)]
fn from_int(i: &Insn, signed: bool, fbits: u8) -> FCvt {
    FCvt::FromInt { to: size(i), bits: lane_bits(i), signed, fbits }
}

#[inline(always)]
fn lane_bits(i: &Insn) -> u8 {
    match size(i) {
        FSize::H => 16,
        FSize::S => 32,
        FSize::D => 64,
    }
}

#[inline(always)]
fn vector_convert<E: Emit>(e: &mut E, i: &Insn, op: FCvt) -> Res {
    e.fp_access()?;
    let a = e.getq(i.vn());
    let r = e.qf1(QF1::Convert { op, q: i.q() }, size(i), a);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn scalar_convert<E: Emit>(e: &mut E, i: &Insn, op: FCvt) -> Res {
    e.fp_access()?;
    let a = f(e, size(i), i.vn());
    let r = e.fcvt(op, a);
    set_f(e, i.vd(), r);
    Ok(())
}

#[inline(always)]
fn vector_to_int<E: Emit>(e: &mut E, i: &Insn, signed: bool, rounding: Rounding, fbits: u8) -> Res {
    vector_convert(e, i, to_int(i, signed, rounding, fbits))
}

#[inline(always)]
fn scalar_to_int<E: Emit>(e: &mut E, i: &Insn, signed: bool, rounding: Rounding, fbits: u8) -> Res {
    scalar_convert(e, i, to_int(i, signed, rounding, fbits))
}

#[inline(always)]
fn vector_from_int<E: Emit>(e: &mut E, i: &Insn, signed: bool) -> Res {
    vector_convert(e, i, from_int(i, signed, 0))
}

#[inline(always)]
fn scalar_from_int<E: Emit>(e: &mut E, i: &Insn, signed: bool) -> Res {
    scalar_convert(e, i, from_int(i, signed, 0))
}

#[inline(always)]
fn vector_to_fixed<E: Emit>(e: &mut E, i: &Insn, signed: bool) -> Res {
    vector_to_int(e, i, signed, Rounding::Zero, fbits(i))
}

#[inline(always)]
fn scalar_to_fixed<E: Emit>(e: &mut E, i: &Insn, signed: bool) -> Res {
    scalar_to_int(e, i, signed, Rounding::Zero, fbits(i))
}

#[inline(always)]
fn vector_from_fixed<E: Emit>(e: &mut E, i: &Insn, signed: bool) -> Res {
    vector_convert(e, i, from_int(i, signed, fbits(i)))
}

#[inline(always)]
fn scalar_from_fixed<E: Emit>(e: &mut E, i: &Insn, signed: bool) -> Res {
    scalar_convert(e, i, from_int(i, signed, fbits(i)))
}

fcvt_to_int! { vector_to_int:
FCVTNS_asimdmisc FCVTNU_asimdmisc FCVTAS_asimdmisc FCVTAU_asimdmisc FCVTPS_asimdmisc FCVTPU_asimdmisc
FCVTMS_asimdmisc FCVTMU_asimdmisc FCVTZS_asimdmisc FCVTZU_asimdmisc }

fcvt_to_int! { scalar_to_int:
FCVTNS_asisdmisc FCVTNU_asisdmisc FCVTAS_asisdmisc FCVTAU_asisdmisc FCVTPS_asisdmisc FCVTPU_asisdmisc
FCVTMS_asisdmisc FCVTMU_asisdmisc FCVTZS_asisdmisc FCVTZU_asisdmisc }

handlers! {
    /// SCVTF (vector, integer).
    SCVTF_asimdmisc = vector_from_int(true);
    /// UCVTF (vector, integer).
    UCVTF_asimdmisc = vector_from_int(false);
    /// SCVTF (scalar, integer).
    SCVTF_asisdmisc = scalar_from_int(true);
    /// UCVTF (scalar, integer).
    UCVTF_asisdmisc = scalar_from_int(false);
    /// FCVTZS (vector, fixed-point).
    FCVTZS_asimdshf = vector_to_fixed(true);
    /// SCVTF (vector, fixed-point).
    SCVTF_asimdshf = vector_from_fixed(true);
    /// FCVTZU (vector, fixed-point).
    FCVTZU_asimdshf = vector_to_fixed(false);
    /// UCVTF (vector, fixed-point).
    UCVTF_asimdshf = vector_from_fixed(false);
    /// FCVTZS (scalar, fixed-point).
    FCVTZS_asisdshf = scalar_to_fixed(true);
    /// SCVTF (scalar, fixed-point).
    SCVTF_asisdshf = scalar_from_fixed(true);
    /// FCVTZU (scalar, fixed-point).
    FCVTZU_asisdshf = scalar_to_fixed(false);
    /// UCVTF (scalar, fixed-point).
    UCVTF_asisdshf = scalar_from_fixed(false);
}

//! Advanced SIMD, integer: C4.1.94, vector and scalar forms.
//!
//! A handler serves all forms of its operation: bit 28 tells scalar from vector, bit 30 a vector
//! of 128 bits from one of 64. The operations of `Emit` work on 128 bits; [`cut`] brings their
//! operands (where garbage could saturate) or results (elsewhere) to the form's width.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use crate::emit::{Emit, Lane, Q1, Q2, Q3, QI, Res};

/// Whether the encoding is a scalar form.
#[inline(always)]
fn scalar(i: &Insn) -> bool {
    i.bit(28)
}

/// The low 64 bits, zeros above.
#[inline(always)]
pub(super) fn low<E: Emit>(e: &mut E, v: E::Q) -> E::Q {
    let (lo, zero) = (e.lane(Lane::D, 0, v), e.imm(0));
    e.q_make(lo, zero)
}

/// The low halves of `lo` and `hi`.
#[inline(always)]
pub(super) fn lows<E: Emit>(e: &mut E, lo: E::Q, hi: E::Q) -> E::Q {
    let (lo, hi) = (e.lane(Lane::D, 0, lo), e.lane(Lane::D, 0, hi));
    e.q_make(lo, hi)
}

/// What of `v` the form has: lane 0 (scalar), 64 bits (Q = 0) or all.
#[inline(always)]
fn cut<E: Emit>(e: &mut E, i: &Insn, l: Lane, v: E::Q) -> E::Q {
    if scalar(i) {
        let (lane, zero) = (e.lane(l, 0, v), e.imm(0));
        e.q_make(lane, zero)
    } else if i.q() {
        v
    } else {
        low(e, v)
    }
}

/// The narrow operand of a long operation in the low half: the high half for the "2" forms.
#[inline(always)]
fn half<E: Emit>(e: &mut E, i: &Insn, l: Lane, v: E::Q) -> E::Q {
    if scalar(i) {
        cut(e, i, l, v)
    } else if i.q() {
        let (hi, zero) = (e.lane(Lane::D, 1, v), e.imm(0));
        e.q_make(hi, zero)
    } else {
        v
    }
}

/// The lane of twice the size.
#[inline(always)]
pub(super) const fn wide(l: Lane) -> Lane {
    Lane::of(l as u32 + 1)
}

/// Writes a narrowed result (64 bits): the high half of Vd for the "2" forms.
#[inline(always)]
fn set_narrow<E: Emit>(e: &mut E, i: &Insn, r: E::Q) -> Res {
    let r = if i.q() && !scalar(i) {
        let old = e.getq(i.vd());
        lows(e, old, r)
    } else {
        r
    };
    e.setq(i.vd(), r);
    Ok(())
}

// -- the second operand --------------------------------------------------------------------------

/// Register of a "by element" operand: 4 bits for H lanes, 5 for S.
pub(super) const fn elem_reg(i: &Insn) -> u8 {
    if matches!(i.lane(), Lane::H) { i.rm() & 15 } else { i.rm() }
}

/// Lane number of a "by element" operand: H:L:M for H lanes, H:L for S.
pub(super) const fn elem_index(i: &Insn) -> u8 {
    let hl = (i.bit(11) as u8) << 1 | i.bit(21) as u8;
    if matches!(i.lane(), Lane::H) { hl << 1 | i.bit(20) as u8 } else { hl }
}

/// Vm, or for the "by element" classes its one lane in all lanes.
#[inline(always)]
fn second<E: Emit>(e: &mut E, i: &Insn, by_element: bool) -> E::Q {
    if !by_element {
        return e.getq(i.vm());
    }
    let m = e.getq(crate::emit::VReg(elem_reg(i)));
    let lane = e.lane(i.lane(), elem_index(i), m);
    e.dup(i.lane(), lane)
}

// -- lane by lane --------------------------------------------------------------------------------

#[inline(always)]
fn one<E: Emit>(e: &mut E, i: &Insn, op: Q1) -> Res {
    e.fp_access()?;
    let (l, mut n) = (i.lane(), e.getq(i.vn()));
    if op.saturates() {
        n = cut(e, i, l, n);
    }
    let mut r = e.q1(op, l, n);
    if !op.saturates() {
        r = cut(e, i, l, r);
    }
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn two<E: Emit>(e: &mut E, i: &Insn, by_element: bool, op: Q2) -> Res {
    e.fp_access()?;
    let l = i.lane();
    let (mut n, mut m) = (e.getq(i.vn()), second(e, i, by_element));
    if op.saturates() {
        (n, m) = (cut(e, i, l, n), cut(e, i, l, m));
    }
    let mut r = e.q2(op, l, n, m);
    if !op.saturates() {
        r = cut(e, i, l, r);
    }
    e.setq(i.vd(), r);
    Ok(())
}

/// SUQADD, USQADD: of the old Vd and Vn.
#[inline(always)]
fn two_misc<E: Emit>(e: &mut E, i: &Insn, op: Q2) -> Res {
    e.fp_access()?;
    let (l, d, n) = (i.lane(), e.getq(i.vd()), e.getq(i.vn()));
    let (d, n) = (cut(e, i, l, d), cut(e, i, l, n));
    let r = e.q2(op, l, d, n);
    e.setq(i.vd(), r);
    Ok(())
}

/// ADDP (scalar): the two D lanes of Vn.
pub(super) fn ADDP_pair<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let n = e.getq(i.vn());
    let r = e.q1(Q1::AddV, Lane::D, n);
    e.setq(i.vd(), r);
    Ok(())
}

/// `acc` of the old Vd and `op` of the sources; neither saturates.
#[inline(always)]
fn accumulate<E: Emit>(e: &mut E, i: &Insn, by_element: bool, acc: Q2, op: Q2) -> Res {
    e.fp_access()?;
    let l = i.lane();
    let (n, m, d) = (e.getq(i.vn()), second(e, i, by_element), e.getq(i.vd()));
    let p = e.q2(op, l, n, m);
    let r = e.q2(acc, l, d, p);
    let r = cut(e, i, l, r);
    e.setq(i.vd(), r);
    Ok(())
}

/// SQRDMLAH, SQRDMLSH.
#[inline(always)]
fn three<E: Emit>(e: &mut E, i: &Insn, by_element: bool, op: Q3) -> Res {
    e.fp_access()?;
    let l = i.lane();
    let (n, m, d) = (e.getq(i.vn()), second(e, i, by_element), e.getq(i.vd()));
    let (d, n, m) = (cut(e, i, l, d), cut(e, i, l, n), cut(e, i, l, m));
    let r = e.q3(op, l, d, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

/// SDOT, UDOT: lanes S, also of the element.
#[inline(always)]
fn dot<E: Emit>(e: &mut E, i: &Insn, by_element: bool, op: Q3) -> Res {
    e.fp_access()?;
    let (n, m, d) = (e.getq(i.vn()), second(e, i, by_element), e.getq(i.vd()));
    let r = e.q3(op, Lane::S, d, n, m);
    let r = cut(e, i, Lane::S, r);
    e.setq(i.vd(), r);
    Ok(())
}

/// BSL, BIT, BIF: which of Vd (0), Vn (1), Vm (2) selects, and between which.
#[inline(always)]
fn select<E: Emit>(e: &mut E, i: &Insn, [by, one, zero]: [usize; 3]) -> Res {
    e.fp_access()?;
    let v = [e.getq(i.vd()), e.getq(i.vn()), e.getq(i.vm())];
    let r = e.q3(Q3::Bsl, Lane::B, v[by], v[one], v[zero]);
    let r = cut(e, i, Lane::D, r);
    e.setq(i.vd(), r);
    Ok(())
}

/// Pairwise: of 64 bits, both sources make one vector of which all pairs are taken.
#[inline(always)]
fn pairwise<E: Emit>(e: &mut E, i: &Insn, op: Q2) -> Res {
    e.fp_access()?;
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let r = if i.q() {
        e.q2(op, i.lane(), n, m)
    } else {
        let nm = lows(e, n, m);
        let r = e.q2(op, i.lane(), nm, nm);
        low(e, r)
    };
    e.setq(i.vd(), r);
    Ok(())
}

/// Sums of adjacent lanes, added to the old Vd if `acc`.
#[inline(always)]
fn pair_long<E: Emit>(e: &mut E, i: &Insn, op: Q1, acc: bool) -> Res {
    e.fp_access()?;
    let n = e.getq(i.vn());
    let mut r = e.q1(op, i.lane(), n);
    if acc {
        let d = e.getq(i.vd());
        r = e.q2(Q2::Add, wide(i.lane()), d, r);
    }
    let r = cut(e, i, Lane::D, r);
    e.setq(i.vd(), r);
    Ok(())
}

/// Across lanes. A 64-bit source is made 128: by zeros for sums, by itself for extremes.
#[inline(always)]
fn across<E: Emit>(e: &mut E, i: &Insn, op: Q1) -> Res {
    e.fp_access()?;
    let mut n = e.getq(i.vn());
    if !i.q() {
        n = match op {
            Q1::AddV | Q1::SAddLV | Q1::UAddLV => low(e, n),
            _ => lows(e, n, n),
        };
    }
    let r = e.q1(op, i.lane(), n);
    e.setq(i.vd(), r);
    Ok(())
}

// -- widening and narrowing ----------------------------------------------------------------------

/// `op` at the wide lane of both sources widened; added to or subtracted from Vd if `acc`.
#[inline(always)]
fn long<E: Emit>(e: &mut E, i: &Insn, by_element: bool, widen: Q1, op: Q2, acc: Option<Q2>) -> Res {
    e.fp_access()?;
    let l = i.lane();
    let (n, m) = (e.getq(i.vn()), second(e, i, by_element));
    let (n, m) = (half(e, i, l, n), half(e, i, l, m));
    let (n, m) = (e.q1(widen, l, n), e.q1(widen, l, m));
    let mut r = e.q2(op, wide(l), n, m);
    if let Some(acc) = acc {
        let d = e.getq(i.vd());
        r = e.q2(acc, wide(l), d, r);
    }
    e.setq(i.vd(), r);
    Ok(())
}

/// `op` at the wide lane of Vn and the widened Vm.
#[inline(always)]
fn wide_second<E: Emit>(e: &mut E, i: &Insn, widen: Q1, op: Q2) -> Res {
    e.fp_access()?;
    let l = i.lane();
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let m = half(e, i, l, m);
    let m = e.q1(widen, l, m);
    let r = e.q2(op, wide(l), n, m);
    e.setq(i.vd(), r);
    Ok(())
}

/// The high halves of the lanes of a sum or difference, by `narrow`.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "at most 32 bits in a narrow lane")]
fn high_narrow<E: Emit>(e: &mut E, i: &Insn, op: Q2, narrow: QI) -> Res {
    e.fp_access()?;
    let l = i.lane();
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let sum = e.q2(op, wide(l), n, m);
    let r = e.qi(narrow, l, sum, sum, l.bits() as u8);
    set_narrow(e, i, r)
}

/// SQDMULL and, with `acc` (SQADD, SQSUB), SQDMLAL and SQDMLSL: saturates twice.
#[inline(always)]
fn sqdmull<E: Emit>(e: &mut E, i: &Insn, by_element: bool, acc: Option<Q2>) -> Res {
    e.fp_access()?;
    let l = i.lane();
    let (n, m) = (e.getq(i.vn()), second(e, i, by_element));
    let (n, m) = (half(e, i, l, n), half(e, i, l, m));
    let mut r = e.q2(Q2::SqDMulL, l, n, m);
    if let Some(acc) = acc {
        let mut d = e.getq(i.vd());
        if scalar(i) {
            d = cut(e, i, wide(l), d);
        }
        r = e.q2(acc, wide(l), d, r);
    }
    e.setq(i.vd(), r);
    Ok(())
}

/// PMULL of bytes or doublewords.
pub(super) fn PMULL_diff<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let l = i.lane();
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let (n, m) = (half(e, i, l, n), half(e, i, l, m));
    let r = e.q2(Q2::PMulL, l, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

/// XTN and its saturating kin.
#[inline(always)]
fn narrow<E: Emit>(e: &mut E, i: &Insn, op: Q1) -> Res {
    e.fp_access()?;
    let (l, mut n) = (i.lane(), e.getq(i.vn()));
    if scalar(i) {
        n = cut(e, i, wide(l), n);
    }
    let r = e.q1(op, l, n);
    set_narrow(e, i, r)
}

/// SHLL: shifts left by the lane size while widening.
#[expect(clippy::cast_possible_truncation, reason = "at most 32 bits in a narrow lane")]
pub(super) fn SHLL_misc<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let (l, n) = (i.lane(), e.getq(i.vn()));
    let n = half(e, i, l, n);
    let r = e.q1(Q1::Uxtl, l, n);
    let r = e.qi(QI::Shl, wide(l), r, r, l.bits() as u8);
    e.setq(i.vd(), r);
    Ok(())
}

// -- shifts by immediate: the record's imm is amount and lane --------------------------------------

/// Amount and (narrow) lane of a shift.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the amount is in bits 7..0, the lane in bits 9..8")]
const fn amount(i: &Insn) -> (u8, Lane) {
    (i.imm as u8, Lane::of((i.imm >> 8) as u32))
}

#[inline(always)]
fn shift<E: Emit>(e: &mut E, i: &Insn, op: QI) -> Res {
    e.fp_access()?;
    let ((n, l), mut a) = (amount(i), e.getq(i.vn()));
    if op.saturates() {
        a = cut(e, i, l, a);
    }
    let mut r = e.qi(op, l, a, a, n);
    if !op.saturates() {
        r = cut(e, i, l, r);
    }
    e.setq(i.vd(), r);
    Ok(())
}

/// SSRA and its kin.
#[inline(always)]
fn shift_accumulate<E: Emit>(e: &mut E, i: &Insn, op: QI) -> Res {
    e.fp_access()?;
    let ((n, l), a, d) = (amount(i), e.getq(i.vn()), e.getq(i.vd()));
    let r = e.qi(op, l, a, a, n);
    let r = e.q2(Q2::Add, l, d, r);
    let r = cut(e, i, l, r);
    e.setq(i.vd(), r);
    Ok(())
}

/// SLI, SRI.
#[inline(always)]
fn shift_insert<E: Emit>(e: &mut E, i: &Insn, op: QI) -> Res {
    e.fp_access()?;
    let ((n, l), a, d) = (amount(i), e.getq(i.vn()), e.getq(i.vd()));
    let r = e.qi(op, l, d, a, n);
    let r = cut(e, i, l, r);
    e.setq(i.vd(), r);
    Ok(())
}

#[inline(always)]
fn shift_narrow<E: Emit>(e: &mut E, i: &Insn, op: QI) -> Res {
    e.fp_access()?;
    let ((n, l), mut a) = (amount(i), e.getq(i.vn()));
    if scalar(i) {
        a = cut(e, i, wide(l), a);
    }
    let r = e.qi(op, l, a, a, n);
    set_narrow(e, i, r)
}

/// SSHLL, USHLL.
#[inline(always)]
fn shift_long<E: Emit>(e: &mut E, i: &Insn, widen: Q1) -> Res {
    e.fp_access()?;
    let ((n, l), a) = (amount(i), e.getq(i.vn()));
    let a = half(e, i, l, a);
    let mut r = e.q1(widen, l, a);
    if n != 0 {
        r = e.qi(QI::Shl, wide(l), r, r, n);
    }
    e.setq(i.vd(), r);
    Ok(())
}

// -- the handlers ----------------------------------------------------------------------------------

/// Handlers that are a form of above with its operations.
macro_rules! handlers {
    ($($name:ident = $form:ident($($arg:expr),*);)*) => {$(
        #[doc = concat!("`", stringify!($name), "`: see the form.")]
        pub(super) fn $name<E: Emit>(e: &mut E, i: &Insn) -> Res {
            $form(e, i $(, $arg)*)
        }
    )*};
}

/// The second operand is a register, or one lane of it.
const VECTOR: bool = false;
const ELEMENT: bool = true;

handlers! {
    // three same
    SHADD_same = two(VECTOR, Q2::SHAdd);
    SQADD_same = two(VECTOR, Q2::SqAdd);
    SRHADD_same = two(VECTOR, Q2::SRHAdd);
    SHSUB_same = two(VECTOR, Q2::SHSub);
    SQSUB_same = two(VECTOR, Q2::SqSub);
    CMGT_same = two(VECTOR, Q2::CmGt);
    CMGE_same = two(VECTOR, Q2::CmGe);
    SSHL_same = two(VECTOR, Q2::SShl);
    SQSHL_same = two(VECTOR, Q2::SqShl);
    SRSHL_same = two(VECTOR, Q2::SRShl);
    SQRSHL_same = two(VECTOR, Q2::SqRShl);
    SMAX_same = two(VECTOR, Q2::SMax);
    SMIN_same = two(VECTOR, Q2::SMin);
    SABD_same = two(VECTOR, Q2::SAbd);
    SABA_same = accumulate(VECTOR, Q2::Add, Q2::SAbd);
    ADD_same = two(VECTOR, Q2::Add);
    CMTST_same = two(VECTOR, Q2::CmTst);
    MLA_same = accumulate(VECTOR, Q2::Add, Q2::Mul);
    MUL_same = two(VECTOR, Q2::Mul);
    SMAXP_same = pairwise(Q2::SMaxP);
    SMINP_same = pairwise(Q2::SMinP);
    SQDMULH_same = two(VECTOR, Q2::SqDMulH);
    ADDP_same = pairwise(Q2::AddP);
    UHADD_same = two(VECTOR, Q2::UHAdd);
    UQADD_same = two(VECTOR, Q2::UqAdd);
    URHADD_same = two(VECTOR, Q2::URHAdd);
    UHSUB_same = two(VECTOR, Q2::UHSub);
    UQSUB_same = two(VECTOR, Q2::UqSub);
    CMHI_same = two(VECTOR, Q2::CmHi);
    CMHS_same = two(VECTOR, Q2::CmHs);
    USHL_same = two(VECTOR, Q2::UShl);
    UQSHL_same = two(VECTOR, Q2::UqShl);
    URSHL_same = two(VECTOR, Q2::URShl);
    UQRSHL_same = two(VECTOR, Q2::UqRShl);
    UMAX_same = two(VECTOR, Q2::UMax);
    UMIN_same = two(VECTOR, Q2::UMin);
    UABD_same = two(VECTOR, Q2::UAbd);
    UABA_same = accumulate(VECTOR, Q2::Add, Q2::UAbd);
    SUB_same = two(VECTOR, Q2::Sub);
    CMEQ_same = two(VECTOR, Q2::CmEq);
    MLS_same = accumulate(VECTOR, Q2::Sub, Q2::Mul);
    PMUL_same = two(VECTOR, Q2::PMul);
    UMAXP_same = pairwise(Q2::UMaxP);
    UMINP_same = pairwise(Q2::UMinP);
    SQRDMULH_same = two(VECTOR, Q2::SqRDMulH);
    AND_same = two(VECTOR, Q2::And);
    BIC_same = two(VECTOR, Q2::Bic);
    ORR_same = two(VECTOR, Q2::Orr);
    ORN_same = two(VECTOR, Q2::Orn);
    EOR_same = two(VECTOR, Q2::Eor);
    BSL_same = select([0, 1, 2]);
    BIT_same = select([2, 1, 0]);
    BIF_same = select([2, 0, 1]);
    SQRDMLAH_same = three(VECTOR, Q3::SqRDMlah);
    SQRDMLSH_same = three(VECTOR, Q3::SqRDMlsh);
    SDOT_same = dot(VECTOR, Q3::SDot);
    UDOT_same = dot(VECTOR, Q3::UDot);

    // three different
    SADDL_diff = long(VECTOR, Q1::Sxtl, Q2::Add, None);
    SSUBL_diff = long(VECTOR, Q1::Sxtl, Q2::Sub, None);
    SABAL_diff = long(VECTOR, Q1::Sxtl, Q2::SAbd, Some(Q2::Add));
    SABDL_diff = long(VECTOR, Q1::Sxtl, Q2::SAbd, None);
    SMLAL_diff = long(VECTOR, Q1::Sxtl, Q2::Mul, Some(Q2::Add));
    SMLSL_diff = long(VECTOR, Q1::Sxtl, Q2::Mul, Some(Q2::Sub));
    SMULL_diff = long(VECTOR, Q1::Sxtl, Q2::Mul, None);
    SADDW_diff = wide_second(Q1::Sxtl, Q2::Add);
    SSUBW_diff = wide_second(Q1::Sxtl, Q2::Sub);
    UADDL_diff = long(VECTOR, Q1::Uxtl, Q2::Add, None);
    USUBL_diff = long(VECTOR, Q1::Uxtl, Q2::Sub, None);
    UABAL_diff = long(VECTOR, Q1::Uxtl, Q2::UAbd, Some(Q2::Add));
    UABDL_diff = long(VECTOR, Q1::Uxtl, Q2::UAbd, None);
    UMLAL_diff = long(VECTOR, Q1::Uxtl, Q2::Mul, Some(Q2::Add));
    UMLSL_diff = long(VECTOR, Q1::Uxtl, Q2::Mul, Some(Q2::Sub));
    UMULL_diff = long(VECTOR, Q1::Uxtl, Q2::Mul, None);
    UADDW_diff = wide_second(Q1::Uxtl, Q2::Add);
    USUBW_diff = wide_second(Q1::Uxtl, Q2::Sub);
    ADDHN_diff = high_narrow(Q2::Add, QI::ShrN);
    SUBHN_diff = high_narrow(Q2::Sub, QI::ShrN);
    RADDHN_diff = high_narrow(Q2::Add, QI::RShrN);
    RSUBHN_diff = high_narrow(Q2::Sub, QI::RShrN);
    SQDMULL_diff = sqdmull(VECTOR, None);
    SQDMLAL_diff = sqdmull(VECTOR, Some(Q2::SqAdd));
    SQDMLSL_diff = sqdmull(VECTOR, Some(Q2::SqSub));

    // two-register miscellaneous
    REV64_misc = one(Q1::Rev64);
    REV16_misc = one(Q1::Rev16);
    CLS_misc = one(Q1::Cls);
    CNT_misc = one(Q1::Cnt);
    SQABS_misc = one(Q1::SqAbs);
    CMGT_misc = one(Q1::CmGt0);
    CMEQ_misc = one(Q1::CmEq0);
    CMLT_misc = one(Q1::CmLt0);
    ABS_misc = one(Q1::Abs);
    REV32_misc = one(Q1::Rev32);
    CLZ_misc = one(Q1::Clz);
    NOT_misc = one(Q1::Not);
    RBIT_misc = one(Q1::Rbit);
    SQNEG_misc = one(Q1::SqNeg);
    CMGE_misc = one(Q1::CmGe0);
    CMLE_misc = one(Q1::CmLe0);
    NEG_misc = one(Q1::Neg);
    SADDLP_misc = pair_long(Q1::SAddLP, false);
    SADALP_misc = pair_long(Q1::SAddLP, true);
    UADDLP_misc = pair_long(Q1::UAddLP, false);
    UADALP_misc = pair_long(Q1::UAddLP, true);
    XTN_misc = narrow(Q1::Xtn);
    SQXTN_misc = narrow(Q1::SqXtn);
    UQXTN_misc = narrow(Q1::UqXtn);
    SQXTUN_misc = narrow(Q1::SqXtun);
    SUQADD_misc = two_misc(Q2::SuqAdd);
    USQADD_misc = two_misc(Q2::UsqAdd);

    // across lanes
    SADDLV_all = across(Q1::SAddLV);
    UADDLV_all = across(Q1::UAddLV);
    ADDV_all = across(Q1::AddV);
    SMAXV_all = across(Q1::SMaxV);
    SMINV_all = across(Q1::SMinV);
    UMAXV_all = across(Q1::UMaxV);
    UMINV_all = across(Q1::UMinV);

    // by element
    MUL_elem = two(ELEMENT, Q2::Mul);
    MLA_elem = accumulate(ELEMENT, Q2::Add, Q2::Mul);
    MLS_elem = accumulate(ELEMENT, Q2::Sub, Q2::Mul);
    SQDMULH_elem = two(ELEMENT, Q2::SqDMulH);
    SQRDMULH_elem = two(ELEMENT, Q2::SqRDMulH);
    SQRDMLAH_elem = three(ELEMENT, Q3::SqRDMlah);
    SQRDMLSH_elem = three(ELEMENT, Q3::SqRDMlsh);
    SDOT_elem = dot(ELEMENT, Q3::SDot);
    UDOT_elem = dot(ELEMENT, Q3::UDot);
    SMLAL_elem = long(ELEMENT, Q1::Sxtl, Q2::Mul, Some(Q2::Add));
    SMLSL_elem = long(ELEMENT, Q1::Sxtl, Q2::Mul, Some(Q2::Sub));
    SMULL_elem = long(ELEMENT, Q1::Sxtl, Q2::Mul, None);
    UMLAL_elem = long(ELEMENT, Q1::Uxtl, Q2::Mul, Some(Q2::Add));
    UMLSL_elem = long(ELEMENT, Q1::Uxtl, Q2::Mul, Some(Q2::Sub));
    UMULL_elem = long(ELEMENT, Q1::Uxtl, Q2::Mul, None);
    SQDMULL_elem = sqdmull(ELEMENT, None);
    SQDMLAL_elem = sqdmull(ELEMENT, Some(Q2::SqAdd));
    SQDMLSL_elem = sqdmull(ELEMENT, Some(Q2::SqSub));

    // shift by immediate
    SSHR_shf = shift(QI::SShr);
    SRSHR_shf = shift(QI::SRShr);
    SSRA_shf = shift_accumulate(QI::SShr);
    SRSRA_shf = shift_accumulate(QI::SRShr);
    SSHLL_shf = shift_long(Q1::Sxtl);
    USHR_shf = shift(QI::UShr);
    URSHR_shf = shift(QI::URShr);
    USRA_shf = shift_accumulate(QI::UShr);
    URSRA_shf = shift_accumulate(QI::URShr);
    USHLL_shf = shift_long(Q1::Uxtl);
    SHL_shf = shift(QI::Shl);
    SLI_shf = shift_insert(QI::Sli);
    SRI_shf = shift_insert(QI::Sri);
    SQSHL_shf = shift(QI::SqShl);
    UQSHL_shf = shift(QI::UqShl);
    SQSHLU_shf = shift(QI::SqShlu);
    SHRN_shf = shift_narrow(QI::ShrN);
    RSHRN_shf = shift_narrow(QI::RShrN);
    SQSHRN_shf = shift_narrow(QI::SqShrN);
    UQSHRN_shf = shift_narrow(QI::UqShrN);
    SQSHRUN_shf = shift_narrow(QI::SqShrUN);
    SQRSHRN_shf = shift_narrow(QI::SqRShrN);
    UQRSHRN_shf = shift_narrow(QI::UqRShrN);
    SQRSHRUN_shf = shift_narrow(QI::SqRShrUN);
}

#[cfg(test)]
mod tests {
    use crate::isa::a64::disasm::disasm;
    use crate::isa::a64::testing::FlatCpu;

    const QC: u32 = 1 << 27;
    const OLD: u128 = 0xd0d1_d2d3_d4d5_d6d7_d8d9_dadb_dcdd_dedf;

    /// V0 (old value [`OLD`]) and FPSR after one instruction on V1, V2.
    fn run(text: &str, word: u32, v1: u128, v2: u128) -> (u128, u32) {
        assert_eq!(disasm(word, 0), text);
        let mut c = FlatCpu::new(0, 0);
        (c.cpu.v[0], c.cpu.v[1], c.cpu.v[2]) = (OLD, v1, v2);
        c.step(word).unwrap();
        (c.cpu.v[0], c.cpu.fp.fpsr)
    }

    #[test]
    fn sixty_four_bit_forms_clear_the_upper_half() {
        let (ones, low) = (u128::MAX, u128::from(u64::MAX));
        assert_eq!(run("orr v0.8b, v1.8b, v2.8b", 0x0ea2_1c20, ones, 0), (low, 0));
        assert_eq!(run("bsl v0.8b, v1.8b, v2.8b", 0x2e62_1c20, ones, 0), (OLD & low, 0));
        assert_eq!(run("cmeq v0.8b, v1.8b, v2.8b", 0x2e22_8c20, 5, 5), (low, 0));
    }

    #[test]
    fn lanes_outside_the_form_do_not_saturate() {
        let edge = 0x7f << 64 | 0x7f01;
        assert_eq!(run("sqadd v0.8b, v1.8b, v2.8b", 0x0e22_0c20, edge, edge), (0x7f02, QC));
        assert_eq!(run("sqadd b0, b1, b2", 0x5e22_0c20, edge, edge), (2, 0));
        assert_eq!(run("sqadd v0.8b, v1.8b, v2.8b", 0x0e22_0c20, 0x7f << 64, 0x7f << 64), (0, 0));
        assert_eq!(run("sqxtn b0, h1", 0x5e21_4820, 0x7fff_0001, 0), (1, 0));
        assert_eq!(run("sqneg h0, h1", 0x7e60_7820, 0x8000_0001, 0), (0xffff, 0));
    }

    #[test]
    fn second_parts() {
        let low = OLD & u128::from(u64::MAX);
        assert_eq!(run("sqxtn2 v0.16b, v1.8h", 0x4e21_4820, 0x0080_ff00, 0), (0x7f80 << 64 | low, QC));
        assert_eq!(run("uaddl2 v0.8h, v1.16b, v2.16b", 0x6e22_0020, 0xff << 64 | 3, 1 << 64), (0x100, 0));
        assert_eq!(run("addhn v0.8b, v1.8h, v2.8h", 0x0e22_4020, 0x12ff, 1), (0x13, 0));
    }

    #[test]
    fn pairs_of_sixty_four_bits_come_from_both_sources() {
        let (n, m) = (u128::MAX << 64 | 0x0201, u128::MAX << 64 | 0x0403);
        assert_eq!(run("addp v0.8b, v1.8b, v2.8b", 0x0e22_bc20, n, m), (0x07_0000_0003, 0));
        assert_eq!(run("uminv b0, v1.8b", 0x2e31_a820, u128::from(u64::MAX) - 1, 0), (0xfe, 0));
    }
}

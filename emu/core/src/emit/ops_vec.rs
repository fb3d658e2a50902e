//! The integer vector operations of [`Emit`](super::Emit)'s parametrised methods.
//!
//! Each has one pure definition in [`crate::soft::vec`], which `Step` calls and which a translator
//! calls too until it has host code with the same bits.
//!
//! Conventions, so that one operation serves many encodings:
//!
//! - Operations work on all 128 bits. Semantics cut operands and results to 64 bits (Q = 0) or to
//!   one lane (scalar forms) themselves; a lane of zeros never saturates.
//! - The lane is that of the encoding's size field: where an operation widens or narrows, it is the
//!   **narrow** lane, and never D (the result is then meaningless, but defined), except for
//!   [`Q2::PMulL`].
//! - A widening operation reads the low 64 bits of its narrow operands; a narrowing one leaves its
//!   result in the low 64 bits, zeros above. The "2" forms move halves around them.
//! - Multiply-accumulate, absolute-difference-accumulate, shift-accumulate, long and
//!   add-narrow-high forms are compositions, not operations.
//! - Saturating operations (`Sq*`, `Uq*`, `Suq*`, `Usq*`) set FPSR.QC when any lane saturates.

/// Vector, one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Q1 {
    /// Bitwise not; the lane does not matter.
    Not,
    /// Bits of each byte reversed; lane B.
    Rbit,
    /// Lanes (B) in each 16 bits in reverse order.
    Rev16,
    /// Lanes (B, H) in each 32 bits in reverse order.
    Rev32,
    /// Lanes (B, H, S) in each 64 bits in reverse order.
    Rev64,
    /// Count of leading sign bits, not counting the sign.
    Cls,
    /// Count of leading zeros.
    Clz,
    /// Count of ones in each byte; lane B.
    Cnt,
    /// Absolute value, modulo.
    Abs,
    /// Negation, modulo.
    Neg,
    /// Absolute value, saturating.
    SqAbs,
    /// Negation, saturating.
    SqNeg,
    /// All ones where the lane is greater than 0, signed; likewise the next four.
    CmGt0,
    /// Greater than or equal to 0.
    CmGe0,
    /// Equal to 0.
    CmEq0,
    /// Less than or equal to 0.
    CmLe0,
    /// Less than 0.
    CmLt0,
    /// Sign-extends the low 64 bits' lanes to twice the size.
    Sxtl,
    /// Zero-extends the low 64 bits' lanes to twice the size.
    Uxtl,
    /// Narrows to the low half of each wide lane.
    Xtn,
    /// Narrows signed to signed, saturating.
    SqXtn,
    /// Narrows unsigned to unsigned, saturating.
    UqXtn,
    /// Narrows signed to unsigned, saturating.
    SqXtun,
    /// Sums of adjacent signed lanes, each of twice the size.
    SAddLP,
    /// Sums of adjacent unsigned lanes, each of twice the size.
    UAddLP,
    /// Sum of all lanes, modulo, in lane 0; zeros above. Likewise all "V".
    AddV,
    /// Signed maximum of all lanes.
    SMaxV,
    /// Signed minimum of all lanes.
    SMinV,
    /// Unsigned maximum of all lanes.
    UMaxV,
    /// Unsigned minimum of all lanes.
    UMinV,
    /// Sum of all signed lanes in a lane of twice the size.
    SAddLV,
    /// Sum of all unsigned lanes in a lane of twice the size.
    UAddLV,
}

/// Vector, two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Q2 {
    /// `a & b`; the lane does not matter for the five bitwise operations.
    And,
    /// `a & !b`.
    Bic,
    /// `a | b`.
    Orr,
    /// `a | !b`.
    Orn,
    /// `a ^ b`.
    Eor,
    /// Lane sum, modulo.
    Add,
    /// Lane difference, modulo.
    Sub,
    /// Lane product, modulo.
    Mul,
    /// Product of polynomials over GF(2), low half; lane B.
    PMul,
    /// Product of polynomials over GF(2), whole, of the low 64 bits' lanes; lane B or D.
    PMulL,
    /// Half of the signed sum, rounded down.
    SHAdd,
    /// Half of the unsigned sum, rounded down.
    UHAdd,
    /// Half of the signed difference, rounded down.
    SHSub,
    /// Half of the unsigned difference, rounded down.
    UHSub,
    /// Half of the signed sum, rounded up.
    SRHAdd,
    /// Half of the unsigned sum, rounded up.
    URHAdd,
    /// Signed sum, saturating.
    SqAdd,
    /// Unsigned sum, saturating.
    UqAdd,
    /// Signed difference, saturating.
    SqSub,
    /// Unsigned difference, saturating.
    UqSub,
    /// Signed `a` plus unsigned `b`, saturating as signed.
    SuqAdd,
    /// Unsigned `a` plus signed `b`, saturating as unsigned.
    UsqAdd,
    /// All ones where `a > b`, signed; likewise the next five.
    CmGt,
    /// `a >= b`, signed.
    CmGe,
    /// `a > b`, unsigned.
    CmHi,
    /// `a >= b`, unsigned.
    CmHs,
    /// `a == b`.
    CmEq,
    /// `a & b != 0`.
    CmTst,
    /// Signed maximum.
    SMax,
    /// Signed minimum.
    SMin,
    /// Unsigned maximum.
    UMax,
    /// Unsigned minimum.
    UMin,
    /// Absolute value of the signed difference, modulo.
    SAbd,
    /// Absolute value of the unsigned difference.
    UAbd,
    /// Sums of adjacent lanes: those of `a` below those of `b`; likewise all "P".
    AddP,
    /// Signed maxima of adjacent lanes.
    SMaxP,
    /// Signed minima of adjacent lanes.
    SMinP,
    /// Unsigned maxima of adjacent lanes.
    UMaxP,
    /// Unsigned minima of adjacent lanes.
    UMinP,
    /// Signed shift of `a` by the low byte of `b`'s lane, signed: left, or right when negative;
    /// likewise the next seven.
    SShl,
    /// Unsigned.
    UShl,
    /// Signed, right shifts rounded to nearest.
    SRShl,
    /// Unsigned, right shifts rounded to nearest.
    URShl,
    /// Signed, saturating.
    SqShl,
    /// Unsigned, saturating.
    UqShl,
    /// Signed, saturating and rounding.
    SqRShl,
    /// Unsigned, saturating and rounding.
    UqRShl,
    /// High half of twice the product, saturating; lane H or S.
    SqDMulH,
    /// The same, rounded.
    SqRDMulH,
    /// Twice the product of the low 64 bits' lanes, whole, saturating; lane H or S.
    SqDMulL,
    /// Low halves interleaved: a0 b0 a1 b1 …
    Zip1,
    /// High halves interleaved.
    Zip2,
    /// Even lanes of `a`, then even lanes of `b`.
    Uzp1,
    /// Odd lanes of `a`, then odd lanes of `b`.
    Uzp2,
    /// Even lanes of both interleaved: a0 b0 a2 b2 …
    Trn1,
    /// Odd lanes of both interleaved: a1 b1 a3 b3 …
    Trn2,
    /// Bytes of `a` selected by the bytes of `b`; 0 where the index is over 15. Lane B.
    Tbl,
}

/// Vector, three operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Q3 {
    /// Bit select: where `a` is 1 take `b`, else `c`; the lane does not matter.
    Bsl,
    /// Bytes of `b` selected by the bytes of `c`; `a` where the index is over 15. Lane B.
    Tbx,
    /// `a` plus the high half of twice `b * c`, rounded, saturating; lane H or S.
    SqRDMlah,
    /// `a` minus the high half of twice `b * c`, rounded, saturating; lane H or S.
    SqRDMlsh,
    /// `a` (lanes S) plus the sum of four products of signed bytes.
    SDot,
    /// `a` (lanes S) plus the sum of four products of unsigned bytes.
    UDot,
}

/// Vector with immediate. `a` is the source and `b` is ignored unless said otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QI {
    /// Shift left by the immediate (0..lane bits).
    Shl,
    /// Signed shift right (1..=lane bits).
    SShr,
    /// Unsigned shift right (1..=lane bits).
    UShr,
    /// Signed shift right, rounded (1..=lane bits).
    SRShr,
    /// Unsigned shift right, rounded (1..=lane bits).
    URShr,
    /// `b` shifted left and inserted in `a` (0..lane bits): `a` keeps the low bits.
    Sli,
    /// `b` shifted right and inserted in `a` (1..=lane bits): `a` keeps the high bits.
    Sri,
    /// Signed shift left, saturating (0..lane bits).
    SqShl,
    /// Unsigned shift left, saturating (0..lane bits).
    UqShl,
    /// Signed shift left, saturating to unsigned (0..lane bits).
    SqShlu,
    /// Shift right and narrow, modulo (1..=narrow lane bits); likewise the next seven.
    ShrN,
    /// Rounded, modulo.
    RShrN,
    /// Signed, saturating.
    SqShrN,
    /// Unsigned, saturating.
    UqShrN,
    /// Signed to unsigned, saturating.
    SqShrUN,
    /// Signed, rounded, saturating.
    SqRShrN,
    /// Unsigned, rounded, saturating.
    UqRShrN,
    /// Signed to unsigned, rounded, saturating.
    SqRShrUN,
    /// 16 bytes from byte `imm` (0..16) of `b:a`, `a` being the low half.
    Ext,
}

impl Q1 {
    /// Whether the operation may set FPSR.QC.
    pub const fn saturates(self) -> bool {
        matches!(self, Q1::SqAbs | Q1::SqNeg | Q1::SqXtn | Q1::UqXtn | Q1::SqXtun)
    }
}

impl Q2 {
    /// Whether the operation may set FPSR.QC.
    pub const fn saturates(self) -> bool {
        use Q2::{SqAdd, SqDMulH, SqDMulL, SqRDMulH, SqRShl, SqShl, SqSub, SuqAdd};
        use Q2::{UqAdd, UqRShl, UqShl, UqSub, UsqAdd};
        matches!(
            self,
            SqAdd
                | UqAdd
                | SqSub
                | UqSub
                | SuqAdd
                | UsqAdd
                | SqShl
                | UqShl
                | SqRShl
                | UqRShl
                | SqDMulH
                | SqRDMulH
                | SqDMulL
        )
    }
}

impl Q3 {
    /// Whether the operation may set FPSR.QC.
    pub const fn saturates(self) -> bool {
        matches!(self, Q3::SqRDMlah | Q3::SqRDMlsh)
    }
}

impl QI {
    /// Whether the operation may set FPSR.QC.
    pub const fn saturates(self) -> bool {
        use QI::{SqRShrN, SqRShrUN, SqShl, SqShlu, SqShrN, SqShrUN, UqRShrN, UqShl, UqShrN};
        matches!(self, SqShl | UqShl | SqShlu | SqShrN | UqShrN | SqShrUN | SqRShrN | UqRShrN | SqRShrUN)
    }
}

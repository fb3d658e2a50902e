//! The floating-point operations of [`Emit`](super::Emit)'s parametrised methods.
//!
//! Each has one pure definition in [`crate::soft::fp`], which `Step` calls and which a translator
//! calls too until it has host code with the same bits. All obey FPCR (rounding mode, default NaN,
//! flush to zero) and accumulate FPSR, except where said otherwise.

use super::FSize;

/// How a result is rounded (Arm ARM, `FPRounding`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// To nearest, ties to even.
    Even,
    /// Towards plus infinity.
    Up,
    /// Towards minus infinity.
    Down,
    /// Towards zero.
    Zero,
    /// To nearest, ties away from zero.
    Away,
    /// To odd: truncated, the last bit set when inexact (von Neumann).
    Odd,
    /// As FPCR.RMode says.
    Current,
}

/// Scalar floating point, one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum F1 {
    /// Clears the sign; a bit operation, no flags.
    Abs,
    /// Inverts the sign; a bit operation, no flags.
    Neg,
    /// Square root.
    Sqrt,
    /// To an integral value in the same format (FRINTN … FRINTX).
    RoundInt {
        /// Rounding.
        rounding: Rounding,
        /// Raises Inexact (FRINTX only).
        exact: bool,
    },
    /// To an integral value that fits in a signed integer (FRINT32*, FRINT64*).
    RoundIntN {
        /// Rounding.
        rounding: Rounding,
        /// Width of the integer, 32 or 64.
        bits: u8,
    },
    /// Reciprocal estimate (FRECPE).
    RecipEstimate,
    /// Reciprocal square root estimate (FRSQRTE).
    RsqrtEstimate,
    /// Reciprocal exponent (FRECPX).
    RecipExponent,
}

/// Scalar floating point, two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum F2 {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `-(a * b)`.
    NMul,
    /// `a * b`, but `0 * inf` is 2 with the sign of the product (FMULX).
    MulX,
    /// `a / b`.
    Div,
    /// Larger.
    Max,
    /// Smaller.
    Min,
    /// Larger; a number beats a quiet NaN.
    MaxNum,
    /// Smaller; a number beats a quiet NaN.
    MinNum,
    /// `|a - b|` (FABD).
    AbsDiff,
    /// `2 - a*b`, fused (FRECPS).
    RecipStep,
    /// `(3 - a*b) / 2`, fused (FRSQRTS).
    RsqrtStep,
    /// All ones when `a == b`, else 0. Quiet NaNs raise nothing.
    CmpEq,
    /// All ones when `a >= b`, else 0. Any NaN raises Invalid.
    CmpGe,
    /// All ones when `a > b`, else 0. Any NaN raises Invalid.
    CmpGt,
    /// All ones when `|a| >= |b|`, else 0 (FACGE).
    AbsCmpGe,
    /// All ones when `|a| > |b|`, else 0 (FACGT).
    AbsCmpGt,
}

/// Scalar floating point, fused three operands; `a` is the addend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum F3 {
    /// `a + b*c` (FMADD, FMLA).
    MulAdd,
    /// `a - b*c` (FMSUB, FMLS).
    MulSub,
    /// `-a - b*c` (FNMADD).
    NMulAdd,
    /// `-a + b*c` (FNMSUB).
    NMulSub,
}

/// Vector floating point, one operand. With `q` false only the low 64 bits of operands are read
/// (no flags from the rest) and the high half of the result is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QF1 {
    /// The scalar operation in each lane.
    Lanes {
        /// Operation.
        op: F1,
        /// 128 bits instead of 64.
        q: bool,
    },
    /// A conversion between floating point and integer of the same size in each lane.
    Convert {
        /// Conversion; its formats must agree with the lane size.
        op: FCvt,
        /// 128 bits instead of 64.
        q: bool,
    },
    /// The low 64 bits, each lane (of the given size) widened to the next format (FCVTL).
    Widen,
    /// All lanes narrowed to the next smaller format, in the low 64 bits (FCVTN, FCVTXN).
    Narrow {
        /// Round to odd instead of by FPCR (FCVTXN, D to S).
        odd: bool,
    },
    /// One value of all lanes by pairwise reduction (FMAXV, …), in the low lane.
    Reduce {
        /// Operation.
        op: F2,
        /// 128 bits instead of 64.
        q: bool,
    },
    /// Unsigned reciprocal estimate of 32-bit integers (URECPE). Ignores FPCR.
    URecipEstimate {
        /// 128 bits instead of 64.
        q: bool,
    },
    /// Unsigned reciprocal square root estimate of 32-bit integers (URSQRTE). Ignores FPCR.
    URsqrtEstimate {
        /// 128 bits instead of 64.
        q: bool,
    },
}

/// Vector floating point, two operands. `q` as in [`QF1`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QF2 {
    /// The scalar operation in each lane.
    Lanes {
        /// Operation.
        op: F2,
        /// 128 bits instead of 64.
        q: bool,
    },
    /// The scalar operation on adjacent lanes of `b:a` (FADDP, …).
    Pairwise {
        /// Operation.
        op: F2,
        /// 128 bits instead of 64.
        q: bool,
    },
    /// Complex addition, `b` rotated by 90 or 270 degrees (FCADD).
    ComplexAdd {
        /// 270 instead of 90 degrees.
        rot270: bool,
        /// 128 bits instead of 64.
        q: bool,
    },
}

/// Vector floating point, three operands (`a` the accumulator). `q` as in [`QF1`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QF3 {
    /// The scalar operation in each lane.
    Lanes {
        /// Operation.
        op: F3,
        /// 128 bits instead of 64.
        q: bool,
    },
    /// Complex multiply-accumulate, `c` rotated (FCMLA).
    ComplexMulAdd {
        /// Rotation in quarter turns, 0..=3.
        rot: u8,
        /// 128 bits instead of 64.
        q: bool,
    },
    /// Half-precision products added to single-precision lanes (FMLAL, FMLSL); size ignored.
    MulAddLong {
        /// Subtracts.
        sub: bool,
        /// Takes the upper half of the (64 or 128 bit) sources.
        upper: bool,
        /// 128 bits instead of 64.
        q: bool,
    },
}

/// Conversions of scalars (value in the low bits, result zero-extended).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FCvt {
    /// Between floating-point formats (FCVT).
    Format {
        /// Source format.
        from: FSize,
        /// Result format.
        to: FSize,
    },
    /// Double to single, rounded to odd (FCVTXN).
    FormatOdd,
    /// Floating point times `2^fbits` to a saturated integer.
    ToInt {
        /// Source format.
        from: FSize,
        /// Width of the integer: 16, 32 or 64.
        bits: u8,
        /// Signed integer.
        signed: bool,
        /// Rounding.
        rounding: Rounding,
        /// Fraction bits of the fixed-point result, 0..=64.
        fbits: u8,
    },
    /// Integer divided by `2^fbits` to floating point, rounded by FPCR.
    FromInt {
        /// Result format.
        to: FSize,
        /// Width of the integer: 16, 32 or 64.
        bits: u8,
        /// Signed integer.
        signed: bool,
        /// Fraction bits of the fixed-point operand, 0..=64.
        fbits: u8,
    },
    /// Double to 32 bits modulo 2^32 as JavaScript does (FJCVTZS); bit 32 of the result is the
    /// Z flag (1 when the conversion was exact and in range).
    JavaScript,
}

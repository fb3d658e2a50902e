//! The floating-point operations of [`Emit`](super::Emit)'s parametrised methods.
//!
//! Each has one pure definition in [`crate::soft`], which `Step` calls and which a translator
//! calls too until it has host code with the same bits.

use super::FSize;

/// Scalar floating point, one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum F1 {
    /// Square root.
    Sqrt,
}

/// Scalar floating point, two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum F2 {
    /// Sum.
    Add,
}

/// Scalar floating point, fused three operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum F3 {
    /// `a + b*c`, rounded once.
    MulAdd,
}

/// Vector floating point, one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QF1 {
    /// The scalar operation in each lane.
    Lanes(F1),
}

/// Vector floating point, two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QF2 {
    /// The scalar operation in each lane.
    Lanes(F2),
}

/// Vector floating point, three operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QF3 {
    /// The scalar operation in each lane.
    Lanes(F3),
}

/// Conversions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FCvt {
    /// Between floating-point formats (FCVT).
    Format {
        /// Source format.
        from: FSize,
        /// Result format.
        to: FSize,
    },
}

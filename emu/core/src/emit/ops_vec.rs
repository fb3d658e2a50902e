//! The vector operations of [`Emit`](super::Emit)'s parametrised methods.
//!
//! Each has one pure definition in [`crate::soft`], which `Step` calls and which a translator
//! calls too until it has host code with the same bits.

/// Vector, one operand. Lane size is that of the source unless said otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Q1 {
    /// Bitwise not.
    Not,
}

/// Vector, two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Q2 {
    /// Lane sum, modulo.
    Add,
}

/// Vector, three operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Q3 {
    /// Bit select: where `a` is 1 take `b`, else `c`.
    Bsl,
}

/// Vector with immediate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QI {
    /// Shift left by the immediate (0..lane bits).
    Shl,
}

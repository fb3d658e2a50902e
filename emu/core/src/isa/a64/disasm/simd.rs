//! Operand codes of Advanced SIMD.

use super::Code;

/// The codes of this group.
pub(super) const CODES: &[Code] = &[];

//! Operand codes of floating point.

use super::Code;

/// The codes of this group.
pub(super) const CODES: &[Code] = &[];

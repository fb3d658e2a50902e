//! Operand codes of system instructions.

use super::Code;

/// The codes of this group.
pub(super) const CODES: &[Code] = &[];

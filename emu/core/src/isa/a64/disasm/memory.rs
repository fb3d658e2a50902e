//! Operand codes of loads and stores.

use super::Code;

/// The codes of this group.
pub(super) const CODES: &[Code] = &[];

//! Operand codes of integer data processing and branches.

use super::{Code, Operand};

/// The codes of this group.
pub(super) const CODES: &[Code] = &[("imm12", imm12)];

/// `0x1` or `0x1, lsl #12`.
fn imm12(o: &Operand) -> String {
    let v = o.bits(21, 10);
    if o.bit(22) { format!("{v:#x}, lsl #12") } else { format!("{v:#x}") }
}

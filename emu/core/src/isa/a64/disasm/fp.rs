//! Operand codes of floating point.

use super::{Code, Operand};

/// The codes of this group.
pub(super) const CODES: &[Code] = &[
    ("fbits", fbits),
    ("fpimm", fpimm),
    ("fpcond", |o| cond(o.bits(15, 12)).into()),
    ("Fd.to", |o| format!("{}{}", ["s", "d", "?", "h"][o.bits(16, 15) as usize], o.bits(4, 0))),
];

/// Fraction bits of fixed point, in the record's `imm` from bit 8.
fn fbits(o: &Operand) -> String {
    (o.imm() >> 8).to_string()
}

/// Name of a condition code.
fn cond(c: u32) -> &'static str {
    ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"]
        [c as usize]
}

/// The 8-bit floating-point constant in bits 20..13, printed as C's `%.18e`.
fn fpimm(o: &Operand) -> String {
    let imm8 = o.bits(20, 13);
    let exponent = (imm8 >> 4 & 7 ^ 4).cast_signed() - 3;
    let v = (16.0 + f64::from(imm8 & 15)) / 16.0 * 2f64.powi(exponent);
    let text = format!("{:.18e}", if imm8 & 0x80 == 0 { v } else { -v });
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.strip_prefix('-') {
        Some(e) => format!("{digits}e-{e:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

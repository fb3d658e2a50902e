//! Operand codes of floating point.

use super::{Code, Operand};

/// The codes of this group.
pub(super) const CODES: &[Code] = &[
    ("fbits", fbits),
    ("fpimm", fpimm),
    ("fpcond", |o| cond(o.bits(15, 12)).into()),
    ("rot12", |o| (90 + 180 * o.bits(12, 12)).to_string()),
    ("rot12:11", |o| (90 * o.bits(12, 11)).to_string()),
    ("rot14:13", |o| (90 * o.bits(14, 13)).to_string()),
    ("Vd.FN", |o| format!("v{}.{}", o.bits(4, 0), narrow(o))),
    ("Vn.FN", |o| format!("v{}.{}", o.bits(9, 5), narrow(o))),
    ("Vd.FW", |o| format!("v{}.{}", o.bits(4, 0), wide(o))),
    ("Vn.FW", |o| format!("v{}.{}", o.bits(9, 5), wide(o))),
    ("Vn.FHM", |o| format!("v{}.{}h", o.bits(9, 5), 2 << o.bits(30, 30))),
    ("Vm.FHM", |o| format!("v{}.{}h", o.bits(20, 16), 2 << o.bits(30, 30))),
    ("Vn.pair", |o| format!("v{}.2{}", o.bits(9, 5), ["s", "d"][o.bits(22, 22) as usize])),
    ("Vd.shift", |o| format!("v{}.{}s", o.bits(4, 0), 2 << o.bits(30, 30))),
    ("Vn.shift", |o| format!("v{}.{}s", o.bits(9, 5), 2 << o.bits(30, 30))),
    ("Vm.h[i]", |o| format!("v{}.h[{}]", o.bits(19, 16), index(o) << 1 | o.bits(20, 20))),
    ("Vm.sz[i]", |o| match o.bits(22, 22) {
        0 => format!("v{}.s[{}]", o.bits(20, 16), index(o)),
        _ => format!("v{}.d[{}]", o.bits(20, 16), o.bits(11, 11)),
    }),
    ("Vm.complex[i]", |o| match o.bits(23, 22) {
        1 => format!("v{}.h[{}]", o.bits(20, 16), index(o)),
        _ => format!("v{}.s[{}]", o.bits(20, 16), o.bits(11, 11)),
    }),
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

/// Index H:L.
fn index(o: &Operand) -> u32 {
    o.bits(11, 11) << 1 | o.bits(21, 21)
}

/// The narrow arrangement of FCVTN and FCVTL by sz and Q.
fn narrow(o: &Operand) -> &'static str {
    [["4h", "8h"], ["2s", "4s"]][o.bits(22, 22) as usize][o.bits(30, 30) as usize]
}

/// The wide arrangement of FCVTN and FCVTL by sz.
fn wide(o: &Operand) -> &'static str {
    ["4s", "2d"][o.bits(22, 22) as usize]
}

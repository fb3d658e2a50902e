//! Operand codes of Advanced SIMD.
//!
//! | code | prints |
//! |---|---|
//! | `{2}` | `2` if Q: the second part of a mnemonic |
//! | `{S}` `{P}` | arrangement by Q of S lanes; by size and Q of lanes of twice the size |
//! | `{EL}` | scalar register letter of twice the size |
//! | `{bits}` | lane size in bits, decimal |
//! | `{elem}` `{elem.4b}` | one lane of Vm: `v3.h[7]` by size; a group of four bytes |
//! | `{hT}` `{hL}` `{hE}` `{hEL}` | arrangement or letter by immh, its long one |
//! | `{left}` `{right}` | shift amount by immh:immb |
//! | `{cT}` `{cE}` | arrangement or letter by imm5 |
//! | `{ci}` `{cj}` | lane by imm5, by imm4: `s[2]` |
//! | `{cRn}` `{qRd}` | general register sized by imm5; by Q |
//! | `{table}` | one to four registers from Vn, in braces |
//! | `{imm8}` `{imm64}` `{fimm8}` | a modified immediate: as written, expanded, as a number |
//! | `{lsl}` `{msl}` | its shift, with a comma before |

use super::{Code, Operand, general};

/// The codes of this group.
pub(super) const CODES: &[Code] = &[
    ("2", |o| if o.bit(30) { "2".into() } else { String::new() }),
    ("S", |o| vector(2, o.bit(30))),
    ("P", |o| vector(o.bits(23, 22) + 1, o.bit(30))),
    ("EL", |o| letter(o.bits(23, 22) + 1)),
    ("bits", |o| (8 << o.bits(23, 22)).to_string()),
    ("elem", elem),
    ("elem.4b", elem_4b),
    ("hT", |o| vector(immh(o), o.bit(30))),
    ("hL", |o| vector(immh(o) + 1, true)),
    ("hE", |o| letter(immh(o))),
    ("hEL", |o| letter(immh(o) + 1)),
    ("left", |o| o.bits(22, 16).wrapping_sub(8 << immh(o)).to_string()),
    ("right", |o| (16u32 << immh(o)).wrapping_sub(o.bits(22, 16)).to_string()),
    ("cT", |o| vector(imm5(o), o.bit(30))),
    ("cE", |o| letter(imm5(o))),
    ("ci", |o| format!("{}[{}]", letter(imm5(o)), o.bits(20, 16) >> (imm5(o) + 1))),
    ("cj", |o| format!("{}[{}]", letter(imm5(o)), o.bits(14, 11) >> imm5(o))),
    ("cRn", |o| general(imm5(o) == 3, o.bits(9, 5), false)),
    ("qRd", |o| general(o.bit(30), o.bits(4, 0), false)),
    ("table", registers),
    ("imm8", |o| format!("#{:#x}", imm8(o))),
    ("imm64", |o| format!("#{:#x}", o.imm())),
    ("fimm8", float),
    ("lsl", lsl),
    ("msl", |o| format!(", msl #{}", 8 << o.bits(12, 12))),
];

/// Letter of a lane of `1 << size` bytes.
fn letter(size: u32) -> String {
    ["b", "h", "s", "d", "q"].get(size as usize).unwrap_or(&"?").to_string()
}

/// Arrangement of lanes of `1 << size` bytes.
fn vector(size: u32, q: bool) -> String {
    format!("{}{}", (8 << u32::from(q)) >> size, letter(size))
}

/// Lane size by the highest set bit of immh.
fn immh(o: &Operand) -> u32 {
    31 - (o.bits(22, 19) | 1).leading_zeros()
}

/// Lane size by the lowest set bit of imm5.
fn imm5(o: &Operand) -> u32 {
    (o.bits(20, 16) | 8).trailing_zeros()
}

fn elem(o: &Operand) -> String {
    let hl = o.bits(11, 11) << 1 | o.bits(21, 21);
    match o.bits(23, 22) {
        1 => format!("v{}.h[{}]", o.bits(19, 16), hl << 1 | o.bits(20, 20)),
        _ => format!("v{}.s[{hl}]", o.bits(20, 16)),
    }
}

fn elem_4b(o: &Operand) -> String {
    format!("v{}.4b[{}]", o.bits(20, 16), o.bits(11, 11) << 1 | o.bits(21, 21))
}

/// A list of three or four registers is written as a range unless it wraps.
fn registers(o: &Operand) -> String {
    let (first, more) = (o.bits(9, 5), o.bits(14, 13));
    if more >= 2 && first + more < 32 {
        return format!("{{v{first}.16b-v{}.16b}}", first + more);
    }
    let all: Vec<_> = (first..=first + more).map(|n| format!("v{}.16b", n % 32)).collect();
    format!("{{{}}}", all.join(", "))
}

fn imm8(o: &Operand) -> u32 {
    o.bits(18, 16) << 5 | o.bits(9, 5)
}

/// `, lsl #8` unless the shift is 0: cmode bits 2..1 for S lanes, bit 1 for H lanes.
fn lsl(o: &Operand) -> String {
    let bytes = if o.bit(15) { o.bits(13, 13) } else { o.bits(14, 13) };
    if bytes == 0 { String::new() } else { format!(", lsl #{}", 8 * bytes) }
}

/// The number that an 8-bit floating-point immediate stands for, in objdump's spelling.
fn float(o: &Operand) -> String {
    let imm = imm8(o);
    let fraction = f64::from(16 + (imm & 15)) / 16.0;
    let exponent = (imm >> 4 & 7 ^ 4).cast_signed() - 3;
    let value = fraction * 2f64.powi(exponent) * if imm & 0x80 != 0 { -1.0 } else { 1.0 };
    let text = format!("{value:.18e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |p| ('-', p));
    format!("#{digits}e{sign}{power:0>2}")
}

//! Operand codes of integer data processing and branches.
//!
//! | code | prints |
//! |---|---|
//! | `{imm12}` | bits 21..10 in hexadecimal, `, lsl #12` by bit 22 |
//! | `{page}` | page of this instruction plus `imm` (ADRP) |
//! | `{hw}` | `, lsl #16` by bits 22..21; nothing for 0 |
//! | `{shift}` | `, lsr #3` by bits 23..22 and 15..10; nothing for `lsl #0` |
//! | `{extended}` | Rm with its extension, `w2, uxtb #1` |
//! | `{cond}` `{cond0}` | condition in bits 15..12, in bits 3..0 |
//! | `{tested}` | bit number of TBZ |
//! | `{link}` | ` x5`, the register of RET; nothing for x30 |

use super::{Code, Operand, general};

/// The codes of this group.
pub(super) const CODES: &[Code] = &[
    ("imm12", imm12),
    ("page", page),
    ("hw", hw),
    ("shift", shift),
    ("extended", extended),
    ("cond", |o| COND[o.bits(15, 12) as usize].into()),
    ("cond0", |o| COND[o.bits(3, 0) as usize].into()),
    ("link", |o| match o.bits(9, 5) {
        30 => String::new(),
        n => format!(" {}", general(true, n, false)),
    }),
    ("tested", |o| (o.bits(31, 31) << 5 | o.bits(23, 19)).to_string()),
];

/// Names of the conditions.
pub(super) const COND: [&str; 16] =
    ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"];

fn imm12(o: &Operand) -> String {
    let v = o.bits(21, 10);
    if o.bit(22) { format!("{v:#x}, lsl #12") } else { format!("{v:#x}") }
}

fn page(o: &Operand) -> String {
    format!("{:#x}", (o.pc & !0xfff).wrapping_add(o.imm()))
}

fn hw(o: &Operand) -> String {
    match o.bits(22, 21) * 16 {
        0 => String::new(),
        n => format!(", lsl #{n}"),
    }
}

fn shift(o: &Operand) -> String {
    match (o.bits(23, 22), o.bits(15, 10)) {
        (0, 0) => String::new(),
        (kind, n) => format!(", {} #{n}", ["lsl", "lsr", "asr", "ror"][kind as usize]),
    }
}

/// `lsl` stands for the extension to the full width where the stack pointer is involved.
fn extended(o: &Operand) -> String {
    let (option, amount) = (o.bits(15, 13), o.bits(12, 10));
    let rm = general(o.bit(31) && option & 3 == 3, o.bits(20, 16), false);
    let full = if o.bit(31) { 3 } else { 2 };
    let sp = o.bits(9, 5) == 31 || (!o.bit(29) && o.bits(4, 0) == 31);
    let name = ["uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"][option as usize];
    match (option == full && sp, amount) {
        (true, 0) => rm,
        (true, n) => format!("{rm}, lsl #{n}"),
        (false, 0) => format!("{rm}, {name}"),
        (false, n) => format!("{rm}, {name} #{n}"),
    }
}

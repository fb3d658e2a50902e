//! Disassembly from the rows' `asm` templates: canonical text, no aliases, as
//! `aarch64-linux-gnu-objdump -d -M no-aliases` prints it (one space after the mnemonic instead of
//! a tab, no comments or symbols; a test compares with its output).
//!
//! A template is text with operand codes in braces; `{{` and `}}` stand for braces. Codes:
//!
//! | code | prints |
//! |---|---|
//! | `{Rd}` | general register in the field `d`: X or W by bit 31; 31 is `xzr`/`wzr` |
//! | `{Xn}` `{Wm}` | general register of fixed width |
//! | `{Rd\|sp}` `{Xn\|sp}` | the same, 31 being `sp`/`wsp` |
//! | `{Bd}` `{Hn}` `{Sm}` `{Da}` `{Qt}` | scalar FP or SIMD register of fixed size |
//! | `{Fd}` | scalar register sized by ftype, bits 23..22 (0 S, 1 D, 3 H) |
//! | `{Ed}` | scalar register sized by bits 23..22 (0 B, 1 H, 2 S, 3 D) |
//! | `{Zd}` | scalar register sized by sz, bit 22 (0 S, 1 D) |
//! | `{Vd}` | bare vector register, `v3` |
//! | `{Vd.16b}` | vector register with a fixed arrangement |
//! | `{Vd.T}` | arrangement by size (23..22) and Q (30): 8b 16b 4h 8h 2s 4s 1d 2d |
//! | `{Vd.L}` | the long one: 8h 4s 2d by size |
//! | `{Vd.F}` | FP arrangement by sz (22) and Q: 2s 4s 2d |
//! | `{Vd.H}` | half precision by Q: 4h 8h |
//! | `{Vd.B}` | bytes by Q: 8b 16b |
//! | `{u21:10}` | bits 21..10, unsigned decimal |
//! | `{x20:5}` | bits 20..5, hexadecimal with 0x |
//! | `{s20:12}` | bits 20..12, signed decimal |
//! | `{imm}` `{imm.x}` | the record's `imm` (the row's `pre`): signed decimal, hexadecimal |
//! | `{target}` | address of this instruction plus `imm` |
//! | `{word}` | the word, hexadecimal |
//!
//! Fields are named d and t (bits 4..0), n (9..5), m and s (20..16), a and t2 (14..10).
//! Everything else is a named code: a function in `disasm/<group>.rs`, entered in that file's
//! table. A code that nobody knows is printed as `?code?` and fails a test.

mod fp;
mod int;
mod memory;
mod simd;
mod system;

use super::insn::{bits, sbits};
use super::table::Row;
use super::{decode, table};

/// What an operand code may look at.
pub(crate) struct Operand<'a> {
    /// The instruction word.
    pub word: u32,
    /// Its address.
    pub pc: u64,
    /// Its row.
    pub row: &'a Row,
}

impl Operand<'_> {
    /// Bits `hi..=lo` of the word.
    pub fn bits(&self, hi: u32, lo: u32) -> u32 {
        bits(self.word, hi, lo)
    }
    /// Whether bit `n` is set.
    pub fn bit(&self, n: u32) -> bool {
        self.bits(n, n) != 0
    }
    /// What the row's `pre` makes of the word.
    pub fn imm(&self) -> u64 {
        (self.row.pre)(self.word)
    }
}

/// A named operand code and the function that prints it.
pub(crate) type Code = (&'static str, fn(&Operand) -> String);

/// Text of a word at address `pc`. Rows not implemented yet are printed too; a word without a row
/// is `.inst 0x…`.
pub fn disasm(word: u32, pc: u64) -> String {
    let row = decode::lookup(word).map_or_else(|| table::row(u16::MAX), |(_, row)| row);
    render(&Operand { word, pc, row })
}

/// The row's template with its codes replaced.
fn render(o: &Operand) -> String {
    let mut out = String::with_capacity(40);
    let mut rest = o.row.asm;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
        } else if let Some((code, after)) = rest.split_once('}') {
            out.push_str(&operand(code, o).unwrap_or_else(|| format!("?{code}?")));
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// One operand, or `None` if the code is unknown.
fn operand(code: &str, o: &Operand) -> Option<String> {
    let named = [int::CODES, memory::CODES, fp::CODES, simd::CODES, system::CODES];
    if let Some((_, f)) = named.iter().flat_map(|t| t.iter()).find(|(name, _)| *name == code) {
        return Some(f(o));
    }
    match code {
        "imm" => Some(o.imm().cast_signed().to_string()),
        "imm.x" => Some(format!("{:#x}", o.imm())),
        "target" => Some(format!("{:#x}", o.pc.wrapping_add(o.imm()))),
        "word" => Some(format!("{:#010x}", o.word)),
        _ => register(code, o).or_else(|| number(code, o)),
    }
}

/// `{u21:10}` and the like.
fn number(code: &str, o: &Operand) -> Option<String> {
    let (hi, lo) = code.get(1..)?.split_once(':')?;
    let (hi, lo) = (hi.parse().ok()?, lo.parse().ok()?);
    if hi > 31 || lo > hi {
        return None;
    }
    match code.get(..1)? {
        "u" => Some(o.bits(hi, lo).to_string()),
        "x" => Some(format!("{:#x}", o.bits(hi, lo))),
        "s" => Some(sbits(o.word, hi, lo, 0).cast_signed().to_string()),
        _ => None,
    }
}

/// Register codes: a class letter, a field, and `|sp` or `.arrangement`.
fn register(code: &str, o: &Operand) -> Option<String> {
    let (class, rest) = code.split_at_checked(1)?;
    let (field, suffix) = rest.split_at(rest.find(['|', '.']).unwrap_or(rest.len()));
    let n = match field {
        "d" | "t" => o.bits(4, 0),
        "n" => o.bits(9, 5),
        "m" | "s" => o.bits(20, 16),
        "a" | "t2" => o.bits(14, 10),
        _ => return None,
    };
    let size = o.bits(23, 22) as usize;
    match (class, suffix) {
        ("R", "" | "|sp") => Some(general(o.bit(31), n, !suffix.is_empty())),
        ("X" | "W", "" | "|sp") => Some(general(class == "X", n, !suffix.is_empty())),
        ("B" | "H" | "S" | "D" | "Q", "") => Some(format!("{}{n}", class.to_ascii_lowercase())),
        ("F", "") => Some(format!("{}{n}", ["s", "d", "?", "h"][size])),
        ("E", "") => Some(format!("{}{n}", ["b", "h", "s", "d"][size])),
        ("Z", "") => Some(format!("{}{n}", ["s", "d"][size & 1])),
        ("V", "") => Some(format!("v{n}")),
        ("V", _) => Some(format!("v{n}.{}", arrangement(suffix.strip_prefix('.')?, o))),
        _ => None,
    }
}

/// Name of general register `n`.
pub(crate) fn general(x: bool, n: u32, sp: bool) -> String {
    match (x, n, sp) {
        (true, 31, true) => "sp".into(),
        (false, 31, true) => "wsp".into(),
        (true, 31, false) => "xzr".into(),
        (false, 31, false) => "wzr".into(),
        (true, ..) => format!("x{n}"),
        (false, ..) => format!("w{n}"),
    }
}

/// Arrangement specifier by its code.
fn arrangement<'a>(code: &'a str, o: &Operand) -> &'a str {
    let (size, q) = (o.bits(23, 22) as usize, usize::from(o.bit(30)));
    match code {
        "T" => [["8b", "16b"], ["4h", "8h"], ["2s", "4s"], ["1d", "2d"]][size][q],
        "L" => ["8h", "4s", "2d", "1q"][size],
        "F" => [["2s", "4s"], ["1d", "2d"]][size & 1][q],
        "H" => ["4h", "8h"][q],
        "B" => ["8b", "16b"][q],
        fixed => fixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_known() {
        let rows = table::rows();
        let unknown: Vec<_> = rows
            .iter()
            .map(|row| (row.name, render(&Operand { word: row.value, pc: 0, row })))
            .filter(|(_, text)| text.contains('?'))
            .collect();
        assert!(unknown.is_empty(), "unknown operand codes in templates: {unknown:?}");
    }

    #[test]
    fn templates() {
        assert_eq!(disasm(0x9100_0420, 0), "add x0, x1, #0x1");
        assert_eq!(disasm(0x1140_07ff, 0), "add wsp, wsp, #0x1, lsl #12");
        assert_eq!(disasm(0x0001_0000, 0), ".inst 0x00010000");
        let row = Row { asm: "x {{{Vd.T}}}[{u4:2}] {s4:0}", ..table::rows()[0] };
        assert_eq!(render(&Operand { word: 0x1f, pc: 0, row: &row }), "x {v31.8b}[7] -1");
    }
}

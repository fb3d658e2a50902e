//! Which rows of the decode table programs are made of, and the fields of their words.

use innkeeper_core::isa::a64::decode;
use innkeeper_core::isa::a64::table::{self, Class, Row};

use innkeeper_core::wire::Arch;

use crate::diff::known;
pub use crate::scenario::differential::Grammar;

/// The generator's vocabulary: implemented rows that can be compared, by class.
pub struct Rows {
    plain: Vec<u16>,
    memory: Vec<u16>,
    branch: Vec<u16>,
    system: Vec<u16>,
}

impl Rows {
    /// The rows of a grammar.
    pub fn new(grammar: Grammar) -> Rows {
        let of = |class| {
            let rows = (0u16..).zip(table::rows());
            let wanted = rows.filter(|(_, r)| r.class == class && comparable(r) && within(grammar, r));
            wanted.map(|(n, _)| n).collect::<Vec<_>>()
        };
        Rows {
            plain: of(Class::Plain),
            memory: of(Class::Memory),
            branch: of(Class::Branch),
            system: of(Class::System),
        }
    }

    /// Rows of one class.
    pub fn class(&self, class: Class) -> &[u16] {
        match class {
            Class::Plain => &self.plain,
            Class::Memory => &self.memory,
            Class::Branch => &self.branch,
            Class::System => &self.system,
        }
    }

    /// All rows.
    pub fn all(&self) -> impl Iterator<Item = u16> + '_ {
        [&self.plain, &self.memory, &self.branch, &self.system].into_iter().flatten().copied()
    }
}

/// Implemented, and not on the list of what cannot be compared.
fn comparable(row: &Row) -> bool {
    row.implemented && known::list(Arch::A64).never(row.name).is_none()
}

fn within(grammar: Grammar, row: &Row) -> bool {
    let integer = matches!(row.section, "data_imm" | "data_reg" | "branch" | "system");
    match grammar {
        Grammar::All => true,
        Grammar::Int => integer,
        Grammar::LoadStore => integer || row.section.starts_with("load_store"),
        Grammar::Fp => integer || row.section == "fp_scalar",
        Grammar::Simd => integer || row.section.starts_with("simd"),
        Grammar::Crypto => integer || row.section == "crypto",
        Grammar::X64 => false,
    }
}

/// A register field of an encoding: five bits, named by their lowest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field(pub u32);

impl Field {
    /// Rd, Rt.
    pub const D: Field = Field(0);
    /// Rn.
    pub const N: Field = Field(5);
    /// Rt2, Ra.
    pub const A: Field = Field(10);
    /// Rm, Rs.
    pub const M: Field = Field(16);

    /// Its value in `word`.
    pub fn of(self, word: u32) -> u8 {
        u8::try_from(word >> self.0 & 31).unwrap_or_default()
    }
    /// `word` with the field replaced.
    pub fn set(self, word: u32, value: u8) -> u32 {
        (word & !(31 << self.0)) | u32::from(value & 31) << self.0
    }
}

/// The fields of a row that look like register fields: one letter fills exactly these five bits.
pub fn register_fields(row: &Row) -> impl Iterator<Item = Field> {
    let letters = row.pattern.as_bytes();
    let letter = move |bit: u32| letters.get(31usize.wrapping_sub(bit as usize)).copied();
    [Field::D, Field::N, Field::A, Field::M].into_iter().filter(move |f| {
        let first = letter(f.0);
        first.is_some_and(|c| c.is_ascii_lowercase())
            && (f.0..f.0 + 5).all(|bit| letter(bit) == first)
            && letter(f.0 + 5) != first
            && (f.0 == 0 || letter(f.0 - 1) != first)
    })
}

/// Whether `word` is a usable word of row `n`.
pub fn usable(word: u32, n: u16) -> bool {
    let right = decode::lookup(word).is_some_and(|(found, row)| found == n && (row.predictable)(word));
    right && (!is_sysreg_move(word) || SYSREGS.contains(&(word >> 5 & 0x7fff)))
}

/// System registers that can be compared, as bits 19..5 of MRS and MSR: FPCR, FPSR, TPIDR_EL0,
/// TPIDRRO_EL0, TPIDR_EL1. The others hold what the two CPUs are, or need EL1 software around.
pub const SYSREGS: [u32; 5] = [0x5a20, 0x5a21, 0x5e82, 0x5e83, 0x4684];

/// MRS and MSR (register), apart from the rows of single registers.
pub fn is_sysreg_move(word: u32) -> bool {
    const NZCV: u32 = 0x5a10;
    word & 0xffd0_0000 == 0xd510_0000 && word >> 5 & 0x7fff != NZCV
}

/// The row of a word that decodes to an implemented one.
pub fn row_of(word: u32) -> Option<(u16, &'static Row)> {
    decode::lookup(word).filter(|(_, r)| r.implemented)
}

/// Where a word holds the distance to another instruction: the lowest bit and the number of bits.
pub fn link_field(word: u32) -> Option<(u32, u32)> {
    match word {
        // B, BL.
        w if w & 0x7c00_0000 == 0x1400_0000 => Some((0, 26)),
        // B.cond; CBZ, CBNZ.
        w if w & 0xff00_0000 == 0x5400_0000 || w & 0x7e00_0000 == 0x3400_0000 => Some((5, 19)),
        w if is_literal(w) => Some((5, 19)),
        // TBZ, TBNZ.
        w if w & 0x7e00_0000 == 0x3600_0000 => Some((5, 14)),
        _ => None,
    }
}

/// LDR and PRFM (literal).
pub fn is_literal(word: u32) -> bool {
    word & 0x3b00_0000 == 0x1800_0000
}

/// Whether the word branches to an address in a register.
pub fn is_indirect(word: u32) -> bool {
    word & 0xfe00_0000 == 0xd600_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn register_fields_are_not_parts_of_immediates() {
        let row = |name: &str| table::rows().iter().find(|r| r.name == name).unwrap();
        assert_eq!(register_fields(row("ADD_imm")).collect::<Vec<_>>(), [Field::D, Field::N]);
        assert_eq!(
            register_fields(row("CAS_C64_comswap")).collect::<Vec<_>>(),
            [Field::D, Field::N, Field::M]
        );
        assert_eq!(register_fields(row("B")).count(), 0);
    }

    #[test]
    fn links_are_found_where_the_table_has_targets() {
        for row in table::rows().iter().filter(|r| r.asm.contains("{target}")) {
            let adr = row.name.starts_with("ADR");
            assert_eq!(link_field(row.value).is_some(), !adr, "{}", row.name);
        }
    }
}

//! Operand codes of system instructions.

use super::{Code, Operand};
use crate::isa::a64::sysreg;

/// The codes of this group.
pub(super) const CODES: &[Code] = &[
    ("barrier", barrier),
    // The operand of CLREX and ISB is left out when it is 15.
    ("crm_not_15", |o| if o.bits(11, 8) == 15 { String::new() } else { format!(" #{:#x}", o.bits(11, 8)) }),
    // The operand of SYS is left out when it is XZR.
    ("Xt_not_31", |o| if o.bits(4, 0) == 31 { String::new() } else { format!(", x{}", o.bits(4, 0)) }),
    ("sysreg", system_register),
    ("rndr", |o| if o.bit(5) { "rndrrs".into() } else { "rndr".into() }),
];

/// Domain and access type of DMB and DSB.
fn barrier(o: &Operand) -> String {
    let crm = o.bits(11, 8);
    let domain = ["osh", "nsh", "ish", ""][(crm >> 2) as usize];
    match (domain, crm & 3) {
        (_, 0) => format!("#{crm:#04x}"),
        ("", 1) => "ld".into(),
        ("", 2) => "st".into(),
        ("", _) => "sy".into(),
        (d, 1) => format!("{d}ld"),
        (d, 2) => format!("{d}st"),
        (d, _) => d.into(),
    }
}

/// Name of the register of MRS and MSR, generic where there is none.
fn system_register(o: &Operand) -> String {
    let row = usize::try_from(sysreg::index_of(o.word)).ok().and_then(|n| sysreg::ROWS.get(n));
    row.map_or_else(
        || {
            let [op1, crn, crm, op2] = [(18, 16), (15, 12), (11, 8), (7, 5)].map(|(hi, lo)| o.bits(hi, lo));
            format!("s{}_{op1}_c{crn}_c{crm}_{op2}", o.bits(20, 19))
        },
        |r| r.name.to_ascii_lowercase(),
    )
}

#[cfg(test)]
mod tests {
    use crate::isa::a64::disasm::disasm;

    #[test]
    fn system_instructions_as_objdump_prints_them() {
        let expected = [
            (0xd503_201f, "hint #0x0"),
            (0xd503_245f, "hint #0x22"),
            (0xd503_309f, "dsb #0x00"),
            (0xd503_3f9f, "dsb sy"),
            (0xd503_3bbf, "dmb ish"),
            (0xd503_3fdf, "isb"),
            (0xd503_30ff, "sb"),
            (0xd503_3f5f, "clrex"),
            (0xd503_42df, "msr daifset, #0x2"),
            (0xd500_41bf, "msr spsel, #0x1"),
            (0xd500_401f, "cfinv"),
            (0xd500_403f, "xaflag"),
            (0xd538_1000, "mrs x0, sctlr_el1"),
            (0xd51b_d043, "msr tpidr_el0, x3"),
            (0xd51d_bde2, ".inst 0xd51dbde2"),
            (0xd50b_7420, "sys #3, C7, C4, #1, x0"),
            (0xd508_871f, "sys #0, C8, C7, #0"),
            (0xd529_2383, "sysl x3, #1, C2, C3, #4"),
            (0xd51b_4201, "msr nzcv, x1"),
            (0xd400_0061, "svc #0x3"),
            (0xd45e_0000, "hlt #0xf000"),
            (0xd69f_03e0, "eret"),
            (0x0000_0004, "udf #4"),
        ];
        for (word, text) in expected {
            assert_eq!(disasm(word, 0), text, "{word:#010x}");
        }
    }
}

//! Identification registers. What depends on optional features is made of the decode table, so
//! that software is told exactly what is implemented.

use std::sync::OnceLock;

use super::cpu::{Cpu, sctlr};
use super::table::{self, Feature};

/// Implementer 0 (software), architecture by ID registers, part 1.
pub(super) const MIDR: u64 = 0x000f_0010;
/// MPIDR_EL1 bit 31; U (bit 30) is 0: part of a multiprocessor.
pub(super) const MPIDR_RES1: u64 = 1 << 31;
/// Debug version 6 (Armv8), 2 breakpoints, 2 watchpoints, no performance monitors.
pub(super) const AA64DFR0: u64 = 0x0010_1006;
/// 40-bit physical addresses, 16-bit ASIDs, 4 KiB granule only.
pub(super) const AA64MMFR0: u64 = 0x0f00_0022;
/// Lines of 64 bytes, PIPT instruction cache, and (IDC, DIC) no cache maintenance needed for
/// instructions to see data written: translations are dropped when their page is written.
pub(super) const CTR: u64 = 0xb444_c004;
/// Level 1 split, level 2 unified.
pub(super) const CLIDR: u64 = 0x0a20_0023;

/// Geometry of the cache CSSELR_EL1 selects (as a Cortex-A57 with 2 MiB of level 2).
pub(super) fn ccsidr(csselr: u64) -> u64 {
    let geometry = |sets: u64, ways: u64| (sets - 1) << 13 | (ways - 1) << 3 | 2;
    match csselr & 0xf {
        0 => geometry(256, 2),   // L1 data, 32 KiB
        1 => geometry(256, 3),   // L1 instruction, 48 KiB
        2 => geometry(2048, 16), // L2, 2 MiB
        _ => 0,
    }
}

/// DC ZVA writes 64 bytes; DZP says whether it is prohibited at the current level.
pub(super) fn dczid(cpu: &Cpu) -> u64 {
    let prohibited = cpu.pstate.el == 0 && cpu.sys.sctlr_el1 & sctlr::DZE == 0;
    4 | u64::from(prohibited) << 4
}

/// Bits of FPCR that exist: AHP, DN, FZ, RMode, and FZ16 with half-precision arithmetic.
pub(super) fn fpcr_mask() -> u32 {
    static MASK: OnceLock<u32> = OnceLock::new();
    *MASK.get_or_init(|| 0x07c0_0000 | if has(Feature::Fp16) == 1 { 1 << 19 } else { 0 })
}

/// 1 when every encoding of the feature is implemented (and there is one).
fn has(f: Feature) -> u64 {
    let mut rows = table::rows().iter().filter(|r| r.feature == f).peekable();
    u64::from(rows.peek().is_some() && rows.all(|r| r.implemented))
}

/// 2 when both are there, 1 when only the first is.
fn both(first: Feature, second: Feature) -> u64 {
    has(first) * (1 + has(second))
}

pub(super) fn aa64pfr0() -> u64 {
    // EL0 and EL1 in AArch64 only; FP and AdvSIMD; CSV2 and CSV3: nothing is speculated.
    let fp16 = has(Feature::Fp16);
    0x1100_0000_0000_0011 | has(Feature::Dit) << 48 | fp16 << 20 | fp16 << 16
}

pub(super) fn aa64pfr1() -> u64 {
    has(Feature::Ssbs) << 5 // 2: PSTATE.SSBS and MSR/MRS
}

pub(super) fn aa64isar0() -> u64 {
    both(Feature::Aes, Feature::Pmull) << 4
        | has(Feature::Sha1) << 8
        | both(Feature::Sha256, Feature::Sha512) << 12
        | has(Feature::Crc32) << 16
        | (has(Feature::Lse) * 2) << 20
        | has(Feature::Rdm) << 28
        | has(Feature::Sha3) << 32
        | has(Feature::Sm3) << 36
        | has(Feature::Sm4) << 40
        | has(Feature::DotProd) << 44
        | has(Feature::Fhm) << 48
        | both(Feature::FlagM, Feature::FlagM2) << 52
}

pub(super) fn aa64isar1() -> u64 {
    both(Feature::DpB, Feature::DpB2)
        | has(Feature::Jscvt) << 12
        | has(Feature::Fcma) << 16
        | both(Feature::Lrcpc, Feature::Lrcpc2) << 20
        | has(Feature::FrintTs) << 32
        | has(Feature::Sb) << 36
        | has(Feature::SpecRes) << 40
}

pub(super) fn aa64mmfr1() -> u64 {
    has(Feature::Lor) << 16 | has(Feature::Pan) << 20
}

pub(super) fn aa64mmfr2() -> u64 {
    has(Feature::Uao) << 4
}

//! The system registers, one row each, in the order of their encodings.
//!
//! A register without a row is UNDEFINED. Golden: `sysreg_table.txt`.

use super::cpu::{Cpu, sctlr};
use super::sysreg_id as id;
use super::sysreg_row::Access::{El0, El1, El1If, Fp, Never};
use super::sysreg_row::Kind::Const;
use super::sysreg_row::{Access, Effect, Kind, SysReg, key};
use super::sysreg_timer as timer;

const ALL: u64 = u64::MAX;

macro_rules! rows {
    ($($name:ident $op0:literal $op1:literal $crn:literal $crm:literal $op2:literal
        $read:expr, $write:expr, $reset:expr, $kind:expr;)*) => {
        /// Every system register.
        pub const ROWS: &[SysReg] = &[$( SysReg {
            name: stringify!($name),
            key: key($op0, $op1, $crn, $crm, $op2),
            read: $read,
            write: $write,
            reset: $reset,
            kind: $kind,
        } ),*];
    };
}

macro_rules! state {
    ($field:ident, $mask:expr) => {
        state!($field, $mask, None)
    };
    ($field:ident, $mask:expr, $effect:ident) => {
        Kind::State { field: |s| &mut s.$field, mask: $mask, effect: Effect::$effect }
    };
}

macro_rules! computed {
    ($read:expr) => {
        Kind::Computed { read: $read, write: |_, _| {} }
    };
    ($read:expr, $write:expr) => {
        Kind::Computed { read: $read, write: $write }
    };
}

/// SCTLR_EL1 at reset: the bits that are RES1 in v8.0, WFI, WFE and stack alignment checks as
/// they usually come up, MMU and caches off.
const SCTLR_RESET: u64 = 0x30d5_0838;
/// SCTLR_EL1 bits that can be written: all of v8.0 to v8.5 that have a meaning here.
///
/// M, A, C, SA, SA0, CP15BEN, I, WXN besides the named ones; no big-endian data, no PAuth.
const SCTLR_MASK: u64 = 0x0008_103f
    | sctlr::UMA
    | sctlr::EN_RCTX
    | sctlr::DZE
    | sctlr::UCT
    | sctlr::NTWI
    | sctlr::NTWE
    | sctlr::SPAN
    | sctlr::UCI
    | sctlr::DSSBS;
/// Registers of EL0 that need PMUSERENR_EL0.EN.
const PMU: Access = Access::El0If(|c| c.sys.pmuserenr_el0 & 1 != 0);
const UMA: Access = Access::El0If(|c| c.sys.sctlr_el1 & sctlr::UMA != 0);
const UCT: Access = Access::El0If(|c| c.sys.sctlr_el1 & sctlr::UCT != 0);
/// CNTKCTL_EL1 gives EL0 one or more of these.
const fn cntkctl(bits: u8) -> Access {
    match bits {
        0 => Access::El0If(|c| c.sys.cntkctl_el1 & 1 != 0),
        1 => Access::El0If(|c| c.sys.cntkctl_el1 & 2 != 0),
        2 => Access::El0If(|c| c.sys.cntkctl_el1 & 3 != 0),
        8 => Access::El0If(|c| c.sys.cntkctl_el1 & 1 << 8 != 0),
        _ => Access::El0If(|c| c.sys.cntkctl_el1 & 1 << 9 != 0),
    }
}
const EL0PCTEN: Access = cntkctl(0);
const EL0VCTEN: Access = cntkctl(1);
const EL0CTEN: Access = cntkctl(2);
const EL0VTEN: Access = cntkctl(8);
const EL0PTEN: Access = cntkctl(9);

rows! {
    // Debug. No breakpoint or watchpoint ever fires.
    OSDTRRX_EL1     2 0 0 0 2   El1, El1, 0, Const;
    DBGBVR0_EL1     2 0 0 0 4   El1, El1, 0, Const;
    DBGBCR0_EL1     2 0 0 0 5   El1, El1, 0, Const;
    DBGWVR0_EL1     2 0 0 0 6   El1, El1, 0, Const;
    DBGWCR0_EL1     2 0 0 0 7   El1, El1, 0, Const;
    DBGBVR1_EL1     2 0 0 1 4   El1, El1, 0, Const;
    DBGBCR1_EL1     2 0 0 1 5   El1, El1, 0, Const;
    DBGWVR1_EL1     2 0 0 1 6   El1, El1, 0, Const;
    DBGWCR1_EL1     2 0 0 1 7   El1, El1, 0, Const;
    MDCCINT_EL1     2 0 0 2 0   El1, El1, 0, Const;
    MDSCR_EL1       2 0 0 2 2   El1, El1, 0, state!(mdscr_el1, 0x0000_f001);
    OSDTRTX_EL1     2 0 0 3 2   El1, El1, 0, Const;
    OSECCR_EL1      2 0 0 6 2   El1, El1, 0, Const;
    MDRAR_EL1       2 0 1 0 0   El1, Never, 0, Const;
    OSLAR_EL1       2 0 1 0 4   Never, El1, 0, computed!(|_| 0, |h, v| h.cpu().sys.oslsr_el1 = 8 | (v & 1) << 1);
    OSLSR_EL1       2 0 1 1 4   El1, Never, 0x0a, state!(oslsr_el1, 0);
    OSDLR_EL1       2 0 1 3 4   El1, El1, 0, state!(osdlr_el1, 1);
    DBGPRCR_EL1     2 0 1 4 4   El1, El1, 0, Const;
    DBGCLAIMSET_EL1 2 0 7 8 6   El1, El1, 0, Const;
    DBGCLAIMCLR_EL1 2 0 7 9 6   El1, El1, 0, Const;
    DBGAUTHSTATUS_EL1 2 0 7 14 6 El1, Never, 0, Const;
    MDCCSR_EL0      2 3 0 1 0   El0, Never, 0, Const;

    // Identification.
    MIDR_EL1        3 0 0 0 0   El1, Never, id::MIDR, Const;
    MPIDR_EL1       3 0 0 0 5   El1, Never, 0, computed!(|h| id::MPIDR_RES1 | h.cpu().sys.mpidr_el1);
    REVIDR_EL1      3 0 0 0 6   El1, Never, 0, Const;
    ID_PFR0_EL1     3 0 0 1 0   El1, Never, 0, Const;
    ID_PFR1_EL1     3 0 0 1 1   El1, Never, 0, Const;
    ID_DFR0_EL1     3 0 0 1 2   El1, Never, 0, Const;
    ID_AFR0_EL1     3 0 0 1 3   El1, Never, 0, Const;
    ID_MMFR0_EL1    3 0 0 1 4   El1, Never, 0, Const;
    ID_MMFR1_EL1    3 0 0 1 5   El1, Never, 0, Const;
    ID_MMFR2_EL1    3 0 0 1 6   El1, Never, 0, Const;
    ID_MMFR3_EL1    3 0 0 1 7   El1, Never, 0, Const;
    ID_ISAR0_EL1    3 0 0 2 0   El1, Never, 0, Const;
    ID_ISAR1_EL1    3 0 0 2 1   El1, Never, 0, Const;
    ID_ISAR2_EL1    3 0 0 2 2   El1, Never, 0, Const;
    ID_ISAR3_EL1    3 0 0 2 3   El1, Never, 0, Const;
    ID_ISAR4_EL1    3 0 0 2 4   El1, Never, 0, Const;
    ID_ISAR5_EL1    3 0 0 2 5   El1, Never, 0, Const;
    ID_MMFR4_EL1    3 0 0 2 6   El1, Never, 0, Const;
    ID_ISAR6_EL1    3 0 0 2 7   El1, Never, 0, Const;
    MVFR0_EL1       3 0 0 3 0   El1, Never, 0, Const;
    MVFR1_EL1       3 0 0 3 1   El1, Never, 0, Const;
    MVFR2_EL1       3 0 0 3 2   El1, Never, 0, Const;
    S3_0_C0_C3_3    3 0 0 3 3   El1, Never, 0, Const;
    ID_PFR2_EL1     3 0 0 3 4   El1, Never, 0, Const;
    ID_DFR1_EL1     3 0 0 3 5   El1, Never, 0, Const;
    ID_MMFR5_EL1    3 0 0 3 6   El1, Never, 0, Const;
    S3_0_C0_C3_7    3 0 0 3 7   El1, Never, 0, Const;
    ID_AA64PFR0_EL1 3 0 0 4 0   El1, Never, 0, Kind::Id(id::aa64pfr0);
    ID_AA64PFR1_EL1 3 0 0 4 1   El1, Never, 0, Kind::Id(id::aa64pfr1);
    S3_0_C0_C4_2    3 0 0 4 2   El1, Never, 0, Const;
    S3_0_C0_C4_3    3 0 0 4 3   El1, Never, 0, Const;
    ID_AA64ZFR0_EL1 3 0 0 4 4   El1, Never, 0, Const;
    ID_AA64SMFR0_EL1 3 0 0 4 5  El1, Never, 0, Const;
    S3_0_C0_C4_6    3 0 0 4 6   El1, Never, 0, Const;
    S3_0_C0_C4_7    3 0 0 4 7   El1, Never, 0, Const;
    ID_AA64DFR0_EL1 3 0 0 5 0   El1, Never, id::AA64DFR0, Const;
    ID_AA64DFR1_EL1 3 0 0 5 1   El1, Never, 0, Const;
    S3_0_C0_C5_2    3 0 0 5 2   El1, Never, 0, Const;
    S3_0_C0_C5_3    3 0 0 5 3   El1, Never, 0, Const;
    ID_AA64AFR0_EL1 3 0 0 5 4   El1, Never, 0, Const;
    ID_AA64AFR1_EL1 3 0 0 5 5   El1, Never, 0, Const;
    S3_0_C0_C5_6    3 0 0 5 6   El1, Never, 0, Const;
    S3_0_C0_C5_7    3 0 0 5 7   El1, Never, 0, Const;
    ID_AA64ISAR0_EL1 3 0 0 6 0  El1, Never, 0, Kind::Id(id::aa64isar0);
    ID_AA64ISAR1_EL1 3 0 0 6 1  El1, Never, 0, Kind::Id(id::aa64isar1);
    ID_AA64ISAR2_EL1 3 0 0 6 2  El1, Never, 0, Const;
    S3_0_C0_C6_3    3 0 0 6 3   El1, Never, 0, Const;
    S3_0_C0_C6_4    3 0 0 6 4   El1, Never, 0, Const;
    S3_0_C0_C6_5    3 0 0 6 5   El1, Never, 0, Const;
    S3_0_C0_C6_6    3 0 0 6 6   El1, Never, 0, Const;
    S3_0_C0_C6_7    3 0 0 6 7   El1, Never, 0, Const;
    ID_AA64MMFR0_EL1 3 0 0 7 0  El1, Never, id::AA64MMFR0, Const;
    ID_AA64MMFR1_EL1 3 0 0 7 1  El1, Never, 0, Kind::Id(id::aa64mmfr1);
    ID_AA64MMFR2_EL1 3 0 0 7 2  El1, Never, 0, Kind::Id(id::aa64mmfr2);
    S3_0_C0_C7_3    3 0 0 7 3   El1, Never, 0, Const;
    S3_0_C0_C7_4    3 0 0 7 4   El1, Never, 0, Const;
    S3_0_C0_C7_5    3 0 0 7 5   El1, Never, 0, Const;
    S3_0_C0_C7_6    3 0 0 7 6   El1, Never, 0, Const;
    S3_0_C0_C7_7    3 0 0 7 7   El1, Never, 0, Const;

    // Control, translation and exceptions.
    SCTLR_EL1       3 0 1 0 0   El1, El1, SCTLR_RESET, state!(sctlr_el1, SCTLR_MASK, Translation);
    ACTLR_EL1       3 0 1 0 1   El1, El1, 0, state!(actlr_el1, 0);
    CPACR_EL1       3 0 1 0 2   El1, El1, 0, state!(cpacr_el1, 3 << 20, FpEnable);
    TTBR0_EL1       3 0 2 0 0   El1, El1, 0, state!(ttbr0_el1, ALL, Translation);
    TTBR1_EL1       3 0 2 0 1   El1, El1, 0, state!(ttbr1_el1, ALL, Translation);
    TCR_EL1         3 0 2 0 2   El1, El1, 0, state!(tcr_el1, 0x0000_0077_ffff_ffbf, Translation);
    SPSR_EL1        3 0 4 0 0   El1, El1, 0, state!(spsr_el1, 0xf1f0_13df);
    ELR_EL1         3 0 4 0 1   El1, El1, 0, state!(elr_el1, ALL);
    SP_EL0          3 0 4 1 0   El1If(sp_el0_banked), El1If(sp_el0_banked), 0, computed!(|h| h.cpu().sp_bank[0], |h, v| h.cpu().sp_bank[0] = v);
    SPSel           3 0 4 2 0   El1, El1, 1, computed!(
        |h| h.cpu().pstate.sp_sel.into(),
        |h, v| { let el = h.cpu().pstate.el; h.cpu().set_level(el, u8::from(v & 1 != 0)); }
    );
    CurrentEL       3 0 4 2 2   El1, Never, 4, computed!(|h| u64::from(h.cpu().pstate.el) << 2);
    PAN             3 0 4 2 3   El1, El1, 0, computed!(
        |h| u64::from(h.cpu().pstate.pan) << 22,
        |h, v| { h.cpu().pstate.pan = flag(v, 22); h.pstate_changed(); }
    );
    UAO             3 0 4 2 4   El1, El1, 0, computed!(
        |h| u64::from(h.cpu().pstate.uao) << 23,
        |h, v| { h.cpu().pstate.uao = flag(v, 23); h.pstate_changed(); }
    );
    AFSR0_EL1       3 0 5 1 0   El1, El1, 0, state!(afsr0_el1, 0);
    AFSR1_EL1       3 0 5 1 1   El1, El1, 0, state!(afsr1_el1, 0);
    ESR_EL1         3 0 5 2 0   El1, El1, 0, state!(esr_el1, 0xffff_ffff);
    FAR_EL1         3 0 6 0 0   El1, El1, 0, state!(far_el1, ALL);
    PAR_EL1         3 0 7 4 0   El1, El1, 0, state!(par_el1, ALL);
    PMINTENSET_EL1  3 0 9 14 1  El1, El1, 0, Const;
    PMINTENCLR_EL1  3 0 9 14 2  El1, El1, 0, Const;
    MAIR_EL1        3 0 10 2 0  El1, El1, 0, state!(mair_el1, ALL, Translation);
    AMAIR_EL1       3 0 10 3 0  El1, El1, 0, state!(amair_el1, 0);
    LORSA_EL1       3 0 10 4 0  El1, El1, 0, Const;
    LOREA_EL1       3 0 10 4 1  El1, El1, 0, Const;
    LORN_EL1        3 0 10 4 2  El1, El1, 0, Const;
    LORC_EL1        3 0 10 4 3  El1, El1, 0, Const;
    LORID_EL1       3 0 10 4 7  El1, Never, 0, Const;
    VBAR_EL1        3 0 12 0 0  El1, El1, 0, state!(vbar_el1, !0x7ff);
    RVBAR_EL1       3 0 12 0 1  El1, Never, 0, Const;
    ISR_EL1         3 0 12 1 0  El1, Never, 0, computed!(|h| h.interrupts_pending());
    CONTEXTIDR_EL1  3 0 13 0 1  El1, El1, 0, state!(contextidr_el1, 0xffff_ffff);
    TPIDR_EL1       3 0 13 0 4  El1, El1, 0, state!(tpidr_el1, ALL);
    CNTKCTL_EL1     3 0 14 1 0  El1, El1, 0, state!(cntkctl_el1, 0x3ff, Timer);
    CCSIDR_EL1      3 1 0 0 0   El1, Never, 0, computed!(|h| id::ccsidr(h.cpu().sys.csselr_el1));
    CLIDR_EL1       3 1 0 0 1   El1, Never, id::CLIDR, Const;
    AIDR_EL1        3 1 0 0 7   El1, Never, 0, Const;
    CSSELR_EL1      3 2 0 0 0   El1, El1, 0, state!(csselr_el1, 0xf);
    CTR_EL0         3 3 0 0 1   UCT, Never, id::CTR, Const;
    DCZID_EL0       3 3 0 0 7   El0, Never, 0, computed!(|h| id::dczid(h.cpu()));

    // PSTATE and FP.
    NZCV            3 3 4 2 0   El0, El0, 0, computed!(
        |h| u64::from(h.cpu().nzcv & 15) << 28,
        |h, v| h.cpu().nzcv = low32(v >> 28 & 15)
    );
    DAIF            3 3 4 2 1   UMA, UMA, 0x3c0, computed!(
        |h| u64::from(h.cpu().pstate.daif) << 6,
        |h, v| h.cpu().pstate.daif = u8::from_le_bytes([(v >> 6 & 15).to_le_bytes()[0]])
    );
    DIT             3 3 4 2 5   El0, El0, 0, computed!(
        |h| u64::from(h.cpu().pstate.dit) << 24,
        |h, v| h.cpu().pstate.dit = flag(v, 24)
    );
    SSBS            3 3 4 2 6   El0, El0, 0, computed!(
        |h| u64::from(h.cpu().pstate.ssbs) << 12,
        |h, v| h.cpu().pstate.ssbs = flag(v, 12)
    );
    FPCR            3 3 4 4 0   Fp, Fp, 0, computed!(
        |h| h.cpu().fp.fpcr.into(),
        |h, v| h.cpu().fp.fpcr = low32(v) & id::fpcr_mask()
    );
    FPSR            3 3 4 4 1   Fp, Fp, 0, computed!(
        |h| h.cpu().fp.fpsr.into(),
        |h, v| h.cpu().fp.fpsr = low32(v) & 0x0800_009f
    );

    // Performance monitors: none (ID_AA64DFR0_EL1.PMUVer is 0), but software writes these unasked.
    PMCR_EL0        3 3 9 12 0  PMU, PMU, 0, Const;
    PMCNTENSET_EL0  3 3 9 12 1  PMU, PMU, 0, Const;
    PMCNTENCLR_EL0  3 3 9 12 2  PMU, PMU, 0, Const;
    PMOVSCLR_EL0    3 3 9 12 3  PMU, PMU, 0, Const;
    PMSWINC_EL0     3 3 9 12 4  Never, PMU, 0, Const;
    PMSELR_EL0      3 3 9 12 5  PMU, PMU, 0, Const;
    PMCEID0_EL0     3 3 9 12 6  PMU, Never, 0, Const;
    PMCEID1_EL0     3 3 9 12 7  PMU, Never, 0, Const;
    PMCCNTR_EL0     3 3 9 13 0  PMU, PMU, 0, Const;
    PMXEVTYPER_EL0  3 3 9 13 1  PMU, PMU, 0, Const;
    PMXEVCNTR_EL0   3 3 9 13 2  PMU, PMU, 0, Const;
    PMUSERENR_EL0   3 3 9 14 0  El0, El1, 0, state!(pmuserenr_el0, 0xf);
    PMOVSSET_EL0    3 3 9 14 3  PMU, PMU, 0, Const;

    // Thread pointers.
    TPIDR_EL0       3 3 13 0 2  El0, El0, 0, state!(tpidr_el0, ALL);
    TPIDRRO_EL0     3 3 13 0 3  El0, El1, 0, state!(tpidrro_el0, ALL);

    // Generic timer.
    CNTFRQ_EL0      3 3 14 0 0  EL0CTEN, El1, timer::FREQUENCY, state!(cntfrq_el0, 0xffff_ffff);
    CNTPCT_EL0      3 3 14 0 1  EL0PCTEN, Never, 0, computed!(timer::count);
    CNTVCT_EL0      3 3 14 0 2  EL0VCTEN, Never, 0, computed!(timer::count);
    CNTP_TVAL_EL0   3 3 14 2 0  EL0PTEN, EL0PTEN, 0, computed!(timer::cntp_tval, timer::set_cntp_tval);
    CNTP_CTL_EL0    3 3 14 2 1  EL0PTEN, EL0PTEN, 0, computed!(timer::cntp_ctl, timer::set_cntp_ctl);
    CNTP_CVAL_EL0   3 3 14 2 2  EL0PTEN, EL0PTEN, 0, state!(cntp_cval_el0, ALL, Timer);
    CNTV_TVAL_EL0   3 3 14 3 0  EL0VTEN, EL0VTEN, 0, computed!(timer::cntv_tval, timer::set_cntv_tval);
    CNTV_CTL_EL0    3 3 14 3 1  EL0VTEN, EL0VTEN, 0, computed!(timer::cntv_ctl, timer::set_cntv_ctl);
    CNTV_CVAL_EL0   3 3 14 3 2  EL0VTEN, EL0VTEN, 0, state!(cntv_cval_el0, ALL, Timer);
    PMCCFILTR_EL0   3 3 14 15 7 PMU, PMU, 0, Const;
}

/// SP_EL0 can only be accessed by name while it is not the stack pointer in force.
fn sp_el0_banked(c: &Cpu) -> bool {
    c.pstate.sp_sel != 0
}

fn flag(v: u64, bit: u32) -> u8 {
    u8::from(v >> bit & 1 != 0)
}

fn low32(v: u64) -> u32 {
    let [a, b, c, d, ..] = v.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

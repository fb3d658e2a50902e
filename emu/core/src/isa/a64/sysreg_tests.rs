//! Access rules and effects of system registers and instructions.

use super::cpu::{Cpu, Pstate, Wait, sctlr};
use super::exc;
use super::sem_system::cpu_only;
use super::sysreg;
use crate::emit::{Helper, Trap};

const CTR_EL0: u32 = 0xd53b_0020; // mrs x0, ctr_el0
const MRS_DAIF: u32 = 0xd53b_4225; // mrs x5, daif
const SP_EL0: u32 = 0xd538_4100;
const FPCR: u32 = 0xd53b_4400;
const CPACR: u32 = 0xd538_1040;
const SCTLR: u32 = 0xd538_1000;
const CNTVCT: u32 = 0xd53b_e040;
const CNTV_CTL: u32 = 0xd53b_e320;
const CNTV_CVAL: u32 = 0xd53b_e340;
const CNTV_TVAL: u32 = 0xd53b_e300;
const DAIFSET_2: u32 = 0xd503_42df;
const SPSEL_0: u32 = 0xd500_40bf;
const PAN_1: u32 = 0xd500_419f;
const DIT_1: u32 = 0xd503_415f;
const IC_IVAU: u32 = 0xd50b_7520;
const TLBI_VMALLE1: u32 = 0xd508_871f;
const AT_S1E1R: u32 = 0xd508_7800;

fn at(el: u8) -> Cpu {
    let mut cpu = Cpu::zeroed();
    sysreg::reset(&mut cpu.sys);
    cpu.pstate = Pstate { el, sp_sel: el, ..Pstate::RESET };
    cpu.update_enables();
    cpu
}

fn read(cpu: &mut Cpu, word: u32) -> Result<u64, Trap> {
    cpu_only(cpu, Helper::ReadSysReg, [sysreg::index_of(word), 0, word.into()])
}

fn write(cpu: &mut Cpu, word: u32, value: u64) -> Result<u64, Trap> {
    let word = word & !(1 << 21);
    cpu_only(cpu, Helper::WriteSysReg, [sysreg::index_of(word), value, word.into()])
}

fn pstate(cpu: &mut Cpu, word: u32) -> Result<u64, Trap> {
    cpu_only(cpu, Helper::SetPstate, [word.into(), 0, 0])
}

fn sys(cpu: &mut Cpu, word: u32) -> Result<u64, Trap> {
    cpu_only(cpu, Helper::SysOp, [0x1234_5678, 0, word.into()])
}

#[test]
fn unknown_and_privileged_registers_are_undefined() {
    assert_eq!(sysreg::index_of(0xd53f_ffe0), sysreg::NO_REGISTER);
    assert_eq!(read(&mut at(1), 0xd53f_ffe0), Err(exc::UNDEFINED));
    assert_eq!(read(&mut at(0), SCTLR), Err(exc::UNDEFINED));
    assert_eq!(write(&mut at(1), CTR_EL0, 0), Err(exc::UNDEFINED), "read-only");
    assert_eq!(sys(&mut at(0), TLBI_VMALLE1), Err(exc::UNDEFINED));
    assert_eq!(sys(&mut at(1), TLBI_VMALLE1), Ok(0));
}

#[test]
fn el0_traps_with_the_encoding_in_the_syndrome() {
    let mut cpu = at(0);
    assert_eq!(read(&mut cpu, MRS_DAIF), Err(exc::SYSREG));
    // Op0 3, Op2 1, Op1 3, CRn 4, Rt 5, CRm 2, read.
    assert_eq!(cpu.fault.iss, 3 << 20 | 1 << 17 | 3 << 14 | 4 << 10 | 5 << 5 | 2 << 1 | 1);
    assert_eq!(pstate(&mut cpu, DAIFSET_2), Err(exc::SYSREG));
    assert_eq!(cpu.fault.iss, 6 << 17 | 3 << 14 | 4 << 10 | 31 << 5 | 2 << 1);
    assert_eq!(sys(&mut cpu, IC_IVAU), Err(exc::SYSREG));
    assert_eq!(cpu.fault.iss, 1 << 20 | 1 << 17 | 3 << 14 | 7 << 10 | 5 << 1);
    for helper in [Helper::CheckZva, Helper::ReadSysReg] {
        let index = sysreg::index_of(CTR_EL0);
        assert_eq!(cpu_only(&mut cpu, helper, [index, 0, CTR_EL0.into()]), Err(exc::SYSREG));
    }
    cpu.sys.sctlr_el1 |= sctlr::UMA | sctlr::UCT | sctlr::UCI | sctlr::DZE;
    assert!(read(&mut cpu, MRS_DAIF).is_ok());
    assert!(read(&mut cpu, CTR_EL0).is_ok());
    assert!(sys(&mut cpu, IC_IVAU).is_ok());
    assert!(cpu_only(&mut cpu, Helper::CheckZva, [0, 0, 0]).is_ok());
    assert!(pstate(&mut cpu, DAIFSET_2).is_ok());
}

#[test]
fn pstate_fields() {
    let mut cpu = at(0);
    assert_eq!(pstate(&mut cpu, SPSEL_0), Err(exc::UNDEFINED));
    assert_eq!(pstate(&mut cpu, PAN_1), Err(exc::UNDEFINED));
    assert_eq!(pstate(&mut cpu, DIT_1), Ok(0), "any level");
    let mut cpu = at(1);
    cpu.pstate.daif = 0;
    cpu.x[31] = 0x1111;
    cpu.sp_bank[0] = 0x2222;
    assert_eq!(read(&mut cpu, SP_EL0), Ok(0x2222));
    pstate(&mut cpu, SPSEL_0).unwrap();
    pstate(&mut cpu, DAIFSET_2).unwrap();
    pstate(&mut cpu, PAN_1).unwrap();
    assert_eq!((cpu.x[31], cpu.sp_bank[1]), (0x2222, 0x1111));
    assert_eq!((cpu.pstate.daif, cpu.pstate.pan), (2, 1));
    assert_eq!(read(&mut cpu, SP_EL0), Err(exc::UNDEFINED), "it is the one in force");
}

#[test]
fn cpacr_and_sctlr_take_effect_at_once() {
    let mut cpu = at(1);
    assert_eq!(read(&mut cpu, FPCR), Err(exc::FP_ACCESS));
    write(&mut cpu, CPACR, u64::MAX).unwrap();
    assert_eq!(cpu.sys.cpacr_el1, 3 << 20);
    write(&mut cpu, FPCR, u64::MAX).unwrap();
    assert_eq!(read(&mut cpu, FPCR).unwrap() & !0x08_0000, 0x07c0_0000);
    write(&mut cpu, CPACR, 1 << 20).unwrap();
    assert_eq!(cpu.fp_enabled, 1);
    cpu.set_level(0, 0);
    assert_eq!(cpu.fp_enabled, 0, "only EL1");
    cpu.set_level(1, 1);
    assert_eq!(cpu.sp_check, 1);
    write(&mut cpu, SCTLR, 0).unwrap();
    assert_eq!((cpu.sp_check, cpu.sys.sctlr_el1), (0, 0x3050_0800), "the rest is RES1");
}

#[test]
fn timer_registers() {
    let mut cpu = at(0);
    assert_eq!(read(&mut cpu, CNTVCT), Err(exc::SYSREG));
    cpu.sys.cntkctl_el1 = 2;
    assert_eq!(read(&mut cpu, CNTVCT), Ok(0));
    assert_eq!(read(&mut cpu, CNTV_CTL), Err(exc::SYSREG));
    let mut cpu = at(1);
    write(&mut cpu, CNTV_TVAL, 0xffff_ffff).unwrap();
    assert_eq!(cpu.sys.cntv_cval_el0, u64::MAX, "one tick ago");
    write(&mut cpu, CNTV_CVAL, 0).unwrap();
    write(&mut cpu, CNTV_CTL, 7).unwrap();
    assert_eq!(read(&mut cpu, CNTV_CTL), Ok(7));
    write(&mut cpu, CNTV_TVAL, 5).unwrap();
    assert_eq!((read(&mut cpu, CNTV_CTL), read(&mut cpu, CNTV_TVAL)), (Ok(3), Ok(5)));
}

#[test]
fn exception_return() {
    let eret = |cpu: &mut Cpu| cpu_only(cpu, Helper::ExceptionReturn, [0; 3]);
    assert_eq!(eret(&mut at(0)), Err(exc::UNDEFINED));
    let mut cpu = at(1);
    (cpu.sys.elr_el1, cpu.sys.spsr_el1) = (0x1000, 0xa0c0_0040);
    cpu.x[31] = 0x1111;
    cpu.sp_bank[0] = 0x2222;
    cpu.monitor.armed = true;
    assert_eq!(eret(&mut cpu), Ok(0x1000));
    let p = cpu.pstate;
    assert_eq!((p.el, p.daif, p.pan, p.uao, cpu.nzcv), (0, 1, 1, 1, 0xa));
    assert_eq!((cpu.x[31], cpu.sp_bank[1], cpu.monitor.armed), (0x2222, 0x1111, false));
    assert_eq!(cpu.spsr(), 0xa0c0_0040);
    // AArch32, EL2, EL3, EL0 with SP_ELx, M[1]: illegal.
    for mode in [0x10, 0x13, 0x8, 0x9, 0xd, 0x1, 0x2] {
        let mut cpu = at(1);
        cpu.sys.spsr_el1 = mode | 0x4000_0000;
        eret(&mut cpu).unwrap();
        assert_eq!((cpu.pstate.il, cpu.pstate.el, cpu.nzcv), (1, 1, 4), "{mode:#x}");
    }
}

#[test]
fn waiting() {
    let wait = |cpu: &mut Cpu, wfe: u64| cpu_only(cpu, Helper::Wait, [wfe, 0, 0]);
    let mut cpu = at(0);
    assert_eq!(wait(&mut cpu, 0), Ok(0), "SCTLR.nTWI is set after reset");
    cpu.sys.sctlr_el1 = 0;
    assert_eq!(wait(&mut cpu, 0), Err(exc::WFX));
    assert_eq!(cpu.fault.iss, 0x01e0_0000);
    cpu_only(&mut cpu, Helper::SendEvent, [0; 3]).unwrap();
    assert_eq!(wait(&mut cpu, 1), Ok(0), "does not wait, so does not trap");
    assert_eq!(cpu.sys.wait, Wait::No as u64);
    assert_eq!(wait(&mut cpu, 1), Err(exc::WFX));
    assert_eq!(cpu.fault.iss, 0x01e0_0001);
    let mut cpu = at(1);
    assert_eq!((wait(&mut cpu, 1), cpu.sys.wait), (Ok(0), Wait::Event as u64));
}

#[test]
fn address_translation_fills_par() {
    let mut cpu = at(1);
    sys(&mut cpu, AT_S1E1R).unwrap();
    assert_eq!(cpu.sys.par_el1, 0x1234_5000);
}

//! AArch64: registers and exceptions.

use innkeeper_core::wire::{A64Regs, Stop};
use unicorn_engine::{Arch, Arm64CpuModel, Mode, RegisterARM64 as R, RegisterARM64CP, Unicorn, uc_error};

use crate::seen::{Seen, Uc, say};

/// CPACR_EL1.FPEN: neither EL0 nor EL1 traps FP and SIMD.
const FPEN: u64 = 3 << 20;

/// SCR_EL3.RW: EL1 is AArch64. Unicorn executes A64 there in any case, but without the bit its MMU
/// walks page tables of AArch32.
const SCR_RW: RegisterARM64CP = RegisterARM64CP { crn: 1, crm: 1, op0: 3, op1: 6, op2: 0, val: 1 << 10 };

const X: [R; 31] = [
    R::X0,
    R::X1,
    R::X2,
    R::X3,
    R::X4,
    R::X5,
    R::X6,
    R::X7,
    R::X8,
    R::X9,
    R::X10,
    R::X11,
    R::X12,
    R::X13,
    R::X14,
    R::X15,
    R::X16,
    R::X17,
    R::X18,
    R::X19,
    R::X20,
    R::X21,
    R::X22,
    R::X23,
    R::X24,
    R::X25,
    R::X26,
    R::X27,
    R::X28,
    R::X29,
    R::X30,
];

const V: [R; 32] = [
    R::V0,
    R::V1,
    R::V2,
    R::V3,
    R::V4,
    R::V5,
    R::V6,
    R::V7,
    R::V8,
    R::V9,
    R::V10,
    R::V11,
    R::V12,
    R::V13,
    R::V14,
    R::V15,
    R::V16,
    R::V17,
    R::V18,
    R::V19,
    R::V20,
    R::V21,
    R::V22,
    R::V23,
    R::V24,
    R::V25,
    R::V26,
    R::V27,
    R::V28,
    R::V29,
    R::V30,
    R::V31,
];

/// A CPU "max" at EL1 with FP and SIMD on.
pub fn open() -> Result<Uc, String> {
    let mut uc = Unicorn::new_with_data(Arch::ARM64, Mode::LITTLE_ENDIAN, Seen::default())
        .map_err(say("open an AArch64 CPU"))?;
    uc.ctl_set_cpu_model(Arm64CpuModel::MAX as i32).map_err(say("choose the CPU"))?;
    uc.reg_write(R::CPACR_EL1, FPEN).map_err(say("enable FP"))?;
    uc.reg_write_arm64_coproc(&SCR_RW).map_err(say("make EL1 AArch64"))?;
    Ok(uc)
}

/// Sets the registers of a start state.
pub fn set(uc: &mut Uc, r: &A64Regs) -> Result<(), uc_error> {
    for (id, value) in X.into_iter().zip(r.x) {
        uc.reg_write(id, value)?;
    }
    for (id, value) in V.into_iter().zip(r.v) {
        uc.reg_write_long(id, &value.to_le_bytes())?;
    }
    uc.reg_write(R::SP, r.sp)?;
    uc.reg_write(R::PC, r.pc)?;
    uc.reg_write(R::NZCV, u64::from(r.nzcv & 15) << 28)?;
    uc.reg_write(R::FPCR, u64::from(r.fpcr))?;
    uc.reg_write(R::FPSR, u64::from(r.fpsr))
}

/// Reads the registers.
pub fn get(uc: &Uc) -> Result<A64Regs, uc_error> {
    let low = |id: R| uc.reg_read(id).map(|v| u32::try_from(v & 0xffff_ffff).unwrap_or_default());
    let mut r = A64Regs {
        sp: uc.reg_read(R::SP)?,
        pc: uc.reg_read(R::PC)?,
        nzcv: u8::try_from(low(R::NZCV)? >> 28).unwrap_or_default(),
        fpcr: low(R::FPCR)?,
        fpsr: low(R::FPSR)?,
        ..A64Regs::default()
    };
    for (id, value) in X.into_iter().zip(&mut r.x) {
        *value = uc.reg_read(id)?;
    }
    for (id, value) in V.into_iter().zip(&mut r.v) {
        let bytes = uc.reg_read_long(id)?;
        *value = u128::from_le_bytes(bytes[..].try_into().map_err(|_| uc_error::ARG)?);
    }
    Ok(r)
}

/// Unicorn passes on the exception numbers of its translator.
pub fn stop(number: u32) -> Stop {
    match number {
        1 => Stop::Undefined,
        2 => Stop::Syscall,
        3 => Stop::FetchFault,
        4 => Stop::DataFault,
        7 => Stop::Breakpoint,
        11 | 13 => Stop::FirmwareCall,
        other => Stop::Other(other),
    }
}

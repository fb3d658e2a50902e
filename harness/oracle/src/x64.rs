//! x86-64: registers and exceptions.

use innkeeper_core::wire::{self, Stop, X64Regs};
use unicorn_engine::{Arch, Mode, RegisterX86 as R, Unicorn, X86CpuModel, uc_error};

use crate::seen::{Seen, Uc, say};

const GPR: [R; 16] = [
    R::RAX,
    R::RCX,
    R::RDX,
    R::RBX,
    R::RSP,
    R::RBP,
    R::RSI,
    R::RDI,
    R::R8,
    R::R9,
    R::R10,
    R::R11,
    R::R12,
    R::R13,
    R::R14,
    R::R15,
];

const XMM: [R; 16] = [
    R::XMM0,
    R::XMM1,
    R::XMM2,
    R::XMM3,
    R::XMM4,
    R::XMM5,
    R::XMM6,
    R::XMM7,
    R::XMM8,
    R::XMM9,
    R::XMM10,
    R::XMM11,
    R::XMM12,
    R::XMM13,
    R::XMM14,
    R::XMM15,
];

/// A CPU in 64-bit mode. Unicorn has no model "max" for x86; this one has every instruction its
/// translator knows (its own default lacks POPCNT and PCLMULQDQ).
pub fn open() -> Result<Uc, String> {
    let mut uc = Unicorn::new_with_data(Arch::X86, Mode::MODE_64, Seen::default())
        .map_err(say("open an x86-64 CPU"))?;
    uc.ctl_set_cpu_model(X86CpuModel::ICELAKE_SERVER as i32).map_err(say("choose the CPU"))?;
    Ok(uc)
}

/// Sets the registers of a start state.
pub fn set(uc: &mut Uc, r: &X64Regs) -> Result<(), uc_error> {
    for (id, value) in GPR.into_iter().zip(r.gpr) {
        uc.reg_write(id, value)?;
    }
    for (id, value) in XMM.into_iter().zip(r.xmm) {
        uc.reg_write_long(id, &value.to_le_bytes())?;
    }
    uc.reg_write(R::RIP, r.rip)?;
    uc.reg_write(R::RFLAGS, r.rflags)?;
    uc.reg_write(R::MXCSR, u64::from(r.mxcsr))
}

/// Reads the registers.
pub fn get(uc: &Uc) -> Result<X64Regs, uc_error> {
    let mut r = X64Regs {
        rip: uc.reg_read(R::RIP)?,
        rflags: uc.reg_read(R::RFLAGS)?,
        mxcsr: u32::try_from(uc.reg_read(R::MXCSR)? & 0xffff_ffff).unwrap_or_default(),
        ..X64Regs::default()
    };
    for (id, value) in GPR.into_iter().zip(&mut r.gpr) {
        *value = uc.reg_read(id)?;
    }
    for (id, value) in XMM.into_iter().zip(&mut r.xmm) {
        let bytes = uc.reg_read_long(id)?;
        *value = u128::from_le_bytes(bytes[..].try_into().map_err(|_| uc_error::ARG)?);
    }
    Ok(r)
}

/// Whether the instruction at `at` is a repeated string instruction: the hook sees each iteration.
pub fn repeats(uc: &Unicorn<'_, Seen>, at: u64, size: u32) -> bool {
    let mut code = [0; 15];
    let len = usize::try_from(size).unwrap_or_default().min(code.len());
    uc.mem_read(at, &mut code[..len]).is_ok() && wire::repeats(&code[..len])
}

/// Exception vectors of the architecture; a system call is not one and comes as an error of
/// `emu_start`.
pub fn stop(number: u32) -> Stop {
    match number {
        0 => Stop::Divide,
        3 => Stop::Breakpoint,
        6 => Stop::Undefined,
        13 | 14 => Stop::DataFault,
        0x80 | 0x100 => Stop::Syscall,
        other => Stop::Other(other),
    }
}

//! Registers of a program in our AArch64 CPU, for the engines that are ours.

use innkeeper_core::isa::a64::Cpu;
use innkeeper_core::soft::fp::FpEnv;
use innkeeper_core::wire::A64Regs;

/// CPACR_EL1.FPEN: neither EL0 nor EL1 traps FP and SIMD.
const FPEN: u64 = 3 << 20;

/// Gives the CPU a program's registers. A CPU that fetches through an MMU is also told of its new PC.
pub fn start(cpu: &mut Cpu, r: &A64Regs) {
    cpu.sys.cpacr_el1 = FPEN;
    cpu.x[..31].copy_from_slice(&r.x);
    cpu.x[31] = r.sp;
    cpu.pc = r.pc;
    cpu.nzcv = u32::from(r.nzcv & 15);
    cpu.fp = FpEnv { fpcr: r.fpcr, fpsr: r.fpsr };
    cpu.v = r.v;
}

/// A program's registers as the CPU has them.
pub fn registers(cpu: &Cpu) -> A64Regs {
    let mut x = [0; 31];
    x.copy_from_slice(&cpu.x[..31]);
    A64Regs {
        x,
        sp: cpu.x[31],
        pc: cpu.pc,
        nzcv: u8::try_from(cpu.nzcv & 15).unwrap_or_default(),
        fpcr: cpu.fp.fpcr,
        fpsr: cpu.fp.fpsr,
        v: cpu.v,
    }
}

//! How the CPU takes exceptions and interrupts.

use super::cpu::{Cpu, sctlr};
use super::exc::{
    BRK, DATA_ABORT, FP_ACCESS, ILLEGAL_STATE, INST_ABORT, PC_ALIGN, SP_ALIGN, SVC, SYSREG, Vector, WFX,
};
use crate::emit::Trap;

/// Exception classes of the ESR (D13.2.37).
mod ec {
    pub const UNKNOWN: u64 = 0x00;
    pub const WFX: u64 = 0x01;
    pub const FP_ACCESS: u64 = 0x07;
    pub const ILLEGAL_STATE: u64 = 0x0e;
    pub const SVC64: u64 = 0x15;
    pub const SYSREG: u64 = 0x18;
    /// Of a lower exception level; plus 1 for the same level.
    pub const INST_ABORT: u64 = 0x20;
    pub const PC_ALIGN: u64 = 0x22;
    /// Of a lower exception level; plus 1 for the same level.
    pub const DATA_ABORT: u64 = 0x24;
    pub const SP_ALIGN: u64 = 0x26;
    pub const BRK64: u64 = 0x3c;
}

/// ISS of an FP access trap: CV = 1, COND = always.
const FP_ACCESS_ISS: u64 = 1 << 24 | 0xe << 20;

/// Takes the exception of `trap`, raised by the instruction at `cpu.pc`, to EL1.
pub fn take_trap(cpu: &mut Cpu, trap: Trap) {
    let same = u64::from(cpu.pstate.el != 0);
    let iss = u64::from(cpu.fault.iss);
    let arg = u64::from(trap.arg());
    let (class, iss) = match trap {
        DATA_ABORT => (ec::DATA_ABORT + same, iss),
        INST_ABORT => (ec::INST_ABORT + same, iss),
        PC_ALIGN => (ec::PC_ALIGN, 0),
        SP_ALIGN => (ec::SP_ALIGN, 0),
        FP_ACCESS => (ec::FP_ACCESS, FP_ACCESS_ISS),
        ILLEGAL_STATE => (ec::ILLEGAL_STATE, 0),
        SYSREG => (ec::SYSREG, iss),
        WFX => (ec::WFX, iss),
        _ if trap.kind() == SVC => (ec::SVC64, arg),
        _ if trap.kind() == BRK => (ec::BRK64, arg),
        // HVC, SMC and HLT are UNDEFINED where nothing answers them: there is no EL2 and no EL3.
        _ => (ec::UNKNOWN, 0),
    };
    match trap {
        DATA_ABORT | INST_ABORT => cpu.sys.far_el1 = cpu.fault.addr,
        PC_ALIGN => cpu.sys.far_el1 = cpu.pc,
        _ => {}
    }
    // IL = 1: every A64 instruction has 32 bits.
    cpu.sys.esr_el1 = class << 26 | 1 << 25 | iss;
    let returns = if trap.kind() == SVC { cpu.pc.wrapping_add(4) } else { cpu.pc };
    enter(cpu, Vector::Sync, returns);
}

/// Takes an interrupt to EL1 before the instruction at `cpu.pc`.
pub fn take_interrupt(cpu: &mut Cpu, vector: Vector) {
    enter(cpu, vector, cpu.pc);
}

/// `AArch64.TakeException` to EL1 (J1.2.2).
fn enter(cpu: &mut Cpu, vector: Vector, returns: u64) {
    let base = match (cpu.pstate.el, cpu.pstate.sp_sel) {
        (0, _) => 0x400,
        (_, 0) => 0x000,
        _ => 0x200,
    };
    cpu.sys.spsr_el1 = cpu.spsr();
    cpu.sys.elr_el1 = returns;
    let control = cpu.sys.sctlr_el1;
    let p = &mut cpu.pstate;
    p.daif = 0xf;
    p.il = 0;
    p.uao = 0;
    p.ssbs = u8::from(control & sctlr::DSSBS != 0);
    if control & sctlr::SPAN == 0 {
        p.pan = 1;
    }
    cpu.monitor.armed = false;
    cpu.set_level(1, 1);
    cpu.pc = (cpu.sys.vbar_el1 & !0x7ff).wrapping_add(base + vector as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::a64::cpu::Fault;
    use crate::isa::a64::exc::UNDEFINED;

    fn user() -> Cpu {
        let mut cpu = Cpu::zeroed();
        cpu.sys.vbar_el1 = 0x8000;
        cpu.sys.sctlr_el1 = sctlr::SPAN;
        cpu.pc = 0x1000;
        cpu.nzcv = 0b1010;
        cpu.x[31] = 0x111;
        cpu.sp_bank[1] = 0x222;
        cpu.monitor.armed = true;
        cpu
    }

    #[test]
    fn svc_from_el0_returns_behind_it() {
        let mut cpu = user();
        take_trap(&mut cpu, Trap::new(SVC, 0x1234));
        assert_eq!((cpu.pc, cpu.sys.elr_el1, cpu.sys.spsr_el1), (0x8400, 0x1004, 0xa000_0000));
        assert_eq!(cpu.sys.esr_el1, 0x5600_1234);
        assert_eq!((cpu.pstate.el, cpu.pstate.sp_sel, cpu.pstate.daif), (1, 1, 15));
        assert_eq!((cpu.x[31], cpu.sp_bank[0], cpu.monitor.armed), (0x222, 0x111, false));
    }

    #[test]
    fn aborts_name_the_level_they_came_from() {
        let mut cpu = user();
        cpu.fault = Fault { addr: 0xdead, iss: 0x47 };
        take_trap(&mut cpu, DATA_ABORT);
        assert_eq!((cpu.sys.esr_el1, cpu.sys.far_el1), (0x9200_0047, 0xdead));
        take_trap(&mut cpu, INST_ABORT);
        assert_eq!((cpu.sys.esr_el1, cpu.pc), (0x8600_0047, 0x8200));
    }

    #[test]
    fn vectors_by_stack_and_kind() {
        let mut cpu = user();
        cpu.set_level(1, 0);
        take_interrupt(&mut cpu, Vector::Irq);
        assert_eq!((cpu.pc, cpu.sys.elr_el1), (0x8080, 0x1000));
        take_interrupt(&mut cpu, Vector::Fiq);
        assert_eq!(cpu.pc, 0x8300);
    }

    #[test]
    fn pan_is_set_unless_spanned() {
        let mut cpu = user();
        cpu.pstate.uao = 1;
        take_trap(&mut cpu, UNDEFINED);
        assert_eq!((cpu.pstate.pan, cpu.pstate.uao, cpu.sys.esr_el1), (0, 0, 0x0200_0000));
        cpu.sys.sctlr_el1 = 0;
        take_trap(&mut cpu, UNDEFINED);
        assert_eq!(cpu.pstate.pan, 1);
    }
}

//! State of a CPU, written once: what is saved, restored and digested.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::cpu::{Cpu, Fault, Monitor, Pstate, SysRegs, Wait};
use super::sysreg::{Kind, ROWS};
use super::sysreg_id::fpcr_mask;
use crate::dev::generic_timer::CTL_WRITABLE;
use crate::state::{StateError, Stateful};

/// Bits that FPSR has.
pub(super) const FPSR_MASK: u32 = 0x0800_009f;
/// log2 of the largest size of an exclusive access.
const MONITOR_SIZE_MAX: u64 = 4;

/// What a guest can see of a CPU, in the order of digests.
///
/// Not in it: the details of the last fault, which are spent when the exception is taken; the entry of
/// the banked stack pointers that is stale; what follows from the system registers; the affinity, which
/// is the board's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CpuState {
    /// X0..X30 and the stack pointer in force.
    x: [u64; 32],
    v: [u128; 32],
    /// EL, SPSel, DAIF, IL, PAN, UAO, DIT, SSBS.
    pstate: [u8; 8],
    nzcv: u32,
    fpcr: u32,
    fpsr: u32,
    pc: u64,
    /// The stack pointer that is not in force.
    other_sp: u64,
    monitor_armed: u64,
    monitor_size: u64,
    monitor_addr: u64,
    wait: u64,
    event: u64,
    cntv_ctl: u64,
    cntp_ctl: u64,
    monitor_value: u128,
    /// Registers that are plain state, in the order of [`ROWS`].
    system: Vec<u64>,
}

/// A register that is plain state: where it is, and the bits it can have set.
type Plain = (fn(&mut SysRegs) -> &mut u64, u64);

/// All such registers, in the order of [`ROWS`].
fn plain() -> impl Iterator<Item = Plain> {
    ROWS.iter().filter_map(|row| match row.kind {
        // No bit can be written: an instruction of its own sets it, or nothing does.
        Kind::State { field, mask: 0, .. } => Some((field, u64::MAX)),
        Kind::State { field, mask, .. } => Some((field, mask | row.reset)),
        _ => None,
    })
}

/// Index of the banked stack pointer in force.
fn in_force(p: Pstate) -> usize {
    usize::from(p.el & p.sp_sel & 1)
}

impl CpuState {
    fn check(&self) -> Result<(), StateError> {
        let [el, sp_sel, daif, flags @ ..] = self.pstate;
        let pstate = el <= 1 && sp_sel <= 1 && daif <= 0xf && flags.iter().all(|&f| f <= 1);
        Cpu::ensure(pstate && self.nzcv <= 0xf, "PSTATE has bits that do not exist")?;
        let fp = self.fpcr & !fpcr_mask() == 0 && self.fpsr & !FPSR_MASK == 0;
        Cpu::ensure(fp, "FPCR or FPSR has bits that do not exist")?;
        let monitor = self.monitor_armed <= 1 && self.monitor_size <= MONITOR_SIZE_MAX;
        Cpu::ensure(monitor, "its exclusive monitor is of no size there is")?;
        let waits = self.wait <= Wait::Event as u64 && self.event <= 1;
        Cpu::ensure(waits, "it waits for something that does not exist")?;
        let timers = (self.cntv_ctl | self.cntp_ctl) & !CTL_WRITABLE == 0;
        let system = self.system.iter().zip(plain()).all(|(value, (_, bits))| value & !bits == 0);
        Cpu::ensure(timers && system, "a system register has bits that do not exist")?;
        Cpu::ensure(self.system.len() == plain().count(), "it has other system registers")
    }

    fn pstate(&self) -> Pstate {
        let [el, sp_sel, daif, il, pan, uao, dit, ssbs] = self.pstate;
        Pstate { el, sp_sel, daif, il, pan, uao, dit, ssbs }
    }
}

impl Stateful for Cpu {
    const NAME: &'static str = "cpu";
    type State = CpuState;

    fn state(&self) -> Cow<'_, CpuState> {
        let Pstate { el, sp_sel, daif, il, pan, uao, dit, ssbs } = self.pstate;
        let mut sys = self.sys.clone();
        Cow::Owned(CpuState {
            x: self.x,
            v: self.v,
            pstate: [el, sp_sel, daif, il, pan, uao, dit, ssbs],
            nzcv: self.nzcv,
            fpcr: self.fp.fpcr,
            fpsr: self.fp.fpsr,
            pc: self.pc,
            other_sp: self.sp_bank[1 - in_force(self.pstate)],
            monitor_armed: self.monitor.armed.into(),
            monitor_size: self.monitor.size.into(),
            monitor_addr: self.monitor.addr,
            wait: sys.wait,
            event: sys.event,
            cntv_ctl: sys.cntv_ctl_el0,
            cntp_ctl: sys.cntp_ctl_el0,
            monitor_value: self.monitor.value,
            system: plain().map(|(field, _)| *field(&mut sys)).collect(),
        })
    }

    fn set_state(&mut self, s: CpuState) -> Result<(), StateError> {
        s.check()?;
        self.pstate = s.pstate();
        (self.x, self.v, self.pc, self.nzcv) = (s.x, s.v, s.pc, s.nzcv);
        (self.fp.fpcr, self.fp.fpsr) = (s.fpcr, s.fpsr);
        self.sp_bank = [s.other_sp; 2];
        self.sp_bank[in_force(self.pstate)] = s.x[31];
        self.monitor = Monitor {
            armed: s.monitor_armed == 1,
            size: u8::try_from(s.monitor_size).unwrap_or(0),
            addr: s.monitor_addr,
            value: s.monitor_value,
        };
        let sys = &mut self.sys;
        (sys.wait, sys.event) = (s.wait, s.event);
        (sys.cntv_ctl_el0, sys.cntp_ctl_el0) = (s.cntv_ctl, s.cntp_ctl);
        plain().zip(s.system).for_each(|((field, _), value)| *field(sys) = value);
        self.fault = Fault::default();
        self.update_enables();
        Ok(())
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;

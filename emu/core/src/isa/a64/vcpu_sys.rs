//! What system instructions ask of the virtual CPU.

use super::cpu::{Cpu, Fault};
use super::exc;
use super::mmu::{self, Access, Mode};
use super::sysreg::{CacheAccess, SysHooks, TlbScope};
use super::vcpu::{Vcpu, event};
use crate::dev::generic_timer;
use crate::emit::Res;

/// ISS.CM: the fault is of a cache maintenance or address translation instruction.
const ISS_CM: u32 = 1 << 8;
/// ISS.WnR, which is 1 whenever CM is.
const ISS_WNR: u32 = 1 << 6;

impl SysHooks for Vcpu {
    fn cpu(&mut self) -> &mut Cpu {
        &mut self.cpu
    }

    fn now(&mut self) -> u64 {
        self.time()
    }

    fn translation_changed(&mut self) {
        self.cpu.update_enables();
        let key = self.space_key();
        self.tlbs.select(key, self.mode as usize);
    }

    fn pstate_changed(&mut self) {
        let p = self.cpu.pstate;
        self.mode = Mode::of(p.el, p.pan != 0);
        self.tlbs.select_mode(self.mode as usize);
        self.events &= !event::ILLEGAL;
        if p.il != 0 {
            self.events |= event::ILLEGAL;
        }
    }

    fn timer_changed(&mut self) {
        self.update_timers();
        self.events |= event::ATTENTION;
    }

    fn tlb_invalidate(&mut self, scope: TlbScope, all_cpus: bool) {
        match scope {
            TlbScope::All => self.tlbs.flush_all(),
            TlbScope::Asid { asid } => self.tlbs.flush_asid(asid),
            // Global entries live in every space, hence the ASID does not narrow it down.
            TlbScope::Page { va, .. } | TlbScope::PageAllAsids { va } => self.tlbs.flush_page(va),
        }
        if all_cpus {
            self.sys.tlb_broadcasts += 1;
            self.broadcasts += 1;
        }
    }

    fn address_translate(&mut self, va: u64, write: bool, el0: bool, pan: bool) -> u64 {
        let mode = Mode::of(u8::from(!el0), pan && self.cpu.pstate.pan != 0);
        let access = if write { Access::Write } else { Access::Read };
        let t = mmu::translate(&self.sys.ram, &self.cpu.sys, va, mode);
        mmu::par(t.and_then(|t| t.check(access).map(|()| t)))
    }

    fn cache_check(&mut self, va: u64, access: CacheAccess) -> Res {
        let t = mmu::translate(&self.sys.ram, &self.cpu.sys, va, self.mode);
        let checked = t.and_then(|t| match access {
            CacheAccess::Write => t.check(Access::Write),
            // At EL1 cleaning needs no permission (D4.4.8).
            CacheAccess::Read if self.cpu.pstate.el == 0 => t.check(Access::Read),
            CacheAccess::Read => Ok(()),
        });
        checked.map_err(|status| {
            self.cpu.fault = Fault { addr: va, iss: status.0 | ISS_CM | ISS_WNR };
            exc::DATA_ABORT
        })
    }

    fn interrupts_pending(&mut self) -> u64 {
        u64::from(self.lines) << 6
    }

    fn instructions_changed(&mut self, _va: Option<u64>) {
        // Stores to decoded code are noticed one by one: nothing is ever stale.
    }

    fn send_event(&mut self) {
        self.sys.events = u64::MAX;
    }
}

impl Vcpu {
    /// Drives the interrupt lines of this CPU's timers as they stand now.
    pub fn update_timers(&mut self) {
        let now = self.time();
        let s = &self.cpu.sys;
        let virt = generic_timer::line(s.cntv_ctl_el0, s.cntv_cval_el0, now);
        let phys = generic_timer::line(s.cntp_ctl_el0, s.cntp_cval_el0, now);
        self.sys.bus.set_private(self.index, generic_timer::VIRTUAL_INTID, virt);
        self.sys.bus.set_private(self.index, generic_timer::PHYSICAL_INTID, phys);
        self.refresh_lines();
    }

    /// Guest time (ns) at which one of this CPU's timers changes its line.
    pub fn timer_deadline(&self, now: u64) -> Option<u64> {
        let s = &self.cpu.sys;
        let virt = generic_timer::deadline(s.cntv_ctl_el0, s.cntv_cval_el0, now);
        let phys = generic_timer::deadline(s.cntp_ctl_el0, s.cntp_cval_el0, now);
        [virt, phys].into_iter().flatten().min()
    }

    /// Catches up with invalidations other CPUs have broadcast. Called when this CPU gets to run.
    pub fn catch_up(&mut self) {
        if std::mem::replace(&mut self.broadcasts, self.sys.tlb_broadcasts) != self.sys.tlb_broadcasts {
            self.tlbs.flush_all();
        }
        if self.sys.events >> (self.index & 63) & 1 != 0 {
            self.sys.events &= !(1 << (self.index & 63));
            self.cpu.sys.event = 1;
        }
    }
}

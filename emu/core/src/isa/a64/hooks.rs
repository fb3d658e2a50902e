//! What system instructions ask of the virtual CPU.

use super::A64;
use super::cpu::{Cpu, Fault};
use super::exc;
use super::mmu::{self, Mode};
use super::sysreg::{CacheAccess, SysHooks, TlbScope};
use crate::emit::Res;
use crate::isa::{Access, Context};

/// ISS.CM: the fault is of a cache maintenance or address translation instruction.
const ISS_CM: u32 = 1 << 8;
/// ISS.WnR, which is 1 whenever CM is.
const ISS_WNR: u32 = 1 << 6;

impl<C: Context<A64>> SysHooks for C {
    fn cpu(&mut self) -> &mut Cpu {
        Context::cpu(self)
    }

    fn now(&mut self) -> u64 {
        Context::now(self)
    }

    fn translation_changed(&mut self) {
        Context::translation_changed(self);
    }

    fn pstate_changed(&mut self) {
        Context::mode_changed(self);
    }

    fn timer_changed(&mut self) {
        Context::timers_changed(self);
    }

    fn tlb_invalidate(&mut self, scope: TlbScope, all_cpus: bool) {
        match scope {
            TlbScope::All => self.tlbs().flush_all(),
            TlbScope::Asid { asid } => self.tlbs().flush_asid(asid),
            // Global entries live in every space, hence the ASID does not narrow it down.
            TlbScope::Page { va, .. } | TlbScope::PageAllAsids { va } => self.tlbs().flush_page(va),
        }
        if all_cpus {
            self.broadcast_flush();
        }
    }

    fn address_translate(&mut self, va: u64, write: bool, el0: bool, pan: bool) -> u64 {
        let (ram, cpu) = self.parts();
        let mode = Mode::of(u8::from(!el0), pan && cpu.pstate.pan != 0);
        let access = if write { Access::Write } else { Access::Read };
        let t = mmu::translate(ram, &cpu.sys, va, mode);
        mmu::par(t.and_then(|t| t.check(access).map(|()| t)))
    }

    fn cache_check(&mut self, va: u64, access: CacheAccess) -> Res {
        let (ram, cpu) = self.parts();
        let t = mmu::translate(ram, &cpu.sys, va, Mode::of(cpu.pstate.el, cpu.pstate.pan != 0));
        let checked = t.and_then(|t| match access {
            CacheAccess::Write => t.check(Access::Write),
            // At EL1 cleaning needs no permission (D4.4.8).
            CacheAccess::Read if cpu.pstate.el == 0 => t.check(Access::Read),
            CacheAccess::Read => Ok(()),
        });
        checked.map_err(|status| {
            Context::cpu(self).fault = Fault { addr: va, iss: status.0 | ISS_CM | ISS_WNR };
            exc::DATA_ABORT
        })
    }

    fn interrupts_pending(&mut self) -> u64 {
        u64::from(self.lines()) << 6
    }

    fn instructions_changed(&mut self, _va: Option<u64>) {
        // Stores to decoded code are noticed one by one: nothing is ever stale.
    }

    fn send_event(&mut self) {
        Context::send_event(self);
    }
}

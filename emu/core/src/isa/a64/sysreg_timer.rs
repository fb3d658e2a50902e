//! The generic timer's registers. What they mean in time is [`crate::dev::generic_timer`].

use super::sysreg_row::SysHooks;
use crate::dev::generic_timer::{self, CTL_WRITABLE};

/// CNTFRQ_EL0 at reset: ticks per second.
pub(super) const FREQUENCY: u64 = generic_timer::FREQUENCY;

/// CNTVCT_EL0 and CNTPCT_EL0 (no hypervisor, so no offset).
pub(super) fn count(h: &mut dyn SysHooks) -> u64 {
    generic_timer::count(h.now())
}

macro_rules! timer {
    ($ctl:ident $cval:ident: $read_ctl:ident $write_ctl:ident $read_tval:ident $write_tval:ident) => {
        /// CTL with its ISTATUS bit.
        pub(super) fn $read_ctl(h: &mut dyn SysHooks) -> u64 {
            let now = h.now();
            let s = &h.cpu().sys;
            generic_timer::ctl(s.$ctl, s.$cval, now)
        }
        /// CTL: ENABLE and IMASK.
        pub(super) fn $write_ctl(h: &mut dyn SysHooks, v: u64) {
            h.cpu().sys.$ctl = v & CTL_WRITABLE;
            h.timer_changed();
        }
        /// TVAL: what is left, as 32 bits.
        pub(super) fn $read_tval(h: &mut dyn SysHooks) -> u64 {
            let count = count(h);
            h.cpu().sys.$cval.wrapping_sub(count) & 0xffff_ffff
        }
        /// TVAL: sets CVAL to a signed 32-bit distance from now.
        pub(super) fn $write_tval(h: &mut dyn SysHooks, v: u64) {
            let count = count(h);
            let distance = (v & 0xffff_ffff ^ 0x8000_0000).wrapping_sub(0x8000_0000);
            h.cpu().sys.$cval = count.wrapping_add(distance);
            h.timer_changed();
        }
    };
}

timer!(cntv_ctl_el0 cntv_cval_el0: cntv_ctl set_cntv_ctl cntv_tval set_cntv_tval);
timer!(cntp_ctl_el0 cntp_cval_el0: cntp_ctl set_cntp_ctl cntp_tval set_cntp_tval);

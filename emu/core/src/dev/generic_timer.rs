//! The Arm generic timer (Arm ARM D11) as functions of guest time: the registers live in the CPU,
//! the interrupt lines are private peripheral interrupts of the CPU's interrupt controller.

/// Counter ticks per second, as QEMU's `virt` machine has it.
pub const FREQUENCY: u64 = 62_500_000;
/// Guest nanoseconds per tick.
pub const TICK_NS: u64 = 1_000_000_000 / FREQUENCY;
/// Interrupt ID of the virtual timer (PPI 11).
pub const VIRTUAL_INTID: u32 = 27;
/// Interrupt ID of the EL1 physical timer (PPI 14).
pub const PHYSICAL_INTID: u32 = 30;

const ENABLE: u64 = 1;
const IMASK: u64 = 2;
const ISTATUS: u64 = 4;
/// Bits of CTL software can set.
pub const CTL_WRITABLE: u64 = ENABLE | IMASK;

/// The counter at guest time `now` (ns).
pub const fn count(now: u64) -> u64 {
    now / TICK_NS
}

/// CNTx_CTL as read: ISTATUS is set when the timer is enabled and its condition is met.
pub const fn ctl(ctl: u64, cval: u64, now: u64) -> u64 {
    let met = ctl & ENABLE != 0 && count(now) >= cval;
    (ctl & CTL_WRITABLE) | if met { ISTATUS } else { 0 }
}

/// Level of the timer's interrupt line.
pub const fn line(ctl_register: u64, cval: u64, now: u64) -> bool {
    ctl(ctl_register, cval, now) & (ISTATUS | IMASK) == ISTATUS
}

/// Guest time (ns) at which the line rises by itself; `None` when it will not, or is up already.
pub const fn deadline(ctl_register: u64, cval: u64, now: u64) -> Option<u64> {
    if ctl_register & CTL_WRITABLE != ENABLE || count(now) >= cval {
        return None;
    }
    cval.checked_mul(TICK_NS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_follows_the_condition_and_the_mask() {
        assert_eq!(deadline(1, 100, 0), Some(1600));
        assert!(!line(1, 100, 1599));
        assert!(line(1, 100, 1600));
        assert!(!line(3, 100, 1600), "IMASK hides it");
        assert_eq!(ctl(3, 100, 1600), 7, "ISTATUS does not depend on IMASK");
        assert_eq!(ctl(0, 0, 1600), 0);
        assert_eq!(deadline(1, 100, 1600), None);
        assert_eq!(deadline(1, u64::MAX, 0), None, "beyond the end of time");
    }
}

//! Fixed hardware of ACPI: PM1a event and control blocks and the PM timer (ACPI 6.5, 4.8.3).
//!
//! There is no SMI command port: the machine is always in ACPI mode, and SCI_EN reads as 1. There are
//! no buttons and no wake sources; the timer's carry is the only event.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Device, PowerRequest};
use crate::state::{StateError, Stateful};

/// Offset of the event block: status, then enable.
pub const EVENT: u16 = 0;
/// Bytes of the event block.
pub const EVENT_LEN: u8 = 4;
/// Offset of the control block.
pub const CONTROL: u16 = 4;
/// Bytes of the control block.
pub const CONTROL_LEN: u8 = 2;
/// Offset of the timer.
pub const TIMER: u16 = 8;
/// Bytes of the timer.
pub const TIMER_LEN: u8 = 4;
/// SLP_TYP that powers off, for `\_S5`.
pub const SLEEP_OFF: u8 = 5;

/// Registers and bits as in the specification's section 4.8.3.
mod spec {
    /// The timer's carry, in status and enable.
    pub const TMR: u16 = 1;
    /// Bits of the enable register that are kept: timer, global lock, buttons, clock. Systems enable
    /// events and look whether that worked, also those that never happen here.
    pub const ENABLE_KEPT: u16 = TMR | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 10;
    pub const SCI_EN: u16 = 1;
    pub const SLP_TYP: u32 = 10;
    pub const SLP_EN: u16 = 1 << 13;
    /// Bits of the control register that are kept: BM_RLD and SLP_TYP.
    pub const CONTROL_KEPT: u16 = 1 << 1 | 7 << SLP_TYP;
    /// The timer's frequency in hertz.
    pub const FREQUENCY: u128 = 3_579_545;
    /// The carry is a change of this bit.
    pub const CARRY: u32 = 31;
    pub const NS_PER_S: u128 = 1_000_000_000;
}
use spec::*;

/// The device.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AcpiPm {
    status: u16,
    enable: u16,
    control: u16,
    /// Timer at the last access or tick, 64 bits wide, from which carries are reckoned.
    seen: u64,
    asked: Option<PowerRequest>,
}

/// The timer at guest time `now` (ns), before it is cut to 32 bits.
fn ticks(now: u64) -> u64 {
    u64::try_from(u128::from(now) * FREQUENCY / NS_PER_S).unwrap_or(u64::MAX)
}

impl AcpiPm {
    fn observe(&mut self, now: u64) {
        let before = std::mem::replace(&mut self.seen, ticks(now));
        if before >> CARRY != self.seen >> CARRY {
            self.status |= TMR;
        }
    }

    /// All registers, by offset, in the low 12 bytes.
    fn registers(&self) -> u128 {
        u128::from(self.status)
            | u128::from(self.enable) << 16
            | u128::from(self.control | SCI_EN) << 32
            | u128::from(self.seen & u64::from(u32::MAX)) << 64
    }

    fn write_control(&mut self, value: u16) {
        self.control = value & CONTROL_KEPT;
        if value & SLP_EN != 0 && value >> SLP_TYP & 7 == u16::from(SLEEP_OFF) {
            self.asked = Some(PowerRequest::Off);
        }
    }
}

impl Stateful for AcpiPm {
    const NAME: &'static str = "acpi-pm";
    type State = Self;

    fn state(&self) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    fn set_state(&mut self, state: Self) -> Result<(), StateError> {
        let registers = state.status & !TMR == 0
            && state.enable & !ENABLE_KEPT == 0
            && state.control & !CONTROL_KEPT == 0;
        Self::ensure(registers, "bits are set that it does not have")?;
        *self = state;
        Ok(())
    }
}

impl Device for AcpiPm {
    fn bus_width(&self) -> u8 {
        2
    }

    fn read(&mut self, now: u64, offset: u64, size: u8) -> u64 {
        self.observe(now);
        let shift = u32::try_from(offset).unwrap_or(u32::MAX).saturating_mul(8);
        let value = self.registers().checked_shr(shift).unwrap_or(0);
        u64::try_from(value & u128::from(u64::MAX >> (64 - (8 << size.min(3))))).unwrap_or(0)
    }

    /// Registers may be written byte by byte (4.8.3): what an access leaves out keeps its value, in
    /// the status register by writing 0.
    fn write(&mut self, now: u64, offset: u64, size: u8, value: u64) {
        self.observe(now);
        let [a, b, c, d, ..] = value.to_le_bytes();
        for (at, byte) in (offset..).zip([a, b, c, d]).take(1 << size.min(2)) {
            let high = at & 1 != 0;
            let merge = |old: u16| {
                let [low, top] = old.to_le_bytes();
                u16::from_le_bytes(if high { [low, byte] } else { [byte, top] })
            };
            match at & !1 {
                0 => self.status &= !merge(0),
                2 => self.enable = merge(self.enable) & ENABLE_KEPT,
                4 => self.write_control(merge(self.control)),
                _ => {}
            }
        }
    }

    fn irq_levels(&self) -> u32 {
        u32::from(self.status & self.enable)
    }

    fn deadline(&self) -> Option<u64> {
        let waiting = self.enable & TMR != 0 && self.status & TMR == 0;
        let carry = u128::from((self.seen >> CARRY) + 1) << CARRY;
        waiting.then(|| u64::try_from((carry * NS_PER_S).div_ceil(FREQUENCY)).unwrap_or(u64::MAX))
    }

    fn tick(&mut self, now: u64) {
        self.observe(now);
    }

    fn take_power_request(&mut self) -> Option<PowerRequest> {
        self.asked.take()
    }

    fn reset(&mut self) {
        *self = AcpiPm { seen: self.seen, ..AcpiPm::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timer_runs_at_its_frequency_and_wraps_at_32_bits() {
        let mut d = AcpiPm::default();
        assert_eq!(d.read(1_000_000_000, 8, 2), 3_579_545);
        assert_eq!(d.read(1_000_000_000, 9, 0), 3_579_545 >> 8 & 0xff);
        let wrapped = d.read(2_000_000_000_000, 8, 2);
        assert_eq!(wrapped, 2000 * 3_579_545 - (1 << 32));
    }

    #[test]
    fn carry_interrupts_at_its_deadline() {
        let mut d = AcpiPm::default();
        assert_eq!(d.deadline(), None);
        d.write(5, 2, 1, 0xffff);
        assert_eq!(d.read(5, 2, 1), 0x721, "the events there are");
        let due = d.deadline().unwrap();
        assert_eq!(due, 599_932_015_941);
        d.tick(due - 1);
        assert_eq!(d.irq_levels(), 0);
        d.tick(due);
        assert_eq!((d.irq_levels(), d.deadline()), (1, None));
        d.write(due, 0, 0, 1);
        assert_eq!(d.irq_levels(), 0);
        assert!(d.deadline().unwrap() > due);
    }

    #[test]
    fn sleeping_is_off_for_s5_only() {
        // (offset, log2 of size, value) of each write.
        for (writes, off) in [
            (&[(4, 1, 0x3400)][..], true),
            (&[(4, 1, 0x1400)], false),
            (&[(4, 1, 0x2000)], false),
            // ACPICA writes the type first and then the enable.
            (&[(4, 1, 0x1400), (4, 1, 0x3400)], true),
            (&[(5, 0, 0x34)], true),
            (&[(2, 2, 0x3400_0000)], true),
        ] {
            let mut d = AcpiPm::default();
            writes.iter().for_each(|&(at, size, v)| d.write(0, at, size, v));
            assert_eq!(d.take_power_request(), off.then_some(PowerRequest::Off), "{writes:x?}");
            assert_eq!(d.read(0, 4, 1) & 0x2001, 1, "in ACPI mode; SLP_EN reads as 0");
        }
    }

    #[test]
    fn any_offset_and_size_is_harmless() {
        let mut d = AcpiPm::default();
        for offset in [0, 1, 7, 11, 15, 16, 1 << 62] {
            for size in 0..=3 {
                d.read(u64::MAX, offset, size);
                d.write(u64::MAX, offset, size, u64::MAX);
            }
        }
    }
}

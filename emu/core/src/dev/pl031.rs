//! PL031, Arm's real-time clock (PrimeCell Real Time Clock PL031 technical reference manual, DDI 0224).
//!
//! Seconds of guest time on top of a base the machine sets. The base is the wall clock, a
//! nondeterministic input that comes through replay.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Device;
use crate::state::{StateError, Stateful, Undigested, flag_as_u32};

/// Registers as in chapter 3 of the manual.
mod spec {
    pub const DR: u64 = 0x00;
    pub const MR: u64 = 0x04;
    pub const LR: u64 = 0x08;
    pub const CR: u64 = 0x0c;
    pub const IMSC: u64 = 0x10;
    pub const RIS: u64 = 0x14;
    pub const MIS: u64 = 0x18;
    pub const ICR: u64 = 0x1c;
    pub const ID: u64 = 0xfe0;
    /// RTCPeriphID0..3 and RTCPCellID0..3, a byte each.
    pub const IDS: [u8; 8] = [0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1];
    pub const NS_PER_S: u64 = 1_000_000_000;
}
use spec::*;

/// The device.
#[derive(Debug, Default)]
pub struct Pl031 {
    // Configuration: the counter when guest time is 0, at reset.
    base: u32,
    state: State,
}

/// What the guest can see.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Difference of the counter to guest seconds.
    offset: u32,
    load: u32,
    matched: u32,
    #[serde(with = "flag_as_u32")]
    imsc: bool,
    #[serde(with = "flag_as_u32")]
    ris: bool,
    /// Whether the match register has been set since it last matched.
    #[serde(with = "flag_as_u32")]
    armed: bool,
    /// Guest time of the last access or tick (ns), from which the deadline is reckoned.
    seen: Undigested<u64>,
}

impl Pl031 {
    /// A clock that shows `base` (seconds since 1970) at guest time 0.
    pub fn new(base: u32) -> Pl031 {
        Pl031 { base, state: State { offset: base, ..State::default() } }
    }

    fn seconds(now: u64) -> u32 {
        let [a, b, c, d, ..] = (now / NS_PER_S).to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    fn counter(&self, now: u64) -> u32 {
        Self::seconds(now).wrapping_add(self.state.offset)
    }

    fn observe(&mut self, now: u64) {
        *self.state.seen = now;
        if self.state.armed && self.counter(now) == self.state.matched {
            self.state.armed = false;
            self.state.ris = true;
        }
    }
}

impl Stateful for Pl031 {
    const NAME: &'static str = "pl031";
    type State = State;

    fn state(&self) -> Cow<'_, State> {
        Cow::Borrowed(&self.state)
    }

    fn set_state(&mut self, state: State) -> Result<(), StateError> {
        self.state = state;
        Ok(())
    }
}

impl Device for Pl031 {
    fn read(&mut self, now: u64, offset: u64, _size: u8) -> u64 {
        self.observe(now);
        let value = match offset {
            DR => self.counter(now),
            MR => self.state.matched,
            LR => self.state.load,
            CR => 1,
            IMSC => self.state.imsc.into(),
            RIS => self.state.ris.into(),
            MIS => (self.state.ris && self.state.imsc).into(),
            ID..0x1000 => {
                let n = usize::try_from((offset - ID) / 4).unwrap_or(0);
                IDS.get(n).copied().unwrap_or(0).into()
            }
            _ => 0,
        };
        value.into()
    }

    fn write(&mut self, now: u64, offset: u64, _size: u8, value: u64) {
        let [a, b, c, d, ..] = value.to_le_bytes();
        let v = u32::from_le_bytes([a, b, c, d]);
        match offset {
            MR => (self.state.matched, self.state.armed) = (v, true),
            LR => {
                self.state.load = v;
                self.state.offset = v.wrapping_sub(Self::seconds(now));
                self.state.armed = true;
            }
            IMSC => self.state.imsc = v & 1 != 0,
            ICR if v & 1 != 0 => self.state.ris = false,
            _ => {}
        }
        self.observe(now);
    }

    fn irq_levels(&self) -> u32 {
        (self.state.ris && self.state.imsc).into()
    }

    fn deadline(&self) -> Option<u64> {
        let wait = u64::from(self.state.matched.wrapping_sub(self.counter(*self.state.seen)));
        (self.state.armed && self.state.imsc)
            .then(|| (*self.state.seen / NS_PER_S + wait).saturating_mul(NS_PER_S))
    }

    fn tick(&mut self, now: u64) {
        self.observe(now);
    }

    fn reset(&mut self) {
        *self = Pl031::new(self.base);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_base_plus_guest_seconds() {
        let mut d = Pl031::new(1_700_000_000);
        assert_eq!(d.read(2_999_999_999, DR, 2), 1_700_000_002);
        d.write(3_000_000_000, LR, 2, 100);
        assert_eq!(d.read(5_000_000_000, DR, 2), 102);
        d.reset();
        assert_eq!(d.read(0, DR, 2), 1_700_000_000);
    }

    #[test]
    fn alarm_rises_at_its_deadline() {
        let mut d = Pl031::new(10);
        d.write(500, MR, 2, 12);
        assert_eq!(d.deadline(), None, "masked");
        d.write(500, IMSC, 2, 1);
        assert_eq!(d.deadline(), Some(2_000_000_000));
        d.tick(2_000_000_000);
        assert_eq!((d.irq_levels(), d.deadline()), (1, None));
        d.write(2_000_000_000, ICR, 2, 1);
        assert_eq!(d.irq_levels(), 0);
    }
}

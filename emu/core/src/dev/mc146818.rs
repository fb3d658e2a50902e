//! MC146818, a PC's real-time clock and battery-backed memory (Motorola MC146818A data sheet).
//!
//! Guest time on top of a base the machine sets. The base is the wall clock, a nondeterministic input
//! that comes through replay. Updates take no time, so that UIP is never seen; there are no
//! interrupts. Register 0x32 is the century, as on every PC.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike};
use serde::{Deserialize, Serialize};

use super::Device;
use crate::state::{StateError, Stateful};

/// Registers and bits as in the data sheet.
mod spec {
    /// Offset of the index register; data is the next one.
    pub const INDEX: u64 = 0;
    pub const SECONDS: u8 = 0;
    pub const MINUTES: u8 = 2;
    pub const HOURS: u8 = 4;
    pub const WEEKDAY: u8 = 6;
    pub const DAY: u8 = 7;
    pub const MONTH: u8 = 8;
    pub const YEAR: u8 = 9;
    pub const A: u8 = 0xa;
    pub const B: u8 = 0xb;
    pub const C: u8 = 0xc;
    pub const D: u8 = 0xd;
    pub const CENTURY: u8 = 0x32;
    /// Time base of 32.768 kHz, 1024 Hz.
    pub const A_RESET: u8 = 0x26;
    pub const A_UIP: u8 = 1 << 7;
    /// Updates stopped, for setting the time.
    pub const B_SET: u8 = 1 << 7;
    /// Binary, not BCD.
    pub const B_DM: u8 = 1 << 2;
    pub const B_24H: u8 = 1 << 1;
    /// Valid RAM and time.
    pub const D_VRT: u8 = 1 << 7;
    pub const PM: u8 = 1 << 7;
    /// Writing years of more than two digits counts the century up, so far.
    pub const YEAR_MAX: u32 = 99_999;
    /// More than any other field can hold: a byte, and 12 hours.
    pub const FIELD_MAX: u32 = 0xff + 12;
    pub const NS_PER_S: u64 = 1_000_000_000;
}
use spec::*;

/// Ports it answers at.
pub const PORTS: u16 = 2;
/// Index of the register of the century.
pub const CENTURY_INDEX: u8 = CENTURY;

/// Seconds, minutes, hours, day, month, year: binary, whatever the guest is shown.
type Fields = [u32; 6];

/// The device.
#[derive(Debug)]
pub struct Mc146818 {
    // Configuration: seconds since 1970 when guest time is 0, at reset.
    wall_clock: i64,
    state: State,
}

/// What the guest can see.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Seconds since 1970 when guest time is 0, after the guest has set the clock.
    base: i64,
    /// The time while updates are stopped.
    stopped: Option<Fields>,
    index: u8,
    /// Registers that are not the time.
    #[serde(with = "serde_bytes")]
    memory: [u8; 128],
}

impl Mc146818 {
    /// A clock that shows `wall_clock` (seconds since 1970) at guest time 0.
    pub fn new(wall_clock: u32) -> Mc146818 {
        let mut memory = [0; 128];
        memory[usize::from(A)] = A_RESET;
        memory[usize::from(B)] = B_24H;
        memory[usize::from(D)] = D_VRT;
        let wall_clock = wall_clock.into();
        Mc146818 { wall_clock, state: State { base: wall_clock, stopped: None, index: 0, memory } }
    }

    fn b(&self) -> u8 {
        self.state.memory[usize::from(B)]
    }

    fn guest_seconds(now: u64) -> i64 {
        i64::try_from(now / NS_PER_S).unwrap_or(i64::MAX)
    }

    fn fields(&self, now: u64) -> Fields {
        self.state.stopped.unwrap_or_else(|| {
            let seconds = self.state.base.saturating_add(Self::guest_seconds(now));
            let t = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
            let year = u32::try_from(t.year()).unwrap_or(0);
            [t.second(), t.minute(), t.hour(), t.day(), t.month(), year]
        })
    }

    /// Shows `fields` from now on. What is out of range counts on from the start of the year.
    fn set(&mut self, now: u64, [second, minute, hour, day, month, year]: Fields) {
        let year = i32::try_from(year).unwrap_or(0);
        let start = NaiveDate::from_ymd_opt(year, month.clamp(1, 12), 1).unwrap_or_default();
        let of_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        let since_start = TimeDelta::days(i64::from(day) - 1) + TimeDelta::seconds(of_day);
        let time = start.and_time(chrono::NaiveTime::MIN).checked_add_signed(since_start).unwrap_or_default();
        self.state.base = time.and_utc().timestamp() - Self::guest_seconds(now);
    }

    fn encode(&self, value: u32) -> u8 {
        let value = u8::try_from(value % 100).unwrap_or(0);
        if self.b() & B_DM != 0 { value } else { ((value / 10) << 4) | (value % 10) }
    }

    fn decode(&self, value: u8) -> u32 {
        if self.b() & B_DM != 0 { value.into() } else { u32::from(value >> 4) * 10 + u32::from(value & 0xf) }
    }

    fn encode_hour(&self, hour: u32) -> u8 {
        if self.b() & B_24H != 0 {
            return self.encode(hour);
        }
        self.encode((hour + 11) % 12 + 1) | if hour >= 12 { PM } else { 0 }
    }

    fn decode_hour(&self, value: u8) -> u32 {
        if self.b() & B_24H != 0 {
            return self.decode(value);
        }
        self.decode(value & !PM) % 12 + if value & PM != 0 { 12 } else { 0 }
    }

    fn read_data(&self, now: u64) -> u8 {
        let [second, minute, hour, day, month, year] = self.fields(now);
        match self.state.index {
            SECONDS => self.encode(second),
            MINUTES => self.encode(minute),
            HOURS => self.encode_hour(hour),
            WEEKDAY => {
                let year = i32::try_from(year).unwrap_or(0);
                let date = NaiveDate::from_ymd_opt(year, month, day);
                self.encode(date.map_or(1, |d| d.weekday().number_from_sunday()))
            }
            DAY => self.encode(day),
            MONTH => self.encode(month),
            YEAR => self.encode(year),
            CENTURY => self.encode(year / 100),
            other => self.state.memory[usize::from(other)],
        }
    }

    fn write_data(&mut self, now: u64, value: u8) {
        let mut fields = self.fields(now);
        let [second, minute, hour, day, month, year] = &mut fields;
        match self.state.index {
            SECONDS => *second = self.decode(value),
            MINUTES => *minute = self.decode(value),
            HOURS => *hour = self.decode_hour(value),
            WEEKDAY | C | D => return,
            DAY => *day = self.decode(value),
            MONTH => *month = self.decode(value),
            YEAR => *year = (*year / 100 * 100 + self.decode(value)).min(YEAR_MAX),
            CENTURY => *year = *year % 100 + self.decode(value) * 100,
            B => return self.write_b(now, value),
            A => return self.state.memory[usize::from(A)] = value & !A_UIP,
            other => return self.state.memory[usize::from(other)] = value,
        }
        match &mut self.state.stopped {
            Some(stopped) => *stopped = fields,
            None => self.set(now, fields),
        }
    }

    fn write_b(&mut self, now: u64, value: u8) {
        let fields = self.fields(now);
        self.state.memory[usize::from(B)] = value;
        if value & B_SET != 0 {
            self.state.stopped = Some(fields);
        } else if self.state.stopped.take().is_some() {
            self.set(now, fields);
        }
    }
}

impl Stateful for Mc146818 {
    const NAME: &'static str = "mc146818";
    type State = State;

    fn state(&self) -> Cow<'_, State> {
        Cow::Borrowed(&self.state)
    }

    fn set_state(&mut self, state: State) -> Result<(), StateError> {
        Self::ensure(
            usize::from(state.index) < state.memory.len(),
            "a register is selected that does not exist",
        )?;
        let fits = |[rest @ .., year]: Fields| year <= YEAR_MAX && rest.iter().all(|&f| f <= FIELD_MAX);
        Self::ensure(state.stopped.is_none_or(fits), "its time has fields out of range")?;
        self.state = state;
        Ok(())
    }
}

impl Device for Mc146818 {
    fn bus_width(&self) -> u8 {
        0
    }

    fn read(&mut self, now: u64, offset: u64, _size: u8) -> u64 {
        // The index cannot be read back on a PC.
        if offset == INDEX { u8::MAX.into() } else { self.read_data(now).into() }
    }

    fn write(&mut self, now: u64, offset: u64, _size: u8, value: u64) {
        let [value, ..] = value.to_le_bytes();
        // Bit 7 of the index masks NMI on a PC.
        if offset == INDEX { self.state.index = value & 0x7f } else { self.write_data(now, value) }
    }

    fn reset(&mut self) {
        *self = Mc146818::new(u32::try_from(self.wall_clock).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2023-11-14 22:13:20, a Tuesday.
    const BASE: u32 = 1_700_000_000;

    fn read(d: &mut Mc146818, now: u64, index: u8) -> u64 {
        d.write(now, 0, 0, u64::from(index) | 0x80);
        d.read(now, 1, 0)
    }

    fn write(d: &mut Mc146818, now: u64, index: u8, value: u8) {
        d.write(now, 0, 0, index.into());
        d.write(now, 1, 0, value.into());
    }

    #[test]
    fn shows_base_plus_guest_seconds() {
        let mut d = Mc146818::new(BASE);
        let time: Vec<u64> = [CENTURY, YEAR, MONTH, DAY, HOURS, MINUTES, SECONDS, WEEKDAY]
            .iter()
            .map(|&i| read(&mut d, 41 * NS_PER_S, i))
            .collect();
        assert_eq!(time, [0x20, 0x23, 0x11, 0x14, 0x22, 0x14, 0x01, 0x03]);
        assert_eq!(read(&mut d, 0, A) & 0x80, 0, "no update in progress");
        assert_eq!(read(&mut d, 0, D), 0x80);
    }

    #[test]
    fn hours_of_twelve_and_binary() {
        for (b, pm, midnight) in [(0, 0x90, 0x12), (B_DM, 0x8a, 0x0c), (B_DM | B_24H, 22, 0)] {
            let mut d = Mc146818::new(BASE);
            write(&mut d, 0, B, b);
            assert_eq!(read(&mut d, 0, HOURS), pm, "{b}");
            assert_eq!(read(&mut d, 2 * 3600 * NS_PER_S, HOURS), midnight, "{b}");
            write(&mut d, 0, HOURS, u8::try_from(pm).unwrap());
            assert_eq!(read(&mut d, 0, HOURS), pm, "{b}");
        }
    }

    #[test]
    fn time_is_set_while_updates_are_stopped() {
        let mut d = Mc146818::new(BASE);
        write(&mut d, 0, B, B_SET | B_24H);
        for (index, value) in [(SECONDS, 0x59), (MINUTES, 0x59), (HOURS, 0x23), (DAY, 0x28), (MONTH, 0x02)] {
            write(&mut d, 0, index, value);
        }
        assert_eq!(read(&mut d, 9 * NS_PER_S, SECONDS), 0x59, "stopped");
        write(&mut d, 9 * NS_PER_S, B, B_24H);
        assert_eq!((read(&mut d, 10 * NS_PER_S, MONTH), read(&mut d, 10 * NS_PER_S, DAY)), (3, 1));
    }

    #[test]
    fn nonsense_is_harmless() {
        let mut d = Mc146818::new(u32::MAX);
        for index in 0..=127 {
            for value in [0, 0x0f, 0x7f, 0xff] {
                write(&mut d, u64::MAX, index, value);
                read(&mut d, u64::MAX, index);
            }
        }
    }

    #[test]
    fn years_of_three_digits_count_up_to_an_end() {
        for b in [B_24H | B_DM, B_24H | B_DM | B_SET] {
            let mut d = Mc146818::new(BASE);
            write(&mut d, 0, B, b);
            for _ in 0..2000 {
                [(MONTH, 12), (DAY, 0xff), (YEAR, 0xff)].iter().for_each(|&(at, v)| write(&mut d, 0, at, v));
            }
            assert!(read(&mut d, 0, YEAR) < 100);
        }
    }

    #[test]
    fn the_rest_is_memory() {
        let mut d = Mc146818::new(0);
        write(&mut d, 0, 0x0f, 0x5a);
        assert_eq!(read(&mut d, 0, 0x0f), 0x5a);
    }
}

//! A port whose writing ends the machine with a status, as QEMU's `-device isa-debug-exit` does: writing
//! `v` ends with `v * 2 + 1`, so that no guest ends with 0 by accident.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Device, PowerRequest};
use crate::state::{StateError, Stateful};

/// Ports it answers at.
pub const PORTS: u16 = 4;

/// The device.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DebugExit {
    asked: Option<PowerRequest>,
}

impl Stateful for DebugExit {
    const NAME: &'static str = "debug-exit";
    type State = Self;

    fn state(&self) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    fn set_state(&mut self, state: Self) -> Result<(), StateError> {
        *self = state;
        Ok(())
    }
}

impl Device for DebugExit {
    fn bus_width(&self) -> u8 {
        2
    }

    fn read(&mut self, _now: u64, _offset: u64, _size: u8) -> u64 {
        0
    }

    fn write(&mut self, _now: u64, _offset: u64, size: u8, value: u64) {
        let [a, b, c, d, ..] = value.to_le_bytes();
        let value = match size {
            0 => a.into(),
            1 => u16::from_le_bytes([a, b]).into(),
            _ => u32::from_le_bytes([a, b, c, d]),
        };
        self.asked = Some(PowerRequest::Status(value << 1 | 1));
    }

    fn take_power_request(&mut self) -> Option<PowerRequest> {
        self.asked.take()
    }

    fn reset(&mut self) {
        self.asked = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_twice_the_value_and_one() {
        for (size, value, status) in [(0, 0x10, 33), (0, 0xabcd, 0x19b), (1, 0xabcd, 0x1_579b), (2, 0, 1)] {
            let mut d = DebugExit::default();
            d.write(0, 0, size, value);
            assert_eq!(d.take_power_request(), Some(PowerRequest::Status(status)));
            assert_eq!(d.take_power_request(), None);
        }
    }
}

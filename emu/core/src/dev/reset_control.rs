//! Reset control register of PC chipsets (Intel ICH family datasheets, "RST_CNT"; port 0xcf9 on a PC):
//! one byte whose bit 2 resets.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Device, PowerRequest};
use crate::state::{StateError, Stateful};

/// RST_CPU: resets at once, whichever kind of reset bits 1 and 3 choose.
const RST_CPU: u8 = 1 << 2;
/// SYS_RST and FULL_RST, which are kept.
const KEPT: u8 = 1 << 1 | 1 << 3;

/// The device.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ResetControl {
    kept: u8,
    asked: Option<PowerRequest>,
}

impl Stateful for ResetControl {
    const NAME: &'static str = "reset-control";
    type State = Self;

    fn state(&self) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    fn set_state(&mut self, state: Self) -> Result<(), StateError> {
        Self::ensure(state.kept & !KEPT == 0, "bits are set that it does not have")?;
        *self = state;
        Ok(())
    }
}

impl Device for ResetControl {
    fn bus_width(&self) -> u8 {
        0
    }

    fn read(&mut self, _now: u64, _offset: u64, _size: u8) -> u64 {
        self.kept.into()
    }

    fn write(&mut self, _now: u64, _offset: u64, _size: u8, value: u64) {
        let [value, ..] = value.to_le_bytes();
        self.kept = value & KEPT;
        if value & RST_CPU != 0 {
            self.asked = Some(PowerRequest::Reset);
        }
    }

    fn take_power_request(&mut self) -> Option<PowerRequest> {
        self.asked.take()
    }

    fn reset(&mut self) {
        *self = ResetControl::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_2_resets() {
        for (value, resets) in [(6, true), (0xe, true), (4, true), (2, false), (0xff & !4, false)] {
            let mut d = ResetControl::default();
            d.write(0, 0, 0, value);
            assert_eq!(d.take_power_request(), resets.then_some(PowerRequest::Reset), "{value:#x}");
            assert_eq!(d.read(0, 0, 0), value & 0xa);
        }
    }
}

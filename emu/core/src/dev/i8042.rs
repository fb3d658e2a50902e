//! i8042, a PC's keyboard controller, of which only the command that resets the CPU is there:
//! vm-superio's. Register 0 is data (port 0x60 on a PC), register 4 is command and status (0x64).

use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;

use vm_superio::{I8042Device, Trigger};

use super::{Device, PowerRequest};
use crate::state::{StateError, Stateful};

/// Offset of the command and status register.
pub const COMMAND: u64 = 4;

/// Notes the command until it is taken.
#[derive(Debug, Default)]
struct Asked(Cell<bool>);

impl Trigger for Asked {
    type E = Infallible;

    fn trigger(&self) -> Result<(), Infallible> {
        self.0.set(true);
        Ok(())
    }
}

/// The device.
#[derive(Debug)]
pub struct I8042(I8042Device<Asked>);

impl Default for I8042 {
    fn default() -> Self {
        I8042(I8042Device::new(Asked::default()))
    }
}

/// The state is whether a reset has been asked for; vm-superio's device has none of its own.
impl Stateful for I8042 {
    const NAME: &'static str = "i8042";
    type State = bool;

    fn state(&self) -> Cow<'_, bool> {
        Cow::Owned(self.0.reset_evt().0.get())
    }

    fn set_state(&mut self, asked: bool) -> Result<(), StateError> {
        self.0.reset_evt().0.set(asked);
        Ok(())
    }
}

impl Device for I8042 {
    fn bus_width(&self) -> u8 {
        0
    }

    fn read(&mut self, _now: u64, offset: u64, _size: u8) -> u64 {
        u8::try_from(offset).map_or(0, |offset| self.0.read(offset)).into()
    }

    fn write(&mut self, _now: u64, offset: u64, _size: u8, value: u64) {
        let [value, ..] = value.to_le_bytes();
        if let Ok(offset) = u8::try_from(offset) {
            let Ok(()) = self.0.write(offset, value);
        }
    }

    fn take_power_request(&mut self) -> Option<PowerRequest> {
        self.0.reset_evt().0.take().then_some(PowerRequest::Reset)
    }

    fn reset(&mut self) {
        *self = I8042::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_fe_resets() {
        let mut d = I8042::default();
        for (offset, value, resets) in [(4, 0xfe, true), (0, 0xfe, false), (4, 0xd1, false), (4, 0x1fe, true)]
        {
            d.write(0, offset, 0, value);
            assert_eq!(d.take_power_request().is_some(), resets, "{offset} {value:#x}");
        }
        assert_eq!(d.read(0, COMMAND, 0) & 2, 0, "ready for a command");
    }
}

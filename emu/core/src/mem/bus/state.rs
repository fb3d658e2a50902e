//! State of the bus: every device's, and what lies between them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Bus, Console};
use crate::dev::PowerRequest;
use crate::state::{StateError, decode, encode, fingerprint};

/// Name of the part in errors.
const NAME: &str = "the bus";

/// What the bus keeps of a device.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SlotState {
    /// Levels forwarded last.
    pub levels: u32,
    /// Input that has not fitted yet.
    pub backlog: VecDeque<u8>,
}

/// The bus as it is saved.
///
/// Not in it, because it is spent before anybody can save: the deadline of the device touched last, and
/// writes to guest memory that engines have not been told of.
#[derive(Serialize, Deserialize)]
struct BusState {
    /// Name, the bus's part, the device's part of each device, in the order they were added.
    slots: Vec<(String, SlotState, ByteBuf)>,
    power: Option<PowerRequest>,
    console: Console,
}

fn impossible(what: impl Into<String>) -> StateError {
    StateError::Impossible { part: NAME.into(), what: what.into() }
}

impl Bus {
    /// State of all devices and of what lies between them, output that nobody has taken included.
    pub fn save(&self) -> Result<Vec<u8>, StateError> {
        let slots = self
            .slots
            .iter()
            .map(|s| Ok((s.device.name().to_owned(), s.state.clone(), ByteBuf::from(s.device.save()?))));
        let slots = slots.collect::<Result<_, StateError>>()?;
        encode(NAME, &BusState { slots, power: self.power, console: self.console.clone() })
    }

    /// Goes on from what [`Bus::save`] has returned on a bus with the same devices; on an error nothing
    /// has changed.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let BusState { slots, power, console } = decode(NAME, bytes)?;
        let ours = self.slots.iter().map(|s| s.device.name());
        if !ours.eq(slots.iter().map(|(name, ..)| name.as_str())) {
            return Err(impossible("it is of a machine with other devices"));
        }
        console.check()?;
        self.restore_devices(&slots)?;
        for (slot, (_, state, _)) in self.slots.iter_mut().zip(slots) {
            slot.state = state;
        }
        (self.power, self.console) = (power, console);
        (self.touched, self.written) = (None, Vec::new());
        // Devices may have come back with output.
        self.touched_serial = true;
        Ok(())
    }

    /// Restores all devices or none.
    fn restore_devices(&mut self, slots: &[(String, SlotState, ByteBuf)]) -> Result<(), StateError> {
        let mut before = Vec::new();
        for (slot, (_, _, bytes)) in self.slots.iter_mut().zip(slots) {
            let restored = slot.device.save().and_then(|old| slot.device.restore(bytes).map(|()| old));
            match restored {
                Ok(old) => before.push(old),
                Err(e) => {
                    // What a device has just saved, it takes.
                    self.slots.iter_mut().zip(&before).for_each(|(s, old)| drop(s.device.restore(old)));
                    return Err(e);
                }
            }
        }
        Ok(())
    }

    /// Appends all devices' state, in the order they were added.
    pub fn digest(&self, out: &mut Vec<u8>) {
        for slot in &self.slots {
            out.extend_from_slice(slot.device.name().as_bytes());
            fingerprint(&slot.state, out);
            slot.device.digest(out);
        }
    }
}

impl Console {
    /// An error unless pushing bytes can have led to this.
    fn check(&self) -> Result<(), StateError> {
        let starts: Vec<usize> = self.marks.iter().map(|&(start, ..)| start).collect();
        let inside = starts.last().is_none_or(|&last| last < self.bytes.len());
        if self.bytes.len() > Console::LIMIT || !inside || !starts.is_sorted_by(|a, b| a < b) {
            return Err(impossible("its console output has lines that cannot be"));
        }
        Ok(())
    }
}

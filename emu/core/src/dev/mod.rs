//! Devices. A device is one file named after its chip; it never knows the CPU, the engine, the
//! board's addresses, host time or host randomness.

pub mod acpi_pm;
pub mod debug_exit;
pub mod generic_timer;
pub mod gicv2;
pub mod i8042;
pub mod irq;
pub mod mc146818;
pub mod ns16550;
pub mod pl011;
pub mod pl031;
pub mod reset_control;
#[cfg(test)]
mod state_tests;
pub mod virtio;

use serde::{Deserialize, Serialize};

use crate::state::Saved;
pub use irq::{CpuLines, IrqController};

/// The guest asks for the machine to stop or start anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PowerRequest {
    /// Power off.
    Off,
    /// Reset.
    Reset,
    /// End with a status.
    Status(u32),
}

/// A device in memory or at I/O ports; it does not know which. Registers are accessed with 1, 2, 4 or
/// 8 bytes, but never with more than [`Device::bus_width`] says; an offset or size the
/// device does not have reads as zero and ignores writes, and is never an error: the guest is hostile.
/// What the guest sees of it, the device declares as [`crate::state::Stateful`].
pub trait Device: Saved + Send {
    /// log2 of the bytes the device takes at once. The bus makes wider accesses of several, from the
    /// lowest address, as a PC does for 8-bit devices.
    fn bus_width(&self) -> u8 {
        3
    }
    /// Reads `1 << size` bytes at `offset` from the device's base; `now` is guest time in ns.
    fn read(&mut self, now: u64, offset: u64, size: u8) -> u64;
    /// Writes the low `1 << size` bytes of `value`.
    fn write(&mut self, now: u64, offset: u64, size: u8, value: u64);
    /// Levels of the device's interrupt outputs, bit by bit. A pure function of its state; the bus
    /// reads it after each access, input and tick and forwards what changed.
    fn irq_levels(&self) -> u32 {
        0
    }
    /// Guest time (ns) of the next thing the device does by itself.
    fn deadline(&self) -> Option<u64> {
        None
    }
    /// Called when guest time has reached the deadline.
    fn tick(&mut self, _now: u64) {}
    /// Power-on state.
    fn reset(&mut self);
    /// What the last access has asked of the machine; the bus takes it after each access and tick.
    fn take_power_request(&mut self) -> Option<PowerRequest> {
        None
    }
    /// The device as a character device.
    fn as_serial(&mut self) -> Option<&mut dyn Serial> {
        None
    }
    /// The device as a set of byte ports.
    fn as_ports(&mut self) -> Option<&mut dyn Ports> {
        None
    }
    /// What the device itself has written to guest memory since the last call, as (physical address,
    /// bytes); the bus takes it after each access, input and tick.
    fn take_written(&mut self) -> Vec<(u64, u64)> {
        Vec::new()
    }
    /// The device as an interrupt controller.
    fn as_irq_controller(&mut self) -> Option<&mut dyn IrqController> {
        None
    }
}

/// A device that carries bytes to and from the outside.
pub trait Serial {
    /// Takes what the guest has written since the last call.
    fn take_output(&mut self) -> Vec<u8>;
    /// Offers input; returns how many bytes fitted.
    fn input(&mut self, bytes: &[u8]) -> usize;
    /// Output from elsewhere that shares the line: semihosting.
    fn inject_output(&mut self, bytes: &[u8]);
    /// Takes the next byte of input away from the guest's driver: semihosting shares the line.
    fn divert_input(&mut self) -> Option<u8>;
}

/// A device with byte ports that have names. Ports are numbered in the order of their names.
pub trait Ports {
    /// Names.
    fn names(&self) -> Vec<String>;
    /// What the guest has written to a port and nobody has taken.
    fn output(&self, port: usize) -> &[u8];
    /// The outside has taken the first `len` bytes of that: the guest may go on.
    fn taken(&mut self, port: usize, len: usize);
    /// How many bytes the guest has buffers for now, counted up to `limit`.
    fn room(&mut self, port: usize, limit: usize) -> usize;
    /// Gives input, not more than there is room for: the rest is lost.
    fn input(&mut self, port: usize, bytes: &[u8]);
    /// Somebody outside has connected to the port, or gone.
    fn set_host_open(&mut self, port: usize, open: bool);
    /// Whether the guest has the port open.
    fn is_guest_open(&self, port: usize) -> bool;
    /// How often the guest has opened the port: whoever looks now and then sees a close and an open between
    /// two looks by that only.
    fn opening(&self, port: usize) -> Opening;
}

/// The guest's last opening of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Its number, from 1; 0 when the guest has never opened the port.
    pub number: u64,
    /// Bytes at the front of [`Ports::output`] that the guest wrote before it.
    pub before: usize,
}

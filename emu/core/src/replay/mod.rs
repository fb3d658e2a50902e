//! The one door for everything that does not follow from the guest's own execution.
//!
//! Each input is stamped with the instruction count and the guest time at which it took effect; a
//! run with the same origin and the same inputs at the same stamps is the same run. What guests
//! put out is not recorded, and nothing that follows from instruction-count time.

mod door;
pub mod log;

use serde::{Deserialize, Serialize};

pub(crate) use door::{Door, Position, Tape};
pub use log::{Log, LogError};

/// Values that come from outside before the first instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// Wall clock at guest time 0, in seconds since 1970: what a real-time clock starts from.
    pub wall_clock: u64,
    /// Entropy for seeds that firmware gives to the guest.
    pub entropy: [u8; 32],
}

/// A position in a run. Instructions alone do not tell: time goes on while all CPUs wait.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Stamp {
    /// Instructions retired by all CPUs.
    pub insns: u64,
    /// Guest time in ns.
    pub ns: u64,
}

/// Something from outside that the guest can see. New kinds are added at the end (the format
/// numbers them).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Input {
    /// Bytes typed into the `port`th character device.
    Serial {
        /// Number of the device, in the board's order.
        port: usize,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A debugger or the harness writes physical memory.
    PokeMemory {
        /// Physical address.
        pa: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A debugger or the harness writes a register.
    PokeRegister {
        /// CPU number.
        cpu: usize,
        /// Which.
        register: Register,
        /// New value; narrower registers take the low bits.
        value: u64,
    },
    /// The machine is reset from outside.
    Reset,
    /// Bytes for the `port`th byte port, no more than the guest has room for. Since format 1.1.
    Port {
        /// Number of the port, in the board's order.
        port: usize,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Somebody outside connects to a byte port, or goes. Since format 1.1.
    PortOpen {
        /// Number of the port, in the board's order.
        port: usize,
        /// Connects.
        open: bool,
    },
    /// The outside has taken output of a byte port, which gives the guest room for more. Since format 1.1.
    PortTaken {
        /// Number of the port, in the board's order.
        port: usize,
        /// Bytes.
        len: usize,
    },
}

/// A register that can be read and written from outside, of any guest. Recordings number the kinds:
/// new ones are added at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Register {
    /// A general register by the guest's number; of AArch64, 31 is the stack pointer in force.
    General(u8),
    /// The program counter.
    Pc,
    /// The flags, packed as the guest has them.
    Flags,
    /// Low half of a vector register.
    VectorLow(u8),
    /// High half of a vector register.
    VectorHigh(u8),
}

/// An input and when it took effect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Stamp,
    /// What.
    pub input: Input,
}

//! The debugger's door: reading is free, writing goes through [`Machine::input`].

use super::Machine;
use crate::replay::{Input, Register};

impl Machine {
    /// Reads a register; 0 for one that does not exist.
    pub fn read_register(&self, cpu: usize, register: Register) -> u64 {
        let Some(v) = self.cpu(cpu) else { return 0 };
        let c = &v.cpu;
        let half = |n: u8, shift: u32| c.v.get(usize::from(n)).map_or(0, |q| low(q >> shift));
        match register {
            Register::X(n) => c.x.get(usize::from(n)).copied().unwrap_or(0),
            Register::Pc => c.pc,
            Register::Nzcv => c.nzcv.into(),
            Register::VLow(n) => half(n, 0),
            Register::VHigh(n) => half(n, 64),
        }
    }

    /// Reads physical memory without side effects; false where not all of it is memory.
    pub fn peek(&self, pa: u64, out: &mut [u8]) -> bool {
        self.system().peek(pa, out)
    }

    /// Writes physical memory; recorded. False while a recording is played.
    pub fn poke(&mut self, pa: u64, bytes: &[u8]) -> bool {
        self.input(&Input::PokeMemory { pa, bytes: bytes.to_vec() })
    }

    pub(super) fn write_register(&mut self, cpu: usize, register: Register, value: u64) {
        let Some(v) = self.cpu_mut(cpu) else { return };
        let c = &mut v.cpu;
        match register {
            Register::X(n) => {
                if let Some(x) = c.x.get_mut(usize::from(n)) {
                    *x = value;
                }
            }
            Register::Pc => v.set_pc(value),
            Register::Nzcv => c.nzcv = u32::from(value.to_le_bytes()[0] & 15),
            Register::VLow(n) => {
                if let Some(q) = c.v.get_mut(usize::from(n)) {
                    *q = *q >> 64 << 64 | u128::from(value);
                }
            }
            Register::VHigh(n) => {
                if let Some(q) = c.v.get_mut(usize::from(n)) {
                    *q = u128::from(low(*q)) | u128::from(value) << 64;
                }
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn low(v: u128) -> u64 {
    v as u64
}

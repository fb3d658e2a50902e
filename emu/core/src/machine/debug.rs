//! The debugger's door: reading is free, writing goes through [`Machine::input`].

use super::Machine;
use crate::isa::{Access, Isa, Registers as _};
use crate::replay::{Input, Register};

impl<I: Isa> Machine<I> {
    /// Reads a register; 0 for one that does not exist.
    pub fn read_register(&self, cpu: usize, register: Register) -> u64 {
        self.cpu(cpu).map_or(0, |v| I::register(&v.cpu, register))
    }

    /// Registers of a CPU as they are shown to people: name and value, in the manual's order.
    pub fn registers(&self, cpu: usize) -> Vec<(String, u128)> {
        let Some(v) = self.cpu(cpu) else { return Vec::new() };
        I::register_names().into_iter().zip(I::register_values(&v.cpu)).collect()
    }

    /// PC of a CPU; 0 for one that does not exist.
    pub fn pc(&self, cpu: usize) -> u64 {
        self.cpu(cpu).map_or(0, |v| v.cpu.pc())
    }

    /// The instruction at a virtual address as CPU number `cpu` maps it: its text and bytes. `None` where
    /// nothing is mapped.
    pub fn disassemble(&self, cpu: usize, va: u64) -> Option<(String, Vec<u8>)> {
        let mut code: Vec<u8> =
            (0..I::MAX_LEN as u64).map_while(|n| self.code_byte(cpu, va.wrapping_add(n))).collect();
        let (text, len) = I::disassemble(&code, va)?;
        code.truncate(len);
        Some((text, code))
    }

    fn code_byte(&self, cpu: usize, va: u64) -> Option<u8> {
        let cpu = &self.cpu(cpu)?.cpu;
        let ram = &self.system().ram;
        let access = Access::Read;
        let pa = I::translate(ram, cpu, va, I::mode(cpu), access, false).ok()?.pa;
        let mut byte = [0];
        ram.read(pa, &mut byte).then_some(byte[0])
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
        match register {
            Register::Pc => v.set_pc(value),
            _ => I::set_register(&mut v.cpu, register, value),
        }
    }
}

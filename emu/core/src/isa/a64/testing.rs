//! A CPU with flat memory and nothing else: for unit tests, generated cases, the differential check
//! and fuzzing.
//!
//! No MMU, no devices, no interrupts: what memory there is says [`FlatMemory`], everything outside
//! is a data abort, alignment is checked only where an access demands it always.

use std::ops::{Deref, DerefMut};

use super::cpu::{Cpu, Fault, Monitor};
use super::{A64, Insn, decode, exc, helper, table};
use crate::emit::step::{GuestCpu, Step, extend, rmw_value};
use crate::emit::{Helper, MemOp, Reg, Res, Rmw, Trap, VReg};
use crate::isa::Isa as _;
use crate::soft::fp::FpEnv;

/// Memory of a [`FlatCpu`]. Errors are the address that cannot be accessed.
pub trait FlatMemory {
    /// Copies the bytes at `addr`.
    fn read(&self, addr: u64, out: &mut [u8]) -> Result<(), u64>;
    /// Whether the `len` bytes at `addr` may be written.
    fn writable(&self, addr: u64, len: u64) -> Result<(), u64>;
    /// Writes bytes that are [`writable`](FlatMemory::writable).
    fn write(&mut self, addr: u64, bytes: &[u8]);
}

/// One piece of memory; it is used as the bytes it consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Linear {
    /// Address of the first byte.
    pub base: u64,
    bytes: Vec<u8>,
}

impl Linear {
    #[inline(always)]
    fn offset(&self, addr: u64, len: usize) -> Result<usize, u64> {
        let offset = addr.checked_sub(self.base).and_then(|o| usize::try_from(o).ok());
        let fits = |o: &usize| o.checked_add(len).is_some_and(|end| end <= self.bytes.len());
        offset.filter(fits).ok_or(addr)
    }
}

impl Deref for Linear {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Linear {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl FlatMemory for Linear {
    #[inline(always)]
    fn read(&self, addr: u64, out: &mut [u8]) -> Result<(), u64> {
        let at = self.offset(addr, out.len())?;
        out.copy_from_slice(&self.bytes[at..at + out.len()]);
        Ok(())
    }
    fn writable(&self, addr: u64, len: u64) -> Result<(), u64> {
        self.offset(addr, usize::try_from(len).map_err(|_| addr)?).map(|_| ())
    }
    fn write(&mut self, addr: u64, bytes: &[u8]) {
        if let Ok(at) = self.offset(addr, bytes.len()) {
            self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
}

/// See the module text.
#[derive(Clone, Debug)]
pub struct FlatCpu<M = Linear> {
    /// Registers.
    pub cpu: Cpu,
    /// Memory.
    pub mem: M,
    /// Where execution goes on.
    pub next_pc: u64,
    /// WFI or WFE was executed.
    pub waiting: bool,
}

impl FlatCpu {
    /// A CPU at EL1 with FP enabled, all registers 0, PC at `base`, `size` bytes of zeros.
    pub fn new(base: u64, size: usize) -> FlatCpu {
        let mut flat = FlatCpu::with(Linear { base, bytes: vec![0; size] });
        flat.cpu.pc = base;
        flat
    }

    /// Executes the words in the order given, each at the current PC: branches change the PC but
    /// not what is executed next. Stops at the first trap.
    pub fn run(&mut self, words: &[u32]) -> Result<(), Trap> {
        words.iter().try_for_each(|&w| self.step(w))
    }

    /// Executes one word at the current PC.
    pub fn step(&mut self, word: u32) -> Result<(), Trap> {
        self.execute(&decode::decode(word))?;
        self.cpu.pc = self.next_pc;
        Ok(())
    }
}

impl<M: FlatMemory> FlatCpu<M> {
    /// A CPU at EL1 with FP enabled, all registers 0.
    pub fn with(mem: M) -> FlatCpu<M> {
        let mut cpu = Cpu::zeroed();
        cpu.pstate.el = 1;
        cpu.pstate.sp_sel = 1;
        cpu.fp_enabled = 1;
        FlatCpu { cpu, mem, next_pc: 0, waiting: false }
    }

    /// Executes an instruction at the current PC, which stays: `next_pc` is where to go on.
    pub fn execute(&mut self, insn: &Insn) -> Result<(), Trap> {
        self.next_pc = self.cpu.pc.wrapping_add(4);
        handler(insn.row)(&mut Step(self), insn)
    }

    /// A data abort at the address an access has stopped at.
    #[inline(always)]
    fn access<T>(&mut self, result: Result<T, u64>) -> Result<T, Trap> {
        result.map_err(|addr| {
            self.cpu.fault = Fault { addr, iss: 0 };
            exc::DATA_ABORT
        })
    }

    #[inline(always)]
    fn check_alignment(&mut self, m: MemOp, addr: u64) -> Res {
        if m.aligned && addr & ((1 << m.align) - 1) != 0 {
            self.cpu.fault = Fault { addr, iss: 0x21 };
            return Err(exc::DATA_ABORT);
        }
        Ok(())
    }

    #[inline(always)]
    fn read(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        self.check_alignment(m, addr)?;
        let mut b = [0; 16];
        let read = self.mem.read(addr, &mut b[..1 << m.size]);
        self.access(read)?;
        Ok(u128::from_le_bytes(b))
    }

    #[inline(always)]
    fn write(&mut self, m: MemOp, addr: u64, v: u128) -> Res {
        self.probe(m, addr, 1 << m.size)?;
        self.mem.write(addr, &v.to_le_bytes()[..1 << m.size]);
        Ok(())
    }

    #[inline(always)]
    fn probe(&mut self, m: MemOp, addr: u64, len: u64) -> Res {
        self.check_alignment(m, addr)?;
        let writable = self.mem.writable(addr, len);
        self.access(writable)
    }
}

/// Semantics of row `row` on a borrowed [`FlatCpu`].
fn handler<'a, M: FlatMemory>(row: u16) -> table::Handler<Step<&'a mut FlatCpu<M>>> {
    let all = const { &table::handlers::<Step<&'a mut FlatCpu<M>>>() };
    all[usize::from(row)]
}

#[expect(clippy::cast_possible_truncation, reason = "the value is in the low bits")]
fn low(v: u128) -> u64 {
    v as u64
}

impl<M: FlatMemory> GuestCpu for &mut FlatCpu<M> {
    fn reg(&self, r: Reg) -> u64 {
        self.cpu.x[usize::from(r.0 & 31)]
    }
    fn set_reg(&mut self, r: Reg, v: u64) {
        self.cpu.x[usize::from(r.0 & 31)] = v;
    }
    fn q(&self, r: VReg) -> u128 {
        self.cpu.v[usize::from(r.0 & 31)]
    }
    fn set_q(&mut self, r: VReg, v: u128) {
        self.cpu.v[usize::from(r.0 & 31)] = v;
    }
    fn pc(&self) -> u64 {
        self.cpu.pc
    }
    fn next_pc(&self) -> u64 {
        self.next_pc
    }
    fn set_next_pc(&mut self, pc: u64) {
        self.next_pc = pc;
    }
    fn nzcv(&self) -> u32 {
        self.cpu.nzcv
    }
    fn set_nzcv(&mut self, v: u32) {
        self.cpu.nzcv = v;
    }
    fn fp(&mut self) -> &mut FpEnv {
        &mut self.cpu.fp
    }
    fn load(&mut self, m: MemOp, addr: u64) -> Result<u64, Trap> {
        self.read(m, addr).map(low)
    }
    fn store(&mut self, m: MemOp, addr: u64, v: u64) -> Res {
        self.write(m, addr, v.into())
    }
    fn loadq(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        self.read(m, addr)
    }
    fn storeq(&mut self, m: MemOp, addr: u64, v: u128) -> Res {
        self.write(m, addr, v)
    }
    fn rmw(&mut self, op: Rmw, m: MemOp, addr: u64, v: u64) -> Result<u64, Trap> {
        let old = low(self.read(m, addr)?);
        let v = extend(8 << m.size, false, v);
        self.write(m, addr, rmw_value(op, m.size, old, v).into())?;
        Ok(old)
    }
    fn cas(&mut self, m: MemOp, addr: u64, expected: u64, new: u64) -> Result<u64, Trap> {
        let expected = extend(8 << m.size, false, expected);
        self.casq(m, addr, expected.into(), new.into()).map(low)
    }
    fn casq(&mut self, m: MemOp, addr: u64, expected: u128, new: u128) -> Result<u128, Trap> {
        self.probe(m, addr, 1 << m.size)?;
        let old = self.read(m, addr)?;
        if old == expected {
            self.write(m, addr, new)?;
        }
        Ok(old)
    }
    fn load_exclusive(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        let value = self.read(m, addr)?;
        self.cpu.monitor = Monitor { armed: true, size: m.size, addr, value };
        Ok(value)
    }
    /// As the machine does: alignment, then the monitor, then the address.
    fn store_exclusive(&mut self, m: MemOp, addr: u64, v: u128) -> Result<u64, Trap> {
        self.check_alignment(m, addr)?;
        let held = self.cpu.monitor;
        if !(held.armed && held.addr == addr && held.size == m.size) {
            self.cpu.monitor.armed = false;
            return Ok(1);
        }
        self.probe(m, addr, 1 << m.size)?;
        let won = self.read(m, addr)? == held.value;
        if won {
            self.write(m, addr, v)?;
        }
        self.cpu.monitor.armed = false;
        Ok(u64::from(!won))
    }
    fn probe_store(&mut self, m: MemOp, addr: u64, bytes: u8) -> Res {
        self.probe(m, addr, bytes.into())
    }
    fn sp_access(&mut self) -> Res {
        A64::sp_access(&self.cpu)
    }
    fn fp_access(&mut self) -> Res {
        A64::fp_access(&self.cpu)
    }
    fn helper(&mut self, h: Helper, a: [u64; 3]) -> Result<u64, Trap> {
        helper::helper(&mut self.cpu, h, a)
    }
    fn helperq(&mut self, h: Helper, a: [u128; 3], imm: u64) -> u128 {
        helper::helperq(h, a, imm)
    }
    fn wait(&mut self) {
        self.waiting = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_words() {
        let mut c = FlatCpu::new(0x1000, 0x1000);
        c.cpu.x[1] = 5;
        c.run(&[0x9100_0420]).unwrap(); // add x0, x1, #1
        assert_eq!((c.cpu.x[0], c.cpu.pc), (6, 0x1004));
        assert_eq!(c.run(&[0]), Err(exc::UNDEFINED));
        assert_eq!(c.cpu.pc, 0x1004);
    }
}

//! A CPU with flat memory and nothing else: for unit tests, generated cases and fuzzing.
//!
//! No MMU, no devices, no interrupts: addresses are offsets from a base, everything outside is a
//! data abort, alignment is checked only where an access demands it always.

use super::cpu::{Cpu, Fault, Monitor};
use super::{decode, exc, helper, table};
use crate::emit::step::{GuestCpu, Step, rmw_value};
use crate::emit::{Helper, MemOp, Reg, Res, Rmw, Trap, VReg};
use crate::soft::fp::FpEnv;

/// See the module text.
#[derive(Clone, Debug)]
pub struct FlatCpu {
    /// Registers.
    pub cpu: Cpu,
    /// Memory from `base` up.
    pub mem: Vec<u8>,
    /// Address of `mem[0]`.
    pub base: u64,
    /// Where execution goes on.
    pub next_pc: u64,
    /// WFI or WFE was executed.
    pub waiting: bool,
}

impl FlatCpu {
    /// A CPU at EL1 with FP enabled, all registers 0, PC at `base`, `size` bytes of zeros.
    pub fn new(base: u64, size: usize) -> FlatCpu {
        let mut cpu = Cpu::zeroed();
        cpu.pstate.el = 1;
        cpu.pstate.sp_sel = 1;
        cpu.fp_enabled = 1;
        cpu.pc = base;
        FlatCpu { cpu, mem: vec![0; size], base, next_pc: base, waiting: false }
    }

    /// Executes the words in the order given, each at the current PC: branches change the PC but
    /// not what is executed next. Stops at the first trap.
    pub fn run(&mut self, words: &[u32]) -> Result<(), Trap> {
        words.iter().try_for_each(|&w| self.step(w))
    }

    /// Executes one word at the current PC.
    pub fn step(&mut self, word: u32) -> Result<(), Trap> {
        self.next_pc = self.cpu.pc.wrapping_add(4);
        let insn = decode::decode(word);
        let mut step = Step(&mut *self);
        handler(insn.row)(&mut step, &insn)?;
        self.cpu.pc = self.next_pc;
        Ok(())
    }

    /// The `len` bytes at `addr`.
    fn slice(&mut self, addr: u64, len: usize) -> Result<&mut [u8], Trap> {
        let cut = addr
            .checked_sub(self.base)
            .and_then(|o| usize::try_from(o).ok())
            .and_then(|o| Some(o..o.checked_add(len)?));
        match cut.and_then(|r| self.mem.get_mut(r)) {
            Some(s) => Ok(s),
            None => {
                self.cpu.fault = Fault { addr, iss: 0 };
                Err(exc::DATA_ABORT)
            }
        }
    }

    fn check_alignment(&mut self, m: MemOp, addr: u64) -> Res {
        if m.aligned && addr & ((1 << m.align) - 1) != 0 {
            self.cpu.fault = Fault { addr, iss: 0x21 };
            return Err(exc::DATA_ABORT);
        }
        Ok(())
    }

    fn read(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        let len = 1usize << m.size;
        self.check_alignment(m, addr)?;
        let mut b = [0; 16];
        b[..len].copy_from_slice(self.slice(addr, len)?);
        Ok(u128::from_le_bytes(b))
    }

    fn write(&mut self, m: MemOp, addr: u64, v: u128) -> Res {
        let len = 1usize << m.size;
        self.read(m, addr)?;
        self.slice(addr, len)?.copy_from_slice(&v.to_le_bytes()[..len]);
        Ok(())
    }
}

/// Semantics of row `row` on a borrowed [`FlatCpu`].
fn handler<'a>(row: u16) -> table::Handler<Step<&'a mut FlatCpu>> {
    let all = const { &table::handlers::<Step<&'a mut FlatCpu>>() };
    all[usize::from(row)]
}

#[expect(clippy::cast_possible_truncation, reason = "the value is in the low bits")]
fn low(v: u128) -> u64 {
    v as u64
}

impl GuestCpu for &mut FlatCpu {
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
        let v = crate::emit::step::extend(8 << m.size, false, v);
        self.write(m, addr, rmw_value(op, m.size, old, v).into())?;
        Ok(old)
    }
    fn cas(&mut self, m: MemOp, addr: u64, expected: u64, new: u64) -> Result<u64, Trap> {
        let expected = crate::emit::step::extend(8 << m.size, false, expected);
        self.casq(m, addr, expected.into(), new.into()).map(low)
    }
    fn casq(&mut self, m: MemOp, addr: u64, expected: u128, new: u128) -> Result<u128, Trap> {
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
        let won = self.read(m, addr)? == held.value;
        if won {
            self.write(m, addr, v)?;
        }
        self.cpu.monitor.armed = false;
        Ok(u64::from(!won))
    }
    fn probe_store(&mut self, m: MemOp, addr: u64, bytes: u8) -> Res {
        self.check_alignment(m, addr)?;
        self.slice(addr, bytes.into()).map(|_| ())
    }
    fn sp_access(&mut self) -> Res {
        if self.cpu.sp_check != 0 && self.cpu.x[31] & 15 != 0 { Err(exc::SP_ALIGN) } else { Ok(()) }
    }
    fn fp_access(&mut self) -> Res {
        if self.cpu.fp_enabled != 0 { Ok(()) } else { Err(exc::FP_ACCESS) }
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

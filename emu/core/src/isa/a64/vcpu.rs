//! A virtual CPU: architectural state, TLB and the way to memory and devices. What the engines run.
//!
//! The fast path of loads and stores is here and in [`crate::mem::tlb`]; everything else about
//! memory is in `vcpu_mem.rs`, what system instructions ask for in `vcpu_sys.rs`.

use super::cpu::{Cpu, Fault};
use super::mmu::{self, Mode};
use super::sysreg::SysHooks;
use super::{exc, helper, sem_system};
use crate::dev::CpuLines;
use crate::emit::step::{GuestCpu, Step};
use crate::emit::{Helper, MemOp, Reg, Res, Rmw, Trap, VReg};
use crate::mem::Ram;
use crate::mem::spaces::{SpaceKey, Tlbs};
use crate::soft::fp::FpEnv;
use crate::system::System;

/// A virtual CPU as the interpreter's handlers see it.
pub type Core = Step<Vcpu>;

/// Reasons to look up from the running block after the current instruction; a set of bits.
pub mod event {
    /// Decoded code has been written.
    pub const CODE: u32 = 1;
    /// Lines, deadlines or power may have changed: the run loop must look.
    pub const ATTENTION: u32 = 2;
    /// WFI or WFE: [`super::Cpu`]'s `sys.wait` says which.
    pub const WAIT: u32 = 4;
    /// PSTATE.IL is set: the next instruction raises an exception.
    pub const ILLEGAL: u32 = 8;
}

/// Interrupt lines as they stand in DAIF: I is bit 1, F bit 0.
pub mod line {
    /// IRQ.
    pub const IRQ: u8 = 2;
    /// FIQ.
    pub const FIQ: u8 = 1;
}

/// What became of an exception.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// The CPU is at its vector.
    Vector,
    /// The vector's own first instruction raised it: the CPU would do so for ever.
    Loop,
}

/// Words in an [`Area`].
pub const AREA_WORDS: usize = 64;

/// Scratch memory of an engine, which gives the words their meaning.
#[repr(C, align(16))]
#[derive(Clone, Debug)]
pub struct Area(pub [u64; AREA_WORDS]);

/// One virtual CPU and, while it runs, the system it belongs to. `repr(C)`: translated code
/// addresses `cpu`, the table in force and `events` by offset.
#[repr(C)]
pub struct Vcpu {
    /// Architectural state.
    pub cpu: Cpu,
    /// Where execution goes on after the current instruction or block.
    pub(super) next_pc: u64,
    /// See [`event`].
    pub events: u32,
    /// Interrupt lines that are up, see [`mod@line`].
    pub lines: u8,
    /// Mode of the table in force.
    pub(super) mode: Mode,
    /// Translations.
    pub tlbs: Tlbs,
    /// Where translated code and its engine exchange values. No part of the CPU's state.
    pub area: Area,
    /// PC at which the clock was charged last: instructions since are `(pc - block_pc) / 4`.
    pub(super) block_pc: u64,
    /// Guest time (ns) until which the engine has been told to run.
    pub horizon: u64,
    /// Number of this CPU.
    pub index: usize,
    /// Broadcast invalidations seen, see [`System::tlb_broadcasts`].
    pub(super) broadcasts: u64,
    /// Memory, devices, clock.
    pub sys: Box<System>,
}

impl Vcpu {
    /// CPU number `index` of a system with memory `ram`, after reset: EL1, MMU off, PC 0. A CPU
    /// that does not run holds a vacant `sys`.
    pub fn new(sys: Box<System>, ram: Ram, index: usize) -> Vcpu {
        let mut v = Vcpu {
            cpu: Cpu::zeroed(),
            next_pc: 0,
            events: 0,
            lines: 0,
            mode: Mode::Kernel,
            tlbs: Tlbs::new(ram, index),
            area: Area([0; AREA_WORDS]),
            block_pc: 0,
            horizon: u64::MAX,
            index,
            broadcasts: 0,
            sys,
        };
        v.reset();
        v
    }

    /// The state after a reset (D1.9.1); PC 0.
    pub fn reset(&mut self) {
        let mpidr = self.cpu.sys.mpidr_el1;
        self.cpu = Cpu::zeroed();
        self.cpu.sys.mpidr_el1 = mpidr;
        super::sysreg::reset(&mut self.cpu.sys);
        self.cpu.pstate = super::cpu::Pstate::RESET;
        self.cpu.update_enables();
        self.events = 0;
        self.tlbs.flush_all();
        self.state_changed();
    }

    /// To be called after changing `cpu` from outside: puts the right TLB table in force.
    pub fn state_changed(&mut self) {
        self.translation_changed();
        self.pstate_changed();
    }

    /// An interrupt that is pending and not masked: the vector it takes.
    #[inline(always)]
    pub fn interrupt(&self) -> Option<exc::Vector> {
        match self.lines & !self.cpu.pstate.daif {
            0 => None,
            n if n & line::FIQ != 0 => Some(exc::Vector::Fiq),
            _ => Some(exc::Vector::Irq),
        }
    }

    /// Takes an interrupt before the instruction at PC.
    pub fn take_interrupt(&mut self, vector: exc::Vector) {
        self.cpu.pc = mmu::untagged(&self.cpu.sys, self.cpu.pc);
        exc::take_interrupt(&mut self.cpu, vector);
        self.block_pc = self.cpu.pc;
        self.pstate_changed();
    }

    /// Takes the exception of a trap raised by the instruction at PC.
    pub fn take_trap(&mut self, trap: Trap) -> Taken {
        let before = (self.cpu.pc, self.cpu.pstate);
        exc::take_trap(&mut self.cpu, trap);
        self.block_pc = self.cpu.pc;
        self.pstate_changed();
        // At the same place with the same, fully masked, PSTATE nothing can turn out differently.
        if before == (self.cpu.pc, self.cpu.pstate) { Taken::Loop } else { Taken::Vector }
    }

    /// Notes that a block is entered at `pc` with all earlier instructions charged; `len`
    /// instructions will run unless something happens.
    #[inline(always)]
    pub fn enter_block(&mut self, pc: u64, len: usize) {
        self.block_pc = pc;
        self.next_pc = pc.wrapping_add(4 * len as u64);
    }

    /// Charges the instructions of the block entered that have retired.
    #[inline(always)]
    pub fn leave_block(&mut self, retired: u64, pc: u64) {
        self.sys.clock.retire(retired);
        self.cpu.pc = pc;
        self.block_pc = pc;
    }

    /// Sets PC from outside the guest's execution.
    pub fn set_pc(&mut self, pc: u64) {
        self.cpu.pc = pc;
        self.block_pc = pc;
    }

    /// Sets the interrupt lines as the controller drives them.
    pub fn set_lines(&mut self, lines: CpuLines) {
        self.lines = if lines.irq { line::IRQ } else { 0 } | if lines.fiq { line::FIQ } else { 0 };
    }

    /// Where execution goes on after the block entered.
    #[inline(always)]
    pub fn next_pc(&self) -> u64 {
        self.next_pc
    }

    /// Instructions retired since the machine started, exact at every instruction.
    #[inline]
    pub fn insns(&self) -> u64 {
        self.sys.clock.insns() + self.in_block()
    }

    /// Guest time in ns, exact at every instruction.
    #[inline]
    pub fn time(&self) -> u64 {
        self.sys.clock.now_after(self.in_block())
    }

    #[inline]
    fn in_block(&self) -> u64 {
        self.cpu.pc.wrapping_sub(self.block_pc) / 4
    }

    /// The key of the address space in force, see [`Tlbs`].
    pub(super) fn space_key(&self) -> SpaceKey {
        let s = &self.cpu.sys;
        SpaceKey { regs: [s.sctlr_el1, s.tcr_el1, s.ttbr0_el1, s.ttbr1_el1, s.mair_el1], asid: mmu::asid(s) }
    }
}

/// Bits of an address that must be 0 for an access to be aligned.
#[inline(always)]
pub(super) fn align_mask(m: MemOp) -> u64 {
    (1 << m.align) - 1
}

/// Whether an access may try the fast path.
#[inline(always)]
fn fast(m: MemOp, va: u64) -> bool {
    !m.unpriv && (!m.aligned || va & align_mask(m) == 0)
}

impl GuestCpu for Vcpu {
    #[inline(always)]
    fn reg(&self, r: Reg) -> u64 {
        self.cpu.x[usize::from(r.0 & 31)]
    }
    #[inline(always)]
    fn set_reg(&mut self, r: Reg, v: u64) {
        self.cpu.x[usize::from(r.0 & 31)] = v;
    }
    #[inline(always)]
    fn q(&self, r: VReg) -> u128 {
        self.cpu.v[usize::from(r.0 & 31)]
    }
    #[inline(always)]
    fn set_q(&mut self, r: VReg, v: u128) {
        self.cpu.v[usize::from(r.0 & 31)] = v;
    }
    #[inline(always)]
    fn pc(&self) -> u64 {
        self.cpu.pc
    }
    #[inline(always)]
    fn next_pc(&self) -> u64 {
        self.next_pc
    }
    #[inline(always)]
    fn set_next_pc(&mut self, pc: u64) {
        self.next_pc = pc;
    }
    #[inline(always)]
    fn nzcv(&self) -> u32 {
        self.cpu.nzcv
    }
    #[inline(always)]
    fn set_nzcv(&mut self, v: u32) {
        self.cpu.nzcv = v;
    }
    #[inline(always)]
    fn fp(&mut self) -> &mut FpEnv {
        &mut self.cpu.fp
    }

    #[inline(always)]
    fn load(&mut self, m: MemOp, addr: u64) -> Result<u64, Trap> {
        if fast(m, addr)
            && let Some(v) = self.tlbs.current().load(addr, m.size)
        {
            return Ok(v);
        }
        self.load_slow(m, addr)
    }
    #[inline(always)]
    fn store(&mut self, m: MemOp, addr: u64, v: u64) -> Res {
        if fast(m, addr) && self.tlbs.current().store(addr, m.size, v) {
            return Ok(());
        }
        self.store_slow(m, addr, v)
    }
    #[inline(always)]
    fn loadq(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        if fast(m, addr)
            && let Some(v) = self.tlbs.current().loadq(addr, 0)
        {
            return Ok(v);
        }
        self.loadq_slow(m, addr)
    }
    #[inline(always)]
    fn storeq(&mut self, m: MemOp, addr: u64, v: u128) -> Res {
        if fast(m, addr) && self.tlbs.current().storeq(addr, v, 0) {
            return Ok(());
        }
        self.storeq_slow(m, addr, v)
    }
    fn rmw(&mut self, op: Rmw, m: MemOp, addr: u64, v: u64) -> Result<u64, Trap> {
        self.read_modify_write(op, m, addr, v)
    }
    fn cas(&mut self, m: MemOp, addr: u64, expected: u64, new: u64) -> Result<u64, Trap> {
        self.compare_and_swap(m, addr, expected.into(), new.into()).map(low)
    }
    fn casq(&mut self, m: MemOp, addr: u64, expected: u128, new: u128) -> Result<u128, Trap> {
        self.compare_and_swap(m, addr, expected, new)
    }
    fn load_exclusive(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        self.exclusive_load(m, addr)
    }
    fn store_exclusive(&mut self, m: MemOp, addr: u64, v: u128) -> Result<u64, Trap> {
        self.exclusive_store(m, addr, v)
    }
    #[inline(always)]
    fn probe_store(&mut self, m: MemOp, addr: u64, bytes: u8) -> Res {
        if fast(m, addr) && self.tlbs.current().writable(addr, bytes) {
            return Ok(());
        }
        self.probe_range(m, addr, bytes)
    }
    #[inline(always)]
    fn sp_access(&mut self) -> Res {
        if self.cpu.sp_check != 0 && self.cpu.x[31] & 15 != 0 { Err(exc::SP_ALIGN) } else { Ok(()) }
    }

    #[inline(always)]
    fn fp_access(&mut self) -> Res {
        if self.cpu.fp_enabled != 0 { Ok(()) } else { Err(exc::FP_ACCESS) }
    }
    fn helper(&mut self, h: Helper, a: [u64; 3]) -> Result<u64, Trap> {
        match h {
            Helper::ReadSysReg
            | Helper::WriteSysReg
            | Helper::SysOp
            | Helper::CheckZva
            | Helper::SetPstate
            | Helper::ExceptionReturn
            | Helper::ClearExclusive
            | Helper::Wait
            | Helper::SendEvent => sem_system::helper(self, h, a),
            _ => helper::helper(&mut self.cpu, h, a),
        }
    }
    fn helperq(&mut self, h: Helper, a: [u128; 3], imm: u64) -> u128 {
        helper::helperq(h, a, imm)
    }
    fn wait(&mut self) {
        self.events |= event::WAIT;
    }
}

/// The low 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the value is in the low bits")]
pub(super) fn low(v: u128) -> u64 {
    v as u64
}

/// A data abort on `addr`.
pub(super) fn data_abort(cpu: &mut Cpu, addr: u64, status: mmu::Status, write: bool) -> Trap {
    cpu.fault = Fault { addr, iss: status.0 | u32::from(write) << 6 };
    exc::DATA_ABORT
}

//! A virtual CPU: architectural state, TLB and the way to memory and devices. What the engines run.
//!
//! The fast path of loads and stores is here and in [`crate::mem::tlb`]; everything else about
//! memory is in `memory.rs`, what translated code asks for in `direct.rs`. The guest is an [`Isa`].

mod direct;
mod memory;

use crate::emit::step::{GuestCpu, Step};
use crate::emit::{Helper, MemOp, Reg, Res, Rmw, Trap, VReg};
use crate::isa::{Access, Context, Isa, Registers, Taken};
use crate::mem::Ram;
use crate::mem::spaces::Tlbs;
use crate::soft::fp::FpEnv;
use crate::system::System;

/// A virtual CPU as the interpreter's handlers see it.
pub type Core<I> = Step<Vcpu<I>>;

/// Reasons to look up from the running block after the current instruction; a set of bits.
pub mod event {
    /// Decoded code has been written.
    pub const CODE: u32 = 1;
    /// Lines, deadlines or power may have changed: the run loop must look.
    pub const ATTENTION: u32 = 2;
    /// The CPU waits: [`crate::isa::Isa::waits`] says for what.
    pub const WAIT: u32 = 4;
    /// The next instruction raises an exception, whatever it is: [`crate::isa::Isa::pending_trap`].
    pub const TRAP: u32 = 8;
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
pub struct Vcpu<I: Isa> {
    /// Architectural state.
    pub cpu: I::Cpu,
    /// Where execution goes on after the current instruction or block.
    next_pc: u64,
    /// See [`event`].
    pub events: u32,
    /// Interrupt lines that are up, see [`Isa::lines`].
    pub lines: u8,
    /// Mode of the table in force, see [`Isa::mode`].
    mode: usize,
    /// Translations.
    pub tlbs: Tlbs,
    /// Where translated code and its engine exchange values. No part of the CPU's state.
    pub area: Area,
    /// PC at which the clock was charged last, see [`Isa::retired`].
    block_pc: u64,
    /// Guest time (ns) until which the engine has been told to run.
    pub horizon: u64,
    /// Number of this CPU.
    pub index: usize,
    /// Broadcast invalidations seen, see [`System::tlb_broadcasts`].
    broadcasts: u64,
    /// Memory, devices, clock.
    pub sys: Box<System>,
}

impl<I: Isa> Vcpu<I> {
    /// CPU number `index` of a system with memory `ram`, after reset; PC 0. A CPU that does not run holds
    /// a vacant `sys`.
    pub fn new(sys: Box<System>, ram: Ram, index: usize) -> Vcpu<I> {
        let mut v = Vcpu {
            cpu: I::Cpu::zeroed(),
            next_pc: 0,
            events: 0,
            lines: 0,
            mode: 0,
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

    /// The state after a reset; PC 0.
    pub fn reset(&mut self) {
        I::reset(&mut self.cpu);
        self.events = 0;
        self.tlbs.flush_all();
        self.state_changed();
    }

    /// To be called after changing `cpu` from outside: puts the right TLB table in force.
    pub fn state_changed(&mut self) {
        self.translation_changed();
        self.mode_changed();
    }

    /// An interrupt that is pending and not masked.
    #[inline(always)]
    pub fn interrupt(&self) -> Option<I::Interrupt> {
        I::interrupt(&self.cpu, self.lines)
    }

    /// Takes an interrupt before the instruction at PC.
    pub fn take_interrupt(&mut self, interrupt: I::Interrupt) {
        let pc = I::fetch_address(&self.cpu, self.cpu.pc());
        self.cpu.set_pc(pc);
        I::take_interrupt(&mut self.cpu, interrupt);
        self.block_pc = self.cpu.pc();
        self.mode_changed();
    }

    /// Takes the exception of a trap raised by the instruction at PC.
    pub fn take_trap(&mut self, trap: Trap) -> Taken {
        let taken = I::take_trap(&mut self.cpu, trap);
        self.block_pc = self.cpu.pc();
        self.mode_changed();
        taken
    }

    /// Notes that a block is entered at `pc` with all earlier instructions charged; `insns` will run
    /// unless something happens.
    #[inline(always)]
    pub fn enter_block(&mut self, pc: u64, insns: &[I::Insn]) {
        self.block_pc = pc;
        self.next_pc = pc.wrapping_add(I::bytes(insns));
    }

    /// Charges the instructions of the block entered that have retired.
    #[inline(always)]
    pub fn leave_block(&mut self, retired: u64, pc: u64) {
        self.sys.clock.retire(retired);
        self.set_pc(pc);
    }

    /// Sets PC from outside the guest's execution.
    #[inline(always)]
    pub fn set_pc(&mut self, pc: u64) {
        self.cpu.set_pc(pc);
        self.block_pc = pc;
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
        I::retired(self.block_pc, self.cpu.pc())
    }

    /// Catches up with what other CPUs have broadcast. Called when this CPU gets to run.
    pub fn catch_up(&mut self) {
        if std::mem::replace(&mut self.broadcasts, self.sys.tlb_broadcasts) != self.sys.tlb_broadcasts {
            self.tlbs.flush_all();
        }
        if self.sys.events >> (self.index & 63) & 1 != 0 {
            self.sys.events &= !(1 << (self.index & 63));
            I::receive_event(&mut self.cpu);
        }
    }
}

/// Bits of an address that must be 0 for an access to be aligned.
#[inline(always)]
fn align_mask(m: MemOp) -> u64 {
    (1 << m.align) - 1
}

/// Whether an access may try the fast path.
#[inline(always)]
fn fast(m: MemOp, va: u64) -> bool {
    !m.unpriv && (!m.aligned || va & align_mask(m) == 0)
}

impl<I: Isa> GuestCpu for Vcpu<I> {
    #[inline(always)]
    fn reg(&self, r: Reg) -> u64 {
        self.cpu.reg(r)
    }
    #[inline(always)]
    fn set_reg(&mut self, r: Reg, v: u64) {
        self.cpu.set_reg(r, v);
    }
    #[inline(always)]
    fn q(&self, r: VReg) -> u128 {
        self.cpu.q(r)
    }
    #[inline(always)]
    fn set_q(&mut self, r: VReg, v: u128) {
        self.cpu.set_q(r, v);
    }
    #[inline(always)]
    fn pc(&self) -> u64 {
        self.cpu.pc()
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
        self.cpu.flags()
    }
    #[inline(always)]
    fn set_nzcv(&mut self, v: u32) {
        self.cpu.set_flags(v);
    }
    #[inline(always)]
    fn fp(&mut self) -> &mut FpEnv {
        self.cpu.fp()
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
        I::load_exclusive(self, m, addr)
    }
    fn store_exclusive(&mut self, m: MemOp, addr: u64, v: u128) -> Result<u64, Trap> {
        I::store_exclusive(self, m, addr, v)
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
        I::sp_access(&self.cpu)
    }
    #[inline(always)]
    fn fp_access(&mut self) -> Res {
        I::fp_access(&self.cpu)
    }
    fn helper(&mut self, h: Helper, a: [u64; 3]) -> Result<u64, Trap> {
        I::helper(self, h, a)
    }
    fn helperq(&mut self, h: Helper, a: [u128; 3], imm: u64) -> u128 {
        I::helperq(h, a, imm)
    }
    fn wait(&mut self) {
        self.events |= event::WAIT;
    }
}

impl<I: Isa> Context<I> for Vcpu<I> {
    fn cpu(&mut self) -> &mut I::Cpu {
        &mut self.cpu
    }

    fn now(&self) -> u64 {
        self.time()
    }

    fn translation_changed(&mut self) {
        I::derive(&mut self.cpu);
        self.tlbs.select(I::space(&self.cpu), self.mode);
    }

    fn mode_changed(&mut self) {
        self.mode = I::mode(&self.cpu);
        self.tlbs.select_mode(self.mode);
        self.events &= !event::TRAP;
        if I::pending_trap(&self.cpu).is_some() {
            self.events |= event::TRAP;
        }
    }

    fn timers_changed(&mut self) {
        let now = self.time();
        for (line, level) in I::timers(&self.cpu, now) {
            self.sys.bus.set_private(self.index, line, level);
        }
        self.refresh_lines();
        self.events |= event::ATTENTION;
    }

    fn tlbs(&mut self) -> &mut Tlbs {
        &mut self.tlbs
    }

    fn broadcast_flush(&mut self) {
        self.sys.tlb_broadcasts += 1;
        self.broadcasts += 1;
    }

    fn parts(&self) -> (&Ram, &I::Cpu) {
        (&self.sys.ram, &self.cpu)
    }

    fn lines(&self) -> u8 {
        self.lines
    }

    fn send_event(&mut self) {
        self.sys.events = u64::MAX;
    }

    fn check_alignment(&mut self, m: MemOp, va: u64, write: bool) -> Res {
        self.begin(m, va, write).map(|_| ())
    }

    fn store_if(&mut self, m: MemOp, va: u64, expected: u128, new: u128) -> Result<bool, Trap> {
        let slow = self.begin(m, va, true)?;
        self.resolve(slow, va, Access::Write)?;
        let unchanged = self.read(slow).is_ok_and(|now| now == expected);
        if unchanged {
            self.write(slow, new)?;
        }
        Ok(unchanged)
    }
}

/// The low 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the value is in the low bits")]
fn low(v: u128) -> u64 {
    v as u64
}

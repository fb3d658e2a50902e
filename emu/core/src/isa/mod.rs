//! Guest instruction sets, and what the rest of the emulator needs to know of one: [`Isa`].
//!
//! Engines, virtual CPU, machine, recordings and reports are generic over `I: Isa`; which one it is
//! is settled where a machine is built, never while it runs. A new guest is a folder beside [`a64`]
//! with the same file names, a board, the translator's folder for it and the harness's files:
//! `ARCHITECTURE.md` lists them.

pub mod a64;

use std::fmt::Debug;

use crate::dev::CpuLines;
use crate::emit::obj::EmitObj;
use crate::emit::step::{GuestCpu, Step};
use crate::emit::{Helper, MemOp, Reg, Res, Trap, VReg};
use crate::mem::Ram;
use crate::mem::spaces::{SpaceKey, Tlbs};
use crate::replay::Register;
use crate::soft::fp::FpEnv;
use crate::state::Stateful;

/// Handlers in the table of an engine: a power of two, so that a masked index needs no bounds check.
pub const HANDLER_SLOTS: usize = 4096;

/// Semantics of a row for the interpreter on a `G`.
pub type Handler<G, N> = fn(&mut Step<G>, &N) -> Res;

/// What an access does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Data read.
    Read,
    /// Data write.
    Write,
    /// Instruction fetch.
    Fetch,
}

/// A page as the guest's tables map it, for an access that they permit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// Physical address of the byte asked for.
    pub pa: u64,
    /// log2 of the size mapped in one piece.
    pub page_bits: u32,
    /// May be read.
    pub read: bool,
    /// May be written.
    pub write: bool,
    /// Misaligned accesses fault.
    pub needs_align: bool,
}

/// A row of a decode table, as far as every guest has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowInfo {
    /// The manual's name of the encoding; unique.
    pub name: &'static str,
    /// Section of the manual.
    pub section: &'static str,
    /// Not only known, but executed.
    pub implemented: bool,
}

/// What became of an exception.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// The CPU is at its vector.
    Vector,
    /// The vector's own first instruction raised it: the CPU would do so for ever.
    Loop,
}

/// What a CPU waits for after an instruction that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waits {
    /// Nothing: it goes on.
    No,
    /// A pending interrupt, masked or not.
    Interrupt,
    /// An event of another CPU's, or an interrupt.
    Event,
}

/// Architectural state of a CPU, as far as operations name it.
pub trait Registers {
    /// Details of a fault, for the exception that reports it.
    type Fault: Copy;

    /// All zeros: not the reset state, a defined starting point.
    fn zeroed() -> Self;
    /// Reads a general register.
    fn reg(&self, r: Reg) -> u64;
    /// Writes a general register.
    fn set_reg(&mut self, r: Reg, v: u64);
    /// Reads a vector register.
    fn q(&self, r: VReg) -> u128;
    /// Writes a vector register.
    fn set_q(&mut self, r: VReg, v: u128);
    /// Virtual address of the next instruction.
    fn pc(&self) -> u64;
    /// Sets it.
    fn set_pc(&mut self, pc: u64);
    /// The flags, packed as the guest has them.
    fn flags(&self) -> u32;
    /// Sets them.
    fn set_flags(&mut self, v: u32);
    /// Floating-point control and status.
    fn fp(&mut self) -> &mut FpEnv;
    /// Details of the last fault.
    fn fault(&self) -> Self::Fault;
    /// Sets them: puts back what an access that was only tried has overwritten.
    fn set_fault(&mut self, fault: Self::Fault);
}

/// A CPU with what is around it, as system instructions see it.
pub trait Context<I: Isa>: GuestCpu {
    /// The CPU that executes.
    fn cpu(&mut self) -> &mut I::Cpu;
    /// Guest time in ns at this instruction.
    fn now(&self) -> u64;
    /// Registers that steer translation have changed.
    fn translation_changed(&mut self);
    /// Privilege, or what interrupts and traps depend on, has changed.
    fn mode_changed(&mut self);
    /// Timers of the CPU have changed.
    fn timers_changed(&mut self);
    /// The CPU's translations.
    fn tlbs(&mut self) -> &mut Tlbs;
    /// The other CPUs, too, forget their translations before they run next.
    fn broadcast_flush(&mut self);
    /// Guest memory, and the CPU that executes.
    fn parts(&self) -> (&Ram, &I::Cpu);
    /// Interrupt lines that are up, as [`Isa::lines`] gives them.
    fn lines(&self) -> u8;
    /// Sends an event to every CPU.
    fn send_event(&mut self);
    /// Whether the access is aligned as it has to be, before anything is translated.
    fn check_alignment(&mut self, m: MemOp, va: u64, write: bool) -> Res;
    /// Stores `new` if memory that may be written still holds `expected`; whether it did. Memory that
    /// can be written and not read never does.
    fn store_if(&mut self, m: MemOp, va: u64, expected: u128, new: u128) -> Result<bool, Trap>;
}

/// A guest instruction set.
pub trait Isa: Sized + Send + 'static {
    /// Architectural state; `repr(C)`, because translated code addresses it by offset.
    type Cpu: Registers + Stateful + Clone + Debug + Send;
    /// A predecoded instruction.
    type Insn: Copy + Debug + Send + 'static;
    /// An interrupt that can be taken.
    type Interrupt: Copy;
    /// Why an access fails, in the guest's own terms.
    type Status: Copy;

    /// Its name, as in scenarios.
    const NAME: &'static str;
    /// Distance in bytes of places where an instruction may begin, a power of two.
    const ALIGN: u64;
    /// Bytes of the longest instruction.
    const MAX_LEN: usize;
    /// Raised where firmware does not answer a call.
    const UNDEFINED: Trap;
    /// Bytes of an instruction that calls firmware.
    const CALL_LEN: u64;
    /// The access is not aligned as it has to be.
    const MISALIGNED: Self::Status;
    /// Nothing answers at the physical address.
    const UNANSWERED: Self::Status;

    // -- instructions -----------------------------------------------------------------------------

    /// The decode table, in the manual's order.
    fn rows() -> Vec<RowInfo>;
    /// The instruction at the beginning of `code`; `None` when more bytes are needed to tell.
    fn decode(code: &[u8]) -> Option<Self::Insn>;
    /// Its length in bytes.
    fn len(insn: &Self::Insn) -> u64;
    /// Bytes of a run of instructions.
    #[inline(always)]
    fn bytes(insns: &[Self::Insn]) -> u64 {
        insns.iter().map(Self::len).sum()
    }
    /// Its place in [`Isa::handlers`].
    fn row(insn: &Self::Insn) -> usize;
    /// Whether it ends a block: it branches, or changes what the rest of a block relies on.
    fn ends_block(insn: &Self::Insn) -> bool;
    /// The interpreter's semantics, by row.
    fn handlers<G: GuestCpu + 'static>() -> &'static [Handler<G, Self::Insn>; HANDLER_SLOTS];
    /// Gives its operations to `to`: what a translator calls for each.
    fn describe(insn: &Self::Insn, to: &mut dyn EmitObj);
    /// The instruction at the beginning of `code`, which lies at `pc`, as text, and its length.
    fn disassemble(code: &[u8], pc: u64) -> Option<(String, usize)>;

    // -- memory -----------------------------------------------------------------------------------

    /// The address space in force: all that its translations depend on.
    fn space(cpu: &Self::Cpu) -> SpaceKey;
    /// The privilege in force: which table of the address space.
    fn mode(cpu: &Self::Cpu) -> usize;
    /// The privilege that unprivileged accesses have in `mode`.
    fn unprivileged(cpu: &Self::Cpu, mode: usize) -> usize;
    /// Every access has to be aligned to its size.
    fn alignment_checked(cpu: &Self::Cpu) -> bool;
    /// Walks the guest's tables for an access that is `misaligned` or not. Changes nothing.
    fn translate(
        ram: &Ram,
        cpu: &Self::Cpu,
        va: u64,
        mode: usize,
        access: Access,
        misaligned: bool,
    ) -> Result<Mapping, Self::Status>;
    /// The trap of an access that fails; its details are left in `cpu`.
    fn memory_trap(cpu: &mut Self::Cpu, va: u64, access: Access, status: Self::Status) -> Trap;
    /// The address instructions are fetched from when PC is `pc`.
    fn fetch_address(cpu: &Self::Cpu, pc: u64) -> u64;
    /// The trap of a PC at which no instruction can begin, whatever is there.
    fn check_pc(pc: u64) -> Res;

    // -- around instructions ----------------------------------------------------------------------

    /// The state after a reset; PC 0. What the board has set of its identity stays.
    fn reset(cpu: &mut Self::Cpu);
    /// Makes what is derived of other registers anew.
    fn derive(cpu: &mut Self::Cpu);
    /// What an interrupt controller drives, as a set of bits.
    fn lines(lines: CpuLines) -> u8;
    /// An interrupt of `lines` that is not masked.
    fn interrupt(cpu: &Self::Cpu, lines: u8) -> Option<Self::Interrupt>;
    /// Takes an interrupt before the instruction at PC.
    fn take_interrupt(cpu: &mut Self::Cpu, interrupt: Self::Interrupt);
    /// Takes the exception of a trap raised by the instruction at PC.
    fn take_trap(cpu: &mut Self::Cpu, trap: Trap) -> Taken;
    /// The trap that the next instruction raises, whatever it is.
    fn pending_trap(cpu: &Self::Cpu) -> Option<Trap>;
    /// Whether the instruction that raised `trap` has done its work by raising it.
    fn retires(trap: Trap) -> bool;
    /// Whether firmware may answer `trap`.
    fn is_call(trap: Trap) -> bool;
    /// Instructions of a straight run that begins at `from` which lie before `pc`.
    fn retired(from: u64, pc: u64) -> u64;
    /// The trap of an access through a misaligned stack pointer, where that is checked.
    fn sp_access(cpu: &Self::Cpu) -> Res;
    /// The trap of floating point where it is not enabled.
    fn fp_access(cpu: &Self::Cpu) -> Res;
    /// The functions behind [`Helper`].
    fn helper<C: Context<Self>>(cx: &mut C, h: Helper, a: [u64; 3]) -> Result<u64, Trap>;
    /// Those on vectors.
    fn helperq(h: Helper, a: [u128; 3], imm: u64) -> u128;
    /// Loads and marks the address.
    fn load_exclusive<C: Context<Self>>(cx: &mut C, m: MemOp, va: u64) -> Result<u128, Trap>;
    /// Stores if the mark holds: 0 when stored.
    fn store_exclusive<C: Context<Self>>(cx: &mut C, m: MemOp, va: u64, v: u128) -> Result<u64, Trap>;

    // -- time and waiting -------------------------------------------------------------------------

    /// The private interrupt lines that the CPU's own timers drive, with their levels at `now` (ns).
    fn timers(cpu: &Self::Cpu, now: u64) -> impl Iterator<Item = (u32, bool)> + use<Self>;
    /// Guest time (ns) at which one of them changes.
    fn deadline(cpu: &Self::Cpu, now: u64) -> Option<u64>;
    /// What the last instruction that waits asks for.
    fn waits(cpu: &Self::Cpu) -> Waits;
    /// Guest time (ns) of the next event that the CPU sends itself while it waits for one.
    fn event_stream(cpu: &Self::Cpu, now: u64) -> Option<u64>;
    /// An event has come while the CPU did not wait.
    fn receive_event(cpu: &mut Self::Cpu);

    // -- seen from outside ------------------------------------------------------------------------

    /// Reads a register; 0 for one that does not exist.
    fn register(cpu: &Self::Cpu, register: Register) -> u64;
    /// Writes a register from outside, the program counter apart; narrower ones take the low bits.
    fn set_register(cpu: &mut Self::Cpu, register: Register, value: u64);
    /// Names of the registers shown to people, in the manual's order.
    fn register_names() -> Vec<String>;
    /// Their values.
    fn register_values(cpu: &Self::Cpu) -> Vec<u128>;
    /// Registers that tell why an exception was taken, by name.
    fn syndrome(cpu: &Self::Cpu) -> Vec<(&'static str, u64)>;
}

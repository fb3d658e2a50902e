//! Programs in our AArch64 CPU, for the engines that are ours.

use innkeeper_core::emit::Trap;
use innkeeper_core::isa::a64::{A64, Cpu, exc};
use innkeeper_core::soft::fp::FpEnv;
use innkeeper_core::vcpu::Vcpu;
use innkeeper_core::wire::{A64Regs, Perm, Regs, Stop};

use super::accelerated::{Accelerated, Entry, Memory, Staged};

/// Our engines with programs of this guest.
pub type Machine = Accelerated<A64>;

/// CPACR_EL1.FPEN: neither EL0 nor EL1 traps FP and SIMD.
const FPEN: u64 = 3 << 20;

/// Gives the CPU a program's registers. A CPU that fetches through an MMU is also told of its new PC.
pub fn start(cpu: &mut Cpu, r: &A64Regs) {
    cpu.sys.cpacr_el1 = FPEN;
    cpu.x[..31].copy_from_slice(&r.x);
    cpu.x[31] = r.sp;
    cpu.pc = r.pc;
    cpu.nzcv = u32::from(r.nzcv & 15);
    cpu.fp = FpEnv { fpcr: r.fpcr, fpsr: r.fpsr };
    cpu.v = r.v;
}

/// A program's registers as the CPU has them.
pub fn registers(cpu: &Cpu) -> A64Regs {
    let mut x = [0; 31];
    x.copy_from_slice(&cpu.x[..31]);
    A64Regs {
        x,
        sp: cpu.x[31],
        pc: cpu.pc,
        nzcv: u8::try_from(cpu.nzcv & 15).unwrap_or_default(),
        fpcr: cpu.fp.fpcr,
        fpsr: cpu.fp.fpsr,
        v: cpu.v,
    }
}

/// Page tables of the two halves of the address space, at the start of the memory for tables.
const HALVES: [u64; 2] = [0, PAGE];
const PAGE: u64 = 0x1000;
/// Physical page of the vectors, and where it is mapped: under TTBR1, far from any program.
const VECTORS: u64 = Memory::RESERVED;
const VECTORS_VA: u64 = 0xffff_8123_4560_0000;
/// HVC #0, at the vectors: the engine hands it out.
const HVC: u32 = 0xd400_0002;

/// Both halves 48 bits, 4 KiB granule, write-back, 48-bit physical addresses (D17.2.139).
const TCR: u64 = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 16 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30 | 5 << 32;
/// SCTLR_EL1: MMU on; alignment is checked where an instruction demands it only.
const SCTLR: u64 = 1;

/// Page descriptor: valid page, access flag, inner shareable, never executable at EL0.
const PAGE_DESCRIPTOR: u64 = 3 | 1 << 10 | 3 << 8 | 1 << 54;
const PXN: u64 = 1 << 53;
const READ_ONLY: u64 = 1 << 7;
/// Accessible at EL0 too, for LDTR and STTR.
const EL0: u64 = 1 << 6;

impl Staged for A64 {
    const NAME: &'static str = "AArch64";

    fn prepare(memory: &mut Memory<'_>) {
        // The tables of the two halves.
        memory.new_table();
        memory.new_table();
        for vector in (0..0x800).step_by(0x80) {
            memory.sys.poke(VECTORS + vector, &HVC.to_le_bytes());
        }
        map_page(memory, HALVES[1], VECTORS_VA, VECTORS, PAGE_DESCRIPTOR | READ_ONLY);
    }

    fn map(memory: &mut Memory<'_>, va: u64, perm: Perm) {
        let rights = match perm {
            Perm::Code => READ_ONLY | EL0,
            Perm::ReadOnly => READ_ONLY | EL0 | PXN,
            Perm::ReadWrite => EL0 | PXN,
            // EL1 never executes what EL0 may write (D8.4.1).
            Perm::Any => 0,
        };
        map_page(memory, HALVES[0], va, va, PAGE_DESCRIPTOR | rights);
    }

    fn start(v: &mut Vcpu<A64>, regs: &Regs) -> bool {
        let Regs::A64(r) = regs else { return false };
        v.reset();
        let cpu = &mut v.cpu;
        start(cpu, r);
        cpu.pstate.daif = 0;
        let sys = &mut cpu.sys;
        (sys.sctlr_el1, sys.tcr_el1, sys.mair_el1) = (SCTLR, TCR, 0xff);
        [sys.ttbr0_el1, sys.ttbr1_el1] = HALVES.map(|half| Memory::TABLES + half);
        sys.vbar_el1 = VECTORS_VA;
        cpu.update_enables();
        v.state_changed();
        v.set_pc(r.pc);
        true
    }

    fn registers(cpu: &Cpu) -> Regs {
        Regs::A64(Box::new(registers(cpu)))
    }

    fn at_vector(cpu: &Cpu) -> bool {
        cpu.pc & !0x7ff == VECTORS_VA
    }

    fn exception(v: &mut Vcpu<A64>, end: u64) -> Stop {
        let (esr, elr, spsr) = (v.cpu.sys.esr_el1, v.cpu.sys.elr_el1, v.cpu.sys.spsr_el1);
        if spsr & 1 == 0 {
            v.cpu.x[31] = v.cpu.sp_bank[0];
        }
        v.cpu.nzcv = u32::try_from(spsr >> 28 & 15).unwrap_or_default();
        // Taking the exception has set PAN; the program may have, too.
        v.cpu.pstate.pan = u8::from(spsr >> 22 & 1 == 1);
        v.set_pc(elr);
        match esr >> 26 & 63 {
            0x15 => Stop::Syscall,
            _ if elr == end => Stop::End,
            0x00 => Stop::Undefined,
            0x21 | 0x22 => Stop::FetchFault,
            0x25 => Stop::DataFault,
            0x3c => Stop::Breakpoint,
            0x26 => Stop::Other(exc::SP_ALIGN.kind().into()),
            0x0e => Stop::Other(exc::ILLEGAL_STATE.kind().into()),
            other => Stop::Other(u32::try_from(other).unwrap_or_default() + 1000),
        }
    }

    fn call(trap: Trap) -> Entry {
        if trap.kind() == exc::HLT { Entry::Undefined } else { Entry::Firmware }
    }

    fn incomparable(cpu: &Cpu) -> Option<&'static str> {
        (cpu.pstate.pan != 0).then_some("the program set PSTATE.PAN, and its pages are EL0's too")
    }
}

/// Maps a page in the tables that begin `root` bytes behind the first.
fn map_page(memory: &mut Memory<'_>, root: u64, va: u64, pa: u64, attributes: u64) {
    let mut table = Memory::TABLES + root;
    for level in 0..3 {
        let entry = table + 8 * (va >> (39 - 9 * level) & 0x1ff);
        let next = memory.sys.ram.read_u64(entry).unwrap_or(0);
        table = if next & 1 != 0 {
            next & !(PAGE - 1)
        } else {
            let new = memory.new_table();
            memory.sys.poke(entry, &(new | 3).to_le_bytes());
            new
        };
    }
    memory.sys.poke(table + 8 * (va >> 12 & 0x1ff), &(pa | attributes).to_le_bytes());
}

//! An accelerator as the machine runs it: blocks or translations, software TLB, page tables,
//! exceptions. What [`Step`](super::Step) shares with it are the semantics; everything around them
//! is checked here.
//!
//! A program's regions are mapped page by page at their own addresses, with their permissions; an
//! exception is seen at its vector, a page at an address no program uses. The word behind a program
//! is undefined: code runs into it without being told to stop, so blocks are as long as they can be.

use innkeeper_core::accel::{self, Accel, Explained, Interp, interp};
use innkeeper_core::emit::step;
use innkeeper_core::isa::a64::exc;
use innkeeper_core::isa::a64::vcpu::{Core, Vcpu};
use innkeeper_core::mem::Ram;
use innkeeper_core::mem::ram::RegionSpec;
use innkeeper_core::system::System;
use innkeeper_core::wire::{self, A64Regs, Mode, Perm, Program, Region, Regs, Reply, Stop};
use innkeeper_jit::{Config, Jit, JitError};

use super::{Capabilities, Engine, Outcome, a64};

const PAGE: u64 = 0x1000;
/// Memory: programs below [`TABLES`], page tables from there on, each a page.
const MEMORY: u64 = 16 << 20;
const TABLES: u64 = 0xf0_0000;
/// Physical page of the vectors, and where it is mapped: under TTBR1, far from any program.
const VECTORS: u64 = 0xe0_0000;
const VECTORS_VA: u64 = 0xffff_8123_4560_0000;
/// HVC #0, at the vectors: the interpreter hands it out.
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

/// An engine made of an accelerator, whose name it has.
pub struct Accelerated {
    core: Core,
    accel: Box<dyn Accel>,
    /// The accelerator compiles what it runs.
    translates: bool,
    /// Most instructions it is given at once.
    slice: u64,
    /// Regions whose pages are mapped.
    mapped: Vec<(u64, u64, Perm)>,
    next_table: u64,
}

impl Accelerated {
    /// The interpreter with the given block and cache sizes.
    pub fn interp(config: interp::Config) -> Accelerated {
        Accelerated::new(Box::new(Interp::new(config)), false)
    }

    /// The translator, told to compile everything at first sight.
    pub fn jit() -> Result<Accelerated, JitError> {
        Accelerated::jit_with(Config { threshold: 1, ..Config::default() })
    }

    /// The translator with the given sizes and threshold.
    pub fn jit_with(config: Config) -> Result<Accelerated, JitError> {
        Ok(Accelerated::new(Box::new(Jit::new(config)?), true))
    }

    /// Interrupts the accelerator after every `slice` instructions, which no program notices.
    pub fn in_slices_of(&mut self, slice: u64) {
        self.slice = slice.max(1);
    }

    /// # Panics
    /// When the host has no 16 MiB of memory left.
    fn new(accel: Box<dyn Accel>, translates: bool) -> Accelerated {
        let spec = RegionSpec { base: 0, size: MEMORY, writable: true };
        let ram = Ram::new(&[spec]).expect("16 MiB of memory for the engine");
        let system = Box::new(System::new(ram.clone(), 0));
        let core = step::Step(Vcpu::new(system, ram, 0));
        let mut engine =
            Accelerated { core, accel, translates, slice: u64::MAX, mapped: Vec::new(), next_table: TABLES };
        engine.map_nothing();
        engine
    }

    /// Empty tables but for the vectors.
    fn map_nothing(&mut self) {
        let zero = vec![0; usize::try_from(MEMORY - TABLES).unwrap_or_default()];
        self.core.0.sys.poke(TABLES, &zero);
        self.mapped.clear();
        self.next_table = TABLES + 2 * PAGE;
        for vector in (0..0x800).step_by(0x80) {
            self.core.0.sys.poke(VECTORS + vector, &HVC.to_le_bytes());
        }
        self.map_page(TABLES + PAGE, VECTORS_VA, VECTORS, PAGE_DESCRIPTOR | READ_ONLY);
        self.core.0.tlbs.flush_all();
    }

    fn map_page(&mut self, root: u64, va: u64, pa: u64, attributes: u64) {
        let mut table = root;
        for level in 0..3 {
            let entry = table + 8 * (va >> (39 - 9 * level) & 0x1ff);
            let next = self.core.0.sys.ram.read_u64(entry).unwrap_or(0);
            table = if next & 1 != 0 {
                next & !(PAGE - 1)
            } else {
                let new = self.next_table;
                self.next_table += PAGE;
                self.core.0.sys.poke(entry, &(new | 3).to_le_bytes());
                new
            };
        }
        self.core.0.sys.poke(table + 8 * (va >> 12 & 0x1ff), &(pa | attributes).to_le_bytes());
    }

    /// Puts the program into memory; says why not, if it cannot.
    fn load(&mut self, program: &Program) -> Result<(), String> {
        let shape: Vec<_> = program.regions.iter().map(|r| (r.base, r.size, r.perm)).collect();
        if let Some((base, ..)) = shape.iter().find(|(base, size, _)| base.saturating_add(*size) > VECTORS) {
            return Err(format!("the machine keeps programs below {VECTORS:#x}, and {base:#x} is not"));
        }
        if shape != self.mapped {
            self.map_nothing();
            for &(base, size, perm) in &shape {
                let rights = match perm {
                    Perm::Code => READ_ONLY | EL0,
                    Perm::ReadOnly => READ_ONLY | EL0 | PXN,
                    Perm::ReadWrite => EL0 | PXN,
                    // EL1 never executes what EL0 may write (D8.4.1).
                    Perm::Any => 0,
                };
                for va in (base..base + size).step_by(4096) {
                    self.map_page(TABLES, va, va, PAGE_DESCRIPTOR | rights);
                }
            }
            self.mapped = shape;
        }
        for r in &program.regions {
            let mut bytes = r.bytes.clone();
            bytes.resize(usize::try_from(r.size).unwrap_or_default(), 0);
            if self.contents(r) != bytes {
                self.core.0.sys.poke(r.base, &bytes);
            }
        }
        Ok(())
    }

    fn contents(&self, r: &Region) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(r.size).unwrap_or_default()];
        self.core.0.sys.peek(r.base, &mut bytes);
        bytes
    }

    fn start(&mut self, r: &A64Regs) {
        let v = &mut self.core.0;
        v.reset();
        let cpu = &mut v.cpu;
        a64::start(cpu, r);
        cpu.pstate.daif = 0;
        let sys = &mut cpu.sys;
        (sys.sctlr_el1, sys.tcr_el1, sys.mair_el1) = (SCTLR, TCR, 0xff);
        (sys.ttbr0_el1, sys.ttbr1_el1, sys.vbar_el1) = (TABLES, TABLES + PAGE, VECTORS_VA);
        cpu.update_enables();
        v.state_changed();
        v.set_pc(r.pc);
    }

    fn execute(&mut self, program: &Program) -> Outcome {
        let Regs::A64(regs) = &program.regs else {
            return Outcome::NotComparable("the machine executes AArch64 only".into());
        };
        if let Err(why) = self.load(program) {
            return Outcome::NotComparable(why);
        }
        self.start(regs);
        let stop = self.run_to_stop(program);
        self.reply(program, stop)
    }

    /// Runs the program; how it stopped, after how many instructions.
    fn run_to_stop(&mut self, program: &Program) -> (Stop, u64) {
        let begun = self.core.0.insns();
        let mut vector_insns = 0;
        loop {
            let done = self.core.0.insns() - begun;
            if self.at_vector() {
                break (self.exception(program), done - vector_insns);
            }
            if self.core.0.cpu.pc == program.end {
                break (Stop::End, done);
            }
            if done >= program.limit {
                // Whether the next instruction can be fetched is part of the answer.
                match self.fetchable() {
                    true => break (Stop::Limit, done),
                    false => break (Stop::FetchFault, done),
                }
            }
            match self.accel.run(&mut self.core, self.slice.min(program.limit - done)) {
                accel::Stop::Budget | accel::Stop::Attention | accel::Stop::Wait => {}
                accel::Stop::Call(_) if self.at_vector() => vector_insns = 1,
                accel::Stop::Call(trap) => {
                    let done = self.core.0.insns() - begun;
                    break match trap.kind() {
                        exc::HLT => (Stop::Undefined, done - 1),
                        _ => {
                            let next = self.core.0.cpu.pc.wrapping_add(4);
                            self.core.0.set_pc(next);
                            (Stop::FirmwareCall, done)
                        }
                    };
                }
                accel::Stop::Crash(trap) => break (Stop::Other(trap.kind().into()), done),
            }
        }
    }

    fn at_vector(&self) -> bool {
        self.core.0.cpu.pc & !0x7ff == VECTORS_VA
    }

    fn fetchable(&mut self) -> bool {
        let pc = self.core.0.cpu.pc;
        !pc.is_multiple_of(4) || self.core.0.fetch_page(pc).is_ok()
    }

    /// What exception led to the vector; puts the state back to where it was taken.
    fn exception(&mut self, program: &Program) -> Stop {
        let v = &mut self.core.0;
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
            _ if elr == program.end => Stop::End,
            0x00 => Stop::Undefined,
            0x21 | 0x22 => Stop::FetchFault,
            0x25 => Stop::DataFault,
            0x3c => Stop::Breakpoint,
            0x26 => Stop::Other(exc::SP_ALIGN.kind().into()),
            0x0e => Stop::Other(exc::ILLEGAL_STATE.kind().into()),
            other => Stop::Other(u32::try_from(other).unwrap_or_default() + 1000),
        }
    }

    fn reply(&self, program: &Program, (stop, count): (Stop, u64)) -> Outcome {
        let cpu = &self.core.0.cpu;
        if cpu.pstate.pan != 0 {
            return Outcome::NotComparable("the program set PSTATE.PAN, and its pages are EL0's too".into());
        }
        let writable = program.regions.iter().filter(|r| r.perm.writable());
        let written = writable.flat_map(|r| wire::written(r.base, &r.bytes, &self.contents(r))).collect();
        Outcome::Done(Reply {
            stop,
            count: Some(count),
            regs: Regs::A64(Box::new(a64::registers(cpu))),
            written,
        })
    }
}

impl Engine for Accelerated {
    fn name(&self) -> &'static str {
        self.accel.name()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact_limit: true, external: false, translates: self.translates }
    }

    fn run(&mut self, programs: &[Program], _: Mode) -> Vec<Outcome> {
        programs.iter().map(|p| self.execute(p)).collect()
    }

    fn explain(&mut self, program: &Program) -> Option<Explained> {
        let Regs::A64(regs) = &program.regs else { return None };
        self.load(program).ok()?;
        self.start(regs);
        self.accel.explain(&mut self.core, regs.pc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{self, Opts};

    fn agrees(what: &str, seed: u64, mut engine: Accelerated) {
        let opts = Opts { seed, blocks: Some(400), ..Opts::default() };
        let report = diff::run(&opts, &mut crate::engine::Step, &mut [&mut engine], |_| {});
        let failures: Vec<_> = report.failures.iter().map(diff::report::failure).collect();
        assert!(failures.is_empty(), "{what}:\n{}", failures.join("\n"));
        let abstained: u64 = report.abstained.values().sum();
        assert!(report.insns > 3000 && abstained < 40, "{what}: {}", diff::report::summary(&report));
    }

    #[test]
    fn the_interpreter_ends_as_its_semantics_do_whatever_the_block_length() {
        for max_block in [1, 3, 64] {
            let config = interp::Config { max_block, ..interp::Config::default() };
            agrees(
                &format!("block length {max_block}"),
                0x1177 + max_block as u64,
                Accelerated::interp(config),
            );
        }
    }

    #[test]
    fn the_translator_ends_as_its_semantics_do() {
        for max_region in [1, 4, 600] {
            let config = Config { max_region, threshold: 1, ..Config::default() };
            let engine = Accelerated::jit_with(config).expect("this host");
            agrees(&format!("region length {max_region}"), 0x2277 + max_region as u64, engine);
        }
    }
}

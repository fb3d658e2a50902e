//! An accelerator as the machine runs it: blocks or translations, software TLB, page tables,
//! exceptions. What [`Step`](super::Step) shares with it are the semantics; everything around them
//! is checked here.
//!
//! A program's regions are mapped page by page at their own addresses, with their permissions; an
//! exception is seen at its vector, a page at an address no program uses. The word behind a program
//! is undefined: code runs into it without being told to stop, so blocks are as long as they can be.

use innkeeper_core::accel::{self, Accel, Explained, Interp, interp};
use innkeeper_core::emit::{Trap, step};
use innkeeper_core::isa::{Isa, Registers as _};
use innkeeper_core::mem::Ram;
use innkeeper_core::mem::ram::RegionSpec;
use innkeeper_core::system::System;
use innkeeper_core::vcpu::{Core, Vcpu};
use innkeeper_core::wire::{self, Mode, Perm, Program, Region, Regs, Reply, Stop};
use innkeeper_jit::{Config, Guest, Jit, JitError};

use super::{Capabilities, Engine, Outcome};

/// The memory that programs and their page tables lie in, while it is filled.
pub struct Memory<'a> {
    /// It.
    pub sys: &'a mut System,
    next_table: &'a mut u64,
}

impl Memory<'_> {
    const PAGE: u64 = 0x1000;
    const SIZE: u64 = 16 << 20;
    /// Physical page that is the guest's own, for vectors. Programs lie below it.
    pub const RESERVED: u64 = 0xe0_0000;
    /// Page tables, from the first on, each a page.
    pub const TABLES: u64 = 0xf0_0000;

    /// A page of zeros for a table; the first is at [`Memory::TABLES`].
    pub fn new_table(&mut self) -> u64 {
        let new = *self.next_table;
        *self.next_table += Self::PAGE;
        new
    }
}

/// What a call of firmware is, of a program that nobody answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// Undefined, and not executed.
    Undefined,
    /// Executed.
    Firmware,
}

/// A guest whose programs can be put on the stage of page tables and vectors.
pub trait Staged: Isa {
    /// Its name in sentences.
    const NAME: &'static str;
    /// Empty page tables but for the vectors, which call firmware.
    fn prepare(memory: &mut Memory<'_>);
    /// Maps the page at `va` to the same physical address.
    fn map(memory: &mut Memory<'_>, va: u64, perm: Perm);
    /// Resets the CPU, turns the MMU on and gives it a program's registers; false for those of another
    /// guest.
    fn start(v: &mut Vcpu<Self>, regs: &Regs) -> bool;
    /// The registers.
    fn registers(cpu: &Self::Cpu) -> Regs;
    /// Whether PC is in the vectors.
    fn at_vector(cpu: &Self::Cpu) -> bool;
    /// What exception led there; puts the state back to where it was taken.
    fn exception(v: &mut Vcpu<Self>, end: u64) -> Stop;
    /// What a call that the engine hands out is.
    fn call(trap: Trap) -> Entry;
    /// Why the state it has ended in cannot be compared, if it cannot.
    fn incomparable(cpu: &Self::Cpu) -> Option<&'static str>;
}

/// An engine made of an accelerator, whose name it has.
pub struct Accelerated<I: Staged> {
    core: Core<I>,
    accel: Box<dyn Accel<I>>,
    /// The accelerator compiles what it runs.
    translates: bool,
    /// Most instructions it is given at once.
    slice: u64,
    /// Regions whose pages are mapped.
    mapped: Vec<(u64, u64, Perm)>,
    next_table: u64,
}

impl<I: Staged + Guest> Accelerated<I> {
    /// The interpreter with the given block and cache sizes.
    pub fn interp(config: interp::Config) -> Accelerated<I> {
        Accelerated::new(Box::new(Interp::new(config)), false)
    }

    /// The translator, told to compile everything at first sight.
    pub fn jit() -> Result<Accelerated<I>, JitError> {
        Accelerated::jit_with(Config { threshold: 1, ..Config::default() })
    }

    /// The translator with the given sizes and threshold.
    pub fn jit_with(config: Config) -> Result<Accelerated<I>, JitError> {
        Ok(Accelerated::new(Box::new(Jit::new(config)?), true))
    }
}

impl<I: Staged> Accelerated<I> {
    /// Interrupts the accelerator after every `slice` instructions, which no program notices.
    pub fn in_slices_of(&mut self, slice: u64) {
        self.slice = slice.max(1);
    }

    /// # Panics
    /// When the host has no 16 MiB of memory left.
    fn new(accel: Box<dyn Accel<I>>, translates: bool) -> Accelerated<I> {
        let spec = RegionSpec { base: 0, size: Memory::SIZE, writable: true };
        let ram = Ram::new(&[spec]).expect("16 MiB of memory for the engine");
        let system = Box::new(System::new(ram.clone(), 0));
        let core = step::Step(Vcpu::new(system, ram, 0));
        let next_table = Memory::TABLES;
        let mut engine =
            Accelerated { core, accel, translates, slice: u64::MAX, mapped: Vec::new(), next_table };
        engine.map_nothing();
        engine
    }

    fn memory(&mut self) -> Memory<'_> {
        Memory { sys: &mut self.core.0.sys, next_table: &mut self.next_table }
    }

    /// Empty tables but for the vectors.
    fn map_nothing(&mut self) {
        let zero = vec![0; usize::try_from(Memory::SIZE - Memory::TABLES).unwrap_or_default()];
        self.core.0.sys.poke(Memory::TABLES, &zero);
        self.mapped.clear();
        self.next_table = Memory::TABLES;
        I::prepare(&mut self.memory());
        self.core.0.tlbs.flush_all();
    }

    /// Puts the program into memory; says why not, if it cannot.
    fn load(&mut self, program: &Program) -> Result<(), String> {
        let shape: Vec<_> = program.regions.iter().map(|r| (r.base, r.size, r.perm)).collect();
        let limit = Memory::RESERVED;
        if let Some((base, ..)) = shape.iter().find(|(base, size, _)| base.saturating_add(*size) > limit) {
            return Err(format!("the machine keeps programs below {limit:#x}, and {base:#x} is not"));
        }
        if shape != self.mapped {
            self.map_nothing();
            for &(base, size, perm) in &shape {
                for va in (base..base + size).step_by(4096) {
                    I::map(&mut self.memory(), va, perm);
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

    fn execute(&mut self, program: &Program) -> Outcome {
        if let Err(why) = self.load(program) {
            return Outcome::NotComparable(why);
        }
        if !I::start(&mut self.core.0, &program.regs) {
            return Outcome::NotComparable(format!("the machine executes {} only", <I as Staged>::NAME));
        }
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
                break (I::exception(&mut self.core.0, program.end), done - vector_insns);
            }
            if self.core.0.cpu.pc() == program.end {
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
                    break match I::call(trap) {
                        Entry::Undefined => (Stop::Undefined, done - 1),
                        Entry::Firmware => {
                            let next = self.core.0.cpu.pc().wrapping_add(I::CALL_LEN);
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
        I::at_vector(&self.core.0.cpu)
    }

    /// A misaligned address is not noticed before it is fetched from.
    fn fetchable(&mut self) -> bool {
        let pc = self.core.0.cpu.pc();
        I::check_pc(pc).is_err() || self.core.0.fetch_page(pc).is_ok()
    }

    fn reply(&self, program: &Program, (stop, count): (Stop, u64)) -> Outcome {
        let cpu = &self.core.0.cpu;
        if let Some(why) = I::incomparable(cpu) {
            return Outcome::NotComparable(why.into());
        }
        let writable = program.regions.iter().filter(|r| r.perm.writable());
        let written = writable.flat_map(|r| wire::written(r.base, &r.bytes, &self.contents(r))).collect();
        Outcome::Done(Reply { stop, count: Some(count), regs: I::registers(cpu), written })
    }
}

impl<I: Staged> Engine for Accelerated<I> {
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
        self.load(program).ok()?;
        if !I::start(&mut self.core.0, &program.regs) {
            return None;
        }
        self.accel.explain(&mut self.core, program.regs.pc())
    }
}

#[cfg(test)]
mod tests {
    use innkeeper_core::isa::a64::A64;

    use super::*;
    use crate::diff::{self, Opts};

    fn agrees(what: &str, seed: u64, mut engine: Accelerated<A64>) {
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

//! Our semantics, executed directly on flat memory: what the interpreter runs, without its MMU,
//! devices and run loop.

use innkeeper_core::emit::Trap;
use innkeeper_core::isa::a64::testing::{FlatCpu, FlatMemory};
use innkeeper_core::isa::a64::{Insn, decode, exc};
use innkeeper_core::wire::{self, A64Regs, Mode, Perm, Program, Region, Regs, Reply, Stop};

use super::{Capabilities, Engine, Moment, Outcome, Watch, a64};

/// The engine `step`.
#[derive(Default)]
pub struct Step;

impl Step {
    fn execute(&mut self, program: &Program, before: Watch<'_>) -> Outcome {
        let Regs::A64(regs) = &program.regs else {
            return Outcome::NotComparable("step executes AArch64 only".into());
        };
        let code = predecode(program);
        let mut flat = load(regs, &program.regions);
        let mut count = 0;
        let stop = loop {
            let pc = flat.cpu.pc;
            if pc == program.end {
                break Stop::End;
            }
            // An instruction is fetched before it is counted, as in the oracle, which does not
            // notice a misaligned address.
            let insn = code.at(pc);
            if count == program.limit && (insn.is_some() || !pc.is_multiple_of(4)) {
                break Stop::Limit;
            }
            let Some(insn) = insn else { break Stop::FetchFault };
            let read = |at: u64, out: &mut [u8]| flat.mem.read(at, out).is_ok();
            if !before(&Moment { pc, x64: None, read: &read }) {
                break Stop::Limit;
            }
            let (done, stop) = match flat.execute(&insn) {
                Ok(()) => (true, None),
                Err(trap) => (completes(trap), Some(stop(trap))),
            };
            if done {
                flat.cpu.pc = flat.next_pc;
                count += 1;
            }
            if let Some(stop) = stop {
                break stop;
            }
        };
        Outcome::Done(reply(&flat, program, stop, count))
    }
}

/// Calls return to the next instruction.
fn completes(trap: Trap) -> bool {
    matches!(trap.kind(), exc::SVC | exc::HVC | exc::SMC)
}

fn stop(trap: Trap) -> Stop {
    match trap {
        exc::UNDEFINED => Stop::Undefined,
        exc::DATA_ABORT => Stop::DataFault,
        exc::INST_ABORT | exc::PC_ALIGN => Stop::FetchFault,
        _ => match trap.kind() {
            exc::SVC => Stop::Syscall,
            exc::HVC | exc::SMC => Stop::FirmwareCall,
            exc::BRK => Stop::Breakpoint,
            exc::HLT => Stop::Undefined,
            other => Stop::Other(other.into()),
        },
    }
}

/// The program's code, decoded once.
struct Code {
    base: u64,
    size: u64,
    insns: Vec<Insn>,
    /// What the zeros after the program are.
    zero: Insn,
}

fn predecode(program: &Program) -> Code {
    let code = program.regions.iter().find(|r| r.perm == Perm::Code);
    let words = code.map(|r| &r.bytes[..]).unwrap_or_default().chunks_exact(4);
    let insns = words.map(|w| decode::decode(u32::from_le_bytes([w[0], w[1], w[2], w[3]]))).collect();
    let (base, size) = code.map_or((0, 0), |r| (r.base, r.size));
    Code { base, size, insns, zero: decode::decode(0) }
}

impl Code {
    fn at(&self, pc: u64) -> Option<Insn> {
        let offset = pc.checked_sub(self.base)?;
        if offset >= self.size || offset % 4 != 0 {
            return None;
        }
        Some(self.insns.get(usize::try_from(offset / 4).ok()?).copied().unwrap_or(self.zero))
    }
}

/// The program's memory.
struct Regions(Vec<Region>);

impl Regions {
    /// The region that holds all of `len` bytes at `addr`, and the offset.
    fn place(&self, addr: u64, len: u64, write: bool) -> Option<(usize, usize)> {
        let n = self.0.iter().position(|r| addr.wrapping_sub(r.base) < r.size)?;
        let r = &self.0[n];
        let offset = addr - r.base;
        let fits = offset + len <= r.size && (!write || r.perm.writable());
        fits.then_some((n, usize::try_from(offset).ok()?))
    }

    /// The byte at `addr`, whose access may cross from region to region.
    fn byte(&self, addr: u64, write: bool) -> Result<(usize, usize), u64> {
        self.place(addr, 1, write).ok_or(addr)
    }
}

impl FlatMemory for Regions {
    fn read(&self, addr: u64, out: &mut [u8]) -> Result<(), u64> {
        if let Some((n, at)) = self.place(addr, out.len() as u64, false) {
            out.copy_from_slice(&self.0[n].bytes[at..at + out.len()]);
            return Ok(());
        }
        for (i, byte) in (0u64..).zip(out) {
            let (n, at) = self.byte(addr.wrapping_add(i), false)?;
            *byte = self.0[n].bytes[at];
        }
        Ok(())
    }

    fn writable(&self, addr: u64, len: u64) -> Result<(), u64> {
        match self.place(addr, len, true) {
            Some(_) => Ok(()),
            None => (0..len).try_for_each(|i| self.byte(addr.wrapping_add(i), true).map(|_| ())),
        }
    }

    fn write(&mut self, addr: u64, bytes: &[u8]) {
        if let Some((n, at)) = self.place(addr, bytes.len() as u64, true) {
            self.0[n].bytes[at..at + bytes.len()].copy_from_slice(bytes);
            return;
        }
        for (i, byte) in (0u64..).zip(bytes) {
            if let Ok((n, at)) = self.byte(addr.wrapping_add(i), true) {
                self.0[n].bytes[at] = *byte;
            }
        }
    }
}

fn load(r: &A64Regs, regions: &[Region]) -> FlatCpu<Regions> {
    let filled = regions.iter().map(|r| {
        let mut r = r.clone();
        r.bytes.resize(usize::try_from(r.size).unwrap_or_default(), 0);
        r
    });
    let mut flat = FlatCpu::with(Regions(filled.collect()));
    a64::start(&mut flat.cpu, r);
    flat
}

fn reply(flat: &FlatCpu<Regions>, program: &Program, stop: Stop, count: u64) -> Reply {
    let pairs = program.regions.iter().zip(&flat.mem.0).filter(|(r, _)| r.perm.writable());
    let written = pairs.flat_map(|(r, now)| wire::written(r.base, &r.bytes, &now.bytes)).collect();
    Reply { stop, count: Some(count), regs: Regs::A64(Box::new(a64::registers(&flat.cpu))), written }
}

impl Engine for Step {
    fn name(&self) -> &'static str {
        "step"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact_limit: true, external: false, translates: false }
    }

    fn run(&mut self, programs: &[Program], _: Mode) -> Vec<Outcome> {
        programs.iter().map(|p| self.execute(p, &mut |_| true)).collect()
    }

    fn watch(&mut self, program: &Program, before: Watch<'_>) -> Outcome {
        self.execute(program, before)
    }
}

//! One Unicorn and the memory mapped in it.

use innkeeper_core::wire::{self, Arch, Mode, Perm, Program, Region, Regs, Reply, Stop, Written};
use unicorn_engine::{Context, HookType, Prot, uc_error};

use crate::seen::{Seen, Uc, say};
use crate::{a64, x64};

/// A reusable Unicorn.
pub struct Engine {
    uc: Uc,
    arch: Arch,
    /// CPU state after reset: restored before each program, so that what no register of the wire
    /// shows (exclusive monitor, system registers) does not leak from one to the next.
    pristine: Context,
    mapped: Vec<Region>,
    /// Programs translated since the translator's buffer was emptied.
    translated: u32,
}

/// Programs between two emptyings of the translator's buffer. Left alone it grows through a
/// gigabyte of fresh pages; this small, it stays in the cache.
const FLUSH_EVERY: u32 = 256;

impl Engine {
    /// A CPU with every feature Unicorn has; `counted` adds the hook on every instruction.
    pub fn new(arch: Arch, counted: bool) -> Result<Engine, String> {
        let mut uc = match arch {
            Arch::A64 => a64::open()?,
            Arch::X64 => x64::open()?,
        };
        uc.add_intr_hook(|uc, number| {
            uc.get_data_mut().exception.get_or_insert(number);
            // Failing to stop shows as a second exception or as the limit; nothing to do here.
            let _ = uc.emu_stop();
        })
        .map_err(say("hook exceptions"))?;
        if counted {
            uc.add_code_hook(1, 0, move |uc, at, size| {
                if arch == Arch::X64 {
                    if uc.get_data().repeated == Some(at) {
                        return;
                    }
                    let repeats = x64::repeats(uc, at, size);
                    uc.get_data_mut().repeated = repeats.then_some(at);
                }
                let seen = uc.get_data_mut();
                if seen.begun >= seen.limit {
                    seen.out_of_budget = true;
                    let _ = uc.emu_stop();
                } else {
                    seen.begun += 1;
                }
            })
            .map_err(say("hook instructions"))?;
        }
        uc.add_mem_hook(HookType::MEM_INVALID, 1, 0, |_, _, _, _, _| false).map_err(say("hook faults"))?;
        let pristine = uc.context_init().map_err(say("save its state"))?;
        Ok(Engine { uc, arch, pristine, mapped: Vec::new(), translated: 0 })
    }

    /// Runs one program from its start state.
    pub fn run(&mut self, program: &Program, mode: Mode) -> Result<Reply, String> {
        self.load(program)?;
        *self.uc.get_data_mut() = Seen { limit: program.limit, ..Seen::default() };
        let (stop, count) = match mode {
            Mode::Block => (self.go(program.regs.pc(), program.end, 0), None),
            Mode::Counted => {
                let stop = self.go(program.regs.pc(), program.end, 0);
                (stop, Some(self.completed(stop)))
            }
            Mode::Step => {
                // Unicorn counts by code it puts into translations: older ones run on unhindered.
                self.uc.ctl_flush_tb().map_err(say("drop translations"))?;
                let end = self.step(program)?;
                self.uc.ctl_flush_tb().map_err(say("drop translations"))?;
                end
            }
        };
        let regs = self.registers()?;
        Ok(Reply { stop, count, regs, written: self.written()? })
    }

    fn load(&mut self, program: &Program) -> Result<(), String> {
        self.uc.context_restore(&self.pristine).map_err(say("restore its state"))?;
        let same = |a: &Region, b: &Region| (a.base, a.size, a.perm) == (b.base, b.size, b.perm);
        let kept = self.mapped.len() == program.regions.len()
            && self.mapped.iter().zip(&program.regions).all(|(a, b)| same(a, b));
        if !kept {
            self.remap(&program.regions)?;
        }
        for (old, new) in self.mapped.iter_mut().zip(&program.regions) {
            // A region the program cannot write still holds what was put there.
            if kept && !new.perm.writable() && old.bytes == new.bytes {
                continue;
            }
            let mut bytes = new.bytes.clone();
            bytes.resize(usize::try_from(new.size).map_err(|_| "region too large")?, 0);
            self.uc.mem_write(new.base, &bytes).map_err(say("write memory"))?;
            old.bytes.clone_from(&new.bytes);
            if new.perm.executable() {
                // The same program again may use what was translated for it.
                self.uc.ctl_remove_cache(new.base, new.base + new.size).map_err(say("drop translations"))?;
                self.translated += 1;
            }
        }
        if self.translated >= FLUSH_EVERY {
            self.translated = 0;
            self.uc.ctl_flush_tb().map_err(say("empty its buffer"))?;
        }
        match &program.regs {
            Regs::A64(r) => a64::set(&mut self.uc, r),
            Regs::X64(r) => x64::set(&mut self.uc, r),
        }
        .map_err(say("set registers"))
    }

    fn remap(&mut self, regions: &[Region]) -> Result<(), String> {
        const LARGEST: u64 = 16 << 20;
        for old in std::mem::take(&mut self.mapped) {
            self.uc.mem_unmap(old.base, old.size).map_err(say("unmap memory"))?;
        }
        self.uc.ctl_flush_tb().map_err(say("drop translations"))?;
        for r in regions {
            if r.size > LARGEST || r.bytes.len() as u64 > r.size || r.base.checked_add(r.size).is_none() {
                return Err(format!("region at {:#x} has an impossible size", r.base));
            }
            let prot = match r.perm {
                Perm::Code => Prot::READ | Prot::EXEC,
                Perm::ReadOnly => Prot::READ,
                Perm::ReadWrite => Prot::READ | Prot::WRITE,
                Perm::Any => Prot::ALL,
            };
            self.uc.mem_map(r.base, r.size, prot).map_err(say("map memory"))?;
            self.mapped.push(r.clone());
        }
        Ok(())
    }

    /// Runs from `pc` until `end`; `count` of 0 is without a count.
    fn go(&mut self, pc: u64, end: u64, count: usize) -> Stop {
        let result = self.uc.emu_start(pc, end, 0, count);
        let seen = self.uc.get_data();
        if let Some(number) = seen.exception {
            return match self.arch {
                Arch::A64 => a64::stop(number),
                Arch::X64 => x64::stop(number),
            };
        }
        match result {
            Ok(()) if seen.out_of_budget => Stop::Limit,
            Ok(()) => Stop::End,
            Err(uc_error::INSN_INVALID) => Stop::Undefined,
            Err(uc_error::FETCH_UNMAPPED | uc_error::FETCH_PROT | uc_error::FETCH_UNALIGNED) => {
                Stop::FetchFault
            }
            Err(
                uc_error::READ_UNMAPPED
                | uc_error::WRITE_UNMAPPED
                | uc_error::READ_PROT
                | uc_error::WRITE_PROT
                | uc_error::READ_UNALIGNED
                | uc_error::WRITE_UNALIGNED,
            ) => Stop::DataFault,
            Err(other) => Stop::Other(other as u32),
        }
    }

    /// Instructions completed in counted mode: what raised an exception was begun but did not
    /// complete, except calls, which return to the next instruction.
    fn completed(&self, stop: Stop) -> u64 {
        let begun = self.uc.get_data().begun;
        match stop {
            Stop::End | Stop::Limit | Stop::Syscall | Stop::FirmwareCall | Stop::FetchFault => begun,
            _ => begun.saturating_sub(1),
        }
    }

    fn step(&mut self, program: &Program) -> Result<(Stop, Option<u64>), String> {
        let mut pc = program.regs.pc();
        for done in 0..program.limit {
            let stop = self.go(pc, program.end, 1);
            if stop != Stop::End {
                // A branch completes before the fetch at its target faults; only at the entry is
                // there no branch.
                let entry = stop == Stop::FetchFault && done == 0 && self.registers()?.pc() == pc;
                let done_too =
                    matches!(stop, Stop::Syscall | Stop::FirmwareCall | Stop::FetchFault) && !entry;
                return Ok((stop, Some(done + u64::from(done_too))));
            }
            pc = self.registers()?.pc();
            if pc == program.end {
                return Ok((Stop::End, Some(done + 1)));
            }
        }
        Ok((Stop::Limit, Some(program.limit)))
    }

    fn registers(&self) -> Result<Regs, String> {
        match self.arch {
            Arch::A64 => a64::get(&self.uc).map(|r| Regs::A64(Box::new(r))),
            Arch::X64 => x64::get(&self.uc).map(|r| Regs::X64(Box::new(r))),
        }
        .map_err(say("read registers"))
    }

    fn written(&self) -> Result<Vec<Written>, String> {
        let mut runs = Vec::new();
        for r in self.mapped.iter().filter(|r| r.perm.writable()) {
            let size = usize::try_from(r.size).map_err(|_| "region too large")?;
            let now = self.uc.mem_read_as_vec(r.base, size).map_err(say("read memory"))?;
            runs.extend(wire::written(r.base, &r.bytes, &now));
        }
        Ok(runs)
    }
}

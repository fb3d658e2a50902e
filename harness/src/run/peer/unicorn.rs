//! Unicorn, in the oracle's process: the whole guest from its first instruction to the one that
//! powers the machine off.
//!
//! Unicorn is a CPU without a board. It is given the memory and registers our machine has before its
//! first instruction, and a page of memory in place of the console, whose status register then
//! always reads "ready"; the guest turns the MMU on itself, as everywhere. Nothing counts
//! instructions or interrupts it: whole translated blocks, as fast as Unicorn goes. That both have
//! done the same work is checked at the end: registers and memory must be ours, byte for byte.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use innkeeper_core::wire::{self, Arch, Mode, Perm, Program, Region, Regs, Reply};

use super::{Peer, Sample, process};
use crate::engine::{self, Engine as _, locate_oracle};
use crate::generate::state::Register;
use crate::run::guest::{Guest, Stop};

/// Far above what any bench needs.
const LIMIT: u64 = 1 << 40;
/// Memory given to Unicorn from the start of RAM: guests of benches use the first few MiB.
const MEMORY: u64 = 8 << 20;
const PAGE: u64 = 0x1000;
/// The PL011 of the board.
const CONSOLE: u64 = 0x0900_0000;

/// Unicorn with a guest.
pub struct Unicorn {
    oracle: PathBuf,
    program: Program,
    /// State of our machine at the end.
    end: Reply,
}

impl Unicorn {
    /// Unicorn with `guest`, which has not run yet. Runs it.
    pub fn new(guest: &mut dyn Guest) -> anyhow::Result<Unicorn> {
        let (program, end) = program(guest)?;
        Ok(Unicorn { oracle: locate_oracle()?, program, end })
    }

    fn check(&self, reply: &Reply) -> anyhow::Result<()> {
        let (Regs::A64(ours), Regs::A64(theirs)) = (&self.end.regs, &reply.regs) else {
            bail!("Unicorn answered for another architecture")
        };
        let (stop, pc) = (reply.stop, theirs.pc);
        ensure!(stop == wire::Stop::End, "Unicorn stopped at {pc:#x} with {stop:?}");
        let same = (ours.x, ours.sp, ours.v) == (theirs.x, theirs.sp, theirs.v);
        ensure!(same, "the registers differ at the end");
        let ram = reply.written.iter().filter(|w| w.addr >> 12 != CONSOLE >> 12);
        ensure!(ram.eq(&self.end.written), "the memories differ at the end");
        Ok(())
    }
}

impl Peer for Unicorn {
    fn run(&mut self, _: &[u8]) -> anyhow::Result<Sample> {
        let (sample, outcome) = process::timed(|| {
            let mut unicorn = engine::Unicorn::start(self.oracle.clone())?;
            // The process ends with `unicorn`.
            Ok(unicorn.run(std::slice::from_ref(&self.program), Mode::Block).pop())
        })?;
        match outcome.context("no answer")? {
            engine::Outcome::Done(reply) => self.check(&reply)?,
            engine::Outcome::NotComparable(why) | engine::Outcome::Crashed(why) => bail!(why),
        }
        Ok(sample)
    }
}

/// What `guest`, which has not run yet, runs until it powers off, for [`Mode::Block`], and the
/// state it ends in, as Unicorn should report it. Runs it.
pub fn program(guest: &mut dyn Guest) -> anyhow::Result<(Program, Reply)> {
    let mut regions = vec![Region { base: CONSOLE, size: PAGE, perm: Perm::ReadWrite, bytes: Vec::new() }];
    for (base, size) in guest.memory() {
        let size = size.min(MEMORY);
        let mut bytes = contents(guest, base, size)?;
        bytes.truncate(bytes.iter().rposition(|&b| b != 0).map_or(0, |n| n + 1));
        if !bytes.is_empty() {
            regions.push(Region { base, size, perm: Perm::Any, bytes });
        }
    }
    let regs = registers(guest)?;
    let stop = guest.run(LIMIT);
    ensure!(stop == Stop::Exit(0), "the guest was to power off, but ended with {stop:?}");
    let state = end(guest, &regions)?;
    // The call to PSCI has retired here; Unicorn has nobody to call and stops in front of it.
    let end = state.regs.pc().wrapping_sub(4);
    Ok((Program { regions, regs, end, limit: LIMIT }, state))
}

fn end(guest: &dyn Guest, regions: &[Region]) -> anyhow::Result<Reply> {
    let mut written = Vec::new();
    for r in regions.iter().filter(|r| r.base != CONSOLE) {
        written.extend(wire::written(r.base, &r.bytes, &contents(guest, r.base, r.size)?));
    }
    Ok(Reply { stop: wire::Stop::End, count: Some(guest.insns()), regs: registers(guest)?, written })
}

fn contents(guest: &dyn Guest, base: u64, size: u64) -> anyhow::Result<Vec<u8>> {
    let size = usize::try_from(size)?;
    guest.read(base, size).with_context(|| format!("failed to read memory at {base:#x}"))
}

/// General and vector registers; flags and FP control are 0 at the start and not compared at the end.
fn registers(guest: &dyn Guest) -> anyhow::Result<Regs> {
    let mut regs = Regs::A64(Box::default());
    for (name, value) in guest.registers() {
        if let Some(register) = Register::named(Arch::A64, &name)
            && !matches!(name.as_str(), "nzcv" | "fpcr" | "fpsr")
        {
            register.set(&mut regs, value).with_context(|| format!("{name} cannot hold {value:#x}"))?;
        }
    }
    Ok(regs)
}

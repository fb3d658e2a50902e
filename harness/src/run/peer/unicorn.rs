//! Unicorn, in the oracle's process: the whole guest from its first instruction to the one that
//! powers the machine off.
//!
//! Unicorn is a CPU without a board. It is given the memory and registers our machine has before its
//! first instruction, and a page of memory in place of the console, whose status register then
//! always reads "ready"; the guest turns the MMU on itself, as everywhere. Nothing counts
//! instructions or interrupts it: whole translated blocks, as fast as Unicorn goes. That both have
//! done the same work is checked at the end: registers and memory must be ours, byte for byte.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail, ensure};
use innkeeper_core::board::Board as _;
use innkeeper_core::board::virt_a64::{Virt, VirtA64};
use innkeeper_core::machine::{Exit, Limit};
use innkeeper_core::wire::{self, A64Regs, Mode, Perm, Program, Region, Regs, Reply, Stop};

use super::{Peer, Sample, process};
use crate::engine::{self, Engine as _, locate_oracle};
use crate::run::Tools;
use crate::run::machine::{Spec, exact, virt_a64};
use crate::scenario::machine::Board;

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
    /// Unicorn with the guest of `machine`, which has not run yet. Runs it.
    pub fn new(machine: &mut Virt) -> anyhow::Result<Unicorn> {
        let (program, end) = program(machine)?;
        Ok(Unicorn { oracle: locate_oracle()?, program, end })
    }

    fn check(&self, reply: &Reply) -> anyhow::Result<()> {
        let (Regs::A64(ours), Regs::A64(theirs)) = (&self.end.regs, &reply.regs) else {
            bail!("Unicorn answered for another architecture")
        };
        let (stop, pc) = (reply.stop, theirs.pc);
        ensure!(stop == Stop::End, "Unicorn stopped at {pc:#x} with {stop:?}");
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

/// The machine in this process.
pub fn machine(spec: Spec, tools: Tools) -> anyhow::Result<Virt> {
    ensure!(spec.board == Board::VirtA64, "Unicorn is compared on virt-a64 only");
    let engine = exact::engine(spec.accel, tools).map_err(|e| anyhow!(e))?;
    VirtA64::machine(&virt_a64(spec), engine).context("failed to build the machine")
}

/// What `machine`, which has not run yet, runs until it powers off, for [`Mode::Block`], and the
/// state it ends in, as Unicorn should report it. Runs it.
pub fn program(machine: &mut Virt) -> anyhow::Result<(Program, Reply)> {
    let mut regions = vec![Region { base: CONSOLE, size: PAGE, perm: Perm::ReadWrite, bytes: Vec::new() }];
    for spec in machine.system().ram.regions() {
        let size = spec.size.min(MEMORY);
        let mut bytes = contents(machine, spec.base, size)?;
        bytes.truncate(bytes.iter().rposition(|&b| b != 0).map_or(0, |n| n + 1));
        if !bytes.is_empty() {
            regions.push(Region { base: spec.base, size, perm: Perm::Any, bytes });
        }
    }
    let regs = Regs::A64(Box::new(registers(machine)?));
    let exit = machine.run_until(Limit::insns(LIMIT));
    ensure!(exit == Exit::Shutdown, "the guest was to power off, but ended with {exit:?}");
    let state = end(machine, &regions)?;
    // The call to PSCI has retired here; Unicorn has nobody to call and stops in front of it.
    let end = state.regs.pc().wrapping_sub(4);
    Ok((Program { regions, regs, end, limit: LIMIT }, state))
}

fn end(machine: &Virt, regions: &[Region]) -> anyhow::Result<Reply> {
    let mut written = Vec::new();
    for r in regions.iter().filter(|r| r.base != CONSOLE) {
        written.extend(wire::written(r.base, &r.bytes, &contents(machine, r.base, r.size)?));
    }
    let regs = Regs::A64(Box::new(registers(machine)?));
    Ok(Reply { stop: Stop::End, count: Some(machine.now().insns), regs, written })
}

fn contents(machine: &Virt, base: u64, size: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(size)?];
    ensure!(machine.system().peek(base, &mut bytes), "failed to read memory at {base:#x}");
    Ok(bytes)
}

fn registers(machine: &Virt) -> anyhow::Result<A64Regs> {
    let cpu = &machine.cpu(0).ok_or_else(|| anyhow!("no CPU"))?.cpu;
    let mut regs = A64Regs { sp: cpu.x[31], pc: cpu.pc, v: cpu.v, ..A64Regs::default() };
    regs.x.copy_from_slice(&cpu.x[..31]);
    Ok(regs)
}

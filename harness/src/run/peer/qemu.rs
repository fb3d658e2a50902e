//! QEMU's system emulator: the same ELF, the same command line, on the machine ours is modelled on.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::{Peer, Sample, process};
use crate::scenario::machine::Resolved;

/// QEMU with a guest.
pub struct Qemu {
    command: Command,
}

impl Qemu {
    /// QEMU with the guest of `machine`; `icount` is its deterministic mode.
    pub fn new(machine: &Resolved, kernel: &Path, icount: bool) -> anyhow::Result<Qemu> {
        let board = machine.board;
        let (program, same) = board
            .row()
            .qemu
            .with_context(|| format!("QEMU has no machine that boots what {} does", board.as_str()))?;
        let mut command = Command::new(program);
        command.args(same).args(["-accel", "tcg", "-smp", "1"]);
        command.args(["-display", "none", "-serial", "stdio", "-monitor", "none", "-nic", "none"]);
        command.args(["-no-reboot", "-m", &format!("{}M", machine.memory >> 20)]);
        command.args(["-append", &machine.cmdline, "-kernel"]).arg(kernel);
        command.args(if icount { &["-icount", "shift=0"][..] } else { &[] });
        Ok(Qemu { command })
    }
}

impl Peer for Qemu {
    fn run(&mut self, console: &[u8]) -> anyhow::Result<Sample> {
        let theirs = process::run(&mut self.command)?;
        ensure!(
            theirs.stdout == console,
            "the consoles differ: innkeeper printed {:?}, QEMU printed {:?}",
            String::from_utf8_lossy(console),
            String::from_utf8_lossy(&theirs.stdout)
        );
        Ok(theirs.sample)
    }
}

//! QEMU's system emulator: the same ELF, the same command line, on the machine ours is modelled on.

use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use super::{Peer, Sample, process};
use crate::scenario::machine::Resolved;

/// QEMU's program for AArch64 system emulation.
pub const PROGRAM: &str = "qemu-system-aarch64";

/// QEMU with a guest.
pub struct Qemu {
    command: Command,
}

impl Qemu {
    /// QEMU with the guest of `machine`; `icount` is its deterministic mode.
    pub fn new(machine: &Resolved, kernel: &Path, icount: bool) -> Qemu {
        let mut command = Command::new(PROGRAM);
        command.args(["-M", "virt", "-cpu", "cortex-a57", "-accel", "tcg", "-smp", "1"]);
        command.args(["-display", "none", "-serial", "stdio", "-monitor", "none", "-nic", "none"]);
        command.args(["-no-reboot", "-m", &format!("{}M", machine.memory >> 20)]);
        command.args(["-append", &machine.cmdline, "-kernel"]).arg(kernel);
        command.args(if icount { &["-icount", "shift=0"][..] } else { &[] });
        Qemu { command }
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

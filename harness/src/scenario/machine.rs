//! The `machine` section.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Size;
pub(crate) use super::words::words;
pub use super::words::{Accel, Arch, Board};
use crate::boards;

/// A machine to build.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// A named set of the other fields; fields given here win.
    #[serde(default)]
    pub preset: Option<Preset>,
    /// Guest architecture.
    #[serde(default)]
    pub arch: Option<Arch>,
    /// Board (memory map and devices).
    #[serde(default)]
    pub board: Option<Board>,
    /// ELF file or Linux image to start.
    #[serde(default)]
    pub kernel: Option<File>,
    /// Initial RAM disk.
    #[serde(default)]
    pub initrd: Option<File>,
    /// Kernel command line.
    #[serde(default)]
    pub cmdline: Option<String>,
    /// RAM, such as 128MiB.
    #[serde(default)]
    pub memory: Option<Size>,
    /// Number of CPUs.
    #[serde(default)]
    pub cpus: Option<u32>,
    /// Engine that executes the guest.
    #[serde(default)]
    pub accel: Option<Accel>,
    /// Where guest time comes from: `insns`, with kvm `host`.
    #[serde(default)]
    pub clock: Option<Clock>,
}

/// A file of the guest's.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Name of a committed guest: `scenarios/guests/bin/NAME.elf`, checked against its hash.
    #[serde(default)]
    pub asset: Option<String>,
    /// A path, relative to the scenario.
    #[serde(default)]
    pub file: Option<String>,
}

words! {
    /// Where guest time comes from.
    Clock: Insns "insns" "retired instructions, 1 ns each: every run is the same run",
    Host "host" "the host's clock; only with kvm"
}
words! {
    /// A named machine.
    Preset: BareA64 "bare-a64" "virt-a64, 128 MiB, one CPU, interpreter, clock from instructions",
    BareX64 "bare-x64" "pc-x64, 128 MiB, one CPU, KVM, the host's clock"
}

/// A machine with every default applied.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Board.
    pub board: Board,
    /// Kernel.
    pub kernel: File,
    /// Initial RAM disk.
    pub initrd: Option<File>,
    /// Command line.
    pub cmdline: String,
    /// RAM in bytes.
    pub memory: u64,
    /// CPUs.
    pub cpus: u32,
    /// Engine.
    pub accel: Accel,
}

impl Machine {
    /// Default RAM.
    pub const MEMORY: Size = Size(128 << 20);

    /// The board: as given, of the architecture, of the preset.
    pub fn board(&self) -> Board {
        let preset = || match self.preset {
            Some(Preset::BareX64) => Board::PcX64,
            Some(Preset::BareA64) => Board::VirtA64,
            None => Board::default(),
        };
        self.board.or(self.arch.map(boards::of)).unwrap_or_else(preset)
    }

    /// The engine, with its default.
    pub fn accel(&self) -> Accel {
        self.accel.unwrap_or(self.board().row().engines[0])
    }

    /// Fills in defaults.
    pub fn resolve(&self) -> Resolved {
        Resolved {
            board: self.board(),
            kernel: self.kernel.clone().unwrap_or_default(),
            initrd: self.initrd.clone(),
            cmdline: self.cmdline.clone().unwrap_or_default(),
            memory: self.memory.unwrap_or(Self::MEMORY).0,
            cpus: self.cpus.unwrap_or(1),
            accel: self.accel(),
        }
    }
}

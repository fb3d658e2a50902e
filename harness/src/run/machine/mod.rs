//! Machines as [`Guest`]s: `exact` for those that our engines run, whatever the board, `kvm` for those
//! that KVM runs.

mod exact;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod kvm;

use std::path::Path;

use innkeeper_core::board::virt_a64::{self, VirtA64};
use innkeeper_core::board::{self, Payload};

use super::Tools;
use super::guest::Guest;
use super::verdict::{Class, Failure};
use crate::asset;
use crate::scenario::find::Project;
use crate::scenario::machine::{Accel, Board, File, Resolved};

/// A machine with its files read.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Board.
    pub board: Board,
    /// Engine.
    pub accel: Accel,
    /// Kernel.
    pub kernel: Payload,
    /// Initial RAM disk.
    pub initrd: Option<Payload>,
    /// Command line.
    pub append: String,
    /// RAM in bytes.
    pub memory: u64,
    /// CPUs.
    pub cpus: usize,
    /// Names of byte ports.
    pub ports: Vec<String>,
}

impl Spec {
    /// The machine of a scenario; files are relative to `dir`.
    pub fn read(project: &Project, dir: &Path, m: &Resolved) -> Result<Spec, Failure> {
        let payload = |what: &str, file: &File| {
            let name = file.asset.as_ref().or(file.file.as_ref()).cloned().unwrap_or_default();
            let bytes = asset::load(project, dir, file)
                .map_err(|e| Failure::new(Class::Environment, format!("{what} `{name}`: {e}")))?;
            Ok(Payload { name, bytes })
        };
        Ok(Spec {
            board: m.board,
            accel: m.accel,
            kernel: payload("kernel", &m.kernel)?,
            initrd: m.initrd.as_ref().map(|f| payload("initrd", f)).transpose()?,
            append: m.cmdline.clone(),
            memory: m.memory,
            cpus: usize::try_from(m.cpus).unwrap_or(usize::MAX),
            ports: Vec::new(),
        })
    }
}

/// Builds a machine. Fails with what is wrong with the machine, or with the host.
pub fn build(spec: Spec, tools: Tools) -> Result<Box<dyn Guest>, Failure> {
    if let Some(why) = spec.board.refuses(spec.accel) {
        return Err(Failure::new(Class::ScenarioError, why));
    }
    if let (false, Some(name)) = (spec.board.row().has_ports, spec.ports.first()) {
        let why =
            format!("byte port `{name}`: board {} has none yet; give --board virt-a64", spec.board.as_str());
        return Err(Failure::new(Class::ScenarioError, why));
    }
    let Spec { board, accel, kernel, initrd, append, memory, cpus, ports } = spec;
    let common = board::Config { memory, cpus, initrd, append, ..board::Config::new(kernel) };
    match board {
        Board::VirtA64 => {
            let config = virt_a64::Config { ports, ..common.into() };
            exact::build::<VirtA64>(config, accel, tools)
        }
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        Board::PcX64 => kvm::build(&common),
        #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
        Board::PcX64 => Err(Failure::new(Class::Environment, innkeeper_kvm::KvmError::Host.to_string())),
    }
}

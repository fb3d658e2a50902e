//! Checks of `machine`.

use super::{Checker, field};
use crate::asset;
use crate::boards;
use crate::diag::Code;
use crate::scenario::machine::{Accel, Clock, File, Machine};
use crate::scenario::node::Seg;
use crate::scenario::{Scenario, suggest};

impl Checker<'_> {
    pub(super) fn machine(&mut self, s: &Scenario) {
        let at = field!([], "machine");
        let Some(m) = &s.machine else {
            let scripted =
                (s.clipboard.is_some() || self.doc.tree.entry("addresses").is_some()) && s.bench.is_none();
            if s.differential.is_none() && !scripted && (s.steps.is_some() || s.bench.is_some()) {
                let help = "machine: {kernel: {asset: hello}}";
                self.at_key(Code::NoMachine, &field!([], "scenario"), "no machine to run on", help);
            }
            return;
        };
        match &m.kernel {
            Some(file) => self.file(&field!(at, "kernel"), file),
            None => self.at_key(Code::NoMachine, &at, "a machine without a kernel", "kernel: {asset: hello}"),
        }
        if let Some(file) = &m.initrd {
            self.file(&field!(at, "initrd"), file);
        }
        self.limits(&at, m);
        self.accel(&at, s, m);
    }

    fn file(&mut self, at: &[Seg], f: &File) {
        self.one_of(at, &["asset", "file"]);
        if let Some(name) = &f.asset {
            let p = field!(at, "asset");
            match asset::verify(self.doc.project, name) {
                Ok(()) => {}
                Err(asset::AssetError::Unknown) => {
                    let known: Vec<&str> = self.doc.project.assets().keys().map(String::as_str).collect();
                    let help = match suggest::closest(name, known.iter().copied()) {
                        Some(c) => format!("did you mean `{c}`?"),
                        None => "assets are listed in scenarios/guests/bin/SHA256SUMS".into(),
                    };
                    self.at_value(Code::UnknownAsset, &p, format!("unknown asset `{name}`"), &help);
                }
                Err(e) => {
                    let help = "run scenarios/guests/build and commit what it writes";
                    self.at_value(Code::AssetHash, &p, format!("asset `{name}`: {e}"), help);
                }
            }
        }
        if let Some(file) = &f.file {
            let full = self.doc.path.parent().map(|d| d.join(file)).unwrap_or_default();
            if !full.is_file() {
                let help = "paths are relative to the scenario's folder";
                self.at_value(Code::NoFile, &field!(at, "file"), format!("no file `{file}`"), help);
            }
        }
    }

    fn limits(&mut self, at: &[Seg], m: &Machine) {
        let board = m.board();
        let name = board.as_str();
        if let Some(size) = m.memory.filter(|s| !(1 << 20..=255 << 30).contains(&s.0) || s.0 % 4096 != 0) {
            let help = "1MiB to 255GiB, whole pages of 4KiB";
            let message = format!("{name} cannot have {size} of RAM");
            self.at_value(Code::Limits, &field!(at, "memory"), message, help);
        }
        if m.cpus.is_some_and(|n| !(1..=8).contains(&n)) {
            let message = format!("{name} does not have that many CPUs");
            self.at_value(Code::Limits, &field!(at, "cpus"), message, board.row().cpus);
        }
        if let (Some(arch), Some(board)) = (m.arch, m.board)
            && board.row().arch != arch
        {
            let message = format!("{name} is not a machine of {}", arch.as_str());
            let help =
                format!("board: {}, or arch: {}", boards::of(arch).as_str(), board.row().arch.as_str());
            self.at_value(Code::Limits, &field!(at, "board"), message, &help);
        }
        self.clock(at, m);
    }

    fn clock(&mut self, at: &[Seg], m: &Machine) {
        let (message, help) = match (m.accel(), m.clock) {
            (Accel::Interp | Accel::Jit, Some(Clock::Host)) => {
                (format!("`{}` takes guest time from instructions only", m.accel().as_str()), "clock: insns")
            }
            (Accel::Kvm, Some(Clock::Insns)) => {
                ("`kvm` does not count instructions: guest time is the host's".into(), "clock: host")
            }
            _ => return,
        };
        self.at_value(Code::Limits, &field!(at, "clock"), message, help);
    }

    /// An accelerator that cannot run the board is refused, whatever the host has.
    fn accel(&mut self, at: &[Seg], s: &Scenario, m: &Machine) {
        let in_matrix = s.matrix.as_ref().and_then(|x| x.axes.0.iter().find(|(p, _)| p == "machine.accel"));
        let words: Vec<(Vec<Seg>, &str)> = match in_matrix {
            Some((_, values)) => values
                .iter()
                .enumerate()
                .filter_map(|(i, v)| Some((field!([], "matrix", "axes", "machine.accel", i), v.as_str()?)))
                .collect(),
            None => vec![(field!(at, "accel"), m.accel().as_str())],
        };
        for (p, word) in words {
            let Some(&accel) = Accel::ALL.iter().find(|a| a.as_str() == word) else { continue };
            if let Some(why) = m.board().refuses(accel) {
                let engines: Vec<String> =
                    m.board().row().engines.iter().map(|e| format!("`{}`", e.as_str())).collect();
                let help = format!("{} runs on {}", m.board().as_str(), engines.join(" and "));
                self.at_value(Code::NoAccel, &p, why, &help);
            }
        }
    }
}

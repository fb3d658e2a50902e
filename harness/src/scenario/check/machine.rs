//! Checks of `machine`.

use super::{Checker, field};
use crate::asset;
use crate::diag::Code;
use crate::scenario::machine::{Accel, Clock, File, Machine};
use crate::scenario::node::Seg;
use crate::scenario::{Scenario, cap, suggest};

impl Checker<'_> {
    pub(super) fn machine(&mut self, s: &Scenario) {
        let at = field!([], "machine");
        let Some(m) = &s.machine else {
            if s.differential.is_none() && (s.steps.is_some() || s.bench.is_some()) {
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
        if let Some(size) = m.memory.filter(|s| !(1 << 20..=255 << 30).contains(&s.0) || s.0 % 4096 != 0) {
            let help = "1MiB to 255GiB, whole pages of 4KiB";
            self.at_value(
                Code::Limits,
                &field!(at, "memory"),
                format!("virt-a64 cannot have {size} of RAM"),
                help,
            );
        }
        if m.cpus.is_some_and(|n| !(1..=8).contains(&n)) {
            let help = "1 to 8 (GICv2 knows no more)";
            self.at_value(Code::Limits, &field!(at, "cpus"), "virt-a64 does not have that many CPUs", help);
        }
        if m.clock == Some(Clock::Host) && m.accel() != Accel::Kvm {
            let help = "clock: insns";
            let message = format!("`{}` takes guest time from instructions only", m.accel().as_str());
            self.at_value(Code::Limits, &field!(at, "clock"), message, help);
        }
    }

    /// An accelerator that this build lacks is refused, unless a rule says to skip then.
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
            if !cap::built(accel) && !s.skip_when.iter().any(|r| r.lacks == word) {
                let help = format!("or skip it: skip_when: [{{lacks: {word}, because: \"…\"}}]");
                self.at_value(Code::NoAccel, &p, cap::refusal(accel), &help);
            }
        }
    }
}

//! The host's CPU, through KVM, one instruction at a time.

use innkeeper_core::wire::{Mode, Program};

use super::{Capabilities, Engine, Outcome, Watch};

/// The engine `kvm`.
pub struct Kvm(host::Programs);

impl Kvm {
    /// A VM for programs.
    pub fn start() -> anyhow::Result<Kvm> {
        Ok(Kvm(host::start()?))
    }
}

impl Engine for Kvm {
    fn name(&self) -> &'static str {
        "kvm"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact_limit: true, external: true, translates: false }
    }

    fn run(&mut self, programs: &[Program], _: Mode) -> Vec<Outcome> {
        programs.iter().map(|p| host::run(&mut self.0, p, None)).collect()
    }

    fn watch(&mut self, program: &Program, before: Watch<'_>) -> Outcome {
        host::run(&mut self.0, program, Some(before))
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod host {
    use anyhow::Context as _;
    use innkeeper_core::wire::Program;
    pub use innkeeper_kvm::program::Programs;
    use innkeeper_kvm::program::{Refusal, View};

    use super::super::{Moment, Outcome, Watch};

    pub fn start() -> anyhow::Result<Programs> {
        Programs::new().context("the engine `kvm` (is /dev/kvm there, and may you open it?)")
    }

    pub fn run(programs: &mut Programs, program: &Program, before: Option<Watch<'_>>) -> Outcome {
        let result = match before {
            None => programs.run(program, None),
            Some(before) => {
                let mut watch = |view: &View<'_>| {
                    let read = |at: u64, out: &mut [u8]| view.read(at, out);
                    before(&Moment { pc: view.regs.rip, x64: Some(view.regs), read: &read })
                };
                programs.run(program, Some(&mut watch))
            }
        };
        match result {
            Ok(reply) => Outcome::Done(reply),
            Err(Refusal::NotComparable(why)) => Outcome::NotComparable(why),
            Err(error) => Outcome::Crashed(error.to_string()),
        }
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod host {
    use innkeeper_core::wire::Program;

    use super::super::{Outcome, Watch};

    /// There are none.
    pub enum Programs {}

    pub fn start() -> anyhow::Result<Programs> {
        anyhow::bail!("the engine `kvm` is for x86-64 guests on Linux on an x86-64 host")
    }

    pub fn run(programs: &mut Programs, _: &Program, _: Option<Watch<'_>>) -> Outcome {
        match *programs {}
    }
}

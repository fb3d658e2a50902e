//! The engine: which code runs next, compiled or interpreted.

use innkeeper_core::accel::{Accel, Caps, Explained, Interp, Stats, Stop, interp};
use innkeeper_core::isa::a64::vcpu::Core;

use crate::Config;

/// The translator cannot be set up on this host.
#[derive(Debug, thiserror::Error)]
pub enum JitError {
    /// Cranelift has no back end for this host, or the host lacks something it needs.
    #[error("the translator does not support this host: {0}; use the interpreter (--accel interp)")]
    Host(String),
    /// No memory for code.
    #[error("no executable memory for translated code: {0}")]
    Memory(#[from] std::io::Error),
}

/// The engine. One serves all CPUs of a machine.
pub struct Jit {
    interp: Interp,
}

impl Jit {
    /// A translator with the given sizes.
    pub fn new(config: Config) -> Result<Jit, JitError> {
        let max_block = config.max_region.max(1);
        Ok(Jit { interp: Interp::new(interp::Config { max_block, ..interp::Config::default() }) })
    }
}

impl Accel for Jit {
    fn name(&self) -> &'static str {
        "jit"
    }

    fn caps(&self) -> Caps {
        self.interp.caps()
    }

    fn run(&mut self, core: &mut Core, budget: u64) -> Stop {
        self.interp.run(core, budget)
    }

    fn invalidate(&mut self) {
        self.interp.invalidate();
    }

    fn stats(&self) -> Stats {
        self.interp.stats()
    }

    fn recent(&self) -> Vec<u64> {
        self.interp.recent()
    }

    fn explain(&mut self, _core: &mut Core, _pc: u64) -> Option<Explained> {
        None
    }
}

//! The translator: hot guest code compiled in regions with Cranelift, the interpreter below it.
//!
//! What it does is invisible to the guest: [`Jit`] retires the same instructions to the same state
//! as [`innkeeper_core::accel::Interp`], to the instruction. The design is in `emu/jit/ARCHITECTURE.md`.

mod analysis;
mod arena;
mod base;
mod cache;
mod compile;
mod config;
mod engine;
mod enter;
mod flags;
pub mod guest;
mod helper;
mod key;
mod layout;
mod links;
mod lower;
mod mode;
mod perf_map;
pub mod probe;
mod region;
mod translate;

pub use config::{Config, Opt, Target};
pub use engine::{Jit, JitError};
pub use guest::Guest;
pub use probe::{Counts, Probe};

/// Whether there is code for hosts of this architecture; elsewhere [`Jit::new`] says that there is not.
/// Cranelift knows more of them, but translated code has been tested on these only.
pub const SUPPORTED: bool = cfg!(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_endian = "little",
    target_pointer_width = "64"
));

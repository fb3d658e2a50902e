//! The translator: hot guest code compiled in regions with Cranelift, the interpreter below it.
//!
//! What it does is invisible to the guest: [`Jit`] retires the same instructions to the same state
//! as [`innkeeper_core::accel::Interp`], to the instruction. The design is in `emu/jit/ARCHITECTURE.md`.

mod config;
mod engine;

pub use config::{Config, Opt};
pub use engine::{Jit, JitError};

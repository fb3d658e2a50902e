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
mod helper;
mod key;
mod layout;
mod links;
mod lower;
mod perf_map;
mod region;
#[cfg(test)]
mod testing;
mod translate;

pub use config::{Config, Opt};
pub use engine::{Jit, JitError};

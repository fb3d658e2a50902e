//! The emulator core. Map:
//!
//! - [`emit`]: the vocabulary in which guest instructions are written, and the engines' views of it
//! - [`isa`]: guest instruction sets, written once
//! - [`soft`]: pure functions (floating point, vectors, crypto)
//! - [`dev`]: devices
//! - [`mem`]: guest memory, TLB, bus
//! - [`clock`]: guest time
//! - [`wire`]: messages to the oracle process

pub mod clock;
pub mod dev;
pub mod emit;
pub mod isa;
pub mod mem;
pub mod soft;
pub mod wire;

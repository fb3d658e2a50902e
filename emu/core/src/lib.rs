//! The emulator core. Map:
//!
//! - [`emit`]: the vocabulary in which guest instructions are written, and the engines' views of it
//! - [`isa`]: guest instruction sets, written once
//! - [`soft`]: pure functions (floating point, vectors, crypto)
//! - [`dev`]: devices, one file for each chip
//! - [`board`]: devices at addresses, loading of software, firmware calls
//! - [`mem`]: guest memory, TLB, bus
//! - [`clock`]: guest time
//! - [`state`]: guest-visible state, written once: saving, restoring, digests
//! - [`system`]: what the CPUs share
//! - [`vcpu`]: one virtual CPU of any guest: state, TLB, the way to memory
//! - [`accel`]: the engines that run guest code
//! - [`machine`]: where all of it meets
//! - [`replay`]: the one door for every nondeterministic input
//! - [`wire`]: messages to the oracle process

pub mod accel;
pub mod board;
pub mod clock;
pub mod dev;
pub mod emit;
pub mod isa;
pub mod machine;
pub mod mem;
pub mod replay;
pub mod soft;
pub mod state;
pub mod system;
pub mod vcpu;
pub mod wire;

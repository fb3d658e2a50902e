//! x86-64 guests run natively: the host's KVM executes, this crate sets up and answers exits.
//!
//! - [`host`]: whether this host has a usable KVM, and why not
//! - [`machine`]: a `pc-x64` machine; [`run`](Machine::run_until) and pause
//! - [`stop`]: why a machine stopped, and its exits counted
//! - `vm`: the virtual machine in the kernel: memory, interrupt controllers, CPUs
//! - `vcpu`: the thread of a CPU and what it does with exits
//! - `exit`: what KVM's exits say
//! - `bus`: exits to the machine's devices
//! - `cpuid`: what the guest is told of its CPU
//! - [`program`]: small programs one instruction at a time, for the differential check
//! - [`registers`]: the state in which a CPU begins
//! - `kick`: getting a CPU out of the guest from another thread
//! - `state`: registers, for evidence
//! - `clock`: guest time, which is host time here
//!
//! KVM is not an [`Accel`](innkeeper_core::accel::Accel): see `emu/docs/decisions/0008`.

mod error;
pub mod host;

cfg_if::cfg_if! {
    if #[cfg(all(target_os = "linux", target_arch = "x86_64"))] {
        mod bus;
        mod clock;
        mod cpuid;
        mod exit;
        mod kick;
        pub mod machine;
        pub mod program;
        pub mod registers;
        mod state;
        pub mod stop;
        mod vcpu;
        mod vm;

        pub use machine::Machine;
        pub use stop::{Exits, Stop};
    }
}

pub use error::KvmError;

use innkeeper_core::accel::Caps;

/// Name of the engine, as on the command line.
pub const NAME: &str = "kvm";

/// What the engine can do: none of what needs counted instructions. CPUs have threads, not turns.
pub const CAPS: Caps =
    Caps { deterministic: false, exact_icount: false, single_step: true, round_robin: true };

/// Registers of a CPU that [`Machine::registers`] tells: general ones by their numbers, instruction
/// pointer, flags, segments, control registers.
pub const REGISTERS: [&str; 25] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15", "rip", "rflags", "cs", "ss", "cr0", "cr2", "cr3", "cr4", "efer",
];

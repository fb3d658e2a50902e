//! x86-64 guests run natively: the host's KVM executes, this crate sets up and answers exits.
//!
//! - [`registers`]: the state in which a CPU begins

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod registers;

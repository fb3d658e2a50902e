//! Why KVM cannot be used, or a machine not be built. Messages say what to do.

use std::io;

use innkeeper_core::board::BoardError;

/// A failure of the host's, never of the guest's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KvmError {
    /// Another kind of host.
    #[error("KVM runs x86-64 guests on x86-64 Linux hosts only")]
    Host,
    /// No device.
    #[error("there is no /dev/kvm: load kvm_amd or kvm_intel, or turn virtualisation on in the firmware")]
    Missing,
    /// Not for this user.
    #[error("no permission to open /dev/kvm: join its group (sudo usermod -aG kvm $USER, then log in again)")]
    Permission,
    /// Not to be opened for another reason.
    #[error("failed to open /dev/kvm: {0}")]
    Open(io::Error),
    /// An interface that is not the stable one.
    #[error("/dev/kvm speaks version {0} of its interface, not 12")]
    Version(i32),
    /// Something KVM has had for many years is not there.
    #[error("this host's KVM lacks {0}")]
    Lacks(&'static str),
    /// An operation on the machine or one of its CPUs failed.
    #[error("KVM failed to {what}: {source}")]
    Failed {
        /// What was to be done.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The board.
    #[error(transparent)]
    Board(#[from] BoardError),
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
impl KvmError {
    /// For `map_err`: the operation that failed.
    pub(crate) fn failed(what: &'static str) -> impl Fn(kvm_ioctls::Error) -> KvmError {
        move |e| KvmError::Failed { what, source: e.into() }
    }
}

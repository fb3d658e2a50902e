//! Whether this host has a usable KVM: found out by opening it and making a machine, never by looking
//! at permissions.

/// Fails when no machine can be made here.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub fn probe() -> Result<(), crate::KvmError> {
    Err(crate::KvmError::Host)
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use here::probe;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) use here::open;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod here {
    use std::io::{self, ErrorKind};

    use kvm_ioctls::{Cap, Kvm};

    use crate::KvmError;

    /// The stable version of the interface.
    const API: i32 = 12;

    /// What this crate builds on.
    const NEEDED: [(Cap, &str); 5] = [
        (Cap::UserMemory, "memory slots (KVM_CAP_USER_MEMORY)"),
        (Cap::Irqchip, "interrupt controllers (KVM_CAP_IRQCHIP)"),
        (Cap::Pit2, "an interval timer (KVM_CAP_PIT2)"),
        (Cap::ExtCpuid, "CPUID (KVM_CAP_EXT_CPUID)"),
        (Cap::ImmediateExit, "immediate exits (KVM_CAP_IMMEDIATE_EXIT)"),
    ];

    /// Opens the device and makes sure of what is needed.
    pub(crate) fn open() -> Result<Kvm, KvmError> {
        let kvm = Kvm::new().map_err(|e| {
            let error = io::Error::from(e);
            match error.kind() {
                ErrorKind::NotFound => KvmError::Missing,
                ErrorKind::PermissionDenied => KvmError::Permission,
                _ => KvmError::Open(error),
            }
        })?;
        match kvm.get_api_version() {
            API => {}
            other => return Err(KvmError::Version(other)),
        }
        match NEEDED.into_iter().find(|(cap, _)| !kvm.check_extension(*cap)) {
            None => Ok(kvm),
            Some((_, name)) => Err(KvmError::Lacks(name)),
        }
    }

    /// Fails when no machine can be made here.
    pub fn probe() -> Result<(), KvmError> {
        open()?.create_vm().map(drop).map_err(KvmError::failed("make a machine"))
    }
}

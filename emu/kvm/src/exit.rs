//! What KVM's exits say (Linux Documentation/virt/kvm/api.rst, section 5).

#![expect(unsafe_code, reason = "two members of the union in the page shared with the kernel are read here")]

use std::fmt;

use kvm_ioctls::{VcpuExit, VcpuFd};

/// An access to a device. Data are little-endian.
pub enum Access<'a> {
    /// IN, or REP INS: elements of `size` bytes.
    In(u16, usize, &'a mut [u8]),
    /// OUT, or REP OUTS.
    Out(u16, usize, &'a [u8]),
    /// Load from an address where there is no memory.
    Read(u64, &'a mut [u8]),
    /// Store to one.
    Write(u64, &'a [u8]),
}

/// Why KVM_RUN returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    /// A port was accessed, and the access has been answered.
    Port,
    /// A device's memory was accessed, and the access has been answered.
    Mmio,
    /// A signal, or the flag that ends KVM_RUN.
    Interrupted,
    /// Triple fault, or SHUTDOWN by other means.
    Shutdown,
    /// The kernel's model of the machine asks for power off, reset, or tells of a crash.
    System(u32),
    /// Single step or breakpoint.
    Debug,
    /// HLT without interrupt controllers in the kernel.
    Halt,
    /// KVM cannot go on.
    Error(Error),
}

/// Why KVM cannot go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// The kernel had to execute an instruction by itself and does not know it: its bytes, none where
    /// the kernel does not tell.
    Emulation(Vec<u8>),
    /// Another internal error, by KVM's number.
    Internal(u32),
    /// The CPU refused the guest's state: the hardware's reason.
    Entry(u64),
    /// An exit this crate does not ask for; its text.
    Unexpected(String),
    /// The system call failed.
    Call(std::io::ErrorKind, String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Emulation(bytes) if bytes.is_empty() => f.write_str(
                "this host's KVM cannot execute an instruction of the guest's (emulation failure)",
            ),
            Error::Emulation(bytes) => write!(
                f,
                "this host's KVM cannot execute an instruction of the guest's (emulation failure at bytes {bytes:02x?})"
            ),
            Error::Internal(n) => write!(f, "KVM reports internal error {n}"),
            Error::Entry(reason) => {
                write!(f, "the host's CPU refused the guest's state (hardware reason {reason:#x})")
            }
            Error::Unexpected(what) => write!(f, "KVM returned with {what}, which nobody asked for"),
            Error::Call(_, what) => write!(f, "KVM_RUN failed: {what}"),
        }
    }
}

/// Number of the internal error "emulation failure", and its flag "bytes are given".
const EMULATION: u32 = 1;
const HAS_BYTES: u64 = 1;
/// An x86 instruction has at most this many bytes.
const LONGEST: usize = 15;

/// Runs the guest until something is to be done; device accesses are given to `device`.
pub fn enter(fd: &mut VcpuFd, device: &mut dyn FnMut(Access<'_>)) -> Exit {
    let exit = match fd.run() {
        Ok(VcpuExit::IoIn(..) | VcpuExit::IoOut(..)) => return port(fd, device),
        Ok(VcpuExit::InternalError) => return Exit::Error(internal(fd)),
        Ok(exit) => exit,
        Err(e) => {
            let e = std::io::Error::from(e);
            return match e.kind() {
                std::io::ErrorKind::Interrupted | std::io::ErrorKind::WouldBlock => Exit::Interrupted,
                kind => Exit::Error(Error::Call(kind, e.to_string())),
            };
        }
    };
    match exit {
        VcpuExit::MmioRead(at, data) => {
            device(Access::Read(at, data));
            Exit::Mmio
        }
        VcpuExit::MmioWrite(at, data) => {
            device(Access::Write(at, data));
            Exit::Mmio
        }
        VcpuExit::Intr => Exit::Interrupted,
        VcpuExit::Hlt => Exit::Halt,
        VcpuExit::Shutdown => Exit::Shutdown,
        VcpuExit::SystemEvent(kind, _) => Exit::System(kind),
        VcpuExit::Debug(_) => Exit::Debug,
        VcpuExit::FailEntry(reason, _) => Exit::Error(Error::Entry(reason)),
        other => Exit::Error(Error::Unexpected(format!("{other:?}"))),
    }
}

/// Answers KVM_EXIT_IO. kvm-ioctls gives the data, but not how many bytes an element of REP INS has.
fn port(fd: &mut VcpuFd, device: &mut dyn FnMut(Access<'_>)) -> Exit {
    let run = fd.get_kvm_run();
    // SAFETY:
    // - KVM_RUN has just returned with KVM_EXIT_IO, for which `io` is the member that is set
    let io = unsafe { run.__bindgen_anon_1.io };
    let (size, count) = (usize::from(io.size), usize::try_from(io.count).unwrap_or(0));
    let offset = usize::try_from(io.data_offset).unwrap_or(0);
    // SAFETY:
    // - the kernel puts `count * size` bytes of data at `data_offset` in the same mapping, which lives as
    //   long as `fd`, borrowed here
    // - they lie behind `struct kvm_run`, so `run` and `data` do not overlap; `run` is not used again
    let data = unsafe {
        std::slice::from_raw_parts_mut(std::ptr::from_mut(run).cast::<u8>().add(offset), size * count)
    };
    match u32::from(io.direction) {
        kvm_bindings::KVM_EXIT_IO_IN => device(Access::In(io.port, size, data)),
        _ => device(Access::Out(io.port, size, data)),
    }
    Exit::Port
}

/// What KVM_EXIT_INTERNAL_ERROR tells.
fn internal(fd: &mut VcpuFd) -> Error {
    // SAFETY:
    // - KVM_RUN has just returned with KVM_EXIT_INTERNAL_ERROR, for which `internal` is the member that is
    //   set; its fields are plain numbers
    let internal = unsafe { fd.get_kvm_run().__bindgen_anon_1.internal };
    if internal.suberror != EMULATION {
        return Error::Internal(internal.suberror);
    }
    let told = usize::try_from(internal.ndata).unwrap_or(0).min(internal.data.len());
    let [flags, rest @ ..] = &internal.data[..told] else { return Error::Emulation(Vec::new()) };
    // The first byte is how many follow.
    let bytes: Vec<u8> = rest.iter().flat_map(|word| word.to_le_bytes()).collect();
    match bytes.split_first() {
        Some((&n, bytes)) if flags & HAS_BYTES != 0 => {
            Error::Emulation(bytes.iter().take(usize::from(n).min(LONGEST)).copied().collect())
        }
        _ => Error::Emulation(Vec::new()),
    }
}

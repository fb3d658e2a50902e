//! Getting a CPU out of the guest, from any thread.
//!
//! The flag `immediate_exit` in the page that KVM shares with us ends the next KVM_RUN at once, and a
//! signal ends one that is under way: whichever comes first, none is lost (Linux
//! Documentation/virt/kvm/api.rst, `struct kvm_run`).

#![expect(unsafe_code, reason = "a byte of the page shared with the kernel is written from other threads")]

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use kvm_ioctls::VcpuFd;
use vmm_sys_util::signal::{Killable, SIGRTMIN, register_signal_handler};

use crate::KvmError;

/// A CPU in the kernel and the byte that ends its KVM_RUN.
pub struct Kickable {
    /// The CPU: held by its thread while that runs the guest.
    pub fd: Mutex<VcpuFd>,
    immediate_exit: *mut u8,
}

// SAFETY:
// - the pointer leads to memory that any thread may access as an atomic, see `flag`
// - everything else in the structure is Send and Sync by itself
unsafe impl Send for Kickable {}
// SAFETY: as for Send.
unsafe impl Sync for Kickable {}

impl Kickable {
    /// Takes a CPU in.
    pub fn new(mut fd: VcpuFd) -> Arc<Kickable> {
        let immediate_exit = std::ptr::from_mut(&mut fd.get_kvm_run().immediate_exit);
        Arc::new(Kickable { fd: Mutex::new(fd), immediate_exit })
    }

    fn flag(&self) -> &AtomicU8 {
        // SAFETY:
        // - the byte lies in the mapping that `fd` owns and that stays in place until `fd` is dropped;
        //   the reference ends with `self`
        // - a byte is always aligned
        // - user space accesses it through this function only once `new` has returned; the kernel reads
        //   it as a volatile byte
        unsafe { AtomicU8::from_ptr(self.immediate_exit) }
    }

    /// Lets the next KVM_RUN enter the guest. The CPU's own thread calls it, and only then looks whether
    /// it is to pause.
    pub fn rearm(&self) {
        self.flag().store(0, Ordering::SeqCst);
    }

    /// Ends the KVM_RUN that is under way, or the next one. `thread` is the CPU's.
    pub fn kick(&self, thread: &JoinHandle<()>) {
        self.flag().store(1, Ordering::SeqCst);
        // A thread that has ended runs no guest.
        let _ = thread.kill(SIGRTMIN());
    }
}

/// Makes the signal end a system call and do nothing else. Once for the process.
pub fn prepare() -> Result<(), KvmError> {
    static DONE: OnceLock<Result<(), i32>> = OnceLock::new();
    let done = DONE.get_or_init(|| register_signal_handler(SIGRTMIN(), nothing).map_err(|e| e.errno()));
    let what = "catch the signal that interrupts CPUs";
    done.map_err(|e| KvmError::Failed { what, source: std::io::Error::from_raw_os_error(e) })
}

extern "C" fn nothing(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {}

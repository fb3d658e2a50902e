//! Brings a CPU back that stays in `KVM_RUN`.
//!
//! Stepping returns after one instruction, unless a KVM does not raise #DB where it should: then a
//! signal ends the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

use vmm_sys_util::signal::SIGRTMIN;

use crate::kick;

/// Time without progress after which the CPU is called back.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Shared {
    /// Kernel's number of the thread that runs the CPU; 0 while none does.
    thread: AtomicI32,
    /// Changes with every entry.
    entries: AtomicU64,
    /// The CPU was called back during this entry.
    barked: AtomicU64,
    closed: AtomicBool,
}

/// A thread that watches one CPU.
pub struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// This thread's number.
#[expect(unsafe_code, reason = "a system call without a wrapper")]
fn this_thread() -> i32 {
    // SAFETY:
    // - gettid has no arguments and cannot fail
    unsafe { libc::gettid() }
}

#[expect(unsafe_code, reason = "a system call without a wrapper")]
fn interrupt(thread: i32) {
    // SAFETY:
    // - tgkill touches no memory; a thread that has ended is an error, which is of no consequence
    // - the signal has a handler, since a watchdog exists
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, SIGRTMIN()) };
}

impl Watchdog {
    /// Starts watching.
    pub fn new() -> std::io::Result<Watchdog> {
        kick::prepare().map_err(std::io::Error::other)?;
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("kvm watchdog".into()).spawn(move || watch(&theirs))?;
        Ok(Watchdog { shared, thread: Some(thread) })
    }

    /// Before `KVM_RUN`.
    pub fn enter(&self) {
        self.shared.entries.fetch_add(1, Ordering::Relaxed);
        self.shared.thread.store(this_thread(), Ordering::Release);
    }

    /// After it; whether the CPU was called back.
    pub fn leave(&self) -> bool {
        self.shared.thread.store(0, Ordering::Release);
        self.shared.barked.load(Ordering::Acquire) == self.shared.entries.load(Ordering::Relaxed)
    }
}

fn watch(shared: &Shared) {
    let mut last = 0;
    while !shared.closed.load(Ordering::Acquire) {
        std::thread::park_timeout(PATIENCE);
        let entries = shared.entries.load(Ordering::Relaxed);
        let thread = shared.thread.load(Ordering::Acquire);
        if thread != 0 && entries == last {
            shared.barked.store(entries, Ordering::Release);
            interrupt(thread);
        }
        last = entries;
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It does nothing that could panic.
            let _ = thread.join();
        }
    }
}

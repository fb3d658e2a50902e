//! The thread of a CPU: it runs the guest, answers exits, and parks when the machine is to pause.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use innkeeper_core::dev::PowerRequest;
use innkeeper_core::system::System;
use kvm_bindings::{KVM_SYSTEM_EVENT_CRASH, KVM_SYSTEM_EVENT_RESET, KVM_SYSTEM_EVENT_SHUTDOWN};

use crate::bus::{answer, lock};
use crate::clock::Clock;
use crate::exit::{self, Error, Exit};
use crate::kick::Kickable;
use crate::stop::{Crash, Exits, Stop};

/// What a machine's threads share.
pub struct Shared {
    /// Devices. Memory is shared by itself.
    pub system: Mutex<System>,
    /// Who is to do what.
    pub control: Mutex<Control>,
    /// Something in `control` has changed.
    pub changed: Condvar,
    /// Exits to devices.
    pub counted: Counted,
}

/// Who is to do what.
#[derive(Default)]
pub struct Control {
    /// CPUs are to run the guest.
    pub running: bool,
    /// Threads are to end.
    pub ended: bool,
    /// Threads that are parked.
    pub parked: usize,
    /// Why the machine stopped; the first reason counts.
    pub stop: Option<Stop>,
    /// Guest time.
    pub clock: Clock,
}

/// Exits by kind.
#[derive(Default)]
pub struct Counted {
    port: AtomicU64,
    mmio: AtomicU64,
    interrupted: AtomicU64,
}

impl Counted {
    /// As numbers.
    pub fn exits(&self) -> Exits {
        let of = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Exits { port: of(&self.port), mmio: of(&self.mmio), interrupted: of(&self.interrupted) }
    }
}

impl Shared {
    /// For a machine that is not running.
    pub fn new(system: System) -> Shared {
        Shared {
            system: Mutex::new(system),
            control: Mutex::new(Control::default()),
            changed: Condvar::new(),
            counted: Counted::default(),
        }
    }

    /// Whoever waits for the next deadline of a device looks again: it may have come closer.
    fn look_again(&self) {
        // With the lock, so that it does not happen between a look and the wait.
        let _control = lock(&self.control);
        self.changed.notify_all();
    }

    fn stop(&self, why: Stop) {
        let mut control = lock(&self.control);
        control.stop.get_or_insert(why);
        control.running = false;
        self.changed.notify_all();
    }
}

/// The body of the thread of CPU `id`.
pub fn run(shared: &Shared, cpu: &Kickable, id: usize) {
    while park(shared, cpu) {
        let stop = in_guest(shared, cpu, id);
        if let Some(stop) = stop {
            shared.stop(stop);
        }
    }
}

/// Waits until the guest is to run; false when the thread is to end.
fn park(shared: &Shared, cpu: &Kickable) -> bool {
    // Before looking at `running`: a kick after that look must not be undone.
    cpu.rearm();
    let mut control = lock(&shared.control);
    control.parked += 1;
    shared.changed.notify_all();
    while !control.running && !control.ended {
        control = shared.changed.wait(control).unwrap_or_else(PoisonError::into_inner);
        // A kick that was meant for the time before.
        cpu.rearm();
    }
    control.parked -= 1;
    !control.ended
}

/// Runs the guest until the thread is to park, and says why when the machine is to stop.
fn in_guest(shared: &Shared, cpu: &Kickable, id: usize) -> Option<Stop> {
    let mut fd = lock(&cpu.fd);
    let mut power = None;
    loop {
        let exit = exit::enter(&mut fd, &mut |access| {
            let now = lock(&shared.control).clock.now();
            let mut system = lock(&shared.system);
            answer(&mut system, now, access);
            power = system.bus.take_power_request();
            let due = system.bus.touched_deadline();
            drop(system);
            if due.is_some() {
                shared.look_again();
            }
        });
        match exit {
            Exit::Port => shared.counted.port.fetch_add(1, Ordering::Relaxed),
            Exit::Mmio => shared.counted.mmio.fetch_add(1, Ordering::Relaxed),
            Exit::Interrupted => {
                shared.counted.interrupted.fetch_add(1, Ordering::Relaxed);
                if !lock(&shared.control).running {
                    return None;
                }
                continue;
            }
            other => {
                let rip = fd.get_regs().map_or(0, |r| r.rip);
                return Some(stop(other, id, rip));
            }
        };
        if let Some(request) = power.take() {
            return Some(requested(request));
        }
    }
}

fn requested(request: PowerRequest) -> Stop {
    match request {
        PowerRequest::Off => Stop::Shutdown,
        PowerRequest::Reset => Stop::Reset,
        PowerRequest::Status(code) => Stop::Status(code),
    }
}

fn stop(exit: Exit, cpu: usize, rip: u64) -> Stop {
    match exit {
        Exit::Shutdown => Stop::Crash(Crash { cpu, rip, what: "a triple fault" }),
        Exit::System(KVM_SYSTEM_EVENT_SHUTDOWN) => Stop::Shutdown,
        Exit::System(KVM_SYSTEM_EVENT_RESET) => Stop::Reset,
        Exit::System(KVM_SYSTEM_EVENT_CRASH) => Stop::Crash(Crash { cpu, rip, what: "a crash it reports" }),
        Exit::Error(error @ (Error::Emulation(_) | Error::Entry(_))) => Stop::Host(error.to_string()),
        Exit::Error(error) => Stop::Failed(error.to_string()),
        other => Stop::Failed(format!("KVM returned with {other:?}, which nobody asked for")),
    }
}

/// A CPU and its thread.
pub struct Cpu {
    /// The CPU.
    pub kickable: Arc<Kickable>,
    /// Its thread.
    pub thread: std::thread::JoinHandle<()>,
}

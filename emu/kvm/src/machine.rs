//! A `pc-x64` machine run by KVM: threads that run and pause together, devices shared between them.
//!
//! Seen from outside it is like the machine of counted instructions
//! ([`innkeeper_core::machine::Machine`]): it runs until a limit or a reason to stop, takes inputs and
//! gives output in between. Between two runs every CPU is parked, so memory and registers stand still.

use core::time::Duration;
use std::sync::{Arc, PoisonError};

use innkeeper_core::accel::{Need, Refused};
use innkeeper_core::board::pc_x64::{self, Config, Start};
use innkeeper_core::mem::Ram;
use innkeeper_core::system::System;

use crate::bus::{KernelIrqchip, lock};
use crate::cpuid::Place;
use crate::kick::{self, Kickable};
use crate::stop::{Exits, Stop};
use crate::vcpu::{self, Cpu, Shared};
use crate::vm::Vm;
use crate::{CAPS, KvmError, NAME, REGISTERS, state};

/// A machine.
pub struct Machine {
    shared: Arc<Shared>,
    cpus: Vec<Cpu>,
    irqchip: KernelIrqchip,
    config: Config,
    ram: Ram,
}

impl Machine {
    /// A machine about to execute its kernel's first instruction.
    pub fn pc_x64(config: &Config) -> Result<Machine, KvmError> {
        kick::prepare()?;
        let (mut system, start) = pc_x64::build(config)?;
        let irqchip = KernelIrqchip::default();
        system.bus.add(Box::new(irqchip.clone()), &[]);
        let ram = system.ram.clone();
        let shared = Arc::new(Shared::new(system));
        let mut machine = Machine { shared, cpus: Vec::new(), irqchip, config: config.clone(), ram };
        machine.begin(&start)?;
        Ok(machine)
    }

    /// Makes the machine in the kernel and its CPUs' threads, which park.
    fn begin(&mut self, start: &Start) -> Result<(), KvmError> {
        let vm = Vm::new(&self.ram)?;
        let cpus = u32::try_from(self.config.cpus).unwrap_or(u32::MAX);
        let fds =
            (0..cpus).map(|id| vm.cpu(Place { id, cpus }, start)).collect::<Result<Vec<_>, KvmError>>()?;
        self.irqchip.connect(Some(vm.fd.clone()));
        // All threads hold it: memory stays as long as a CPU may touch it.
        let vm = Arc::new(vm);
        for (id, fd) in fds.into_iter().enumerate() {
            let kickable = Kickable::new(fd);
            let (shared, cpu, vm) = (self.shared.clone(), kickable.clone(), vm.clone());
            let body = move || {
                let _memory = vm;
                vcpu::run(&shared, &cpu, id);
            };
            let thread = std::thread::Builder::new().name(format!("vcpu{id}")).spawn(body);
            let thread =
                thread.map_err(|source| KvmError::Failed { what: "start a CPU's thread", source })?;
            self.cpus.push(Cpu { kickable, thread });
        }
        self.wait_parked();
        Ok(())
    }

    /// Runs until guest time `until` (ns) or until something else stops the machine. A machine that has
    /// stopped for another reason than the limit stays so until it is reset.
    pub fn run_until(&mut self, until: u64) -> Stop {
        let mut control = lock(&self.shared.control);
        if let Some(stop) = &control.stop {
            return stop.clone();
        }
        control.running = true;
        control.clock.start();
        self.shared.changed.notify_all();
        while control.stop.is_none() {
            let now = control.clock.now();
            let due = lock(&self.shared.system).bus.deadline();
            if due.is_some_and(|d| d <= now) {
                lock(&self.shared.system).bus.tick(now);
                continue;
            }
            if now >= until {
                break;
            }
            let wait = Duration::from_nanos(due.unwrap_or(until).min(until) - now);
            let waited = self.shared.changed.wait_timeout(control, wait);
            control = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        control.running = false;
        drop(control);
        self.cpus.iter().for_each(|c| c.kickable.kick(&c.thread));
        self.wait_parked();
        let mut control = lock(&self.shared.control);
        control.clock.stop();
        if let Some(n) = self.cpus.iter().position(|c| c.thread.is_finished()) {
            // It panicked: a device or this crate is at fault.
            control.stop.get_or_insert(Stop::Failed(format!("the thread of CPU {n} has died")));
        }
        control.stop.clone().unwrap_or(Stop::Limit)
    }

    fn wait_parked(&self) {
        let mut control = lock(&self.shared.control);
        // A thread that has panicked never parks again.
        while control.parked < self.cpus.iter().filter(|c| !c.thread.is_finished()).count() {
            let waited = self.shared.changed.wait_timeout(control, Duration::from_millis(100));
            control = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Power-on state of devices and CPUs: kernel and tables are loaded anew, other memory keeps its
    /// contents, time goes on.
    pub fn reset(&mut self) -> Result<(), KvmError> {
        self.end();
        let start = {
            let mut system = lock(&self.shared.system);
            system.bus.reset();
            system.bus.take_power_request();
            pc_x64::load(&self.config, &self.ram)?
        };
        let mut control = lock(&self.shared.control);
        (control.stop, control.ended) = (None, false);
        drop(control);
        self.begin(&start)
    }

    /// Ends the threads, and with them the machine in the kernel.
    fn end(&mut self) {
        let mut control = lock(&self.shared.control);
        (control.running, control.ended) = (false, true);
        self.shared.changed.notify_all();
        drop(control);
        self.irqchip.connect(None);
        for Cpu { kickable, thread } in self.cpus.drain(..) {
            kickable.kick(&thread);
            // A thread that panicked has said so; there is nothing left of it.
            let _ = thread.join();
        }
        lock(&self.shared.control).parked = 0;
    }

    /// Guest time in ns: host time while the machine ran.
    pub fn now(&self) -> u64 {
        lock(&self.shared.control).clock.now()
    }

    /// Lets `f` use memory and devices.
    pub fn with_system<T>(&self, f: impl FnOnce(&mut System) -> T) -> T {
        f(&mut lock(&self.shared.system))
    }

    /// Types into the `port`th character device.
    pub fn type_in(&mut self, port: usize, bytes: &[u8]) {
        self.with_system(|s| s.bus.serial_input(port, bytes));
    }

    /// Reads physical memory; false, and nothing read, where not all of it is memory.
    pub fn peek(&self, pa: u64, out: &mut [u8]) -> bool {
        self.ram.read(pa, out)
    }

    /// Number of CPUs.
    pub fn cpu_count(&self) -> usize {
        self.cpus.len()
    }

    /// Registers of CPU `n`, by the names of the manual; empty for a CPU that is not there or that KVM
    /// does not tell about.
    pub fn registers(&self, n: usize) -> Vec<(&'static str, u64)> {
        let values = self.with_cpu(n, state::registers).flatten();
        values.map_or(Vec::new(), |v| REGISTERS.into_iter().zip(v).collect())
    }

    /// The physical address of `va` as the page tables of CPU `n` stand.
    pub fn translate(&self, n: usize, va: u64) -> Option<u64> {
        self.with_cpu(n, |fd| state::translate(fd, va))?
    }

    fn with_cpu<T>(&self, n: usize, f: impl FnOnce(&kvm_ioctls::VcpuFd) -> T) -> Option<T> {
        self.cpus.get(n).map(|c: &Cpu| f(&lock(&c.kickable.fd)))
    }

    /// Exits so far.
    pub fn exits(&self) -> Exits {
        self.shared.counted.exits()
    }

    /// Refuses what the engine cannot do.
    pub fn require(&self, need: Need) -> Result<(), Refused> {
        CAPS.require(NAME, need)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.end();
    }
}

// Parked threads and the owner never touch a CPU at the same time: `Kickable` has the lock.
const _: fn() = || {
    fn sendable<T: Send>() {}
    sendable::<Machine>();
    sendable::<Kickable>();
};

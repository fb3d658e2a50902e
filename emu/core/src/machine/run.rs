//! The run loop: the sole place where time passes.
//!
//! At every turn of it, in this order: recorded inputs, devices whose deadline has come, timers,
//! interrupt lines, requests for power, the limit, and then one engine run whose budget ends at
//! the next of these. The order is the same however the run is cut into pieces by its caller.

use super::{Action, Crash, Exit, Limit, Machine, Power, QUANTUM};
use crate::accel::Stop;
use crate::dev::PowerRequest;
use crate::emit::Trap;
use crate::isa::{Isa, Registers as _, Taken, Waits};
use crate::replay::Input;

impl<I: Isa> Machine<I> {
    /// Runs until the limit or until something else stops the machine.
    pub fn run_until(&mut self, limit: Limit) -> Exit {
        loop {
            self.pass_time();
            if let Some(exit) = self.power_exit() {
                return exit;
            }
            let now = self.now();
            if limit.insns.is_some_and(|n| now.insns >= n) || limit.ns.is_some_and(|t| now.ns >= t) {
                return Exit::Limit;
            }
            if !self.choose_cpu() {
                if self.wait(limit) {
                    continue;
                }
                return Exit::Idle;
            }
            let (budget, horizon) = self.budget(limit);
            let core = &mut self.cpus[self.current];
            core.0.horizon = horizon;
            let stop = self.accel.run(core, budget);
            self.wake_by_monitor();
            if let Some(exit) = self.stopped(stop) {
                return exit;
            }
        }
    }

    /// Runs `n` instructions more.
    pub fn step(&mut self, n: u64) -> Exit {
        self.run_until(Limit::insns(self.now().insns.saturating_add(n)))
    }

    /// Everything that is due now.
    fn pass_time(&mut self) {
        while let Some(input) = self.door.due(self.now()) {
            self.apply(&input);
        }
        let now = self.now().ns;
        self.system_mut().bus.tick(now);
        self.system_mut().note_device_writes();
        for i in 0..self.cpus.len() {
            for (line, level) in I::timers(&self.cpus[i].0.cpu, now) {
                self.system_mut().bus.set_private(i, line, level);
            }
        }
        for i in 0..self.cpus.len() {
            let lines = self.system_mut().bus.cpu_lines(i);
            self.cpus[i].0.lines = I::lines(lines);
        }
    }

    pub(super) fn apply(&mut self, input: &Input) {
        match input {
            Input::Serial { port, bytes } => {
                self.system_mut().bus.serial_input(*port, bytes);
                for power in self.power.iter_mut().filter(|p| **p == Power::WaitInput) {
                    *power = Power::On;
                }
            }
            Input::PokeMemory { pa, bytes } => {
                self.system_mut().poke(*pa, bytes);
            }
            Input::PokeRegister { cpu, register, value } => self.write_register(*cpu, *register, *value),
            Input::Port { .. } | Input::PortOpen { .. } | Input::PortTaken { .. } => {
                self.apply_to_port(input)
            }
            Input::Reset => self.system_mut().bus.request_power(PowerRequest::Reset),
        }
    }

    fn power_exit(&mut self) -> Option<Exit> {
        Some(match self.system_mut().bus.take_power_request()? {
            PowerRequest::Off => Exit::Shutdown,
            PowerRequest::Reset => Exit::Reset,
            PowerRequest::Status(code) => Exit::Status(code),
        })
    }

    /// Instructions until something is due, and the guest time of that.
    fn budget(&self, limit: Limit) -> (u64, u64) {
        let now = self.now();
        let clock = self.system().clock;
        let next = self.door.next();
        let ns = [self.deadline(), limit.ns, next.map(|n| n.ns)].into_iter().flatten();
        let horizon = ns.filter(|&t| t > now.ns).min().unwrap_or(u64::MAX);
        let turn = (self.cpus.len() > 1).then_some(self.turn_ends);
        let insns = [limit.insns, next.map(|n| n.insns), turn].into_iter().flatten();
        let insns = insns.filter(|&n| n > now.insns).map(|n| n - now.insns).min().unwrap_or(u64::MAX);
        (insns.min(clock.insns_until(horizon)).max(1), horizon)
    }

    /// Guest time (ns) of the next thing that devices and timers do by themselves.
    fn deadline(&self) -> Option<u64> {
        let now = self.now().ns;
        let timers = self.cpus.iter().filter_map(|c| I::deadline(&c.0.cpu, now)).min();
        [self.system().bus.deadline(), timers].into_iter().flatten().min()
    }

    /// Gives the turn to a CPU that can run; false when none can.
    fn choose_cpu(&mut self) -> bool {
        let n = self.cpus.len();
        let insns = self.now().insns;
        for i in 0..n {
            self.wake(i);
        }
        let expired = n > 1 && insns >= self.turn_ends;
        let first = if expired { self.current + 1 } else { self.current };
        let Some(next) = (first..first + n).map(|i| i % n).find(|&i| self.power[i] == Power::On) else {
            return false;
        };
        if expired || next != self.current {
            self.turn_ends = insns + QUANTUM;
        }
        self.hand_over(next);
        true
    }

    /// Ends the waiting of a CPU that an interrupt or event has reached.
    fn wake(&mut self, i: usize) {
        let has_event = self.system().events >> (i & 63) & 1 != 0;
        let v = &mut self.cpus[i].0;
        let wakes = match self.power[i] {
            Power::WaitInterrupt => v.lines != 0,
            Power::WaitEvent => v.lines != 0 || has_event,
            Power::On | Power::Off | Power::WaitInput => false,
        };
        if wakes {
            if self.power[i] == Power::WaitEvent {
                // The event that ends WFE is used up by it.
                self.system_mut().events &= !(1 << (i & 63));
            }
            self.power[i] = Power::On;
        }
    }

    /// A store by one CPU to what another has marked may be an event for that one (of AArch64 it is,
    /// B2.12.2, and locks rely on it). Stores are not watched; instead every CPU that waits for an event
    /// wakes when another has run, as it may at any time (D1.6.1).
    fn wake_by_monitor(&mut self) {
        let ran = self.current;
        let others = self.power.iter_mut().enumerate().filter(|(i, _)| *i != ran);
        for (_, power) in others.filter(|(_, p)| **p == Power::WaitEvent) {
            *power = Power::On;
        }
    }

    /// Every CPU waits: skips to the next thing due. False when there is none.
    fn wait(&mut self, limit: Limit) -> bool {
        let now = self.now();
        let stream = (0..self.cpus.len()).filter_map(|i| self.event_stream(i)).min();
        let due = [self.deadline(), stream, limit.ns, self.door.next().map(|n| n.ns)];
        let Some(next) = due.into_iter().flatten().filter(|&t| t > now.ns).min() else { return false };
        self.system_mut().clock.skip_to(next);
        if stream == Some(next) {
            self.system_mut().events = u64::MAX;
        }
        true
    }

    /// Guest time (ns) of the next event that CPU `i` sends itself, if it waits for one.
    fn event_stream(&self, i: usize) -> Option<u64> {
        if self.power[i] != Power::WaitEvent {
            return None;
        }
        I::event_stream(&self.cpus[i].0.cpu, self.now().ns)
    }

    fn stopped(&mut self, stop: Stop) -> Option<Exit> {
        match stop {
            Stop::Budget | Stop::Attention => None,
            Stop::Wait => {
                self.power[self.current] = match I::waits(&self.cpus[self.current].0.cpu) {
                    Waits::Interrupt => Power::WaitInterrupt,
                    Waits::Event => Power::WaitEvent,
                    Waits::No => Power::On,
                };
                None
            }
            Stop::Call(trap) => self.call(trap),
            Stop::Crash(trap) => Some(self.crashed(trap)),
        }
    }

    fn crashed(&self, trap: Trap) -> Exit {
        let cpu = &self.cpus[self.current].0.cpu;
        Exit::Crash(Crash { cpu: self.current, trap, pc: cpu.pc(), syndrome: I::syndrome(cpu) })
    }

    /// A call that firmware may answer.
    fn call(&mut self, trap: Trap) -> Option<Exit> {
        let v = &mut self.cpus[self.current].0;
        let action = self.firmware.as_mut().map_or(Action::Undefined, |f| f.call(v, trap));
        if action == Action::Undefined {
            return match v.take_trap(I::UNDEFINED) {
                Taken::Vector => None,
                Taken::Loop => Some(self.crashed(trap)),
            };
        }
        let call = v.cpu.pc();
        v.set_pc(call.wrapping_add(I::CALL_LEN));
        match action {
            Action::Undefined | Action::Done => {}
            Action::Shutdown => return Some(Exit::Shutdown),
            Action::Reset => return Some(Exit::Reset),
            Action::Status(code) => return Some(Exit::Status(code)),
            Action::CpuOn { cpu, entry, context } => self.cpu_on(cpu, entry, context),
            Action::CpuOff => self.power[self.current] = Power::Off,
            Action::Retry => {
                v.set_pc(call);
                self.power[self.current] = Power::WaitInput;
            }
            Action::Suspend => self.power[self.current] = Power::WaitInterrupt,
        }
        None
    }

    fn cpu_on(&mut self, cpu: usize, entry: u64, context: u64) {
        if let (Some(power), Some(firmware)) = (self.power.get_mut(cpu), &mut self.firmware) {
            *power = Power::On;
            let v = &mut self.cpus[cpu].0;
            v.reset();
            firmware.start(v, entry, context);
        }
    }
}

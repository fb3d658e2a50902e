//! A machine: where CPUs, memory, devices, clock, engine and the door for inputs meet.
//!
//! [`run`] has the loop, [`debug`] the debugger's door, [`digest`] the fingerprint of all state.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod debug;
mod digest;
mod ports;
mod run;
#[cfg(test)]
mod tests;
mod virt_a64;

use crate::accel::{Accel, Explained, Need, Refused, Stats};
use crate::emit::Trap;
use crate::emit::step::Step;
use crate::isa::a64::Vcpu;
use crate::isa::a64::vcpu::Core;
use crate::replay::{Door, Input, Log, Origin, Stamp};
use crate::system::System;

pub use digest::Digest;
pub use virt_a64::AssemblyError;

/// How far to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limit {
    /// Until this many instructions have retired since the machine started.
    pub insns: Option<u64>,
    /// Until this guest time in ns.
    pub ns: Option<u64>,
}

impl Limit {
    /// Until `insns` instructions have retired in all.
    pub fn insns(insns: u64) -> Limit {
        Limit { insns: Some(insns), ns: None }
    }
    /// Until guest time `ns`.
    pub fn ns(ns: u64) -> Limit {
        Limit { insns: None, ns: Some(ns) }
    }
}

/// Why the machine stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The limit is reached.
    Limit,
    /// The guest powered off.
    Shutdown,
    /// The guest asked for a reset; [`Machine::reset`] performs it.
    Reset,
    /// The guest ended itself with a status (semihosting, debug-exit port).
    Status(u32),
    /// Every CPU waits and nothing is due: only input from outside can go on from here.
    Idle,
    /// The guest is caught in an exception that its own handler raises.
    Crash(Crash),
}

/// A guest that cannot go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crash {
    /// Which CPU.
    pub cpu: usize,
    /// The trap that repeats.
    pub trap: Trap,
    /// The vector that raises it.
    pub pc: u64,
    /// ESR_EL1 of the exception.
    pub esr: u64,
    /// FAR_EL1 of the exception.
    pub far: u64,
}

/// What firmware makes of HVC, SMC or HLT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It does not know the call: the instruction is UNDEFINED.
    Undefined,
    /// Done; results are in the registers. Execution goes on behind the instruction.
    Done,
    /// Power off.
    Shutdown,
    /// Reset.
    Reset,
    /// End with a status.
    Status(u32),
    /// Starts another CPU at an address with a value in X0; X0 of the caller is set to 0 or, as
    /// PSCI numbers its errors, ALREADY_ON or INVALID_PARAMETERS.
    CpuOn {
        /// Which.
        cpu: usize,
        /// Physical address of its first instruction.
        entry: u64,
        /// Its X0.
        context: u64,
    },
    /// Stops this CPU for good.
    CpuOff,
    /// Waits as WFI does.
    Suspend,
    /// Cannot be answered before there is console input: waits for it and calls again.
    Retry,
}

/// What answers HVC, SMC and HLT: PSCI, semihosting.
pub trait Firmware: Send {
    /// The call at PC of `vcpu`.
    fn call(&mut self, vcpu: &mut Vcpu, trap: Trap) -> Action;
}

/// Instructions a CPU runs before the next one gets its turn.
pub const QUANTUM: u64 = 20_000;

/// State of a CPU towards the scheduler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Power {
    /// Executes.
    On,
    /// In WFI.
    WaitInterrupt,
    /// In WFE.
    WaitEvent,
    /// In a firmware call that waits for console input.
    WaitInput,
    /// Not started, or stopped.
    Off,
}

/// A machine.
pub struct Machine {
    pub(crate) cpus: Vec<Core>,
    pub(crate) power: Vec<Power>,
    /// The CPU whose turn it is: it holds the system.
    pub(crate) current: usize,
    /// Instruction count at which its turn ends.
    pub(crate) turn_ends: u64,
    accel: Box<dyn Accel>,
    firmware: Option<Box<dyn Firmware>>,
    door: Door,
    origin: Origin,
}

impl Machine {
    /// A machine of `cpus` CPUs, the first of which runs from address 0 after reset; the board
    /// sets its registers.
    pub fn new(system: System, cpus: usize, accel: Box<dyn Accel>) -> Result<Machine, Refused> {
        let cpus = cpus.clamp(1, 64);
        if cpus > 1 {
            accel.caps().require(accel.name(), Need::Cpus)?;
        }
        let mut all: Vec<Core> = Vec::with_capacity(cpus);
        let mut system = Some(Box::new(system));
        for index in 0..cpus {
            let ram = system.as_ref().map(|s| s.ram.clone());
            let owned = system.take().unwrap_or_else(|| Box::new(System::vacant()));
            let ram =
                ram.or_else(|| all.first().map(|c| c.0.sys.ram.clone())).unwrap_or_else(|| owned.ram.clone());
            all.push(Step(Vcpu::new(owned, ram, index)));
        }
        let mut power = vec![Power::Off; cpus];
        power[0] = Power::On;
        Ok(Machine {
            cpus: all,
            power,
            current: 0,
            turn_ends: QUANTUM,
            accel,
            firmware: None,
            door: Door::Open,
            origin: Origin::default(),
        })
    }

    /// Puts firmware in: what answers HVC, SMC and HLT.
    pub fn set_firmware(&mut self, firmware: Box<dyn Firmware>) {
        self.firmware = Some(firmware);
    }

    /// CPU number `n`.
    pub fn cpu(&self, n: usize) -> Option<&Vcpu> {
        self.cpus.get(n).map(|c| &c.0)
    }

    /// CPU number `n`, for boards and loaders before the machine runs. Later changes go through
    /// [`Machine::input`], so that they are recorded; whoever changes registers here calls
    /// [`Vcpu::state_changed`].
    pub fn cpu_mut(&mut self, n: usize) -> Option<&mut Vcpu> {
        self.cpus.get_mut(n).map(|c| &mut c.0)
    }

    /// Memory, devices, clock.
    pub fn system(&self) -> &System {
        &self.cpus[self.current].0.sys
    }

    /// The same, to change before the machine runs or to take output.
    pub fn system_mut(&mut self) -> &mut System {
        &mut self.cpus[self.current].0.sys
    }

    /// Number of CPUs.
    pub fn cpu_count(&self) -> usize {
        self.cpus.len()
    }

    /// The engine's name.
    pub fn accel_name(&self) -> &'static str {
        self.accel.name()
    }

    /// The engine's counters.
    pub fn stats(&self) -> Stats {
        self.accel.stats()
    }

    /// Addresses of the blocks entered last, oldest first, for failure reports.
    pub fn recent_blocks(&self) -> Vec<u64> {
        self.accel.recent()
    }

    /// What the engine makes of the code that CPU `n` has at `pc`; `None` when it does not translate.
    pub fn explain(&mut self, n: usize, pc: u64) -> Option<Explained> {
        self.accel.explain(self.cpus.get_mut(n)?, pc)
    }

    /// Instructions retired and guest time.
    pub fn now(&self) -> Stamp {
        let clock = &self.system().clock;
        Stamp { insns: clock.insns(), ns: clock.now() }
    }

    /// Everything from outside enters here. False while a recording is played: it has all inputs.
    pub fn input(&mut self, input: &Input) -> bool {
        let now = self.now();
        let admitted = self.door.admit(now, input);
        if admitted {
            self.apply(input);
        }
        admitted
    }

    /// Values from outside before the first instruction; for boards.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Sets the values from outside. Before the board is built from them.
    pub fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// Records inputs from here on, which should be before the first instruction.
    pub fn record(&mut self) -> Result<(), Refused> {
        self.accel.caps().require(self.accel.name(), Need::Determinism)?;
        let start_digest = self.digest().0;
        self.door = Door::Recording(Log { origin: self.origin, start_digest, ..Log::default() });
        Ok(())
    }

    /// Plays a recording: its inputs take effect where they did. False, and nothing is done, when
    /// this machine does not begin as the recorded one did.
    pub fn play(&mut self, log: Log) -> Result<bool, Refused> {
        self.accel.caps().require(self.accel.name(), Need::Determinism)?;
        if log.start_digest != self.digest().0 {
            return Ok(false);
        }
        self.door = Door::Playing { log, done: 0 };
        Ok(true)
    }

    /// Ends a recording.
    pub fn finish_recording(&mut self) -> Option<Log> {
        let end = Some((self.now(), self.digest().0));
        match std::mem::take(&mut self.door) {
            Door::Recording(log) => Some(Log { end, ..log }),
            other => {
                self.door = other;
                None
            }
        }
    }

    /// Power-on state of devices and CPUs; memory keeps its contents, time goes on. The board sets
    /// the first CPU's registers again.
    pub fn reset(&mut self) {
        self.hand_over(0);
        self.system_mut().bus.reset();
        for core in &mut self.cpus {
            core.0.reset();
        }
        self.power.fill(Power::Off);
        self.power[0] = Power::On;
        self.accel.invalidate();
        self.system_mut().code.clear();
    }

    /// Gives the system to another CPU.
    pub(crate) fn hand_over(&mut self, to: usize) {
        if to != self.current {
            let from = std::mem::replace(&mut self.current, to);
            if let Ok([from, to]) = self.cpus.get_disjoint_mut([from, to]) {
                std::mem::swap(&mut from.0.sys, &mut to.0.sys);
            }
        }
        let core = &mut self.cpus[to].0;
        core.sys.bus.select_cpu(core.index);
        core.catch_up();
    }
}

//! A machine: where CPUs, memory, devices, clock, engine and the door for inputs meet.
//!
//! [`run`] has the loop, [`exit`] the reasons to stop, [`firmware`] who answers the guest's calls,
//! [`recording`] inputs written down and played, [`ports`] byte ports, [`debug`] the debugger's door,
//! [`digest`] the fingerprint of all state, [`snapshot`] moments to go back to. A board puts one together.

mod debug;
mod digest;
mod exit;
mod firmware;
mod ports;
mod recording;
mod run;
mod snapshot;

use serde::{Deserialize, Serialize};

use crate::accel::{Accel, Explained, Need, Refused, Stats};
use crate::emit::step::Step;
use crate::isa::Isa;
use crate::mem::pages::Pages;
use crate::replay::{Door, Origin, Stamp};
use crate::system::System;
use crate::vcpu::{Core, Vcpu};

pub use digest::Digest;
pub use exit::{Crash, Exit, Limit};
pub use firmware::{Action, Firmware};
pub use snapshot::{Snapshot, SnapshotError};

/// Instructions a CPU runs before the next one gets its turn.
pub const QUANTUM: u64 = 20_000;

/// State of a CPU towards the scheduler. Digests and snapshots have it as a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub(crate) enum Power {
    /// Executes.
    On,
    /// Waits for an interrupt.
    WaitInterrupt,
    /// Waits for an event or an interrupt.
    WaitEvent,
    /// In a firmware call that waits for console input.
    WaitInput,
    /// Not started, or stopped.
    Off,
}

impl Power {
    const ALL: [Power; 5] = [Power::On, Power::WaitInterrupt, Power::WaitEvent, Power::WaitInput, Power::Off];
}

impl From<Power> for u8 {
    fn from(power: Power) -> u8 {
        power as u8
    }
}

impl TryFrom<u8> for Power {
    type Error = String;

    fn try_from(n: u8) -> Result<Power, String> {
        let power = Power::ALL.get(usize::from(n)).copied();
        power.ok_or_else(|| format!("a CPU in state {n}, which does not exist"))
    }
}

/// A machine with CPUs of kind `I`.
pub struct Machine<I: Isa> {
    pub(crate) cpus: Vec<Core<I>>,
    pub(crate) power: Vec<Power>,
    /// The CPU whose turn it is: it holds the system.
    pub(crate) current: usize,
    /// Instruction count at which its turn ends.
    pub(crate) turn_ends: u64,
    accel: Box<dyn Accel<I>>,
    firmware: Option<Box<dyn Firmware<I>>>,
    door: Door,
    origin: Origin,
    /// What memory holds apart from the pages that are dirty: the last snapshot taken or gone back to.
    base: Option<Pages>,
}

impl<I: Isa> Machine<I> {
    /// A machine of `cpus` CPUs, the first of which runs from address 0 after reset; the board
    /// sets its registers.
    pub fn new(system: System, cpus: usize, accel: Box<dyn Accel<I>>) -> Result<Machine<I>, Refused> {
        let cpus = cpus.clamp(1, 64);
        if cpus > 1 {
            accel.caps().require(accel.name(), Need::Cpus)?;
        }
        let mut all: Vec<Core<I>> = Vec::with_capacity(cpus);
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
            base: None,
        })
    }

    /// Puts firmware in.
    pub fn set_firmware(&mut self, firmware: Box<dyn Firmware<I>>) {
        self.firmware = Some(firmware);
    }

    /// CPU number `n`.
    pub fn cpu(&self, n: usize) -> Option<&Vcpu<I>> {
        self.cpus.get(n).map(|c| &c.0)
    }

    /// CPU number `n`, for boards and loaders before the machine runs. Later changes go through
    /// [`Machine::input`], so that they are recorded; whoever changes registers here calls
    /// [`Vcpu::state_changed`].
    pub fn cpu_mut(&mut self, n: usize) -> Option<&mut Vcpu<I>> {
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

    /// Refuses what the engine cannot do.
    pub fn require(&self, need: Need) -> Result<(), Refused> {
        self.accel.caps().require(self.accel.name(), need)
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
        // The board loads software anew, past everything that notes writes.
        self.base = None;
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

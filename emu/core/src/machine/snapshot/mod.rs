//! A machine at one moment: taken, gone back to, kept in a file (`file.rs`).
//!
//! Everything but memory is one structure, [`State`], from which saving, restoring and the digest derive.
//! Memory is pages that moments share ([`Pages`]): [`System::dirty`](crate::system::System::dirty) tells
//! which have been written since the last moment, so that a moment, and going back to one on the same
//! machine, cost what was written in between. Translated code stays wherever the code is the same.

mod file;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Machine, Power};
use crate::clock;
use crate::isa::{Isa, Registers as _};
use crate::mem::pages::Pages;
use crate::replay::Position;
use crate::state::{StateError, Stateful, decode, encode};

pub use file::SnapshotError;

/// Name of the part in errors.
const NAME: &str = "the machine";

/// A machine at one moment. Clones are cheap: memory is shared.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) head: Head,
    pub(super) pages: Pages,
}

/// What a snapshot says of itself, and all but memory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// Name of the guest's architecture.
    guest: String,
    /// Base and size of the regions of memory.
    pub memory: Vec<(u64, u64)>,
    /// Of a machine that was recorded or replayed: where that stood.
    recording: Option<Position>,
    state: ByteBuf,
}

/// All state but memory, written once.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct State<I: Isa> {
    clock: clock::State,
    cpus: Vec<CpuState<I>>,
    /// The CPU whose turn it is.
    current: usize,
    /// Instruction count at which its turn ends.
    turn_ends: u64,
    /// Events that CPUs have not seen, see [`crate::system::System`].
    events: u64,
    bus: ByteBuf,
    /// Absent: there is no firmware, or it is to stay as it is.
    firmware: Option<ByteBuf>,
}

/// A CPU and where it stands with the scheduler, in the order of digests.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct CpuState<I: Isa> {
    power: Power,
    lines: u8,
    cpu: <I::Cpu as Stateful>::State,
}

fn impossible(what: impl Into<String>) -> StateError {
    StateError::Impossible { part: NAME.into(), what: what.into() }
}

impl<I: Isa> Machine<I> {
    /// The machine as it stands. Costs in proportion to the pages written since the last snapshot was
    /// taken or gone back to. Fails while some state is outside the machine, such as a host file that the
    /// guest is writing.
    pub fn snapshot(&mut self) -> Result<Snapshot, StateError> {
        let firmware = self.firmware.as_ref().map(|f| f.save()).transpose()?;
        let state = self.state(firmware)?;
        let sys = self.system();
        let head = Head {
            guest: I::NAME.into(),
            memory: sys.ram.regions().map(|r| (r.base, r.size)).collect(),
            recording: self.door.position(),
            state: ByteBuf::from(encode(NAME, &state)?),
        };
        let pages = match &self.base {
            Some(base) => base.updated(&sys.ram, sys.dirty.iter()),
            None => Pages::of(&sys.ram),
        };
        self.now_in_memory(&pages);
        Ok(Snapshot { head, pages })
    }

    /// Goes back, or forward, to a moment of this machine or of one built alike, on whatever engine. A
    /// recording goes on from there too, if the moment is of it. On an error nothing has changed.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), StateError> {
        let state = self.acceptable(snapshot)?;
        let before = self.state(None)?;
        if let Err(e) = self.put(state) {
            // What the machine has just said of itself, it takes.
            self.put(before)?;
            return Err(e);
        }
        if let Some(moment) = snapshot.head.recording {
            self.door.go_to(moment);
        }
        self.restore_memory(&snapshot.pages);
        Ok(())
    }

    /// The state in a snapshot, if it is of a machine like this.
    fn acceptable(&self, snapshot: &Snapshot) -> Result<State<I>, StateError> {
        let Head { guest, memory, recording, state } = &snapshot.head;
        if guest != I::NAME {
            return Err(impossible(format!("it is of {guest}, and this is {}", I::NAME)));
        }
        if !self.system().ram.regions().map(|r| (r.base, r.size)).eq(memory.iter().copied()) {
            return Err(impossible("it is of a machine with other memory"));
        }
        if !self.door.has(*recording) {
            return Err(impossible("the recording under way does not lead to it; end the recording first"));
        }
        let state: State<I> = decode(NAME, state)?;
        if state.cpus.len() != self.cpus.len() || state.current >= state.cpus.len() {
            return Err(impossible("it is of a machine with another number of CPUs"));
        }
        Ok(state)
    }

    fn state(&self, firmware: Option<Vec<u8>>) -> Result<State<I>, StateError> {
        let sys = self.system();
        Ok(State {
            clock: sys.clock.state().into_owned(),
            cpus: (0..self.cpus.len()).filter_map(|n| self.cpu_state(n)).collect(),
            current: self.current,
            turn_ends: self.turn_ends,
            events: sys.events,
            bus: ByteBuf::from(sys.bus.save()?),
            firmware: firmware.map(ByteBuf::from),
        })
    }

    pub(super) fn cpu_state(&self, n: usize) -> Option<CpuState<I>> {
        let v = self.cpu(n)?;
        let power = *self.power.get(n)?;
        Some(CpuState { power, lines: v.lines, cpu: v.cpu.state().into_owned() })
    }

    fn put(&mut self, state: State<I>) -> Result<(), StateError> {
        // First: handing over lets a CPU see its events.
        self.hand_over(state.current);
        for (n, s) in state.cpus.into_iter().enumerate() {
            let v = &mut self.cpus[n].0;
            v.cpu.set_state(s.cpu)?;
            v.lines = s.lines;
            self.power[n] = s.power;
        }
        let sys = self.system_mut();
        sys.clock.set_state(state.clock)?;
        sys.bus.restore(&state.bus)?;
        sys.events = state.events;
        self.turn_ends = state.turn_ends;
        match (&mut self.firmware, state.firmware) {
            (Some(firmware), Some(bytes)) => firmware.restore(&bytes)?,
            (None, Some(_)) => return Err(impossible("it is of a machine with firmware")),
            (_, None) => {}
        }
        for core in &mut self.cpus {
            core.0.events = 0;
            core.0.tlbs.flush_all();
            core.0.state_changed();
            let pc = core.0.cpu.pc();
            core.0.set_pc(pc);
        }
        Ok(())
    }

    /// Makes memory what it was then; engines are told of code that changes.
    fn restore_memory(&mut self, pages: &Pages) {
        let base = self.base.take();
        let sys = self.system_mut();
        let written: BTreeSet<usize> = match &base {
            Some(base) => sys.dirty.iter().chain(base.differing(pages)).collect(),
            None => Pages::of(&sys.ram).differing(pages).into_iter().collect(),
        };
        for number in written {
            let changed = sys.ram.write_page(number, pages.get(number));
            let Some(pa) = sys.ram.page_address(number) else { continue };
            for chunk in (0..64).filter(|chunk| changed >> chunk & 1 != 0) {
                sys.code.written(&sys.ram, pa + 64 * chunk, 64);
            }
        }
        self.now_in_memory(pages);
    }

    /// Memory is `pages`: writes count from here on.
    fn now_in_memory(&mut self, pages: &Pages) {
        self.system_mut().dirty.clear();
        for core in &mut self.cpus {
            core.0.tlbs.forget_writes();
        }
        self.base = Some(pages.clone());
    }
}

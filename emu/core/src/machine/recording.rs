//! The machine's side of the door: inputs let in, written down, played.

use super::Machine;
use crate::accel::{Need, Refused};
use crate::isa::Isa;
use crate::replay::{Door, Input, Log, Origin, Tape};

impl<I: Isa> Machine<I> {
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
        self.require(Need::Determinism)?;
        let start_digest = self.digest().0;
        let log = Log { origin: self.origin, start_digest, ..Log::default() };
        self.door = Door::Recording(Tape::new(log));
        Ok(())
    }

    /// Plays a recording: its inputs take effect where they did. False, and nothing is done, when
    /// this machine does not begin as the recorded one did.
    pub fn play(&mut self, log: Log) -> Result<bool, Refused> {
        self.require(Need::Determinism)?;
        if log.start_digest != self.digest().0 {
            return Ok(false);
        }
        self.door = Door::Playing { tape: Tape::new(log), done: 0 };
        Ok(true)
    }

    /// Ends a recording.
    pub fn finish_recording(&mut self) -> Option<Log> {
        let end = Some((self.now(), self.digest().0));
        match std::mem::take(&mut self.door) {
            Door::Recording(tape) => Some(Log { end, ..tape.into_log() }),
            other => {
                self.door = other;
                None
            }
        }
    }
}

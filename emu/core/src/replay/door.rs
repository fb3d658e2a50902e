//! What the machine does with inputs: lets them in, writes them down, plays them.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Event, Input, Log, Stamp};

/// A recording, and marks by which a moment of it is known again.
#[derive(Debug)]
pub(crate) struct Tape {
    log: Log,
    /// By number of inputs let in: a hash of the start and of those inputs.
    marks: Vec<u64>,
}

/// A moment of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Inputs let in.
    inputs: usize,
    /// Their mark.
    mark: u64,
}

impl Tape {
    /// A recording from its beginning.
    pub fn new(log: Log) -> Tape {
        let mut tape = Tape { marks: vec![xxh3_64(&log.start_digest.to_le_bytes())], log: Log::default() };
        let events = log.events;
        tape.log = Log { events: Vec::with_capacity(events.len()), ..log };
        events.into_iter().for_each(|event| tape.push(event));
        tape
    }

    fn push(&mut self, event: Event) {
        let before = self.marks.last().copied().unwrap_or_default();
        // Plain data into memory: there is no way to fail.
        let text = postcard::to_extend(&event, before.to_le_bytes().to_vec()).unwrap_or_default();
        self.marks.push(xxh3_64(&text));
        self.log.events.push(event);
    }

    fn position(&self, inputs: usize) -> Option<Position> {
        Some(Position { inputs, mark: *self.marks.get(inputs)? })
    }

    /// The recording.
    pub fn into_log(self) -> Log {
        self.log
    }
}

/// What the door does with inputs.
#[derive(Debug, Default)]
pub(crate) enum Door {
    /// Lets them in.
    #[default]
    Open,
    /// Lets them in and writes them down.
    Recording(Tape),
    /// Lets in what was written down, and nothing else.
    Playing {
        tape: Tape,
        /// Events let in so far.
        done: usize,
    },
}

impl Door {
    /// When the next recorded input takes effect.
    pub fn next(&self) -> Option<Stamp> {
        match self {
            Door::Playing { tape, done } => tape.log.events.get(*done).map(|e| e.at),
            Door::Open | Door::Recording(_) => None,
        }
    }

    /// The next recorded input, if its time has come.
    pub fn due(&mut self, now: Stamp) -> Option<Input> {
        let Door::Playing { tape, done } = self else { return None };
        let event = tape.log.events.get(*done)?;
        if event.at > now {
            return None;
        }
        *done += 1;
        Some(event.input.clone())
    }

    /// Where a recording that is written or played stands.
    pub fn position(&self) -> Option<Position> {
        match self {
            Door::Open => None,
            Door::Recording(tape) => tape.position(tape.log.events.len()),
            Door::Playing { tape, done } => tape.position(*done),
        }
    }

    /// Whether a moment, of whatever recording, can be gone to: whoever neither writes nor plays has no
    /// recording to fall out of.
    pub fn has(&self, moment: Option<Position>) -> bool {
        match self {
            Door::Open => true,
            Door::Recording(tape) | Door::Playing { tape, .. } => {
                moment.is_some_and(|m| tape.position(m.inputs) == Some(m))
            }
        }
    }

    /// Goes to a moment it [has](Door::has): what was written down after that is forgotten.
    pub fn go_to(&mut self, Position { inputs, .. }: Position) {
        match self {
            Door::Open => {}
            Door::Recording(tape) => {
                tape.log.events.truncate(inputs);
                tape.marks.truncate(inputs + 1);
            }
            Door::Playing { done, .. } => *done = inputs,
        }
    }

    /// An input from outside; false when it is not let in.
    pub fn admit(&mut self, at: Stamp, input: &Input) -> bool {
        match self {
            Door::Open => true,
            Door::Recording(tape) => {
                tape.push(Event { at, input: input.clone() });
                true
            }
            Door::Playing { .. } => false,
        }
    }
}

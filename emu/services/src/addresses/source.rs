//! What every source of addresses is to the book that merges them.

use std::fmt;

use super::claim::{Clock, Update};
use super::nic::Nics;

/// How a source is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has answered, and what it knows is in the book.
    Ready,
    /// It has nothing to say yet, for this reason: `no answer yet`.
    Waiting(String),
    /// It failed, and says what and how to cure it. It goes on trying.
    Failed(String),
}

impl Status {
    /// What failed, if it did.
    pub fn failure(self) -> Option<String> {
        match self {
            Self::Failed(what) => Some(what),
            Self::Ready | Self::Waiting(_) => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Waiting(why) => write!(f, "waiting: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

/// Something that knows addresses of guests: an agent, a lease file, frames, the neighbour table.
///
/// It has no thread and no clock, and never waits: [`AddressSource::poll`] is called when its
/// [`AddressSource::deadline`] has come or after it was given something. Another source is a file with
/// another implementation; nothing else knows which there are.
pub trait AddressSource {
    /// Its name in output and for `--source`: `agent`, `lease`, `snoop`, `arp`.
    fn name(&self) -> &'static str;

    /// Says what has changed since the last call. Work and number of updates are bounded by what the
    /// source was given; the book bounds what it keeps.
    fn poll(&mut self, clock: Clock, nics: &Nics, updates: &mut dyn FnMut(Update));

    /// When it wants to be polled next, in nanoseconds; `None` if only what it is given can change it.
    fn deadline(&self) -> Option<u64>;

    /// The guest was reset or restored from a snapshot: what it said before is void.
    fn reset(&mut self, now: u64);

    /// How it is doing.
    fn status(&self) -> Status;
}

//! Changes of the merged answer, one line each.

use std::fmt;
use std::net::IpAddr;

use super::claim::State;
use super::nic::NicId;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The address is new.
    Added(State),
    /// Another source says the same, or the same source has another kind of evidence.
    Evidence(&'static str),
    /// The merged state is another.
    State {
        /// Before.
        from: State,
        /// Now.
        to: State,
    },
    /// No evidence is left.
    Removed,
    /// Claims of this source were refused: too many addresses, or too many in too short a time. Said at
    /// most once a second for each card.
    Flood,
    /// Everything is void: the guest was reset, or the card unplugged.
    Cleared,
}

impl Change {
    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added(_) => "added",
            Self::Evidence(_) => "evidence",
            Self::State { .. } => "state",
            Self::Removed => "removed",
            Self::Flood => "flood",
            Self::Cleared => "cleared",
        }
    }
}

/// A change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressEvent {
    /// Nanoseconds on the caller's clock.
    pub at: u64,
    /// The card.
    pub nic: NicId,
    /// The address; `None` where it is not about one.
    pub address: Option<IpAddr>,
    /// Whose word changed it; empty where time did, or the caller.
    pub source: &'static str,
    /// What changed.
    pub change: Change,
}

impl fmt::Display for AddressEvent {
    /// One line, without a newline, the time and the card's name: callers put those where they like.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.change.name())?;
        if let Some(address) = self.address {
            write!(f, " {address}")?;
        }
        match self.change {
            Change::Added(state) => write!(f, " {}", state.name())?,
            Change::Evidence(what) => write!(f, " {what}")?,
            Change::State { from, to } => write!(f, " {} -> {}", from.name(), to.name())?,
            Change::Removed | Change::Flood | Change::Cleared => {}
        }
        if self.source.is_empty() { Ok(()) } else { write!(f, " ({})", self.source) }
    }
}

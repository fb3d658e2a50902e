//! Guest time without a machine: it passes when a step waits, and not otherwise.

use crate::run::guest::{Guest, Stop};

/// A guest that only waits.
#[derive(Debug, Default)]
pub struct Clock {
    now: u64,
}

impl Guest for Clock {
    fn run(&mut self, until: u64) -> Stop {
        self.now = self.now.max(until);
        Stop::Time
    }

    fn now(&self) -> u64 {
        self.now
    }

    /// How often assertions are looked at. What is due between two looks happens when it is due.
    fn slice(&self) -> u64 {
        10_000_000
    }
}

//! Which addresses a guest has, by programs that know.

pub mod agent;
mod dhcp;
pub mod network;
pub mod virsh;
mod watcher;

use std::time::{Instant, SystemTime};

use innkeeper_services::addresses::Clock;

/// The host's time: the caller's clock is the wall clock, which never goes back here.
#[derive(Clone)]
pub struct Time {
    start: Instant,
    unix: u64,
}

impl Time {
    /// The time now, and from now on.
    pub fn start() -> Self {
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970");
        Self { start: Instant::now(), unix: u64::try_from(unix.as_nanos()).expect("a time before 2554") }
    }

    /// Nanoseconds since 1970.
    pub fn now(&self) -> u64 {
        self.unix + u64::try_from(self.start.elapsed().as_nanos()).expect("a test of hours")
    }

    /// The same for sources.
    pub fn clock(&self) -> Clock {
        let now = self.now();
        Clock { now, unix: now, boot: 0 }
    }
}

//! Guest time. A guest of KVM's sees the host's clock through its TSC whatever we do; ours runs with it
//! while CPUs run, and stands while they are paused.

use std::time::{Duration, Instant};

/// A stop watch over host time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    spent: Duration,
    since: Option<Instant>,
}

impl Clock {
    /// Goes on.
    pub fn start(&mut self) {
        self.since.get_or_insert_with(host);
    }

    /// Stands still.
    pub fn stop(&mut self) {
        if let Some(since) = self.since.take() {
            self.spent += host().duration_since(since);
        }
    }

    /// Guest time in ns.
    pub fn now(&self) -> u64 {
        let running = self.since.map_or(Duration::ZERO, |since| host().duration_since(since));
        u64::try_from((self.spent + running).as_nanos()).unwrap_or(u64::MAX)
    }
}

#[expect(clippy::disallowed_methods, reason = "guest time is host time under KVM")]
fn host() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_while_paused() {
        let mut c = Clock::default();
        assert_eq!(c.now(), 0);
        c.start();
        std::thread::sleep(Duration::from_millis(2));
        c.stop();
        let then = c.now();
        assert!(then >= 2_000_000);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(c.now(), then);
    }
}

//! The clipboard of this host, joined to the guest's agent.

use std::io::Write;
use std::time::Instant;

use innkeeper_services::clipboard::Session;
use innkeeper_services::clipboard::drive::PolledHost;
use innkeeper_services::clipboard::hosts::Choice;

use crate::cmd::clipboard::Join;
use crate::cmd::clipboard::lines::{Lines, Wanted};
use crate::run::clipboard::port::{GuestPort, NAME, Wire};
use crate::run::guest::Guest;

/// A session between the two. It lives in this host's time, as the applications do; the guest notices of it
/// only what goes through its port.
pub struct Bridge {
    wire: Wire<Box<dyn PolledHost>, Lines>,
    begun: Instant,
}

impl Bridge {
    /// Opens the clipboard that `join` says; `None` for off.
    pub fn open(join: &Join) -> Result<Option<Bridge>, String> {
        let host = join.choice_or(Choice::Off).open().map_err(|why| format!("--clipboard: {why}"))?;
        #[expect(
            clippy::disallowed_methods,
            reason = "real applications take real time; the guest never sees it"
        )]
        let begun = Instant::now();
        let session = |host| Session::new(host, Lines::new(false, Wanted::Transfers), join.policy());
        Ok(host.map(|host| Bridge { wire: Wire::new(session(host)), begun }))
    }

    /// Moves what can be moved without waiting, and writes a line for each transfer that ended to `log`, with
    /// `end` at its end. Fails when the clipboard is gone.
    pub fn relay(&mut self, guest: &mut dyn Guest, log: &mut dyn Write, end: &str) -> Result<(), String> {
        let now = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.wire.pump(now, &mut GuestPort(guest));
        // Nothing can be done about a log that cannot be written.
        let _ = self.wire.session.observer_mut().flush(log, end);
        match self.wire.session.host().failure() {
            None => Ok(()),
            Some(why) => {
                guest.set_port_open(NAME, false);
                Err(format!("--clipboard: {why}; the machine goes on without"))
            }
        }
    }
}

//! A session and a scripted agent, joined.

use super::{Agent, Profile};
use crate::clipboard::event::Observer;
use crate::clipboard::host::HostClipboard;
use crate::clipboard::session::Session;
use crate::clipboard::sink::Bounded;

/// What is between the two: as much as a virtqueue of a few descriptors.
const ROOM: usize = 8192;

/// A session and an agent with a bounded buffer each way. Nothing happens but by [`Cable::run`] and
/// [`Cable::run_until`]; the first takes no time.
pub struct Cable<H, O> {
    /// The host's side.
    pub session: Session<H, O>,
    /// The guest's side.
    pub agent: Agent,
    now: u64,
    open: bool,
    to_guest: Bounded,
    to_host: Bounded,
}

impl<H: HostClipboard, O: Observer> Cable<H, O> {
    /// A cable with a closed port, at time 0.
    pub fn new(session: Session<H, O>, profile: Profile) -> Self {
        Self {
            session,
            agent: Agent::new(profile),
            now: 0,
            open: false,
            to_guest: Bounded::new(ROOM),
            to_host: Bounded::new(ROOM),
        }
    }

    /// The time, in nanoseconds.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Moves bytes both ways until none moves.
    pub fn run(&mut self) {
        loop {
            self.follow_port();
            self.session.transmit(self.now, &mut self.to_guest);
            let heard = self.agent.receive(self.now, self.to_guest.bytes());
            self.to_guest.consume(heard);
            self.agent.transmit(self.now, &mut self.to_host);
            let taken = if self.open { self.session.receive(self.now, self.to_host.bytes()) } else { 0 };
            self.to_host.consume(taken);
            let still = heard == 0 && taken == 0 && self.open == self.wants_open();
            if still {
                return;
            }
        }
    }

    /// Lets time pass, with everything that is due on the way.
    pub fn run_until(&mut self, at: u64) {
        self.run();
        loop {
            let due = [self.session.deadline(), self.agent.deadline()].into_iter().flatten().min();
            match due.filter(|due| *due <= at) {
                // What is due and does not happen, because a side does not read, must not stop time.
                Some(due) => self.now = due.max(self.now + 1).min(at.max(self.now)),
                None => self.now = at.max(self.now),
            }
            self.run();
            if self.now >= at {
                return;
            }
        }
    }

    /// Lets so many nanoseconds pass.
    pub fn run_for(&mut self, ns: u64) {
        self.run_until(self.now.saturating_add(ns));
    }

    fn wants_open(&self) -> bool {
        self.agent.is_connected() && !self.session.must_close()
    }

    /// The port is open while the agent has it open and the session is in step.
    fn follow_port(&mut self) {
        if self.session.must_close() {
            self.agent.disconnect();
        }
        match (self.open, self.wants_open()) {
            (false, true) => self.session.opened(self.now),
            (true, false) => {
                // What was sent before the port was closed arrives.
                let taken = self.session.receive(self.now, self.to_host.bytes());
                self.to_host.consume(taken);
                self.session.closed(self.now);
                self.to_host.consume(ROOM);
                self.to_guest.consume(ROOM);
            }
            _ => {}
        }
        self.open = self.wants_open();
    }
}

//! The QEMU guest agent, asked over any byte port (services.md §2).
//!
//! The port is a stream on which both sides may have died in the middle of a line. So: 0xFF and
//! `guest-sync-delimited` with a number never used before; lines until that number comes back; each command
//! with its own `id`, answers with another ignored; a deadline on everything; after a deadline, from the
//! beginning; after two deadlines, the port is opened anew, later each time. `guest-sync` is for agents that do
//! not know the delimited kind.

mod error;
mod lines;
mod reply;
pub mod script;

#[cfg(test)]
mod tests;

use super::claim::{Claim, Clock, Confidence, SECOND, Update, Validity, is_assignable};
use super::nic::Nics;
use super::source::{AddressSource, Status};
use crate::clipboard::OutputSink;
pub use error::AgentError;
pub use lines::{Line, Lines, MAX_LINE};
pub use reply::{Interface, Interfaces, MAX_ADDRESSES, MAX_INTERFACES, Reply, Said, parse};

const ASK: &str = "guest-network-get-interfaces";

/// How long things may take, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Until the answer to a synchronisation.
    pub sync: u64,
    /// Until the answer to a command.
    pub command: u64,
    /// Between one answer and the next question.
    pub interval: u64,
    /// Before the port is opened anew the first time; doubled each time without an answer.
    pub reopen: u64,
    /// At most before that.
    pub reopen_max: u64,
}

impl Default for Timing {
    fn default() -> Self {
        let (sync, command, interval) = (5 * SECOND, 5 * SECOND, 5 * SECOND);
        Self { sync, command, interval, reopen: SECOND, reopen_max: 60 * SECOND }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The port is not open.
    Closed,
    /// The port is to be closed, and opened again at the time.
    Broken { reopen_at: u64 },
    /// Sync number `id` was sent.
    Sync { id: u64, delimited: bool, until: u64 },
    /// Nothing is asked; at the time something will be.
    Idle { until: u64 },
    /// A command was sent.
    Asked { id: u64, until: u64 },
}

/// The host's side. Of two calls the later must not say an earlier time.
#[derive(Debug)]
pub struct AgentSource {
    timing: Timing,
    phase: Phase,
    now: u64,
    lines: Lines,
    out: Vec<u8>,
    numbers: u64,
    /// Whether the agent repeats `id`: known from its answer to a synchronisation.
    repeats_id: bool,
    backoff: u64,
    timeouts: u32,
    /// Not before this is a command sent: an agent that makes it fail at once must not keep the host busy.
    next_ask: u64,
    interfaces: Option<(u64, Interfaces)>,
    fresh: bool,
    void: bool,
    error: Option<AgentError>,
}

impl AgentSource {
    /// A source whose port is closed. `seed` makes the numbers of synchronisations: give another for every
    /// run, or the same to replay.
    pub fn new(timing: Timing, seed: u64) -> Self {
        Self {
            timing,
            phase: Phase::Closed,
            now: 0,
            lines: Lines::default(),
            out: Vec::new(),
            numbers: seed,
            repeats_id: true,
            backoff: timing.reopen,
            timeouts: 0,
            next_ask: 0,
            interfaces: None,
            fresh: false,
            void: false,
            error: Some(AgentError::NotConnected),
        }
    }

    /// The port is open.
    pub fn opened(&mut self, now: u64) {
        self.now = self.now.max(now);
        self.timeouts = 0;
        self.lines.reset();
        self.out.clear();
        self.synchronise(true);
    }

    /// The port is closed.
    pub fn closed(&mut self, now: u64) {
        self.now = self.now.max(now);
        match self.phase {
            Phase::Asked { .. } | Phase::Sync { .. } => self.error = Some(AgentError::Disappeared),
            Phase::Idle { .. } => self.error = Some(AgentError::NotConnected),
            Phase::Closed | Phase::Broken { .. } => {}
        }
        self.lines.reset();
        self.out.clear();
        if !matches!(self.phase, Phase::Broken { .. }) {
            self.phase = Phase::Closed;
        }
    }

    /// Whether the port is to be closed: the agent does not answer on it.
    pub fn must_close(&self) -> bool {
        matches!(self.phase, Phase::Broken { .. })
    }

    /// When a port that was closed because of [`must_close`](Self::must_close) is to be opened again.
    pub fn reopen_at(&self) -> Option<u64> {
        match self.phase {
            Phase::Broken { reopen_at } => Some(reopen_at),
            _ => None,
        }
    }

    /// Asks as soon as nothing else is asked.
    pub fn ask(&mut self, now: u64) {
        self.now = self.now.max(now);
        if let Phase::Idle { until } = &mut self.phase {
            *until = now;
        }
    }

    /// Takes what the agent said: always all of it.
    pub fn receive(&mut self, now: u64, bytes: &[u8]) {
        self.tick(now);
        if matches!(self.phase, Phase::Closed | Phase::Broken { .. }) {
            return;
        }
        let mut lines = std::mem::take(&mut self.lines);
        lines.feed(bytes, &mut |line| self.line(line));
        self.lines = lines;
        if matches!(self.phase, Phase::Broken { .. }) {
            self.lines.reset();
        }
    }

    /// Says what there is to say and `sink` takes. Whether more waits for the sink.
    pub fn transmit(&mut self, now: u64, sink: &mut impl OutputSink) -> bool {
        self.tick(now);
        let taken = sink.accept(&self.out);
        self.out.drain(..taken.min(self.out.len()));
        !self.out.is_empty()
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: u64) {
        self.now = self.now.max(now);
        match self.phase {
            Phase::Sync { until, delimited, .. } if until <= self.now => {
                self.error = Some(AgentError::Sync(self.timing.sync));
                self.timeouts += 1;
                // An agent that knows only one kind is silent to the other, or its reader was in a string.
                if delimited && self.timeouts == 1 { self.synchronise(false) } else { self.give_up() }
            }
            Phase::Asked { until, .. } if until <= self.now => {
                self.error = Some(AgentError::Command(self.timing.command));
                self.timeouts = 0;
                self.synchronise(true);
            }
            Phase::Idle { until } if until <= self.now => {
                let id = self.number();
                self.say(&format!("{{\"execute\":\"{ASK}\",\"id\":{id}}}\n"));
                self.next_ask = self.now.saturating_add(self.timing.interval);
                self.phase = Phase::Asked { id, until: self.now.saturating_add(self.timing.command) };
            }
            _ => {}
        }
    }

    /// What the agent last said, and when.
    pub fn interfaces(&self) -> Option<(u64, &Interfaces)> {
        self.interfaces.as_ref().map(|(at, list)| (*at, list))
    }

    /// What went wrong last; `None` after an answer.
    pub fn error(&self) -> Option<&AgentError> {
        self.error.as_ref()
    }

    /// Bytes held for a line that is not complete.
    pub fn buffered(&self) -> usize {
        self.lines.buffered() + self.out.capacity()
    }

    /// The next number: 63 bits, none twice in a run that does not last 2^63 questions (splitmix64 is a
    /// permutation; without its highest bit a number repeats once).
    fn number(&mut self) -> u64 {
        self.numbers = self.numbers.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.numbers;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> 1
    }

    fn say(&mut self, text: &str) {
        self.out.extend(text.as_bytes());
    }

    fn synchronise(&mut self, delimited: bool) {
        let id = self.number();
        let command = if delimited { "guest-sync-delimited" } else { "guest-sync" };
        // What an earlier question left unsent would be answered before this, and is of no use.
        self.out.clear();
        self.out.push(0xff);
        self.say(&format!("{{\"execute\":\"{command}\",\"arguments\":{{\"id\":{id}}},\"id\":{id}}}\n"));
        self.phase = Phase::Sync { id, delimited, until: self.now.saturating_add(self.timing.sync) };
    }

    fn give_up(&mut self) {
        self.out.clear();
        self.phase = Phase::Broken { reopen_at: self.now.saturating_add(self.backoff) };
        self.backoff = self.backoff.saturating_mul(2).min(self.timing.reopen_max);
    }

    fn line(&mut self, line: Line<'_>) {
        match line {
            Line::Delimiter => {}
            Line::TooLong => {
                if matches!(self.phase, Phase::Asked { .. }) {
                    self.error = Some(AgentError::TooLarge);
                    self.timeouts = 0;
                    self.synchronise(true);
                }
            }
            Line::Whole(text) => {
                if let Some(reply) = parse(text) {
                    self.reply(reply);
                }
            }
        }
    }

    fn reply(&mut self, reply: Reply) {
        match (self.phase, reply.said) {
            (Phase::Sync { id, .. }, Said::Return(value)) if value.as_u64() == Some(id) => {
                self.repeats_id = reply.id == Some(id);
                self.timeouts = 0;
                self.phase = Phase::Idle { until: self.now.max(self.next_ask) };
            }
            (Phase::Sync { id, delimited: true, .. }, Said::Error(class, _))
                if class == "CommandNotFound" && reply.id.is_none_or(|other| other == id) =>
            {
                self.synchronise(false);
            }
            (Phase::Asked { id, .. }, said)
                if reply.id == Some(id) || (reply.id.is_none() && !self.repeats_id) =>
            {
                self.answered(said);
            }
            _ => {}
        }
    }

    fn answered(&mut self, said: Said) {
        self.backoff = self.timing.reopen;
        self.phase = Phase::Idle { until: self.now.saturating_add(self.timing.interval) };
        match said {
            Said::Return(value) => match Interfaces::parse(value) {
                Some(list) => {
                    self.error = None;
                    self.interfaces = Some((self.now, list));
                    self.fresh = true;
                }
                None => self.error = Some(AgentError::Malformed),
            },
            Said::Error(_, text) => self.error = Some(AgentError::Refused(ASK, text)),
        }
    }

    fn claims(&self, list: &Interfaces, nics: &Nics) -> Vec<Claim> {
        let mut claims: Vec<Claim> = Vec::new();
        let mut one = |interface: &Interface| {
            let Some(mac) = interface.mac else { return };
            let twice = nics.with_mac(mac).nth(1).is_some();
            for nic in nics.with_mac(mac) {
                for &(address, prefix) in interface.addresses.iter().filter(|(a, _)| is_assignable(*a)) {
                    let confidence = if twice { Confidence::Hint } else { Confidence::Certain };
                    let mut claim = Claim::in_use(nic, address, ASK, confidence);
                    claim.prefix = Some(prefix);
                    claim.interface = Some(interface.name.as_str().into());
                    // The next answer is due in an interval; two missed, and it is old.
                    let fresh = (2 * self.timing.interval).max(10 * SECOND);
                    claim.validity = Validity::WhileSeen { fresh, keep: 1800 * SECOND };
                    claims.push(claim);
                }
            }
        };
        list.list.iter().for_each(&mut one);
        claims
    }
}

impl AddressSource for AgentSource {
    fn name(&self) -> &'static str {
        "agent"
    }

    fn poll(&mut self, clock: Clock, nics: &Nics, updates: &mut dyn FnMut(Update)) {
        self.tick(clock.now);
        if std::mem::take(&mut self.void) {
            updates(Update::Snapshot(Vec::new()));
        }
        if std::mem::take(&mut self.fresh)
            && let Some((_, list)) = &self.interfaces
        {
            updates(Update::Snapshot(self.claims(list, nics)));
        }
    }

    /// Also when the port is to be opened again.
    fn deadline(&self) -> Option<u64> {
        match self.phase {
            _ if self.fresh || self.void => Some(self.now),
            Phase::Closed => None,
            Phase::Broken { reopen_at } => Some(reopen_at),
            Phase::Sync { until, .. } | Phase::Idle { until } | Phase::Asked { until, .. } => Some(until),
        }
    }

    /// What the agent said is void; the port closes by itself when the guest is reset.
    fn reset(&mut self, now: u64) {
        self.now = self.now.max(now);
        (self.interfaces, self.fresh, self.void) = (None, false, true);
        self.backoff = self.timing.reopen;
        if !matches!(self.phase, Phase::Closed | Phase::Broken { .. }) {
            self.synchronise(true);
        }
    }

    fn status(&self) -> Status {
        match &self.error {
            None => Status::Ready,
            Some(error @ AgentError::NotConnected) if self.phase == Phase::Closed => {
                Status::Waiting(error.to_string())
            }
            Some(AgentError::NotConnected) => Status::Waiting("the guest agent has not answered yet".into()),
            Some(error) => Status::Failed(error.to_string()),
        }
    }
}

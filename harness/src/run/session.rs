//! A guest being run: its console, its limits, and the one function in which time passes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::addresses::Addresses;
use super::clipboard::Clipboard;
use super::console::{Console, Pattern, Search};
use super::guest::{Guest, Stop};
use super::verdict::{Class, Failure};
use crate::scenario::{Limits, Span};

/// The longest a slice counts against the host-time backstop: what takes longer was stopped
/// (SIGTSTP) or starved, and neither is the guest's doing.
const MAX_SLICE_HOST: Duration = Duration::from_secs(2);

/// Set by SIGTERM and SIGINT, see [`super::process::catch_signals`].
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// A running guest.
pub struct Session {
    /// The machine.
    pub guest: Box<dyn Guest>,
    /// What it has printed.
    pub console: Console,
    /// Its clipboard, if the scenario has one.
    pub clipboard: Option<Clipboard>,
    /// Its addresses, if the scenario asks for them.
    pub addresses: Option<Addresses>,
    /// How it stopped, once it has. Sleep ends with input.
    pub stopped: Option<Stop>,
    /// End of what the steps have waited for so far.
    pub cursor: usize,
    /// What must not be printed during the whole run.
    watches: Vec<Search>,
    limits: Limits,
    host_spent: Duration,
}

/// What ended a wait.
pub enum Waited<T> {
    /// The thing waited for.
    Found(T),
    /// The guest stopped first.
    Stopped(Stop),
    /// Time ran out.
    TimedOut,
}

impl Session {
    /// A session that has not begun.
    pub fn new(
        guest: Box<dyn Guest>,
        clipboard: Option<Clipboard>,
        addresses: Option<Addresses>,
        limits: Limits,
        watches: Vec<Pattern>,
    ) -> Self {
        let watches = watches.into_iter().map(|p| Search::new(p, 0)).collect();
        Session {
            guest,
            console: Console::default(),
            clipboard,
            addresses,
            stopped: None,
            cursor: 0,
            watches,
            limits,
            host_spent: Duration::ZERO,
        }
    }

    /// Default time of a step.
    pub fn step_limit(&self) -> Span {
        self.limits.step
    }

    /// Runs a slice, at most until `until`. Fails for what ends any step: forbidden output, the
    /// test's limits, an interruption, the emulator's failure.
    pub fn advance(&mut self, until: u64) -> Result<(), Failure> {
        #[expect(clippy::disallowed_methods, reason = "the host-time backstop; guests never see it")]
        let begun = Instant::now();
        let end = until.min(self.guest.now() + self.guest.slice());
        let stop = self.guest.run(end);
        self.host_spent += begun.elapsed().min(MAX_SLICE_HOST);
        let output = self.guest.take_console();
        if !self.console.push(&output) {
            return Err(Failure::assertion("the guest printed more than 16 MiB"));
        }
        match stop {
            Stop::Time => {}
            Stop::Host(why) => return Err(Failure::new(Class::Environment, why)),
            Stop::Failed(why) => return Err(Failure::new(Class::EmulatorBug, why)),
            stop => self.stopped = Some(stop),
        }
        self.pump_clipboard();
        if let Some(addresses) = &mut self.addresses {
            addresses.run_until(self.guest.now());
        }
        self.forbidden()?;
        self.exhausted()
    }

    /// Moves what there is to move between the clipboard and the guest. Takes no guest time.
    pub fn pump_clipboard(&mut self) {
        let Some(clipboard) = &mut self.clipboard else { return };
        if clipboard.pump(&mut *self.guest) && self.stopped == Some(Stop::Asleep) {
            self.stopped = None;
        }
    }

    /// Whether the clipboard's session does something until `deadline` though nothing moves: that may end
    /// the guest's sleep.
    fn clipboard_acts_by(&self, deadline: u64) -> bool {
        self.clipboard.as_ref().and_then(Clipboard::deadline).is_some_and(|at| at <= deadline)
    }

    fn forbidden(&mut self) -> Result<(), Failure> {
        for watch in &mut self.watches {
            if let Some((at, _)) = watch.look(&self.console) {
                return Err(printed_forbidden(&self.console, watch.pattern(), at));
            }
        }
        Ok(())
    }

    fn exhausted(&self) -> Result<(), Failure> {
        if INTERRUPTED.load(Ordering::Relaxed) {
            return Err(Failure::new(Class::Environment, "interrupted by a signal"));
        }
        if self.stopped.is_some() {
            return Ok(());
        }
        if self.guest.now() >= self.limits.test.0 {
            let message =
                format!("still running after {} of guest time, the limit of the test", self.limits.test);
            return Err(Failure::new(Class::GuestHang, message));
        }
        if self.host_spent.as_nanos() >= u128::from(self.limits.host.0) {
            let message =
                format!("still running after {} of host time, the backstop of the test", self.limits.host);
            return Err(Failure::new(Class::GuestHang, message).detail(
                "the limits in guest time should have ended it: the host is slow, or they are too high",
            ));
        }
        Ok(())
    }

    /// Runs until `look` finds something, the guest stops or `limit` has passed.
    pub fn wait<T>(
        &mut self,
        limit: Span,
        mut look: impl FnMut(&mut Self) -> Result<Option<T>, Failure>,
    ) -> Result<Waited<T>, Failure> {
        let deadline = self.guest.now().saturating_add(limit.0);
        loop {
            if let Some(found) = look(self)? {
                return Ok(Waited::Found(found));
            }
            if let Some(stop) = &self.stopped
                && !(*stop == Stop::Asleep && self.clipboard_acts_by(deadline))
            {
                return Ok(Waited::Stopped(stop.clone()));
            }
            if self.guest.now() >= deadline {
                return Ok(Waited::TimedOut);
            }
            self.advance(deadline)?;
        }
    }

    /// Types `bytes`, waiting for the guest to take them when its buffer is full.
    pub fn type_in(&mut self, bytes: &[u8], limit: Span) -> Result<(), Failure> {
        let mut rest = bytes;
        let sent = self.wait(limit, |s| {
            let taken = s.guest.type_in(rest).min(rest.len());
            if taken > 0 && s.stopped == Some(Stop::Asleep) {
                s.stopped = None;
            }
            rest = &rest[taken..];
            Ok(rest.is_empty().then_some(()))
        })?;
        match sent {
            Waited::Found(()) => Ok(()),
            Waited::Stopped(stop) => Err(stopped_before(&stop, "it took the input")),
            Waited::TimedOut => Err(Failure::assertion(format!(
                "the guest did not take its input within {limit}: {} bytes left",
                rest.len()
            ))),
        }
    }
}

/// The failure for output that must not be.
pub fn printed_forbidden(console: &Console, pattern: &Pattern, at: usize) -> Failure {
    let line = console.text()[..at].matches('\n').count();
    let text = console.text().lines().nth(line).unwrap_or_default();
    Failure::assertion(format!("the console shows {pattern}, which must not appear")).detail(format!(
        "line {}: {}",
        line + 1,
        super::console::printable(text)
    ))
}

/// The failure for a guest that stopped before what was waited for.
pub fn stopped_before(stop: &Stop, what: &str) -> Failure {
    match stop {
        Stop::Asleep => {
            Failure::new(Class::GuestHang, format!("the guest sleeps with nothing to wake it, before {what}"))
        }
        Stop::Exit(code) => Failure::assertion(format!("the guest ended with status {code} before {what}")),
        Stop::Reset => Failure::assertion(format!("the guest asked for a reset before {what}")),
        Stop::Crash(why) => {
            Failure::new(Class::GuestCrash, format!("the guest crashed before {what}: {why}"))
        }
        Stop::Host(why) => Failure::new(Class::Environment, why.clone()),
        Stop::Failed(why) => Failure::new(Class::EmulatorBug, why.clone()),
        Stop::Time => Failure::new(Class::HarnessBug, "a slice of time counted as a stop"),
    }
}

/// How a guest stopped, in words.
pub fn stop_text(stop: &Stop) -> String {
    match stop {
        Stop::Time => "is running".into(),
        Stop::Asleep => "sleeps with nothing to wake it".into(),
        Stop::Exit(code) => format!("ended with status {code}"),
        Stop::Reset => "asked for a reset".into(),
        Stop::Crash(why) => format!("crashed: {why}"),
        Stop::Host(why) => format!("cannot be run by this host: {why}"),
        Stop::Failed(why) => format!("was failed by the emulator: {why}"),
    }
}

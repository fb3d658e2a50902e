//! `clipboard` under `eventually`: pastes, and says whether it was what it should have been.

use innkeeper_services::clipboard::{Format, HostOwner, Outcome, RequestId};

use super::content::Wanted;
use super::{Clipboard, Key, selection};
use crate::run::Context;
use crate::run::verdict::{Class, Failure};
use crate::scenario::clipboard::{Owner, PasteOutcome, Shows, Side};

/// Guest time (ns) after which a paste that was not what it should be is tried again, if nobody copies
/// meanwhile.
const AGAIN: u64 = 100_000_000;

/// What a look came to.
pub(super) enum Look {
    /// As it should be.
    Holds,
    /// Not, or not yet.
    Not(Failure),
}

/// What a paste came to.
enum Got {
    Content(Vec<u8>),
    Ended(Outcome),
}

/// The judgement of one step.
pub(super) struct Judge<'a> {
    shows: &'a Shows,
    key: Key,
    wanted: Option<Wanted>,
    /// The host's own paste, on its way.
    asked: Option<RequestId>,
    /// Whether the guest's own paste is on its way.
    guest_asked: bool,
    /// When the last paste of its own began, and how often owners had changed by then.
    last: Option<(u64, u64)>,
}

impl<'a> Judge<'a> {
    /// Reads what `shows` compares with.
    pub(super) fn new(ctx: &Context<'_>, shows: &'a Shows) -> Result<Self, Failure> {
        let format = shows.mime.map_or(Format::Text, |f| f.0);
        let key = (selection(shows.selection), format);
        let wanted = Wanted::read(ctx, shows)?;
        Ok(Judge { shows, key, wanted, asked: None, guest_asked: false, last: None })
    }

    /// Looks once. What is asked for is moved by the caller. Fails when a paste that a step began came to
    /// something else: that one is not tried again.
    pub(super) fn look(&mut self, c: &mut Clipboard, now: u64) -> Result<Look, Failure> {
        if let Some(owner) = self.shows.owner {
            return Ok(self.owner(c, owner));
        }
        if let Some(types) = &self.shows.types {
            let wanted = types.iter().map(|f| f.0).collect();
            return Ok(types_offered(c, self.shows.side, self.key.0, wanted));
        }
        match self.shows.side {
            Side::Host => self.look_on_host(c, now),
            Side::Guest => self.look_in_guest(c, now),
        }
    }

    fn owner(&self, c: &Clipboard, wanted: Owner) -> Look {
        let found = match c.host().owner(self.key.0) {
            HostOwner::Nobody => Owner::Nobody,
            HostOwner::Host(_) => Owner::Host,
            HostOwner::Guest(_) => Owner::Guest,
        };
        if found == wanted {
            return Look::Holds;
        }
        let (name, found, wanted) = (self.key.0, found.as_str(), wanted.as_str());
        not(format!("{name} is owned by {found}, not by {wanted}"))
    }

    fn look_on_host(&mut self, c: &mut Clipboard, now: u64) -> Result<Look, Failure> {
        if c.begun_host.iter().any(|(key, _)| *key == self.key) {
            let over = |c: &Clipboard, id| c.host().pasted(id).is_some();
            let at = c.begun_host.iter().position(|(key, id)| *key == self.key && over(c, *id));
            let begun = at.and_then(|at| c.begun_host.remove(at));
            let Some(got) = begun.and_then(|(_, id)| host_result(c, id)) else {
                return Ok(not("the paste on the host is not over"));
            };
            return self.judge(&got).map(|()| Look::Holds);
        }
        if let Some(id) = self.asked {
            let Some(got) = host_result(c, id) else {
                return Ok(not("the paste on the host is not over"));
            };
            self.asked = None;
            return Ok(self.judge(&got).map_or_else(Look::Not, |()| Look::Holds));
        }
        let (selection, format) = self.key;
        let offered = match c.host().owner(selection) {
            HostOwner::Guest(formats) => formats.contains(format),
            HostOwner::Host(content) if self.shows.outcome.is_none() => {
                let own = content.get(&format).map(|content| Got::Content(content.to_vec()));
                let Some(own) = own else { return Ok(not(format!("the host copied no {format}"))) };
                return Ok(self.judge(&own).map_or_else(Look::Not, |()| Look::Holds));
            }
            _ => false,
        };
        if !offered && self.shows.outcome.is_none() {
            return Ok(not(format!("the guest offers no {format} in {selection}")));
        }
        if self.due(c, now) {
            self.asked = Some(c.session_mut().host_mut().paste(selection, format));
        }
        Ok(not("the paste on the host is not over"))
    }

    fn look_in_guest(&mut self, c: &mut Clipboard, now: u64) -> Result<Look, Failure> {
        let (selection, format) = self.key;
        let (number, type_number) = (selection.number(), format.number());
        let begun = c.begun_guest.iter().position(|key| *key == self.key);
        let answer = c.answered.iter().position(|a| (a.selection, a.type_number) == (number, type_number));
        if let Some(answer) = answer.and_then(|at| c.answered.remove(at)) {
            let judged = self.judge(&Got::Content(answer.content));
            self.guest_asked = false;
            if let Some(at) = begun {
                c.begun_guest.remove(at);
                return judged.map(|()| Look::Holds);
            }
            return Ok(judged.map_or_else(Look::Not, |()| Look::Holds));
        }
        let waiting = c.agent().map_or(0, |agent| agent.waiting()) > 0;
        if let (Some(at), false) = (begun, waiting) {
            c.begun_guest.remove(at);
            return Err(Failure::assertion("the guest's paste was given up without an answer"));
        }
        if begun.is_some() || (self.guest_asked && waiting) {
            return Ok(not("the host has not answered the guest's paste"));
        }
        let offer = c.agent().and_then(|agent| agent.host_offer(number));
        if offer.is_none()
            && let Some(own) = c.guest_content.get(&self.key)
        {
            return Ok(self.judge(&Got::Content(own.to_vec())).map_or_else(Look::Not, |()| Look::Holds));
        }
        if !offer.is_some_and(|formats| formats.contains(format)) {
            return Ok(not(format!("the host offers no {format} in {selection} to the guest")));
        }
        if self.due(c, now) {
            c.request(number, type_number);
            self.guest_asked = true;
        }
        Ok(not("the host has not answered the guest's paste"))
    }

    /// Whether another paste may begin: at once after somebody copied, else after a while.
    fn due(&mut self, c: &Clipboard, now: u64) -> bool {
        let changes = c.owner_changes();
        let due = self.last.is_none_or(|(at, then)| then != changes || now >= at.saturating_add(AGAIN));
        if due {
            self.last = Some((now, changes));
        }
        due
    }

    fn judge(&self, got: &Got) -> Result<(), Failure> {
        match (got, &self.wanted, self.shows.outcome) {
            (Got::Content(content), Some(wanted), _) => wanted.compare(content),
            (Got::Content(content), None, _) => {
                Err(Failure::assertion(format!("the paste brought {} bytes", content.len())))
            }
            (Got::Ended(outcome), _, Some(wanted)) if is(*outcome, wanted) => Ok(()),
            (Got::Ended(outcome), ..) => Err(Failure::assertion(format!("the paste ended: {outcome}"))),
        }
    }
}

fn not(message: impl Into<String>) -> Look {
    Look::Not(Failure::new(Class::Assertion, message))
}

fn host_result(c: &mut Clipboard, id: RequestId) -> Option<Got> {
    let pasted = c.session_mut().host_mut().take_pasted(id)?;
    Some(match pasted.outcome {
        Outcome::Complete | Outcome::Empty => Got::Content(pasted.content),
        other => Got::Ended(other),
    })
}

fn types_offered(
    c: &Clipboard,
    side: Side,
    selection: innkeeper_services::clipboard::Selection,
    wanted: innkeeper_services::clipboard::FormatSet,
) -> Look {
    let found = match side {
        Side::Host => match c.host().owner(selection) {
            HostOwner::Guest(formats) => *formats,
            _ => Default::default(),
        },
        Side::Guest => c.agent().and_then(|agent| agent.host_offer(selection.number())).unwrap_or_default(),
    };
    if found == wanted {
        return Look::Holds;
    }
    not(format!("{} is offered {found} in {selection}, not {wanted}", side.as_str()))
}

fn is(outcome: Outcome, wanted: PasteOutcome) -> bool {
    match wanted {
        PasteOutcome::NotOffered => outcome == Outcome::NotOffered,
        PasteOutcome::Denied => outcome == Outcome::Denied,
        PasteOutcome::TooLarge => outcome == Outcome::TooLarge,
        PasteOutcome::TimedOut => outcome == Outcome::TimedOut,
        PasteOutcome::OwnerChanged => outcome == Outcome::OwnerChanged,
        PasteOutcome::Disconnected => outcome == Outcome::Disconnected,
        PasteOutcome::OtherFormat => matches!(outcome, Outcome::OtherFormat(_)),
        PasteOutcome::Busy => outcome == Outcome::Busy,
    }
}

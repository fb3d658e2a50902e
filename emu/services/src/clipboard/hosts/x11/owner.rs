//! What the guest has copied: selections that we own for it, and what applications ask of them (ICCCM 2.2).

use std::collections::VecDeque;

use x11rb::protocol::xproto::{Atom, AtomEnum, SelectionRequestEvent, Timestamp, Window};
use x11rb::{CURRENT_TIME, NONE};

use super::SECOND;
use super::display::Display;
use super::incr::{PIECE, Sender, piece};
use super::latin1::ToLatin1;
use super::lost::Lost;
use crate::clipboard::hosts::spool::Spool;
use crate::clipboard::{Format, FormatSet, HostEvent, Outcome, RequestId, Selection};

/// How long a requestor may take for a piece (ns), as GTK has it.
const IDLE: u64 = 30 * SECOND;
/// Requests that wait for the guest at once; more are refused.
const MAX_PENDING: usize = 32;
/// Contents that are sent in pieces at once; more are refused.
const MAX_TRANSFERS: usize = 32;
/// Conversions in one request for MULTIPLE.
const MAX_PAIRS: u32 = 16;

/// Content that comes from the guest.
#[derive(Debug)]
struct Coming {
    id: RequestId,
    spool: Spool,
    latin1: Option<ToLatin1>,
}

#[derive(Debug)]
enum State {
    Coming(Coming),
    /// Answered, or refused.
    Over {
        answered: bool,
    },
}

/// One conversion.
#[derive(Debug)]
struct Part {
    target: Atom,
    property: Atom,
    state: State,
}

/// A request that is answered when all its parts are over.
#[derive(Debug)]
struct Pending {
    request: SelectionRequestEvent,
    multiple: bool,
    parts: Vec<Part>,
}

/// Content on its way to a requestor in pieces.
#[derive(Debug)]
struct Transfer {
    requestor: Window,
    property: Atom,
    type_: Atom,
    sender: Sender,
    until: u64,
}

/// Our side as an owner.
#[derive(Debug)]
pub(super) struct Owner {
    /// A window for each selection; another after each withdrawal.
    windows: [Window; 2],
    offered: [FormatSet; 2],
    /// When we took the selection.
    since: [Timestamp; 2],
    pending: Vec<Pending>,
    transfers: Vec<Transfer>,
    next_request: u64,
}

impl Owner {
    pub fn new(display: &Display) -> Result<Self, Lost> {
        Ok(Self {
            windows: [display.window()?, display.window()?],
            offered: Default::default(),
            since: Default::default(),
            pending: Vec::new(),
            transfers: Vec::new(),
            next_request: 0,
        })
    }

    /// The guest owns a selection.
    pub fn offer(&mut self, display: &Display, selection: Selection, formats: FormatSet) -> Result<(), Lost> {
        self.offered[selection as usize] = formats;
        display.own(self.windows[selection as usize], selection)
    }

    /// The guest owns it no more. Without its owner's window a selection has none, unless an application
    /// has taken it meanwhile.
    pub fn withdraw(&mut self, display: &Display, selection: Selection) -> Result<(), Lost> {
        let window = &mut self.windows[selection as usize];
        self.offered[selection as usize] = FormatSet::EMPTY;
        display.destroy(std::mem::replace(window, display.window()?))
    }

    /// Whether `window` owns a selection for us. `at` is since when.
    pub fn owns(&mut self, selection: Selection, window: Window, at: Timestamp) -> bool {
        let ours = self.windows[selection as usize] == window;
        if ours {
            self.since[selection as usize] = at;
        }
        ours
    }

    /// An application asks.
    pub fn requested(
        &mut self,
        display: &Display,
        request: SelectionRequestEvent,
        events: &mut VecDeque<HostEvent>,
    ) -> Result<(), Lost> {
        // Obsolete clients leave the choice of the property to the owner.
        let property = if request.property == NONE { request.target } else { request.property };
        let Some(selection) = self.answerable(display, &request) else {
            return display.notify(&request, None);
        };
        let multiple = request.target == display.atoms.multiple;
        let pairs = match multiple {
            true => display.pairs(request.requestor, property, MAX_PAIRS)?,
            false => Some(vec![[request.target, property]]),
        };
        let Some(pairs) = pairs else { return display.notify(&request, None) };
        let mut parts = Vec::new();
        for [target, property] in pairs {
            let state = self.begin(display, selection, &request, target, property, events)?;
            parts.push(Part { target, property, state });
        }
        let request = SelectionRequestEvent { property, ..request };
        self.pending.push(Pending { request, multiple, parts });
        self.answer_what_is_over(display)
    }

    /// The selection, if we are who is asked.
    fn answerable(&self, display: &Display, request: &SelectionRequestEvent) -> Option<Selection> {
        let selection = display.atoms.selection_of(request.selection)?;
        let early = request.time != CURRENT_TIME && is_before(request.time, self.since[selection as usize]);
        let ours = self.windows[selection as usize] == request.owner;
        let refused = early
            || !ours
            || display.is_own(request.requestor)
            || self.offered[selection as usize].is_empty()
            || self.pending.len() >= MAX_PENDING;
        (!refused).then_some(selection)
    }

    /// Answers one conversion at once, or asks the guest.
    fn begin(
        &mut self,
        display: &Display,
        selection: Selection,
        request: &SelectionRequestEvent,
        target: Atom,
        property: Atom,
        events: &mut VecDeque<HostEvent>,
    ) -> Result<State, Lost> {
        let (atoms, window) = (&display.atoms, request.requestor);
        let formats = self.offered[selection as usize];
        if property == NONE {
            return Ok(State::Over { answered: false });
        }
        if target == atoms.targets {
            display.put32(window, property, AtomEnum::ATOM.into(), &atoms.targets_of(formats))?;
        } else if target == atoms.timestamp {
            display.put32(window, property, AtomEnum::INTEGER.into(), &[self.since[selection as usize]])?;
        } else if let Some(format) = atoms.format_of(target).filter(|format| formats.contains(*format)) {
            return Ok(State::Coming(self.ask(selection, format, target, events)));
        } else {
            return Ok(State::Over { answered: false });
        }
        Ok(State::Over { answered: true })
    }

    fn ask(
        &mut self,
        selection: Selection,
        format: Format,
        target: Atom,
        events: &mut VecDeque<HostEvent>,
    ) -> Coming {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        events.push_back(HostEvent::Request { id, selection, format });
        let latin1 = (target == u32::from(AtomEnum::STRING)).then(ToLatin1::default);
        Coming { id, spool: Spool::new(), latin1 }
    }

    fn part(&mut self, id: RequestId) -> Option<(&SelectionRequestEvent, &mut Part)> {
        self.pending.iter_mut().find_map(|pending| {
            let part = pending.parts.iter_mut().find(|p| matches!(&p.state, State::Coming(c) if c.id == id));
            part.map(|part| (&pending.request, part))
        })
    }

    /// Content from the guest.
    pub fn write(&mut self, id: RequestId, bytes: &[u8]) {
        let Some((_, Part { state: State::Coming(coming), .. })) = self.part(id) else { return };
        match &mut coming.latin1 {
            None => coming.spool.append(bytes),
            Some(latin1) => {
                let mut text = Vec::with_capacity(bytes.len() + 4);
                latin1.convert(bytes, &mut text);
                coming.spool.append(&text);
            }
        }
    }

    /// No more of it comes.
    pub fn finish(
        &mut self,
        display: &mut Display,
        now: u64,
        id: RequestId,
        outcome: Outcome,
    ) -> Result<(), Lost> {
        let whole = matches!(outcome, Outcome::Complete | Outcome::Empty);
        let room = self.transfers.len() < MAX_TRANSFERS;
        let Some((request, part)) = self.part(id) else { return Ok(()) };
        let (requestor, property, type_) =
            (request.requestor, part.property, display.atoms.type_of(part.target));
        let before = std::mem::replace(&mut part.state, State::Over { answered: false });
        let State::Coming(Coming { mut spool, latin1, .. }) = before else { return Ok(()) };
        if let Some(mut latin1) = latin1 {
            let mut text = Vec::new();
            latin1.finish(&mut text);
            spool.append(&text);
        }
        if whole && !spool.is_broken() {
            if spool.len() <= PIECE as u64 {
                if let Some(all) = piece(&mut spool, 0) {
                    display.put(requestor, property, type_, &all)?;
                    part.state = State::Over { answered: true };
                }
            } else if room {
                part.state = State::Over { answered: true };
                let until = now.saturating_add(IDLE);
                self.begin_transfer(
                    display,
                    Transfer { requestor, property, type_, sender: Sender::new(spool), until },
                )?;
            }
        }
        self.answer_what_is_over(display)
    }

    fn begin_transfer(&mut self, display: &mut Display, transfer: Transfer) -> Result<(), Lost> {
        let least = u32::try_from(transfer.sender.len()).unwrap_or(u32::MAX);
        // Before the property is there: its deletion is what asks for the first piece.
        display.watch(transfer.requestor)?;
        display.put32(transfer.requestor, transfer.property, display.atoms.incr, &[least])?;
        self.transfers.push(transfer);
        Ok(())
    }

    /// Tells requestors whose requests are over.
    fn answer_what_is_over(&mut self, display: &Display) -> Result<(), Lost> {
        let over = |part: &Part| matches!(part.state, State::Over { .. });
        let done: Vec<Pending> =
            self.pending.extract_if(.., |pending| pending.parts.iter().all(over)).collect();
        for Pending { request, multiple, parts } in done {
            let answered = |part: &Part| matches!(part.state, State::Over { answered: true });
            let all = parts.iter().all(answered);
            if multiple && !all {
                let pairs: Vec<Atom> = parts
                    .iter()
                    .flat_map(|p| [if answered(p) { p.target } else { NONE }, p.property])
                    .collect();
                display.put32(request.requestor, request.property, display.atoms.atom_pair, &pairs)?;
            }
            display.notify(&request, (multiple || all).then_some(request.property))?;
        }
        Ok(())
    }

    /// A requestor has deleted a property: it wants the next piece.
    pub fn property_gone(
        &mut self,
        display: &mut Display,
        now: u64,
        window: Window,
        property: Atom,
    ) -> Result<(), Lost> {
        let found = self.transfers.iter().position(|t| t.requestor == window && t.property == property);
        let Some(at) = found else { return Ok(()) };
        let transfer = &mut self.transfers[at];
        let Some(piece) = transfer.sender.next() else { return self.end_transfer(display, at) };
        transfer.until = now.saturating_add(IDLE);
        display.put(window, property, transfer.type_, &piece)?;
        if piece.is_empty() { self.end_transfer(display, at) } else { Ok(()) }
    }

    fn end_transfer(&mut self, display: &mut Display, at: usize) -> Result<(), Lost> {
        let transfer = self.transfers.swap_remove(at);
        display.unwatch(transfer.requestor)
    }

    /// An application's window is gone.
    pub fn gone(&mut self, display: &mut Display, window: Window) -> Result<(), Lost> {
        while let Some(at) = self.transfers.iter().position(|t| t.requestor == window) {
            self.end_transfer(display, at)?;
        }
        Ok(())
    }

    /// Gives up on requestors that take nothing.
    pub fn expire(&mut self, display: &mut Display, now: u64) -> Result<(), Lost> {
        while let Some(at) = self.transfers.iter().position(|t| t.until <= now) {
            self.end_transfer(display, at)?;
        }
        Ok(())
    }

    pub fn deadline(&self) -> Option<u64> {
        self.transfers.iter().map(|t| t.until).min()
    }
}

/// Whether time `a` is before `b`, on a clock that begins anew every 49 days.
fn is_before(a: Timestamp, b: Timestamp) -> bool {
    a != b && b.wrapping_sub(a) < 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_wrap() {
        for (a, b, before) in
            [(1, 2, true), (2, 1, false), (5, 5, false), (u32::MAX, 3, true), (3, u32::MAX, false)]
        {
            assert_eq!(is_before(a, b), before, "{a} {b}");
        }
    }
}

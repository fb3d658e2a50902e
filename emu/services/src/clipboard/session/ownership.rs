//! Who owns a selection (ARCHITECTURE.md §6).

use super::slot::{Inflight, Owner, Purpose};
use super::{MAX_QUEUE, Session};
use crate::clipboard::audit::{Direction, Outcome};
use crate::clipboard::caps::Capabilities;
use crate::clipboard::codec::{Grab, Head, Message};
use crate::clipboard::event::{Note, Observer};
use crate::clipboard::formats::{FormatSet, Selection};
use crate::clipboard::host::{HostClipboard, HostEvent};

impl<H: HostClipboard, O: Observer> Session<H, O> {
    /// The selection with this number, if both sides have it.
    pub(super) fn selection(&self, number: u8) -> Option<Selection> {
        Selection::from_number(number).filter(|s| self.peer.has(*s))
    }

    /// The guest grabs a selection.
    pub(super) fn grabbed(&mut self, grab: Grab) -> Option<Note> {
        let Some(selection) = self.selection(grab.selection) else {
            return Some(Note::UnknownSelection);
        };
        let slot = self.slot(selection);
        if let Some(serial) = grab.serial {
            if serial != slot.serial {
                // Also when both grab at once: ours has the same number, and the host wins.
                return Some(Note::Serial);
            }
            slot.serial = slot.serial.wrapping_add(1);
        }
        if grab.formats.is_empty() && grab.unknown == 0 {
            return Some(Note::NoTypes);
        }
        slot.release_at = None;
        let formats = self.policy.allowed(Direction::ToHost, grab.formats);
        if grab.serial.is_none() && self.probe(selection, formats) {
            return Some(Note::EchoSuspected);
        }
        self.guest_owns(selection, formats);
        None
    }

    /// Without serials a guest may grab what it was just given: asks for it, to compare.
    fn probe(&mut self, selection: Selection, formats: FormatSet) -> bool {
        let since = self.now;
        let slot = self.slot(selection);
        let Some((format, sent)) = slot.last_sent.filter(|(format, _)| formats.contains(*format)) else {
            return false;
        };
        if slot.owner != Owner::Host {
            return false;
        }
        if let Some(Inflight { purpose: Purpose::Probe { formats: of, .. }, .. }) = &mut slot.inflight {
            *of = formats;
            return true;
        }
        let purpose = Purpose::Probe { sent, formats };
        slot.inflight = Some(Inflight { purpose, format, since, asked: false, content: None });
        true
    }

    /// The guest owns a selection and offers `formats`, of which the host may know.
    pub(super) fn guest_owns(&mut self, selection: Selection, formats: FormatSet) {
        let slot = self.slot(selection);
        let before = std::mem::replace(&mut slot.owner, Owner::Guest(formats));
        (slot.grab_due, slot.told, slot.last_sent) = (false, false, None);
        slot.stale += std::mem::take(&mut slot.overdue);
        if !formats.is_empty() {
            slot.offer = None;
            self.host.offer(selection, formats);
        } else if matches!(before, Owner::Guest(of) if !of.is_empty()) {
            self.host.withdraw(selection);
        }
    }

    /// The guest releases a selection.
    pub(super) fn released(&mut self, number: u8) -> Option<Note> {
        let Some(selection) = self.selection(number) else {
            return Some(Note::UnknownSelection);
        };
        if !matches!(self.slot(selection).owner, Owner::Guest(_)) {
            return Some(Note::NotOwner);
        }
        if self.peer.in_force(Capabilities::NO_RELEASE_ON_REGRAB) {
            self.forget_guest_owner(selection);
            return None;
        }
        self.slot(selection).release_at = Some(self.now.saturating_add(self.timing.release_delay));
        Some(Note::Delayed)
    }

    /// If the guest owns the selection, it does no more.
    pub(super) fn forget_guest_owner(&mut self, selection: Selection) {
        let slot = self.slot(selection);
        slot.release_at = None;
        if let Owner::Guest(formats) = slot.owner {
            // What the host may not know of has not replaced what the host offers.
            slot.claim();
            if !formats.is_empty() {
                self.host.withdraw(selection);
            }
            self.fail_pastes(selection, Outcome::NotOffered);
        }
    }

    /// Something happened on the host.
    pub(super) fn host_event(&mut self, event: HostEvent) {
        match event {
            HostEvent::Announced { selection, formats } => self.host_owns(selection, formats),
            HostEvent::Released { selection } => self.host_released(selection),
            HostEvent::Request { id, selection, format } => {
                let refused = match self.policy.check(Direction::ToHost, format) {
                    Err(denied) => Some(denied),
                    Ok(()) if self.slot(selection).queue.len() >= MAX_QUEUE => Some(Outcome::Busy),
                    Ok(()) => None,
                };
                match refused {
                    Some(outcome) => self.finish_paste(selection, id, format, outcome, None),
                    None => self.slot(selection).queue.push_back((id, format)),
                }
            }
        }
    }

    fn host_owns(&mut self, selection: Selection, formats: FormatSet) {
        let formats = self.policy.allowed(Direction::ToGuest, formats);
        self.fail_pastes(selection, Outcome::OwnerChanged);
        let slot = self.slot(selection);
        (slot.release_at, slot.last_sent) = (None, None);
        slot.offer = (!formats.is_empty()).then_some(formats);
        slot.claim();
    }

    fn host_released(&mut self, selection: Selection) {
        let slot = self.slot(selection);
        slot.offer = None;
        if slot.owner == Owner::Host {
            slot.claim();
        }
    }

    /// What the guest has to be told about the owner.
    pub(super) fn next_ownership(&mut self, selection: Selection) -> Option<Head> {
        if !self.peer.settled || !self.peer.has(selection) {
            return None;
        }
        let must_release = !self.peer.in_force(Capabilities::NO_RELEASE_ON_REGRAB);
        let with_serial = self.peer.in_force(Capabilities::GRAB_SERIAL);
        let slot = self.slot(selection);
        if slot.told && (slot.owner == Owner::Nobody || slot.grab_due && must_release) {
            slot.told = false;
            return Some(self.control(Message::Release { selection: selection.number() }, None));
        }
        let formats = slot.offer.filter(|_| slot.grab_due)?;
        (slot.grab_due, slot.told) = (false, true);
        let serial = with_serial.then_some(slot.serial);
        if with_serial {
            slot.serial = slot.serial.wrapping_add(1);
        }
        let grab = Grab { selection: selection.number(), serial, formats, unknown: 0 };
        Some(self.control(Message::Grab(grab), None))
    }
}

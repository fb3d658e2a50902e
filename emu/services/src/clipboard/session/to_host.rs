//! Pastes on the host of what the guest owns (ARCHITECTURE.md §7): REQUEST out, DATA in.
//!
//! Nothing on the wire says which request an answer belongs to. One request by selection is on its
//! way at a time, and answers that are still due from before are counted.

use super::Session;
use super::slot::{Content, Inflight, Owner, Purpose};
use crate::clipboard::audit::{Direction, Outcome};
use crate::clipboard::codec::{DataHead, Head, Message, TYPE_NONE};
use crate::clipboard::event::{Note, Observer};
use crate::clipboard::formats::{Format, Selection};
use crate::clipboard::host::{HostClipboard, RequestId};
use crate::clipboard::line_ending::ToLf;

impl<H: HostClipboard, O: Observer> Session<H, O> {
    /// Takes the next paste that waits.
    pub(super) fn next_paste(&mut self, selection: Selection) {
        while self.slot(selection).inflight.is_none() {
            let since = self.now;
            let slot = self.slot(selection);
            let Some((id, format)) = slot.queue.pop_front() else { return };
            if matches!(slot.owner, Owner::Guest(formats) if formats.contains(format)) {
                let purpose = Purpose::Paste(id);
                slot.inflight = Some(Inflight { purpose, format, since, asked: false, content: None });
            } else {
                self.finish_paste(selection, id, format, Outcome::NotOffered, None);
            }
        }
    }

    /// The REQUEST to send.
    pub(super) fn next_request(&mut self, selection: Selection) -> Option<Head> {
        let inflight = self.slot(selection).inflight.as_mut().filter(|inflight| !inflight.asked)?;
        inflight.asked = true;
        let note = matches!(inflight.purpose, Purpose::Probe { .. }).then_some(Note::Probe);
        let (selection, type_number) = (selection.number(), inflight.format.number());
        Some(self.control(Message::Request { selection, type_number }, note))
    }

    /// DATA begins.
    pub(super) fn data_start(&mut self, head: DataHead) {
        let verdict = self.judge(head);
        let Err((outcome, note)) = verdict else {
            self.incoming = Selection::from_number(head.selection);
            return;
        };
        let mut record = self.record(Direction::ToHost, head.selection, head.type_number, Outcome::Empty);
        record.size = u64::from(head.size);
        self.data_event(Direction::ToHost, &record, note);
        if let (Some(outcome), Some(selection)) = (outcome, self.selection(head.selection)) {
            self.end_paste(selection, outcome);
        }
    }

    /// Whether DATA is taken. If not: how the paste ends by it, and why.
    fn judge(&mut self, head: DataHead) -> Result<(), (Option<Outcome>, Option<Note>)> {
        if !self.peer.can_copy() {
            return Err((None, Some(Note::BeforeHandshake)));
        }
        let selection = self.selection(head.selection).ok_or((None, Some(Note::UnknownSelection)))?;
        let (now, crlf, max) = (self.now, self.peer.wants_crlf(), self.policy.max_size);
        let slot = self.slot(selection);
        if slot.stale > 0 {
            slot.stale -= 1;
            return Err((None, Some(Note::Late)));
        }
        let Some(inflight) = slot.inflight.as_mut().filter(|inflight| inflight.asked) else {
            let late = slot.overdue > 0;
            slot.overdue = slot.overdue.saturating_sub(1);
            return Err((None, Some(if late { Note::Late } else { Note::Unsolicited })));
        };
        if head.type_number == TYPE_NONE {
            return Err((Some(Outcome::NotOffered), None));
        }
        if head.type_number != inflight.format.number() {
            return Err((Some(Outcome::OtherFormat(head.type_number)), None));
        }
        if u64::from(head.size) > max {
            return Err((Some(Outcome::TooLarge), None));
        }
        let to_lf = (crlf && inflight.format == Format::Text).then(ToLf::default);
        inflight.content = Some(Content { to_lf, ..Content::default() });
        inflight.since = now;
        Ok(())
    }

    /// Bytes of DATA: at most one chunk of them, when the host has taken those before.
    pub(super) fn data_bytes(&mut self, bytes: &[u8]) {
        let now = self.now;
        let Some(selection) = self.incoming else { return };
        let Some(inflight) = &mut self.slots[selection as usize].inflight else { return };
        inflight.since = now;
        let Some(content) = &mut inflight.content else { return };
        content.hasher.update(bytes);
        content.size += bytes.len() as u64;
        match (&mut content.to_lf, inflight.purpose) {
            (_, Purpose::Probe { .. }) => {}
            (Some(to_lf), _) => to_lf.convert(bytes, &mut self.scratch),
            (None, _) => self.scratch.extend(bytes),
        }
    }

    /// DATA is complete.
    pub(super) fn data_end(&mut self) {
        let Some(selection) = self.incoming else { return };
        self.ended = true;
        let inflight = self.slots[selection as usize].inflight.as_mut();
        if let Some(to_lf) = inflight.and_then(|i| i.content.as_mut()).and_then(|c| c.to_lf.as_mut()) {
            to_lf.finish(&mut self.scratch);
        }
        self.flush_to_host();
    }

    /// Gives the host what it has not taken. Whether it has everything.
    pub(super) fn flush_to_host(&mut self) -> bool {
        let Some(selection) = self.incoming else { return true };
        let now = self.now;
        if let Some(inflight) = &mut self.slots[selection as usize].inflight
            && let Purpose::Paste(id) = inflight.purpose
        {
            while !self.scratch.is_empty() {
                let n = self.host.write(id, &self.scratch).min(self.scratch.len());
                if n == 0 {
                    return false;
                }
                self.scratch.drain(..n);
                inflight.since = now;
            }
        }
        self.scratch.clear();
        if self.ended {
            let empty = self.slot(selection).inflight.as_ref().and_then(|i| i.content.as_ref());
            let outcome = if empty.is_some_and(|c| c.size == 0) { Outcome::Empty } else { Outcome::Complete };
            self.end_paste(selection, outcome);
        }
        true
    }

    /// The request on its way is over.
    pub(super) fn end_paste(&mut self, selection: Selection, outcome: Outcome) {
        let Some(inflight) = self.slot(selection).inflight.take() else { return };
        self.stop_taking(selection);
        match inflight.purpose {
            Purpose::Paste(id) => {
                // An agent that converts only to one format says so by sending it: it can be asked for.
                if let (Outcome::OtherFormat(number), Owner::Guest(formats)) =
                    (outcome, &mut self.slots[selection as usize].owner)
                    && let Some(other) = Format::from_number(number)
                {
                    *formats = formats.with(other);
                }
                self.finish_paste(selection, id, inflight.format, outcome, inflight.content);
            }
            Purpose::Probe { sent, formats } => {
                let got = inflight.content.map(|content| (content.hasher.digest(), content.size));
                let echo = got.is_some_and(|(digest, _)| digest == sent);
                let whole = matches!(outcome, Outcome::Complete | Outcome::Empty);
                if let (Some((digest, size)), true) = (got, whole) {
                    let (number, format) = (selection.number(), inflight.format.number());
                    let mut record = self.record(Direction::ToHost, number, format, outcome);
                    (record.size, record.sha256) = (size, Some(digest));
                    self.data_event(Direction::ToHost, &record, echo.then_some(Note::Echo));
                }
                let settled = matches!(outcome, Outcome::OwnerChanged | Outcome::Disconnected);
                if !(settled || whole && echo) {
                    self.guest_owns(selection, formats);
                }
            }
        }
    }

    fn stop_taking(&mut self, selection: Selection) {
        if self.incoming == Some(selection) {
            self.incoming = None;
            self.ended = false;
            self.scratch.clear();
        }
    }

    /// Tells the host and the audit how a paste ended.
    pub(super) fn finish_paste(
        &mut self,
        selection: Selection,
        id: RequestId,
        format: Format,
        outcome: Outcome,
        content: Option<Content>,
    ) {
        let mut record = self.record(Direction::ToHost, selection.number(), format.number(), outcome);
        if let Some(content) = content {
            record.size = content.size;
            record.sha256 = Some(content.hasher.digest());
            let whole = matches!(outcome, Outcome::Complete | Outcome::Empty);
            self.data_event(Direction::ToHost, &record, (!whole).then_some(Note::Partial));
        }
        self.observer.audit(&record);
        self.host.finish(id, outcome);
    }

    /// Every paste of this selection fails: the one on its way, and those that wait.
    pub(super) fn fail_pastes(&mut self, selection: Selection, outcome: Outcome) {
        let slot = self.slot(selection);
        if slot.inflight.as_ref().is_some_and(|i| i.asked && i.content.is_none()) {
            // Its answer, if one comes, is about an owner that is gone.
            slot.stale += 1;
        }
        self.end_paste(selection, outcome);
        while let Some((id, format)) = self.slot(selection).queue.pop_front() {
            self.finish_paste(selection, id, format, outcome, None);
        }
    }

    pub(super) fn paste_timed_out(&mut self, selection: Selection) {
        let slot = self.slot(selection);
        // An agent that owed an answer before this one never answers: nothing more is due.
        let silent = std::mem::take(&mut slot.stale) > 0;
        if !silent && slot.inflight.as_ref().is_some_and(|i| i.asked && i.content.is_none()) {
            slot.overdue += 1;
        }
        self.end_paste(selection, Outcome::TimedOut);
    }
}

//! Pastes in the guest of what the host owns (ARCHITECTURE.md §7): REQUEST in, DATA out, exactly one
//! for each. A refusal is DATA of the requested type without bytes: type NONE leaves the guest's
//! application hanging on Linux.

use super::Session;
use super::slot::{Answer, OpenAnswer, Owner, Phase};
use crate::clipboard::audit::{Direction, Outcome};
use crate::clipboard::codec::{DataHead, Head};
use crate::clipboard::event::{Note, Observer};
use crate::clipboard::formats::{Format, Selection};
use crate::clipboard::host::{HostClipboard, Size, TransferId};

/// The largest content whose message's size fits into 32 bits.
const WIRE_MAX: u64 = u32::MAX as u64 - 8;

impl<H: HostClipboard, O: Observer> Session<H, O> {
    /// The guest asks for content.
    pub(super) fn requested(&mut self, number: u8, type_number: u32) -> Option<Note> {
        match self.selection(number) {
            Some(selection) => {
                self.slot(selection).requests.push_back(type_number);
                None
            }
            None => {
                self.strays.push((number, type_number));
                Some(Note::UnknownSelection)
            }
        }
    }

    /// Brings the answer to the oldest request as far as the host allows.
    pub(super) fn drive_answer(&mut self, selection: Selection) {
        if self.slot(selection).answer.is_none() {
            let Some(type_number) = self.slot(selection).requests.pop_front() else { return };
            let answer = self.begin_answer(selection, type_number);
            self.slot(selection).answer = Some(answer);
        }
        let now = self.now;
        let max = self.policy.max_size.min(self.peer.max.unwrap_or(u64::MAX)).min(WIRE_MAX);
        let Some(Answer::Open(answer)) = &mut self.slots[selection as usize].answer else { return };
        let fits = |size| if size > max { Err(Outcome::TooLarge) } else { Ok(size) };
        if let Phase::Size { come } = answer.phase {
            match self.host.size(answer.id) {
                Size::Pending => return,
                Size::Growing(size) if size > max => return self.refuse_answer(selection, Outcome::TooLarge),
                Size::Growing(size) => {
                    if size > come {
                        (answer.phase, answer.since) = (Phase::Size { come: size }, now);
                    }
                    return;
                }
                Size::Failed => return self.refuse_answer(selection, Outcome::HostFailed),
                Size::Known(size) => match fits(size) {
                    Err(outcome) => return self.refuse_answer(selection, outcome),
                    Ok(total) if answer.crlf.is_some() => {
                        answer.phase = Phase::Count { counted: 0, total };
                    }
                    Ok(size) => answer.phase = Phase::Ready(size),
                },
            }
        }
        match answer.count(&mut self.host, now).map(|counted| counted.and_then(fits)) {
            None => {}
            Some(Ok(size)) => answer.phase = Phase::Ready(size),
            Some(Err(outcome)) => self.refuse_answer(selection, outcome),
        }
    }

    fn begin_answer(&mut self, selection: Selection, type_number: u32) -> Answer {
        let refused = |outcome| Answer::Refused { type_number, outcome };
        let Some(format) = Format::from_number(type_number) else {
            return refused(Outcome::NotOffered);
        };
        if let Err(denied) = self.policy.check(Direction::ToGuest, format) {
            return refused(denied);
        }
        let slot = self.slot(selection);
        if slot.owner != Owner::Host || !slot.offer.is_some_and(|formats| formats.contains(format)) {
            return refused(Outcome::NotOffered);
        }
        let id = TransferId(self.next_transfer);
        self.next_transfer += 1;
        self.host.open(id, selection, format);
        let crlf = format == Format::Text && self.peer.wants_crlf();
        Answer::Open(OpenAnswer::new(id, format, self.now, crlf))
    }

    /// Nothing was sent of this answer: it becomes a refusal.
    fn refuse_answer(&mut self, selection: Selection, outcome: Outcome) {
        if let Some(Answer::Open(answer)) = self.slot(selection).answer.take() {
            self.host.close(answer.id);
            let type_number = answer.format.number();
            self.slot(selection).answer = Some(Answer::Refused { type_number, outcome });
        }
    }

    pub(super) fn answer_timed_out(&mut self, selection: Selection) {
        match &mut self.slots[selection as usize].answer {
            Some(Answer::Open(answer)) if answer.phase == Phase::Sending => {
                answer.starved = false;
                self.broken = true;
            }
            _ => self.refuse_answer(selection, Outcome::TimedOut),
        }
    }

    /// The head of the DATA message to send.
    pub(super) fn next_answer(&mut self, selection: Selection) -> Option<Head> {
        let layout = self.peer.layout();
        let number = selection.number();
        match self.slot(selection).answer.as_mut()? {
            Answer::Refused { type_number, outcome } => {
                let (type_number, outcome) = (*type_number, *outcome);
                self.slot(selection).answer = None;
                let record = self.record(Direction::ToGuest, number, type_number, outcome);
                self.observer.audit(&record);
                let head = self.empty_data(number, type_number);
                self.drive_answer(selection);
                Some(head)
            }
            Answer::Open(answer) => {
                let Phase::Ready(size) = answer.phase else { return None };
                answer.phase = Phase::Sending;
                let type_number = answer.format.number();
                self.sending = Some(selection);
                // `size` was checked against WIRE_MAX.
                let size = u32::try_from(size).unwrap_or_default();
                Some(Head::data(DataHead { selection: number, type_number, size }, layout))
            }
        }
    }

    /// The refusal of a request for a selection that does not exist.
    pub(super) fn refusal(&mut self, selection: u8, type_number: u32) -> Head {
        let record = self.record(Direction::ToGuest, selection, type_number, Outcome::NotOffered);
        self.observer.audit(&record);
        self.empty_data(selection, type_number)
    }

    fn empty_data(&mut self, selection: u8, type_number: u32) -> Head {
        let record = self.record(Direction::ToGuest, selection, type_number, Outcome::Empty);
        self.data_event(Direction::ToGuest, &record, None);
        Head::data(DataHead { selection, type_number, size: 0 }, self.peer.layout())
    }

    /// The answer is over; `outcome` is how, if it was on its way.
    pub(super) fn close_answer(&mut self, selection: Selection, outcome: Outcome) {
        let Some(Answer::Open(answer)) = self.slot(selection).answer.take() else { return };
        self.host.close(answer.id);
        let whole = outcome == Outcome::Complete;
        let outcome = if whole && answer.sent == 0 { Outcome::Empty } else { outcome };
        let (number, type_number) = (selection.number(), answer.format.number());
        let mut record = self.record(Direction::ToGuest, number, type_number, outcome);
        let digest = answer.hasher.digest();
        (record.size, record.sha256) = (answer.sent, Some(digest));
        if answer.phase == Phase::Sending {
            self.data_event(Direction::ToGuest, &record, (!whole).then_some(Note::Partial));
        }
        self.observer.audit(&record);
        if whole {
            self.slot(selection).last_sent = Some((answer.format, digest));
        }
    }
}

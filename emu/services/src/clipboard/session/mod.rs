//! The protocol's state: who owns what, what was asked for, what is on its way.
//!
//! What has to be said is state too, turned into a message when the port has room for one: memory
//! stays bounded however long the guest does not read, and a host that copies ten times meanwhile
//! says it once. Input is taken only while what it causes has room.

mod handshake;
mod ownership;
mod slot;
mod to_guest;
mod to_host;

#[cfg(test)]
mod tests;

use super::OutputSink;
use super::audit::{AuditRecord, Direction, Outcome};
use super::caps::Capabilities;
use super::codec::{Fill, Head, MAX_CHUNK, Message, MessageKind, Parser, Piece, Progress, Writer};
use super::event::{Event, EventKind, Note, Observer};
use super::formats::Selection;
use super::host::HostClipboard;
use super::policy::Policy;
use handshake::Peer;
use slot::{Answer, Slot};

/// Requests of the guest that wait at once, by selection; then its input waits.
const MAX_REQUESTS: usize = 16;
/// Requests of the host that wait at once, by selection; more are refused.
const MAX_QUEUE: usize = 16;

/// How long things may take, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A transfer without any progress.
    pub idle: u64,
    /// Between a RELEASE and acting on it, for guests that release before they grab again (spice-gtk).
    pub release_delay: u64,
    /// Between the guest's announcement and its answer to ours.
    pub settle: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self { idle: 5_000_000_000, release_delay: 500_000_000, settle: 1_000_000_000 }
    }
}

/// The host's side of one guest's clipboard. Of two calls the later must not say an earlier time.
#[derive(Debug)]
pub struct Session<H, O = ()> {
    host: H,
    observer: O,
    policy: Policy,
    timing: Timing,
    now: u64,
    open: bool,
    broken: bool,
    detaching: bool,
    peer: Peer,
    slots: [Slot; 2],
    parser: Parser,
    /// The selection whose DATA is being taken; other DATA is skipped.
    incoming: Option<Selection>,
    /// Whether that DATA is complete, and only the host has not taken all of it.
    ended: bool,
    /// Converted bytes that the host has not taken yet.
    scratch: Vec<u8>,
    /// Requests for selections that do not exist, to be refused: selection and type.
    strays: Vec<(u8, u32)>,
    writer: Writer,
    /// The selection whose DATA is being sent.
    sending: Option<Selection>,
    next_transfer: u64,
    peak: usize,
}

impl<H: HostClipboard, O: Observer> Session<H, O> {
    /// A session on a closed port.
    pub fn new(host: H, observer: O, policy: Policy) -> Self {
        Self {
            host,
            observer,
            policy,
            timing: Timing::default(),
            now: 0,
            open: false,
            broken: false,
            detaching: false,
            peer: Peer::default(),
            slots: Default::default(),
            parser: Parser::default(),
            incoming: None,
            ended: false,
            scratch: Vec::with_capacity(MAX_CHUNK as usize + 2),
            strays: Vec::new(),
            writer: Writer::default(),
            sending: None,
            next_transfer: 0,
            peak: 0,
        }
    }

    /// The same with other limits on time.
    #[must_use]
    pub fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// The host's clipboard.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// The host's clipboard. What is done to it is seen at the next call.
    pub fn host_mut(&mut self) -> &mut H {
        &mut self.host
    }

    /// Who watches.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// Who watches.
    pub fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// What the guest's agent announced on this connection.
    pub fn guest_capabilities(&self) -> Option<Capabilities> {
        self.peer.caps
    }

    /// Whether the handshake is over.
    pub fn is_settled(&self) -> bool {
        self.peer.settled
    }

    /// Whether the port must be closed and opened again: the host failed inside a message, and only
    /// that brings the guest's agent back in step. It then fails its paste and reconnects.
    pub fn must_close(&self) -> bool {
        self.broken
    }

    /// Bytes of memory that the session has for messages and content now, used or not.
    pub fn buffered(&self) -> usize {
        let stages: usize = self.slots.iter().map(Slot::buffered).sum();
        self.parser.buffered()
            + self.scratch.capacity()
            + self.writer.buffered()
            + stages
            + self.strays.capacity() * 8
    }

    /// The most it ever held.
    pub fn peak_buffered(&self) -> usize {
        self.peak
    }

    /// The guest opened the port: its agent is new, or back.
    pub fn opened(&mut self, now: u64) {
        if self.open {
            self.closed(now);
        }
        self.now = self.now.max(now);
        self.open = true;
        self.detaching = false;
        self.peer = Peer { announce_due: true, ..Peer::default() };
        self.plain_event(EventKind::Opened);
        self.advance();
    }

    /// The guest closed the port: what is on its way is over; what the host owns it still owns.
    pub fn closed(&mut self, now: u64) {
        self.now = self.now.max(now);
        if !self.open {
            return;
        }
        for selection in Selection::ALL {
            self.fail_pastes(selection, Outcome::Disconnected);
            self.close_answer(selection, Outcome::Disconnected);
            self.forget_guest_owner(selection);
            let offer = self.slot(selection).offer;
            *self.slot(selection) = Slot::offering(offer);
        }
        // The layout is kept: a daemon that reconnects goes on with the old one (ARCHITECTURE.md §5).
        self.parser.reset();
        self.writer.reset();
        self.sending = None;
        self.strays.clear();
        self.peer = Peer::default();
        self.open = false;
        self.broken = false;
        self.plain_event(EventKind::Closed);
    }

    /// The host's clipboard goes away for good: the guest's agent is told to give up what the host
    /// owns. The caller closes the port when [`transmit`](Self::transmit) has sent it.
    pub fn detach(&mut self, now: u64) {
        self.now = self.now.max(now);
        for selection in Selection::ALL {
            self.fail_pastes(selection, Outcome::Disconnected);
            self.forget_guest_owner(selection);
            let slot = self.slot(selection);
            (slot.offer, slot.grab_due, slot.told) = (None, false, false);
        }
        self.detaching = self.open;
        self.peer.goodbye_due = self.open && self.peer.caps.is_some();
    }

    /// Takes bytes from the guest; how many. What is not taken must be offered again, after the next
    /// [`transmit`](Self::transmit) or [`tick`](Self::tick): that is how a guest is made to wait. Bytes
    /// for a closed port are dropped.
    pub fn receive(&mut self, now: u64, bytes: &[u8]) -> usize {
        self.now = self.now.max(now);
        self.advance();
        let mut input = bytes;
        while self.open && !self.broken && self.has_room() {
            let Some(piece) = self.parser.next(&mut input) else { break };
            self.take(piece);
            self.note_peak();
        }
        if !self.open || self.broken {
            return bytes.len();
        }
        self.advance();
        bytes.len() - input.len()
    }

    /// Sends what there is to send and `sink` takes. Whether more waits for the sink only.
    pub fn transmit(&mut self, now: u64, sink: &mut impl OutputSink) -> bool {
        self.now = self.now.max(now);
        self.advance();
        while self.open && !self.broken {
            if self.writer.is_idle() {
                let Some(head) = self.next_message() else { break };
                self.writer.start(head);
            }
            match self.pump(sink) {
                Progress::Done => self.sent(),
                Progress::Blocked => return true,
                Progress::Starved => break,
                Progress::Failed => self.broken = true,
            }
        }
        false
    }

    /// Looks at the host's clipboard and at the time. Due when the host has something new, and at
    /// [`deadline`](Self::deadline).
    pub fn tick(&mut self, now: u64) {
        self.receive(now, &[]);
    }

    /// When [`tick`](Self::tick) is due at the latest, in nanoseconds.
    pub fn deadline(&self) -> Option<u64> {
        let slots = self.slots.iter().filter_map(|slot| slot.deadline(&self.timing)).min();
        [slots, self.peer.settle_at, self.host.deadline()].into_iter().flatten().min()
    }

    fn slot(&mut self, selection: Selection) -> &mut Slot {
        &mut self.slots[selection as usize]
    }

    /// Everything that time or the host may have changed.
    fn advance(&mut self) {
        self.host.tick(self.now);
        self.settle_in_time();
        for selection in Selection::ALL {
            self.expire(selection);
        }
        while let Some(event) = self.host.poll() {
            self.host_event(event);
        }
        self.flush_to_host();
        for selection in Selection::ALL {
            self.next_paste(selection);
            if self.open {
                self.drive_answer(selection);
            }
        }
        self.note_peak();
    }

    fn expire(&mut self, selection: Selection) {
        let (now, timing) = (self.now, self.timing);
        let slot = self.slot(selection);
        if slot.release_at.is_some_and(|at| at <= now) {
            self.forget_guest_owner(selection);
        }
        if self.slot(selection).paste_deadline(&timing).is_some_and(|at| at <= now) {
            self.paste_timed_out(selection);
        }
        if self.slot(selection).answer_deadline(&timing).is_some_and(|at| at <= now) {
            self.answer_timed_out(selection);
        }
    }

    /// Whether the next message of the guest, whatever it is, has room.
    fn has_room(&mut self) -> bool {
        self.flush_to_host()
            && self.strays.len() < MAX_REQUESTS
            && self.slots.iter().all(|slot| slot.requests.len() < MAX_REQUESTS)
    }

    fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Message(message) => self.message(message),
            Piece::DataStart(head) => self.data_start(head),
            Piece::DataBytes(bytes) => self.data_bytes(bytes),
            Piece::DataEnd => self.data_end(),
            Piece::Odd(odd) => self.plain_event(EventKind::Odd(odd)),
        }
    }

    fn message(&mut self, message: Message) {
        let mut event = Event::new(self.now, Direction::ToHost, EventKind::Message(message.kind()));
        let ready = self.peer.can_copy();
        match message {
            Message::Announce { request, caps } => {
                event.caps = Some((caps, request));
                self.observer.event(&event);
                return self.announced(request, caps);
            }
            Message::Grab(grab) => {
                event.selection = Some(grab.selection);
                event.formats = Some(grab.formats);
                (event.unknown_types, event.serial) = (grab.unknown, grab.serial);
                event.note = if ready { self.grabbed(grab) } else { Some(Note::BeforeHandshake) };
            }
            Message::Request { selection, type_number } => {
                (event.selection, event.type_number) = (Some(selection), Some(type_number));
                // Without a handshake there is no layout to answer in.
                event.note =
                    if ready { self.requested(selection, type_number) } else { Some(Note::BeforeHandshake) };
            }
            Message::Release { selection } => {
                event.selection = Some(selection);
                event.note = if ready { self.released(selection) } else { Some(Note::BeforeHandshake) };
            }
            Message::MaxClipboard { max } => {
                event.size = Some(i64::from(max));
                self.peer.max = u64::try_from(max).ok();
            }
            Message::ClientDisconnected => event.note = Some(Note::NotForUs),
        }
        self.observer.event(&event);
    }

    fn pump(&mut self, sink: &mut impl OutputSink) -> Progress {
        let now = self.now;
        let answer = match self.sending.map(|s| &mut self.slots[s as usize].answer) {
            Some(Some(Answer::Open(answer))) => answer,
            _ => return self.writer.pump(sink, |_| Fill::Failed),
        };
        let host = &mut self.host;
        let progress = self.writer.pump(sink, |buffer| answer.fill(host, now, buffer));
        answer.starved = progress == Progress::Starved;
        self.note_peak();
        progress
    }

    /// A message is out.
    fn sent(&mut self) {
        if let Some(selection) = self.sending.take() {
            self.close_answer(selection, Outcome::Complete);
            self.drive_answer(selection);
        }
    }

    /// The next message to send, most urgent first.
    fn next_message(&mut self) -> Option<Head> {
        if let Some(message) = self.peer.next_message(&self.policy) {
            return Some(self.control(message, None));
        }
        if !self.peer.can_copy() || self.detaching {
            return None;
        }
        if !self.strays.is_empty() {
            let (selection, type_number) = self.strays.remove(0);
            return Some(self.refusal(selection, type_number));
        }
        Selection::ALL.into_iter().find_map(|selection| {
            self.next_ownership(selection)
                .or_else(|| self.next_request(selection))
                .or_else(|| self.next_answer(selection))
        })
    }

    /// A control message to send, reported.
    fn control(&mut self, message: Message, note: Option<Note>) -> Head {
        let mut event = Event::new(self.now, Direction::ToGuest, EventKind::Message(message.kind()));
        event.note = note;
        match message {
            Message::Announce { request, caps } => event.caps = Some((caps, request)),
            Message::Grab(grab) => {
                event.selection = Some(grab.selection);
                (event.formats, event.serial) = (Some(grab.formats), grab.serial);
            }
            Message::Request { selection, type_number } => {
                (event.selection, event.type_number) = (Some(selection), Some(type_number));
            }
            Message::Release { selection } => event.selection = Some(selection),
            Message::MaxClipboard { max } => event.size = Some(i64::from(max)),
            Message::ClientDisconnected => {}
        }
        self.observer.event(&event);
        Head::control(&message, self.peer.layout())
    }

    fn plain_event(&mut self, kind: EventKind) {
        self.observer.event(&Event::new(self.now, Direction::ToHost, kind));
    }

    /// Reports a DATA message.
    fn data_event(&mut self, direction: Direction, record: &AuditRecord, note: Option<Note>) {
        let mut event = Event::new(self.now, direction, EventKind::Message(MessageKind::Data));
        (event.selection, event.type_number) = (Some(record.selection), Some(record.type_number));
        event.size = i64::try_from(record.size).ok();
        (event.sha256, event.note) = (record.sha256, note);
        self.observer.event(&event);
    }

    /// A record of something that moved no bytes.
    fn record(&self, direction: Direction, selection: u8, type_number: u32, outcome: Outcome) -> AuditRecord {
        AuditRecord { at: self.now, direction, selection, type_number, size: 0, sha256: None, outcome }
    }

    fn note_peak(&mut self) {
        self.peak = self.peak.max(self.buffered());
    }
}

//! A guest's agent that does what it is told: the other side of the protocol, for scenarios and tests.
//!
//! By itself it behaves as the agent of its [`Profile`] does; an [`Action`] makes it say or do anything
//! else. It has no port: what it says is taken out with [`Agent::transmit`], what it is told is put in
//! with [`Agent::receive`], and the time comes with every call, in nanoseconds.

mod action;
mod cable;
mod profile;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::OutputSink;
use super::caps::Capabilities;
use super::codec::{DataHead, Fill, Grab, Head, Layout, Message, MessageKind, PROTOCOL, Parser, Piece};
use super::codec::{Progress, TYPE_NONE, Writer};
use super::formats::{Format, FormatSet};
pub use action::{Action, Reply, Serial};
pub use cable::Cable;
pub use profile::Profile;

/// A paste in the guest that the host answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The selection's number.
    pub selection: u8,
    /// The type's number.
    pub type_number: u32,
    /// The bytes.
    pub content: Vec<u8>,
}

enum Outgoing {
    Message(Head, Arc<[u8]>),
    Raw(Vec<u8>),
}

/// The agent.
pub struct Agent {
    profile: Profile,
    now: u64,
    connected: bool,
    reading: bool,
    reply: Reply,
    disconnect_after: Option<u64>,
    parser: Parser,
    writer: Writer,
    /// The content of the message in the writer, and how much of it is in.
    content: (Arc<[u8]>, usize),
    outgoing: VecDeque<Outgoing>,
    /// Answers due at a time.
    later: VecDeque<(u64, u8, u32)>,
    host_caps: Option<Capabilities>,
    serials: [u32; 2],
    host_offers: [Option<FormatSet>; 2],
    contents: BTreeMap<(u8, u32), Arc<[u8]>>,
    pending: VecDeque<(u8, u32)>,
    incoming: Option<Answered>,
    answered: Vec<Answered>,
    unsolicited: u32,
}

impl Agent {
    /// An agent whose port is closed.
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            now: 0,
            connected: false,
            reading: true,
            reply: Reply::default(),
            disconnect_after: None,
            parser: Parser::default(),
            writer: Writer::new(profile.chunk),
            content: (Arc::default(), 0),
            outgoing: VecDeque::new(),
            later: VecDeque::new(),
            host_caps: None,
            serials: [0; 2],
            host_offers: [None; 2],
            contents: BTreeMap::new(),
            pending: VecDeque::new(),
            incoming: None,
            answered: Vec::new(),
            unsolicited: 0,
        }
    }

    /// Opens the port. `announce`: as an agent that has just started; without, as a daemon whose port
    /// broke, which goes on as if nothing had happened (ARCHITECTURE.md §5).
    pub fn connect(&mut self, announce: bool) {
        self.connected = true;
        self.disconnect_after = None;
        self.parser.reset();
        self.writer = Writer::new(self.profile.chunk);
        self.outgoing.clear();
        self.later.clear();
        self.pending.clear();
        self.incoming = None;
        if announce {
            self.forget_host();
            self.host_caps = None;
            self.parser.set_layout(Layout::default());
            self.act(Action::Announce { request: true });
        }
    }

    /// Closes the port; what was not sent is lost.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.outgoing.clear();
        self.pending.clear();
    }

    /// Whether the port is open.
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// What the host offers, by its announcement.
    pub fn host_offer(&self, selection: u8) -> Option<FormatSet> {
        self.host_offers.get(usize::from(selection)).copied().flatten()
    }

    /// The host's capabilities, once announced.
    pub fn host_capabilities(&self) -> Option<Capabilities> {
        self.host_caps
    }

    /// Pastes that the host answered, oldest first.
    pub fn answered(&self) -> &[Answered] {
        &self.answered
    }

    /// Takes them, so that they are held no longer.
    pub fn take_answered(&mut self) -> Vec<Answered> {
        std::mem::take(&mut self.answered)
    }

    /// Pastes that the host has not answered.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Answers that nobody waited for.
    pub fn unsolicited(&self) -> u32 {
        self.unsolicited
    }

    /// Does something. What it says is taken out with [`Agent::transmit`].
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Announce { request } => {
                self.say(&Message::Announce { request, caps: self.profile.caps });
            }
            Action::Content { selection, type_number, content } => {
                self.contents.insert((selection, type_number), content);
            }
            Action::Grab { selection, types, serial } => self.grab(selection, &types, serial),
            Action::Release { selection, short: true } => {
                self.push(Head::raw(PROTOCOL, MessageKind::Release.number(), None, &[selection]));
            }
            Action::Release { selection, short: false } => self.say(&Message::Release { selection }),
            Action::Request { selection, type_number } => {
                // Without the field it is the clipboard that is asked for.
                let asked = if self.layout().selection { selection } else { 0 };
                self.pending.push_back((asked, type_number));
                self.say(&Message::Request { selection, type_number });
            }
            Action::Data { selection, type_number, content } => self.data(selection, type_number, content),
            Action::MaxClipboard { max } => self.say(&Message::MaxClipboard { max }),
            Action::ClientDisconnected => self.say(&Message::ClientDisconnected),
            Action::Message { protocol, number, size, body } => {
                self.push(Head::raw(protocol, number, size, &body));
            }
            Action::Raw(bytes) => self.outgoing.push_back(Outgoing::Raw(bytes)),
            Action::Reply(reply) => self.reply = reply,
            Action::Chunk(max) => self.profile.chunk = max,
            Action::Read(on) => self.reading = on,
            Action::DisconnectAfter(bytes) => self.disconnect_after = Some(bytes),
        }
    }

    /// Copies `content` and grabs the selection for it: what a guest's application makes an agent do.
    pub fn copy(&mut self, selection: u8, content: impl IntoIterator<Item = (Format, Arc<[u8]>)>) {
        self.contents.retain(|key, _| key.0 != selection);
        let mut types = Vec::new();
        for (format, content) in content {
            types.push(format.number());
            self.act(Action::Content { selection, type_number: format.number(), content });
        }
        if self.profile.releases_first && self.host_offer(selection).is_none() {
            self.act(Action::Release { selection, short: false });
        }
        self.act(Action::Grab { selection, types, serial: Serial::Next });
    }

    /// Takes what the host said; how many bytes.
    pub fn receive(&mut self, now: u64, bytes: &[u8]) -> usize {
        self.now = self.now.max(now);
        if !self.reading || !self.connected {
            return 0;
        }
        let mut input = bytes;
        while let Some(piece) = self.parser.next(&mut input) {
            match piece {
                Piece::Message(message) => self.heard(message),
                Piece::DataStart(DataHead { selection, type_number, .. }) => {
                    self.incoming = Some(Answered { selection, type_number, content: Vec::new() });
                }
                Piece::DataBytes(bytes) => {
                    self.incoming.iter_mut().for_each(|incoming| incoming.content.extend(bytes));
                }
                Piece::DataEnd => self.data_ended(),
                Piece::Odd(_) => {}
            }
        }
        bytes.len()
    }

    /// Says what there is to say and `sink` takes. Whether more waits for the sink only.
    pub fn transmit(&mut self, now: u64, sink: &mut impl OutputSink) -> bool {
        self.now = self.now.max(now);
        while self.later.front().is_some_and(|(at, ..)| *at <= self.now) {
            if let Some((_, selection, type_number)) = self.later.pop_front() {
                self.answer(selection, type_number, type_number);
            }
        }
        let mut limit = self.disconnect_after;
        let mut limited = |bytes: &[u8]| {
            let room = limit.map_or(bytes.len(), |left| usize::try_from(left).unwrap_or(bytes.len()));
            let taken = sink.accept(&bytes[..bytes.len().min(room)]);
            limit = limit.map(|left| left - taken as u64);
            taken
        };
        let blocked = self.connected && self.send(&mut limited);
        self.disconnect_after = limit;
        if limit == Some(0) {
            self.disconnect();
        }
        blocked && self.connected
    }

    /// When an answer is due, in nanoseconds.
    pub fn deadline(&self) -> Option<u64> {
        self.later.front().map(|(at, ..)| *at)
    }

    fn send(&mut self, accept: &mut dyn FnMut(&[u8]) -> usize) -> bool {
        let mut sink = Accept(accept);
        loop {
            if self.writer.is_idle() {
                match self.outgoing.pop_front() {
                    None => return false,
                    Some(Outgoing::Message(head, content)) => {
                        self.writer = Writer::new(self.profile.chunk);
                        self.writer.start(head);
                        self.content = (content, 0);
                    }
                    Some(Outgoing::Raw(mut bytes)) => {
                        let taken = sink.accept(&bytes);
                        bytes.drain(..taken);
                        if !bytes.is_empty() {
                            self.outgoing.push_front(Outgoing::Raw(bytes));
                            return true;
                        }
                        continue;
                    }
                }
            }
            let (content, at) = &mut self.content;
            let progress = self.writer.pump(&mut sink, |buffer| {
                let n = buffer.len().min(content.len() - *at);
                buffer[..n].copy_from_slice(&content[*at..*at + n]);
                *at += n;
                Fill::Bytes(n)
            });
            if progress != Progress::Done {
                return progress == Progress::Blocked;
            }
        }
    }

    fn layout(&self) -> Layout {
        self.host_caps.map_or(Layout::default(), |caps| caps.layout(self.profile.caps))
    }

    fn push(&mut self, head: Head) {
        self.outgoing.push_back(Outgoing::Message(head, Arc::default()));
    }

    fn say(&mut self, message: &Message) {
        self.push(Head::control(message, self.layout()));
    }

    fn grab(&mut self, selection: u8, types: &[u32], serial: Serial) {
        let layout = self.layout();
        let mut body = Vec::new();
        let due = self.serials.get_mut(usize::from(selection));
        let number = match (serial, due) {
            (Serial::Exact(number), _) => number,
            (Serial::Next, Some(due)) => {
                *due += 1;
                *due - 1
            }
            (Serial::Next, None) => 0,
        };
        let head = Grab { selection, serial: Some(number), formats: FormatSet::EMPTY, unknown: 0 };
        Message::Grab(head).encode(layout, &mut body);
        types.iter().for_each(|number| body.extend(number.to_le_bytes()));
        if let Some(offer) = self.host_offers.get_mut(usize::from(selection)) {
            *offer = None;
        }
        self.push(Head::raw(PROTOCOL, MessageKind::Grab.number(), None, &body));
    }

    fn data(&mut self, selection: u8, type_number: u32, content: Arc<[u8]>) {
        let size = u32::try_from(content.len()).unwrap_or(u32::MAX - 8);
        let head = Head::data(DataHead { selection, type_number, size }, self.layout());
        self.outgoing.push_back(Outgoing::Message(head, content));
    }

    /// Answers a request with what was copied as type `as_type`.
    fn answer(&mut self, selection: u8, as_type: u32, type_number: u32) {
        match self.contents.get(&(selection, as_type)).cloned() {
            Some(content) if self.host_offer(selection).is_none() => self.data(selection, as_type, content),
            _ if as_type == type_number => self.data(selection, TYPE_NONE, Arc::default()),
            _ => self.data(selection, as_type, Arc::default()),
        }
    }

    /// A new client: nothing of the old one counts.
    fn forget_host(&mut self) {
        self.serials = [0; 2];
        self.host_offers = [None; 2];
        self.pending.clear();
    }

    fn heard(&mut self, message: Message) {
        match message {
            Message::Announce { request, caps } => {
                self.host_caps = Some(caps);
                self.parser.set_layout(self.layout());
                if request {
                    self.forget_host();
                    self.act(Action::Announce { request: false });
                }
            }
            Message::Grab(grab) => self.host_grabbed(grab),
            Message::Request { selection, type_number } => match self.reply {
                Reply::Content => self.answer(selection, type_number, type_number),
                Reply::After(ns) => {
                    self.later.push_back((self.now.saturating_add(ns), selection, type_number));
                }
                Reply::Never => {}
                Reply::None => self.data(selection, TYPE_NONE, Arc::default()),
                Reply::Empty => self.data(selection, type_number, Arc::default()),
                Reply::As(other) => self.answer(selection, other, type_number),
            },
            Message::Release { selection } => {
                if let Some(offer) = self.host_offers.get_mut(usize::from(selection)) {
                    *offer = None;
                }
                self.pending.retain(|waiting| waiting.0 != selection);
            }
            Message::ClientDisconnected => {
                self.host_offers = [None; 2];
                self.pending.clear();
            }
            Message::MaxClipboard { .. } => {}
        }
    }

    fn host_grabbed(&mut self, grab: Grab) {
        let selection = usize::from(grab.selection);
        let Some(due) = self.serials.get_mut(selection) else { return };
        if let Some(serial) = grab.serial {
            if serial == *due {
                *due = due.wrapping_add(1);
            } else if serial.wrapping_add(1) != *due {
                // One less is "both at once", and the host wins (ARCHITECTURE.md §6).
                return;
            }
        }
        self.host_offers[selection] = Some(grab.formats);
        self.contents.retain(|key, _| key.0 != grab.selection);
        if let (true, Some(format)) = (self.profile.eager, grab.formats.iter().next()) {
            self.act(Action::Request { selection: grab.selection, type_number: format.number() });
        }
    }

    fn data_ended(&mut self) {
        let Some(answer) = self.incoming.take() else { return };
        let waiting = self.pending.iter().position(|p| *p == (answer.selection, answer.type_number));
        match waiting {
            Some(at) => {
                self.pending.remove(at);
                self.answered.push(answer);
            }
            None => self.unsolicited += 1,
        }
    }
}

/// A sink that is a closure.
struct Accept<'a>(&'a mut dyn FnMut(&[u8]) -> usize);

impl OutputSink for Accept<'_> {
    fn accept(&mut self, bytes: &[u8]) -> usize {
        (self.0)(bytes)
    }
}

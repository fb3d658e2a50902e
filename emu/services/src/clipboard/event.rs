//! The conversation as values: what a scenario's snapshot is made of.

use std::fmt;

use super::audit::{AuditRecord, Digest, Direction, SelectionName, TypeName};
use super::caps::Capabilities;
use super::codec::{MessageKind, Oddity};
use super::formats::FormatSet;

/// Why something was not taken at its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Before the guest's agent announced itself on this connection.
    BeforeHandshake,
    /// The selection does not exist or is not in force.
    UnknownSelection,
    /// Another serial was due.
    Serial,
    /// A GRAB of nothing.
    NoTypes,
    /// The sender does not own the selection.
    NotOwner,
    /// Acted on only if no GRAB follows soon.
    Delayed,
    /// Nobody asked for it.
    Unsolicited,
    /// The answer to a request that is over.
    Late,
    /// Perhaps the guest only copied what was pasted: its content is compared before anything is done.
    EchoSuspected,
    /// The guest copied what was pasted: nothing changed.
    Echo,
    /// Asked for to compare, not to paste.
    Probe,
    /// A message for the host's side of the protocol only.
    NotForUs,
    /// Broken off before its end.
    Partial,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeHandshake => "ignored: before the handshake",
            Self::UnknownSelection => "ignored: no such selection",
            Self::Serial => "ignored: another serial was due",
            Self::NoTypes => "ignored: no types",
            Self::NotOwner => "ignored: not the owner",
            Self::Delayed => "delayed",
            Self::Unsolicited => "ignored: nobody asked",
            Self::Late => "ignored: late",
            Self::EchoSuspected => "an echo?",
            Self::Echo => "an echo",
            Self::Probe => "to compare",
            Self::NotForUs => "ignored: not for a host",
            Self::Partial => "broken off",
        })
    }
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The guest opened the port.
    Opened,
    /// The guest closed it.
    Closed,
    /// A message. DATA is reported at its end; requests for pastes when they are sent or received.
    Message(MessageKind),
    /// Bytes that are no message for a clipboard.
    Odd(Oddity),
}

/// One step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Nanoseconds on the caller's clock.
    pub at: u64,
    /// Who said it.
    pub direction: Direction,
    /// What it is.
    pub kind: EventKind,
    /// The selection's number.
    pub selection: Option<u8>,
    /// The types of a GRAB that have names.
    pub formats: Option<FormatSet>,
    /// How many types of a GRAB have none.
    pub unknown_types: u32,
    /// The type's number in a REQUEST or DATA.
    pub type_number: Option<u32>,
    /// Bytes of content, or the limit of MAX_CLIPBOARD (negative: none).
    pub size: Option<i64>,
    /// The serial of a GRAB.
    pub serial: Option<u32>,
    /// What was announced, and whether an answer is wanted.
    pub caps: Option<(Capabilities, bool)>,
    /// SHA-256 of the content as it crossed the port.
    pub sha256: Option<Digest>,
    /// Why it was not taken at its word.
    pub note: Option<Note>,
}

impl Event {
    /// An event with nothing but its kind.
    pub fn new(at: u64, direction: Direction, kind: EventKind) -> Self {
        Self {
            at,
            direction,
            kind,
            selection: None,
            formats: None,
            unknown_types: 0,
            type_number: None,
            size: None,
            serial: None,
            caps: None,
            sha256: None,
            note: None,
        }
    }
}

impl fmt::Display for Event {
    /// One line, without a newline and without the time: snapshots put that where they like.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.direction)?;
        match self.kind {
            EventKind::Opened => f.write_str("port opened")?,
            EventKind::Closed => f.write_str("port closed")?,
            EventKind::Message(kind) => kind.fmt(f)?,
            EventKind::Odd(odd) => odd.fmt(f)?,
        }
        if let Some(selection) = self.selection {
            write!(f, " {}", SelectionName(selection))?;
        }
        if let Some(formats) = self.formats {
            write!(f, " types={formats}")?;
        }
        if self.unknown_types > 0 {
            write!(f, "+{} unknown", self.unknown_types)?;
        }
        if let Some(number) = self.type_number {
            write!(f, " {}", TypeName(number))?;
        }
        if let Some(size) = self.size {
            write!(f, " size={size}")?;
        }
        if let Some(serial) = self.serial {
            write!(f, " serial={serial}")?;
        }
        if let Some((caps, request)) = self.caps {
            write!(f, " caps={:#010x} request={}", caps.bits(), u8::from(request))?;
        }
        if let Some(digest) = self.sha256 {
            write!(f, " sha256={digest}")?;
        }
        self.note.map_or(Ok(()), |note| write!(f, " ({note})"))
    }
}

/// Who watches a session.
pub trait Observer {
    /// A step of the conversation.
    fn event(&mut self, _event: &Event) {}
    /// A transfer ended.
    fn audit(&mut self, _record: &AuditRecord) {}
}

/// Nobody.
impl Observer for () {}

/// An observer chosen at run time.
impl<T: Observer + ?Sized> Observer for Box<T> {
    fn event(&mut self, event: &Event) {
        (**self).event(event);
    }

    fn audit(&mut self, record: &AuditRecord) {
        (**self).audit(record);
    }
}

/// An observer that keeps everything until it is taken.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// The conversation.
    pub events: Vec<Event>,
    /// The transfers.
    pub audit: Vec<AuditRecord>,
}

impl Observer for Recorder {
    fn event(&mut self, event: &Event) {
        self.events.push(*event);
    }

    fn audit(&mut self, record: &AuditRecord) {
        self.audit.push(*record);
    }
}

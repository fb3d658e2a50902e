//! Bytes to messages, in whatever pieces they come.

use std::fmt;

use super::message::{Layout, Message, MessageKind, word};
use super::{CHUNK_HEADER, CLIENT_PORT, MAX_CHUNK, MESSAGE_HEADER, PROTOCOL};

/// How much of a control message's body is kept: 62 types of a GRAB. What follows is skipped.
const KEPT: usize = 256;

/// The beginning of a DATA message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataHead {
    /// The selection's number; 0 where the layout has none.
    pub selection: u8,
    /// The type's number; 0 is "nothing".
    pub type_number: u32,
    /// Bytes of content that follow, as the sender says.
    pub size: u32,
}

/// What was skipped, and why. The stream goes on after each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// A chunk for another port.
    Port {
        /// The port.
        port: u32,
        /// Bytes skipped.
        size: u32,
    },
    /// A message of a type that is not the clipboard's.
    Type {
        /// The message's number.
        number: u32,
        /// Bytes skipped.
        size: u32,
    },
    /// A message of another protocol.
    Protocol {
        /// The protocol's number.
        protocol: u32,
        /// Bytes skipped.
        size: u32,
    },
    /// A message whose size its type cannot have.
    Size {
        /// The message.
        kind: MessageKind,
        /// Its size.
        size: u32,
    },
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { port, size } => write!(f, "chunk of {size} bytes for port {port}, skipped"),
            Self::Type { number, size } => write!(f, "message type {number} of {size} bytes, skipped"),
            Self::Protocol { protocol, size } => {
                write!(f, "message of protocol {protocol} with {size} bytes, skipped")
            }
            Self::Size { kind, size } => write!(f, "{kind} of {size} bytes is malformed, skipped"),
        }
    }
}

/// What the parser found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A whole message other than DATA.
    Message(Message),
    /// A DATA message begins.
    DataStart(DataHead),
    /// Its next bytes, at most 2048 of them.
    DataBytes(&'a [u8]),
    /// It is complete.
    DataEnd,
    /// Something was skipped.
    Odd(Oddity),
}

#[derive(Clone, Copy, Debug)]
enum Body {
    /// The message header is being gathered.
    Header,
    /// A control message or the head of DATA is being gathered.
    Gather { kind: MessageKind },
    /// Content is passed on.
    Content,
    /// The rest of the body is of no use.
    Skip,
}

/// Streaming parser of one side's bytes. Its memory is the same for every input.
#[derive(Debug)]
pub struct Parser {
    layout: Layout,
    chunk: [u8; CHUNK_HEADER],
    chunk_have: usize,
    /// Payload of the current chunk still to come.
    chunk_left: u32,
    /// Whether that payload is for another port.
    foreign: bool,
    kept: [u8; KEPT],
    have: usize,
    body: Body,
    size: u32,
    /// Bytes of the body still to come.
    left: u32,
}

impl Default for Parser {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            chunk: [0; CHUNK_HEADER],
            chunk_have: 0,
            chunk_left: 0,
            foreign: false,
            kept: [0; KEPT],
            have: 0,
            body: Body::Header,
            size: 0,
            left: 0,
        }
    }
}

impl Parser {
    /// Sets the layout of the messages that follow.
    pub fn set_layout(&mut self, layout: Layout) {
        self.layout = layout;
    }

    /// The layout by which bodies are read.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Forgets a message begun: the port was opened anew. The layout stays.
    pub fn reset(&mut self) {
        *self = Self { layout: self.layout, ..Self::default() };
    }

    /// Bytes held back: parts of headers and of control messages.
    pub fn buffered(&self) -> usize {
        self.chunk_have + self.have
    }

    /// The next piece, taken from the front of `input`; `None` when `input` is used up. A message may
    /// end without a further byte: call until `None`.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        loop {
            if let Some(piece) = self.without_input() {
                return Some(piece);
            }
            if self.chunk_left == 0 {
                match self.chunk_header(input)? {
                    Some(odd) => return Some(Piece::Odd(odd)),
                    None => continue,
                }
            }
            if input.is_empty() {
                return None;
            }
            if self.foreign {
                self.take(input, u32::MAX as usize);
                continue;
            }
            if let Some(piece) = self.payload(input) {
                return Some(piece);
            }
        }
    }

    /// What is complete without another byte: the end of a message.
    fn without_input<'a>(&mut self) -> Option<Piece<'a>> {
        match self.body {
            Body::Content if self.left == 0 => {
                self.body = Body::Header;
                Some(Piece::DataEnd)
            }
            Body::Gather { kind } if self.have >= self.wanted(kind) => Some(self.gathered(kind)),
            Body::Skip if self.left == 0 => {
                self.body = Body::Header;
                None
            }
            _ => None,
        }
    }

    /// Gathers a chunk header. `None`: input used up; `Some(None)`: a chunk begins.
    fn chunk_header(&mut self, input: &mut &[u8]) -> Option<Option<Oddity>> {
        self.chunk_have += gather(&mut self.chunk[self.chunk_have..], input);
        if self.chunk_have < CHUNK_HEADER {
            return None;
        }
        self.chunk_have = 0;
        let port = word(&self.chunk, 0)?;
        self.chunk_left = word(&self.chunk, 4)?;
        self.foreign = port != CLIENT_PORT;
        Some(self.foreign.then_some(Oddity::Port { port, size: self.chunk_left }))
    }

    /// Takes at most `max` bytes of the chunk's payload.
    fn take<'a>(&mut self, input: &mut &'a [u8], max: usize) -> &'a [u8] {
        let n = input.len().min(self.chunk_left as usize).min(max);
        let (taken, rest) = input.split_at(n);
        *input = rest;
        // n is at most chunk_left.
        self.chunk_left -= u32::try_from(n).unwrap_or(self.chunk_left);
        taken
    }

    /// The same within the body.
    fn take_body<'a>(&mut self, input: &mut &'a [u8], max: usize) -> &'a [u8] {
        let taken = self.take(input, max.min(self.left as usize));
        self.left -= u32::try_from(taken.len()).unwrap_or(self.left);
        taken
    }

    fn payload<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        match self.body {
            Body::Header => {
                let part = self.take(input, MESSAGE_HEADER - self.have);
                self.keep(part);
                if self.have == MESSAGE_HEADER { self.header().map(Piece::Odd) } else { None }
            }
            Body::Gather { kind } => {
                let part = self.take_body(input, self.wanted(kind) - self.have);
                self.keep(part);
                None
            }
            Body::Content => Some(Piece::DataBytes(self.take_body(input, MAX_CHUNK as usize))),
            Body::Skip => {
                self.take_body(input, usize::MAX);
                None
            }
        }
    }

    fn keep(&mut self, part: &[u8]) {
        self.kept[self.have..self.have + part.len()].copy_from_slice(part);
        self.have += part.len();
    }

    /// Reads the message header that is complete in `kept`.
    fn header(&mut self) -> Option<Oddity> {
        let field = |at| word(&self.kept, at).unwrap_or_default();
        let (protocol, number, size) = (field(0), field(4), field(16));
        self.have = 0;
        self.size = size;
        self.left = size;
        self.body = Body::Skip;
        if protocol != PROTOCOL {
            return Some(Oddity::Protocol { protocol, size });
        }
        let Some(kind) = MessageKind::from_number(number) else {
            return Some(Oddity::Type { number, size });
        };
        self.body = Body::Gather { kind };
        None
    }

    /// How much of the body is gathered before it is looked at.
    fn wanted(&self, kind: MessageKind) -> usize {
        let most = if kind == MessageKind::Data { self.layout.selection_len() + 4 } else { KEPT };
        most.min(self.size as usize)
    }

    /// Looks at what was gathered.
    fn gathered<'a>(&mut self, kind: MessageKind) -> Piece<'a> {
        let kept = &self.kept[..std::mem::take(&mut self.have)];
        let malformed = Piece::Odd(Oddity::Size { kind, size: self.size });
        self.body = Body::Skip;
        if kind != MessageKind::Data {
            return Message::decode(kind, self.layout, kept, self.size).map_or(malformed, Piece::Message);
        }
        let at = self.layout.selection_len();
        let Some(type_number) = word(kept, at) else {
            return malformed;
        };
        self.body = Body::Content;
        let selection = if self.layout.selection { kept[0] } else { 0 };
        Piece::DataStart(DataHead { selection, type_number, size: self.left })
    }
}

/// Moves bytes from the front of `input` into `to`; how many.
fn gather(to: &mut [u8], input: &mut &[u8]) -> usize {
    let n = to.len().min(input.len());
    let (part, rest) = input.split_at(n);
    to[..n].copy_from_slice(part);
    *input = rest;
    n
}

//! Messages to bytes: chunks of a bounded payload, one message at a time.

use super::message::{Layout, Message, MessageKind, put_selection};
use super::parser::DataHead;
use super::{CHUNK_HEADER, CLIENT_PORT, MAX_CHUNK, MESSAGE_HEADER, PROTOCOL};
use crate::clipboard::OutputSink;

/// The most that the writer holds.
const BUFFER: usize = CHUNK_HEADER + MAX_CHUNK as usize;

/// What a source of content has to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// So many bytes were put at the front of the buffer; not 0.
    Bytes(usize),
    /// Nothing now.
    Pending,
    /// Nothing ever again.
    Failed,
}

/// How far the writer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The message is out.
    Done,
    /// The sink takes no more now.
    Blocked,
    /// The source has no more now.
    Starved,
    /// The source failed inside a message: only a new connection brings the peer back in step.
    Failed,
}

/// The beginning of a message: its header and what of its body is not content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    bytes: Vec<u8>,
    content: u32,
}

impl Head {
    /// A whole control message.
    pub fn control(message: &Message, layout: Layout) -> Self {
        let mut body = Vec::new();
        message.encode(layout, &mut body);
        Self::raw(PROTOCOL, message.kind().number(), None, &body)
    }

    /// A DATA message whose `head.size` bytes of content follow. The size must leave room for the
    /// fields before it: at most `u32::MAX - 8`.
    pub fn data(head: DataHead, layout: Layout) -> Self {
        let mut body = Vec::new();
        put_selection(&mut body, layout, head.selection);
        body.extend(head.type_number.to_le_bytes());
        let size = head.size.saturating_add(if layout.selection { 8 } else { 4 });
        let mut this = Self::raw(PROTOCOL, MessageKind::Data.number(), Some(size), &body);
        this.content = head.size;
        this
    }

    /// Any message with any header, for peers that misbehave: `size` instead of the body's.
    pub fn raw(protocol: u32, number: u32, size: Option<u32>, body: &[u8]) -> Self {
        let size = size.unwrap_or_else(|| u32::try_from(body.len()).unwrap_or(u32::MAX));
        let mut bytes = Vec::with_capacity(MESSAGE_HEADER + body.len());
        bytes.extend(protocol.to_le_bytes());
        bytes.extend(number.to_le_bytes());
        bytes.extend(0u64.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend(body);
        Self { bytes, content: 0 }
    }
}

/// Writer of one message at a time, holding at most one chunk.
#[derive(Debug)]
pub struct Writer {
    max_payload: u32,
    head: Vec<u8>,
    head_at: usize,
    /// Content that the source has still to give.
    content: u32,
    /// Payload of the current chunk still to be put into the buffer.
    chunk_left: u32,
    buffer: Vec<u8>,
    sent: usize,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new(MAX_CHUNK)
    }
}

impl Writer {
    /// A writer of chunks with at most `max_payload` bytes (1 or more). Peers accept 2048 with the message
    /// header in the first; other values are for agents that are odd on purpose.
    pub fn new(max_payload: u32) -> Self {
        Self {
            max_payload: max_payload.max(1),
            head: Vec::new(),
            head_at: 0,
            content: 0,
            chunk_left: 0,
            buffer: Vec::with_capacity(BUFFER),
            sent: 0,
        }
    }

    /// Whether the message is out.
    pub fn is_idle(&self) -> bool {
        self.unwritten() == 0 && self.sent == self.buffer.len()
    }

    /// Bytes of the message that are not in the buffer yet.
    fn unwritten(&self) -> u64 {
        (self.head.len() - self.head_at) as u64 + u64::from(self.content)
    }

    /// Begins a message; the one before must be out.
    pub fn start(&mut self, head: Head) {
        debug_assert!(self.is_idle(), "one message at a time");
        self.head = head.bytes;
        self.head_at = 0;
        self.content = head.content;
    }

    /// Forgets the message: the port was closed.
    pub fn reset(&mut self) {
        *self = Self::new(self.max_payload);
    }

    /// Bytes of memory for the head and one chunk.
    pub fn buffered(&self) -> usize {
        self.head.capacity() + self.buffer.capacity()
    }

    /// Moves as much of the message as `sink` takes and `source` gives.
    pub fn pump(
        &mut self,
        sink: &mut impl OutputSink,
        mut source: impl FnMut(&mut [u8]) -> Fill,
    ) -> Progress {
        loop {
            while self.sent < self.buffer.len() {
                let taken = sink.accept(&self.buffer[self.sent..]).min(self.buffer.len() - self.sent);
                if taken == 0 {
                    return Progress::Blocked;
                }
                self.sent += taken;
            }
            self.buffer.clear();
            self.sent = 0;
            if self.unwritten() == 0 {
                return Progress::Done;
            }
            let given = self.refill(&mut source);
            match given {
                Fill::Failed => return Progress::Failed,
                Fill::Pending if self.buffer.is_empty() => return Progress::Starved,
                _ => {}
            }
        }
    }

    /// Fills the empty buffer: the rest of a chunk, or a new one.
    fn refill(&mut self, source: &mut impl FnMut(&mut [u8]) -> Fill) -> Fill {
        if self.chunk_left == 0 {
            self.chunk_left = u32::try_from(self.unwritten()).unwrap_or(u32::MAX).min(self.max_payload);
            self.buffer.extend(CLIENT_PORT.to_le_bytes());
            self.buffer.extend(self.chunk_left.to_le_bytes());
        }
        while self.chunk_left > 0 && self.buffer.len() < BUFFER {
            let room = (self.chunk_left as usize).min(BUFFER - self.buffer.len());
            let put = match self.put(room, source) {
                Fill::Bytes(n) => n,
                stop => return stop,
            };
            self.chunk_left -= u32::try_from(put).unwrap_or(self.chunk_left);
        }
        Fill::Bytes(self.buffer.len())
    }

    /// Puts at most `room` bytes of head or content into the buffer.
    fn put(&mut self, room: usize, source: &mut impl FnMut(&mut [u8]) -> Fill) -> Fill {
        let head = &self.head[self.head_at..];
        if !head.is_empty() {
            let n = head.len().min(room);
            self.buffer.extend(&head[..n]);
            self.head_at += n;
            return Fill::Bytes(n);
        }
        let room = room.min(self.content as usize);
        let start = self.buffer.len();
        self.buffer.resize(start + room, 0);
        let given = match source(&mut self.buffer[start..]) {
            Fill::Bytes(0) => Fill::Pending,
            Fill::Bytes(n) => Fill::Bytes(n.min(room)),
            stop => stop,
        };
        let n = if let Fill::Bytes(n) = given { n } else { 0 };
        self.buffer.truncate(start + n);
        self.content -= u32::try_from(n).unwrap_or(self.content);
        given
    }
}

//! The agent's conversation, for the log.

use std::fmt::Write as _;

use crate::run::log::Log;

/// Of a line of the agent's conversation, so many bytes are shown.
const SHOWN: usize = 160;

/// One way of a conversation cut into lines, of which the beginning is kept.
#[derive(Debug)]
pub(super) struct Spoken {
    who: &'static str,
    head: Vec<u8>,
    size: u64,
}

impl Spoken {
    pub(super) fn new(who: &'static str) -> Self {
        Spoken { who, head: Vec::new(), size: 0 }
    }

    /// Writes each whole line.
    pub(super) fn hear(&mut self, at: u64, mut bytes: &[u8], log: &mut Log) {
        while let Some(end) = bytes.iter().position(|b| *b == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.keep(line);
            self.flush(at, "", log);
            bytes = &rest[1..];
        }
        self.keep(bytes);
    }

    /// The port closed: what is of the last line, if anything.
    pub(super) fn end(&mut self, at: u64, log: &mut Log) {
        if self.size > 0 {
            self.flush(at, ", and no further", log);
        }
    }

    fn keep(&mut self, part: &[u8]) {
        self.size += part.len() as u64;
        self.head.extend(&part[..part.len().min(SHOWN - self.head.len())]);
    }

    fn flush(&mut self, at: u64, end: &str, log: &mut Log) {
        let more = self.size > self.head.len() as u64;
        let size = if more { format!(" … ({} bytes{end})", self.size) } else { end.into() };
        log.line(at, &format_args!("  {}  {}{size}", self.who, escaped(&self.head)));
        self.head.clear();
        self.size = 0;
    }
}

/// Printable ASCII as it is, other bytes in hexadecimal.
pub(super) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for b in bytes {
        if matches!(b, b' '..=b'~') {
            text.push(char::from(*b));
        } else {
            let _ = write!(text, "\\x{b:02x}");
        }
    }
    text
}

//! What happened, as text, for goldens and evidence.

use std::fmt::{Display, Write as _};

/// More lines than this are counted only: it is the guest that decides how many there are.
const MAX_LINES: usize = 20_000;
/// Of a line of the agent's conversation, so many bytes are shown.
const SHOWN: usize = 160;

/// Lines with their guest time in seconds.
#[derive(Debug, Default)]
pub(super) struct Log {
    text: String,
    lines: usize,
}

impl Log {
    pub(super) fn line(&mut self, at: u64, line: &dyn Display) {
        self.lines += 1;
        if self.lines <= MAX_LINES {
            let (seconds, ns) = (at / 1_000_000_000, at % 1_000_000_000);
            let _ = writeln!(self.text, "{seconds:>5}.{ns:09}  {line}");
        }
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        let more = self.lines.saturating_sub(MAX_LINES);
        let end = if more > 0 { format!("and {more} more lines\n") } else { String::new() };
        format!("{}{end}", self.text)
    }
}

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

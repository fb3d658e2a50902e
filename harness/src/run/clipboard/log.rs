//! The conversation as text, for goldens and evidence: contents appear as sizes and hashes only.

use std::fmt::{Display, Write as _};

use innkeeper_services::clipboard::{AuditRecord, Event, Observer};

/// More lines than this are counted only: it is the guest that decides how many there are.
const MAX_LINES: usize = 20_000;

/// What was said and what was moved, in order.
#[derive(Debug, Default)]
pub(super) struct Log {
    text: String,
    lines: usize,
}

impl Log {
    fn line(&mut self, at: u64, line: &dyn Display) {
        self.lines += 1;
        if self.lines <= MAX_LINES {
            // Guest time in seconds.
            let (seconds, ns) = (at / 1_000_000_000, at % 1_000_000_000);
            let _ = writeln!(self.text, "{seconds:>3}.{ns:09}  {line}");
        }
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        let more = self.lines.saturating_sub(MAX_LINES);
        let end = if more > 0 { format!("and {more} more lines\n") } else { String::new() };
        format!("{}{end}", self.text)
    }
}

impl Observer for Log {
    fn event(&mut self, event: &Event) {
        self.line(event.at, event);
    }

    fn audit(&mut self, record: &AuditRecord) {
        let text = record.to_string();
        // The record begins with the time that the line begins with.
        let rest = text.split_once(' ').map_or(text.as_str(), |(_, rest)| rest);
        self.line(record.at, &format_args!("  transfer {rest}"));
    }
}

//! What happened, as text, for goldens and evidence.

use std::fmt::{Display, Write as _};

/// More lines than this are counted only: it is the guest that decides how many there are.
const MAX_LINES: usize = 20_000;

/// Lines with their guest time in seconds.
#[derive(Debug, Default)]
pub(super) struct Log {
    text: String,
    lines: usize,
}

impl Log {
    /// Writes a line; `at` in nanoseconds.
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

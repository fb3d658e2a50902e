//! The conversation in the log: contents appear as sizes and hashes only.

use innkeeper_services::clipboard::{AuditRecord, Event, Observer};

use crate::run::log::Log;

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

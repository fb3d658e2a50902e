//! A lease file that a scenario writes: in memory, so that what a reader finds at a time is the same in
//! every run, whatever the host's disk does.

use std::io;

use innkeeper_services::addresses::lease::LeaseReader;

use super::spoken::escaped;
use crate::scenario::addresses::lease as model;

/// Bytes of a file's beginning that the log shows.
const SHOWN: usize = 60;

/// The file as it is now.
#[derive(Debug)]
pub(super) struct Scripted {
    name: String,
    content: Option<Vec<u8>>,
    denied: bool,
}

/// Something that happens to it.
#[derive(Debug)]
pub(super) enum Change {
    /// It has this content; the word for the log.
    Content(&'static str, Vec<u8>),
    /// This comes behind what it has.
    Append(Vec<u8>),
    /// So much of it stays.
    Truncate(usize),
    /// It is gone.
    Delete,
    /// It cannot be read.
    Deny,
}

impl Scripted {
    /// A file that does not exist.
    pub(super) fn new(file: &model::File) -> Self {
        let name = file.name.clone().unwrap_or_else(|| "leases".into());
        Scripted { name, content: None, denied: false }
    }

    /// Does it; a line for the log.
    pub(super) fn change(&mut self, change: Change) -> String {
        self.denied = false;
        let what = match change {
            Change::Content(what, content) => {
                self.content = Some(content);
                what
            }
            Change::Append(more) => {
                self.content.get_or_insert_default().extend(more);
                "appended to"
            }
            Change::Truncate(size) => {
                self.content.get_or_insert_default().truncate(size);
                "truncated"
            }
            Change::Delete => {
                self.content = None;
                return format!("{} deleted", self.name);
            }
            Change::Deny => {
                self.denied = true;
                return format!("{} may not be read", self.name);
            }
        };
        let content = self.content.as_deref().unwrap_or_default();
        if content.is_empty() {
            return format!("{} {what}, empty", self.name);
        }
        let more = if content.len() > SHOWN { "…" } else { "" };
        let head = escaped(&content[..content.len().min(SHOWN)]);
        format!("{} {what}, {} bytes: {head}{more}", self.name, content.len())
    }
}

impl LeaseReader for Scripted {
    fn read(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        if self.denied {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        into.extend(self.content.as_ref().ok_or(io::ErrorKind::NotFound)?);
        Ok(())
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

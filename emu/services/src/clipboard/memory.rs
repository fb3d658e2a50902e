//! The clipboard that scenarios and tests script: it lives in memory and does what it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::audit::Outcome;
use super::formats::{Format, FormatSet, Selection};
use super::host::{HostClipboard, HostEvent, Read, RequestId, Size, TransferId};

/// Who owns a selection, as the host sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HostOwner {
    /// Nobody.
    #[default]
    Nobody,
    /// The host, with this content.
    Host(BTreeMap<Format, Arc<[u8]>>),
    /// The guest, which offers these formats.
    Guest(FormatSet),
}

/// How a paste on the host ended, and what it brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The content; what came of it if the outcome is not [`Outcome::Complete`].
    pub content: Vec<u8>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Delays and failures on the host's side, for tests of what the session does about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Sizes stay pending.
    pub hold_sizes: bool,
    /// Sizes are not known yet, but so many bytes have come.
    pub grown: Option<u64>,
    /// Sizes fail.
    pub fail_sizes: bool,
    /// Reads stay pending.
    pub hold_reads: bool,
    /// Reads fail.
    pub fail_reads: bool,
    /// The most that one write takes; `None` for no limit.
    pub write_limit: Option<usize>,
}

/// A clipboard in memory.
#[derive(Debug, Default)]
pub struct MemoryHost {
    /// Delays and failures to play.
    pub faults: Faults,
    owners: [HostOwner; 2],
    owner_changes: [u64; 2],
    events: VecDeque<HostEvent>,
    reading: BTreeMap<TransferId, Option<Arc<[u8]>>>,
    pasting: BTreeMap<RequestId, Vec<u8>>,
    pasted: BTreeMap<RequestId, Pasted>,
    next_request: u64,
}

impl MemoryHost {
    /// Copies `content` on the host.
    pub fn set(&mut self, selection: Selection, content: impl IntoIterator<Item = (Format, Arc<[u8]>)>) {
        let content: BTreeMap<_, _> = content.into_iter().collect();
        let formats = content.keys().copied().collect();
        self.change(selection, HostOwner::Host(content));
        self.events.push_back(HostEvent::Announced { selection, formats });
    }

    /// Copies text on the host.
    pub fn set_text(&mut self, selection: Selection, text: &[u8]) {
        self.set(selection, [(Format::Text, text.into())]);
    }

    /// Gives up what was copied on the host; nothing if the host is not the owner.
    pub fn clear(&mut self, selection: Selection) {
        if matches!(self.owner(selection), HostOwner::Host(_)) {
            self.change(selection, HostOwner::Nobody);
            self.events.push_back(HostEvent::Released { selection });
        }
    }

    /// Pastes on the host what the guest owns. The session sees it at its next call.
    pub fn paste(&mut self, selection: Selection, format: Format) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.pasting.insert(id, Vec::new());
        self.events.push_back(HostEvent::Request { id, selection, format });
        id
    }

    /// How the paste ended; `None` while it has not.
    pub fn pasted(&self, id: RequestId) -> Option<&Pasted> {
        self.pasted.get(&id)
    }

    /// Takes the paste's result, so that it is held no longer.
    pub fn take_pasted(&mut self, id: RequestId) -> Option<Pasted> {
        self.pasted.remove(&id)
    }

    /// Who owns the selection.
    pub fn owner(&self, selection: Selection) -> &HostOwner {
        &self.owners[selection as usize]
    }

    /// How often the selection got another owner or other content.
    pub fn owner_changes(&self, selection: Selection) -> u64 {
        self.owner_changes[selection as usize]
    }

    /// Pastes in the guest that have the host's content open.
    pub fn open_transfers(&self) -> usize {
        self.reading.len()
    }

    fn change(&mut self, selection: Selection, owner: HostOwner) {
        self.owners[selection as usize] = owner;
        self.owner_changes[selection as usize] += 1;
    }

    fn content(&self, id: TransferId) -> Option<&Arc<[u8]>> {
        self.reading.get(&id)?.as_ref()
    }
}

impl HostClipboard for MemoryHost {
    fn poll(&mut self) -> Option<HostEvent> {
        self.events.pop_front()
    }

    fn offer(&mut self, selection: Selection, formats: FormatSet) {
        self.change(selection, HostOwner::Guest(formats));
    }

    fn withdraw(&mut self, selection: Selection) {
        if matches!(self.owner(selection), HostOwner::Guest(_)) {
            self.change(selection, HostOwner::Nobody);
        }
    }

    fn open(&mut self, id: TransferId, selection: Selection, format: Format) {
        let content = match self.owner(selection) {
            HostOwner::Host(content) => content.get(&format).cloned(),
            _ => None,
        };
        self.reading.insert(id, content);
    }

    fn size(&mut self, id: TransferId) -> Size {
        if let Some(come) = self.faults.grown {
            return Size::Growing(come);
        }
        match self.content(id) {
            _ if self.faults.hold_sizes => Size::Pending,
            Some(content) if !self.faults.fail_sizes => Size::Known(content.len() as u64),
            _ => Size::Failed,
        }
    }

    fn read_at(&mut self, id: TransferId, offset: u64, buffer: &mut [u8]) -> Read {
        let rest = self
            .content(id)
            .and_then(|content| content.get(usize::try_from(offset).ok()?..))
            .filter(|rest| !rest.is_empty());
        match rest {
            _ if self.faults.hold_reads => Read::Pending,
            Some(rest) if !self.faults.fail_reads => {
                let n = rest.len().min(buffer.len());
                buffer[..n].copy_from_slice(&rest[..n]);
                Read::Bytes(n)
            }
            _ => Read::Failed,
        }
    }

    fn close(&mut self, id: TransferId) {
        self.reading.remove(&id);
    }

    fn write(&mut self, id: RequestId, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.faults.write_limit.unwrap_or(usize::MAX));
        if let Some(content) = self.pasting.get_mut(&id) {
            content.extend(&bytes[..n]);
        }
        n
    }

    fn finish(&mut self, id: RequestId, outcome: Outcome) {
        if let Some(content) = self.pasting.remove(&id) {
            self.pasted.insert(id, Pasted { content, outcome });
        }
    }
}

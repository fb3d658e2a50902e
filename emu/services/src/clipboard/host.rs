//! The host's clipboard as the session sees it.
//!
//! Everything is asked for and nothing waits: an X11 host answers [`HostClipboard::read_at`] from what
//! its INCR transfer has brought so far, a Wayland host reads its pipe until it would block, and both
//! say [`Read::Pending`] meanwhile. Whoever drives the session calls [`super::Session::tick`] when the
//! host's connection or pipe is ready.

use super::audit::Outcome;
use super::formats::{Format, FormatSet, Selection};

/// A paste in the guest of what the host owns. Given by the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u64);

/// A paste on the host of what the guest owns. Given by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What happened on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostEvent {
    /// Something was copied: the host owns the selection and offers these formats.
    Announced {
        /// The selection.
        selection: Selection,
        /// What can be asked for.
        formats: FormatSet,
    },
    /// What was copied is gone.
    Released {
        /// The selection.
        selection: Selection,
    },
    /// Something is being pasted that the guest owns. Answered by [`HostClipboard::write`] and
    /// exactly one [`HostClipboard::finish`].
    Request {
        /// The host's name for it.
        id: RequestId,
        /// The selection.
        selection: Selection,
        /// The format.
        format: Format,
    },
}

/// How much content there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Not known yet.
    Pending,
    /// Not known yet, but so many bytes have come: as long as they grow, the host is not late.
    Growing(u64),
    /// So many bytes.
    Known(u64),
    /// There is none.
    Failed,
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes, at the front of the buffer; not 0.
    Bytes(usize),
    /// Nothing now.
    Pending,
    /// Nothing ever again.
    Failed,
}

/// A clipboard of the host.
///
/// The protocol puts the size of content before the content, and text may have to be read twice
/// because conversion changes its size. So between [`open`](Self::open) and [`close`](Self::close) the
/// host keeps the content as it was, gives its size, and lets any part be read; the session itself
/// never holds more than one chunk of it.
pub trait HostClipboard {
    /// The time, before anything else that happens at it: nanoseconds on the session's clock. A host
    /// that waits for other programs gives them up by it.
    fn tick(&mut self, _now: u64) {}

    /// When [`tick`](Self::tick) is due at the latest.
    fn deadline(&self) -> Option<u64> {
        None
    }

    /// The next thing that happened, oldest first.
    fn poll(&mut self) -> Option<HostEvent>;

    /// The guest owns `selection` now: the host's own owner is replaced by one that passes requests on.
    fn offer(&mut self, selection: Selection, formats: FormatSet);

    /// The guest owns `selection` no more. Requests not finished are finished by the session.
    fn withdraw(&mut self, selection: Selection);

    /// The guest pastes what the host owns.
    fn open(&mut self, id: TransferId, selection: Selection, format: Format);

    /// How much there is.
    fn size(&mut self, id: TransferId) -> Size;

    /// Reads from `offset` bytes on. After [`Size::Known`] a failure costs the connection to the
    /// guest's agent: the size is sent already.
    fn read_at(&mut self, id: TransferId, offset: u64, buffer: &mut [u8]) -> Read;

    /// The paste is over. The host may forget `id`.
    fn close(&mut self, id: TransferId);

    /// Content for the host's request: how many of `bytes` were taken. With 0 the guest is made to wait.
    fn write(&mut self, id: RequestId, bytes: &[u8]) -> usize;

    /// The request is over: [`Outcome::Complete`] with what was written, [`Outcome::Empty`] with
    /// nothing; after anything else what was written is no content. Called exactly once for every
    /// request.
    fn finish(&mut self, id: RequestId, outcome: Outcome);
}

/// A clipboard chosen at run time.
impl<T: HostClipboard + ?Sized> HostClipboard for Box<T> {
    fn tick(&mut self, now: u64) {
        (**self).tick(now);
    }

    fn deadline(&self) -> Option<u64> {
        (**self).deadline()
    }

    fn poll(&mut self) -> Option<HostEvent> {
        (**self).poll()
    }

    fn offer(&mut self, selection: Selection, formats: FormatSet) {
        (**self).offer(selection, formats);
    }

    fn withdraw(&mut self, selection: Selection) {
        (**self).withdraw(selection);
    }

    fn open(&mut self, id: TransferId, selection: Selection, format: Format) {
        (**self).open(id, selection, format);
    }

    fn size(&mut self, id: TransferId) -> Size {
        (**self).size(id)
    }

    fn read_at(&mut self, id: TransferId, offset: u64, buffer: &mut [u8]) -> Read {
        (**self).read_at(id, offset, buffer)
    }

    fn close(&mut self, id: TransferId) {
        (**self).close(id);
    }

    fn write(&mut self, id: RequestId, bytes: &[u8]) -> usize {
        (**self).write(id, bytes)
    }

    fn finish(&mut self, id: RequestId, outcome: Outcome) {
        (**self).finish(id, outcome);
    }
}

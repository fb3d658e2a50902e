//! What is known of one selection.

use std::collections::VecDeque;

use super::Timing;
use crate::clipboard::audit::{Digest, Hasher, Outcome};
use crate::clipboard::codec::Fill;
use crate::clipboard::formats::{Format, FormatSet};
use crate::clipboard::host::{HostClipboard, Read, RequestId, TransferId};
use crate::clipboard::line_ending::{ToCrlf, ToLf};

/// Text read from the host at once, before conversion doubles it at most.
const STAGE: usize = 1024;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Owner {
    #[default]
    Nobody,
    /// The guest, with what the host may ask for.
    Guest(FormatSet),
    /// The host, with [`Slot::offer`].
    Host,
}

/// Why something was requested from the guest.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// A paste on the host.
    Paste(RequestId),
    /// To find out whether a GRAB with these formats is what the host sent, with this digest.
    Probe { sent: Digest, formats: FormatSet },
}

/// The request to the guest that is on its way.
#[derive(Debug)]
pub(super) struct Inflight {
    pub purpose: Purpose,
    pub format: Format,
    /// When something last moved.
    pub since: u64,
    pub asked: bool,
    /// The answer, once it has begun.
    pub content: Option<Content>,
}

#[derive(Debug, Default)]
pub(super) struct Content {
    pub hasher: Hasher,
    pub size: u64,
    /// For text of guests with CR LF.
    pub to_lf: Option<ToLf>,
}

/// The answer to the guest's oldest request.
#[derive(Debug)]
pub(super) enum Answer {
    Refused { type_number: u32, outcome: Outcome },
    Open(OpenAnswer),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The host has not said how much there is; so many bytes have come.
    Size { come: u64 },
    /// The converted text is counted: so many bytes so far, of so many on the host.
    Count { counted: u64, total: u64 },
    /// So many bytes wait for the port.
    Ready(u64),
    /// They are on their way.
    Sending,
}

#[derive(Debug)]
pub(super) struct OpenAnswer {
    pub id: TransferId,
    pub format: Format,
    pub phase: Phase,
    pub since: u64,
    /// Whether the port waits for the host.
    pub starved: bool,
    /// Where the host is read next.
    pub offset: u64,
    pub hasher: Hasher,
    pub sent: u64,
    pub crlf: Option<ToCrlf>,
    stage: Vec<u8>,
}

impl OpenAnswer {
    pub fn new(id: TransferId, format: Format, since: u64, crlf: bool) -> Self {
        Self {
            id,
            format,
            phase: Phase::Size { come: 0 },
            since,
            starved: false,
            offset: 0,
            hasher: Hasher::default(),
            sent: 0,
            crlf: crlf.then(ToCrlf::default),
            // Conversion at most doubles what is read at once.
            stage: Vec::with_capacity(if crlf { 2 * STAGE } else { 0 }),
        }
    }

    /// Counts what the text will have after conversion, as far as the host gives it: `None` while it
    /// does not give all.
    pub fn count(&mut self, host: &mut impl HostClipboard, now: u64) -> Option<Result<u64, Outcome>> {
        let mut buffer = [0; STAGE];
        while let Phase::Count { counted, total } = self.phase {
            let left = usize::try_from(total - self.offset).unwrap_or(STAGE).min(STAGE);
            if left == 0 {
                (self.offset, self.crlf) = (0, Some(ToCrlf::default()));
                return Some(Ok(counted));
            }
            let n = match host.read_at(self.id, self.offset, &mut buffer[..left]) {
                Read::Bytes(n) if n > 0 => n.min(left),
                Read::Failed => return Some(Err(Outcome::HostFailed)),
                _ => return None,
            };
            let more = self.crlf.as_mut().map_or(n as u64, |crlf| crlf.count(&buffer[..n]));
            self.phase = Phase::Count { counted: counted + more, total };
            self.offset += n as u64;
            self.since = now;
        }
        None
    }

    /// Puts content into `buffer`, as it goes over the port.
    pub fn fill(&mut self, host: &mut impl HostClipboard, now: u64, buffer: &mut [u8]) -> Fill {
        let n = if let Some(crlf) = &mut self.crlf {
            if self.stage.is_empty() {
                let mut raw = [0; STAGE];
                let n = match host.read_at(self.id, self.offset, &mut raw) {
                    Read::Bytes(n) => n.min(STAGE),
                    Read::Pending => return Fill::Pending,
                    Read::Failed => return Fill::Failed,
                };
                self.offset += n as u64;
                crlf.convert(&raw[..n], &mut self.stage);
            }
            let n = self.stage.len().min(buffer.len());
            buffer[..n].copy_from_slice(&self.stage[..n]);
            self.stage.drain(..n);
            n
        } else {
            let n = match host.read_at(self.id, self.offset, buffer) {
                Read::Bytes(n) => n.min(buffer.len()),
                Read::Pending => return Fill::Pending,
                Read::Failed => return Fill::Failed,
            };
            self.offset += n as u64;
            n
        };
        self.hasher.update(&buffer[..n]);
        self.sent += n as u64;
        self.since = now;
        Fill::Bytes(n)
    }
}

/// One selection.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub owner: Owner,
    /// What the host offers, kept while the guest's agent is away.
    pub offer: Option<FormatSet>,
    /// Whether a GRAB waits to be sent.
    pub grab_due: bool,
    /// Whether the guest believes that the host owns the selection.
    pub told: bool,
    /// The serial that is due.
    pub serial: u32,
    /// When a RELEASE is acted on.
    pub release_at: Option<u64>,
    /// Pastes on the host that wait.
    pub queue: VecDeque<(RequestId, Format)>,
    pub inflight: Option<Inflight>,
    /// Requests given up whose answers may still come.
    pub overdue: u32,
    /// Answers that, if they come, are about an owner that is gone.
    pub stale: u32,
    /// Pastes in the guest that wait: the types' numbers.
    pub requests: VecDeque<u32>,
    pub answer: Option<Answer>,
    /// What the guest was last given.
    pub last_sent: Option<(Format, Digest)>,
}

impl Slot {
    /// A slot of which nothing is known but the host's offer.
    pub fn offering(offer: Option<FormatSet>) -> Self {
        let mut slot = Self { offer, ..Self::default() };
        slot.claim();
        slot
    }

    /// The host owns the selection if it offers anything, and has to say so.
    pub fn claim(&mut self) {
        self.grab_due = self.offer.is_some();
        self.owner = if self.grab_due { Owner::Host } else { Owner::Nobody };
    }

    pub fn buffered(&self) -> usize {
        let stage = match &self.answer {
            Some(Answer::Open(answer)) => answer.stage.capacity(),
            _ => 0,
        };
        stage + self.requests.capacity() * 4 + self.queue.capacity() * 16
    }

    pub fn paste_deadline(&self, timing: &Timing) -> Option<u64> {
        Some(self.inflight.as_ref()?.since.saturating_add(timing.idle))
    }

    /// When the host has had enough time. A guest that does not read has no deadline: waiting for it
    /// costs nothing, and there is nobody else to tell.
    pub fn answer_deadline(&self, timing: &Timing) -> Option<u64> {
        match &self.answer {
            Some(Answer::Open(answer)) => {
                let host_is_late = match answer.phase {
                    Phase::Size { .. } | Phase::Count { .. } => true,
                    Phase::Ready(_) => false,
                    Phase::Sending => answer.starved,
                };
                host_is_late.then(|| answer.since.saturating_add(timing.idle))
            }
            _ => None,
        }
    }

    pub fn deadline(&self, timing: &Timing) -> Option<u64> {
        let all = [self.release_at, self.paste_deadline(timing), self.answer_deadline(timing)];
        all.into_iter().flatten().min()
    }
}

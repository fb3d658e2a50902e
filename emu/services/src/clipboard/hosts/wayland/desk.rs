//! What the compositor has told us: who owns the selections, with what, and who wants what from us.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use wayland_client::backend::ObjectId;

use super::objects::{Offer, Own, Source};
use super::pipes::Outgoing;
use super::track::{Change, Seen, Track};
use crate::clipboard::{Format, FormatSet, HostEvent, RequestId, Selection};

/// Contents that are written for applications at once; more requests are refused.
const MAX_OUTGOING: usize = 32;
/// Offers that are known at once: two count, and one is in the making.
const MAX_OFFERS: usize = 16;

/// Tells this clipboard's own offers from all others, those of another process of ours too.
static INSTANCES: AtomicU64 = AtomicU64::new(0);

/// An application's offer, or our own.
#[derive(Debug)]
struct Offered {
    offer: Offer,
    /// The number of our source.
    own: Option<u64>,
    /// The best MIME type of each format.
    mimes: BTreeMap<Format, String>,
}

impl Offered {
    fn formats(&self) -> FormatSet {
        self.mimes.keys().copied().collect()
    }
}

/// Both selections.
#[derive(Debug)]
pub(super) struct Desk {
    /// The MIME type of our sources, up to their number.
    mark: String,
    /// Oldest first.
    offers: VecDeque<Offered>,
    current: [Option<ObjectId>; 2],
    tracks: [Track; 2],
    sources: [Option<(u64, Source, FormatSet)>; 2],
    pub outgoing: BTreeMap<RequestId, Outgoing>,
    next_request: u64,
    pub events: VecDeque<HostEvent>,
    pub failure: Option<String>,
}

impl Desk {
    pub fn new() -> Self {
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        Self {
            mark: format!(
                "application/x-innkeeper-clipboard;owner={}.{instance};number=",
                std::process::id()
            ),
            offers: VecDeque::new(),
            current: [None, None],
            tracks: Default::default(),
            sources: [None, None],
            outgoing: BTreeMap::new(),
            next_request: 0,
            events: VecDeque::new(),
            failure: None,
        }
    }

    /// An offer whose types follow.
    pub fn offer_begins(&mut self, offer: Offer) {
        if self.offers.len() >= MAX_OFFERS
            && let Some(oldest) = self.offers.pop_front()
        {
            oldest.offer.destroy();
        }
        self.offers.push_back(Offered { offer, own: None, mimes: BTreeMap::new() });
    }

    fn find(&self, id: &ObjectId) -> Option<&Offered> {
        self.offers.iter().find(|offered| offered.offer.id() == *id)
    }

    /// A type of an offer.
    pub fn offer_has(&mut self, id: &ObjectId, mime: String) {
        let Some(offered) = self.offers.iter_mut().find(|o| o.offer.id() == *id) else { return };
        if let Some(number) = mime.strip_prefix(&self.mark) {
            offered.own = number.parse().ok();
        }
        let Some(format) = Format::from_target(&mime) else { return };
        let rank = |mime: &str| format.targets().iter().position(|t| t.eq_ignore_ascii_case(mime));
        match offered.mimes.get_mut(&format) {
            Some(before) if rank(before) <= rank(&mime) => {}
            _ => drop(offered.mimes.insert(format, mime)),
        }
    }

    /// A selection has this offer now.
    pub fn selected(&mut self, selection: Selection, id: Option<ObjectId>) {
        let before = std::mem::replace(&mut self.current[selection as usize], id.clone());
        if before != id {
            before.into_iter().for_each(|id| self.forget(&id));
        }
        let seen = match id.and_then(|id| self.find(&id)) {
            None => Seen::Nobody,
            Some(Offered { own: Some(number), .. }) => Seen::Own(*number),
            Some(offered) => Seen::Other(offered.formats()),
        };
        self.events.extend(self.tracks[selection as usize].seen(seen).map(|change| match change {
            Change::Announced(formats) => HostEvent::Announced { selection, formats },
            Change::Released => HostEvent::Released { selection },
        }));
    }

    fn forget(&mut self, id: &ObjectId) {
        let used = self.current.iter().flatten().any(|current| current == id);
        let at = self.offers.iter().position(|offered| !used && offered.offer.id() == *id);
        if let Some(offered) = at.and_then(|at| self.offers.remove(at)) {
            offered.offer.destroy();
        }
    }

    /// The compositor serves this device no more.
    pub fn finished(&mut self) {
        self.failure = Some("the Wayland compositor has removed the seat whose clipboard this was".into());
    }

    /// The number of our next source, and its MIME type that is nobody else's.
    pub fn begin_source(&mut self, selection: Selection) -> (u64, String) {
        let number = self.tracks[selection as usize].offered();
        (number, format!("{}{number}", self.mark))
    }

    /// Our source is set.
    pub fn set_source(&mut self, selection: Selection, number: u64, source: Source, formats: FormatSet) {
        // The one before it is cancelled by the compositor; what it still owes is in `outgoing`.
        if let Some((_, before, _)) = self.sources[selection as usize].replace((number, source, formats)) {
            before.destroy();
        }
    }

    /// Our source is no more wanted.
    pub fn drop_source(&mut self, selection: Selection) {
        if let Some((number, source, _)) = self.sources[selection as usize].take() {
            source.destroy();
            self.tracks[selection as usize].gone(number);
        }
    }

    /// The compositor has another source than this one of ours.
    pub fn cancelled(&mut self, own: Own) {
        self.tracks[own.selection as usize].gone(own.number);
        if self.sources[own.selection as usize].as_ref().is_some_and(|(number, ..)| *number == own.number) {
            self.drop_source(own.selection);
        }
    }

    /// An application wants what the guest has copied. It is refused by closing the pipe.
    pub fn send(&mut self, own: Own, mime: &str, pipe: OwnedFd) {
        let source = self.sources[own.selection as usize].as_ref();
        let formats = source.filter(|(number, ..)| *number == own.number).map(|(.., formats)| *formats);
        let format = Format::from_target(mime).filter(|f| formats.is_some_and(|all| all.contains(*f)));
        let Some(format) = format.filter(|_| self.outgoing.len() < MAX_OUTGOING) else { return };
        let Ok(outgoing) = Outgoing::to(pipe) else { return };
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.outgoing.insert(id, outgoing);
        self.events.push_back(HostEvent::Request { id, selection: own.selection, format });
    }

    /// The offer to ask for a format, and by which name.
    pub fn offer_of(&self, selection: Selection, format: Format) -> Option<(&Offer, &str)> {
        let offered = self.find(self.current[selection as usize].as_ref()?)?;
        let mime = offered.mimes.get(&format).filter(|_| offered.own.is_none())?;
        Some((&offered.offer, mime))
    }
}

//! When a lease file is read, and what to make of it.
//!
//! dnsmasq writes in place: truncated, then written, so that a reader may see an empty or torn file
//! (services.md §3.1). Such a reading changes nothing until it has been the same three times, 10 ms apart; nor
//! does the beginning of what was read before, which a torn file also is when it ends with a line.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

use super::matching::Links;
use super::record::{Duid, Summary, lines};
use super::{Format, Place, claims, recognise};
use crate::addresses::claim::{Claim, Clock, SECOND, Update};
use crate::addresses::nic::{NicId, Nics};
use crate::addresses::source::{AddressSource, Status};
use crate::addresses::table::printable;

/// Where a file's bytes come from: a disk, or a scenario's script.
pub trait LeaseReader {
    /// Reads all of it into `into`, which is empty.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] is a file without leases; anything else keeps what was read before.
    fn read(&mut self, into: &mut Vec<u8>) -> io::Result<()>;

    /// Its name in messages.
    fn name(&self) -> String;
}

/// Between readings when nothing says that the file changed, in nanoseconds.
const INTERVAL: u64 = SECOND;
/// The same when something should: a network file system does not tell what others write.
const WATCHED_INTERVAL: u64 = 60 * SECOND;
/// Between readings of a torn file.
const RETRY: u64 = SECOND / 100;
/// Bytes of a line that a message shows.
const MAX_EXCERPT: usize = 40;
/// So many times the same torn file is a whole one.
const AGREE: u32 = 3;

/// Leases from one file.
#[derive(Debug)]
pub struct LeaseSource<R> {
    reader: R,
    links: Links,
    interval: u64,
    due: Option<u64>,
    buffer: Vec<u8>,
    /// The last good content and its format.
    good: Vec<u8>,
    format: Option<usize>,
    suspect: Option<(u64, u32)>,
    claims: Vec<Claim>,
    /// What `claims` were made with: cards, and the wall clock less the caller's.
    made_with: Option<(u64, u64)>,
    status: Status,
    /// Whether any reading was ever taken.
    taken: bool,
    /// Of the last good reading.
    summary: Summary,
}

/// What a reading is.
enum Reading {
    Good,
    /// Torn or empty, perhaps only now.
    Suspect(&'static str),
    /// The beginning of the last good one: its other leases are gone, or not written yet.
    Beginning,
    /// Not a lease file.
    Unknown,
}

impl<R: LeaseReader> LeaseSource<R> {
    /// A source that reads at its first poll.
    pub fn new(reader: R) -> Self {
        Self {
            reader,
            links: Links::default(),
            interval: INTERVAL,
            due: Some(0),
            buffer: Vec::new(),
            good: Vec::new(),
            format: None,
            suspect: None,
            claims: Vec::new(),
            made_with: None,
            status: Status::Waiting("not read yet".into()),
            taken: false,
            summary: Summary::default(),
        }
    }

    /// Whether somebody calls [`changed`](Self::changed) when the file has changed: then it is read once a
    /// minute without that, else once a second.
    pub fn set_watched(&mut self, watched: bool) {
        self.interval = if watched { WATCHED_INTERVAL } else { INTERVAL };
    }

    /// The file may have changed: it is read at the next poll.
    pub fn changed(&mut self, now: u64) {
        self.due = Some(now);
    }

    /// DUID and IAID are this card's: from the card's own frames or from dnsmasq's hook.
    pub fn learn(&mut self, duid: Duid, iaid: u32, nic: NicId) {
        self.links.learn(duid, iaid, nic);
        self.made_with = None;
    }

    /// Lines or entries of the last good reading that are no leases and should be.
    pub fn bad_entries(&self) -> u64 {
        self.summary.bad
    }

    /// Where the first of those is.
    pub fn first_bad(&self) -> Option<Place> {
        self.summary.first_bad
    }

    /// Whether it has said what there is to say now: a reading was taken, or none can be.
    pub fn is_settled(&self) -> bool {
        self.taken || matches!(self.status, Status::Failed(_))
    }

    /// The format's name, once a file was read.
    pub fn format(&self) -> Option<&'static str> {
        self.format.map(|i| super::FORMATS[i].name)
    }

    /// Where the bytes come from.
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// The same, to be changed.
    pub fn reader_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    fn read(&mut self, clock: Clock) {
        self.due = Some(clock.now.saturating_add(self.interval));
        self.buffer.clear();
        let reading = match self.reader.read(&mut self.buffer) {
            Ok(()) => self.look(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                self.buffer.clear();
                Reading::Suspect("does not exist")
            }
            Err(e) => {
                let cure = match e.kind() {
                    io::ErrorKind::PermissionDenied => ": run this as a user who may read it",
                    io::ErrorKind::IsADirectory => ": give a file in it",
                    _ => "",
                };
                self.status = Status::Failed(format!("cannot read {}: {e}{cure}", self.reader.name()));
                return;
            }
        };
        match reading {
            Reading::Good => self.accept(),
            Reading::Suspect(what) => self.doubt(Some(what), clock.now),
            Reading::Beginning => self.doubt(None, clock.now),
            Reading::Unknown => {
                let (name, (place, line)) = (self.reader.name(), first_line(&self.buffer));
                self.status = Status::Failed(format!(
                    "{name}: no lease file of dnsmasq, libvirt, ISC dhcpd, Kea or systemd-networkd, by its \
                     {place}, `{line}`: give the file in which the server keeps its leases"
                ));
            }
        }
    }

    fn look(&self) -> Reading {
        if self.buffer.trim_ascii().is_empty() {
            return Reading::Suspect("is empty");
        }
        if self.format.is_some() && self.buffer == self.good {
            return Reading::Good;
        }
        match recognise(&self.buffer) {
            None if self.buffer.ends_with(b"\n") => Reading::Unknown,
            None => Reading::Suspect("is torn"),
            Some(format) if !(format.parse)(&self.buffer, &mut |_| {}).complete => {
                Reading::Suspect("is torn")
            }
            Some(_) if self.good.starts_with(&self.buffer) => Reading::Beginning,
            Some(_) => Reading::Good,
        }
    }

    /// Takes a doubtful reading if it stays as it is; `what` it lacks then.
    fn doubt(&mut self, what: Option<&str>, now: u64) {
        let mut hasher = DefaultHasher::new();
        self.buffer.hash(&mut hasher);
        let hash = hasher.finish();
        let times = match self.suspect {
            Some((same, times)) if same == hash => times + 1,
            _ => 1,
        };
        self.suspect = Some((hash, times));
        if times >= AGREE {
            self.accept();
            let name = self.reader.name();
            if let Some(what) = what
                && (!self.good.is_empty() || what == "does not exist")
            {
                self.status = Status::Waiting(format!("{name} {what}"));
            }
            // It goes on being the same without being doubted again.
            self.suspect = Some((hash, AGREE));
        } else {
            self.due = Some(now.saturating_add(RETRY));
        }
    }

    fn accept(&mut self) {
        self.suspect = None;
        self.taken = true;
        self.status = Status::Ready;
        if self.made_with.is_some() && self.good == self.buffer {
            return;
        }
        std::mem::swap(&mut self.good, &mut self.buffer);
        let format = recognise(&self.good);
        self.format = format.and_then(|f| super::FORMATS.iter().position(|other| other.name == f.name));
        self.made_with = None;
    }

    /// Makes the claims anew if anything that they are made of has changed.
    fn make(&mut self, clock: Clock, nics: &Nics) {
        // A second's drift between the clocks is no change of the wall clock.
        let offset = clock.unix.wrapping_sub(clock.now).wrapping_add(SECOND / 2) / SECOND;
        let over = self.claims.iter().any(|c| c.validity.ends(clock.now).is_some_and(|end| end <= clock.now));
        if self.made_with == Some((nics.changes(), offset)) && !over {
            return;
        }
        self.made_with = Some((nics.changes(), offset));
        let format: Option<&Format> = self.format.map(|i| &super::FORMATS[i]);
        let (claims, summary) =
            format.map(|f| claims(f, &self.good, nics, &self.links, clock)).unwrap_or_default();
        (self.claims, self.summary) = (claims, summary);
    }
}

/// The first line that is not blank, cut to what fits into a message.
fn first_line(bytes: &[u8]) -> (Place, String) {
    let (place, line) =
        lines(bytes).find(|(_, l)| !l.trim_ascii().is_empty()).unwrap_or((Place::Line(1), b""));
    let line = line.get(..MAX_EXCERPT).unwrap_or(line);
    (place, printable(&String::from_utf8_lossy(line)))
}

impl<R: LeaseReader> AddressSource for LeaseSource<R> {
    fn name(&self) -> &'static str {
        "lease"
    }

    fn poll(&mut self, clock: Clock, nics: &Nics, updates: &mut dyn FnMut(Update)) {
        if self.due.is_some_and(|due| due <= clock.now) {
            self.read(clock);
        }
        if !self.taken {
            return;
        }
        self.make(clock, nics);
        updates(Update::Snapshot(self.claims.clone()));
    }

    fn deadline(&self) -> Option<u64> {
        self.due
    }

    /// The guest's reset does not end its leases: they are claimed again at the next poll. What was
    /// learned of its DUIDs is forgotten.
    fn reset(&mut self, now: u64) {
        self.links.clear();
        self.made_with = None;
        self.due = Some(now);
    }

    fn status(&self) -> Status {
        self.status.clone()
    }
}

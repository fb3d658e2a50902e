//! A capture of the guest's frames, from a file or a pipe.
//!
//! A thread reads, since neither files nor the capture's parser can be waited for. A file is the past: its
//! frames' own times count. A pipe that is watched is the present.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use innkeeper_services::addresses::snoop::{Config, Snoop, pcap};
use innkeeper_services::addresses::{AddressBook, Clock, Nics};

/// Frames that wait to be looked at; then the reader waits.
const QUEUE: usize = 256;

enum Item {
    /// When it was captured, in nanoseconds since 1970.
    Frame(u64, Vec<u8>),
    End(Result<(), String>),
}

/// A capture.
pub(super) struct Capture {
    name: String,
    pub(super) snoop: Snoop,
    items: Receiver<Item>,
    wake: UnixStream,
    /// How it ended.
    ended: Option<Result<(), String>>,
    past: bool,
    /// The time of the last frame.
    last: u64,
    /// Whether more may wait than was taken.
    more: bool,
}

impl Capture {
    /// Reads `path`, or stdin if it is `-`. `live` is whether a pipe is watched.
    pub(super) fn open(path: &Path, nics: &Nics, live: bool) -> io::Result<Self> {
        let stdin = path == Path::new("-");
        let place = if stdin { Path::new("/dev/stdin") } else { path };
        let past = !live || fs::metadata(place).is_ok_and(|m| m.is_file());
        let mut snoop = Snoop::new(Config::default());
        nics.iter().for_each(|nic| snoop.add_nic(nic.id, nic.mac));
        let (sender, items) = sync_channel(QUEUE);
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let file = (!stdin).then(|| path.to_path_buf());
        let name = if stdin { "stdin".into() } else { path.display().to_string() };
        thread::Builder::new()
            .name("capture".into())
            .spawn(move || read(file.as_deref(), &sender, &woken))?;
        Ok(Self { name, snoop, items, wake, ended: None, past, last: 0, more: false })
    }

    /// Gives the frames that were read to the book, each at its time, but not before `from` and not after
    /// `now`: both are nanoseconds since 1970. The time of the last.
    pub(super) fn feed(&mut self, book: &mut AddressBook, from: u64, now: u64) -> u64 {
        let mut noise = [0; 4096];
        while matches!(self.wake.read(&mut noise), Ok(n) if n > 0) {}
        self.last = self.last.max(from);
        // A queue's worth at a time: the book's changes are to be printed between.
        let taken: Vec<Item> = self.items.try_iter().take(QUEUE).collect();
        self.more = taken.len() == QUEUE;
        for item in taken {
            match item {
                Item::Frame(at, bytes) => {
                    self.last = at.min(now).max(self.last);
                    self.snoop.captured(self.last, &bytes);
                    book.pull(&mut self.snoop, Clock { now: self.last, unix: self.last, boot: 0 });
                }
                Item::End(result) => self.ended = Some(result),
            }
        }
        self.last
    }

    /// Whether there is more to read, and it is the past: the present has to wait for it.
    pub(super) fn is_past(&self) -> bool {
        self.past && self.ended.is_none()
    }

    /// The time up to which a capture of the past says something.
    pub(super) fn as_of(&self) -> Option<u64> {
        self.past.then_some(self.last)
    }

    /// Whether it will never say anything more.
    pub(super) fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// When it is to be fed again though its file is not ready.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.more.then_some(0)
    }

    /// What is wrong with it.
    pub(super) fn note(&self) -> Option<String> {
        let what = self.ended.as_ref()?.as_ref().err()?;
        Some(format!("{}: {what}", self.name))
    }

    /// What to wait for.
    pub(super) fn file(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

/// The reading thread.
fn read(file: Option<&Path>, items: &SyncSender<Item>, mut wake: &UnixStream) {
    let mut give = |item| {
        // Nobody listens when the command is over; a full pipe wakes as well as another byte would.
        let _ = items.send(item);
        let _ = wake.write(&[0]);
    };
    let mut frame = |at: u64, bytes: &[u8]| give(Item::Frame(at, bytes.to_vec()));
    let result = match file.map(File::open) {
        None => pcap::read_frames(io::stdin(), &mut frame),
        Some(Ok(file)) => pcap::read_frames(file, &mut frame),
        Some(Err(e)) => Err(format!("{e}: name a capture that tcpdump -w wrote")),
    };
    give(Item::End(result));
}

//! Waiting for files, signals and the time at once, with one poll(2).

use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Instant, SystemTime};

use innkeeper_services::addresses::{Clock, SECOND};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::time::{ClockId, clock_gettime};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::print;

/// This host's time: nanoseconds since 1970 as they were at the start, and then as they pass. A wall clock
/// that is set moves the leases of files, nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    begun: Instant,
    unix: u64,
}

impl Time {
    /// The time from now on.
    #[expect(clippy::disallowed_methods, reason = "this host's time: the guest is another machine's")]
    pub(super) fn start() -> Self {
        Self { begun: Instant::now(), unix: unix() }
    }

    /// Nanoseconds since 1970.
    pub(super) fn now(self) -> u64 {
        self.unix.saturating_add(u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// The same, with what the wall clock and the boot clock say.
    pub(super) fn clock(self) -> Clock {
        let boot = clock_gettime(ClockId::Boottime);
        let (seconds, rest) = (u64::try_from(boot.tv_sec), u64::try_from(boot.tv_nsec));
        let boot = seconds.unwrap_or_default().saturating_mul(SECOND) + rest.unwrap_or_default();
        Clock { now: self.now(), unix: unix(), boot }
    }
}

#[expect(clippy::disallowed_methods, reason = "leases end by the wall clock")]
fn unix() -> u64 {
    let passed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// A file is ready, or the time has come.
    Ready,
    /// SIGINT or SIGTERM came, or nobody reads standard output any more.
    Stop,
}

/// Waits. From its making on the two signals only end a wait.
pub(super) struct Waiter {
    signals: UnixStream,
    /// Whether to look for standard output's end.
    output: bool,
}

impl Waiter {
    /// `output` is whether it matters that nobody reads standard output.
    pub(super) fn new(output: bool) -> io::Result<Self> {
        let (signals, write) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        for signal in [SIGINT, SIGTERM] {
            signal_hook::low_level::pipe::register(signal, write.try_clone()?)?;
        }
        Ok(Self { signals, output })
    }

    /// Waits for `files`, at most so many nanoseconds.
    pub(super) fn wait(&self, files: &[(BorrowedFd<'_>, PollFlags)], most: Option<u64>) -> io::Result<Wake> {
        let stdout = io::stdout();
        let mut polled = vec![PollFd::new(&self.signals, PollFlags::IN)];
        // Without a wish of ours poll(2) tells only that the reader of a pipe has gone.
        polled.extend(self.output.then(|| PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::empty())));
        let watched = polled.len();
        polled.extend(files.iter().map(|(fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)));
        let limit = most.map(|ns| Timespec {
            tv_sec: i64::try_from(ns / SECOND).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(ns % SECOND).unwrap_or_default(),
        });
        match poll(&mut polled, limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        let gone = self.output && polled[watched - 1].revents().intersects(PollFlags::ERR | PollFlags::HUP);
        if gone {
            // As the next print would find.
            print::note(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let signalled = matches!((&self.signals).read(&mut [0; 8]), Ok(n) if n > 0);
        Ok(if gone || signalled { Wake::Stop } else { Wake::Ready })
    }
}

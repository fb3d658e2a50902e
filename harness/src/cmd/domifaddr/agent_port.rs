//! The guest agent behind a unix socket: opened when it can be, and again when it broke.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use innkeeper_services::addresses::agent::{AgentError, AgentSource, Timing};
use innkeeper_services::addresses::table::Failure;
use innkeeper_services::addresses::{AddressSource, SECOND};
use innkeeper_services::clipboard::OutputSink;
use rustix::event::PollFlags;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

/// Bytes read before others have their turn: an agent may send without end.
const TURN: usize = 1 << 20;
/// Before a port that could not be opened, or that was closed, is opened again (ns): at first, and at most.
const RETRY: u64 = SECOND / 4;
const RETRY_MAX: u64 = 4 * SECOND;

/// The agent's port.
pub(super) struct AgentPort {
    path: PathBuf,
    pub(super) source: AgentSource,
    stream: Option<UnixStream>,
    /// Whether something waits for the socket to take it.
    writes: bool,
    retry_at: u64,
    backoff: u64,
    /// Why the port could not be opened.
    refused: Option<String>,
}

impl AgentPort {
    /// The port at `path`, which is opened by the first step. `seed` makes the numbers of questions.
    pub(super) fn new(path: PathBuf, timeout: u64, seed: u64) -> Self {
        let timing = Timing { sync: timeout, command: timeout, ..Timing::default() };
        let source = AgentSource::new(timing, seed);
        let (stream, refused) = (None, None);
        Self { path, source, stream, writes: false, retry_at: 0, backoff: RETRY, refused }
    }

    /// Reads and writes what there is; opens and closes the port.
    pub(super) fn step(&mut self, now: u64) {
        self.source.tick(now);
        if self.stream.is_some() && self.source.must_close() {
            self.close(now);
        }
        if self.stream.is_none() && self.opens_at() <= now {
            match open(&self.path) {
                Ok(stream) => {
                    (self.stream, self.refused) = (Some(stream), None);
                    self.source.opened(now);
                }
                Err(e) => {
                    self.refused = Some(e);
                    self.close(now);
                }
            }
        }
        if let Err(()) = self.exchange(now) {
            self.close(now);
        }
        if self.source.error().is_none() {
            self.backoff = RETRY;
        }
    }

    fn close(&mut self, now: u64) {
        self.stream = None;
        self.source.closed(now);
        self.retry_at = now.saturating_add(self.backoff);
        self.backoff = self.backoff.saturating_mul(2).min(RETRY_MAX);
    }

    fn opens_at(&self) -> u64 {
        self.source.reopen_at().unwrap_or(0).max(self.retry_at)
    }

    /// Moves bytes both ways; an error is the port's end.
    fn exchange(&mut self, now: u64) -> Result<(), ()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let mut buffer = [0; 16 << 10];
        for _ in 0..TURN / buffer.len() {
            match stream.read(&mut buffer) {
                Ok(0) => return Err(()),
                Ok(n) => self.source.receive(now, &buffer[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(()),
            }
        }
        let mut sink = Sink { stream, broken: false };
        self.writes = self.source.transmit(now, &mut sink);
        if sink.broken { Err(()) } else { Ok(()) }
    }

    /// When there is something to do without the port.
    pub(super) fn deadline(&self) -> Option<u64> {
        if self.stream.is_some() { self.source.deadline() } else { Some(self.opens_at()) }
    }

    /// What to wait for.
    pub(super) fn file(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let writes = if self.writes { PollFlags::OUT } else { PollFlags::empty() };
        self.stream.as_ref().map(|stream| (stream.as_fd(), PollFlags::IN | writes))
    }

    /// Whether it has answered, or given a reason why it does not.
    pub(super) fn is_settled(&self) -> bool {
        let silent = self.source.must_close() || self.refused.is_some();
        silent
            || self.source.interfaces().is_some()
            || !matches!(self.failed(), None | Some(AgentError::Sync(_)))
    }

    /// What went wrong since the port is open.
    fn failed(&self) -> Option<&AgentError> {
        self.source.error().filter(|e| **e != AgentError::NotConnected)
    }

    /// Why there is no answer.
    pub(super) fn note(&self) -> Option<String> {
        let what = self.refused.clone().or_else(|| self.failed().map(ToString::to_string))?;
        Some(format!("{}: {what}", self.path.display()))
    }

    /// Whether waiting alone does not help: the port cannot be opened, or the agent refuses.
    pub(super) fn is_broken(&self) -> bool {
        use AgentError::{Malformed, Refused, TooLarge};
        self.refused.is_some() || matches!(self.source.error(), Some(Refused(..) | Malformed | TooLarge))
    }

    /// The failure's text as virsh has it, with what virsh does not know.
    pub(super) fn message(&self) -> Option<String> {
        let error = self.source.error()?;
        let failure = if self.refused.is_some() { Failure::AgentNotConnected } else { error.failure() };
        let mut text = failure.message();
        if let Some(note) =
            self.note().filter(|_| self.refused.is_some() || failure == Failure::AgentUnusable)
        {
            let _ = writeln!(text, "innkeeper: {note}");
        }
        Some(text)
    }
}

/// The socket as the agent's port.
struct Sink<'a> {
    stream: &'a mut UnixStream,
    broken: bool,
}

impl OutputSink for Sink<'_> {
    fn accept(&mut self, bytes: &[u8]) -> usize {
        match self.stream.write(bytes) {
            Ok(n) => n,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
            Err(_) => {
                self.broken = true;
                0
            }
        }
    }
}

/// Opens the socket without waiting: a listener whose queue is full would make connect(2) wait for as long
/// as its owner likes.
fn open(path: &Path) -> Result<UnixStream, String> {
    let opened = || -> rustix::io::Result<UnixStream> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        connect(&fd, &SocketAddrUnix::new(path)?)?;
        Ok(fd.into())
    };
    opened().map_err(|e| {
        let e = io::Error::from(e);
        let cure = match e.kind() {
            ErrorKind::NotFound => {
                "give the machine `-chardev socket,path=…,server=on,wait=off` and a virtserialport named org.qemu.guest_agent.0"
            }
            ErrorKind::ConnectionRefused => "nobody listens: the machine is not running",
            ErrorKind::PermissionDenied => "run this as the user that runs the machine",
            ErrorKind::WouldBlock => "end whoever else uses the port: it serves one at a time",
            _ => "is it a socket that the machine listens on?",
        };
        format!("{e}: {cure}")
    })
}

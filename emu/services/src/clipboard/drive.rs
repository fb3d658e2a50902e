//! Runs a session over a port that is a file: a unix socket, a pty, `/dev/virtio-ports/…`.
//!
//! One loop around poll(2), no thread. The host's time comes from the caller.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::event::Observer;
use super::host::HostClipboard;
use super::memory::MemoryHost;
use super::session::Session;
use super::sink::Bounded;

/// Bytes between the port and the session, each way.
const ROOM: usize = 64 << 10;

/// A file that a host waits for.
#[derive(Clone, Copy, Debug)]
pub struct Interest<'a> {
    /// The file.
    pub fd: BorrowedFd<'a>,
    /// Whether to wait until it can be written; until it can be read otherwise.
    pub write: bool,
}

/// A host's clipboard behind a connection or pipes that can be waited for.
pub trait PolledHost: HostClipboard {
    /// Adds what to wait for. Whether there is something to do without waiting.
    fn interests<'a>(&'a mut self, _files: &mut Vec<Interest<'a>>) -> bool {
        false
    }

    /// Why this clipboard will never do anything again.
    fn failure(&self) -> Option<String> {
        None
    }
}

impl PolledHost for MemoryHost {}

impl<T: PolledHost + ?Sized> PolledHost for Box<T> {
    fn interests<'a>(&'a mut self, files: &mut Vec<Interest<'a>>) -> bool {
        (**self).interests(files)
    }

    fn failure(&self) -> Option<String> {
        (**self).failure()
    }
}

/// What the caller wants after it has looked at the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// To look again when something has happened.
    Wait,
    /// The same, but at this time (nanoseconds on its clock) at the latest.
    WaitUntil(u64),
    /// To look again at once: it changed the host's clipboard.
    Again,
    /// To go on by itself. The driver can be run again.
    Stop,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The caller wanted it.
    Stopped,
    /// The other side closed the port.
    Closed,
    /// The port must be closed, and may be opened again: [`Session::must_close`].
    MustClose,
}

/// A port, and what is on its way between it and a session.
#[derive(Debug)]
pub struct Driver<P> {
    port: P,
    opened: bool,
    /// Read from the port and not taken by the session.
    held: Vec<u8>,
    /// Sent by the session and not written to the port.
    out: Bounded,
    buffer: Vec<u8>,
}

impl<P: AsFd> Driver<P> {
    /// Takes an open port and makes it non-blocking.
    ///
    /// # Errors
    /// What fcntl(2) says.
    pub fn new(port: P) -> io::Result<Self> {
        let flags = fcntl_getfl(&port)?;
        fcntl_setfl(&port, flags | OFlags::NONBLOCK)?;
        Ok(Self { port, opened: false, held: Vec::new(), out: Bounded::new(ROOM), buffer: vec![0; ROOM] })
    }

    /// Runs `session` over the port until something ends it. The first run opens the session; a run
    /// that ends otherwise than by [`Turn::Stop`] closes it, and the driver is of no more use.
    ///
    /// `clock` gives nanoseconds of real time, from where it likes. `step` looks at the session, and
    /// may change its host, after everything that happens; a signal ends the wait too, so that it can
    /// look at what a handler left.
    ///
    /// # Errors
    /// What the port's read(2) and write(2) say; poll(2)'s; the host's own [`PolledHost::failure`].
    /// SIGPIPE must be ignored, as it is in every Rust program.
    pub fn run<H: PolledHost, O: Observer>(
        &mut self,
        session: &mut Session<H, O>,
        clock: &mut dyn FnMut() -> u64,
        step: &mut dyn FnMut(&mut Session<H, O>) -> Turn,
    ) -> io::Result<End> {
        if !std::mem::replace(&mut self.opened, true) {
            session.opened(clock());
        }
        let end = self.turns(session, clock, step);
        if !matches!(end, Ok(End::Stopped)) {
            session.closed(clock());
        }
        end
    }

    /// Takes the host's clipboard away from the guest and closes the session: what the guest has to be
    /// told is written if the port takes it within `patience` nanoseconds.
    ///
    /// # Errors
    /// As [`Driver::run`]; the session is closed all the same.
    pub fn detach<H: PolledHost, O: Observer>(
        mut self,
        session: &mut Session<H, O>,
        clock: &mut dyn FnMut() -> u64,
        patience: u64,
    ) -> io::Result<()> {
        session.detach(clock());
        let until = clock().saturating_add(patience);
        let told = loop {
            match self.write(session, clock()) {
                Ok(true) if !self.out.bytes().is_empty() && clock() < until => {
                    if let Err(error) = self.wait(session, clock, Some(until), false) {
                        break Err(error);
                    }
                }
                Ok(_) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        session.closed(clock());
        told
    }

    fn turns<H: PolledHost, O: Observer>(
        &mut self,
        session: &mut Session<H, O>,
        clock: &mut dyn FnMut() -> u64,
        step: &mut dyn FnMut(&mut Session<H, O>) -> Turn,
    ) -> io::Result<End> {
        loop {
            self.offer(session, clock());
            if !self.write(session, clock())? {
                return Ok(End::Closed);
            }
            // What was written may have made room.
            if self.offer(session, clock()) {
                continue;
            }
            if let Some(failure) = session.host().failure() {
                return Err(io::Error::other(failure));
            }
            let until = match step(session) {
                Turn::Wait => None,
                Turn::WaitUntil(at) => Some(at),
                Turn::Again => Some(0),
                Turn::Stop => return Ok(End::Stopped),
            };
            if session.must_close() {
                return Ok(End::MustClose);
            }
            let until = [until, session.deadline()].into_iter().flatten().min();
            let readable = self.wait(session, clock, until, true)?;
            if readable && !self.read()? {
                return Ok(End::Closed);
            }
        }
    }

    /// Offers the session what was read. Whether it took anything.
    fn offer<H: PolledHost, O: Observer>(&mut self, session: &mut Session<H, O>, now: u64) -> bool {
        if self.held.is_empty() {
            session.tick(now);
            return false;
        }
        let taken = session.receive(now, &self.held);
        self.held.drain(..taken);
        taken > 0
    }

    /// Writes what the session has to send, as far as the port takes it. Whether the port is open.
    fn write<H: PolledHost, O: Observer>(
        &mut self,
        session: &mut Session<H, O>,
        now: u64,
    ) -> io::Result<bool> {
        loop {
            session.transmit(now, &mut self.out);
            if self.out.bytes().is_empty() {
                return Ok(true);
            }
            match rustix::io::write(&self.port, self.out.bytes()) {
                Ok(n) => self.out.consume(n),
                Err(Errno::AGAIN) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(Errno::PIPE | Errno::CONNRESET) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads what the port has. Whether the port is open.
    fn read(&mut self) -> io::Result<bool> {
        match rustix::io::read(&self.port, &mut self.buffer[..]) {
            Ok(0) => Ok(false),
            Ok(n) => {
                self.held.extend(&self.buffer[..n]);
                Ok(true)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(true),
            // A pty whose other side is closed says EIO.
            Err(Errno::CONNRESET | Errno::IO) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until something can be done. Whether the port can be read.
    fn wait<H: PolledHost, O: Observer>(
        &mut self,
        session: &mut Session<H, O>,
        clock: &mut dyn FnMut() -> u64,
        until: Option<u64>,
        reading: bool,
    ) -> io::Result<bool> {
        let mut files = Vec::new();
        let ready = session.host_mut().interests(&mut files);
        let mut wanted = PollFlags::empty();
        // A port with bytes that nobody takes is not asked: it would say again and again that it closed.
        wanted.set(PollFlags::IN, reading && self.held.is_empty());
        wanted.set(PollFlags::OUT, !self.out.bytes().is_empty());
        let mut polled: Vec<PollFd<'_>> = Vec::with_capacity(files.len() + 1);
        for file in &files {
            let flags = if file.write { PollFlags::OUT } else { PollFlags::IN };
            polled.push(PollFd::from_borrowed_fd(file.fd, flags));
        }
        if !wanted.is_empty() {
            polled.push(PollFd::from_borrowed_fd(self.port.as_fd(), wanted));
        }
        let left = until.map(|at| if ready { 0 } else { at.saturating_sub(clock()) });
        let left = left.or(ready.then_some(0)).map(timespec);
        match poll(&mut polled, left.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let port = polled.last().filter(|_| wanted.contains(PollFlags::IN));
        Ok(port.is_some_and(|port| !(port.revents() - PollFlags::OUT).is_empty()))
    }
}

fn timespec(nanoseconds: u64) -> Timespec {
    // A second's nanoseconds fit into every field; years of waiting may be cut short.
    let seconds = i64::try_from(nanoseconds / 1_000_000_000).unwrap_or(i64::MAX);
    let rest = i64::try_from(nanoseconds % 1_000_000_000).unwrap_or_default();
    Timespec { tv_sec: seconds, tv_nsec: rest }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::clipboard::agent::{Action, Agent, Profile};
    use crate::clipboard::{Format, HostOwner, Outcome, Policy, RequestId, Selection};

    /// An agent on the other end of a socket.
    struct Far {
        agent: Agent,
        port: UnixStream,
        said: Bounded,
        heard: Vec<u8>,
    }

    impl Far {
        /// Moves what the socket takes and has.
        fn turn(&mut self) {
            self.agent.transmit(0, &mut self.said);
            if let Ok(n) = self.port.write(self.said.bytes()) {
                self.said.consume(n);
            }
            let mut buffer = [0; 5000];
            if let Ok(n) = self.port.read(&mut buffer) {
                self.heard.extend(&buffer[..n]);
            }
            let taken = self.agent.receive(0, &self.heard);
            self.heard.drain(..taken);
        }
    }

    fn pair() -> (Driver<UnixStream>, Session<MemoryHost>, Far) {
        let (near, port) = UnixStream::pair().unwrap();
        port.set_nonblocking(true).unwrap();
        let mut agent = Agent::new(Profile::LINUX);
        agent.connect(true);
        let far = Far { agent, port, said: Bounded::new(5000), heard: Vec::new() };
        let session = Session::new(MemoryHost::default(), (), Policy::default());
        (Driver::new(near).unwrap(), session, far)
    }

    /// A clock on which a minute is a million turns.
    fn clock() -> impl FnMut() -> u64 {
        let mut now = 0;
        move || {
            now += 60_000;
            now
        }
    }

    fn run_until(
        driver: &mut Driver<UnixStream>,
        session: &mut Session<MemoryHost>,
        far: &mut Far,
        done: impl Fn(&mut Session<MemoryHost>, &mut Far) -> bool,
    ) {
        let mut turns = 0;
        let end = driver.run(session, &mut clock(), &mut |session| {
            far.turn();
            turns += 1;
            assert!(turns < 1_000_000, "nothing happens");
            if done(session, far) { Turn::Stop } else { Turn::Again }
        });
        assert_eq!(end.unwrap(), End::Stopped);
    }

    #[test]
    fn both_ways_over_a_socket() {
        let (mut driver, mut session, mut far) = pair();
        let content: Vec<u8> = (0..1u32 << 20).map(|i| (i % 251) as u8).collect();
        run_until(&mut driver, &mut session, &mut far, |session, _| session.is_settled());

        session.host_mut().set_text(Selection::Clipboard, &content);
        run_until(&mut driver, &mut session, &mut far, |_, far| far.agent.host_offer(0).is_some());
        far.agent.act(Action::Request { selection: 0, type_number: 1 });
        run_until(&mut driver, &mut session, &mut far, |_, far| !far.agent.answered().is_empty());
        assert!(far.agent.answered()[0].content[..] == content[..]);

        far.agent.copy(0, [(Format::Text, content[..].into())]);
        run_until(&mut driver, &mut session, &mut far, |session, _| {
            matches!(session.host().owner(Selection::Clipboard), HostOwner::Guest(_))
        });
        let id: RequestId = session.host_mut().paste(Selection::Clipboard, Format::Text);
        run_until(&mut driver, &mut session, &mut far, |session, _| session.host().pasted(id).is_some());
        let pasted = session.host_mut().take_pasted(id).unwrap();
        assert_eq!(pasted.outcome, Outcome::Complete);
        assert!(pasted.content == content);
    }

    #[test]
    fn a_port_that_is_closed_ends_the_run_and_the_session() {
        let (mut driver, mut session, mut far) = pair();
        run_until(&mut driver, &mut session, &mut far, |session, _| session.is_settled());
        drop(far);
        let end = driver.run(&mut session, &mut clock(), &mut |_| Turn::Wait);
        assert_eq!(end.unwrap(), End::Closed);
        assert!(!session.is_settled());
    }

    #[test]
    fn detaching_tells_the_guest() {
        let (mut driver, mut session, mut far) = pair();
        session.host_mut().set_text(Selection::Clipboard, b"text");
        run_until(&mut driver, &mut session, &mut far, |_, far| far.agent.host_offer(0).is_some());
        driver.detach(&mut session, &mut clock(), 1_000_000_000).unwrap();
        far.turn();
        assert_eq!(far.agent.host_offer(0), None);
    }

    #[test]
    fn the_wait_ends_when_the_caller_says() {
        let (mut driver, mut session, _far) = pair();
        let mut looks = 0;
        let end = driver.run(&mut session, &mut clock(), &mut |_| {
            looks += 1;
            if looks < 3 { Turn::WaitUntil(0) } else { Turn::Stop }
        });
        assert_eq!((end.unwrap(), looks), (End::Stopped, 3));
    }
}

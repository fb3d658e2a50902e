//! Content in pipes: applications write what they have copied into one of ours, and we write what the guest
//! has copied into one of theirs.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use crate::clipboard::hosts::spool::Spool;
use crate::clipboard::{Read, Size};

/// Bytes moved at once.
const STEP: usize = 64 << 10;
/// Steps before the session looks again.
const STEPS: usize = 16;

/// Content that comes from an application. The end of the pipe is all that says that it is whole: of one
/// that dies in the middle the beginning counts, as in every Wayland program.
#[derive(Debug)]
pub(super) struct Incoming {
    pipe: Option<OwnedFd>,
    failed: bool,
    spool: Spool,
}

impl Incoming {
    /// A pipe, and its end for the application.
    pub fn open() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
        // Only our end: an application may not expect that writing says "later".
        nonblocking(ours.as_fd())?;
        Ok((Self { pipe: Some(ours), failed: false, spool: Spool::new() }, theirs))
    }

    /// What to wait for: to read.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads what there is. Whether anything came.
    pub fn pump(&mut self) -> bool {
        let mut buffer = vec![0; STEP];
        for step in 0..STEPS {
            let Some(pipe) = &self.pipe else { return step > 0 };
            match rustix::io::read(pipe, &mut buffer[..]) {
                Ok(0) => self.pipe = None,
                Ok(n) => {
                    self.spool.append(&buffer[..n]);
                    if self.spool.is_broken() {
                        self.pipe = None;
                    }
                }
                Err(Errno::AGAIN) => return step > 0,
                Err(Errno::INTR) => {}
                Err(_) => (self.failed, self.pipe) = (true, None),
            }
        }
        true
    }

    pub fn size(&self) -> Size {
        if self.failed { Size::Failed } else { self.spool.size(self.pipe.is_none()) }
    }

    pub fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> Read {
        self.spool.read_at(offset, buffer)
    }
}

/// Content that goes to an application.
#[derive(Debug)]
pub(super) struct Outgoing {
    pipe: OwnedFd,
    spool: Spool,
    /// Whether the guest has given all of it; nothing is written before, so that an application gets all or
    /// nothing.
    whole: bool,
    at: u64,
}

impl Outgoing {
    pub fn to(pipe: OwnedFd) -> io::Result<Self> {
        nonblocking(pipe.as_fd())?;
        Ok(Self { pipe, spool: Spool::new(), whole: false, at: 0 })
    }

    /// What to wait for: to write.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.whole.then(|| self.pipe.as_fd())
    }

    pub fn append(&mut self, bytes: &[u8]) {
        self.spool.append(bytes);
    }

    /// That was all.
    pub fn ended(&mut self) {
        self.whole = true;
    }

    /// Writes what the pipe takes. `None` when it is to be closed; otherwise whether it took anything.
    pub fn pump(&mut self) -> Option<bool> {
        if !self.whole {
            return Some(false);
        }
        let mut buffer = vec![0; STEP];
        for step in 0..STEPS {
            if self.at == self.spool.len() {
                return None;
            }
            let Read::Bytes(n) = self.spool.read_at(self.at, &mut buffer) else { return None };
            match rustix::io::write(&self.pipe, &buffer[..n]) {
                Ok(n) => self.at += n as u64,
                Err(Errno::AGAIN) => return Some(step > 0),
                Err(Errno::INTR) => {}
                // The application has closed it.
                Err(_) => return None,
            }
        }
        Some(true)
    }
}

fn nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let flags = fcntl_getfl(fd)?;
    Ok(fcntl_setfl(fd, flags | OFlags::NONBLOCK)?)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    /// An application's ends are ordinary files.
    fn app(fd: OwnedFd) -> std::fs::File {
        fd.into()
    }

    #[test]
    fn what_comes_is_whole_when_the_pipe_is_closed() {
        let (mut incoming, theirs) = Incoming::open().unwrap();
        let mut theirs = app(theirs);
        assert!(!incoming.pump() && incoming.size() == Size::Growing(0));
        theirs.write_all(b"abc").unwrap();
        assert!(incoming.pump() && incoming.size() == Size::Growing(3));
        drop(theirs);
        assert!(incoming.pump() && incoming.size() == Size::Known(3) && incoming.fd().is_none());
        let mut buffer = [0; 8];
        assert_eq!(incoming.read_at(1, &mut buffer), Read::Bytes(2));
        assert_eq!(&buffer[..2], b"bc");
    }

    #[test]
    fn what_goes_waits_until_it_is_whole_and_for_the_reader() {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let (mut reader, mut outgoing) = (app(ours), Outgoing::to(theirs).unwrap());
        let content: Vec<u8> = (0..=250).cycle().take(300_000).collect();
        outgoing.append(&content);
        assert_eq!((outgoing.pump(), outgoing.fd().is_none()), (Some(false), true));
        outgoing.ended();
        assert_eq!(outgoing.pump(), Some(true));
        assert_eq!(outgoing.pump(), Some(false), "the pipe is full");
        let mut got = Vec::new();
        while outgoing.pump().is_some() {
            let mut buffer = [0; 10_000];
            let n = reader.read(&mut buffer).unwrap();
            got.extend(&buffer[..n]);
        }
        drop(outgoing);
        reader.read_to_end(&mut got).unwrap();
        assert!(got == content);
    }

    #[test]
    fn a_reader_that_goes_ends_it() {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut outgoing = Outgoing::to(theirs).unwrap();
        outgoing.append(b"text");
        outgoing.ended();
        drop(ours);
        assert_eq!(outgoing.pump(), None);
    }
}

//! The host's side: a session over the guest's port, with any clipboard behind it.

use std::os::unix::net::UnixStream;
use std::time::Instant;

use innkeeper_services::clipboard::drive::{Driver, End, PolledHost, Turn};
use innkeeper_services::clipboard::{
    Format, HostOwner, MemoryHost, Outcome, Pasted, Policy, Recorder, Selection, Session,
};

use super::guest::Guest;
use crate::content::Paste;
use crate::display::{Display, target};
use crate::process::{LOOK, PATIENCE, nanoseconds};

/// A session with what drives it.
pub struct Host<H: PolledHost> {
    /// The session, and the clipboard in it.
    pub session: Session<H, Recorder>,
    driver: Option<Driver<UnixStream>>,
    start: Instant,
}

impl Host<MemoryHost> {
    /// A host with a clipboard in memory, on the guest's next connection, after the handshake.
    pub fn in_memory(guest: &Guest) -> Self {
        Self::new(guest, MemoryHost::default(), Policy::default())
    }

    /// Copies in the guest, and waits until the host knows.
    pub fn guest_copies(&mut self, guest: &Guest, selection: Selection, format: Format, content: &[u8]) {
        let before = self.clipboard().owner_changes(selection);
        guest.display.copy(selection, format, content);
        self.until_offered(before, selection, format);
    }

    /// Waits until the guest offers `format`, by a later change of owner than `before`.
    pub fn until_offered(&mut self, before: u64, selection: Selection, format: Format) {
        self.until("the guest's offer", |session| {
            let clipboard = session.host();
            let offered = matches!(clipboard.owner(selection), HostOwner::Guest(f) if f.contains(format));
            offered && clipboard.owner_changes(selection) > before
        });
    }

    /// Pastes on the host what the guest owns.
    pub fn paste(&mut self, selection: Selection, format: Format) -> Pasted {
        let id = self.clipboard().paste(selection, format);
        self.until("the end of a paste on the host", |session| session.host().pasted(id).is_some());
        self.clipboard().take_pasted(id).expect("a paste that ended")
    }

    /// The same; what comes must be complete.
    pub fn pastes(&mut self, selection: Selection, format: Format) -> Vec<u8> {
        let pasted = self.paste(selection, format);
        assert_eq!(pasted.outcome, Outcome::Complete);
        pasted.content
    }

    /// The clipboard in memory.
    pub fn clipboard(&mut self) -> &mut MemoryHost {
        self.session.host_mut()
    }
}

impl<H: PolledHost> Host<H> {
    /// A host on the guest's next connection, after the handshake.
    pub fn new(guest: &Guest, clipboard: H, policy: Policy) -> Self {
        let session = Session::new(clipboard, Recorder::default(), policy);
        let mut host = Self { session, driver: None, start: Instant::now() };
        host.connect(guest);
        host
    }

    /// Goes on, on the guest's next connection, after the handshake.
    pub fn connect(&mut self, guest: &Guest) {
        self.driver = Some(Driver::new(guest.accept()).expect("a driver"));
        self.until("the handshake", |session| session.is_settled());
    }

    /// Closes the port.
    pub fn disconnect(&mut self) {
        self.driver = None;
        self.session.closed(nanoseconds(self.start));
    }

    /// Runs the session until something is so.
    pub fn until(&mut self, what: &str, done: impl FnMut(&mut Session<H, Recorder>) -> bool) {
        let end = self.run(what, done);
        assert_eq!(end, End::Stopped, "{what}");
    }

    /// Runs the session until the guest closes the port.
    pub fn until_closed(&mut self) {
        assert_eq!(self.run("the port's end", |_| false), End::Closed);
        self.driver = None;
    }

    fn run(&mut self, what: &str, mut done: impl FnMut(&mut Session<H, Recorder>) -> bool) -> End {
        let (start, since) = (self.start, Instant::now());
        let driver = self.driver.as_mut().expect("an open port");
        let look = u64::try_from(LOOK.as_nanos()).expect("a short time");
        let mut late = false;
        let end = driver.run(&mut self.session, &mut || nanoseconds(start), &mut |session| {
            late = since.elapsed() > PATIENCE;
            if late || done(session) { Turn::Stop } else { Turn::WaitUntil(nanoseconds(start) + look) }
        });
        assert!(!late, "nothing after {PATIENCE:?}: {what}");
        end.unwrap_or_else(|e| panic!("{what}: {e}"))
    }

    /// Waits until the agent owns the guest's selection for the host and offers `format`, and starts to
    /// paste there. X says who owns a selection, not who that is for: the agent, which is a GTK program,
    /// offers a timestamp, which xclip does not.
    pub fn guest_pasting(&mut self, display: &Display, selection: Selection, format: Format) -> Paste {
        let wanted = [target(format), "TIMESTAMP"];
        self.until("the host's offer in the guest", |_| {
            let targets = display.targets(selection);
            wanted.iter().all(|wanted| targets.iter().any(|t| t == wanted))
        });
        display.paste(selection, format)
    }

    /// Pastes in the guest what the host owns.
    pub fn guest_pastes(&mut self, guest: &Guest, selection: Selection, format: Format) -> Vec<u8> {
        let paste = self.guest_pasting(&guest.display, selection, format);
        let (status, content) = self.finish(paste);
        assert!(status.success(), "xclip -out: {status}");
        content
    }

    /// Runs the session until an application has pasted.
    pub fn finish(&mut self, mut paste: Paste) -> (std::process::ExitStatus, Vec<u8>) {
        let mut ended = None;
        self.until("the end of a paste in the guest", |_| {
            ended = paste.ended();
            ended.is_some()
        });
        ended.expect("a paste that ended")
    }
}

impl<H: PolledHost> Drop for Host<H> {
    /// What was said, if the test failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let events = &self.session.observer().events;
            events.iter().for_each(|e| eprintln!("{:>9} us {e}", e.at / 1000));
        }
    }
}

//! The clipboard of an X11 display: CLIPBOARD and PRIMARY by the rules of the Inter-Client Communication
//! Conventions Manual (ICCCM) 2.0, section 2, with the XFIXES extension to be told who owns them.
//!
//! While the guest owns a selection we own it on the display, and answer an application's request when the
//! guest has answered it; contents beyond 128 KiB go in pieces (INCR). What applications copy is asked for
//! by a window of its own for each paste. Requests that the server itself answers are waited for; nothing
//! else is.

mod atoms;
mod display;
mod incr;
mod latin1;
mod lost;
mod owner;
mod requestor;

use std::collections::VecDeque;

use x11rb::protocol::xproto::Property;
use x11rb::protocol::{ErrorKind, Event};

use crate::clipboard::drive::{Interest, PolledHost};
use crate::clipboard::{
    Format, FormatSet, HostClipboard, HostEvent, Outcome, Read, RequestId, Selection, Size, TransferId,
};
use display::Display;
use lost::Lost;
use owner::Owner;
use requestor::Requestor;

/// A second, in nanoseconds.
const SECOND: u64 = 1_000_000_000;
/// What is handled at once, before the session looks again.
const BURST: usize = 256;

/// The clipboard of an X11 display.
#[derive(Debug)]
pub struct X11Host {
    display: Display,
    requestor: Requestor,
    owner: Owner,
    now: u64,
    events: VecDeque<HostEvent>,
    /// Whether something has changed that the session would see.
    stirred: bool,
    failure: Option<String>,
}

impl X11Host {
    /// Connects to the display `name`, such as `:0`, or to `$DISPLAY`. What is copied there already is
    /// offered to the guest.
    ///
    /// # Errors
    /// There is no such display, it does not let us in, or has no XFIXES extension: as a sentence with the
    /// cure.
    pub fn connect(name: Option<&str>) -> Result<Self, String> {
        let mut display = Display::connect(name)?;
        let begun = Requestor::new(&mut display, 0).and_then(|r| Ok((r, Owner::new(&display)?)));
        let (requestor, owner) = begun.map_err(|Lost(why)| why)?;
        let events = VecDeque::new();
        Ok(Self { display, requestor, owner, now: 0, events, stirred: false, failure: None })
    }

    /// Does something, unless the server is gone.
    fn attempt(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Lost>) {
        if self.failure.is_none()
            && let Err(Lost(why)) = act(self)
        {
            self.failure = Some(why);
        }
    }

    /// Handles what happened, and sends what we have to say.
    fn pump(&mut self) -> Result<(), Lost> {
        for _ in 0..BURST {
            let Some(event) = self.display.next_event()? else { return Ok(()) };
            self.handle(event)?;
        }
        self.stirred = true;
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<(), Lost> {
        let Self { display, requestor, owner, now, events, stirred, .. } = self;
        match event {
            Event::XfixesSelectionNotify(e) => {
                let Some(selection) = display.atoms.selection_of(e.selection) else { return Ok(()) };
                if owner.owns(selection, e.owner, e.selection_timestamp) {
                    requestor.forget(*now, selection);
                } else if !display.is_own(e.owner) {
                    requestor.owner_changed(display, *now, selection, e.owner, e.timestamp, events)?;
                }
            }
            Event::SelectionRequest(e) => owner.requested(display, e, events)?,
            Event::SelectionNotify(e) => {
                *stirred |= requestor.converted(display, e.requestor, e.property, events)?
            }
            Event::PropertyNotify(e) if e.state == Property::DELETE => {
                owner.property_gone(display, *now, e.window, e.atom)?;
            }
            Event::PropertyNotify(e) if e.atom == display.atoms.content => {
                *stirred |= requestor.property_came(display, e.window, events)?;
            }
            Event::DestroyNotify(e) => self.gone(e.window)?,
            // An application went while we spoke to it.
            Event::Error(e) if e.error_kind == ErrorKind::Window => self.gone(e.bad_value)?,
            _ => {}
        }
        Ok(())
    }

    fn gone(&mut self, window: u32) -> Result<(), Lost> {
        self.owner.gone(&mut self.display, window)?;
        self.stirred |= self.requestor.gone(&mut self.display, window, &mut self.events)?;
        Ok(())
    }
}

impl HostClipboard for X11Host {
    fn tick(&mut self, now: u64) {
        self.now = now;
        self.attempt(|h| {
            h.owner.expire(&mut h.display, now)?;
            h.requestor.expire(&mut h.display, now, &mut h.events)
        });
    }

    fn deadline(&self) -> Option<u64> {
        [self.owner.deadline(), self.requestor.deadline()].into_iter().flatten().min()
    }

    fn poll(&mut self) -> Option<HostEvent> {
        if self.events.is_empty() {
            self.attempt(Self::pump);
        }
        self.events.pop_front()
    }

    fn offer(&mut self, selection: Selection, formats: FormatSet) {
        self.attempt(|h| {
            h.requestor.forget(h.now, selection);
            h.owner.offer(&h.display, selection, formats)
        });
    }

    fn withdraw(&mut self, selection: Selection) {
        self.attempt(|h| h.owner.withdraw(&h.display, selection));
    }

    fn open(&mut self, id: TransferId, selection: Selection, format: Format) {
        self.attempt(|h| h.requestor.open(&mut h.display, id, selection, format));
    }

    fn size(&mut self, id: TransferId) -> Size {
        if self.failure.is_some() { Size::Failed } else { self.requestor.size(id) }
    }

    fn read_at(&mut self, id: TransferId, offset: u64, buffer: &mut [u8]) -> Read {
        self.requestor.read_at(id, offset, buffer)
    }

    fn close(&mut self, id: TransferId) {
        self.attempt(|h| h.requestor.close(&mut h.display, h.now, id));
    }

    fn write(&mut self, id: RequestId, bytes: &[u8]) -> usize {
        self.owner.write(id, bytes);
        bytes.len()
    }

    fn finish(&mut self, id: RequestId, outcome: Outcome) {
        self.attempt(|h| h.owner.finish(&mut h.display, h.now, id, outcome));
    }
}

impl PolledHost for X11Host {
    fn interests<'a>(&'a mut self, files: &mut Vec<Interest<'a>>) -> bool {
        // The connection may have read more than was asked of it, which poll(2) would not see.
        self.attempt(Self::pump);
        let ready = std::mem::take(&mut self.stirred) || !self.events.is_empty() || self.failure.is_some();
        files.push(Interest { fd: self.display.fd(), write: false });
        ready
    }

    fn failure(&self) -> Option<String> {
        self.failure.clone()
    }
}

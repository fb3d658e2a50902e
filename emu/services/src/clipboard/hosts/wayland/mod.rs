//! The clipboard of a Wayland compositor: both selections, by ext-data-control-v1 or
//! wlr-data-control-unstable-v1, which let a program without a window see and set them.
//!
//! While the guest owns a selection a source of ours is set. When an application pastes, the compositor
//! hands us a pipe for the content; when the guest pastes, we hand an application one.

mod desk;
mod objects;
mod pipes;
mod protocol;
mod track;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use wayland_client::backend::WaylandError;
use wayland_client::globals::registry_queue_init;
use wayland_client::protocol::wl_seat::WlSeat;
use wayland_client::{Connection, DispatchError, EventQueue, QueueHandle};

use crate::clipboard::drive::{Interest, PolledHost};
use crate::clipboard::{
    Format, FormatSet, HostClipboard, HostEvent, Outcome, Read, RequestId, Selection, Size, TransferId,
};
use desk::Desk;
use objects::Own;
use pipes::Incoming;
use protocol::{Device, Manager};

/// How long an application may take to read something (ns).
const IDLE: u64 = 30_000_000_000;

/// The clipboard of a Wayland compositor.
#[derive(Debug)]
pub struct WaylandHost {
    conn: Connection,
    queue: EventQueue<Desk>,
    handle: QueueHandle<Desk>,
    manager: Manager,
    device: Device,
    desk: Desk,
    incoming: BTreeMap<TransferId, Incoming>,
    /// When applications that read nothing are given up.
    until: BTreeMap<RequestId, u64>,
    now: u64,
    /// Whether the compositor does not take what we say.
    blocked: bool,
    /// Whether something has changed that the session would see.
    stirred: bool,
}

impl WaylandHost {
    /// Connects to the compositor's socket `name`, such as `wayland-1` (below `$XDG_RUNTIME_DIR`) or a
    /// path, or to `$WAYLAND_DISPLAY`. What is copied there already is offered to the guest. A compositor
    /// with several seats gives the first one's.
    ///
    /// # Errors
    /// There is no such compositor, or it does not let programs without a window use the clipboard: as a
    /// sentence with the cure.
    pub fn connect(name: Option<&str>) -> Result<Self, String> {
        let conn = connect(name)?;
        let begun = registry_queue_init::<Desk>(&conn);
        let (globals, mut queue) =
            begun.map_err(|e| format!("the Wayland compositor does not answer: {e}"))?;
        let handle = queue.handle();
        let manager = Manager::bind(&globals, &handle).ok_or(
            "the Wayland compositor has neither ext-data-control-v1 nor wlr-data-control-unstable-v1, so that \
             only the program in front sees the clipboard (GNOME is such): take the clipboard of its X11 side, \
             x11, or a compositor with one of them (Plasma, Sway, Hyprland, COSMIC, …)",
        )?;
        let seat: WlSeat = globals
            .bind(&handle, 1..=1, ())
            .map_err(|_| "the Wayland compositor has no seat, and so no clipboard".to_owned())?;
        let device = manager.device(&seat, &handle);
        let mut desk = Desk::new();
        queue.roundtrip(&mut desk).map_err(|e| lost(&e))?;
        let (incoming, until) = Default::default();
        let (now, blocked, stirred) = (0, false, false);
        Ok(Self { conn, queue, handle, manager, device, desk, incoming, until, now, blocked, stirred })
    }

    /// Handles what happened, moves content, and sends what we have to say.
    fn pump(&mut self) {
        if self.desk.failure.is_none()
            && let Err(error) = self.exchange()
        {
            self.desk.failure = Some(lost(&error));
        }
        for incoming in self.incoming.values_mut() {
            self.stirred |= incoming.pump();
        }
        let (now, until) = (self.now, &mut self.until);
        self.desk.outgoing.retain(|id, outgoing| {
            let moved = outgoing.pump();
            match moved {
                None => drop(until.remove(id)),
                Some(true) => drop(until.insert(*id, now.saturating_add(IDLE))),
                Some(false) => {}
            }
            moved.is_some()
        });
    }

    fn exchange(&mut self) -> Result<(), DispatchError> {
        loop {
            self.queue.dispatch_pending(&mut self.desk)?;
            self.blocked = later(self.conn.flush())?;
            // Nothing to read while events wait.
            let Some(guard) = self.queue.prepare_read() else { continue };
            if later(guard.read().map(drop))? {
                return Ok(());
            }
        }
    }
}

/// Whether something cannot be done now.
fn later(result: Result<(), WaylandError>) -> Result<bool, WaylandError> {
    match result {
        Ok(()) => Ok(false),
        Err(WaylandError::Io(e)) if e.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(e) => Err(e),
    }
}

fn lost(error: &DispatchError) -> String {
    format!("the Wayland compositor is gone: {error}")
}

fn connect(name: Option<&str>) -> Result<Connection, String> {
    let cure = "set WAYLAND_DISPLAY and XDG_RUNTIME_DIR as in a terminal of the desktop";
    let Some(name) = name else {
        let failed =
            |e| format!("failed to connect to the Wayland compositor of $WAYLAND_DISPLAY: {e}; {cure}");
        return Connection::connect_to_env().map_err(failed);
    };
    let below = std::env::var_os("XDG_RUNTIME_DIR").unwrap_or_default();
    let path = Path::new(&below).join(name);
    let failed = |e: &dyn std::fmt::Display| format!("failed to connect to {}: {e}; {cure}", path.display());
    let stream = UnixStream::connect(&path).map_err(|e| failed(&e))?;
    Connection::from_socket(stream).map_err(|e| failed(&e))
}

impl HostClipboard for WaylandHost {
    fn tick(&mut self, now: u64) {
        self.now = now;
        let late = self.until.extract_if(.., |_, until| *until <= now);
        late.for_each(|(id, _)| drop(self.desk.outgoing.remove(&id)));
    }

    fn deadline(&self) -> Option<u64> {
        self.until.values().copied().min()
    }

    fn poll(&mut self) -> Option<HostEvent> {
        if self.desk.events.is_empty() {
            self.pump();
        }
        self.desk.events.pop_front()
    }

    fn offer(&mut self, selection: Selection, formats: FormatSet) {
        let (number, mark) = self.desk.begin_source(selection);
        let source = self.manager.source(Own { selection, number }, &self.handle);
        formats.iter().flat_map(Format::targets).for_each(|mime| source.offer(mime));
        source.offer(&mark);
        if self.device.set(selection, &source) {
            self.desk.set_source(selection, number, source, formats);
        } else {
            source.destroy();
        }
    }

    fn withdraw(&mut self, selection: Selection) {
        self.desk.drop_source(selection);
    }

    fn open(&mut self, id: TransferId, selection: Selection, format: Format) {
        let Some((offer, mime)) = self.desk.offer_of(selection, format) else { return };
        let Ok((incoming, theirs)) = Incoming::open() else { return };
        offer.receive(mime, theirs.as_fd());
        // Our copy of the application's end is closed when this returns: the pipe then ends with theirs.
        self.incoming.insert(id, incoming);
    }

    fn size(&mut self, id: TransferId) -> Size {
        self.incoming.get(&id).map_or(Size::Failed, Incoming::size)
    }

    fn read_at(&mut self, id: TransferId, offset: u64, buffer: &mut [u8]) -> Read {
        self.incoming.get_mut(&id).map_or(Read::Failed, |incoming| incoming.read_at(offset, buffer))
    }

    fn close(&mut self, id: TransferId) {
        self.incoming.remove(&id);
    }

    fn write(&mut self, id: RequestId, bytes: &[u8]) -> usize {
        self.desk.outgoing.get_mut(&id).into_iter().for_each(|outgoing| outgoing.append(bytes));
        bytes.len()
    }

    fn finish(&mut self, id: RequestId, outcome: Outcome) {
        if matches!(outcome, Outcome::Complete | Outcome::Empty)
            && let Some(outgoing) = self.desk.outgoing.get_mut(&id)
        {
            outgoing.ended();
            self.until.insert(id, self.now.saturating_add(IDLE));
            self.stirred = true;
        } else {
            self.desk.outgoing.remove(&id);
        }
    }
}

impl PolledHost for WaylandHost {
    fn interests<'a>(&'a mut self, files: &mut Vec<Interest<'a>>) -> bool {
        // What was read with an answer is here already: poll(2) would not see it.
        self.pump();
        let ready =
            std::mem::take(&mut self.stirred) || !self.desk.events.is_empty() || self.desk.failure.is_some();
        files.push(Interest { fd: self.conn.as_fd(), write: false });
        if self.blocked {
            files.push(Interest { fd: self.conn.as_fd(), write: true });
        }
        let reading = self.incoming.values().filter_map(Incoming::fd);
        files.extend(reading.map(|fd| Interest { fd, write: false }));
        let writing = self.desk.outgoing.values().filter_map(pipes::Outgoing::fd);
        files.extend(writing.map(|fd| Interest { fd, write: true }));
        ready
    }

    fn failure(&self) -> Option<String> {
        self.desk.failure.clone()
    }
}

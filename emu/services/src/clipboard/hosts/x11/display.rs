//! The connection to the X server.

use std::collections::BTreeMap;
use std::os::fd::{AsFd as _, BorrowedFd};

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask,
    GetPropertyReply, PropMode, SelectionNotifyEvent, SelectionRequestEvent, Timestamp, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME, NONE};

use super::atoms::Atoms;
use super::incr::PIECE;
use super::lost::Lost;
use crate::clipboard::Selection;

/// A property of more bytes than this is not read.
const MAX_PROPERTY: u64 = 256 << 20;

/// The connection, and which windows of applications are watched.
#[derive(Debug)]
pub(super) struct Display {
    pub conn: RustConnection,
    pub atoms: Atoms,
    root: Window,
    /// How often each of applications' windows is watched: its properties and its end.
    watched: BTreeMap<Window, u32>,
}

impl Display {
    /// Connects to the display `name`, or `$DISPLAY`.
    pub fn connect(name: Option<&str>) -> Result<Self, String> {
        let shown = name.map_or_else(
            || {
                std::env::var("DISPLAY")
                    .map_or_else(|_| "$DISPLAY, which is not set".into(), |d| format!("display {d}"))
            },
            |name| format!("display {name}"),
        );
        let (conn, screen) = RustConnection::connect(name).map_err(|e| {
            format!("failed to connect to {shown}: {e}; set DISPLAY (and XAUTHORITY) as in a terminal of the desktop")
        })?;
        Self::on(conn, screen).map_err(|Lost(why)| format!("{shown}: {why}"))
    }

    fn on(conn: RustConnection, screen: usize) -> Result<Self, Lost> {
        if conn.extension_information(xfixes::X11_EXTENSION_NAME)?.is_none() {
            return Err(Lost(
                "the X server has no XFIXES extension, without which nobody says what is copied".into(),
            ));
        }
        conn.xfixes_query_version(1, 0)?.reply().map_err(Lost::reply)?;
        let atoms = Atoms::intern(&conn)?;
        let root = conn.setup().roots.get(screen).map_or(NONE, |screen| screen.root);
        Ok(Self { conn, atoms, root, watched: BTreeMap::new() })
    }

    /// What to wait for.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.conn.stream().as_fd()
    }

    /// The next thing that happened, if it is here already. What we said before is sent.
    pub fn next_event(&self) -> Result<Option<Event>, Lost> {
        if let Some(event) = self.conn.poll_for_event()? {
            return Ok(Some(event));
        }
        self.conn.flush()?;
        // Sending may have read.
        Ok(self.conn.poll_for_event()?)
    }

    /// Makes a window that is never seen, with a say about its properties.
    pub fn window(&self) -> Result<Window, Lost> {
        let window = self.conn.generate_id()?;
        let aux = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        self.conn.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            self.root,
            0,
            0,
            1,
            1,
            0,
            WindowClass::INPUT_ONLY,
            COPY_FROM_PARENT,
            &aux,
        )?;
        Ok(window)
    }

    pub fn destroy(&self, window: Window) -> Result<(), Lost> {
        self.conn.destroy_window(window)?;
        Ok(())
    }

    /// Whether a window is this connection's.
    pub fn is_own(&self, window: Window) -> bool {
        let setup = self.conn.setup();
        window & !setup.resource_id_mask == setup.resource_id_base
    }

    /// From now on it is told when an application's window changes its properties or goes; if it has gone,
    /// by an error. To be taken back as often.
    pub fn watch(&mut self, window: Window) -> Result<(), Lost> {
        let count = self.watched.entry(window).or_default();
        *count += 1;
        if *count == 1 {
            self.select(window, EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY)?;
        }
        Ok(())
    }

    /// Takes [`Display::watch`] back.
    pub fn unwatch(&mut self, window: Window) -> Result<(), Lost> {
        let Some(count) = self.watched.get_mut(&window) else { return Ok(()) };
        *count -= 1;
        if *count == 0 {
            self.watched.remove(&window);
            self.select(window, EventMask::NO_EVENT)?;
        }
        Ok(())
    }

    fn select(&self, window: Window, mask: EventMask) -> Result<(), Lost> {
        self.conn.change_window_attributes(window, &ChangeWindowAttributesAux::new().event_mask(mask))?;
        Ok(())
    }

    /// Has it told who owns a selection from now on, and says who does.
    pub fn follow(&self, window: Window, selection: Selection) -> Result<Window, Lost> {
        let mask = xfixes::SelectionEventMask::SET_SELECTION_OWNER
            | xfixes::SelectionEventMask::SELECTION_WINDOW_DESTROY
            | xfixes::SelectionEventMask::SELECTION_CLIENT_CLOSE;
        let atom = self.atoms.selection(selection);
        self.conn.xfixes_select_selection_input(window, atom, mask)?;
        Ok(self.conn.get_selection_owner(atom)?.reply().map_err(Lost::reply)?.owner)
    }

    /// Asks a selection's owner for it as `target`, for a window of ours.
    pub fn convert(
        &self,
        window: Window,
        selection: Selection,
        target: Atom,
        time: Timestamp,
    ) -> Result<(), Lost> {
        let (selection, property) = (self.atoms.selection(selection), self.atoms.content);
        self.conn.convert_selection(window, selection, target, property, time)?;
        Ok(())
    }

    /// Takes a selection.
    pub fn own(&self, window: Window, selection: Selection) -> Result<(), Lost> {
        // The time that the server puts for CURRENT_TIME comes back by XFIXES.
        self.conn.set_selection_owner(window, self.atoms.selection(selection), CURRENT_TIME)?;
        Ok(())
    }

    /// Reads a property of a window of ours and deletes it, which asks for the next piece. `part` gets it
    /// in parts. How many bytes it had; `None` if there is none, or one that is larger than any piece can be.
    pub fn take_property(
        &self,
        window: Window,
        part: &mut dyn FnMut(&GetPropertyReply),
    ) -> Result<Option<u64>, Lost> {
        let (mut words, mut total) = (0, 0);
        let step = u32::try_from(PIECE / 4).unwrap_or(u32::MAX);
        while total <= MAX_PROPERTY {
            let property = self.atoms.content;
            let reply = self.conn.get_property(true, window, property, AtomEnum::ANY, words, step)?.reply();
            let Some(reply) = answered(reply)?.filter(|reply| reply.type_ != NONE) else { return Ok(None) };
            part(&reply);
            total += reply.value.len() as u64;
            if reply.bytes_after == 0 {
                return Ok(Some(total));
            }
            words += step;
        }
        Ok(None)
    }

    /// The pairs of atoms in a requestor's property for MULTIPLE, at most `max`.
    pub fn pairs(&self, window: Window, property: Atom, max: u32) -> Result<Option<Vec<[Atom; 2]>>, Lost> {
        let reply = self.conn.get_property(false, window, property, AtomEnum::ANY, 0, 2 * max)?.reply();
        let Some(reply) = answered(reply)?.filter(|reply| reply.bytes_after == 0) else { return Ok(None) };
        let Some(values) = reply.value32() else { return Ok(None) };
        let values: Vec<Atom> = values.collect();
        Ok(Some(values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()))
    }

    /// Puts bytes into a requestor's property.
    pub fn put(&self, window: Window, property: Atom, type_: Atom, bytes: &[u8]) -> Result<(), Lost> {
        self.conn.change_property8(PropMode::REPLACE, window, property, type_, bytes)?;
        Ok(())
    }

    /// Puts numbers or atoms into a requestor's property.
    pub fn put32(&self, window: Window, property: Atom, type_: Atom, values: &[u32]) -> Result<(), Lost> {
        self.conn.change_property32(PropMode::REPLACE, window, property, type_, values)?;
        Ok(())
    }

    /// Answers a requestor; without a property, that there is nothing.
    pub fn notify(&self, request: &SelectionRequestEvent, property: Option<Atom>) -> Result<(), Lost> {
        let event = SelectionNotifyEvent {
            response_type: x11rb::protocol::xproto::SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: property.unwrap_or(NONE),
        };
        self.conn.send_event(false, request.requestor, EventMask::NO_EVENT, event)?;
        Ok(())
    }
}

/// A reply, or none where an application's window has gone.
fn answered<T>(reply: Result<T, ReplyError>) -> Result<Option<T>, Lost> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(ReplyError::ConnectionError(error)) => Err(error.into()),
    }
}

//! An X11 application that does what it is told, also what none should.

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, Property, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME, NONE};

/// The application, with one window.
pub struct App {
    conn: RustConnection,
    pub window: Window,
}

impl App {
    pub fn on(display: &str) -> App {
        let (conn, screen) = RustConnection::connect(Some(display)).expect("a display");
        let window = conn.generate_id().expect("a window");
        let root = conn.setup().roots[screen].root;
        let aux = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let class = WindowClass::INPUT_ONLY;
        conn.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            root,
            0,
            0,
            1,
            1,
            0,
            class,
            COPY_FROM_PARENT,
            &aux,
        )
        .expect("a window");
        App { conn, window }
    }

    pub fn atom(&self, name: &str) -> Atom {
        self.conn.intern_atom(false, name.as_bytes()).expect("sent").reply().expect("an atom").atom
    }

    pub fn own(&self, selection: &str) {
        self.conn.set_selection_owner(self.window, self.atom(selection), CURRENT_TIME).expect("sent");
        self.conn.sync().expect("a server");
    }

    pub fn next_event(&self) -> Option<Event> {
        self.conn.flush().expect("a server");
        self.conn.poll_for_event().expect("a server")
    }

    /// The next request for something else than TARGETS, which is answered with these.
    pub fn next_request(&self, targets: &[&str]) -> Option<SelectionRequestEvent> {
        let Event::SelectionRequest(request) = self.next_event()? else { return None };
        if request.target != self.atom("TARGETS") {
            return Some(request);
        }
        let atoms: Vec<Atom> = targets.iter().map(|name| self.atom(name)).collect();
        let (window, property) = (request.requestor, request.property);
        self.conn
            .change_property32(PropMode::REPLACE, window, property, AtomEnum::ATOM, &atoms)
            .expect("sent");
        self.answer(&request);
        None
    }

    /// Says that pieces follow, and keeps an eye on the requestor.
    pub fn answer_incr(&self, request: &SelectionRequestEvent) {
        let aux =
            x11rb::protocol::xproto::ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        self.conn.change_window_attributes(request.requestor, &aux).expect("sent");
        let incr = self.atom("INCR");
        self.conn
            .change_property32(PropMode::REPLACE, request.requestor, request.property, incr, &[1])
            .expect("sent");
        self.answer(request);
    }

    pub fn put(&self, request: &SelectionRequestEvent, type_: &str, bytes: &[u8]) {
        let type_ = self.atom(type_);
        self.conn
            .change_property8(PropMode::REPLACE, request.requestor, request.property, type_, bytes)
            .expect("sent");
    }

    pub fn answer(&self, request: &SelectionRequestEvent) {
        let event = SelectionNotifyEvent {
            response_type: x11rb::protocol::xproto::SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: request.property,
        };
        self.conn.send_event(false, request.requestor, EventMask::NO_EVENT, event).expect("sent");
        self.conn.sync().expect("a server");
    }

    /// Asks for a conversion into the property of the same name as `property`.
    pub fn convert(&self, selection: &str, target: &str, property: &str) {
        let [selection, target, property] = [selection, target, property].map(|name| self.atom(name));
        self.conn.convert_selection(self.window, selection, target, property, CURRENT_TIME).expect("sent");
        self.conn.flush().expect("a server");
    }

    /// Puts what MULTIPLE is to convert into a property.
    pub fn put_pairs(&self, property: &str, pairs: &[(&str, &str)]) {
        let atoms: Vec<Atom> = pairs.iter().flat_map(|(t, p)| [self.atom(t), self.atom(p)]).collect();
        let (property, type_) = (self.atom(property), self.atom("ATOM_PAIR"));
        self.conn.change_property32(PropMode::REPLACE, self.window, property, type_, &atoms).expect("sent");
    }

    /// A property's type and value, which is deleted; `None` if there is none.
    pub fn take(&self, property: &str) -> Option<(Atom, Vec<u8>)> {
        let property = self.atom(property);
        let reply = self.conn.get_property(true, self.window, property, AtomEnum::ANY, 0, u32::MAX / 4);
        let reply = reply.expect("sent").reply().expect("a property");
        (reply.type_ != NONE).then_some((reply.type_, reply.value))
    }

    /// The answer to [`App::convert`]: whether there is a property.
    pub fn answered(&self) -> Option<bool> {
        match self.next_event()? {
            Event::SelectionNotify(e) => Some(e.property != NONE),
            _ => None,
        }
    }

    /// Whether a property of the requestor's was deleted.
    pub fn deleted(&self, request: &SelectionRequestEvent) -> bool {
        matches!(self.next_event(), Some(Event::PropertyNotify(e))
            if e.window == request.requestor && e.atom == request.property && e.state == Property::DELETE)
    }
}

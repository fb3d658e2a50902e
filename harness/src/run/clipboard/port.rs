//! A session joined to a port of a machine: what the guest writes goes to the session and what the session
//! says goes to the guest, at the points in guest time at which the machine gives control back.

use innkeeper_core::dev::Opening;
use innkeeper_services::clipboard::{Bounded, HostClipboard, Observer, Session};

use crate::run::guest::Guest;

/// The name of the port that agents open.
pub const NAME: &str = "com.redhat.spice.0";

/// Bytes between the session and the port at most; then the session waits.
const ROOM: usize = 64 << 10;

/// The host's end of a byte port.
pub trait Port {
    /// Whether the guest has it open.
    fn is_open(&mut self) -> bool;
    /// When it has opened it last.
    fn opening(&mut self) -> Opening;
    /// Takes what the guest wrote, at most 64 KiB; the guest waits with the rest.
    fn take(&mut self) -> Vec<u8>;
    /// Offers bytes to the guest; how many it has room for.
    fn offer(&mut self, bytes: &[u8]) -> usize;
    /// Closes the host's end and opens it again, so that the guest's agent starts afresh.
    fn hang_up(&mut self);
}

/// The port of a machine.
pub struct GuestPort<'a>(pub &'a mut dyn Guest);

impl Port for GuestPort<'_> {
    fn is_open(&mut self) -> bool {
        self.0.port_open(NAME)
    }

    fn opening(&mut self) -> Opening {
        self.0.port_opening(NAME)
    }

    fn take(&mut self) -> Vec<u8> {
        self.0.take_port_output(NAME)
    }

    fn offer(&mut self, bytes: &[u8]) -> usize {
        if bytes.is_empty() { 0 } else { self.0.offer_port_input(NAME, bytes) }
    }

    fn hang_up(&mut self) {
        self.0.set_port_open(NAME, false);
        self.0.set_port_open(NAME, true);
    }
}

/// A session, and what is between it and its port.
pub struct Wire<H, O> {
    /// The protocol.
    pub session: Session<H, O>,
    open: bool,
    /// Number of the guest's opening that the session is about.
    opening: u64,
    to_guest: Bounded,
    /// What the session has not taken yet.
    to_host: Vec<u8>,
}

impl<H: HostClipboard, O: Observer> Wire<H, O> {
    /// A session whose port is closed.
    pub fn new(session: Session<H, O>) -> Self {
        Wire { session, open: false, opening: 0, to_guest: Bounded::new(ROOM), to_host: Vec::new() }
    }

    /// Whether the guest had the port open when bytes were moved last.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Moves bytes both ways until none moves. Whether the guest may have something to do by that: it was
    /// given bytes or room for them, or was hung up on.
    pub fn pump(&mut self, now: u64, port: &mut dyn Port) -> bool {
        let mut given = false;
        loop {
            given |= self.follow(now, port);
            self.session.transmit(now, &mut self.to_guest);
            let sent = port.offer(self.to_guest.bytes());
            self.to_guest.consume(sent);
            if self.to_host.is_empty() {
                self.to_host = port.take();
                given |= !self.to_host.is_empty();
            }
            let taken = self.session.receive(now, &self.to_host);
            self.to_host.drain(..taken);
            given |= sent > 0;
            if sent == 0 && taken == 0 && !self.session.must_close() && self.open == port.is_open() {
                return given;
            }
        }
    }

    /// Opens and closes the session as the guest does the port; hangs up where it is out of step, and says
    /// so. An agent that was hung up on opens its port again soon: the session then begins once more, since
    /// what was said in between never reached the agent.
    fn follow(&mut self, now: u64, port: &mut dyn Port) -> bool {
        let out_of_step = self.session.must_close();
        if out_of_step {
            port.hang_up();
        }
        let (open, opening) = (port.is_open(), port.opening());
        if self.open && (out_of_step || !open || opening.number != self.opening) {
            // What was written before the port was closed arrives.
            let mut written = port.take();
            let old = if open { opening.before.min(written.len()) } else { written.len() };
            let new = written.split_off(old);
            self.to_host.extend(written);
            self.session.receive(now, &self.to_host);
            self.session.closed(now);
            self.to_host = new;
            self.to_guest = Bounded::new(ROOM);
            self.open = false;
        }
        if !self.open && open {
            self.session.opened(now);
            (self.open, self.opening) = (true, opening.number);
        }
        out_of_step
    }
}

#[cfg(test)]
mod tests {
    use innkeeper_services::clipboard::agent::{Action, Agent, Profile};
    use innkeeper_services::clipboard::{Faults, Format, MemoryHost, Policy, Selection};

    use super::*;

    /// A guest with a scripted agent behind a port of few descriptors, its openings, and what it wrote
    /// before the last of them.
    struct Machine(Agent, u64, Vec<u8>);

    impl Port for Machine {
        fn is_open(&mut self) -> bool {
            self.0.is_connected()
        }
        fn opening(&mut self) -> Opening {
            Opening { number: self.1, before: self.2.len() }
        }
        fn take(&mut self) -> Vec<u8> {
            let mut out = Bounded::new(1000);
            self.0.transmit(0, &mut out);
            [&std::mem::take(&mut self.2), out.bytes()].concat()
        }
        fn offer(&mut self, bytes: &[u8]) -> usize {
            let n = bytes.len().min(1000);
            self.0.receive(0, &bytes[..n])
        }
        fn hang_up(&mut self) {
            self.0.disconnect();
        }
    }

    const CLIP: Selection = Selection::Clipboard;

    fn pair() -> (Wire<MemoryHost, ()>, Machine) {
        let session = Session::new(MemoryHost::default(), (), Policy::default());
        let mut machine = Machine(Agent::new(Profile::LINUX), 1, Vec::new());
        machine.0.connect(true);
        (Wire::new(session), machine)
    }

    #[test]
    fn bytes_cross_both_ways_and_the_guest_is_woken() {
        let (mut wire, mut machine) = pair();
        assert!(wire.pump(0, &mut machine));
        assert!(!wire.pump(1, &mut machine), "nothing more to say");
        let content: Vec<u8> = (0..1u32 << 20).map(|i| i.to_le_bytes()[0]).collect();
        wire.session.host_mut().set_text(CLIP, &content);
        wire.pump(2, &mut machine);
        machine.0.act(Action::Request { selection: 0, type_number: 1 });
        wire.pump(3, &mut machine);
        assert!(machine.0.take_answered()[0].content == content);
        machine.0.copy(0, [(Format::Text, content[1..].into())]);
        wire.pump(4, &mut machine);
        let id = wire.session.host_mut().paste(CLIP, Format::Text);
        wire.pump(5, &mut machine);
        assert!(wire.session.host_mut().take_pasted(id).expect("a paste").content == content[1..]);
    }

    #[test]
    fn a_session_out_of_step_hangs_up() {
        let (mut wire, mut machine) = pair();
        wire.session.host_mut().set_text(CLIP, b"text");
        wire.session.host_mut().faults = Faults { fail_reads: true, ..Faults::default() };
        wire.pump(0, &mut machine);
        machine.0.act(Action::Request { selection: 0, type_number: 1 });
        wire.pump(1, &mut machine);
        assert!(!machine.0.is_connected() && machine.0.waiting() == 0);
        wire.session.host_mut().faults = Faults::default();
        machine.0.connect(false);
        wire.pump(2, &mut machine);
        assert!(machine.0.host_offer(0).is_some(), "what the host owns is offered again");
    }

    #[test]
    fn a_close_and_an_open_between_two_looks_are_seen() {
        let (mut wire, mut machine) = pair();
        wire.pump(0, &mut machine);
        machine.0.copy(0, [(Format::Text, [b'a'; 5000][..].into())]);
        wire.pump(1, &mut machine);
        let id = wire.session.host_mut().paste(CLIP, Format::Text);
        let mut request = Bounded::new(1000);
        wire.session.transmit(2, &mut request);
        machine.0.receive(2, request.bytes());
        // Its answer begins, the daemon starts again, and half a message of before is still to be taken.
        machine.2 = machine.take();
        assert_eq!(machine.2.len(), 1000);
        machine.0.connect(true);
        machine.1 += 1;
        wire.pump(3, &mut machine);
        let outcome = wire.session.host_mut().take_pasted(id).expect("a paste").outcome;
        assert_eq!(outcome, innkeeper_services::clipboard::Outcome::Disconnected);
        assert!(wire.session.is_settled(), "both have announced themselves anew");
    }
}

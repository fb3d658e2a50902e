//! A session joined to a port of a machine: what the guest writes goes to the session and what the session
//! says goes to the guest, at the points in guest time at which the machine gives control back.

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
    to_guest: Bounded,
    /// What the session has not taken yet.
    to_host: Vec<u8>,
}

impl<H: HostClipboard, O: Observer> Wire<H, O> {
    /// A session whose port is closed.
    pub fn new(session: Session<H, O>) -> Self {
        Wire { session, open: false, to_guest: Bounded::new(ROOM), to_host: Vec::new() }
    }

    /// Moves bytes both ways until none moves. Whether the guest was given any.
    pub fn pump(&mut self, now: u64, port: &mut dyn Port) -> bool {
        let mut given = false;
        loop {
            self.follow(now, port);
            self.session.transmit(now, &mut self.to_guest);
            let sent = port.offer(self.to_guest.bytes());
            self.to_guest.consume(sent);
            if self.to_host.is_empty() {
                self.to_host = port.take();
            }
            let taken = self.session.receive(now, &self.to_host);
            self.to_host.drain(..taken);
            given |= sent > 0;
            if sent == 0 && taken == 0 && !self.session.must_close() && self.open == port.is_open() {
                return given;
            }
        }
    }

    /// Opens and closes the session as the guest does the port; hangs up where it is out of step.
    fn follow(&mut self, now: u64, port: &mut dyn Port) {
        let out_of_step = self.session.must_close();
        if out_of_step {
            port.hang_up();
        }
        if self.open && (out_of_step || !port.is_open()) {
            // What was written before the port was closed arrives.
            self.to_host.extend(port.take());
            self.session.receive(now, &self.to_host);
            self.session.closed(now);
            self.to_host.clear();
            self.to_guest = Bounded::new(ROOM);
            self.open = false;
        }
        if !self.open && port.is_open() {
            self.session.opened(now);
            self.open = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use innkeeper_services::clipboard::agent::{Action, Agent, Profile};
    use innkeeper_services::clipboard::{Faults, Format, MemoryHost, Policy, Selection};

    use super::*;

    /// A guest with a scripted agent behind a port of few descriptors.
    struct Machine(Agent);

    impl Port for Machine {
        fn is_open(&mut self) -> bool {
            self.0.is_connected()
        }
        fn take(&mut self) -> Vec<u8> {
            let mut out = Bounded::new(1000);
            self.0.transmit(0, &mut out);
            out.bytes().to_vec()
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
        let mut machine = Machine(Agent::new(Profile::LINUX));
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
}

//! The console device with several ports (virtio 1.2, 5.3): bytes between guest and outside by the name
//! of a port. Port 0, which would be a console, is never announced: drivers expect named ports from 1 on.
//!
//! What the guest writes waits in a bounded buffer; while that is full, its buffers stay unused. What
//! nobody outside is connected to is thrown away, as QEMU does.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Broken, Kind, Mmio, Queues};
use crate::dev::{Opening, Ports};
use crate::state::{StateError, Stateful, Undigested};

/// Most ports: QEMU has as many.
pub const PORTS_MAX: usize = 30;
/// Most bytes of a port that wait to be taken by the outside.
pub const OUTPUT_LIMIT: usize = 64 << 10;
/// Most bytes of a port's name.
pub const NAME_MAX: usize = 64;

/// Numbers of 5.3.2 to 5.3.6.
mod spec {
    pub const F_MULTIPORT: u64 = 1 << 1;
    pub const CONTROL_RECEIVE: usize = 2;
    pub const CONTROL_TRANSMIT: usize = 3;
    /// Bytes of a control message: u32 id, u16 event, u16 value.
    pub const CONTROL: usize = 8;
    pub const DEVICE_READY: u16 = 0;
    pub const PORT_ADD: u16 = 1;
    pub const PORT_READY: u16 = 3;
    pub const PORT_OPEN: u16 = 6;
    pub const PORT_NAME: u16 = 7;
    pub const MAX_NR_PORTS: u64 = 4;
}
use spec::*;

/// Index of a port's receive queue; the transmit queue comes next.
fn receive_queue(port: usize) -> usize {
    // Port 0 has queues 0 and 1, control 2 and 3.
    2 * (port + 1) + 2
}

#[derive(Debug, Default)]
struct Port {
    // Configuration.
    name: String,
    state: PortState,
}

/// What the guest can see of a port, and what waits for the outside. Who is connected outside is not in the
/// machine: after a restore, the outside says so anew.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PortState {
    /// The guest has been told of the port, is to be told of it, of its name.
    added: bool,
    add: bool,
    tell_name: bool,
    /// The driver knows the port.
    ready: bool,
    guest_open: bool,
    host_open: bool,
    /// Openings and closings that the guest has not been told of. At most two: a close and an open in a
    /// row have to arrive as such, more says nothing.
    tell_open: Vec<bool>,
    /// Bytes of the chain next in the transmit queue that are in `output` already.
    sent: u64,
    /// What the guest wrote and nobody has taken.
    output: Vec<u8>,
    /// For the outside: the guest does not see it.
    opening: Undigested<Opening>,
}

impl PortState {
    fn restart(&mut self) {
        let output = std::mem::take(&mut self.output);
        *self =
            PortState { output, opening: self.opening, host_open: self.host_open, ..PortState::default() };
    }

    fn set_guest_open(&mut self, open: bool) {
        if open && !self.guest_open {
            *self.opening = Opening { number: self.opening.number + 1, before: self.output.len() };
        }
        self.guest_open = open;
    }

    fn set_host_open(&mut self, open: bool) {
        if self.host_open == open {
            return;
        }
        self.host_open = open;
        if !open {
            self.output.clear();
            self.opening.before = 0;
        }
        if self.ready {
            self.tell_open.push(open);
            if self.tell_open.len() > 2 {
                self.tell_open.truncate(1);
            }
        }
    }

    /// The next control message for the guest: event, value, name.
    fn message<'a>(&self, name: &'a str) -> Option<(u16, u16, &'a str)> {
        match (self.add, self.tell_name, self.tell_open.first()) {
            (true, ..) => Some((PORT_ADD, 1, "")),
            (_, true, _) => Some((PORT_NAME, 1, name)),
            (.., Some(&open)) => Some((PORT_OPEN, open.into(), "")),
            _ => None,
        }
    }

    fn told(&mut self) {
        if self.add {
            (self.add, self.added) = (false, true);
        } else if self.tell_name {
            self.tell_name = false;
        } else if !self.tell_open.is_empty() {
            self.tell_open.remove(0);
        }
    }
}

/// The device.
#[derive(Debug)]
pub struct Console {
    ports: Vec<Port>,
}

impl Console {
    /// A device with ports of these names, at most [`PORTS_MAX`].
    pub fn new(names: &[String]) -> Console {
        let port = |name: &String| Port { name: name.clone(), state: PortState::default() };
        Console { ports: names.iter().take(PORTS_MAX).map(port).collect() }
    }

    #[cfg(test)]
    pub(super) fn host_open(&self, port: usize) -> bool {
        self.ports[port].state.host_open
    }

    fn port(&self, n: usize) -> Option<&PortState> {
        self.ports.get(n).map(|p| &p.state)
    }

    fn state_mut(&mut self, n: usize) -> Option<&mut PortState> {
        self.ports.get_mut(n).map(|p| &mut p.state)
    }

    /// A control message from the guest. What makes no sense is ignored: the specification gives it no
    /// consequence.
    fn control(&mut self, message: [u8; CONTROL]) {
        let [a, b, c, d, e, f, g, h] = message;
        let (id, event, value) =
            (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]), u16::from_le_bytes([g, h]));
        if event == DEVICE_READY && value == 1 {
            self.ports.iter_mut().map(|p| &mut p.state).filter(|p| !p.added).for_each(|p| p.add = true);
            return;
        }
        let index = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        let Some(port) = index.and_then(|i| self.state_mut(i)).filter(|p| p.added) else { return };
        match (event, value) {
            (PORT_READY, 1) if !port.ready => {
                (port.ready, port.tell_name) = (true, true);
                port.tell_open = if port.host_open { vec![true] } else { Vec::new() };
            }
            (PORT_OPEN, value) => port.set_guest_open(value != 0),
            _ => {}
        }
    }

    fn receive_control(&mut self, queues: &mut Queues) -> Result<(), Broken> {
        while let Some(chain) = queues.pop(CONTROL_TRANSMIT)? {
            let mut message = [0; CONTROL];
            if queues.read(&chain, 0, &mut message)? == CONTROL {
                self.control(message);
            }
            queues.complete(CONTROL_TRANSMIT, &chain, 0)?;
        }
        self.send_control(queues)
    }

    /// Tells the guest what it does not know yet, as far as it has buffers. A buffer that is too small
    /// loses the message, as on other devices: drivers have pages.
    fn send_control(&mut self, queues: &mut Queues) -> Result<(), Broken> {
        for (id, port) in (1u32..).zip(&mut self.ports) {
            while let Some((event, value, name)) = port.state.message(&port.name) {
                let Some(chain) = queues.pop(CONTROL_RECEIVE)? else { return Ok(()) };
                let mut bytes =
                    [id.to_le_bytes().as_slice(), &event.to_le_bytes(), &value.to_le_bytes()].concat();
                bytes.extend_from_slice(name.as_bytes());
                let n = queues.write(&chain, &bytes)?;
                queues.complete(CONTROL_RECEIVE, &chain, u32::try_from(n).unwrap_or(0))?;
                port.state.told();
            }
        }
        Ok(())
    }

    /// Takes what the guest wrote, as far as there is room.
    fn transmit(&mut self, n: usize, queues: &mut Queues) -> Result<(), Broken> {
        let Some(port) = self.state_mut(n) else { return Ok(()) };
        let queue = receive_queue(n) + 1;
        while let Some(chain) = queues.pop(queue)? {
            let left = chain.len(false).saturating_sub(port.sent);
            if port.host_open {
                let at = port.output.len();
                let take = usize::try_from(left).unwrap_or(usize::MAX).min(OUTPUT_LIMIT.saturating_sub(at));
                port.output.resize(at + take, 0);
                queues.read(&chain, port.sent, &mut port.output[at..])?;
                port.sent += take as u64;
                if (take as u64) < left {
                    queues.unpop(queue);
                    return Ok(());
                }
            }
            port.sent = 0;
            queues.complete(queue, &chain, 0)?;
        }
        Ok(())
    }

    fn receive(&mut self, n: usize, bytes: &[u8], queues: &mut Queues) -> Result<(), Broken> {
        let (queue, mut bytes) = (receive_queue(n), bytes);
        while !bytes.is_empty() {
            let Some(chain) = queues.pop(queue)? else { break };
            let written = queues.write(&chain, bytes)?;
            queues.complete(queue, &chain, u32::try_from(written).unwrap_or(0))?;
            bytes = &bytes[written..];
        }
        Ok(())
    }
}

impl Stateful for Console {
    const NAME: &'static str = "virtio-console";
    type State = Vec<PortState>;

    fn state(&self) -> Cow<'_, Vec<PortState>> {
        Cow::Owned(self.ports.iter().map(|p| p.state.clone()).collect())
    }

    fn set_state(&mut self, state: Vec<PortState>) -> Result<(), StateError> {
        Self::ensure(state.len() == self.ports.len(), "it has another number of ports")?;
        let fits = |p: &PortState| p.output.len() <= OUTPUT_LIMIT && p.tell_open.len() <= 2;
        Self::ensure(state.iter().all(fits), "more waits at a port than is kept")?;
        let opening = |p: &PortState| p.opening.before <= p.output.len() && p.opening.number < u64::MAX / 2;
        Self::ensure(state.iter().all(opening), "a port has been opened in a way that cannot be")?;
        self.ports.iter_mut().zip(state).for_each(|(port, state)| port.state = state);
        Ok(())
    }
}

impl Kind for Console {
    const ID: u32 = 3;
    const FEATURES: u64 = F_MULTIPORT;

    fn queue_count(&self) -> usize {
        receive_queue(self.ports.len())
    }

    fn config(&self, offset: u64) -> u8 {
        let ports = u32::try_from(self.ports.len() + 1).unwrap_or(0).to_le_bytes();
        let byte = offset.checked_sub(MAX_NR_PORTS).and_then(|i| ports.get(usize::try_from(i).ok()?));
        byte.copied().unwrap_or(0)
    }

    fn notify(&mut self, n: usize, queues: &mut Queues) -> Result<(), Broken> {
        match n {
            CONTROL_RECEIVE => self.send_control(queues),
            CONTROL_TRANSMIT => self.receive_control(queues),
            _ if n > CONTROL_TRANSMIT && n % 2 == 1 => self.transmit((n - receive_queue(0)) / 2, queues),
            // Buffers for input: nothing is to be done, but bad ones are found before they are needed.
            _ => queues.room(n, usize::MAX).map(drop),
        }
    }

    fn reset(&mut self) {
        self.ports.iter_mut().for_each(|p| p.state.restart());
    }

    fn ports(device: &mut Mmio<Self>) -> Option<&mut dyn Ports> {
        Some(device)
    }
}

impl Ports for Mmio<Console> {
    fn names(&self) -> Vec<String> {
        self.kind.ports.iter().map(|p| p.name.clone()).collect()
    }

    fn output(&self, port: usize) -> &[u8] {
        self.kind.port(port).map_or(&[], |p| &p.output)
    }

    fn taken(&mut self, port: usize, len: usize) {
        let Some(p) = self.kind.state_mut(port) else { return };
        p.output.drain(..len.min(p.output.len()));
        p.opening.before = p.opening.before.saturating_sub(len);
        self.work(|kind, queues| kind.transmit(port, queues));
    }

    fn room(&mut self, port: usize, limit: usize) -> usize {
        let open = self.kind.port(port).is_some_and(|p| p.guest_open && p.host_open);
        let mut room = 0;
        if open && self.live() {
            // A broken queue has no room. Looking changes nothing, so the driver hears of it when it notifies.
            room = self.queues.room(receive_queue(port), limit).unwrap_or(0);
        }
        room
    }

    fn input(&mut self, port: usize, bytes: &[u8]) {
        if self.kind.port(port).is_some_and(|p| p.guest_open) {
            self.work(|kind, queues| kind.receive(port, bytes, queues));
        }
    }

    fn set_host_open(&mut self, port: usize, open: bool) {
        let Some(p) = self.kind.state_mut(port) else { return };
        p.set_host_open(open);
        self.work(|kind, queues| {
            kind.send_control(queues)?;
            kind.transmit(port, queues)
        });
    }

    fn is_guest_open(&self, port: usize) -> bool {
        self.kind.port(port).is_some_and(|p| p.guest_open)
    }

    fn opening(&self, port: usize) -> Opening {
        self.kind.port(port).map(|p| *p.opening).unwrap_or_default()
    }
}

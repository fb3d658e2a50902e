//! Byte ports by name, as the outside sees them. All that the guest can notice of it goes through
//! [`Machine::input`]; while a recording is played, nothing comes out or goes in here.

use super::Machine;
use crate::dev::{Opening, Ports};
use crate::isa::Isa;
use crate::replay::Input;

impl<I: Isa> Machine<I> {
    /// Names of the byte ports, in the board's order.
    pub fn ports(&mut self) -> Vec<String> {
        self.system_mut().bus.with_ports(|p| p.names()).unwrap_or_default()
    }

    /// Takes what the guest has written to a port, which makes room for more. Empty for a port that
    /// does not exist.
    pub fn take_port_output(&mut self, name: &str) -> Vec<u8> {
        let Some(port) = self.port(name) else { return Vec::new() };
        let output = self.with_ports(|p| p.output(port).to_vec());
        if output.is_empty() || !self.input(&Input::PortTaken { port, len: output.len() }) {
            return Vec::new();
        }
        output
    }

    /// Offers input to a port; returns how many bytes the guest had buffers for. The rest is not kept.
    pub fn offer_port_input(&mut self, name: &str, bytes: &[u8]) -> usize {
        let Some(port) = self.port(name) else { return 0 };
        let room = self.with_ports(|p| p.room(port, bytes.len()));
        let input = Input::Port { port, bytes: bytes[..room].to_vec() };
        if room != 0 && self.input(&input) { room } else { 0 }
    }

    /// Connects the outside to a port, or disconnects it: the guest is told. False when there is no such
    /// port, or a recording is played.
    pub fn set_port_open(&mut self, name: &str, open: bool) -> bool {
        self.port(name).is_some_and(|port| self.input(&Input::PortOpen { port, open }))
    }

    /// Whether the guest has a port open.
    pub fn port_open(&mut self, name: &str) -> bool {
        self.port(name).is_some_and(|port| self.with_ports(|p| p.is_guest_open(port)))
    }

    /// The guest's last opening of a port, and how much of its output is older.
    pub fn port_opening(&mut self, name: &str) -> Opening {
        self.port(name).map(|port| self.with_ports(|p| p.opening(port))).unwrap_or_default()
    }

    fn port(&mut self, name: &str) -> Option<usize> {
        self.ports().iter().position(|n| n == name)
    }

    fn with_ports<T: Default>(&mut self, f: impl FnOnce(&mut dyn Ports) -> T) -> T {
        self.system_mut().bus.with_ports(f).unwrap_or_default()
    }

    pub(super) fn apply_to_port(&mut self, input: &Input) {
        self.with_ports(|p| match input {
            Input::Port { port, bytes } => p.input(*port, bytes),
            Input::PortOpen { port, open } => p.set_host_open(*port, *open),
            Input::PortTaken { port, len } => p.taken(*port, *len),
            _ => {}
        });
        // The engine looks for stale code before it runs.
        self.system_mut().note_device_writes();
    }
}

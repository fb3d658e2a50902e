//! What the frames on a card's own port prove (services.md §4.3).
//!
//! A guest can write anything into its frames, but only on its own port; what a server sends to the guest
//! it cannot write. Claims are bound to the port, and frames with another card's MAC say nothing.

pub mod dhcp4;
pub mod dhcp6;
mod frame;
pub mod ndp;
pub mod pcap;
mod port;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use super::claim::{Clock, SECOND, Update};
use super::lease::Duid;
use super::nic::{Mac, NicId, Nics};
use super::source::{AddressSource, Status};
pub use frame::{Arp, Frame, Payload};
use port::Port;

/// Where a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The guest sent it.
    FromGuest,
    /// The guest gets it.
    ToGuest,
}

/// What to believe and to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// DHCP servers whose word is certain. Others on the guest's network may lie.
    pub trusted_servers: Vec<IpAddr>,
    /// Whether sources of data packets count, as weak evidence.
    pub traffic: bool,
}

/// Between two polls at which nothing was new, the least number of nanoseconds that a frame seen again
/// takes to count again: a guest's traffic must not cost a claim for each frame.
const AGAIN: u64 = SECOND;

/// Updates that wait for a poll, of all cards; then frames are not looked at.
const MAX_UPDATES: usize = 4096;

/// Frames of any number of cards.
#[derive(Debug)]
pub struct Snoop {
    config: Config,
    ports: BTreeMap<NicId, Port>,
    updates: VecDeque<Update>,
    links: Vec<(Duid, u32, NicId)>,
    seen: bool,
    dropped: u64,
}

impl Snoop {
    /// A source that has seen nothing.
    pub fn new(config: Config) -> Self {
        let (ports, updates, links) = (BTreeMap::new(), VecDeque::new(), Vec::new());
        Self { config, ports, updates, links, seen: false, dropped: 0 }
    }

    /// Plugs a card in: frames of others are not looked at.
    pub fn add_nic(&mut self, nic: NicId, mac: Mac) {
        self.ports.insert(nic, Port::new(nic, mac));
    }

    /// Unplugs a card.
    pub fn remove_nic(&mut self, nic: NicId) {
        self.ports.remove(&nic);
    }

    /// Looks at a frame of a card: from its destination MAC on, without preamble and checksum.
    pub fn frame(&mut self, now: u64, nic: NicId, way: Way, bytes: &[u8]) {
        let Some(port) = self.ports.get_mut(&nic) else { return };
        let Some(frame) = Frame::parse(bytes) else { return };
        self.seen = true;
        if self.updates.len() >= MAX_UPDATES {
            self.dropped += 1;
            return;
        }
        let mut out = port::Out { now, updates: &mut self.updates, links: &mut self.links };
        port.frame(&self.config, way, &frame, &mut out);
    }

    /// Looks at a captured frame: whose it is by its MACs. Frames to everybody are everybody's.
    pub fn captured(&mut self, now: u64, bytes: &[u8]) {
        let Some(frame) = Frame::parse(bytes) else { return };
        let cards: Vec<_> = self.ports.iter().map(|(id, port)| (*id, port.mac())).collect();
        for (nic, mac) in cards {
            if frame.from == mac {
                self.frame(now, nic, Way::FromGuest, bytes);
            } else if frame.to == mac || frame.to.0[0] & 1 != 0 {
                self.frame(now, nic, Way::ToGuest, bytes);
            }
        }
    }

    /// Takes the DUIDs and IAIDs seen since the last call, for [`super::lease::LeaseSource::learn`].
    pub fn take_links(&mut self) -> Vec<(Duid, u32, NicId)> {
        std::mem::take(&mut self.links)
    }

    /// Frames that were not looked at because nobody polled.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl AddressSource for Snoop {
    fn name(&self) -> &'static str {
        "snoop"
    }

    fn poll(&mut self, clock: Clock, _nics: &Nics, updates: &mut dyn FnMut(Update)) {
        for port in self.ports.values_mut() {
            let mut out = port::Out { now: clock.now, updates: &mut self.updates, links: &mut self.links };
            port.pass(&mut out);
        }
        self.updates.drain(..).for_each(updates);
    }

    /// When an address that the guest is checking counts as its own; at once if something waits.
    fn deadline(&self) -> Option<u64> {
        if self.updates.is_empty() { self.ports.values().filter_map(Port::deadline).min() } else { Some(0) }
    }

    fn reset(&mut self, _now: u64) {
        self.ports.values_mut().for_each(|port| *port = Port::new(port.nic(), port.mac()));
        self.updates.clear();
        self.links.clear();
    }

    fn status(&self) -> Status {
        if self.seen { Status::Ready } else { Status::Waiting("no frame seen yet".into()) }
    }
}

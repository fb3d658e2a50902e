//! The host's neighbour table, v4 and v6, through netlink (services.md §4.1).
//!
//! It knows only guests that the host itself has talked to, and anybody on the link may have put an entry
//! there: weak evidence. libvirt counts the states REACHABLE and STALE, of IPv4 only. Here DELAY and PROBE
//! count too: a stale entry passes through them for some seconds each time the host talks to the guest, and
//! the address would go and come back.

use std::io;
use std::net::IpAddr;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use super::claim::{Claim, Clock, Confidence, SECOND, State, Update, is_assignable};
use super::nic::{Mac, Nics};
use super::source::{AddressSource, Status};

/// Between two readings, in nanoseconds.
const INTERVAL: u64 = SECOND;
/// Bytes of one answer; the kernel sends at most 32 KiB.
const BUFFER: usize = 64 << 10;
/// Answers of one reading.
const MAX_ANSWERS: usize = 4096;

/// An entry of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The address.
    pub address: IpAddr,
    /// Its MAC.
    pub mac: Mac,
    /// Whether it was confirmed lately (REACHABLE), or some time ago (STALE, DELAY, PROBE).
    pub reachable: bool,
}

/// Reads the table.
///
/// # Errors
/// The kernel's, and answers that are no netlink messages.
pub fn read() -> io::Result<Vec<Neighbour>> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_DUMP | NLM_F_REQUEST;
    let ask = RouteNetlinkMessage::GetNeighbour(NeighbourMessage::default());
    let mut ask = NetlinkMessage::new(header, NetlinkPayload::from(ask));
    ask.finalize();
    let mut bytes = vec![0; ask.buffer_len()];
    ask.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    let mut found = Vec::new();
    let mut buffer = vec![0; BUFFER];
    for _ in 0..MAX_ANSWERS {
        let n = socket.recv(&mut &mut buffer[..], 0)?;
        if answer(buffer.get(..n).unwrap_or(&buffer), &mut found)? {
            return Ok(found);
        }
    }
    Err(io::Error::other("the kernel's neighbour table does not end"))
}

/// Reads one answer of the kernel; whether it was the last.
fn answer(mut bytes: &[u8], found: &mut Vec<Neighbour>) -> io::Result<bool> {
    while !bytes.is_empty() {
        let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(bytes).map_err(io::Error::other)?;
        match message.payload {
            NetlinkPayload::Done(_) => return Ok(true),
            NetlinkPayload::Error(e) => return Err(e.to_io()),
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewNeighbour(entry)) => {
                found.extend(neighbour(&entry));
            }
            _ => {}
        }
        // Messages are aligned to four bytes.
        let length = usize::try_from(message.header.length).unwrap_or(usize::MAX);
        bytes = bytes.get(length.max(1).saturating_add(3) & !3..).unwrap_or_default();
    }
    Ok(false)
}

fn neighbour(entry: &NeighbourMessage) -> Option<Neighbour> {
    let reachable = match entry.header.state {
        NeighbourState::Reachable => true,
        NeighbourState::Stale | NeighbourState::Delay | NeighbourState::Probe => false,
        _ => return None,
    };
    let (mut address, mut mac) = (None, None);
    for attribute in &entry.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(v4)) => address = Some(IpAddr::V4(*v4)),
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(v6)) => address = Some(IpAddr::V6(*v6)),
            NeighbourAttribute::LinkLayerAddress(bytes) => mac = bytes.as_slice().try_into().ok().map(Mac),
            _ => {}
        }
    }
    Some(Neighbour { address: address?, mac: mac?, reachable })
}

/// The table as a source.
#[derive(Debug)]
pub struct ArpSource {
    due: u64,
    status: Status,
}

impl Default for ArpSource {
    fn default() -> Self {
        Self { due: 0, status: Status::Waiting("not read yet".into()) }
    }
}

impl AddressSource for ArpSource {
    fn name(&self) -> &'static str {
        "arp"
    }

    fn poll(&mut self, clock: Clock, nics: &Nics, updates: &mut dyn FnMut(Update)) {
        if clock.now < self.due {
            return;
        }
        self.due = clock.now.saturating_add(INTERVAL);
        match read() {
            Ok(table) => {
                self.status = Status::Ready;
                updates(Update::Snapshot(claims(&table, nics)));
            }
            Err(e) => self.status = Status::Failed(format!("cannot read the host's neighbour table: {e}")),
        }
    }

    fn deadline(&self) -> Option<u64> {
        Some(self.due)
    }

    fn reset(&mut self, now: u64) {
        self.due = now;
    }

    fn status(&self) -> Status {
        self.status.clone()
    }
}

fn claims(table: &[Neighbour], nics: &Nics) -> Vec<Claim> {
    let mut claims = Vec::new();
    for entry in table.iter().filter(|e| e.mac.is_card() && is_assignable(e.address)) {
        for nic in nics.with_mac(entry.mac) {
            let mut claim = Claim::in_use(nic, entry.address, "neighbour table", Confidence::Low);
            claim.state = if entry.reachable { State::Preferred } else { State::Deprecated };
            claims.push(claim);
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::nic::{Nic, NicId};

    #[test]
    fn the_hosts_own_table_can_be_read() {
        read().expect("netlink answers");
    }

    #[test]
    fn entries_are_the_cards_with_their_mac() {
        let mac: Mac = "52:54:00:00:00:01".parse().unwrap();
        let mut nics = Nics::default();
        nics.insert(Nic { id: NicId(3), mac, name: "net0".into() });
        let entry = |address: &str, mac: Mac, reachable| {
            let address = address.parse().unwrap();
            Neighbour { address, mac, reachable }
        };
        let table = [
            entry("10.0.0.7", mac, true),
            entry("fe80::7", mac, false),
            entry("10.0.0.8", Mac([2; 6]), true),
        ];
        let said: Vec<_> =
            claims(&table, &nics).iter().map(|c| format!("{} {:?}", c.address, c.state)).collect();
        assert_eq!(said, ["10.0.0.7 Preferred", "fe80::7 Deprecated"]);
    }

    #[test]
    fn an_entry_counts_by_its_state() {
        for (state, want) in [
            (NeighbourState::Reachable, Some(true)),
            (NeighbourState::Stale, Some(false)),
            (NeighbourState::Delay, Some(false)),
            (NeighbourState::Probe, Some(false)),
            (NeighbourState::Incomplete, None),
            (NeighbourState::Failed, None),
            (NeighbourState::Noarp, None),
            (NeighbourState::Permanent, None),
        ] {
            let mut entry = NeighbourMessage::default();
            entry.header.state = state;
            entry.attributes = vec![
                NeighbourAttribute::Destination(NeighbourAddress::Inet([10, 0, 0, 7].into())),
                NeighbourAttribute::LinkLayerAddress(vec![0x52, 0x54, 0, 0, 0, 1]),
            ];
            assert_eq!(neighbour(&entry).map(|n| n.reachable), want, "{state:?}");
        }
    }

    #[test]
    fn no_answer_of_the_kernel_makes_it_panic_or_hang() {
        for n in 0..200_u8 {
            let bytes: Vec<u8> = (0..n).map(|i| i.wrapping_mul(n)).collect();
            let _ = answer(&bytes, &mut Vec::new());
        }
    }
}

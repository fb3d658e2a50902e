//! The host's neighbour table, v4 and v6, through netlink (services.md §4.1).
//!
//! It knows only guests that the host itself has talked to, and anybody on the link may have put an entry
//! there: weak evidence. libvirt counts the states REACHABLE and STALE, of IPv4 only. Here DELAY and PROBE
//! count too: a stale entry passes through them for some seconds each time the host talks to the guest, and
//! the address would go and come back.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use super::claim::{Claim, Clock, Confidence, SECOND, State, Update, is_assignable};
use super::nic::{Mac, Nics};
use super::source::{AddressSource, Status};

/// Between two readings when nothing tells of changes, in nanoseconds.
const INTERVAL: u64 = SECOND;
/// The same when something does: its queue may have overflowed unnoticed.
const WATCHED_INTERVAL: u64 = 60 * SECOND;
/// Between two readings, whatever is told: other hosts' entries change all the time.
const SPACING: u64 = SECOND / 20;
/// The multicast group of changes of neighbours (`RTNLGRP_NEIGH`, rtnetlink(7)).
const GROUP: u32 = 3;
/// errno(3): the socket's queue overflowed.
const ENOBUFS: i32 = 105;
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

/// Being told that the table changed.
pub struct NeighbourWatch(Socket);

impl NeighbourWatch {
    /// Asks the kernel to tell of changes.
    ///
    /// # Errors
    /// The kernel's.
    pub fn new() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.add_membership(GROUP)?;
        socket.set_non_blocking(true)?;
        Ok(Self(socket))
    }

    /// Whether the table may have changed since the last call. Does not wait; [`AsFd`] says when to call.
    ///
    /// # Errors
    /// What reading from the socket brings.
    pub fn changed(&mut self) -> io::Result<bool> {
        let mut changed = false;
        let mut buffer = [0; 256];
        loop {
            // Which entry it was does not matter, so the rest of a long message may be lost.
            match self.0.recv(&mut &mut buffer[..], 0) {
                Ok(_) => changed = true,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(changed),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // More changed than the queue holds.
                Err(e) if e.raw_os_error() == Some(ENOBUFS) => changed = true,
                Err(e) => return Err(e),
            }
        }
    }
}

impl AsFd for NeighbourWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The table as a source.
#[derive(Debug)]
pub struct ArpSource {
    due: u64,
    /// When it may be read again.
    next: u64,
    interval: u64,
    status: Status,
}

impl Default for ArpSource {
    fn default() -> Self {
        Self { due: 0, next: 0, interval: INTERVAL, status: Status::Waiting("not read yet".into()) }
    }
}

impl ArpSource {
    /// Whether somebody calls [`changed`](Self::changed) when a [`NeighbourWatch`] says so: then the table is
    /// read once a minute without that, else once a second.
    pub fn set_watched(&mut self, watched: bool) {
        self.interval = if watched { WATCHED_INTERVAL } else { INTERVAL };
    }

    /// The table or the cards may have changed: it is read at the next poll, but not more than 20 times a
    /// second.
    pub fn changed(&mut self, now: u64) {
        self.due = self.due.min(now.max(self.next));
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
        self.due = clock.now.saturating_add(self.interval);
        self.next = clock.now.saturating_add(SPACING);
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
    // The kernel's order is that of a hash with a number of chance in it.
    claims.sort_by_key(|claim| (claim.nic, claim.address));
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
            entry("fe80::7", mac, false),
            entry("10.0.0.7", mac, true),
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
    fn a_change_is_read_soon_and_no_more_often_than_it_may_be() {
        let mut source = ArpSource::default();
        source.set_watched(true);
        let mut updates = 0;
        let mut poll = |source: &mut ArpSource, now| {
            source.poll(Clock { now, unix: 0, boot: 0 }, &Nics::default(), &mut |_| updates += 1);
            source.deadline()
        };
        assert_eq!(poll(&mut source, 0), Some(WATCHED_INTERVAL));
        source.changed(1);
        assert_eq!(poll(&mut source, 1), Some(SPACING));
        assert_eq!(poll(&mut source, SPACING), Some(SPACING + WATCHED_INTERVAL));
        assert_eq!(updates, 2);
    }

    #[test]
    fn without_a_change_the_watch_says_nothing() {
        let mut watch = NeighbourWatch::new().expect("netlink");
        // Other tests and the host may change the table meanwhile: it must only not wait.
        watch.changed().expect("an answer");
    }

    #[test]
    fn no_answer_of_the_kernel_makes_it_panic_or_hang() {
        for n in 0..200_u8 {
            let bytes: Vec<u8> = (0..n).map(|i| i.wrapping_mul(n)).collect();
            let _ = answer(&bytes, &mut Vec::new());
        }
    }
}

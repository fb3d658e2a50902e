//! One card's port: what was asked, what is being checked, what was seen lately.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};

use super::dhcp4;
use super::dhcp6;
use super::frame::{Arp, Frame, Payload};
use super::ndp::{self, Ndp};
use super::{AGAIN, Config, Way};
use crate::addresses::claim::{Claim, Confidence, SECOND, State, Update, Validity, is_assignable};
use crate::addresses::lease::Duid;
use crate::addresses::nic::{Mac, NicId};

/// Things of one kind that a port remembers.
const MAX: usize = 64;
/// Transactions of the guest that a reply can be matched to.
const MAX_XIDS: usize = 8;
/// How long an ARP probe may be objected to (RFC 5227: ANNOUNCE_WAIT), and duplicate address detection.
const ARP_WAIT: u64 = 2 * SECOND;
const DAD_WAIT: u64 = SECOND;
/// How long a conflict is shown if it is not seen again.
const CONFLICT: u64 = 60 * SECOND;
/// So many source addresses of data within a minute, and the guest is a router: they are not its own.
const ROUTER: usize = 8;

const ACK: &str = "DHCPACK";
const REPLY: &str = "DHCPv6 reply";
const CONFLICTED: &str = "used by another";
const PROBE: &str = "ARP probe";
const DAD: &str = "NDP duplicate address detection";
const TRAFFIC: &str = "data packet";

/// Where a port's findings go.
pub(super) struct Out<'a> {
    pub(super) now: u64,
    pub(super) updates: &'a mut VecDeque<Update>,
    pub(super) links: &'a mut Vec<(Duid, u32, NicId)>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Port {
    nic: NicId,
    mac: Mac,
    /// Being checked: until when, and by what.
    checking: BTreeMap<IpAddr, (u64, &'static str)>,
    /// What was said lately, and when: the same is not said again at once.
    said: BTreeMap<(IpAddr, &'static str), u64>,
    /// The guest's transactions, DHCPv4's below 2^32 and DHCPv6's above.
    xids: VecDeque<u64>,
    /// Addresses leased by each protocol.
    leased: BTreeMap<IpAddr, &'static str>,
    prefixes: VecDeque<(Ipv6Addr, u8)>,
    traffic: BTreeMap<IpAddr, u64>,
    routes: bool,
}

impl Port {
    pub(super) fn new(nic: NicId, mac: Mac) -> Self {
        Self {
            nic,
            mac,
            checking: BTreeMap::new(),
            said: BTreeMap::new(),
            xids: VecDeque::new(),
            leased: BTreeMap::new(),
            prefixes: VecDeque::new(),
            traffic: BTreeMap::new(),
            routes: false,
        }
    }

    pub(super) fn nic(&self) -> NicId {
        self.nic
    }

    pub(super) fn mac(&self) -> Mac {
        self.mac
    }

    pub(super) fn deadline(&self) -> Option<u64> {
        self.checking.values().map(|(at, _)| *at).min()
    }

    /// Nobody objected in time to what is being checked: it is the guest's.
    pub(super) fn pass(&mut self, out: &mut Out<'_>) {
        while let Some((&address, &(_, what))) = self.checking.iter().find(|(_, (at, _))| *at <= out.now) {
            self.checking.remove(&address);
            let claim = Claim::in_use(self.nic, address, what, Confidence::Medium);
            self.claim(claim, out);
        }
    }

    pub(super) fn frame(&mut self, config: &Config, way: Way, frame: &Frame<'_>, out: &mut Out<'_>) {
        self.pass(out);
        match way {
            // Another MAC on this port: the guest bridges, or lies.
            Way::FromGuest if frame.from != self.mac => {}
            Way::FromGuest => self.guest_sent(config, frame, out),
            // The guest's own frames come back from a hub or a bridge.
            Way::ToGuest if frame.from == self.mac => {}
            Way::ToGuest => self.guest_got(config, frame, out),
        }
    }

    fn guest_sent(&mut self, config: &Config, frame: &Frame<'_>, out: &mut Out<'_>) {
        match frame.payload {
            Payload::Arp(arp) if arp.sender_mac == self.mac => self.guest_arp(arp, out),
            Payload::Arp(_) => {}
            Payload::Dhcp4(bytes) => {
                if let Some(message) = dhcp4::parse(bytes).filter(|m| !m.reply && m.chaddr == self.mac) {
                    self.guest_dhcp4(&message, out);
                }
            }
            Payload::Dhcp6(bytes) => {
                if let Some(message) = dhcp6::parse(bytes) {
                    self.guest_dhcp6(&message, out);
                }
            }
            Payload::Ndp(kind, body) => {
                if let Some(message) = ndp::parse(kind, body) {
                    self.guest_ndp(frame.source, message, out);
                }
            }
            Payload::Data if config.traffic => self.guest_data(frame.source, out),
            Payload::Data => {}
        }
    }

    fn guest_got(&mut self, config: &Config, frame: &Frame<'_>, out: &mut Out<'_>) {
        match frame.payload {
            Payload::Arp(arp) if arp.sender_mac != self.mac => {
                let probes = arp.sender.is_unspecified();
                let address = IpAddr::V4(if probes { arp.target } else { arp.sender });
                // A probe for an address of the guest's is only a question, unless it asks the same.
                if !probes || self.checking.contains_key(&address) {
                    self.objection(address, out);
                }
            }
            Payload::Dhcp4(bytes) => {
                if let Some(message) = dhcp4::parse(bytes).filter(|m| m.reply && m.chaddr == self.mac) {
                    self.server_dhcp4(config, &message, out);
                }
            }
            Payload::Dhcp6(bytes) => {
                if let Some(message) = dhcp6::parse(bytes).filter(|m| m.kind == dhcp6::Kind::Reply) {
                    self.server_dhcp6(config, frame.source, &message, out);
                }
            }
            Payload::Ndp(kind, body) => match ndp::parse(kind, body) {
                Some(Ndp::Advertisement(target)) => self.objection(target.into(), out),
                Some(Ndp::Solicitation(target))
                    if frame.source == Some(Ipv6Addr::UNSPECIFIED.into())
                        && self.checking.contains_key(&target.into()) =>
                {
                    self.objection(target.into(), out);
                }
                Some(Ndp::RouterAdvertisement(Some(prefix))) => remember(&mut self.prefixes, prefix, 16),
                _ => {}
            },
            Payload::Arp(_) | Payload::Data => {}
        }
    }

    /// Somebody else says that it has `address`. That matters if the guest says so too.
    fn objection(&mut self, address: IpAddr, out: &mut Out<'_>) {
        let checking = self.checking.remove(&address);
        if let Some((_, what)) = checking {
            self.withdraw(address, Some(what), out);
        }
        if checking.is_some() || self.said.keys().any(|(said, _)| *said == address) {
            self.conflict(address, out);
        }
    }

    fn conflict(&mut self, address: IpAddr, out: &mut Out<'_>) {
        let mut claim = Claim::in_use(self.nic, address, CONFLICTED, Confidence::Medium);
        claim.state = State::Conflicted;
        claim.validity = Validity::Until(out.now.saturating_add(CONFLICT));
        self.claim(claim, out);
    }

    fn guest_arp(&mut self, arp: Arp, out: &mut Out<'_>) {
        if arp.sender.is_unspecified() {
            self.check(arp.target.into(), PROBE, ARP_WAIT, out);
        } else if arp.sender == arp.target {
            self.in_use(arp.sender.into(), "ARP announcement", out);
        } else {
            self.in_use(arp.sender.into(), "ARP", out);
        }
    }

    fn guest_ndp(&mut self, source: Option<IpAddr>, message: Ndp, out: &mut Out<'_>) {
        let source = source.filter(|s| is_assignable(*s));
        match (message, source) {
            (Ndp::Solicitation(target), None) => self.check(target.into(), DAD, DAD_WAIT, out),
            (Ndp::Advertisement(target), _) => self.in_use(target.into(), "NDP advertisement", out),
            (Ndp::Solicitation(_) | Ndp::RouterSolicitation, Some(source)) => {
                self.in_use(source, "NDP solicitation", out);
            }
            _ => {}
        }
    }

    /// The guest asks whether another has `address`.
    fn check(&mut self, address: IpAddr, what: &'static str, wait: u64, out: &mut Out<'_>) {
        if !is_assignable(address) || (self.checking.len() >= MAX && !self.checking.contains_key(&address)) {
            return;
        }
        let first = self.checking.insert(address, (out.now.saturating_add(wait), what)).is_none();
        if first {
            let mut claim = Claim::in_use(self.nic, address, what, Confidence::Medium);
            claim.state = State::Tentative;
            self.claim(claim, out);
        }
    }

    fn in_use(&mut self, address: IpAddr, what: &'static str, out: &mut Out<'_>) {
        // It is past checking: with the guest's next word the question is answered.
        if let Some((_, asked)) = self.checking.remove(&address) {
            let claim = Claim::in_use(self.nic, address, asked, Confidence::Medium);
            self.claim(claim, out);
        }
        self.claim(Claim::in_use(self.nic, address, what, Confidence::Medium), out);
    }

    fn guest_data(&mut self, source: Option<IpAddr>, out: &mut Out<'_>) {
        let Some(source) = source.filter(|s| is_assignable(*s) && !self.routes) else { return };
        self.traffic.retain(|_, at| out.now < at.saturating_add(60 * SECOND));
        self.traffic.insert(source, out.now);
        if self.traffic.len() > ROUTER {
            self.routes = true;
            for address in std::mem::take(&mut self.traffic).into_keys() {
                self.withdraw(address, Some(TRAFFIC), out);
            }
        } else {
            self.claim(Claim::in_use(self.nic, source, TRAFFIC, Confidence::Low), out);
        }
    }

    fn guest_dhcp4(&mut self, message: &dhcp4::Message, out: &mut Out<'_>) {
        match message.kind {
            dhcp4::Kind::Request | dhcp4::Kind::Other => {
                remember(&mut self.xids, u64::from(message.xid), MAX_XIDS);
            }
            dhcp4::Kind::Release => self.ended(message.ciaddr.into(), ACK, out),
            dhcp4::Kind::Decline => {
                if let Some(address) = message.requested {
                    self.ended(address.into(), ACK, out);
                    self.conflict(address.into(), out);
                }
            }
            dhcp4::Kind::Ack | dhcp4::Kind::Nak => {}
        }
    }

    fn server_dhcp4(&mut self, config: &Config, message: &dhcp4::Message, out: &mut Out<'_>) {
        let asked = self.xids.contains(&u64::from(message.xid));
        match message.kind {
            dhcp4::Kind::Nak if asked => {
                let held: Vec<_> = self.leased.iter().filter(|(_, w)| **w == ACK).map(|(a, _)| *a).collect();
                held.into_iter().for_each(|address| self.ended(address, ACK, out));
            }
            dhcp4::Kind::Ack if message.yiaddr.is_unspecified() && !asked => {}
            // The answer to INFORM: the guest has the address from elsewhere.
            dhcp4::Kind::Ack if message.yiaddr.is_unspecified() => {
                self.in_use(message.ciaddr.into(), "DHCPINFORM", out);
            }
            dhcp4::Kind::Ack => {
                let address = message.yiaddr.into();
                let server = message.server.map(IpAddr::V4);
                let mut claim = Claim::in_use(self.nic, address, ACK, trust(config, server, asked));
                claim.prefix = message.prefix;
                claim.validity = lifetime(out.now, message.lease.unwrap_or(u32::MAX));
                self.lease(claim, out);
            }
            _ => {}
        }
    }

    fn guest_dhcp6(&mut self, message: &dhcp6::Message, out: &mut Out<'_>) {
        remember(&mut self.xids, 1 << 32 | u64::from(message.xid), MAX_XIDS);
        for item in &message.items {
            let address = item.address.into();
            match message.kind {
                dhcp6::Kind::Release => self.ended(address, REPLY, out),
                dhcp6::Kind::Decline => {
                    self.ended(address, REPLY, out);
                    self.conflict(address, out);
                }
                _ => {}
            }
        }
    }

    fn server_dhcp6(
        &mut self,
        config: &Config,
        source: Option<IpAddr>,
        message: &dhcp6::Message,
        out: &mut Out<'_>,
    ) {
        let asked = self.xids.contains(&(1 << 32 | u64::from(message.xid)));
        for item in message.items.iter().filter(|item| item.success) {
            let address = item.address.into();
            if item.valid == 0 {
                self.ended(address, REPLY, out);
                continue;
            }
            let mut claim = Claim::in_use(self.nic, address, REPLY, trust(config, source, asked));
            claim.validity = lifetime(out.now, item.valid);
            if item.preferred == 0 {
                claim.state = State::Deprecated;
            }
            self.lease(claim, out);
            if let Some(duid) = message.client.clone().filter(|_| asked && out.links.len() < MAX) {
                out.links.push((duid, item.iaid, self.nic));
            }
        }
    }

    fn lease(&mut self, claim: Claim, out: &mut Out<'_>) {
        if self.leased.len() < MAX || self.leased.contains_key(&claim.address) {
            self.leased.insert(claim.address, claim.what);
            self.said.remove(&(claim.address, claim.what));
            self.claim(claim, out);
        }
    }

    /// A lease is over.
    fn ended(&mut self, address: IpAddr, what: &'static str, out: &mut Out<'_>) {
        if self.leased.remove(&address).is_some() {
            self.withdraw(address, None, out);
        } else {
            self.withdraw(address, Some(what), out);
        }
    }

    fn withdraw(&mut self, address: IpAddr, what: Option<&'static str>, out: &mut Out<'_>) {
        self.said.retain(|(said, of), _| *said != address || what.is_some_and(|what| what != *of));
        out.updates.push_back(Update::Withdraw { nic: self.nic, address, what });
    }

    fn claim(&mut self, mut claim: Claim, out: &mut Out<'_>) {
        if !is_assignable(claim.address) {
            return;
        }
        let now = out.now;
        let key = (claim.address, claim.what);
        // A claim whose state is another (tentative, then preferred) is said at once.
        let steady = claim.state == State::Preferred && !matches!(claim.what, PROBE | DAD);
        if steady && self.said.get(&key).is_some_and(|at| now < at.saturating_add(AGAIN)) {
            return;
        }
        if self.said.len() >= 4 * MAX {
            let oldest = self.said.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key);
            oldest.map(|key| self.said.remove(&key));
        }
        if claim.state != State::Conflicted {
            self.said.insert(key, now);
        }
        if let (IpAddr::V6(v6), None) = (claim.address, claim.prefix) {
            let bits = |bits: u8| if bits == 0 { 0 } else { u128::MAX << (128 - u32::from(bits)) };
            let on_link =
                |(prefix, n): &&(Ipv6Addr, u8)| (u128::from(v6) ^ u128::from(*prefix)) & bits(*n) == 0;
            claim.prefix = self.prefixes.iter().find(on_link).map(|(_, n)| *n);
        }
        out.updates.push_back(Update::Claim(claim));
    }
}

/// An answer that the guest did not ask for is anybody's; one that it did ask for is the network's.
fn trust(config: &Config, server: Option<IpAddr>, asked: bool) -> Confidence {
    match (asked, server.is_some_and(|s| config.trusted_servers.contains(&s))) {
        (true, true) => Confidence::Certain,
        (true, false) => Confidence::High,
        (false, _) => Confidence::Low,
    }
}

/// A lifetime in seconds from now; the highest number is never.
fn lifetime(now: u64, seconds: u32) -> Validity {
    match seconds {
        u32::MAX => Validity::Forever,
        s => Validity::Until(now.saturating_add(u64::from(s) * SECOND)),
    }
}

/// Remembers the newest `max`.
fn remember<T: PartialEq>(list: &mut VecDeque<T>, item: T, max: usize) {
    if !list.contains(&item) {
        list.push_front(item);
        list.truncate(max);
    }
}

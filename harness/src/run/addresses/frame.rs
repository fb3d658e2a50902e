//! Frames made from their description: Ethernet, ARP, DHCPv4, DHCPv6, neighbour discovery, UDP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep};
use innkeeper_services::addresses::{Mac, snoop};

use crate::scenario::addresses::frames::{
    Arp, Config, Dhcp4, Dhcp4Kind, Dhcp6, Dhcp6Kind, Frame, Ndp, NdpKind, Sender,
};
use crate::scenario::net::{Ip, Net};
use crate::scenario::{Hex, Span};

/// The other on the guest's network, if a frame does not say who.
const OTHER: Mac = Mac([0x52, 0x54, 0, 0xff, 0, 1]);
const ALL: Mac = Mac([0xff; 6]);
/// The DHCPv4 server, if a message does not say which.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
/// Of link-local packets that do not say.
const LINK: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// How frames are looked at.
pub(super) fn config(config: &Config) -> snoop::Config {
    let trusted_servers = config.trusted.iter().map(|ip| ip.0).collect();
    snoop::Config { trusted_servers, traffic: config.traffic }
}

/// The bytes of the `nth` frame of a description, on the port of a card with MAC `card`.
pub(super) fn bytes(frame: &Frame, card: Mac, nth: u32) -> Vec<u8> {
    let usual = if frame.from == Sender::Guest { card } else { OTHER };
    let from = frame.mac.map_or(usual, |mac| mac.0);
    if let Some(arp) = &frame.arp {
        self::arp(from, arp, nth)
    } else if let Some(message) = &frame.dhcp4 {
        dhcp4(from, message, card)
    } else if let Some(message) = &frame.dhcp6 {
        dhcp6(from, message)
    } else if let Some(message) = &frame.ndp {
        ndp(from, message, nth)
    } else if let Some(Ip(source)) = frame.data {
        data(from, next(source, nth))
    } else {
        frame.bytes.as_ref().map(|Hex(bytes)| bytes.clone()).unwrap_or_default()
    }
}

/// The `nth` address after `address`.
fn next(address: IpAddr, nth: u32) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4(u32::from(v4).wrapping_add(nth).into()),
        IpAddr::V6(v6) => IpAddr::V6(u128::from(v6).wrapping_add(u128::from(nth)).into()),
    }
}

/// The check has made sure of families.
fn v4(Ip(address): Ip) -> Ipv4Addr {
    match address {
        IpAddr::V4(v4) => v4,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}

fn v6(Ip(address): Ip) -> Ipv6Addr {
    match address {
        IpAddr::V4(_) => Ipv6Addr::UNSPECIFIED,
        IpAddr::V6(v6) => v6,
    }
}

/// A request (RFC 826), to everybody. With `nth`, what is not 0.0.0.0 moves on.
fn arp(from: Mac, arp: &Arp, nth: u32) -> Vec<u8> {
    let unspecified = |ip: Ip| ip.0.is_unspecified();
    let moved = |ip: Ip| if unspecified(ip) { v4(ip) } else { v4(Ip(next(ip.0, nth))) };
    let mut bytes = [ALL.0, from.0].concat();
    bytes.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    bytes.extend(from.0);
    bytes.extend(moved(arp.sender).octets());
    bytes.extend([0; 6]);
    bytes.extend(moved(arp.target).octets());
    bytes
}

/// A message of RFC 2131 with the options that it names, to everybody.
fn dhcp4(from: Mac, m: &Dhcp4, card: Mac) -> Vec<u8> {
    let reply = matches!(m.kind, Dhcp4Kind::Offer | Dhcp4Kind::Ack | Dhcp4Kind::Nak);
    let server = m.server.map_or(SERVER, v4);
    let ciaddr = m.ciaddr.map_or(Ipv4Addr::UNSPECIFIED, v4);
    let yiaddr = m.yiaddr.map_or(Ipv4Addr::UNSPECIFIED, |net| v4(Ip(net.address)));
    let mut body = vec![0; 236];
    body[..4].copy_from_slice(&[if reply { 2 } else { 1 }, 1, 6, 0]);
    body[4..8].copy_from_slice(&m.xid.unwrap_or(1).to_be_bytes());
    body[12..16].copy_from_slice(&ciaddr.octets());
    body[16..20].copy_from_slice(&yiaddr.octets());
    body[28..34].copy_from_slice(&m.chaddr.map_or(card, |mac| mac.0).0);
    body.extend(dhcp4_options(m, (reply || m.server.is_some()).then_some(server)));
    let (source, ports) = if reply { (server, (67, 68)) } else { (ciaddr, (68, 67)) };
    let builder = PacketBuilder::ethernet2(from.0, ALL.0).ipv4(source.octets(), [255; 4], 64);
    udp(builder, ports, &body)
}

/// The magic cookie and options 53, 54, 1, 50 and 51, as far as there is something to say.
fn dhcp4_options(m: &Dhcp4, server: Option<Ipv4Addr>) -> Vec<u8> {
    let mut options = vec![0x63, 0x82, 0x53, 0x63, 53, 1, dhcp4_number(m.kind)];
    let words = [
        (54, server.map(|s| s.octets())),
        (1, m.yiaddr.map(mask)),
        (50, m.requested.map(|ip| v4(ip).octets())),
        (51, m.lease.map(|lease| seconds(Some(lease)).to_be_bytes())),
    ];
    for (code, word) in words {
        options.extend(word.into_iter().flat_map(|[a, b, c, d]| [code, 4, a, b, c, d]));
    }
    options.push(255);
    options
}

fn mask(net: Net) -> [u8; 4] {
    u32::MAX.checked_shl(32 - u32::from(net.prefix.min(32))).unwrap_or(0).to_be_bytes()
}

fn dhcp4_number(kind: Dhcp4Kind) -> u8 {
    match kind {
        Dhcp4Kind::Discover => 1,
        Dhcp4Kind::Offer => 2,
        Dhcp4Kind::Request => 3,
        Dhcp4Kind::Decline => 4,
        Dhcp4Kind::Ack => 5,
        Dhcp4Kind::Nak => 6,
        Dhcp4Kind::Release => 7,
        Dhcp4Kind::Inform => 8,
    }
}

/// Seconds of a lifetime; for ever when absent.
fn seconds(span: Option<Span>) -> u32 {
    span.map_or(u32::MAX, |span| u32::try_from(span.0 / 1_000_000_000).unwrap_or(u32::MAX))
}

/// A message of RFC 8415: the client's identifier, and one association with its address and status.
fn dhcp6(from: Mac, m: &Dhcp6) -> Vec<u8> {
    let (number, reply) = match m.kind {
        Dhcp6Kind::Solicit => (1, false),
        Dhcp6Kind::Advertise => (2, true),
        Dhcp6Kind::Request => (3, false),
        Dhcp6Kind::Renew => (5, false),
        Dhcp6Kind::Reply => (7, true),
        Dhcp6Kind::Release => (8, false),
        Dhcp6Kind::Decline => (9, false),
    };
    let mut body = m.xid.unwrap_or(1).to_be_bytes().to_vec();
    body[0] = number;
    let option = |body: &mut Vec<u8>, code: u16, value: &[u8]| {
        body.extend(code.to_be_bytes());
        body.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        body.extend(value);
    };
    if let Some(duid) = &m.duid {
        option(&mut body, 1, duid.0.bytes());
    }
    let mut association = m.iaid.unwrap_or(1).to_be_bytes().to_vec();
    association.extend([0; 8]);
    if let Some(address) = m.address {
        let (valid, preferred) = (seconds(m.valid), m.preferred.or(m.valid));
        let mut value = v6(address).octets().to_vec();
        value.extend(seconds(preferred).to_be_bytes());
        value.extend(valid.to_be_bytes());
        option(&mut association, 5, &value);
    }
    if let Some(status) = m.status {
        option(&mut association, 13, &status.to_be_bytes());
    }
    option(&mut body, 3, &association);
    let ports = if reply { (547, 546) } else { (546, 547) };
    udp(link(from, LINK), ports, &body)
}

/// ICMPv6 of RFC 4861, hop limit 255.
fn ndp(from: Mac, m: &Ndp, nth: u32) -> Vec<u8> {
    let source = m.source.map_or(LINK, v6);
    let target = || m.target.map_or(Ipv6Addr::UNSPECIFIED, |ip| v6(Ip(next(ip.0, nth)))).octets();
    let (kind, body) = match m.kind {
        NdpKind::RouterSolicitation => (133, Vec::new()),
        NdpKind::RouterAdvertisement => (134, m.prefix.map(prefix_information).unwrap_or_default()),
        NdpKind::Solicitation => (135, target().to_vec()),
        NdpKind::Advertisement => (136, target().to_vec()),
    };
    let mut bytes = Vec::new();
    // It fails for what is larger than a packet can be, and this is not.
    let _ = link(from, source).icmpv6_raw(kind, 0, [0; 4]).write_to_vec(&mut bytes, &body);
    bytes
}

/// Two timers, and the prefix as on the link and for configuration.
fn prefix_information(net: Net) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend([3, 4, net.prefix, 0xc0]);
    body.extend([0, 0, 0x0e, 0x10].repeat(2));
    body.extend([0; 4]);
    body.extend(v6(Ip(net.address)).octets());
    body
}

fn data(from: Mac, source: IpAddr) -> Vec<u8> {
    let ethernet = PacketBuilder::ethernet2(from.0, OTHER.0);
    let to = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2);
    let builder = match source {
        IpAddr::V4(v4) => ethernet.ipv4(v4.octets(), SERVER.octets(), 64),
        IpAddr::V6(v6) => ethernet.ipv6(v6.octets(), to.octets(), 64),
    };
    udp(builder, (5000, 5001), b"data")
}

fn udp(builder: PacketBuilderStep<IpHeaders>, ports: (u16, u16), body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // It fails for what is larger than a packet can be: a message here has a few hundred bytes.
    let _ = builder.udp(ports.0, ports.1).write_to_vec(&mut bytes, body);
    bytes
}

/// To all nodes of the link.
fn link(from: Mac, source: Ipv6Addr) -> PacketBuilderStep<IpHeaders> {
    let all_nodes = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1).octets();
    PacketBuilder::ethernet2(from.0, ALL.0).ipv6(source.octets(), all_nodes, 255)
}

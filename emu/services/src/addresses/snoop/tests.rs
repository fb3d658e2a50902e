//! Frame by frame what it proves, and a genuine capture of two guests with dnsmasq.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::PacketBuilder;
use proptest::prelude::*;

use super::*;
use crate::addresses::book::{AddressBook, Limits};
use crate::addresses::nic::Nic;

const CAPTURE: &[u8] = include_bytes!("../../../tests/fixtures/addresses/dhcp-arp-ndp.pcap");
const GUEST: Mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
const OTHER: Mac = Mac([0x52, 0x54, 0, 0xaa, 0, 1]);
const ALL: Mac = Mac([0xff; 6]);

struct Net {
    book: AddressBook,
    snoop: Snoop,
    now: u64,
}

fn net() -> Net {
    let mut book = AddressBook::new(Limits::default());
    book.add_nic(Nic { id: NicId(0), mac: GUEST, name: "net0".into() }, 0);
    let config = Config { trusted_servers: vec!["10.0.0.1".parse().unwrap()], traffic: true };
    let mut snoop = Snoop::new(config);
    snoop.add_nic(NicId(0), GUEST);
    Net { book, snoop, now: 0 }
}

impl Net {
    fn pull(&mut self) {
        self.book.pull(&mut self.snoop, Clock { now: self.now, unix: 0, boot: 0 });
    }

    fn said(&mut self) -> String {
        self.pull();
        let mut out = String::new();
        for a in self.book.addresses(NicId(0)) {
            let words: Vec<_> = a.evidence.iter().map(|e| e.what).collect();
            write!(out, "{} {} [{}]; ", a.address, a.state.name(), words.join(", ")).unwrap();
        }
        out
    }
}

fn arp(from: Mac, sender: &str, target: &str) -> Vec<u8> {
    let mut bytes = [ALL.0, from.0].concat();
    bytes.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    bytes.extend(from.0);
    bytes.extend(sender.parse::<Ipv4Addr>().unwrap().octets());
    bytes.extend([0; 6]);
    bytes.extend(target.parse::<Ipv4Addr>().unwrap().octets());
    bytes
}

fn dhcp4(from: Mac, kind: u8, ciaddr: &str, yiaddr: &str, options: &[u8]) -> Vec<u8> {
    let reply = matches!(kind, 2 | 5 | 6);
    let mut body = vec![0; 236];
    body[..8].copy_from_slice(&[if reply { 2 } else { 1 }, 1, 6, 0, 0, 0, 0, 9]);
    body[12..16].copy_from_slice(&ciaddr.parse::<Ipv4Addr>().unwrap().octets());
    body[16..20].copy_from_slice(&yiaddr.parse::<Ipv4Addr>().unwrap().octets());
    body[28..34].copy_from_slice(&GUEST.0);
    body.extend([0x63, 0x82, 0x53, 0x63, 53, 1, kind, 54, 4, 10, 0, 0, 1]);
    body.extend(options);
    body.push(255);
    let (source, ports) = if reply { ([10, 0, 0, 1], (67, 68)) } else { ([0; 4], (68, 67)) };
    let builder = PacketBuilder::ethernet2(from.0, ALL.0).ipv4(source, [255; 4], 64).udp(ports.0, ports.1);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, &body).unwrap();
    bytes
}

fn v6(
    from: Mac,
    source: &str,
    build: impl FnOnce(etherparse::PacketBuilderStep<etherparse::IpHeaders>, &mut Vec<u8>),
) -> Vec<u8> {
    let source: Ipv6Addr = source.parse().unwrap();
    let to = "ff02::1".parse::<Ipv6Addr>().unwrap().octets();
    let mut bytes = Vec::new();
    build(PacketBuilder::ethernet2(from.0, ALL.0).ipv6(source.octets(), to, 255), &mut bytes);
    bytes
}

fn ndp(from: Mac, source: &str, kind: u8, target: &str) -> Vec<u8> {
    let target = target.parse::<Ipv6Addr>().unwrap().octets();
    v6(from, source, |b, out| b.icmpv6_raw(kind, 0, [0; 4]).write(out, &target).unwrap())
}

fn ra(prefix: &str) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend([3, 4, 64, 0xc0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    body.extend(prefix.parse::<Ipv6Addr>().unwrap().octets());
    v6(OTHER, "fe80::1", |b, out| b.icmpv6_raw(134, 0, [0; 4]).write(out, &body).unwrap())
}

/// A message with one address in IA_NA, and a status code there.
fn dhcp6(from: Mac, kind: u8, address: &str, valid: u32, status: u8) -> Vec<u8> {
    let mut body = vec![kind, 0, 0, 9, 0, 1, 0, 4, 0, 3, 0, 1];
    body.extend([0, 3, 0, 12 + 28 + 6, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 24]);
    body.extend(address.parse::<Ipv6Addr>().unwrap().octets());
    body.extend(valid.to_be_bytes());
    body.extend(valid.to_be_bytes());
    body.extend([0, 13, 0, 2, 0, status]);
    let ports = if kind == 7 { (547, 546) } else { (546, 547) };
    v6(from, "fe80::9", |b, out| b.udp(ports.0, ports.1).write(out, &body).unwrap())
}

fn data(source: [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    PacketBuilder::ethernet2(GUEST.0, OTHER.0)
        .ipv4(source, [8; 4], 64)
        .udp(5, 6)
        .write(&mut bytes, b"x")
        .unwrap();
    bytes
}

#[test]
fn each_frame_proves_what_it_proves() {
    let (s, g, z) = (SECOND, GUEST, "0.0.0.0");
    let lease = &[51, 4, 0, 0, 0, 60, 1, 4, 255, 255, 255, 0];
    let request = || (0, dhcp4(g, 3, z, z, &[]));
    let ack = || (0, dhcp4(OTHER, 5, z, "10.0.0.7", lease));
    let leased = "10.0.0.7 preferred [DHCPACK]; ";
    for (name, frames, want) in [
        ("an ACK", vec![request(), ack()], leased),
        ("an ACK that ran out", vec![request(), ack(), (61 * s, vec![])], "10.0.0.7 expired [DHCPACK]; "),
        ("an OFFER", vec![request(), (0, dhcp4(OTHER, 2, z, "10.0.0.7", lease))], ""),
        ("a NAK", vec![request(), ack(), (s, dhcp4(OTHER, 6, z, z, &[]))], ""),
        ("a RELEASE", vec![request(), ack(), (s, dhcp4(g, 7, "10.0.0.7", z, &[]))], ""),
        (
            "a DECLINE",
            vec![request(), ack(), (s, dhcp4(g, 4, z, z, &[50, 4, 10, 0, 0, 7]))],
            "10.0.0.7 conflicted [used by another]; ",
        ),
        (
            "INFORM",
            vec![(0, dhcp4(g, 8, "10.0.0.8", z, &[])), (0, dhcp4(OTHER, 5, "10.0.0.8", z, &[]))],
            "10.0.0.8 preferred [DHCPINFORM]; ",
        ),
        ("an ACK the guest sent", vec![request(), (0, dhcp4(g, 5, z, "10.0.0.7", lease))], ""),
        ("a probe", vec![(0, arp(g, z, "10.0.0.7"))], "10.0.0.7 tentative [ARP probe]; "),
        (
            "a probe without objection",
            vec![(0, arp(g, z, "10.0.0.7")), (2 * s, vec![])],
            "10.0.0.7 preferred [ARP probe]; ",
        ),
        (
            "a probe, announced",
            vec![(0, arp(g, z, "10.0.0.7")), (s, arp(g, "10.0.0.7", "10.0.0.7"))],
            "10.0.0.7 preferred [ARP probe, ARP announcement]; ",
        ),
        (
            "a probe objected to",
            vec![(0, arp(g, z, "10.0.0.7")), (s, arp(OTHER, "10.0.0.7", "10.0.0.7"))],
            "10.0.0.7 conflicted [used by another]; ",
        ),
        (
            "two probes at once",
            vec![(0, arp(g, z, "10.0.0.7")), (s, arp(OTHER, z, "10.0.0.7"))],
            "10.0.0.7 conflicted [used by another]; ",
        ),
        ("any ARP", vec![(0, arp(g, "10.0.0.7", "10.0.0.1"))], "10.0.0.7 preferred [ARP]; "),
        (
            "a later conflict",
            vec![(0, arp(g, "10.0.0.7", "10.0.0.1")), (s, arp(OTHER, "10.0.0.7", "10.0.0.7"))],
            "10.0.0.7 conflicted [ARP, used by another]; ",
        ),
        (
            "a conflict that is over",
            vec![
                (0, arp(g, "10.0.0.7", "10.0.0.1")),
                (s, arp(OTHER, "10.0.0.7", "10.0.0.7")),
                (62 * s, vec![]),
            ],
            "10.0.0.7 preferred [ARP, used by another]; ",
        ),
        (
            "silence of 5 minutes",
            vec![(0, arp(g, "10.0.0.7", "10.0.0.1")), (300 * s, vec![])],
            "10.0.0.7 deprecated [ARP]; ",
        ),
        ("another's question", vec![(0, arp(OTHER, "10.0.0.1", "10.0.0.7"))], ""),
        ("another's MAC on the port", vec![(0, arp(Mac([2; 6]), "10.0.0.7", "10.0.0.1"))], ""),
        (
            "detection",
            vec![(0, ndp(g, "::", 135, "fe80::7"))],
            "fe80::7 tentative [NDP duplicate address detection]; ",
        ),
        (
            "detection without objection",
            vec![(0, ndp(g, "::", 135, "fe80::7")), (s, vec![])],
            "fe80::7 preferred [NDP duplicate address detection]; ",
        ),
        (
            "detection objected to",
            vec![(0, ndp(g, "::", 135, "fe80::7")), (1, ndp(OTHER, "fe80::7", 136, "fe80::7"))],
            "fe80::7 conflicted [used by another]; ",
        ),
        (
            "an advertisement",
            vec![(0, ndp(g, "fe80::7", 136, "fe80::7"))],
            "fe80::7 preferred [NDP advertisement]; ",
        ),
        (
            "a solicitation",
            vec![(0, ndp(g, "fe80::7", 135, "fe80::1"))],
            "fe80::7 preferred [NDP solicitation]; ",
        ),
        ("a prefix only", vec![(0, ra("fd00::"))], ""),
        (
            "a reply",
            vec![(0, dhcp6(g, 3, "fd00::9", 0, 0)), (0, dhcp6(OTHER, 7, "fd00::9", 60, 0))],
            "fd00::9 preferred [DHCPv6 reply]; ",
        ),
        (
            "a reply that fails",
            vec![(0, dhcp6(g, 3, "fd00::9", 0, 0)), (0, dhcp6(OTHER, 7, "fd00::9", 60, 2))],
            "",
        ),
        (
            "a reply that ends it",
            vec![(0, dhcp6(OTHER, 7, "fd00::9", 60, 0)), (0, dhcp6(OTHER, 7, "fd00::9", 0, 0))],
            "",
        ),
        ("a v6 release", vec![(0, dhcp6(OTHER, 7, "fd00::9", 60, 0)), (0, dhcp6(g, 8, "fd00::9", 0, 0))], ""),
        ("data", vec![(0, data([10, 0, 0, 7]))], "10.0.0.7 preferred [data packet]; "),
        ("data of a router", (0..9).map(|i| (0, data([10, 0, 1, i + 1]))).collect(), ""),
        (
            "data of nobody",
            vec![(0, data([0, 0, 0, 7])), (0, data([127, 0, 0, 1])), (0, data([224, 0, 0, 1]))],
            "",
        ),
    ] {
        let mut net = net();
        for (at, frame) in frames {
            net.now = at;
            let way = if frame.get(6..12) == Some(&OTHER.0) { Way::ToGuest } else { Way::FromGuest };
            net.snoop.frame(at, NicId(0), way, &frame);
            net.pull();
        }
        assert_eq!(net.said(), want, "{name}");
    }
}

#[test]
fn how_far_an_ack_is_believed() {
    for (name, asked, server, want) in
        [("asked, trusted", true, 1, "certain"), ("asked", true, 2, "high"), ("not asked", false, 1, "low")]
    {
        let mut net = net();
        if asked {
            net.snoop.frame(0, NicId(0), Way::FromGuest, &dhcp4(GUEST, 3, "0.0.0.0", "0.0.0.0", &[]));
        }
        let frame = dhcp4(OTHER, 5, "0.0.0.0", "10.0.0.7", &[54, 4, 10, 0, 0, server, 1, 4, 255, 255, 0, 0]);
        net.snoop.frame(0, NicId(0), Way::ToGuest, &frame);
        net.pull();
        let evidence = &net.book.addresses(NicId(0))[0].evidence[0];
        assert_eq!((evidence.confidence.name(), evidence.prefix), (want, Some(16)), "{name}");
    }
}

#[test]
fn a_prefix_is_the_routers_word() {
    let mut net = net();
    net.snoop.frame(0, NicId(0), Way::ToGuest, &ra("fd00::"));
    net.snoop.frame(0, NicId(0), Way::FromGuest, &ndp(GUEST, "fd00::7", 136, "fd00::7"));
    net.pull();
    assert_eq!(net.book.addresses(NicId(0))[0].prefix(), Some(64));
}

#[test]
fn a_flood_is_bounded_in_every_part() {
    let mut net = net();
    for i in 0..100_000_u32 {
        let [_, a, b, c] = i.to_be_bytes();
        net.snoop.frame(
            u64::from(i) * 1000,
            NicId(0),
            Way::FromGuest,
            &arp(GUEST, &format!("10.{a}.{b}.{c}"), "10.0.0.1"),
        );
        if i % 7 == 0 {
            net.now = u64::from(i) * 1000;
            net.pull();
        }
    }
    assert!(net.book.addresses(NicId(0)).len() <= 64);
    assert!(net.book.refused(NicId(0)) > 90_000);
    let mut events = 0;
    while net.book.next_event().is_some() {
        events += 1;
    }
    assert!(events < 200, "{events} events");
}

/// The genuine capture: card, address, state, evidence of every guest in it.
#[test]
fn a_genuine_capture_gives_what_the_guests_had() {
    let macs = ["52:54:00:12:34:56", "52:54:00:ab:cd:ef", "52:54:00:12:34:99"];
    let mut book = AddressBook::new(Limits::default());
    let mut snoop = Snoop::new(Config::default());
    for (id, mac) in (0..).map(NicId).zip(macs) {
        let mac: Mac = mac.parse().unwrap();
        book.add_nic(Nic { id, mac, name: "net".into() }, 0);
        snoop.add_nic(id, mac);
    }
    let mut last = 0;
    pcap::frames(CAPTURE, &mut |at, frame| {
        last = at;
        snoop.captured(at, frame);
        book.pull(&mut snoop, Clock { now: at, unix: at, boot: 0 });
    })
    .unwrap();
    let mut said = Vec::new();
    while let Some(event) = book.next_event() {
        said.push(format!("{} {event}", macs[event.nic.0 as usize]));
    }
    let said = said.join("\n");
    let want = include_str!("../../../tests/fixtures/addresses/dhcp-arp-ndp.events").trim_end();
    assert_eq!(said, want, "what is seen:\n{said}");
}

proptest! {
    #[test]
    fn no_frame_makes_it_panic(
        frames in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..300), any::<bool>()), 0..8),
    ) {
        let mut net = net();
        for (frame, from) in frames {
            net.snoop.frame(0, NicId(0), if from { Way::FromGuest } else { Way::ToGuest }, &frame);
        }
        net.pull();
    }

    #[test]
    fn a_good_frame_with_bytes_changed_makes_no_panic(
        which in 0usize..5,
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..8),
        end in any::<u16>(),
        from in any::<bool>(),
    ) {
        let mut frame = [
            arp(GUEST, "10.0.0.7", "10.0.0.1"),
            dhcp4(OTHER, 5, "0.0.0.0", "10.0.0.7", &[51, 4, 0, 0, 0, 60]),
            ndp(GUEST, "::", 135, "fe80::7"),
            ra("fd00::"),
            dhcp6(OTHER, 7, "fd00::9", 60, 0),
        ][which].clone();
        for (at, byte) in changes {
            let n = frame.len();
            frame[usize::from(at) % n] = byte;
        }
        frame.truncate(usize::from(end) % (2 * frame.len()));
        let mut net = net();
        net.snoop.frame(0, NicId(0), if from { Way::FromGuest } else { Way::ToGuest }, &frame);
        net.pull();
        // The parsers by themselves, without the frame around.
        dhcp4::parse(&frame);
        dhcp6::parse(&frame);
        ndp::parse(134, &frame);
        let _ = pcap::frames(&frame, &mut |_, _| {});
    }
}

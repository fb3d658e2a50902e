//! A frame of the guest's card, cut into what says something about addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};

use crate::addresses::nic::Mac;

/// ARP for IPv4 on Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// The sender's MAC, by its own word.
    pub sender_mac: Mac,
    /// The sender's address; 0.0.0.0 in a probe (RFC 5227).
    pub sender: Ipv4Addr,
    /// The address asked for or answered to.
    pub target: Ipv4Addr,
}

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// ARP.
    Arp(Arp),
    /// UDP to or from a DHCPv4 server: the message.
    Dhcp4(&'a [u8]),
    /// UDP to or from a DHCPv6 server: the message.
    Dhcp6(&'a [u8]),
    /// ICMPv6 of neighbour discovery, hop limit 255: type, and what follows the checksum.
    Ndp(u8, &'a [u8]),
    /// Any other IP packet.
    Data,
}

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Ethernet's source.
    pub from: Mac,
    /// Ethernet's destination.
    pub to: Mac,
    /// IP's source.
    pub source: Option<IpAddr>,
    /// What it carries.
    pub payload: Payload<'a>,
}

impl<'a> Frame<'a> {
    /// Cuts an Ethernet frame, with VLAN tags or without, from its destination to its padding. `None` if it
    /// is neither IP nor ARP. What is shorter than it says is used as far as it goes.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let to = Mac(*bytes.first_chunk()?);
        let from = Mac(*bytes.get(6..)?.first_chunk()?);
        let packet = LaxSlicedPacket::from_ethernet(bytes).ok()?;
        let frame = |source, payload| Some(Frame { from, to, source, payload });
        match packet.net.as_ref()? {
            LaxNetSlice::Arp(arp) => {
                let plain =
                    arp.hw_addr_type().0 == 1 && arp.hw_addr_size() == 6 && arp.proto_addr_size() == 4;
                (plain && arp.proto_addr_type().0 == 0x0800).then_some(())?;
                let v4 = |b: &[u8]| b.try_into().ok().map(|b: [u8; 4]| Ipv4Addr::from(b));
                let arp = Arp {
                    sender_mac: Mac(arp.sender_hw_addr().try_into().ok()?),
                    sender: v4(arp.sender_protocol_addr())?,
                    target: v4(arp.target_protocol_addr())?,
                };
                frame(None, Payload::Arp(arp))
            }
            LaxNetSlice::Ipv4(ip) => {
                let source = ip.header().source_addr();
                frame(Some(source.into()), transport(packet.transport.as_ref(), false))
            }
            LaxNetSlice::Ipv6(ip) => {
                let source: Ipv6Addr = ip.header().source_addr();
                // Neighbour discovery from beyond the link has a smaller hop limit (RFC 4861 §7.1).
                let near = ip.header().hop_limit() == 255;
                frame(Some(source.into()), transport(packet.transport.as_ref(), near))
            }
        }
    }
}

fn transport<'a>(transport: Option<&TransportSlice<'a>>, near: bool) -> Payload<'a> {
    match transport {
        Some(TransportSlice::Udp(udp)) => match (udp.source_port(), udp.destination_port()) {
            (67, 67 | 68) | (68, 67) => Payload::Dhcp4(udp.payload()),
            (546, 547) | (547, 546) => Payload::Dhcp6(udp.payload()),
            _ => Payload::Data,
        },
        Some(TransportSlice::Icmpv6(icmp)) if near && icmp.code_u8() == 0 => {
            match (icmp.type_u8(), icmp.slice().get(4..)) {
                (kind @ 133..=136, Some(body)) => Payload::Ndp(kind, body),
                _ => Payload::Data,
            }
        }
        _ => Payload::Data,
    }
}

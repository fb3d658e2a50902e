//! Neighbour discovery, as far as it says who has which address (RFC 4861, RFC 4862).

use std::net::Ipv6Addr;

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ndp {
    /// Somebody asks for the router; its own address may be the packet's source.
    RouterSolicitation,
    /// A router says which prefixes are on the link: the first with its bits.
    RouterAdvertisement(Option<(Ipv6Addr, u8)>),
    /// Somebody asks who has this address.
    Solicitation(Ipv6Addr),
    /// Somebody has this address.
    Advertisement(Ipv6Addr),
}

/// Reads what follows the checksum of ICMPv6 type 133 to 136.
pub fn parse(kind: u8, body: &[u8]) -> Option<Ndp> {
    let target = || Some(Ipv6Addr::from(*body.get(4..)?.first_chunk::<16>()?));
    Some(match kind {
        133 => Ndp::RouterSolicitation,
        134 => Ndp::RouterAdvertisement(prefix(body.get(12..)?)),
        135 => Ndp::Solicitation(target()?),
        136 => Ndp::Advertisement(target()?),
        _ => return None,
    })
}

/// The first prefix that is on the link (flag L) or for configuration (flag A).
fn prefix(mut options: &[u8]) -> Option<(Ipv6Addr, u8)> {
    while let [kind, length, ..] = *options {
        let (option, rest) = options.split_at_checked(usize::from(length) * 8)?;
        if option.is_empty() {
            return None;
        }
        if kind == 3
            && let [_, _, bits @ 0..=128, flags, ..] = *option
            && flags & 0xc0 != 0
            && let Some(prefix) = option.get(16..).and_then(<[u8]>::first_chunk::<16>)
        {
            return Some((Ipv6Addr::from(*prefix), bits));
        }
        options = rest;
    }
    None
}

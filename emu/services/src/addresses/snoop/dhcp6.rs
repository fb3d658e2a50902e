//! DHCPv6 messages, as far as they say who has which address (RFC 8415). Relayed messages are not for guests.

use std::net::Ipv6Addr;

use crate::addresses::lease::Duid;

/// The message types that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Solicit, request, renew, rebind, confirm: the guest wants an answer.
    Ask,
    /// A server's word.
    Reply,
    /// The guest gives addresses back.
    Release,
    /// The guest found them in use.
    Decline,
    /// Advertise and what is unknown.
    Other,
}

/// An address in an identity association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The association.
    pub iaid: u32,
    /// The address.
    pub address: Ipv6Addr,
    /// Seconds; the highest number is never, 0 is gone.
    pub preferred: u32,
    /// The same.
    pub valid: u32,
    /// No status code but success stands with it.
    pub success: bool,
}

/// Addresses of a message that are looked at.
pub const MAX_ITEMS: usize = 16;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it says.
    pub kind: Kind,
    /// The transaction: 24 bits.
    pub xid: u32,
    /// The client.
    pub client: Option<Duid>,
    /// Its addresses, at most [`MAX_ITEMS`]. Delegated prefixes are none.
    pub items: Vec<Item>,
}

/// Reads a message between a client and a server. Options end where they are torn.
pub fn parse(bytes: &[u8]) -> Option<Message> {
    let ([kind, x, y, z], options) = bytes.split_first_chunk::<4>()?;
    let kind = match kind {
        1 | 3..=6 => Kind::Ask,
        7 => Kind::Reply,
        8 => Kind::Release,
        9 => Kind::Decline,
        12 | 13 => return None,
        _ => Kind::Other,
    };
    let mut message =
        Message { kind, xid: u32::from_be_bytes([0, *x, *y, *z]), client: None, items: Vec::new() };
    let mut success = true;
    for (code, value) in Options(options) {
        match code {
            1 => message.client = Duid::new(value),
            // IA_NA has two times before its options, IA_TA none.
            3 => association(value, 12, &mut message.items),
            4 => association(value, 4, &mut message.items),
            13 => success = is_success(value),
            _ => {}
        }
    }
    message.items.iter_mut().for_each(|item| item.success &= success);
    Some(message)
}

fn association(value: &[u8], fixed: usize, items: &mut Vec<Item>) {
    let (Some(iaid), Some(options)) = (value.first_chunk::<4>(), value.get(fixed..)) else { return };
    let iaid = u32::from_be_bytes(*iaid);
    let start = items.len();
    let mut success = true;
    for (code, value) in Options(options) {
        match code {
            5 if items.len() < MAX_ITEMS => items.extend(address(iaid, value)),
            13 => success = is_success(value),
            _ => {}
        }
    }
    items[start..].iter_mut().for_each(|item| item.success &= success);
}

fn address(iaid: u32, value: &[u8]) -> Option<Item> {
    let (address, rest) = value.split_first_chunk::<16>()?;
    let (preferred, rest) = rest.split_first_chunk()?;
    let (valid, options) = rest.split_first_chunk()?;
    let success = Options(options).filter(|(code, _)| *code == 13).all(|(_, value)| is_success(value));
    let (preferred, valid) = (u32::from_be_bytes(*preferred), u32::from_be_bytes(*valid));
    Some(Item { iaid, address: Ipv6Addr::from(*address), preferred, valid, success })
}

fn is_success(status: &[u8]) -> bool {
    status.first_chunk() == Some(&[0, 0])
}

/// Options up to the first torn one.
struct Options<'a>(&'a [u8]);

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let ([a, b, c, d], rest) = self.0.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*c, *d])))?;
        self.0 = rest;
        Some((u16::from_be_bytes([*a, *b]), value))
    }
}

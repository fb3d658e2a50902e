//! DHCPv4 messages, as far as they say who has which address (RFC 2131, RFC 2132, RFC 3396).

use std::net::Ipv4Addr;

use crate::addresses::nic::Mac;

/// The message types that matter; others are `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The guest wants an address.
    Request,
    /// The guest found it in use.
    Decline,
    /// The guest has it.
    Ack,
    /// The guest may not have it.
    Nak,
    /// The guest gives it back.
    Release,
    /// Discover, offer, inform and what is unknown: they prove nothing.
    Other,
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// From a server.
    pub reply: bool,
    /// What it says.
    pub kind: Kind,
    /// The transaction.
    pub xid: u32,
    /// The client's address by its own word.
    pub ciaddr: Ipv4Addr,
    /// The address given.
    pub yiaddr: Ipv4Addr,
    /// The client's MAC.
    pub chaddr: Mac,
    /// Bits of the prefix, from option 1.
    pub prefix: Option<u8>,
    /// Option 50.
    pub requested: Option<Ipv4Addr>,
    /// Option 51, in seconds; the highest number is never.
    pub lease: Option<u32>,
    /// Option 54.
    pub server: Option<Ipv4Addr>,
}

const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];

/// Reads a message for Ethernet with a DHCP type. `None` for BOOTP, other hardware and what is torn before
/// the options; options end where they are torn.
pub fn parse(bytes: &[u8]) -> Option<Message> {
    let fixed = bytes.first_chunk::<236>()?;
    let word = |at: usize| [fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]];
    let options = bytes.get(236..)?.strip_prefix(&COOKIE)?;
    let reply = match fixed[0] {
        1 => false,
        2 => true,
        _ => return None,
    };
    ([fixed[1], fixed[2]] == [1, 6]).then_some(())?;
    let mut message = Message {
        reply,
        kind: Kind::Other,
        xid: u32::from_be_bytes(word(4)),
        ciaddr: word(12).into(),
        yiaddr: word(16).into(),
        chaddr: Mac(*fixed[28..].first_chunk()?),
        prefix: None,
        requested: None,
        lease: None,
        server: None,
    };
    let mut kind = None;
    let overload = read(options, &mut message, &mut kind);
    // Options may go on in the fields for the boot file (bit 0) and the server's name (bit 1).
    if overload & 1 != 0 {
        read(&fixed[108..236], &mut message, &mut kind);
    }
    if overload & 2 != 0 {
        read(&fixed[44..108], &mut message, &mut kind);
    }
    message.kind = kind?;
    Some(message)
}

/// Reads options; option 52.
fn read(mut options: &[u8], message: &mut Message, kind: &mut Option<Kind>) -> u8 {
    let mut overload = 0;
    while let [code, rest @ ..] = options {
        if *code == 255 {
            break;
        }
        if *code == 0 {
            options = rest;
            continue;
        }
        let Some((length, rest)) = rest.split_first() else { break };
        let Some((value, rest)) = rest.split_at_checked(usize::from(*length)) else { break };
        options = rest;
        let word = value.try_into().ok().map(|w: [u8; 4]| w);
        match (code, value) {
            (53, [number]) => {
                *kind = Some(match number {
                    3 => Kind::Request,
                    4 => Kind::Decline,
                    5 => Kind::Ack,
                    6 => Kind::Nak,
                    7 => Kind::Release,
                    _ => Kind::Other,
                });
            }
            (52, [number]) => overload = *number,
            (1, _) => message.prefix = word.and_then(|w| prefix(u32::from_be_bytes(w))),
            (50, _) => message.requested = word.map(Ipv4Addr::from),
            (51, _) => message.lease = word.map(u32::from_be_bytes),
            (54, _) => message.server = word.map(Ipv4Addr::from),
            _ => {}
        }
    }
    overload
}

/// Bits of a mask of ones followed by zeros.
fn prefix(mask: u32) -> Option<u8> {
    let ones = mask.leading_ones();
    (mask.count_ones() == ones).then(|| u8::try_from(ones).ok()).flatten()
}

//! A lease as every format has it.

use std::fmt;
use std::net::IpAddr;

use crate::addresses::claim::{Clock, Validity};
use crate::addresses::nic::{Mac, hex_byte};

/// When a lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiry {
    /// Seconds since 1970-01-01 UTC.
    Unix(u64),
    /// Microseconds since the host booted: early systemd-networkd.
    BootMicros(u64),
    /// The file does not say: dnsmasq on a router without a clock writes the length.
    Unknown,
    /// Never.
    Never,
}

impl Expiry {
    /// The same on the caller's clock. What does not say its end stands as long as the file has it.
    pub fn validity(self, clock: Clock) -> Validity {
        match self {
            Self::Unix(s) => Validity::Until(clock.at_unix_seconds(s)),
            Self::BootMicros(us) => clock.at_boot_micros(us).map_or(Validity::Forever, Validity::Until),
            Self::Unknown | Self::Never => Validity::Forever,
        }
    }
}

/// A DHCP unique identifier: at most 130 bytes (RFC 8415 §11.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duid(Box<[u8]>);

impl Duid {
    /// `None` if it is empty or longer than the RFC has it.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (1..=130).contains(&bytes.len()).then(|| Self(bytes.into()))
    }

    /// Reads bytes in hexadecimal, with colons.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 3 * 130 {
            return None;
        }
        let bytes: Option<Vec<u8>> = text.split(':').map(hex_byte).collect();
        Self::new(&bytes?)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The MAC in it: types 1 (link-layer address and time) and 3 (link-layer address), on Ethernet.
    pub fn mac(&self) -> Option<Mac> {
        let mac = match *self.0 {
            [0, 1, 0, 1, _, _, _, _, ref mac @ ..] | [0, 3, 0, 1, ref mac @ ..] => mac,
            _ => return None,
        };
        mac.try_into().ok().map(Mac)
    }
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The address.
    pub address: IpAddr,
    /// Bits of the network's prefix, where the file has them.
    pub prefix: Option<u8>,
    /// The client's MAC, where the file has it.
    pub mac: Option<Mac>,
    /// The client's DUID: IPv6 only.
    pub duid: Option<Duid>,
    /// The identity association: IPv6 only.
    pub iaid: Option<u32>,
    /// When it ends.
    pub expiry: Expiry,
    /// Whether it is in force; `false` for a release, an expiry or a declined address in a log.
    pub active: bool,
}

/// A place in a file of leases, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line.
    Line(usize),
    /// An entry of a JSON file, whose lines say nothing.
    Entry(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(n) => write!(f, "line {n}"),
            Self::Entry(n) => write!(f, "entry {n}"),
        }
    }
}

/// What a parser found besides leases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines or entries that are no lease and should be one.
    pub bad: u64,
    /// Where the first of them is.
    pub first_bad: Option<Place>,
    /// The file ends where such a file may end: a newline, a closing bracket.
    pub complete: bool,
}

impl Summary {
    /// Counts something bad.
    pub(super) fn bad_at(&mut self, place: Place) {
        self.bad += 1;
        self.first_bad.get_or_insert(place);
    }
}

/// Lines without their ends (LF or CR LF) and with their places, blank lines left out.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (Place, &[u8])> {
    let lines = bytes.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    lines.enumerate().map(|(i, l)| (Place::Line(i + 1), l)).filter(|(_, l)| !l.is_empty())
}

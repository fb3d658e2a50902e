//! Leases in the files of DHCP servers: dnsmasq, libvirt, ISC dhcpd, Kea, systemd-networkd.
//!
//! Parsers are functions over bytes: one pass, nothing allocated by a number in the file, no clock.
//! [`LeaseSource`] decides when to read, what a torn file is, and whose each lease is.

pub mod dnsmasq;
mod file;
pub mod isc;
mod isc_tokens;
pub mod json;
pub mod kea;
mod matching;
mod record;
mod set;
mod source;
#[cfg(feature = "watch")]
mod watch;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::IpAddr;

use super::claim::{Claim, Clock, State};
use super::nic::Nics;
pub use file::{LeaseFile, MAX_FILE};
pub use matching::{How, Links, cards};
pub use record::{Duid, Expiry, Lease, Place, Summary};
pub use set::LeaseSet;
pub use source::{LeaseReader, LeaseSource};
#[cfg(feature = "watch")]
pub use watch::DirectoryWatch;

/// Which of several leases of one address counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// The last: the file is a log.
    Last,
    /// The one that ends last; of equals the first: the file is a picture, newest first.
    Longest,
}

/// A file format.
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// Gives every lease in the file's order.
    pub parse: fn(&[u8], &mut dyn FnMut(Lease)) -> Summary,
    /// Which of several counts.
    pub duplicates: Duplicates,
    /// Evidence of each kind, in the order of [`How`].
    what: [&'static str; 5],
    /// Whether a file that begins so is of this format.
    begins: fn(&[u8]) -> bool,
}

macro_rules! format {
    ($name:literal, $parse:path, $duplicates:ident, $begins:path) => {
        Format {
            name: $name,
            parse: $parse,
            duplicates: Duplicates::$duplicates,
            what: [
                concat!($name, " lease"),
                concat!($name, " lease by known DUID"),
                concat!($name, " lease by DUID and IAID"),
                concat!($name, " lease by DUID"),
                concat!($name, " lease by IAID"),
            ],
            begins: $begins,
        }
    };
}

/// Every format, in the order they are tried.
pub const FORMATS: [Format; 5] = [
    format!("libvirt", json::parse, Longest, begins::libvirt),
    format!("networkd", json::parse, Longest, begins::networkd),
    format!("kea", kea::parse, Last, begins::kea),
    format!("dhcpd", isc::parse, Last, begins::isc),
    format!("dnsmasq", dnsmasq::parse, Longest, begins::dnsmasq),
];

/// How files begin.
mod begins {
    fn starts(bytes: &[u8], marks: &[&[u8]]) -> bool {
        let text = bytes.trim_ascii_start();
        marks.iter().any(|mark| text.starts_with(mark))
    }

    fn has(bytes: &[u8], word: &[u8]) -> bool {
        bytes.get(..4096).unwrap_or(bytes).windows(word.len()).any(|w| w == word)
    }

    pub(super) fn libvirt(bytes: &[u8]) -> bool {
        let empty = bytes.trim_ascii_start().get(1..).is_some_and(|rest| rest.trim_ascii() == b"]");
        starts(bytes, &[b"["]) && (has(bytes, b"\"ip-address\"") || empty)
    }

    pub(super) fn networkd(bytes: &[u8]) -> bool {
        starts(bytes, &[b"[", b"{"]) && (has(bytes, b"\"Address\"") || has(bytes, b"\"Leases\""))
    }

    pub(super) fn kea(bytes: &[u8]) -> bool {
        starts(bytes, &[b"address,"])
    }

    pub(super) fn isc(bytes: &[u8]) -> bool {
        let code = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
        let first = code.filter(|l| !l.is_empty()).find(|l| !l.starts_with(b"#"));
        match first {
            Some(line) => starts(
                line,
                &[b"lease ", b"authoring-byte-order ", b"server-duid ", b"ia-na ", b"ia-ta ", b"ia-pd "],
            ),
            None => has(bytes, b"dhcpd.leases"),
        }
    }

    pub(super) fn dnsmasq(bytes: &[u8]) -> bool {
        let line = bytes.trim_ascii_start().split(|b| *b == b'\n').next().unwrap_or_default();
        let mut words = line.split(|b| *b == b' ');
        match words.next() {
            Some(b"duid") => words.next().is_some(),
            Some(first) => {
                !first.is_empty()
                    && first.iter().all(u8::is_ascii_digit)
                    && words.filter(|w| !w.is_empty()).count() >= 2
            }
            None => false,
        }
    }
}

/// The format of a file by its content; `None` if it is none of them.
pub fn recognise(bytes: &[u8]) -> Option<&'static Format> {
    FORMATS.iter().find(|format| (format.begins)(bytes))
}

/// The claims a file makes on `nics`: leases in force that do not end before `clock`.
///
/// Of other guests' leases, logs cost no memory and pictures an address each.
pub fn claims(
    format: &Format,
    bytes: &[u8],
    nics: &Nics,
    links: &Links,
    clock: Clock,
) -> (Vec<Claim>, Summary) {
    // What counts for an address is decided over all leases of it, whoever's they are.
    let mut found: HashMap<IpAddr, (Expiry, Vec<Claim>)> = HashMap::new();
    let summary = (format.parse)(bytes, &mut |lease| {
        let keep_old = |(expiry, _): &(Expiry, Vec<Claim>)| *expiry >= lease.expiry;
        if format.duplicates == Duplicates::Longest && found.get(&lease.address).is_some_and(keep_old) {
            return;
        }
        let made = claims_of(format, &lease, nics, links, clock);
        if made.is_empty() && format.duplicates == Duplicates::Last {
            found.remove(&lease.address);
        } else {
            found.insert(lease.address, (lease.expiry, made));
        }
    });
    let mut claims: Vec<_> = found.into_values().flat_map(|(_, claims)| claims).collect();
    claims.sort_by_key(|c| (c.nic, c.address));
    (claims, summary)
}

fn claims_of(format: &Format, lease: &Lease, nics: &Nics, links: &Links, clock: Clock) -> Vec<Claim> {
    let validity = lease.expiry.validity(clock);
    let over = validity.ends(clock.now).is_some_and(|end| end <= clock.now);
    if !lease.active || over {
        return Vec::new();
    }
    let Some((cards, how, confidence)) = cards(lease, nics, links) else { return Vec::new() };
    let claim = |nic| Claim {
        nic,
        address: lease.address,
        prefix: lease.prefix,
        state: State::Preferred,
        confidence,
        validity,
        what: format.what[how as usize],
        interface: None,
    };
    cards.map(claim).collect()
}

//! Scalars of networks: MACs, addresses with and without a prefix, and what an address is compared with.

use std::fmt;
use std::net::IpAddr;

use innkeeper_services::addresses as service;
use innkeeper_services::addresses::lease;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::units::scalar;

/// A MAC address, written `52:54:00:12:34:56` (quoted).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mac(pub service::Mac);

/// An IPv4 or IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip(pub IpAddr);

/// An address with the bits of its prefix, written `10.0.2.15/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// The address.
    pub address: IpAddr,
    /// Bits of the prefix.
    pub prefix: u8,
}

/// What an address is compared with: `10.0.2.15`, `10.0.2.15/24`, or `in fe80::/10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This address, whatever its prefix.
    Address(IpAddr),
    /// This address with this prefix.
    Exactly(Net),
    /// Any address of this network.
    In(Net),
}

/// A DHCP unique identifier, written as bytes with colons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duid(pub lease::Duid);

impl Mac {
    /// Reads `52:54:00:12:34:56`.
    pub fn parse(text: &str) -> Option<Self> {
        service::Mac::parse(text).map(Mac)
    }
}

impl Ip {
    /// Reads `10.0.2.15`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Ip)
    }
}

impl Net {
    /// Reads `10.0.2.15/24`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let digits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix: u8 = prefix.parse().ok().filter(|_| digits)?;
        (prefix <= bits(address)).then_some(Net { address, prefix })
    }

    /// Whether `address` is in this network.
    pub fn contains(self, address: IpAddr) -> bool {
        let apart = match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(u32::from(a) ^ u32::from(b)),
            (IpAddr::V6(a), IpAddr::V6(b)) => u128::from(a) ^ u128::from(b),
            _ => return false,
        };
        apart.checked_shr(u32::from(bits(address) - self.prefix)).unwrap_or(0) == 0
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl Pattern {
    /// Reads `10.0.2.15`, `10.0.2.15/24` or `in 10.0.2.0/24`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(net) = text.strip_prefix("in ") {
            return Net::parse(net.trim_start()).map(Pattern::In);
        }
        Net::parse(text).map(Pattern::Exactly).or_else(|| text.parse().ok().map(Pattern::Address))
    }

    /// Whether an address with this prefix is one of those meant.
    pub fn matches(self, address: IpAddr, prefix: Option<u8>) -> bool {
        match self {
            Pattern::Address(wanted) => wanted == address,
            Pattern::Exactly(net) => net.address == address && prefix == Some(net.prefix),
            Pattern::In(net) => net.contains(address),
        }
    }
}

impl Duid {
    /// Reads `00:01:00:01:…`.
    pub fn parse(text: &str) -> Option<Self> {
        lease::Duid::parse(text).map(Duid)
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Address(address) => write!(f, "{address}"),
            Pattern::Exactly(net) => write!(f, "{net}"),
            Pattern::In(net) => write!(f, "in {net}"),
        }
    }
}

scalar!(Mac, Mac::parse, "a MAC address such as \"52:54:00:12:34:56\"", "^[0-9a-fA-F]{1,2}([:-][0-9a-fA-F]{1,2}){5}$", int: |_| None);
scalar!(Ip, Ip::parse, "an address such as 10.0.2.15 or fd00::15", "^[0-9a-fA-F.:]+$", int: |_| None);
scalar!(Net, Net::parse, "an address with its prefix such as 10.0.2.15/24", "^[0-9a-fA-F.:]+/[0-9]+$", int: |_| None);
scalar!(Pattern, Pattern::parse, "an address such as 10.0.2.15, 10.0.2.15/24 or \"in fe80::/10\"", "^(in +)?[0-9a-fA-F.:]+(/[0-9]+)?$", int: |_| None);
scalar!(Duid, Duid::parse, "a DUID such as \"00:03:00:01:52:54:00:12:34:56\"", "^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2})*$", int: |_| None);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_they_say() {
        for (pattern, address, prefix, want) in [
            ("10.0.2.15", "10.0.2.15", None, true),
            ("10.0.2.15", "10.0.2.16", None, false),
            ("10.0.2.15/24", "10.0.2.15", Some(24), true),
            ("10.0.2.15/24", "10.0.2.15", Some(16), false),
            ("10.0.2.15/24", "10.0.2.15", None, false),
            ("in 10.0.2.0/24", "10.0.2.255", None, true),
            ("in 10.0.2.0/24", "10.0.3.0", None, false),
            ("in 0.0.0.0/0", "255.0.3.0", None, true),
            ("in 0.0.0.0/0", "fe80::1", None, false),
            ("in fe80::/10", "febf::1", Some(64), true),
            ("in fe80::/10", "fec0::1", Some(64), false),
            ("in ::/0", "fe80::1", None, true),
        ] {
            let parsed = Pattern::parse(pattern).unwrap_or_else(|| panic!("{pattern}"));
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(parsed.matches(address, prefix), want, "{pattern} {address}");
            assert_eq!(parsed.to_string(), pattern);
        }
        for bad in
            ["", "10.0.2", "10.0.2.15/33", "10.0.2.15/+4", "in 10.0.2.15", "10.0.2.15/", "fe80::1%eth0"]
        {
            assert_eq!(Pattern::parse(bad), None, "{bad}");
        }
    }
}

//! The guest's network cards, as the host knows them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// An Ethernet address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Reads a MAC: six groups of one or two hexadecimal digits, with colons or hyphens, in any case.
    /// macOS writes groups without leading zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 6];
        let mut groups = text.split([':', '-']);
        for byte in &mut bytes {
            *byte = hex_byte(groups.next()?)?;
        }
        groups.next().is_none().then_some(Self(bytes))
    }

    /// The low four bytes, as dhclient makes an IAID of them.
    pub(crate) fn low(self) -> u32 {
        let [_, _, low @ ..] = self.0;
        u32::from_be_bytes(low)
    }

    /// Whether it names one card: neither all zeros (loopback, tunnels) nor a group address.
    pub fn is_card(self) -> bool {
        self.0 != [0; 6] && self.0[0] & 1 == 0
    }
}

/// One or two hexadecimal digits, and nothing else (`from_str_radix` would take a sign).
pub(crate) fn hex_byte(digits: &str) -> Option<u8> {
    let fits = matches!(digits.len(), 1 | 2) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if fits { u8::from_str_radix(digits, 16).ok() } else { None }
}

impl FromStr for Mac {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| format!("'{text}' is no MAC address: write it as 52:54:00:12:34:56"))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// A card's number, given by the machine: what a claim is bound to. A MAC alone proves nothing, since
/// guests may use each other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NicId(pub u32);

/// A network card of the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nic {
    /// Its number.
    pub id: NicId,
    /// Its MAC.
    pub mac: Mac,
    /// The host's name for it (`net0`, `vnet3`): a row's name for every source but the agent.
    pub name: Box<str>,
}

/// The cards that are plugged in, found by number or by MAC.
#[derive(Clone, Debug, Default)]
pub struct Nics {
    cards: BTreeMap<NicId, Nic>,
    by_mac: BTreeSet<(Mac, NicId)>,
    /// The MACs by their low four bytes.
    by_low: BTreeSet<(u32, Mac, NicId)>,
    changes: u64,
}

impl Nics {
    /// Plugs a card in; one with the same number is replaced.
    pub fn insert(&mut self, nic: Nic) {
        self.remove(nic.id);
        self.changes += 1;
        self.by_mac.insert((nic.mac, nic.id));
        self.by_low.insert((nic.mac.low(), nic.mac, nic.id));
        self.cards.insert(nic.id, nic);
    }

    /// Unplugs a card.
    pub fn remove(&mut self, id: NicId) -> Option<Nic> {
        let nic = self.cards.remove(&id)?;
        self.changes += 1;
        self.by_mac.remove(&(nic.mac, id));
        self.by_low.remove(&(nic.mac.low(), nic.mac, id));
        Some(nic)
    }

    /// The card with this number.
    pub fn get(&self, id: NicId) -> Option<&Nic> {
        self.cards.get(&id)
    }

    /// All, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Nic> {
        self.cards.values()
    }

    /// The cards with this MAC: one, unless two were given the same.
    pub fn with_mac(&self, mac: Mac) -> impl Iterator<Item = NicId> {
        self.by_mac.range((mac, NicId(0))..=(mac, NicId(u32::MAX))).map(|(_, id)| *id)
    }

    /// The MAC whose low four bytes these are, if no two cards have such MACs.
    pub(crate) fn with_mac_low(&self, low: u32) -> Option<Mac> {
        let first = (low, Mac([0; 6]), NicId(0));
        let mut found = self.by_low.range(first..).take_while(|(l, ..)| *l == low).map(|(_, mac, _)| *mac);
        let mac = found.next()?;
        found.all(|other| other == mac).then_some(mac)
    }

    /// Counts what was plugged in and out: as long as it is the same, so are the cards.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macs_are_read_as_they_are_written_anywhere() {
        let mac = Some(Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]));
        for (text, want) in [
            ("52:54:00:12:34:56", mac),
            ("52-54-00-12-34-56", mac),
            ("52:54:0:12:34:56", mac),
            ("52:54:00:AB:cd:Ef", Some(Mac([0x52, 0x54, 0, 0xab, 0xcd, 0xef]))),
            ("0:0:0:0:0:0", Some(Mac::default())),
            ("52:54:00:12:34", None),
            ("52:54:00:12:34:56:78", None),
            ("52:54:00:12:34:+6", None),
            ("52:54:00:12:34:", None),
            ("52:54:00:12:34:567", None),
            ("", None),
        ] {
            assert_eq!(Mac::parse(text), want, "{text}");
        }
    }
}

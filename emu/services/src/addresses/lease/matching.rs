//! Whose lease it is.
//!
//! By MAC where the file has one. An IPv6 lease often has only the client's DUID and IAID, and then:
//! 1. the pair was seen on the card's own port, or told by dnsmasq's hook: as good as a MAC;
//! 2. the DUID has the MAC of one of the guest's cards, and the IAID is the low four bytes of a card's MAC
//!    (dhclient's): that card, medium;
//! 3. the DUID has a card's MAC, but the IAID says nothing: low, for clients use one card's MAC for all;
//! 4. the IAID alone looks like a card's MAC: a hint.

use std::collections::BTreeMap;

use super::record::{Duid, Lease};
use crate::addresses::claim::Confidence;
use crate::addresses::nic::{Mac, NicId, Nics};

/// How a lease was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The MAC in the file.
    Mac,
    /// DUID and IAID, known to be the card's.
    Link,
    /// The MAC in the DUID, and the IAID.
    DuidAndIaid,
    /// The MAC in the DUID.
    Duid,
    /// The IAID.
    Iaid,
}

/// (how, confidence), in the order of [`How`].
const CONFIDENCE: [(How, Confidence); 5] = [
    (How::Mac, Confidence::High),
    (How::Link, Confidence::High),
    (How::DuidAndIaid, Confidence::Medium),
    (How::Duid, Confidence::Low),
    (How::Iaid, Confidence::Hint),
];

/// DUID and IAID of cards, learned elsewhere. At most 65,536.
#[derive(Clone, Debug, Default)]
pub struct Links(BTreeMap<(Duid, u32), NicId>);

impl Links {
    /// Remembers that the pair is this card's.
    pub fn learn(&mut self, duid: Duid, iaid: u32, nic: NicId) {
        if self.0.len() < 65_536 {
            self.0.insert((duid, iaid), nic);
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// The cards a lease may be of, how, and how far to believe it. With two cards of one MAC it is a hint.
pub fn cards<'a>(
    lease: &Lease,
    nics: &'a Nics,
    links: &Links,
) -> Option<(impl Iterator<Item = NicId> + use<'a>, How, Confidence)> {
    let (mac, how) = whose(lease, nics, links)?;
    let confidence = CONFIDENCE[how as usize].1;
    let confidence = if nics.with_mac(mac).nth(1).is_some() { Confidence::Hint } else { confidence };
    Some((nics.with_mac(mac), how, confidence))
}

fn whose(lease: &Lease, nics: &Nics, links: &Links) -> Option<(Mac, How)> {
    let known = |mac: &Mac| mac.is_card() && nics.with_mac(*mac).next().is_some();
    if let Some(mac) = lease.mac {
        // A MAC in the file is the server's word: no guessing past it.
        return known(&mac).then_some((mac, How::Mac));
    }
    let (duid, iaid) = (lease.duid.as_ref(), lease.iaid);
    if let (Some(duid), Some(iaid)) = (duid, iaid)
        && let Some(nic) = links.0.get(&(duid.clone(), iaid)).and_then(|id| nics.get(*id))
    {
        return Some((nic.mac, How::Link));
    }
    let in_duid = duid.and_then(Duid::mac).filter(known);
    let by_iaid = iaid.and_then(|iaid| nics.with_mac_low(iaid));
    match (in_duid, by_iaid) {
        (Some(_), Some(mac)) => Some((mac, How::DuidAndIaid)),
        (Some(mac), None) => Some((mac, How::Duid)),
        (None, Some(mac)) => Some((mac, How::Iaid)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::lease::record::Expiry;
    use crate::addresses::nic::Nic;

    #[test]
    fn each_rule_finds_its_card() {
        let mut nics = Nics::default();
        for (id, mac) in [
            (1, "52:54:00:12:34:56"),
            (2, "52:54:00:12:34:57"),
            (3, "52:54:00:00:00:03"),
            (4, "52:54:00:00:00:03"),
        ] {
            nics.insert(Nic { id: NicId(id), mac: mac.parse().unwrap(), name: "net".into() });
        }
        let duid1 = "00:01:00:01:32:95:59:b3:52:54:00:12:34:56";
        let foreign = "00:01:00:01:32:95:59:b3:52:54:00:99:99:99";
        let mut links = Links::default();
        links.learn(Duid::parse(foreign).unwrap(), 7, NicId(2));
        for (mac, duid, iaid, want) in [
            (Some("52:54:00:12:34:56"), None, None, Some((vec![1], How::Mac, Confidence::High))),
            (Some("52:54:00:99:99:99"), Some(duid1), Some(0x0012_3456), None),
            (Some("52:54:00:00:00:03"), None, None, Some((vec![3, 4], How::Mac, Confidence::Hint))),
            (None, Some(foreign), Some(7), Some((vec![2], How::Link, Confidence::High))),
            (None, Some(duid1), Some(0x0012_3456), Some((vec![1], How::DuidAndIaid, Confidence::Medium))),
            (None, Some(duid1), Some(0x0012_3457), Some((vec![2], How::DuidAndIaid, Confidence::Medium))),
            (None, Some(duid1), Some(5), Some((vec![1], How::Duid, Confidence::Low))),
            (None, Some(foreign), Some(0x0012_3457), Some((vec![2], How::Iaid, Confidence::Hint))),
            (None, Some(foreign), Some(5), None),
            (None, None, None, None),
        ] {
            let lease = Lease {
                address: "fd00::1".parse().unwrap(),
                prefix: None,
                mac: mac.map(|m| m.parse().unwrap()),
                duid: duid.and_then(Duid::parse),
                iaid,
                expiry: Expiry::Never,
                active: true,
            };
            let found = cards(&lease, &nics, &links)
                .map(|(ids, how, confidence)| (ids.map(|id| id.0).collect::<Vec<_>>(), how, confidence));
            assert_eq!(found, want, "{mac:?} {duid:?} {iaid:?}");
        }
    }
}

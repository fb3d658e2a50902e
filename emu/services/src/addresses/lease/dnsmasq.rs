//! dnsmasq's lease file: `expiry mac ip hostname client-id`, then `duid` and the IPv6 leases with an IAID
//! in the MAC's place (services.md §3.1; `lease.c` of dnsmasq 2.93 is what was looked at for facts).

use super::record::{Duid, Expiry, Lease, Summary, lines};
use crate::addresses::nic::Mac;
use std::net::IpAddr;

/// A wall clock before this (2001) was never set: the number is a lease's length (`HAVE_BROKEN_RTC`).
const FIRST_EXPIRY: u64 = 1_000_000_000;

/// Lines longer than this are none of dnsmasq's.
const MAX_LINE: usize = 4096;

/// Gives every lease of the file, in its order.
pub fn parse(bytes: &[u8], lease: &mut dyn FnMut(Lease)) -> Summary {
    let mut summary = Summary { complete: bytes.ends_with(b"\n"), ..Summary::default() };
    for (place, line) in lines(bytes) {
        match one(line) {
            Some(Line::Lease(found)) => lease(found),
            Some(Line::Other) => {}
            None => summary.bad_at(place),
        }
    }
    summary
}

enum Line {
    Lease(Lease),
    Other,
}

fn one(line: &[u8]) -> Option<Line> {
    let text = std::str::from_utf8(line).ok().filter(|_| line.len() <= MAX_LINE)?;
    let mut words = text.split(' ').filter(|w| !w.is_empty());
    let first = words.next()?;
    if matches!(first, "duid" | "agent-info" | "vendorclass") {
        return Some(Line::Other);
    }
    let expiry = match first.parse().ok()? {
        0 => Expiry::Never,
        s if s < FIRST_EXPIRY => Expiry::Unknown,
        s => Expiry::Unix(s),
    };
    let (identity, address) = (words.next()?, words.next()?.parse().ok()?);
    let (_hostname, client) = (words.next()?, words.next()?);
    let mut lease = Lease { address, prefix: None, mac: None, duid: None, iaid: None, expiry, active: true };
    match address {
        IpAddr::V4(_) => lease.mac = mac(identity)?,
        IpAddr::V6(_) => {
            lease.iaid = Some(identity.strip_prefix('T').unwrap_or(identity).parse().ok()?);
            lease.duid = if client == "*" { None } else { Some(Duid::parse(client)?) };
        }
    }
    Some(Line::Lease(lease))
}

/// The MAC: Ethernet's plainly, others behind their hardware type (`06-aa:..`), or the type alone (`06-`).
fn mac(text: &str) -> Option<Option<Mac>> {
    match text.split_once('-') {
        Some((kind, _)) if kind.len() == 2 && !text.contains(':') => Some(None),
        Some((kind, mac)) if kind.len() == 2 => Mac::parse(mac).map(Some),
        _ => Mac::parse(text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::lease::Place;

    fn leases(text: &str) -> (Vec<String>, u64) {
        let mut found = Vec::new();
        let summary = parse(text.as_bytes(), &mut |l| {
            let mac = l.mac.map_or("-".into(), |m| m.to_string());
            found.push(format!("{} {mac} {:?} {:?}", l.address, l.iaid, l.expiry));
        });
        (found, summary.bad)
    }

    #[test]
    fn each_line_is_what_dnsmasq_means() {
        let mac = "52:54:00:ab:cd:ef";
        for (line, want) in [
            (
                "1795333560 52:54:00:ab:cd:ef 192.168.77.73 weird 01:52",
                "192.168.77.73 {mac} None Unix(1795333560)",
            ),
            ("0 52:54:00:ab:cd:ef 192.168.77.9 * *", "192.168.77.9 {mac} None Never"),
            ("120 52:54:00:ab:cd:ef 192.168.77.9 * *", "192.168.77.9 {mac} None Unknown"),
            ("0 06-52:54:00:ab:cd:ef 192.168.77.9 * *", "192.168.77.9 {mac} None Never"),
            ("0 06- 192.168.77.9 * *", "192.168.77.9 - None Never"),
            ("1795333728 1193046 fd77::10b * 00:01:00", "fd77::10b - Some(1193046) Unix(1795333728)"),
            ("1795333728 T7 fd77::10b * *", "fd77::10b - Some(7) Unix(1795333728)"),
            ("0 52:54:00:ab:cd:ef 192.168.77.9 * *\r", "192.168.77.9 {mac} None Never"),
        ] {
            assert_eq!(leases(line), (vec![want.replace("{mac}", mac)], 0), "{line}");
        }
        for line in ["duid 00:01:00", "agent-info 192.168.77.9 01", "vendorclass 192.168.77.9 01", ""] {
            assert_eq!(leases(line), (Vec::new(), 0), "{line}");
        }
        for line in
            ["garbage", "1795333560 52:54:00:ab:cd:ef 192.168.77.7", "x y z * *", "0 1193046 ::1 * zz"]
        {
            assert_eq!(leases(line), (Vec::new(), 1), "{line}");
        }
        let text = "duid 00:01:00\n\n0 52:54:00:ab:cd:ef 192.168.77.9 * *\nx\ny\n";
        let summary = parse(text.as_bytes(), &mut |_| {});
        assert_eq!((summary.bad, summary.first_bad), (2, Some(Place::Line(4))));
    }
}

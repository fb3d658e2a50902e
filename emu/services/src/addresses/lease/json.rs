//! The two files that are JSON: libvirt's `<bridge>.status` (services.md §3.2) and systemd-networkd's, an
//! array in its early form and an object later (§3.5). Entries are told apart by their keys.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::record::{Duid, Expiry, Lease, Place, Summary};
use crate::addresses::nic::Mac;

/// Gives every lease of the file, in its order. One entry at a time is held.
pub fn parse(bytes: &[u8], lease: &mut dyn FnMut(Lease)) -> Summary {
    let mut entries = Entries { lease, count: 0, summary: Summary::default(), prefix: None };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let complete = (&mut json).deserialize_any(&mut entries).is_ok() && json.end().is_ok();
    Summary { complete, ..entries.summary }
}

struct Entries<'a> {
    lease: &'a mut dyn FnMut(Lease),
    /// Entries seen.
    count: usize,
    summary: Summary,
    /// Of the object's network: it stands before the leases.
    prefix: Option<u8>,
}

impl Entries<'_> {
    fn entry(&mut self, entry: &Value) {
        self.count += 1;
        let found =
            if entry.get("ip-address").is_some() { libvirt(entry) } else { networkd(entry, self.prefix) };
        match found {
            Some(lease) => (self.lease)(lease),
            None => self.summary.bad_at(Place::Entry(self.count)),
        }
    }
}

impl<'de> Visitor<'de> for &mut Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("leases")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Value>()? {
            self.entry(&entry);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "PrefixLength" => self.prefix = number(&map.next_value()?),
                "Leases" => map.next_value_seed(Leases(self))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The array in the object.
struct Leases<'a, 'b>(&'a mut Entries<'b>);

impl<'de> serde::de::DeserializeSeed<'de> for Leases<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self.0)
    }
}

fn number<T: TryFrom<u64>>(value: &Value) -> Option<T> {
    value.as_u64()?.try_into().ok()
}

/// `ip-address`, `mac-address` and `expiry-time` are mandatory; 0 is never; `iaid` is a string.
fn libvirt(entry: &Value) -> Option<Lease> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let address: IpAddr = text("ip-address")?.parse().ok()?;
    let mac = Some(Mac::parse(text("mac-address")?)?);
    let expiry = match entry.get("expiry-time")?.as_u64()? {
        0 => Expiry::Never,
        s => Expiry::Unix(s),
    };
    let v6 = address.is_ipv6();
    let duid = text("client-id").filter(|_| v6).and_then(Duid::parse);
    let iaid = text("iaid").and_then(|s| s.parse().ok());
    Some(Lease { address, prefix: None, mac, duid, iaid, expiry, active: true })
}

/// Bytes are arrays of numbers. Of `HardwareAddress` the first `HardwareAddressLength` count; the early
/// form has only the client's identifier, whose first byte 1 announces a MAC.
fn networkd(entry: &Value, prefix: Option<u8>) -> Option<Lease> {
    let bytes = |key: &str| -> Option<Vec<u8>> {
        let list = entry.get(key)?.as_array().filter(|list| list.len() <= 255)?;
        list.iter().map(number).collect()
    };
    let address: [u8; 4] = bytes("Address")?.try_into().ok()?;
    let micros = |key: &str| entry.get(key).and_then(Value::as_u64);
    let expiry = match (micros("ExpirationRealtimeUSec"), micros("ExpirationUSec")) {
        (Some(u64::MAX), _) | (None, Some(u64::MAX)) => Expiry::Never,
        (Some(us), _) => Expiry::Unix(us / 1_000_000),
        (None, Some(us)) => Expiry::BootMicros(us),
        (None, None) => return None,
    };
    let hardware = || -> Option<Mac> {
        let length: usize = number(entry.get("HardwareAddressLength")?)?;
        bytes("HardwareAddress")?.get(..length)?.try_into().ok().map(Mac)
    };
    let client = || match bytes("ClientId")?[..] {
        [1, ref mac @ ..] => mac.try_into().ok().map(Mac),
        _ => None,
    };
    let mac = hardware().or_else(client);
    let address = IpAddr::V4(Ipv4Addr::from(address));
    Some(Lease { address, prefix, mac, duid: None, iaid: None, expiry, active: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leases(text: &str) -> (Vec<String>, Summary) {
        let mut found = Vec::new();
        let summary = parse(text.as_bytes(), &mut |l| {
            let mac = l.mac.map_or("-".into(), |m| m.to_string());
            found.push(format!("{} {:?} {mac} {:?}", l.address, l.prefix, l.expiry));
        });
        (found, summary)
    }

    #[test]
    fn all_three_forms_are_read() {
        let mac = "82,84,0,171,205,239";
        let early = format!(
            r#"[{{"ClientId":[1,{mac}],"Address":[10,0,0,2],"Hostname":"x","ExpirationUSec":5000000}}]"#
        );
        let late = format!(
            r#"{{"BootID":"b","Address":[10,0,0,1],"PrefixLength":24,"Leases":[{{"ClientId":[255],"Address":[10,0,0,2],
            "HardwareAddressType":1,"HardwareAddressLength":6,"HardwareAddress":[{mac},0,0],
            "ExpirationUSec":1,"ExpirationRealtimeUSec":1795333560000000}}]}}"#
        );
        for (text, want) in [
            (early.as_str(), "10.0.0.2 None 52:54:00:ab:cd:ef BootMicros(5000000)"),
            (late.as_str(), "10.0.0.2 Some(24) 52:54:00:ab:cd:ef Unix(1795333560)"),
            (
                r#"[{"ip-address":"10.0.0.2","mac-address":"52:54:00:ab:cd:ef","expiry-time":0}]"#,
                "10.0.0.2 None 52:54:00:ab:cd:ef Never",
            ),
        ] {
            assert_eq!(
                leases(text),
                (vec![want.to_string()], Summary { complete: true, ..Summary::default() }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_torn_or_wrong_is_said() {
        for (text, bad, complete) in [
            ("[]", None, true),
            (
                r#"[{"ip-address":"10.0.0.2","mac-address":"52:54:00:ab:cd:ef","expiry-time":0},7]"#,
                Some(2),
                true,
            ),
            ("[{}]", Some(1), true),
            (r#"[{"ip-address":"10.0.0.2","mac-address":"x","expiry-time":0}]"#, Some(1), true),
            (r#"[{"ip-address":"10.0.0.2""#, None, false),
            ("", None, false),
            ("[] []", None, false),
            ("7", None, false),
        ] {
            let want = Summary { bad: u64::from(bad.is_some()), first_bad: bad.map(Place::Entry), complete };
            assert_eq!(leases(text).1, want, "{text}");
        }
    }
}

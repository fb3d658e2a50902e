//! What an agent answers, read from one line of bounded length.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use crate::addresses::nic::Mac;
use crate::addresses::table::Row;

/// Interfaces of an answer that are kept.
pub const MAX_INTERFACES: usize = 1024;
/// Addresses of an interface that are kept.
pub const MAX_ADDRESSES: usize = 64;
/// Bytes of a name or an error's text that are kept.
const MAX_TEXT: usize = 256;

/// A line that is an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The request's number, if the agent repeats it.
    pub id: Option<u64>,
    /// What it says.
    pub said: Said,
}

/// Success or failure.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// `return`.
    Return(Value),
    /// `error`: class and description.
    Error(String, String),
}

/// Reads an answer, from the line's first brace on: an agent's console may write into its port. `None` for
/// anything else.
pub fn parse(line: &[u8]) -> Option<Reply> {
    let start = line.iter().position(|b| *b == b'{')?;
    let Value::Object(mut object) = serde_json::from_slice(&line[start..]).ok()? else { return None };
    let said = match (object.remove("return"), object.get("error")) {
        (Some(value), None) => Said::Return(value),
        (None, Some(error)) => {
            let text = |key: &str| short(error.get(key).and_then(Value::as_str).unwrap_or_default());
            Said::Error(text("class"), text("desc"))
        }
        _ => return None,
    };
    Some(Reply { id: object.get("id").and_then(Value::as_u64), said })
}

/// An interface of the guest, by the guest's own word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name, without an IPv4 label (`eth0:1` is `eth0`).
    pub name: String,
    /// The MAC as the agent writes it; empty if it does not.
    pub mac_text: String,
    /// The MAC, if it is one.
    pub mac: Option<Mac>,
    /// The addresses with the bits of their prefix.
    pub addresses: Vec<(IpAddr, u8)>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(rename = "hardware-address")]
    mac: Option<String>,
    #[serde(rename = "ip-addresses")]
    addresses: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct AddressEntry {
    #[serde(rename = "ip-address-type")]
    kind: String,
    #[serde(rename = "ip-address")]
    address: String,
    prefix: u8,
}

/// Interfaces, and how many entries were not what they should be. libvirt gives up on the first such entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// In the agent's order; labels are merged into the interface they label.
    pub list: Vec<Interface>,
    /// Entries left out: malformed, or beyond the limits.
    pub odd: u64,
}

impl Interfaces {
    /// Reads the answer to `guest-network-get-interfaces`. `None` if it is no list.
    pub fn parse(answer: Value) -> Option<Self> {
        let Value::Array(entries) = answer else { return None };
        let mut all = Self::default();
        for entry in entries {
            match serde_json::from_value(entry) {
                Ok(entry) => all.add(entry),
                Err(_) => all.odd += 1,
            }
        }
        Some(all)
    }

    fn add(&mut self, entry: Entry) {
        let name = short(entry.name.split(':').next().unwrap_or_default());
        let at = match self.list.iter().position(|i| i.name == name) {
            Some(at) => at,
            None if self.list.len() < MAX_INTERFACES => {
                self.list.push(Interface { name, ..Interface::default() });
                self.list.len() - 1
            }
            None => {
                self.odd += 1;
                return;
            }
        };
        let interface = &mut self.list[at];
        if let Some(mac) = entry.mac.filter(|_| interface.mac_text.is_empty()) {
            interface.mac_text = short(&mac);
            interface.mac = Mac::parse(&mac).filter(|mac| mac.is_card());
        }
        for value in entry.addresses.unwrap_or_default() {
            match address(value) {
                Some(pair) if interface.addresses.contains(&pair) => {}
                Some(pair) if interface.addresses.len() < MAX_ADDRESSES => interface.addresses.push(pair),
                _ => self.odd += 1,
            }
        }
    }

    /// The rows of `virsh domifaddr --source agent`: every interface, loopback and bridges too.
    pub fn rows(&self) -> Vec<Row> {
        let row = |i: &Interface| Row {
            name: i.name.clone(),
            mac: i.mac_text.clone(),
            addresses: i.addresses.clone(),
        };
        self.list.iter().map(row).collect()
    }
}

fn address(value: Value) -> Option<(IpAddr, u8)> {
    let entry: AddressEntry = serde_json::from_value(value).ok()?;
    let address: IpAddr = entry.address.parse().ok()?;
    let (kind, bits) = if address.is_ipv4() { ("ipv4", 32) } else { ("ipv6", 128) };
    (entry.kind == kind && entry.prefix <= bits).then_some((address, entry.prefix))
}

fn short(text: &str) -> String {
    text.chars()
        .scan(0, |n, c| {
            *n += c.len_utf8();
            (*n <= MAX_TEXT).then_some(c)
        })
        .collect()
}

//! The merged answer as JSON: cards with addresses, best first, each with its evidence.

use std::net::IpAddr;

use serde::Serialize;

use super::book::{Address, AddressBook, Evidence};
use super::nic::NicId;
use super::rank::{Family, Query, Scope};

/// A card.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct CardJson<'a> {
    name: &'a str,
    mac: String,
    addresses: Vec<AddressJson<'a>>,
    /// Claims not taken: too many addresses, or too many at once.
    refused: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct AddressJson<'a> {
    address: IpAddr,
    prefix: Option<u8>,
    family: &'static str,
    scope: &'static str,
    state: &'static str,
    evidence: Vec<EvidenceJson<'a>>,
}

/// Times are nanoseconds of the machine's clock.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct EvidenceJson<'a> {
    source: &'static str,
    what: &'static str,
    state: &'static str,
    confidence: &'static str,
    first_seen: u64,
    last_seen: u64,
    valid_until: Option<u64>,
    prefix: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<&'a str>,
}

fn evidence(e: &Evidence, now: u64) -> EvidenceJson<'_> {
    EvidenceJson {
        source: e.source,
        what: e.what,
        state: e.state_at(now).name(),
        confidence: e.confidence.name(),
        first_seen: e.first_seen,
        last_seen: e.last_seen,
        valid_until: e.valid_until(),
        prefix: e.prefix,
        interface: e.interface.as_deref(),
    }
}

fn address(a: &Address, now: u64) -> AddressJson<'_> {
    AddressJson {
        address: a.address,
        prefix: a.prefix(),
        family: Family::of(a.address).name(),
        scope: Scope::of(a.address).name(),
        state: a.merged(now).name(),
        evidence: a.evidence.iter().map(|e| evidence(e, now)).collect(),
    }
}

/// What `query` asks for, as pretty JSON with a final newline: an array of cards, those without an address
/// included. Keys are `name`, `mac`, `addresses`, `refused`; an address has `address`, `prefix`, `family`,
/// `scope`, `state`, `evidence`.
pub fn render(book: &AddressBook, query: &Query, now: u64) -> String {
    let ranked = book.ranked(query, now);
    let of = |id: NicId| ranked.iter().filter(move |(nic, _)| *nic == id).map(|(_, a)| address(a, now));
    let cards: Vec<_> = book
        .nics()
        .iter()
        .filter(|nic| query.nic.is_none_or(|id| id == nic.id))
        .map(|nic| CardJson {
            name: &nic.name,
            mac: nic.mac.to_string(),
            addresses: of(nic.id).collect(),
            refused: book.refused(nic.id),
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&cards).unwrap_or_default();
    text.push('\n');
    text
}

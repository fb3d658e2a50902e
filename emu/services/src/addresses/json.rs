//! The merged answer as JSON: cards with addresses, best first, each with its evidence. And its changes, a line
//! each.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::{Map, Value};

use super::book::{Address, AddressBook, Evidence};
use super::event::{AddressEvent, Change};
use super::nic::{NicId, Nics};
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

/// Times are nanoseconds of the caller's clock.
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
/// included.
///
/// - a card: `name`, `mac`, `addresses` (best first), `refused` (claims not taken because of
///   [`Limits`](super::Limits));
/// - an address: `address`, `prefix` (bits or null), `family` (`ipv4`, `ipv6`), `scope` (`global`, `link`, `host`),
///   `state` (`preferred`, `deprecated`, `tentative`, `conflicted`, `expired`), `evidence`;
/// - evidence: `source` (`agent`, `lease`, `snoop`, `arp`), `what` was seen, `state`, `confidence` (`certain`,
///   `high`, `medium`, `low`, `hint`), `first-seen` and `last-seen`, `valid-until` (null for never; times are
///   nanoseconds of the caller's clock), `prefix`, and where known `interface`, the guest's name for it.
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

/// A change as one line of JSON without its end.
///
/// Keys: `at` (nanoseconds of the caller's clock), `name` and `mac` of the card if it is still plugged in, and
/// `event`: `added` (with `state`), `evidence` (with `what`), `state` (with `from` and `to`), `removed`, `flood`,
/// `cleared`. Where it is about an address `address`, `family`, `scope`; where a source brought it `source`.
pub fn event(event: &AddressEvent, nics: &Nics) -> String {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| drop(object.insert(key.into(), value));
    put("at", event.at.into());
    if let Some(nic) = nics.get(event.nic) {
        put("name", (*nic.name).into());
        put("mac", nic.mac.to_string().into());
    }
    put("event", event.change.name().into());
    if let Some(address) = event.address {
        put("address", address.to_string().into());
        put("family", Family::of(address).name().into());
        put("scope", Scope::of(address).name().into());
    }
    match event.change {
        Change::Added(state) => put("state", state.name().into()),
        Change::Evidence(what) => put("what", what.into()),
        Change::State { from, to } => {
            put("from", from.name().into());
            put("to", to.name().into());
        }
        Change::Removed | Change::Flood | Change::Cleared => {}
    }
    if !event.source.is_empty() {
        put("source", event.source.into());
    }
    Value::from(object).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::book::Limits;
    use crate::addresses::claim::{Claim, Confidence, SECOND, State, Update, Validity};
    use crate::addresses::nic::{Mac, Nic};

    /// Two cards: one with a lease that the neighbour table and the agent confirm, a link-local address that the
    /// guest is checking, and more addresses than it may have; the other without any.
    fn book() -> AddressBook {
        let limits = Limits { per_source: 2, ..Limits::default() };
        let mut book = AddressBook::new(limits);
        for (id, name) in [(0, "net0"), (1, "net1")] {
            let [last, ..] = u32::to_le_bytes(id + 1);
            book.add_nic(Nic { id: NicId(id), mac: Mac([0x52, 0x54, 0, 0, 0, last]), name: name.into() }, 0);
        }
        let claim = |address: &str, what, confidence| {
            Claim::in_use(NicId(0), address.parse().unwrap(), what, confidence)
        };
        let validity = Validity::Until(120 * SECOND);
        let lease = Claim { validity, ..claim("10.0.0.7", "dnsmasq lease", Confidence::High) };
        let agent = claim("10.0.0.7", "guest-network-get-interfaces", Confidence::Certain);
        let agent = Claim { prefix: Some(24), interface: Some("eth\"0".into()), ..agent };
        let checks = claim("fe80::7", "NDP duplicate address detection", Confidence::Medium);
        for (source, claim, at) in [
            ("lease", Claim { validity: Validity::Forever, ..lease.clone() }, 1),
            ("lease", lease, 2),
            ("agent", agent, 3),
            ("snoop", Claim { state: State::Tentative, ..checks }, 4),
            ("arp", claim("10.0.0.7", "neighbour table", Confidence::Low), 5),
            ("arp", claim("10.0.0.8", "neighbour table", Confidence::Low), 6),
            ("arp", claim("10.0.0.9", "neighbour table", Confidence::Low), 7),
        ] {
            book.apply(source, Update::Claim(claim), at * SECOND);
        }
        book
    }

    #[test]
    fn an_answer_has_every_piece_of_evidence() {
        let text = render(&book(), &Query::default(), 10 * SECOND);
        let want = include_str!("../../tests/fixtures/addresses/answer.json");
        assert_eq!(text, want, "what is said:\n{text}");
        let link = Query { nic: Some(NicId(0)), scope: Some(Scope::Link), ..Query::default() };
        let value: Value = serde_json::from_str(&render(&book(), &link, 10 * SECOND)).unwrap();
        assert_eq!(value.as_array().map(Vec::len), Some(1));
        assert_eq!(value[0]["addresses"][0]["address"], "fe80::7");
        assert_eq!(value[0]["addresses"][1], Value::Null);
        let late = render(&book(), &Query::default(), 130 * SECOND);
        assert!(late.contains("\"expired\""), "{late}");
    }

    #[test]
    fn each_change_is_a_line() {
        let mut book = book();
        book.tick(121 * SECOND);
        let gone = "10.0.0.8".parse().unwrap();
        book.apply("arp", Update::Withdraw { nic: NicId(0), address: gone, what: None }, 122 * SECOND);
        book.reset(123 * SECOND);
        let events: Vec<_> = std::iter::from_fn(|| book.next_event()).collect();
        let lines: Vec<_> = events.iter().map(|e| event(e, book.nics())).collect();
        let want = include_str!("../../tests/fixtures/addresses/answer.events");
        assert_eq!(lines.join("\n"), want.trim_end(), "what is said:\n{}", lines.join("\n"));
        // The text has the same words.
        for (line, e) in lines.iter().zip(&events) {
            assert!(line.contains(&format!("\"event\":\"{}\"", e.to_string().split(' ').next().unwrap())));
        }
    }
}

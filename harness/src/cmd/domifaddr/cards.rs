//! The guest's network cards, as the command line names them.

use std::collections::BTreeSet;

use innkeeper_services::addresses::agent::{Interfaces, MAX_INTERFACES};
use innkeeper_services::addresses::{AddressBook, Mac, Nic, NicId};

/// A card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    name: Option<String>,
    mac: Mac,
}

/// Reads `vnet0=52:54:00:12:34:56`.
pub(super) fn card(word: &str) -> Result<Card, String> {
    let (name, mac) = match word.rsplit_once('=') {
        Some(("", _)) => return Err("write NAME=MAC, or the MAC alone".into()),
        Some((name, mac)) => (Some(name.to_string()), mac),
        None => (None, word),
    };
    let mac: Mac = mac.parse()?;
    if !mac.is_card() {
        return Err(format!("{mac} is a group's or nobody's, not a network card's"));
    }
    Ok(Card { name, mac })
}

/// Whether names are unique.
pub(super) fn check_names(cards: &[Card]) -> anyhow::Result<()> {
    let mut names = BTreeSet::new();
    for name in named(cards).map(|(name, _)| name) {
        anyhow::ensure!(
            names.insert(name.clone()),
            "two cards are called {name}: give each a name of its own"
        );
    }
    Ok(())
}

/// The cards for the book.
pub(super) fn nics(cards: &[Card]) -> impl Iterator<Item = Nic> {
    (0..).map(NicId).zip(named(cards)).map(|(id, (name, mac))| Nic { id, mac, name: name.into() })
}

fn named(cards: &[Card]) -> impl Iterator<Item = (String, Mac)> {
    cards
        .iter()
        .enumerate()
        .map(|(i, card)| (card.name.clone().unwrap_or_else(|| format!("net{i}")), card.mac))
}

/// Plugs in the cards that the agent reports and that are not known yet, each MAC once. One that is not
/// reported any more stays: the agent has withdrawn its addresses. A guest that makes up ever more has its
/// limit.
pub(super) fn adopt(book: &mut AddressBook, reported: &Interfaces, now: u64) {
    for interface in &reported.list {
        let Some(mac) = interface.mac else { continue };
        let count = book.nics().len();
        if count < MAX_INTERFACES && book.nics().with_mac(mac).next().is_none() {
            let id = NicId(u32::try_from(count).unwrap_or(u32::MAX));
            book.add_nic(Nic { id, mac, name: interface.name.as_str().into() }, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_named_or_numbered() {
        let cards = |words: &[&str]| words.iter().map(|w| card(w)).collect::<Result<Vec<_>, _>>();
        let read = cards(&["52:54:00:00:00:01", "a=b=52:54:0:0:0:2"]).unwrap();
        let names: Vec<_> = nics(&read).map(|n| format!("{} {} {}", n.id.0, n.name, n.mac)).collect();
        assert_eq!(names, ["0 net0 52:54:00:00:00:01", "1 a=b 52:54:00:00:00:02"]);
        assert!(check_names(&read).is_ok());
        let twice = cards(&["52:54:00:00:00:01", "net0=52:54:00:00:00:02"]).unwrap();
        assert!(check_names(&twice).unwrap_err().to_string().contains("two cards are called net0"));
        for (word, want) in [
            ("x", "'x' is no MAC address"),
            ("=52:54:00:00:00:01", "write NAME=MAC"),
            ("a=", "'' is no MAC address"),
            ("ff:ff:ff:ff:ff:ff", "a group's or nobody's"),
            ("00:00:00:00:00:00", "a group's or nobody's"),
        ] {
            let error = card(word).unwrap_err();
            assert!(error.contains(want), "{word}: {error}");
        }
    }
}

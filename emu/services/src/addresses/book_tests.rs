//! The merged answer: evidence kept apart, time, limits, and which address is best.

use super::*;
use crate::addresses::rank::{Absence, Query, Scope};

const N: NicId = NicId(0);

fn book() -> AddressBook {
    let mut book = AddressBook::new(Limits::default());
    book.add_nic(Nic { id: N, mac: "52:54:00:00:00:01".parse().unwrap(), name: "net0".into() }, 0);
    book
}

fn claim(address: &str, confidence: Confidence) -> Claim {
    Claim::in_use(N, address.parse().unwrap(), "seen", confidence)
}

fn says(book: &mut AddressBook, source: &'static str, claim: Claim, now: u64) {
    book.apply(source, Update::Claim(claim), now);
}

#[test]
fn sources_never_overwrite_each_other() {
    let mut book = book();
    says(&mut book, "arp", claim("10.0.0.7", Confidence::Low), 1);
    says(&mut book, "lease", claim("10.0.0.7", Confidence::High), 2);
    says(&mut book, "arp", claim("10.0.0.7", Confidence::Low), 3);
    let seen = |b: &AddressBook| -> Vec<_> {
        b.addresses(N)[0].evidence.iter().map(|e| (e.source, e.first_seen, e.last_seen)).collect()
    };
    assert_eq!(seen(&book), [("arp", 1, 3), ("lease", 2, 2)]);
    book.apply("arp", Update::Snapshot(Vec::new()), 4);
    assert_eq!(seen(&book), [("lease", 2, 2)]);
    let address = "10.0.0.7".parse().unwrap();
    book.apply("lease", Update::Withdraw { nic: N, address, what: None }, 5);
    assert!(book.addresses(N).is_empty());
    let events: Vec<_> = std::iter::from_fn(|| book.next_event()).map(|e| e.to_string()).collect();
    assert_eq!(
        events,
        ["added 10.0.0.7 preferred (arp)", "evidence 10.0.0.7 seen (lease)", "removed 10.0.0.7 (lease)"]
    );
}

#[test]
fn time_ends_what_is_not_seen_again() {
    let mut book = book();
    says(&mut book, "snoop", claim("10.0.0.7", Confidence::Medium), 0);
    let mut said = Vec::new();
    while let Some(at) = book.deadline() {
        book.tick(at);
        said.extend(std::iter::from_fn(|| book.next_event()).map(|e| format!("{} {e}", e.at / SECOND)));
    }
    assert_eq!(
        said,
        [
            "0 added 10.0.0.7 preferred (snoop)",
            "300 state 10.0.0.7 preferred -> deprecated",
            "1800 state 10.0.0.7 deprecated -> expired",
            "2100 removed 10.0.0.7",
        ]
    );
}

#[test]
fn a_source_that_floods_does_not_crowd_out_others() {
    let mut book = book();
    says(&mut book, "lease", claim("10.9.9.9", Confidence::High), 0);
    for i in 0..10_000_u32 {
        let address = std::net::Ipv4Addr::from(0x0a00_0001 + i).to_string();
        says(&mut book, "snoop", claim(&address, Confidence::Medium), u64::from(i));
    }
    assert_eq!(book.addresses(N).len(), 65);
    assert_eq!(book.refused(N), 10_000 - 64);
    says(&mut book, "agent", claim("10.8.8.8", Confidence::Certain), 20 * SECOND);
    assert_eq!(book.best(&Query::default(), 20 * SECOND).unwrap().1.address.to_string(), "10.8.8.8");
    book.reset(21 * SECOND);
    assert_eq!(book.best(&Query::default(), 21 * SECOND), Err(Absence::NothingSeen));
}

#[test]
fn of_two_addresses_the_better_is_first() {
    use Confidence::{Certain, High, Low, Medium};
    let with = |state, mut c: Claim| {
        c.state = state;
        c
    };
    for (name, better, worse) in [
        ("state", claim("10.0.0.2", Low), with(State::Tentative, claim("10.0.0.1", Certain))),
        (
            "tentative before conflicted",
            with(State::Tentative, claim("10.0.0.2", Low)),
            with(State::Conflicted, claim("10.0.0.1", Certain)),
        ),
        ("scope before confidence", claim("10.0.0.2", Low), claim("169.254.0.1", Certain)),
        ("scope before family", claim("fd00::1", Medium), claim("169.254.0.1", Medium)),
        ("confidence", claim("10.0.0.2", High), claim("10.0.0.1", Medium)),
        ("confidence before family", claim("fd00::1", High), claim("10.0.0.1", Medium)),
        ("family", claim("10.0.0.2", High), claim("fd00::1", High)),
        ("the lower", claim("10.0.0.1", High), claim("10.0.0.2", High)),
    ] {
        for swap in [false, true] {
            let mut book = book();
            let (a, b) = if swap { (&worse, &better) } else { (&better, &worse) };
            says(&mut book, "x", a.clone(), 0);
            says(&mut book, "x", b.clone(), 0);
            assert_eq!(book.ranked(&Query::default(), 0)[0].1.address, better.address, "{name}");
        }
    }
    let mut book = book();
    says(&mut book, "x", claim("10.0.0.1", High), 0);
    says(&mut book, "x", claim("10.0.0.2", High), 0);
    says(&mut book, "y", claim("10.0.0.2", High), 0);
    assert_eq!(book.ranked(&Query::default(), 0)[0].1.address.to_string(), "10.0.0.2", "agreement");
}

#[test]
fn why_there_is_none() {
    let nobody = AddressBook::default();
    assert_eq!(nobody.best(&Query::default(), 0), Err(Absence::NoCard));
    let link = Query { scope: Some(Scope::Link), ..Query::default() };
    for (state, query, want) in [
        (State::Tentative, Query::default(), Absence::OnlyTentative),
        (State::Conflicted, Query::default(), Absence::OnlyConflicted),
        (State::Expired, Query::default(), Absence::OnlyExpired),
        (State::Preferred, link, Absence::OtherKinds),
    ] {
        let mut book = book();
        says(&mut book, "x", Claim { state, ..claim("10.0.0.1", Confidence::High) }, 0);
        assert_eq!(book.best(&query, 0), Err(want));
    }
}

/// Memory and time at the size that hosts have; run with `--ignored --nocapture` for the figures.
#[test]
#[ignore = "prints figures, asserts none"]
fn figures() {
    use crate::addresses::lease::{FORMATS, Links, claims};
    use std::fmt::Write;
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
    };
    let before = resident();
    let mut book = AddressBook::new(Limits::default());
    for id in 0..10_000_u32 {
        let [_, _, a, b] = id.to_be_bytes();
        let nic = Nic { id: NicId(id), mac: super::super::nic::Mac([2, 0, 0, 0, a, b]), name: "vnet".into() };
        book.add_nic(nic, 0);
        for n in 1..=4 {
            let address = IpAddr::from([10, n, a, b]);
            let c = Claim::in_use(NicId(id), address, "seen", Confidence::High);
            book.apply("lease", Update::Claim(c), 0);
            book.next_event();
        }
    }
    println!("10,000 cards with 4 addresses each: {} KiB more resident", (resident() - before) >> 10);
    let again = |id: NicId, a: &Address| Claim::in_use(id, a.address, "seen", Confidence::High);
    let all = book.nics().iter().flat_map(|nic| book.addresses(nic.id).iter().map(|a| again(nic.id, a)));
    let all: Vec<_> = all.collect();
    #[expect(clippy::disallowed_methods, reason = "a figure to print")]
    let start = std::time::Instant::now();
    book.apply("lease", Update::Snapshot(all), 1);
    println!("the same once more, as one snapshot: {:?}", start.elapsed());
    let mut text = String::new();
    for id in 0..100_000_u32 {
        let [_, x, a, b] = id.to_be_bytes();
        writeln!(text, "1795333610 02:00:00:{x:02x}:{a:02x}:{b:02x} 10.{x}.{a}.{b} host-{id} 01:02").unwrap();
    }
    let format = FORMATS.iter().find(|f| f.name == "dnsmasq").unwrap();
    #[expect(clippy::disallowed_methods, reason = "a figure to print")]
    let start = std::time::Instant::now();
    let clock = Clock { now: 0, unix: 1_795_333_000 * SECOND, boot: 0 };
    let (found, _) = claims(format, text.as_bytes(), book.nics(), &Links::default(), clock);
    println!(
        "100,000 dnsmasq leases, {} KiB: {:?}, {} claims",
        text.len() >> 10,
        start.elapsed(),
        found.len()
    );
}

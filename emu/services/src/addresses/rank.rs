//! Which address to use, and why there is none.
//!
//! The order, each deciding only where all before it are equal:
//! 1. state: preferred, deprecated, tentative, conflicted, expired;
//! 2. scope: global (private networks and unique local addresses too), link-local;
//! 3. confidence of the best evidence that has that state: a lease seen to be given and a fresh answer of
//!    the agent, then a lease file by MAC, then ARP and NDP, then the neighbour table and traffic, then hints;
//! 4. how many sources agree;
//! 5. IPv4 before IPv6, as virsh lists them;
//! 6. seen last; 7. the lower address, so that the answer never depends on order.

use std::cmp::Reverse;
use std::net::IpAddr;

use super::book::{Address, AddressBook};
use super::claim::{Confidence, State};
use super::nic::NicId;

/// The two families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// (name on the command line and in tables, value).
    pub const NAMES: [(&str, Self); 2] = [("ipv4", Self::Ipv4), ("ipv6", Self::Ipv6)];

    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    /// The name in tables.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// How far an address reaches; the furthest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Beyond the link, private networks and unique local addresses included.
    Global,
    /// The link only: 169.254.0.0/16, fe80::/10.
    Link,
    /// The guest only: loopback.
    Host,
}

impl Scope {
    /// (name on the command line, value).
    pub const NAMES: [(&str, Self); 3] =
        [("global", Self::Global), ("link", Self::Link), ("host", Self::Host)];

    /// The scope of an address.
    pub fn of(address: IpAddr) -> Self {
        let link = match address {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
        match address {
            _ if link => Self::Link,
            _ if address.is_loopback() => Self::Host,
            _ => Self::Global,
        }
    }

    /// The name in output.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// What is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// On this card only.
    pub nic: Option<NicId>,
    /// By this source's evidence only.
    pub source: Option<&'static str>,
    /// Of this family only.
    pub family: Option<Family>,
    /// Of this scope only.
    pub scope: Option<Scope>,
}

impl Query {
    /// Whether an address has the family and the scope.
    pub fn fits(&self, address: IpAddr) -> bool {
        self.family.is_none_or(|f| f == Family::of(address))
            && self.scope.is_none_or(|s| s == Scope::of(address))
    }

    fn wants(&self, address: &Address) -> bool {
        self.fits(address.address)
            && self.source.is_none_or(|s| address.evidence.iter().any(|e| e.source == s))
    }
}

/// Why there is no address to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// The guest has no such card.
    NoCard,
    /// No source has said anything about its cards.
    NothingSeen,
    /// There are addresses, but none of the family, scope or source asked for.
    OtherKinds,
    /// The guest is still asking whether an address is free.
    OnlyTentative,
    /// Every address is used by another too.
    OnlyConflicted,
    /// Every address has expired.
    OnlyExpired,
}

impl Absence {
    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoCard => "the guest has no such network card",
            Self::NothingSeen => "no source has seen an address",
            Self::OtherKinds => "no address of the family, scope or source asked for",
            Self::OnlyTentative => "the guest is still checking its address for duplicates",
            Self::OnlyConflicted => "another host uses the guest's address",
            Self::OnlyExpired => "every address has expired",
        }
    }
}

/// The key of the order above; the least is best.
pub fn rank(address: &Address, now: u64) -> impl Ord {
    let state = address.merged(now);
    let speaks = |s: State| s == state || state == State::Conflicted;
    let evidence = || address.evidence.iter().filter(move |e| speaks(e.state_at(now)));
    let confidence = evidence().map(|e| e.confidence).max().unwrap_or(Confidence::Hint);
    let mut sources: Vec<_> = evidence().map(|e| e.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let seen = evidence().map(|e| e.last_seen).max();
    let a = address.address;
    (state, Scope::of(a), Reverse(confidence), Reverse(sources.len()), Family::of(a), Reverse(seen), a)
}

impl AddressBook {
    /// The addresses that `query` asks for, whatever their state, best first.
    pub fn ranked(&self, query: &Query, now: u64) -> Vec<(NicId, &Address)> {
        let cards = self.nics().iter().map(|n| n.id).filter(|id| query.nic.is_none_or(|want| want == *id));
        let mut found: Vec<_> = cards
            .flat_map(|id| self.addresses(id).iter().map(move |a| (id, a)))
            .filter(|(_, a)| query.wants(a))
            .collect();
        found.sort_by_cached_key(|(id, a)| (rank(a, now), *id));
        found
    }

    /// The best address to use now.
    ///
    /// # Errors
    /// Why there is none: only preferred and deprecated addresses are of use.
    pub fn best(&self, query: &Query, now: u64) -> Result<(NicId, &Address), Absence> {
        if query.nic.is_some_and(|id| self.nics().get(id).is_none()) || self.nics().is_empty() {
            return Err(Absence::NoCard);
        }
        let Some(&(nic, address)) = self.ranked(query, now).first() else {
            let any = Query { nic: query.nic, ..Query::default() };
            let nothing = self.ranked(&any, now).is_empty();
            return Err(if nothing { Absence::NothingSeen } else { Absence::OtherKinds });
        };
        match address.merged(now) {
            State::Preferred | State::Deprecated => Ok((nic, address)),
            State::Tentative => Err(Absence::OnlyTentative),
            State::Conflicted => Err(Absence::OnlyConflicted),
            State::Expired => Err(Absence::OnlyExpired),
        }
    }
}

//! The merged answer: every address of every card, with all that speaks for it.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use super::claim::{Claim, Clock, Confidence, SECOND, State, Update, Validity};
use super::event::{AddressEvent, Change};
use super::nic::{Nic, NicId, Nics};
use super::source::AddressSource;

/// What a guest can make the book keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pieces of evidence that one source has for one card. Sources do not crowd each other out.
    pub per_source: usize,
    /// Addresses that may appear on one card at once, and then `new_per_second` more each second.
    pub burst: u32,
    /// See `burst`.
    pub new_per_second: u32,
    /// How long what has expired is still shown, in nanoseconds.
    pub keep_expired: u64,
    /// Events that wait to be taken; then the oldest are lost and counted.
    pub events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_source: 64, burst: 128, new_per_second: 8, keep_expired: 300 * SECOND, events: 4096 }
    }
}

/// One thing that speaks for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The source's name.
    pub source: &'static str,
    /// What was seen.
    pub what: &'static str,
    /// Since when the source has said so without a break, in nanoseconds.
    pub first_seen: u64,
    /// When it last did.
    pub last_seen: u64,
    /// How long it stands.
    pub validity: Validity,
    /// The state it claims; [`Evidence::state_at`] has what time made of it.
    pub state: State,
    /// How far to believe it.
    pub confidence: Confidence,
    /// Bits of the prefix.
    pub prefix: Option<u8>,
    /// The guest's name of the interface.
    pub interface: Option<Box<str>>,
}

impl Evidence {
    /// Its state at `now`.
    pub fn state_at(&self, now: u64) -> State {
        self.validity.apply(self.state, self.last_seen, now)
    }

    /// When it ends or ended, if nothing more is seen.
    pub fn valid_until(&self) -> Option<u64> {
        self.validity.ends(self.last_seen)
    }
}

/// An address of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub address: IpAddr,
    /// The merged state: conflicted if any evidence says so, else the best that any says.
    pub state: State,
    /// All that speaks for it, in the order it came.
    pub evidence: Vec<Evidence>,
}

impl Address {
    pub(super) fn merged(&self, now: u64) -> State {
        let states = || self.evidence.iter().map(|e| e.state_at(now));
        if states().any(|s| s == State::Conflicted) {
            return State::Conflicted;
        }
        states().min().unwrap_or(State::Expired)
    }

    /// The prefix that the most credible evidence has.
    pub fn prefix(&self) -> Option<u8> {
        self.evidence.iter().filter(|e| e.prefix.is_some()).max_by_key(|e| e.confidence)?.prefix
    }
}

#[derive(Debug, Default)]
struct Card {
    addresses: Vec<Address>,
    /// Addresses that may appear now, in nanoseconds' worth.
    allowance: u64,
    filled_at: u64,
    flood_said: Option<u64>,
    refused: u64,
}

/// All addresses of all cards. Of two calls the later must not say an earlier time.
#[derive(Debug, Default)]
pub struct AddressBook {
    nics: Nics,
    pages: Pages,
}

/// What is kept, apart from the cards so that sources can look at those meanwhile.
#[derive(Debug, Default)]
struct Pages {
    limits: Limits,
    cards: BTreeMap<NicId, Card>,
    events: VecDeque<AddressEvent>,
    lost: u64,
    /// No state changes by time alone before this.
    due: Option<u64>,
}

impl AddressBook {
    /// An empty book.
    pub fn new(limits: Limits) -> Self {
        Self { nics: Nics::default(), pages: Pages { limits, ..Pages::default() } }
    }

    /// Plugs a card in. One with the same number is unplugged.
    pub fn add_nic(&mut self, nic: Nic, now: u64) {
        self.remove_nic(nic.id, now);
        let limits = self.pages.limits;
        let allowance = u64::from(limits.burst) * SECOND / u64::from(limits.new_per_second.max(1));
        self.pages.cards.insert(nic.id, Card { allowance, filled_at: now, ..Card::default() });
        self.nics.insert(nic);
    }

    /// Unplugs a card and forgets its addresses.
    pub fn remove_nic(&mut self, id: NicId, now: u64) {
        if self.nics.remove(id).is_some() {
            self.pages.clear(id, now);
            self.pages.cards.remove(&id);
        }
    }

    /// The guest was reset or restored: forgets all addresses. Call [`AddressSource::reset`] too.
    pub fn reset(&mut self, now: u64) {
        let ids: Vec<_> = self.pages.cards.keys().copied().collect();
        ids.into_iter().for_each(|id| self.pages.clear(id, now));
    }

    /// The cards.
    pub fn nics(&self) -> &Nics {
        &self.nics
    }

    /// Takes what a source has to say, and what time has changed.
    pub fn pull(&mut self, source: &mut dyn AddressSource, clock: Clock) {
        let (name, pages) = (source.name(), &mut self.pages);
        source.poll(clock, &self.nics, &mut |update| pages.apply(name, update, clock.now));
        self.tick(clock.now);
    }

    /// Takes one update in the name of `source`.
    pub fn apply(&mut self, source: &'static str, update: Update, now: u64) {
        self.pages.apply(source, update, now);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: u64) {
        if self.pages.due.is_some_and(|due| due <= now) {
            self.pages.pass(now);
        }
    }

    /// When [`AddressBook::tick`] next may change something, in nanoseconds.
    pub fn deadline(&self) -> Option<u64> {
        self.pages.due
    }

    /// The addresses of a card, in the order they appeared; [`super::rank`] orders them by use.
    pub fn addresses(&self, nic: NicId) -> &[Address] {
        self.pages.cards.get(&nic).map_or(&[], |card| &card.addresses)
    }

    /// Claims for this card that were refused because of [`Limits`].
    pub fn refused(&self, nic: NicId) -> u64 {
        self.pages.cards.get(&nic).map_or(0, |card| card.refused)
    }

    /// The next change, oldest first.
    pub fn next_event(&mut self) -> Option<AddressEvent> {
        self.pages.events.pop_front()
    }

    /// Changes that nobody took in time.
    pub fn events_lost(&self) -> u64 {
        self.pages.lost
    }
}

impl Pages {
    fn apply(&mut self, source: &'static str, update: Update, now: u64) {
        match update {
            Update::Claim(claim) => self.claim(source, claim, now),
            Update::Withdraw { nic, address, what } => self.retain(Some(nic), source, now, |_, a, e| {
                a != address || what.is_some_and(|what| what != e.what)
            }),
            Update::Snapshot(claims) => {
                let mut said: Vec<_> = claims.iter().map(|c| (c.nic, c.address, c.what)).collect();
                said.sort_unstable();
                self.retain(None, source, now, |nic, address, e| {
                    said.binary_search(&(nic, address, e.what)).is_ok() || e.state_at(now) == State::Expired
                });
                claims.into_iter().for_each(|claim| self.claim(source, claim, now));
            }
        }
    }

    fn claim(&mut self, source: &'static str, claim: Claim, now: u64) {
        let limits = self.limits;
        let Some(card) = self.cards.get_mut(&claim.nic) else { return };
        let (nic, address, what) = (claim.nic, claim.address, claim.what);
        let known = card.addresses.iter_mut().find(|a| a.address == address);
        if let Some(entry) = &known
            && let Some(i) = entry.evidence.iter().position(|e| e.source == source && e.what == what)
        {
            return self.again(source, claim, i, now);
        }
        let new = known.is_none();
        if new && !card.may_appear(&limits, now) {
            return self.refuse(nic, source, now);
        }
        match card.make_room(source, &limits, now) {
            Room::Free => {}
            Room::Made(gone) => {
                // The merged state of what is left is looked at by the next tick.
                self.due = Some(now);
                if gone.is_some() {
                    self.say(now, nic, gone, source, Change::Removed);
                }
            }
            Room::None => return self.refuse(nic, source, now),
        }
        let Some(card) = self.cards.get_mut(&nic) else { return };
        let evidence = Evidence::new(source, claim, now);
        self.due = sooner(self.due, evidence.next_change(now, &limits));
        let state = evidence.state_at(now);
        match card.addresses.iter_mut().find(|a| a.address == address) {
            Some(entry) => {
                entry.evidence.push(evidence);
                let (from, to) = (entry.state, entry.merged(now));
                entry.state = to;
                self.say(now, nic, Some(address), source, Change::Evidence(what));
                self.changed(now, nic, address, source, from, to);
            }
            None => {
                card.addresses.push(Address { address, state, evidence: vec![evidence] });
                self.say(now, nic, Some(address), source, Change::Added(state));
            }
        }
    }

    /// The same evidence once more.
    fn again(&mut self, source: &'static str, claim: Claim, index: usize, now: u64) {
        let limits = self.limits;
        let (nic, address) = (claim.nic, claim.address);
        let Some(card) = self.cards.get_mut(&nic) else { return };
        let Some(entry) = card.addresses.iter_mut().find(|a| a.address == address) else { return };
        let evidence = &mut entry.evidence[index];
        let mut fresh = Evidence::new(source, claim, now);
        if evidence.state_at(now) != State::Expired {
            fresh.first_seen = evidence.first_seen;
        }
        *evidence = fresh;
        self.due = sooner(self.due, evidence.next_change(now, &limits));
        let (from, to) = (entry.state, entry.merged(now));
        entry.state = to;
        self.changed(now, nic, address, source, from, to);
    }

    /// Drops the evidence of `source` that `keep` does not want kept.
    fn retain(
        &mut self,
        only: Option<NicId>,
        source: &'static str,
        now: u64,
        keep: impl Fn(NicId, IpAddr, &Evidence) -> bool,
    ) {
        let mut changes = Vec::new();
        let (first, last) = only.map_or((NicId(0), NicId(u32::MAX)), |only| (only, only));
        for (&nic, card) in self.cards.range_mut(first..=last) {
            card.addresses.retain_mut(|entry| {
                let (address, before) = (entry.address, entry.evidence.len());
                entry
                    .evidence
                    .retain(|e| (!source.is_empty() && e.source != source) || keep(nic, address, e));
                if entry.evidence.is_empty() {
                    changes.push((nic, address, Change::Removed));
                    return false;
                }
                let (from, to) = (entry.state, entry.merged(now));
                if entry.evidence.len() != before && from != to {
                    entry.state = to;
                    changes.push((nic, address, Change::State { from, to }));
                }
                true
            });
        }
        for (nic, address, change) in changes {
            self.say(now, nic, Some(address), source, change);
        }
    }

    /// Time has passed: what has expired long ago goes, states are looked at again.
    fn pass(&mut self, now: u64) {
        let limits = self.limits;
        self.retain(None, "", now, |_, _, e| e.drop_at(&limits).is_none_or(|at| at > now));
        let mut changes = Vec::new();
        let mut due = None;
        for (&nic, card) in &mut self.cards {
            for entry in &mut card.addresses {
                let (from, to) = (entry.state, entry.merged(now));
                entry.state = to;
                changes.extend((from != to).then_some((nic, entry.address, from, to)));
                due = entry.evidence.iter().fold(due, |due, e| sooner(due, e.next_change(now, &limits)));
            }
        }
        self.due = due;
        for (nic, address, from, to) in changes {
            self.changed(now, nic, address, "", from, to);
        }
    }

    fn clear(&mut self, nic: NicId, now: u64) {
        let Some(card) = self.cards.get_mut(&nic) else { return };
        if !card.addresses.is_empty() {
            card.addresses = Vec::new();
            self.say(now, nic, None, "", Change::Cleared);
        }
    }

    fn refuse(&mut self, nic: NicId, source: &'static str, now: u64) {
        let Some(card) = self.cards.get_mut(&nic) else { return };
        card.refused += 1;
        if card.flood_said.is_none_or(|at| now >= at + SECOND) {
            card.flood_said = Some(now);
            self.say(now, nic, None, source, Change::Flood);
        }
    }

    fn changed(&mut self, now: u64, nic: NicId, a: IpAddr, source: &'static str, from: State, to: State) {
        if from != to {
            self.say(now, nic, Some(a), source, Change::State { from, to });
        }
    }

    fn say(&mut self, at: u64, nic: NicId, address: Option<IpAddr>, source: &'static str, change: Change) {
        if self.events.len() >= self.limits.events {
            self.events.pop_front();
            self.lost += 1;
        }
        self.events.push_back(AddressEvent { at, nic, address, source, change });
    }
}

impl Evidence {
    fn new(source: &'static str, claim: Claim, now: u64) -> Self {
        let Claim { prefix, state, confidence, validity, what, interface, .. } = claim;
        let (first_seen, last_seen) = (now, now);
        Self { source, what, first_seen, last_seen, validity, state, confidence, prefix, interface }
    }

    fn drop_at(&self, limits: &Limits) -> Option<u64> {
        self.valid_until().map(|end| end.max(self.last_seen).saturating_add(limits.keep_expired))
    }

    fn next_change(&self, now: u64, limits: &Limits) -> Option<u64> {
        let drop = self.drop_at(limits).map(|at| at.max(now.saturating_add(1)));
        sooner(self.validity.next_change(self.last_seen, now), drop)
    }
}

impl Card {
    /// Makes room for one more piece of evidence of `source`: what has expired goes, then what is stale.
    fn make_room(&mut self, source: &'static str, limits: &Limits, now: u64) -> Room {
        let mine = self.addresses.iter().flat_map(|a| &a.evidence).filter(|e| e.source == source);
        if mine.count() < limits.per_source {
            return Room::Free;
        }
        for useless in [State::Expired, State::Deprecated] {
            for (i, entry) in self.addresses.iter_mut().enumerate() {
                let found =
                    entry.evidence.iter().position(|e| e.source == source && e.state_at(now) == useless);
                let Some(at) = found else { continue };
                entry.evidence.remove(at);
                let gone = entry.evidence.is_empty().then_some(entry.address);
                if gone.is_some() {
                    self.addresses.remove(i);
                }
                return Room::Made(gone);
            }
        }
        Room::None
    }

    /// Whether one more address may appear now.
    fn may_appear(&mut self, limits: &Limits, now: u64) -> bool {
        let cost = SECOND / u64::from(limits.new_per_second.max(1));
        let full = u64::from(limits.burst) * cost;
        let passed = now.saturating_sub(self.filled_at);
        self.filled_at = self.filled_at.max(now);
        self.allowance = self.allowance.saturating_add(passed).min(full);
        let may = self.allowance >= cost;
        self.allowance -= if may { cost } else { 0 };
        may
    }
}

/// What [`Card::make_room`] did.
enum Room {
    Free,
    /// Something went, and with it this address.
    Made(Option<IpAddr>),
    None,
}

fn sooner(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    [a, b].into_iter().flatten().min()
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;

//! What a source says about one address.

use std::net::IpAddr;

use super::nic::NicId;

/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;

/// The caller's clock, and what the host's wall clock said at the same moment.
///
/// Everything here counts nanoseconds of the caller's clock. Lease files carry wall-clock times: the pair
/// maps them. A wall clock that is set moves leases with it at the next reading, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Nanoseconds on the caller's clock.
    pub now: u64,
    /// Nanoseconds since 1970-01-01 UTC.
    pub unix: u64,
    /// Nanoseconds since the host booted (`CLOCK_BOOTTIME`); 0 if not known. Old systemd files have it.
    pub boot: u64,
}

impl Clock {
    /// When `unix` (seconds since 1970) is, on the caller's clock; 0 if that is before its beginning.
    pub fn at_unix_seconds(self, unix: u64) -> u64 {
        shift(self.now, self.unix, unix.saturating_mul(SECOND))
    }

    /// When `boot` (microseconds since boot) is; `None` if the clock does not say when boot was.
    pub fn at_boot_micros(self, boot: u64) -> Option<u64> {
        (self.boot != 0).then(|| shift(self.now, self.boot, boot.saturating_mul(1000)))
    }
}

/// What is at `then` on a clock that says `here`, on a clock that says `now`.
fn shift(now: u64, here: u64, then: u64) -> u64 {
    if then >= here { now.saturating_add(then - here) } else { now.saturating_sub(here - then) }
}

/// What is known of an address's state; the most useful first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// In use.
    Preferred,
    /// Was in use, and nothing has been seen of it for some time.
    Deprecated,
    /// The guest is asking whether another has it.
    Tentative,
    /// Another has it too.
    Conflicted,
    /// The lease ended, or nothing has been seen of it for long.
    Expired,
}

impl State {
    /// (state, name in output).
    pub const NAMES: [(Self, &str); 5] = [
        (Self::Preferred, "preferred"),
        (Self::Deprecated, "deprecated"),
        (Self::Tentative, "tentative"),
        (Self::Conflicted, "conflicted"),
        (Self::Expired, "expired"),
    ];

    /// The name in output.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }
}

/// How far a claim can be believed; the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// May well be another card's: a DHCPv6 IAID that looks like the MAC, two cards with one MAC.
    Hint,
    /// Weak: the host's neighbour table, a data packet's source, the MAC in a DUID.
    Low,
    /// The guest itself said so on its own port, but anybody could: ARP, NDP.
    Medium,
    /// A lease in a server's file, by its MAC.
    High,
    /// The guest's agent, or a lease seen to be given.
    Certain,
}

impl Confidence {
    /// (confidence, name in output).
    pub const NAMES: [(Self, &str); 5] = [
        (Self::Hint, "hint"),
        (Self::Low, "low"),
        (Self::Medium, "medium"),
        (Self::High, "high"),
        (Self::Certain, "certain"),
    ];

    /// The name in output.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }
}

/// How long a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Validity {
    /// Until it is withdrawn.
    Forever,
    /// Until this time, in nanoseconds of the caller's clock.
    Until(u64),
    /// As long as it is seen again: deprecated after `fresh` nanoseconds of silence, expired after `keep`.
    WhileSeen {
        /// Nanoseconds.
        fresh: u64,
        /// Nanoseconds.
        keep: u64,
    },
}

impl Validity {
    /// For what the guest says on the wire: 5 minutes, then 30 (services.md §4.4).
    pub const SEEN: Self = Self::WhileSeen { fresh: 300 * SECOND, keep: 1800 * SECOND };

    /// When it ends if nothing more is seen; `None` for never.
    pub fn ends(self, last_seen: u64) -> Option<u64> {
        match self {
            Self::Forever => None,
            Self::Until(at) => Some(at),
            Self::WhileSeen { keep, .. } => Some(last_seen.saturating_add(keep)),
        }
    }

    /// `state`, with the time that has passed.
    pub fn apply(self, state: State, last_seen: u64, now: u64) -> State {
        let stale = matches!(self, Self::WhileSeen { fresh, .. } if now >= last_seen.saturating_add(fresh));
        match self.ends(last_seen) {
            Some(end) if now >= end => State::Expired,
            _ if stale && state == State::Preferred => State::Deprecated,
            _ => state,
        }
    }

    /// When [`apply`](Self::apply) next says something else.
    pub fn next_change(self, last_seen: u64, now: u64) -> Option<u64> {
        let fresh = match self {
            Self::WhileSeen { fresh, .. } => Some(last_seen.saturating_add(fresh)),
            _ => None,
        };
        [fresh, self.ends(last_seen)].into_iter().flatten().filter(|at| *at > now).min()
    }
}

/// One source's word about one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The card.
    pub nic: NicId,
    /// The address.
    pub address: IpAddr,
    /// Bits of the network's prefix, where the source knows.
    pub prefix: Option<u8>,
    /// Its state as far as the source knows.
    pub state: State,
    /// How far to believe it.
    pub confidence: Confidence,
    /// How long it stands.
    pub validity: Validity,
    /// What was seen, in a few words: `DHCPACK`, `dnsmasq lease`. Claims of one source that differ in
    /// this are evidence apart.
    pub what: &'static str,
    /// The guest's name of the interface, where the source knows. The guest's own words.
    pub interface: Option<Box<str>>,
}

impl Claim {
    /// A claim that the address is in use.
    pub fn in_use(nic: NicId, address: IpAddr, what: &'static str, confidence: Confidence) -> Self {
        let (state, validity) = (State::Preferred, Validity::SEEN);
        Self { nic, address, prefix: None, state, confidence, validity, what, interface: None }
    }
}

/// What a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// A claim, new or again.
    Claim(Claim),
    /// What the source said of this address holds no more.
    Withdraw {
        /// The card.
        nic: NicId,
        /// The address.
        address: IpAddr,
        /// Only the evidence of this name; `None` for all of the source's.
        what: Option<&'static str>,
    },
    /// All that the source knows now: what it said before and does not repeat holds no more. What has
    /// expired meanwhile is left to expire.
    Snapshot(Vec<Claim>),
}

/// Whether something is a plausible address of a card: not unspecified, loopback, multicast, broadcast or
/// in 0.0.0.0/8.
pub fn is_assignable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            !(v4.octets()[0] == 0 || v4.is_loopback() || v4.is_multicast() || v4.is_broadcast())
        }
        IpAddr::V6(v6) => {
            !(v6.is_unspecified() || v6.is_loopback() || v6.is_multicast() || v6.to_ipv4_mapped().is_some())
        }
    }
}

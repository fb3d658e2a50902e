//! Which addresses a guest has: the section `addresses` and what is expected of the merged answer. The
//! guest is scripted: its agent ([`agent`]), the DHCP server's lease file ([`lease`]), its frames ([`frames`]).

pub mod agent;
pub mod frames;
pub mod lease;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Size;
use super::machine::words;
use super::net::{Duid, Mac, Pattern};

words! {
    /// Who says so.
    Source: Agent "agent" "the QEMU guest agent", Lease "lease" "a DHCP server's file",
    Snoop "snoop" "the frames of the guest's card"
}
words! {
    /// A family.
    Family: Ipv4 "ipv4" "IPv4", Ipv6 "ipv6" "IPv6"
}
words! {
    /// How far an address reaches.
    Scope: Global "global" "beyond the link", Link "link" "the link only"
}
words! {
    /// What is known of an address.
    State: Preferred "preferred" "in use", Deprecated "deprecated" "not seen for some time",
    Tentative "tentative" "being checked for duplicates", Conflicted "conflicted" "another has it too",
    Expired "expired" "its lease has ended"
}
words! {
    /// How far the best evidence can be believed.
    Confidence: Hint "hint" "may be another card's", Low "low" "weak", Medium "medium" "the guest's own word",
    High "high" "a lease by its MAC", Certain "certain" "the agent, or a lease seen to be given"
}
words! {
    /// Why there is no address to use.
    Absence: NothingSeen "nothing_seen" "no source has seen any", NoCard "no_card" "the guest has no card",
    OtherKinds "other_kinds" "none of the family, scope or source", OnlyTentative "only_tentative" "being checked",
    OnlyConflicted "only_conflicted" "another has each too", OnlyExpired "only_expired" "each has expired"
}
words! {
    /// How a source is doing.
    Standing: Ready "ready" "it has answered", Waiting "waiting" "it has nothing to say yet",
    Failed "failed" "it failed, and goes on trying"
}

/// Section `addresses`: a guest's cards, and what tells their addresses.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The guest's name for `domifaddr` (guest).
    #[serde(default)]
    pub domain: Option<String>,
    /// What the host's wall clock says at the beginning, in seconds since 1970 (1800000000).
    #[serde(default)]
    pub unix: Option<u64>,
    /// For how many seconds the host has been up at the beginning (1000).
    #[serde(default)]
    pub booted: Option<u64>,
    /// The guest's network cards; at least one.
    #[serde(default)]
    pub nics: Vec<Nic>,
    /// The guest has an agent, scripted so.
    #[serde(default)]
    pub agent: Option<agent::Script>,
    /// There is a DHCP server's file; `lease_file` writes it.
    #[serde(default)]
    pub lease: Option<lease::File>,
    /// The frames of the cards are looked at; `snoop` has them.
    #[serde(default)]
    pub snoop: Option<frames::Config>,
}

impl Section {
    /// Whether there is this source.
    pub fn has(&self, source: Source) -> bool {
        match source {
            Source::Agent => self.agent.is_some(),
            Source::Lease => self.lease.is_some(),
            Source::Snoop => self.snoop.is_some(),
        }
    }
}

/// A network card.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nic {
    /// The host's name for it.
    pub id: String,
    /// Its MAC.
    pub mac: Mac,
    /// What dnsmasq's hook said of its DHCPv6 client.
    #[serde(default)]
    pub dhcp6: Option<Client>,
}

/// A DHCPv6 client.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its identifier.
    pub duid: Duid,
    /// Its association.
    pub iaid: u32,
}

/// `nic`: exactly one is given.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plug {
    /// Plugs a card in.
    #[serde(default)]
    pub plug: Option<Nic>,
    /// Pulls a card out.
    #[serde(default)]
    pub unplug: Option<String>,
}

/// `wall_clock`: somebody sets the host's clock; guest time goes on as before.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WallClock {
    /// Seconds since 1970 that it says now.
    pub unix: u64,
}

/// `addresses`, for `eventually` and `throughout`. At least one of `include`, `exclude`, `only`, `best`,
/// `absence` and `refused`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shows {
    /// Of this card only.
    #[serde(default)]
    pub nic: Option<String>,
    /// Of this family only.
    #[serde(default)]
    pub family: Option<Family>,
    /// Of this scope only.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// For which this source speaks.
    #[serde(default)]
    pub source: Option<Source>,
    /// Each of these is there.
    #[serde(default)]
    pub include: Vec<Pattern>,
    /// None of these is there.
    #[serde(default)]
    pub exclude: Vec<Pattern>,
    /// Each of these is there, and nothing else; `[]` for no address.
    #[serde(default)]
    pub only: Option<Vec<Pattern>>,
    /// The best address to use.
    #[serde(default)]
    pub best: Option<Pattern>,
    /// There is none to use, for this reason.
    #[serde(default)]
    pub absence: Option<Absence>,
    /// The merged state of those of `include`, `only` and `best`.
    #[serde(default)]
    pub state: Option<State>,
    /// All sources that speak for each of them.
    #[serde(default)]
    pub sources: Option<Vec<Source>>,
    /// What was seen of each of them, among other things: `DHCPACK`.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// The best confidence of their evidence.
    #[serde(default)]
    pub confidence: Option<Confidence>,
    /// The guest's name of their interface.
    #[serde(default)]
    pub interface: Option<String>,
    /// So many claims at least were refused because of limits.
    #[serde(default)]
    pub refused: Option<u64>,
}

/// `source_status`, for `eventually` and `throughout`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Whose.
    pub source: Source,
    /// How it is doing.
    pub is: Standing,
    /// What it says contains this.
    #[serde(default)]
    pub text: Option<String>,
}

/// `domifaddr`: what `innkeeper domifaddr` would print now, compared with
/// `golden/addresses/<scenario>/<name>.snap`. It prints what the sources last said and asks nobody.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Domifaddr {
    /// Name of the golden; unique in the scenario.
    pub name: String,
    /// `--source`: lease (as without it), agent, arp, snoop or all.
    #[serde(default)]
    pub source: Option<String>,
    /// Another domain than the section's.
    #[serde(default)]
    pub domain: Option<String>,
    /// `--interface`.
    #[serde(default)]
    pub interface: Option<String>,
    /// `--full`.
    #[serde(default)]
    pub full: bool,
    /// `-q`.
    #[serde(default)]
    pub quiet: bool,
    /// `-r`: the connection is read-only.
    #[serde(default)]
    pub readonly: bool,
    /// `--json`.
    #[serde(default)]
    pub json: bool,
}

/// `agent_memory`: what the agent's client has ever held, by its own account.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// At most so much.
    pub max: Size,
}

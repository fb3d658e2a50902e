//! Frames of the guest's cards, one by one or captured.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::machine::words;
use crate::scenario::net::{Duid, Ip, Mac, Net};
use crate::scenario::{Hex, Span};

words! {
    /// Who sends a frame.
    Sender: Guest "guest" "the guest", Other "other" "another on its network"
}
words! {
    /// A DHCPv4 message.
    Dhcp4Kind: Discover "discover" "type 1", Offer "offer" "type 2", Request "request" "type 3",
    Decline "decline" "type 4", Ack "ack" "type 5", Nak "nak" "type 6", Release "release" "type 7",
    Inform "inform" "type 8"
}
words! {
    /// A DHCPv6 message.
    Dhcp6Kind: Solicit "solicit" "type 1", Advertise "advertise" "type 2", Request "request" "type 3",
    Renew "renew" "type 5", Reply "reply" "type 7", Release "release" "type 8", Decline "decline" "type 9"
}
words! {
    /// A message of neighbour discovery.
    NdpKind: Solicitation "solicitation" "asks who has `target`", Advertisement "advertisement" "has `target`",
    RouterSolicitation "router_solicitation" "asks for the router",
    RouterAdvertisement "router_advertisement" "says that `prefix` is on the link"
}

/// How frames are looked at.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// DHCP servers whose word is certain.
    #[serde(default)]
    pub trusted: Vec<Ip>,
    /// Whether data packets count, as weak evidence.
    #[serde(default)]
    pub traffic: bool,
}

/// `snoop`: exactly one is given. The steps that follow do not wait.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snoop {
    /// Frames.
    #[serde(default)]
    pub frames: Option<Vec<Frame>>,
    /// A capture, relative to the scenario: pcap or pcapng, its first frame now.
    #[serde(default)]
    pub pcap: Option<String>,
}

/// A frame: exactly one of `arp`, `dhcp4`, `dhcp6`, `ndp`, `data` and `bytes`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// So much after the one before, the first after the step.
    #[serde(default)]
    pub after: Option<Span>,
    /// On this card's port; needed where there are several.
    #[serde(default)]
    pub nic: Option<String>,
    /// Who sends it.
    pub from: Sender,
    /// The sender's MAC, if it is not the card's (guest) or 52:54:00:ff:00:01 (other).
    #[serde(default)]
    pub mac: Option<Mac>,
    /// So many of them, each with the next address.
    #[serde(default)]
    pub count: Option<u32>,
    /// ARP.
    #[serde(default)]
    pub arp: Option<Arp>,
    /// DHCPv4.
    #[serde(default)]
    pub dhcp4: Option<Dhcp4>,
    /// DHCPv6.
    #[serde(default)]
    pub dhcp6: Option<Dhcp6>,
    /// Neighbour discovery.
    #[serde(default)]
    pub ndp: Option<Ndp>,
    /// A UDP packet from this address.
    #[serde(default)]
    pub data: Option<Ip>,
    /// Any bytes, from the destination's MAC on.
    #[serde(default)]
    pub bytes: Option<Hex>,
}

impl Frame {
    /// What a frame may be.
    pub const KINDS: &[&str] = &["arp", "dhcp4", "dhcp6", "ndp", "data", "bytes"];
}

/// ARP: a probe has the sender 0.0.0.0, an announcement has both the same.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arp {
    /// The sender's address.
    pub sender: Ip,
    /// The address asked for.
    pub target: Ip,
}

/// DHCPv4. Servers are 10.0.2.2 unless `server` says otherwise.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dhcp4 {
    /// The message.
    pub kind: Dhcp4Kind,
    /// The transaction (1).
    #[serde(default)]
    pub xid: Option<u32>,
    /// The client's MAC, if it is not the card's.
    #[serde(default)]
    pub chaddr: Option<Mac>,
    /// `ciaddr`: the client's own address.
    #[serde(default)]
    pub ciaddr: Option<Ip>,
    /// `yiaddr`: the address given, its prefix as option 1.
    #[serde(default)]
    pub yiaddr: Option<Net>,
    /// Option 50: the address asked for.
    #[serde(default)]
    pub requested: Option<Ip>,
    /// Option 51: whole seconds; none when absent, which is for ever.
    #[serde(default)]
    pub lease: Option<Span>,
    /// Option 54.
    #[serde(default)]
    pub server: Option<Ip>,
}

/// DHCPv6, with one address in one association.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dhcp6 {
    /// The message.
    pub kind: Dhcp6Kind,
    /// The transaction (1).
    #[serde(default)]
    pub xid: Option<u32>,
    /// The client.
    #[serde(default)]
    pub duid: Option<Duid>,
    /// The association (1).
    #[serde(default)]
    pub iaid: Option<u32>,
    /// Its address.
    #[serde(default)]
    pub address: Option<Ip>,
    /// Whole seconds; for ever when absent.
    #[serde(default)]
    pub valid: Option<Span>,
    /// Whole seconds; as `valid` when absent.
    #[serde(default)]
    pub preferred: Option<Span>,
    /// The association's status code (0, success).
    #[serde(default)]
    pub status: Option<u16>,
}

/// Neighbour discovery.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ndp {
    /// The message.
    pub kind: NdpKind,
    /// The packet's source; `"::"` when an address is checked for duplicates (fe80::1).
    #[serde(default)]
    pub source: Option<Ip>,
    /// The address it is about.
    #[serde(default)]
    pub target: Option<Ip>,
    /// The prefix.
    #[serde(default)]
    pub prefix: Option<Net>,
}

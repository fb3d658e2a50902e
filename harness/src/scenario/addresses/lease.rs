//! The scripted lease file: what is done to it, and when.

use innkeeper_services::addresses::lease as service;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::machine::words;
use crate::scenario::{Hex, Size, Span};

words! {
    /// What happens to the file.
    How: Replace "replace" "a new file is renamed over it: libvirt, systemd-networkd, a clean-up of dhcpd or Kea",
    Rewrite "rewrite" "it is emptied, then written in place: dnsmasq", Append "append" "more is written behind it: dhcpd, Kea",
    Truncate "truncate" "it is cut and stays so", Delete "delete" "it is deleted",
    Deny "deny" "it may not be read until it is next written"
}
words! {
    /// A format, by its content.
    Format: Dnsmasq "dnsmasq" "dnsmasq", Libvirt "libvirt" "libvirt's leaseshelper", Dhcpd "dhcpd" "ISC dhcpd",
    Kea "kea" "Kea's memfile", Networkd "networkd" "systemd-networkd", None "none" "none of them"
}

impl Format {
    /// The format of a file with this content.
    pub fn of(content: &[u8]) -> Self {
        let name = service::recognise(content).map_or("none", |format| format.name);
        Format::ALL.iter().copied().find(|f| f.as_str() == name).unwrap_or(Format::None)
    }
}

/// The lease file of the section.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its name in messages (leases).
    #[serde(default)]
    pub name: Option<String>,
}

/// One of the things `lease_file` does. For `replace`, `rewrite` and `append` exactly one of `lines`, `text`,
/// `bytes` and `file`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// So much after the one before, the first after the step; the steps that follow do not wait.
    #[serde(default)]
    pub after: Option<Span>,
    /// What is done.
    #[serde(default)]
    pub how: How,
    /// Lines.
    #[serde(default)]
    pub lines: Option<Vec<String>>,
    /// Text.
    #[serde(default)]
    pub text: Option<String>,
    /// Any bytes.
    #[serde(default)]
    pub bytes: Option<Hex>,
    /// A file, relative to the scenario.
    #[serde(default)]
    pub file: Option<String>,
    /// The format this is to be recognised as; needed where it is none.
    #[serde(default)]
    pub format: Option<Format>,
    /// `rewrite`: how long it takes (200us).
    #[serde(default)]
    pub takes: Option<Span>,
    /// `rewrite`: how much is there meanwhile (0B). `truncate`: how much stays (0B).
    #[serde(default)]
    pub size: Option<Size>,
    /// Nobody tells that the file changed: the next look at it does.
    #[serde(default)]
    pub unnoticed: bool,
}

impl Write {
    /// Where contents may come from.
    pub const CONTENTS: &[&str] = &["lines", "text", "bytes", "file"];

    /// The content, unless it is in a file.
    pub fn content(&self) -> Option<Vec<u8>> {
        let lines = self.lines.as_ref().map(|l| l.iter().flat_map(|l| [l, "\n"]).collect::<String>());
        let text = lines.or(self.text.clone()).map(String::into_bytes);
        text.or(self.bytes.as_ref().map(|Hex(bytes)| bytes.clone()))
    }
}

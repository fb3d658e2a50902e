//! Checks of what the sources of addresses read: the agent's script, the lease file, frames.

use std::net::IpAddr;

use innkeeper_services::addresses::snoop::pcap;

use crate::diag::Code;
use crate::scenario::addresses::agent::{Answer, Script};
use crate::scenario::addresses::frames::{Dhcp4, Dhcp6, Frame, Ndp, NdpKind, Snoop};
use crate::scenario::addresses::lease::{Format, How, Write};
use crate::scenario::check::{Checker, field};
use crate::scenario::net::Ip;
use crate::scenario::node::Seg;
use crate::scenario::{Scenario, Span};

/// Bytes, of which exactly one is given.
const RAW: &[&str] = &["text", "bytes"];
/// Frames of one entry.
const MAX_COUNT: u32 = 100_000;
/// The largest generated answer.
const MAX_HUGE: u64 = 1 << 30;
/// A capture or lease file beyond this is no test's.
const MAX_FILE: u64 = 64 << 20;

impl Checker<'_> {
    pub(super) fn script(&mut self, at: &[Seg], script: &Script) {
        for (i, answer) in script.answers.iter().flatten().enumerate() {
            self.answer(&field!(at, "answers", i), answer);
        }
        for (key, given) in [("heard", script.heard.is_some()), ("say", script.say.is_some())] {
            if given {
                self.one_of(&field!(at, key), RAW);
            }
        }
    }

    fn answer(&mut self, at: &[Seg], answer: &Answer) {
        let kinds = ["interfaces", "return", "error", "never", "huge"];
        let (_, node, _) = self.doc.tree.nearest(at);
        if kinds.iter().any(|k| node.entry(k).is_some()) {
            self.one_of(at, &kinds);
        }
        if answer.before.is_some() {
            self.one_of(&field!(at, "before"), RAW);
        }
        if answer.never {
            let further = [
                ("after", answer.after.is_some()),
                ("before", answer.before.is_some()),
                ("cut", answer.cut.is_some()),
            ];
            for (key, given) in further {
                if given {
                    let help = "leave it or `never` out";
                    self.at_key(Code::OneOf, &field!(at, key), "no answer has that", help);
                }
            }
        }
        if answer.huge.is_some_and(|size| size.0 > MAX_HUGE) {
            let p = field!(at, "huge");
            self.at_value(Code::Limits, &p, "more than a test should wait for", "up to 1GiB");
        }
        if answer.times == Some(0) {
            self.at_value(Code::Limits, &field!(at, "times"), "a rule that never holds", "1 or more");
        }
    }

    pub(super) fn lease_write(&mut self, at: &[Seg], write: &Write) {
        let (_, node, _) = self.doc.tree.nearest(at);
        let given = Write::CONTENTS.iter().find(|key| node.entry(key).is_some());
        match given {
            _ if matches!(write.how, How::Replace | How::Rewrite | How::Append) => {
                self.one_of(at, Write::CONTENTS);
            }
            Some(key) => {
                let message = format!("`{}` writes nothing", write.how.as_str());
                self.at_key(Code::OneOf, &field!(at, *key), message, "leave it out, or `how: replace`");
            }
            None => {}
        }
        if write.how == How::Deny && write.unnoticed {
            let help = "changing a file's mode is nothing that is told anyway";
            self.at_key(Code::OneOf, &field!(at, "unnoticed"), "`deny` is never noticed", help);
        }
        self.lease_sizes(at, write);
        self.lease_content(at, write);
    }

    fn lease_sizes(&mut self, at: &[Seg], write: &Write) {
        let sized = matches!(write.how, How::Truncate | How::Rewrite);
        let of = [
            ("size", write.size.is_some(), sized, "`truncate` and `rewrite`"),
            ("takes", write.takes.is_some(), write.how == How::Rewrite, "`rewrite`"),
        ];
        for (key, given, fits, whose) in of {
            if given && !fits {
                let help = format!("it belongs to {whose}");
                let message = format!("`{}` has no `{key}`", write.how.as_str());
                self.at_key(Code::OneOf, &field!(at, key), message, &help);
            }
        }
    }

    /// The content is of the format said, or of any.
    fn lease_content(&mut self, at: &[Seg], write: &Write) {
        let content = match &write.file {
            Some(file) => self.read_file(&field!(at, "file"), file),
            None => write.content(),
        };
        let whole = matches!(write.how, How::Replace | How::Rewrite);
        if !whole {
            if write.format.is_some() {
                let help = "`replace` and `rewrite` write whole files";
                self.at_key(Code::LeaseFormat, &field!(at, "format"), "the format of no whole file", help);
            }
            return;
        }
        let Some(content) = content else { return };
        let found = Format::of(&content);
        match write.format {
            Some(wanted) if wanted != found => {
                let message = format!("the content is not of format `{}`", wanted.as_str());
                let help = match found {
                    Format::None => "it begins as no known format does".into(),
                    found => format!("it begins as `{}` does", found.as_str()),
                };
                self.at_value(Code::LeaseFormat, &field!(at, "format"), message, &help);
            }
            None if found == Format::None && !content.trim_ascii().is_empty() => {
                let key = Write::CONTENTS.iter().find(|key| self.doc.tree.nearest(&field!(at, **key)).2);
                let p = field!(at, *key.unwrap_or(&"lines"));
                let formats: Vec<_> =
                    Format::ALL.iter().filter(|f| **f != Format::None).map(|f| f.as_str()).collect();
                let help = format!("add `format: none` if that is meant; known are {}", formats.join(", "));
                self.at_key(Code::LeaseFormat, &p, "a lease file of no known format", &help);
            }
            _ => {}
        }
    }

    /// A file beside the scenario; what is wrong with it is said.
    fn read_file(&mut self, at: &[Seg], file: &str) -> Option<Vec<u8>> {
        let full = self.doc.path.parent().map(|d| d.join(file)).unwrap_or_default();
        if !full.is_file() {
            let help = "paths are relative to the scenario's folder";
            self.at_value(Code::NoFile, at, format!("no file `{file}`"), help);
            return None;
        }
        if std::fs::metadata(&full).is_ok_and(|m| m.len() > MAX_FILE) {
            self.at_value(Code::Limits, at, "more than a test can hold", "up to 64MiB");
            return None;
        }
        match std::fs::read(&full) {
            Ok(content) => Some(content),
            Err(e) => {
                self.at_value(Code::NoFile, at, format!("`{file}` cannot be read: {e}"), "mend its mode");
                None
            }
        }
    }

    pub(super) fn snoop(&mut self, at: &[Seg], s: &Scenario, snoop: &Snoop) {
        self.one_of(at, &["frames", "pcap"]);
        if let Some(file) = &snoop.pcap {
            let at = field!(at, "pcap");
            if let Some(bytes) = self.read_file(&at, file) {
                let mut frames = 0;
                if let Err(e) = pcap::frames(&bytes, &mut |_, _| frames += 1) {
                    self.at_value(Code::BadValue, &at, e, "capture with `tcpdump -w`");
                } else if frames == 0 {
                    let help = "an interface of Ethernet has them: `tcpdump -i eth0 -w`";
                    self.at_value(Code::Empty, &at, "a capture without an Ethernet frame", help);
                }
            }
        }
        for (i, frame) in snoop.frames.iter().flatten().enumerate() {
            self.frame(&field!(at, "frames", i), s, frame);
        }
        if snoop.frames.as_ref().is_some_and(Vec::is_empty) {
            self.at_key(Code::Empty, &field!(at, "frames"), "no frames", "give at least one");
        }
    }

    fn frame(&mut self, at: &[Seg], s: &Scenario, frame: &Frame) {
        self.one_of(at, Frame::KINDS);
        self.nic_name(&field!(at, "nic"), s, frame.nic.as_deref());
        if frame.nic.is_none() && s.addresses.as_ref().is_some_and(|section| section.nics.len() > 1) {
            let help = "nic: and its name";
            self.at_value(Code::MissingKey, at, "on which card's port?", help);
        }
        if frame.count.is_some_and(|n| !(1..=MAX_COUNT).contains(&n)) {
            self.at_value(Code::Limits, &field!(at, "count"), "not a number of frames", "1 to 100000");
        }
        if frame.count.is_some() && (frame.dhcp4.is_some() || frame.dhcp6.is_some() || frame.bytes.is_some())
        {
            let help = "`arp`, `ndp` and `data` have";
            self.at_key(Code::OneOf, &field!(at, "count"), "this has no next address", help);
        }
        if let Some(arp) = &frame.arp {
            let at = field!(at, "arp");
            self.family(&field!(at, "sender"), Some(arp.sender), true);
            self.family(&field!(at, "target"), Some(arp.target), true);
        }
        if let Some(message) = &frame.dhcp4 {
            self.dhcp4(&field!(at, "dhcp4"), message);
        }
        if let Some(message) = &frame.dhcp6 {
            self.dhcp6(&field!(at, "dhcp6"), message);
        }
        if let Some(message) = &frame.ndp {
            self.ndp(&field!(at, "ndp"), message);
        }
    }

    fn family(&mut self, at: &[Seg], given: Option<Ip>, v4: bool) {
        if given.is_some_and(|Ip(address)| address.is_ipv4() != v4) {
            let (message, help) =
                if v4 { ("not an IPv4 address", "10.0.2.15") } else { ("not an IPv6 address", "fd00::15") };
            self.at_value(Code::BadValue, at, message, help);
        }
    }

    fn whole_seconds(&mut self, at: &[Seg], given: Option<Span>) {
        if given.is_some_and(|span| span.0 % 1_000_000_000 != 0 || span.0 / 1_000_000_000 >= 0xffff_ffff) {
            let help = "whole seconds; leave it out for ever";
            self.at_value(Code::Limits, at, "a lifetime that DHCP cannot say", help);
        }
    }

    fn dhcp4(&mut self, at: &[Seg], message: &Dhcp4) {
        self.family(&field!(at, "ciaddr"), message.ciaddr, true);
        self.family(&field!(at, "yiaddr"), message.yiaddr.map(|net| Ip(net.address)), true);
        self.family(&field!(at, "requested"), message.requested, true);
        self.family(&field!(at, "server"), message.server, true);
        self.whole_seconds(&field!(at, "lease"), message.lease);
    }

    fn dhcp6(&mut self, at: &[Seg], message: &Dhcp6) {
        self.family(&field!(at, "address"), message.address, false);
        self.whole_seconds(&field!(at, "valid"), message.valid);
        self.whole_seconds(&field!(at, "preferred"), message.preferred);
        if message.xid.is_some_and(|xid| xid >> 24 != 0) {
            let help = "up to 16777215";
            self.at_value(Code::Limits, &field!(at, "xid"), "a transaction has 24 bits", help);
        }
    }

    fn ndp(&mut self, at: &[Seg], message: &Ndp) {
        let about_target = matches!(message.kind, NdpKind::Solicitation | NdpKind::Advertisement);
        let advertises = message.kind == NdpKind::RouterAdvertisement;
        self.family(&field!(at, "source"), message.source, false);
        self.family(&field!(at, "target"), message.target, false);
        let v6 = message.prefix.is_none_or(|net| matches!(net.address, IpAddr::V6(_)));
        if !v6 {
            self.at_value(Code::BadValue, &field!(at, "prefix"), "not an IPv6 prefix", "\"fd00::/64\"");
        }
        let of = [
            ("target", message.target.is_some(), about_target),
            ("prefix", message.prefix.is_some(), advertises),
        ];
        for (key, given, fits) in of {
            let kind = message.kind.as_str();
            match (given, fits) {
                (false, true) => {
                    let help = format!("`{kind}` has one");
                    self.at_key(Code::MissingKey, at, format!("missing key `{key}`"), &help);
                }
                (true, false) => {
                    let message = format!("`{kind}` has no `{key}`");
                    self.at_key(Code::OneOf, &field!(at, key), message, "leave it out");
                }
                _ => {}
            }
        }
    }
}

//! Checks of the section `addresses` and its verbs; those of what its sources read are in [`sources`].

mod sources;

use super::{Checker, field};
use crate::diag::Code;
use crate::scenario::addresses::{Domifaddr, Nic, Plug, Section, Shows, Source, Status};
use crate::scenario::node::Seg;
use crate::scenario::{Scenario, Step, suggest};

/// Expectations of `addresses`, of which at least one is given.
const SHOWS: &[&str] = &["include", "exclude", "only", "best", "absence", "refused"];
/// Cards of one guest.
const MAX_NICS: usize = 64;

impl Checker<'_> {
    pub(super) fn addresses(&mut self, s: &Scenario) {
        let at = field!([], "addresses");
        if let Some(section) = &s.addresses {
            if s.machine.is_some() {
                let help = "leave `machine` out: the guest is scripted, and its time passes by itself";
                self.at_key(Code::Addresses, &at, "addresses of a machine's guest", help);
            }
            if section.nics.is_empty() {
                let help = "nics: [{id: net0, mac: \"52:54:00:12:34:56\"}]";
                self.at_value(Code::Empty, &field!(at, "nics"), "a guest without a network card", help);
            }
            if section.nics.len() > MAX_NICS {
                let help = "up to 64";
                self.at_value(Code::Limits, &field!(at, "nics"), "more cards than a guest has", help);
            }
            for (i, nic) in section.nics.iter().enumerate() {
                let twice = section.nics[..i].iter().any(|other| other.id == nic.id);
                self.nic(&field!(at, "nics", i), nic, twice);
            }
            if let Some(script) = &section.agent {
                self.script(&field!(at, "agent"), script);
            }
        }
        for (i, step) in s.steps.iter().flatten().enumerate() {
            self.addresses_step(&field!([], "steps", i), s, step);
        }
    }

    /// One step: what it needs is there, and its parts fit.
    fn addresses_step(&mut self, at: &[Seg], s: &Scenario, step: &Step) {
        if let Some(script) = &step.agent_script {
            let at = field!(at, "agent_script");
            self.needs_source(&at, s, Source::Agent);
            self.not_nothing(&at, *script == Default::default(), "`port`, `interfaces`, `answers`, `say`, …");
            self.script(&at, script);
        }
        if step.agent_memory.is_some() {
            self.needs_source(&field!(at, "agent_memory"), s, Source::Agent);
        }
        if let Some(writes) = &step.lease_file {
            let at = field!(at, "lease_file");
            self.needs_source(&at, s, Source::Lease);
            self.not_nothing(&at, writes.is_empty(), "a list: `- {lines: […]}`");
            writes.iter().enumerate().for_each(|(i, write)| self.lease_write(&field!(at, i), write));
        }
        if let Some(snoop) = &step.snoop {
            let at = field!(at, "snoop");
            self.needs_source(&at, s, Source::Snoop);
            self.snoop(&at, s, snoop);
        }
        if let Some(plug) = &step.nic {
            let at = field!(at, "nic");
            self.needs_addresses(&at, s);
            self.plug(&at, s, plug);
        }
        if step.wall_clock.is_some() {
            self.needs_addresses(&field!(at, "wall_clock"), s);
        }
        if let Some(table) = &step.domifaddr {
            let at = field!(at, "domifaddr");
            self.needs_addresses(&at, s);
            self.domifaddr(&at, table);
        }
        let eventually = step.eventually.as_ref().map(|e| (&e.addresses, &e.source_status));
        let throughout = step.throughout.as_ref().map(|t| (&t.addresses, &t.source_status));
        for (key, given) in [("eventually", eventually), ("throughout", throughout)] {
            let Some((shows, status)) = given else { continue };
            let at = field!(at, key);
            if let Some(shows) = shows {
                self.address_shows(&field!(at, "addresses"), s, shows);
            }
            if let Some(status) = status {
                self.source_status(&field!(at, "source_status"), s, status);
            }
        }
    }

    fn not_nothing(&mut self, at: &[Seg], nothing: bool, help: &str) {
        if nothing {
            self.at_key(Code::Empty, at, "nothing would be done", help);
        }
    }

    fn needs_addresses<'s>(&mut self, at: &[Seg], s: &'s Scenario) -> Option<&'s Section> {
        // What is wrong with a section that could not be read has been said.
        if s.addresses.is_none() && self.doc.tree.entry("addresses").is_none() {
            let help = "add `addresses: {nics: [{id: net0, mac: \"52:54:00:12:34:56\"}], …}` at the top";
            self.at_key(Code::Addresses, at, "the scenario has no section `addresses`", help);
        }
        s.addresses.as_ref()
    }

    fn needs_source(&mut self, at: &[Seg], s: &Scenario, source: Source) {
        if self.needs_addresses(at, s).is_some_and(|section| !section.has(source)) {
            let word = source.as_str();
            let help = format!("add `{word}: {{}}` to the section `addresses`");
            self.at_key(Code::Addresses, at, format!("the scenario has no source `{word}`"), &help);
        }
    }

    /// A card by its name: one of the section, or one that a step plugs in.
    fn nic_name(&mut self, at: &[Seg], s: &Scenario, name: Option<&str>) {
        let Some(name) = name else { return };
        let Some(section) = &s.addresses else { return };
        let plugged = s.steps.iter().flatten().filter_map(|step| step.nic.as_ref()?.plug.as_ref());
        let known: Vec<&str> = section.nics.iter().chain(plugged).map(|nic| nic.id.as_str()).collect();
        if !known.contains(&name) {
            let help = suggest::help(name, &known);
            self.at_value(Code::Addresses, at, format!("the guest has no card `{name}`"), &help);
        }
    }

    fn nic(&mut self, at: &[Seg], nic: &Nic, twice: bool) {
        if nic.id.is_empty() || !nic.id.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)) {
            let help = "letters, digits and `_.-`: net0";
            self.at_value(Code::Name, &field!(at, "id"), "a card cannot be called that", help);
        }
        if twice {
            let message = format!("two cards are called `{}`", nic.id);
            self.at_value(Code::Addresses, &field!(at, "id"), message, "give it another name");
        }
        if !nic.mac.0.is_card() {
            let help = "the first byte is even, and not all are 0: \"52:54:00:12:34:56\"";
            self.at_value(Code::Addresses, &field!(at, "mac"), "no card's MAC", help);
        }
    }

    fn plug(&mut self, at: &[Seg], s: &Scenario, plug: &Plug) {
        self.one_of(at, &["plug", "unplug"]);
        if let Some(nic) = &plug.plug {
            self.nic(&field!(at, "plug"), nic, false);
        }
        self.nic_name(&field!(at, "unplug"), s, plug.unplug.as_deref());
    }

    fn domifaddr(&mut self, at: &[Seg], table: &Domifaddr) {
        if table.name.is_empty()
            || !table.name.chars().all(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c))
        {
            let help = "letters, digits and `_.+-`: it is a file name";
            self.at_value(Code::Name, &field!(at, "name"), "a golden cannot be called that", help);
        }
        let styled = [("full", table.full), ("quiet", table.quiet), ("readonly", table.readonly)];
        for (key, given) in styled {
            if given && table.source.as_deref() == Some("all") {
                let help = "leave it out, or name one source";
                let message = format!("`{key}` is about the table, and `source: all` is JSON");
                self.at_key(Code::OneOf, &field!(at, key), message, help);
            }
        }
    }

    fn address_shows(&mut self, at: &[Seg], s: &Scenario, shows: &Shows) {
        if self.needs_addresses(at, s).is_none() {
            return;
        }
        let list = SHOWS.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
        let (_, node, _) = self.doc.tree.nearest(at);
        if !SHOWS.iter().any(|key| node.entry(key).is_some()) {
            self.at_key(Code::Empty, at, "nothing is expected", &format!("give one of {list}"));
        }
        self.nic_name(&field!(at, "nic"), s, shows.nic.as_deref());
        let several = shows.include.is_empty() && shows.only.as_ref().is_none_or(Vec::is_empty);
        let of = [
            ("state", shows.state.is_some()),
            ("sources", shows.sources.is_some()),
            ("evidence", !shows.evidence.is_empty()),
            ("confidence", shows.confidence.is_some()),
            ("interface", shows.interface.is_some()),
        ];
        for (key, given) in of {
            if given && several && shows.best.is_none() {
                let help = "name them in `include`, `only` or `best`";
                self.at_key(Code::OneOf, &field!(at, key), format!("the {key} of which addresses?"), help);
            }
        }
        for (i, pattern) in shows.exclude.iter().enumerate() {
            if shows.include.contains(pattern) || shows.only.iter().flatten().any(|p| p == pattern) {
                let help = "take one of the two out";
                let message = format!("`{pattern}` is to be there and not to be there");
                self.at_value(Code::OneOf, &field!(at, "exclude", i), message, help);
            }
        }
        if shows.best.is_some() && shows.absence.is_some() {
            self.one_of(at, &["best", "absence"]);
        }
        self.known_sources(at, s, shows);
    }

    fn known_sources(&mut self, at: &[Seg], s: &Scenario, shows: &Shows) {
        let Some(section) = &s.addresses else { return };
        let listed = shows.sources.iter().flatten().enumerate();
        let listed = listed.map(|(i, source)| (field!(at, "sources", i), *source));
        let named = listed.chain(shows.source.map(|source| (field!(at, "source"), source)));
        for (path, source) in named.collect::<Vec<_>>() {
            if !section.has(source) {
                let word = source.as_str();
                let help = format!("add `{word}: {{}}` to the section `addresses`");
                self.at_value(Code::Addresses, &path, format!("the scenario has no source `{word}`"), &help);
            }
        }
    }

    fn source_status(&mut self, at: &[Seg], s: &Scenario, status: &Status) {
        self.needs_source(at, s, status.source);
        if let Some(text) = &status.text {
            self.not_empty(&field!(at, "text"), text);
        }
    }
}

//! The text of `virsh domifaddr`, byte for byte (services.md §5): columns, dashes, messages.

use std::fmt::Write;

use super::book::{Address, AddressBook};
use super::claim::State;
use super::nic::NicId;
use super::rank::{Family, Query};
use std::net::IpAddr;

/// An interface with its addresses, as one source knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The interface: the guest's name from the agent, else the host's.
    pub name: String,
    /// The MAC as the source writes it; may be empty.
    pub mac: String,
    /// Addresses with the bits of their prefix.
    pub addresses: Vec<(IpAddr, u8)>,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style<'a> {
    /// `--full`: name and MAC on every line.
    pub full: bool,
    /// `-q`: without header, rule and final blank line.
    pub quiet: bool,
    /// `--interface`: this one only. One that does not exist is no error.
    pub interface: Option<&'a str>,
}

const HEADER: &str = " Name       MAC address          Protocol     Address\n\
-------------------------------------------------------------------------------\n";

/// The source of the host's neighbour table.
const ARP: &str = "arp";

/// The table. Control characters in names and MACs, which the guest chooses, are printed as `?`; virsh
/// prints them as they are.
pub fn render(rows: &[Row], style: Style<'_>) -> String {
    let mut out = String::new();
    if !style.quiet {
        out.push_str(HEADER);
    }
    for row in rows.iter().filter(|r| style.interface.is_none_or(|wanted| wanted == r.name)) {
        let (name, mac) = (printable(&row.name), printable(&row.mac));
        if row.addresses.is_empty() {
            line(&mut out, &name, &mac, "N/A", "N/A");
        }
        for (i, (address, prefix)) in row.addresses.iter().enumerate() {
            let (name, mac) = if i == 0 || style.full { (&*name, &*mac) } else { ("-", "-") };
            line(&mut out, name, mac, Family::of(*address).name(), &format!("{address}/{prefix}"));
        }
    }
    if !style.quiet {
        out.push('\n');
    }
    out
}

/// One line. C pads by bytes, Rust by characters: a name beyond ASCII must shift the row as in virsh.
fn line(out: &mut String, name: &str, mac: &str, protocol: &str, address: &str) {
    out.push(' ');
    for (text, width, gap) in [(name, 10_usize, " "), (mac, 17, "    "), (protocol, 12, " ")] {
        out.push_str(text);
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(text.len())));
        out.push_str(gap);
    }
    let _ = writeln!(out, "{address}");
}

/// The text with `?` for control characters: guests choose names and messages.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Reads a table back, of any [`Style`]. `None` if a line has not four columns or no address. Names with
/// blanks cannot be read back.
pub fn parse(text: &str) -> Option<Vec<Row>> {
    let body = text.strip_prefix(HEADER).unwrap_or(text);
    let mut rows: Vec<Row> = Vec::new();
    for line in body.lines().filter(|l| !l.is_empty()) {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let (name, mac, protocol, address) = match words[..] {
            [name, protocol, address] => (name, "", protocol, address),
            [name, mac, protocol, address] => (name, mac, protocol, address),
            _ => return None,
        };
        let repeats =
            rows.last().is_some_and(|r| (name, mac) == ("-", "-") || (r.name == name && r.mac == mac));
        if !repeats {
            rows.push(Row { name: name.into(), mac: mac.into(), addresses: Vec::new() });
        }
        if (protocol, address) != ("N/A", "N/A") {
            let (address, prefix) = address.split_once('/')?;
            let address: IpAddr = address.parse().ok()?;
            (Family::of(address).name() == protocol).then_some(())?;
            rows.last_mut()?.addresses.push((address, prefix.parse().ok()?));
        }
    }
    Some(rows)
}

/// The rows of one source from the book: what is not expired, in the order it appeared. Cards without an
/// address have no row, as with virsh. A prefix nobody knows is 0, as virsh prints it. Of the neighbour table
/// (`arp`) libvirt has IPv4 only, and each entry as an interface of its own (services.md §4.1).
pub fn rows(book: &AddressBook, source: &'static str, now: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for nic in book.nics().iter() {
        let query = Query { nic: Some(nic.id), source: Some(source), ..Query::default() };
        let mut addresses = addresses(book, &query, nic.id, now);
        let row = |addresses| Row { name: nic.name.to_string(), mac: nic.mac.to_string(), addresses };
        if source == ARP {
            addresses.retain(|(address, _)| address.is_ipv4());
            rows.extend(addresses.into_iter().map(|pair| row(vec![pair])));
        } else if !addresses.is_empty() {
            rows.push(row(addresses));
        }
    }
    rows
}

fn addresses(book: &AddressBook, query: &Query, nic: NicId, now: u64) -> Vec<(IpAddr, u8)> {
    let mut found = Vec::new();
    for address in book.addresses(nic) {
        let mine = || {
            let own = address.evidence.iter().filter(|e| query.source.is_none_or(|s| s == e.source));
            own.filter(|e| e.state_at(now) != State::Expired)
        };
        if mine().next().is_some() {
            found.push((address.address, mine().find_map(|e| e.prefix).unwrap_or(0)));
        }
    }
    found
}

/// What `query` asks for of all sources, as a table: virsh's columns, then the merged state and the sources
/// that speak for it. Cards in their order, each with its addresses best first; a card without any has a row
/// too. A prefix that nobody knows is left out. [`Style::interface`] is not looked at: `query` has the card.
pub fn render_merged(book: &AddressBook, query: &Query, style: Style<'_>, now: u64) -> String {
    let ranked = book.ranked(query, now);
    let shown = |a: &Address| match a.prefix() {
        Some(prefix) => format!("{}/{prefix}", a.address),
        None => a.address.to_string(),
    };
    let width = ranked.iter().map(|(_, a)| shown(a).len()).max().unwrap_or_default().max("Address".len());
    let mut out = String::new();
    if !style.quiet {
        line(
            &mut out,
            "Name",
            "MAC address",
            "Protocol",
            &format!("{:width$} State        Sources", "Address"),
        );
        let _ = writeln!(out, "{}", "-".repeat(46 + width + 33));
    }
    for nic in book.nics().iter().filter(|nic| query.nic.is_none_or(|id| id == nic.id)) {
        let (name, mac) = (printable(&nic.name), nic.mac.to_string());
        let mut addresses = ranked.iter().filter(|(id, _)| *id == nic.id).map(|(_, a)| a).peekable();
        if addresses.peek().is_none() {
            line(&mut out, &name, &mac, "N/A", "N/A");
        }
        for (i, a) in addresses.enumerate() {
            let (name, mac) = if i == 0 || style.full { (&*name, &*mac) } else { ("-", "-") };
            let (state, sources) = (a.merged(now).name(), sources(a).join(","));
            let tail = format!("{:width$} {state:12} {sources}", shown(a));
            line(&mut out, name, mac, Family::of(a.address).name(), &tail);
        }
    }
    if !style.quiet {
        out.push('\n');
    }
    out
}

/// The sources that speak for an address, in the order they first did.
fn sources(address: &Address) -> Vec<&'static str> {
    let mut found = Vec::new();
    for evidence in &address.evidence {
        if !found.contains(&evidence.source) {
            found.push(evidence.source);
        }
    }
    found
}

/// Why there is no table. The exit code is 1 for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The domain is shut off.
    NotRunning,
    /// There is no domain of this name.
    UnknownDomain(String),
    /// `--source` is none of lease, agent, arp.
    UnknownSource(String),
    /// The domain has no agent's port.
    AgentNotConfigured,
    /// Nobody has opened the agent's port in the guest.
    AgentNotConnected,
    /// The agent did not answer to synchronisation within so many seconds.
    AgentSync(u64),
    /// It did not answer a command within so many seconds.
    AgentCommand(u64),
    /// The port was closed in the middle of a command.
    AgentDisappeared,
    /// An earlier error left the agent unusable.
    AgentUnusable,
    /// It answered with an error: (command, description).
    AgentError(String, String),
    /// The connection is read-only and the agent was asked for.
    ReadOnly,
    /// What virsh has no words for: a file that cannot be read. What and how to cure it.
    Source(String),
}

impl Failure {
    /// What is printed to standard error, as virsh 11.3 has it.
    pub fn message(&self) -> String {
        let agent = |what: &str| format!("Guest agent is not responding: {what}");
        let cause = match self {
            Self::UnknownDomain(name) => {
                return format!("error: failed to get domain '{}'\n", printable(name));
            }
            Self::UnknownSource(name) => {
                return format!("error: Unknown data source '{}'\n", printable(name));
            }
            Self::NotRunning => "Requested operation is not valid: domain is not running".into(),
            Self::AgentNotConfigured => "argument unsupported: QEMU guest agent is not configured".into(),
            Self::AgentNotConnected => agent("QEMU guest agent is not connected"),
            Self::AgentSync(s) => {
                agent(&format!("guest agent didn't respond to synchronization within '{s}' seconds"))
            }
            Self::AgentCommand(s) => {
                agent(&format!("guest agent didn't respond to command within '{s}' seconds"))
            }
            Self::AgentDisappeared => agent("Guest agent disappeared while executing command"),
            Self::AgentUnusable => agent("QEMU guest agent is not available due to an error"),
            Self::AgentError(command, desc) => format!(
                "internal error: unable to execute QEMU agent command '{command}': {}",
                printable(desc)
            ),
            Self::ReadOnly => {
                "operation forbidden: read only access prevents virDomainInterfaceAddresses".into()
            }
            Self::Source(what) => printable(what),
        };
        format!("error: Failed to query for interfaces addresses\nerror: {cause}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(name: &str, mac: &str, addresses: &[(&str, u8)]) -> Row {
        let addresses = addresses.iter().map(|(a, n)| (a.parse().unwrap(), *n)).collect();
        Row { name: name.into(), mac: mac.into(), addresses }
    }

    #[test]
    fn each_table_is_as_virsh_prints_it() {
        let mac = "aa:bb:cc:dd:ee:ff";
        let one = row("testnet0", mac, &[("192.168.122.3", 24)]);
        let two = row("testnet0", mac, &[("192.168.122.3", 24), ("fe80::1", 64)]);
        let (plain, full) = (Style::default(), Style { full: true, ..Style::default() });
        let quiet = Style { quiet: true, ..Style::default() };
        let only = |name| Style { interface: Some(name), quiet: true, ..Style::default() };
        let v4 = " testnet0   aa:bb:cc:dd:ee:ff    ipv4         192.168.122.3/24\n";
        let v6 = "    ipv6         fe80::1/64\n";
        let dash = format!(" -          -                {v6}");
        for (name, rows, style, want) in [
            ("none", vec![], plain, format!("{HEADER}\n")),
            ("none, quiet", vec![], quiet, String::new()),
            ("one", vec![one.clone()], plain, format!("{HEADER}{v4}\n")),
            ("one, quiet", vec![one.clone()], quiet, v4.into()),
            ("two", vec![two.clone()], plain, format!("{HEADER}{v4}{dash}\n")),
            ("two, full", vec![two], full, format!("{HEADER}{v4} testnet0   {mac}{v6}\n")),
            ("this one", vec![one.clone()], only("testnet0"), v4.into()),
            ("unknown interface", vec![one], only("nope"), String::new()),
            ("no address", vec![row("tun0", "", &[])], quiet, format!(" tun0{:28}N/A          N/A\n", "")),
            (
                "a long name shifts its row",
                vec![row("averylongname0", mac, &[("10.0.0.1", 0)])],
                quiet,
                format!(" averylongname0 {mac}    ipv4         10.0.0.1/0\n"),
            ),
            (
                "width is bytes, and control characters are not printed",
                vec![row("\u{e9}\u{1b}[", mac, &[("10.0.0.1", 8)])],
                quiet,
                format!(" \u{e9}?[       {mac}    ipv4         10.0.0.1/8\n"),
            ),
        ] {
            assert_eq!(render(&rows, style), want, "{name}");
        }
    }

    #[test]
    fn each_failure_is_as_virsh_prints_it() {
        let query = "error: Failed to query for interfaces addresses\nerror: ";
        let agent = "Guest agent is not responding: ";
        for (failure, want) in [
            (
                Failure::NotRunning,
                format!("{query}Requested operation is not valid: domain is not running\n"),
            ),
            (Failure::UnknownDomain("nosuch".into()), "error: failed to get domain 'nosuch'\n".into()),
            (Failure::UnknownSource("nope".into()), "error: Unknown data source 'nope'\n".into()),
            (
                Failure::AgentNotConfigured,
                format!("{query}argument unsupported: QEMU guest agent is not configured\n"),
            ),
            (Failure::AgentNotConnected, format!("{query}{agent}QEMU guest agent is not connected\n")),
            (
                Failure::AgentSync(5),
                format!("{query}{agent}guest agent didn't respond to synchronization within '5' seconds\n"),
            ),
            (
                Failure::AgentCommand(7),
                format!("{query}{agent}guest agent didn't respond to command within '7' seconds\n"),
            ),
            (
                Failure::AgentDisappeared,
                format!("{query}{agent}Guest agent disappeared while executing command\n"),
            ),
            (
                Failure::AgentUnusable,
                format!("{query}{agent}QEMU guest agent is not available due to an error\n"),
            ),
            (
                Failure::AgentError("guest-x".into(), "no".into()),
                format!("{query}internal error: unable to execute QEMU agent command 'guest-x': no\n"),
            ),
            (Failure::Source("a: no\u{1b}".into()), format!("{query}a: no?\n")),
            (
                Failure::ReadOnly,
                format!(
                    "{query}operation forbidden: read only access prevents virDomainInterfaceAddresses\n"
                ),
            ),
        ] {
            assert_eq!(failure.message(), want);
        }
    }

    fn book() -> AddressBook {
        use crate::addresses::{Claim, Confidence, Limits, Nic, Update};
        let mut book = AddressBook::new(Limits::default());
        for (id, name) in [(0, "vnet0"), (1, "vnet1")] {
            book.add_nic(
                Nic { id: NicId(id), mac: crate::addresses::Mac([2, 0, 0, 0, 0, 1]), name: name.into() },
                0,
            );
        }
        for (source, address, prefix) in [
            ("arp", "10.0.0.7", None),
            ("arp", "fe80::7", None),
            ("arp", "10.0.0.8", None),
            ("lease", "10.0.0.8", Some(24)),
            ("lease", "fd00::8", Some(64)),
        ] {
            let claim = Claim::in_use(NicId(0), address.parse().unwrap(), "seen", Confidence::Low);
            book.apply(source, Update::Claim(Claim { prefix, ..claim }), 0);
        }
        book
    }

    #[test]
    fn rows_of_a_source_are_as_libvirt_has_them() {
        let quiet = Style { quiet: true, ..Style::default() };
        let mac = "02:00:00:00:00:01";
        for (source, want) in [
            (
                "arp",
                format!(
                    " vnet0      {mac}    ipv4         10.0.0.7/0\n vnet0      {mac}    ipv4         10.0.0.8/0\n"
                ),
            ),
            (
                "lease",
                format!(
                    " vnet0      {mac}    ipv4         10.0.0.8/24\n -          -                    ipv6         fd00::8/64\n"
                ),
            ),
            ("agent", String::new()),
        ] {
            assert_eq!(render(&rows(&book(), source, 0), quiet), want, "{source}");
        }
    }

    #[test]
    fn the_merged_table_says_who_says_so() {
        let want = include_str!("../../tests/fixtures/addresses/merged.table");
        assert_eq!(render_merged(&book(), &Query::default(), Style::default(), 0), want);
        let query = Query { nic: Some(NicId(1)), ..Query::default() };
        let quiet = Style { quiet: true, ..Style::default() };
        let row = " vnet1      02:00:00:00:00:01    N/A          N/A\n";
        assert_eq!(render_merged(&book(), &query, quiet, 0), row);
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let address = prop_oneof![
            (any::<[u8; 4]>(), 0u8..=32).prop_map(|(a, n)| (IpAddr::from(a), n)),
            (any::<[u8; 16]>(), 0u8..=128).prop_map(|(a, n)| (IpAddr::from(a), n)),
        ];
        let mac = any::<[u8; 6]>().prop_map(|m| crate::addresses::nic::Mac(m).to_string());
        ("[a-z]{1,14}", prop_oneof![mac, Just(String::new())], proptest::collection::vec(address, 0..4))
            .prop_map(|(name, mac, addresses)| Row { name, mac, addresses })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            mut rows in proptest::collection::vec(any_row(), 0..6),
            full in any::<bool>(),
            quiet in any::<bool>(),
        ) {
            // Names are unique in a guest.
            rows.sort_by(|a, b| a.name.cmp(&b.name));
            rows.dedup_by(|a, b| a.name == b.name);
            let style = Style { full, quiet, interface: None };
            prop_assert_eq!(parse(&render(&rows, style)), Some(rows));
        }

        #[test]
        fn no_text_makes_reading_panic(text in "(?s).{0,200}") {
            parse(&text);
        }
    }
}

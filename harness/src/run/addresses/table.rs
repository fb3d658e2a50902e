//! `domifaddr`: what the command would print now, as its golden has it.

use std::fmt::Write as _;

use innkeeper_services::addresses::table::{self, Failure, Row, Style};
use innkeeper_services::addresses::{Query, json};

use super::Addresses;
use crate::scenario::addresses::Domifaddr;

/// The command line, the exit code and both outputs, each of their lines behind a bar: blanks and blank
/// lines at the end count.
pub(super) fn text(a: &Addresses, v: &Domifaddr) -> String {
    let mut text = format!("{}\n", command(a, v));
    let (code, streams) = match printed(a, v) {
        Ok(out) => (0, [("stdout", out), ("stderr", String::new())]),
        Err(failure) => (1, [("stdout", String::new()), ("stderr", failure.message())]),
    };
    let _ = writeln!(text, "exit {code}");
    for (name, content) in streams.iter().filter(|(_, content)| !content.is_empty()) {
        let _ = writeln!(text, "{name}:");
        for line in content.split_inclusive('\n') {
            let _ = writeln!(text, "|{}", line.strip_suffix('\n').unwrap_or(line));
        }
    }
    text
}

fn command(a: &Addresses, v: &Domifaddr) -> String {
    let mut words = vec!["domifaddr", v.domain.as_deref().unwrap_or(&a.domain)];
    for (option, value) in [("--source", &v.source), ("--interface", &v.interface)] {
        if let Some(value) = value {
            words.extend([option, value]);
        }
    }
    for (flag, given) in [("--full", v.full), ("-q", v.quiet), ("-r", v.readonly), ("--json", v.json)] {
        words.extend(given.then_some(flag));
    }
    words.join(" ")
}

/// In virsh's order: the domain, the source, what a connection may do, whether the guest runs.
fn printed(a: &Addresses, v: &Domifaddr) -> Result<String, Failure> {
    if let Some(other) = v.domain.as_ref().filter(|d| **d != a.domain) {
        return Err(Failure::UnknownDomain(other.clone()));
    }
    let source = v.source.as_deref().unwrap_or("lease");
    let known = ["lease", "agent", "arp", "snoop", "all"].into_iter().find(|s| *s == source);
    let source = known.ok_or_else(|| Failure::UnknownSource(source.into()))?;
    if v.readonly && source == "agent" {
        return Err(Failure::ReadOnly);
    }
    if !a.running {
        return Err(Failure::NotRunning);
    }
    let interface = v.interface.as_deref();
    let style = Style { full: v.full, quiet: v.quiet, interface };
    let query = Query { nic: interface.and_then(|name| a.nic(name)), ..Query::default() };
    Ok(match source {
        _ if v.json => json::render(&a.book, &query, a.now),
        "agent" => table::render(&agent(a)?, style),
        "all" => table::render_merged(&a.book, &query, style, a.now),
        one => table::render(&table::rows(&a.book, one, a.now), style),
    })
}

fn agent(a: &Addresses) -> Result<Vec<Row>, Failure> {
    let client = &a.agent.as_ref().ok_or(Failure::AgentNotConfigured)?.source;
    if let Some(error) = client.error() {
        return Err(error.failure());
    }
    Ok(client.interfaces().map(|(_, list)| list.rows()).unwrap_or_default())
}

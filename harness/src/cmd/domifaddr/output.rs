//! What is printed.

use innkeeper_services::addresses::table::{self, Failure, Row, Style, printable};
use innkeeper_services::addresses::{Absence, AddressEvent, Query, json};

use super::sources::Sources;
use super::{ABSENT, Args, Source};
use crate::cmd::{FAILED, OK};
use crate::print;

/// The printer.
pub(super) struct Output<'a> {
    args: &'a Args,
    asked: Source,
    /// Notes that were printed and still hold.
    noted: Vec<String>,
}

impl<'a> Output<'a> {
    pub(super) fn new(args: &'a Args, asked: Source) -> Self {
        Self { args, asked, noted: Vec::new() }
    }

    fn query(&self, sources: &Sources) -> Query {
        sources.query(self.args, self.asked, self.args.wait.is_some())
    }

    /// Whether there is an address to use.
    pub(super) fn is_found(&self, sources: &Sources, now: u64) -> bool {
        sources.book.best(&self.query(sources), now).is_ok()
    }

    /// Prints the answer; the exit code.
    pub(super) fn answer(&mut self, sources: &mut Sources, now: u64) -> u8 {
        let like_virsh = self.asked.is_virsh() && self.args.wait.is_none();
        if like_virsh && let Some(message) = self.failure(sources) {
            eprint!("{message}");
            return FAILED;
        }
        print!("{}", self.text(sources, now));
        let query = self.query(sources);
        let (best, failure) = (sources.book.best(&query, now), sources.failure());
        match (best, failure) {
            _ if like_virsh => self.notes(sources),
            (Ok(_), _) => self.notes(sources),
            (Err(_), Some(what)) => {
                eprintln!("innkeeper: {}", printable(&what));
                return FAILED;
            }
            (Err(absence), None) => {
                eprintln!("innkeeper: no address yet: {}", absence.reason());
                let silence = sources.silence(absence == Absence::NothingSeen);
                silence.iter().for_each(|line| eprintln!("  {}", printable(line)));
                return ABSENT;
            }
        }
        OK
    }

    /// The table or JSON.
    fn text(&self, sources: &Sources, now: u64) -> String {
        let query = self.query(sources);
        let interface = self.args.interface.as_deref();
        let style = Style { full: self.args.full, quiet: self.args.quiet, interface };
        match (self.asked.name(), &sources.agent) {
            _ if self.args.json => json::render(&sources.book, &query, now),
            // The guest's interfaces, whether or not they are its cards.
            (Some("agent"), Some(agent)) => {
                let rows = agent.source.interfaces().map(|(_, list)| list.rows()).unwrap_or_default();
                table::render(&wanted(rows, &query), style)
            }
            (Some(name), _) => table::render(&wanted(table::rows(&sources.book, name, now), &query), style),
            (None, _) => table::render_merged(&sources.book, &query, style, now),
        }
    }

    /// Why there is no answer, in virsh's words.
    fn failure(&self, sources: &Sources) -> Option<String> {
        match &sources.agent {
            Some(agent) if self.asked == Source::Agent => {
                if agent.source.interfaces().is_some() {
                    None
                } else {
                    agent.message()
                }
            }
            _ => sources.failure().map(|what| Failure::Source(what).message()),
        }
    }

    /// Prints what is wrong with sources, once as long as it holds.
    pub(super) fn notes(&mut self, sources: &Sources) {
        let notes = sources.notes();
        for note in notes.iter().filter(|note| !self.noted.contains(note)) {
            eprintln!("innkeeper: {}", printable(note));
        }
        self.noted = notes;
    }

    /// Prints what has changed, a line each.
    pub(super) fn events(&self, sources: &mut Sources) {
        let mut text = String::new();
        while let Some(event) = sources.book.next_event() {
            if self.wants(&event, sources) {
                text += &self.line(&event, sources);
                text.push('\n');
            }
        }
        print::bytes(text.as_bytes());
    }

    fn wants(&self, event: &AddressEvent, sources: &Sources) -> bool {
        let query = self.query(sources);
        query.nic.is_none_or(|nic| nic == event.nic) && event.address.is_none_or(|a| query.fits(a))
    }

    fn line(&self, event: &AddressEvent, sources: &Sources) -> String {
        let nics = sources.book.nics();
        if self.args.json {
            return json::event(event, nics);
        }
        let name = nics.get(event.nic).map_or("-".into(), |nic| printable(&nic.name));
        let (seconds, millis) = (event.at / 1_000_000_000, event.at / 1_000_000 % 1000);
        format!("{seconds}.{millis:03} {name} {event}")
    }
}

/// Rows with the addresses that `query` wants; of a part of them, rows without any go.
fn wanted(mut rows: Vec<Row>, query: &Query) -> Vec<Row> {
    if query.family.is_some() || query.scope.is_some() {
        rows.retain_mut(|row| {
            row.addresses.retain(|(address, _)| query.fits(*address));
            !row.addresses.is_empty()
        });
    }
    rows
}

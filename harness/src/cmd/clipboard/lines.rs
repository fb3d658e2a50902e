//! The conversation as lines of text or JSON.

use std::io::{self, Write};

use innkeeper_services::clipboard::{AuditRecord, Direction, Event, EventKind, Format, Observer, Outcome};
use innkeeper_services::clipboard::{FormatSet, Selection};
use serde_json::{Value, json};

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// Nothing.
    Nothing,
    /// Each transfer.
    Transfers,
    /// What both sides say, too.
    Everything,
}

/// What happened since it was printed last.
#[derive(Debug)]
pub struct Lines {
    json: bool,
    wanted: Wanted,
    pending: Vec<String>,
    pasted_in_guest: bool,
}

impl Lines {
    /// As text or JSON.
    pub fn new(json: bool, wanted: Wanted) -> Self {
        Lines { json, wanted, pending: Vec::new(), pasted_in_guest: false }
    }

    /// Whether the guest has got content.
    pub(super) fn pasted_in_guest(&self) -> bool {
        self.pasted_in_guest
    }

    /// Prints, with `end` at each line's end.
    pub fn flush(&mut self, out: &mut dyn Write, end: &str) -> io::Result<()> {
        for line in self.pending.drain(..) {
            write!(out, "{line}{end}")?;
        }
        out.flush()
    }

    fn line(
        &mut self,
        part_of: Wanted,
        at: u64,
        text: impl FnOnce() -> String,
        object: impl FnOnce() -> Value,
    ) {
        if self.wanted < part_of {
            return;
        }
        let line = if self.json {
            let mut object = object();
            object["at_ms"] = (at / 1_000_000).into();
            object.to_string()
        } else {
            format!("{:>6}.{:03}  {}", at / 1_000_000_000, at / 1_000_000 % 1000, text())
        };
        self.pending.push(line);
    }
}

impl Observer for Lines {
    fn event(&mut self, event: &Event) {
        self.line(Wanted::Everything, event.at, || event.to_string(), || object(event));
    }

    fn audit(&mut self, record: &AuditRecord) {
        let complete = matches!(record.outcome, Outcome::Complete | Outcome::Empty);
        self.pasted_in_guest |= record.direction == Direction::ToGuest && complete;
        let text = || {
            let text = record.to_string();
            // The record begins with the time that the line begins with.
            format!("transfer {}", text.split_once(' ').map_or("", |(_, rest)| rest))
        };
        self.line(Wanted::Transfers, record.at, text, || {
            json!({
                "transfer": direction(record.direction),
                "selection": selection(record.selection),
                "type": type_name(record.type_number),
                "size": record.size,
                "sha256": record.sha256.map(|d| d.to_string()),
                "outcome": record.outcome.to_string(),
            })
        });
    }
}

fn object(event: &Event) -> Value {
    let what = match event.kind {
        EventKind::Opened => "opened".into(),
        EventKind::Closed => "closed".into(),
        EventKind::Message(kind) => kind.to_string(),
        EventKind::Odd(odd) => odd.to_string(),
    };
    let mut object = json!({"event": what, "direction": direction(event.direction)});
    let types = |formats: FormatSet| formats.iter().map(Format::mime).collect::<Vec<_>>();
    let fields = [
        ("selection", event.selection.map(selection)),
        ("types", event.formats.map(|formats| json!(types(formats)))),
        ("type", event.type_number.map(type_name)),
        ("size", event.size.map(Value::from)),
        ("serial", event.serial.map(Value::from)),
        ("capabilities", event.caps.map(|(caps, _)| caps.bits().into())),
        ("sha256", event.sha256.map(|d| d.to_string().into())),
        ("note", event.note.map(|note| note.to_string().into())),
    ];
    for (key, value) in fields {
        if let Some(value) = value {
            object[key] = value;
        }
    }
    object
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::ToGuest => "to-guest",
        Direction::ToHost => "to-host",
    }
}

/// The name, or the number of what has none.
fn selection(number: u8) -> Value {
    Selection::from_number(number).map_or_else(|| number.into(), |s| s.name().into())
}

fn type_name(number: u32) -> Value {
    Format::from_number(number).map_or_else(|| number.into(), |f| f.mime().into())
}

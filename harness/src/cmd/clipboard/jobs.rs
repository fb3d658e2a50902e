//! What the subcommands wait for.

use std::io;
use std::sync::Arc;

use innkeeper_services::clipboard::drive::PolledHost;
use innkeeper_services::clipboard::{
    Format, FormatSet, HostOwner, MemoryHost, Outcome, RequestId, Selection, Session,
};
use serde_json::json;

use super::lines::Lines;
use super::{Job, Next};
use crate::cmd::{FAILED, OK};
use crate::print;

type Service = Session<MemoryHost, Lines>;

/// What the guest offers, once it does.
fn offer(session: &Service, selection: Selection) -> Option<FormatSet> {
    match session.host().owner(selection) {
        HostOwner::Guest(formats) => Some(*formats),
        _ => None,
    }
}

/// `get`
pub(super) struct Get {
    selection: Selection,
    format: Format,
    json: bool,
    asked: Option<RequestId>,
}

impl Get {
    pub(super) fn new(selection: Selection, format: Format, json: bool) -> Self {
        Get { selection, format, json, asked: None }
    }

    fn print(&self, content: &[u8]) {
        if self.json {
            let (selection, mime) = (self.selection.name(), self.format.mime());
            let sha256 = crate::asset::sha256(content);
            let mut object =
                json!({"selection": selection, "type": mime, "size": content.len(), "sha256": sha256});
            match std::str::from_utf8(content) {
                Ok(text) => object["text"] = text.into(),
                Err(_) => object["bytes"] = hex(content).into(),
            }
            println!("{object}");
        } else {
            print::bytes(content);
        }
    }
}

impl Job<MemoryHost> for Get {
    fn look(&mut self, session: &mut Service) -> anyhow::Result<Next> {
        let Some(id) = self.asked else {
            let Some(formats) = offer(session, self.selection) else { return Ok(Next::Wait) };
            if !formats.contains(self.format) {
                eprintln!("innkeeper: the guest copied no {}, but {}", self.format.mime(), mimes(formats));
                return Ok(Next::Done(FAILED));
            }
            self.asked = Some(session.host_mut().paste(self.selection, self.format));
            return Ok(Next::Again);
        };
        let Some(pasted) = session.host_mut().take_pasted(id) else { return Ok(Next::Wait) };
        match pasted.outcome {
            Outcome::Complete | Outcome::Empty => {
                self.print(&pasted.content);
                Ok(Next::Done(OK))
            }
            // The next copy is as good.
            Outcome::OwnerChanged => {
                self.asked = None;
                Ok(Next::Again)
            }
            other => {
                eprintln!("innkeeper: the guest gave nothing: {other}");
                Ok(Next::Done(FAILED))
            }
        }
    }
}

/// `types`
pub(super) struct Types {
    pub(super) selection: Selection,
    pub(super) json: bool,
}

impl Job<MemoryHost> for Types {
    fn look(&mut self, session: &mut Service) -> anyhow::Result<Next> {
        let Some(formats) = offer(session, self.selection) else { return Ok(Next::Wait) };
        let types: Vec<&str> = formats.iter().map(Format::mime).collect();
        if self.json {
            println!("{}", json!({"selection": self.selection.name(), "types": types}));
        } else {
            types.iter().for_each(|name| println!("{name}"));
        }
        Ok(Next::Done(OK))
    }
}

/// `watch`: the observer prints.
pub(super) struct Watch;

impl<H: PolledHost> Job<H> for Watch {
    fn look(&mut self, session: &mut Session<H, Lines>) -> anyhow::Result<Next> {
        print::note(session.observer_mut().flush(&mut io::stdout().lock(), "\n"));
        Ok(if print::is_over() { Next::Done(FAILED) } else { Next::Wait })
    }

    fn endless(&self) -> bool {
        true
    }
}

/// `set`
pub(super) struct Set {
    selection: Selection,
    content: Option<(Format, Arc<[u8]>)>,
    once: bool,
    json: bool,
}

impl Set {
    pub(super) fn new(
        selection: Selection,
        format: Format,
        content: Vec<u8>,
        once: bool,
        json: bool,
    ) -> Self {
        Set { selection, content: Some((format, content.into())), once, json }
    }

    fn ended(&self, how: &str) -> Next {
        if self.json {
            println!("{}", json!({"selection": self.selection.name(), "ended": how}));
        }
        Next::Done(OK)
    }
}

impl Job<MemoryHost> for Set {
    fn look(&mut self, session: &mut Service) -> anyhow::Result<Next> {
        if let Some(content) = self.content.take() {
            session.host_mut().set(self.selection, [content]);
            return Ok(Next::Again);
        }
        if !matches!(session.host().owner(self.selection), HostOwner::Host(_)) {
            return Ok(self.ended("replaced"));
        }
        if self.once && session.observer().pasted_in_guest() {
            return Ok(self.ended("pasted"));
        }
        Ok(Next::Wait)
    }

    fn endless(&self) -> bool {
        true
    }
}

fn mimes(formats: FormatSet) -> String {
    if formats.is_empty() {
        return "nothing that has a name here".into();
    }
    formats.iter().map(Format::mime).collect::<Vec<_>>().join(", ")
}

fn hex(bytes: &[u8]) -> String {
    crate::scenario::Hex(bytes.to_vec()).to_string()
}

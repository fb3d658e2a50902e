//! Copy and paste in scenarios: a session with a clipboard in memory, joined to a scripted agent or to
//! a machine's port, and the log that its golden is made of.

pub mod clock;
mod content;
mod judge;
mod observer;
pub mod port;
#[cfg(test)]
mod tests;
pub mod verbs;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use innkeeper_services::clipboard::agent::{Agent, Answered, Cable, Profile};
use innkeeper_services::clipboard::{self as service, Directions, FormatSet, MemoryHost, Policy, RequestId};
use innkeeper_services::clipboard::{Format, Selection};

use super::guest::Guest;
use super::log::Log;
use crate::scenario::clipboard as model;
use port::{GuestPort, Wire};

/// The protocol's side of the host.
type Service = service::Session<MemoryHost, Log>;

/// A paste's selection and type.
type Key = (Selection, Format);

/// The clipboard of a scenario.
pub struct Clipboard {
    link: Link,
    /// Pastes that steps began on the host, oldest first.
    begun_host: VecDeque<(Key, RequestId)>,
    /// Pastes that steps began in the guest, oldest first.
    begun_guest: VecDeque<Key>,
    /// What the agent was given and nobody has judged yet.
    answered: VecDeque<Answered>,
    /// What steps copied in the guest.
    guest_content: BTreeMap<Key, Arc<[u8]>>,
}

/// Who is at the other end.
enum Link {
    Agent(Box<Cable<MemoryHost, Log>>),
    Port(Box<Wire<MemoryHost, Log>>),
}

impl Clipboard {
    /// The clipboard of section `section`: joined to the port of `machine`, else to a scripted agent.
    pub fn new(section: &model::Section, machine: Option<&mut dyn Guest>) -> Self {
        let session = service::Session::new(MemoryHost::default(), Log::default(), policy(section));
        let link = match machine {
            Some(guest) => {
                guest.set_port_open(port::NAME, true);
                Link::Port(Box::new(Wire::new(session)))
            }
            None => Link::Agent(Box::new(scripted(session, section.agent))),
        };
        Clipboard {
            link,
            begun_host: VecDeque::new(),
            begun_guest: VecDeque::new(),
            answered: VecDeque::new(),
            guest_content: BTreeMap::new(),
        }
    }

    /// Moves bytes until none moves; a scripted agent and the session also do what was due until `now`.
    /// Whether the machine may have something to do by that.
    pub fn pump(&mut self, guest: &mut dyn Guest) -> bool {
        let now = guest.now();
        match &mut self.link {
            Link::Agent(cable) => {
                cable.run_until(now);
                self.answered.extend(cable.agent.take_answered());
                false
            }
            Link::Port(wire) => wire.pump(now, &mut GuestPort(guest)),
        }
    }

    /// When the session has something to do even if nothing moves (ns of guest time).
    pub fn deadline(&self) -> Option<u64> {
        self.session().deadline()
    }

    /// The conversation so far, a line for each event.
    pub fn conversation(&self) -> String {
        self.session().observer().text()
    }

    /// What a machine's guest has not done yet, without which nothing is copied or pasted.
    fn missing(&self) -> Option<String> {
        let Link::Port(wire) = &self.link else { return None };
        if !wire.is_open() {
            return Some(format!("the guest has not opened its port {}", port::NAME));
        }
        let silent = wire.session.guest_capabilities().is_none();
        silent.then(|| format!("no agent has announced itself at the guest's port {}", port::NAME))
    }

    fn session(&self) -> &Service {
        match &self.link {
            Link::Agent(cable) => &cable.session,
            Link::Port(wire) => &wire.session,
        }
    }

    fn session_mut(&mut self) -> &mut Service {
        match &mut self.link {
            Link::Agent(cable) => &mut cable.session,
            Link::Port(wire) => &mut wire.session,
        }
    }

    fn host(&self) -> &MemoryHost {
        self.session().host()
    }

    /// The scripted agent. [`crate::scenario::check`] has made sure that verbs of agents have one.
    fn agent(&self) -> Option<&Agent> {
        match &self.link {
            Link::Agent(cable) => Some(&cable.agent),
            Link::Port(_) => None,
        }
    }

    fn cable(&mut self) -> Option<&mut Cable<MemoryHost, Log>> {
        match &mut self.link {
            Link::Agent(cable) => Some(cable),
            Link::Port(_) => None,
        }
    }

    fn owner_changes(&self) -> u64 {
        Selection::ALL.iter().map(|s| self.host().owner_changes(*s)).sum()
    }
}

/// A scripted agent: of this kind and connected, else of any and not.
fn scripted(session: Service, agent: Option<model::Profile>) -> Cable<MemoryHost, Log> {
    let mut cable = Cable::new(session, agent.map_or(Profile::LINUX, agent_profile));
    if agent.is_some() {
        cable.agent.connect(true);
    }
    cable
}

fn policy(section: &model::Section) -> Policy {
    let default = Policy::default();
    let directions = match section.direction.unwrap_or_default() {
        model::Directions::Both => Directions::Both,
        model::Directions::ToGuest => Directions::ToGuest,
        model::Directions::ToHost => Directions::ToHost,
        model::Directions::Neither => Directions::Off,
    };
    let formats = section.types.as_ref().map_or(FormatSet::ALL, |types| types.iter().map(|f| f.0).collect());
    Policy { directions, formats, max_size: section.max_size.map_or(default.max_size, |size| size.0) }
}

fn agent_profile(profile: model::Profile) -> Profile {
    match profile {
        model::Profile::Linux => Profile::LINUX,
        model::Profile::Windows => Profile::WINDOWS,
        model::Profile::Macos => Profile::MACOS,
    }
}

fn selection(selection: model::Selection) -> Selection {
    match selection {
        model::Selection::Clipboard => Selection::Clipboard,
        model::Selection::Primary => Selection::Primary,
    }
}

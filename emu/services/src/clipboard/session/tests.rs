//! One test for each rule of ARCHITECTURE.md §5 to §9, on scripted agents.

mod any_order;
mod bounds;
mod ownership;
mod to_guest;
mod to_host;

use super::*;
use crate::clipboard::agent::{Action, Cable, Profile, Reply, Serial};
use crate::clipboard::formats::{Format, FormatSet};
use crate::clipboard::host::RequestId;
use crate::clipboard::memory::{HostOwner, MemoryHost};
use crate::clipboard::policy::Directions;
use crate::clipboard::{Digest, Recorder};

type Pair = Cable<MemoryHost, Recorder>;

const CLIP: Selection = Selection::Clipboard;
const PRIMARY: Selection = Selection::Primary;
const TEXT: u32 = 1;
const SECOND: u64 = 1_000_000_000;

fn closed_pair(profile: Profile, policy: Policy) -> Pair {
    Cable::new(Session::new(MemoryHost::default(), Recorder::default(), policy), profile)
}

/// A session and an agent after the handshake.
fn pair(profile: Profile) -> Pair {
    pair_with(profile, Policy::default())
}

fn pair_with(profile: Profile, policy: Policy) -> Pair {
    let mut pair = closed_pair(profile, policy);
    pair.agent.connect(true);
    pair.run();
    assert!(pair.session.is_settled());
    pair.session.observer_mut().events.clear();
    pair
}

impl Pair {
    fn act(&mut self, action: Action) {
        self.agent.act(action);
        self.run();
    }

    /// Copies text in the guest.
    fn guest_copies(&mut self, text: &[u8]) {
        self.agent.copy(0, [(Format::Text, text.into())]);
        self.run();
    }

    /// Copies text on the host.
    fn host_copies(&mut self, text: &[u8]) {
        self.session.host_mut().set_text(CLIP, text);
        self.run();
    }

    fn host_pastes(&mut self, format: Format) -> RequestId {
        let id = self.session.host_mut().paste(CLIP, format);
        self.run();
        id
    }

    fn guest_pastes(&mut self) {
        self.act(Action::Request { selection: 0, type_number: TEXT });
    }

    fn pasted(&self, id: RequestId) -> Option<(&[u8], Outcome)> {
        self.session.host().pasted(id).map(|p| (p.content.as_slice(), p.outcome))
    }

    fn owner(&self) -> &HostOwner {
        self.session.host().owner(CLIP)
    }

    fn guest_owns(&self) -> bool {
        matches!(self.owner(), HostOwner::Guest(_))
    }

    /// Contents that the guest got, with their types.
    fn guest_got(&self) -> Vec<(u32, &[u8])> {
        self.agent.answered().iter().map(|a| (a.type_number, a.content.as_slice())).collect()
    }

    fn outcomes(&self) -> Vec<Outcome> {
        self.session.observer().audit.iter().map(|r| r.outcome).collect()
    }

    /// What the guest said that was not taken at its word.
    fn notes(&self) -> Vec<Note> {
        self.session.observer().events.iter().filter_map(|e| e.note).collect()
    }

    /// The conversation, a line each.
    fn said(&self) -> Vec<String> {
        self.session.observer().events.iter().map(ToString::to_string).collect()
    }
}

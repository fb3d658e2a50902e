//! Capabilities are exchanged whenever the port opens (ARCHITECTURE.md §5).

use super::Session;
use crate::clipboard::audit::Outcome;
use crate::clipboard::caps::Capabilities;
use crate::clipboard::codec::{Layout, Message};
use crate::clipboard::event::Observer;
use crate::clipboard::formats::Selection;
use crate::clipboard::host::HostClipboard;
use crate::clipboard::policy::Policy;

/// What is known of the guest's agent on this connection.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// What it announced.
    pub caps: Option<Capabilities>,
    /// Whether grabs may be sent: the agent has answered our announcement, which resets its serials.
    pub settled: bool,
    /// When an agent that announced itself but does not answer is taken as it is.
    pub settle_at: Option<u64>,
    /// The largest content it takes; `None` for no limit.
    pub max: Option<u64>,
    /// Whether our announcement waits to be sent.
    pub announce_due: bool,
    /// Whether the agent has answered it.
    pub answered: bool,
    /// Whether our answer to its announcement waits to be sent.
    pub reply_due: bool,
    /// Whether MAX_CLIPBOARD waits to be sent.
    pub max_due: bool,
    /// Whether CLIENT_DISCONNECTED waits to be sent.
    pub goodbye_due: bool,
}

impl Peer {
    /// Whether capability `bit` is in force.
    pub fn in_force(&self, bit: Capabilities) -> bool {
        self.caps.is_some_and(|caps| (caps & Capabilities::HOST).contains(bit))
    }

    /// Whether the agent knows how to copy and paste.
    pub fn can_copy(&self) -> bool {
        self.in_force(Capabilities::BY_DEMAND)
    }

    /// Whether `selection` exists for both.
    pub fn has(&self, selection: Selection) -> bool {
        selection == Selection::Clipboard || self.in_force(Capabilities::SELECTION)
    }

    pub fn wants_crlf(&self) -> bool {
        self.caps.is_some_and(Capabilities::wants_crlf)
    }

    pub fn layout(&self) -> Layout {
        self.caps.map_or(Layout::default(), |caps| caps.layout(Capabilities::HOST))
    }

    /// What has to be said about capabilities.
    pub fn next_message(&mut self, policy: &Policy) -> Option<Message> {
        let caps = Capabilities::HOST;
        if std::mem::take(&mut self.announce_due) {
            return Some(Message::Announce { request: true, caps });
        }
        if std::mem::take(&mut self.reply_due) {
            return Some(Message::Announce { request: false, caps });
        }
        if self.settled && std::mem::take(&mut self.max_due) {
            return Some(Message::MaxClipboard { max: policy.max_clipboard() });
        }
        std::mem::take(&mut self.goodbye_due).then_some(Message::ClientDisconnected)
    }
}

impl<H: HostClipboard, O: Observer> Session<H, O> {
    /// The guest's agent announced itself.
    ///
    /// Its serials start at 0 when it is new (it wants an answer) and when it answers our
    /// announcement. Between the two nothing is grabbed: those serials would be forgotten.
    pub(super) fn announced(&mut self, request: bool, caps: Capabilities) {
        let answers = !request && !self.peer.answered;
        let restarted = request && self.peer.answered;
        self.peer.caps = Some(caps);
        self.parser.set_layout(self.peer.layout());
        self.peer.reply_due |= request;
        self.peer.answered |= answers;
        if request || answers {
            self.peer.max = None;
            self.peer.max_due = self.peer.in_force(Capabilities::MAX_CLIPBOARD);
            Selection::ALL.into_iter().for_each(|selection| self.begin_anew(selection));
        }
        if answers || restarted {
            self.settled();
        } else if !self.peer.settled && self.peer.settle_at.is_none() {
            self.peer.settle_at = Some(self.now.saturating_add(self.timing.settle));
        }
    }

    /// Nobody owns anything for this agent yet, except what the host offers.
    fn begin_anew(&mut self, selection: Selection) {
        self.fail_pastes(selection, Outcome::OwnerChanged);
        self.forget_guest_owner(selection);
        let slot = self.slot(selection);
        (slot.serial, slot.told, slot.last_sent) = (0, false, None);
        (slot.overdue, slot.stale) = (0, 0);
        slot.claim();
    }

    fn settled(&mut self) {
        self.peer.settled = true;
        self.peer.settle_at = None;
    }

    /// An agent that never answered our announcement is taken as it announced itself.
    pub(super) fn settle_in_time(&mut self) {
        if self.peer.settle_at.is_some_and(|at| at <= self.now) {
            self.peer.answered = true;
            self.settled();
        }
    }
}

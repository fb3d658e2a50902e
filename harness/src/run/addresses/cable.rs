//! The host's client and the scripted agent, with a port between them.

use innkeeper_services::addresses::agent::script::{Answer, Id, Rule, ScriptedAgent};
use innkeeper_services::addresses::agent::{AgentSource, Timing};
use innkeeper_services::clipboard::Bounded;
use serde_json::{Value, json};

use super::spoken::Spoken;
use crate::run::log::Log;
use crate::scenario::addresses::agent as model;

/// Bytes that the port holds: what the agent says faster than the host reads waits in the agent.
const ROOM: usize = 64 << 10;
/// Of the numbers by which the client knows its answers: the same in every run.
const SEED: u64 = 1;

/// Both ends.
pub(super) struct Cable {
    pub(super) source: AgentSource,
    pub(super) agent: ScriptedAgent,
    open: bool,
    /// The most the client ever held, in bytes.
    pub(super) peak: usize,
    to_guest: Spoken,
    to_host: Spoken,
}

impl Cable {
    /// An agent that is there from the beginning, unless its script has the port closed.
    pub(super) fn new(script: &model::Script) -> Self {
        let mut cable = Cable {
            source: AgentSource::new(Timing::default(), SEED),
            agent: ScriptedAgent::new(Value::Array(Vec::new()), Vec::new()),
            open: false,
            peak: 0,
            to_guest: Spoken::new("host -> agent"),
            to_host: Spoken::new("agent -> host"),
        };
        cable.agent.connect();
        cable.apply(0, script);
        cable
    }

    /// Does what a script says.
    pub(super) fn apply(&mut self, now: u64, script: &model::Script) {
        match script.port {
            Some(model::Port::Open) => self.agent.connect(),
            Some(model::Port::Closed) => self.agent.disconnect(),
            None => {}
        }
        if let Some(list) = &script.interfaces {
            self.agent.interfaces = interfaces(list);
        }
        if let Some(answers) = &script.answers {
            self.agent.set_rules(answers.iter().map(rule).collect());
        }
        if let Some(complains) = script.complains {
            self.agent.complains = complains;
        }
        if let Some(raw) = &script.heard {
            self.agent.receive(now, &raw.get());
        }
        if let Some(raw) = &script.say {
            self.agent.say(&raw.get());
        }
    }

    /// Moves bytes both ways until none moves; the port follows both sides.
    pub(super) fn settle(&mut self, now: u64, log: &mut Log) {
        loop {
            let again = self.follow(now, log);
            let (mut to_guest, mut to_host) = (Vec::new(), Bounded::new(ROOM));
            if self.open {
                self.source.transmit(now, &mut to_guest);
                self.to_guest.hear(now, &to_guest, log);
                self.agent.receive(now, &to_guest);
                self.agent.transmit(now, &mut to_host);
                self.to_host.hear(now, to_host.bytes(), log);
                self.source.receive(now, to_host.bytes());
            } else {
                self.source.tick(now);
            }
            self.peak = self.peak.max(self.source.buffered());
            let wants = self.wants(now);
            if !again && to_guest.is_empty() && to_host.bytes().is_empty() && self.open == wants {
                return;
            }
        }
    }

    /// Whether the port is to be open: the agent has it, and the host has not given it up for now.
    fn wants(&self, now: u64) -> bool {
        let given_up = self.source.must_close() && self.source.reopen_at().is_none_or(|at| at > now);
        self.agent.is_connected() && !given_up
    }

    /// Opens or closes the port; whether anything changed.
    fn follow(&mut self, now: u64, log: &mut Log) -> bool {
        let wants = self.wants(now);
        if self.open && (!wants || self.source.must_close()) {
            let who = if self.agent.is_connected() { "host" } else { "agent" };
            self.to_guest.end(now, log);
            self.to_host.end(now, log);
            log.line(now, &format_args!("the {who} closes the agent's port"));
            self.source.closed(now);
            self.open = false;
            return true;
        }
        if !self.open && wants {
            log.line(now, &"the agent's port opens");
            self.source.opened(now);
            self.open = true;
            return true;
        }
        false
    }
}

fn rule(answer: &model::Answer) -> Rule {
    let said = if let Some(list) = &answer.interfaces {
        Answer::Return(interfaces(list))
    } else if let Some(value) = &answer.value {
        Answer::Return(value.clone())
    } else if let Some(error) = &answer.error {
        Answer::Error(error.class.clone(), error.desc.clone())
    } else if answer.never {
        Answer::Never
    } else {
        answer.huge.map_or(Answer::Usual, |size| Answer::Huge(size.0))
    };
    Rule {
        command: answer.command.clone().unwrap_or_else(|| "*".into()),
        answer: said,
        delay: answer.after.map_or(0, |span| span.0),
        before: answer.before.as_ref().map(model::Raw::get).unwrap_or_default(),
        id: match answer.id {
            model::Id::Same => Id::Same,
            model::Id::None => Id::None,
            model::Id::Wrong => Id::Wrong,
        },
        cut: answer.cut.map(|size| size.0),
        times: answer.times,
    }
}

/// What qemu-ga 7.2 answers: an interface without an address has neither list nor counters, and a label has
/// no counters (services.md §2.2).
fn interfaces(list: &[model::Interface]) -> Value {
    list.iter().map(interface).collect()
}

fn interface(i: &model::Interface) -> Value {
    let mut entry = json!({ "name": i.name });
    if let Some(mac) = &i.mac {
        entry["hardware-address"] = json!(mac);
    }
    if !i.addresses.is_empty() {
        let one = |net: &crate::scenario::net::Net| {
            let kind = if net.address.is_ipv4() { "ipv4" } else { "ipv6" };
            json!({"ip-address-type": kind, "ip-address": net.address, "prefix": net.prefix})
        };
        entry["ip-addresses"] = i.addresses.iter().map(one).collect();
        if !i.name.contains(':') {
            let counters =
                ["bytes", "packets", "errs", "dropped"].iter().flat_map(|c| ["rx", "tx"].map(|way| (way, c)));
            entry["statistics"] = counters.map(|(way, c)| (format!("{way}-{c}"), json!(0))).collect();
        }
    }
    entry
}

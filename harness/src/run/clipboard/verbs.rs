//! The verbs of copy and paste.

use innkeeper_services::clipboard::agent::{Action, Agent, Profile, Reply, Serial};
use innkeeper_services::clipboard::{Capabilities, Faults};

use super::content::bytes;
use super::judge::{Judge, Look};
use super::{Clipboard, agent_profile, selection};
use crate::run::Context;
use crate::run::session::{Session, Waited, stopped_before};
use crate::run::verdict::{Class, Failure};
use crate::scenario::clipboard::{
    Agent as Does, AgentSees, AnySelection, Capability, Connect, Grab, HostFaults, How, Memory, OwnerChanges,
    Paste, Set, Shows, Side,
};
use crate::scenario::{Span, clipboard as model};

/// `clipboard_set`
pub fn set(s: &mut Session, ctx: &Context<'_>, v: &Set) -> Result<(), Failure> {
    let items = v.items();
    let content = items.iter().map(|i| Ok((i.mime.0, bytes(ctx, i)?))).collect::<Result<Vec<_>, _>>()?;
    let c = of(s)?;
    let which = selection(v.selection);
    match (v.side, v.clear) {
        (Side::Host, None) => c.session_mut().host_mut().set(which, content),
        (Side::Host, Some(_)) => c.session_mut().host_mut().clear(which),
        (Side::Guest, clear) => {
            c.guest_content.retain(|key, _| key.0 != which);
            let agent = agent(c)?;
            if clear.is_some() {
                agent.act(Action::Release { selection: which.number(), short: false });
            } else {
                agent.copy(which.number(), content.iter().cloned());
                c.guest_content.extend(content.into_iter().map(|(format, bytes)| ((which, format), bytes)));
            }
        }
    }
    settle(s, v.together);
    Ok(())
}

/// `clipboard_paste`
pub fn paste(s: &mut Session, v: &Paste) -> Result<(), Failure> {
    let c = of(s)?;
    let key = (selection(v.selection), v.mime.0);
    match v.side {
        Side::Host => {
            let id = c.session_mut().host_mut().paste(key.0, key.1);
            c.begun_host.push_back((key, id));
        }
        Side::Guest => {
            c.request(key.0.number(), key.1.number());
            c.begun_guest.push_back(key);
        }
    }
    settle(s, v.together);
    Ok(())
}

/// `clipboard_host`
pub fn host(s: &mut Session, v: &HostFaults) -> Result<(), Failure> {
    let now = s.guest.now();
    let session = of(s)?.session_mut();
    session.host_mut().faults = Faults {
        hold_sizes: v.hold_sizes,
        grown: None,
        fail_sizes: v.fail_sizes,
        hold_reads: v.hold_reads,
        fail_reads: v.fail_reads,
        write_limit: v.write_limit.map(|size| usize::try_from(size.0).unwrap_or(usize::MAX)),
    };
    if v.detach {
        session.detach(now);
    }
    s.pump_clipboard();
    Ok(())
}

/// `clipboard_memory`
pub fn memory(s: &mut Session, v: &Memory) -> Result<(), Failure> {
    let held = of(s)?.session().peak_buffered();
    if held as u64 <= v.max.0 {
        return Ok(());
    }
    Err(Failure::assertion(format!("the session held {held} bytes, more than {}", v.max)))
}

/// `clipboard_agent`
pub fn act(s: &mut Session, ctx: &Context<'_>, v: &Does) -> Result<(), Failure> {
    if v.connect.is_some() || v.disconnect.as_ref().is_some_and(|d| d.after.is_none()) {
        // What was said before arrives; then the host sees the port closed.
        s.pump_clipboard();
        agent(of(s)?)?.disconnect();
        s.pump_clipboard();
    }
    let action = action(ctx, v)?;
    let agent = agent(of(s)?)?;
    if let Some(connect) = &v.connect {
        if let Some(profile) = connect.profile {
            *agent = Agent::new(announcing(agent_profile(profile), connect));
        }
        agent.connect(!connect.resume);
    }
    if let Some(action) = action {
        agent.act(action);
    }
    settle(s, v.together);
    Ok(())
}

/// The profile with the capabilities that the step names.
fn announcing(mut profile: Profile, connect: &Connect) -> Profile {
    if let Some(words) = &connect.capabilities {
        profile.caps = words.iter().map(|word| capability(*word)).fold(Capabilities::empty(), |a, b| a | b);
    }
    profile
}

fn capability(word: Capability) -> Capabilities {
    match word {
        Capability::ByDemand => Capabilities::BY_DEMAND,
        Capability::Selection => Capabilities::SELECTION,
        Capability::Lf => Capabilities::GUEST_LINEEND_LF,
        Capability::Crlf => Capabilities::GUEST_LINEEND_CRLF,
        Capability::MaxClipboard => Capabilities::MAX_CLIPBOARD,
        Capability::NoRelease => Capabilities::NO_RELEASE_ON_REGRAB,
        Capability::Serial => Capabilities::GRAB_SERIAL,
    }
}

/// What the agent is told to do; none for opening and closing its port.
fn action(ctx: &Context<'_>, v: &Does) -> Result<Option<Action>, Failure> {
    Ok(if let Some(d) = &v.disconnect {
        d.after.map(|size| Action::DisconnectAfter(size.0))
    } else if let Some(a) = &v.announce {
        Some(Action::Announce { request: a.request })
    } else if let Some(g) = &v.grab {
        Some(grab(g))
    } else if let Some(r) = &v.release {
        Some(Action::Release { selection: number(r.selection), short: r.short })
    } else if let Some(r) = &v.request {
        Some(Action::Request { selection: number(r.selection), type_number: r.kind.0 })
    } else if let Some(d) = &v.data {
        let type_number = d.content.mime.0.number();
        let content = bytes(ctx, &d.content)?;
        Some(Action::Data { selection: number(d.selection), type_number, content })
    } else if let Some(r) = &v.reply {
        Some(Action::Reply(reply(r)))
    } else if let Some(size) = v.chunk {
        Some(Action::Chunk(u32::try_from(size.0).unwrap_or(u32::MAX)))
    } else if let Some(on) = v.reads {
        Some(Action::Read(on))
    } else if let Some(max) = v.max_clipboard {
        Some(Action::MaxClipboard { max })
    } else if let Some(m) = &v.message {
        let body = m.body.0.clone();
        Some(Action::Message { protocol: m.protocol.unwrap_or(1), number: m.number, size: m.size, body })
    } else {
        v.raw.as_ref().map(|raw| Action::Raw(raw.0.clone()))
    })
}

fn grab(g: &Grab) -> Action {
    let types = g.types.iter().map(|t| t.0).collect();
    Action::Grab {
        selection: number(g.selection),
        types,
        serial: g.serial.map_or(Serial::Next, Serial::Exact),
    }
}

fn reply(r: &model::Reply) -> Reply {
    match (r.how, r.after, r.other) {
        (_, Some(after), _) => Reply::After(after.0),
        (_, _, Some(other)) => Reply::As(other.0),
        (Some(How::Never), ..) => Reply::Never,
        (Some(How::None), ..) => Reply::None,
        (Some(How::Empty), ..) => Reply::Empty,
        (Some(How::Content) | None, ..) => Reply::Content,
    }
}

fn number(selection: AnySelection) -> u8 {
    match selection {
        AnySelection::Clipboard => 0,
        AnySelection::Primary => 1,
        AnySelection::Secondary => 2,
    }
}

/// `eventually: {clipboard: …}`
pub fn eventually(s: &mut Session, ctx: &Context<'_>, within: Span, v: &Shows) -> Result<(), Failure> {
    let mut judge = Judge::new(ctx, v)?;
    let mut last = Failure::assertion("the guest was not looked at");
    let waited = s.wait(within, |s| {
        // A second look sees at once what a paste without a delay brought.
        for _ in 0..2 {
            let now = s.guest.now();
            match judge.look(of(s)?, now)? {
                Look::Holds => return Ok(Some(())),
                Look::Not(failure) => last = failure,
            }
            s.pump_clipboard();
        }
        Ok(None)
    })?;
    if let (Some(missing), false) = (of(s)?.missing(), matches!(waited, Waited::Found(()))) {
        last = last.detail(missing);
    }
    match waited {
        Waited::Found(()) => Ok(()),
        Waited::TimedOut => Err(Failure { message: format!("after {within}, {}", last.message), ..last }),
        Waited::Stopped(stop) => {
            let stopped = stopped_before(&stop, "the clipboard was as it should be");
            Err(Failure { details: [vec![last.message], last.details].concat(), ..stopped })
        }
    }
}

/// `clipboard_agent`, as an assertion.
pub fn sees(s: &mut Session, v: &AgentSees) -> Result<(), Failure> {
    let agent = agent(of(s)?)?;
    let (waiting, unsolicited, connected) = (agent.waiting(), agent.unsolicited(), agent.is_connected());
    if v.waiting.is_some_and(|wanted| wanted != waiting) {
        return Err(Failure::assertion(format!("{waiting} pastes of the guest wait for the host")));
    }
    if v.unsolicited.is_some_and(|wanted| wanted != unsolicited) {
        return Err(Failure::assertion(format!(
            "the agent got {unsolicited} answers that it did not ask for"
        )));
    }
    if v.connected.is_some_and(|wanted| wanted != connected) {
        let state = if connected { "open" } else { "closed" };
        return Err(Failure::assertion(format!("the agent's port is {state}")));
    }
    Ok(())
}

/// How often owners changed so far.
pub fn owner_changes(s: &mut Session) -> Result<u64, Failure> {
    Ok(of(s)?.owner_changes())
}

/// `clipboard_owner_changes`, as an assertion; they had changed `before` times at the beginning.
pub fn few_changes(s: &mut Session, v: &OwnerChanges, before: u64) -> Result<(), Failure> {
    let changes = owner_changes(s)? - before;
    if changes <= v.max {
        return Ok(());
    }
    Err(Failure::assertion(format!("owners changed {changes} times, more than {}", v.max)))
}

impl Clipboard {
    /// Pastes in the guest.
    pub(super) fn request(&mut self, selection: u8, type_number: u32) {
        if let Some(cable) = self.cable() {
            cable.agent.act(Action::Request { selection, type_number });
        }
    }
}

/// Lets everything happen that takes no time, unless the step belongs together with the next.
fn settle(s: &mut Session, together: bool) {
    if !together {
        s.pump_clipboard();
    }
}

fn of(s: &mut Session) -> Result<&mut Clipboard, Failure> {
    s.clipboard.as_mut().ok_or_else(|| Failure::new(Class::ScenarioError, "the scenario has no clipboard"))
}

fn agent(c: &mut Clipboard) -> Result<&mut Agent, Failure> {
    let cable = c.cable().ok_or_else(|| Failure::new(Class::ScenarioError, "there is no scripted agent"))?;
    Ok(&mut cable.agent)
}

//! The verbs of addresses.

use std::path::Path;

use innkeeper_services::addresses::SECOND;
use innkeeper_services::addresses::snoop::{Way, pcap};

use super::cable::Cable;
use super::file::Change;
use super::{Addresses, Held, Planned, Watch, frame, judge, table};
use crate::golden;
use crate::run::session::Session;
use crate::run::verdict::{Class, Failure};
use crate::run::{Context, snapshot};
use crate::scenario::addresses::agent::Script;
use crate::scenario::addresses::frames::{Frame, Sender, Snoop};
use crate::scenario::addresses::lease::{How, Write};
use crate::scenario::addresses::{Domifaddr, Memory, Plug, WallClock};

/// How long a server takes to write its file in place, in nanoseconds of guest time: dnsmasq was seen to
/// take 0.1 to 0.5 ms (services.md §3.1).
const REWRITE: u64 = 200_000;

/// `agent_script`
pub fn agent_script(s: &mut Session, v: &Script) -> Result<(), Failure> {
    let a = of(s)?;
    let now = a.now;
    agent(a)?.apply(now, v);
    a.settle();
    Ok(())
}

/// `agent_memory`
pub fn agent_memory(s: &mut Session, v: &Memory) -> Result<(), Failure> {
    let held = agent(of(s)?)?.peak;
    if held as u64 <= v.max.0 {
        return Ok(());
    }
    Err(Failure::assertion(format!("the agent's client held {held} bytes, more than {}", v.max)))
}

/// `lease_file`
pub fn lease_file(s: &mut Session, ctx: &Context<'_>, v: &[Write]) -> Result<(), Failure> {
    let a = of(s)?;
    let mut at = a.now;
    for write in v {
        at = at.saturating_add(write.after.map_or(0, |span| span.0));
        let content = match &write.file {
            Some(file) => read(ctx, file)?,
            None => write.content().unwrap_or_default(),
        };
        at = plan_write(a, at, write, content);
    }
    a.settle();
    Ok(())
}

/// Plans what happens to the file from `at` on; when it is over.
fn plan_write(a: &mut Addresses, mut at: u64, write: &Write, content: Vec<u8>) -> u64 {
    // A change of mode is no change that is told.
    let told = !write.unnoticed && write.how != How::Deny;
    let size = write.size.map_or(0, |size| usize::try_from(size.0).unwrap_or(usize::MAX));
    let change = match write.how {
        How::Replace => Change::Content("replaced", content),
        How::Rewrite => {
            let begun = content[..size.min(content.len())].to_vec();
            a.plan(at, Planned::File(Change::Content("being written in place", begun), told));
            at = at.saturating_add(write.takes.map_or(REWRITE, |span| span.0));
            Change::Content("written in place", content)
        }
        How::Append => Change::Append(content),
        How::Truncate => Change::Truncate(size),
        How::Delete => Change::Delete,
        How::Deny => Change::Deny,
    };
    a.plan(at, Planned::File(change, told));
    at
}

/// `snoop`
pub fn snoop(s: &mut Session, ctx: &Context<'_>, v: &Snoop) -> Result<(), Failure> {
    let a = of(s)?;
    if let Some(file) = &v.pcap {
        let bytes = read(ctx, file)?;
        let (now, mut first) = (a.now, None);
        pcap::frames(&bytes, &mut |at, bytes| {
            let since = at.saturating_sub(*first.get_or_insert(at));
            a.plan(now.saturating_add(since), Planned::Captured(bytes.to_vec()));
        })
        .map_err(|e| Failure::new(Class::ScenarioError, format!("{file}: {e}")))?;
    }
    let mut at = a.now;
    for v in v.frames.iter().flatten() {
        at = at.saturating_add(v.after.map_or(0, |span| span.0));
        plan_frames(a, at, v)?;
    }
    a.settle();
    Ok(())
}

fn plan_frames(a: &mut Addresses, at: u64, v: &Frame) -> Result<(), Failure> {
    let nic = match &v.nic {
        Some(name) => a.nic(name),
        None => a.book.nics().iter().next().map(|nic| nic.id),
    };
    let card = nic.and_then(|id| Some((id, a.book.nics().get(id)?.mac)));
    let Some((nic, mac)) = card else {
        return Err(Failure::new(
            Class::ScenarioError,
            "a frame on the port of a card that is not plugged in",
        ));
    };
    let way = match v.from {
        Sender::Guest => Way::FromGuest,
        Sender::Other => Way::ToGuest,
    };
    for nth in 0..v.count.unwrap_or(1) {
        a.plan(at, Planned::Frame(nic, way, frame::bytes(v, mac, nth)));
    }
    Ok(())
}

/// `nic`
pub fn nic(s: &mut Session, v: &Plug) -> Result<(), Failure> {
    let a = of(s)?;
    if let Some(nic) = &v.plug {
        if a.nic(&nic.id).is_some() {
            let message = format!("a card `{}` is plugged in already", nic.id);
            return Err(Failure::new(Class::ScenarioError, message));
        }
        a.plug(nic);
    }
    if let Some(name) = &v.unplug {
        let id = a.nic(name).ok_or_else(|| {
            Failure::new(Class::ScenarioError, format!("no card `{name}` is plugged in to be pulled out"))
        })?;
        a.unplug(id);
    }
    a.settle();
    Ok(())
}

/// `wall_clock`
pub fn wall_clock(s: &mut Session, v: &WallClock) -> Result<(), Failure> {
    let a = of(s)?;
    a.unix = v.unix.saturating_mul(SECOND).wrapping_sub(a.now);
    let now = a.now;
    a.log.line(now, &format_args!("the host's clock is set to {}", v.unix));
    a.settle();
    Ok(())
}

/// `domifaddr`
pub fn domifaddr(s: &mut Session, ctx: &Context<'_>, v: &Domifaddr) -> Result<(), Failure> {
    let text = table::text(of(s)?, v);
    let (directory, scenario) = golden::addresses(ctx.project, &ctx.loaded.name);
    snapshot::compare_in(ctx, &directory.join(scenario), &v.name, &text)
}

/// `addresses` and `source_status`, as assertions.
pub fn holds(s: &mut Session, held: &Held) -> Result<(), Failure> {
    let a = of(s)?;
    match a.watch.as_ref().and_then(|watch| watch.broken.clone()) {
        Some(broken) => Err(broken),
        None => judge::holds(a, held),
    }
}

/// From now on `held` is looked at whenever something happens, until [`unwatch`].
pub fn watch(s: &mut Session, held: Held) -> Result<(), Failure> {
    of(s)?.watch = Some(Watch { held, broken: None });
    Ok(())
}

/// Ends what [`watch`] began.
pub fn unwatch(s: &mut Session) {
    if let Some(a) = &mut s.addresses {
        a.watch = None;
    }
}

fn of(s: &mut Session) -> Result<&mut Addresses, Failure> {
    s.addresses.as_mut().ok_or_else(|| Failure::new(Class::ScenarioError, "the scenario has no addresses"))
}

fn agent(a: &mut Addresses) -> Result<&mut Cable, Failure> {
    a.agent.as_mut().ok_or_else(|| Failure::new(Class::ScenarioError, "the guest has no agent"))
}

fn read(ctx: &Context<'_>, file: &str) -> Result<Vec<u8>, Failure> {
    let path = ctx.loaded.path.parent().unwrap_or(Path::new(".")).join(file);
    std::fs::read(&path)
        .map_err(|e| Failure::new(Class::Environment, format!("failed to read {}: {e}", path.display())))
}

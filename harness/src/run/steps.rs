//! The verbs.

use super::addresses::{self, Addresses, Held};
use super::console::{Pattern, Search};
use super::guest::Stop;
use super::session::{Session, Waited, printed_forbidden, stop_text, stopped_before};
use super::verdict::{Class, Failure};
use super::{Context, clipboard, snapshot};
use crate::asset::sha256;
use crate::scenario::step::{
    ConsoleNever, Eventually, ExitClass, ExpectExit, Peek, Power, PowerAction, Registers, SendConsole,
    Snapshot, Step, Throughout, WaitConsole,
};
use crate::scenario::{Hex, Span, addresses as model};

/// Runs one step.
pub fn run(s: &mut Session, ctx: &Context<'_>, step: &Step) -> Result<(), Failure> {
    if let Some(v) = &step.wait_console {
        wait_console(s, v)
    } else if let Some(v) = &step.send_console {
        send_console(s, v)
    } else if let Some(v) = &step.expect_exit {
        expect_exit(s, v)
    } else if let Some(v) = &step.snapshot {
        take_snapshot(s, ctx, v)
    } else if let Some(v) = &step.peek {
        peek(s, v)
    } else if let Some(v) = &step.registers {
        registers(s, v)
    } else if let Some(v) = &step.power {
        power(s, v)
    } else if let Some(v) = &step.eventually {
        eventually(s, ctx, v)
    } else if let Some(v) = &step.throughout {
        throughout(s, v)
    } else if let Some(v) = &step.clipboard_set {
        clipboard::verbs::set(s, ctx, v)
    } else if let Some(v) = &step.clipboard_paste {
        clipboard::verbs::paste(s, v)
    } else if let Some(v) = &step.clipboard_agent {
        clipboard::verbs::act(s, ctx, v)
    } else if let Some(v) = &step.clipboard_host {
        clipboard::verbs::host(s, v)
    } else if let Some(v) = &step.clipboard_memory {
        clipboard::verbs::memory(s, v)
    } else if let Some(v) = &step.agent_script {
        addresses::verbs::agent_script(s, v)
    } else if let Some(v) = &step.agent_memory {
        addresses::verbs::agent_memory(s, v)
    } else if let Some(v) = &step.lease_file {
        addresses::verbs::lease_file(s, ctx, v)
    } else if let Some(v) = &step.snoop {
        addresses::verbs::snoop(s, ctx, v)
    } else if let Some(v) = &step.nic {
        addresses::verbs::nic(s, v)
    } else if let Some(v) = &step.wall_clock {
        addresses::verbs::wall_clock(s, v)
    } else if let Some(v) = &step.domifaddr {
        addresses::verbs::domifaddr(s, ctx, v)
    } else {
        // `console_never` is watched from the beginning by the session.
        Ok(())
    }
}

/// The verb of a step.
pub fn verb(step: &Step) -> &'static str {
    let given = [
        step.wait_console.is_some(),
        step.send_console.is_some(),
        step.console_never.is_some(),
        step.expect_exit.is_some(),
        step.snapshot.is_some(),
        step.peek.is_some(),
        step.registers.is_some(),
        step.power.is_some(),
        step.eventually.is_some(),
        step.throughout.is_some(),
        step.clipboard_set.is_some(),
        step.clipboard_paste.is_some(),
        step.clipboard_agent.is_some(),
        step.clipboard_host.is_some(),
        step.clipboard_memory.is_some(),
        step.agent_script.is_some(),
        step.agent_memory.is_some(),
        step.lease_file.is_some(),
        step.snoop.is_some(),
        step.nic.is_some(),
        step.wall_clock.is_some(),
        step.domifaddr.is_some(),
    ];
    given.iter().position(|g| *g).map_or("", |i| Step::VERBS[i])
}

/// Every text and expression of a `console_never`.
pub fn patterns(c: &ConsoleNever) -> Result<Vec<Pattern>, regex::Error> {
    let texts = c.text.iter().map(|t| Pattern::new(Some(t), None));
    texts.chain(c.regex.iter().map(|r| Pattern::new(None, Some(r)))).collect()
}

fn bad_regex(e: &regex::Error) -> Failure {
    Failure::new(Class::ScenarioError, format!("a regular expression does not compile: {e}"))
}

/// Waits for `pattern` after the cursor and moves the cursor behind it.
fn wait_for(s: &mut Session, pattern: Pattern, limit: Span, fail_on: &[String]) -> Result<(), Failure> {
    let from = s.cursor;
    let mut search = Search::new(pattern, from);
    let mut bad: Vec<Search> = fail_on.iter().map(|t| Search::new(Pattern::Text(t.clone()), from)).collect();
    let waited = s.wait(limit, |s| {
        let found = search.look(&s.console);
        let first_bad =
            bad.iter_mut().filter_map(|b| Some((b.look(&s.console)?, b))).min_by_key(|(at, _)| *at);
        match (found, first_bad) {
            // Whichever comes first decides.
            (found, Some(((at, _), b))) if found.is_none_or(|(f, _)| at < f) => {
                let text = printed_forbidden(&s.console, b.pattern(), at);
                Err(Failure { message: format!("the console shows {} first", b.pattern()), ..text })
            }
            (found, _) => Ok(found),
        }
    })?;
    let failure = match waited {
        Waited::Found((_, end)) => {
            s.cursor = end;
            return Ok(());
        }
        Waited::Stopped(stop) => stopped_before(&stop, &format!("printing {}", search.pattern())),
        Waited::TimedOut => {
            Failure::assertion(format!("{} was not printed within {limit}", search.pattern()))
        }
    };
    Err(match search.nearest_miss(&s.console) {
        Some(miss) => failure.detail(miss),
        None => failure,
    })
}

fn wait_console(s: &mut Session, v: &WaitConsole) -> Result<(), Failure> {
    let pattern = Pattern::new(v.text.as_ref(), v.regex.as_ref()).map_err(|e| bad_regex(&e))?;
    let limit = v.timeout.unwrap_or(s.step_limit());
    wait_for(s, pattern, limit, &v.fail_on)
}

fn send_console(s: &mut Session, v: &SendConsole) -> Result<(), Failure> {
    let limit = v.timeout.unwrap_or(s.step_limit());
    if let Some(prompt) = &v.after_prompt {
        let pattern = Pattern::new(None, Some(prompt)).map_err(|e| bad_regex(&e))?;
        wait_for(s, pattern, limit, &[])?;
    }
    let bytes = match (&v.line, &v.text, &v.bytes) {
        (Some(line), _, _) => format!("{line}\r").into_bytes(),
        (_, Some(text), _) => text.clone().into_bytes(),
        (_, _, Some(Hex(bytes))) => bytes.clone(),
        _ => Vec::new(),
    };
    s.type_in(&bytes, limit)
}

fn expect_exit(s: &mut Session, v: &ExpectExit) -> Result<(), Failure> {
    let limit = v.timeout.unwrap_or(s.step_limit());
    let stop = match s.wait(limit, |_| Ok(None::<()>))? {
        Waited::Stopped(stop) => stop,
        _ => return Err(Failure::new(Class::GuestHang, format!("the guest did not stop within {limit}"))),
    };
    let expected = match (v.code, v.class) {
        (Some(code), _) => (stop == Stop::Exit(code)).then_some(()).ok_or(format!("end with status {code}")),
        (None, Some(class)) => {
            exit_class(&stop, class).then_some(()).ok_or(format!("stop as {}", class.as_str()))
        }
        (None, None) => Ok(()),
    };
    let Err(expected) = expected else { return Ok(()) };
    let class = match &stop {
        Stop::Crash(_) => Class::GuestCrash,
        Stop::Asleep => Class::GuestHang,
        _ => Class::Assertion,
    };
    Err(Failure::new(class, format!("the guest was to {expected}, but {}", stop_text(&stop))))
}

fn exit_class(stop: &Stop, class: ExitClass) -> bool {
    match class {
        ExitClass::Exit => matches!(stop, Stop::Exit(_)),
        ExitClass::Reset => *stop == Stop::Reset,
        ExitClass::GuestCrash => matches!(stop, Stop::Crash(_)),
        ExitClass::GuestHang => *stop == Stop::Asleep,
    }
}

fn take_snapshot(s: &mut Session, ctx: &Context<'_>, v: &Snapshot) -> Result<(), Failure> {
    let text = if v.console.is_some() {
        s.console.text().replace("\r\n", "\n")
    } else if v.registers.is_some() {
        register_text(&s.guest.registers())
    } else if let Some(range) = &v.memory {
        hex_dump(range.at.0, &read(s, range.at.0, range.size.0)?)
    } else {
        return Err(Failure::new(Class::ScenarioError, "a snapshot of nothing"));
    };
    snapshot::compare(ctx, &v.name, &text)
}

/// One register per line, as in goldens and evidence.
pub fn register_text(registers: &[(String, u128)]) -> String {
    registers
        .iter()
        .map(|(name, value)| {
            let digits = if name.starts_with('v') { 32 } else { 16 };
            format!("{name:<5} {value:0digits$x}\n")
        })
        .collect()
}

fn hex_dump(base: u64, bytes: &[u8]) -> String {
    let line = |(i, row): (usize, &[u8])| {
        let hex: Vec<String> = row.iter().map(|b| format!("{b:02x}")).collect();
        let text: String =
            row.iter().map(|b| if b.is_ascii_graphic() { char::from(*b) } else { '.' }).collect();
        format!("{:016x}  {:<47}  {text}\n", base + 16 * i as u64, hex.join(" "))
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

fn read(s: &Session, at: u64, size: u64) -> Result<Vec<u8>, Failure> {
    let bytes = usize::try_from(size).ok().and_then(|size| s.guest.read(at, size));
    bytes.ok_or_else(|| Failure::new(Class::ScenarioError, format!("no memory at {at:#x} (size {size:#x})")))
}

fn peek(s: &mut Session, v: &Peek) -> Result<(), Failure> {
    let found = read(s, v.at.0, v.size.0)?;
    let place = format!("memory at {:#x}", v.at.0);
    let (expected, actual) = if let Some(bytes) = &v.equals {
        (bytes.to_string(), Hex(found).to_string())
    } else if let Some(value) = v.value {
        let actual = found.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
        (format!("{:#x}", value.0), format!("{actual:#x}"))
    } else if let Some(text) = &v.text {
        let actual = found[..text.len().min(found.len())].escape_ascii().to_string();
        (text.as_bytes().escape_ascii().to_string(), actual)
    } else {
        (v.sha256.clone().unwrap_or_default().to_lowercase(), sha256(&found))
    };
    differs(&place, &expected, &actual)
}

fn registers(s: &mut Session, v: &Registers) -> Result<(), Failure> {
    let found = s.guest.registers();
    for (name, expected) in v {
        let actual = found.iter().find(|(n, _)| n == name).map(|(_, value)| *value);
        let Some(actual) = actual else {
            return Err(Failure::new(Class::ScenarioError, format!("the machine has no register `{name}`")));
        };
        differs(&format!("register {name}"), &format!("{:#x}", expected.0), &format!("{actual:#x}"))?;
    }
    Ok(())
}

fn differs(what: &str, expected: &str, actual: &str) -> Result<(), Failure> {
    if expected == actual {
        return Ok(());
    }
    Err(Failure::assertion(format!("{what} is not what was expected"))
        .detail(format!("expected: {expected}"))
        .detail(format!("  actual: {actual}")))
}

fn power(s: &mut Session, v: &Power) -> Result<(), Failure> {
    match v.action {
        PowerAction::Cut => {
            s.stopped = Some(Stop::Exit(0));
            s.addresses.iter_mut().for_each(Addresses::cut);
            Ok(())
        }
        PowerAction::Reset => {
            s.guest.reset().map_err(|e| Failure::new(Class::EmulatorBug, format!("failed to reset: {e}")))?;
            s.stopped = None;
            s.cursor = s.console.len();
            // The ports were closed by it: that is seen before the guest opens them again.
            s.pump_clipboard();
            s.addresses.iter_mut().for_each(Addresses::reset);
            Ok(())
        }
        PowerAction::Shutdown => Err(Failure::new(Class::ScenarioError, "the board has no power button")),
    }
}

fn eventually(s: &mut Session, ctx: &Context<'_>, v: &Eventually) -> Result<(), Failure> {
    if let Some(c) = &v.clipboard {
        return clipboard::verbs::eventually(s, ctx, v.within, c);
    }
    let console = match &v.console {
        Some(c) => Some(Pattern::new(c.text.as_ref(), c.regex.as_ref()).map_err(|e| bad_regex(&e))?),
        None => None,
    };
    let mut search = console.map(|p| Search::new(p, 0));
    let held = held(v.addresses.as_ref(), v.source_status.as_ref());
    let mut last = None;
    let waited = s.wait(v.within, |s| {
        let result = match (&mut search, &v.peek, &v.registers) {
            (Some(search), ..) => search
                .look(&s.console)
                .map(|_| ())
                .ok_or_else(|| Failure::assertion(format!("the console does not show {}", search.pattern()))),
            (_, Some(p), _) => peek(s, p),
            (_, _, Some(r)) => registers(s, r),
            _ if held.is_some() => held.as_ref().map_or(Ok(()), |h| addresses::verbs::holds(s, h)),
            _ => v.clipboard_agent.as_ref().map_or(Ok(()), |a| clipboard::verbs::sees(s, a)),
        };
        match result {
            Ok(()) => Ok(Some(())),
            Err(f) if f.class == Class::Assertion => {
                last = Some(f);
                Ok(None)
            }
            Err(f) => Err(f),
        }
    })?;
    let last = last.unwrap_or_else(|| Failure::assertion("the assertion did not hold"));
    match waited {
        Waited::Found(()) => Ok(()),
        Waited::TimedOut => Err(Failure { message: format!("after {}, {}", v.within, last.message), ..last }),
        Waited::Stopped(stop) => {
            let stopped = stopped_before(&stop, "the assertion held");
            Err(Failure { details: [vec![last.message], last.details].concat(), ..stopped })
        }
    }
}

/// What is expected of addresses, if anything.
fn held(shows: Option<&model::Shows>, status: Option<&model::Status>) -> Option<Held> {
    shows.cloned().map(Held::Addresses).or(status.cloned().map(Held::Status))
}

fn throughout(s: &mut Session, v: &Throughout) -> Result<(), Failure> {
    let never = match &v.console_never {
        Some(c) => patterns(c).map_err(|e| bad_regex(&e))?,
        None => Vec::new(),
    };
    let mut never: Vec<Search> = never.into_iter().map(|p| Search::new(p, s.console.len())).collect();
    let begun = s.guest.now();
    let changes = v.clipboard_owner_changes.as_ref();
    let changes = changes.map(|c| Ok((c, clipboard::verbs::owner_changes(s)?))).transpose()?;
    let held = held(v.addresses.as_ref(), v.source_status.as_ref());
    if let Some(held) = &held {
        addresses::verbs::watch(s, held.clone())?;
    }
    let waited = s.wait(v.period, |s| {
        for search in &mut never {
            if let Some((at, _)) = search.look(&s.console) {
                return Err(printed_forbidden(&s.console, search.pattern(), at));
            }
        }
        let looked = match (&v.peek, &v.registers, changes) {
            (Some(p), ..) => peek(s, p),
            (_, Some(r), _) => registers(s, r),
            (.., Some((c, before))) => clipboard::verbs::few_changes(s, c, before),
            _ if held.is_some() => held.as_ref().map_or(Ok(()), |h| addresses::verbs::holds(s, h)),
            _ => v.clipboard_agent.as_ref().map_or(Ok(()), |a| clipboard::verbs::sees(s, a)),
        };
        looked.map_err(|f| {
            let after = Span(s.guest.now() - begun);
            Failure { message: format!("after {after} of {}, {}", v.period, f.message), ..f }
        })?;
        Ok(None::<()>)
    })?;
    addresses::verbs::unwatch(s);
    match waited {
        // A guest asleep for ever stays as it is: what holds now holds until the end.
        Waited::TimedOut | Waited::Found(()) | Waited::Stopped(Stop::Asleep) => Ok(()),
        Waited::Stopped(stop) => Err(stopped_before(&stop, &format!("{} had passed", v.period))),
    }
}

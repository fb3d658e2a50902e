//! `innkeeper clipboard`: the clipboard of any running guest, over the socket of its agent's port
//! `com.redhat.spice.0`. With QEMU:
//! `-chardev socket,id=c,path=PATH,server=on,wait=off -device virtio-serial -device virtserialport,chardev=c,name=com.redhat.spice.0`.
//!
//! Exit codes: 0 done; 1 nothing came (not offered, refused, or not in time); 2 usage; 3 the port (nobody
//! there, closed, or no agent that answers) or this host's clipboard.

mod jobs;
mod join;
pub mod lines;

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use innkeeper_services::clipboard::drive::{Driver, End, PolledHost, Turn};
use innkeeper_services::clipboard::hosts::Choice;
use innkeeper_services::clipboard::{Format, MemoryHost, Policy, Selection, Session};

use crate::run::process;
use crate::run::session::INTERRUPTED;
use crate::scenario::Span;
use jobs::{Get, Set, Types, Watch};
pub use join::Join;
use lines::{Lines, Wanted};

/// The port's failures.
const PORT: u8 = 3;
/// How long the guest's agent may take to answer, and a paste to make progress (ns).
const PATIENCE: u64 = 5_000_000_000;
/// How often signals are looked for (ns): another thread takes them, and does not end the wait.
const LOOK: u64 = 100_000_000;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// The port of the guest's agent: unix:PATH of a socket that the machine listens on
    #[arg(long, value_name = "unix:PATH", value_parser = port)]
    port: PathBuf,
    /// Print JSON, an object for each line
    #[arg(long, global = true)]
    json: bool,
    /// Give up after this long, such as 10s
    #[arg(long, global = true, value_name = "TIME", value_parser = span)]
    timeout: Option<Span>,
    /// Selection: clipboard or primary
    #[arg(long, global = true, default_value = "clipboard", value_parser = selection)]
    selection: Selection,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Wait until something is copied in the guest, and print it as it is. Agents do not tell what was
    /// copied before somebody asked: only the next copy is seen
    Get {
        /// Type: text/plain, image/png, image/bmp, image/tiff or image/jpeg
        #[arg(long = "type", value_name = "TYPE", default_value = "text/plain", value_parser = format)]
        format: Format,
    },
    /// Offer stdin, a file or a text to the guest until something else is copied, or a signal comes
    Set {
        /// Type: text/plain, image/png, image/bmp, image/tiff or image/jpeg
        #[arg(long = "type", value_name = "TYPE", default_value = "text/plain", value_parser = format)]
        format: Format,
        /// A file instead of stdin
        #[arg(long, value_name = "FILE", conflicts_with = "text")]
        file: Option<PathBuf>,
        /// A text instead of stdin
        #[arg(long)]
        text: Option<String>,
        /// End after it was pasted once
        #[arg(long)]
        once: bool,
    },
    /// Print what the guest's agent and this host say to each other, and each transfer, until a signal comes.
    /// With --clipboard, what is copied on the desktop can be pasted in the guest meanwhile, and the other
    /// way round
    Watch(Join),
    /// Wait until something is copied in the guest, and print the types it has, one a line
    Types,
}

/// What a command does while the port is open.
trait Job<H> {
    /// Looks at the session after everything that happened.
    fn look(&mut self, session: &mut Session<H, Lines>) -> anyhow::Result<Next>;

    /// Whether it is ended from outside, so that this is no failure. The guest then gives up what it was
    /// offered.
    fn endless(&self) -> bool {
        false
    }
}

/// How a command goes on.
enum Next {
    /// When something happens.
    Wait,
    /// At once.
    Again,
    /// Not: with this exit code.
    Done(u8),
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    process::catch_signals()?;
    let (json, selection) = (args.json, args.selection);
    let served = match &args.action {
        Action::Get { format } => {
            serve(args, memory(), Policy::default(), &mut Get::new(selection, *format, json))
        }
        Action::Types => serve(args, memory(), Policy::default(), &mut Types { selection, json }),
        Action::Watch(join) => match join.choice_or(Choice::Memory).open() {
            Ok(Some(host)) => serve(args, host, join.policy(), &mut Watch),
            Ok(None) => {
                eprintln!("innkeeper: --clipboard off leaves nothing to watch: give memory, x11 or wayland");
                return Ok(super::USAGE);
            }
            Err(why) => {
                eprintln!("innkeeper: --clipboard: {why}");
                return Ok(PORT);
            }
        },
        Action::Set { format, file, text, once } => {
            let content = content(file.as_deref(), text.as_deref())?;
            serve(args, memory(), Policy::default(), &mut Set::new(selection, *format, content, *once, json))
        }
    };
    match served {
        Ok(code) => Ok(code),
        Err(e) => {
            eprintln!("innkeeper: {}: {e:#}", args.port.display());
            Ok(PORT)
        }
    }
}

/// The command's own clipboard.
fn memory() -> MemoryHost {
    MemoryHost::default()
}

/// What is offered to the guest.
fn content(file: Option<&Path>, text: Option<&str>) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = text {
        return Ok(text.into());
    }
    if let Some(file) = file {
        return std::fs::read(file).with_context(|| format!("failed to read {}", file.display()));
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).context("failed to read stdin")?;
    Ok(bytes)
}

/// Opens the port and lets `job` look until it is done. A session out of step opens it again.
fn serve<H: PolledHost>(args: &Args, host: H, policy: Policy, job: &mut dyn Job<H>) -> anyhow::Result<u8> {
    #[expect(clippy::disallowed_methods, reason = "this host's time: the guest is another machine's")]
    let begun = Instant::now();
    let clock = move || u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let end = args.timeout.map(|span| span.0);
    let wanted = if matches!(args.action, Action::Watch(_)) { Wanted::Everything } else { Wanted::Nothing };
    let mut session = Session::new(host, Lines::new(args.json, wanted), policy);
    loop {
        let mut driver = Driver::new(connect(&args.port)?)?;
        let silent_at = clock().saturating_add(PATIENCE).min(end.unwrap_or(u64::MAX));
        let mut result = Ok(None);
        let mut now = clock;
        let ended = driver.run(&mut session, &mut now, &mut |session| {
            let (turn, done) = turn(session, job, clock(), silent_at, end);
            if !matches!(done, Ok(None)) {
                result = done;
            }
            turn
        })?;
        let code = result?;
        match (ended, code) {
            (End::Stopped, code) => {
                if job.endless() {
                    driver.detach(&mut session, &mut now, PATIENCE)?;
                }
                return Ok(code.unwrap_or(super::FAILED));
            }
            (End::MustClose, _) => {}
            (End::Closed, _) => anyhow::bail!("the machine closed the port"),
        }
    }
}

/// One look, and when the next one is due.
fn turn<H: PolledHost>(
    session: &mut Session<H, Lines>,
    job: &mut dyn Job<H>,
    now: u64,
    silent_at: u64,
    end: Option<u64>,
) -> (Turn, anyhow::Result<Option<u8>>) {
    if INTERRUPTED.load(std::sync::atomic::Ordering::Relaxed) {
        return (Turn::Stop, Ok(Some(if job.endless() { super::OK } else { super::FAILED })));
    }
    match job.look(session) {
        Err(e) => return (Turn::Stop, Err(e)),
        Ok(Next::Done(code)) => return (Turn::Stop, Ok(Some(code))),
        Ok(Next::Again) => return (Turn::Again, Ok(None)),
        Ok(Next::Wait) => {}
    }
    let silent = session.guest_capabilities().is_none();
    if silent && now >= silent_at {
        let e = anyhow::anyhow!(
            "no agent answers: start spice-vdagentd and spice-vdagent in the guest, and end whoever else uses the port"
        );
        return (Turn::Stop, Err(e));
    }
    if end.is_some_and(|end| now >= end) {
        if job.endless() {
            return (Turn::Stop, Ok(Some(super::OK)));
        }
        eprintln!("innkeeper: nothing came in time");
        return (Turn::Stop, Ok(Some(super::FAILED)));
    }
    let next = [silent.then_some(silent_at), end].into_iter().flatten().min().unwrap_or(u64::MAX);
    (Turn::WaitUntil(next.min(now.saturating_add(LOOK))), Ok(None))
}

fn connect(port: &Path) -> anyhow::Result<UnixStream> {
    UnixStream::connect(port).map_err(|e| {
        let cure = match e.kind() {
            io::ErrorKind::NotFound => {
                "no such socket: give the machine `-chardev socket,path=…,server=on,wait=off` and a virtserialport named com.redhat.spice.0"
            }
            io::ErrorKind::ConnectionRefused => "nobody listens: the machine is not running",
            io::ErrorKind::PermissionDenied => "run this as the user that runs the machine",
            _ => "is it a socket that the machine listens on?",
        };
        anyhow::anyhow!("{e}: {cure}")
    })
}

fn port(word: &str) -> Result<PathBuf, String> {
    super::unix_path(word)
        .ok_or_else(|| "write unix:PATH, the socket of the guest's port com.redhat.spice.0".into())
}

fn span(word: &str) -> Result<Span, String> {
    Span::parse(word).ok_or_else(|| "a time such as 10s or 500ms".into())
}

fn selection(word: &str) -> Result<Selection, String> {
    let found = Selection::ALL.into_iter().find(|s| s.name() == word);
    found.ok_or_else(|| "there are clipboard, primary".into())
}

fn format(word: &str) -> Result<Format, String> {
    let found = crate::scenario::Format::parse(word).map(|f| f.0);
    found.ok_or_else(|| format!("there are {}", Format::ALL.map(Format::mime).join(", ")))
}

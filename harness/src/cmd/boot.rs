//! `innkeeper boot`: one machine on this terminal. Output goes to stdout as it comes, stdin is
//! typed into the console. On a terminal, Ctrl-A x ends the machine and Ctrl-A a sends a Ctrl-A.

mod clipboard;
mod port;

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::time::{Duration, Instant};

use innkeeper_core::accel::Need;
use innkeeper_core::board::Payload;
use innkeeper_services::clipboard::hosts::Choice;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::print;
use crate::run::clipboard::port::NAME as SPICE;
use crate::run::guest::{Guest, Stop};
use crate::run::machine::{self, Spec};
use crate::run::session::INTERRUPTED;
use crate::run::{Tools, process};
use crate::scenario::machine::{Accel, Board};
use crate::scenario::{Count, Size, cap};

/// The budget is used up, or the guest sleeps for ever.
const TIMEOUT: u8 = 124;
/// The emulator refused or failed.
const EMULATOR: u8 = 125;
/// The guest crashed with nothing to handle it.
const CRASHED: u8 = 126;
/// Guest time between two looks at the keyboard (ns), at least.
const SLICE: u64 = 1_000_000;
/// Between two looks at the ports' sockets while the guest sleeps.
const PORT_WAIT: Duration = Duration::from_millis(1);

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Board: virt-a64 (AArch64) or pc-x64 (x86-64)
    #[arg(long, value_name = "BOARD", default_value = Board::VirtA64.as_str(), value_parser = board)]
    board: Board,
    /// ELF file or Linux kernel (Image, bzImage)
    #[arg(long, value_name = "FILE")]
    kernel: PathBuf,
    /// Initial RAM disk
    #[arg(long, value_name = "FILE")]
    initrd: Option<PathBuf>,
    /// Kernel command line
    #[arg(long, value_name = "TEXT", default_value = "")]
    append: String,
    /// RAM
    #[arg(long, value_name = "SIZE", default_value = "128MiB", value_parser = size)]
    memory: Size,
    /// CPUs
    #[arg(long, default_value_t = 1)]
    cpus: usize,
    /// Engine [default: jit, for pc-x64 kvm]
    #[arg(long, value_name = "ENGINE", value_parser = super::accel)]
    accel: Option<Accel>,
    /// Stop (status 124) after this many instructions, such as 40M
    #[arg(long, value_name = "COUNT", value_parser = count)]
    max_insns: Option<Count>,
    /// Byte port of the guest and the unix socket that it is reached at, such as
    /// com.redhat.spice.0=unix:/tmp/spice. Innkeeper makes the socket and waits there for one peer at a
    /// time, as QEMU does with server=on,wait=off; the guest sees peers come and go. Repeatable
    #[arg(long = "port", value_name = "NAME=unix:PATH", value_parser = port::parse)]
    ports: Vec<port::Place>,
    #[command(flatten)]
    clipboard: super::clipboard::Join,
    /// Print one JSON object with counters to stderr at the end: instructions, the share of them
    /// interpreted, regions compiled with their CLIF and host bytes and the time that took, exits
    /// from compiled code by kind, wall time
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    tools: Tools,
}

fn board(word: &str) -> Result<Board, String> {
    super::word(Board::ALL, Board::as_str, word)
}

fn size(text: &str) -> Result<Size, String> {
    Size::parse(text).ok_or_else(|| "a size such as 128MiB".into())
}

fn count(text: &str) -> Result<Count, String> {
    Count::parse(text).ok_or_else(|| "a count such as 40M".into())
}

/// Runs the command; the status is the guest's.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let accel = args.accel.unwrap_or(cap::fastest(args.board));
    args.tools.check(Some(accel))?;
    let guest = match build(args, accel) {
        Ok(guest) => guest,
        Err(e) => {
            eprintln!("innkeeper: {e}");
            return Ok(EMULATOR);
        }
    };
    let bridge = match clipboard::Bridge::open(&args.clipboard) {
        Ok(bridge) => bridge,
        Err(e) => return Ok(say(EMULATOR, &e)),
    };
    let ports: Result<Vec<_>, String> = args.ports.iter().map(port::Relay::listen).collect();
    let ports = match ports {
        Ok(ports) => ports,
        Err(e) => return Ok(say(EMULATOR, &e)),
    };
    process::catch_signals()?;
    let raw = RawTerminal::enter();
    #[expect(clippy::disallowed_methods, reason = "wall time for --stats; the guest never sees it")]
    let begun = Instant::now();
    let mut terminal = Terminal::new(guest, ports, bridge, raw.is_some());
    let status = terminal.main_loop(args.max_insns);
    drop(raw);
    if args.stats {
        let mut stats = terminal.guest.stats();
        if let Some(map) = stats.as_object_mut() {
            map.insert("guest_ns".into(), terminal.guest.now().into());
            map.insert("wall_s".into(), begun.elapsed().as_secs_f64().into());
        }
        eprintln!("{stats}");
    }
    Ok(status)
}

/// Names of the guest's byte ports.
fn ports(args: &Args) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = args.ports.iter().map(|p| p.name.clone()).collect();
    if args.clipboard.choice_or(Choice::Off) != Choice::Off {
        if names.iter().any(|name| name == SPICE) {
            return Err(format!("--clipboard and --port both want {SPICE}: give one of them"));
        }
        names.push(SPICE.into());
    }
    Ok(names)
}

fn build(args: &Args, accel: Accel) -> Result<Box<dyn Guest>, String> {
    let payload = |path: &Path| {
        let bytes = std::fs::read(path).map_err(|e| format!("failed to read {}: {e}", path.display()))?;
        Ok::<_, String>(Payload { name: path.display().to_string(), bytes })
    };
    let spec = Spec {
        board: args.board,
        accel,
        kernel: payload(&args.kernel)?,
        initrd: args.initrd.as_deref().map(payload).transpose()?,
        append: args.append.clone(),
        memory: args.memory.0,
        cpus: args.cpus,
        ports: ports(args)?,
    };
    let guest = machine::build(spec, args.tools).map_err(|f| f.message)?;
    if args.max_insns.is_some() {
        guest.require(Need::ExactCount).map_err(|e| format!("--max-insns: {e}"))?;
    }
    Ok(guest)
}

/// The guest, and the keyboard.
struct Terminal {
    guest: Box<dyn Guest>,
    ports: Vec<port::Relay>,
    bridge: Option<clipboard::Bridge>,
    keys: Receiver<Vec<u8>>,
    /// The keyboard is a terminal in raw mode: Ctrl-A is ours.
    raw: bool,
    /// Ctrl-A has been typed.
    escape: bool,
    closed: bool,
}

impl Terminal {
    fn new(
        mut guest: Box<dyn Guest>,
        ports: Vec<port::Relay>,
        bridge: Option<clipboard::Bridge>,
        raw: bool,
    ) -> Self {
        if bridge.is_some() {
            guest.set_port_open(SPICE, true);
        }
        let (sender, keys) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n) = std::io::stdin().read(&mut buffer) {
                if n == 0 || sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal { guest, ports, bridge, keys, raw, escape: false, closed: false }
    }

    fn main_loop(&mut self, limit: Option<Count>) -> u8 {
        loop {
            let budget = limit.map_or(u64::MAX, |l| l.0.saturating_sub(self.guest.insns()));
            // One instruction takes a nanosecond: time is a bound for instructions too.
            let slice = SLICE.max(self.guest.slice()).min(budget);
            let stop = self.guest.run(self.guest.now().saturating_add(slice));
            let output = self.guest.take_console();
            print::bytes(&output);
            if print::is_over() {
                return TIMEOUT;
            }
            self.relay();
            let over = limit.is_some_and(|l| self.guest.insns() >= l.0);
            let status = match stop {
                Stop::Exit(code) => Some(u8::try_from(code & 0xff).unwrap_or(0)),
                Stop::Crash(why) => Some(say(CRASHED, &format!("the guest crashed: {why}"))),
                Stop::Host(why) | Stop::Failed(why) => Some(say(EMULATOR, &why)),
                Stop::Reset => self.guest.reset().err().map(|e| say(EMULATOR, &e)),
                Stop::Time | Stop::Asleep if over => {
                    Some(say(TIMEOUT, "the budget of instructions is used up"))
                }
                Stop::Asleep => self.sleep(),
                Stop::Time => self.keyboard(),
            };
            if let Some(status) = status {
                return status;
            }
            if INTERRUPTED.load(Ordering::Relaxed) {
                return TIMEOUT;
            }
        }
    }

    /// Moves what is on its way through the guest's ports.
    fn relay(&mut self) {
        for port in &mut self.ports {
            port.relay(self.guest.as_mut());
        }
        let Some(bridge) = &mut self.bridge else { return };
        // A terminal in raw mode does not begin a new line at its beginning.
        let end = if self.raw { "\r\n" } else { "\n" };
        if let Err(why) = bridge.relay(self.guest.as_mut(), &mut std::io::stderr(), end) {
            eprint!("innkeeper: {why}{end}");
            self.bridge = None;
        }
    }

    /// Waits for a key: nothing else can wake the guest.
    fn sleep(&mut self) -> Option<u8> {
        if !self.ports.is_empty() || self.bridge.is_some() {
            // A peer may wake it too.
            std::thread::sleep(PORT_WAIT);
            return self.keyboard();
        }
        if self.closed {
            return Some(say(TIMEOUT, "the guest sleeps with nothing to wake it"));
        }
        match self.keys.recv_timeout(Duration::from_millis(100)) {
            Ok(bytes) => self.typed(&bytes),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.closed = true;
                None
            }
        }
    }

    fn keyboard(&mut self) -> Option<u8> {
        match self.keys.try_recv() {
            Ok(bytes) => self.typed(&bytes),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.closed = true;
                None
            }
        }
    }

    fn typed(&mut self, bytes: &[u8]) -> Option<u8> {
        const CTRL_A: u8 = 1;
        let mut send = Vec::with_capacity(bytes.len());
        for &b in bytes {
            match (self.raw, self.escape, b) {
                (true, false, CTRL_A) => self.escape = true,
                (true, true, b'x') => return Some(super::OK),
                (true, true, b) => {
                    self.escape = false;
                    send.push(if b == b'a' { CTRL_A } else { b });
                }
                // The guest's Enter is a carriage return; a pipe or cooked terminal has line feeds.
                (false, _, b'\n') => send.push(b'\r'),
                (_, _, b) => send.push(b),
            }
        }
        self.guest.type_in(&send);
        None
    }
}

fn say(status: u8, message: &str) -> u8 {
    eprintln!("innkeeper: {message}");
    status
}

/// The terminal in raw mode, until dropped.
struct RawTerminal(Termios);

impl RawTerminal {
    /// Raw mode, when stdin and stdout are a terminal.
    fn enter() -> Option<Self> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() || !std::io::stdout().is_terminal() {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&stdin, OptionalActions::Now, &raw).ok()?;
        Some(RawTerminal(before))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that has gone.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}

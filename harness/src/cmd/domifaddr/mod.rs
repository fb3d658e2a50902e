//! `innkeeper domifaddr`: which addresses a guest has, from every source that is named.
//!
//! With `--source lease`, `agent` or `arp` output and exit codes are those of `virsh domifaddr`: 0, also for
//! an empty table, and 1. Else: 0 an address was found; 1 a source failed and there is none; 3 no address
//! yet, with the reason. 2 is usage. `--wait` has the latter codes whatever the source.

mod agent_port;
mod capture;
mod cards;
mod leases;
mod output;
mod sources;
mod wait;

use std::path::PathBuf;

use innkeeper_services::addresses::table::Failure;
use innkeeper_services::addresses::{Family, Scope};

use crate::print;
use crate::scenario::Span;
use cards::Card;
use output::Output;
use sources::Sources;
use wait::{Time, Waiter, Wake};

/// There is no address yet.
const ABSENT: u8 = 3;

const EXAMPLES: &str = "\
Examples:
  # Ask the guest's agent. QEMU: -chardev socket,id=a,path=/run/vm/qga.sock,server=on,wait=off
  #   -device virtio-serial -device virtserialport,chardev=a,name=org.qemu.guest_agent.0
  innkeeper domifaddr --agent unix:/run/vm/qga.sock

  # As virsh does it: libvirt's leases of this card
  innkeeper domifaddr --source lease --mac vnet0=52:54:00:12:34:56

  # All that is known of it, each address with its evidence
  innkeeper domifaddr --mac 52:54:00:12:34:56 --agent unix:/run/vm/qga.sock --json

  # Wait a minute for an IPv4 address, then print it
  innkeeper domifaddr --mac 52:54:00:12:34:56 --wait=60s --family ipv4 -q

  # What the guest's own traffic says, as it happens
  tcpdump -i vnet0 --immediate-mode -U -w - | innkeeper domifaddr --mac 52:54:00:12:34:56 --pcap - --watch

Exit status:
  0  an address was found (--source lease, agent, arp: or the table is empty, as with virsh)
  1  a source failed, and there is no address
  2  the command line is wrong
  3  there is no address yet; the reason is printed";

/// Arguments.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// A network card of the guest, such as vnet0=52:54:00:12:34:56; without a name it is net0, net1... May
    /// be repeated. Without any, the cards are those that the agent reports: the guest's own word
    #[arg(long = "mac", value_name = "[NAME=]MAC", value_parser = cards::card)]
    macs: Vec<Card>,
    /// The socket of the guest agent's port, org.qemu.guest_agent.0
    #[arg(long, value_name = "unix:PATH", value_parser = port)]
    agent: Option<PathBuf>,
    /// How long the agent may take to answer; an agent that is silent is asked twice
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = agent_timeout)]
    agent_timeout: Span,
    /// A DHCP server's leases: dnsmasq, libvirt, ISC dhcpd, Kea, systemd-networkd. May be repeated. Without
    /// any, those of this host that are where they usually are
    #[arg(long = "lease-file", value_name = "FILE")]
    lease_files: Vec<PathBuf>,
    /// Frames of the guest's cards, pcap or pcapng; - for stdin. It is read to its end first, unless it is a
    /// pipe and --wait or --watch is given. With --source snoop the answer of a file is as of its last frame
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Whom to ask: lease, agent, arp (the host's neighbour table), snoop (--pcap), or all
    #[arg(long, value_name = "SOURCE", default_value = "all")]
    source: String,
    /// This interface only
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,
    /// Name and MAC on every line
    #[arg(long)]
    full: bool,
    /// The table without its header
    #[arg(short, long)]
    quiet: bool,
    /// Print JSON: an array of cards with addresses, best first, each with all that speaks for it; with
    /// --watch an object for each line. Times are nanoseconds since 1970
    #[arg(long)]
    json: bool,
    /// Wait until there is an address, at most this long (10s; without a time, until a signal comes)
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, value_parser = span, conflicts_with = "watch")]
    wait: Option<Option<Span>>,
    /// Print each change on a line, beginning with what there is, until a signal comes
    #[arg(long)]
    watch: bool,
    /// Addresses of this family only: ipv4, ipv6 or any
    #[arg(long, value_name = "FAMILY", default_value = "any", value_parser = family)]
    family: Only<Family>,
    /// Addresses of this scope only: global (private networks too), link, host or any [default: any, with
    /// --wait global]
    #[arg(long, value_name = "SCOPE", value_parser = scope)]
    scope: Option<Only<Scope>>,
}

/// One value of several, or any.
#[derive(Clone, Copy, Debug)]
struct Only<T>(Option<T>);

/// Whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Lease,
    Agent,
    Arp,
    Snoop,
    All,
}

impl Source {
    const ALL: [Self; 5] = [Self::Lease, Self::Agent, Self::Arp, Self::Snoop, Self::All];

    /// The name of its [`innkeeper_services::addresses::AddressSource`]; `None` for all of them.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Lease => Some("lease"),
            Self::Agent => Some("agent"),
            Self::Arp => Some("arp"),
            Self::Snoop => Some("snoop"),
            Self::All => None,
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name().unwrap_or("all") == word)
    }

    /// Whether `other` is asked.
    fn includes(self, other: Self) -> bool {
        self == Self::All || self == other
    }

    /// Whether virsh has it too.
    fn is_virsh(self) -> bool {
        matches!(self, Self::Lease | Self::Agent | Self::Arp)
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let failure = match (Source::parse(&args.source), &args.agent) {
        (None, _) => Failure::UnknownSource(args.source.clone()),
        (Some(Source::Agent), None) => Failure::AgentNotConfigured,
        (Some(source), _) => {
            check(args, source)?;
            return serve(args, source);
        }
    };
    eprint!("{}", failure.message());
    Ok(super::FAILED)
}

/// Whether what the source needs is given.
fn check(args: &Args, source: Source) -> anyhow::Result<()> {
    let by_agent = args.agent.is_some() && matches!(source, Source::Agent | Source::All);
    let snoops = args.pcap.is_some() && source.includes(Source::Snoop);
    anyhow::ensure!(
        !args.macs.is_empty() || (by_agent && !snoops),
        "whose addresses? Give the guest's network cards, --mac 52:54:00:12:34:56{}",
        if source == Source::All { ", or its agent, --agent unix:PATH" } else { "" }
    );
    anyhow::ensure!(
        source != Source::Snoop || args.pcap.is_some(),
        "what is to be snooped? Give a capture, --pcap FILE, or - for stdin"
    );
    cards::check_names(&args.macs)
}

/// When the command is done.
#[derive(Clone, Copy, Debug)]
enum Goal {
    /// When each source has answered.
    Once,
    /// When there is an address, or at this time.
    Found(Option<u64>),
    /// Never.
    Watch,
}

/// Asks until it is done.
fn serve(args: &Args, source: Source) -> anyhow::Result<u8> {
    let (time, waiter) = (Time::start(), Waiter::new(args.watch)?);
    let goal = match &args.wait {
        _ if args.watch => Goal::Watch,
        Some(limit) => Goal::Found(limit.map(|span| time.now().saturating_add(span.0))),
        None => Goal::Once,
    };
    let mut sources = Sources::open(args, source, !matches!(goal, Goal::Once))?;
    let mut output = Output::new(args, source);
    loop {
        let clock = time.clock();
        sources.step(clock);
        if let Some(code) = look(goal, &mut sources, &mut output, clock.now) {
            return Ok(code);
        }
        let end = if let Goal::Found(end) = goal { end } else { None };
        let until = [end, sources.deadline()].into_iter().flatten().min();
        match waiter.wait(&sources.files(), until.map(|at| at.saturating_sub(time.now())))? {
            Wake::Ready => {}
            Wake::Stop if matches!(goal, Goal::Watch) => return Ok(super::OK),
            Wake::Stop => {
                eprintln!("innkeeper: interrupted");
                return Ok(super::FAILED);
            }
        }
    }
}

/// Looks at the sources after a step; the exit code if that is all. `wall` is this host's time.
fn look(goal: Goal, sources: &mut Sources, output: &mut Output<'_>, wall: u64) -> Option<u8> {
    let (now, over) = (sources.now(wall), sources.is_exhausted());
    match goal {
        Goal::Once if sources.is_settled() => Some(output.answer(sources, now)),
        Goal::Once => None,
        Goal::Found(end) if over || end.is_some_and(|end| end <= wall) || output.is_found(sources, now) => {
            Some(output.answer(sources, now))
        }
        Goal::Found(_) => {
            output.notes(sources);
            None
        }
        Goal::Watch => {
            output.events(sources);
            output.notes(sources);
            let code = if over && sources.failure().is_some() { super::FAILED } else { super::OK };
            (over || print::is_over()).then_some(code)
        }
    }
}

fn port(word: &str) -> Result<PathBuf, String> {
    super::unix_path(word)
        .ok_or_else(|| "write unix:PATH, the socket of the guest's port org.qemu.guest_agent.0".into())
}

fn span(word: &str) -> Result<Span, String> {
    Span::parse(word).ok_or_else(|| "a time such as 10s or 2m".into())
}

fn agent_timeout(word: &str) -> Result<Span, String> {
    let long = |span: &Span| span.0 >= innkeeper_services::addresses::SECOND;
    Span::parse(word).filter(long).ok_or_else(|| "a time of at least 1s, such as 10s".into())
}

fn family(word: &str) -> Result<Only<Family>, String> {
    only(word, &Family::NAMES)
}

fn scope(word: &str) -> Result<Only<Scope>, String> {
    only(word, &Scope::NAMES)
}

fn only<T: Copy>(word: &str, names: &[(&str, T)]) -> Result<Only<T>, String> {
    if word == "any" {
        return Ok(Only(None));
    }
    let found = names.iter().find(|(name, _)| *name == word).map(|(_, value)| Only(Some(*value)));
    let known = || names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| format!("there are {}, any", known()))
}

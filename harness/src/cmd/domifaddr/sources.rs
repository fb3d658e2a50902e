//! Everything that is asked, and the book it is written into.

use std::os::fd::{AsFd as _, BorrowedFd};

use innkeeper_services::addresses::arp::{ArpSource, NeighbourWatch};
use innkeeper_services::addresses::{AddressBook, AddressSource, Clock, Limits, NicId, Query, Status};
use rustix::event::PollFlags;

use super::agent_port::AgentPort;
use super::capture::Capture;
use super::leases::Leases;
use super::{Args, Source, cards};

/// The host's neighbour table.
struct Arp {
    source: ArpSource,
    watch: Option<NeighbourWatch>,
    /// For which cards it was read: [`innkeeper_services::addresses::Nics::changes`].
    read_for: Option<u64>,
}

/// The sources that are asked.
pub(super) struct Sources {
    pub(super) book: AddressBook,
    pub(super) agent: Option<AgentPort>,
    pub(super) leases: Option<Leases>,
    arp: Option<Arp>,
    capture: Option<Capture>,
    /// Whether the cards are those that the agent reports.
    adopts: bool,
    /// The book's time.
    time: u64,
}

impl Sources {
    /// Opens what is asked. `live` is whether changes matter.
    pub(super) fn open(args: &Args, asked: Source, live: bool) -> anyhow::Result<Self> {
        let mut book = AddressBook::new(Limits::default());
        cards::nics(&args.macs).for_each(|nic| book.add_nic(nic, 0));
        let timeout = args.agent_timeout.0;
        // Numbers of questions must be new to an agent that another run has talked to.
        let seed = u64::from(std::process::id()) << 32 ^ super::wait::Time::start().now();
        let path = args.agent.clone().filter(|_| asked.includes(Source::Agent));
        let agent = path.map(|path| AgentPort::new(path, timeout, seed));
        let leases = asked.includes(Source::Lease).then(|| Leases::open(&args.lease_files, live));
        let arp = asked.includes(Source::Arp).then(|| Arp::open(live));
        let path = args.pcap.as_deref().filter(|_| asked.includes(Source::Snoop));
        let capture = path.map(|path| Capture::open(path, book.nics(), live)).transpose()?;
        Ok(Self { book, agent, leases, arp, capture, adopts: args.macs.is_empty(), time: 0 })
    }

    /// Takes what every source has to say.
    pub(super) fn step(&mut self, clock: Clock) {
        if let Some(capture) = &mut self.capture {
            self.time = capture.feed(&mut self.book, self.time, clock.now);
            if capture.is_past() || self.answers_as_of().is_some() {
                return;
            }
        }
        let clock = Clock { now: clock.now.max(self.time), ..clock };
        self.time = clock.now;
        if let Some(agent) = &mut self.agent {
            agent.step(clock.now);
            if let Some((_, reported)) = agent.source.interfaces().filter(|_| self.adopts) {
                cards::adopt(&mut self.book, reported, clock.now);
            }
            self.book.pull(&mut agent.source, clock);
        }
        if let Some(capture) = &mut self.capture {
            self.book.pull(&mut capture.snoop, clock);
            let learned = capture.snoop.take_links();
            for file in self.leases.iter_mut().flat_map(|leases| leases.set.files_mut()) {
                for (duid, iaid, nic) in &learned {
                    file.learn(duid.clone(), *iaid, *nic);
                }
            }
        }
        if let Some(leases) = &mut self.leases {
            leases.look(clock.now);
            self.book.pull(&mut leases.set, clock);
        }
        if let Some(arp) = &mut self.arp {
            arp.step(&mut self.book, clock);
        }
        self.book.tick(clock.now);
    }

    /// The time of the answer: of a capture alone its last frame's, else `now`.
    pub(super) fn now(&self, now: u64) -> u64 {
        self.answers_as_of().unwrap_or(now.max(self.time))
    }

    fn answers_as_of(&self) -> Option<u64> {
        self.lone_capture()?.as_of()
    }

    /// The capture, if nothing else is asked.
    fn lone_capture(&self) -> Option<&Capture> {
        let alone = self.agent.is_none() && self.leases.is_none() && self.arp.is_none();
        self.capture.as_ref().filter(|_| alone)
    }

    /// When to step again though no file is ready.
    pub(super) fn deadline(&self) -> Option<u64> {
        let capture = self.capture.as_ref().and_then(Capture::deadline);
        if self.capture.as_ref().is_some_and(Capture::is_past) {
            return capture;
        }
        let snoop = self.capture.as_ref().and_then(|c| c.snoop.deadline());
        let agent = self.agent.as_ref().and_then(AgentPort::deadline);
        let leases = self.leases.as_ref().and_then(|l| l.set.deadline());
        let arp = self.arp.as_ref().and_then(|a| a.source.deadline());
        [capture, snoop, agent, leases, arp, self.book.deadline()].into_iter().flatten().min()
    }

    /// What to wait for.
    pub(super) fn files(&self) -> Vec<(BorrowedFd<'_>, PollFlags)> {
        let capture = self.capture.as_ref().filter(|c| !c.is_over()).map(Capture::file);
        let leases = self.leases.iter().flat_map(Leases::files);
        let arp = self.arp.as_ref().and_then(|arp| arp.watch.as_ref()).map(|watch| watch.as_fd());
        let reads = capture.into_iter().chain(leases).chain(arp).map(|fd| (fd, PollFlags::IN));
        reads.chain(self.agent.as_ref().and_then(AgentPort::file)).collect()
    }

    /// Whether each has answered, or given a reason why it does not.
    pub(super) fn is_settled(&self) -> bool {
        let changes = self.book.nics().changes();
        self.agent.as_ref().is_none_or(AgentPort::is_settled)
            && self.leases.as_ref().is_none_or(Leases::is_settled)
            && self.arp.as_ref().is_none_or(|arp| arp.read_for == Some(changes))
            && self.capture.as_ref().is_none_or(Capture::is_over)
    }

    /// Whether nothing can change any more: a capture alone, and it has ended.
    pub(super) fn is_exhausted(&self) -> bool {
        self.lone_capture().is_some_and(Capture::is_over)
    }

    /// What is wrong with any that the user should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<_> = self.agent.iter().filter_map(AgentPort::note).collect();
        let alone = self.agent.is_none() && self.arp.is_none() && self.capture.is_none();
        notes.extend(self.leases.iter().flat_map(|leases| leases.notes(alone)));
        notes.extend(self.capture.iter().filter_map(Capture::note));
        notes.extend(self.arp.iter().filter_map(Arp::failure));
        let lost = self.book.events_lost();
        notes.extend((lost > 0).then(|| format!("{lost} changes came too fast to be printed")));
        notes
    }

    /// What failed so that waiting does not help: a file that is none, a machine that does not run.
    pub(super) fn failure(&self) -> Option<String> {
        let agent = self.agent.as_ref().filter(|agent| agent.is_broken()).and_then(AgentPort::note);
        let leases = self.leases.as_ref().filter(|l| l.named).and_then(|l| l.set.status().failure());
        let arp = self.arp.as_ref().and_then(Arp::failure);
        agent.or(leases).or(self.capture.as_ref().and_then(Capture::note)).or(arp)
    }

    /// Why each has said nothing, a line each; `all` is whether those that have nothing to say count too.
    pub(super) fn silence(&self, all: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let mut say = |name: &str, status: Status, nothing: &str| match status {
            Status::Ready => lines.extend(all.then(|| format!("{name}: {nothing}"))),
            Status::Waiting(why) | Status::Failed(why) => lines.push(format!("{name}: {why}")),
        };
        if let Some(agent) = &self.agent {
            let status = agent.note().map_or(agent.source.status(), Status::Failed);
            say("agent", status, "the guest has no address on these cards");
        }
        if let Some(leases) = &self.leases {
            say("lease", leases.set.status(), "no lease for these cards");
        }
        if let Some(arp) = &self.arp {
            say("arp", arp.source.status(), "this host has not talked to these cards lately");
        }
        if let Some(capture) = &self.capture {
            let status = capture.note().map_or(capture.snoop.status(), Status::Failed);
            say("snoop", status, "no frame of these cards says which addresses they have");
        }
        lines
    }

    /// What the command line asks the book for.
    pub(super) fn query(&self, args: &Args, asked: Source, waits: bool) -> Query {
        let nic = args.interface.as_ref().map(|name| {
            let found = self.book.nics().iter().find(|nic| *nic.name == **name);
            // No card has the highest number, and the book says that there is none.
            found.map_or(NicId(u32::MAX), |nic| nic.id)
        });
        let scope = match args.scope {
            Some(only) => only.0,
            None => waits.then_some(super::Scope::Global),
        };
        Query { nic, source: asked.name(), family: args.family.0, scope }
    }
}

impl Arp {
    fn open(live: bool) -> Self {
        let mut source = ArpSource::default();
        // Without being told, it is read every second.
        let watch = live.then(|| NeighbourWatch::new().ok()).flatten();
        source.set_watched(watch.is_some());
        Self { source, watch, read_for: None }
    }

    fn step(&mut self, book: &mut AddressBook, clock: Clock) {
        let changes = book.nics().changes();
        let told = self.watch.as_mut().is_some_and(|watch| watch.changed().unwrap_or(true));
        if told || self.read_for != Some(changes) {
            self.source.changed(clock.now);
        }
        if self.source.deadline().is_some_and(|due| due <= clock.now) {
            self.read_for = Some(changes);
        }
        book.pull(&mut self.source, clock);
    }

    fn failure(&self) -> Option<String> {
        self.source.status().failure()
    }
}

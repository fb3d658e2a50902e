//! The whole of it: every source, one book.

use std::net::IpAddr;
use std::time::Instant;

use innkeeper_services::addresses::arp::ArpSource;
use innkeeper_services::addresses::lease::{DirectoryWatch, LeaseFile, LeaseSource};
use innkeeper_services::addresses::snoop::{Config, Snoop};
use innkeeper_services::addresses::{
    Address, AddressBook, AddressEvent, AddressSource, Evidence, Limits, Nic, NicId, State,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Time;
use super::agent::Agent;
use super::dhcp::{Capture, MAC, Network, PORT};
use crate::process::{LOOK, PATIENCE};

/// The guest's card.
pub const NIC: NicId = NicId(0);

/// Everything that watches the guest.
pub struct Watcher {
    /// The merged answer.
    pub book: AddressBook,
    /// What was captured on the guest's port.
    pub capture: Capture,
    /// The book's events, with the time at which they were taken.
    pub events: Vec<(u64, AddressEvent)>,
    /// dnsmasq's file.
    pub lease: LeaseSource<LeaseFile>,
    watch: DirectoryWatch,
    snoop: Snoop,
    arp: ArpSource,
    agent: Agent,
    time: Time,
}

impl Watcher {
    /// Watches the guest of `network`.
    pub fn start(network: &Network) -> Self {
        let time = Time::start();
        let mut book = AddressBook::new(Limits::default());
        book.add_nic(Nic { id: NIC, mac: MAC, name: PORT.into() }, time.now());
        let trusted_servers = vec!["192.168.77.1".parse().expect("an address")];
        let mut snoop = Snoop::new(Config { trusted_servers, traffic: true });
        snoop.add_nic(NIC, MAC);
        Self {
            book,
            capture: Capture::start(&time),
            events: Vec::new(),
            lease: LeaseSource::new(LeaseFile::new(network.leases())),
            watch: DirectoryWatch::new(&network.leases()).expect("a watch"),
            snoop,
            arp: ArpSource::default(),
            agent: network.agent(&time),
            time,
        }
    }

    /// The time now, in nanoseconds since 1970.
    pub fn now(&self) -> u64 {
        self.time.now()
    }

    /// Waits for the lease file or the agent, not long, and does what is to be done.
    pub fn turn(&mut self) {
        let mut files =
            [PollFd::new(&self.watch, PollFlags::IN), PollFd::new(self.agent.port(), PollFlags::IN)];
        let soon = Timespec { tv_sec: 0, tv_nsec: i64::from(LOOK.subsec_nanos()) };
        let _ = poll(&mut files, Some(&soon));
        let now = self.now();
        if self.watch.changed().expect("inotify") {
            self.lease.changed(now);
        }
        assert!(self.agent.turn(now), "qemu-ga closed its socket");
        let snoop = &mut self.snoop;
        self.capture.feed(&mut |frame| snoop.captured(now, frame));
        for (duid, iaid, nic) in self.snoop.take_links() {
            self.lease.learn(duid, iaid, nic);
        }
        let clock = self.time.clock();
        let sources: [&mut dyn AddressSource; 4] =
            [&mut self.lease, &mut self.snoop, &mut self.arp, &mut self.agent.source];
        for source in sources {
            self.book.pull(source, clock);
        }
        while let Some(event) = self.book.next_event() {
            self.events.push((self.now(), event));
        }
    }

    /// Watches until there is something.
    pub fn until<T>(&mut self, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            self.turn();
            if let Some(found) = look(self) {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "nothing after {PATIENCE:?}: {what}\n{}", self.said());
        }
    }

    /// An address of the guest.
    pub fn address(&self, address: IpAddr) -> Option<&Address> {
        self.book.addresses(NIC).iter().find(|a| a.address == address)
    }

    /// What `source` says of `address` and is not over.
    pub fn evidence(&self, source: &str, address: IpAddr) -> Option<&Evidence> {
        let mut evidence = self.address(address)?.evidence.iter();
        evidence.find(|e| e.source == source && e.state_at(self.now()) != State::Expired)
    }

    /// The sources that speak for `address`, in alphabetical order.
    pub fn sources(&self, address: IpAddr) -> Vec<&'static str> {
        let evidence = self.address(address).into_iter().flat_map(|a| &a.evidence);
        let now = self.now();
        let mut sources: Vec<_> =
            evidence.filter(|e| e.state_at(now) != State::Expired).map(|e| e.source).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// Everything that was said, for a test that failed.
    pub fn said(&self) -> String {
        let events: String = self.events.iter().map(|(at, e)| format!("{at} {e}\n")).collect();
        let sources: [&dyn AddressSource; 4] = [&self.lease, &self.snoop, &self.arp, &self.agent.source];
        let status: String = sources.map(|s| format!("{}: {}\n", s.name(), s.status())).concat();
        format!("{events}{status}{} frames\n{:#?}", self.capture.count, self.book.addresses(NIC))
    }
}

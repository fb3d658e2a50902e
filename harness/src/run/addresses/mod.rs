//! Which addresses a guest has, in scenarios: the book and its sources, fed by a scripted agent, lease file
//! and frames, and the log that the golden is made of. Guest time is the scenario's; the host's clock is
//! the section's and counts with it.

mod cable;
mod file;
mod frame;
mod judge;
mod spoken;
mod table;
#[cfg(test)]
mod tests;
pub mod verbs;

use std::collections::BTreeMap;

use innkeeper_services::addresses::lease::LeaseSource;
use innkeeper_services::addresses::snoop::{Snoop, Way};
use innkeeper_services::addresses::{AddressBook, AddressSource, Clock, Limits, Nic, NicId, SECOND, Status};

use super::log::Log;
use super::verdict::Failure;
use crate::scenario::{Span, addresses as model};
use cable::Cable;
use file::Scripted;

/// The addresses of a scenario's guest.
pub struct Addresses {
    domain: String,
    running: bool,
    book: AddressBook,
    agent: Option<Cable>,
    lease: Option<LeaseSource<Scripted>>,
    snoop: Option<Snoop>,
    /// What steps have planned, by time and then in the order of the steps.
    plan: BTreeMap<(u64, u64), Planned>,
    planned: u64,
    /// Every card there ever was, by its name.
    names: Vec<(String, NicId)>,
    now: u64,
    /// The host's wall clock and the time since it booted, less guest time, in nanoseconds.
    unix: u64,
    boot: u64,
    log: Log,
    /// What each source said last, as far as the log has it.
    said: BTreeMap<&'static str, Status>,
    watch: Option<Watch>,
}

/// Something to come.
enum Planned {
    /// Something happens to the lease file; whether that is told.
    File(file::Change, bool),
    /// A frame on a card's port.
    Frame(NicId, Way, Vec<u8>),
    /// A captured frame.
    Captured(Vec<u8>),
}

/// An assertion looked at whenever anything happens, not only when the scenario looks.
struct Watch {
    held: Held,
    broken: Option<Failure>,
}

/// What is expected.
#[derive(Clone)]
pub enum Held {
    /// Of the merged answer.
    Addresses(model::Shows),
    /// Of a source.
    Status(model::Status),
}

impl Addresses {
    /// The addresses of section `section`, at the beginning of time.
    pub fn new(section: &model::Section) -> Self {
        let mut new = Addresses {
            domain: section.domain.clone().unwrap_or_else(|| "guest".into()),
            running: true,
            book: AddressBook::new(Limits::default()),
            agent: section.agent.as_ref().map(Cable::new),
            lease: section.lease.as_ref().map(|file| LeaseSource::new(Scripted::new(file))),
            snoop: section.snoop.as_ref().map(|config| Snoop::new(frame::config(config))),
            plan: BTreeMap::new(),
            planned: 0,
            names: Vec::new(),
            now: 0,
            unix: section.unix.unwrap_or(1_800_000_000).saturating_mul(SECOND),
            boot: section.booted.unwrap_or(1000).saturating_mul(SECOND),
            log: Log::default(),
            said: BTreeMap::new(),
            watch: None,
        };
        section.nics.iter().for_each(|nic| new.plug(nic));
        new.settle();
        new
    }

    /// Does what is due until `end`, each thing at its own time.
    pub fn run_until(&mut self, end: u64) {
        loop {
            self.settle();
            match self.deadline().filter(|due| *due < end) {
                Some(due) => self.now = due,
                None if self.now >= end => return,
                None => self.now = end,
            }
        }
    }

    /// The conversation so far, and what changed, a line each.
    pub fn conversation(&self) -> String {
        self.log.text()
    }

    fn clock(&self) -> Clock {
        let (unix, boot) = (self.unix.wrapping_add(self.now), self.boot.wrapping_add(self.now));
        Clock { now: self.now, unix, boot }
    }

    /// When something next happens by itself, after now.
    fn deadline(&self) -> Option<u64> {
        let agent = self.agent.as_ref();
        let all = [
            self.plan.keys().next().map(|(at, _)| *at),
            agent.and_then(|c| c.source.deadline()),
            agent.and_then(|c| c.agent.deadline()),
            self.lease.as_ref().and_then(AddressSource::deadline),
            self.snoop.as_ref().and_then(AddressSource::deadline),
            self.book.deadline(),
        ];
        all.into_iter().flatten().filter(|at| *at > self.now).min()
    }

    /// Does everything that is due now; bytes take no time.
    fn settle(&mut self) {
        self.carry_out();
        if let Some(cable) = &mut self.agent {
            cable.settle(self.now, &mut self.log);
        }
        self.poll();
        self.book.tick(self.now);
        self.write_log();
        self.look();
    }

    /// Polls sources as their contract says: when their time has come, or after they were given something.
    fn poll(&mut self) {
        let clock = self.clock();
        let due = |source: &dyn AddressSource| source.deadline().is_some_and(|at| at <= clock.now);
        if let Some(cable) = self.agent.as_mut().filter(|c| due(&c.source)) {
            self.book.pull(&mut cable.source, clock);
        }
        if let Some(snoop) = self.snoop.as_mut().filter(|s| due(*s)) {
            self.book.pull(snoop, clock);
            let links = snoop.take_links();
            if let Some(lease) = &mut self.lease {
                links.into_iter().for_each(|(duid, iaid, nic)| lease.learn(duid, iaid, nic));
            }
        }
        if let Some(lease) = self.lease.as_mut().filter(|l| due(*l)) {
            self.book.pull(lease, clock);
        }
    }

    fn carry_out(&mut self) {
        while let Some(entry) = self.plan.first_entry().filter(|e| e.key().0 <= self.now) {
            match entry.remove() {
                Planned::File(change, told) => self.change_file(change, told),
                Planned::Frame(nic, way, bytes) => {
                    if let Some(snoop) = &mut self.snoop {
                        snoop.frame(self.now, nic, way, &bytes);
                    }
                }
                Planned::Captured(bytes) => {
                    if let Some(snoop) = &mut self.snoop {
                        snoop.captured(self.now, &bytes);
                    }
                }
            }
            // The next frame of the same moment finds the one before already looked at.
            self.poll();
        }
    }

    fn change_file(&mut self, change: file::Change, told: bool) {
        let Some(lease) = &mut self.lease else { return };
        let line = lease.reader_mut().change(change);
        if told {
            lease.changed(self.now);
        }
        self.log.line(self.now, &line);
    }

    /// Plans something for a time from now on.
    fn plan(&mut self, at: u64, what: Planned) {
        self.planned += 1;
        self.plan.insert((at, self.planned), what);
    }

    fn write_log(&mut self) {
        while let Some(event) = self.book.next_event() {
            let name = self.name(event.nic);
            let line = format!("{name} {event}");
            self.log.line(event.at, &line);
        }
        for (name, status) in self.statuses() {
            if self.said.get(name) != Some(&status) {
                self.log.line(self.now, &format_args!("{name} is {status}"));
                self.said.insert(name, status);
            }
        }
    }

    fn statuses(&self) -> Vec<(&'static str, Status)> {
        let agent = self.agent.as_ref().map(|c| &c.source as &dyn AddressSource);
        let lease = self.lease.as_ref().map(|l| l as &dyn AddressSource);
        let snoop = self.snoop.as_ref().map(|s| s as &dyn AddressSource);
        [agent, lease, snoop].into_iter().flatten().map(|s| (s.name(), s.status())).collect()
    }

    /// Looks at what is to hold throughout.
    fn look(&mut self) {
        let Some(mut watch) = self.watch.take() else { return };
        if watch.broken.is_none() {
            let at = Span(self.now);
            let looked = judge::holds(self, &watch.held);
            watch.broken = looked.err().map(|f| f.detail(format!("first at {at} of guest time")));
        }
        self.watch = Some(watch);
    }

    fn name(&self, id: NicId) -> &str {
        self.names.iter().find(|(_, other)| *other == id).map_or("?", |(name, _)| name)
    }

    /// The card of this name that is plugged in.
    fn nic(&self, name: &str) -> Option<NicId> {
        self.book.nics().iter().find(|nic| &*nic.name == name).map(|nic| nic.id)
    }

    fn plug(&mut self, nic: &model::Nic) {
        let id = NicId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push((nic.id.clone(), id));
        self.book.add_nic(Nic { id, mac: nic.mac.0, name: nic.id.as_str().into() }, self.now);
        if let Some(snoop) = &mut self.snoop {
            snoop.add_nic(id, nic.mac.0);
        }
        if let (Some(lease), Some(client)) = (&mut self.lease, &nic.dhcp6) {
            lease.learn(client.duid.0.clone(), client.iaid, id);
        }
        self.log.line(self.now, &format_args!("{} plugged in, {}", nic.id, nic.mac.0));
    }

    fn unplug(&mut self, id: NicId) {
        self.book.remove_nic(id, self.now);
        if let Some(snoop) = &mut self.snoop {
            snoop.remove_nic(id);
        }
        let line = format!("{} pulled out", self.name(id));
        self.log.line(self.now, &line);
    }

    /// The guest is reset: its agent's port closes, and what was said before is void.
    pub fn reset(&mut self) {
        self.log.line(self.now, &"the guest is reset");
        self.forget();
    }

    /// The guest is off.
    pub fn cut(&mut self) {
        self.log.line(self.now, &"the guest is off");
        self.running = false;
        self.forget();
    }

    fn forget(&mut self) {
        if let Some(cable) = &mut self.agent {
            cable.agent.disconnect();
            cable.settle(self.now, &mut self.log);
            cable.source.reset(self.now);
        }
        if let Some(lease) = &mut self.lease {
            lease.reset(self.now);
        }
        if let Some(snoop) = &mut self.snoop {
            snoop.reset(self.now);
        }
        self.book.reset(self.now);
        if self.running {
            self.settle();
        } else {
            self.write_log();
        }
    }

    /// Everything that is known, for evidence.
    pub fn json(&self) -> String {
        innkeeper_services::addresses::json::render(&self.book, &Default::default(), self.now)
    }
}

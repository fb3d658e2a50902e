//! The client with a scripted agent: whatever that does, the client comes back, and holds little.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::script::{Answer, Id, Rule, ScriptedAgent};
use super::*;
use crate::addresses::book::{AddressBook, Limits};
use crate::addresses::nic::{Nic, NicId};
use crate::addresses::table;
use crate::clipboard::Bounded;

const GUEST: &str = "52:54:00:12:34:56";

fn interfaces() -> Value {
    let ip = |kind: &str, address: &str, prefix: u8| json!({"ip-address-type": kind, "ip-address": address, "prefix": prefix});
    json!([
        {"name": "lo", "hardware-address": "00:00:00:00:00:00",
         "ip-addresses": [ip("ipv4", "127.0.0.1", 8), ip("ipv6", "::1", 128)],
         "statistics": {"rx-bytes": 1}},
        {"name": "eth0", "hardware-address": GUEST,
         "ip-addresses": [ip("ipv4", "10.0.0.7", 24), ip("ipv6", "fe80::7", 64)]},
        {"name": "eth0:1", "hardware-address": GUEST, "ip-addresses": [ip("ipv4", "10.0.1.7", 24)]},
        {"name": "bond0", "hardware-address": GUEST, "ip-addresses": [ip("ipv4", "10.0.2.7", 24)]},
        {"name": "docker0", "hardware-address": "02:42:00:00:00:01",
         "ip-addresses": [ip("ipv4", "172.17.0.1", 16)]},
        {"name": "tun0"},
    ])
}

struct Pair {
    source: AgentSource,
    agent: ScriptedAgent,
    book: AddressBook,
    now: u64,
    open: bool,
    opened: u32,
    peak: usize,
}

fn pair(rules: Vec<Rule>) -> Pair {
    let mut agent = ScriptedAgent::new(interfaces(), rules);
    agent.connect();
    let mut book = AddressBook::new(Limits::default());
    book.add_nic(Nic { id: NicId(0), mac: GUEST.parse().unwrap(), name: "net0".into() }, 0);
    let source = AgentSource::new(Timing::default(), 1);
    Pair { source, agent, book, now: 0, open: false, opened: 0, peak: 0 }
}

impl Pair {
    /// Moves bytes both ways until none moves; the port follows both sides.
    fn settle(&mut self) {
        loop {
            let wants = self.agent.is_connected()
                && (!self.source.must_close() || self.source.reopen_at().is_some_and(|at| at <= self.now));
            if self.open && (!wants || self.source.must_close()) {
                self.source.closed(self.now);
                self.open = false;
            } else if wants && !self.open {
                self.source.opened(self.now);
                (self.open, self.opened) = (true, self.opened + 1);
            }
            let (mut to_guest, mut to_host) = (Vec::new(), Bounded::new(1 << 16));
            self.source.transmit(self.now, &mut to_guest);
            self.agent.receive(self.now, &to_guest);
            self.agent.transmit(self.now, &mut to_host);
            self.source.receive(self.now, to_host.bytes());
            self.peak = self.peak.max(self.source.buffered());
            if to_guest.is_empty() && to_host.bytes().is_empty() && self.open == self.agent.is_connected() {
                return;
            }
            if to_guest.is_empty() && to_host.bytes().is_empty() && !wants && !self.open {
                return;
            }
        }
    }

    fn run_for(&mut self, ns: u64) {
        let end = self.now + ns;
        loop {
            self.settle();
            self.book.pull(&mut self.source, Clock { now: self.now, unix: 0, boot: 0 });
            let due = [self.source.deadline(), self.agent.deadline()]
                .into_iter()
                .flatten()
                .filter(|d| *d > self.now);
            match due.min().filter(|due| *due <= end) {
                Some(due) => self.now = due,
                None if self.now >= end => return,
                None => self.now = end,
            }
        }
    }

    fn addresses(&self) -> Vec<String> {
        self.book.addresses(NicId(0)).iter().map(|a| a.address.to_string()).collect()
    }
}

#[test]
fn it_says_what_the_guest_has_on_its_cards() {
    let mut pair = pair(Vec::new());
    pair.run_for(SECOND);
    assert_eq!(pair.addresses(), ["10.0.0.7", "fe80::7", "10.0.1.7", "10.0.2.7"]);
    assert_eq!(pair.source.status(), Status::Ready);
    let rows = pair.source.interfaces().unwrap().1.rows();
    assert_eq!(
        table::render(&rows, table::Style::default()),
        include_str!("../../../tests/fixtures/addresses/agent.table")
    );
    let bond = &pair.book.addresses(NicId(0))[3].evidence[0];
    assert_eq!(bond.interface.as_deref(), Some("bond0"));
}

#[test]
fn whatever_the_agent_does_once_the_client_comes_back() {
    let once = |command: &str, answer: Answer| Rule { times: Some(1), ..Rule::new(command, answer) };
    let delimited = "guest-sync-delimited";
    let error = |class: &str| Answer::Error(class.into(), "no".into());
    for (name, rules) in [
        ("nothing odd", vec![]),
        ("no delimited sync", vec![Rule::new(delimited, error("CommandNotFound"))]),
        ("silent to delimited sync", vec![Rule::new(delimited, Answer::Never)]),
        ("silent at first", vec![Rule { times: Some(2), ..Rule::new("*", Answer::Never) }]),
        ("silent for long", vec![Rule { times: Some(9), ..Rule::new("*", Answer::Never) }]),
        ("silent to the command once", vec![once(ASK, Answer::Never)]),
        ("late", vec![Rule { delay: 7 * SECOND, ..once(ASK, Answer::Usual) }]),
        ("late to sync", vec![Rule { delay: 6 * SECOND, ..once(delimited, Answer::Usual) }]),
        (
            "garbage before",
            vec![Rule {
                before: b"}}garbage\n{\"return\": 7}\n\xff\xfe".to_vec(),
                ..Rule::new("*", Answer::Usual)
            }],
        ),
        (
            "half a line before",
            vec![Rule { before: b"{\"return\": {\"a".to_vec(), ..once(delimited, Answer::Usual) }],
        ),
        ("half an answer, then gone", vec![Rule { cut: Some(30), ..once(ASK, Answer::Usual) }]),
        ("another id once", vec![Rule { id: Id::Wrong, ..once(ASK, Answer::Usual) }]),
        ("never an id", vec![Rule { id: Id::None, ..Rule::new("*", Answer::Usual) }]),
        ("an error once", vec![once(ASK, error("GenericError"))]),
        ("no list", vec![once(ASK, Answer::Return(json!({})))]),
        ("100 MiB", vec![once(ASK, Answer::Huge(100 << 20))]),
        ("100 MiB at sync", vec![once(delimited, Answer::Huge(100 << 20))]),
    ] {
        let mut pair = pair(rules);
        for _ in 0..60 {
            pair.run_for(4 * SECOND);
            pair.agent.connect();
        }
        assert_eq!(pair.addresses().len(), 4, "{name}: {:?}", pair.agent.asked());
        assert_eq!(pair.source.error(), None, "{name}");
        assert!(pair.peak <= 2 * MAX_LINE + 8192, "{name}: {} bytes held", pair.peak);
    }
}

#[test]
fn each_failure_has_its_name() {
    let text = || Answer::Error("GenericError".into(), "Command has been disabled".into());
    for (name, rules, want) in [
        ("silence", vec![Rule::new("*", Answer::Never)], AgentError::Sync(5 * SECOND)),
        ("silence after sync", vec![Rule::new(ASK, Answer::Never)], AgentError::Command(5 * SECOND)),
        (
            "disabled",
            vec![Rule::new(ASK, text())],
            AgentError::Refused(ASK, "Command has been disabled".into()),
        ),
        ("gone", vec![Rule { cut: Some(30), ..Rule::new(ASK, Answer::Usual) }], AgentError::Disappeared),
        ("too long", vec![Rule::new(ASK, Answer::Huge(3 << 20))], AgentError::TooLarge),
        ("no list", vec![Rule::new(ASK, Answer::Return(json!(7)))], AgentError::Malformed),
    ] {
        let mut pair = pair(rules);
        pair.run_for(7 * SECOND);
        assert_eq!(pair.source.error(), Some(&want), "{name}");
    }
}

#[test]
fn an_open_port_is_not_said_to_be_unconnected() {
    let mut pair = pair(vec![Rule { delay: SECOND, ..Rule::new(ASK, Answer::Usual) }]);
    pair.agent.disconnect();
    pair.run_for(1);
    assert_eq!(pair.source.status(), Status::Waiting("QEMU guest agent is not connected".into()));
    pair.agent.connect();
    pair.run_for(1);
    assert_eq!(pair.source.status(), Status::Waiting("the guest agent has not answered yet".into()));
    pair.run_for(SECOND);
    assert_eq!(pair.source.status(), Status::Ready);
}

#[test]
fn a_port_without_answers_is_opened_less_and_less_often() {
    let mut pair = pair(vec![Rule::new("*", Answer::Never)]);
    pair.run_for(600 * SECOND);
    // 10 s of trying each time, and 1, 2, 4, 8, 16, 32, 60, 60... s between.
    assert_eq!(pair.opened, 13);
}

#[test]
fn a_reset_voids_what_was_said() {
    let mut pair = pair(Vec::new());
    pair.run_for(SECOND);
    assert_eq!(pair.addresses().len(), 4);
    pair.agent.set_rules(vec![Rule::new("*", Answer::Never)]);
    pair.source.reset(pair.now);
    pair.run_for(1);
    assert!(pair.addresses().is_empty());
}

#[test]
fn odd_entries_are_left_out_and_counted() {
    let answer = json!([
        {"name": "a", "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "10.0.0.1", "prefix": 33}]},
        {"hardware-address": GUEST},
        {"name": "b", "ip-addresses": [{"ip-address-type": "ipv6", "ip-address": "10.0.0.1", "prefix": 8}]},
        {"name": "c", "hardware-address": "x", "ip-addresses": [7]},
        7,
    ]);
    let read = Interfaces::parse(answer).unwrap();
    assert_eq!((read.list.len(), read.odd), (3, 5));
    let many: Vec<_> = (0..2000).map(|i| json!({"name": format!("i{i}")})).collect();
    let read = Interfaces::parse(many.into()).unwrap();
    assert_eq!((read.list.len(), read.odd), (MAX_INTERFACES, 976));
}

proptest! {
    #[test]
    fn any_bytes_in_any_cut_leave_it_alive(
        junk in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'{'), Just(b'}'), Just(b'"'), Just(b'\n'), Just(0xff)], 0..400),
        cut in 1usize..50,
    ) {
        let mut pair = pair(Vec::new());
        pair.run_for(1);
        for part in junk.chunks(cut) {
            pair.source.receive(pair.now, part);
        }
        pair.run_for(60 * SECOND);
        prop_assert_eq!(pair.addresses().len(), 4);
        prop_assert_eq!(pair.source.error(), None);
    }

    #[test]
    fn lines_are_the_same_in_any_cut(
        bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(0xff)], 0..400),
        cut in 1usize..50,
    ) {
        let cut_into = |n: usize| {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            bytes.chunks(n).for_each(|part| lines.feed(part, &mut |line| found.push(format!("{line:?}"))));
            found
        };
        prop_assert_eq!(cut_into(cut), cut_into(usize::MAX));
    }
}

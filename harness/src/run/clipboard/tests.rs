//! Failures of the verbs, on scenarios that must not pass.

use std::sync::Arc;

use innkeeper_services::clipboard::agent::{Action, Agent, Profile, Reply};
use innkeeper_services::clipboard::{Bounded, Format};

use super::port::NAME;
use crate::diag::Source;
use crate::run::guest::{Guest, Stop};
use crate::run::verdict::{Class, Verdict};
use crate::run::{Context, Outcome, Tools, steps_on};
use crate::scenario::find::Project;
use crate::scenario::load;

/// The verdict of the scenario with these steps, and where its evidence is.
fn verdict(section: &str, steps: &str) -> (Verdict, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let project = Project::at(dir.path());
    let text = format!("scenario: 1\nname: t\nclipboard: {section}\nsteps:\n{steps}");
    let source = Arc::new(Source { path: "t.yaml".into(), text });
    let loaded = load::load_source(&project, &dir.path().join("t.yaml"), &source);
    let loaded = loaded.unwrap_or_else(|e| panic!("{e:?}"));
    let cell = &loaded.cells[0];
    let ctx = Context { project: &project, loaded: &loaded, cell, tools: Tools::default() };
    (crate::run::run(&ctx, "1").expect("a verdict"), dir)
}

const SET: &str = "  - clipboard_set: {side: guest, mime: text/plain, text: abc}\n";

#[test]
fn each_failure_says_what_was_found() {
    let eventually = |rest: &str| format!("  - eventually: {{within: 1s, {rest}}}\n");
    for (steps, message) in [
        (
            eventually("clipboard: {side: host, mime: text, size: 1B}"),
            "after 1s, the content has 3 bytes, not 1",
        ),
        (
            eventually("clipboard: {side: host, mime: text, text: {equals: abd}}"),
            "after 1s, the content differs from byte 2 on (3 bytes wanted, 3 found)",
        ),
        (
            eventually("clipboard: {side: host, mime: image/png, size: 1B}"),
            "after 1s, the guest offers no png in clipboard",
        ),
        (
            eventually("clipboard: {side: host, mime: text, outcome: busy}"),
            "after 1s, the paste brought 3 bytes",
        ),
        (
            eventually("clipboard: {side: host, mime: png, outcome: busy}"),
            "after 1s, the paste ended: not offered",
        ),
        (
            eventually("clipboard: {side: host, owner: nobody}"),
            "after 1s, clipboard is owned by guest, not by nobody",
        ),
        (
            eventually("clipboard: {side: guest, types: [text]}"),
            "after 1s, guest is offered none in clipboard, not text",
        ),
        (
            eventually("clipboard: {side: guest, mime: image/png, size: 1B}"),
            "after 1s, the host offers no png in clipboard to the guest",
        ),
        (eventually("clipboard_agent: {waiting: 2}"), "after 1s, 0 pastes of the guest wait for the host"),
        ("  - clipboard_memory: {max: 1B}\n".into(), "the session held"),
        (
            "  - clipboard_agent: {reply: {how: never}}\n  - clipboard_paste: {side: host, mime: text}\n"
                .to_string()
                + &eventually("clipboard: {side: host, mime: text, size: 3B}"),
            "after 1s, the paste on the host is not over",
        ),
        (
            "  - clipboard_agent: {reply: {after: 50ms}}\n  - clipboard_paste: {side: host, mime: text}\n"
                .to_string()
                + &eventually("clipboard: {side: host, mime: text, size: 4B}"),
            "the content has 3 bytes, not 4",
        ),
    ] {
        let (v, _dir) = verdict("{agent: linux}", &format!("{SET}{steps}"));
        assert_eq!(v.class, Class::Assertion, "{steps}{v:?}");
        assert!(v.message.starts_with(message), "{steps}: {}", v.message);
        assert!(
            v.evidence.join("clipboard.txt").is_file() || !v.evidence.exists(),
            "the conversation is kept"
        );
    }
}

#[test]
fn owner_changes_are_seen_when_they_happen() {
    let steps = "  - clipboard_agent: {reply: {how: never}}\n  - clipboard_agent: {release: {}}\n  - throughout: {for: 1s, clipboard_owner_changes: {max: 0}}\n";
    let (v, _dir) = verdict("{agent: windows}", &format!("{SET}{steps}"));
    assert_eq!((v.class, v.guest_ns), (Class::Assertion, 500_000_000), "the delay of a RELEASE");
    assert_eq!(v.message, "after 500ms of 1s, owners changed 1 times, more than 0");
}

/// A machine whose guest runs an agent at the port, and copies after a millisecond; then it sleeps.
struct Machine {
    now: u64,
    connected: bool,
    /// Whether its agent opens the port, and whether it announces itself then.
    opens: Option<bool>,
    agent: Agent,
}

impl Guest for Machine {
    fn run(&mut self, until: u64) -> Stop {
        if let (true, false, Some(announce)) = (self.connected, self.agent.is_connected(), self.opens) {
            self.agent.connect(announce);
        }
        if self.now < 1_000_000 && until >= 1_000_000 {
            self.agent.copy(0, [(Format::Text, b"of the guest"[..].into())]);
        }
        self.now = self.now.max(until);
        if self.now < 2_000_000 { Stop::Time } else { Stop::Asleep }
    }
    fn now(&self) -> u64 {
        self.now
    }
    fn take_port_output(&mut self, name: &str) -> Vec<u8> {
        assert_eq!(name, NAME);
        let mut out = Bounded::new(512);
        self.agent.transmit(self.now, &mut out);
        out.bytes().to_vec()
    }
    fn offer_port_input(&mut self, name: &str, bytes: &[u8]) -> usize {
        assert_eq!(name, NAME);
        self.agent.receive(self.now, bytes)
    }
    fn set_port_open(&mut self, name: &str, open: bool) -> bool {
        assert_eq!(name, NAME);
        self.connected = open;
        true
    }
    fn port_open(&mut self, _: &str) -> bool {
        self.agent.is_connected()
    }
}

/// Does the steps on the machine, whose agent was told this before.
fn steps_with(opens: Option<bool>, told: Action, steps: &str) -> Outcome {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("k"), "").expect("a kernel");
    let project = Project::at(dir.path());
    let text =
        format!("scenario: 1\nname: t\nmachine: {{kernel: {{file: k}}}}\nclipboard: {{}}\nsteps:\n{steps}");
    let source = Arc::new(Source { path: "t.yaml".into(), text });
    let loaded = load::load_source(&project, &dir.path().join("t.yaml"), &source);
    let loaded = loaded.unwrap_or_else(|e| panic!("{e:?}"));
    let cell = &loaded.cells[0];
    let ctx = Context { project: &project, loaded: &loaded, cell, tools: Tools::default() };
    let mut agent = Agent::new(Profile::LINUX);
    agent.act(told);
    steps_on(&ctx, Box::new(Machine { now: 0, connected: false, opens, agent }))
}

/// A last step that fails, so that no golden is looked for.
const END: &str = "  - clipboard_memory: {max: 1B}\n";

#[test]
fn a_machine_is_joined_by_its_port() {
    let steps =
        "  - eventually: {within: 1s, clipboard: {side: host, mime: text, text: {equals: of the guest}}}\n";
    let outcome = steps_with(Some(true), Action::Read(true), &format!("{steps}{END}"));
    assert_eq!(outcome.step, Some(1), "{:?}", outcome.failure);
    let said = outcome.session.and_then(|s| s.clipboard).expect("a clipboard").conversation();
    assert!(said.contains("0.001000000  guest -> host GRAB"), "{said}");
}

#[test]
fn a_machine_without_an_agent_is_told_apart() {
    for (opens, detail) in [
        (None, "the guest has not opened its port com.redhat.spice.0"),
        (Some(false), "no agent has announced itself at the guest's port com.redhat.spice.0"),
    ] {
        let step = "  - eventually: {within: 1s, clipboard: {side: host, owner: guest}}\n";
        let outcome = steps_with(opens, Action::Read(false), step);
        let failure = outcome.failure.expect("a failure");
        assert_eq!(failure.class, Class::GuestHang);
        assert_eq!(failure.details, ["clipboard is owned by nobody, not by guest", detail]);
    }
}

#[test]
fn a_sleeping_guest_does_not_end_a_wait_for_the_sessions_time_limit() {
    let steps = "  - eventually: {within: 1s, clipboard: {side: host, owner: guest}}\n  - clipboard_paste: {side: host, mime: text}\n  - eventually: {within: 6s, clipboard: {side: host, mime: text, outcome: timed_out}}\n";
    let outcome = steps_with(Some(true), Action::Reply(Reply::Never), &format!("{steps}{END}"));
    assert_eq!(outcome.step, Some(3), "{:?}", outcome.failure);
    let outcome = steps_with(Some(true), Action::Reply(Reply::Never), &steps.replace("6s", "3s"));
    let failure = outcome.failure.expect("a failure");
    assert_eq!((outcome.step, failure.class), (Some(2), Class::GuestHang), "the limit is later: {failure:?}");
}

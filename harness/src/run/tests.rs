//! The runner on a scripted guest: every way a step can end.

use std::path::Path;
use std::sync::Arc;

use super::guest::{Guest, Stop};
use super::verdict::{Class, Verdict};
use super::{Context, judge, steps_on};
use crate::diag::Source;
use crate::scenario::find::Project;
use crate::scenario::{Loaded, load};

/// A guest that does what its script says: at a guest time (ns) it prints, or stops.
struct Scripted {
    now: u64,
    script: Vec<(u64, Act)>,
    out: Vec<u8>,
    typed: Vec<u8>,
}

#[derive(Clone)]
enum Act {
    Print(&'static str),
    Stop(Stop),
    /// Sleeps until something is typed, then prints it back.
    Echo,
    Panic,
}

impl Guest for Scripted {
    fn run(&mut self, until: u64) -> Stop {
        while let Some((at, act)) = self.script.first().cloned().filter(|(at, _)| *at <= until) {
            self.now = self.now.max(at);
            match act {
                Act::Print(text) => self.out.extend(text.as_bytes()),
                Act::Stop(stop) => return stop,
                Act::Echo if self.typed.is_empty() => return Stop::Asleep,
                Act::Echo => self.out.append(&mut self.typed),
                Act::Panic => panic!("a panic of the guest's emulator"),
            }
            self.script.remove(0);
        }
        self.now = self.now.max(until);
        Stop::Time
    }
    fn now(&self) -> u64 {
        self.now
    }
    fn insns(&self) -> u64 {
        self.now
    }
    fn take_console(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
    fn type_in(&mut self, bytes: &[u8]) -> usize {
        // A buffer of two bytes.
        let n = bytes.len().min(2);
        self.typed.extend(&bytes[..n]);
        n
    }
    fn read(&self, at: u64, size: usize) -> Option<Vec<u8>> {
        // A word that counts milliseconds.
        (at == 0x1000).then(|| (self.now / 1_000_000).to_le_bytes()[..size.min(8)].to_vec())
    }
    fn registers(&self) -> Vec<(String, u128)> {
        vec![("x0".into(), 42)]
    }
    fn disassembly(&self) -> String {
        "nop\n".into()
    }
    fn recording(&mut self) -> Vec<u8> {
        b"recorded".into()
    }
    fn reset(&mut self) -> Result<(), String> {
        self.out.extend(b"again\n");
        Ok(())
    }
}

const MS: u64 = 1_000_000;

fn scenario(dir: &Path, body: &str) -> Loaded {
    let text = format!("scenario: 1\nname: t\nmachine: {{kernel: {{file: k}}}}\n{body}");
    std::fs::write(dir.join("k"), "").unwrap();
    let source = Arc::new(Source { path: "t.yaml".into(), text });
    load::load_source(&Project::at(dir), &dir.join("t.yaml"), &source).unwrap_or_else(|e| panic!("{e:?}"))
}

fn verdict(body: &str, script: &[(u64, Act)]) -> Verdict {
    super::panics::install();
    let dir = tempfile::tempdir().unwrap();
    let project = Project::at(dir.path());
    let loaded = scenario(dir.path(), body);
    let ctx = Context {
        project: &project,
        loaded: &loaded,
        cell: &loaded.cells[0],
        tools: super::Tools::default(),
    };
    let guest = Scripted { now: 0, script: script.to_vec(), out: Vec::new(), typed: Vec::new() };
    let outcome = steps_on(&ctx, Box::new(guest));
    judge(&ctx, outcome, dir.path().to_path_buf(), 1, 0)
}

fn class(body: &str, script: &[(u64, Act)]) -> Class {
    verdict(body, script).class
}

#[test]
fn waits_go_forward_only() {
    let script = [(MS, Act::Print("one\ntwo\n")), (2 * MS, Act::Stop(Stop::Exit(0)))];
    let in_order =
        "steps: [{wait_console: {text: one}}, {wait_console: {regex: 't.o'}}, {expect_exit: {code: 0}}]\n";
    assert_eq!(class(in_order, &script), Class::Pass);
    let backwards = verdict("steps: [{wait_console: {text: two}}, {wait_console: {text: one}}]\n", &script);
    assert_eq!(backwards.class, Class::Assertion);
    assert!(backwards.details[0].contains("printed earlier, on line 1"), "{:?}", backwards.details);
    assert_eq!(backwards.step.unwrap().index, 1);
    assert_eq!(backwards.console_tail, ["one", "two"]);
}

#[test]
fn a_dead_guest_ends_a_wait_at_once() {
    let body = "steps: [{wait_console: {text: never, timeout: 5s}}]\n";
    for (stop, expected) in [
        (Stop::Crash("of a fall".into()), Class::GuestCrash),
        (Stop::Asleep, Class::GuestHang),
        (Stop::Exit(3), Class::Assertion),
        (Stop::Reset, Class::Assertion),
        (Stop::Failed("no luck".into()), Class::EmulatorBug),
    ] {
        let v = verdict(body, &[(MS, Act::Stop(stop))]);
        assert_eq!((v.class, v.guest_ns), (expected, MS), "not a nanosecond later");
    }
}

#[test]
fn whichever_comes_first_decides() {
    let body = "steps: [{wait_console: {text: good, fail_on: [bad]}}]\n";
    assert_eq!(class(body, &[(MS, Act::Print("good then bad"))]), Class::Pass);
    let v = verdict(body, &[(MS, Act::Print("bad then good"))]);
    assert_eq!((v.class, v.message.as_str()), (Class::Assertion, "the console shows \"bad\" first"));
}

#[test]
fn what_must_never_appear_is_watched_from_the_beginning() {
    let body = "steps: [{wait_console: {text: end}}, {console_never: {text: [Oops]}}]\n";
    assert_eq!(class(body, &[(MS, Act::Print("Oops\n")), (2 * MS, Act::Print("end"))]), Class::Assertion);
    assert_eq!(class(body, &[(MS, Act::Print("end"))]), Class::Pass);
}

#[test]
fn input_wakes_a_sleeper_and_waits_for_room() {
    let body = "steps: [{send_console: {text: abcd}}, {wait_console: {text: ab}}]\n";
    assert_eq!(class(body, &[(MS, Act::Echo), (2 * MS, Act::Echo)]), Class::Pass);
}

#[test]
fn eventually_retries_and_throughout_does_not_forgive() {
    let five = "{at: 4096, size: 1, value: 5}";
    let eventually = |within: &str| format!("steps: [{{eventually: {{within: {within}, peek: {five}}}}}]\n");
    assert_eq!(class(&eventually("9ms"), &[]), Class::Pass);
    let late = verdict(&eventually("3ms"), &[]);
    assert_eq!(late.class, Class::Assertion);
    assert!(late.message.starts_with("after 3ms, memory at 0x1000"), "{}", late.message);
    let held = "steps: [{throughout: {for: 3ms, registers: {x0: 42}}}]\n";
    assert_eq!(class(held, &[]), Class::Pass);
    let broken = "steps: [{throughout: {for: 3ms, console_never: {text: [x]}}}]\n";
    assert_eq!(class(broken, &[(2 * MS, Act::Print("x"))]), Class::Assertion);
    assert_eq!(class(broken, &[(4 * MS, Act::Print("x"))]), Class::Pass);
}

#[test]
fn limits_are_guest_time() {
    let test = "timeouts: {test: 20ms, step: 10ms}\nsteps: [{wait_console: {text: a, timeout: 1h}}]\n";
    let v = verdict(test, &[]);
    assert_eq!((v.class, v.guest_ns), (Class::GuestHang, 20 * MS));
    let step = "timeouts: {test: 20ms, step: 10ms}\nsteps: [{wait_console: {text: a}}]\n";
    let v = verdict(step, &[]);
    assert_eq!((v.class, v.guest_ns), (Class::Assertion, 10 * MS));
}

#[test]
fn exits_are_told_apart() {
    let exits = |body: &str, stop: Stop| {
        class(&format!("steps: [{{expect_exit: {body}}}]\n"), &[(MS, Act::Stop(stop))])
    };
    assert_eq!(exits("{code: 7}", Stop::Exit(7)), Class::Pass);
    assert_eq!(exits("{code: 7}", Stop::Exit(0)), Class::Assertion);
    assert_eq!(exits("{code: 0}", Stop::Crash(String::new())), Class::GuestCrash);
    assert_eq!(exits("{class: guest_crash}", Stop::Crash(String::new())), Class::Pass);
    assert_eq!(exits("{class: guest_hang}", Stop::Asleep), Class::Pass);
    assert_eq!(exits("{class: exit}", Stop::Exit(9)), Class::Pass);
    assert_eq!(exits("{class: reset}", Stop::Reset), Class::Pass);
}

#[test]
fn a_reset_goes_on_with_a_fresh_cursor() {
    let body =
        "steps: [{wait_console: {text: a}}, {power: {action: reset}}, {wait_console: {text: again}}]\n";
    assert_eq!(class(body, &[(MS, Act::Print("a"))]), Class::Pass);
}

#[test]
fn a_panic_keeps_the_console() {
    let v = verdict("steps: [{wait_console: {text: b}}]\n", &[(MS, Act::Print("a\n")), (2 * MS, Act::Panic)]);
    assert_eq!(v.class, Class::HarnessBug, "this panic is in a file of the harness");
    assert_eq!(v.console_tail, ["a"]);
    assert!(v.details[0].contains("run/tests.rs"), "{:?}", v.details);
}

#[test]
fn quarantine_turns_a_failure_and_notices_a_pass() {
    let body = |until: &str| {
        format!(
            "quarantine: [{{issue: \"#12\", until: \"{until}\"}}]\nsteps: [{{expect_exit: {{code: 0}}}}]\n"
        )
    };
    let fails = [(MS, Act::Stop(Stop::Exit(1)))];
    let passes = [(MS, Act::Stop(Stop::Exit(0)))];
    let v = verdict(&body("2999-01-31"), &fails);
    assert_eq!((v.class, v.underlying), (Class::QuarantinedFail, Some(Class::Assertion)));
    assert!(v.class.passes());
    assert_eq!(class(&body("2999-01-31"), &passes), Class::UnexpectedPass);
    assert_eq!(class(&body("2020-01-31"), &fails), Class::Assertion, "an expired quarantine protects nobody");
    assert_eq!(class(&body("2020-01-31"), &passes), Class::ScenarioError);
}

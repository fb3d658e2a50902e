//! The host's Wayland clipboard on a headless Sway, with wl-clipboard's programs as the others there.

mod compositor;
mod sway;

use std::process::Stdio;

use innkeeper_services::clipboard::agent::{Action, Reply};
use innkeeper_services::clipboard::hosts::wayland::WaylandHost;
use innkeeper_services::clipboard::{Format, Outcome, Selection};

use crate::content::{PNG, Paste, content};
use crate::desk::Desk;
use crate::desktop::{self, BIG, CLIP, Desktop};
use crate::process::{Process, Signal, until};
use compositor::Compositor;
pub use sway::Sway;

/// What these tests start.
pub const PROGRAMS: &[&str] = &["sway", "wl-copy", "wl-paste"];

crate::tests! {
    types_of_what_the_guest_copied
    two_clipboards_on_one_desktop_see_each_other
    an_owner_that_never_answers_is_given_up
    an_owner_that_dies_while_it_is_asked_leaves_the_beginning
    a_reader_that_dies_harms_nobody
    a_guest_that_refuses_fails_the_applications_paste
    a_compositor_that_goes_is_said_so
    a_compositor_that_is_not_there_is_said_so
    by_ext_data_control_it_is_the_same
    a_compositor_without_either_protocol_is_said_so
}

impl Desktop for Sway {
    type Host = WaylandHost;

    const TEXTS: &[&str] = &["text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "TEXT", "STRING"];

    fn begin() -> Self {
        Sway::start()
    }

    fn clipboard(&self) -> WaylandHost {
        self.host()
    }

    fn owner(&self, selection: Selection, mime: &str, content: &[u8]) -> Process {
        self.copy_by(selection, mime, content)
    }

    fn pasting(&self, selection: Selection, mime: &str) -> Paste {
        self.paste(selection, mime)
    }
}

fn pair() -> (Sway, Desk<WaylandHost>) {
    desktop::pair()
}

fn types_of_what_the_guest_copied() {
    let (sway, mut desk) = pair();
    desk.agent.copy(0, [(Format::Text, b"text"[..].into()), (Format::Png, PNG.into())]);
    desk.pass(100);
    let printed = desk.host_pastes(sway.types(CLIP)).expect("a list");
    let printed = String::from_utf8(printed).expect("names");
    for name in ["text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "image/png"] {
        assert!(printed.lines().any(|line| line == name), "{name} in {printed}");
    }
    assert!(!printed.contains("image/bmp"), "{printed}");
}

fn two_clipboards_on_one_desktop_see_each_other() {
    let (sway, mut first) = pair();
    let mut second = Desk::new(sway.host());
    first.guest_copies(CLIP, Format::Text, b"of the first guest");
    first.pass(50);
    // What the second sees is no echo of its own.
    second.until("an offer", |_, agent| agent.host_offer(0).is_some());
    second.guest_requests(CLIP, Format::Text);
    until("an answer", || {
        second.pass(5);
        first.pass(5);
        (!second.agent.answered().is_empty()).then_some(())
    });
    assert_eq!(second.agent.take_answered()[0].content, b"of the first guest");
    assert_eq!(first.agent.host_offer(0), None, "the first sees its own echo and says nothing");
}

/// Stops an owner, so that it answers nothing, and has the guest paste.
fn asked_while_stopped(sway: &Sway, desk: &mut Desk<WaylandHost>) -> Process {
    let owner = sway.copy_by(CLIP, "text/plain", &content(BIG));
    desk.until("an offer", |_, agent| agent.host_offer(0).is_some());
    owner.signal(Signal::STOP);
    desk.guest_requests(CLIP, Format::Text);
    owner
}

fn an_owner_that_never_answers_is_given_up() {
    let (sway, mut desk) = pair();
    let _owner = asked_while_stopped(&sway, &mut desk);
    desk.until("an answer", |_, agent| !agent.answered().is_empty());
    assert_eq!(desk.agent.take_answered()[0].content, b"");
    assert_eq!(desk.outcomes(), [Outcome::TimedOut]);
}

fn an_owner_that_dies_while_it_is_asked_leaves_the_beginning() {
    let (sway, mut desk) = pair();
    let owner = asked_while_stopped(&sway, &mut desk);
    desk.pass(50);
    drop(owner);
    desk.until("an end", |session, agent| agent.waiting() == 0 && !session.observer().audit.is_empty());
    assert_eq!(desk.outcomes(), [Outcome::Empty], "the pipe has ended with nothing in it");
}

fn a_reader_that_dies_harms_nobody() {
    let (sway, mut desk) = pair();
    let all = content(BIG);
    desk.guest_copies(CLIP, Format::Text, &all);
    desk.pass(50);
    for ms in [0, 5, 20, 100] {
        // Nobody reads the other end of this pipe.
        let mut command = sway.pasting(CLIP, "text/plain");
        let reader = Process::start("wl-paste", command.stdout(Stdio::piped()));
        desk.pass(ms);
        drop(reader);
    }
    assert!(desk.host_pastes(sway.paste(CLIP, "text/plain")).expect("a paste") == all);
}

fn a_guest_that_refuses_fails_the_applications_paste() {
    let (sway, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    desk.pass(50);
    for (reply, outcome) in [(Reply::None, Outcome::NotOffered), (Reply::Never, Outcome::TimedOut)] {
        desk.agent.act(Action::Reply(reply));
        // Wayland has no word for a refusal.
        assert_eq!(desk.host_pastes(sway.paste(CLIP, "text/plain")), Some(Vec::new()));
        assert_eq!(desk.outcomes(), [outcome]);
    }
}

fn a_compositor_that_goes_is_said_so() {
    let (sway, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    drop(sway);
    let error = desk.run("an error", &mut |_, _| false).expect_err("an error");
    assert!(error.to_string().contains("the Wayland compositor is gone"), "{error}");
}

fn a_compositor_that_is_not_there_is_said_so() {
    let error = WaylandHost::connect(Some("/nowhere/wayland-0")).expect_err("no compositor");
    assert!(error.contains("/nowhere/wayland-0") && error.contains("set WAYLAND_DISPLAY"), "{error}");
}

fn by_ext_data_control_it_is_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("wayland-1");
    let compositor = Compositor::at(&path, true);
    let desk = || Desk::new(WaylandHost::connect(path.to_str()).expect("a compositor"));
    let (mut first, mut second) = (desk(), desk());
    for selection in Selection::ALL {
        let number = selection.number();
        for (format, content) in [(Format::Text, content(1 << 20)), (Format::Png, PNG.into())] {
            first.guest_copies(selection, format, &content);
            first.pass(5);
            second.until("an offer", |_, agent| agent.host_offer(number) == Some(format.into()));
            second.guest_requests(selection, format);
            until("an answer", || {
                second.pass(5);
                first.pass(5);
                (!second.agent.answered().is_empty()).then_some(())
            });
            assert!(second.agent.take_answered()[0].content == content);
            assert_eq!(first.agent.host_offer(number), None, "its own offer is an echo");
        }
        first.agent.act(Action::Release { selection: number, short: false });
        first.pass(5);
        second.until("the end of the offer", |_, agent| agent.host_offer(number).is_none());
    }
    drop(compositor);
    let error = first.run("an error", &mut |_, _| false).expect_err("an error");
    assert!(error.to_string().contains("the Wayland compositor is gone"), "{error}");
}

fn a_compositor_without_either_protocol_is_said_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("wayland-1");
    let _compositor = Compositor::at(&path, false);
    let error = WaylandHost::connect(path.to_str()).expect_err("no protocol");
    assert!(error.contains("neither ext-data-control-v1 nor") && error.contains("x11"), "{error}");
}

//! The host's X11 clipboard on Xvfb, with xclip and a scripted application as the others there.

mod app;

use innkeeper_services::clipboard::agent::{Action, Reply};
use innkeeper_services::clipboard::hosts::x11::X11Host;
use innkeeper_services::clipboard::{Format, Outcome, Selection};
use x11rb::protocol::xproto::SelectionRequestEvent;

use crate::content::{PNG, Paste, content};
use crate::desk::Desk;
use crate::desktop::{self, BIG, CLIP, Desktop};
use crate::display::Display;
use crate::process::Process;
use app::App;

/// What these tests start.
pub const PROGRAMS: &[&str] = &["Xvfb", "xclip"];

crate::tests! {
    targets_of_what_the_guest_copied
    string_is_latin_1_both_ways
    several_conversions_in_one_request
    an_owner_that_dies_fails_the_paste_at_once
    an_owner_that_dies_between_pieces_fails_the_paste_at_once
    an_owner_that_never_answers_is_given_up
    an_owner_that_is_slow_is_waited_for
    more_requests_than_may_wait_are_all_answered
    a_requestor_that_dies_harms_nobody
    a_guest_that_refuses_fails_the_applications_paste
    a_server_that_goes_is_said_so
    a_display_that_is_not_there_is_said_so
}

impl Desktop for Display {
    type Host = X11Host;

    const TEXTS: &[&str] = &["UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "TEXT"];

    fn begin() -> Self {
        Display::start()
    }

    fn clipboard(&self) -> X11Host {
        X11Host::connect(Some(self.name())).expect("the display's clipboard")
    }

    fn owner(&self, selection: Selection, mime: &str, content: &[u8]) -> Process {
        self.copy_target_by(selection, mime, content)
    }

    fn pasting(&self, selection: Selection, mime: &str) -> Paste {
        self.paste_target(selection, mime)
    }
}

fn pair() -> (Display, Desk<X11Host>) {
    desktop::pair()
}

fn targets_of_what_the_guest_copied() {
    let (display, mut desk) = pair();
    let both = [(Format::Text, b"text"[..].into()), (Format::Png, PNG.into())];
    desk.agent.copy(0, both);
    desk.until("a GRAB", |session, _| !session.observer().events.is_empty());
    desk.pass(50);
    let printed = desk.host_pastes(display.paste_target(CLIP, "TARGETS")).expect("a list");
    let printed = String::from_utf8(printed).expect("names");
    let names = [
        "TARGETS",
        "TIMESTAMP",
        "MULTIPLE",
        "UTF8_STRING",
        "STRING",
        "text/plain;charset=utf-8",
        "image/png",
    ];
    for name in names {
        assert!(printed.lines().any(|line| line == name), "{name} in {printed}");
    }
    assert!(!printed.contains("image/bmp"), "{printed}");
    let app = App::on(display.name());
    app.convert("CLIPBOARD", "TIMESTAMP", "TIME");
    desk.until("an answer", |_, _| app.answered() == Some(true));
    assert_ne!(app.take("TIME").expect("a time").1, [0; 4]);
}

fn string_is_latin_1_both_ways() {
    let (display, mut desk) = pair();
    let owner = display.copy_target_by(CLIP, "STRING", b"\xe9t\xe9");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), "été".as_bytes());
    drop(owner);
    desk.guest_copies(CLIP, Format::Text, "été €".as_bytes());
    assert_eq!(desk.host_pastes(display.paste_target(CLIP, "STRING")).as_deref(), Some(&b"\xe9t\xe9 ?"[..]));
}

fn several_conversions_in_one_request() {
    let (display, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, &content(200_000));
    let app = App::on(display.name());
    app.put_pairs("PAIRS", &[("UTF8_STRING", "A"), ("image/png", "B"), ("TIMESTAMP", "C")]);
    app.convert("CLIPBOARD", "MULTIPLE", "PAIRS");
    desk.until("an answer", |_, _| app.answered() == Some(true));
    let (_, pairs) = app.take("PAIRS").expect("pairs");
    let pairs: Vec<u32> = pairs.chunks(4).map(|w| u32::from_ne_bytes(w.try_into().expect("4"))).collect();
    assert_eq!((pairs[0], pairs[2]), (app.atom("UTF8_STRING"), 0), "what there is not is replaced by None");
    assert!(app.take("C").is_some() && app.take("B").is_none());
    // 200 000 bytes come in pieces.
    assert_eq!(app.take("A").expect("INCR").0, app.atom("INCR"));
    let mut all: Vec<u8> = Vec::new();
    desk.until("the pieces", |_, _| match app.take("A") {
        None => false,
        Some((_, piece)) => {
            all.extend(&piece);
            piece.is_empty()
        }
    });
    assert!(all == content(200_000));
}

/// Runs until an application is asked for its text.
fn asked(desk: &mut Desk<X11Host>, app: &App) -> SelectionRequestEvent {
    app.own("CLIPBOARD");
    desk.until("an offer", |_, agent| {
        assert!(app.next_request(&["UTF8_STRING"]).is_none());
        agent.host_offer(0).is_some()
    });
    desk.guest_requests(CLIP, Format::Text);
    let mut request = None;
    desk.until("a request", |_, _| {
        request = app.next_request(&[]);
        request.is_some()
    });
    request.expect("a request")
}

/// The guest's paste ends with nothing: by an answer without bytes, or by the end of the offer before it.
fn fails(desk: &mut Desk<X11Host>, outcome: Outcome) {
    desk.until("an end", |session, agent| agent.waiting() == 0 && !session.observer().audit.is_empty());
    assert!(desk.agent.take_answered().iter().all(|answered| answered.content.is_empty()));
    assert_eq!(desk.outcomes(), [outcome]);
}

fn an_owner_that_dies_fails_the_paste_at_once() {
    let (display, mut desk) = pair();
    let app = App::on(display.name());
    asked(&mut desk, &app);
    drop(app);
    fails(&mut desk, Outcome::HostFailed);
}

fn an_owner_that_dies_between_pieces_fails_the_paste_at_once() {
    let (display, mut desk) = pair();
    let app = App::on(display.name());
    let request = asked(&mut desk, &app);
    app.answer_incr(&request);
    for _ in 0..3 {
        desk.until("the next piece is wanted", |_, _| app.deleted(&request));
        app.put(&request, "UTF8_STRING", &content(100_000));
    }
    desk.until("the next piece is wanted", |_, _| app.deleted(&request));
    drop(app);
    fails(&mut desk, Outcome::HostFailed);
    let _owner = display.copy_by(CLIP, Format::Text, b"after");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), b"after");
}

fn an_owner_that_never_answers_is_given_up() {
    let (display, mut desk) = pair();
    let app = App::on(display.name());
    asked(&mut desk, &app);
    fails(&mut desk, Outcome::TimedOut);
    // One that does not even say what it has is no offer, and the last one's is over.
    app.own("CLIPBOARD");
    desk.until("the end of the offer", |_, agent| agent.host_offer(0).is_none());
}

fn an_owner_that_is_slow_is_waited_for() {
    let (display, mut desk) = pair();
    let app = App::on(display.name());
    let request = asked(&mut desk, &app);
    app.answer_incr(&request);
    for _ in 0..3 {
        desk.until("the next piece is wanted", |_, _| app.deleted(&request));
        desk.pass(2500);
        app.put(&request, "UTF8_STRING", b"piece ");
    }
    desk.until("the next piece is wanted", |_, _| app.deleted(&request));
    app.put(&request, "UTF8_STRING", b"");
    desk.until("an answer", |_, agent| {
        app.next_event();
        !agent.answered().is_empty()
    });
    assert_eq!(desk.agent.take_answered()[0].content, b"piece piece piece ");
}

fn more_requests_than_may_wait_are_all_answered() {
    let (display, mut desk) = pair();
    let app = App::on(display.name());
    // What waits for the guest is bounded, and so is what is taken in pieces, which this application never
    // does; nothing is refused silently.
    for size in [10, 200_000] {
        desk.guest_copies(CLIP, Format::Text, &content(size));
        for round in 0..3 {
            (0..40).for_each(|i| app.convert("CLIPBOARD", "UTF8_STRING", &format!("P{round}.{i}")));
            let (mut answers, mut given) = (0, 0);
            desk.until("all answers", |_, _| {
                if let Some(answered) = app.answered() {
                    answers += 1;
                    given += usize::from(answered);
                }
                answers == 40
            });
            assert!(if size == 10 { given > 0 } else { given > 0 || round == 2 }, "{size} {round} {given}");
            assert!(given < 40, "{size} {round}: more than may wait");
        }
    }
    drop(app);
    assert!(desk.host_pastes(display.paste(CLIP, Format::Text)).expect("a paste") == content(200_000));
}

fn a_requestor_that_dies_harms_nobody() {
    let (display, mut desk) = pair();
    let all = content(BIG);
    desk.guest_copies(CLIP, Format::Text, &all);
    let app = App::on(display.name());
    app.convert("CLIPBOARD", "UTF8_STRING", "A");
    desk.until("pieces", |_, _| app.answered() == Some(true));
    assert!(app.take("A").is_some(), "INCR");
    desk.until("a piece", |_, _| app.take("A").is_some());
    drop(app);
    // And one that goes before the guest has answered.
    drop(display.paste(CLIP, Format::Text));
    let app = App::on(display.name());
    app.convert("CLIPBOARD", "UTF8_STRING", "A");
    drop(app);
    assert!(desk.host_pastes(display.paste(CLIP, Format::Text)).expect("a paste") == all);
}

fn a_guest_that_refuses_fails_the_applications_paste() {
    let (display, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    for (reply, outcome) in [(Reply::None, Outcome::NotOffered), (Reply::Never, Outcome::TimedOut)] {
        desk.agent.act(Action::Reply(reply));
        assert_eq!(desk.host_pastes(display.paste(CLIP, Format::Text)), None);
        // xclip asks twice.
        let outcomes = desk.outcomes();
        assert!(!outcomes.is_empty() && outcomes.iter().all(|o| *o == outcome), "{outcomes:?}");
    }
}

fn a_server_that_goes_is_said_so() {
    let (display, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    drop(display);
    let error = desk.run("an error", &mut |_, _| false).expect_err("an error");
    assert!(error.to_string().contains("the X server is gone"), "{error}");
}

fn a_display_that_is_not_there_is_said_so() {
    let error = X11Host::connect(Some(":9999")).expect_err("no display");
    assert!(error.contains("display :9999") && error.contains("set DISPLAY"), "{error}");
}

//! The X11 clipboard on Xvfb, with xclip and a scripted application as the others there.

mod desktop;
mod x11_app;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use desktop::{Desk, PNG, Pasting, Running, content};
use innkeeper_services::clipboard::agent::{Action, Reply};
use innkeeper_services::clipboard::hosts::x11::X11Host;
use innkeeper_services::clipboard::{Format, Outcome, Selection};
use x11_app::App;

const CLIP: Selection = Selection::Clipboard;
const BIG: usize = 20 << 20;

fn main() {
    desktop::main(
        &["Xvfb", "xclip"],
        &[
            ("text_is_copied_on_the_host_and_pasted_in_the_guest", to_guest),
            ("text_is_copied_in_the_guest_and_pasted_on_the_host", to_host),
            ("images", images),
            ("twenty_mebibytes_each_way", big),
            ("nothing_is_content_too", empty),
            ("the_last_to_copy_owns_the_selection", flips),
            ("what_was_copied_before_is_offered", before),
            ("targets_of_what_the_guest_copied", targets),
            ("string_is_latin_1_both_ways", latin1),
            ("several_conversions_in_one_request", multiple),
            ("an_owner_that_dies_fails_the_paste_at_once", owner_dies),
            ("an_owner_that_dies_between_pieces_fails_the_paste_at_once", owner_dies_between_pieces),
            ("an_owner_that_never_answers_is_given_up", owner_is_silent),
            ("an_owner_that_is_slow_is_waited_for", owner_is_slow),
            ("more_requests_than_may_wait_are_all_answered", many),
            ("a_requestor_that_dies_harms_nobody", requestor_dies),
            ("a_guest_that_refuses_fails_the_applications_paste", guest_refuses),
            ("what_the_guest_releases_has_no_owner", guest_releases),
            ("a_server_that_goes_is_said_so", server_goes),
            ("a_display_that_is_not_there_is_said_so", no_display),
        ],
    );
}

/// A server of its own, and the host's clipboard on it.
struct Screen {
    display: String,
    server: Running,
}

impl Screen {
    fn new() -> Screen {
        let mut command = Command::new("Xvfb");
        // It would begin anew, and refuse whoever comes then, each time the last application goes.
        command.arg("-noreset");
        command.args(["-displayfd", "1", "-screen", "0", "64x64x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().expect("Xvfb");
        let mut number = String::new();
        let stdout = server.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut number).expect("a display's number");
        Screen { display: format!(":{}", number.trim()), server: Running(server) }
    }

    fn desk(&self) -> Desk<X11Host> {
        Desk::new(X11Host::connect(Some(&self.display)).expect("a display"))
    }

    fn xclip(&self, selection: Selection, args: &[&str]) -> Command {
        let mut command = Command::new("xclip");
        command.args(["-display", &self.display, "-selection", selection.name()]).args(args);
        command
    }

    /// Copies with xclip, which owns the selection until it is dropped.
    fn copy(&self, selection: Selection, target: &str, content: &[u8]) -> Running {
        let mut command = self.xclip(selection, &["-i", "-quiet", "-t", target]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("xclip");
        child.stdin.take().expect("a pipe").write_all(content).expect("xclip reads");
        Running(child)
    }

    fn paste(&self, selection: Selection, target: &str) -> Command {
        self.xclip(selection, &["-o", "-t", target])
    }
}

fn pair() -> (Screen, Desk<X11Host>) {
    let screen = Screen::new();
    let desk = screen.desk();
    (screen, desk)
}

fn to_guest() {
    let (screen, mut desk) = pair();
    for selection in Selection::ALL {
        for target in ["UTF8_STRING", "text/plain;charset=utf-8", "text/plain"] {
            let text = format!("{selection} als {target} €\n");
            let _owner = screen.copy(selection, target, text.as_bytes());
            assert_eq!(desk.guest_pastes(selection, Format::Text), text.as_bytes());
            drop(_owner);
            let number = selection.number();
            desk.until("the end of the offer", |_, agent| agent.host_offer(number).is_none());
        }
    }
}

fn to_host() {
    let (screen, mut desk) = pair();
    for selection in Selection::ALL {
        let text = format!("{selection} \0 €\r\n");
        desk.guest_copies(selection, Format::Text, text.as_bytes());
        for target in ["UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "TEXT"] {
            assert_eq!(
                desk.host_pastes(screen.paste(selection, target)),
                Some(text.clone().into()),
                "{target}"
            );
        }
    }
}

fn images() {
    let (screen, mut desk) = pair();
    let owner = screen.copy(CLIP, "image/png", PNG);
    assert_eq!(desk.guest_pastes(CLIP, Format::Png), PNG);
    drop(owner);
    desk.guest_copies(CLIP, Format::Png, PNG);
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "image/png")).as_deref(), Some(PNG));
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")), None, "there is no text");
}

fn big() {
    let (screen, mut desk) = pair();
    let all = content(BIG);
    let owner = screen.copy(CLIP, "UTF8_STRING", &all);
    assert!(desk.guest_pastes(CLIP, Format::Text) == all);
    drop(owner);
    desk.guest_copies(CLIP, Format::Text, &all[1..]);
    assert!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")).expect("a paste") == all[1..]);
    assert_eq!(desk.outcomes(), [Outcome::Complete; 2]);
}

fn empty() {
    let (screen, mut desk) = pair();
    let owner = screen.copy(CLIP, "UTF8_STRING", b"");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), b"");
    drop(owner);
    desk.guest_copies(CLIP, Format::Text, b"");
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")), Some(Vec::new()));
    assert_eq!(desk.outcomes(), [Outcome::Empty; 2]);
}

fn flips() {
    let (screen, mut desk) = pair();
    for round in 0..5 {
        let (guest, host) = (format!("guest {round}"), format!("host {round}"));
        desk.guest_copies(CLIP, Format::Text, guest.as_bytes());
        assert_eq!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")), Some(guest.into()));
        let _owner = screen.copy(CLIP, "UTF8_STRING", host.as_bytes());
        assert_eq!(desk.guest_pastes(CLIP, Format::Text), host.as_bytes());
        assert_eq!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")), Some(host.into()));
    }
}

fn before() {
    let screen = Screen::new();
    let _owner = screen.copy(CLIP, "UTF8_STRING", b"before");
    // Once xclip answers, it owns the selection.
    desktop::soon("an owner", || screen.paste(CLIP, "UTF8_STRING").output().expect("xclip").status.success());
    assert_eq!(screen.desk().guest_pastes(CLIP, Format::Text), b"before");
}

fn targets() {
    let (screen, mut desk) = pair();
    let both = [(Format::Text, b"text"[..].into()), (Format::Png, PNG.into())];
    desk.agent.copy(0, both);
    desk.until("a GRAB", |session, _| !session.observer().events.is_empty());
    desk.pass(50);
    let printed = desk.host_pastes(screen.paste(CLIP, "TARGETS")).expect("a list");
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
    let app = App::on(&screen.display);
    app.convert("CLIPBOARD", "TIMESTAMP", "TIME");
    desk.until("an answer", |_, _| app.answered() == Some(true));
    assert_ne!(app.take("TIME").expect("a time").1, [0; 4]);
}

fn latin1() {
    let (screen, mut desk) = pair();
    let owner = screen.copy(CLIP, "STRING", b"\xe9t\xe9");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), "été".as_bytes());
    drop(owner);
    desk.guest_copies(CLIP, Format::Text, "été €".as_bytes());
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "STRING")).as_deref(), Some(&b"\xe9t\xe9 ?"[..]));
}

fn multiple() {
    let (screen, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, &content(200_000));
    let app = App::on(&screen.display);
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
fn asked(desk: &mut Desk<X11Host>, app: &App) -> x11rb::protocol::xproto::SelectionRequestEvent {
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

fn owner_dies() {
    let (screen, mut desk) = pair();
    let app = App::on(&screen.display);
    asked(&mut desk, &app);
    drop(app);
    fails(&mut desk, Outcome::HostFailed);
}

fn owner_dies_between_pieces() {
    let (screen, mut desk) = pair();
    let app = App::on(&screen.display);
    let request = asked(&mut desk, &app);
    app.answer_incr(&request);
    for _ in 0..3 {
        desk.until("the next piece is wanted", |_, _| app.deleted(&request));
        app.put(&request, "UTF8_STRING", &content(100_000));
    }
    desk.until("the next piece is wanted", |_, _| app.deleted(&request));
    drop(app);
    fails(&mut desk, Outcome::HostFailed);
    let _owner = screen.copy(CLIP, "UTF8_STRING", b"after");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), b"after");
}

fn owner_is_silent() {
    let (screen, mut desk) = pair();
    let app = App::on(&screen.display);
    asked(&mut desk, &app);
    fails(&mut desk, Outcome::TimedOut);
    // One that does not even say what it has is no offer, and the last one's is over.
    app.own("CLIPBOARD");
    desk.until("the end of the offer", |_, agent| agent.host_offer(0).is_none());
}

fn owner_is_slow() {
    let (screen, mut desk) = pair();
    let app = App::on(&screen.display);
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

fn many() {
    let (screen, mut desk) = pair();
    let app = App::on(&screen.display);
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
    assert!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")).expect("a paste") == content(200_000));
}

fn requestor_dies() {
    let (screen, mut desk) = pair();
    let all = content(BIG);
    desk.guest_copies(CLIP, Format::Text, &all);
    let app = App::on(&screen.display);
    app.convert("CLIPBOARD", "UTF8_STRING", "A");
    desk.until("pieces", |_, _| app.answered() == Some(true));
    assert!(app.take("A").is_some(), "INCR");
    desk.until("a piece", |_, _| app.take("A").is_some());
    drop(app);
    // And one that goes before the guest has answered.
    drop(Pasting::start(screen.paste(CLIP, "UTF8_STRING")));
    let app = App::on(&screen.display);
    app.convert("CLIPBOARD", "UTF8_STRING", "A");
    drop(app);
    assert!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")).expect("a paste") == all);
}

fn guest_refuses() {
    let (screen, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    for (reply, outcome) in [(Reply::None, Outcome::NotOffered), (Reply::Never, Outcome::TimedOut)] {
        desk.agent.act(Action::Reply(reply));
        assert_eq!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")), None);
        // xclip asks twice.
        let outcomes = desk.outcomes();
        assert!(!outcomes.is_empty() && outcomes.iter().all(|o| *o == outcome), "{outcomes:?}");
    }
}

fn guest_releases() {
    let (screen, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    assert!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")).is_some());
    desk.agent.act(Action::Release { selection: 0, short: false });
    desk.pass(50);
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")), None);
    // What an application copies is not taken from it by the guest's release.
    desk.guest_copies(CLIP, Format::Text, b"again");
    let _owner = screen.copy(CLIP, "UTF8_STRING", b"host");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), b"host");
    desk.agent.act(Action::Release { selection: 0, short: false });
    desk.pass(50);
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "UTF8_STRING")).as_deref(), Some(&b"host"[..]));
}

fn server_goes() {
    let (screen, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    drop(screen.server);
    let error = desk.run("an error", &mut |_, _| false).expect_err("an error");
    assert!(error.to_string().contains("the X server is gone"), "{error}");
}

fn no_display() {
    let error = X11Host::connect(Some(":9999")).expect_err("no display");
    assert!(error.contains("display :9999") && error.contains("set DISPLAY"), "{error}");
}

//! The Wayland clipboard on a headless Sway, with wl-clipboard's programs as the others there.

mod desktop;
mod ext_compositor;

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use desktop::{Desk, PNG, Pasting, Running, content};
use ext_compositor::Compositor;
use innkeeper_services::clipboard::agent::{Action, Reply};
use innkeeper_services::clipboard::hosts::wayland::WaylandHost;
use innkeeper_services::clipboard::{Format, Outcome, Selection};

const CLIP: Selection = Selection::Clipboard;
const BIG: usize = 20 << 20;
/// Sway refuses to run as root.
const NOBODY: u32 = 65534;

fn main() {
    desktop::main(
        &["sway", "wl-copy", "wl-paste"],
        &[
            ("text_is_copied_on_the_host_and_pasted_in_the_guest", to_guest),
            ("text_is_copied_in_the_guest_and_pasted_on_the_host", to_host),
            ("images", images),
            ("twenty_mebibytes_each_way", big),
            ("nothing_is_content_too", empty),
            ("the_last_to_copy_owns_the_selection", flips),
            ("what_was_copied_before_is_offered", before),
            ("types_of_what_the_guest_copied", types),
            ("two_clipboards_on_one_desktop_see_each_other", two),
            ("an_owner_that_never_answers_is_given_up", owner_is_silent),
            ("an_owner_that_dies_while_it_is_asked_leaves_the_beginning", owner_dies),
            ("a_reader_that_dies_harms_nobody", reader_dies),
            ("a_guest_that_refuses_fails_the_applications_paste", guest_refuses),
            ("what_the_guest_releases_has_no_owner", guest_releases),
            ("a_compositor_that_goes_is_said_so", compositor_goes),
            ("a_compositor_that_is_not_there_is_said_so", no_compositor),
            ("by_ext_data_control_it_is_the_same", ext),
            ("a_compositor_without_either_protocol_is_said_so", no_protocol),
        ],
    );
}

/// A compositor of its own.
struct Screen {
    dir: tempfile::TempDir,
    compositor: Running,
}

impl Screen {
    fn new() -> Screen {
        let dir = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("sway");
        command.args(["-c", "/dev/null"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("WLR_BACKENDS", "headless").env("WLR_LIBINPUT_NO_DEVICES", "1");
        command.env("WLR_RENDERER", "pixman").env("XDG_RUNTIME_DIR", dir.path()).env("HOME", dir.path());
        if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("a process")) == 0 {
            std::os::unix::fs::chown(dir.path(), Some(NOBODY), Some(NOBODY)).expect("a directory of its own");
            command.uid(NOBODY).gid(NOBODY);
        }
        let mut screen = Screen { compositor: Running(command.spawn().expect("sway")), dir };
        desktop::soon("sway's socket", || {
            assert!(screen.compositor.0.try_wait().expect("a status").is_none(), "sway has ended");
            UnixStream::connect(screen.socket()).is_ok()
        });
        screen
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("wayland-1")
    }

    fn host(&self) -> WaylandHost {
        WaylandHost::connect(self.socket().to_str()).expect("a compositor")
    }

    fn command(&self, program: &str, selection: Selection, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.env("XDG_RUNTIME_DIR", self.dir.path()).env("WAYLAND_DISPLAY", self.socket()).args(args);
        if selection == Selection::Primary {
            command.arg("--primary");
        }
        command
    }

    /// Copies with wl-copy, which owns the selection until it is dropped.
    fn copy(&self, selection: Selection, mime: &str, content: &[u8]) -> Running {
        let mut command = self.command("wl-copy", selection, &["--foreground", "--type", mime]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("wl-copy");
        child.stdin.take().expect("a pipe").write_all(content).expect("wl-copy reads");
        Running(child)
    }

    fn paste(&self, selection: Selection, mime: &str) -> Command {
        self.command("wl-paste", selection, &["--no-newline", "--type", mime])
    }
}

fn pair() -> (Screen, Desk<WaylandHost>) {
    let screen = Screen::new();
    let desk = Desk::new(screen.host());
    (screen, desk)
}

fn to_guest() {
    let (screen, mut desk) = pair();
    for selection in Selection::ALL {
        for mime in ["text/plain;charset=utf-8", "text/plain", "UTF8_STRING"] {
            let text = format!("{selection} as {mime} €\n");
            let owner = screen.copy(selection, mime, text.as_bytes());
            assert_eq!(desk.guest_pastes(selection, Format::Text), text.as_bytes());
            drop(owner);
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
        desk.pass(50);
        for mime in ["text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "TEXT", "STRING"] {
            assert_eq!(desk.host_pastes(screen.paste(selection, mime)), Some(text.clone().into()), "{mime}");
        }
    }
}

fn images() {
    let (screen, mut desk) = pair();
    let owner = screen.copy(CLIP, "image/png", PNG);
    assert_eq!(desk.guest_pastes(CLIP, Format::Png), PNG);
    drop(owner);
    desk.until("the end of the offer", |_, agent| agent.host_offer(0).is_none());
    desk.guest_copies(CLIP, Format::Png, PNG);
    desk.pass(50);
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "image/png")).as_deref(), Some(PNG));
}

fn big() {
    let (screen, mut desk) = pair();
    let all = content(BIG);
    let owner = screen.copy(CLIP, "text/plain", &all);
    assert!(desk.guest_pastes(CLIP, Format::Text) == all);
    drop(owner);
    desk.until("the end of the offer", |_, agent| agent.host_offer(0).is_none());
    desk.guest_copies(CLIP, Format::Text, &all[1..]);
    desk.pass(50);
    assert!(desk.host_pastes(screen.paste(CLIP, "text/plain")).expect("a paste") == all[1..]);
    assert_eq!(desk.outcomes(), [Outcome::Complete; 2]);
}

fn empty() {
    let (screen, mut desk) = pair();
    let owner = screen.copy(CLIP, "text/plain", b"");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), b"");
    drop(owner);
    desk.until("the end of the offer", |_, agent| agent.host_offer(0).is_none());
    desk.guest_copies(CLIP, Format::Text, b"");
    desk.pass(50);
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "text/plain")), Some(Vec::new()));
    assert_eq!(desk.outcomes(), [Outcome::Empty; 2]);
}

fn flips() {
    let (screen, mut desk) = pair();
    for round in 0..5 {
        let (guest, host) = (format!("guest {round}"), format!("host {round}"));
        desk.guest_copies(CLIP, Format::Text, guest.as_bytes());
        desk.pass(50);
        assert_eq!(desk.host_pastes(screen.paste(CLIP, "text/plain")), Some(guest.into()));
        let _owner = screen.copy(CLIP, "text/plain", host.as_bytes());
        assert_eq!(desk.guest_pastes(CLIP, Format::Text), host.as_bytes());
        assert_eq!(desk.host_pastes(screen.paste(CLIP, "text/plain")), Some(host.into()));
    }
}

fn before() {
    let screen = Screen::new();
    let _owner = screen.copy(CLIP, "text/plain", b"before");
    // Once wl-copy answers, it owns the selection.
    desktop::soon("an owner", || {
        screen.paste(CLIP, "text/plain").output().expect("wl-paste").status.success()
    });
    assert_eq!(Desk::new(screen.host()).guest_pastes(CLIP, Format::Text), b"before");
}

fn types() {
    let (screen, mut desk) = pair();
    desk.agent.copy(0, [(Format::Text, b"text"[..].into()), (Format::Png, PNG.into())]);
    desk.pass(100);
    let printed = desk.host_pastes(screen.command("wl-paste", CLIP, &["--list-types"])).expect("a list");
    let printed = String::from_utf8(printed).expect("names");
    for name in ["text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "image/png"] {
        assert!(printed.lines().any(|line| line == name), "{name} in {printed}");
    }
    assert!(!printed.contains("image/bmp"), "{printed}");
}

fn two() {
    let (screen, mut first) = pair();
    let mut second = Desk::new(screen.host());
    first.guest_copies(CLIP, Format::Text, b"of the first guest");
    first.pass(50);
    // What the second sees is no echo of its own.
    second.until("an offer", |_, agent| agent.host_offer(0).is_some());
    second.guest_requests(CLIP, Format::Text);
    desktop::soon("an answer", || {
        second.pass(5);
        first.pass(5);
        !second.agent.answered().is_empty()
    });
    assert_eq!(second.agent.take_answered()[0].content, b"of the first guest");
    assert_eq!(first.agent.host_offer(0), None, "the first sees its own echo and says nothing");
}

/// Stops an owner, so that it answers nothing, and has the guest paste.
fn asked_while_stopped(screen: &Screen, desk: &mut Desk<WaylandHost>) -> Running {
    let owner = screen.copy(CLIP, "text/plain", &content(BIG));
    desk.until("an offer", |_, agent| agent.host_offer(0).is_some());
    signal(&owner, "STOP");
    desk.guest_requests(CLIP, Format::Text);
    owner
}

fn signal(process: &Running, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &process.0.id().to_string()]).status();
    assert!(status.expect("kill").success());
}

fn owner_is_silent() {
    let (screen, mut desk) = pair();
    let _owner = asked_while_stopped(&screen, &mut desk);
    desk.until("an answer", |_, agent| !agent.answered().is_empty());
    assert_eq!(desk.agent.take_answered()[0].content, b"");
    assert_eq!(desk.outcomes(), [Outcome::TimedOut]);
}

fn owner_dies() {
    let (screen, mut desk) = pair();
    let owner = asked_while_stopped(&screen, &mut desk);
    desk.pass(50);
    drop(owner);
    desk.until("an end", |session, agent| agent.waiting() == 0 && !session.observer().audit.is_empty());
    assert_eq!(desk.outcomes(), [Outcome::Empty], "the pipe has ended with nothing in it");
}

fn reader_dies() {
    let (screen, mut desk) = pair();
    let all = content(BIG);
    desk.guest_copies(CLIP, Format::Text, &all);
    desk.pass(50);
    for ms in [0, 5, 20, 100] {
        // Nobody reads the other end of this pipe.
        let mut command = screen.paste(CLIP, "text/plain");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("wl-paste");
        let reader = Running(child);
        desk.pass(ms);
        drop(reader);
    }
    let mut pasting = Pasting::start(screen.paste(CLIP, "text/plain"));
    assert!(desk.finish(&mut pasting).expect("a paste") == all);
}

fn guest_refuses() {
    let (screen, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    desk.pass(50);
    for (reply, outcome) in [(Reply::None, Outcome::NotOffered), (Reply::Never, Outcome::TimedOut)] {
        desk.agent.act(Action::Reply(reply));
        // Wayland has no word for a refusal.
        assert_eq!(desk.host_pastes(screen.paste(CLIP, "text/plain")), Some(Vec::new()));
        assert_eq!(desk.outcomes(), [outcome]);
    }
}

fn guest_releases() {
    let (screen, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    desk.pass(50);
    assert!(desk.host_pastes(screen.paste(CLIP, "text/plain")).is_some());
    desk.agent.act(Action::Release { selection: 0, short: false });
    desk.pass(50);
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "text/plain")), None);
    // What an application copies is not taken from it by the guest's release.
    desk.guest_copies(CLIP, Format::Text, b"again");
    let _owner = screen.copy(CLIP, "text/plain", b"host");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), b"host");
    desk.agent.act(Action::Release { selection: 0, short: false });
    desk.pass(50);
    assert_eq!(desk.host_pastes(screen.paste(CLIP, "text/plain")).as_deref(), Some(&b"host"[..]));
}

fn compositor_goes() {
    let (screen, mut desk) = pair();
    desk.guest_copies(CLIP, Format::Text, b"text");
    drop(screen.compositor);
    let error = desk.run("an error", &mut |_, _| false).expect_err("an error");
    assert!(error.to_string().contains("the Wayland compositor is gone"), "{error}");
}

fn no_compositor() {
    let error = WaylandHost::connect(Some("/nowhere/wayland-0")).expect_err("no compositor");
    assert!(error.contains("/nowhere/wayland-0") && error.contains("set WAYLAND_DISPLAY"), "{error}");
}

fn ext() {
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
            desktop::soon("an answer", || {
                second.pass(5);
                first.pass(5);
                !second.agent.answered().is_empty()
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

fn no_protocol() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("wayland-1");
    let _compositor = Compositor::at(&path, false);
    let error = WaylandHost::connect(path.to_str()).expect_err("no protocol");
    assert!(error.contains("neither ext-data-control-v1 nor") && error.contains("x11"), "{error}");
}

//! The host's desktop is an X server too: xclip there and xclip in the guest, with our X11 clipboard, our
//! session and the real agent between them.

use innkeeper_services::clipboard::hosts::x11::X11Host;
use innkeeper_services::clipboard::{Format, Policy, Selection};

use super::TEXT;
use super::guest::Guest;
use super::host::Host;
use crate::content::{PNG, content};
use crate::display::{Display, target};

use Selection::{Clipboard, Primary};

/// A desktop and a guest, joined.
struct Pair {
    host: Host<X11Host>,
    guest: Guest,
    desktop: Display,
}

impl Pair {
    fn start() -> Self {
        let desktop = Display::start();
        let guest = Guest::start();
        let clipboard = X11Host::connect(Some(desktop.name())).expect("the desktop's clipboard");
        let host = Host::new(&guest, clipboard, Policy::default());
        Self { host, guest, desktop }
    }

    /// Copies in the guest and pastes on the desktop.
    fn copied_in_the_guest(&mut self, selection: Selection, format: Format, content: &[u8]) {
        self.guest.display.copy(selection, format, content);
        self.arrives(Side::Desktop, selection, format, content);
    }

    /// Copies on the desktop and pastes in the guest.
    fn copied_on_the_desktop(&mut self, selection: Selection, format: Format, content: &[u8]) {
        self.desktop.copy(selection, format, content);
        self.arrives(Side::Guest, selection, format, content);
    }

    /// Pastes there until it is what was copied: until then the owner before may answer.
    fn arrives(&mut self, side: Side, selection: Selection, format: Format, content: &[u8]) {
        let display = match side {
            Side::Desktop => &self.desktop,
            Side::Guest => &self.guest.display,
        };
        let start = std::time::Instant::now();
        loop {
            // Of xclip and our side only the latter, and the agent, offer a timestamp: who else answers still
            // is the application that copied before on this display.
            let (_, list) = self.host.finish(display.paste_target(selection, "TARGETS"));
            let list = String::from_utf8_lossy(&list);
            let ours = ["TIMESTAMP", target(format)].iter().all(|t| list.lines().any(|line| line == *t));
            if ours {
                let (status, pasted) = self.host.finish(display.paste(selection, format));
                if status.success() && pasted == content {
                    return;
                }
            }
            let waited = start.elapsed();
            assert!(waited < crate::process::PATIENCE, "{} bytes have not arrived: {list}", content.len());
        }
    }
}

/// Where something is pasted.
#[derive(Clone, Copy)]
enum Side {
    Desktop,
    Guest,
}

pub fn from_one_display_to_the_other() {
    let mut pair = Pair::start();
    for selection in [Clipboard, Primary] {
        pair.copied_in_the_guest(selection, Format::Text, TEXT);
        pair.copied_on_the_desktop(selection, Format::Text, b"the desktop's");
        pair.copied_in_the_guest(selection, Format::Png, PNG);
        pair.copied_on_the_desktop(selection, Format::Png, PNG);
    }
}

pub fn much_from_one_display_to_the_other() {
    let mut pair = Pair::start();
    let content = content(20 << 20);
    pair.copied_in_the_guest(Clipboard, Format::Text, &content);
    pair.copied_on_the_desktop(Clipboard, Format::Text, &content[1..]);
    assert!(pair.host.session.peak_buffered() < 64 << 10);
}

pub fn the_last_display_to_copy_owns_both() {
    let mut pair = Pair::start();
    for turn in 0..4 {
        let text = format!("turn {turn}");
        pair.copied_in_the_guest(Clipboard, Format::Text, text.as_bytes());
        pair.copied_on_the_desktop(Clipboard, Format::Text, format!("{text}, answered").as_bytes());
    }
    // What one selection has leaves the other alone.
    pair.copied_on_the_desktop(Primary, Format::Text, b"marked");
    pair.arrives(Side::Guest, Clipboard, Format::Text, b"turn 3, answered");
}

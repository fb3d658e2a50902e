//! What every desktop's clipboard does: the cases that X11's and Wayland's have in common.

use innkeeper_services::clipboard::agent::Action;
use innkeeper_services::clipboard::drive::PolledHost;
use innkeeper_services::clipboard::{Format, Outcome, Selection};

use crate::content::{PNG, Paste, content};
use crate::desk::Desk;
use crate::process::{Process, until};

/// A desktop of its own, with applications.
pub trait Desktop {
    /// The host's clipboard on it.
    type Host: PolledHost;

    /// The types under which applications get a guest's text as it is; the first for text of any kind.
    const TEXTS: &[&str];

    /// Starts one.
    fn begin() -> Self;

    /// The host's clipboard on it.
    fn clipboard(&self) -> Self::Host;

    /// Starts to copy, with the owner in the caller's hands.
    fn owner(&self, selection: Selection, mime: &str, content: &[u8]) -> Process;

    /// Starts to paste.
    fn pasting(&self, selection: Selection, mime: &str) -> Paste;
}

crate::tests! {
    D: Desktop =>
    text_is_copied_on_the_host_and_pasted_in_the_guest
    text_is_copied_in_the_guest_and_pasted_on_the_host
    images
    twenty_mebibytes_each_way
    nothing_is_content_too
    the_last_to_copy_owns_the_selection
    what_was_copied_before_is_offered
    what_the_guest_releases_has_no_owner
}

pub const CLIP: Selection = Selection::Clipboard;
pub const BIG: usize = 20 << 20;

/// A desktop, and a guest joined to it.
pub fn pair<D: Desktop>() -> (D, Desk<D::Host>) {
    let desktop = D::begin();
    let desk = Desk::new(desktop.clipboard());
    (desktop, desk)
}

/// Copies in the guest, and lets the desktop notice.
fn guest_copies<H: PolledHost>(desk: &mut Desk<H>, selection: Selection, format: Format, content: &[u8]) {
    desk.guest_copies(selection, format, content);
    desk.pass(50);
}

/// The owner goes, and with it the offer.
fn ends<H: PolledHost>(desk: &mut Desk<H>, owner: Process, selection: Selection) {
    drop(owner);
    let number = selection.number();
    desk.until("the end of the offer", |_, agent| agent.host_offer(number).is_none());
}

fn text_is_copied_on_the_host_and_pasted_in_the_guest<D: Desktop>() {
    let (desktop, mut desk) = pair::<D>();
    for selection in Selection::ALL {
        for mime in ["UTF8_STRING", "text/plain;charset=utf-8", "text/plain"] {
            let text = format!("{selection} as {mime} €\n");
            let owner = desktop.owner(selection, mime, text.as_bytes());
            assert_eq!(desk.guest_pastes(selection, Format::Text), text.as_bytes());
            ends(&mut desk, owner, selection);
        }
    }
}

fn text_is_copied_in_the_guest_and_pasted_on_the_host<D: Desktop>() {
    let (desktop, mut desk) = pair::<D>();
    for selection in Selection::ALL {
        let text = format!("{selection} \0 €\r\n");
        guest_copies(&mut desk, selection, Format::Text, text.as_bytes());
        for mime in D::TEXTS {
            let pasted = desk.host_pastes(desktop.pasting(selection, mime));
            assert_eq!(pasted.as_deref(), Some(text.as_bytes()), "{mime}");
        }
    }
}

fn images<D: Desktop>() {
    let (desktop, mut desk) = pair::<D>();
    let owner = desktop.owner(CLIP, "image/png", PNG);
    assert_eq!(desk.guest_pastes(CLIP, Format::Png), PNG);
    ends(&mut desk, owner, CLIP);
    guest_copies(&mut desk, CLIP, Format::Png, PNG);
    assert_eq!(desk.host_pastes(desktop.pasting(CLIP, "image/png")).as_deref(), Some(PNG));
    assert_eq!(desk.host_pastes(desktop.pasting(CLIP, D::TEXTS[0])), None, "there is no text");
}

fn twenty_mebibytes_each_way<D: Desktop>() {
    let (desktop, mut desk) = pair::<D>();
    let all = content(BIG);
    let owner = desktop.owner(CLIP, D::TEXTS[0], &all);
    assert!(desk.guest_pastes(CLIP, Format::Text) == all);
    ends(&mut desk, owner, CLIP);
    guest_copies(&mut desk, CLIP, Format::Text, &all[1..]);
    assert!(desk.host_pastes(desktop.pasting(CLIP, D::TEXTS[0])).expect("a paste") == all[1..]);
    assert_eq!(desk.outcomes(), [Outcome::Complete; 2]);
}

fn nothing_is_content_too<D: Desktop>() {
    let (desktop, mut desk) = pair::<D>();
    let owner = desktop.owner(CLIP, D::TEXTS[0], b"");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), b"");
    ends(&mut desk, owner, CLIP);
    guest_copies(&mut desk, CLIP, Format::Text, b"");
    assert_eq!(desk.host_pastes(desktop.pasting(CLIP, D::TEXTS[0])), Some(Vec::new()));
    assert_eq!(desk.outcomes(), [Outcome::Empty; 2]);
}

fn the_last_to_copy_owns_the_selection<D: Desktop>() {
    let (desktop, mut desk) = pair::<D>();
    for round in 0..5 {
        let (guest, host) = (format!("guest {round}"), format!("host {round}"));
        guest_copies(&mut desk, CLIP, Format::Text, guest.as_bytes());
        assert_eq!(desk.host_pastes(desktop.pasting(CLIP, D::TEXTS[0])), Some(guest.into()));
        let _owner = desktop.owner(CLIP, D::TEXTS[0], host.as_bytes());
        assert_eq!(desk.guest_pastes(CLIP, Format::Text), host.as_bytes());
        assert_eq!(desk.host_pastes(desktop.pasting(CLIP, D::TEXTS[0])), Some(host.into()));
    }
}

fn what_was_copied_before_is_offered<D: Desktop>() {
    let desktop = D::begin();
    let _owner = desktop.owner(CLIP, D::TEXTS[0], b"before");
    // Once it answers, it owns the selection.
    until("an owner", || {
        let (status, _) = desktop.pasting(CLIP, D::TEXTS[0]).wait();
        status.success().then_some(())
    });
    assert_eq!(Desk::new(desktop.clipboard()).guest_pastes(CLIP, Format::Text), b"before");
}

fn what_the_guest_releases_has_no_owner<D: Desktop>() {
    let (desktop, mut desk) = pair::<D>();
    guest_copies(&mut desk, CLIP, Format::Text, b"text");
    assert!(desk.host_pastes(desktop.pasting(CLIP, D::TEXTS[0])).is_some());
    desk.agent.act(Action::Release { selection: 0, short: false });
    desk.pass(50);
    assert_eq!(desk.host_pastes(desktop.pasting(CLIP, D::TEXTS[0])), None);
    // What an application copies is not taken from it by the guest's release.
    desk.guest_copies(CLIP, Format::Text, b"again");
    let _owner = desktop.owner(CLIP, D::TEXTS[0], b"host");
    assert_eq!(desk.guest_pastes(CLIP, Format::Text), b"host");
    desk.agent.act(Action::Release { selection: 0, short: false });
    desk.pass(50);
    assert_eq!(desk.host_pastes(desktop.pasting(CLIP, D::TEXTS[0])).as_deref(), Some(&b"host"[..]));
}

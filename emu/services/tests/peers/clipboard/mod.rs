//! Copy and paste between xclip on a guest's display and our session, through the real agent.

mod desktop;
mod guest;
mod host;

use std::time::Instant;

use innkeeper_services::clipboard::{
    Digest, Direction, EventKind, Format, HostOwner, MemoryHost, Note, Outcome, Policy, Recorder, Selection,
    Session,
};

use crate::content::{PNG, content};
use crate::process::Signal;
use desktop::{
    from_one_display_to_the_other, much_from_one_display_to_the_other, the_last_display_to_copy_owns_both,
};
use guest::Guest;
use host::Host;

use Selection::{Clipboard, Primary};

/// What these tests start.
pub const PROGRAMS: &[&str] = &["Xvfb", "spice-vdagentd", "spice-vdagent", "xclip"];

crate::tests! {
    copied_in_the_guest_pasted_on_the_host
    copied_on_the_host_pasted_in_the_guest
    the_selections_are_two
    a_png_goes_both_ways
    every_size_arrives_whole
    nothing_is_nothing_and_not_waited_for
    much_goes_both_ways
    two_applications_paste_at_once
    the_host_takes_over_during_its_own_request
    the_guest_takes_over_during_its_own_request
    a_frozen_owner_costs_the_paste_only
    too_much_is_refused_and_nobody_hangs
    the_agent_is_started_anew
    the_agent_dies_while_it_is_asked
    our_side_is_started_anew
    the_port_is_closed_and_opened_again
    from_one_display_to_the_other
    much_from_one_display_to_the_other
    the_last_display_to_copy_owns_both
}

/// Lines of another system, UTF-8 beyond the basic plane, a NUL: agents pass all of it through.
const TEXT: &[u8] = "first\r\nzweite \u{e9}\n\u{1f980}\0end".as_bytes();

fn copied_in_the_guest_pasted_on_the_host() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.guest_copies(&guest, Clipboard, Format::Text, TEXT);
    assert_eq!(host.pastes(Clipboard, Format::Text), TEXT);
    // Agents keep nothing: the owner is asked again.
    assert_eq!(host.pastes(Clipboard, Format::Text), TEXT);
    host.guest_copies(&guest, Clipboard, Format::Text, b"second");
    assert_eq!(host.pastes(Clipboard, Format::Text), b"second");
    assert_eq!(audited(&host), [Digest::of(TEXT), Digest::of(TEXT), Digest::of(b"second")].map(Some));
    let other = host.paste(Clipboard, Format::Png);
    assert_eq!((other.content, other.outcome), (Vec::new(), Outcome::NotOffered));
}

fn copied_on_the_host_pasted_in_the_guest() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.clipboard().set_text(Clipboard, TEXT);
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), TEXT);
    host.clipboard().set_text(Clipboard, b"second");
    // Nothing in the guest says whether it knows yet, and need not: the content is the host's until asked for.
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), b"second");
    assert_eq!(audited(&host), [Digest::of(TEXT), Digest::of(b"second")].map(Some));
    host.clipboard().clear(Clipboard);
    host.until("the end of the offer", |_| guest.display.targets(Clipboard).is_empty());
}

/// What transfers had in them, by the audit.
fn audited(host: &Host<MemoryHost>) -> Vec<Option<Digest>> {
    host.session.observer().audit.iter().map(|record| record.sha256).collect()
}

fn the_selections_are_two() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.guest_copies(&guest, Primary, Format::Text, b"marked in the guest");
    host.clipboard().set_text(Clipboard, b"copied on the host");
    assert_eq!(host.pastes(Primary, Format::Text), b"marked in the guest");
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), b"copied on the host");

    host.guest_copies(&guest, Clipboard, Format::Text, b"copied in the guest");
    host.clipboard().set_text(Primary, b"marked on the host");
    assert_eq!(host.guest_pastes(&guest, Primary, Format::Text), b"marked on the host");
    assert_eq!(host.pastes(Clipboard, Format::Text), b"copied in the guest");
}

fn a_png_goes_both_ways() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.guest_copies(&guest, Clipboard, Format::Png, PNG);
    assert_eq!(host.pastes(Clipboard, Format::Png), PNG);
    host.clipboard().set(Clipboard, [(Format::Png, PNG.into()), (Format::Text, b"alt"[..].into())]);
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Png), PNG);
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), b"alt");
}

/// Content of 2020 bytes fills the first chunk: 2048 less headers, selection and type.
fn every_size_arrives_whole() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    for size in [1, 2019, 2020, 2021, 2048, 2020 + 2048, 2021 + 2048, 65_535, 65_536, 300_000] {
        let content = content(size);
        host.guest_copies(&guest, Clipboard, Format::Text, &content);
        assert!(host.pastes(Clipboard, Format::Text) == content, "{size} bytes to the host");
        host.clipboard().set_text(Clipboard, &content);
        let pasted = host.guest_pastes(&guest, Clipboard, Format::Text);
        assert!(pasted == content, "{} of {size} bytes to the guest", pasted.len());
    }
}

fn nothing_is_nothing_and_not_waited_for() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.guest_copies(&guest, Clipboard, Format::Text, b"");
    let pasted = host.paste(Clipboard, Format::Text);
    assert_eq!((pasted.content, pasted.outcome), (Vec::new(), Outcome::Empty));
    host.clipboard().set_text(Clipboard, b"");
    let paste = host.guest_pasting(&guest.display, Clipboard, Format::Text);
    assert_eq!(host.finish(paste).1, b"");
}

/// 20 MiB, or as many as `INNKEEPER_PEERS_MIB` says; what it took is printed.
fn much_goes_both_ways() {
    let mib: usize = std::env::var("INNKEEPER_PEERS_MIB").map_or(20, |n| n.parse().expect("a number of MiB"));
    let content = content(mib << 20);
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.guest_copies(&guest, Clipboard, Format::Text, &content);
    let start = Instant::now();
    let pasted = host.pastes(Clipboard, Format::Text);
    println!("{mib} MiB to the host: {:?}", start.elapsed());
    assert!(pasted == content, "{} of {} bytes, or others", pasted.len(), content.len());
    drop(pasted);

    host.clipboard().set_text(Clipboard, &content);
    let paste = host.guest_pasting(&guest.display, Clipboard, Format::Text);
    let start = Instant::now();
    let (status, pasted) = host.finish(paste);
    println!("{mib} MiB to the guest: {:?}", start.elapsed());
    assert!(status.success() && pasted == content, "{} of {} bytes, or others", pasted.len(), content.len());
    println!("at most {} bytes in the session", host.session.peak_buffered());
    assert!(host.session.peak_buffered() < 64 << 10);
}

fn two_applications_paste_at_once() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.clipboard().faults.hold_sizes = true;
    host.clipboard().set_text(Clipboard, TEXT);
    let first = host.guest_pasting(&guest.display, Clipboard, Format::Text);
    let second = guest.display.paste(Clipboard, Format::Text);
    // Each asks, and each has to be answered.
    host.until("both requests", |session| requests_of_the_guest(session) == 2);
    host.clipboard().faults.hold_sizes = false;
    for paste in [first, second] {
        let (status, content) = host.finish(paste);
        assert!(status.success());
        assert_eq!(content, TEXT);
    }
}

fn requests_of_the_guest(session: &Session<MemoryHost, Recorder>) -> usize {
    use innkeeper_services::clipboard::codec::MessageKind::Request;
    let events = session.observer().events.iter();
    events.filter(|e| e.direction == Direction::ToHost && e.kind == EventKind::Message(Request)).count()
}

fn the_host_takes_over_during_its_own_request() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    let owner = guest.display.copy_by(Clipboard, Format::Text, b"never seen");
    host.until_offered(0, Clipboard, Format::Text);
    owner.signal(Signal::STOP);
    let id = host.clipboard().paste(Clipboard, Format::Text);
    host.until("the request", asked);
    host.clipboard().set_text(Clipboard, b"the host's");
    host.until("the end of the paste", |session| session.host().pasted(id).is_some());
    let pasted = host.clipboard().take_pasted(id).expect("an end");
    assert_eq!((pasted.content, pasted.outcome), (Vec::new(), Outcome::OwnerChanged));
    // The agent's answer to the request comes late, and must not be taken for a later one's.
    host.until("the late answer", |s| s.observer().events.iter().any(|e| e.note == Some(Note::Late)));
    owner.signal(Signal::CONT);
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), b"the host's");
    host.guest_copies(&guest, Clipboard, Format::Text, b"the guest's again");
    assert_eq!(host.pastes(Clipboard, Format::Text), b"the guest's again");
}

/// Whether the host's request was sent.
fn asked(session: &mut Session<MemoryHost, Recorder>) -> bool {
    use innkeeper_services::clipboard::codec::MessageKind::Request;
    let mut events = session.observer().events.iter();
    events.any(|e| e.direction == Direction::ToGuest && e.kind == EventKind::Message(Request))
}

fn the_guest_takes_over_during_its_own_request() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.clipboard().faults.hold_sizes = true;
    // Not text: xclip would ask the next owner for another kind of text.
    host.clipboard().set(Clipboard, [(Format::Png, PNG.into())]);
    let paste = host.guest_pasting(&guest.display, Clipboard, Format::Png);
    host.until("the request", |session| requests_of_the_guest(session) == 1);
    host.guest_copies(&guest, Clipboard, Format::Text, b"the guest's");
    // The application that waited is let go, with nothing.
    let (_, content) = host.finish(paste);
    assert_eq!(content, b"");
    assert_eq!(host.pastes(Clipboard, Format::Text), b"the guest's");
    host.clipboard().faults.hold_sizes = false;
    host.clipboard().set_text(Clipboard, b"the host's");
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), b"the host's");
}

fn a_frozen_owner_costs_the_paste_only() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    let owner = guest.display.copy_by(Clipboard, Format::Text, b"late");
    host.until_offered(0, Clipboard, Format::Text);
    owner.signal(Signal::STOP);
    let pasted = host.paste(Clipboard, Format::Text);
    assert_eq!((pasted.content, pasted.outcome), (Vec::new(), Outcome::TimedOut));
    // The other selection is not concerned.
    host.guest_copies(&guest, Primary, Format::Text, b"other");
    assert_eq!(host.pastes(Primary, Format::Text), b"other");
    owner.signal(Signal::CONT);
    host.until("the late answer", |s| s.observer().events.iter().any(|e| e.note == Some(Note::Late)));
    assert_eq!(host.pastes(Clipboard, Format::Text), b"late");
}

fn too_much_is_refused_and_nobody_hangs() {
    let guest = Guest::start();
    let policy = Policy { max_size: 1000, ..Policy::default() };
    let mut host = Host::new(&guest, MemoryHost::default(), policy);
    let (fits, much) = (content(1000), content(1001));
    host.guest_copies(&guest, Clipboard, Format::Text, &much);
    // The agent was told the limit and keeps it: zero bytes.
    let pasted = host.paste(Clipboard, Format::Text);
    assert_eq!((pasted.content, pasted.outcome), (Vec::new(), Outcome::Empty));
    host.guest_copies(&guest, Clipboard, Format::Text, &fits);
    assert_eq!(host.pastes(Clipboard, Format::Text), fits);

    host.clipboard().set_text(Clipboard, &much);
    let paste = host.guest_pasting(&guest.display, Clipboard, Format::Text);
    assert_eq!(host.finish(paste).1, b"");
    host.clipboard().set_text(Clipboard, &fits);
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), fits);
}

fn the_agent_is_started_anew() {
    let mut guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.guest_copies(&guest, Primary, Format::Text, b"the guest's");
    host.clipboard().set_text(Clipboard, b"the host's");
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), b"the host's");
    guest.stop_agent();
    host.until_closed();
    assert_eq!(*host.clipboard().owner(Primary), HostOwner::Nobody);
    guest.start_agent();
    host.connect(&guest);
    // What the host owns is offered to the new agent too.
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), b"the host's");
    host.guest_copies(&guest, Clipboard, Format::Text, TEXT);
    assert_eq!(host.pastes(Clipboard, Format::Text), TEXT);
}

fn the_agent_dies_while_it_is_asked() {
    let mut guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    let owner = guest.display.copy_by(Clipboard, Format::Text, b"kept");
    host.until_offered(0, Clipboard, Format::Text);
    owner.signal(Signal::STOP);
    let id = host.clipboard().paste(Clipboard, Format::Text);
    host.until("the request", asked);
    guest.kill_agent();
    host.until_closed();
    let pasted = host.clipboard().take_pasted(id).expect("an end");
    // The daemon releases the selection in the agent's place before it closes the port.
    assert_eq!((pasted.content, pasted.outcome), (Vec::new(), Outcome::NotOffered));
    owner.signal(Signal::CONT);
    guest.start_agent();
    host.connect(&guest);
    // What was copied before it came it does not announce.
    assert_eq!(*host.clipboard().owner(Clipboard), HostOwner::Nobody);
    host.guest_copies(&guest, Clipboard, Format::Text, TEXT);
    assert_eq!(host.pastes(Clipboard, Format::Text), TEXT);
}

fn our_side_is_started_anew() {
    let guest = Guest::start();
    let mut old = Host::in_memory(&guest);
    old.clipboard().set_text(Clipboard, b"the old host's");
    assert_eq!(old.guest_pastes(&guest, Clipboard, Format::Text), b"the old host's");
    // Serials have gone on; the new host knows nothing of them.
    old.guest_copies(&guest, Clipboard, Format::Text, b"the guest's");
    drop(old);
    let mut host = Host::in_memory(&guest);
    host.clipboard().set_text(Clipboard, TEXT);
    assert_eq!(host.guest_pastes(&guest, Clipboard, Format::Text), TEXT);
    host.guest_copies(&guest, Clipboard, Format::Text, b"the guest's again");
    assert_eq!(host.pastes(Clipboard, Format::Text), b"the guest's again");
}

fn the_port_is_closed_and_opened_again() {
    let guest = Guest::start();
    let mut host = Host::in_memory(&guest);
    host.clipboard().faults.hold_reads = true;
    // Not text: xclip would ask the next owner for another kind of text.
    host.clipboard().set(Clipboard, [(Format::Png, content(1 << 20).into())]);
    let paste = host.guest_pasting(&guest.display, Clipboard, Format::Png);
    host.until("the request", |session| requests_of_the_guest(session) == 1);
    // Half a message is on its way: the agent lets the application go.
    host.disconnect();
    host.clipboard().faults.hold_reads = false;
    host.connect(&guest);
    assert_eq!(host.finish(paste).1, b"");
    assert!(host.guest_pastes(&guest, Clipboard, Format::Png) == content(1 << 20));
    host.guest_copies(&guest, Primary, Format::Text, TEXT);
    assert_eq!(host.pastes(Primary, Format::Text), TEXT);
}

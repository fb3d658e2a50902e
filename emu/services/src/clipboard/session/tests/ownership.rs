//! Handshake and ownership: ARCHITECTURE.md §5 and §6.

use super::*;

#[test]
fn handshake_announces_on_opening_and_answers_without_looping() {
    let mut pair = closed_pair(Profile::LINUX, Policy::default());
    pair.agent.connect(true);
    pair.run();
    assert_eq!(
        pair.said(),
        [
            "guest -> host port opened",
            "host -> guest ANNOUNCE_CAPABILITIES caps=0x00030460 request=1",
            "guest -> host ANNOUNCE_CAPABILITIES caps=0x00038de7 request=1",
            "guest -> host ANNOUNCE_CAPABILITIES caps=0x00038de7 request=0",
            "host -> guest ANNOUNCE_CAPABILITIES caps=0x00030460 request=0",
            "host -> guest MAX_CLIPBOARD size=104857600",
        ]
    );
}

#[test]
fn agent_that_never_answers_our_announcement_is_taken_as_it_is_after_a_second() {
    let mut session = Session::new(MemoryHost::default(), Recorder::default(), Policy::default());
    session.host_mut().set_text(CLIP, b"x");
    session.opened(0);
    let mut out = Vec::new();
    session.transmit(0, &mut out);
    let announce =
        [&[1, 0, 0, 0, 28, 0, 0, 0, 1, 0, 0, 0, 6][..], &[0; 11], &[8, 0, 0, 0, 1, 0, 0, 0]].concat();
    session.receive(0, &announce);
    session.receive(0, &0x0003_8de7u32.to_le_bytes());
    assert_eq!(session.guest_capabilities(), Some(Capabilities::LINUX));
    out.clear();
    session.transmit(0, &mut out);
    assert_eq!((out.len(), session.deadline()), (36, Some(SECOND)), "the answer, and no GRAB yet");
    session.transmit(SECOND, &mut out);
    assert_eq!(session.observer().events.last().map(|e| e.kind), Some(EventKind::Message(MessageKind::Grab)));
}

#[test]
fn daemon_that_reconnects_without_announcing_is_asked_and_what_it_says_before_is_ignored() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.agent.disconnect();
    pair.run();
    assert_eq!(pair.owner(), &HostOwner::Nobody, "gone with the port");
    pair.agent.connect(false);
    pair.agent.copy(0, [(Format::Text, (*b"b").into())]);
    pair.run();
    assert!(pair.notes().contains(&Note::BeforeHandshake));
    assert_eq!(pair.owner(), &HostOwner::Nobody);
    // Our announcement has set its serials back: the next copy counts.
    pair.guest_copies(b"c");
    assert!(pair.guest_owns());
}

#[test]
fn host_offer_survives_an_agent_restart() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(b"kept");
    for announce in [true, false] {
        pair.agent.disconnect();
        pair.run();
        pair.agent.connect(announce);
        pair.run();
        assert_eq!(pair.agent.host_offer(0), Some(Format::Text.into()));
        pair.guest_pastes();
        assert_eq!(pair.agent.take_answered()[0].content, b"kept");
    }
}

#[test]
fn agent_exit_releases_with_one_byte() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.act(Action::Release { selection: 0, short: true });
    assert_eq!(pair.owner(), &HostOwner::Nobody);
}

#[test]
fn detaching_tells_the_agent_to_give_up_what_the_host_owns() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(b"a");
    let now = pair.now();
    pair.session.detach(now);
    pair.run();
    assert_eq!(pair.agent.host_offer(0), None);
    assert!(pair.said().last().is_some_and(|s| s.contains("CLIENT_DISCONNECTED")));
}

#[test]
fn client_disconnected_from_a_guest_is_ignored() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.act(Action::ClientDisconnected);
    assert!(pair.guest_owns());
    assert_eq!(pair.notes(), [Note::NotForUs]);
}

#[test]
fn copying_again_needs_no_release_where_both_know_bit_16() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(b"a");
    pair.host_copies(b"b");
    assert_eq!(
        pair.said(),
        [
            "host -> guest GRAB clipboard types=text serial=0",
            "host -> guest GRAB clipboard types=text serial=1"
        ]
    );
}

#[test]
fn copying_again_releases_first_for_agents_without_bit_16() {
    let mut pair = pair(Profile::WINDOWS);
    pair.host_copies(b"a");
    pair.host_copies(b"b");
    let grab = "host -> guest GRAB clipboard types=text";
    assert_eq!(pair.said(), [grab, "host -> guest RELEASE clipboard", grab]);
}

#[test]
fn release_without_bit_16_waits_half_a_second_for_a_grab() {
    let mut pair = pair(Profile::WINDOWS);
    pair.guest_copies(b"a");
    let changes = pair.session.host().owner_changes(CLIP);
    pair.guest_copies(b"b");
    pair.run_for(SECOND);
    assert_eq!(pair.session.host().owner_changes(CLIP), changes + 1, "from guest to guest, with no gap");
    pair.act(Action::Release { selection: 0, short: false });
    pair.run_for(SECOND / 2 - 1);
    assert!(pair.guest_owns());
    pair.run_for(1);
    assert_eq!(pair.owner(), &HostOwner::Nobody);
}

#[test]
fn release_with_bit_16_counts_at_once_and_only_from_the_owner() {
    let mut pair = pair(Profile::LINUX);
    pair.act(Action::Release { selection: 0, short: false });
    assert_eq!(pair.notes(), [Note::NotOwner]);
    pair.guest_copies(b"a");
    pair.act(Action::Release { selection: 0, short: false });
    assert_eq!(pair.owner(), &HostOwner::Nobody);
}

#[test]
fn both_grab_at_once_with_the_same_serial_and_the_host_wins() {
    let mut pair = pair(Profile::LINUX);
    // The guest's GRAB is said before it hears the host's, and heard after the host has said its own.
    pair.agent.copy(0, [(Format::Text, (*b"guest").into())]);
    let mut early = Vec::new();
    pair.agent.transmit(0, &mut early);
    pair.session.host_mut().set_text(CLIP, b"host");
    let mut grab = Vec::new();
    pair.session.transmit(0, &mut grab);
    pair.session.receive(0, &early);
    pair.agent.receive(0, &grab);
    pair.run();
    assert_eq!(pair.notes(), [Note::Serial]);
    assert!(matches!(pair.owner(), HostOwner::Host(_)));
    pair.guest_pastes();
    assert_eq!(pair.guest_got(), [(TEXT, &b"host"[..])]);
    // Both have counted on: the next copies of either count.
    pair.guest_copies(b"again");
    assert!(pair.guest_owns());
}

#[test]
fn grab_with_a_wild_serial_is_discarded() {
    let mut pair = pair(Profile::LINUX);
    for serial in [1, 7, u32::MAX] {
        pair.act(Action::Grab { selection: 0, types: vec![TEXT], serial: Serial::Exact(serial) });
        assert_eq!(pair.owner(), &HostOwner::Nobody, "{serial}");
    }
    pair.act(Action::Grab { selection: 0, types: vec![TEXT], serial: Serial::Next });
    assert!(pair.guest_owns());
}

#[test]
fn serials_are_counted_by_selection() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.guest_copies(b"b");
    pair.agent.copy(1, [(Format::Text, (*b"marked").into())]);
    pair.run();
    assert_eq!(pair.notes(), []);
    let id = pair.session.host_mut().paste(PRIMARY, Format::Text);
    pair.run();
    assert_eq!(pair.pasted(id), Some((&b"marked"[..], Outcome::Complete)));
}

#[test]
fn grab_of_no_types_changes_nothing_but_the_serial() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.act(Action::Grab { selection: 0, types: vec![], serial: Serial::Next });
    assert_eq!(pair.notes(), [Note::NoTypes]);
    assert!(pair.guest_owns());
    pair.guest_copies(b"b");
    assert_eq!(pair.notes(), [Note::NoTypes], "the serial after it is due");
}

#[test]
fn grab_of_types_without_a_name_takes_the_selection_from_the_guest_before() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.act(Action::Grab { selection: 0, types: vec![6, 77], serial: Serial::Next });
    assert_eq!(pair.owner(), &HostOwner::Nobody);
}

#[test]
fn secondary_selection_is_ignored_and_primary_needs_bit_6() {
    let mut linux = pair(Profile::LINUX);
    linux.act(Action::Grab { selection: 2, types: vec![TEXT], serial: Serial::Exact(0) });
    linux.act(Action::Release { selection: 9, short: false });
    assert_eq!(linux.notes(), [Note::UnknownSelection; 2]);
    let mut windows = pair(Profile::WINDOWS);
    windows.session.host_mut().set_text(PRIMARY, b"marked");
    windows.run();
    assert_eq!(windows.said(), <[&str; 0]>::default());
}

#[test]
fn without_serials_the_last_writer_wins() {
    let mut pair = pair(Profile::MACOS);
    pair.guest_copies(b"a");
    pair.host_copies(b"b");
    assert!(matches!(pair.owner(), HostOwner::Host(_)));
    pair.guest_copies(b"c");
    assert!(pair.guest_owns());
    let id = pair.host_pastes(Format::Text);
    assert_eq!(pair.pasted(id), Some((&b"c"[..], Outcome::Complete)));
}

#[test]
fn without_serials_an_echo_changes_nothing() {
    let mut pair = pair(Profile::MACOS);
    pair.host_copies(b"same");
    assert_eq!(pair.guest_got(), [(TEXT, &b"same"[..])], "it asks at once");
    pair.guest_copies(b"same");
    assert!(matches!(pair.owner(), HostOwner::Host(_)));
    assert_eq!(pair.notes(), [Note::EchoSuspected, Note::Probe, Note::Echo]);
    pair.guest_copies(b"other");
    assert!(pair.guest_owns(), "something else is no echo");
}

#[test]
fn suspected_echo_that_is_never_answered_is_a_copy() {
    let mut pair = pair(Profile::MACOS);
    pair.host_copies(b"same");
    pair.agent.act(Action::Reply(Reply::Never));
    pair.guest_copies(b"same");
    assert!(!pair.guest_owns());
    pair.run_for(6 * SECOND);
    assert!(pair.guest_owns());
}

#[test]
fn malformed_messages_are_skipped_and_the_connection_stays() {
    let mut pair = pair(Profile::LINUX);
    for (protocol, number, size, body) in [
        (7, 9, None, vec![0; 4]),
        (1, 99, None, vec![1; 3000]),
        (1, 8, None, vec![0; 3]),
        (1, 7, None, vec![0]),
    ] {
        pair.act(Action::Message { protocol, number, size, body });
    }
    pair.guest_copies(b"fine");
    let id = pair.host_pastes(Format::Text);
    assert_eq!(pair.pasted(id), Some((&b"fine"[..], Outcome::Complete)));
    let odd = pair.session.observer().events.iter().filter(|e| matches!(e.kind, EventKind::Odd(_))).count();
    assert_eq!(odd, 4);
}

#[test]
fn policy_off_offers_nothing_to_either_side() {
    let off = Policy { directions: Directions::Off, ..Policy::default() };
    let mut pair = pair_with(Profile::LINUX, off);
    pair.host_copies(b"secret");
    assert_eq!(pair.agent.host_offer(0), None);
    pair.guest_copies(b"secret");
    assert!(!pair.guest_owns());
    pair.guest_pastes();
    assert_eq!(pair.guest_got(), [(TEXT, &b""[..])], "answered all the same");
    let id = pair.host_pastes(Format::Text);
    assert_eq!(pair.pasted(id), Some((&b""[..], Outcome::Denied)));
    assert_eq!(pair.outcomes(), [Outcome::Denied; 2]);
}

#[test]
fn policy_of_formats_filters_offers_both_ways() {
    let text_only = Policy { formats: Format::Text.into(), ..Policy::default() };
    let mut pair = pair_with(Profile::LINUX, text_only);
    let both = || [(Format::Text, (*b"t").into()), (Format::Png, (*b"p").into())];
    pair.session.host_mut().set(CLIP, both());
    pair.run();
    assert_eq!(pair.agent.host_offer(0), Some(Format::Text.into()));
    pair.agent.copy(0, both());
    pair.run();
    assert_eq!(pair.owner(), &HostOwner::Guest(FormatSet::from(Format::Text)));
}

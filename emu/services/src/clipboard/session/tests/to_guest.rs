//! Pastes in the guest: ARCHITECTURE.md §7 to §9.

use super::*;

#[test]
fn what_is_copied_on_the_host_is_pasted_in_the_guest() {
    for profile in [Profile::LINUX, Profile::WINDOWS, Profile::MACOS] {
        for size in [0, 1, 2019, 2020, 2048, 100_000] {
            let mut pair = pair(profile);
            pair.host_copies(&vec![0xff; size]);
            if !profile.eager {
                pair.guest_pastes();
            }
            assert_eq!(pair.guest_got(), [(TEXT, &vec![0xff; size][..])], "{profile:?} {size}");
            assert_eq!(pair.session.host().open_transfers(), 0);
        }
    }
}

#[test]
fn refusals_are_empty_data_of_the_type_asked_for() {
    // (selection, type): nobody owns, not offered, no such type, no such selection
    for (selection, type_number) in [(1, TEXT), (0, 2), (0, 99), (0, 0), (2, TEXT), (200, 6)] {
        let mut pair = pair(Profile::LINUX);
        pair.host_copies(b"text");
        pair.act(Action::Request { selection, type_number });
        assert_eq!(pair.guest_got(), [(type_number, &b""[..])], "{selection} {type_number}");
        assert_eq!(pair.outcomes(), [Outcome::NotOffered]);
        assert_eq!(pair.agent.unsolicited(), 0);
    }
}

#[test]
fn every_request_is_answered_exactly_once() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(b"text");
    for i in 0..100u32 {
        pair.agent.act(Action::Request { selection: 0, type_number: TEXT + i % 3 });
        pair.agent.act(Action::Request { selection: 2, type_number: TEXT });
    }
    pair.run();
    assert_eq!((pair.agent.answered().len(), pair.agent.waiting(), pair.agent.unsolicited()), (200, 0, 0));
}

#[test]
fn guest_that_asks_without_reading_is_made_to_wait() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(&[7; 100_000]);
    pair.agent.act(Action::Read(false));
    for _ in 0..1000 {
        pair.agent.act(Action::Request { selection: 0, type_number: TEXT });
    }
    pair.run_for(60 * SECOND);
    assert_eq!(pair.agent.answered().len(), 0);
    assert!(pair.session.peak_buffered() < 8192, "{}", pair.session.peak_buffered());
    pair.act(Action::Read(true));
    assert_eq!((pair.agent.answered().len(), pair.agent.waiting()), (1000, 0));
}

#[test]
fn host_that_never_says_its_size_is_given_up_after_five_seconds() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(b"text");
    pair.session.host_mut().faults.hold_sizes = true;
    pair.guest_pastes();
    pair.run_for(5 * SECOND - 1);
    assert_eq!(pair.agent.waiting(), 1);
    pair.run_for(1);
    assert_eq!(pair.guest_got(), [(TEXT, &b""[..])]);
    assert_eq!(pair.outcomes(), [Outcome::TimedOut]);
}

#[test]
fn host_that_is_slow_but_goes_on_is_waited_for() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(&[7; 1000]);
    for come in 0..10 {
        pair.session.host_mut().faults.grown = Some(come);
        if come == 0 {
            pair.guest_pastes();
        }
        pair.run_for(4 * SECOND);
        assert_eq!(pair.agent.waiting(), 1, "{come}");
    }
    pair.session.host_mut().faults.grown = None;
    pair.run();
    assert_eq!(pair.guest_got(), [(TEXT, &[7; 1000][..])]);
}

#[test]
fn host_that_stops_growing_or_grows_too_large_is_given_up() {
    for (max, outcome, after) in [(100, Outcome::TimedOut, 5 * SECOND), (99, Outcome::TooLarge, 0)] {
        let mut pair = pair_with(Profile::LINUX, Policy { max_size: max, ..Policy::default() });
        pair.host_copies(b"text");
        pair.session.host_mut().faults.grown = Some(100);
        pair.guest_pastes();
        pair.run_for(after);
        assert_eq!(pair.guest_got(), [(TEXT, &b""[..])], "{max}");
        assert_eq!(pair.outcomes(), [outcome]);
        assert_eq!(pair.session.host().open_transfers(), 0);
    }
}

#[test]
fn host_that_has_nothing_after_all_is_a_refusal() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(b"text");
    pair.session.host_mut().faults.fail_sizes = true;
    pair.guest_pastes();
    assert_eq!(pair.guest_got(), [(TEXT, &b""[..])]);
    assert_eq!(pair.outcomes(), [Outcome::HostFailed]);
}

#[test]
fn host_that_fails_inside_a_message_costs_the_connection_and_no_more() {
    for hold in [false, true] {
        let mut pair = pair(Profile::LINUX);
        pair.host_copies(&[7; 100_000]);
        let faults = &mut pair.session.host_mut().faults;
        (faults.fail_reads, faults.hold_reads) = (!hold, hold);
        pair.guest_pastes();
        pair.run_for(6 * SECOND);
        assert!(!pair.agent.is_connected());
        assert_eq!(pair.outcomes(), [Outcome::Disconnected]);
        pair.session.host_mut().faults = Default::default();
        pair.agent.connect(false);
        pair.run();
        pair.guest_pastes();
        assert_eq!(pair.guest_got(), [(TEXT, &[7; 100_000][..])]);
    }
}

#[test]
fn guest_limit_is_kept_with_empty_data() {
    let mut pair = pair(Profile::LINUX);
    for (max, size, got) in [(10, 10, 10), (10, 11, 0), (-1, 11, 11)] {
        pair.act(Action::MaxClipboard { max });
        pair.host_copies(&vec![1; size]);
        pair.guest_pastes();
        assert_eq!(pair.agent.take_answered()[0].content.len(), got, "{max} {size}");
    }
    assert_eq!(pair.outcomes(), [Outcome::Complete, Outcome::TooLarge, Outcome::Complete]);
}

#[test]
fn host_that_releases_frees_waiting_pastes() {
    let mut pair = pair(Profile::LINUX);
    pair.host_copies(b"a");
    pair.session.host_mut().clear(CLIP);
    pair.run();
    assert_eq!(pair.agent.host_offer(0), None);
    pair.guest_pastes();
    assert_eq!(pair.guest_got(), [(TEXT, &b""[..])]);
}

#[test]
fn text_for_a_crlf_guest_gets_carriage_returns_and_the_size_of_the_result() {
    let mut pair = pair(Profile::WINDOWS);
    let text = "line\n".repeat(2000) + "\r\nend";
    pair.host_copies(text.as_bytes());
    pair.guest_pastes();
    let want = "line\r\n".repeat(2000) + "\r\nend";
    assert_eq!(pair.guest_got(), [(TEXT, want.as_bytes())]);
    assert_eq!(pair.session.observer().audit[0].size, want.len() as u64);
}

#[test]
fn limit_counts_what_crosses_the_port() {
    let small = Policy { max_size: 5, ..Policy::default() };
    let mut pair = pair_with(Profile::WINDOWS, small);
    pair.host_copies(b"a\nb\nc");
    pair.guest_pastes();
    assert_eq!(pair.outcomes(), [Outcome::TooLarge]);
}

#[test]
fn slow_primary_does_not_hold_up_the_clipboard() {
    let mut pair = pair(Profile::LINUX);
    pair.session.host_mut().set_text(PRIMARY, b"marked");
    pair.host_copies(b"copied");
    pair.session.host_mut().faults.hold_sizes = true;
    pair.act(Action::Request { selection: 1, type_number: TEXT });
    pair.session.host_mut().faults.hold_sizes = false;
    pair.guest_pastes();
    assert_eq!(pair.agent.answered().len(), 2);
}

#[test]
fn policy_to_host_refuses_pastes_in_the_guest() {
    let policy = Policy { directions: Directions::ToHost, ..Policy::default() };
    let mut pair = pair_with(Profile::LINUX, policy);
    pair.host_copies(b"a");
    assert_eq!(pair.agent.host_offer(0), None);
    pair.guest_pastes();
    assert_eq!(pair.outcomes(), [Outcome::Denied]);
}

#[test]
fn host_offer_is_back_when_the_guest_releases_what_the_host_may_not_see() {
    let policy = Policy { directions: Directions::ToGuest, ..Policy::default() };
    let mut pair = pair_with(Profile::LINUX, policy);
    pair.host_copies(b"host");
    pair.guest_copies(b"guest");
    assert!(matches!(pair.owner(), HostOwner::Host(_)), "the host sees nothing of it");
    pair.guest_pastes();
    assert_eq!(pair.guest_got(), [(TEXT, &b""[..])], "the guest owns it");
    pair.act(Action::Release { selection: 0, short: false });
    pair.guest_pastes();
    assert_eq!(pair.guest_got()[1], (TEXT, &b"host"[..]));
}

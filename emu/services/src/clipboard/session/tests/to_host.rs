//! Pastes on the host: ARCHITECTURE.md §7 and §9.

use super::*;

#[test]
fn what_is_copied_in_the_guest_is_pasted_on_the_host() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies("héllo\0\r\n🦀".as_bytes());
    assert_eq!(pair.said(), ["guest -> host GRAB clipboard types=text serial=0"], "nothing moves yet");
    let id = pair.host_pastes(Format::Text);
    assert_eq!(pair.pasted(id), Some(("héllo\0\r\n🦀".as_bytes(), Outcome::Complete)));
    let record = pair.session.observer().audit[0];
    assert_eq!(record.sha256, Some(Digest::of("héllo\0\r\n🦀".as_bytes())));
    assert!(!record.to_string().contains("llo"), "never the content");
}

#[test]
fn type_not_offered_is_not_even_asked_for() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    let id = pair.host_pastes(Format::Png);
    assert_eq!(pair.pasted(id), Some((&b""[..], Outcome::NotOffered)));
    assert!(!pair.said().iter().any(|s| s.contains("REQUEST")));
}

#[test]
fn answers_that_are_no_content() {
    for (reply, outcome) in [
        (Reply::None, Outcome::NotOffered),
        (Reply::Empty, Outcome::Empty),
        (Reply::As(2), Outcome::OtherFormat(2)),
    ] {
        let mut pair = pair(Profile::LINUX);
        pair.guest_copies(b"a");
        pair.agent.act(Action::Reply(reply));
        let id = pair.host_pastes(Format::Text);
        assert_eq!(pair.pasted(id), Some((&b""[..], outcome)), "{reply:?}");
    }
}

#[test]
fn other_type_than_asked_for_can_be_asked_for_then() {
    let mut pair = pair(Profile::MACOS);
    pair.agent.copy(0, [(Format::Bmp, (*b"bmp").into())]);
    pair.agent.act(Action::Content { selection: 0, type_number: 2, content: (*b"png").into() });
    pair.agent.act(Action::Reply(Reply::As(2)));
    pair.run();
    let id = pair.host_pastes(Format::Bmp);
    assert_eq!(pair.pasted(id), Some((&b""[..], Outcome::OtherFormat(2))));
    let id = pair.host_pastes(Format::Png);
    assert_eq!(pair.pasted(id), Some((&b"png"[..], Outcome::Complete)));
}

#[test]
fn frozen_agent_times_out_after_five_seconds_and_its_late_answer_is_ignored() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.agent.act(Action::Reply(Reply::After(31 * SECOND)));
    let id = pair.host_pastes(Format::Text);
    pair.run_for(5 * SECOND - 1);
    assert_eq!(pair.pasted(id), None);
    pair.run_for(1);
    assert_eq!(pair.pasted(id), Some((&b""[..], Outcome::TimedOut)));
    pair.run_for(40 * SECOND);
    assert_eq!(pair.notes(), [Note::Late]);
}

#[test]
fn slow_but_steady_content_does_not_time_out() {
    let mut pair = pair(Profile { chunk: 1, ..Profile::LINUX });
    pair.guest_copies(b"0123456789");
    let id = pair.session.host_mut().paste(CLIP, Format::Text);
    let mut wire = crate::clipboard::Bounded::new(1 << 16);
    pair.session.transmit(0, &mut wire);
    pair.agent.receive(0, wire.bytes());
    let mut answer = Vec::new();
    pair.agent.transmit(0, &mut answer);
    // The headers at once, then a byte of content a second.
    let (headers, content) = answer.split_at(28 * 9);
    pair.session.receive(0, headers);
    let mut now = 0;
    for chunk in content.chunks(9) {
        now += SECOND;
        pair.session.receive(now, chunk);
    }
    assert!(now > 5 * SECOND);
    assert_eq!(pair.pasted(id), Some((&b"0123456789"[..], Outcome::Complete)));
}

#[test]
fn unsolicited_data_is_ignored() {
    let mut pair = pair(Profile::LINUX);
    pair.act(Action::Data { selection: 0, type_number: TEXT, content: (*b"x").into() });
    pair.act(Action::Data { selection: 2, type_number: TEXT, content: (*b"x").into() });
    assert_eq!(pair.notes(), [Note::Unsolicited, Note::UnknownSelection]);
    assert_eq!(pair.outcomes(), []);
}

#[test]
fn ownership_flip_fails_the_paste_at_once_and_its_late_answer_is_ignored() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"old");
    pair.agent.act(Action::Reply(Reply::After(SECOND)));
    let id = pair.host_pastes(Format::Text);
    pair.host_copies(b"host");
    assert_eq!(pair.pasted(id), Some((&b""[..], Outcome::OwnerChanged)));
    pair.guest_copies(b"new");
    let id = pair.host_pastes(Format::Text);
    pair.run_for(3 * SECOND);
    assert_eq!(pair.notes(), [Note::Late]);
    assert_eq!(pair.pasted(id), Some((&b"new"[..], Outcome::Complete)));
}

#[test]
fn owner_that_flips_while_content_flows_ends_it_and_the_stream_stays_in_step() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(&[b'x'; 100_000]);
    pair.session.host_mut().faults.write_limit = Some(0);
    let id = pair.host_pastes(Format::Text);
    assert_eq!(pair.pasted(id), None);
    pair.host_copies(b"host");
    assert_eq!(pair.pasted(id).map(|p| p.1), Some(Outcome::OwnerChanged));
    pair.session.host_mut().faults.write_limit = None;
    pair.guest_copies(b"after");
    let id = pair.host_pastes(Format::Text);
    assert_eq!(pair.pasted(id), Some((&b"after"[..], Outcome::Complete)));
    assert!(pair.notes().contains(&Note::Partial));
}

#[test]
fn port_that_closes_while_content_flows_discards_it_and_tells_the_host() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(&[b'x'; 100_000]);
    pair.agent.act(Action::DisconnectAfter(50_000));
    let id = pair.host_pastes(Format::Text);
    assert_eq!(pair.pasted(id).map(|p| p.1), Some(Outcome::Disconnected));
    assert_eq!(pair.owner(), &HostOwner::Nobody);
    let record = pair.session.observer().audit[0];
    assert!((40_000..50_000).contains(&record.size), "{record}");
}

#[test]
fn more_than_the_limit_is_refused_without_being_held() {
    let small = Policy { max_size: 1000, ..Policy::default() };
    for (size, outcome) in [(1000, Outcome::Complete), (1001, Outcome::TooLarge)] {
        let mut pair = pair_with(Profile::LINUX, small);
        pair.guest_copies(&vec![b'x'; size]);
        let id = pair.host_pastes(Format::Text);
        assert_eq!(pair.pasted(id).map(|p| p.1), Some(outcome), "{size}");
    }
}

#[test]
fn pastes_of_one_selection_are_asked_for_one_at_a_time_in_order() {
    let mut pair = pair(Profile::LINUX);
    pair.agent.copy(0, [(Format::Text, (*b"t").into()), (Format::Png, (*b"p").into())]);
    pair.run();
    pair.agent.act(Action::Reply(Reply::After(SECOND)));
    let ids = [Format::Text, Format::Png, Format::Text].map(|f| pair.session.host_mut().paste(CLIP, f));
    pair.run();
    assert_eq!(pair.said().iter().filter(|s| s.contains("REQUEST")).count(), 1);
    pair.run_for(4 * SECOND);
    let got = ids.map(|id| pair.pasted(id).map(|p| p.0));
    assert_eq!(got, [Some(&b"t"[..]), Some(b"p"), Some(b"t")]);
}

#[test]
fn more_pastes_than_may_wait_are_refused() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.agent.act(Action::Reply(Reply::Never));
    let ids: Vec<_> = (0..20).map(|_| pair.session.host_mut().paste(CLIP, Format::Text)).collect();
    pair.run();
    assert!(ids.iter().any(|id| pair.pasted(*id).map(|p| p.1) == Some(Outcome::Busy)));
    pair.run_for(200 * SECOND);
    assert!(ids.iter().all(|id| pair.pasted(*id).is_some()));
}

#[test]
fn release_with_a_request_pending_fails_it() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.agent.act(Action::Reply(Reply::Never));
    let id = pair.host_pastes(Format::Text);
    pair.act(Action::Release { selection: 0, short: false });
    assert_eq!(pair.pasted(id).map(|p| p.1), Some(Outcome::NotOffered));
}

#[test]
fn text_of_a_crlf_guest_gets_line_feeds_and_images_stay() {
    let mut pair = pair(Profile { chunk: 3, ..Profile::WINDOWS });
    let bytes: std::sync::Arc<[u8]> = (*b"a\r\nb\r").into();
    pair.agent.copy(0, [(Format::Text, bytes.clone()), (Format::Png, bytes)]);
    pair.run();
    let ids = [Format::Text, Format::Png].map(|f| pair.host_pastes(f));
    let got = ids.map(|id| pair.pasted(id).map(|p| p.0));
    assert_eq!(got, [Some(&b"a\nb\r"[..]), Some(b"a\r\nb\r")]);
}

#[test]
fn chunks_of_any_size_are_taken() {
    for chunk in [1, 7, 20, 2048, 65_536] {
        let mut pair = pair(Profile { chunk, ..Profile::LINUX });
        let text: Vec<u8> = (0..=255).cycle().take(5000).collect();
        pair.guest_copies(&text);
        let id = pair.host_pastes(Format::Text);
        assert_eq!(pair.pasted(id), Some((&text[..], Outcome::Complete)), "{chunk}");
    }
}

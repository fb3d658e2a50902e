//! Memory and determinism.

use super::*;

/// 8 MiB is what is asked for; a chunk and its surroundings is what is needed.
const BOUND: usize = 12 << 10;

fn big() -> Vec<u8> {
    (0..64u32 << 20).map(|i| i.to_le_bytes()[1]).collect()
}

#[test]
fn sixty_four_mebibytes_to_the_host_hold_a_chunk() {
    for profile in [Profile::LINUX, Profile::WINDOWS] {
        let mut pair = pair(profile);
        let content = big();
        pair.agent.copy(0, [(Format::Png, content.as_slice().into())]);
        pair.run();
        let id = pair.host_pastes(Format::Png);
        assert!(pair.pasted(id) == Some((&content[..], Outcome::Complete)));
        assert!(pair.session.peak_buffered() < BOUND, "{}", pair.session.peak_buffered());
    }
}

#[test]
fn sixty_four_mebibytes_to_the_guest_hold_a_chunk() {
    for (profile, format) in [(Profile::LINUX, Format::Png), (Profile::WINDOWS, Format::Text)] {
        let mut pair = pair_with(profile, Policy { max_size: 1 << 30, ..Policy::default() });
        let content = big();
        pair.session.host_mut().set(CLIP, [(format, content.as_slice().into())]);
        pair.run();
        pair.act(Action::Request { selection: 0, type_number: format.number() });
        let got = pair.agent.take_answered().remove(0).content;
        if format == Format::Png {
            assert!(got == content);
        } else {
            let feeds = content.iter().filter(|b| **b == b'\n').count();
            // In `big` no CR stands right before an LF.
            assert_eq!(got.len(), content.len() + feeds);
        }
        assert!(pair.session.peak_buffered() < BOUND, "{}", pair.session.peak_buffered());
    }
}

#[test]
fn message_of_four_gibibytes_is_skipped_as_it_comes() {
    let mut pair = pair(Profile::LINUX);
    pair.guest_copies(b"a");
    pair.agent.act(Action::Reply(Reply::Never));
    let id = pair.host_pastes(Format::Text);
    let body = [&[0, 0, 0, 0, 1, 0, 0, 0][..], &vec![9; 1 << 20]].concat();
    pair.act(Action::Message { protocol: 1, number: 4, size: Some(u32::MAX), body });
    assert_eq!(pair.pasted(id).map(|p| p.1), Some(Outcome::TooLarge));
    assert!(pair.session.peak_buffered() < BOUND);
}

#[test]
fn host_that_takes_little_slows_the_guest_down() {
    let mut pair = pair(Profile::LINUX);
    let content: Vec<u8> = (0..=255).cycle().take(50_000).collect();
    pair.guest_copies(&content);
    pair.session.host_mut().faults.write_limit = Some(0);
    let id = pair.host_pastes(Format::Text);
    pair.run_for(4 * SECOND);
    pair.session.host_mut().faults.write_limit = Some(3);
    pair.run();
    assert_eq!(pair.pasted(id), Some((&content[..], Outcome::Complete)));
    pair.session.host_mut().faults.write_limit = Some(0);
    let id = pair.host_pastes(Format::Text);
    pair.run_for(6 * SECOND);
    assert_eq!(pair.pasted(id).map(|p| p.1), Some(Outcome::TimedOut), "a host that takes nothing");
}

#[test]
fn same_calls_say_the_same_bytes() {
    let run = || {
        let mut pair = pair(Profile::MACOS);
        pair.host_copies(b"a");
        pair.guest_copies(b"b");
        pair.host_pastes(Format::Text);
        pair.run_for(10 * SECOND);
        pair.said()
    };
    assert_eq!(run(), run());
}

#[test]
fn what_is_held_is_accounted_for() {
    let mut pair = pair(Profile::WINDOWS);
    let idle = pair.session.buffered();
    assert!(idle >= 2 * MAX_CHUNK as usize, "a chunk each way: {idle}");
    pair.host_copies(&[b'\n'; 10_000]);
    pair.agent.act(Action::Read(false));
    pair.guest_pastes();
    assert!(pair.session.buffered() >= idle + MAX_CHUNK as usize, "and converted text");
    assert!(pair.session.peak_buffered() >= pair.session.buffered());
}

#[test]
fn host_and_observer_may_be_chosen_at_run_time() {
    let host: Box<dyn HostClipboard> = Box::<MemoryHost>::default();
    let observer: Box<dyn Observer> = Box::<Recorder>::default();
    let mut pair = Cable::new(Session::new(host, observer, Policy::default()), Profile::LINUX);
    pair.agent.connect(true);
    pair.run();
    assert!(pair.session.is_settled());
}

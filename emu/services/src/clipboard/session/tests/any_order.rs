//! Random conversations: how bytes are cut never matters, and the promises to both sides hold.
//! proptest prints what failed, shrunk, and keeps its seed in a file beside this one.

use proptest::prelude::*;

use super::*;
fn profile() -> impl Strategy<Value = Profile> {
    (0usize..3, prop_oneof![1u32..64, Just(2048), Just(u32::MAX)])
        .prop_map(|(which, chunk)| Profile { chunk, ..Profile::NAMES[which].1 })
}

/// Anything after which the two still understand each other.
fn action() -> impl Strategy<Value = Action> {
    let selection = || prop_oneof![4 => Just(0u8), 2 => Just(1), 1 => Just(2)];
    let type_number = || prop_oneof![3 => Just(1u32), 2 => 0u32..8];
    let content = || (0usize..5000, any::<u8>()).prop_map(|(n, b)| vec![b; n].into());
    let serial = prop_oneof![3 => Just(Serial::Next), 1 => (0u32..4).prop_map(Serial::Exact)];
    let reply = prop_oneof![
        4 => Just(Reply::Content),
        1 => (0..8 * SECOND).prop_map(Reply::After),
        1 => Just(Reply::Never),
        1 => Just(Reply::None),
        1 => Just(Reply::Empty),
        1 => (0u32..6).prop_map(Reply::As),
    ];
    prop_oneof![
        (selection(), type_number(), content()).prop_map(|(selection, type_number, content)| {
            Action::Content { selection, type_number, content }
        }),
        (selection(), proptest::collection::vec(type_number(), 0..3), serial)
            .prop_map(|(selection, types, serial)| Action::Grab { selection, types, serial }),
        (selection(), any::<bool>()).prop_map(|(selection, short)| Action::Release { selection, short }),
        (selection(), type_number())
            .prop_map(|(selection, type_number)| Action::Request { selection, type_number }),
        (selection(), type_number(), content()).prop_map(|(selection, type_number, content)| Action::Data {
            selection,
            type_number,
            content
        }),
        (-1..6000).prop_map(|max| Action::MaxClipboard { max }),
        any::<bool>().prop_map(|request| Action::Announce { request }),
        proptest::collection::vec(any::<u8>(), 0..99).prop_map(|body| Action::Message {
            protocol: 1,
            number: 2,
            size: None,
            body
        }),
        reply.prop_map(Action::Reply),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Guest(Action),
    HostCopies(Selection, Format, usize),
    HostClears(Selection),
    HostPastes(Selection, Format),
    Pass(u64),
    Reconnect(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let selection = || (0usize..2).prop_map(|i| Selection::ALL[i]);
    let format = || (0usize..5).prop_map(|i| Format::ALL[i % 2]);
    prop_oneof![
        6 => action().prop_map(Step::Guest),
        2 => (selection(), format(), 0usize..5000).prop_map(|(s, f, n)| Step::HostCopies(s, f, n)),
        1 => selection().prop_map(Step::HostClears),
        3 => (selection(), format()).prop_map(|(s, f)| Step::HostPastes(s, f)),
        2 => (0..3 * SECOND).prop_map(Step::Pass),
        1 => any::<bool>().prop_map(Step::Reconnect),
    ]
}

proptest! {
    #[test]
    fn guest_bytes_in_any_cut_say_the_same(
        profile in profile(),
        actions in proptest::collection::vec(action(), 0..20),
        junk in proptest::collection::vec(any::<u8>(), 0..200),
        cut in 1usize..700,
    ) {
        let mut agent = pair(profile).agent;
        actions.into_iter().for_each(|a| agent.act(a));
        agent.act(Action::Raw(junk));
        let mut bytes = Vec::new();
        agent.transmit(0, &mut bytes);
        let hear = |cut: usize| {
            let mut pair = pair(profile);
            let (mut rest, mut out) = (bytes.as_slice(), Vec::new());
            while !rest.is_empty() {
                let n = pair.session.receive(0, &rest[..cut.min(rest.len())]);
                rest = &rest[n..];
                if n == 0 {
                    // It waits until its answers are out: where that is depends on no cut.
                    pair.session.transmit(0, &mut out);
                }
            }
            pair.session.transmit(0, &mut out);
            (out, pair.said())
        };
        prop_assert_eq!(hear(cut), hear(usize::MAX));
    }

    #[test]
    fn every_paste_ends_once_and_nothing_stays_open(
        profile in profile(),
        steps in proptest::collection::vec(step(), 0..40),
    ) {
        let mut pair = pair(profile);
        let mut ids = Vec::new();
        for step in steps {
            match step {
                Step::Guest(action) => pair.act(action),
                Step::HostCopies(s, f, n) => pair.session.host_mut().set(s, [(f, vec![b'\n'; n].into())]),
                Step::HostClears(s) => pair.session.host_mut().clear(s),
                Step::HostPastes(s, f) => ids.push(pair.session.host_mut().paste(s, f)),
                Step::Pass(ns) => pair.run_for(ns),
                Step::Reconnect(announce) => {
                    pair.agent.disconnect();
                    pair.run();
                    pair.agent.connect(announce);
                }
            }
        }
        pair.run_for(200 * SECOND);
        for id in ids {
            prop_assert!(pair.session.host_mut().take_pasted(id).is_some(), "{:?} has not ended", id);
        }
        prop_assert_eq!(pair.agent.waiting(), 0, "a paste in the guest hangs");
        prop_assert_eq!(pair.session.host().open_transfers(), 0);
        prop_assert!(pair.session.peak_buffered() < 16 << 10);
        prop_assert!(pair.session.deadline().is_none());
    }
}

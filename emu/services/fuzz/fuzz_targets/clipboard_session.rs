//! A session between a hostile guest and a host that does anything at any time: never a panic, memory
//! within its bound, every paste on the host finished exactly once, nothing left open at the end.
//!
//! `cd emu/services && cargo +nightly fuzz run clipboard_session`
#![no_main]

use innkeeper_services::clipboard::{
    Bounded, Directions, Faults, Format, FormatSet, MemoryHost, Policy, RequestId, Selection, Session,
};
use libfuzzer_sys::fuzz_target;

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn bytes(&mut self, n: usize) -> &'a [u8] {
        let (part, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        part
    }
}

/// A message of the guest in one chunk, with the size that `input` says or the right one.
fn message(input: &mut Input<'_>) -> Vec<u8> {
    let kind = [6, 7, 8, 9, 4, 14, 13, 2][usize::from(input.byte() & 7)];
    let lie = input.byte();
    let n = usize::from(input.byte() & 63);
    let body = input.bytes(n);
    let size = if lie < 8 { u32::from(lie) << 29 | body.len() as u32 } else { body.len() as u32 };
    let mut out = Vec::new();
    for word in [1, 20 + body.len() as u32, 1, kind, 0, 0, size] {
        out.extend(word.to_le_bytes());
    }
    out.extend(body);
    out
}

fn host(session: &mut Session<MemoryHost>, input: &mut Input<'_>, pastes: &mut Vec<RequestId>) {
    let what = input.byte();
    let selection = Selection::ALL[usize::from(what & 1)];
    let format = Format::ALL[usize::from(what >> 1 & 7) % 5];
    let host = session.host_mut();
    match what >> 4 {
        0..4 => {
            let n = usize::from(input.byte()) * 16;
            host.set(selection, [(format, vec![what; n].into())]);
        }
        4 => host.clear(selection),
        5..12 => pastes.push(host.paste(selection, format)),
        _ => {
            let bits = input.byte();
            host.faults = Faults {
                hold_sizes: bits & 1 != 0,
                grown: (bits & 32 != 0).then(|| u64::from(input.byte()) * 16),
                fail_sizes: bits & 2 != 0,
                hold_reads: bits & 4 != 0,
                fail_reads: bits & 8 != 0,
                write_limit: (bits & 16 != 0).then_some(usize::from(bits >> 5)),
            };
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let setup = input.byte();
    let policy = Policy {
        directions: Directions::NAMES[usize::from(setup & 3)].1,
        formats: if setup & 4 != 0 { FormatSet::ALL } else { Format::Text.into() },
        max_size: if setup & 8 != 0 { 1 << 30 } else { 1000 },
    };
    let mut session = Session::new(MemoryHost::default(), (), policy);
    let (mut now, mut pastes, mut held) = (0, Vec::new(), Vec::new());
    session.opened(now);
    while !input.0.is_empty() {
        let op = input.byte();
        match op & 15 {
            0..5 => held.extend(message(&mut input)),
            5 | 6 => held.extend(input.bytes(usize::from(op >> 4) * 4)),
            7..10 => {
                let mut out = Bounded::new(usize::from(op >> 4) * 300);
                session.transmit(now, &mut out);
            }
            10..13 => host(&mut session, &mut input, &mut pastes),
            13 => now += u64::from(op >> 4) * 300_000_000,
            14 => session.tick(now),
            _ => {
                if op & 16 != 0 {
                    session.closed(now);
                    held.clear();
                }
                session.opened(now);
            }
        }
        let cut = 1 + usize::from(op >> 4) * 7;
        let n = session.receive(now, &held[..cut.min(held.len())]);
        held.drain(..n);
        assert!(session.buffered() <= 16 << 10, "{} bytes held", session.buffered());
        assert!(session.deadline().is_none_or(|at| at > now), "a deadline in the past");
    }
    session.closed(now);
    session.tick(now);
    assert_eq!(session.host().open_transfers(), 0);
    for id in pastes {
        assert!(session.host_mut().take_pasted(id).is_some(), "{id:?} was never finished");
    }
});

//! A guest agent that says anything at any time: never a panic, memory within its bound, never silent for good.
//!
//! `cd emu/services && cargo +nightly fuzz run addr_agent`
#![no_main]

use innkeeper_services::addresses::agent::{AgentSource, Interfaces, MAX_LINE, Said, Timing, parse};
use innkeeper_services::addresses::{AddressBook, Clock, Limits, Mac, Nic, NicId};
use libfuzzer_sys::fuzz_target;

/// The number of the request that was sent last, so that some answers are for it.
fn number(request: &[u8]) -> &[u8] {
    let tail = request.trim_ascii_end().strip_suffix(b"}").unwrap_or_default();
    tail.rsplit(|b| *b == b':').next().unwrap_or_default()
}

fuzz_target!(|data: &[u8]| {
    if let Some(reply) = parse(data)
        && let Said::Return(value) = reply.said
    {
        Interfaces::parse(value);
    }
    let mut source = AgentSource::new(Timing::default(), 7);
    let mut book = AddressBook::new(Limits::default());
    book.add_nic(Nic { id: NicId(0), mac: Mac([0x52, 0x54, 0, 0, 0, 1]), name: "net0".into() }, 0);
    let (mut now, mut asked) = (0, Vec::new());
    source.opened(now);
    for part in data.split(|b| *b == b'~') {
        let [op, bytes @ ..] = part else { continue };
        let mut out = Vec::new();
        source.transmit(now, &mut out);
        if !out.is_empty() {
            asked = number(&out).to_vec();
        }
        match op & 7 {
            0 => now += u64::from(*op >> 3) * 1_000_000_000,
            1 => source.closed(now),
            2 => source.opened(now),
            3 => {
                source.receive(now, &[b"\xff{\"return\":", &asked[..], b",\"id\":", &asked, b"}\n"].concat())
            }
            4 => source.receive(now, &[b"{\"id\":", &asked[..], b",\"return\":", bytes, b"}\n"].concat()),
            _ => source.receive(now, bytes),
        }
        book.pull(&mut source, Clock { now, unix: now, boot: 0 });
        assert!(source.buffered() <= 2 * MAX_LINE + 4096);
        assert!(book.addresses(NicId(0)).len() <= 64);
    }
});

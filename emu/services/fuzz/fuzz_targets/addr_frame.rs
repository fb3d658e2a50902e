//! Frames of a hostile guest and a hostile network on a card's port: never a panic, never more than the
//! book's limits.
//!
//! `cd emu/services && cargo +nightly fuzz run addr_frame`
#![no_main]

use innkeeper_services::addresses::snoop::{Config, Snoop, Way, dhcp4, dhcp6, ndp};
use innkeeper_services::addresses::{AddressBook, Clock, Limits, Mac, Nic, NicId};
use libfuzzer_sys::fuzz_target;

const GUEST: Mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);

fuzz_target!(|data: &[u8]| {
    dhcp4::parse(data);
    dhcp6::parse(data);
    if let [kind, body @ ..] = data {
        ndp::parse(133 + kind % 4, body);
    }
    let mut book = AddressBook::new(Limits::default());
    book.add_nic(Nic { id: NicId(0), mac: GUEST, name: "net0".into() }, 0);
    let mut snoop = Snoop::new(Config { traffic: true, ..Config::default() });
    snoop.add_nic(NicId(0), GUEST);
    let (mut now, mut rest) = (0, data);
    while let [op, length, tail @ ..] = rest {
        let (frame, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        now += u64::from(op >> 2) * 100_000_000;
        let way = if op & 1 == 0 { Way::FromGuest } else { Way::ToGuest };
        let mut bytes = frame.to_vec();
        if let (0, Some(mac)) = (op & 1, bytes.get_mut(6..12)) {
            mac.copy_from_slice(&GUEST.0);
        }
        snoop.frame(now, NicId(0), way, &bytes);
        if op & 2 != 0 {
            book.pull(&mut snoop, Clock { now, unix: now, boot: 0 });
        }
    }
    book.pull(&mut snoop, Clock { now, unix: now, boot: 0 });
    assert!(book.addresses(NicId(0)).len() <= 64);
});

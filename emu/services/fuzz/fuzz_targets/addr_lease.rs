//! Every lease parser on any bytes, and the claims of the one that recognises them: never a panic.
//!
//! `cd emu/services && cargo +nightly fuzz run addr_lease`; `LEASES=NUMBER` in front has one parser only,
//! by its place in `FORMATS`.
#![no_main]

use std::sync::LazyLock;

use innkeeper_services::addresses::lease::{FORMATS, Links, claims, recognise};
use innkeeper_services::addresses::{Clock, Mac, Nic, NicId, Nics};
use libfuzzer_sys::fuzz_target;

static ONLY: LazyLock<Option<usize>> =
    LazyLock::new(|| std::env::var("LEASES").ok().map(|n| n.parse().expect("LEASES is a number")));

fuzz_target!(|data: &[u8]| {
    let [which, bytes @ ..] = data else { return };
    let mut found = 0;
    let parser = &FORMATS[ONLY.unwrap_or(usize::from(*which)) % FORMATS.len()];
    (parser.parse)(bytes, &mut |_| found += 1);
    assert!(found <= bytes.len(), "more leases than bytes");
    let Some(format) = recognise(bytes) else { return };
    let mut nics = Nics::default();
    for (id, last) in [(0, 0x56), (1, 0xef)] {
        let mac = Mac([0x52, 0x54, 0, 0x12, 0x34, last]);
        nics.insert(Nic { id: NicId(id), mac, name: "net".into() });
    }
    let clock = Clock { now: 5, unix: 1_795_333_600_000_000_000, boot: 1 };
    claims(format, bytes, &nics, &Links::default(), clock);
});

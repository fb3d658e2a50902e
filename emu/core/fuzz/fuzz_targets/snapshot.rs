//! A snapshot that somebody has made up: read or refused, taken by a machine or refused with nothing
//! changed; what is taken never makes the machine panic later.
//!
//! The input changes bytes of a true snapshot, three for the place and one for the value each; the
//! checksum is put right again, so that what lies behind it is reached. An input that begins with 0xff is
//! a whole file.
//!
//! `cd emu/core && cargo +nightly fuzz run snapshot`
#![no_main]

use std::cell::RefCell;

use innkeeper_core::accel::{Interp, interp};
use innkeeper_core::board::virt_a64::{Config, Virt, VirtA64};
use innkeeper_core::board::{Board as _, Payload};
use innkeeper_core::machine::{Limit, Snapshot};
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::xxh3_64;

const GUEST: &[u8] = include_bytes!("../../../../scenarios/guests/bin/ports.elf");
/// Instructions run on from a snapshot.
const ON: u64 = 2_000;

struct Subject {
    machine: Virt,
    /// A snapshot of it, and the same as a file.
    snapshot: Snapshot,
    file: Vec<u8>,
}

fn subject() -> Subject {
    let kernel = Payload { name: "ports".into(), bytes: GUEST.into() };
    let mut config = Config::new(kernel);
    (config.memory, config.cpus) = (4 << 20, 2);
    config.ports = vec!["a.b".into()];
    let interp = Interp::new(interp::Config::default());
    let mut machine = VirtA64::machine(&config, Box::new(interp)).expect("a machine");
    machine.run_until(Limit::insns(60_000));
    let snapshot = machine.snapshot().expect("no file is open");
    let mut file = Vec::new();
    snapshot.write_to(&mut file).expect("memory to write to");
    Subject { machine, snapshot, file }
}

/// The true file with bytes changed, and the checksum of that.
fn changed(file: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let (payload, hash) = file.split_last_chunk_mut::<8>().expect("a checksum");
    for change in changes.chunks_exact(4) {
        let at = usize::from(change[0]) | usize::from(change[1]) << 8 | usize::from(change[2]) << 16;
        // Most of the file is memory, of which all is possible.
        let at = if change[2] < 0x80 { at % payload.len().min(1 << 13) } else { at % payload.len() };
        payload[at] = change[3];
    }
    *hash = xxh3_64(payload).to_le_bytes();
    file
}

thread_local! {
    static SUBJECT: RefCell<Subject> = RefCell::new(subject());
}

fuzz_target!(|data: &[u8]| {
    SUBJECT.with_borrow_mut(|s| {
        let file = match data {
            [0xff, whole @ ..] => whole.to_vec(),
            changes => changed(&s.file, changes),
        };
        let Ok(snapshot) = Snapshot::read_from(&mut &file[..]) else { return };
        s.machine.restore(&s.snapshot).expect("a true snapshot is taken");
        let before = s.machine.cpu_digest(0);
        match s.machine.restore(&snapshot) {
            Ok(()) => {
                let now = s.machine.now().insns;
                let limit = Limit { insns: Some(now.saturating_add(ON)), ns: None };
                s.machine.run_until(limit);
                let _ = s.machine.snapshot();
            }
            Err(_) => assert_eq!(s.machine.cpu_digest(0), before, "nothing has changed"),
        }
    });
});

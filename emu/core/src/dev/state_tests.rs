//! One test of saving and restoring for all devices, and digests that must not change.

mod drive;

use std::borrow::Cow;
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use super::virtio::{Mmio, console::Console, mmio::spec};
use super::{acpi_pm::AcpiPm, debug_exit::DebugExit, gicv2, gicv2::GicV2, i8042::I8042, mc146818::Mc146818};
use super::{ns16550::Ns16550, pl011::Pl011, pl031::Pl031, reset_control::ResetControl};
use crate::dev::Device;
use crate::mem::Ram;
use crate::mem::pages::Pages;
use crate::mem::ram::RegionSpec;
use crate::state::{StateError, Stateful};
use drive::{Chooser, Op, Profile, RAM, RAM_SIZE, Rig};

/// A device to be driven.
struct Subject {
    /// As it stands behind `impl Device for`.
    name: &'static str,
    make: fn(Ram) -> Box<dyn Device>,
    profile: Profile,
}

const fn subject(
    name: &'static str,
    make: fn(Ram) -> Box<dyn Device>,
    registers: &'static [u64],
    window: usize,
) -> Subject {
    Subject { name, make, profile: Profile { registers, window, ports: 0 } }
}

const BYTES: &[u64] = &[0, 1, 2, 3, 4, 5, 6, 7];
const PL011: &[u64] = &[0, 0, 0, 4, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x44, 0x48];
const PL031: &[u64] = &[0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c];
const C: u64 = gicv2::CPU_INTERFACE;
const GIC: &[u64] = &[
    0,
    0,
    0x80,
    0x84,
    0x100,
    0x104,
    0x180,
    0x204,
    0x284,
    0x304,
    0x384,
    0x410,
    0x420,
    0x424,
    0x820,
    0x824,
    0x828,
    0xc04,
    0xc08,
    0xf00,
    0xf00,
    0xf10,
    0xf20,
    C,
    C,
    C + 4,
    C + 8,
    C + 0xc,
    C + 0xc,
    C + 0x10,
    C + 0x10,
    C + 0x14,
    C + 0x18,
    C + 0x1c,
    C + 0x20,
    C + 0x24,
    C + 0x28,
    C + 0xd0,
    C + 0xe0,
    C + 0x1000,
];
const VIRTIO: &[u64] = &[
    0,
    4,
    0x10,
    0x14,
    spec::QUEUE_SEL,
    spec::QUEUE_NUM_MAX,
    spec::QUEUE_NOTIFY,
    spec::INTERRUPT_STATUS,
    spec::INTERRUPT_ACK,
    spec::DRIVER_FEATURES_SEL,
    spec::CONFIG,
    spec::CONFIG + 4,
];

fn virtio(ram: Ram) -> Box<dyn Device> {
    Box::new(Mmio::new(Console::new(&["a.b".into(), "c.d".into()]), ram))
}

/// Every device there is; `impl Device for` without a line here is an error.
const SUBJECTS: &[Subject] = &[
    subject("AcpiPm", |_| Box::new(AcpiPm::default()), BYTES, 16),
    subject("DebugExit", |_| Box::new(DebugExit::default()), BYTES, 4),
    subject("GicV2", |_| Box::new(GicV2::new(1)), GIC, 0x1_2000),
    subject("GicV2", |_| Box::new(GicV2::new(4)), GIC, 0x1_2000),
    subject("I8042", |_| Box::new(I8042::default()), BYTES, 8),
    subject("Mc146818", |_| Box::new(Mc146818::new(1_700_000_000)), &[0, 1, 1], 2),
    subject("Ns16550", |_| Box::new(Ns16550::default()), BYTES, 8),
    subject("Pl011", |_| Box::new(Pl011::default()), PL011, 0x1000),
    subject("Pl031", |_| Box::new(Pl031::new(1_700_000_000)), PL031, 0x1000),
    subject("ResetControl", |_| Box::new(ResetControl::default()), BYTES, 1),
    Subject {
        name: "Mmio<K>",
        make: virtio,
        profile: Profile { registers: VIRTIO, window: 0x120, ports: 2 },
    },
];

impl Subject {
    fn rig(&self) -> Rig {
        let ram = Ram::new(&[RegionSpec { base: RAM, size: RAM_SIZE, writable: true }]).unwrap();
        Rig { device: (self.make)(ram.clone()), ram, now: 0 }
    }
}

/// Digests of AArch64 machines, by what is in them; recorded before devices kept their state in structures.
/// They must not change: recordings end with one.
const DIGESTS: [(&str, u64); 5] = [
    ("GicV2", 0x68c0_4a4c_cafa_7dac),
    ("GicV2", 0x14a3_eb73_4b26_7f81),
    ("Pl011", 0xbeba_c623_bada_aade),
    ("Pl031", 0x6d81_9811_a8a1_2357),
    ("Mmio<K>", 0xa159_4836_d4a2_1762),
];

#[test]
fn digests_are_what_they_always_were() {
    let digests =
        SUBJECTS.iter().filter(|s| DIGESTS.iter().any(|(name, _)| *name == s.name)).map(|subject| {
            let mut all = Xxh3::new();
            let mut chooser = Chooser::new(0x1dea, subject.profile);
            let mut rig = subject.rig();
            for _ in 0..4000 {
                rig.apply(&chooser.op());
                all.update(&digest(&rig));
            }
            (subject.name, all.digest())
        });
    assert_eq!(digests.collect::<Vec<_>>(), DIGESTS);
}

fn digest(rig: &Rig) -> Vec<u8> {
    let mut bytes = Vec::new();
    rig.device.digest(&mut bytes);
    bytes
}

/// Steps before a device is saved, at most, and steps that it and the restored one are compared for.
const BEFORE: usize = 1500;
const AFTER: usize = 1500;

/// Drives a device, restores a fresh one from it and drives both alike. An error says where they differ.
fn round_trip(subject: &Subject, seed: u64) -> Result<(), String> {
    let mut chooser = Chooser::new(seed, subject.profile);
    let mut old = subject.rig();
    for _ in 0..chooser.random.below(BEFORE) {
        old.apply(&chooser.op());
    }
    // What the bus takes after each access is not waiting when anybody saves.
    old.apply(&Op::TakeWritten);
    let mut new = subject.rig();
    new.now = old.now;
    old.ram.for_each_page(|pa, bytes| assert!(new.ram.write(pa, bytes)));
    let saved = old.device.save().map_err(|e| e.to_string())?;
    new.device.restore(&saved).map_err(|e| e.to_string())?;
    for step in 0..AFTER {
        let op = chooser.op();
        let (a, b) = (old.apply(&op), new.apply(&op));
        if a != b {
            return Err(format!("step {step}, {op:x?}: answered {a}, and after a restore {b}"));
        }
        if step % 16 == 0 && (old.device.save(), digest(&old)) != (new.device.save(), digest(&new)) {
            return Err(format!("step {step}, {op:x?}: saves or digests differ"));
        }
    }
    let pages = Pages::of(&old.ram).differing(&Pages::of(&new.ram));
    if pages.is_empty() { Ok(()) } else { Err(format!("memory differs in pages {pages:?}")) }
}

/// A failure names a seed: run that alone with `INNKEEPER_SEED=<seed>`.
fn seeds() -> Vec<u64> {
    let chosen = std::env::var("INNKEEPER_SEED").ok().and_then(|s| s.parse().ok());
    chosen.map_or_else(|| (0..24).collect(), |seed| vec![seed])
}

#[test]
fn restored_devices_answer_as_the_saved_ones_for_ever_after() {
    for subject in SUBJECTS {
        for seed in seeds() {
            round_trip(subject, seed)
                .unwrap_or_else(|e| panic!("{}, INNKEEPER_SEED={seed}: {e}", subject.name));
        }
    }
}

/// The drive of a virtio console is one that gets somewhere.
#[test]
fn driven_queues_carry_bytes_both_ways() {
    let subject = SUBJECTS.iter().find(|s| s.profile.ports != 0).unwrap();
    let (mut chooser, mut rig) = (Chooser::new(1, subject.profile), subject.rig());
    let (mut out, mut into) = (0, 0);
    for _ in 0..4000 {
        let op = chooser.op();
        let answer = rig.apply(&op);
        into += usize::from(
            matches!(op, Op::PortInput(..)) && !answer.starts_with("0 ") && !answer.starts_with(' '),
        );
        out += usize::from(matches!(op, Op::PortLook(_)) && !answer.starts_with("[]"));
    }
    assert!(out > 5 && into > 5, "{out} {into}");
}

/// A register that is saved and one that is forgotten.
#[derive(Default)]
struct Forgetful {
    kept: u8,
    forgotten: u8,
}

impl Stateful for Forgetful {
    const NAME: &'static str = "forgetful";
    type State = u8;

    fn state(&self) -> Cow<'_, u8> {
        Cow::Borrowed(&self.kept)
    }

    fn set_state(&mut self, kept: u8) -> Result<(), StateError> {
        self.kept = kept;
        Ok(())
    }
}

impl Device for Forgetful {
    fn read(&mut self, _now: u64, offset: u64, _size: u8) -> u64 {
        if offset == 0 { self.kept.into() } else { self.forgotten.into() }
    }

    fn write(&mut self, _now: u64, offset: u64, _size: u8, value: u64) {
        let [value, ..] = value.to_le_bytes();
        if offset == 0 { self.kept = value } else { self.forgotten = value }
    }

    fn reset(&mut self) {
        *self = Forgetful::default();
    }
}

#[test]
fn a_forgotten_register_is_noticed() {
    let subject = subject("Forgetful", |_| Box::new(Forgetful::default()), BYTES, 8);
    assert!((0..24).any(|seed| round_trip(&subject, seed).is_err()));
}

/// Whatever a file says, the device takes it whole or not at all, and no access ends in a panic.
#[test]
fn no_saved_state_is_believed() {
    for subject in SUBJECTS {
        for seed in seeds() {
            hostile(subject, seed);
        }
    }
}

fn hostile(subject: &Subject, seed: u64) {
    let mut chooser = Chooser::new(seed, subject.profile);
    let mut rig = subject.rig();
    for _ in 0..30 {
        (0..30).for_each(|_| drop(rig.apply(&chooser.op())));
        let before = rig.device.save().unwrap();
        let mut bytes = before.clone();
        for _ in 0..=chooser.random.below(4) {
            let at = chooser.random.below(bytes.len());
            bytes[at] = chooser.random.value().to_le_bytes()[0];
        }
        bytes.truncate(bytes.len() - chooser.random.below(20) / 19);
        match rig.device.restore(&bytes) {
            Err(e) => assert_eq!(rig.device.save().unwrap(), before, "{}, seed {seed}: {e}", subject.name),
            Ok(()) => assert!(rig.device.save().is_ok()),
        }
    }
}

#[test]
fn every_device_is_driven() {
    let mut todo = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dev")];
    let mut found = Vec::new();
    while let Some(dir) = todo.pop() {
        for path in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                todo.push(path);
            } else if !name.ends_with("tests.rs") {
                let text = std::fs::read_to_string(path).unwrap();
                let implemented =
                    text.lines().filter_map(|l| l.strip_prefix("impl")?.split_once(" Device for "));
                found.extend(implemented.map(|(_, name)| name.trim_end_matches(" {").to_owned()));
            }
        }
    }
    assert!(found.len() >= 10, "{found:?}");
    for name in found {
        assert!(SUBJECTS.iter().any(|s| s.name == name), "{name} is not in SUBJECTS");
    }
}

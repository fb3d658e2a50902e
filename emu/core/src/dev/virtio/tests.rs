//! A driver that behaves, then drivers that do not.

use proptest::prelude::*;

use super::console::{Console, OUTPUT_LIMIT};
use super::mmio::spec::*;
use super::*;
use crate::dev::{Device, Opening};
use crate::mem::ram::RegionSpec;
use crate::state::Saved;

const RAM: u64 = 0x4000_0000;
const SIZE: u64 = 2 << 20;
const NEXT: u16 = 1;
const WRITE: u16 = 2;
const INDIRECT: u16 = 4;
/// Control queues, and those of the first named port.
const CRX: u32 = 2;
const CTX: u32 = 3;
const RX: u32 = 4;
const TX: u32 = 5;

struct Driver {
    d: Mmio<Console>,
    ram: Ram,
    avail: [u16; 8],
    /// Descriptors and buffer space used so far, by queue.
    next: [u16; 8],
    seen: [u16; 8],
}

/// Parts of queue `n`: descriptors, available ring, used ring, buffers.
fn place(n: u32, part: u64) -> u64 {
    RAM + u64::from(n) * 0x1_0000 + part * 0x1000
}

impl Driver {
    fn bare() -> Driver {
        let ram = Ram::new(&[
            RegionSpec { base: 0, size: 0x1000, writable: false },
            RegionSpec { base: RAM, size: SIZE, writable: true },
        ]);
        let ram = ram.unwrap();
        let d = Mmio::new(Console::new(&["a.b".into()]), ram.clone());
        Driver { d, ram, avail: [0; 8], next: [0; 8], seen: [0; 8] }
    }

    fn new() -> Driver {
        let mut t = Driver::bare();
        t.negotiate();
        (0..6).for_each(|n| t.set_up(n));
        t.w(STATUS, 15);
        t
    }

    fn negotiate(&mut self) {
        for (at, v) in [(STATUS, 1), (STATUS, 3), (DRIVER_FEATURES_SEL, 0), (DRIVER_FEATURES, 2)] {
            self.w(at, v);
        }
        self.w(DRIVER_FEATURES_SEL, 1);
        self.w(DRIVER_FEATURES, 1);
        self.w(STATUS, 11);
        assert_eq!(self.r(STATUS), 11);
    }

    fn set_up(&mut self, n: u32) {
        self.w(QUEUE_SEL, n);
        self.w(QUEUE_NUM, 16);
        for (at, part) in [(QUEUE_DESC_LOW, 0), (QUEUE_DRIVER_LOW, 1), (QUEUE_DEVICE_LOW, 2)] {
            self.w(at, u32::try_from(place(n, part)).unwrap());
        }
        self.w(QUEUE_READY, 1);
    }

    /// A driver whose port is ready and open, with the host connected.
    fn open() -> Driver {
        let mut t = Driver::new();
        for (event, value) in [(0, 1), (3, 1), (6, 1)] {
            t.told();
            t.control(event, value);
        }
        t.d.set_host_open(0, true);
        t.told();
        t
    }

    fn r(&mut self, at: u64) -> u32 {
        u32::try_from(self.d.read(0, at, 2)).unwrap()
    }

    fn w(&mut self, at: u64, v: u32) {
        self.d.write(0, at, 2, v.into());
    }

    fn descriptor(&self, n: u32, i: u16, (pa, len, flags, next): (u64, u32, u16, u16)) {
        let bytes = [&pa.to_le_bytes()[..], &len.to_le_bytes(), &flags.to_le_bytes(), &next.to_le_bytes()];
        assert!(self.ram.write(place(n, 0) + 16 * u64::from(i), &bytes.concat()));
    }

    fn make_available(&mut self, n: u32, head: u16) {
        let q = n as usize;
        let slot = place(n, 1) + 4 + 2 * u64::from(self.avail[q] % 16);
        self.avail[q] += 1;
        assert!(self.ram.write(slot, &head.to_le_bytes()));
        assert!(self.ram.write(place(n, 1) + 2, &self.avail[q].to_le_bytes()));
    }

    /// One buffer, at the queue's `i`th place for buffers.
    fn give(&mut self, n: u32, len: u32, flags: u16) -> u64 {
        let i = self.next[n as usize] % 16;
        self.next[n as usize] += 1;
        let pa = place(n, 3) + u64::from(i) * 0x400;
        self.descriptor(n, i, (pa, len, flags, 0));
        self.make_available(n, i);
        pa
    }

    fn send(&mut self, n: u32, bytes: &[u8]) {
        let pa = self.give(n, u32::try_from(bytes.len()).unwrap(), 0);
        assert!(self.ram.write(pa, bytes));
        self.w(QUEUE_NOTIFY, n);
    }

    fn control(&mut self, event: u16, value: u16) {
        let bytes = [&1u32.to_le_bytes()[..], &event.to_le_bytes(), &value.to_le_bytes()].concat();
        self.send(CTX, &bytes);
    }

    fn used(&self, n: u32) -> u16 {
        u16::try_from(self.ram.read_small(place(n, 2) + 2, 2).unwrap()).unwrap()
    }

    /// Contents of the buffers used since the last call.
    fn received(&mut self, n: u32) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        while self.seen[n as usize] != self.used(n) {
            let element = place(n, 2) + 4 + 8 * u64::from(self.seen[n as usize] % 16);
            let head = self.ram.read_small(element, 4).unwrap();
            let mut bytes = vec![0; usize::try_from(self.ram.read_small(element + 4, 4).unwrap()).unwrap()];
            let pa = self.ram.read_u64(place(n, 0) + 16 * head).unwrap();
            assert!(self.ram.read(pa, &mut bytes));
            all.push(bytes);
            self.seen[n as usize] += 1;
        }
        all
    }

    /// Control messages (event, value, name), after giving a buffer for each of up to four.
    fn told(&mut self) -> Vec<(u16, u16, String)> {
        for _ in 0..4 {
            self.give(CRX, 64, WRITE);
        }
        self.w(QUEUE_NOTIFY, CRX);
        let message = |b: Vec<u8>| {
            let half = |i| u16::from_le_bytes([b[i], b[i + 1]]);
            (half(4), half(6), String::from_utf8(b[8..].to_vec()).unwrap())
        };
        // Buffers not used are used up by later messages.
        self.received(CRX).into_iter().map(message).collect()
    }

    fn needs_reset(&mut self) -> bool {
        self.r(STATUS) & NEEDS_RESET != 0
    }
}

#[test]
fn a_port_is_announced_named_and_opened() {
    let mut t = Driver::new();
    assert_eq!((t.r(MAGIC_VALUE), t.r(VERSION), t.r(DEVICE_ID), t.r(CONFIG + 4)), (MAGIC, 2, 3, 2));
    t.d.set_host_open(0, true);
    assert!(t.told().is_empty());
    t.control(0, 1);
    assert_eq!(t.told(), [(1, 1, String::new())]);
    t.control(3, 1);
    assert_eq!(t.told(), [(7, 1, "a.b".into()), (6, 1, String::new())]);
    assert_eq!((t.d.irq_levels(), t.r(INTERRUPT_STATUS)), (1, INT_USED));
    t.w(INTERRUPT_ACK, 1);
    assert_eq!(t.d.irq_levels(), 0);
    t.control(6, 1);
    assert!(t.d.is_guest_open(0));
}

#[test]
fn a_close_and_an_open_in_a_row_both_arrive() {
    let mut t = Driver::open();
    // Uses up the guest's buffers, so that messages have to wait.
    let left = t.avail[CRX as usize] - t.used(CRX);
    for i in 0..left {
        t.d.set_host_open(0, i % 2 == 1);
    }
    t.received(CRX);
    let now = left.is_multiple_of(2);
    for i in 0..7 {
        t.d.set_host_open(0, now ^ (i % 2 == 0));
    }
    let opens = |t: &mut Driver| t.told().iter().map(|m| (m.0, m.1)).collect::<Vec<_>>();
    assert_eq!(opens(&mut t), [(6, u16::from(!now))], "seven changes are one");
    for _ in 0..t.avail[CRX as usize] - t.used(CRX) {
        let open = t.d.kind.host_open(0);
        t.d.set_host_open(0, !open);
    }
    t.received(CRX);
    let now = t.d.kind.host_open(0);
    t.d.set_host_open(0, !now);
    t.d.set_host_open(0, now);
    assert_eq!(opens(&mut t), [(6, u16::from(!now)), (6, u16::from(now))]);
}

#[test]
fn output_waits_in_the_guests_buffers_when_nobody_takes_it() {
    let mut t = Driver::open();
    let block: Vec<u8> = (0..0x400u32).map(|i| i.to_le_bytes()[0]).collect();
    let fit = OUTPUT_LIMIT / block.len();
    for i in 0..fit {
        t.send(TX, &block);
        assert_eq!(usize::from(t.used(TX)), i + 1);
    }
    t.send(TX, &block);
    assert_eq!((usize::from(t.used(TX)), t.d.output(0).len()), (fit, OUTPUT_LIMIT));
    t.d.taken(0, 0x100);
    assert_eq!((usize::from(t.used(TX)), t.d.output(0).len()), (fit, OUTPUT_LIMIT), "a quarter of it");
    t.d.taken(0, OUTPUT_LIMIT);
    assert_eq!((usize::from(t.used(TX)), t.d.output(0)), (fit + 1, &block[0x100..]));
    t.d.set_host_open(0, false);
    t.send(TX, b"lost");
    assert_eq!((usize::from(t.used(TX)), t.d.output(0)), (fit + 2, &b""[..]));
}

#[test]
fn input_goes_as_far_as_there_are_buffers() {
    let mut t = Driver::open();
    assert_eq!(t.d.room(0, 100), 0);
    t.give(RX, 4, WRITE);
    t.give(RX, 6, WRITE);
    assert_eq!((t.d.room(0, 100), t.d.room(0, 3)), (10, 3));
    t.d.take_written();
    t.d.input(0, b"abcdefg");
    assert_eq!(t.received(RX), [b"abcd".to_vec(), b"efg".to_vec()]);
    assert!(t.d.take_written().contains(&(place(RX, 3), 4)), "what is written is told");
    assert_eq!(t.d.room(0, 100), 0);
    t.control(6, 0);
    t.give(RX, 4, WRITE);
    assert_eq!(t.d.room(0, 100), 0, "the guest has closed it");
}

#[test]
fn a_driver_that_wants_no_interrupts_gets_none() {
    let mut t = Driver::open();
    t.w(INTERRUPT_ACK, 3);
    assert!(t.ram.write(place(TX, 1), &[1, 0]));
    t.send(TX, b"x");
    assert_eq!((t.d.irq_levels(), t.d.output(0)), (0, &b"x"[..]));
}

#[test]
fn openings_are_counted_and_divide_the_output() {
    let mut t = Driver::open();
    t.send(TX, b"old");
    assert_eq!(t.d.opening(0), Opening { number: 1, before: 0 });
    t.control(6, 0);
    t.control(6, 1);
    t.control(6, 1);
    t.send(TX, b"new");
    assert_eq!((t.d.opening(0), t.d.output(0)), (Opening { number: 2, before: 3 }, &b"oldnew"[..]));
    t.d.taken(0, 2);
    assert_eq!(t.d.opening(0).before, 1);
    t.d.taken(0, 2);
    assert_eq!((t.d.opening(0).before, t.d.output(0)), (0, &b"ew"[..]));
    t.control(6, 0);
    t.control(6, 1);
    t.d.set_host_open(0, false);
    assert_eq!(t.d.opening(0), Opening { number: 3, before: 0 }, "nothing waits");
    t.w(STATUS, 0);
    assert_eq!(t.d.opening(0).number, 3, "a new driver goes on counting");
    assert_eq!(t.d.opening(1), Opening::default(), "no such port");
}

#[test]
fn resetting_forgets_the_driver_and_keeps_the_host() {
    let mut t = Driver::open();
    t.send(TX, b"x");
    t.w(STATUS, 0);
    assert_eq!((t.r(STATUS), t.d.output(0), t.d.is_guest_open(0)), (0, &b"x"[..], false));
    t.w(QUEUE_NOTIFY, TX);
    assert_eq!(t.r(QUEUE_READY), 0);
}

#[test]
fn a_chain_that_makes_no_sense_stops_the_device() {
    type Descriptor = (u64, u32, u16, u16);
    let at = place(TX, 3);
    let cases: &[(&str, u16, &[Descriptor])] = &[
        ("a loop", 0, &[(at, 1, NEXT, 1), (at, 1, NEXT, 0)]),
        ("a loop of one", 0, &[(at, 0, NEXT, 0)]),
        ("a head out of range", 16, &[]),
        ("a next out of range", 0, &[(at, 1, NEXT, 16)]),
        ("no memory", 0, &[(0x1000_0000, 1, 0, 0)]),
        ("the end of memory", 0, &[(RAM + SIZE - 1, 2, 0, 0)]),
        ("the end of addresses", 0, &[(u64::MAX, 2, 0, 0)]),
        ("all lengths", 0, &[(RAM, u32::MAX, 0, 0)]),
        ("the device's own registers", 0, &[(0x0a00_0000, 4, 0, 0)]),
        ("writing ROM", 0, &[(0, 4, WRITE, 0)]),
        ("an indirect table of nothing", 0, &[(at, 0, INDIRECT, 0)]),
        ("an indirect table nowhere", 0, &[(0x1000_0000, 32, INDIRECT, 0)]),
        ("an indirect table of odd size", 0, &[(at, 7, INDIRECT, 0)]),
    ];
    for (name, head, descriptors) in cases {
        let mut t = Driver::open();
        for (i, d) in (0..).zip(*descriptors) {
            t.descriptor(TX, i, *d);
        }
        t.make_available(TX, *head);
        t.w(QUEUE_NOTIFY, TX);
        assert!(t.needs_reset(), "{name}");
        assert_eq!(t.r(INTERRUPT_STATUS) & INT_CONFIG, INT_CONFIG, "{name}");
        t.send(TX, b"x");
        assert!(t.d.output(0).is_empty(), "{name}: it does nothing until it is reset");
        t.w(STATUS, 0);
        assert_eq!(t.r(STATUS), 0, "{name}");
    }
}

#[test]
fn a_chain_of_nothing_is_given_back() {
    let mut t = Driver::open();
    let used = t.used(TX);
    t.give(TX, 0, 0);
    t.give(TX, 8, WRITE);
    t.w(QUEUE_NOTIFY, TX);
    assert_eq!((t.used(TX) - used, t.d.output(0)), (2, &b""[..]));
    assert!(!t.needs_reset());
}

#[test]
fn an_index_that_jumps_stops_the_device() {
    let mut t = Driver::open();
    assert!(t.ram.write(place(TX, 1) + 2, &100u16.to_le_bytes()));
    t.w(QUEUE_NOTIFY, TX);
    assert!(t.needs_reset());
    let mut t = Driver::open();
    assert!(t.ram.write(place(RX, 1) + 2, &100u16.to_le_bytes()));
    assert_eq!((t.d.room(0, 1), t.needs_reset()), (0, false), "looking changes nothing");
    t.w(QUEUE_NOTIFY, RX);
    assert!(t.needs_reset());
}

#[test]
fn a_queue_that_cannot_be_is_refused() {
    let cases = [
        ("no entries", QUEUE_NUM, 0),
        ("too many", QUEUE_NUM, 128),
        ("far too many", QUEUE_NUM, u32::MAX),
        ("not a power of two", QUEUE_NUM, 12),
        ("descriptors off their alignment", QUEUE_DESC_LOW, 0x4000_0008),
        ("a ring among devices", QUEUE_DEVICE_LOW, 0x0a00_0000),
        ("a ring in ROM", QUEUE_DEVICE_LOW, 0),
        ("a ring beyond memory", QUEUE_DRIVER_HIGH, 1),
    ];
    for (name, at, v) in cases {
        let mut t = Driver::bare();
        t.negotiate();
        t.set_up(TX);
        t.w(QUEUE_READY, 0);
        t.w(at, v);
        t.w(QUEUE_READY, 1);
        assert!(t.needs_reset(), "{name}");
    }
}

#[test]
fn a_notification_before_its_time_does_nothing() {
    let mut t = Driver::bare();
    t.w(QUEUE_NOTIFY, TX);
    t.negotiate();
    t.w(QUEUE_NOTIFY, TX);
    t.w(STATUS, 15);
    [TX, 6, 77, u32::MAX].iter().for_each(|&n| t.w(QUEUE_NOTIFY, n));
    assert_eq!((t.r(STATUS), t.d.irq_levels()), (15, 0));
}

#[test]
fn features_that_were_not_offered_are_not_accepted() {
    for (low, high) in [(2, 0), (4, 1), (2, 3)] {
        let mut t = Driver::bare();
        for (at, v) in [(DRIVER_FEATURES_SEL, 0), (DRIVER_FEATURES, low), (DRIVER_FEATURES_SEL, 1)] {
            t.w(at, v);
        }
        t.w(DRIVER_FEATURES, high);
        t.w(STATUS, 15);
        assert_eq!(t.r(STATUS), 3, "{low:x} {high:x}");
    }
}

proptest! {
    /// Rings and descriptors of any content, registers written with anything: no panic, and nothing is
    /// written outside of RAM.
    #[test]
    fn any_driver_is_survived(
        words in prop::collection::vec((0u64..6, 0u64..3, 0u64..64, prop_oneof![any::<u32>(), 0u32..20, Just(0x4000_0000u32)]), 0..200),
        writes in prop::collection::vec((0u64..0x120, 0u8..4, prop_oneof![any::<u64>(), 0u64..20]), 0..60),
        input in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut t = Driver::open();
        for (n, part, i, v) in words {
            let n = u32::try_from(n).unwrap();
            prop_assert!(t.ram.write(place(n, part) + 4 * i, &v.to_le_bytes()));
        }
        for (at, size, v) in writes {
            t.d.write(0, at, size, v);
            (0..6).for_each(|n| t.w(QUEUE_NOTIFY, n));
            let room = t.d.room(0, input.len());
            t.d.input(0, &input[..room]);
            prop_assert!(t.d.output(0).len() <= OUTPUT_LIMIT);
            t.d.taken(0, 10);
            for (pa, len) in t.d.take_written() {
                prop_assert!(t.ram.is_memory(pa, len, true), "{:#x}+{}", pa, len);
            }
        }
        t.d.read(0, 0x104, 3);
        t.d.digest(&mut Vec::new());
    }
}

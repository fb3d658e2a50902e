//! Ports, accesses of every width, interrupt wiring, power.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use super::*;
use crate::state::{StateError, Stateful};

/// What has been done to a device or an interrupt controller.
type Log = Arc<Mutex<Vec<String>>>;

/// Answers with its offset, notes accesses, interrupts while bit 0 of the last value is set, and
/// asks for the end with the last value above 0x7f.
struct Probe {
    width: u8,
    log: Log,
    last: u64,
}

impl Stateful for Probe {
    const NAME: &'static str = "probe";
    type State = u64;

    fn state(&self) -> Cow<'_, u64> {
        Cow::Borrowed(&self.last)
    }

    fn set_state(&mut self, last: u64) -> Result<(), StateError> {
        Self::ensure(last != HATED, "it is what a probe does not like")?;
        self.last = last;
        Ok(())
    }
}

/// The one value that a probe refuses.
const HATED: u64 = 0x66;

impl Device for Probe {
    fn bus_width(&self) -> u8 {
        self.width
    }
    fn read(&mut self, _now: u64, offset: u64, size: u8) -> u64 {
        self.log.lock().unwrap().push(format!("r{offset}.{size}"));
        0x1111_1111_1111_1100 + offset
    }
    fn write(&mut self, _now: u64, offset: u64, size: u8, value: u64) {
        self.log.lock().unwrap().push(format!("w{offset}.{size}={value:x}"));
        self.last = value;
    }
    fn irq_levels(&self) -> u32 {
        u32::from(self.last & 1 != 0)
    }
    fn take_power_request(&mut self) -> Option<PowerRequest> {
        (self.last > 0x7f).then(|| PowerRequest::Status(u32::try_from(self.last).unwrap_or(0)))
    }
    fn reset(&mut self) {}
}

struct Controller(Log);

impl Stateful for Controller {
    const NAME: &'static str = "controller";
    type State = ();

    fn state(&self) -> Cow<'_, ()> {
        Cow::Owned(())
    }

    fn set_state(&mut self, (): ()) -> Result<(), StateError> {
        Ok(())
    }
}

impl Device for Controller {
    fn read(&mut self, _now: u64, _offset: u64, _size: u8) -> u64 {
        0
    }
    fn write(&mut self, _now: u64, _offset: u64, _size: u8, _value: u64) {}
    fn reset(&mut self) {}
    fn as_irq_controller(&mut self) -> Option<&mut dyn IrqController> {
        Some(self)
    }
}

impl IrqController for Controller {
    fn set_shared(&mut self, line: u32, level: bool) {
        self.0.lock().unwrap().push(format!("{line}={level}"));
    }
    fn set_private(&mut self, _cpu: usize, _line: u32, _level: bool) {}
    fn cpu_lines(&self, _cpu: usize) -> CpuLines {
        CpuLines::default()
    }
    fn select_cpu(&mut self, _cpu: usize) {}
}

fn probe(bus: &mut Bus, width: u8) -> (DeviceId, Log) {
    let log = Log::default();
    (bus.add(Box::new(Probe { width, log: log.clone(), last: 0 }), &[7]), log)
}

fn take(log: &Log) -> String {
    std::mem::take(&mut *log.lock().unwrap()).join(" ")
}

#[test]
fn wide_accesses_to_narrow_devices_are_several() {
    let mut bus = Bus::default();
    let (bytes, log) = probe(&mut bus, 0);
    let (words, _) = probe(&mut bus, 1);
    bus.map_ports(bytes, 0x3f8, 8, 0).unwrap();
    bus.map_ports(words, 0x400, 2, 0).unwrap();
    for (port, size, value, accesses) in [
        (0x3f8, 0, Some(0x00), "r0.0"),
        (0x3f9, 1, Some(0x0201), "r1.0 r2.0"),
        (0x3f8, 2, Some(0x0302_0100), "r0.0 r1.0 r2.0 r3.0"),
        // Half of it is another device's, and half nobody's.
        (0x3fe, 2, Some(0x1100_0706), "r6.0 r7.0"),
        (0x400, 2, Some(0xffff_1100), ""),
        (0x401, 1, Some(0xff01), ""),
        (0xffff, 2, None, ""),
        // Nobody at the first port.
        (0x3f7, 1, None, ""),
    ] {
        assert_eq!(bus.read_port(0, port, size), value, "{port:#x}");
        assert_eq!(take(&log), accesses, "{port:#x}");
    }
    bus.write_port(0, 0x3fe, 2, 0x4433_2211);
    assert_eq!(take(&log), "w6.0=11 w7.0=22");
    assert_eq!(bus.write_port(0, 0xcf8, 2, 6), None);
}

#[test]
fn ports_and_memory_are_apart() {
    let mut bus = Bus::default();
    let (device, log) = probe(&mut bus, 3);
    bus.map_ports(device, 0x10, 4, 0x20).unwrap();
    bus.map(device, 0x10, 0x1000, 0).unwrap();
    assert!(bus.map_ports(device, 0x13, 1, 0).is_err());
    assert_eq!((bus.read_port(0, 0x11, 0), bus.read(0, 0x18, 3)), (Some(0x21), Some(0x1111_1111_1111_1108)));
    assert_eq!((bus.read_port(0, 0x14, 0), take(&log)), (None, "r33.0 r8.3".into()));
}

#[test]
fn a_controller_added_late_hears_what_is_high_already() {
    let mut bus = Bus::default();
    let (device, _) = probe(&mut bus, 3);
    bus.map_ports(device, 0, 1, 0).unwrap();
    bus.write_port(0, 0, 0, 1);
    let log = Log::default();
    bus.add(Box::new(Controller(log.clone())), &[]);
    assert_eq!(take(&log), "7=true");
    bus.write_port(0, 0, 0, 2);
    assert_eq!(take(&log), "7=false");
}

#[test]
fn the_first_power_request_stands_until_it_is_taken() {
    let mut bus = Bus::default();
    let (device, _) = probe(&mut bus, 3);
    bus.map_ports(device, 0, 1, 0).unwrap();
    bus.write_port(0, 0, 0, 0x80);
    bus.request_power(PowerRequest::Off);
    assert!(bus.power_requested());
    assert_eq!(bus.take_power_request(), Some(PowerRequest::Status(0x80)));
    assert_eq!(bus.take_power_request(), None);
}

/// A fixed drive of several devices over the bus; recorded before the bus kept its state in a structure.
#[test]
fn digest_is_what_it_always_was() {
    use crate::dev::{gicv2::GicV2, pl011::Pl011, pl031::Pl031};
    let mut bus = Bus::default();
    let devices: [(Box<dyn Device>, &[u32]); 3] = [
        (Box::new(GicV2::new(2)), &[]),
        (Box::new(Pl011::default()), &[33]),
        (Box::new(Pl031::new(7)), &[34]),
    ];
    for ((device, lines), base) in devices.into_iter().zip([0u64, 0x2_0000, 0x2_1000]) {
        let id = bus.add(device, lines);
        bus.map(id, base, if base == 0 { 0x2_0000 } else { 0x1000 }, 0).unwrap();
    }
    let (mut x, mut all) = (1u64, Vec::new());
    let mut next = |n: u64| {
        x = x.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (x >> 33) % n
    };
    for now in 0..2000 {
        let pa = [0, 0x100, 0x800, 0x1_0000, 0x2_0000, 0x2_0020, 0x2_1000][usize::try_from(next(7)).unwrap()]
            + 4 * next(16);
        match next(4) {
            0 => drop(bus.read(now, pa, 2)),
            1 => bus.serial_input(0, &[7; 3]),
            _ => drop(bus.write(now, pa, 2, next(1 << 12) << (next(3) * 4))),
        }
        bus.select_cpu(usize::from(next(2) == 0));
        bus.tick(now);
        bus.digest(&mut all);
    }
    assert_eq!((all.len(), xxhash_rust::xxh3::xxh3_64(&all)), (4_170_582, 0x430df370976633d5));
}

/// Two probes and a controller.
fn wired() -> (Bus, [DeviceId; 2]) {
    let mut bus = Bus::default();
    bus.add(Box::new(Controller(Log::default())), &[]);
    let devices = [0x10, 0x20].map(|base| {
        let (device, _) = probe(&mut bus, 3);
        bus.map_ports(device, base, 4, 0).unwrap();
        device
    });
    (bus, devices)
}

#[test]
fn what_is_saved_is_restored_with_everything_between_the_devices() {
    let (mut from, _) = wired();
    from.write_port(0, 0x10, 0, 3);
    from.write_port(0, 0x20, 0, 0x85);
    from.console.push(b"one\ntwo", 5, 6);
    let saved = from.save().unwrap();
    let (mut to, _) = wired();
    to.write_port(0, 0x20, 0, 9);
    to.restore(&saved).unwrap();
    assert_eq!(to.save(), Ok(saved));
    let digests = [&from, &to].map(|bus| {
        let mut out = Vec::new();
        bus.digest(&mut out);
        out
    });
    assert_eq!(digests[0], digests[1]);
    assert_eq!(to.take_power_request(), Some(PowerRequest::Status(0x85)));
    assert_eq!(to.console.take().marks, [(0, 5, 6), (4, 5, 6)]);
    to.console.push(b"!", 7, 8);
    assert!(to.console.take().marks.is_empty(), "in the middle of a line");
}

#[test]
fn a_device_that_refuses_its_state_leaves_the_others_as_they_were() {
    let (mut from, _) = wired();
    from.write_port(0, 0x10, 0, 1);
    from.write_port(0, 0x20, 0, HATED);
    let (mut to, _) = wired();
    to.write_port(0, 0x10, 0, 5);
    let before = to.save().unwrap();
    let error = to.restore(&from.save().unwrap()).unwrap_err().to_string();
    assert_eq!(error, "the saved state of probe is impossible: it is what a probe does not like");
    assert_eq!(to.save(), Ok(before.clone()));
    let error = Bus::default().restore(&before).unwrap_err().to_string();
    assert_eq!(error, "the saved state of the bus is impossible: it is of a machine with other devices");
    for len in 0..before.len() {
        assert!(to.restore(&before[..len]).is_err());
    }
}

//! Ports, accesses of every width, interrupt wiring, power.

use std::sync::{Arc, Mutex};

use super::*;

/// What has been done to a device or an interrupt controller.
type Log = Arc<Mutex<Vec<String>>>;

/// Answers with its offset, notes accesses, interrupts while bit 0 of the last value is set, and
/// asks for the end with the last value above 0x7f.
struct Probe {
    width: u8,
    log: Log,
    last: u64,
}

impl Device for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }
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
    fn digest(&self, _out: &mut Vec<u8>) {}
}

struct Controller(Log);

impl Device for Controller {
    fn name(&self) -> &'static str {
        "controller"
    }
    fn read(&mut self, _now: u64, _offset: u64, _size: u8) -> u64 {
        0
    }
    fn write(&mut self, _now: u64, _offset: u64, _size: u8, _value: u64) {}
    fn reset(&mut self) {}
    fn digest(&self, _out: &mut Vec<u8>) {}
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

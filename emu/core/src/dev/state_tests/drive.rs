//! Random use of a device. What is done is chosen without looking at the device, so that two can be driven
//! alike.

use std::collections::VecDeque;

use crate::dev::Device;
use crate::dev::virtio::mmio::spec;
use crate::mem::Ram;

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.word() % n as u64).unwrap()
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.word().to_le_bytes()[0]).collect()
    }

    /// Values that registers care about: single bits, few, none or all.
    pub fn value(&mut self) -> u64 {
        match self.below(5) {
            0 => 1 << self.below(64),
            1 => self.word() & 0xff,
            2 => self.word(),
            3 => u64::MAX,
            _ => self.word() & self.word() & self.word() & 0xffff,
        }
    }
}

/// A device, the memory it reaches, and its time (ns).
pub struct Rig {
    pub device: Box<dyn Device>,
    pub ram: Ram,
    pub now: u64,
}

/// What is known of a device beforehand.
#[derive(Clone, Copy)]
pub struct Profile {
    /// Offsets of registers.
    pub registers: &'static [u64],
    /// Bytes the device answers in, roughly.
    pub window: usize,
    /// Ports of a virtio console; 0 for others.
    pub ports: usize,
}

/// One thing done to a device.
#[derive(Clone, Debug)]
pub enum Op {
    Read(u64, u8),
    Write(u64, u8, u64),
    /// Guest time passes, in ns.
    Pass(u64),
    Input(Vec<u8>),
    Inject(Vec<u8>),
    TakeOutput,
    Divert,
    PortInput(usize, Vec<u8>),
    PortTaken(usize, usize),
    PortOpen(usize, bool),
    PortLook(usize),
    Shared(u32, bool),
    Private(usize, u32, bool),
    Select(usize),
    TakePower,
    TakeWritten,
    Poke(u64, Vec<u8>),
    /// A buffer for a virtio queue, unless that is full.
    Give {
        queue: usize,
        head: u64,
        flags: u64,
        bytes: Vec<u8>,
    },
    Reset,
}

impl Rig {
    /// Does it; returns what can be seen of it from outside.
    pub fn apply(&mut self, op: &Op) -> String {
        let now = self.now;
        let answer = match op {
            Op::Read(at, size) => format!("{:x}", self.device.read(now, *at, *size)),
            Op::Write(at, size, v) => format!("{:?}", self.device.write(now, *at, *size, *v)),
            Op::Pass(ns) => self.pass(*ns),
            Op::TakePower => format!("{:?}", self.device.take_power_request()),
            Op::TakeWritten => format!("{:x?}", self.device.take_written()),
            Op::Poke(pa, bytes) => self.ram.write(*pa, bytes).to_string(),
            Op::Give { queue, head, flags, bytes } => self.give(*queue, *head, *flags, bytes).to_string(),
            Op::Reset => format!("{:?}", self.device.reset()),
            Op::Shared(..) | Op::Private(..) | Op::Select(_) => self.line(op),
            Op::PortInput(..) | Op::PortTaken(..) | Op::PortOpen(..) | Op::PortLook(_) => self.port(op),
            Op::Input(_) | Op::Inject(_) | Op::TakeOutput | Op::Divert => self.serial(op),
        };
        let d = &mut self.device;
        let lines = d.as_irq_controller().map(|c| [0, 1, 2, 3].map(|n| c.cpu_lines(n)));
        format!("{answer} {:x} {:?} {lines:?}", d.irq_levels(), d.deadline())
    }

    /// As the bus does it: a device acts when its deadline has come.
    fn pass(&mut self, ns: u64) -> String {
        self.now += ns;
        if self.device.deadline().is_some_and(|d| d <= self.now) {
            self.device.tick(self.now);
        }
        String::new()
    }

    /// Makes a buffer available; false where the queue is full.
    fn give(&mut self, n: usize, head: u64, flags: u64, bytes: &[u8]) -> bool {
        let index = |part| self.ram.read_small(place(n, part) + 2, 2).unwrap();
        let available = index(1);
        if available.wrapping_sub(index(2)) & 0xffff >= QUEUE_LEN.into() {
            return false;
        }
        let buffer = RAM + 0x3_0000 + head * 0x400;
        let len = if flags & 2 != 0 { 0x100 } else { bytes.len() as u64 };
        let slot = place(n, 1) + 4 + 2 * (available % u64::from(QUEUE_LEN));
        let descriptor = [buffer.to_le_bytes(), (len | flags << 32).to_le_bytes()].concat();
        self.ram.write(buffer, bytes)
            && self.ram.write(place(n, 0) + 16 * head, &descriptor)
            && self.ram.write(slot, &head.to_le_bytes()[..2])
            && self.ram.write(place(n, 1) + 2, &(available + 1).to_le_bytes()[..2])
    }

    fn serial(&mut self, op: &Op) -> String {
        let Some(s) = self.device.as_serial() else { return String::new() };
        match op {
            Op::Input(bytes) => format!("{}", s.input(bytes)),
            Op::Inject(bytes) => format!("{:?}", s.inject_output(bytes)),
            Op::TakeOutput => format!("{:x?}", s.take_output()),
            _ => format!("{:?}", s.divert_input()),
        }
    }

    fn port(&mut self, op: &Op) -> String {
        let Some(p) = self.device.as_ports() else { return String::new() };
        match op {
            Op::PortInput(n, bytes) => {
                let room = p.room(*n, bytes.len());
                p.input(*n, &bytes[..room]);
                room.to_string()
            }
            Op::PortTaken(n, len) => format!("{:?}", p.taken(*n, *len)),
            Op::PortOpen(n, open) => format!("{:?}", p.set_host_open(*n, *open)),
            Op::PortLook(n) => format!("{:x?} {:?} {}", p.output(*n), p.opening(*n), p.is_guest_open(*n)),
            _ => String::new(),
        }
    }

    fn line(&mut self, op: &Op) -> String {
        let Some(c) = self.device.as_irq_controller() else { return String::new() };
        match *op {
            Op::Shared(line, level) => c.set_shared(line, level),
            Op::Private(cpu, line, level) => c.set_private(cpu, line, level),
            Op::Select(cpu) => c.select_cpu(cpu),
            _ => {}
        }
        String::new()
    }
}

/// Base of the memory that rigs have, and its size.
pub const RAM: u64 = 0x4000_0000;
pub const RAM_SIZE: u64 = 0x4_0000;
const QUEUE_LEN: u16 = 8;

/// Chooses what to do next.
#[derive(Clone)]
pub struct Chooser {
    pub random: Random,
    profile: Profile,
    /// Chosen already.
    next: VecDeque<Op>,
}

/// Part 0 to 2 of queue `n`: descriptors, available ring, used ring.
fn place(n: usize, part: u64) -> u64 {
    RAM + n as u64 * 0x3000 + part * 0x1000
}

impl Chooser {
    pub fn new(seed: u64, profile: Profile) -> Chooser {
        let mut new = Chooser { random: Random(seed), profile, next: VecDeque::new() };
        if profile.ports != 0 {
            new.set_up(2 * profile.ports + 4);
        }
        new
    }

    pub fn op(&mut self) -> Op {
        if let Some(op) = self.next.pop_front() {
            return op;
        }
        let r = &mut self.random;
        if self.profile.ports != 0 && r.below(2) == 0 {
            self.drive_queues();
            return self.op();
        }
        match r.below(24) {
            0..=7 => Op::Read(self.offset(), self.size()),
            8..=15 => Op::Write(self.offset(), self.size(), self.random.value()),
            16 | 17 => {
                Op::Pass(r.pick(&[1, 1000, 1_000_000, 1_000_000_000, 300_000_000_000]) * (r.word() % 9))
            }
            18 => r.pick_serial(),
            19 | 20 => r.pick_port(),
            21 | 22 => r.pick_line(),
            _ if r.below(40) == 0 => Op::Reset,
            _ if r.below(2) == 0 => Op::TakePower,
            _ => Op::TakeWritten,
        }
    }

    fn offset(&mut self) -> u64 {
        let r = &mut self.random;
        match r.below(8) {
            0 => r.below(self.profile.window) as u64,
            1 => r.pick(self.profile.registers) + r.word() % 4,
            _ => r.pick(self.profile.registers),
        }
    }

    fn size(&mut self) -> u8 {
        self.random.pick(&[0, 1, 2, 2, 2, 2, 3])
    }

    /// Something a driver of a virtio console does, mostly right.
    fn drive_queues(&mut self) {
        let queues = 2 * self.profile.ports + 4;
        match self.random.below(60) {
            0 => self.set_up(queues),
            1..=9 => self.control_message(),
            _ => {
                let n = self.random.below(queues);
                let bytes = self.random.bytes(80);
                self.give(n, &bytes);
            }
        }
    }

    fn write(&mut self, offset: u64, value: u64) {
        self.next.push_back(Op::Write(offset, 2, value));
    }

    fn set_up(&mut self, queues: usize) {
        let start = [
            (spec::STATUS, 0),
            (spec::STATUS, 3),
            (spec::DRIVER_FEATURES, 2),
            (spec::DRIVER_FEATURES_SEL, 1),
        ];
        start.iter().for_each(|&(at, v)| self.write(at, v));
        self.write(spec::DRIVER_FEATURES, 1);
        self.write(spec::STATUS, 11);
        for n in 0..queues {
            [1, 2].iter().for_each(|&ring| self.next.push_back(Op::Poke(place(n, ring), vec![0; 4])));
            self.write(spec::QUEUE_SEL, n as u64);
            self.write(spec::QUEUE_NUM, QUEUE_LEN.into());
            let parts = [spec::QUEUE_DESC_LOW, spec::QUEUE_DRIVER_LOW, spec::QUEUE_DEVICE_LOW];
            parts.iter().zip(0..).for_each(|(&at, part)| self.write(at, place(n, part)));
            self.write(spec::QUEUE_READY, 1);
        }
        self.write(spec::STATUS, 15);
        self.greet();
    }

    /// What a driver says first, so that ports are open.
    fn greet(&mut self) {
        let ports = self.profile.ports;
        (0..16).for_each(|_| self.give(2, &[]));
        self.message(0, 0, 1);
        for id in 1..=ports {
            [3, 6].iter().for_each(|&event| self.message(id, event, 1));
            self.next.push_back(Op::PortOpen(id - 1, true));
        }
    }

    fn control_message(&mut self) {
        let r = &mut self.random;
        let (id, event, value) = (r.below(self.profile.ports + 1), r.pick(&[0, 3, 6, 6]), r.below(3) != 0);
        self.message(id, event, value.into());
    }

    fn message(&mut self, id: usize, event: u16, value: u16) {
        let id = u32::try_from(id).unwrap();
        self.give(3, &[&id.to_le_bytes()[..], &event.to_le_bytes(), &value.to_le_bytes()].concat());
    }

    /// Makes a buffer available in queue `n`, filled with `bytes`, and mostly notifies.
    fn give(&mut self, n: usize, bytes: &[u8]) {
        let r = &mut self.random;
        let flags = if r.below(300) == 0 { r.below(8) } else { (n + 1) % 2 * 2 };
        let head = r.below(QUEUE_LEN.into());
        self.next.push_back(Op::Give {
            queue: n,
            head: head as u64,
            flags: flags as u64,
            bytes: bytes.to_vec(),
        });
        if n < 4 || self.random.below(4) != 0 {
            self.write(spec::QUEUE_NOTIFY, n as u64);
        }
    }
}

impl Random {
    fn pick_serial(&mut self) -> Op {
        match self.below(6) {
            0..=2 => Op::Input(self.bytes(20)),
            3 => Op::Inject(self.bytes(4)),
            4 => Op::TakeOutput,
            _ => Op::Divert,
        }
    }

    fn pick_port(&mut self) -> Op {
        let port = self.below(2) + self.below(8) / 7;
        match self.below(8) {
            0 | 1 => Op::PortInput(port, self.bytes(300)),
            2 => Op::PortTaken(port, self.below(50)),
            3 => Op::PortOpen(port, self.below(4) != 0),
            _ => Op::PortLook(port),
        }
    }

    fn pick_line(&mut self) -> Op {
        let line = |r: &mut Random, from: u32, n| from + u32::try_from(r.below(n)).unwrap();
        match self.below(5) {
            0..=2 => Op::Shared(line(self, 32, 12), self.below(2) == 0),
            3 => Op::Private(self.below(4), line(self, 16, 16), self.below(2) == 0),
            _ => Op::Select(self.below(4)),
        }
    }
}

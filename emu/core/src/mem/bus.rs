//! What answers at physical addresses that are not RAM, and who interrupts whom.

use std::collections::VecDeque;

use crate::dev::{CpuLines, Device, IrqController, Serial};

/// A device on the bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceId(usize);

/// Why a device could not be placed.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Two windows share addresses.
    #[error("device window {base:#x}+{size:#x} overlaps another")]
    Overlap {
        /// Guest physical base.
        base: u64,
        /// Size in bytes.
        size: u64,
    },
}

/// A range of physical addresses that belongs to a device.
#[derive(Clone, Copy, Debug)]
struct Window {
    base: u64,
    size: u64,
    device: usize,
    /// Offset in the device of `base`.
    offset: u64,
}

struct Slot {
    device: Box<dyn Device>,
    /// Lines of the interrupt controller that the device's outputs drive, from bit 0.
    lines: Vec<u32>,
    /// Levels forwarded last.
    levels: u32,
    /// Input that has not fitted yet.
    backlog: VecDeque<u8>,
}

/// What the guest has written to its first character device.
#[derive(Clone, Debug, Default)]
pub struct Console {
    /// The bytes, at most [`Console::LIMIT`] between two calls of [`Console::take`].
    pub bytes: Vec<u8>,
    /// (offset in `bytes`, instructions retired, guest time in ns) of the first byte of each line.
    pub marks: Vec<(usize, u64, u64)>,
    /// Bytes dropped because nobody took them.
    pub dropped: u64,
    mid_line: bool,
}

impl Console {
    /// Most bytes kept.
    pub const LIMIT: usize = 64 << 20;

    /// What has been written since the last call.
    pub fn take(&mut self) -> Console {
        let mid_line = self.mid_line;
        std::mem::replace(self, Console { mid_line, ..Console::default() })
    }

    fn push(&mut self, bytes: &[u8], insns: u64, ns: u64) {
        for &b in bytes {
            if self.bytes.len() >= Self::LIMIT {
                self.dropped += 1;
                continue;
            }
            if !self.mid_line {
                self.marks.push((self.bytes.len(), insns, ns));
            }
            self.mid_line = b != b'\n';
            self.bytes.push(b);
        }
    }
}

/// Devices and their wiring.
#[derive(Default)]
pub struct Bus {
    slots: Vec<Slot>,
    windows: Vec<Window>,
    controller: Option<usize>,
    /// Deadline of the device that was touched last.
    touched: Option<u64>,
    /// A character device has been touched.
    touched_serial: bool,
    /// What the guest has written.
    pub console: Console,
}

impl Bus {
    /// Adds a device whose interrupt outputs, from bit 0, drive `lines` of the controller. The
    /// first device that is an interrupt controller becomes the machine's.
    pub fn add(&mut self, mut device: Box<dyn Device>, lines: &[u32]) -> DeviceId {
        if self.controller.is_none() && device.as_irq_controller().is_some() {
            self.controller = Some(self.slots.len());
        }
        self.slots.push(Slot { device, lines: lines.to_vec(), levels: 0, backlog: VecDeque::new() });
        DeviceId(self.slots.len() - 1)
    }

    /// Makes the device answer at `base..base + size`, from its own `offset`.
    pub fn map(&mut self, id: DeviceId, base: u64, size: u64, offset: u64) -> Result<(), BusError> {
        let overlaps =
            |w: &Window| base < w.base.saturating_add(w.size) && w.base < base.saturating_add(size);
        if self.windows.iter().any(overlaps) {
            return Err(BusError::Overlap { base, size });
        }
        self.windows.push(Window { base, size, device: id.0, offset });
        self.windows.sort_by_key(|w| w.base);
        Ok(())
    }

    /// Whether a device answers at `pa`.
    pub fn contains(&self, pa: u64) -> bool {
        self.find(pa).is_some()
    }

    /// Reads `1 << size` bytes; `None` where nothing answers.
    pub fn read(&mut self, now: u64, pa: u64, size: u8) -> Option<u64> {
        let (device, offset) = self.find(pa)?;
        let value = self.slots[device].device.read(now, offset, size);
        self.forward(device);
        Some(value & (u64::MAX >> (64 - (8 << size.min(3)))))
    }

    /// Writes the low `1 << size` bytes; `None` where nothing answers.
    pub fn write(&mut self, now: u64, pa: u64, size: u8, value: u64) -> Option<()> {
        let (device, offset) = self.find(pa)?;
        self.slots[device].device.write(now, offset, size, value);
        self.forward(device);
        Some(())
    }

    /// Guest time (ns) at which the next device does something by itself.
    pub fn deadline(&self) -> Option<u64> {
        self.slots.iter().filter_map(|s| s.device.deadline()).min()
    }

    /// The deadline of the device that the last access went to.
    pub fn touched_deadline(&self) -> Option<u64> {
        self.touched
    }

    /// Lets devices whose deadline has come act.
    pub fn tick(&mut self, now: u64) {
        for i in 0..self.slots.len() {
            if self.slots[i].device.deadline().is_some_and(|d| d <= now) {
                self.slots[i].device.tick(now);
                self.forward(i);
            }
        }
    }

    /// What the interrupt controller drives into `cpu`.
    pub fn cpu_lines(&mut self, cpu: usize) -> CpuLines {
        self.controller().map_or(CpuLines::default(), |c| c.cpu_lines(cpu))
    }

    /// Level of a line private to a CPU.
    pub fn set_private(&mut self, cpu: usize, line: u32, level: bool) {
        if let Some(c) = self.controller() {
            c.set_private(cpu, line, level);
        }
    }

    /// Accesses that follow come from `cpu`.
    pub fn select_cpu(&mut self, cpu: usize) {
        if let Some(c) = self.controller() {
            c.select_cpu(cpu);
        }
    }

    /// The first device of that name.
    pub fn find_device(&self, name: &str) -> Option<DeviceId> {
        self.slots.iter().position(|s| s.device.name() == name).map(DeviceId)
    }

    /// Lets `f` change a device from outside the guest, and forwards its interrupts.
    pub fn with_device<T>(&mut self, id: DeviceId, f: impl FnOnce(&mut dyn Device) -> T) -> Option<T> {
        let result = f(self.slots.get_mut(id.0)?.device.as_mut());
        self.forward(id.0);
        Some(result)
    }

    /// Gives input to the `n`th character device. What does not fit at once follows as the guest
    /// makes room.
    pub fn serial_input(&mut self, n: usize, bytes: &[u8]) {
        if let Some(i) = self.nth_serial(n) {
            self.slots[i].backlog.extend(bytes);
            self.forward(i);
        }
    }

    /// Collects what the guest has just written to its first character device.
    pub fn collect_console(&mut self, insns: u64, ns: u64) {
        if std::mem::take(&mut self.touched_serial) {
            let bytes = self.serial_output(0);
            self.console.push(&bytes, insns, ns);
        }
    }

    /// Takes what the guest has written to the `n`th character device.
    pub fn serial_output(&mut self, n: usize) -> Vec<u8> {
        let Some(i) = self.nth_serial(n) else { return Vec::new() };
        self.slots[i].device.as_serial().map_or_else(Vec::new, |s: &mut dyn Serial| s.take_output())
    }

    /// Lets `f` use the `n`th character device, and forwards its interrupts.
    pub fn with_serial<T>(&mut self, n: usize, f: impl FnOnce(&mut dyn Serial) -> T) -> Option<T> {
        let i = self.nth_serial(n)?;
        let result = self.slots[i].device.as_serial().map(f);
        self.forward(i);
        result
    }

    /// Power-on state of every device.
    pub fn reset(&mut self) {
        for i in 0..self.slots.len() {
            self.slots[i].device.reset();
            self.forward(i);
        }
    }

    /// Appends all devices' state, in the order they were added.
    pub fn digest(&self, out: &mut Vec<u8>) {
        for slot in &self.slots {
            out.extend_from_slice(slot.device.name().as_bytes());
            out.extend_from_slice(&slot.levels.to_le_bytes());
            out.extend(&slot.backlog);
            slot.device.digest(out);
        }
    }

    fn nth_serial(&mut self, n: usize) -> Option<usize> {
        let serials = self.slots.iter_mut().enumerate().filter_map(|(i, s)| s.device.as_serial().map(|_| i));
        serials.into_iter().nth(n)
    }

    fn controller(&mut self) -> Option<&mut dyn IrqController> {
        let slot = self.slots.get_mut(self.controller?)?;
        slot.device.as_irq_controller()
    }

    fn find(&self, pa: u64) -> Option<(usize, u64)> {
        let n = self.windows.partition_point(|w| w.base <= pa);
        let w = self.windows.get(n.checked_sub(1)?)?;
        (pa - w.base < w.size).then(|| (w.device, pa - w.base + w.offset))
    }

    /// Forwards the interrupt outputs of a device that have changed.
    fn forward(&mut self, device: usize) {
        let slot = &mut self.slots[device];
        if let Some(serial) = slot.device.as_serial() {
            self.touched_serial = true;
            let waiting = slot.backlog.make_contiguous();
            if !waiting.is_empty() {
                let taken = serial.input(waiting).min(waiting.len());
                slot.backlog.drain(..taken);
            }
        }
        self.touched = slot.device.deadline();
        let levels = slot.device.irq_levels();
        let changed = std::mem::replace(&mut slot.levels, levels) ^ levels;
        if changed == 0 {
            return;
        }
        let edges: Vec<_> =
            slot.lines.iter().enumerate().filter(|(bit, _)| changed >> bit & 1 != 0).collect();
        let edges: Vec<_> = edges.into_iter().map(|(bit, &line)| (line, levels >> bit & 1 != 0)).collect();
        if let Some(c) = self.controller() {
            edges.into_iter().for_each(|(line, level)| c.set_shared(line, level));
        }
    }
}

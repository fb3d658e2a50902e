//! What answers at physical addresses that are not RAM and at I/O ports, and who interrupts whom.

mod state;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::dev::{CpuLines, Device, IrqController, Ports, PowerRequest, Serial};
use state::SlotState;

/// A device on the bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceId(usize);

/// Why a device could not be placed.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Two windows share addresses.
    #[error("device window {base:#x}+{size:#x} overlaps another")]
    Overlap {
        /// Guest physical base, or first port.
        base: u64,
        /// Size in bytes.
        size: u64,
    },
}

/// A range of addresses that belongs to a device.
#[derive(Clone, Copy, Debug)]
struct Window {
    base: u64,
    size: u64,
    device: usize,
    /// Offset in the device of `base`.
    offset: u64,
}

/// Addresses of one kind, physical memory or I/O ports, and the devices there.
#[derive(Default)]
struct Space {
    windows: Vec<Window>,
}

impl Space {
    fn map(&mut self, window: Window) -> Result<(), BusError> {
        let Window { base, size, .. } = window;
        let overlaps =
            |w: &Window| base < w.base.saturating_add(w.size) && w.base < base.saturating_add(size);
        if self.windows.iter().any(overlaps) {
            return Err(BusError::Overlap { base, size });
        }
        self.windows.push(window);
        self.windows.sort_by_key(|w| w.base);
        Ok(())
    }

    /// The device that answers at `address`, the offset in it, and bytes left in its window.
    fn find(&self, address: u64) -> Option<(usize, u64, u64)> {
        let n = self.windows.partition_point(|w| w.base <= address);
        let w = self.windows.get(n.checked_sub(1)?)?;
        let inside = address - w.base;
        (inside < w.size).then(|| (w.device, inside + w.offset, w.size - inside))
    }
}

/// Which of the bus's spaces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Memory,
    Ports,
}

struct Slot {
    device: Box<dyn Device>,
    /// Its [`Device::bus_width`].
    width: u8,
    /// Lines of the interrupt controller that the device's outputs drive, from bit 0.
    lines: Vec<u32>,
    state: SlotState,
}

/// What the guest has written to its first character device.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Console {
    /// The bytes, at most [`Console::LIMIT`] between two calls of [`Console::take`].
    #[serde(with = "serde_bytes")]
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
    memory: Space,
    ports: Space,
    controller: Option<usize>,
    /// Deadline of the device that was touched last.
    touched: Option<u64>,
    /// A character device has been touched.
    touched_serial: bool,
    /// Asked for by a device, by firmware or from outside.
    power: Option<PowerRequest>,
    /// What devices have written to guest memory, until [`Bus::take_written`].
    written: Vec<(u64, u64)>,
    /// What the guest has written.
    pub console: Console,
}

impl Bus {
    /// Adds a device whose interrupt outputs, from bit 0, drive `lines` of the controller. The
    /// first device that is an interrupt controller becomes the machine's; it may come after devices
    /// whose outputs are already high.
    pub fn add(&mut self, mut device: Box<dyn Device>, lines: &[u32]) -> DeviceId {
        let is_controller = self.controller.is_none() && device.as_irq_controller().is_some();
        let width = device.bus_width();
        self.slots.push(Slot { device, width, lines: lines.to_vec(), state: SlotState::default() });
        let added = self.slots.len() - 1;
        if is_controller {
            self.controller = Some(added);
            for earlier in 0..added {
                let high = self.slots[earlier].state.levels;
                self.drive(earlier, high);
            }
        }
        DeviceId(added)
    }

    /// Makes the device answer at `base..base + size`, from its own `offset`.
    pub fn map(&mut self, id: DeviceId, base: u64, size: u64, offset: u64) -> Result<(), BusError> {
        self.memory.map(Window { base, size, device: id.0, offset })
    }

    /// Makes the device answer at I/O ports `base..base + size`, from its own `offset`.
    pub fn map_ports(&mut self, id: DeviceId, base: u16, size: u16, offset: u64) -> Result<(), BusError> {
        self.ports.map(Window { base: base.into(), size: size.into(), device: id.0, offset })
    }

    /// Whether a device answers at `pa`.
    pub fn contains(&self, pa: u64) -> bool {
        self.memory.find(pa).is_some()
    }

    /// Reads `1 << size` bytes; `None` where nothing answers.
    pub fn read(&mut self, now: u64, pa: u64, size: u8) -> Option<u64> {
        self.read_in(Kind::Memory, now, pa, size)
    }

    /// Writes the low `1 << size` bytes; `None` where nothing answers.
    pub fn write(&mut self, now: u64, pa: u64, size: u8, value: u64) -> Option<()> {
        self.write_in(Kind::Memory, now, pa, size, value)
    }

    /// Reads `1 << size` bytes from I/O ports; `None` where nothing answers at the first.
    pub fn read_port(&mut self, now: u64, port: u16, size: u8) -> Option<u64> {
        self.read_in(Kind::Ports, now, port.into(), size)
    }

    /// Writes the low `1 << size` bytes to I/O ports; `None` where nothing answers at the first.
    pub fn write_port(&mut self, now: u64, port: u16, size: u8, value: u64) -> Option<()> {
        self.write_in(Kind::Ports, now, port.into(), size, value)
    }

    /// The device that answers at the first address takes an access whole, unless it is narrower or
    /// its window ends: then each half is an access of its own. What has nobody at its first address
    /// is not for anybody further on: a PC's double word at 0xcf8 is not a byte at 0xcf9.
    fn decode(&self, kind: Kind, address: u64, size: u8) -> Option<(usize, u64, bool)> {
        let space = if kind == Kind::Ports { &self.ports } else { &self.memory };
        let (device, offset, left) = space.find(address)?;
        let whole = size <= self.slots[device].width && left >> size != 0;
        Some((device, offset, whole || size == 0))
    }

    fn read_in(&mut self, kind: Kind, now: u64, address: u64, size: u8) -> Option<u64> {
        let size = size.min(3);
        let (device, offset, whole) = self.decode(kind, address, size)?;
        if whole {
            let value = self.slots[device].device.read(now, offset, size);
            self.forward(device);
            return Some(value & ones(size));
        }
        let half = size - 1;
        let low = self.read_in(kind, now, address, half).unwrap_or(ones(half));
        let high = self.read_in(kind, now, address.wrapping_add(1 << half), half).unwrap_or(ones(half));
        Some(low | high << (8 << half))
    }

    fn write_in(&mut self, kind: Kind, now: u64, address: u64, size: u8, value: u64) -> Option<()> {
        let size = size.min(3);
        let (device, offset, whole) = self.decode(kind, address, size)?;
        if whole {
            self.slots[device].device.write(now, offset, size, value);
            self.forward(device);
            return Some(());
        }
        let half = size - 1;
        self.write_in(kind, now, address, half, value & ones(half));
        self.write_in(kind, now, address.wrapping_add(1 << half), half, value >> (8 << half));
        Some(())
    }

    /// Asks for power off, reset or the end; what has been asked first stands.
    pub fn request_power(&mut self, request: PowerRequest) {
        self.power.get_or_insert(request);
    }

    /// Whether something has been asked for that nobody has taken.
    pub fn power_requested(&self) -> bool {
        self.power.is_some()
    }

    /// Takes what has been asked for.
    pub fn take_power_request(&mut self) -> Option<PowerRequest> {
        self.power.take()
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
            self.slots[i].state.backlog.extend(bytes);
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

    /// Lets `f` use the device with byte ports, and forwards its interrupts.
    pub fn with_ports<T>(&mut self, f: impl FnOnce(&mut dyn Ports) -> T) -> Option<T> {
        let i = self.slots.iter_mut().position(|s| s.device.as_ports().is_some())?;
        let result = self.slots[i].device.as_ports().map(f);
        self.forward(i);
        result
    }

    /// What devices have written to guest memory since the last call, as (physical address, bytes).
    pub fn take_written(&mut self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.written)
    }

    /// Power-on state of every device; what has been asked for is forgotten.
    pub fn reset(&mut self) {
        for i in 0..self.slots.len() {
            self.slots[i].device.reset();
            self.forward(i);
        }
        self.power = None;
    }

    fn nth_serial(&mut self, n: usize) -> Option<usize> {
        let serials = self.slots.iter_mut().enumerate().filter_map(|(i, s)| s.device.as_serial().map(|_| i));
        serials.into_iter().nth(n)
    }

    fn controller(&mut self) -> Option<&mut dyn IrqController> {
        let slot = self.slots.get_mut(self.controller?)?;
        slot.device.as_irq_controller()
    }

    /// Forwards the interrupt outputs of a device that have changed, and what it asks for.
    fn forward(&mut self, device: usize) {
        let slot = &mut self.slots[device];
        if let Some(serial) = slot.device.as_serial() {
            self.touched_serial = true;
            let waiting = slot.state.backlog.make_contiguous();
            if !waiting.is_empty() {
                let taken = serial.input(waiting).min(waiting.len());
                slot.state.backlog.drain(..taken);
            }
        }
        if let Some(request) = slot.device.take_power_request() {
            self.power.get_or_insert(request);
        }
        self.written.append(&mut slot.device.take_written());
        self.touched = slot.device.deadline();
        let levels = slot.device.irq_levels();
        let changed = std::mem::replace(&mut slot.state.levels, levels) ^ levels;
        self.drive(device, changed);
    }

    /// Tells the controller the levels of those outputs of a device that are set in `changed`.
    fn drive(&mut self, device: usize, changed: u32) {
        if changed == 0 {
            return;
        }
        let slot = &self.slots[device];
        let levels = slot.state.levels;
        let edges: Vec<_> =
            slot.lines.iter().enumerate().filter(|(bit, _)| changed >> bit & 1 != 0).collect();
        let edges: Vec<_> = edges.into_iter().map(|(bit, &line)| (line, levels >> bit & 1 != 0)).collect();
        if let Some(c) = self.controller() {
            edges.into_iter().for_each(|(line, level)| c.set_shared(line, level));
        }
    }
}

/// The low `1 << size` bytes, all ones.
fn ones(size: u8) -> u64 {
    u64::MAX >> (64 - (8 << size.min(3)))
}

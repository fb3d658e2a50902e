//! Exits to the machine's devices, and their interrupts to the kernel's controllers.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use innkeeper_core::dev::{CpuLines, Device, IrqController};
use innkeeper_core::state::{StateError, Stateful};
use innkeeper_core::system::System;
use kvm_ioctls::VmFd;

use crate::exit::Access;

/// What a bus without an answer reads as.
const FLOATING: u8 = 0xff;

/// A lock's content; a panic of a thread that held it has ended the machine by other means.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers an access at guest time `now` (ns).
pub fn answer(system: &mut System, now: u64, access: Access<'_>) {
    let bus = &mut system.bus;
    match access {
        Access::In(port, size, data) => {
            for element in data.chunks_mut(size.max(1)) {
                let value = log2(element.len()).and_then(|n| bus.read_port(now, port, n));
                put(element, value);
            }
        }
        Access::Out(port, size, data) => {
            for element in data.chunks(size.max(1)) {
                if let Some(n) = log2(element.len()) {
                    bus.write_port(now, port, n, number(element));
                }
            }
        }
        Access::Read(at, data) => pieces(at, data.len(), |at, range, n| {
            put(&mut data[range], bus.read(now, at, n));
        }),
        Access::Write(at, data) => pieces(at, data.len(), |at, range, n| {
            bus.write(now, at, n, number(&data[range]));
        }),
    }
    // What the device does next may be due at once, and before the guest goes on.
    if bus.touched_deadline().is_some_and(|due| due <= now) {
        bus.tick(now);
    }
    bus.collect_console(0, now);
    system.note_device_writes();
}

/// An access of 1, 2, 4 or 8 bytes as it is; others, which an access across pages leaves, byte by byte.
fn pieces(at: u64, len: usize, mut f: impl FnMut(u64, std::ops::Range<usize>, u8)) {
    match log2(len) {
        Some(n) => f(at, 0..len, n),
        None => (0..len).for_each(|i| f(at.wrapping_add(i as u64), i..i + 1, 0)),
    }
}

fn log2(len: usize) -> Option<u8> {
    [1, 2, 4, 8].iter().position(|&n| n == len).and_then(|n| u8::try_from(n).ok())
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b))
}

fn put(bytes: &mut [u8], value: Option<u64>) {
    match value {
        Some(v) => bytes.iter_mut().zip(v.to_le_bytes()).for_each(|(to, from)| *to = from),
        None => bytes.fill(FLOATING),
    }
}

/// The interrupt controllers in the kernel, as the bus sees them: lines are ISA and IOAPIC numbers. A
/// reset of the machine makes a new one in the kernel and puts it in here.
#[derive(Clone, Default)]
pub struct KernelIrqchip(Arc<RwLock<Option<Arc<VmFd>>>>);

impl KernelIrqchip {
    /// Forwards to this machine from now on.
    pub fn connect(&self, vm: Option<Arc<VmFd>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = vm;
    }
}

/// Its state is the kernel's.
impl Stateful for KernelIrqchip {
    const NAME: &'static str = "kvm-irqchip";
    type State = ();

    fn state(&self) -> Cow<'_, ()> {
        Cow::Owned(())
    }

    fn set_state(&mut self, (): ()) -> Result<(), StateError> {
        Self::ensure(false, "it is in the kernel")
    }

    fn savable(&self) -> Result<(), StateError> {
        Err(StateError::Unsavable { part: Self::NAME.into(), what: "its state is in the kernel".into() })
    }
}

impl Device for KernelIrqchip {
    // The kernel answers accesses to it.
    fn read(&mut self, _now: u64, _offset: u64, _size: u8) -> u64 {
        0
    }

    fn write(&mut self, _now: u64, _offset: u64, _size: u8, _value: u64) {}

    // It is made anew with the machine.
    fn reset(&mut self) {}

    fn as_irq_controller(&mut self) -> Option<&mut dyn IrqController> {
        Some(self)
    }
}

impl IrqController for KernelIrqchip {
    fn set_shared(&mut self, line: u32, level: bool) {
        if let Some(vm) = &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            // Fails for lines that the controllers do not have only, which no board gives.
            let _ = vm.set_irq_line(line, level);
        }
    }

    fn set_private(&mut self, _cpu: usize, _line: u32, _level: bool) {}

    fn cpu_lines(&self, _cpu: usize) -> CpuLines {
        CpuLines::default()
    }

    fn select_cpu(&mut self, _cpu: usize) {}
}

//! The transport in memory, version 2 (virtio 1.2, 4.2).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use virtio_queue::{Queue, QueueT};

use super::state::QueueState;
use super::{Broken, Kind, Queues};
use crate::dev::{Device, Ports};
use crate::mem::Ram;
use crate::state::{StateError, Stateful};

/// Registers and bits as in 4.2.2 and 2.1.
pub(in crate::dev) mod spec {
    pub const MAGIC_VALUE: u64 = 0x000;
    pub const VERSION: u64 = 0x004;
    pub const DEVICE_ID: u64 = 0x008;
    pub const VENDOR_ID: u64 = 0x00c;
    pub const DEVICE_FEATURES: u64 = 0x010;
    pub const DEVICE_FEATURES_SEL: u64 = 0x014;
    pub const DRIVER_FEATURES: u64 = 0x020;
    pub const DRIVER_FEATURES_SEL: u64 = 0x024;
    pub const QUEUE_SEL: u64 = 0x030;
    pub const QUEUE_NUM_MAX: u64 = 0x034;
    pub const QUEUE_NUM: u64 = 0x038;
    pub const QUEUE_READY: u64 = 0x044;
    pub const QUEUE_NOTIFY: u64 = 0x050;
    pub const INTERRUPT_STATUS: u64 = 0x060;
    pub const INTERRUPT_ACK: u64 = 0x064;
    pub const STATUS: u64 = 0x070;
    pub const QUEUE_DESC_LOW: u64 = 0x080;
    pub const QUEUE_DESC_HIGH: u64 = 0x084;
    pub const QUEUE_DRIVER_LOW: u64 = 0x090;
    pub const QUEUE_DRIVER_HIGH: u64 = 0x094;
    pub const QUEUE_DEVICE_LOW: u64 = 0x0a0;
    pub const QUEUE_DEVICE_HIGH: u64 = 0x0a4;
    pub const SHM_LEN_LOW: u64 = 0x0b0;
    pub const SHM_BASE_HIGH: u64 = 0x0bc;
    pub const CONFIG: u64 = 0x100;

    pub const MAGIC: u32 = 0x7472_6976; // "virt"
    pub const VENDOR: u32 = 0x4b4e_4e49; // "INNK"
    pub const VERSION_1: u64 = 1 << 32;
    pub const INT_USED: u32 = 1;
    pub const INT_CONFIG: u32 = 2;
    pub const DRIVER_OK: u32 = 4;
    pub const FEATURES_OK: u32 = 8;
    pub const NEEDS_RESET: u32 = 0x40;
}
use spec::*;

/// Size of the window.
pub const WINDOW: u64 = 0x200;

/// A device behind the transport.
pub struct Mmio<K> {
    pub(super) kind: K,
    pub(super) queues: Queues,
    registers: Registers,
}

/// Registers that the transport keeps itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Registers {
    device_features_sel: u32,
    driver_features: u64,
    driver_features_sel: u32,
    queue_sel: u32,
    interrupt_status: u32,
    status: u32,
}

/// What the guest can see, `D` being what it sees of the device behind the transport.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State<D> {
    registers: Registers,
    queues: Vec<QueueState>,
    device: D,
}

impl<K: Kind> Mmio<K> {
    /// A device that reaches `ram`.
    pub fn new(kind: K, ram: Ram) -> Mmio<K> {
        let queues = Queues::new(ram, kind.queue_count());
        Mmio { kind, queues, registers: Registers::default() }
    }

    /// The driver is ready, and has broken no rule.
    pub(super) fn live(&self) -> bool {
        self.registers.status & (DRIVER_OK | NEEDS_RESET) == DRIVER_OK
    }

    /// Lets `f` use the queues while the driver is ready, and tells the driver what came of it.
    pub(super) fn work(&mut self, f: impl FnOnce(&mut K, &mut Queues) -> Result<(), Broken>) {
        if self.live() {
            let result = f(&mut self.kind, &mut self.queues);
            if std::mem::take(&mut self.queues.used) {
                self.registers.interrupt_status |= INT_USED;
            }
            if result.is_err() {
                self.needs_reset();
            }
        }
    }

    fn needs_reset(&mut self) {
        if self.registers.status & DRIVER_OK != 0 {
            self.registers.interrupt_status |= INT_CONFIG;
        }
        self.registers.status |= NEEDS_RESET;
    }

    fn restart(&mut self) {
        self.kind.reset();
        self.queues.reset();
        self.registers = Registers::default();
    }

    fn offered(&self) -> u64 {
        VERSION_1 | K::FEATURES
    }

    fn queue(&self) -> Option<&Queue> {
        self.queues.queues.get(usize::try_from(self.registers.queue_sel).ok()?)
    }

    fn register(&self, offset: u64) -> u32 {
        match offset {
            MAGIC_VALUE => MAGIC,
            VERSION => 2,
            DEVICE_ID => K::ID,
            VENDOR_ID => VENDOR,
            DEVICE_FEATURES => half(self.offered(), self.registers.device_features_sel),
            QUEUE_NUM_MAX => self.queue().map_or(0, |q| q.max_size().into()),
            QUEUE_READY => self.queue().is_some_and(QueueT::ready).into(),
            INTERRUPT_STATUS => self.registers.interrupt_status,
            STATUS => self.registers.status,
            // There is no shared memory: its length reads as -1 (4.2.2).
            SHM_LEN_LOW..=SHM_BASE_HIGH => u32::MAX,
            _ => 0,
        }
    }

    fn set_register(&mut self, offset: u64, v: u32) {
        match offset {
            DEVICE_FEATURES_SEL => self.registers.device_features_sel = v,
            DRIVER_FEATURES if self.registers.status & FEATURES_OK == 0 => {
                let word =
                    |value, n| if self.registers.driver_features_sel == n { v } else { half(value, n) };
                let old = self.registers.driver_features;
                self.registers.driver_features = u64::from(word(old, 0)) | u64::from(word(old, 1)) << 32;
            }
            DRIVER_FEATURES_SEL => self.registers.driver_features_sel = v,
            QUEUE_SEL => self.registers.queue_sel = v,
            QUEUE_NUM..=QUEUE_READY | QUEUE_DESC_LOW..=QUEUE_DEVICE_HIGH => self.set_queue(offset, v),
            QUEUE_NOTIFY => {
                let n = usize::try_from(v).unwrap_or(usize::MAX);
                self.work(|kind, queues| if queues.ready(n) { kind.notify(n, queues) } else { Ok(()) });
            }
            INTERRUPT_ACK => self.registers.interrupt_status &= !v,
            STATUS => self.set_status(v),
            _ => {}
        }
    }

    /// 3.1.1: FEATURES_OK does not stick for features that were not offered, or without VERSION_1.
    fn set_status(&mut self, v: u32) {
        if v == 0 {
            return self.restart();
        }
        let mut new = v & 0xff | self.registers.status & NEEDS_RESET;
        let acceptable = self.registers.driver_features & !self.offered() == 0
            && self.registers.driver_features & VERSION_1 != 0;
        if !acceptable {
            new &= !(FEATURES_OK | DRIVER_OK);
        }
        if new & FEATURES_OK == 0 {
            new &= !DRIVER_OK;
        }
        self.registers.status = new;
    }

    /// A value that the queue does not take would leave driver and device with different ideas of it.
    fn set_queue(&mut self, offset: u64, v: u32) {
        let n = usize::try_from(self.registers.queue_sel).unwrap_or(usize::MAX);
        let Some(q) = self.queues.queues.get_mut(n) else { return };
        if offset == QUEUE_READY {
            q.set_ready(v & 1 != 0);
            if v & 1 != 0 && self.queues.check(&self.queues.queues[n]).is_err() {
                self.queues.queues[n].set_ready(false);
                self.needs_reset();
            }
            return;
        }
        // 4.2.2.2: not while the queue is in use.
        if q.ready() {
            return;
        }
        let low = |address: u64| half(address, 0);
        let taken = match offset {
            QUEUE_NUM => u16::try_from(v).is_ok_and(|size| q.try_set_size(size).is_ok()),
            QUEUE_DESC_LOW => {
                q.set_desc_table_address(Some(v), None);
                low(q.desc_table()) == v
            }
            QUEUE_DRIVER_LOW => {
                q.set_avail_ring_address(Some(v), None);
                low(q.avail_ring()) == v
            }
            QUEUE_DEVICE_LOW => {
                q.set_used_ring_address(Some(v), None);
                low(q.used_ring()) == v
            }
            _ => {
                match offset {
                    QUEUE_DESC_HIGH => q.set_desc_table_address(None, Some(v)),
                    QUEUE_DRIVER_HIGH => q.set_avail_ring_address(None, Some(v)),
                    QUEUE_DEVICE_HIGH => q.set_used_ring_address(None, Some(v)),
                    _ => {}
                }
                true
            }
        };
        if !taken {
            self.needs_reset();
        }
    }
}

/// Word 0 or 1 of a 64-bit value; 0 for others.
fn half(value: u64, n: u32) -> u32 {
    let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
    match n {
        0 => u32::from_le_bytes([a, b, c, d]),
        1 => u32::from_le_bytes([e, f, g, h]),
        _ => 0,
    }
}

impl<K: Kind> Stateful for Mmio<K> {
    const NAME: &'static str = K::NAME;
    type State = State<K::State>;

    fn state(&self) -> Cow<'_, Self::State> {
        let queues = self.queues.queues.iter().map(QueueState::of).collect();
        let device = self.kind.state().into_owned();
        Cow::Owned(State { registers: self.registers.clone(), queues, device })
    }

    fn set_state(&mut self, state: Self::State) -> Result<(), StateError> {
        let State { registers, queues, device } = state;
        let kept = registers.interrupt_status & !(INT_USED | INT_CONFIG) == 0 && registers.status <= 0xff;
        Self::ensure(kept, "bits are set that it does not have")?;
        let queues = self.queues.restored(&queues);
        Self::ensure(queues.is_some(), "it has queues that cannot be")?;
        self.kind.set_state(device)?;
        self.registers = registers;
        self.queues.queues = queues.unwrap_or_default();
        Ok(())
    }
}

impl<K: Kind> Device for Mmio<K> {
    fn bus_width(&self) -> u8 {
        2
    }

    // Registers are accessed with 4 bytes, the configuration with any width (4.2.2.2).
    fn read(&mut self, _now: u64, offset: u64, size: u8) -> u64 {
        if offset >= CONFIG {
            return (0..1u64 << size)
                .rev()
                .fold(0, |v, i| v << 8 | u64::from(self.kind.config(offset - CONFIG + i)));
        }
        if size == 2 { self.register(offset).into() } else { 0 }
    }

    fn write(&mut self, _now: u64, offset: u64, size: u8, value: u64) {
        if size == 2 && offset < CONFIG {
            self.set_register(offset, half(value, 0));
        }
    }

    fn irq_levels(&self) -> u32 {
        u32::from(self.registers.interrupt_status != 0)
    }

    fn reset(&mut self) {
        self.restart();
    }

    fn take_written(&mut self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.queues.written)
    }

    fn as_ports(&mut self) -> Option<&mut dyn Ports> {
        K::ports(self)
    }
}

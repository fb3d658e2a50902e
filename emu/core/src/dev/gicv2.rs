//! GICv2, Arm's generic interrupt controller (architecture specification IHI 0048B), without the
//! Security and Virtualization Extensions; in size and identification a GIC-400.
//!
//! The distributor is at offset 0, the CPU interface at [`CPU_INTERFACE`]; banked registers are
//! those of the CPU selected last. This file holds the state, the CPU interface and the choice
//! of the interrupt to signal; `distributor.rs` the distributor's registers.

mod distributor;
mod spec;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{CpuLines, Device, IrqController};
use crate::state::{StateError, Stateful, Undigested};
use spec::{IDLE, MIN_BPR, OTHER_GROUP, PRIORITY_MASK, SPURIOUS, gicc};
pub use spec::{INTIDS, MAX_CPUS, SPI};

/// Offset of the CPU interface from the distributor.
pub const CPU_INTERFACE: u64 = 0x1_0000;
/// Size of each of the two windows.
pub const WINDOW: u64 = 0x1_0000;

/// One interrupt, for one CPU if private. Saved as flags, priority, targets, sources.
#[derive(Clone, Copy, Default, Debug, Serialize, Deserialize)]
#[serde(into = "[u8; 4]", try_from = "[u8; 4]")]
struct Irq {
    enabled: bool,
    active: bool,
    /// Made pending by an edge or by software.
    latched: bool,
    /// Level of the line.
    line: bool,
    /// Edge-triggered.
    edge: bool,
    group1: bool,
    priority: u8,
    /// CPUs it goes to (shared interrupts).
    targets: u8,
    /// CPUs that have sent it (SGIs).
    sources: u8,
}

impl Irq {
    fn pending(&self) -> bool {
        self.latched || self.sources != 0 || (self.line && !self.edge)
    }

    fn set_line(&mut self, level: bool) {
        self.latched |= self.edge && level && !self.line;
        self.line = level;
    }
}

impl From<Irq> for [u8; 4] {
    fn from(i: Irq) -> [u8; 4] {
        let flags = [i.enabled, i.active, i.latched, i.line, i.edge, i.group1];
        [flags.iter().fold(0, |all, &f| all << 1 | u8::from(f)), i.priority, i.targets, i.sources]
    }
}

impl TryFrom<[u8; 4]> for Irq {
    type Error = &'static str;

    fn try_from([flags, priority, targets, sources]: [u8; 4]) -> Result<Irq, &'static str> {
        if flags >= 1 << 6 {
            return Err("an interrupt has flags that do not exist");
        }
        let [enabled, active, latched, line, edge, group1] =
            [5, 4, 3, 2, 1, 0].map(|bit| flags >> bit & 1 != 0);
        Ok(Irq { enabled, active, latched, line, edge, group1, priority, targets, sources })
    }
}

/// CPU interface and private interrupts of one CPU.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Interface {
    ctlr: u32,
    /// Active priorities of groups 0 and 1, a bit for each of the 32 levels.
    apr: [u32; 2],
    pmr: u8,
    /// Binary points of groups 0 and 1.
    bpr: [u8; 2],
    private: [Irq; SPI as usize],
    /// The interrupt to signal, which follows from the rest; kept up to date by [`GicV2::update`].
    #[serde(skip)]
    best: Option<Candidate>,
}

/// The pending interrupt of highest priority.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    intid: u32,
    priority: u8,
    group: usize,
    /// It may interrupt what is active: priority above mask and running priority.
    signalled: bool,
}

/// The device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GicV2 {
    /// The CPU whose accesses follow: the machine says so before they do.
    cpu: Undigested<usize>,
    enabled: u32,
    interfaces: Vec<Interface>,
    shared: Vec<Irq>,
}

impl GicV2 {
    /// A controller for `cpus` CPUs, at most [`MAX_CPUS`].
    pub fn new(cpus: usize) -> GicV2 {
        let sgi = Irq { enabled: true, edge: true, ..Irq::default() };
        let mut private = [Irq::default(); SPI as usize];
        private[..16].fill(sgi);
        let interface = Interface { private, ctlr: 0, pmr: 0, bpr: [MIN_BPR; 2], apr: [0; 2], best: None };
        GicV2 {
            cpu: Undigested(0),
            enabled: 0,
            interfaces: vec![interface; cpus.clamp(1, MAX_CPUS)],
            shared: vec![Irq::default(); (INTIDS - SPI) as usize],
        }
    }

    fn registers_fit(&self) -> bool {
        let priority = |i: &Irq| i.priority & !PRIORITY_MASK == 0;
        let interface = |i: &Interface| {
            let points = i.bpr.iter().all(|b| (MIN_BPR..8).contains(b));
            points
                && i.ctlr & !gicc::CTLR_MASK == 0
                && i.pmr & !PRIORITY_MASK == 0
                && i.private.iter().all(priority)
        };
        self.enabled < 4 && self.interfaces.iter().all(interface) && self.shared.iter().all(priority)
    }

    fn irq(&mut self, cpu: usize, intid: u32) -> Option<&mut Irq> {
        let n = usize::try_from(intid).ok()?;
        match n.checked_sub(SPI as usize) {
            None => Some(&mut self.interfaces[cpu].private[n]),
            Some(n) => self.shared.get_mut(n),
        }
    }

    fn cpu_bit(cpu: usize) -> u8 {
        1 << (cpu % MAX_CPUS)
    }

    /// Chooses anew what to signal to each CPU.
    fn update(&mut self) {
        for cpu in 0..self.interfaces.len() {
            self.interfaces[cpu].best = self.choose(cpu);
        }
    }

    fn choose(&self, cpu: usize) -> Option<Candidate> {
        let me = &self.interfaces[cpu];
        let groups = self.enabled & me.ctlr;
        // With one CPU, ITARGETSR does not exist and everything goes to it.
        let (all, bit) = (self.interfaces.len() == 1, Self::cpu_bit(cpu));
        let private = me.private.iter().map(|i| (i, true));
        let shared = self.shared.iter().map(|i| (i, all || i.targets & bit != 0));
        let (intid, irq) = (0..)
            .zip(private.chain(shared))
            .filter(|(_, (i, mine))| i.enabled && i.pending() && !i.active && *mine)
            .filter(|(_, (i, _))| groups >> u32::from(i.group1) & 1 != 0)
            .map(|(n, (i, _))| (n, i))
            .min_by_key(|(n, i)| (i.priority, *n))?;
        let group = usize::from(irq.group1);
        let signalled = irq.priority < me.pmr && irq.priority & me.group_mask(group) < me.running_priority();
        Some(Candidate { intid, priority: irq.priority, group, signalled })
    }

    /// IAR and AIAR: the interrupt becomes active. `group1` says which register was read.
    fn acknowledge(&mut self, group1: bool) -> u32 {
        let cpu = *self.cpu;
        let me = &self.interfaces[cpu];
        let Some(c) = me.best.filter(|c| c.signalled) else { return SPURIOUS };
        match (group1, c.group) {
            (false, 1) if me.ctlr & gicc::CTLR_ACK == 0 => return OTHER_GROUP,
            (true, 0) => return SPURIOUS,
            _ => {}
        }
        let level = c.priority & me.group_mask(c.group);
        self.interfaces[cpu].apr[c.group] |= 1 << (level >> 3);
        let mut id = c.intid;
        if let Some(irq) = self.irq(cpu, c.intid) {
            irq.active = true;
            irq.latched = false;
            if irq.sources != 0 {
                let source = irq.sources.trailing_zeros();
                irq.sources &= irq.sources - 1;
                id |= source << 10;
            }
        }
        self.update();
        id
    }

    /// EOIR and AEOIR: priority drop, and deactivation unless EOImode separates them.
    fn end(&mut self, value: u32) {
        let intid = value & 0x3ff;
        if intid >= 1020 {
            return;
        }
        let me = &mut self.interfaces[*self.cpu];
        let group = usize::from(me.apr[0].trailing_zeros() > me.apr[1].trailing_zeros());
        me.apr[group] &= me.apr[group].wrapping_sub(1);
        if me.ctlr & gicc::CTLR_EOIMODE == 0 {
            self.deactivate(intid);
        }
    }

    fn deactivate(&mut self, intid: u32) {
        if let Some(irq) = self.irq(*self.cpu, intid) {
            irq.active = false;
        }
    }

    /// HPPIR and AHPPIR.
    fn highest_pending(&self, group1: bool) -> u32 {
        let me = &self.interfaces[*self.cpu];
        match me.best {
            None => SPURIOUS,
            Some(c) if c.group == 1 && !group1 && me.ctlr & gicc::CTLR_ACK == 0 => OTHER_GROUP,
            Some(c) if c.group == 0 && group1 => SPURIOUS,
            Some(c) => c.intid,
        }
    }

    fn read_interface(&mut self, offset: u64) -> u32 {
        let me = &self.interfaces[*self.cpu];
        match offset {
            gicc::CTLR => me.ctlr,
            gicc::PMR => me.pmr.into(),
            gicc::BPR => me.bpr[0].into(),
            gicc::ABPR => me.bpr[1].into(),
            gicc::RPR => me.running_priority().into(),
            gicc::IAR => self.acknowledge(false),
            gicc::AIAR => self.acknowledge(true),
            gicc::HPPIR => self.highest_pending(false),
            gicc::AHPPIR => self.highest_pending(true),
            gicc::APR0 => me.apr[0],
            gicc::NSAPR0 => me.apr[1],
            gicc::IIDR => gicc::IIDR_VALUE,
            _ => 0,
        }
    }

    fn write_interface(&mut self, offset: u64, value: u32) {
        let [byte, ..] = value.to_le_bytes();
        let me = &mut self.interfaces[*self.cpu];
        match offset {
            gicc::CTLR => me.ctlr = value & gicc::CTLR_MASK,
            gicc::PMR => me.pmr = byte & PRIORITY_MASK,
            gicc::BPR => me.bpr[0] = (byte & 7).max(MIN_BPR),
            gicc::ABPR => me.bpr[1] = (byte & 7).max(MIN_BPR),
            gicc::EOIR | gicc::AEOIR => self.end(value),
            gicc::APR0 => me.apr[0] = value,
            gicc::NSAPR0 => me.apr[1] = value,
            gicc::DIR => self.deactivate(value & 0x3ff),
            _ => {}
        }
        self.update();
    }
}

impl Interface {
    /// Bits of a priority that decide preemption.
    fn group_mask(&self, group: usize) -> u8 {
        let common = self.ctlr & gicc::CTLR_CBPR != 0;
        let bpr = self.bpr[if common { 0 } else { group }];
        if bpr >= 7 { 0 } else { u8::MAX << (bpr + 1) }
    }

    fn running_priority(&self) -> u8 {
        let level = (self.apr[0] | self.apr[1]).trailing_zeros();
        u8::try_from(level << 3).unwrap_or(IDLE)
    }

    fn signals(&self, fiq: bool) -> bool {
        let as_fiq = |c: &Candidate| c.group == 0 && self.ctlr & gicc::CTLR_FIQ != 0;
        self.best.is_some_and(|c| c.signalled && as_fiq(&c) == fiq)
    }
}

impl Stateful for GicV2 {
    const NAME: &'static str = "gicv2";
    type State = Self;

    fn state(&self) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    fn set_state(&mut self, state: Self) -> Result<(), StateError> {
        Self::ensure(state.interfaces.len() == self.interfaces.len(), "it is for another number of CPUs")?;
        Self::ensure(state.shared.len() == self.shared.len(), "it has another number of interrupts")?;
        Self::ensure(*state.cpu < state.interfaces.len(), "a CPU is selected that does not exist")?;
        Self::ensure(state.registers_fit(), "bits are set that it does not have")?;
        *self = state;
        self.update();
        Ok(())
    }
}

impl Device for GicV2 {
    fn read(&mut self, _now: u64, offset: u64, size: u8) -> u64 {
        match offset.checked_sub(CPU_INTERFACE) {
            None => self.read_distributor(offset, size),
            Some(offset) => self.read_interface(offset).into(),
        }
    }

    fn write(&mut self, _now: u64, offset: u64, size: u8, value: u64) {
        match offset.checked_sub(CPU_INTERFACE) {
            None => self.write_distributor(offset, size, value),
            Some(offset) => {
                let [a, b, c, d, ..] = value.to_le_bytes();
                self.write_interface(offset, u32::from_le_bytes([a, b, c, d]));
            }
        }
    }

    fn reset(&mut self) {
        let lines: Vec<bool> = self.shared.iter().map(|i| i.line).collect();
        *self = GicV2::new(self.interfaces.len());
        self.shared.iter_mut().zip(lines).for_each(|(i, line)| i.line = line);
    }

    fn as_irq_controller(&mut self) -> Option<&mut dyn IrqController> {
        Some(self)
    }
}

impl IrqController for GicV2 {
    fn set_shared(&mut self, line: u32, level: bool) {
        if let Some(irq) = line.checked_sub(SPI).and_then(|n| self.shared.get_mut(usize::try_from(n).ok()?)) {
            irq.set_line(level);
            self.update();
        }
    }

    fn set_private(&mut self, cpu: usize, line: u32, level: bool) {
        let n = usize::try_from(line).unwrap_or(usize::MAX);
        let irq = self.interfaces.get_mut(cpu).and_then(|i| i.private.get_mut(n));
        if let Some(irq) = irq.filter(|i| i.line != level) {
            irq.set_line(level);
            self.update();
        }
    }

    fn cpu_lines(&self, cpu: usize) -> CpuLines {
        self.interfaces
            .get(cpu)
            .map_or(CpuLines::default(), |i| CpuLines { irq: i.signals(false), fiq: i.signals(true) })
    }

    fn select_cpu(&mut self, cpu: usize) {
        *self.cpu = cpu.min(self.interfaces.len() - 1);
    }
}

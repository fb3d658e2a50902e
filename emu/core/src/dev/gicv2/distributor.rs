//! The distributor's registers, byte by byte: a byte holds one bit of 8 interrupts, two bits of 4,
//! or the priority or targets of one.

use super::spec::{INTIDS, PRIORITY_MASK, SPI, gicd};
use super::{GicV2, Irq};

/// A register bank of one bit per interrupt: what a byte reads as, and what writing a 1 does (for
/// IGROUPR, writing any value).
struct BitBank {
    read: fn(&Irq) -> bool,
    write: fn(&mut Irq, bool),
}

const BANKS: [(u64, BitBank); 7] = [
    (gicd::IGROUPR, BitBank { read: |i| i.group1, write: |i, v| i.group1 = v }),
    (gicd::ISENABLER, BitBank { read: |i| i.enabled, write: |i, v| i.enabled |= v }),
    (gicd::ICENABLER, BitBank { read: |i| i.enabled, write: |i, v| i.enabled &= !v }),
    (gicd::ISPENDR, BitBank { read: Irq::pending, write: |i, v| i.latched |= v }),
    (gicd::ICPENDR, BitBank { read: Irq::pending, write: |i, v| i.latched &= !v }),
    (gicd::ISACTIVER, BitBank { read: |i| i.active, write: |i, v| i.active |= v }),
    (gicd::ICACTIVER, BitBank { read: |i| i.active, write: |i, v| i.active &= !v }),
];

/// The bank a byte belongs to and its first interrupt.
fn bit_bank(offset: u64) -> Option<(u64, &'static BitBank, u32)> {
    let start = offset & !0x7f;
    let (_, bank) = BANKS.iter().find(|(base, _)| *base == start)?;
    Some((start, bank, intid(offset - start) * 8))
}

fn intid(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(INTIDS)
}

impl GicV2 {
    pub(super) fn read_distributor(&mut self, offset: u64, size: u8) -> u64 {
        let bytes = 1u64 << size.min(3);
        (0..bytes).rev().fold(0, |v, n| v << 8 | u64::from(self.read_byte(offset.saturating_add(n))))
    }

    fn read_byte(&mut self, offset: u64) -> u8 {
        let word = |v: u32| v.to_le_bytes()[usize::from(offset.to_le_bytes()[0] & 3)];
        match offset {
            gicd::CTLR..0x004 => word(self.enabled),
            gicd::TYPER..0x008 => word(self.typer()),
            gicd::IIDR..0x00c => word(gicd::IIDR_VALUE),
            gicd::IGROUPR..0x400 => {
                let Some((_, bank, first)) = bit_bank(offset) else { return 0 };
                (0..8).fold(0, |v, n| v | u8::from(self.with(first + n, false, |i| (bank.read)(i))) << n)
            }
            gicd::IPRIORITYR..0x800 => self.with(intid(offset - gicd::IPRIORITYR), 0, |i| i.priority),
            gicd::ITARGETSR..0xc00 => self.targets(intid(offset - gicd::ITARGETSR)),
            gicd::ICFGR..0xd00 => {
                let first = intid(offset - gicd::ICFGR) * 4;
                (0..4).fold(0, |v, n| v | u8::from(self.with(first + n, false, |i| i.edge)) << (2 * n + 1))
            }
            gicd::CPENDSGIR..0xf20 => self.with(intid(offset - gicd::CPENDSGIR), 0, |i| i.sources),
            gicd::SPENDSGIR..0xf30 => self.with(intid(offset - gicd::SPENDSGIR), 0, |i| i.sources),
            gicd::ID..0x1000 if offset & 3 == 0 => {
                let n = usize::try_from((offset - gicd::ID) / 4).unwrap_or(0);
                gicd::IDS.get(n).copied().unwrap_or(0)
            }
            _ => 0,
        }
    }

    pub(super) fn write_distributor(&mut self, offset: u64, size: u8, value: u64) {
        let [a, b, c, d, ..] = value.to_le_bytes();
        match offset {
            gicd::CTLR => self.enabled = u32::from(a & 3),
            gicd::SGIR => self.send_sgi(u32::from_le_bytes([a, b, c, d])),
            _ => {
                let bytes = value.to_le_bytes().into_iter().take(1 << size.min(3));
                for (n, byte) in (0..).zip(bytes) {
                    self.write_byte(offset.saturating_add(n), byte);
                }
            }
        }
        self.update();
    }

    fn write_byte(&mut self, offset: u64, value: u8) {
        match offset {
            gicd::IGROUPR..0x400 => self.write_bits(offset, value),
            gicd::IPRIORITYR..0x800 => {
                self.with(intid(offset - gicd::IPRIORITYR), (), |i| i.priority = value & PRIORITY_MASK);
            }
            gicd::ITARGETSR..0xc00 => {
                let (n, cpus) = (intid(offset - gicd::ITARGETSR), self.interfaces.len());
                if n >= SPI && cpus > 1 {
                    let existing = u8::MAX >> (8 - cpus);
                    self.with(n, (), |i| i.targets = value & existing);
                }
            }
            gicd::ICFGR..0xd00 => {
                let first = intid(offset - gicd::ICFGR) * 4;
                for n in (0..4).filter(|n| first + n >= 16) {
                    self.with(first + n, (), |i| i.edge = value >> (2 * n + 1) & 1 != 0);
                }
            }
            gicd::CPENDSGIR..0xf20 => {
                self.with(intid(offset - gicd::CPENDSGIR), (), |i| i.sources &= !value);
            }
            gicd::SPENDSGIR..0xf30 => {
                self.with(intid(offset - gicd::SPENDSGIR), (), |i| i.sources |= value);
            }
            _ => {}
        }
    }

    fn write_bits(&mut self, offset: u64, value: u8) {
        let Some((start, bank, first)) = bit_bank(offset) else { return };
        for n in 0..8 {
            // SGIs are always enabled, and pend through SPENDSGIR only.
            let fixed = first + n < 16 && (gicd::ISENABLER..gicd::ISACTIVER).contains(&start);
            if !fixed {
                self.with(first + n, (), |i| (bank.write)(i, value >> n & 1 != 0));
            }
        }
    }

    /// `f` of the interrupt as the selected CPU sees it, or `none` where there is none.
    fn with<T>(&mut self, intid: u32, none: T, f: impl FnOnce(&mut Irq) -> T) -> T {
        self.irq(*self.cpu, intid).map_or(none, f)
    }

    fn typer(&self) -> u32 {
        let cpus = u32::try_from(self.interfaces.len() - 1).unwrap_or(0);
        cpus << 5 | (INTIDS / 32 - 1)
    }

    fn targets(&mut self, n: u32) -> u8 {
        if self.interfaces.len() == 1 || n >= INTIDS {
            return 0;
        }
        if n < SPI { Self::cpu_bit(*self.cpu) } else { self.with(n, 0, |i| i.targets) }
    }

    /// SGIR: target list filter, target list, INTID.
    fn send_sgi(&mut self, value: u32) {
        let me = Self::cpu_bit(*self.cpu);
        let list = value.to_le_bytes()[2];
        let targets = match value >> 24 & 3 {
            0 => list,
            1 => !me,
            2 => me,
            _ => 0,
        };
        for cpu in 0..self.interfaces.len() {
            if targets & Self::cpu_bit(cpu) != 0
                && let Some(irq) = self.irq(cpu, value & 15)
            {
                irq.sources |= me;
            }
        }
    }
}

//! What the CPUs of a machine share: memory, devices, the clock.

use crate::clock::Clock;
use crate::mem::code::CodeMap;
use crate::mem::dirty::Dirty;
use crate::mem::{Bus, PAGE_MASK, PAGE_SIZE, Ram};

/// Everything outside the CPUs. The CPU that runs owns it; it is handed on when another one runs.
pub struct System {
    /// RAM and ROM.
    pub ram: Ram,
    /// Which bytes have been decoded.
    pub code: CodeMap,
    /// Which pages have been written since the last snapshot.
    pub dirty: Dirty,
    /// Devices.
    pub bus: Bus,
    /// Guest time.
    pub clock: Clock,
    /// Counts invalidations meant for all CPUs' TLBs; a CPU that has missed some flushes all.
    pub tlb_broadcasts: u64,
    /// CPUs, as bits, that an event (SEV) has been sent to and that have not seen it.
    pub events: u64,
}

impl System {
    /// A system of memory without devices, at time 0; one instruction takes `1 << shift` ns.
    pub fn new(ram: Ram, shift: u32) -> System {
        let (code, dirty) = (CodeMap::new(&ram), Dirty::new(ram.pages()));
        let (bus, clock) = (Bus::default(), Clock::new(shift));
        System { ram, code, dirty, bus, clock, tlb_broadcasts: 0, events: 0 }
    }

    /// A system without anything, for CPUs that do not run.
    pub fn vacant() -> System {
        System::new(Ram::empty(), 0)
    }

    /// Writes physical memory from outside the guest (loader, debugger): ROM too. False, and
    /// nothing written, where not all of it is memory of one region.
    pub fn poke(&mut self, pa: u64, bytes: &[u8]) -> bool {
        let done = self.ram.write(pa, bytes);
        if done {
            self.note_write(pa, bytes.len() as u64);
        }
        done
    }

    /// Passes on what devices have written to memory to who watches decoded code. True when they have
    /// written over some.
    pub fn note_device_writes(&mut self) -> bool {
        let written = self.bus.take_written();
        written.into_iter().fold(false, |hit, (pa, len)| self.note_write(pa, len) || hit)
    }

    /// Notes a write of `len` bytes at `pa` that goes through no TLB. True when it was over decoded code.
    pub fn note_write(&mut self, pa: u64, len: u64) -> bool {
        let mut page = pa & PAGE_MASK;
        while page < pa.saturating_add(len) {
            if let Some(number) = self.ram.page_number(page) {
                self.dirty.mark(number);
            }
            page = page.saturating_add(PAGE_SIZE);
        }
        self.code.written(&self.ram, pa, len)
    }

    /// Reads physical memory; false, and nothing read, where not all of it is memory.
    pub fn peek(&self, pa: u64, out: &mut [u8]) -> bool {
        self.ram.read(pa, out)
    }
}

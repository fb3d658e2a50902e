//! The slow path of guest memory: what the TLB does not answer at once.

use super::mmu::{self, Access, Mode, Status, Translation};
use super::vcpu::{Vcpu, align_mask, data_abort, event, low};
use super::{cpu::Fault, cpu::Monitor, exc};
use crate::emit::step::{GuestCpu, extend, rmw_value};
use crate::emit::{MemOp, Res, Rmw, Trap};
use crate::mem::tlb::{CODE, Grant, NEEDS_ALIGN};
use crate::mem::{PAGE_MASK, PAGE_SIZE};

/// A slow access after its alignment has been looked at.
#[derive(Clone, Copy)]
pub(super) struct Slow {
    pub va: u64,
    /// Bytes, 1..=64.
    pub len: u64,
    /// Faults on Device memory.
    pub misaligned: bool,
}

impl Slow {
    /// The address where the second page begins, if the access reaches it.
    pub fn second_page(&self) -> Option<u64> {
        let next = (self.va & PAGE_MASK).wrapping_add(PAGE_SIZE);
        (self.va & !PAGE_MASK > PAGE_SIZE - self.len).then_some(next)
    }
}

impl Vcpu {
    #[cold]
    #[inline(never)]
    pub(super) fn load_slow(&mut self, m: MemOp, va: u64) -> Result<u64, Trap> {
        if m.unpriv {
            return self.as_user(m, |v, m| v.load(m, va));
        }
        let slow = self.begin(m, va, false)?;
        if !slow.misaligned
            && let Some(v) = self.tlbs.current().load_flagged(va, m.size, NEEDS_ALIGN)
        {
            return Ok(v);
        }
        self.read(slow).map(low)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn loadq_slow(&mut self, m: MemOp, va: u64) -> Result<u128, Trap> {
        if m.unpriv {
            return self.as_user(m, |v, m| v.loadq(m, va));
        }
        let slow = self.begin(m, va, false)?;
        if !slow.misaligned
            && let Some(v) = self.tlbs.current().loadq(va, NEEDS_ALIGN)
        {
            return Ok(v);
        }
        self.read(slow)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn store_slow(&mut self, m: MemOp, va: u64, v: u64) -> Res {
        if m.unpriv {
            return self.as_user(m, |c, m| c.store(m, va, v));
        }
        let slow = self.begin(m, va, true)?;
        if !slow.misaligned && self.tlbs.current().store_flagged(va, m.size, v, NEEDS_ALIGN) {
            return Ok(());
        }
        self.write(slow, v.into())
    }

    #[cold]
    #[inline(never)]
    pub(super) fn storeq_slow(&mut self, m: MemOp, va: u64, v: u128) -> Res {
        if m.unpriv {
            return self.as_user(m, |c, m| c.storeq(m, va, v));
        }
        let slow = self.begin(m, va, true)?;
        if !slow.misaligned && self.tlbs.current().storeq(va, v, NEEDS_ALIGN) {
            return Ok(());
        }
        self.write(slow, v)
    }

    /// LSE atomics: both permissions are checked before anything is read.
    pub(super) fn read_modify_write(&mut self, op: Rmw, m: MemOp, va: u64, v: u64) -> Result<u64, Trap> {
        let v = extend(8 << m.size, false, v);
        let slow = self.begin_atomic(m, va)?;
        let old = low(self.read(slow)?);
        self.write(slow, rmw_value(op, m.size, old, v).into())?;
        Ok(old)
    }

    /// CAS and CASP.
    pub(super) fn compare_and_swap(
        &mut self,
        m: MemOp,
        va: u64,
        expected: u128,
        new: u128,
    ) -> Result<u128, Trap> {
        let mask = u128::MAX >> (128 - (8 << m.size));
        let slow = self.begin_atomic(m, va)?;
        let old = self.read(slow)?;
        if old == expected & mask {
            self.write(slow, new)?;
        }
        Ok(old)
    }

    /// LDXR and kin.
    pub(super) fn exclusive_load(&mut self, m: MemOp, va: u64) -> Result<u128, Trap> {
        let value = if m.size == 4 { self.loadq(m, va)? } else { self.load(m, va)?.into() };
        self.cpu.monitor = Monitor { armed: true, size: m.size, addr: va, value };
        Ok(value)
    }

    /// STXR and kin (`AArch64.ExclusiveMonitorsPass`): 0 when stored.
    pub(super) fn exclusive_store(&mut self, m: MemOp, va: u64, v: u128) -> Result<u64, Trap> {
        let slow = self.begin(m, va, true)?;
        let monitor = self.cpu.monitor;
        let armed = monitor.armed && monitor.addr == va && monitor.size == m.size;
        if !armed {
            self.cpu.monitor.armed = false;
            return Ok(1);
        }
        self.resolve(slow, va, Access::Write)?;
        // Memory that can be written but not read lost the reservation between the two.
        let unchanged = self.read(slow).is_ok_and(|now| now == monitor.value);
        if unchanged {
            self.write(slow, v)?;
        }
        self.cpu.monitor.armed = false;
        Ok(u64::from(!unchanged))
    }

    /// Checks a store to `bytes` bytes without writing.
    pub(super) fn probe_range(&mut self, m: MemOp, va: u64, bytes: u8) -> Res {
        if m.unpriv {
            return self.as_user(m, |v, m| v.probe_range(m, va, bytes));
        }
        let slow = Slow { len: bytes.into(), ..self.begin(m, va, true)? };
        self.resolve(slow, va, Access::Write)?;
        if let Some(next) = slow.second_page() {
            self.resolve(slow, next, Access::Write)?;
        }
        Ok(())
    }

    /// The physical page of the instruction at `pc`, or the abort that fetching it raises.
    pub fn fetch_page(&mut self, pc: u64) -> Result<u64, Trap> {
        if pc & 3 != 0 {
            return Err(exc::PC_ALIGN);
        }
        if let Some(pa) = self.tlbs.current().fetch(pc) {
            return Ok(pa);
        }
        let t = mmu::translate(&self.sys.ram, &self.cpu.sys, pc, self.mode);
        match t.and_then(|t| t.check(Access::Fetch).map(|()| t)) {
            Ok(t) if self.sys.ram.host(t.pa).is_some() => {
                self.tlbs.current_mut().fill_fetch(pc, t.pa, t.page_bits);
                Ok(t.pa & PAGE_MASK)
            }
            Ok(_) => Err(self.inst_abort(pc, Status::EXTERNAL)),
            Err(status) => Err(self.inst_abort(pc, status)),
        }
    }

    /// Notes that an engine has decoded `len` bytes at `pa`, within a page: from here on stores to
    /// them raise [`event::CODE`].
    pub fn mark_code(&mut self, pa: u64, len: u64) {
        if self.sys.code.mark(&self.sys.ram, pa, len) {
            self.tlbs.protect(pa);
            // The other CPUs drop their entries when they run next.
            self.sys.tlb_broadcasts += 1;
            self.broadcasts += 1;
        }
    }

    /// Reads what the interrupt controller drives into this CPU.
    pub fn refresh_lines(&mut self) {
        let lines = self.sys.bus.cpu_lines(self.index);
        self.set_lines(lines);
        if self.interrupt().is_some() {
            self.events |= event::ATTENTION;
        }
    }

    fn inst_abort(&mut self, pc: u64, status: Status) -> Trap {
        self.cpu.fault = Fault { addr: pc, iss: status.0 };
        exc::INST_ABORT
    }

    /// Runs an unprivileged access (LDTR, STTR) with the permissions of EL0, unless UAO is set.
    pub(super) fn as_user<T>(&mut self, m: MemOp, access: impl FnOnce(&mut Self, MemOp) -> T) -> T {
        let m = MemOp { unpriv: false, ..m };
        if self.mode == Mode::User || self.cpu.pstate.uao != 0 {
            return access(self, m);
        }
        let mode = std::mem::replace(&mut self.mode, Mode::User);
        self.tlbs.select_mode(Mode::User as usize);
        let result = access(self, m);
        self.tlbs.select_mode(mode as usize);
        self.mode = mode;
        result
    }

    /// Checks the alignment that does not depend on memory (`AArch64.CheckAlignment`).
    pub(super) fn begin(&mut self, m: MemOp, va: u64, write: bool) -> Result<Slow, Trap> {
        let misaligned = va & align_mask(m) != 0;
        if misaligned && (m.aligned || mmu::alignment_checked(&self.cpu.sys)) {
            return Err(data_abort(&mut self.cpu, va, Status::ALIGNMENT, write));
        }
        Ok(Slow { va, len: 1 << m.size, misaligned })
    }

    /// Checks an atomic access for reading and writing. WnR of a fault is 0 when reading faults.
    fn begin_atomic(&mut self, m: MemOp, va: u64) -> Result<Slow, Trap> {
        let slow = self.begin(m, va, false)?;
        self.resolve(slow, va, Access::Read)?;
        self.resolve(slow, va, Access::Write)?;
        Ok(slow)
    }

    /// Reads `slow.len` bytes (at most 16).
    fn read(&mut self, slow: Slow) -> Result<u128, Trap> {
        let pa = self.resolve(slow, slow.va, Access::Read)?;
        let Some(next) = slow.second_page() else {
            return Ok(match slow.len {
                16 => u128::from(self.read_phys(pa, 3)) | u128::from(self.read_phys(pa + 8, 3)) << 64,
                len => self.read_phys(pa, log2(len)).into(),
            });
        };
        let pa2 = self.resolve(slow, next, Access::Read)?;
        let first = next.wrapping_sub(slow.va);
        let mut value = 0;
        for i in 0..slow.len {
            let at = if i < first { pa + i } else { pa2 + (i - first) };
            value |= u128::from(self.read_phys(at, 0)) << (8 * i);
        }
        Ok(value)
    }

    /// Writes `slow.len` bytes (at most 16); nothing when either page faults.
    fn write(&mut self, slow: Slow, v: u128) -> Res {
        let pa = self.resolve(slow, slow.va, Access::Write)?;
        let Some(next) = slow.second_page() else {
            match slow.len {
                16 => {
                    self.write_phys(pa, 3, low(v));
                    self.write_phys(pa + 8, 3, low(v >> 64));
                }
                len => self.write_phys(pa, log2(len), low(v)),
            }
            return Ok(());
        };
        let pa2 = self.resolve(slow, next, Access::Write)?;
        let first = next.wrapping_sub(slow.va);
        for i in 0..slow.len {
            let at = if i < first { pa + i } else { pa2 + (i - first) };
            self.write_phys(at, 0, low(v >> (8 * i)));
        }
        Ok(())
    }

    /// Physical address of `va` for a data access, filling the TLB; or the abort.
    pub(super) fn resolve(&mut self, slow: Slow, va: u64, access: Access) -> Result<u64, Trap> {
        let write = access == Access::Write;
        if let Some((entry, flags)) = self.tlbs.current().probe(va, write)
            && flags & CODE == 0
        {
            if flags & NEEDS_ALIGN != 0 && slow.misaligned {
                return Err(data_abort(&mut self.cpu, va, Status::ALIGNMENT, write));
            }
            return Ok(entry.phys | va & !PAGE_MASK);
        }
        let found = mmu::translate(&self.sys.ram, &self.cpu.sys, va, self.mode).and_then(|t| {
            if t.is_device() && slow.misaligned {
                return Err(Status::ALIGNMENT);
            }
            t.check(access)?;
            let answered = self.sys.ram.host(t.pa).is_some() || self.sys.bus.contains(t.pa);
            if answered { Ok(t) } else { Err(Status::EXTERNAL) }
        });
        match found {
            Ok(t) => {
                self.fill(va, &t);
                Ok(t.pa)
            }
            Err(status) => Err(data_abort(&mut self.cpu, va, status, write)),
        }
    }

    fn fill(&mut self, va: u64, t: &Translation) {
        let Some(page) = self.sys.ram.host(t.pa) else { return };
        let code = self.sys.code.has_code(page.number);
        if t.write && !code {
            self.sys.code.note_writable(page.number);
        }
        let needs_align = t.is_device() || mmu::alignment_checked(&self.cpu.sys);
        let grant = Grant { read: t.read, write: t.write, needs_align, code };
        self.tlbs.current_mut().fill(va, t.pa, t.page_bits, grant);
    }

    /// Reads `1 << size` (0..=3) bytes of RAM or a device.
    fn read_phys(&mut self, pa: u64, size: u8) -> u64 {
        if let Some(v) = self.sys.ram.read_small(pa, 1 << size) {
            return v;
        }
        let now = self.time();
        let v = self.sys.bus.read(now, pa, size).unwrap_or(0);
        self.after_device();
        v
    }

    /// Writes the low `1 << size` (0..=3) bytes to RAM or a device; ROM ignores it.
    fn write_phys(&mut self, pa: u64, size: u8, v: u64) {
        if let Some(page) = self.sys.ram.host(pa) {
            if page.writable {
                let len = 1 << size;
                self.sys.ram.write(pa, &v.to_le_bytes()[..len]);
                if self.sys.code.has_code(page.number) && self.sys.code.written(&self.sys.ram, pa, len as u64)
                {
                    self.events |= event::CODE;
                }
            }
            return;
        }
        let now = self.time();
        // `resolve` has seen that a device answers.
        let _ = self.sys.bus.write(now, pa, size, v);
        self.after_device();
    }

    /// After a device has been accessed: its interrupts and deadline may have changed.
    fn after_device(&mut self) {
        let (insns, now) = (self.insns(), self.time());
        self.sys.bus.collect_console(insns, now);
        if self.sys.note_device_writes() {
            self.events |= event::CODE;
        }
        self.refresh_lines();
        let sooner = self.sys.bus.touched_deadline().is_some_and(|d| d < self.horizon);
        if sooner || self.sys.bus.power_requested() {
            self.events |= event::ATTENTION;
        }
    }
}

fn log2(len: u64) -> u8 {
    match len {
        1 => 0,
        2 => 1,
        4 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::a64::vcpu::event;
    use crate::mem::Ram;
    use crate::mem::ram::RegionSpec;
    use crate::system::System;

    const BASE: u64 = 0x4000_0000;
    /// Two mapped pages; the third is unmapped, the fourth is for EL0 too, the fifth read-only.
    const VA: u64 = 0x1_0000;
    const USER: u64 = VA + 0x3000;
    const READ_ONLY: u64 = VA + 0x4000;
    const EL0: u64 = 1 << 6;
    const RO: u64 = 1 << 7;

    fn vcpu() -> Vcpu {
        let ram = Ram::new(&[RegionSpec { base: BASE, size: 0x1_0000, writable: true }]).unwrap();
        let word = |at: u64, v: u64| assert!(ram.write(BASE + at, &v.to_le_bytes()));
        for level in 0..3 {
            word(level * 0x1000, BASE + (level + 1) * 0x1000 + 3);
        }
        let page = 1 << 10 | 1 << 2 | 3; // AF, attribute 1, page
        for (i, bits) in [(0, 0), (1, 0), (3, EL0), (4, RO)] {
            word(0x3000 + (16 + i) * 8, (BASE + 0x8000 + i * 0x1000) | page | bits);
        }
        let mut v = Vcpu::new(Box::new(System::new(ram.clone(), 0)), ram, 0);
        let s = &mut v.cpu.sys;
        (s.ttbr0_el1, s.tcr_el1, s.mair_el1) = (BASE, 16 | 16 << 16 | 2 << 30 | 2 << 32, 0xff00);
        s.sctlr_el1 |= 1;
        v.state_changed();
        v
    }

    fn iss(v: &Vcpu) -> (u64, u32) {
        (v.cpu.fault.addr, v.cpu.fault.iss)
    }

    #[test]
    fn an_access_over_two_pages_happens_whole_or_not_at_all() {
        let mut v = vcpu();
        let m = MemOp::plain(3);
        v.store(m, VA + 0xffd, 0x1122_3344_5566_7788).unwrap();
        assert_eq!(v.load(m, VA + 0xffd), Ok(0x1122_3344_5566_7788));
        assert_eq!(v.load(MemOp::plain(0), VA + 0x1000), Ok(0x55));
        v.storeq(MemOp::plain(4), VA + 0xff1, 7 << 120).unwrap();
        assert_eq!(v.loadq(MemOp::plain(4), VA + 0xff1), Ok(7 << 120));
        assert_eq!(v.store(m, VA + 0x1ffc, u64::MAX), Err(exc::DATA_ABORT));
        assert_eq!(iss(&v), (VA + 0x2000, 0x47));
        assert_eq!(v.load(MemOp::plain(2), VA + 0x1ffc), Ok(0), "nothing was written");
        assert_eq!(v.probe_store(m, VA + 0x1fc8, 57), Err(exc::DATA_ABORT));
        assert_eq!(v.probe_store(m, VA + 0x1fc8, 56), Ok(()));
    }

    #[test]
    fn unprivileged_accesses_use_the_permissions_of_el0() {
        let mut v = vcpu();
        let m = MemOp { unpriv: true, ..MemOp::plain(3) };
        assert_eq!(v.store(m, VA, 1), Err(exc::DATA_ABORT));
        assert_eq!(iss(&v), (VA, 0x4f));
        assert_eq!(v.store(m, USER, 5), Ok(()));
        assert_eq!(v.load(MemOp::plain(3), USER), Ok(5));
        v.cpu.pstate.pan = 1;
        v.state_changed();
        assert_eq!(v.load(MemOp::plain(3), USER), Err(exc::DATA_ABORT));
        assert_eq!(v.load(m, USER), Ok(5), "PAN does not concern LDTR");
        v.cpu.pstate.uao = 1;
        assert_eq!(v.load(m, USER), Err(exc::DATA_ABORT));
        assert_eq!(v.load(m, VA), Ok(0));
    }

    #[test]
    fn atomics_report_a_read_fault_first() {
        let mut v = vcpu();
        let m = MemOp::ordered(3);
        assert_eq!(v.rmw(Rmw::Add, m, VA + 0x2000, 1), Err(exc::DATA_ABORT));
        assert_eq!(iss(&v), (VA + 0x2000, 0x07));
        assert_eq!(v.cas(m, READ_ONLY, 1, 2), Err(exc::DATA_ABORT));
        assert_eq!(iss(&v), (READ_ONLY, 0x4f));
        assert_eq!(v.rmw(Rmw::Add, m, VA + 4, 1), Err(exc::DATA_ABORT));
        assert_eq!(iss(&v), (VA + 4, 0x21));
        assert_eq!(v.rmw(Rmw::Add, MemOp::ordered(0), VA + 1, 0xfff), Ok(0));
        assert_eq!(v.cas(MemOp::ordered(0), VA + 1, 0x1ff, 0x22), Ok(0xff));
        assert_eq!(v.load(MemOp::plain(1), VA), Ok(0x2200));
    }

    #[test]
    fn an_exclusive_store_needs_address_size_and_value() {
        let mut v = vcpu();
        let m = MemOp::ordered(3);
        assert_eq!(v.store_exclusive(m, VA, 1), Ok(1), "not armed");
        v.load_exclusive(m, VA).unwrap();
        assert_eq!(v.store_exclusive(MemOp::ordered(2), VA, 1), Ok(1), "another size");
        assert_eq!(v.store_exclusive(m, VA, 1), Ok(1), "disarmed by that");
        v.load_exclusive(m, VA).unwrap();
        v.store(MemOp::plain(0), VA, 9).unwrap();
        assert_eq!(v.store_exclusive(m, VA, 1), Ok(1), "changed in between");
        v.load_exclusive(m, VA).unwrap();
        assert_eq!(v.store_exclusive(m, VA, 0xabc), Ok(0));
        assert_eq!(v.load(MemOp::plain(3), VA), Ok(0xabc));
        v.load_exclusive(m, READ_ONLY).unwrap();
        assert_eq!(v.store_exclusive(m, READ_ONLY, 1), Err(exc::DATA_ABORT));
        assert_eq!(iss(&v), (READ_ONLY, 0x4f));
    }

    #[test]
    fn stores_to_decoded_code_are_noticed_and_those_beside_it_are_not() {
        let mut v = vcpu();
        v.store(MemOp::plain(3), VA + 0x100, 1).unwrap();
        let pa = v.fetch_page(VA + 0x100).unwrap();
        assert_eq!(pa, BASE + 0x8000);
        v.mark_code(pa + 0x100, 8);
        v.store(MemOp::plain(3), VA + 0x200, 1).unwrap();
        assert_eq!(v.events, 0);
        v.store(MemOp::plain(1), VA + 0x106, 1).unwrap();
        assert_eq!(v.events, event::CODE);
        assert_eq!(v.sys.code.take_written(), [pa]);
        v.events = 0;
        v.store(MemOp::plain(1), VA + 0x106, 2).unwrap();
        assert!(v.tlbs.current().store(VA + 0x106, 1, 3), "fast again");
    }

    #[test]
    fn tags_are_ignored_when_the_guest_says_so() {
        let mut v = vcpu();
        let m = MemOp::plain(3);
        assert_eq!(v.store(m, VA | 0x5a << 56, 1), Err(exc::DATA_ABORT));
        v.cpu.sys.tcr_el1 |= 1 << 37;
        v.state_changed();
        assert_eq!(v.store(m, VA | 0x5a << 56, 3), Ok(()));
        assert_eq!(v.load(m, VA | 0xff << 56), Ok(3));
        assert_eq!(v.fetch_page(VA | 0x12 << 56), Ok(BASE + 0x8000));
        assert_eq!(v.fetch_page(VA + 2), Err(exc::PC_ALIGN));
    }

    #[test]
    fn without_the_mmu_data_is_device_memory() {
        let mut v = vcpu();
        v.cpu.sys.sctlr_el1 &= !1;
        v.state_changed();
        let m = MemOp::plain(2);
        assert_eq!(v.store(m, BASE + 0x8000, 3), Ok(()));
        assert_eq!(v.load(m, BASE + 0x8000), Ok(3));
        assert_eq!(v.load(m, BASE + 0x8001), Err(exc::DATA_ABORT));
        assert_eq!(iss(&v), (BASE + 0x8001, 0x21));
        assert_eq!(v.load(m, 0x1000), Err(exc::DATA_ABORT));
        assert_eq!(iss(&v), (0x1000, 0x10), "nothing answers");
    }
}

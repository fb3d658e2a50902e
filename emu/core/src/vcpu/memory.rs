//! The slow path of guest memory: what the TLB does not answer at once.

use super::{Vcpu, align_mask, event, low};
use crate::emit::step::{GuestCpu, extend, rmw_value};
use crate::emit::{MemOp, Res, Rmw, Trap};
use crate::isa::{Access, Context as _, Isa, Mapping};
use crate::mem::tlb::{CODE, Grant, NEEDS_ALIGN};
use crate::mem::{PAGE_MASK, PAGE_SIZE};

/// A slow access after its alignment has been looked at.
#[derive(Clone, Copy)]
pub(super) struct Slow {
    pub va: u64,
    /// Bytes, 1..=64.
    pub len: u64,
    /// Faults on memory that [needs alignment](Mapping::needs_align).
    pub misaligned: bool,
}

impl Slow {
    /// The address where the second page begins, if the access reaches it.
    pub fn second_page(&self) -> Option<u64> {
        let next = (self.va & PAGE_MASK).wrapping_add(PAGE_SIZE);
        (self.va & !PAGE_MASK > PAGE_SIZE - self.len).then_some(next)
    }
}

impl<I: Isa> Vcpu<I> {
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

    /// The physical page of the instruction at `pc`, or the trap that fetching it raises.
    pub fn fetch_page(&mut self, pc: u64) -> Result<u64, Trap> {
        I::check_pc(pc)?;
        if let Some(pa) = self.tlbs.current().fetch(pc) {
            return Ok(pa);
        }
        match I::translate(&self.sys.ram, &self.cpu, pc, self.mode, Access::Fetch, false) {
            Ok(t) if self.sys.ram.host(t.pa).is_some() => {
                self.tlbs.current_mut().fill_fetch(pc, t.pa, t.page_bits);
                Ok(t.pa & PAGE_MASK)
            }
            Ok(_) => Err(I::memory_trap(&mut self.cpu, pc, Access::Fetch, I::UNANSWERED)),
            Err(status) => Err(I::memory_trap(&mut self.cpu, pc, Access::Fetch, status)),
        }
    }

    /// Notes that an engine has decoded `len` bytes at `pa`, within a page: from here on stores to
    /// them raise [`event::CODE`].
    pub fn mark_code(&mut self, pa: u64, len: u64) {
        if self.sys.code.mark(&self.sys.ram, pa, len) {
            self.tlbs.protect(pa);
            // The other CPUs drop their entries when they run next.
            self.broadcast_flush();
        }
    }

    /// Reads the interrupt lines; the run loop must look if one can be taken.
    pub(super) fn refresh_lines(&mut self) {
        self.lines = I::lines(self.sys.bus.cpu_lines(self.index));
        if self.interrupt().is_some() {
            self.events |= event::ATTENTION;
        }
    }

    /// Runs an unprivileged access with the permissions it has.
    pub(super) fn as_user<T>(&mut self, m: MemOp, access: impl FnOnce(&mut Self, MemOp) -> T) -> T {
        let m = MemOp { unpriv: false, ..m };
        let (mode, user) = (self.mode, I::unprivileged(&self.cpu, self.mode));
        if mode == user {
            return access(self, m);
        }
        self.mode = user;
        self.tlbs.select_mode(user);
        let result = access(self, m);
        self.tlbs.select_mode(mode);
        self.mode = mode;
        result
    }

    /// Checks the alignment that does not depend on memory.
    pub(super) fn begin(&mut self, m: MemOp, va: u64, write: bool) -> Result<Slow, Trap> {
        let misaligned = va & align_mask(m) != 0;
        if misaligned && (m.aligned || I::alignment_checked(&self.cpu)) {
            return Err(I::memory_trap(&mut self.cpu, va, data(write), I::MISALIGNED));
        }
        Ok(Slow { va, len: 1 << m.size, misaligned })
    }

    /// Checks an atomic access for reading and writing. It is a read that faults when reading does.
    fn begin_atomic(&mut self, m: MemOp, va: u64) -> Result<Slow, Trap> {
        let slow = self.begin(m, va, false)?;
        self.resolve(slow, va, Access::Read)?;
        self.resolve(slow, va, Access::Write)?;
        Ok(slow)
    }

    /// Reads `slow.len` bytes (at most 16).
    pub(super) fn read(&mut self, slow: Slow) -> Result<u128, Trap> {
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
    pub(super) fn write(&mut self, slow: Slow, v: u128) -> Res {
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

    /// Physical address of `va` for a data access, filling the TLB; or the trap.
    pub(super) fn resolve(&mut self, slow: Slow, va: u64, access: Access) -> Result<u64, Trap> {
        if let Some((entry, flags)) = self.tlbs.current().probe(va, access == Access::Write)
            && flags & CODE == 0
        {
            if flags & NEEDS_ALIGN != 0 && slow.misaligned {
                return Err(I::memory_trap(&mut self.cpu, va, access, I::MISALIGNED));
            }
            return Ok(entry.phys | va & !PAGE_MASK);
        }
        let found = I::translate(&self.sys.ram, &self.cpu, va, self.mode, access, slow.misaligned);
        let found = found.and_then(|t| {
            let answered = self.sys.ram.host(t.pa).is_some() || self.sys.bus.contains(t.pa);
            if answered { Ok(t) } else { Err(I::UNANSWERED) }
        });
        match found {
            Ok(t) => {
                self.fill(va, &t, access);
                Ok(t.pa)
            }
            Err(status) => Err(I::memory_trap(&mut self.cpu, va, access, status)),
        }
    }

    /// Enters the page in the TLB. Stores may go to it at once when it is dirty: so the first store to a
    /// page after a snapshot comes by here, and marks it.
    fn fill(&mut self, va: u64, t: &Mapping, access: Access) {
        let Some(page) = self.sys.ram.host(t.pa) else { return };
        let code = self.sys.code.has_code(page.number);
        if access == Access::Write {
            self.sys.dirty.mark(page.number);
        }
        let write = t.write && self.sys.dirty.contains(page.number);
        if write && !code {
            self.sys.code.note_writable(page.number);
        }
        let needs_align = t.needs_align || I::alignment_checked(&self.cpu);
        let grant = Grant { read: t.read, write, needs_align, code };
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
                self.sys.dirty.mark(page.number);
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

/// A data access.
fn data(write: bool) -> Access {
    if write { Access::Write } else { Access::Read }
}

fn log2(len: u64) -> u8 {
    match len {
        1 => 0,
        2 => 1,
        4 => 2,
        _ => 3,
    }
}

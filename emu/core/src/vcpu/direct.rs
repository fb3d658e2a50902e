//! Guest memory as translated code uses it: where the host can go at once, and where it cannot.

use super::memory::Slow;
use super::{Vcpu, align_mask};
use crate::emit::MemOp;
use crate::isa::{Access, Isa, Registers as _};
use crate::mem::{PAGE_MASK, PAGE_SIZE};

impl<I: Isa> Vcpu<I> {
    /// Host address minus guest virtual address for an access like `m` to the `len` (1..=256) bytes
    /// from `va`, when that is all there is to it: memory that lies in one piece in the host, may be
    /// accessed, and holds no decoded code if it is going to be written. Fills the TLB.
    ///
    /// `None` when only the interpreter can perform the access, because it traps, reaches a device,
    /// changes code or is torn. Nothing has happened then.
    pub fn direct(&mut self, m: MemOp, va: u64, len: u64, write: bool) -> Option<u64> {
        if m.unpriv {
            return self.as_user(m, |v, m| v.direct(m, va, len, write));
        }
        let fault = self.cpu.fault();
        let found = self.begin(m, va, write).ok().and_then(|slow| {
            let slow = Slow { len, ..slow };
            let first = self.direct_page(slow, va, write)?;
            match slow.second_page() {
                Some(next) => self.direct_page(slow, next, write).filter(|&second| second == first),
                None => Some(first),
            }
        });
        // What was only tried leaves no trace.
        self.cpu.set_fault(fault);
        found
    }

    /// The same for the part of the access in the page of `at`.
    fn direct_page(&mut self, slow: Slow, at: u64, write: bool) -> Option<u64> {
        let access = if write { Access::Write } else { Access::Read };
        let pa = self.resolve(slow, at, access).ok()?;
        let page = self.sys.ram.host(pa)?;
        let end = (at & PAGE_MASK).wrapping_add(PAGE_SIZE).wrapping_sub(at);
        let len = slow.va.wrapping_add(slow.len).wrapping_sub(at).min(end);
        let refused = write && (!page.writable || self.sys.code.touches(&self.sys.ram, pa, len));
        if write && !refused {
            // A page with code has no write entry: the store that follows is not seen otherwise.
            self.sys.dirty.mark(page.number);
        }
        (!refused).then(|| page.address().wrapping_sub(at & PAGE_MASK))
    }

    /// Whether an access like `m` at `va` is aligned as it has to be.
    pub fn is_aligned(m: MemOp, va: u64) -> bool {
        !m.aligned || va & align_mask(m) == 0
    }

    /// The physical page that instructions at `va` come from, if they can be fetched; nothing traps.
    pub fn code_page(&mut self, va: u64) -> Option<u64> {
        if let Some(pa) = self.tlbs.current().fetch(va) {
            return Some(pa);
        }
        let t = I::translate(&self.sys.ram, &self.cpu, va, self.mode, Access::Fetch, false).ok()?;
        self.sys.ram.host(t.pa)?;
        self.tlbs.current_mut().fill_fetch(va, t.pa, t.page_bits);
        Some(t.pa & PAGE_MASK)
    }

    /// The instruction at physical address `pa`, as far as its page reaches; `None` where it does not.
    pub fn decode_at(&self, pa: u64) -> Option<I::Insn> {
        let mut code = [0; MAX_LEN];
        let left = usize::try_from(PAGE_SIZE - (pa & !PAGE_MASK)).unwrap_or(MAX_LEN);
        let code = &mut code[..I::MAX_LEN.min(left)];
        if !self.sys.ram.read(pa, code) {
            return None;
        }
        I::decode(code)
    }
}

/// Bytes of the longest instruction of any guest.
const MAX_LEN: usize = 16;

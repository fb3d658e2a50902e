//! What a program's CPU needs around it: descriptor tables, a stub for every exception, page tables.
//!
//! Programs run at privilege level 3 and see pages of their own only. Every exception enters its stub
//! at level 0 on a stack of its own (IST 1), whatever the program made of RSP; the stub is one HLT.

use kvm_bindings::{kvm_dtable, kvm_segment, kvm_sregs};
use vm_memory::{Bytes as _, GuestAddress, GuestMemoryMmap};

use crate::registers::{self, CODE};

/// Bytes in a page.
pub const PAGE: u64 = 0x1000;
/// Guest memory in bytes: programs below [`SYSTEM`], page tables from [`TABLES`] on, each a page.
pub const MEMORY: u64 = 16 << 20;
/// Physical address of what is set up here.
pub const SYSTEM: u64 = 0xe0_0000;
const TABLES: u64 = 0xf0_0000;

/// Where [`SYSTEM`] is mapped: in the upper half, far from any program.
const SYSTEM_VA: u64 = 0xffff_8000_0000_0000;
const GDT: u64 = 0;
const TSS: u64 = 0x100;
const IDT: u64 = PAGE;
const STUBS: u64 = 2 * PAGE;
const STACK: u64 = 3 * PAGE;
const PAGES: u64 = 4;
/// Bytes from one stub to the next.
const STUB: u64 = 16;

const USER_CODE: u16 = 0x23;
const USER_DATA: u16 = 0x2b;
const TASK: u16 = 0x30;
/// Limit of a 64-bit TSS (Intel SDM volume 3, 9.7).
const TSS_LIMIT: u16 = 0x67;
const HLT: u8 = 0xf4;

/// Page table entry (Intel SDM volume 3, 4.5.4).
const PRESENT: u64 = 1;
/// The page can be written.
pub const WRITABLE: u64 = 1 << 1;
/// Privilege level 3 may use it.
pub const USER: u64 = 1 << 2;
/// Accessed and dirty: the CPU need not write the tables.
const USED: u64 = 1 << 5 | 1 << 6;
/// Nothing is executed from it.
pub const NO_EXECUTE: u64 = 1 << 63;

/// Writes what never changes.
pub fn system(memory: &GuestMemoryMmap) -> Result<(), vm_memory::GuestMemoryError> {
    let put = |at: u64, value: u64| memory.write_obj(value, GuestAddress(SYSTEM + at));
    // Flat segments (3.4.5): code and data of level 0, code and data of level 3, the task's two halves.
    let tss = SYSTEM_VA + TSS;
    let low = u64::from(TSS_LIMIT) | (tss & 0xff_ffff) << 16 | 0x89 << 40 | (tss >> 24 & 0xff) << 56;
    let segments = [0, 0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0x00af_fb00_0000_ffff];
    for (at, descriptor) in (GDT..).step_by(8).zip(segments) {
        put(at, descriptor)?;
    }
    put(GDT + u64::from(USER_DATA & !7), 0x00cf_f300_0000_ffff)?;
    put(GDT + u64::from(TASK), low)?;
    put(GDT + u64::from(TASK) + 8, tss >> 32)?;
    let stack = SYSTEM_VA + STACK + PAGE;
    memory.write_obj(stack, GuestAddress(SYSTEM + TSS + 4))?;
    memory.write_obj(stack, GuestAddress(SYSTEM + TSS + 0x24))?;
    for vector in 0..256 {
        let stub = SYSTEM_VA + STUBS + STUB * vector;
        memory.write_obj(HLT, GuestAddress(SYSTEM + STUBS + STUB * vector))?;
        // Interrupt gate, IST 1, callable from level 3 (7.14.1).
        let gate = stub & 0xffff | u64::from(CODE) << 16 | 1 << 32 | 0xee << 40 | (stub >> 16 & 0xffff) << 48;
        put(IDT + 16 * vector, gate)?;
        put(IDT + 16 * vector + 8, stub >> 32)?;
    }
    Ok(())
}

/// The vector whose stub the CPU is at or has just left.
pub fn vector(rip: u64) -> Option<u64> {
    let offset = rip.checked_sub(SYSTEM_VA + STUBS)?;
    (offset < PAGE).then_some(offset / STUB)
}

/// Physical address of what level 0 has at `va`, for the exception stack.
pub fn system_physical(va: u64) -> Option<u64> {
    let offset = va.checked_sub(SYSTEM_VA)?;
    (offset < PAGES * PAGE).then_some(SYSTEM + offset)
}

/// Sets the CPU to level 3 with the page tables at `cr3`.
pub fn user_mode(s: &mut kvm_sregs, cr3: u64) {
    registers::long_mode(s, cr3, (SYSTEM_VA + GDT, TASK + 15));
    let user = |segment: kvm_segment, selector| kvm_segment { selector, dpl: 3, ..segment };
    s.cs = user(s.cs, USER_CODE);
    for segment in [&mut s.ds, &mut s.es, &mut s.fs, &mut s.gs, &mut s.ss] {
        *segment = user(*segment, USER_DATA);
    }
    s.idt = kvm_dtable { base: SYSTEM_VA + IDT, limit: 0xfff, ..kvm_dtable::default() };
    s.tr = kvm_segment {
        base: SYSTEM_VA + TSS,
        limit: TSS_LIMIT.into(),
        selector: TASK,
        // Busy 64-bit TSS (3.5).
        type_: 0xb,
        present: 1,
        ..kvm_segment::default()
    };
}

/// Page tables under construction. Two roots take turns: KVM forgets what it knows of the old tables
/// when CR3 changes.
pub struct Tables {
    root: u64,
    next: u64,
}

impl Tables {
    /// No tables yet.
    pub fn new() -> Tables {
        Tables { root: TABLES, next: TABLES }
    }

    /// Begins anew with nothing but the system's pages; the new CR3.
    pub fn clear(&mut self, memory: &GuestMemoryMmap) -> Result<u64, vm_memory::GuestMemoryError> {
        let zero = vec![0; usize::try_from(MEMORY - TABLES).unwrap_or_default()];
        memory.write_slice(&zero, GuestAddress(TABLES))?;
        self.root = if self.root == TABLES { TABLES + PAGE } else { TABLES };
        self.next = TABLES + 2 * PAGE;
        for offset in (0..PAGES * PAGE).step_by(4096) {
            self.map(memory, SYSTEM_VA + offset, SYSTEM + offset, WRITABLE)?;
        }
        Ok(self.root)
    }

    /// Maps one page.
    pub fn map(
        &mut self,
        memory: &GuestMemoryMmap,
        va: u64,
        pa: u64,
        rights: u64,
    ) -> Result<(), vm_memory::GuestMemoryError> {
        let mut table = self.root;
        for level in 0..3 {
            let entry = GuestAddress(table + 8 * (va >> (39 - 9 * level) & 0x1ff));
            let next: u64 = memory.read_obj(entry)?;
            table = if next & PRESENT != 0 {
                next & !(PAGE - 1)
            } else {
                let new = self.next;
                self.next += PAGE;
                memory.write_obj(new | PRESENT | WRITABLE | USER | USED, entry)?;
                new
            };
        }
        memory.write_obj(pa | PRESENT | USED | rights, GuestAddress(table + 8 * (va >> 12 & 0x1ff)))
    }
}

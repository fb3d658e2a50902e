//! Control and segment registers in which a CPU begins (Intel SDM volume 3, 3.4.5 and 10.8.5).

use kvm_bindings::{kvm_dtable, kvm_segment, kvm_sregs};

/// CR0: protection, extension type, write protection of supervisor pages, paging.
const CR0_PE: u64 = 1;
const CR0_ET: u64 = 1 << 4;
const CR0_WP: u64 = 1 << 16;
const CR0_PG: u64 = 1 << 31;
/// CR4: physical address extension, FXSAVE, SIMD exceptions.
const CR4_PAE: u64 = 1 << 5;
const CR4_OSFXSR: u64 = 1 << 9;
const CR4_OSXMMEXCPT: u64 = 1 << 10;
/// EFER: long mode enabled and active, no-execute pages.
const EFER_LME: u64 = 1 << 8;
const EFER_LMA: u64 = 1 << 10;
const EFER_NXE: u64 = 1 << 11;

/// Selector of the code segment.
pub const CODE: u16 = 0x10;
/// Selector of the data segments, as in Linux's boot protocols (`__BOOT_DS`).
pub const DATA: u16 = 0x18;

/// A flat segment of 4 GiB at privilege level 0; `type_` as in the descriptor (3.4.5.1).
fn flat(selector: u16, type_: u8, long: bool) -> kvm_segment {
    kvm_segment {
        base: 0,
        limit: u32::MAX,
        selector,
        type_,
        present: 1,
        dpl: 0,
        db: u8::from(!long),
        s: 1,
        l: u8::from(long),
        g: 1,
        ..kvm_segment::default()
    }
}

fn segments(s: &mut kvm_sregs, long: bool, gdt: (u64, u16)) {
    s.cs = flat(CODE, 0b1011, long);
    let data = flat(DATA, 0b0011, false);
    for segment in [&mut s.ds, &mut s.es, &mut s.fs, &mut s.gs, &mut s.ss] {
        *segment = data;
    }
    s.gdt = kvm_dtable { base: gdt.0, limit: gdt.1, ..kvm_dtable::default() };
    s.idt = kvm_dtable::default();
}

/// 64-bit mode at privilege level 0 with the page tables at `cr3`; `gdt` is base and limit of a table
/// that holds [`CODE`] (64-bit) and [`DATA`]. No interrupt table: an exception before the guest loads
/// one ends in a triple fault.
pub fn long_mode(s: &mut kvm_sregs, cr3: u64, gdt: (u64, u16)) {
    segments(s, true, gdt);
    s.cr0 = CR0_PE | CR0_ET | CR0_WP | CR0_PG;
    s.cr3 = cr3;
    s.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    s.efer = EFER_LME | EFER_LMA | EFER_NXE;
}

/// 32-bit protected mode without paging, as PVH and the Multiboot family start.
pub fn protected_mode(s: &mut kvm_sregs, gdt: (u64, u16)) {
    segments(s, false, gdt);
    s.cr0 = CR0_PE | CR0_ET;
    s.cr3 = 0;
    s.cr4 = 0;
    s.efer = 0;
}

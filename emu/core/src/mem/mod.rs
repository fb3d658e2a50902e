//! Guest memory: RAM, the physical map of devices, the software TLB, pages that hold code.
//!
//! - [`ram`]: the memory itself, on vm-memory's `GuestMemoryMmap`
//! - [`bus`]: what answers at physical addresses that are not RAM, and interrupt wiring
//! - [`tlb`]: one table of translations, shared with the translator by layout
//! - [`spaces`]: the set of tables, one per translation regime
//! - [`code`]: which bytes have been decoded, so that writing them is noticed
//! - [`pages`]: the contents of the memory at one moment; [`dirty`]: pages written since then
//!
//! Guest virtual addresses are called `va`, physical ones `pa`.

pub mod bus;
pub mod code;
pub mod dirty;
pub mod pages;
pub mod ram;
pub mod spaces;
pub mod tlb;
mod touched;

pub use bus::Bus;
pub use ram::Ram;

/// log2 of the size of a page, the unit of translation and of code tracking.
pub const PAGE_BITS: u32 = 12;
/// Bytes in a page.
pub const PAGE_SIZE: u64 = 1 << PAGE_BITS;
/// Clears the offset within a page.
pub const PAGE_MASK: u64 = !(PAGE_SIZE - 1);

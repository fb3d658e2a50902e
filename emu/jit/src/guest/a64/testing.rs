//! A CPU with a few instructions, of AArch64, for the tests of this crate.

use innkeeper_core::emit::step::Step;
use innkeeper_core::isa::a64::A64;
use innkeeper_core::mem::Ram;
use innkeeper_core::mem::ram::RegionSpec;
use innkeeper_core::system::System;
use innkeeper_core::vcpu::{Core, Vcpu};

use crate::guest::Guest as _;
use crate::region::Region;

/// Where the instructions are.
pub const PC: u64 = 0x4000_0000;

/// A CPU after reset (EL1, MMU off) with 64 KiB of memory that begins with `words`.
pub fn core(words: &[u32]) -> Core<A64> {
    let ram = Ram::new(&[RegionSpec { base: PC, size: 0x1_0000, writable: true }]).unwrap();
    for (at, word) in (PC..).step_by(4).zip(words) {
        assert!(ram.write(at, &word.to_le_bytes()));
    }
    let mut core = Step(Vcpu::new(Box::new(System::new(ram.clone(), 0)), ram, 0));
    core.0.set_pc(PC);
    core
}

/// The region at the first of `words`.
pub fn region(words: &[u32], max: usize) -> Option<Region> {
    let mut core = core(words);
    let mode = A64::mode_of(&core.0.cpu);
    Region::form(&mut core, PC, mode, max)
}

/// `add x0, x0, #1`
pub const ADD: u32 = 0x9100_0400;
/// `cmp x0, x1`
pub const CMP: u32 = 0xeb01_001f;
/// `ldr x2, [x3]`
pub const LDR: u32 = 0xf940_0062;
/// `ldr x4, [x3, #8]`
pub const LDR_8: u32 = 0xf940_0464;
/// `str x2, [x3, #16]`
pub const STR_16: u32 = 0xf900_0862;
/// `str x2, [x3, #512]`
pub const STR_512: u32 = 0xf901_0062;
/// `add x3, x3, x0`
pub const ADD_X3: u32 = 0x8b00_0063;
/// `stp x29, x30, [sp, #-16]!`
pub const STP: u32 = 0xa9bf_7bfd;
/// `ldr x2, [sp, #8]`
pub const LDR_SP_8: u32 = 0xf940_07e2;
/// `msr daifset, #2`
pub const MSR: u32 = 0xd503_42df;
/// `ret`
pub const RET: u32 = 0xd65f_03c0;

/// `b.ne` to `words` words from here.
pub const fn bne(words: i32) -> u32 {
    0x5400_0001 | (words.cast_unsigned() & 0x7_ffff) << 5
}

/// `bl` to `words` words from here.
pub const fn bl(words: i32) -> u32 {
    0x9400_0000 | words.cast_unsigned() & 0x3ff_ffff
}

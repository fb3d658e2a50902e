//! Registers of GICv2 as in chapter 4 of the architecture specification (IHI 0048B).

/// Distributor: offsets.
pub mod gicd {
    pub const CTLR: u64 = 0x000;
    pub const TYPER: u64 = 0x004;
    pub const IIDR: u64 = 0x008;
    pub const IGROUPR: u64 = 0x080;
    pub const ISENABLER: u64 = 0x100;
    pub const ICENABLER: u64 = 0x180;
    pub const ISPENDR: u64 = 0x200;
    pub const ICPENDR: u64 = 0x280;
    pub const ISACTIVER: u64 = 0x300;
    pub const ICACTIVER: u64 = 0x380;
    pub const IPRIORITYR: u64 = 0x400;
    pub const ITARGETSR: u64 = 0x800;
    pub const ICFGR: u64 = 0xc00;
    pub const SGIR: u64 = 0xf00;
    pub const CPENDSGIR: u64 = 0xf10;
    pub const SPENDSGIR: u64 = 0xf20;
    pub const ID: u64 = 0xfd0;
    /// Identification bytes from [`ID`] on, as a GIC-400 has them.
    pub const IDS: [u8; 12] = [0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1];
    /// Implementer Arm, GIC-400.
    pub const IIDR_VALUE: u32 = 0x0200_143b;
}

/// CPU interface: offsets.
pub mod gicc {
    pub const CTLR: u64 = 0x0000;
    pub const PMR: u64 = 0x0004;
    pub const BPR: u64 = 0x0008;
    pub const IAR: u64 = 0x000c;
    pub const EOIR: u64 = 0x0010;
    pub const RPR: u64 = 0x0014;
    pub const HPPIR: u64 = 0x0018;
    pub const ABPR: u64 = 0x001c;
    pub const AIAR: u64 = 0x0020;
    pub const AEOIR: u64 = 0x0024;
    pub const AHPPIR: u64 = 0x0028;
    pub const APR0: u64 = 0x00d0;
    pub const NSAPR0: u64 = 0x00e0;
    pub const IIDR: u64 = 0x00fc;
    pub const DIR: u64 = 0x1000;
    /// Implementer Arm, GIC-400, architecture 2.
    pub const IIDR_VALUE: u32 = 0x0202_143b;

    /// CTLR: IAR also acknowledges group 1.
    pub const CTLR_ACK: u32 = 1 << 2;
    /// CTLR: group 0 is signalled as FIQ.
    pub const CTLR_FIQ: u32 = 1 << 3;
    /// CTLR: BPR governs both groups.
    pub const CTLR_CBPR: u32 = 1 << 4;
    /// CTLR: EOIR only drops the priority, DIR deactivates.
    pub const CTLR_EOIMODE: u32 = 1 << 9;
    /// CTLR bits that can be written (the bypass disables do nothing).
    pub const CTLR_MASK: u32 = 0x27f;
}

/// First shared interrupt.
pub const SPI: u32 = 32;
/// Interrupt IDs implemented.
pub const INTIDS: u32 = 288;
/// Most CPUs the architecture allows.
pub const MAX_CPUS: usize = 8;
/// Implemented bits of a priority: 32 levels.
pub const PRIORITY_MASK: u8 = 0xf8;
/// Smallest binary point: all implemented bits are group priority.
pub const MIN_BPR: u8 = 2;
/// Priority when nothing is active.
pub const IDLE: u8 = 0xff;
/// ID: an interrupt of group 1 is pending, use the aliased register.
pub const OTHER_GROUP: u32 = 1022;
/// ID: nothing.
pub const SPURIOUS: u32 = 1023;

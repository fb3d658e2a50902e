//! Where everything is in `pc-x64`: memory, I/O ports, interrupts.
//!
//! | physical addresses | what |
//! |---|---|
//! | `0`..`0x500` | real-mode vectors and BIOS data area |
//! | `0x500`..`0xa000` | what the board hands to the kernel ([`GDT`] to [`COMMAND_LINE`]) |
//! | `0xa000`..`0x9_fc00` | RAM |
//! | `0x9_fc00`..`0x10_0000` | extended BIOS data area, adapters, firmware ([`FIRMWARE`]) |
//! | `0x10_0000`..3 GiB | RAM |
//! | 3 GiB..4 GiB | for PCI: ECAM from `0xe000_0000`, BARs below it; [`IO_APIC`], [`LOCAL_APIC`] |
//! | 4 GiB.. | the rest of RAM |

/// Descriptor table with flat code and data segments.
pub const GDT: u64 = 0x500;
/// `hvm_start_info` and its lists, or Linux's `boot_params`: one page.
pub const BOOT_INFO: u64 = 0x1000;
/// Identity map of the first 4 GiB: six pages.
pub const PAGE_TABLES: u64 = 0x2000;
/// Behind the first CPU's stack, which is a page.
pub const STACK_TOP: u64 = 0x9000;
/// Kernel command line: one page.
pub const COMMAND_LINE: u64 = 0x9000;
/// Longest command line, without its NUL.
pub const COMMAND_LINE_MAX: usize = 4095;
/// Behind what the board hands to the kernel.
pub const BOOT_END: u64 = 0xa000;
/// Extended BIOS data area: the end of conventional memory.
pub const EBDA: u64 = 0x9_fc00;
/// ACPI tables, where software looks for the RSDP.
pub const FIRMWARE: u64 = 0xe_0000;
/// Memory from 1 MiB.
pub const HIGH: u64 = 0x10_0000;
/// RAM ends here, and goes on at 4 GiB.
pub const HOLE: u64 = 3 << 30;
/// The rest of RAM.
pub const ABOVE_HOLE: u64 = 4 << 30;
/// I/O interrupt controller.
pub const IO_APIC: u32 = 0xfec0_0000;
/// Interrupt controller of each CPU.
pub const LOCAL_APIC: u32 = 0xfee0_0000;
/// Least memory.
pub const RAM_MIN: u64 = 1 << 20;
/// Most memory.
pub const RAM_MAX: u64 = 255 << 30;
/// Most CPUs.
pub const CPUS_MAX: usize = 8;

/// I/O ports.
pub mod port {
    /// Keyboard controller: data.
    pub const I8042_DATA: u16 = 0x60;
    /// Keyboard controller: command.
    pub const I8042_COMMAND: u16 = 0x64;
    /// Real-time clock: index, data.
    pub const RTC: u16 = 0x70;
    /// Ends the machine with a status.
    pub const DEBUG_EXIT: u16 = 0xf4;
    /// First serial port.
    pub const COM1: u16 = 0x3f8;
    /// ACPI's fixed registers.
    pub const ACPI: u16 = 0x600;
    /// Reset control; PCI's configuration ports are around it.
    pub const RESET: u16 = 0xcf9;
}

/// ISA interrupts, which are also inputs of the I/O APIC.
pub mod irq {
    /// First serial port: edge.
    pub const COM1: u32 = 4;
    /// ACPI: level.
    pub const SCI: u32 = 9;
}

//! `pc-x64`: a PC without a BIOS, for 64-bit kernels.
//!
//! A kernel starts in one of two ways, recognised from its file ([`load`]): by PVH in 32-bit
//! protected mode, or by Linux's 64-bit boot protocol. The interrupt controllers and the timer of a
//! PC are not here: they are KVM's.

mod acpi;
mod boot;
mod bzimage;
mod kernel;
pub mod map;
#[cfg(test)]
mod tests;
mod unpack;

use object::elf;

pub use super::Config;
use super::loader::{self, Range};
use super::{BoardError, Payload};
use crate::dev::acpi_pm::{self, AcpiPm};
use crate::dev::debug_exit::{self, DebugExit};
use crate::dev::i8042::{self, I8042};
use crate::dev::mc146818::{self, Mc146818};
use crate::dev::ns16550::{self, Ns16550};
use crate::dev::reset_control::ResetControl;
use crate::mem::ram::RegionSpec;
use crate::mem::{PAGE_SIZE, Ram};
use crate::system::System;
use kernel::Kernel;
use map::{irq, port};

/// Memory that a kernel cannot be loaded to, and what is there.
const RESERVED: [(Range, &str); 2] = [
    (Range { base: 0, end: map::BOOT_END }, "what the board tells the kernel"),
    (Range { base: map::EBDA, end: map::HIGH }, "the PC's firmware"),
];

/// State of the processor in which the first CPU begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// 64-bit mode, paging on with [`Start::cr3`]; [`Start::boot_info`] is in RSI.
    Long,
    /// 32-bit protected mode, paging off; [`Start::boot_info`] is in EBX.
    Protected,
}

/// Where the first CPU begins: at privilege level 0, interrupts off, without an interrupt table, with
/// flat segments (code 0x10, data 0x18). The others wait to be started through their local APIC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Start {
    /// Mode.
    pub mode: Mode,
    /// Address of the first instruction.
    pub pc: u64,
    /// Physical address of `boot_params` or `hvm_start_info`.
    pub boot_info: u64,
    /// Stack pointer.
    pub stack: u64,
    /// Page tables: an identity map of the first 4 GiB.
    pub cr3: u64,
    /// Base and limit of the descriptor table.
    pub gdt: (u64, u16),
}

/// Builds memory and devices and puts the software into memory. Devices' interrupt lines are ISA
/// numbers; the interrupt controller is the engine's to add.
pub fn build(config: &Config) -> Result<(System, Start), BoardError> {
    check(config)?;
    let mut regions = vec![RegionSpec { base: 0, size: config.memory.min(map::HOLE), writable: true }];
    if config.memory > map::HOLE {
        let size = config.memory - map::HOLE;
        regions.push(RegionSpec { base: map::ABOVE_HOLE, size, writable: true });
    }
    let ram = Ram::new(&regions)?;
    let start = load(config, &ram)?;
    let mut system = System::new(ram, 0);
    add_devices(config, &mut system)?;
    Ok((system, start))
}

fn check(config: &Config) -> Result<(), BoardError> {
    let size = config.memory;
    if !(map::RAM_MIN..=map::RAM_MAX).contains(&size) || !size.is_multiple_of(PAGE_SIZE) {
        return Err(BoardError::MemorySize { size, min: map::RAM_MIN, max: map::RAM_MAX });
    }
    if !(1..=map::CPUS_MAX).contains(&config.cpus) {
        let why = "the board has no more";
        return Err(BoardError::CpuCount { cpus: config.cpus, max: map::CPUS_MAX, why });
    }
    if config.append.contains('\0') {
        return Err(BoardError::CommandLineNul);
    }
    Ok(())
}

fn add_devices(config: &Config, system: &mut System) -> Result<(), BoardError> {
    let bus = &mut system.bus;
    let com1 = bus.add(Box::new(Ns16550::default()), &[irq::COM1]);
    bus.map_ports(com1, port::COM1, ns16550::PORTS, 0)?;
    let pm = bus.add(Box::new(AcpiPm::default()), &[irq::SCI]);
    bus.map_ports(pm, port::ACPI, acpi_pm::TIMER, 0)?;
    bus.map_ports(pm, port::ACPI + acpi_pm::TIMER, acpi_pm::TIMER_LEN.into(), acpi_pm::TIMER.into())?;
    let rtc = bus.add(Box::new(Mc146818::new(config.wall_clock)), &[]);
    bus.map_ports(rtc, port::RTC, mc146818::PORTS, 0)?;
    let i8042 = bus.add(Box::new(I8042::default()), &[]);
    bus.map_ports(i8042, port::I8042_DATA, 1, 0)?;
    bus.map_ports(i8042, port::I8042_COMMAND, 1, i8042::COMMAND)?;
    let exit = bus.add(Box::new(DebugExit::default()), &[]);
    bus.map_ports(exit, port::DEBUG_EXIT, debug_exit::PORTS, 0)?;
    let reset = bus.add(Box::new(ResetControl::default()), &[]);
    bus.map_ports(reset, port::RESET, 1, 0)?;
    Ok(())
}

/// Puts kernel, initial RAM disk, ACPI tables and what the kernel is told into memory; other memory
/// keeps its contents. `ram` is that of [`build`] with the same configuration.
pub fn load(config: &Config, ram: &Ram) -> Result<Start, BoardError> {
    let window = Range { base: 0, end: config.memory.min(map::HOLE) };
    let kernel = load_kernel(ram, window, &config.kernel)?;
    let len = config.append.len();
    if len > kernel.command_line_max {
        return Err(BoardError::CommandLine { len, max: kernel.command_line_max });
    }
    let mut taken = RESERVED.map(|(range, _)| range).to_vec();
    taken.extend(&kernel.ranges);
    let window = Range { end: window.end.min(kernel.initrd_max.saturating_add(1)), ..window };
    let initrd = loader::load_initrd(ram, window, &taken, config.initrd.as_ref())?;
    boot::hand_over(config, ram, &kernel, initrd)
}

/// Loads `file`, of any format, into `window` of `ram`.
fn load_kernel(ram: &Ram, window: Range, file: &Payload) -> Result<Kernel, BoardError> {
    let loaded = if file.bytes.starts_with(&elf::ELFMAG) {
        kernel::load_elf(ram, window, file)?
    } else if bzimage::is(&file.bytes) {
        bzimage::load(ram, window, file)?
    } else if file.bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(BoardError::Gzip { name: file.name.clone() });
    } else {
        return Err(loader::unknown_format(file, "an ELF file nor a Linux bzImage"));
    };
    check_room(file, &loaded.ranges)?;
    Ok(loaded)
}

/// Refuses a kernel that would lie where the board puts something.
fn check_room(file: &Payload, ranges: &[Range]) -> Result<(), BoardError> {
    for range in ranges {
        if let Some((taken, what)) = RESERVED.iter().find(|(r, _)| r.overlaps(*range)) {
            return Err(BoardError::Taken {
                name: file.name.clone(),
                base: range.base,
                end: range.end,
                what,
                taken: taken.base,
                taken_end: taken.end,
            });
        }
    }
    Ok(())
}

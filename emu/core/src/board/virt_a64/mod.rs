//! `virt-a64`: the memory map of QEMU's `virt` machine, so that guests built for it run unchanged.
//!
//! A kernel finds the MMU off, EL1, interrupts masked and the address of a device tree in X0,
//! whichever format it has.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod machine;
#[cfg(test)]
mod machine_tests;

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;

use vm_fdt::FdtWriter;

use super::loader::{self, Range};
use super::{BoardError, Payload, Start};
use crate::board;
use crate::dev::generic_timer::{PHYSICAL_INTID, VIRTUAL_INTID};
use crate::dev::gicv2::{self, GicV2, MAX_CPUS};
use crate::dev::pl011::Pl011;
use crate::dev::pl031::Pl031;
use crate::dev::virtio::{Mmio, console, mmio};
use crate::mem::ram::RegionSpec;
use crate::mem::{PAGE_SIZE, Ram};
use crate::system::System;

pub use machine::{Virt, VirtA64};

/// The memory map.
pub mod map {
    /// Interrupt controller: distributor, then CPU interface.
    pub const GIC: u64 = 0x0800_0000;
    /// UART.
    pub const PL011: u64 = 0x0900_0000;
    /// Real-time clock.
    pub const PL031: u64 = 0x0901_0000;
    /// Size of the window of a PrimeCell device.
    pub const PRIMECELL: u64 = 0x1000;
    /// Virtio transports, one after the other.
    pub const VIRTIO: u64 = 0x0a00_0000;
    /// Memory.
    pub const RAM: u64 = 0x4000_0000;
    /// Most memory.
    pub const RAM_MAX: u64 = 255 << 30;
    /// Least memory: the device tree and a small program.
    pub const RAM_MIN: u64 = 1 << 20;
}

/// Shared interrupts, as numbers in the device tree; the INTID is 32 more.
mod spi {
    pub const PL011: u32 = 1;
    pub const PL031: u32 = 2;
    /// Of the first virtio transport.
    pub const VIRTIO: u32 = 16;
}

/// Longest command line (Linux keeps 2048 bytes).
const COMMAND_LINE_MAX: usize = 4096;
/// The device tree is smaller than that; it lies at a multiple of it and so in one 2 MiB block.
const FDT_SIZE: u64 = 0x1_0000;
const PHANDLE_GIC: u32 = 1;
const PHANDLE_CLOCK: u32 = 2;
/// Clock of the PrimeCell devices, in hertz.
const APB_CLOCK: u32 = 24_000_000;

/// What the machine is to consist of: what every board's does, and this one's own.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every board's machine consists of.
    pub common: board::Config,
    /// log2 of the nanoseconds an instruction takes.
    pub insn_shift: u32,
    /// Directory below which the guest may use files through semihosting.
    pub semihosting_root: Option<PathBuf>,
    /// Names of byte ports, such as `com.redhat.spice.0`; without any there is no device for them.
    pub ports: Vec<String>,
}

impl Config {
    /// A nanosecond for each instruction, no files, no ports; of the rest, the defaults.
    pub fn new(kernel: Payload) -> Config {
        board::Config::new(kernel).into()
    }
}

impl From<board::Config> for Config {
    fn from(common: board::Config) -> Config {
        Config { common, insn_shift: 0, semihosting_root: None, ports: Vec::new() }
    }
}

impl Deref for Config {
    type Target = board::Config;

    fn deref(&self) -> &board::Config {
        &self.common
    }
}

impl DerefMut for Config {
    fn deref_mut(&mut self) -> &mut board::Config {
        &mut self.common
    }
}

/// Builds memory and devices and puts the software into memory.
pub fn build(config: &Config) -> Result<(System, Start), BoardError> {
    check(config)?;
    let ram = Ram::new(&[RegionSpec { base: map::RAM, size: config.memory, writable: true }])?;
    let start = load(config, &ram)?;
    let mut system = System::new(ram, config.insn_shift);
    add_devices(config, &mut system)?;
    Ok((system, start))
}

/// Affinity of a CPU: MPIDR_EL1 and the `reg` property of its node.
pub fn affinity(cpu: usize) -> u64 {
    cpu as u64
}

fn check(config: &Config) -> Result<(), BoardError> {
    let size = config.memory;
    if !(map::RAM_MIN..=map::RAM_MAX).contains(&size) || !size.is_multiple_of(PAGE_SIZE) {
        return Err(BoardError::MemorySize { size, min: map::RAM_MIN, max: map::RAM_MAX });
    }
    if !(1..=MAX_CPUS).contains(&config.cpus) {
        return Err(BoardError::CpuCount { cpus: config.cpus, max: MAX_CPUS, why: "GICv2 knows no more" });
    }
    let len = config.append.len();
    if len > COMMAND_LINE_MAX {
        return Err(BoardError::CommandLine { len, max: COMMAND_LINE_MAX });
    }
    if config.append.contains('\0') {
        return Err(BoardError::CommandLineNul);
    }
    check_ports(&config.ports)
}

fn check_ports(names: &[String]) -> Result<(), BoardError> {
    if names.len() > console::PORTS_MAX {
        return Err(BoardError::PortCount { ports: names.len(), max: console::PORTS_MAX });
    }
    for (i, name) in names.iter().enumerate() {
        let usable =
            (1..=console::NAME_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
        if !usable {
            return Err(BoardError::PortName { name: name.clone(), max: console::NAME_MAX });
        }
        if names[..i].contains(name) {
            return Err(BoardError::PortTwice { name: name.clone() });
        }
    }
    Ok(())
}

fn add_devices(config: &Config, system: &mut System) -> Result<(), BoardError> {
    let bus = &mut system.bus;
    let gic = bus.add(Box::new(GicV2::new(config.cpus)), &[]);
    bus.map(gic, map::GIC, gicv2::CPU_INTERFACE + gicv2::WINDOW, 0)?;
    let pl011 = bus.add(Box::new(Pl011::default()), &[gicv2::SPI + spi::PL011]);
    bus.map(pl011, map::PL011, map::PRIMECELL, 0)?;
    let pl031 = bus.add(Box::new(Pl031::new(config.wall_clock)), &[gicv2::SPI + spi::PL031]);
    bus.map(pl031, map::PL031, map::PRIMECELL, 0)?;
    if !config.ports.is_empty() {
        let ports = Mmio::new(console::Console::new(&config.ports), system.ram.clone());
        let ports = bus.add(Box::new(ports), &[gicv2::SPI + spi::VIRTIO]);
        bus.map(ports, map::VIRTIO, mmio::WINDOW, 0)?;
    }
    Ok(())
}

/// Puts kernel, initial RAM disk and device tree into memory. The tree lies at the start of RAM, or at the top where
/// an ELF file wants the start for itself.
pub fn load(config: &Config, ram: &Ram) -> Result<Start, BoardError> {
    let window = Range { base: map::RAM, end: map::RAM + config.memory };
    let kernel = loader::load(ram, window, &config.kernel)?;
    let mut taken = kernel.ranges;
    let kernel_end = taken.iter().map(|t| t.end).max().unwrap_or(window.base);

    let at_start = Range { base: window.base, end: window.base + FDT_SIZE };
    let fdt = if taken.iter().any(|t| t.overlaps(at_start)) {
        loader::find_room(window, &taken, FDT_SIZE, FDT_SIZE)
    } else {
        Some(at_start)
    };
    let fdt = fdt.ok_or(BoardError::NoRoom { name: "device tree".into() })?;
    taken.push(fdt);

    let initrd = loader::load_initrd(ram, window, &taken, config.initrd.as_ref())?;
    let tree = device_tree(config, initrd)?;
    if tree.len() as u64 > FDT_SIZE || !ram.write(fdt.base, &tree) {
        return Err(BoardError::NoRoom { name: "device tree".into() });
    }
    let above = [Some(fdt), initrd].into_iter().flatten().map(|r| r.base).filter(|&b| b >= kernel_end);
    let free = Range { base: kernel_end, end: above.min().unwrap_or(window.end) };
    Ok(Start { pc: kernel.entry, fdt: fdt.base, free })
}

// -- device tree --------------------------------------------------------------------------------------

fn device_tree(config: &Config, initrd: Option<Range>) -> Result<Vec<u8>, vm_fdt::Error> {
    let mut f = FdtWriter::new()?;
    let root = f.begin_node("")?;
    f.property_string("compatible", "linux,dummy-virt")?;
    f.property_string("model", "linux,dummy-virt")?;
    f.property_u32("#address-cells", 2)?;
    f.property_u32("#size-cells", 2)?;
    f.property_u32("interrupt-parent", PHANDLE_GIC)?;
    chosen(&mut f, config, initrd)?;
    cpus(&mut f, config.cpus)?;
    psci(&mut f)?;
    timer(&mut f, config.cpus)?;
    gic(&mut f)?;
    clock(&mut f)?;
    primecell(&mut f, "pl011", map::PL011, spi::PL011, &["uartclk", "apb_pclk"])?;
    primecell(&mut f, "pl031", map::PL031, spi::PL031, &["apb_pclk"])?;
    if !config.ports.is_empty() {
        virtio(&mut f, 0)?;
    }
    let memory = f.begin_node(&format!("memory@{:x}", map::RAM))?;
    f.property_string("device_type", "memory")?;
    f.property_array_u64("reg", &[map::RAM, config.memory])?;
    f.end_node(memory)?;
    f.end_node(root)?;
    f.finish()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn chosen(f: &mut FdtWriter, config: &Config, initrd: Option<Range>) -> Result<(), vm_fdt::Error> {
    let uart = format!("/pl011@{:x}", map::PL011);
    let aliases = f.begin_node("aliases")?;
    f.property_string("serial0", &uart)?;
    f.end_node(aliases)?;
    let node = f.begin_node("chosen")?;
    f.property_string("stdout-path", &uart)?;
    f.property_string("bootargs", &config.append)?;
    if let Some(r) = initrd {
        f.property_u64("linux,initrd-start", r.base)?;
        f.property_u64("linux,initrd-end", r.end)?;
    }
    f.end_node(node)
}

fn cpus(f: &mut FdtWriter, n: usize) -> Result<(), vm_fdt::Error> {
    let cpus = f.begin_node("cpus")?;
    f.property_u32("#address-cells", 2)?;
    f.property_u32("#size-cells", 0)?;
    for cpu in (0..n).map(affinity) {
        let node = f.begin_node(&format!("cpu@{cpu:x}"))?;
        f.property_string("device_type", "cpu")?;
        f.property_string("compatible", "arm,armv8")?;
        f.property_u64("reg", cpu)?;
        f.property_string("enable-method", "psci")?;
        f.end_node(node)?;
    }
    f.end_node(cpus)
}

fn psci(f: &mut FdtWriter) -> Result<(), vm_fdt::Error> {
    let node = f.begin_node("psci")?;
    f.property_string_list("compatible", strings(&["arm,psci-1.0", "arm,psci-0.2"]))?;
    f.property_string("method", "hvc")?;
    f.end_node(node)
}

/// Private interrupts: number, level high, mask of CPUs.
fn timer(f: &mut FdtWriter, cpus: usize) -> Result<(), vm_fdt::Error> {
    let flags = ((1 << cpus) - 1) << 8 | 4;
    let node = f.begin_node("timer")?;
    f.property_string("compatible", "arm,armv8-timer")?;
    f.property_null("always-on")?;
    // Secure physical, physical, virtual, hypervisor; the first and the last never come.
    let ppis = [13, PHYSICAL_INTID - 16, VIRTUAL_INTID - 16, 10];
    let cells: Vec<u32> = ppis.iter().flat_map(|&n| [1, n, flags]).collect();
    f.property_array_u32("interrupts", &cells)?;
    f.end_node(node)
}

fn gic(f: &mut FdtWriter) -> Result<(), vm_fdt::Error> {
    let node = f.begin_node(&format!("intc@{:x}", map::GIC))?;
    f.property_string("compatible", "arm,cortex-a15-gic")?;
    f.property_null("interrupt-controller")?;
    f.property_u32("#interrupt-cells", 3)?;
    let interface = map::GIC + gicv2::CPU_INTERFACE;
    f.property_array_u64("reg", &[map::GIC, gicv2::WINDOW, interface, gicv2::WINDOW])?;
    f.property_phandle(PHANDLE_GIC)?;
    f.end_node(node)
}

fn clock(f: &mut FdtWriter) -> Result<(), vm_fdt::Error> {
    let node = f.begin_node("apb-pclk")?;
    f.property_string("compatible", "fixed-clock")?;
    f.property_u32("#clock-cells", 0)?;
    f.property_u32("clock-frequency", APB_CLOCK)?;
    f.property_string("clock-output-names", "clk24mhz")?;
    f.property_phandle(PHANDLE_CLOCK)?;
    f.end_node(node)
}

/// Transport number `n`. QEMU calls its interrupt edge-triggered; a level loses nothing when one cause
/// comes while another is acknowledged.
fn virtio(f: &mut FdtWriter, n: u32) -> Result<(), vm_fdt::Error> {
    let base = map::VIRTIO + u64::from(n) * mmio::WINDOW;
    let node = f.begin_node(&format!("virtio_mmio@{base:x}"))?;
    f.property_string("compatible", "virtio,mmio")?;
    f.property_array_u64("reg", &[base, mmio::WINDOW])?;
    f.property_array_u32("interrupts", &[0, spi::VIRTIO + n, 4])?;
    f.property_null("dma-coherent")?;
    f.end_node(node)
}

fn primecell(
    f: &mut FdtWriter,
    chip: &str,
    base: u64,
    spi: u32,
    clocks: &[&str],
) -> Result<(), vm_fdt::Error> {
    let node = f.begin_node(&format!("{chip}@{base:x}"))?;
    f.property_string_list("compatible", strings(&[&format!("arm,{chip}"), "arm,primecell"]))?;
    f.property_array_u64("reg", &[base, map::PRIMECELL])?;
    f.property_array_u32("interrupts", &[0, spi, 4])?;
    f.property_array_u32("clocks", &vec![PHANDLE_CLOCK; clocks.len()])?;
    f.property_string_list("clock-names", strings(clocks))?;
    f.end_node(node)
}

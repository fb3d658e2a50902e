//! What a kernel is told: descriptor table, page tables, memory map, `hvm_start_info` or `boot_params`.

use linux_loader::loader::bootparam::{LOADED_HIGH, boot_e820_entry, boot_params};
use linux_loader::loader::elf::start_info::{hvm_memmap_table_entry, hvm_modlist_entry, hvm_start_info};
use vm_memory::ByteValued;

use super::kernel::{Kernel, Protocol};
use super::{Config, Mode, Start, acpi, map, port};
use crate::board::BoardError;
use crate::board::loader::Range;
use crate::mem::{PAGE_SIZE, Ram};

/// Null twice, then code and data, flat and of privilege level 0 (Intel SDM volume 3, 3.4.5).
const GDT_LONG: [u64; 4] = [0, 0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff];
const GDT_PROTECTED: [u64; 4] = [0, 0, 0x00cf_9b00_0000_ffff, 0x00cf_9300_0000_ffff];

/// Types of memory, the same in `hvm_memmap_table_entry` and e820.
const RAM: u32 = 1;
const OCCUPIED: u32 = 2;

/// Magic value of `hvm_start_info` (Xen, public/arch-x86/hvm/start_info.h).
const START_MAGIC: u32 = 0x336e_c578;
/// Offsets in the page of the lists behind `hvm_start_info`.
const MODULES: u64 = 0x40;
const MEMORY_MAP: u64 = 0x80;

/// `type_of_loader` of loaders without a number of their own (Linux, Documentation/arch/x86/boot.rst).
const LOADER_UNDEFINED: u8 = 0xff;

/// Writes everything but the kernel and the initial RAM disk.
pub(super) fn hand_over(
    config: &Config,
    ram: &Ram,
    kernel: &Kernel,
    initrd: Option<Range>,
) -> Result<Start, BoardError> {
    let (mode, info, gdt) = match &kernel.protocol {
        Protocol::Pvh => (Mode::Protected, start_info(config.memory, initrd), GDT_PROTECTED),
        Protocol::Linux64(_) => (Mode::Long, zero_page(config, kernel, initrd), GDT_LONG),
    };
    let gdt_bytes: Vec<u8> = gdt.iter().flat_map(|d| d.to_le_bytes()).collect();
    let mut command_line = config.append.clone().into_bytes();
    command_line.resize(map::COMMAND_LINE_MAX + 1, 0);
    let pieces = [
        (0, bios_data()),
        (map::GDT, gdt_bytes),
        (map::BOOT_INFO, info),
        (map::PAGE_TABLES, page_tables()),
        (map::COMMAND_LINE, command_line),
        (map::FIRMWARE, acpi::tables(config.cpus)),
    ];
    for (at, bytes) in pieces {
        if !ram.write(at, &bytes) {
            return Err(BoardError::NoRoom { name: "firmware".into() });
        }
    }
    Ok(Start {
        mode,
        pc: kernel.entry,
        boot_info: map::BOOT_INFO,
        stack: map::STACK_TOP,
        cr3: map::PAGE_TABLES,
        gdt: (map::GDT, 31),
    })
}

/// The first 0x500 bytes: no real-mode vectors, and in the BIOS data area the first serial port, the
/// segment of the extended one and the KiB of conventional memory.
fn bios_data() -> Vec<u8> {
    let mut area = vec![0; 0x500];
    let [segment, kib] = [map::EBDA >> 4, map::EBDA >> 10].map(|v| u16::try_from(v).unwrap_or(0));
    for (at, value) in [(0x400, port::COM1), (0x40e, segment), (0x413, kib)] {
        area[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    area
}

/// Maps the first 4 GiB to themselves, in pages of 2 MiB: PML4, directory pointers, four directories.
fn page_tables() -> Vec<u8> {
    const PRESENT_WRITABLE: u64 = 0b11;
    const LARGE: u64 = 1 << 7;
    let table = |n: u64| (map::PAGE_TABLES + n * PAGE_SIZE) | PRESENT_WRITABLE;
    let mut entries = vec![0; 6 * 512];
    entries[0] = table(1);
    for (n, entry) in (0..).zip(&mut entries[512..516]) {
        *entry = table(2 + n);
    }
    for (n, entry) in (0..).zip(&mut entries[1024..]) {
        *entry = n << 21 | LARGE | PRESENT_WRITABLE;
    }
    entries.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// Memory as the kernel is told of it: (base, size, type).
pub(super) fn memory_map(memory: u64) -> Vec<(u64, u64, u32)> {
    let mut all = vec![
        (0, map::EBDA, RAM),
        (map::EBDA, 0xa_0000 - map::EBDA, OCCUPIED),
        (map::FIRMWARE, map::HIGH - map::FIRMWARE, OCCUPIED),
        (map::HIGH, memory.min(map::HOLE).saturating_sub(map::HIGH), RAM),
        (map::ABOVE_HOLE, memory.saturating_sub(map::HOLE), RAM),
    ];
    all.retain(|&(_, size, _)| size != 0);
    all
}

/// The page at [`map::BOOT_INFO`] for PVH.
fn start_info(memory: u64, initrd: Option<Range>) -> Vec<u8> {
    let memory = memory_map(memory);
    let info = hvm_start_info {
        magic: START_MAGIC,
        version: 1,
        nr_modules: initrd.is_some().into(),
        modlist_paddr: initrd.map_or(0, |_| map::BOOT_INFO + MODULES),
        cmdline_paddr: map::COMMAND_LINE,
        rsdp_paddr: map::FIRMWARE,
        memmap_paddr: map::BOOT_INFO + MEMORY_MAP,
        memmap_entries: u32::try_from(memory.len()).unwrap_or(0),
        ..hvm_start_info::default()
    };
    let mut page = info.as_slice().to_vec();
    page.resize(0x40, 0);
    let module = initrd.map_or_else(hvm_modlist_entry::default, |r| hvm_modlist_entry {
        paddr: r.base,
        size: r.end - r.base,
        ..hvm_modlist_entry::default()
    });
    page.extend_from_slice(module.as_slice());
    page.resize(0x80, 0);
    for (addr, size, type_) in memory {
        page.extend_from_slice(hvm_memmap_table_entry { addr, size, type_, reserved: 0 }.as_slice());
    }
    page.resize(4096, 0);
    page
}

/// Linux's `boot_params`.
fn zero_page(config: &Config, kernel: &Kernel, initrd: Option<Range>) -> Vec<u8> {
    let mut p = boot_params::default();
    if let Protocol::Linux64(Some(header)) = &kernel.protocol {
        p.hdr = *header;
    }
    p.hdr.type_of_loader = LOADER_UNDEFINED;
    p.hdr.loadflags |= LOADED_HIGH;
    p.hdr.boot_flag = 0xaa55;
    p.hdr.header = u32::from_le_bytes(*b"HdrS");
    // Everything handed over lies below 4 GiB.
    let word = |v: u64| u32::try_from(v).unwrap_or(0);
    p.hdr.cmd_line_ptr = word(map::COMMAND_LINE);
    if let Some(r) = initrd {
        (p.hdr.ramdisk_image, p.hdr.ramdisk_size) = (word(r.base), word(r.end - r.base));
    }
    p.acpi_rsdp_addr = map::FIRMWARE;
    let memory = memory_map(config.memory);
    p.e820_entries = u8::try_from(memory.len()).unwrap_or(0);
    for (n, (addr, size, kind)) in memory.into_iter().enumerate() {
        p.e820_table[n] = boot_e820_entry { addr, size, r#type: kind };
    }
    p.as_slice().to_vec()
}

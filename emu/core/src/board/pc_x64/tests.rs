//! Kernels of every kind in machines of every size.

use super::*;

/// An ELF file of one segment at `paddr` that is entered at its fifth byte, with `notes`.
fn elf_file(paddr: u64, code: &[u8], notes: &[u8]) -> Vec<u8> {
    let mut f = vec![0; 176];
    let mut put = |at: usize, b: &[u8]| f[at..at + b.len()].copy_from_slice(b);
    put(0, b"\x7fELF\x02\x01\x01\x00");
    put(16, &2u16.to_le_bytes());
    put(18, &62u16.to_le_bytes());
    put(20, &1u32.to_le_bytes());
    put(24, &(paddr + 4).to_le_bytes());
    put(32, &64u64.to_le_bytes());
    put(52, &64u16.to_le_bytes());
    put(54, &56u16.to_le_bytes());
    put(56, &2u16.to_le_bytes());
    let (code_len, notes_len) = (code.len() as u64, notes.len() as u64);
    for (at, value) in [(64, 1), (72, 176), (80, paddr), (88, paddr), (96, code_len), (104, code_len)] {
        put(at, &value.to_le_bytes());
    }
    for (at, value) in [(120, 4), (128, 176 + code_len), (152, notes_len), (160, notes_len), (168, 4)] {
        put(at, &value.to_le_bytes());
    }
    f.extend_from_slice(code);
    f.extend_from_slice(notes);
    f
}

fn pvh_note(entry: u32) -> Vec<u8> {
    let words = [4, 4, 18, u32::from_le_bytes(*b"Xen\0"), entry];
    words.iter().flat_map(|w: &u32| w.to_le_bytes()).collect()
}

fn payload(name: &str, bytes: Vec<u8>) -> Payload {
    Payload { name: name.into(), bytes }
}

fn config(kernel: Vec<u8>) -> Config {
    Config::new(payload("k", kernel))
}

fn word(ram: &Ram, at: u64, len: usize) -> u64 {
    ram.read_small(at, len).unwrap()
}

#[test]
fn elf_with_the_note_starts_by_pvh() {
    let mut config = config(elf_file(0x20_0000, b"12345678", &pvh_note(0x20_0006)));
    config.append = "console=ttyS0".into();
    config.initrd = Some(payload("initrd", vec![7; 5000]));
    let (system, start) = build(&config).unwrap();
    let ram = &system.ram;
    assert_eq!((start.mode, start.pc), (Mode::Protected, 0x20_0006));
    let info = start.boot_info;
    assert_eq!(word(ram, info, 4), 0x336e_c578);
    assert_eq!(word(ram, info + 12, 4), 1, "modules");
    let module = word(ram, info + 16, 8);
    let (at, size) = (word(ram, module, 8), word(ram, module + 8, 8));
    assert_eq!((size, word(ram, at + 4999, 1)), (5000, 7));
    assert_eq!(word(ram, word(ram, info + 24, 8), 8), u64::from_le_bytes(*b"console="));
    assert_eq!(word(ram, word(ram, info + 32, 8), 8), u64::from_le_bytes(*b"RSD PTR "));
    assert_eq!(word(ram, word(ram, info + 40, 8) + 8, 8), map::EBDA, "first entry of the memory map");
    assert_eq!(word(ram, start.gdt.0 + 0x10, 8), 0x00cf_9b00_0000_ffff);
}

#[test]
fn elf_without_the_note_starts_in_long_mode() {
    let mut config = config(elf_file(0x20_0000, b"12345678", &[]));
    config.append = "quiet".into();
    config.initrd = Some(payload("initrd", vec![7; 5000]));
    let (system, start) = build(&config).unwrap();
    let ram = &system.ram;
    assert_eq!((start.mode, start.pc), (Mode::Long, 0x20_0004));
    let zero_page = start.boot_info;
    assert_eq!(word(ram, zero_page + 0x70, 8), map::FIRMWARE, "acpi_rsdp_addr");
    assert_eq!(word(ram, zero_page + 0x1e8, 1), 4, "e820_entries");
    assert_eq!(word(ram, zero_page + 0x1fe, 2), 0xaa55);
    assert_eq!(word(ram, word(ram, zero_page + 0x228, 4), 6), u64::from_le_bytes(*b"quiet\0\0\0"));
    let (at, size) = (word(ram, zero_page + 0x218, 4), word(ram, zero_page + 0x21c, 4));
    assert_eq!((size, word(ram, at + 4999, 1)), (5000, 7));
    assert_eq!(word(ram, start.gdt.0 + 0x10, 8), 0x00af_9b00_0000_ffff);
}

#[test]
#[ignore = "for iasl: writes the ACPI tables to the directory that INNKEEPER_ACPI_DUMP names"]
fn dump_acpi_tables() {
    let to = std::path::PathBuf::from(std::env::var_os("INNKEEPER_ACPI_DUMP").expect("a directory"));
    let image = acpi::tables(8);
    for (n, at) in (0..image.len()).step_by(64).enumerate() {
        let length = u32::from_le_bytes(image[at + 4..at + 8].try_into().unwrap()) as usize;
        if image[at..at + 4].iter().all(u8::is_ascii_uppercase) && at + length <= image.len() {
            let name = String::from_utf8_lossy(&image[at..at + 4]).to_lowercase();
            std::fs::write(to.join(format!("{n}-{name}.dat")), &image[at..at + length]).unwrap();
        }
    }
}

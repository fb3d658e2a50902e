//! Kernels of every kind in machines of every size.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::board::testing::Elf;

/// An ELF file of one segment at `paddr` that is entered at its fifth byte, with `notes`.
fn elf_file(paddr: u64, code: &[u8], notes: &[u8]) -> Vec<u8> {
    Elf { entry: paddr + 4, notes, ..Elf::new(62, paddr, code) }.bytes()
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

/// Unpacks to an ELF file of 64 KiB.
fn vmlinux() -> Vec<u8> {
    elf_file(0x20_0000, &vec![0x5a; 0x1_0000], &pvh_note(0x20_0000))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    e.write_all(bytes).unwrap();
    e.finish().unwrap()
}

/// As the kernel's build does it: with the x86 filter and CRC32.
fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut options = lzma_rust2::XzOptions::with_preset(1);
    options.set_check_sum_type(lzma_rust2::CheckType::Crc32);
    options.prepend_pre_filter(lzma_rust2::FilterType::BcjX86, 0);
    let mut w = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    w.write_all(bytes).unwrap();
    w.finish().unwrap()
}

fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(1);
    let mut w = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).unwrap();
    w.write_all(bytes).unwrap();
    w.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A bzImage of protocol 2.15 around `payload`, with its size appended as the kernel's build does.
fn bzimage(payload: &[u8]) -> Vec<u8> {
    let mut f = vec![0; 1024];
    let len = u32::try_from(payload.len() + 4).unwrap();
    let mut put = |at: usize, b: &[u8]| f[at..at + b.len()].copy_from_slice(b);
    put(0x1f1, &[1]);
    put(0x201, &[0x6a]);
    put(0x202, b"HdrS");
    put(0x206, &0x20fu16.to_le_bytes());
    put(0x22c, &0x7fff_ffffu32.to_le_bytes());
    put(0x230, &0x20_0000u32.to_le_bytes());
    put(0x234, &[1]);
    put(0x236, &1u16.to_le_bytes());
    put(0x238, &2047u32.to_le_bytes());
    put(0x248, &16u32.to_le_bytes());
    put(0x24c, &len.to_le_bytes());
    put(0x258, &0x100_0000u64.to_le_bytes());
    put(0x260, &0x20_0000u32.to_le_bytes());
    f.extend_from_slice(&[0xcc; 16]);
    f.extend_from_slice(payload);
    f.extend_from_slice(&[0; 4]);
    f
}

fn message(config: &Config) -> String {
    build(config).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn payloads_are_unpacked_where_their_format_is_known() {
    for (name, pack) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("xz", xz), ("lzma", lzma), ("zstd", zstd)] {
        let (system, start) =
            build(&config(bzimage(&pack(&vmlinux())))).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((start.mode, start.pc), (Mode::Protected, 0x20_0000), "{name}");
        assert_eq!(word(&system.ram, 0x20_fff8, 8), 0x5a5a_5a5a_5a5a_5a5a, "{name}");
    }
}

#[test]
fn other_payloads_unpack_themselves() {
    for at in [0x100_0000_u64, 1 << 40] {
        let mut file = bzimage(b"\x02\x21\x4c\x18 LZ4");
        file[0x258..0x260].copy_from_slice(&at.to_le_bytes());
        let (system, start) = build(&config(file.clone())).unwrap();
        // A relocatable image whose preferred address is no memory goes to the lowest one.
        let base = if at == 0x100_0000 { at } else { 0x20_0000 };
        assert_eq!((start.mode, start.pc), (Mode::Long, base + 0x200));
        assert_eq!(word(&system.ram, base, 1), 0xcc);
        assert_eq!(word(&system.ram, start.boot_info + 0x214, 4), base, "code32_start");
        assert_eq!(word(&system.ram, start.boot_info + 0x206, 2), 0x20f, "the file's header");
        file[0x236] = 0;
        assert!(message(&config(file)).contains("CONFIG_64BIT=y"));
    }
}

#[test]
fn memory_of_every_size() {
    let kernel = elf_file(0x2_0000, b"12345678", &[]);
    for (memory, top) in [
        (1 << 20, 0),
        ((1 << 20) + 4096, 0),
        (3 << 30, 0),
        ((3 << 30) + 4096, (4 << 30) + 4096),
        (8 << 30, 9 << 30),
    ] {
        let mut config = config(kernel.clone());
        (config.memory, config.initrd) = (memory, Some(payload("initrd", vec![1; 4096])));
        let (system, _) = build(&config).unwrap();
        let usable: u64 = boot::memory_map(memory).iter().filter(|m| m.2 == 1).map(|m| m.1).sum();
        assert_eq!(usable, memory - (map::HIGH - map::EBDA), "{memory:#x}");
        let end = system.ram.regions().last().map(|r| r.base + r.size);
        assert_eq!(end, Some(if top == 0 { memory } else { top }), "{memory:#x}");
    }
    for memory in [0, 4096, (1 << 20) - 4096, (1 << 20) + 1, u64::MAX] {
        let config = Config { memory, ..config(kernel.clone()) };
        assert!(message(&config).contains("give a multiple of 4 KiB"), "{memory:#x}");
    }
}

#[test]
fn refusals_name_the_file_and_the_cure() {
    let at = 0x20_0000;
    let good = || elf_file(at, b"12345678", &[]);
    let mut arm = good();
    arm[18] = 183;
    let mut cut = bzimage(&gzip(&vmlinux()));
    cut.truncate(1100);
    let mut bomb = config(bzimage(&gzip(&vec![0; 5 << 20])));
    bomb.memory = 4 << 20;
    let mut cpus = config(good());
    cpus.cpus = 9;
    let mut nul = config(good());
    nul.append = "a\0b".into();
    let mut long = config(bzimage(&gzip(&vmlinux())));
    long.append = "x".repeat(2048);
    let mut initrd = config(good());
    initrd.initrd = Some(payload("big.img", vec![1; 127 << 20]));
    for (config, expected) in [
        (config(Vec::new()), "k: neither an ELF file nor a Linux bzImage (it begins with [])"),
        (config(vec![0x1f, 0x8b, 8]), "k: compressed with gzip; decompress it first (gzip -dc k > kernel)"),
        (config(arm), "x86-64 executable (machine number 183); build it with x86_64-linux-gnu-gcc"),
        (
            config(elf_file(0x1000, b"12345678", &[])),
            "k: needs memory at 0x1000..0x1008, and 0x0..0xa000 holds",
        ),
        (config(elf_file(0xe_0000, b"12345678", &[])), "holds the PC's firmware; link it elsewhere"),
        (config(elf_file(1 << 32, b"12345678", &[])), "give more memory or link it elsewhere"),
        (config(elf_file(at, b"12345678", &pvh_note(5))), "its entry 0x5 lies in no segment"),
        (config(cut), "k: damaged: its payload lies outside the file; copy or build it again"),
        (config(bzimage(b"\x1f\x8bnonsense")), "k: damaged: its payload cannot be unpacked"),
        (bomb, "unpacks to more than the 0x400000 bytes of memory there are; give more memory"),
        (cpus, "9 CPUs are not possible: give 1 to 8"),
        (nul, "contains a NUL byte; remove it"),
        (long, "kernel command line of 2048 bytes is too long: at most 2047; shorten it"),
        (initrd, "big.img: no room left in memory besides the kernel; give more memory"),
    ] {
        let message = message(&config);
        assert!(message.contains(expected), "{message}\n  does not contain\n{expected}");
    }
}

/// Devices answer at their ports.
#[test]
fn ports_are_those_of_a_pc() {
    use crate::dev::PowerRequest;
    let (mut system, _) = build(&config(elf_file(0x20_0000, b"12345678", &[]))).unwrap();
    let bus = &mut system.bus;
    for (port, size, value, request) in [
        (0x64, 0, 0xfe, PowerRequest::Reset),
        (0xcf9, 0, 6, PowerRequest::Reset),
        (0xcf9, 0, 0xe, PowerRequest::Reset),
        (0x604, 1, 0x3400, PowerRequest::Off),
        (0xf4, 2, 0x10, PowerRequest::Status(33)),
    ] {
        bus.write_port(0, port, size, value).unwrap();
        assert_eq!(bus.take_power_request(), Some(request), "{port:#x}");
    }
    assert_eq!(bus.write_port(0, 0x80, 0, 1), None);
    assert_eq!(bus.write_port(0, 0xcf8, 2, 0x8000_0600), None, "not the reset register");
    assert_eq!(
        (bus.read_port(0, 0x3fd, 0), bus.read_port(1_000_000_000, 0x608, 2)),
        (Some(0x60), Some(3_579_545))
    );
    bus.write_port(0, 0x3f8, 1, 0x0041);
    assert_eq!(bus.serial_output(0), b"A");
}

#[test]
fn a_reset_loads_everything_anew() {
    let mut config = config(bzimage(&gzip(&vmlinux())));
    config.append = "quiet".into();
    let (system, start) = build(&config).unwrap();
    let pages = |ram: &Ram| {
        let mut all = Vec::new();
        ram.for_each_page(|pa, bytes| all.push((pa, bytes.to_vec())));
        all
    };
    let before = pages(&system.ram);
    for (pa, _) in &before {
        assert!(system.ram.write(*pa, &[0xee; 64]));
    }
    assert_eq!(load(&config, &system.ram).unwrap(), start);
    assert!(pages(&system.ram) == before);
}

#[test]
fn acpi_tables_add_up() {
    for cpus in 1..=map::CPUS_MAX {
        let image = acpi::tables(cpus);
        let sum = |bytes: &[u8]| bytes.iter().fold(0u8, |a, b| a.wrapping_add(*b));
        let field = |at: u64, len: usize| {
            let at = usize::try_from(at - map::FIRMWARE).unwrap();
            image[at..at + len].iter().rev().fold(0u64, |v, b| v << 8 | u64::from(*b))
        };
        let table = |at: u64| {
            let start = usize::try_from(at - map::FIRMWARE).unwrap();
            let table = &image[start..start + usize::try_from(field(at + 4, 4)).unwrap()];
            assert_eq!(sum(table), 0);
            table.to_vec()
        };
        assert_eq!((&image[..8], sum(&image[..20]), sum(&image[..36])), (&b"RSD PTR "[..], 0, 0));
        let xsdt = field(map::FIRMWARE + 24, 8);
        assert_eq!(&table(xsdt)[..4], b"XSDT");
        let (fadt, madt) = (field(xsdt + 36, 8), field(xsdt + 44, 8));
        assert_eq!((&table(fadt)[..4], &table(madt)[..4]), (&b"FACP"[..], &b"APIC"[..]));
        assert_eq!(table(madt).len(), 44 + cpus * 8 + 12 + 2 * 10 + 6);
        assert_eq!(&table(field(fadt + 140, 8))[..4], b"DSDT");
        assert!(image.len() as u64 <= map::HIGH - map::FIRMWARE);
    }
}

/// `file` with some of its bytes changed, and cut off.
fn corrupt(mut file: Vec<u8>, changes: &[(prop::sample::Index, u8)], len: prop::sample::Index) -> Vec<u8> {
    // Headers are where the danger is.
    let head = file.len().min(0x280);
    for (at, value) in changes {
        file[at.index(head)] = *value;
    }
    let len = len.index(2 * file.len());
    file.truncate(len.max(4));
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Refused or loaded, never a panic; what claims to be huge is not allocated.
    #[test]
    fn hostile_kernels_are_refused_or_loaded(
        kind in 0..6usize,
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..12),
        len in any::<prop::sample::Index>(),
    ) {
        let file = match kind {
            0 => vmlinux(),
            1 => bzimage(&gzip(&vmlinux())),
            2 => bzimage(&xz(&vmlinux())),
            3 => bzimage(&lzma(&vmlinux())),
            4 => bzimage(&zstd(&vmlinux())),
            _ => bzimage(b"\x02\x21\x4c\x18 LZ4"),
        };
        let mut config = config(corrupt(file, &changes, len));
        config.memory = 32 << 20;
        if let Ok((_, start)) = build(&config) {
            prop_assert!(start.pc < config.memory);
        }
    }

    #[test]
    fn hostile_payloads_stay_within_their_limit(
        kind in 0..4usize,
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..6),
        len in any::<prop::sample::Index>(),
    ) {
        let pack = [gzip as fn(&[u8]) -> Vec<u8>, xz, lzma, zstd][kind];
        let payload = corrupt(pack(&vmlinux()), &changes, len);
        if let Ok(Some(bytes)) = unpack::unpack("k", &payload, 1 << 20) {
            prop_assert!(bytes.len() <= 1 << 20);
        }
    }
}

#[test]
#[ignore = "by hand: loads the kernel that INNKEEPER_KERNEL names"]
fn load_a_real_kernel() {
    let path = std::env::var("INNKEEPER_KERNEL").expect("a file");
    let mut config = config(std::fs::read(&path).unwrap());
    config.memory = 512 << 20;
    let ram = Ram::new(&[RegionSpec { base: 0, size: config.memory, writable: true }]).unwrap();
    let kernel = load_kernel(&ram, Range { base: 0, end: config.memory }, &config.kernel).unwrap();
    println!("{path}: {kernel:#x?}\n{:#x?}", build(&config).unwrap().1);
}

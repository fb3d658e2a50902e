//! Puts ELF files and Linux Images into guest memory.

use object::Endianness;
use object::elf::{self, EM_AARCH64, EM_X86_64, ET_EXEC, FileHeader64, Machine, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};

use super::{BoardError, Payload};
use crate::mem::{PAGE_SIZE, Ram};

/// A range of guest physical addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// First address.
    pub base: u64,
    /// Behind the last address.
    pub end: u64,
}

impl Range {
    /// Whether two ranges share an address.
    pub fn overlaps(self, other: Range) -> bool {
        self.base < other.end && other.base < self.end
    }
}

/// What a kernel occupies once loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// Address of the first instruction.
    pub entry: u64,
    /// Memory taken, in the order of the file.
    pub ranges: Vec<Range>,
}

/// The kind of ELF file a board takes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    machine: Machine,
    /// Name of the architecture, for messages.
    name: &'static str,
    /// A command that builds for it, for messages.
    compiler: &'static str,
}

/// AArch64.
pub const AARCH64: Target =
    Target { machine: EM_AARCH64, name: "AArch64", compiler: "aarch64-linux-gnu-gcc -static -no-pie" };

/// x86-64.
pub const X86_64: Target =
    Target { machine: EM_X86_64, name: "x86-64", compiler: "x86_64-linux-gnu-gcc -static -no-pie" };

/// Loads `kernel`, of either format, into `ram` (`window` of it may be used).
pub fn load(ram: &Ram, window: Range, kernel: &Payload) -> Result<Loaded, BoardError> {
    let name = || kernel.name.clone();
    let b = &kernel.bytes;
    if b.starts_with(&elf::ELFMAG) {
        load_elf(ram, window, kernel, AARCH64)
    } else if b.get(56..60) == Some(IMAGE_MAGIC) {
        load_image(ram, window, kernel)
    } else if b.starts_with(&[0x1f, 0x8b]) {
        Err(BoardError::Gzip { name: name() })
    } else if b.starts_with(b"MZ") && b.get(4..8) == Some(b"zimg") {
        Err(BoardError::EfiZboot { name: name() })
    } else {
        Err(unknown_format(kernel, "an ELF file nor a Linux Image"))
    }
}

/// The error for a file that begins like nothing a board knows.
pub(super) fn unknown_format(kernel: &Payload, known: &'static str) -> BoardError {
    let magic = kernel.bytes.iter().copied().take(4).collect();
    BoardError::UnknownFormat { name: kernel.name.clone(), known, magic }
}

/// `e_ident[EI_CLASS]` of 64-bit files.
const ELFCLASS64: u8 = 2;

// -- ELF ------------------------------------------------------------------------------------------

/// Loads the segments of an ELF file for `target`.
pub(super) fn load_elf(
    ram: &Ram,
    window: Range,
    kernel: &Payload,
    target: Target,
) -> Result<Loaded, BoardError> {
    let name = || kernel.name.clone();
    let damaged = |e: object::read::Error| BoardError::Damaged { name: name(), what: e.to_string() };
    let wrong = |what: &str| BoardError::WrongElf {
        name: name(),
        machine: target.name,
        compiler: target.compiler,
        what: what.into(),
    };
    if kernel.bytes.get(4) != Some(&ELFCLASS64) {
        return Err(wrong("32-bit"));
    }
    let data = kernel.bytes.as_slice();
    let header = FileHeader64::<Endianness>::parse(data).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    if endian != Endianness::Little {
        return Err(wrong("big-endian"));
    }
    let machine = header.e_machine(endian);
    if machine != target.machine {
        return Err(wrong(&format!("machine number {}", machine.0)));
    }
    if header.e_type(endian) != ET_EXEC {
        return Err(wrong("relocatable or position independent"));
    }
    let (mut entry, mut ranges) = (header.e_entry(endian), Vec::new());
    for segment in header.program_headers(endian, data).map_err(damaged)? {
        let (at, size) = (segment.p_paddr(endian), segment.p_memsz(endian));
        if segment.p_type(endian) != PT_LOAD || size == 0 {
            continue;
        }
        let bytes = segment.data(endian, data).map_err(|()| BoardError::Damaged {
            name: name(),
            what: "a segment lies outside the file".into(),
        })?;
        if bytes.len() as u64 > size {
            let what = "a segment is longer in the file than in memory".into();
            return Err(BoardError::Damaged { name: name(), what });
        }
        ranges.push(place(ram, window, &kernel.name, at, size, bytes)?);
        // The entry is a virtual address, and the MMU is off.
        let inside = header.e_entry(endian).wrapping_sub(segment.p_vaddr(endian));
        if inside < size {
            entry = at + inside;
        }
    }
    if ranges.is_empty() {
        return Err(BoardError::Damaged { name: name(), what: "there is nothing to load in it".into() });
    }
    Ok(Loaded { entry, ranges })
}

/// Writes `bytes` to `at` and clears the rest of the `size` bytes there.
pub(super) fn place(
    ram: &Ram,
    window: Range,
    name: &str,
    at: u64,
    size: u64,
    bytes: &[u8],
) -> Result<Range, BoardError> {
    let does_not_fit = |end| BoardError::DoesNotFit {
        name: name.into(),
        base: at,
        end,
        ram_base: window.base,
        ram_end: window.end,
    };
    let end = at.checked_add(size).ok_or_else(|| does_not_fit(u64::MAX))?;
    if at < window.base || end > window.end || !ram.write(at, bytes) {
        return Err(does_not_fit(end));
    }
    clear(ram, at + bytes.len() as u64, end);
    Ok(Range { base: at, end })
}

/// Clears memory, leaving alone (and so not allocating) what is zero.
fn clear(ram: &Ram, mut from: u64, end: u64) {
    const ZEROS: [u8; 4096] = [0; 4096];
    while from < end {
        let mut piece = ZEROS;
        let n = usize::try_from(end - from).map_or(piece.len(), |n| n.min(piece.len()));
        ram.read(from, &mut piece[..n]);
        if piece[..n] != ZEROS[..n] {
            ram.write(from, &ZEROS[..n]);
        }
        from += n as u64;
    }
}

// -- Linux Image ------------------------------------------------------------------------------------

/// At offset 56 of the header (Linux, Documentation/arm64/booting.rst).
const IMAGE_MAGIC: &[u8] = b"ARM\x64";
const IMAGE_HEADER: usize = 64;
/// The Image goes to `text_offset` from an address aligned so.
const IMAGE_ALIGN: u64 = 0x20_0000;
/// `text_offset` of Images that do not say their size (before Linux 3.17).
const OLD_TEXT_OFFSET: u64 = 0x8_0000;

fn load_image(ram: &Ram, window: Range, kernel: &Payload) -> Result<Loaded, BoardError> {
    let refuse = |what: &str| BoardError::UnsupportedImage { name: kernel.name.clone(), what: what.into() };
    if kernel.bytes.len() < IMAGE_HEADER {
        return Err(BoardError::Damaged { name: kernel.name.clone(), what: "the header is cut off".into() });
    }
    let field = |at: usize| {
        kernel.bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
    };
    let (text_offset, image_size, flags) = (field(8), field(16), field(24));
    if flags & 1 != 0 {
        return Err(refuse("a big-endian kernel; build it with CONFIG_CPU_BIG_ENDIAN=n"));
    }
    if flags >> 1 & 3 > 1 {
        return Err(refuse("made for pages of 16 or 64 KiB; build it with CONFIG_ARM64_4K_PAGES=y"));
    }
    let length = kernel.bytes.len() as u64;
    let (offset, size) =
        if image_size == 0 { (OLD_TEXT_OFFSET, length) } else { (text_offset, image_size.max(length)) };
    // The first 2 MiB of RAM are left to the device tree.
    let at = window.base.saturating_add(IMAGE_ALIGN).saturating_add(offset);
    let range = place(ram, window, &kernel.name, at, size, &kernel.bytes)?;
    Ok(Loaded { entry: at, ranges: vec![range] })
}

// -- what goes with a kernel ------------------------------------------------------------------------

/// The highest place of `len` bytes in `window`, at a multiple of `align`, that is free.
pub fn find_room(window: Range, taken: &[Range], len: u64, align: u64) -> Option<Range> {
    let mut end = window.end;
    loop {
        let base = end.checked_sub(len)? / align * align;
        let candidate = Range { base, end: base + len };
        if base < window.base {
            return None;
        }
        match taken.iter().find(|t| t.overlaps(candidate)) {
            None => return Some(candidate),
            Some(t) => end = t.base,
        }
    }
}

/// Puts an initial RAM disk, if there is one, as high in `window` as `taken` lets it, at a page.
pub fn load_initrd(
    ram: &Ram,
    window: Range,
    taken: &[Range],
    initrd: Option<&Payload>,
) -> Result<Option<Range>, BoardError> {
    let Some(file) = initrd else { return Ok(None) };
    let no_room = || BoardError::NoRoom { name: file.name.clone() };
    let range = find_room(window, taken, file.bytes.len() as u64, PAGE_SIZE).ok_or_else(no_room)?;
    if ram.write(range.base, &file.bytes) { Ok(Some(range)) } else { Err(no_room()) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Elf;
    use super::*;
    use crate::mem::ram::RegionSpec;

    const WINDOW: Range = Range { base: 0x4000_0000, end: 0x4100_0000 };

    fn ram() -> Ram {
        let size = WINDOW.end - WINDOW.base;
        Ram::new(&[RegionSpec { base: WINDOW.base, size, writable: true }]).unwrap()
    }

    fn payload(bytes: Vec<u8>) -> Payload {
        Payload { name: "k".into(), bytes }
    }

    /// An executable of one segment at `paddr`, whose virtual address is `vaddr`.
    fn elf_file(vaddr: u64, paddr: u64, memsz: u64, code: &[u8]) -> Vec<u8> {
        Elf { entry: vaddr + 4, vaddr, memsz, ..Elf::new(183, paddr, code) }.bytes()
    }

    fn message(bytes: Vec<u8>) -> String {
        load(&ram(), WINDOW, &payload(bytes)).unwrap_err().to_string()
    }

    #[test]
    fn elf_is_entered_at_the_physical_address() {
        let ram = ram();
        let file = elf_file(0xffff_0000_0000_0000, 0x4020_0000, 0x1000, b"12345678");
        let l = load(&ram, WINDOW, &payload(file)).unwrap();
        assert_eq!(l.entry, 0x4020_0004);
        assert_eq!(l.ranges, [Range { base: 0x4020_0000, end: 0x4020_1000 }]);
        assert_eq!(ram.read_small(0x4020_0000, 8), Some(u64::from_le_bytes(*b"12345678")));
    }

    #[test]
    fn refusals_name_the_file_and_the_cure() {
        let at = 0x4020_0000;
        assert!(message(elf_file(0, 0x1000, 8, b"x")).contains("link it elsewhere"));
        assert!(message(elf_file(0, u64::MAX - 2, 8, b"x")).contains("link it elsewhere"));
        assert!(message(elf_file(0, at, 4, b"12345678")).contains("damaged"));
        let mut cut = elf_file(0, at, 8, b"12345678");
        cut.truncate(124);
        assert!(message(cut).contains("outside the file"));
        let mut x86 = elf_file(0, at, 8, b"1");
        x86[18] = 62;
        assert!(message(x86).contains("machine number 62"));
        assert!(message(vec![0x1f, 0x8b, 8, 0]).contains("gzip -dc k"));
        assert_eq!(
            message(b"#!/b".to_vec()),
            "k: neither an ELF file nor a Linux Image (it begins with [23, 21, 2f, 62])"
        );
        assert!(message(Vec::new()).contains("neither"));
    }

    #[test]
    fn image_goes_to_its_offset() {
        let mut f = vec![0; 64];
        f[8..16].copy_from_slice(&0x1_0000u64.to_le_bytes());
        f[16..24].copy_from_slice(&0x40_0000u64.to_le_bytes());
        f[24] = 0b1010;
        f[56..60].copy_from_slice(IMAGE_MAGIC);
        let l = load(&ram(), WINDOW, &payload(f.clone())).unwrap();
        assert_eq!((l.entry, l.ranges[0].end), (0x4021_0000, 0x4061_0000));
        f[24] = 0b1110;
        assert!(message(f.clone()).contains("CONFIG_ARM64_4K_PAGES"));
        f[24] = 1;
        assert!(message(f.clone()).contains("big-endian"));
        f[24] = 2;
        f[8..24].copy_from_slice(&[0xff; 16]);
        assert!(message(f).contains("give more memory"));
    }

    #[test]
    fn room_is_found_from_the_top() {
        let r = |base, end| Range { base, end };
        let w = r(0x1000, 0x9000);
        assert_eq!(find_room(w, &[], 0x10, 0x1000), Some(r(0x8000, 0x8010)));
        assert_eq!(find_room(w, &[r(0x7800, 0x9000)], 0x1000, 0x1000), Some(r(0x6000, 0x7000)));
        assert_eq!(find_room(w, &[r(0x1800, 0x9000)], 0x1000, 0x1000), None);
        assert_eq!(find_room(w, &[], u64::MAX, 0x1000), None);
    }
}

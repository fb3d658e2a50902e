//! Linux bzImages (Linux, Documentation/arch/x86/boot.rst).
//!
//! The kernel proper is unpacked here where its format is known: that is most of the work of booting,
//! and a guest does it slower. Otherwise the image unpacks itself, entered by the 64-bit protocol.

use linux_loader::loader::bootparam::{XLF_KERNEL_64, setup_header};
use object::elf;
use vm_memory::ByteValued;

use super::kernel::{self, Kernel, Protocol};
use super::{map, unpack};
use crate::board::loader::{self, Range};
use crate::board::{BoardError, Payload};
use crate::mem::Ram;

/// Offset of the setup header in the file.
const HEADER: usize = 0x1f1;
/// Offset of its magic.
const MAGIC: usize = 0x202;
/// Offset of the byte that says how far behind [`MAGIC`] the header ends.
const HEADER_END: usize = 0x201;
/// Setup sectors where the header says 0.
const SETUP_SECTS: usize = 4;
const SECTOR: usize = 512;
/// The 64-bit entry, from the start of the protected-mode code.
const ENTRY_64: u64 = 0x200;
/// Versions of the protocol that brought fields.
const VERSION_PAYLOAD: u16 = 0x208;
const VERSION_XLOADFLAGS: u16 = 0x20c;

/// Whether `file` begins as a bzImage does.
pub(super) fn is(file: &[u8]) -> bool {
    file.get(MAGIC..MAGIC + 4) == Some(b"HdrS")
}

/// The file taken apart.
struct Image<'a> {
    header: setup_header,
    /// Protected-mode code, which holds the payload.
    code: &'a [u8],
}

fn parse(kernel: &Payload) -> Result<Image<'_>, BoardError> {
    let damaged = |what: &str| BoardError::Damaged { name: kernel.name.clone(), what: what.into() };
    let file = &kernel.bytes;
    let end = MAGIC + usize::from(*file.get(HEADER_END).ok_or_else(|| damaged("the header is cut off"))?);
    let mut header = setup_header::default();
    let len = header.as_slice().len().min(end - HEADER);
    let source = file.get(HEADER..HEADER + len).ok_or_else(|| damaged("the header is cut off"))?;
    header.as_mut_slice()[..len].copy_from_slice(source);
    let sectors = match header.setup_sects {
        0 => SETUP_SECTS,
        n => n.into(),
    };
    let code = file.get((sectors + 1) * SECTOR..).filter(|c| !c.is_empty());
    let code = code.ok_or_else(|| damaged("there is no kernel behind its header"))?;
    Ok(Image { header, code })
}

/// Loads the kernel of a bzImage.
pub(super) fn load(ram: &Ram, window: Range, kernel: &Payload) -> Result<Kernel, BoardError> {
    let image = parse(kernel)?;
    let mut loaded = match vmlinux(&image, window, kernel)? {
        Some(vmlinux) => load_vmlinux(ram, window, &vmlinux, image.header)?,
        None => load_itself(ram, window, kernel, &image)?,
    };
    let header = image.header;
    loaded.command_line_max = map::COMMAND_LINE_MAX.min(usize::try_from(header.cmdline_size).unwrap_or(0));
    loaded.initrd_max = header.initrd_addr_max.into();
    Ok(loaded)
}

/// The ELF file that the payload is, where its format is known.
fn vmlinux(image: &Image, window: Range, kernel: &Payload) -> Result<Option<Payload>, BoardError> {
    let header = image.header;
    if header.version < VERSION_PAYLOAD {
        return Ok(None);
    }
    let [offset, length] =
        [header.payload_offset, header.payload_length].map(|v| usize::try_from(v).unwrap_or(usize::MAX));
    let payload = image.code.get(offset..).and_then(|rest| rest.get(..length));
    let payload = payload.ok_or_else(|| BoardError::Damaged {
        name: kernel.name.clone(),
        what: "its payload lies outside the file".into(),
    })?;
    let unpacked = unpack::unpack(&kernel.name, payload, window.end - window.base)?;
    Ok(unpacked
        .filter(|bytes| bytes.starts_with(&elf::ELFMAG))
        .map(|bytes| Payload { name: kernel.name.clone(), bytes }))
}

fn load_vmlinux(
    ram: &Ram,
    window: Range,
    vmlinux: &Payload,
    header: setup_header,
) -> Result<Kernel, BoardError> {
    let loaded = kernel::load_elf(ram, window, vmlinux)?;
    let protocol = match loaded.protocol {
        Protocol::Pvh => Protocol::Pvh,
        Protocol::Linux64(_) => Protocol::Linux64(Some(header)),
    };
    Ok(Kernel { protocol, ..loaded })
}

/// Loads the image so that it unpacks itself.
fn load_itself(ram: &Ram, window: Range, kernel: &Payload, image: &Image) -> Result<Kernel, BoardError> {
    let mut header = image.header;
    if header.version < VERSION_XLOADFLAGS || header.xloadflags & XLF_KERNEL_64 == 0 {
        let what = "a kernel without a 64-bit entry; build it with CONFIG_64BIT=y (Linux 3.8 or later)";
        return Err(BoardError::UnsupportedImage { name: kernel.name.clone(), what: what.into() });
    }
    let length = image.code.len() as u64;
    let size = u64::from(header.init_size).max(length);
    let mut at = header.pref_address;
    if header.relocatable_kernel != 0 && at.saturating_add(size) > window.end {
        at = map::HIGH.next_multiple_of(u64::from(header.kernel_alignment).max(1));
    }
    let range = loader::place(ram, window, &kernel.name, at, size, image.code)?;
    header.code32_start = u32::try_from(at).unwrap_or(0);
    Ok(Kernel {
        entry: at + ENTRY_64,
        ranges: vec![range],
        protocol: Protocol::Linux64(Some(header)),
        command_line_max: 0,
        initrd_max: 0,
    })
}

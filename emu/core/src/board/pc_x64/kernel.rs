//! A kernel in memory and how it wants to be started; ELF files are read here.

use linux_loader::loader::bootparam::setup_header;
use object::Endianness;
use object::elf::{FileHeader64, NoteType};
use object::read::elf::{FileHeader, ProgramHeader};

use super::map;
use crate::board::loader::{self, Range, X86_64};
use crate::board::{BoardError, Payload};
use crate::mem::Ram;

/// How a kernel wants to be started.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Protocol {
    /// In 32-bit mode with `hvm_start_info` (Xen, docs/misc/pvh.pandoc).
    Pvh,
    /// In 64-bit mode with `boot_params`, into which the file's own header goes if it has one (Linux,
    /// Documentation/arch/x86/boot.rst, "64-bit Boot Protocol").
    Linux64(Option<setup_header>),
}

/// A kernel in memory.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Kernel {
    /// Address of the first instruction.
    pub entry: u64,
    /// Memory taken.
    pub ranges: Vec<Range>,
    pub protocol: Protocol,
    /// Longest command line, without its NUL.
    pub command_line_max: usize,
    /// Highest address of the initial RAM disk.
    pub initrd_max: u64,
}

/// `initrd_addr_max` of a kernel without a header that says it, as Linux 2.4 and later have it.
const INITRD_MAX: u64 = 0x7fff_ffff;

/// Note with the 32-bit entry (Xen, public/elfnote.h).
const XEN_ELFNOTE_PHYS32_ENTRY: NoteType = NoteType(18);

/// Loads an ELF file, which is entered by PVH where it has the note.
pub(super) fn load_elf(ram: &Ram, window: Range, kernel: &Payload) -> Result<Kernel, BoardError> {
    let loaded = loader::load_elf(ram, window, kernel, X86_64)?;
    let damaged = |what: String| BoardError::Damaged { name: kernel.name.clone(), what };
    let note = pvh_entry(&kernel.bytes).map_err(|e| damaged(e.to_string()))?;
    let (entry, protocol) = match note {
        Some(entry) => (entry, Protocol::Pvh),
        None => (loaded.entry, Protocol::Linux64(None)),
    };
    if !loaded.ranges.iter().any(|r| (r.base..r.end).contains(&entry)) {
        return Err(damaged(format!("its entry {entry:#x} lies in no segment")));
    }
    Ok(Kernel {
        entry,
        ranges: loaded.ranges,
        protocol,
        command_line_max: map::COMMAND_LINE_MAX,
        initrd_max: INITRD_MAX,
    })
}

/// The entry that the PVH note of an ELF file gives.
fn pvh_entry(file: &[u8]) -> Result<Option<u64>, object::read::Error> {
    let header = FileHeader64::<Endianness>::parse(file)?;
    let endian = header.endian()?;
    for segment in header.program_headers(endian, file)? {
        let Some(mut notes) = segment.notes(endian, file)? else { continue };
        while let Some(note) = notes.next()? {
            if note.name() == b"Xen" && note.n_type(endian) == XEN_ELFNOTE_PHYS32_ENTRY {
                let mut entry = [0; 8];
                let desc = note.desc();
                let len = desc.len().min(8);
                entry[..len].copy_from_slice(&desc[..len]);
                return Ok(Some(u64::from_le_bytes(entry)));
            }
        }
    }
    Ok(None)
}

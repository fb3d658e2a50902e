//! Boards: which devices sit at which addresses, how software is put into memory, and the
//! firmware that guests expect behind HVC, SMC and HLT. Addresses live here only.

pub mod loader;
pub mod psci;
pub mod semihosting;
pub mod virt_a64;

use crate::mem::bus::BusError;
use crate::mem::ram::RamError;

/// A file for the guest: its bytes and the name used in messages.
#[derive(Clone, Debug)]
pub struct Payload {
    /// Path or name.
    pub name: String,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// Where the first CPU begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Start {
    /// Its PC.
    pub pc: u64,
    /// Physical address of the device tree, for X0.
    pub fdt: u64,
    /// Memory behind the kernel that nothing occupies.
    pub free: loader::Range,
}

/// Why a machine could not be put together. Messages name the file and the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardError {
    /// Memory size out of range.
    #[error("memory of {size:#x} bytes is not possible: give a multiple of 4 KiB from {min:#x} to {max:#x}")]
    MemorySize {
        /// Asked for.
        size: u64,
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// CPU count out of range.
    #[error("{cpus} CPUs are not possible: give 1 to {max} (GICv2 knows no more)")]
    CpuCount {
        /// Asked for.
        cpus: usize,
        /// Most.
        max: usize,
    },
    /// The kernel is compressed.
    #[error("{name}: compressed with gzip; decompress it first (gzip -dc {name} > Image)")]
    Gzip {
        /// File.
        name: String,
    },
    /// The kernel is an EFI wrapper around a compressed one.
    #[error("{name}: a compressed EFI application; give the Image it was made of (arch/arm64/boot/Image)")]
    EfiZboot {
        /// File.
        name: String,
    },
    /// Neither ELF nor Image.
    #[error("{name}: neither an ELF file nor a Linux Image (it begins with {magic:02x?})")]
    UnknownFormat {
        /// File.
        name: String,
        /// First bytes.
        magic: Vec<u8>,
    },
    /// ELF, but not for this machine.
    #[error(
        "{name}: not a 64-bit little-endian AArch64 executable ({what}); build it with aarch64-linux-gnu-gcc -static -no-pie"
    )]
    WrongElf {
        /// File.
        name: String,
        /// What it is instead.
        what: String,
    },
    /// The file is cut off or contradicts itself.
    #[error("{name}: damaged: {what}; copy or build it again")]
    Damaged {
        /// File.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A Linux Image this machine cannot run.
    #[error("{name}: {what}")]
    UnsupportedImage {
        /// File.
        name: String,
        /// What it needs, and the cure.
        what: String,
    },
    /// Does not fit.
    #[error(
        "{name}: needs memory at {base:#x}..{end:#x}, RAM is {ram_base:#x}..{ram_end:#x}; \
         give more memory or link it elsewhere"
    )]
    DoesNotFit {
        /// File.
        name: String,
        /// First address.
        base: u64,
        /// Behind the last address.
        end: u64,
        /// Start of RAM.
        ram_base: u64,
        /// End of RAM.
        ram_end: u64,
    },
    /// Two things want the same memory.
    #[error("{name}: no room left in memory besides the kernel; give more memory")]
    NoRoom {
        /// What was to be placed.
        name: String,
    },
    /// The command line is too long for the device tree.
    #[error("kernel command line of {len} bytes is too long: at most {max}")]
    CommandLine {
        /// Length.
        len: usize,
        /// Most.
        max: usize,
    },
    /// The command line holds a NUL.
    #[error("kernel command line contains a NUL byte; remove it")]
    CommandLineNul,
    /// Guest memory.
    #[error(transparent)]
    Ram(#[from] RamError),
    /// Device windows.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The device tree could not be made.
    #[error("failed to build the device tree: {0}")]
    Fdt(#[from] vm_fdt::Error),
}

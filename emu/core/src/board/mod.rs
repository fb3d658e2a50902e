//! Boards: which devices sit at which addresses, how software is put into memory, and the
//! firmware that guests expect behind HVC, SMC and HLT. Addresses live here only.

pub mod loader;
#[cfg(target_arch = "x86_64")]
pub mod pc_x64;
pub mod psci;
pub mod semihosting;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod virt_a64;

use crate::accel::{Accel, Refused};
use crate::isa::Isa;
use crate::machine::Machine;
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

/// What a machine is to consist of, whatever its board.
#[derive(Clone, Debug)]
pub struct Config {
    /// Bytes of RAM.
    pub memory: u64,
    /// CPUs.
    pub cpus: usize,
    /// ELF file or Linux kernel.
    pub kernel: Payload,
    /// Initial RAM disk.
    pub initrd: Option<Payload>,
    /// Kernel command line.
    pub append: String,
    /// Seconds since 1970 that the real-time clock shows at the start: from the replay.
    pub wall_clock: u32,
}

impl Config {
    /// One CPU and 128 MiB; the real-time clock starts at 2000-01-01.
    pub fn new(kernel: Payload) -> Config {
        Config {
            memory: 128 << 20,
            cpus: 1,
            kernel,
            initrd: None,
            append: String::new(),
            wall_clock: 946_684_800,
        }
    }
}

/// Where the first CPU of `virt-a64` begins.
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
    #[error("{cpus} CPUs are not possible: give 1 to {max} ({why})")]
    CpuCount {
        /// Asked for.
        cpus: usize,
        /// Most.
        max: usize,
        /// What sets the limit.
        why: &'static str,
    },
    /// More byte ports than the device has.
    #[error("{ports} byte ports are not possible: give at most {max}")]
    PortCount {
        /// Asked for.
        ports: usize,
        /// Most.
        max: usize,
    },
    /// A byte port's name that guests cannot use.
    #[error(
        "byte port `{name}`: give 1 to {max} printable ASCII characters without spaces, such as com.redhat.spice.0"
    )]
    PortName {
        /// Asked for.
        name: String,
        /// Most bytes.
        max: usize,
    },
    /// Two byte ports with one name.
    #[error("byte port `{name}` is given twice: names tell ports apart")]
    PortTwice {
        /// The name.
        name: String,
    },
    /// The kernel is compressed.
    #[error("{name}: compressed with gzip; decompress it first (gzip -dc {name} > kernel)")]
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
    /// None of the formats that the board knows.
    #[error("{name}: neither {known} (it begins with {magic:02x?})")]
    UnknownFormat {
        /// File.
        name: String,
        /// The formats.
        known: &'static str,
        /// First bytes.
        magic: Vec<u8>,
    },
    /// ELF, but not for this machine.
    #[error("{name}: not a 64-bit little-endian {machine} executable ({what}); build it with {compiler}")]
    WrongElf {
        /// File.
        name: String,
        /// Architecture it should be for.
        machine: &'static str,
        /// Command that builds for that.
        compiler: &'static str,
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
    /// A Linux kernel this machine cannot run.
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
    /// Does not fit beside what the board itself puts into memory.
    #[error(
        "{name}: needs memory at {base:#x}..{end:#x}, and {taken:#x}..{taken_end:#x} holds {what}; \
         link it elsewhere (1 MiB and up is free)"
    )]
    Taken {
        /// File.
        name: String,
        /// First address.
        base: u64,
        /// Behind the last address.
        end: u64,
        /// What is there.
        what: &'static str,
        /// Its first address.
        taken: u64,
        /// Behind its last address.
        taken_end: u64,
    },
    /// A packed kernel is larger than memory.
    #[error(
        "{name}: its kernel unpacks to more than the {limit:#x} bytes of memory there are; give more memory"
    )]
    TooLarge {
        /// File.
        name: String,
        /// Bytes of memory.
        limit: u64,
    },
    /// Two things want the same memory.
    #[error("{name}: no room left in memory besides the kernel; give more memory")]
    NoRoom {
        /// What was to be placed.
        name: String,
    },
    /// The command line is too long.
    #[error("kernel command line of {len} bytes is too long: at most {max}; shorten it")]
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

/// Why a machine could not be assembled.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// The board.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The engine.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// A board whose CPUs our engines execute, and how a machine of it is made and made anew.
pub trait Board: 'static {
    /// What its CPUs are.
    type Isa: Isa;
    /// What a machine is to consist of.
    type Config;

    /// A machine about to execute its kernel's first instruction.
    fn machine(
        config: &Self::Config,
        accel: Box<dyn Accel<Self::Isa>>,
    ) -> Result<Machine<Self::Isa>, AssemblyError>;
    /// Resets a machine made by [`Board::machine`]: the software is loaded anew, other memory keeps its
    /// contents, time goes on.
    fn restart(machine: &mut Machine<Self::Isa>, config: &Self::Config) -> Result<(), BoardError>;
}

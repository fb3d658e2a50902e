//! Messages between the harness and the oracle process.
//!
//! The oracle links GPL code, so it is a program of its own behind a pipe and shares nothing with
//! the rest but these types. A frame is a little-endian `u32` length and that many bytes of
//! postcard; [`FRAME_CAP`] bounds what a reader will allocate.
//!
//! A request is a batch: the reader takes the whole frame before it writes the answer, so neither
//! side can block on a full pipe.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Longest frame a reader accepts, in bytes.
pub const FRAME_CAP: u32 = 16 << 20;

/// Most programs in one request.
pub const BATCH_CAP: usize = 256;

/// Guest instruction set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Arch {
    /// AArch64 at EL1, MMU off, FP and SIMD enabled.
    A64,
    /// x86-64 in 64-bit mode, SSE enabled.
    X64,
}

/// What a program may do with a region of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Perm {
    /// Read and execute: code and literals.
    Code,
    /// Read only.
    ReadOnly,
    /// Read and write.
    ReadWrite,
    /// Read, write and execute: whole guests.
    Any,
}

impl Perm {
    /// Whether the program may write there.
    pub fn writable(self) -> bool {
        matches!(self, Perm::ReadWrite | Perm::Any)
    }
    /// Whether the program may execute from there.
    pub fn executable(self) -> bool {
        matches!(self, Perm::Code | Perm::Any)
    }
}

/// A mapped range of guest memory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Region {
    /// First address, a multiple of 4096.
    pub base: u64,
    /// Size in bytes, a multiple of 4096.
    pub size: u64,
    /// Permissions.
    pub perm: Perm,
    /// Contents from `base` on; the rest of the region is 0.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// Registers of an AArch64 CPU that a program can see.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct A64Regs {
    /// X0..X30.
    pub x: [u64; 31],
    /// Stack pointer in force.
    pub sp: u64,
    /// Address of the next instruction.
    pub pc: u64,
    /// N, Z, C, V as bits 3..0.
    pub nzcv: u8,
    /// Floating-point control.
    pub fpcr: u32,
    /// Floating-point status.
    pub fpsr: u32,
    /// V0..V31.
    pub v: [u128; 32],
}

/// Registers of an x86-64 CPU that a program can see.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct X64Regs {
    /// In the order of their encodings: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8..R15.
    pub gpr: [u64; 16],
    /// Address of the next instruction.
    pub rip: u64,
    /// Flags.
    pub rflags: u64,
    /// XMM0..XMM15.
    pub xmm: [u128; 16],
    /// SSE control and status.
    pub mxcsr: u32,
}

/// Registers before or after a program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Regs {
    /// Of [`Arch::A64`].
    A64(Box<A64Regs>),
    /// Of [`Arch::X64`].
    X64(Box<X64Regs>),
}

impl Regs {
    /// The architecture these registers belong to.
    pub fn arch(&self) -> Arch {
        match self {
            Regs::A64(_) => Arch::A64,
            Regs::X64(_) => Arch::X64,
        }
    }
    /// Address of the next instruction.
    pub fn pc(&self) -> u64 {
        match self {
            Regs::A64(r) => r.pc,
            Regs::X64(r) => r.rip,
        }
    }
}

/// A program and the state it starts from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Program {
    /// Memory; regions neither overlap nor touch memory outside them.
    pub regions: Vec<Region>,
    /// Start state; its program counter is the entry.
    pub regs: Regs,
    /// Reaching this address ends the program with [`Stop::End`].
    pub end: u64,
    /// Most instructions executed.
    pub limit: u64,
}

/// How the oracle is to execute a program. What comes out should not depend on it; where it does,
/// the oracle contradicts itself and has no vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Mode {
    /// Whole translated blocks, no hook on instructions. Only for programs that end by
    /// themselves, as nothing counts the instructions.
    Block,
    /// A hook counts instructions, so that the limit is exact.
    Counted,
    /// One instruction per start.
    Step,
}

/// Why a program stopped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Stop {
    /// Reached [`Program::end`].
    End,
    /// Executed as many instructions as allowed.
    Limit,
    /// Undefined instruction.
    Undefined,
    /// Data access faulted: unmapped, not permitted or misaligned.
    DataFault,
    /// Instruction fetch faulted.
    FetchFault,
    /// System call (SVC, SYSCALL).
    Syscall,
    /// Breakpoint (BRK, INT3).
    Breakpoint,
    /// Call to a hypervisor or monitor (HVC, SMC).
    FirmwareCall,
    /// Divide error of x86.
    Divide,
    /// Any other exception, by the engine's own number.
    Other(u32),
}

/// Bytes that differ from their contents at the start.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Written {
    /// Guest address.
    pub addr: u64,
    /// Contents at the end.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// State after a program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// Why it stopped.
    pub stop: Stop,
    /// Instructions completed, where the mode counts them.
    pub count: Option<u64>,
    /// Registers.
    pub regs: Regs,
    /// Memory that changed, in ascending order, in runs of whole 16-byte granules.
    pub written: Vec<Written>,
}

/// From the harness.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request<'a> {
    /// At most [`BATCH_CAP`].
    pub programs: Cow<'a, [Program]>,
    /// How to execute.
    pub mode: Mode,
}

/// To the harness: one per program. `Err` says why the oracle could not run it.
pub type Response = Vec<Result<Reply, String>>;

/// Whether the x86-64 instruction at the start of `code` is a string instruction with a repeat prefix.
/// CPUs and emulators may stop after each of its iterations; all of them are one instruction in
/// [`Reply::count`] and towards [`Program::limit`].
pub fn repeats(code: &[u8]) -> bool {
    // Prefixes by Intel SDM volume 2, 2.1.1 and 2.2.1; MOVS, CMPS, STOS, LODS, SCAS.
    let prefix = |b: &u8| matches!(b, 0x26 | 0x2e | 0x36 | 0x3e | 0x40..=0x4f | 0x64..=0x67 | 0xf2 | 0xf3);
    let repeated = code.iter().take_while(|b| prefix(b)).any(|b| matches!(b, 0xf2 | 0xf3));
    repeated && matches!(code.iter().find(|b| !prefix(b)), Some(0xa4..=0xa7 | 0xaa..=0xaf))
}

/// Granules of 16 bytes of `now` that differ from `before` (0 beyond its end), joined into runs.
pub fn written(base: u64, before: &[u8], now: &[u8]) -> Vec<Written> {
    const GRANULE: usize = 16;
    let mut runs: Vec<Written> = Vec::new();
    let mut addr = base;
    for (n, granule) in now.chunks(GRANULE).enumerate() {
        let old = before.get(n * GRANULE..).unwrap_or_default();
        let same = if old.len() >= granule.len() {
            old[..granule.len()] == *granule
        } else {
            granule[..old.len()] == *old && granule[old.len()..].iter().all(|&b| b == 0)
        };
        if !same {
            match runs.last_mut() {
                Some(run) if run.addr + run.bytes.len() as u64 == addr => {
                    run.bytes.extend_from_slice(granule)
                }
                _ => runs.push(Written { addr, bytes: granule.to_vec() }),
            }
        }
        addr = addr.wrapping_add(granule.len() as u64);
    }
    runs
}

/// Writes one frame and flushes.
pub fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let body = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let len = u32::try_from(body.len()).ok().filter(|&n| n <= FRAME_CAP);
    let len = len.ok_or_else(|| io::Error::other("message longer than the frame cap"))?;
    to.write_all(&len.to_le_bytes())?;
    to.write_all(&body)?;
    to.flush()
}

/// Reads one frame; `None` when the other side has closed the pipe between frames.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut len = [0; 4];
    if from.read(&mut len[..1])? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut len[1..])?;
    let len = u32::from_le_bytes(len);
    if len > FRAME_CAP {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame longer than the cap"));
    }
    let mut body = Vec::new();
    if from.take(u64::from(len)).read_to_end(&mut body)? as u64 != u64::from(len) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&body).map(Some).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_the_pipe_and_the_end_is_seen() {
        let regs = A64Regs { x: [7; 31], v: [u128::MAX; 32], ..A64Regs::default() };
        let region = Region { base: 0x1000, size: 0x1000, perm: Perm::Code, bytes: vec![1, 2, 3] };
        let program =
            Program { regions: vec![region], regs: Regs::A64(Box::new(regs)), end: 0x1004, limit: 9 };
        let mut pipe = Vec::new();
        send(&mut pipe, &program).unwrap();
        let mut from = pipe.as_slice();
        assert_eq!(receive::<Program>(&mut from).unwrap(), Some(program));
        assert_eq!(receive::<Program>(&mut from).unwrap(), None);
    }

    #[test]
    fn a_hostile_length_or_a_cut_frame_is_an_error() {
        assert!(receive::<Program>(&mut [0xff, 0xff, 0xff, 0xff, 0].as_slice()).is_err());
        assert!(receive::<Program>(&mut [9, 0, 0, 0, 1].as_slice()).is_err());
        assert!(receive::<Program>(&mut [9, 0].as_slice()).is_err());
    }

    #[test]
    fn repeated_string_instructions_are_recognised() {
        for code in [&[0xf3, 0xaa][..], &[0xf2, 0x48, 0xa7], &[0xf3, 0x66, 0xad, 0x90]] {
            assert!(repeats(code), "{code:02x?}");
        }
        for code in [&[0xaa][..], &[0xf3, 0x0f, 0xb8, 0xc0], &[0x48, 0xab], &[0xf3], &[]] {
            assert!(!repeats(code), "{code:02x?}");
        }
    }

    #[test]
    fn written_joins_granules_and_treats_missing_bytes_as_zero() {
        let mut now = vec![0; 80];
        now[17] = 1;
        now[32] = 2;
        now[79] = 3;
        let runs = written(0x1000, &[0; 20], &now);
        assert_eq!(
            runs.iter().map(|r| (r.addr, r.bytes.len())).collect::<Vec<_>>(),
            [(0x1010, 32), (0x1040, 16)]
        );
        assert!(written(0, &[], &[0; 32]).is_empty());
    }
}

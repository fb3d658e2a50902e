//! Arm semihosting (ARM IHI "Semihosting for AArch32 and AArch64", 2.0): HLT #0xF000 with the
//! operation in W0 and its parameter in X1.
//!
//! `:tt` is the machine's console. Host files exist only below a directory granted explicitly; what
//! is read from them is a nondeterministic input like a disk's contents (`emu/docs/`). No guest
//! length is allocated from: data moves in pieces, and at most [`TRANSFER_MAX`] bytes per call,
//! which the interface allows (the rest is reported as not transferred).

mod files;
mod state;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use files::{Files, Handle};

/// Operation numbers.
mod op {
    pub const OPEN: u32 = 0x01;
    pub const CLOSE: u32 = 0x02;
    pub const WRITEC: u32 = 0x03;
    pub const WRITE0: u32 = 0x04;
    pub const WRITE: u32 = 0x05;
    pub const READ: u32 = 0x06;
    pub const READC: u32 = 0x07;
    pub const ISERROR: u32 = 0x08;
    pub const ISTTY: u32 = 0x09;
    pub const SEEK: u32 = 0x0a;
    pub const FLEN: u32 = 0x0c;
    pub const REMOVE: u32 = 0x0e;
    pub const RENAME: u32 = 0x0f;
    pub const CLOCK: u32 = 0x10;
    pub const TIME: u32 = 0x11;
    pub const ERRNO: u32 = 0x13;
    pub const GET_CMDLINE: u32 = 0x15;
    pub const HEAPINFO: u32 = 0x16;
    pub const EXIT: u32 = 0x18;
    pub const EXIT_EXTENDED: u32 = 0x20;
    pub const ELAPSED: u32 = 0x30;
    pub const TICKFREQ: u32 = 0x31;
}

/// Error numbers, those of Linux.
mod errno {
    pub const EPERM: u32 = 1;
    pub const EIO: u32 = 5;
    pub const EBADF: u32 = 9;
    pub const EFAULT: u32 = 14;
    pub const EISDIR: u32 = 21;
    pub const EINVAL: u32 = 22;
    pub const EMFILE: u32 = 24;
    pub const ENOSYS: u32 = 38;
}

/// Most bytes one call transfers.
pub const TRANSFER_MAX: u64 = 1 << 20;
/// Longest file name.
const NAME_MAX: u64 = 4096;
/// Size of a piece.
const PIECE: usize = 4096;
/// "Application exit" of SYS_EXIT.
const ADP_STOPPED_APPLICATION_EXIT: u64 = 0x2_0026;
const FAILED: u64 = u64::MAX;
const NS_PER_S: u64 = 1_000_000_000;

/// What the calls need from the machine.
pub trait Host {
    /// Reads guest virtual memory; false where some of it cannot be read.
    fn read(&mut self, va: u64, out: &mut [u8]) -> bool;
    /// Writes guest virtual memory; false, where some of it cannot be written.
    fn write(&mut self, va: u64, bytes: &[u8]) -> bool;
    /// Guest time in ns.
    fn now(&self) -> u64;
    /// Output for the console.
    fn console_write(&mut self, bytes: &[u8]);
    /// The next byte of console input, if there is one.
    fn console_read(&mut self) -> Option<u8>;
}

/// What becomes of the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Goes on behind the HLT with this in X0.
    Return(u64),
    /// Waits for console input, then executes the HLT again.
    Blocked,
    /// The machine stops with this status.
    Exit(u32),
}

/// What the machine grants and tells.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Directory below which the guest may open files.
    pub root: Option<PathBuf>,
    /// Answer of SYS_GET_CMDLINE.
    pub command_line: String,
    /// Answer of SYS_HEAPINFO: heap base and limit, stack base and limit.
    pub heap: [u64; 4],
    /// Seconds since 1970 at guest time 0.
    pub wall_clock: u32,
}

/// The semihosting service of a machine.
#[derive(Debug)]
pub struct Semihosting {
    // Configuration.
    config: Config,
    // State.
    files: Files,
    errno: u32,
}

/// Success with a value, or an error number.
type Answer = Result<u64, u32>;

impl Semihosting {
    /// With no files open.
    pub fn new(config: Config) -> Semihosting {
        Semihosting { config, files: Files::default(), errno: 0 }
    }

    /// Answers operation `w0` with parameter `x1`.
    pub fn call(&mut self, host: &mut dyn Host, w0: u32, x1: u64) -> Reply {
        let answer = match w0 {
            op::EXIT | op::EXIT_EXTENDED => return exit(host, x1),
            op::READC => match host.console_read() {
                Some(b) => Ok(b.into()),
                None => return Reply::Blocked,
            },
            op::READ => match self.read(host, x1) {
                Some(answer) => answer,
                None => return Reply::Blocked,
            },
            _ => self.simple(host, w0, x1),
        };
        Reply::Return(answer.unwrap_or_else(|e| {
            self.errno = e;
            FAILED
        }))
    }

    fn simple(&mut self, host: &mut dyn Host, w0: u32, x1: u64) -> Answer {
        match w0 {
            op::OPEN => self.open(host, x1),
            op::CLOSE => self.files.close(word(host, x1)?).map(|()| 0),
            op::WRITEC => {
                let mut b = [0];
                fetch(host, x1, &mut b)?;
                host.console_write(&b);
                Ok(0)
            }
            op::WRITE0 => write0(host, x1),
            op::WRITE => self.write(host, x1),
            op::ISERROR => Ok(u64::from(word(host, x1)?.cast_signed() < 0)),
            op::ISTTY => Ok(u64::from(matches!(self.files.get(word(host, x1)?)?, Handle::Console))),
            op::SEEK => {
                let [handle, position] = words(host, x1)?;
                self.files.seek(handle, position).map(|()| 0)
            }
            op::FLEN => self.files.len(word(host, x1)?),
            op::REMOVE | op::RENAME => Err(errno::EPERM),
            op::CLOCK => Ok(host.now() / (NS_PER_S / 100)),
            op::TIME => Ok(u64::from(self.config.wall_clock) + host.now() / NS_PER_S),
            op::ERRNO => Ok(self.errno.into()),
            op::GET_CMDLINE => self.command_line(host, x1),
            op::HEAPINFO => {
                let block = word(host, x1)?;
                let bytes: Vec<u8> = self.config.heap.iter().flat_map(|v| v.to_le_bytes()).collect();
                deliver(host, block, &bytes).map(|()| 0)
            }
            op::ELAPSED => {
                let ticks = host.now().to_le_bytes();
                deliver(host, x1, &ticks).map(|()| 0)
            }
            op::TICKFREQ => Ok(NS_PER_S),
            _ => Err(errno::ENOSYS),
        }
    }

    fn open(&mut self, host: &mut dyn Host, x1: u64) -> Answer {
        let [name, mode, len] = words(host, x1)?;
        if len > NAME_MAX {
            return Err(errno::EINVAL);
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| errno::EINVAL)?];
        fetch(host, name, &mut bytes)?;
        let name = String::from_utf8(bytes).map_err(|_| errno::EINVAL)?;
        self.files.open(self.config.root.as_deref(), &name, mode)
    }

    /// SYS_WRITE: the number of bytes not written.
    fn write(&mut self, host: &mut dyn Host, x1: u64) -> Answer {
        let [handle, from, len] = words(host, x1)?;
        let mut done = 0;
        while done < len.min(TRANSFER_MAX) {
            let mut piece = [0; PIECE];
            let n = piece_len(len.min(TRANSFER_MAX) - done);
            let piece = &mut piece[..n];
            fetch(host, from.wrapping_add(done), piece)?;
            match self.files.get(handle)? {
                Handle::Console => host.console_write(piece),
                file => file.write(piece)?,
            }
            done += n as u64;
        }
        Ok(len - done)
    }

    /// SYS_READ: the number of bytes not read; `None` when the console has none yet.
    fn read(&mut self, host: &mut dyn Host, x1: u64) -> Option<Answer> {
        let (handle, to, len) = match words(host, x1) {
            Ok([handle, to, len]) => (handle, to, len),
            Err(e) => return Some(Err(e)),
        };
        match self.files.get(handle) {
            Err(e) => Some(Err(e)),
            Ok(Handle::Console) => read_console(host, to, len),
            Ok(file) => Some(read_file(host, file, to, len)),
        }
    }

    fn command_line(&mut self, host: &mut dyn Host, x1: u64) -> Answer {
        let [to, len] = words(host, x1)?;
        let mut bytes = self.config.command_line.clone().into_bytes();
        let written = bytes.len() as u64;
        bytes.push(0);
        if bytes.len() as u64 > len {
            return Err(errno::EINVAL);
        }
        deliver(host, to, &bytes)?;
        deliver(host, x1.wrapping_add(8), &written.to_le_bytes()).map(|()| 0)
    }
}

/// SYS_EXIT and SYS_EXIT_EXTENDED: reason and status.
fn exit(host: &mut dyn Host, x1: u64) -> Reply {
    match words(host, x1) {
        Ok([ADP_STOPPED_APPLICATION_EXIT, status]) => {
            let [a, b, c, d, ..] = status.to_le_bytes();
            Reply::Exit(u32::from_le_bytes([a, b, c, d]))
        }
        _ => Reply::Exit(1),
    }
}

fn write0(host: &mut dyn Host, from: u64) -> Answer {
    let mut line = Vec::with_capacity(PIECE);
    for n in 0..TRANSFER_MAX {
        let mut b = [0];
        fetch(host, from.wrapping_add(n), &mut b)?;
        if b[0] == 0 {
            break;
        }
        line.push(b[0]);
        if line.len() == PIECE {
            host.console_write(&line);
            line.clear();
        }
    }
    host.console_write(&line);
    Ok(0)
}

fn read_console(host: &mut dyn Host, to: u64, len: u64) -> Option<Answer> {
    let mut done = 0;
    while done < len.min(TRANSFER_MAX) {
        match host.console_read() {
            Some(b) => {
                if let Err(e) = deliver(host, to.wrapping_add(done), &[b]) {
                    return Some(Err(e));
                }
                done += 1;
            }
            None if done == 0 => return None,
            None => break,
        }
    }
    Some(Ok(len - done))
}

fn read_file(host: &mut dyn Host, file: &mut Handle, to: u64, len: u64) -> Answer {
    let mut done = 0;
    while done < len.min(TRANSFER_MAX) {
        let mut piece = [0; PIECE];
        let n = piece_len(len.min(TRANSFER_MAX) - done);
        let n = file.read(&mut piece[..n])?;
        if n == 0 {
            break;
        }
        deliver(host, to.wrapping_add(done), &piece[..n])?;
        done += n as u64;
    }
    Ok(len - done)
}

fn piece_len(left: u64) -> usize {
    usize::try_from(left).map_or(PIECE, |n| n.min(PIECE))
}

fn fetch(host: &mut dyn Host, va: u64, out: &mut [u8]) -> Result<(), u32> {
    if host.read(va, out) { Ok(()) } else { Err(errno::EFAULT) }
}

fn deliver(host: &mut dyn Host, va: u64, bytes: &[u8]) -> Result<(), u32> {
    if host.write(va, bytes) { Ok(()) } else { Err(errno::EFAULT) }
}

/// The parameter block at `va`: 64-bit fields.
fn words<const N: usize>(host: &mut dyn Host, va: u64) -> Result<[u64; N], u32> {
    let mut all = [0; N];
    for (n, out) in (0u64..).zip(&mut all) {
        let mut b = [0; 8];
        fetch(host, va.wrapping_add(8 * n), &mut b)?;
        *out = u64::from_le_bytes(b);
    }
    Ok(all)
}

fn word(host: &mut dyn Host, va: u64) -> Answer {
    words::<1>(host, va).map(|[v]| v)
}

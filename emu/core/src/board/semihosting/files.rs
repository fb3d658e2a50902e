//! Open files of the guest.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use super::{FAILED, errno};

/// Most files open at a time.
pub(super) const OPEN_MAX: usize = 32;
/// Handles are slots from here on; 0 means nothing to some libraries.
const FIRST: u64 = 1;
/// Contents of `:semihosting-features`: magic, then SYS_EXIT_EXTENDED and separate stderr.
const FEATURES: [u8; 5] = [b'S', b'H', b'F', b'B', 0b11];

/// An open file.
#[derive(Debug)]
pub(super) enum Handle {
    /// `:tt`.
    Console,
    /// `:semihosting-features`, at a position.
    Features(usize),
    /// A file of the host.
    File {
        /// The file.
        file: File,
        /// Its name, as the guest gave it.
        name: String,
        /// The mode it was opened in.
        mode: u64,
    },
}

impl Handle {
    /// A file of the host below `root`.
    pub fn open(root: Option<&Path>, name: String, mode: u64) -> Result<Handle, u32> {
        let file = open_below(root.ok_or(errno::EPERM)?, &name, mode)?;
        Ok(Handle::File { file, name, mode })
    }

    /// Reads up to `out.len()` bytes; 0 at the end. Not for the console.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, u32> {
        match self {
            Handle::Console => Err(errno::EBADF),
            Handle::Features(at) => {
                let rest = FEATURES.get(*at..).unwrap_or(&[]);
                let n = rest.len().min(out.len());
                out[..n].copy_from_slice(&rest[..n]);
                *at += n;
                Ok(n)
            }
            Handle::File { file, .. } => file.read(out).map_err(|e| number(&e)),
        }
    }

    /// Writes all of `bytes`. Not for the console.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), u32> {
        match self {
            Handle::Console | Handle::Features(_) => Err(errno::EBADF),
            Handle::File { file, .. } => file.write_all(bytes).map_err(|e| number(&e)),
        }
    }
}

/// The table of handles.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub slots: Vec<Option<Handle>>,
}

impl Files {
    /// SYS_OPEN: the handle.
    pub fn open(&mut self, root: Option<&Path>, name: &str, mode: u64) -> Result<u64, u32> {
        if mode > 11 {
            return Err(errno::EINVAL);
        }
        let handle = match name {
            ":tt" => Handle::Console,
            ":semihosting-features" if mode < 4 => Handle::Features(0),
            _ => Handle::open(root, name.to_owned(), mode)?,
        };
        let free = self.slots.iter().position(Option::is_none);
        let slot = match free {
            Some(n) => n,
            None if self.slots.len() < OPEN_MAX => {
                self.slots.push(None);
                self.slots.len() - 1
            }
            None => return Err(errno::EMFILE),
        };
        self.slots[slot] = Some(handle);
        Ok(slot as u64 + FIRST)
    }

    fn slot(&mut self, handle: u64) -> Result<&mut Option<Handle>, u32> {
        let n = handle.checked_sub(FIRST).and_then(|n| usize::try_from(n).ok());
        n.and_then(|n| self.slots.get_mut(n)).ok_or(errno::EBADF)
    }

    /// An open file.
    pub fn get(&mut self, handle: u64) -> Result<&mut Handle, u32> {
        self.slot(handle)?.as_mut().ok_or(errno::EBADF)
    }

    /// SYS_CLOSE.
    pub fn close(&mut self, handle: u64) -> Result<(), u32> {
        self.slot(handle)?.take().map(|_| ()).ok_or(errno::EBADF)
    }

    /// SYS_SEEK: absolute.
    pub fn seek(&mut self, handle: u64, position: u64) -> Result<(), u32> {
        match self.get(handle)? {
            Handle::Console => Err(errno::EINVAL),
            Handle::Features(at) => {
                *at = usize::try_from(position).unwrap_or(usize::MAX);
                Ok(())
            }
            Handle::File { file, .. } => {
                file.seek(SeekFrom::Start(position)).map(|_| ()).map_err(|e| number(&e))
            }
        }
    }

    /// SYS_FLEN.
    pub fn len(&mut self, handle: u64) -> Result<u64, u32> {
        match self.get(handle)? {
            Handle::Console => Err(errno::EINVAL),
            Handle::Features(_) => Ok(FEATURES.len() as u64),
            Handle::File { file, .. } => match file.metadata() {
                Ok(m) if m.len() != FAILED => Ok(m.len()),
                Ok(_) => Err(errno::EIO),
                Err(e) => Err(number(&e)),
            },
        }
    }
}

fn number(e: &std::io::Error) -> u32 {
    e.raw_os_error().and_then(|n| u32::try_from(n).ok()).unwrap_or(errno::EIO)
}

/// Opens `name` in a mode of ISO C's fopen: 0 to 3 read, 4 to 7 write, 8 to 11 append, bit 1 "+".
fn open_below(root: &Path, name: &str, mode: u64) -> Result<File, u32> {
    let path = confine(root, name)?;
    let (plus, kind) = (mode & 2 != 0, mode >> 2);
    if path.is_dir() {
        return Err(errno::EISDIR);
    }
    OpenOptions::new()
        .read(kind == 0 || plus)
        .write(kind == 1 || (kind == 0 && plus))
        .append(kind == 2)
        .create(kind != 0)
        .truncate(kind == 1)
        .open(path)
        .map_err(|e| number(&e))
}

/// The host path of `name`, or EPERM where it leads out of `root`: by itself or through a link.
fn confine(root: &Path, name: &str) -> Result<PathBuf, u32> {
    let relative = Path::new(name);
    if !relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
        return Err(errno::EPERM);
    }
    let root = root.canonicalize().map_err(|e| number(&e))?;
    let path = root.join(relative);
    let real = match path.canonicalize() {
        Ok(real) => real,
        // Not there yet, or a dangling link: the directory decides, and links are refused.
        Err(_) if path.is_symlink() => return Err(errno::EPERM),
        Err(_) => {
            let parent = path.parent().ok_or(errno::EPERM)?.canonicalize().map_err(|e| number(&e))?;
            parent.join(path.file_name().ok_or(errno::EPERM)?)
        }
    };
    if real.starts_with(&root) { Ok(real) } else { Err(errno::EPERM) }
}

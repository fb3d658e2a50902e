//! A snapshot as a file: signature, format version (major, minor), length of the head, the head in
//! postcard, the pages, XXH3-64 of all that. A reader refuses another major version.

use std::io::{self, Read, Write};

use xxhash_rust::xxh3::Xxh3;

use super::{Head, Snapshot};
use crate::mem::PAGE_SIZE;
use crate::mem::pages::Pages;

const MAGIC: &[u8; 8] = b"INNKSNP\n";
/// Changes when old snapshots cannot be read any more.
pub const MAJOR: u16 = 1;
/// Changes when something is added.
pub const MINOR: u16 = 0;
/// Largest head that is read, in bytes: it holds console output that nobody has taken, of at most 64 MiB.
const HEAD_MAX: u64 = 256 << 20;
/// Largest memory that is read, in bytes.
const MEMORY_MAX: u64 = 1 << 40;

/// Why a file is not a snapshot that can be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The first bytes are something else.
    #[error("not a snapshot: the file does not begin with the signature of snapshots")]
    Magic,
    /// Written by a version that does things differently.
    #[error(
        "snapshot format {found} cannot be read by this version, which reads format {MAJOR}; take the snapshot again"
    )]
    Version {
        /// Major version found.
        found: u16,
    },
    /// Cut short or altered.
    #[error("the snapshot is damaged or incomplete; take it again")]
    Damaged,
    /// The file could not be read or written.
    #[error("failed to read or write the snapshot: {0}")]
    Io(io::Error),
}

impl From<io::Error> for SnapshotError {
    fn from(e: io::Error) -> SnapshotError {
        if e.kind() == io::ErrorKind::UnexpectedEof { SnapshotError::Damaged } else { SnapshotError::Io(e) }
    }
}

/// Passes bytes through and hashes them.
struct Hashing<T> {
    inner: T,
    hash: Xxh3,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Hashing<T> {
        Hashing { inner, hash: Xxh3::new() }
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.hash.update(&buf[..n]);
        Ok(n)
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.hash.update(&buf[..n]);
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn array<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

impl Snapshot {
    /// Writes the snapshot; `out` should be buffered.
    pub fn write_to(&self, out: &mut impl Write) -> Result<(), SnapshotError> {
        let mut out = Hashing::new(out);
        let head = postcard::to_stdvec(&self.head).map_err(|e| SnapshotError::Io(io::Error::other(e)))?;
        out.write_all(MAGIC)?;
        out.write_all(&MAJOR.to_le_bytes())?;
        out.write_all(&MINOR.to_le_bytes())?;
        out.write_all(&(head.len() as u64).to_le_bytes())?;
        out.write_all(&head)?;
        self.pages.write_to(&mut out)?;
        let hash = out.hash.digest();
        out.inner.write_all(&hash.to_le_bytes())?;
        out.inner.flush()?;
        Ok(())
    }

    /// Reads a snapshot back; `input` should be buffered. Nothing in it is believed: whether a machine can
    /// be in that state is found out by [`Machine::restore`](super::Machine::restore).
    pub fn read_from(input: &mut impl Read) -> Result<Snapshot, SnapshotError> {
        let mut input = Hashing::new(input);
        let magic = array::<8>(&mut input).map_err(|_| SnapshotError::Magic)?;
        if &magic != MAGIC {
            return Err(SnapshotError::Magic);
        }
        let found = u16::from_le_bytes(array(&mut input)?);
        if found != MAJOR {
            return Err(SnapshotError::Version { found });
        }
        let _minor = array::<2>(&mut input)?;
        let head = head(&mut input)?;
        let bytes = head.memory.iter().try_fold(0u64, |sum, &(_, size)| sum.checked_add(size));
        let bytes = bytes.filter(|&b| b <= MEMORY_MAX).ok_or(SnapshotError::Damaged)?;
        let count = usize::try_from(bytes / PAGE_SIZE).map_err(|_| SnapshotError::Damaged)?;
        let pages = Pages::read_from(&mut input, count).map_err(|_| SnapshotError::Damaged)?;
        let hash = input.hash.digest();
        if array(&mut input.inner)? != hash.to_le_bytes() {
            return Err(SnapshotError::Damaged);
        }
        Ok(Snapshot { head, pages })
    }
}

/// Reads the head. No more is allocated than there is to read.
fn head(input: &mut impl Read) -> Result<Head, SnapshotError> {
    let len = u64::from_le_bytes(array(input)?);
    if len > HEAD_MAX {
        return Err(SnapshotError::Damaged);
    }
    let mut bytes = Vec::new();
    input.take(len).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != len {
        return Err(SnapshotError::Damaged);
    }
    postcard::from_bytes(&bytes).map_err(|_| SnapshotError::Damaged)
}

#[cfg(test)]
mod tests {
    use serde_bytes::ByteBuf;

    use super::*;
    use crate::mem::Ram;
    use crate::mem::ram::RegionSpec;

    fn snapshot() -> Snapshot {
        let ram = Ram::new(&[RegionSpec { base: 0x1000, size: 0x3000, writable: true }]).unwrap();
        assert!(ram.write(0x2345, b"memory"));
        let head = Head {
            guest: "aarch64".into(),
            memory: vec![(0x1000, 0x3000)],
            recording: None,
            state: ByteBuf::from(vec![1, 2, 3]),
        };
        Snapshot { head, pages: Pages::of(&ram) }
    }

    fn bytes() -> Vec<u8> {
        let mut out = Vec::new();
        snapshot().write_to(&mut out).unwrap();
        out
    }

    #[test]
    fn what_is_written_is_read() {
        let read = Snapshot::read_from(&mut &bytes()[..]).unwrap();
        assert_eq!(read.head, snapshot().head);
        assert_eq!(read.pages.differing(&snapshot().pages), [0usize; 0]);
        assert_eq!(read.pages.stored(), 1);
    }

    #[test]
    fn damage_tears_and_other_versions_are_named() {
        let good = bytes();
        let message = |bytes: &[u8]| Snapshot::read_from(&mut &*bytes).unwrap_err().to_string();
        assert!(message(b"PK").starts_with("not a snapshot"));
        for len in 8..good.len() {
            assert!(message(&good[..len]).starts_with("the snapshot is damaged"), "{len} bytes");
        }
        for i in (8..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[i] ^= 0x10;
            assert!(!message(&bad).starts_with("not a snapshot"), "byte {i}");
        }
        let mut newer = good;
        newer[8] = 2;
        assert!(message(&newer).starts_with("snapshot format 2 cannot be read"));
    }
}

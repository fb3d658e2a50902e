//! Content on its way between an application and the guest: in memory while it is small, then in an
//! unnamed file below `$TMPDIR`.

use std::fmt;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::SpooledTempFile;

use crate::clipboard::{Read, Size};

/// The most that is kept in memory, in bytes.
const IN_MEMORY: usize = 1 << 20;

/// Bytes that are appended and read back.
pub(super) struct Spool {
    file: SpooledTempFile,
    len: u64,
    /// Where the file stands.
    at: u64,
    /// The disk is full, or worse: nothing here is content any more.
    broken: bool,
}

impl Spool {
    pub fn new() -> Self {
        Self { file: SpooledTempFile::new(IN_MEMORY), len: 0, at: 0, broken: false }
    }

    /// How much was appended, in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it could not be kept.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    pub fn append(&mut self, bytes: &[u8]) {
        let kept = self.seek(self.len).and_then(|()| self.file.write_all(bytes));
        self.broken |= kept.is_err();
        self.len += bytes.len() as u64;
        self.at = self.len;
    }

    /// Reads from `offset` bytes on: [`Read::Failed`] beyond the end.
    pub fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> Read {
        let read = self.seek(offset).and_then(|()| self.file.read(buffer));
        match read {
            Ok(n) if n > 0 && !self.broken => {
                self.at = offset + n as u64;
                Read::Bytes(n)
            }
            _ => {
                self.at = u64::MAX;
                Read::Failed
            }
        }
    }

    /// The size when `whole`.
    pub fn size(&self, whole: bool) -> Size {
        match (self.broken, whole) {
            (true, _) => Size::Failed,
            (false, true) => Size::Known(self.len),
            (false, false) => Size::Growing(self.len),
        }
    }

    fn seek(&mut self, to: u64) -> std::io::Result<()> {
        if self.at != to {
            self.file.seek(SeekFrom::Start(to))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spool({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_read_back_in_memory_and_on_disk() {
        for size in [0, 1, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY] {
            let content: Vec<u8> = (0..=250).cycle().take(size).collect();
            let mut spool = Spool::new();
            let mut buffer = vec![0; 1000];
            for (i, piece) in content.chunks(100_000).enumerate() {
                spool.append(piece);
                // Reading between must not move where the next piece goes.
                assert_eq!(spool.read_at(i as u64, &mut buffer[..1]), Read::Bytes(1));
            }
            let mut back: Vec<u8> = Vec::new();
            while let Read::Bytes(n) = spool.read_at(back.len() as u64, &mut buffer) {
                back.extend(&buffer[..n]);
            }
            assert!(back == content, "{size}");
            assert_eq!((spool.size(true), spool.len()), (Size::Known(size as u64), size as u64));
        }
    }
}

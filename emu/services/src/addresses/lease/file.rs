//! A lease file on the host's disk.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::source::LeaseReader;

/// The largest file that is read, in bytes: about a million leases.
pub const MAX_FILE: u64 = 128 << 20;

/// A file, opened anew for every reading: servers replace it or write it in place.
#[derive(Clone, Debug)]
pub struct LeaseFile {
    path: PathBuf,
}

impl LeaseFile {
    /// The file at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl LeaseReader for LeaseFile {
    fn read(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        // One more than the limit, to know of it.
        File::open(&self.path)?.take(MAX_FILE + 1).read_to_end(into)?;
        if into.len() as u64 > MAX_FILE {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more than {} MiB: have the server clean it up", MAX_FILE >> 20),
            ));
        }
        Ok(())
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

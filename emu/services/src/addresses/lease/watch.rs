//! Being told that a lease file changed: inotify on its directory, because servers replace the file.

use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};

/// A watch on one file by way of its directory.
pub struct DirectoryWatch {
    inotify: OwnedFd,
    name: OsString,
}

impl DirectoryWatch {
    /// Watches `file`, which need not exist; its directory must.
    ///
    /// # Errors
    /// The directory does not exist or may not be read, or the host has no inotify watch left.
    pub fn new(file: &Path) -> io::Result<Self> {
        let bare = file.file_name().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{}: not a file's name", file.display()))
        })?;
        let directory = match file.parent() {
            Some(dir) if dir != Path::new("") => dir,
            _ => Path::new("."),
        };
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let what = WatchFlags::CLOSE_WRITE
            | WatchFlags::MODIFY
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::DELETE
            | WatchFlags::ONLYDIR;
        inotify::add_watch(&inotify, directory, what)
            .map_err(|e| io::Error::new(e.kind(), format!("cannot watch {}: {e}", directory.display())))?;
        Ok(Self { inotify, name: bare.to_owned() })
    }

    /// Whether the file may have changed since the last call. Does not wait; [`AsFd`] says when to call.
    ///
    /// # Errors
    /// What reading from inotify brings.
    pub fn changed(&mut self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let mut changed = false;
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().map(|n| n.to_bytes());
                    // An overflow has no name, and may have been about the file.
                    changed |= name.is_none_or(|n| n == self.name.as_bytes());
                }
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(changed),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
}

impl AsFd for DirectoryWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_way_of_writing_is_noticed_and_other_files_are_not() {
        let dir = std::env::temp_dir().join(format!("innkeeper-watch-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (file, other, new) = (dir.join("leases"), dir.join("other"), dir.join("leases.new"));
        let mut watch = DirectoryWatch::new(&file).unwrap();
        assert!(!watch.changed().unwrap());
        fs::write(&file, "a\n").unwrap();
        assert!(watch.changed().unwrap(), "written");
        fs::write(&other, "a\n").unwrap();
        fs::write(&new, "b\n").unwrap();
        assert!(!watch.changed().unwrap(), "another file");
        fs::rename(&new, &file).unwrap();
        assert!(watch.changed().unwrap(), "replaced");
        fs::remove_file(&file).unwrap();
        assert!(watch.changed().unwrap(), "deleted");
        fs::remove_dir_all(&dir).unwrap();
        assert!(DirectoryWatch::new(&file).is_err(), "no directory");
    }
}

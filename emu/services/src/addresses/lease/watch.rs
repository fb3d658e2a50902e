//! Being told that a lease file changed: inotify on its directory, because servers replace the file.

use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

/// A watch on one file by way of its directory, and if it is a link of its target's too.
pub struct DirectoryWatch {
    inotify: OwnedFd,
    file: PathBuf,
    /// (inotify's number of a directory, the name in it): the file's first, then the target's.
    names: Vec<(i32, OsString)>,
}

impl DirectoryWatch {
    /// Watches `file`, which need not exist; its directory must.
    ///
    /// # Errors
    /// The directory does not exist or may not be read, or the host has no inotify watch left.
    pub fn new(file: &Path) -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let mut watch = Self { inotify, file: file.into(), names: Vec::new() };
        watch.add(file)?;
        watch.follow();
        Ok(watch)
    }

    fn add(&mut self, file: &Path) -> io::Result<()> {
        let bare = file.file_name().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{}: not a file's name", file.display()))
        })?;
        let directory = match file.parent() {
            Some(dir) if dir != Path::new("") => dir,
            _ => Path::new("."),
        };
        let what = WatchFlags::CLOSE_WRITE
            | WatchFlags::CREATE
            | WatchFlags::MODIFY
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::DELETE
            | WatchFlags::ONLYDIR;
        let number = inotify::add_watch(&self.inotify, directory, what)
            .map_err(|e| io::Error::new(e.kind(), format!("cannot watch {}: {e}", directory.display())))?;
        self.names.push((number, bare.to_owned()));
        Ok(())
    }

    /// Watches a link's target, wherever it points now. One that does not exist is not watched.
    fn follow(&mut self) {
        self.names.truncate(1);
        if self.file.is_symlink()
            && let Ok(target) = self.file.canonicalize()
        {
            // Without a watch left only the link itself is watched.
            let _ = self.add(&target);
        }
    }

    /// Whether the file may have changed since the last call. Does not wait; [`AsFd`] says when to call.
    ///
    /// # Errors
    /// The directory is gone, after which nothing is told any more; what reading from inotify brings.
    pub fn changed(&mut self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let (mut changed, mut linked) = (false, false);
        loop {
            match reader.next() {
                Ok(event) if event.events().contains(ReadFlags::IGNORED) => {
                    if self.names.first().is_some_and(|(number, _)| *number == event.wd()) {
                        return Err(io::Error::new(io::ErrorKind::NotFound, "the directory is gone"));
                    }
                    changed = true;
                }
                Ok(event) => {
                    let name = event.file_name().map(|n| (event.wd(), n.to_bytes()));
                    let is = |(number, own): &(i32, OsString)| {
                        // An overflow has no name, and may have been about the file.
                        name.is_none_or(|name| name == (*number, own.as_bytes()))
                    };
                    changed |= self.names.iter().any(is);
                    linked |= self.names.first().is_some_and(is);
                }
                Err(rustix::io::Errno::WOULDBLOCK) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
        if linked {
            self.follow();
        }
        Ok(changed)
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
        assert!(watch.changed().is_err(), "the directory is gone");
        assert!(DirectoryWatch::new(&file).is_err(), "no directory");
    }

    #[test]
    fn a_links_target_is_watched_wherever_it_points() {
        let dir = std::env::temp_dir().join(format!("innkeeper-watch-link-{}", std::process::id()));
        let (link, first, second) = (dir.join("leases"), dir.join("a/real"), dir.join("b/real"));
        for target in [&first, &second] {
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, "a\n").unwrap();
        }
        std::os::unix::fs::symlink(&first, &link).unwrap();
        let mut watch = DirectoryWatch::new(&link).unwrap();
        fs::write(&first, "b\n").unwrap();
        assert!(watch.changed().unwrap(), "the target is written");
        let new = dir.join("leases.new");
        std::os::unix::fs::symlink(&second, &new).unwrap();
        fs::rename(&new, &link).unwrap();
        assert!(watch.changed().unwrap(), "the link points elsewhere");
        fs::write(&second, "c\n").unwrap();
        assert!(watch.changed().unwrap(), "the new target is written");
        fs::write(&first, "c\n").unwrap();
        assert!(!watch.changed().unwrap(), "the old target is of no interest");
        fs::remove_dir_all(&dir).unwrap();
    }
}

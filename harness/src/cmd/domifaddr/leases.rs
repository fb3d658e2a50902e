//! The host's files of leases, and being told when they change.

use std::fs;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use innkeeper_services::addresses::lease::{DirectoryWatch, LeaseFile, LeaseSet, LeaseSource};
use innkeeper_services::addresses::{AddressSource, Status};

/// Where servers keep their leases: dnsmasq (Debian, Fedora), ISC dhcpd (the same), Kea.
const FILES: &[&str] = &[
    "/var/lib/misc/dnsmasq.leases",
    "/var/lib/dnsmasq/dnsmasq.leases",
    "/var/lib/dhcp/dhcpd.leases",
    "/var/lib/dhcp/dhcpd6.leases",
    "/var/lib/dhcpd/dhcpd.leases",
    "/var/lib/dhcpd/dhcpd6.leases",
    "/var/lib/kea/kea-leases4.csv",
    "/var/lib/kea/kea-leases6.csv",
];

/// Folders with a file for each network, and how its name ends: libvirt, systemd-networkd.
const FOLDERS: &[(&str, &str)] =
    &[("/var/lib/libvirt/dnsmasq", ".status"), ("/var/lib/systemd/network/dhcp-server-lease", "")];

/// Lease files as a source.
pub(super) struct Leases {
    pub(super) set: LeaseSet<LeaseFile>,
    /// By file, in the set's order.
    watches: Vec<Option<DirectoryWatch>>,
    /// Whether the user named them: then one that cannot be read is an error.
    pub(super) named: bool,
}

impl Leases {
    /// These files, or if there is none the usual ones; `watch` when changes are to be told.
    pub(super) fn open(files: &[PathBuf], watch: bool) -> Self {
        let named = !files.is_empty();
        let files = if named { files.to_vec() } else { usual() };
        let (mut sources, mut watches) = (Vec::new(), Vec::new());
        for path in files {
            // Without a folder to watch, or without a watch left, the file is read every second.
            let told = watch.then(|| DirectoryWatch::new(&path).ok()).flatten();
            let mut source = LeaseSource::new(LeaseFile::new(path));
            source.set_watched(told.is_some());
            sources.push(source);
            watches.push(told);
        }
        Self { set: LeaseSet::new(sources), watches, named }
    }

    /// Looks which files have changed.
    pub(super) fn look(&mut self, now: u64) {
        for (file, watch) in self.set.files_mut().iter_mut().zip(&mut self.watches) {
            match watch.as_mut().map(DirectoryWatch::changed) {
                None | Some(Ok(false)) => {}
                Some(Ok(true)) => file.changed(now),
                // Its folder is gone: from now on the file is looked at every second.
                Some(Err(_)) => {
                    *watch = None;
                    file.set_watched(false);
                    file.changed(now);
                }
            }
        }
    }

    /// What to wait for.
    pub(super) fn files(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.watches.iter().flatten().map(AsFd::as_fd)
    }

    /// Whether every file was read.
    pub(super) fn is_settled(&self) -> bool {
        self.set.files().iter().all(LeaseSource::is_settled)
    }

    /// What is wrong with them that the user should know; `alone` is whether nothing else is asked.
    pub(super) fn notes(&self, alone: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if self.set.files().is_empty() && alone {
            notes.push("no lease file is where one usually is: name it with --lease-file".into());
        }
        for file in self.set.files() {
            let path = file.reader().path().display();
            match file.status() {
                Status::Failed(what) => notes.push(what),
                Status::Waiting(what) if file.is_settled() => notes.push(what),
                Status::Ready | Status::Waiting(_) => {}
            }
            if let (Some(place), Some(format)) = (file.first_bad(), file.format()) {
                let n = file.bad_entries();
                let all = if n == 1 { String::new() } else { format!(", the first of {n}") };
                notes.push(format!(
                    "{path}: {place} is no lease of {format}'s{all}, and left out: repair or remove it"
                ));
            }
        }
        notes
    }
}

/// The usual files that are there.
fn usual() -> Vec<PathBuf> {
    // One that may not be looked at is there: reading it will say so.
    let there = |path: &Path| !fs::metadata(path).is_err_and(|e| e.kind() == ErrorKind::NotFound);
    let mut found: Vec<PathBuf> = FILES.iter().map(PathBuf::from).filter(|path| there(path)).collect();
    for (folder, end) in FOLDERS {
        match fs::read_dir(folder) {
            Ok(entries) => {
                let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
                let mut paths: Vec<_> =
                    paths.filter(|p| p.to_string_lossy().ends_with(end) && p.is_file()).collect();
                paths.sort();
                found.extend(paths);
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            // Reading the folder as a file fails, and says which it is.
            Err(_) => found.push(folder.into()),
        }
    }
    found
}

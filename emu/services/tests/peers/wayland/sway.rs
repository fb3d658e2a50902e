//! A headless Sway of its own, with wl-clipboard's programs as the applications that copy and paste on it.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use innkeeper_services::clipboard::Selection;
use innkeeper_services::clipboard::hosts::wayland::WaylandHost;
use tempfile::TempDir;

use crate::content::{Paste, input};
use crate::process::{Process, command, until};

/// Sway refuses to run as root.
const NOBODY: u32 = 65534;

/// A running Sway. Fields are dropped in this order: the folder last.
pub struct Sway {
    _compositor: Process,
    dir: TempDir,
}

impl Sway {
    /// Starts one; then it takes connections.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("innkeeper-peer-").tempdir().expect("a folder");
        let mut compositor = Process::logged("sway", &mut sway(dir.path()), dir.path());
        until("sway's socket", || {
            assert!(compositor.ended().is_none(), "sway has ended");
            UnixStream::connect(socket(dir.path())).ok()
        });
        Self { _compositor: compositor, dir }
    }

    /// The host's clipboard on it.
    pub fn host(&self) -> WaylandHost {
        WaylandHost::connect(socket(self.dir.path()).to_str()).expect("a compositor")
    }

    fn command(&self, program: &str, selection: Selection, args: &[&str]) -> Command {
        let at = self.dir.path();
        let mut command = command(program);
        command.env("XDG_RUNTIME_DIR", at).env("WAYLAND_DISPLAY", socket(at)).args(args);
        if selection == Selection::Primary {
            command.arg("--primary");
        }
        command
    }

    /// Starts to copy, with the owner in the caller's hands.
    pub fn copy_by(&self, selection: Selection, mime: &str, content: &[u8]) -> Process {
        let mut copy = self.command("wl-copy", selection, &["--foreground", "--type", mime]);
        Process::start("wl-copy", copy.stdin(input(content)))
    }

    /// A command that pastes.
    pub fn pasting(&self, selection: Selection, mime: &str) -> Command {
        self.command("wl-paste", selection, &["--no-newline", "--type", mime])
    }

    /// Starts to paste.
    pub fn paste(&self, selection: Selection, mime: &str) -> Paste {
        Paste::start("wl-paste", &mut self.pasting(selection, mime))
    }

    /// Starts to list what the selection's owner offers.
    pub fn types(&self, selection: Selection) -> Paste {
        Paste::start("wl-paste", &mut self.command("wl-paste", selection, &["--list-types"]))
    }
}

/// Where Sway listens, if nobody did before.
fn socket(dir: &Path) -> PathBuf {
    dir.join("wayland-1")
}

/// A command for Sway, with its files in `dir`, which is given to whom it runs as.
fn sway(dir: &Path) -> Command {
    let mut sway = command("sway");
    sway.args(["-c", "/dev/null"]).env("XDG_RUNTIME_DIR", dir).env("HOME", dir);
    sway.env("WLR_BACKENDS", "headless").env("WLR_LIBINPUT_NO_DEVICES", "1").env("WLR_RENDERER", "pixman");
    if std::fs::metadata("/proc/self").expect("a process").uid() == 0 {
        chown(dir, Some(NOBODY), Some(NOBODY)).expect("a folder of its own");
        sway.uid(NOBODY).gid(NOBODY);
    }
    sway
}

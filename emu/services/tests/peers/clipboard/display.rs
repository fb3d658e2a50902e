//! An X server of its own, with xclip as the application that copies and pastes on it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use innkeeper_services::clipboard::{Format, Selection};

use crate::process::{Process, command, until};

/// The X target under which xclip and agents have `format`.
pub fn target(format: Format) -> &'static str {
    match format {
        Format::Text => "UTF8_STRING",
        other => other.mime(),
    }
}

/// A running Xvfb.
pub struct Display {
    name: String,
    dir: PathBuf,
    files: AtomicU32,
    _server: Process,
}

impl Display {
    /// Starts one on a number that is free, with its files in `dir`.
    pub fn start(dir: &Path) -> Self {
        let mut xvfb = command("Xvfb");
        // It looks for a free number by itself, and writes it when it takes connections.
        xvfb.args(["-displayfd", "1", "-screen", "0", "640x480x24"]).stdout(Stdio::piped());
        let mut server = Process::start("Xvfb", &mut xvfb);
        let mut number = String::new();
        let out = server.child().stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut number).expect("Xvfb's number");
        assert!(!number.trim().is_empty(), "Xvfb found no free display: look into /tmp/.X11-unix");
        let name = format!(":{}", number.trim());
        Self { name, dir: dir.into(), files: AtomicU32::new(0), _server: server }
    }

    /// Its name, such as `:99`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command for a program on this display.
    pub fn command(&self, program: &str) -> Command {
        let mut command = command(program);
        // GTK would look for a session's bus first.
        command.env("DISPLAY", &self.name).env("NO_AT_BRIDGE", "1").env_remove("WAYLAND_DISPLAY");
        command
    }

    fn xclip(&self, selection: Selection, target: &str) -> Command {
        let mut xclip = self.command("xclip");
        xclip.args(["-selection", selection.name(), "-target", target]);
        xclip
    }

    fn file(&self, name: &str) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        self.dir.join(format!("{name}{}-{number}", self.name))
    }

    fn copying(&self, selection: Selection, format: Format, content: &[u8]) -> Command {
        let file = self.file("copy");
        std::fs::write(&file, content).expect("a file for xclip");
        let mut xclip = self.xclip(selection, target(format));
        xclip.arg("-in").stdin(File::open(&file).expect("a file for xclip"));
        xclip
    }

    /// Copies. When this returns an application owns the selection and keeps the content.
    pub fn copy(&self, selection: Selection, format: Format, content: &[u8]) {
        // It goes on in the background, until another owner comes or the display goes.
        let status = Process::start("xclip -in", &mut self.copying(selection, format, content)).wait();
        assert!(status.success(), "xclip -in: {status}");
    }

    /// Starts to copy, with the owner in the caller's hands.
    pub fn copy_by(&self, selection: Selection, format: Format, content: &[u8]) -> Process {
        Process::start("xclip -quiet -in", self.copying(selection, format, content).arg("-quiet"))
    }

    /// Starts to paste.
    pub fn paste(&self, selection: Selection, format: Format) -> Paste {
        self.paste_target(selection, target(format))
    }

    /// Starts to paste under a target of X's.
    pub fn paste_target(&self, selection: Selection, target: &str) -> Paste {
        let file = self.file("paste");
        let mut xclip = self.xclip(selection, target);
        xclip.arg("-out").stdout(File::create(&file).expect("a file for xclip"));
        Paste { process: Process::start("xclip -out", &mut xclip), file }
    }

    /// What the selection's owner offers; empty without an owner.
    pub fn targets(&self, selection: Selection) -> Vec<String> {
        let mut paste = self.paste_target(selection, "TARGETS");
        let (_, list) = until("the targets of a selection", || paste.ended());
        String::from_utf8_lossy(&list).lines().map(str::to_owned).collect()
    }
}

/// An application that pastes.
pub struct Paste {
    process: Process,
    file: PathBuf,
}

impl Paste {
    /// How it ended and what it got, if it has.
    pub fn ended(&mut self) -> Option<(ExitStatus, Vec<u8>)> {
        let status = self.process.ended()?;
        Some((status, std::fs::read(&self.file).expect("what xclip wrote")))
    }
}

//! An X server of its own, with xclip as the application that copies and pastes on it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use innkeeper_services::clipboard::{Format, Selection};

use crate::content::{Paste, input};
use crate::process::{Process, command};

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
    _server: Process,
}

impl Display {
    /// Starts one on a number that is free.
    pub fn start() -> Self {
        let mut xvfb = command("Xvfb");
        // Else it would begin anew, and refuse whoever comes then, each time the last application goes.
        xvfb.args(["-noreset", "-nolisten", "tcp"]);
        // It looks for a free number by itself, and writes it when it takes connections.
        xvfb.args(["-displayfd", "1", "-screen", "0", "640x480x24"]).stdout(Stdio::piped());
        let mut server = Process::start("Xvfb", &mut xvfb);
        let mut number = String::new();
        let out = server.child().stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut number).expect("Xvfb's number");
        assert!(!number.trim().is_empty(), "Xvfb found no free display: look into /tmp/.X11-unix");
        let name = format!(":{}", number.trim());
        Self { name, _server: server }
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

    fn copying(&self, selection: Selection, target: &str, content: &[u8]) -> Command {
        let mut xclip = self.xclip(selection, target);
        xclip.arg("-in").stdin(input(content));
        xclip
    }

    /// Copies. When this returns an application owns the selection and keeps the content.
    pub fn copy(&self, selection: Selection, format: Format, content: &[u8]) {
        // It goes on in the background, until another owner comes or the display goes.
        let status =
            Process::start("xclip -in", &mut self.copying(selection, target(format), content)).wait();
        assert!(status.success(), "xclip -in: {status}");
    }

    /// Starts to copy, with the owner in the caller's hands.
    pub fn copy_by(&self, selection: Selection, format: Format, content: &[u8]) -> Process {
        self.copy_target_by(selection, target(format), content)
    }

    /// The same, under a target of X's.
    pub fn copy_target_by(&self, selection: Selection, target: &str, content: &[u8]) -> Process {
        Process::start("xclip -quiet -in", self.copying(selection, target, content).arg("-quiet"))
    }

    /// Starts to paste.
    pub fn paste(&self, selection: Selection, format: Format) -> Paste {
        self.paste_target(selection, target(format))
    }

    /// Starts to paste under a target of X's.
    pub fn paste_target(&self, selection: Selection, target: &str) -> Paste {
        Paste::start("xclip -out", self.xclip(selection, target).arg("-out"))
    }

    /// What the selection's owner offers; empty without an owner.
    pub fn targets(&self, selection: Selection) -> Vec<String> {
        let (_, list) = self.paste_target(selection, "TARGETS").wait();
        String::from_utf8_lossy(&list).lines().map(str::to_owned).collect()
    }
}

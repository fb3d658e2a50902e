//! What applications copy and paste. It is in files, so that nobody waits for anybody to read or write.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use crate::process::{Process, until};

/// 64 by 48 pixels.
pub const PNG: &[u8] = include_bytes!("pixels.png");

/// Bytes of all values that do not repeat, so that no part can be taken for another. No UTF-8: that is not looked
/// at on the way.
pub fn content(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..size).map(|_| next()).collect()
}

/// A standard input with `content`.
pub fn input(content: &[u8]) -> Stdio {
    let mut file = tempfile::tempfile().expect("a file to copy");
    file.write_all(content).and_then(|()| file.rewind()).expect("a file to copy");
    file.into()
}

/// An application that pastes.
pub struct Paste {
    process: Process,
    printed: File,
}

impl Paste {
    /// Starts `command`, which prints what it pastes.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let printed = tempfile::tempfile().expect("a file to paste into");
        command.stdout(printed.try_clone().expect("a file to paste into"));
        Self { process: Process::start(name, command), printed }
    }

    /// How it ended and what it got, if it has.
    pub fn ended(&mut self) -> Option<(ExitStatus, Vec<u8>)> {
        let status = self.process.ended()?;
        let mut got = Vec::new();
        self.printed.rewind().expect("what was pasted");
        self.printed.read_to_end(&mut got).expect("what was pasted");
        Some((status, got))
    }

    /// Waits for its end. Nothing else moves meanwhile: what it gets must not come from a session of this test.
    pub fn wait(mut self) -> (ExitStatus, Vec<u8>) {
        until("the end of a paste", || self.ended())
    }
}

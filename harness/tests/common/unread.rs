//! Commands whose output nobody reads.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

/// The write end of a pipe whose reader has gone.
pub fn unread() -> Stdio {
    std::io::pipe().expect("a pipe").1.into()
}

/// Runs a command whose standard output nobody reads: it dies of SIGPIPE without a word.
pub fn ends_quietly(command: &mut Command) {
    let out = command.stdout(unread()).stderr(Stdio::piped()).output().expect("a process");
    died_of_sigpipe(command, &out);
}

/// How other tools end: a shell calls it status 141.
pub fn died_of_sigpipe(command: &Command, out: &Output) {
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.signal(), Some(rustix::process::Signal::PIPE.as_raw()), "{command:?}: {said}");
    assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{command:?}: {said}");
}

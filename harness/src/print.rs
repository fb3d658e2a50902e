//! Standard output and standard error, whose readers may leave first: `innkeeper list | head -1`.
//!
//! Rust starts programs with SIGPIPE ignored, so a print that nobody reads fails (EPIPE), at which the standard macros
//! panic; other tools die of the signal. With its default disposition from the start, which takes unsafe code, we
//! would too, but also when an agent's socket or a child's pipe closes, where EPIPE is an answer, and before a
//! report that was asked for is written. So the macros of this file, which hide the standard ones in this crate,
//! note the first failure and print no more; what would go on for long asks [`is_over`]; and [`end`], the last
//! thing a process does, dies of the signal. Processes that we start have the default from the standard library.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use signal_hook::consts::SIGPIPE;
use signal_hook::low_level::emulate_default_handler;

/// What made printing end.
static FAILURE: OnceLock<io::Error> = OnceLock::new();

macro_rules! print {
    ($($arg:tt)*) => { $crate::print::to(::std::io::stdout(), ::std::format_args!($($arg)*)) };
}
macro_rules! println {
    () => { print!("\n") };
    ($($arg:tt)*) => { print!("{}\n", ::std::format_args!($($arg)*)) };
}
macro_rules! eprint {
    ($($arg:tt)*) => { $crate::print::to(::std::io::stderr(), ::std::format_args!($($arg)*)) };
}
macro_rules! eprintln {
    () => { eprint!("\n") };
    ($($arg:tt)*) => { eprint!("{}\n", ::std::format_args!($($arg)*)) };
}

/// What the macros call.
pub fn to(mut stream: impl Write, text: fmt::Arguments<'_>) {
    if !is_over() {
        note(stream.write_fmt(text));
    }
}

/// Prints bytes to standard output, at once.
pub fn bytes(bytes: &[u8]) {
    if !is_over() {
        let mut stdout = io::stdout().lock();
        note(stdout.write_all(bytes).and_then(|()| stdout.flush()));
    }
}

/// Takes note of how a print by other means went.
pub fn note(result: io::Result<()>) {
    if let Err(e) = result {
        // The first failure is the one to tell.
        let _ = FAILURE.set(e);
    }
}

/// Whether nothing more can be printed: nobody reads it, or it cannot be written.
pub fn is_over() -> bool {
    FAILURE.get().is_some()
}

/// Ends the process: with `code` if all was printed, by SIGPIPE if nobody read it, else with `failed`.
pub fn end(code: ExitCode, failed: u8) -> ExitCode {
    note(io::stdout().flush());
    die_if_unread();
    let Some(e) = FAILURE.get() else { return code };
    // It may have been standard error itself.
    let _ = writeln!(io::stderr(), "innkeeper: failed to print: {e}");
    ExitCode::from(failed)
}

/// Ends the process by SIGPIPE if nobody reads what it printed.
pub fn die_if_unread() {
    if FAILURE.get().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe) {
        // Returns only where there is no such signal.
        let _ = emulate_default_handler(SIGPIPE);
    }
}

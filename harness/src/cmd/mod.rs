//! The command line: one file per subcommand, each with its `Args` and `run`.
//!
//! Exit codes: 0 all well, 1 something failed, 2 usage or a scenario file in error. `boot` gives
//! the guest's own status, or 124 (budget or timeout), 125 (the emulator), 126 (guest crashed);
//! `clipboard` 3 for a port with nobody behind it; `domifaddr` 3 for a guest without an address. Any command
//! whose output nobody reads any more dies of SIGPIPE ([`mod@crate::print`]).

pub mod bench;
pub mod boot;
pub mod check;
pub mod clipboard;
pub mod diff;
pub mod domifaddr;
pub mod isa;
pub mod list;
pub mod run;
pub mod schema;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::diag::{self, Diagnostic, Format};
use crate::print;
use crate::scenario::find::Project;
use crate::scenario::machine::{Accel, Arch};
use crate::select::Selection;

/// Nothing went wrong.
pub const OK: u8 = 0;
/// Something ran and failed.
pub const FAILED: u8 = 1;
/// Nothing ran: usage, or a scenario file in error.
pub const USAGE: u8 = 2;

/// A machine emulator and a harness for testing what runs on it.
#[derive(Parser)]
#[command(name = "innkeeper", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios
    Run(run::Args),
    /// List the tests of scenario files
    List(list::Args),
    /// Check scenario files: all errors of all files at once
    Check(check::Args),
    /// Print the JSON schema of scenario files, for editors
    Schema(schema::Args),
    /// Boot one machine on this terminal
    Boot(boot::Args),
    /// Show what of an instruction set is implemented
    Isa(isa::Args),
    /// Measure bench scenarios
    Bench(bench::Args),
    /// Check random programs on several engines against each other
    Diff(diff::Args),
    /// Copy and paste with any running guest, over the socket of its agent's port
    Clipboard(clipboard::Args),
    /// Which addresses a guest has: from its agent, DHCP leases, its frames, the neighbour table
    Domifaddr(Box<domifaddr::Args>),
    /// What `cargo test --test scenarios` runs, for the test of its contract
    #[command(hide = true, disable_help_flag = true)]
    Libtest {
        /// Its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// Parses the command line and runs the subcommand.
pub fn main() -> ExitCode {
    let code = match Cli::try_parse() {
        Ok(cli) => dispatch(cli.command),
        Err(e) => {
            // Help and the version are among them, with status 0.
            print::note(e.print());
            ExitCode::from(if e.use_stderr() { USAGE } else { OK })
        }
    };
    print::end(code, FAILED)
}

fn dispatch(command: Command) -> ExitCode {
    let result = match command {
        Command::Run(args) => run::run(&args),
        Command::List(args) => list::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Boot(args) => boot::run(&args),
        Command::Isa(args) => isa::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Clipboard(args) => clipboard::run(&args),
        Command::Domifaddr(args) => domifaddr::run(&args),
        Command::Libtest { args } => {
            return crate::libtest::main(["scenarios".to_string()].into_iter().chain(args));
        }
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            eprintln!("innkeeper: {e:#}");
            ExitCode::from(USAGE)
        }
    }
}

/// Reads the name of an engine.
fn accel(word: &str) -> Result<Accel, String> {
    self::word(Accel::ALL, Accel::as_str, word)
}

/// Reads the name of an architecture.
fn arch(word: &str) -> Result<Arch, String> {
    self::word(Arch::ALL, Arch::as_str, word)
}

/// The one of `all` that has this name.
fn word<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, word: &str) -> Result<T, String> {
    let known = || all.iter().map(|&t| name(t)).collect::<Vec<_>>().join(", ");
    all.iter().copied().find(|&t| name(t) == word).ok_or_else(|| format!("there are {}", known()))
}

/// The path in `unix:PATH`, a socket.
fn unix_path(word: &str) -> Option<PathBuf> {
    word.strip_prefix("unix:").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Writes diagnostics: text to stderr, other formats to stdout.
pub fn report(errors: &[Diagnostic], format: Format) {
    if format == Format::Text {
        eprint!("{}", diag::render(errors, format, std::io::stderr().is_terminal()));
    } else {
        print!("{}", diag::render(errors, format, false));
    }
}

/// The tests that `words` select; `None` when files or words are in error, which has been reported.
pub fn select(project: &Project, words: &[String]) -> anyhow::Result<Option<Selection>> {
    match Selection::new(project, words)? {
        Ok(selection) => Ok(Some(selection)),
        Err(errors) => {
            report(&errors, Format::Text);
            Ok(None)
        }
    }
}

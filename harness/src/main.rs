//! The `innkeeper` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    innkeeper::cmd::main()
}

//! What this build on this host can do. Decided without waiting for anything: tests are listed
//! on every run, twice.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::machine::{Accel, Board};

/// Capabilities a scenario may name in `skip_when`.
pub const KNOWN: &[&str] = &["jit", "kvm", "unicorn", "qemu"];

/// What only tests of single packages need, and the environment may demand too: the programs that
/// `ci/setup --with-peers` installs, and network namespaces.
const OF_TESTS: &[&str] = &["peers", "netns"];

/// Environment variable with capabilities whose lack is a failure instead of a skip.
pub const REQUIRE: &str = "INNKEEPER_REQUIRE";

/// Why this host's KVM cannot be used; found out once, by making a machine.
pub fn no_kvm() -> Option<&'static str> {
    static PROBED: OnceLock<Option<String>> = OnceLock::new();
    PROBED.get_or_init(|| innkeeper_kvm::host::probe().err().map(|e| e.to_string())).as_deref()
}

/// Why a test that needs the translator is skipped.
pub const NO_JIT: &str = "the translator makes code for x86-64 and AArch64 hosts only";

/// The engine of commands that are about speed, for a board.
pub fn fastest(board: Board) -> Accel {
    let engines = board.row().engines;
    if has("jit") && engines.contains(&Accel::Jit) { Accel::Jit } else { engines[0] }
}

/// Whether capability `name` is there.
pub fn has(name: &str) -> bool {
    match name {
        "jit" => innkeeper_jit::SUPPORTED,
        "kvm" => no_kvm().is_none(),
        "unicorn" => crate::engine::locate_oracle().is_ok(),
        "qemu" => Board::default().row().qemu.is_some_and(|(program, _)| in_path(program).is_some()),
        _ => false,
    }
}

/// Whether the environment demands `name`.
pub fn required(name: &str) -> bool {
    std::env::var(REQUIRE).is_ok_and(|list| list.split(',').any(|word| word.trim() == name))
}

/// Refuses capabilities demanded by the environment that nobody has heard of.
pub fn check_required() -> anyhow::Result<()> {
    let list = std::env::var(REQUIRE).unwrap_or_default();
    let words = list.split(',').map(str::trim).filter(|w| !w.is_empty());
    let unknown: Vec<&str> = words.filter(|w| !KNOWN.contains(w) && !OF_TESTS.contains(w)).collect();
    anyhow::ensure!(unknown.is_empty(), "{REQUIRE} names unknown capabilities: {}", unknown.join(", "));
    Ok(())
}

/// Where a program is in `$PATH`.
pub fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|d: PathBuf| d.join(program)).find(|p: &PathBuf| Path::is_file(p))
}

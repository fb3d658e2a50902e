//! What this build on this host can do. Decided without waiting for anything: tests are listed
//! on every run, twice.

use std::path::{Path, PathBuf};

use super::machine::Accel;

/// Capabilities a scenario may name in `skip_when`.
pub const KNOWN: &[&str] = &["jit", "kvm", "unicorn", "qemu"];

/// Environment variable with capabilities whose lack is a failure instead of a skip.
pub const REQUIRE: &str = "INNKEEPER_REQUIRE";

/// Whether `accel` exists in this build.
pub fn built(accel: Accel) -> bool {
    match accel {
        Accel::Interp => true,
        Accel::Jit | Accel::Kvm => false,
    }
}

/// The sentence that refuses `accel`.
pub fn refusal(accel: Accel) -> String {
    format!("this build has no accelerator `{}`; it has `interp`", accel.as_str())
}

/// Whether capability `name` is there.
pub fn has(name: &str) -> bool {
    match name {
        "jit" => built(Accel::Jit),
        "kvm" => built(Accel::Kvm),
        "unicorn" => crate::engine::locate_oracle().is_ok(),
        "qemu" => in_path("qemu-system-aarch64").is_some(),
        _ => false,
    }
}

/// Whether the environment demands `name`.
pub fn required(name: &str) -> bool {
    std::env::var(REQUIRE).is_ok_and(|list| list.split(',').any(|word| word.trim() == name))
}

/// Capabilities demanded by the environment that nobody has heard of.
pub fn unknown_required() -> Vec<String> {
    let list = std::env::var(REQUIRE).unwrap_or_default();
    let words = list.split(',').map(str::trim).filter(|w| !w.is_empty());
    words.filter(|w| !KNOWN.contains(w)).map(Into::into).collect()
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|d: PathBuf| d.join(program)).find(|p: &PathBuf| Path::is_file(p))
}

//! What a test needs of this machine.

use std::path::{Path, PathBuf};

/// Whether the environment demands `name`.
pub fn required(name: &str) -> bool {
    std::env::var("INNKEEPER_REQUIRE").is_ok_and(|list| list.split(',').any(|word| word.trim() == name))
}

/// Where a program is. Daemons are in folders that only root has in its path.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let daemons = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(daemons).map(|dir| dir.join(name)).find(|p| Path::is_file(p))
}

/// Why tests that start `programs` cannot run.
pub fn lacking(programs: &[&str]) -> Option<String> {
    let missing: Vec<&str> = programs.iter().copied().filter(|name| program(name).is_none()).collect();
    let list = missing.join(", ");
    (!missing.is_empty()).then(|| format!("no {list} on this machine: ci/setup --with-peers installs them"))
}

//! Golden files: compared line by line, rewritten when `INNKEEPER_BLESS=1`. Part of each test target
//! that has goldens, in other crates too.

use std::fs;
use std::path::PathBuf;

/// `golden/<name>` of the repository.
pub fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../golden", name].iter().collect()
}

/// Whether goldens are to be rewritten.
pub fn blessing() -> bool {
    std::env::var_os("INNKEEPER_BLESS").is_some_and(|v| v == "1")
}

/// The golden's text; empty when there is none.
pub fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_default()
}

/// Rewrites a golden.
pub fn write(name: &str, text: &str) {
    let path = path(name);
    let dir = path.parent().expect("goldens are in a directory");
    fs::create_dir_all(dir).and_then(|()| fs::write(&path, text)).expect("golden/ is writable");
}

/// Fails with the first differences and the command that accepts them, unless blessing.
pub fn check(test: &str, name: &str, actual: &str) {
    let expected = read(name);
    if expected == actual {
        return;
    }
    if blessing() {
        write(name, actual);
        return;
    }
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let gone = old.iter().filter(|l| !new.contains(l)).take(12).map(|l| format!("- {l}\n"));
    let come = new.iter().filter(|l| !old.contains(l)).take(12).map(|l| format!("+ {l}\n"));
    let diff: String = gone.chain(come).collect();
    panic!("golden/{name} differs:\n{diff}{}", bless_command(test));
}

/// What to type to accept the present behaviour.
pub fn bless_command(test: &str) -> String {
    let (package, target) = (env!("CARGO_PKG_NAME"), env!("CARGO_CRATE_NAME"));
    format!("to accept: INNKEEPER_BLESS=1 cargo test -p {package} --test {target} {test}")
}

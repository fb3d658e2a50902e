//! Goldens of scenarios: `golden/scenarios/<dirs>/<scenario>/<name>.snap`; conversations of clipboards:
//! `golden/clipboard/<dirs>/<scenario>.snap`, where a first folder `clipboard` is left out; in the same way
//! what became known of addresses, `golden/addresses/<dirs>/<scenario>.snap`, and tables of them,
//! `golden/addresses/<dirs>/<scenario>/<name>.snap`.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::diag::{Code, Diagnostic};
use crate::scenario::find::Project;
use crate::scenario::{Day, Loaded};

/// The directory of a scenario's goldens. Cells share it: a machine variant that prints something
/// else has to say so in a scenario of its own.
pub fn directory(project: &Project, scenario: &str) -> PathBuf {
    let mut dir = project.goldens();
    dir.extend(scenario.split("::"));
    dir
}

/// The directory and the name of the golden of a scenario's clipboard.
pub fn conversation(project: &Project, scenario: &str) -> (PathBuf, String) {
    place(project.conversations(), scenario.strip_prefix("clipboard::").unwrap_or(scenario))
}

/// The directory and the name of the golden of a scenario's addresses. Its tables are in the folder of that
/// name.
pub fn addresses(project: &Project, scenario: &str) -> (PathBuf, String) {
    place(project.addresses(), scenario.strip_prefix("addresses::").unwrap_or(scenario))
}

fn place(mut directory: PathBuf, path: &str) -> (PathBuf, String) {
    let (folders, name) = path.rsplit_once("::").unwrap_or(("", path));
    directory.extend(folders.split("::").filter(|f| !f.is_empty()));
    (directory, name.into())
}

/// Goldens that no snapshot step of `loaded` refers to.
pub fn unreferenced(project: &Project, loaded: &[Loaded]) -> io::Result<Vec<Diagnostic>> {
    let mut referenced = BTreeSet::new();
    for l in loaded {
        let steps = l.scenario.steps.iter().flatten().filter_map(|s| s.snapshot.as_ref());
        referenced.extend(steps.map(|s| directory(project, &l.name).join(format!("{}.snap", s.name))));
        if l.scenario.clipboard.is_some() {
            let (directory, name) = conversation(project, &l.name);
            referenced.insert(directory.join(format!("{name}.snap")));
        }
        if l.scenario.addresses.is_some() {
            let (directory, name) = addresses(project, &l.name);
            referenced.insert(directory.join(format!("{name}.snap")));
            let tables = l.scenario.steps.iter().flatten().filter_map(|s| s.domifaddr.as_ref());
            referenced.extend(tables.map(|t| directory.join(&name).join(format!("{}.snap", t.name))));
        }
    }
    let mut errors = Vec::new();
    let folders = [project.goldens(), project.conversations(), project.addresses()];
    let goldens = folders.iter().map(|dir| files(dir)).collect::<Result<Vec<_>, _>>()?;
    for path in goldens.into_iter().flatten() {
        // What insta leaves of a failed comparison is not a golden.
        let pending = path.extension().is_some_and(|e| e == "new");
        if !pending && !referenced.contains(&path) {
            let message = format!("no scenario refers to {}", path.display());
            errors.push(
                Diagnostic::bare(Code::Golden, message)
                    .help("delete it, or restore the step that compared it"),
            );
        }
    }
    Ok(errors)
}

/// Every file below `dir`, sorted; none when it does not exist.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut todo) = (Vec::new(), vec![dir.to_path_buf()]);
    while let Some(dir) = todo.pop() {
        let entries = match std::fs::read_dir(&dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() { todo.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// Today, for quarantines: the host's calendar, or `INNKEEPER_TODAY` in tests.
pub fn today() -> Day {
    if let Some(day) = std::env::var("INNKEEPER_TODAY").ok().and_then(|t| Day::parse(&t)) {
        return day;
    }
    #[expect(clippy::disallowed_methods, reason = "a quarantine's date is about the calendar, not the guest")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Day::from_unix(now.map_or(0, |d| d.as_secs()))
}

//! What a run leaves behind: `target/innkeeper/<run-id>/<test>/<attempt>/`.

use std::io;
use std::path::{Path, PathBuf};

use super::session::{Session, stop_text};
use super::steps::register_text;
use super::verdict::Verdict;
use crate::scenario::find::Project;

/// Names the run when several processes belong to it.
pub const RUN_ID: &str = "INNKEEPER_RUN_ID";

/// The run's id: nextest's, our parent's, or one of our own.
pub fn run_id() -> String {
    for variable in [RUN_ID, "NEXTEST_RUN_ID"] {
        if let Ok(id) = std::env::var(variable)
            && !id.is_empty()
            && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        {
            return id;
        }
    }
    #[expect(clippy::disallowed_methods, reason = "a name for a directory, not guest time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("{}-{}", now.map_or(0, |d| d.as_secs()), std::process::id())
}

/// The directory of a test's name: `::` and `=` are awkward in paths.
fn directory_name(test: &str) -> String {
    test.replace("::", "/")
}

/// A new directory for an attempt at `test`. nextest's number is taken if it is free; an earlier
/// attempt is never overwritten.
pub fn new_attempt(project: &Project, run: &str, test: &str) -> io::Result<(PathBuf, u32)> {
    let base = project.runs().join(run).join(directory_name(test));
    std::fs::create_dir_all(&base)?;
    let wanted = std::env::var("NEXTEST_ATTEMPT").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    for attempt in wanted..u32::MAX {
        let dir = base.join(attempt.to_string());
        match std::fs::create_dir(&dir) {
            Ok(()) => return Ok((dir, attempt)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other("no free attempt number"))
}

/// Everything the machine can tell. Each file by itself: one that fails does not cost the others.
pub fn collect(dir: &Path, session: &mut Session) -> Vec<io::Error> {
    let guest = &mut session.guest;
    let stopped = session.stopped.as_ref().map_or("is running".into(), stop_text);
    let registers = format!("{}\nthe guest {stopped}\n", register_text(&guest.registers()));
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("console.txt", session.console.text().into()),
        ("registers.txt", registers.into()),
        ("disassembly.txt", guest.disassembly().into()),
        ("history.txt", guest.history().into()),
        ("input.rec", guest.recording()),
    ];
    files.extend(session.clipboard.as_ref().map(|c| ("clipboard.txt", c.conversation().into())));
    files.extend(session.addresses.iter().flat_map(|a| {
        [("addresses.txt", a.conversation().into()), ("addresses.json", a.json().into_bytes())]
    }));
    files.extend(guest.translation().map(|text| ("translation.txt", text.into())));
    files.into_iter().filter_map(|(name, content)| std::fs::write(dir.join(name), content).err()).collect()
}

/// Writes `verdict.json`.
pub fn write_verdict(verdict: &Verdict) -> io::Result<()> {
    let text = serde_json::to_string_pretty(verdict).map_err(io::Error::other)?;
    std::fs::write(verdict.evidence.join("verdict.json"), text + "\n")
}

/// Reads a `verdict.json`.
pub fn read_verdict(dir: &Path) -> io::Result<Verdict> {
    serde_json::from_str(&std::fs::read_to_string(dir.join("verdict.json"))?).map_err(io::Error::other)
}

//! Where scenarios, goldens and assets live, and how a test's name maps to a file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::diag::{Code, Diagnostic, Source};

/// How to have a first scenario.
const BEGIN: &str = "begin with a file scenarios/hello.yaml:

  scenario: 1
  name: hello
  machine: {kernel: {file: hello.elf}}
  steps:
    - wait_console: {text: hello}

every field: harness/docs/writing-scenarios.md in Innkeeper's sources, or `innkeeper schema`; a file anywhere:
`innkeeper run FILE`; a project elsewhere: set INNKEEPER_ROOT to the folder that has `scenarios` in it";

/// A directory with `scenarios/`, `golden/` and `target/`.
#[derive(Clone, Debug)]
pub struct Project {
    /// The directory.
    pub root: PathBuf,
    /// The environment variable that named it.
    named_by: Option<&'static str>,
    assets: Arc<OnceLock<Assets>>,
}

/// Names and hashes of the committed guests.
type Assets = BTreeMap<String, String>;

/// A scenario file, not yet read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScenarioFile {
    /// Test name without a cell: `console::hello`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

impl Project {
    /// The project whose root is `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Project { root: root.into(), named_by: None, assets: Arc::default() }
    }

    /// The project around the environment: named by `INNKEEPER_ROOT` or nextest, else the nearest
    /// directory above the current one that holds `scenarios`.
    pub fn discover() -> io::Result<Self> {
        for variable in ["INNKEEPER_ROOT", "NEXTEST_WORKSPACE_ROOT"] {
            if let Some(root) = std::env::var_os(variable) {
                return Ok(Project { named_by: Some(variable), ..Project::at(root) });
            }
        }
        let here = std::env::current_dir()?;
        let root = here.ancestors().find(|d| d.join("scenarios").is_dir()).unwrap_or(&here);
        Ok(Project::at(root))
    }

    /// The project a file belongs to: the parent of a directory `scenarios` above it, else its own.
    pub fn of_file(path: &Path) -> Self {
        let path = plain(path);
        let scenarios = path.ancestors().skip(1).find(|d| d.file_name().is_some_and(|n| n == "scenarios"));
        let root = scenarios.and_then(Path::parent).or(path.parent()).unwrap_or(Path::new("."));
        Project::at(root)
    }

    /// Directory of scenarios.
    pub fn scenarios(&self) -> PathBuf {
        self.root.join("scenarios")
    }

    /// Directory of scenario goldens.
    pub fn goldens(&self) -> PathBuf {
        self.root.join("golden/scenarios")
    }

    /// Directory of the conversations of clipboards.
    pub fn conversations(&self) -> PathBuf {
        self.root.join("golden/clipboard")
    }

    /// Directory of what became known of addresses.
    pub fn addresses(&self) -> PathBuf {
        self.root.join("golden/addresses")
    }

    /// Directory in which runs leave what they have found.
    pub fn runs(&self) -> PathBuf {
        self.root.join("target/innkeeper")
    }

    /// The file of asset `name`.
    pub fn asset_path(&self, name: &str) -> PathBuf {
        self.scenarios().join("guests/bin").join(format!("{name}.elf"))
    }

    /// Names and hashes in the manifest `scenarios/guests/bin/SHA256SUMS`; read once.
    pub fn assets(&self) -> &BTreeMap<String, String> {
        self.assets.get_or_init(|| {
            let manifest = self.scenarios().join("guests/bin/SHA256SUMS");
            let text = std::fs::read_to_string(manifest).unwrap_or_default();
            let lines = text.lines().filter_map(|l| l.split_once("  "));
            let entry = |(hash, file): (&str, &str)| Some((file.strip_suffix(".elf")?.into(), hash.into()));
            lines.filter_map(entry).collect()
        })
    }

    /// Test name of the file at `path`.
    pub fn name_of(&self, path: &Path) -> String {
        let (path, base) = (plain(path), plain(&self.scenarios()));
        let relative =
            path.strip_prefix(&base).unwrap_or_else(|_| Path::new(path.file_name().unwrap_or_default()));
        let parts: Vec<_> =
            relative.with_extension("").iter().map(|p| p.to_string_lossy().into_owned()).collect();
        parts.join("::")
    }

    /// The file of a test: the name maps straight to a path, no other file is looked at.
    pub fn file_of(&self, test: &str) -> Option<ScenarioFile> {
        let base: Vec<&str> = test.split("::").take_while(|part| !part.contains('=')).collect();
        if base.iter().any(|p| p.is_empty() || p.starts_with(['.', '_']) || p.contains(['/', '\\'])) {
            return None;
        }
        let mut path = self.scenarios();
        path.extend(&base);
        path.add_extension("yaml");
        path.is_file().then(|| ScenarioFile { name: base.join("::"), path })
    }

    /// Every scenario file of the project, by name; none where there is no directory of them.
    pub fn files(&self) -> io::Result<Vec<ScenarioFile>> {
        let dir = self.scenarios();
        if dir.is_dir() { self.files_under(&dir) } else { Ok(Vec::new()) }
    }

    /// The error for a project without scenarios: where they were looked for, and how to begin.
    pub fn nothing_found(&self) -> Diagnostic {
        let (dir, root) = (self.scenarios(), self.root.display());
        let message = match self.named_by {
            _ if dir.is_dir() => format!("no scenario file (*.yaml) below {}", dir.display()),
            Some(variable) => {
                format!("no folder {}, where {variable} says that scenarios are", dir.display())
            }
            None => format!("no folder `scenarios` in {root} or in any folder above it"),
        };
        Diagnostic::bare(Code::NothingFound, message).help(BEGIN)
    }

    /// Every scenario file under `dir`, by name. Directories that begin with `_` or `.` and the
    /// guests' sources are left out.
    pub fn files_under(&self, dir: &Path) -> io::Result<Vec<ScenarioFile>> {
        let mut found = Vec::new();
        let mut todo = vec![dir.to_path_buf()];
        while let Some(dir) = todo.pop() {
            let failed =
                |e: io::Error| io::Error::new(e.kind(), format!("failed to read {}: {e}", dir.display()));
            for entry in std::fs::read_dir(&dir).map_err(failed)? {
                let entry = entry?;
                let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
                if name.starts_with(['_', '.']) {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    if path != self.scenarios().join("guests") {
                        todo.push(path);
                    }
                } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
                    found.push(ScenarioFile { name: self.name_of(&path), path });
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Reads a file; its path is shown relative to the current directory where it is below it.
    pub fn read(path: &Path) -> io::Result<Arc<Source>> {
        let text = std::fs::read_to_string(path)?;
        let here = std::env::current_dir().unwrap_or_default();
        let shown = path.strip_prefix(&here).unwrap_or(path).to_path_buf();
        Ok(Arc::new(Source { path: shown, text }))
    }
}

/// The absolute path without `.` and `..`. Links stay: a scenario is called as it is reached.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

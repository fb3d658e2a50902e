//! Which tests: from paths and names to loaded scenarios and their cells.

use std::path::{Path, PathBuf};

use crate::diag::{Code, Diagnostic};
use crate::scenario::find::{Project, ScenarioFile};
use crate::scenario::{Cell, Loaded, load};

/// Scenarios, and which of their cells are meant.
pub struct Selection {
    /// Each with the project it belongs to.
    pub scenarios: Vec<(Project, Loaded)>,
    /// Names that cells have to match; all when empty.
    names: Vec<Wanted>,
}

enum Wanted {
    /// Every cell of this scenario.
    File(PathBuf),
    /// Exactly this test.
    Exact(String),
    /// Tests whose name contains this.
    Part(String),
}

impl Wanted {
    fn covers(&self, loaded: &Loaded, cell: &Cell) -> bool {
        match self {
            Wanted::File(path) => loaded.path.starts_with(path),
            Wanted::Exact(name) => cell.name == *name || loaded.name == *name,
            Wanted::Part(part) => cell.name.contains(part.as_str()),
        }
    }
}

impl Selection {
    /// Resolves `words`: paths that exist, exact names, else parts of names; all of `scenarios/`
    /// when there are none. A file in error, or a word that selects nothing, is an error: nothing
    /// may pass because it did not run.
    pub fn new(project: &Project, words: &[String]) -> anyhow::Result<Result<Self, Vec<Diagnostic>>> {
        let (mut files, mut names, mut errors) =
            (Vec::<(Project, ScenarioFile)>::new(), Vec::new(), Vec::new());
        let own = |f: ScenarioFile| (project.clone(), f);
        if words.is_empty() {
            files.extend(project.files()?.into_iter().map(own));
        }
        for word in words {
            let path = Path::new(word);
            if let Some(file) = project.file_of(word) {
                files.push(own(file));
                names.push(Wanted::Exact(word.clone()));
            } else if path.exists() {
                let path = std::path::absolute(path)?;
                let owner = if path.starts_with(&project.root) {
                    project.clone()
                } else {
                    Project::of_file(&path.join("x"))
                };
                let found = if path.is_dir() {
                    owner.files_under(&path)?
                } else {
                    vec![ScenarioFile { name: owner.name_of(&path), path: path.clone() }]
                };
                files.extend(found.into_iter().map(|f| (owner.clone(), f)));
                names.push(Wanted::File(path));
            } else {
                files.extend(project.files()?.into_iter().map(own));
                names.push(Wanted::Part(word.clone()));
            }
        }
        files.sort_by(|a, b| a.1.cmp(&b.1));
        files.dedup_by(|a, b| a.1 == b.1);
        let mut scenarios = Vec::new();
        for (project, file) in files {
            match load::load(&project, &file.path) {
                Ok(loaded) => scenarios.push((project, loaded)),
                Err(found) => errors.extend(found),
            }
        }
        let selection = Selection { scenarios, names };
        if errors.is_empty() {
            errors = selection.unmatched(project, words);
        }
        Ok(if errors.is_empty() { Ok(selection) } else { Err(errors) })
    }

    fn unmatched(&self, project: &Project, words: &[String]) -> Vec<Diagnostic> {
        let nothing =
            |w: &Wanted| !self.scenarios.iter().any(|(_, l)| l.cells.iter().any(|c| w.covers(l, c)));
        let mut errors: Vec<_> = (self.names.iter().zip(words))
            .filter(|(w, _)| nothing(w))
            .map(|(_, word)| Diagnostic::bare(Code::NothingFound, format!("`{word}` selects no test")))
            .collect();
        let asked_for_all = words.is_empty() || self.names.iter().any(|w| matches!(w, Wanted::Part(_)));
        if asked_for_all && self.scenarios.is_empty() {
            errors.push(project.nothing_found());
        }
        errors
    }

    /// The cells selected, by name, with their projects.
    pub fn jobs(&self) -> impl Iterator<Item = (&Project, &Loaded, &Cell)> {
        let all = self.scenarios.iter().flat_map(|(p, l)| l.cells.iter().map(move |c| (p, l, c)));
        all.filter(|(_, l, c)| self.names.is_empty() || self.names.iter().any(|w| w.covers(l, c)))
    }

    /// The cells selected, by name.
    pub fn cells(&self) -> impl Iterator<Item = (&Loaded, &Cell)> {
        self.jobs().map(|(_, l, c)| (l, c))
    }
}

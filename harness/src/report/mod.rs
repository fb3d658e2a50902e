//! Reports: renderings of verdicts.

pub mod junit;
pub mod progress;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::run::verdict::{Class, Verdict};

/// What came of one selected test.
pub enum Entry {
    /// It ran.
    Ran(Box<Verdict>),
    /// It was skipped when tests were listed.
    Skipped {
        /// Full test name.
        test: String,
        /// What is lacking, and why that matters.
        because: String,
    },
}

impl Entry {
    /// Full test name.
    pub fn test(&self) -> &str {
        match self {
            Entry::Ran(v) => &v.test,
            Entry::Skipped { test, .. } => test,
        }
    }

    /// Whether the run has failed because of it.
    pub fn failed(&self) -> bool {
        matches!(self, Entry::Ran(v) if !v.class.passes())
    }

    /// One line; for failures what a person needs to know.
    pub fn text(&self) -> String {
        match self {
            Entry::Skipped { test, because } => format!("SKIP {test} ({because})\n"),
            Entry::Ran(v) => {
                let word = match v.class {
                    Class::Pass => "PASS",
                    Class::QuarantinedFail => "QUAR",
                    _ => "FAIL",
                };
                let line = format!("{word} {} ({} ms)\n", v.test, v.host_ms);
                if v.class == Class::Pass { line } else { line + &v.text() }
            }
        }
    }
}

/// A report asked for on the command line: `junit=FILE` or `json=FILE`.
#[derive(Clone, Debug)]
pub struct Wanted {
    kind: Kind,
    file: PathBuf,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Junit,
    Json,
}

impl std::str::FromStr for Wanted {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let (kind, file) = s.split_once('=').ok_or("expected junit=FILE or json=FILE")?;
        let kind = match kind {
            "junit" => Kind::Junit,
            "json" => Kind::Json,
            other => return Err(format!("no report `{other}`; there are junit and json")),
        };
        if file.is_empty() {
            return Err("the file's name is missing".into());
        }
        Ok(Wanted { kind, file: file.into() })
    }
}

impl Wanted {
    /// Writes the report.
    pub fn write(&self, run_id: &str, entries: &[Entry]) -> anyhow::Result<()> {
        if let Some(dir) = self.file.parent().filter(|d| *d != Path::new("")) {
            std::fs::create_dir_all(dir)?;
        }
        let text = match self.kind {
            Kind::Junit => junit::text(entries)?,
            Kind::Json => json_text(run_id, entries)?,
        };
        std::fs::write(&self.file, text)?;
        Ok(())
    }
}

fn json_text(run_id: &str, entries: &[Entry]) -> serde_json::Result<String> {
    let tests: Vec<_> = entries
        .iter()
        .map(|e| match e {
            Entry::Ran(v) => json!(v),
            Entry::Skipped { test, because } => json!({"test": test, "class": "skipped", "message": because}),
        })
        .collect();
    let report = json!({"format": 1, "run": run_id, "summary": counts(entries), "tests": tests});
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

/// Number of tests by outcome.
pub fn counts(entries: &[Entry]) -> std::collections::BTreeMap<&'static str, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for e in entries {
        let word = match e {
            Entry::Ran(v) => v.class.as_str(),
            Entry::Skipped { .. } => "skipped",
        };
        *counts.entry(word).or_default() += 1;
    }
    counts
}

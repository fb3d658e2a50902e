//! From text to a typed scenario and its cells, with every error found on the way.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_path_to_error::Segment;
use serde_yaml::Value;

use super::cell::{Cell, Loaded};
use super::document::{Document, Finding};
use super::find::Project;
use super::node::{self, Node, Seg};
use super::{Scenario, check, matrix, suggest};
use crate::diag::{Code, Diagnostic, Source};

/// Structure errors reported per file; beyond that the file is something else.
const MAX_ERRORS: usize = 40;

/// Loads the scenario at `path`.
pub fn load(project: &Project, path: &Path) -> Result<Loaded, Vec<Diagnostic>> {
    let source = Project::read(path).map_err(|e| {
        vec![Diagnostic::bare(Code::NoFile, format!("failed to read {}: {e}", path.display()))]
    })?;
    load_source(project, path, &source)
}

/// Loads a scenario from its text.
pub fn load_source(project: &Project, path: &Path, source: &Arc<Source>) -> Result<Loaded, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let Some(tree) = node::read(source, &mut errors) else { return Err(errors) };
    if let Some(d) = wrong_version(&tree, source) {
        errors.push(d);
        return Err(errors);
    }
    if !errors.is_empty() {
        // serde_yaml would stumble over the same keys and anchors a second time.
        return Err(errors);
    }
    let value = match serde_yaml::from_str::<Value>(&source.text) {
        Ok(value) => value,
        Err(e) => return Err(vec![syntax(source, &e)]),
    };
    let name = project.name_of(path);
    let doc = Document { project, path, name: &name, source: source.clone(), tree, value };
    let (scenario, mut findings, removed) = typed(&doc);
    let mut cells = Vec::new();
    if let Some(scenario) = &scenario {
        let mut more = check::document(&doc, scenario);
        cells = expand(&doc, scenario, &mut more);
        more.retain(|f| !removed.iter().any(|r| r.starts_with(&f.path) || f.path.starts_with(r)));
        findings.append(&mut more);
    }
    match scenario {
        Some(scenario) if findings.is_empty() => {
            Ok(Loaded { name, path: path.into(), source: source.clone(), scenario, cells })
        }
        _ => {
            let mut errors: Vec<_> = findings.into_iter().map(|f| f.diagnostic).collect();
            errors.sort_by_key(|d| d.labels.first().map_or(0, |l| l.span.start));
            Err(errors)
        }
    }
}

fn wrong_version(tree: &Node, source: &Arc<Source>) -> Option<Diagnostic> {
    let (key, value) = tree.entries().first()?;
    let help = "this build reads version 1: begin the file with `scenario: 1`";
    let (span, message) = match (key.text(), value.text()) {
        (Some("scenario"), Some("1")) => return None,
        (Some("scenario"), _) => (value.span.clone(), "unknown scenario version"),
        _ => (key.span.clone(), "the first key is not `scenario`"),
    };
    Some(Diagnostic::at(Code::Version, source, span, message).help(help))
}

fn syntax(source: &Arc<Source>, e: &serde_yaml::Error) -> Diagnostic {
    let at = e.location().map_or(0, |l| l.index().min(source.text.len()));
    Diagnostic::at(Code::Syntax, source, at..at + 1, format!("not YAML: {e}"))
}

/// The typed document. After a structure error the offending field is taken out and parsing is
/// tried again, so that one run shows them all; the fields taken out are returned.
fn typed(doc: &Document<'_>) -> (Option<Scenario>, Vec<Finding>, Vec<Vec<Seg>>) {
    let (mut findings, mut removed) = (Vec::new(), Vec::<Vec<Seg>>::new());
    let mut value = doc.value.clone();
    while findings.len() < MAX_ERRORS {
        let error = match serde_path_to_error::deserialize::<_, Scenario>(&value) {
            Ok(scenario) => return (Some(scenario), findings, removed),
            Err(e) => e,
        };
        let path = segments(error.path());
        let message = error.inner().to_string();
        let (diagnostic, field) = explain(doc, &path, &message);
        let missing = field.map(|f| [path.as_slice(), &[Seg::Key(f)]].concat());
        if !missing.as_ref().is_some_and(|m| removed.contains(m)) {
            findings.push(Finding { path: path.clone(), diagnostic });
        }
        match take_out(&mut value, &path) {
            Some(gone) => removed.push(gone),
            None => break,
        }
    }
    (None, findings, removed)
}

fn segments(path: &serde_path_to_error::Path) -> Vec<Seg> {
    path.iter()
        .filter_map(|s| match s {
            Segment::Seq { index } => Some(Seg::Index(*index)),
            Segment::Map { key } => Some(Seg::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// Removes the field at `path`, or the nearest one above (taking an item out of a list would move
/// the others). Returns its path.
fn take_out(value: &mut Value, path: &[Seg]) -> Option<Vec<Seg>> {
    let last = path.iter().rposition(|s| matches!(s, Seg::Key(_)))?;
    let (parents, field) = path[..=last].split_at(last);
    let mut at = value;
    for seg in parents {
        at = match seg {
            Seg::Key(k) => at.get_mut(k.as_str())?,
            Seg::Index(i) => at.get_mut(*i)?,
        };
    }
    let Some(Seg::Key(key)) = field.first() else { return None };
    at.as_mapping_mut()?.shift_remove(key.as_str())?;
    Some(path[..=last].to_vec())
}

/// The words in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// A diagnostic from serde's message; for a missing field also its name.
fn explain(doc: &Document<'_>, path: &[Seg], message: &str) -> (Diagnostic, Option<String>) {
    let source = &doc.source;
    let words = quoted(message);
    if message.starts_with("unknown field") {
        let (name, known) = words.split_first().map_or(("", &[][..]), |(n, k)| (*n, k));
        let span = doc.tree.key_span(path);
        return (unknown_key(source, span, name, known), None);
    }
    if message.starts_with("missing field") {
        let field = words.first().copied().unwrap_or_default();
        let d = Diagnostic::at(
            Code::MissingKey,
            source,
            doc.tree.key_span(path),
            format!("missing key `{field}`"),
        )
        .label(format!("needs `{field}`"));
        return (d, Some(field.into()));
    }
    let span = doc.tree.value_span(path);
    if message.starts_with("unknown variant") {
        let (name, known) = words.split_first().map_or(("", &[][..]), |(n, k)| (*n, k));
        let d = Diagnostic::at(Code::UnknownWord, source, span, format!("`{name}` is not known here"))
            .help(suggest::help(name, known));
        return (d, None);
    }
    let (found, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let (kind, found) = found.split_once(": ").unwrap_or(("", found));
    let code = if kind == "invalid value" { Code::BadValue } else { Code::WrongType };
    let expected = plain_type(expected);
    let found = match found {
        "unit value" => "nothing",
        "map" => "a mapping",
        "sequence" => "a list",
        other => other,
    };
    let message =
        if expected.is_empty() { found.to_string() } else { format!("expected {expected}, found {found}") };
    let mut d = Diagnostic::at(code, source, span, message);
    if expected == "a text" && !["nothing", "a mapping", "a list"].contains(&found) {
        d = d.help("put it in quotes");
    }
    (d, None)
}

/// Rust's names for types in a YAML author's words.
fn plain_type(expected: &str) -> String {
    match expected {
        "a string" => "a text".into(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        other if other.starts_with("struct ") || other == "a map" => "a mapping".into(),
        other => other.into(),
    }
}

/// Keys of the format's later versions, and what they wait for.
const LATER: &[(&[&str], &str)] = &[
    (&["replay", "minimise", "debug"], "recordings come with the record and replay issue"),
    (&["wait_agent", "run"], "the guest agent comes with a later issue; use the console"),
    (&["host_sees"], "what the host's network sees comes with a later issue; use `addresses`"),
    (&["faults", "expect_fault"], "fault injection comes with a later issue"),
    (&["nics", "disks", "ports"], "virtio devices come with a later issue"),
    (
        &["init", "stop", "compare", "unicorn", "on_divergence"],
        "the differential check decides this by itself so far",
    ),
    (&["gates", "warm_up", "guest"], "gates and warm-up come with the benchmark issue"),
];

fn unknown_key(source: &Arc<Source>, span: Range<usize>, name: &str, known: &[&str]) -> Diagnostic {
    if let Some((_, sentence)) = LATER.iter().find(|(keys, _)| keys.contains(&name)) {
        return Diagnostic::at(Code::Later, source, span, format!("`{name}` is not in this build"))
            .help(*sentence);
    }
    Diagnostic::at(Code::UnknownKey, source, span, format!("unknown key `{name}`"))
        .help(suggest::help(name, known))
}

/// The cells of the document.
fn expand(doc: &Document<'_>, base: &Scenario, findings: &mut Vec<Finding>) -> Vec<Cell> {
    let Some(m) = &base.matrix else {
        return vec![Cell::new(doc.name.into(), Vec::new(), base.clone(), &Vec::new())];
    };
    let before = findings.len();
    check::matrix(doc, m, findings);
    if findings.len() > before {
        return Vec::new();
    }
    let mut cells = Vec::new();
    for choice in m.choices() {
        let mut value = doc.value.clone();
        for (path, v) in &choice {
            matrix::put(&mut value, path, (*v).clone());
        }
        let Ok(scenario) = serde_yaml::from_value::<Scenario>(value) else { continue };
        let key = |path: &str| path.rsplit('.').next().unwrap_or(path).to_string();
        let params: Vec<_> = choice.iter().map(|(p, v)| (key(p), matrix::value_text(v))).collect();
        let words: Vec<_> = params.iter().map(|(k, v)| format!("{k}={v}")).collect();
        cells.push(Cell::new(format!("{}::{}", doc.name, words.join(".")), params, scenario, &choice));
    }
    check::cells(doc, base, &cells, findings);
    cells
}

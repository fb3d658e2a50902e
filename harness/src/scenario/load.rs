//! From text to a typed scenario and its cells, with every error found on the way.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_path_to_error::Segment;
use serde_yaml::Value;

use super::find::Project;
use super::machine::Accel;
use super::node::{self, Node, Seg};
use super::{Quarantine, Scenario, SkipWhen, cap, check, matrix, suggest};
use crate::diag::{Code, Diagnostic, Source};

/// Structure errors reported per file; beyond that the file is something else.
const MAX_ERRORS: usize = 40;

/// A scenario without errors.
#[derive(Debug)]
pub struct Loaded {
    /// Test name without a cell.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The file's text.
    pub source: Arc<Source>,
    /// The document.
    pub scenario: Scenario,
    /// Its tests, in order; one without a matrix.
    pub cells: Vec<Cell>,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Full test name: `dir::scenario::key=val.key=val`.
    pub name: String,
    /// Axis values, by the last part of the axis's path.
    pub params: Vec<(String, String)>,
    /// The document with the axis values put in.
    pub scenario: Scenario,
    /// The first need this build or host does not meet.
    pub lacks: Option<SkipWhen>,
    /// Quarantine in force for this cell.
    pub quarantine: Option<Quarantine>,
}

impl Cell {
    /// The test on another engine; none when its matrix has asked for one that is not `accel`, or its board
    /// does not run on that.
    pub fn on(&self, accel: Accel) -> Option<Cell> {
        let mut cell = self.clone();
        if let Some(machine) = &mut cell.scenario.machine {
            let other = cell.params.iter().any(|(k, v)| k == "accel" && v != accel.as_str());
            if other || machine.board().refuses(accel).is_some() {
                return None;
            }
            machine.accel = Some(accel);
            cell.lacks = lacks(&cell.scenario);
        }
        Some(cell)
    }

    /// Whether the test is listed as ignored: a need is unmet, and nobody insists on it.
    pub fn ignored(&self) -> bool {
        self.lacks.as_ref().is_some_and(|s| !cap::required(&s.lacks))
    }
}

/// An error with the path of the field it is about, for dropping what follows from another error.
pub(super) struct Finding {
    /// The field.
    pub path: Vec<Seg>,
    /// The error.
    pub diagnostic: Diagnostic,
}

/// A document being loaded.
pub(super) struct Document<'a> {
    pub project: &'a Project,
    pub path: &'a Path,
    pub name: &'a str,
    pub source: Arc<Source>,
    pub tree: Node,
    pub value: Value,
}

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
        return vec![cell(doc.name.into(), Vec::new(), base.clone(), &Vec::new())];
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
            put(&mut value, path, (*v).clone());
        }
        let Ok(scenario) = serde_yaml::from_value::<Scenario>(value) else { continue };
        let key = |path: &str| path.rsplit('.').next().unwrap_or(path).to_string();
        let params: Vec<_> = choice.iter().map(|(p, v)| (key(p), matrix::value_text(v))).collect();
        let words: Vec<_> = params.iter().map(|(k, v)| format!("{k}={v}")).collect();
        cells.push(cell(format!("{}::{}", doc.name, words.join(".")), params, scenario, &choice));
    }
    check::cells(doc, base, &cells, findings);
    cells
}

fn cell(
    name: String,
    params: Vec<(String, String)>,
    scenario: Scenario,
    choice: &matrix::Choice<'_>,
) -> Cell {
    let covers = |q: &&Quarantine| q.cells.as_ref().is_none_or(|s| s.selects(choice));
    let quarantine = scenario.quarantine.iter().find(covers).cloned();
    let lacks = lacks(&scenario);
    Cell { name, params, scenario, lacks, quarantine }
}

/// The first need that is not met. The oracle, which is built apart, and the translator, which not
/// every host has, are needed without saying so.
fn lacks(scenario: &Scenario) -> Option<SkipWhen> {
    let unmet = |s: &&SkipWhen| needs(scenario, &s.lacks) && !cap::has(&s.lacks);
    let implied = [
        ("unicorn", "the oracle is built apart: cargo build -p innkeeper-oracle"),
        ("jit", cap::NO_JIT),
        // The probe is made only where somebody asks.
        ("kvm", "this host has no usable KVM"),
    ];
    let implied = implied.map(|(lacks, because)| SkipWhen { lacks: lacks.into(), because: because.into() });
    let uses = |s: &&SkipWhen| match &scenario.differential {
        Some(d) => d.subjects.iter().any(|e| e.as_str() == s.lacks),
        None => scenario.machine.as_ref().is_some_and(|m| m.accel().as_str() == s.lacks),
    };
    let stated = scenario.skip_when.iter().find(unmet);
    let mut lacks = stated.or_else(|| implied.iter().find(|s| uses(s) && unmet(s))).cloned();
    if let Some(kvm) = lacks.as_mut().filter(|l| l.lacks == "kvm") {
        kvm.because = format!("{} ({})", kvm.because, cap::no_kvm().unwrap_or_default());
    }
    lacks
}

/// Whether a rule about capability `name` concerns this cell: those that are accelerators only
/// concern the cells that use them.
fn needs(scenario: &Scenario, name: &str) -> bool {
    let accel = scenario.machine.as_ref().map(|m| m.accel().as_str());
    match (name, &scenario.differential) {
        ("jit" | "kvm", None) => accel == Some(name),
        _ => true,
    }
}

/// Sets the field at a dotted path, making mappings on the way.
pub(super) fn put(value: &mut Value, path: &str, new: Value) {
    let mut at = value;
    for key in path.split('.') {
        if !at.is_mapping() {
            *at = Value::Mapping(serde_yaml::Mapping::new());
        }
        let Value::Mapping(map) = at else { return };
        at = map.entry(Value::String(key.into())).or_insert(Value::Null);
    }
    *at = new;
}

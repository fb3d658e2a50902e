//! What a schema cannot say: exactly one kind and one verb, names that exist and are unique,
//! regular expressions that compile, machines the board can be, matrices with cells.

mod addresses;
mod cells;
mod clipboard;
mod machine;
mod steps;

use std::ops::Range;

pub(super) use cells::{cells, matrix};

use super::document::{Document, Finding};
use super::machine::Board;
use super::node::Seg;
use super::{Day, Scenario, cap, suggest};
use crate::diag::{Code, Diagnostic};
use crate::generate::state;
use crate::guests;

/// Collects findings about one document.
pub(super) struct Checker<'a> {
    doc: &'a Document<'a>,
    /// The machine's.
    board: Board,
    found: Vec<Finding>,
}

/// A path from keys and indices.
macro_rules! field {
    ($base:expr $(, $seg:expr)*) => {{
        let path: Vec<$crate::scenario::node::Seg> = $base.to_vec();
        $( let path = { let mut p = path; p.push($crate::scenario::node::Seg::from($seg)); p }; )*
        path
    }};
}
use field;

impl Checker<'_> {
    fn value(&self, path: &[Seg]) -> Range<usize> {
        self.doc.tree.value_span(path)
    }

    fn key(&self, path: &[Seg]) -> Range<usize> {
        self.doc.tree.key_span(path)
    }

    fn push(&mut self, path: &[Seg], diagnostic: Diagnostic) {
        self.found.push(Finding { path: path.to_vec(), diagnostic });
    }

    /// An error at the value of `path`.
    fn at_value(&mut self, code: Code, path: &[Seg], message: impl Into<String>, help: &str) {
        let d = Diagnostic::at(code, &self.doc.source, self.value(path), message).help(help);
        self.push(path, d);
    }

    /// An error at the key of `path`.
    fn at_key(&mut self, code: Code, path: &[Seg], message: impl Into<String>, help: &str) {
        let d = Diagnostic::at(code, &self.doc.source, self.key(path), message).help(help);
        self.push(path, d);
    }

    /// Exactly one of `keys` below `path`.
    fn one_of(&mut self, path: &[Seg], keys: &[&str]) {
        let (_, node, _) = self.doc.tree.nearest(path);
        let given: Vec<Range<usize>> =
            keys.iter().filter_map(|k| node.entry(k)).map(|(k, _)| k.span.clone()).collect();
        let list = keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
        match &given[..] {
            [_] => {}
            [] => self.at_key(Code::OneOf, path, format!("one of {list} is needed"), "give exactly one"),
            [first, second, ..] => {
                let d = Diagnostic::at(
                    Code::OneOf,
                    &self.doc.source,
                    second.clone(),
                    format!("only one of {list} can be given"),
                )
                .label("and this")
                .also(first.clone(), "this")
                .help("give exactly one");
                self.push(path, d);
            }
        }
    }

    fn regex(&mut self, path: &[Seg], pattern: &str) {
        if let Err(e) = regex::Regex::new(pattern) {
            let text = e.to_string();
            let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
            self.at_value(
                Code::Regex,
                path,
                format!("the regular expression does not compile: {last}"),
                "in YAML, single quotes keep backslashes as they are",
            );
        }
    }

    /// The digest `sha256` below `path`, if one is given.
    fn sha256(&mut self, path: &[Seg], digest: Option<&str>) {
        if digest.is_some_and(|d| d.len() != 64 || !d.chars().all(|c| c.is_ascii_hexdigit())) {
            self.at_value(Code::BadValue, &field!(path, "sha256"), "not a SHA-256", "64 hexadecimal digits");
        }
    }

    fn not_empty(&mut self, path: &[Seg], text: &str) {
        if text.is_empty() {
            self.at_value(Code::Empty, path, "an empty text is everywhere", "give at least one character");
        }
    }
}

/// Everything that can be said about the document without its matrix.
pub(super) fn document(doc: &Document<'_>, s: &Scenario) -> Vec<Finding> {
    let mut c = Checker { doc, board: s.board(), found: Vec::new() };
    c.name(s);
    c.kind(s);
    c.needs(s);
    c.timeouts(s);
    if let Some(redact) = s.snapshots.as_ref().map(|s| &s.redact) {
        for (i, r) in redact.iter().enumerate() {
            c.regex(&field!([], "snapshots", "redact", i, "regex"), &r.regex);
        }
    }
    c.machine(s);
    c.clipboard(s);
    c.addresses(s);
    c.needs_machine(s);
    if let Some(steps) = &s.steps {
        c.steps(steps);
    }
    c.engines(s);
    c.found
}

impl Checker<'_> {
    fn name(&mut self, s: &Scenario) {
        let stem = self.doc.path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let good = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
        let path = field!([], "name");
        if !s.name.chars().all(good) || s.name.is_empty() {
            let help = "letters, digits and `_.+-`: names are used in filters and file names";
            self.at_value(Code::Name, &path, "a name with characters a test's name cannot have", help);
        } else if s.name != stem {
            let help = "a test's name leads straight to its file";
            self.at_value(Code::Name, &path, format!("the file is called `{stem}.yaml`"), help);
        } else if self.doc.path.extension().is_some_and(|e| e != "yaml") {
            self.at_value(Code::Name, &path, "the file does not end in `.yaml`", "rename it");
        }
        let folder_ok = self.doc.name.split("::").all(|part| !part.is_empty() && part.chars().all(good));
        if !folder_ok {
            let help = "letters, digits and `_.+-` in folder names too";
            self.at_value(Code::Name, &path, format!("`{}` cannot be a test's name", self.doc.name), help);
        }
    }

    fn kind(&mut self, s: &Scenario) {
        let given: Vec<(&str, Range<usize>)> = ["steps", "differential", "bench"]
            .into_iter()
            .filter_map(|k| Some((k, self.doc.tree.entry(k)?.0.span.clone())))
            .collect();
        match &given[..] {
            [] => {
                let help = "add `steps:`, `differential:` or `bench:`";
                self.at_key(
                    Code::NoKind,
                    &field!([], "scenario"),
                    "nothing says what the scenario does",
                    help,
                );
            }
            [_] => {}
            [(a, first), (b, second), ..] => {
                let d = Diagnostic::at(
                    Code::TwoKinds,
                    &self.doc.source,
                    second.clone(),
                    format!("both `{a}` and `{b}`"),
                )
                .label("second kind here")
                .also(first.clone(), "first kind here")
                .help("one file is one scenario of one kind: split it");
                self.push(&[], d);
            }
        }
        if s.steps.as_ref().is_some_and(Vec::is_empty) {
            self.at_key(
                Code::Empty,
                &field!([], "steps"),
                "no steps",
                "a scenario without steps shows nothing",
            );
        }
        if s.bench.as_ref().is_some_and(|b| b.metrics.is_empty()) {
            self.at_key(Code::Empty, &field!([], "bench", "metrics"), "no metrics", "name at least one");
        }
    }

    fn needs(&mut self, s: &Scenario) {
        for (i, rule) in s.skip_when.iter().enumerate() {
            if !cap::KNOWN.contains(&rule.lacks.as_str()) {
                let help = suggest::help(&rule.lacks, cap::KNOWN);
                let message = format!("unknown capability `{}`", rule.lacks);
                self.at_value(Code::Capability, &field!([], "skip_when", i, "lacks"), message, &help);
            }
            if rule.because.trim().is_empty() {
                let p = field!([], "skip_when", i, "because");
                self.at_value(
                    Code::Empty,
                    &p,
                    "a skip without a reason",
                    "say why, for whoever reads the report",
                );
            }
        }
        for (i, q) in s.quarantine.iter().enumerate() {
            let issue_ok = q.issue.starts_with("https://")
                || q.issue
                    .strip_prefix('#')
                    .is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
            if !issue_ok {
                let p = field!([], "quarantine", i, "issue");
                self.at_value(
                    Code::Issue,
                    &p,
                    "not an issue",
                    "an address (https://…) or a quoted number (\"#12\")",
                );
            }
        }
    }

    fn timeouts(&mut self, s: &Scenario) {
        let Some(t) = &s.timeouts else { return };
        if let (Some(test), Some(step)) = (t.test, t.step)
            && step > test
        {
            let p = field!([], "timeouts", "step");
            self.at_value(
                Code::Timeouts,
                &p,
                format!("a step may take {step}, the whole test {test}"),
                "lower one or raise the other",
            );
        }
        for (key, given) in [("test", t.test), ("step", t.step), ("host", t.host)] {
            if given.is_some_and(|g| g.0 == 0) {
                self.at_value(
                    Code::Timeouts,
                    &field!([], "timeouts", key),
                    "no time at all",
                    "leave it out for the default",
                );
            }
        }
    }

    fn engines(&mut self, s: &Scenario) {
        let Some(d) = &s.differential else { return };
        let base = field!([], "differential");
        if d.subjects.is_empty() {
            self.at_key(
                Code::Empty,
                &field!(base, "subjects"),
                "nothing to compare with",
                "name at least one engine",
            );
        }
        let guest = guests::of(d.arch);
        let reference = guest.reference();
        if d.reference != reference {
            let message = format!("`{}` cannot be the reference", d.reference.as_str());
            let help = format!("`reference: {}`, which every engine is compared with", reference.as_str());
            self.at_value(Code::Engines, &field!(base, "reference"), message, &help);
        }
        for (i, engine) in d.subjects.iter().enumerate() {
            let (p, name) = (field!(base, "subjects", i), engine.as_str());
            if !guest.engines.contains(engine) {
                let all: Vec<_> = guest.engines.iter().map(|e| format!("`{}`", e.as_str())).collect();
                let help = format!("there are {}", all.join(", "));
                let message = format!("`{name}` does not execute {}", d.arch.as_str());
                self.at_value(Code::Engines, &p, message, &help);
            } else if *engine == d.reference || d.subjects[..i].contains(engine) {
                let message = format!("`{name}` would be compared with itself");
                self.at_value(Code::Engines, &p, message, "name each engine once");
            }
        }
        self.one_of(&field!(base, "source"), &["generate", "case"]);
        if let Some(g) = d.source.generate.as_ref().filter(|g| guests::of_grammar(g.grammar).arch != d.arch) {
            let p = field!(base, "source", "generate", "grammar");
            let message = format!("`{}` is not of {}", g.grammar.as_str(), d.arch.as_str());
            self.at_value(
                Code::Engines,
                &p,
                message,
                "`a64-all` and its parts for aarch64, `x64-all` for x86_64",
            );
        }
        let insns = d.source.generate.as_ref().map(|g| g.insns);
        if insns.is_some_and(|n| n.min == 0 || n.min > n.max || n.max > 64) {
            let p = field!(base, "source", "generate", "insns");
            self.at_value(Code::Limits, &p, "not a range of instructions", "1 ≤ min ≤ max ≤ 64");
        }
        if let Some(c) = &d.source.case {
            for (key, text) in [("start", &c.start), ("end", &c.end)] {
                if let Err(e) = state::parse(guest.wire, text) {
                    let p = field!(base, "source", "case", key);
                    self.at_value(
                        Code::Register,
                        &p,
                        e,
                        "x0=0x1 v3=0x2 nzcv=0x4 [0x200000]=00ff, or rax=0x1 rflags=0x246",
                    );
                }
            }
        }
    }
}

/// Quarantines past their date. Not an error of [`super::load::load`]: the cells fail when run, the other
/// scenarios go on.
pub fn expired(loaded: &super::Loaded, today: Day) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let mut none = Vec::new();
    let Some(tree) = super::node::read(&loaded.source, &mut none) else { return errors };
    for (i, q) in loaded.scenario.quarantine.iter().enumerate().filter(|(_, q)| q.until < today) {
        let span = tree.value_span(&field!([], "quarantine", i, "until"));
        let d = Diagnostic::at(
            Code::Expired,
            &loaded.source,
            span,
            format!("the quarantine ended on {}", q.until),
        )
        .help(format!("mend it, or move the date with a reason given in {}", q.issue));
        errors.push(d);
    }
    errors
}

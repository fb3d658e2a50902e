//! What a file without errors gives: its document, and a test for each cell of its matrix.

use std::path::PathBuf;
use std::sync::Arc;

use super::machine::Accel;
use super::matrix::Choice;
use super::{Quarantine, Scenario, SkipWhen, cap};
use crate::diag::Source;

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
    /// The test of a document with the values of `choice` put in.
    pub(super) fn new(
        name: String,
        params: Vec<(String, String)>,
        scenario: Scenario,
        choice: &Choice<'_>,
    ) -> Self {
        let covers = |q: &&Quarantine| q.cells.as_ref().is_none_or(|s| s.selects(choice));
        let quarantine = scenario.quarantine.iter().find(covers).cloned();
        let lacks = lacks(&scenario);
        Cell { name, params, scenario, lacks, quarantine }
    }

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

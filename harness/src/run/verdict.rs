//! What came of a test.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

macro_rules! classes {
    ($($name:ident $text:literal $about:literal;)*) => {
        /// Why a test ended as it did: who has to look at it.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Class { $(#[doc = $about] #[serde(rename = $text)] $name,)* }
        impl Class {
            /// Every class.
            pub const ALL: &[Class] = &[$(Class::$name),*];
            /// As in `verdict.json`.
            pub fn as_str(self) -> &'static str {
                match self { $(Class::$name => $text,)* }
            }
        }
    };
}

classes! {
    Pass "pass" "All steps held.";
    Assertion "assertion" "The guest did something else than the scenario says.";
    GuestCrash "guest_crash" "The guest crashed with nothing to handle it.";
    GuestHang "guest_hang" "The guest sleeps for ever, or did not finish in time.";
    EmulatorBug "emulator_bug" "The emulator failed.";
    OracleDisagreement "oracle_disagreement" "Engines disagree.";
    Environment "environment" "The host lacks something, or stopped the run.";
    ScenarioError "scenario_error" "The scenario is wrong.";
    HarnessBug "harness_bug" "The harness failed.";
    QuarantinedFail "quarantined_fail" "Failed, as its quarantine says it would.";
    UnexpectedPass "unexpected_pass" "Passed although in quarantine.";
}

impl Class {
    /// Whether the test counts as passed.
    pub fn passes(self) -> bool {
        matches!(self, Class::Pass | Class::QuarantinedFail)
    }
}

/// A failure, before quarantine is looked at.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Who has to look at it.
    pub class: Class,
    /// A sentence.
    pub message: String,
    /// Further lines: nearest miss, differences, commands to run.
    pub details: Vec<String>,
}

impl Failure {
    /// A failure of class `class`.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Failure { class, message: message.into(), details: Vec::new() }
    }

    /// An assertion that did not hold.
    pub fn assertion(message: impl Into<String>) -> Self {
        Failure::new(Class::Assertion, message)
    }

    /// Adds a line.
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.details.push(text.into());
        self
    }
}

/// The step that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRef {
    /// Position, from 0.
    pub index: usize,
    /// The step's id, if it has one.
    pub id: Option<String>,
    /// Its verb.
    pub verb: String,
    /// Its line in the file.
    pub line: usize,
}

/// The content of `verdict.json`, of which every report is a rendering.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// Full test name.
    pub test: String,
    /// Outcome.
    pub class: Class,
    /// The outcome behind a quarantine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underlying: Option<Class>,
    /// First cause, in a sentence; empty for a pass.
    pub message: String,
    /// Further lines.
    #[serde(default)]
    pub details: Vec<String>,
    /// Where it failed.
    #[serde(default)]
    pub step: Option<StepRef>,
    /// The scenario.
    pub file: PathBuf,
    /// Issue of the quarantine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// Guest time at the end, ns.
    pub guest_ns: u64,
    /// Instructions retired.
    pub insns: u64,
    /// Host time, ms.
    pub host_ms: u64,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Directory with the evidence.
    pub evidence: PathBuf,
    /// Last lines of the console, for failures.
    #[serde(default)]
    pub console_tail: Vec<String>,
    /// The engine's counters, and what a bench measured.
    #[serde(default)]
    pub stats: serde_json::Value,
}

impl Verdict {
    /// What a person reads about a failure.
    pub fn text(&self) -> String {
        let mut t = format!("{}: {}\n", self.class.as_str(), self.message);
        if let Some(s) = &self.step {
            let id = s.id.as_ref().map(|id| format!(" `{id}`")).unwrap_or_default();
            let _ = writeln!(
                t,
                "  --> {}:{} (step {}{id}: {})",
                self.file.display(),
                s.line,
                s.index + 1,
                s.verb
            );
        } else {
            let _ = writeln!(t, "  --> {}", self.file.display());
        }
        for line in self.details.iter().flat_map(|d| d.lines()) {
            let _ = writeln!(t, "  {line}");
        }
        let guest_ms = self.guest_ns / 1_000_000;
        let _ = writeln!(t, "  after {guest_ms} ms of guest time, {} instructions", self.insns);
        if !self.console_tail.is_empty() {
            let _ = writeln!(t, "  console, last {} lines:", self.console_tail.len());
            for line in &self.console_tail {
                let _ = writeln!(t, "    | {line}");
            }
        }
        if self.class != Class::Pass {
            let _ = writeln!(t, "  evidence: {}", self.evidence.display());
        }
        t
    }
}

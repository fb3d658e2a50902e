//! Scenario files, schema version 1: the typed model. One struct per section, every alternative an
//! `Option` with `deny_unknown_fields`: tagged, untagged and flattened enums lose the place of an
//! error (harness/docs/decisions/0001). So do flattened structs: fields that two sections share stand in both, and
//! only what is made of them is shared. What serde cannot say is checked in [`check`].
//!
//! - [`units`]: scalars with a suffix
//! - [`net`]: scalars of networks
//! - [`node`]: where everything stands in the file
//! - [`load`]: text to model to cells, by way of `document` and `cell`
//! - [`find`]: files and test names

pub mod addresses;
pub mod cap;
mod cell;
pub mod check;
pub mod clipboard;
pub mod differential;
mod document;
pub mod find;
pub mod load;
pub mod machine;
pub mod matrix;
pub mod net;
pub mod node;
pub mod step;
pub mod suggest;
pub mod units;
pub mod words;

use schemars::JsonSchema;
use serde::Deserialize;

pub use cell::{Cell, Loaded};
pub use differential::{Bench, Differential};
pub use machine::{Accel, Machine};
pub use matrix::Matrix;
pub use step::Step;
pub use units::{Count, Day, Format, Hex, Number, Size, Span, TypeNumber, Wide};

/// A scenario file.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Format version, always the first key. This is version 1.
    pub scenario: u32,
    /// Name: that of the file without `.yaml`.
    pub name: String,
    /// What is shown, in a sentence.
    #[serde(default)]
    pub about: Option<String>,
    /// Words to select by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The machine the scenario runs on.
    #[serde(default)]
    pub machine: Option<Machine>,
    /// Copy and paste. Without a machine, with a scripted agent.
    #[serde(default)]
    pub clipboard: Option<clipboard::Section>,
    /// Which addresses a guest has. Its agent, lease file and frames are scripted, and there is no machine.
    #[serde(default)]
    pub addresses: Option<addresses::Section>,
    /// Limits in guest time.
    #[serde(default)]
    pub timeouts: Option<Timeouts>,
    /// Variants of this document, each a test of its own.
    #[serde(default)]
    pub matrix: Option<Matrix>,
    /// What the scenario cannot do without; decided when tests are listed.
    #[serde(default)]
    pub skip_when: Vec<SkipWhen>,
    /// Cells known to fail. They still run.
    #[serde(default)]
    pub quarantine: Vec<Quarantine>,
    /// Kind `steps`: what is done with the machine, in order.
    #[serde(default)]
    pub steps: Option<Vec<Step>>,
    /// Kind `differential`: random programs on several engines.
    #[serde(default)]
    pub differential: Option<Differential>,
    /// Kind `bench`: a guest whose speed is measured.
    #[serde(default)]
    pub bench: Option<Bench>,
    /// How snapshots are compared.
    #[serde(default)]
    pub snapshots: Option<Snapshots>,
}

/// What a scenario does, by the section it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `steps`.
    Steps,
    /// `differential`.
    Differential,
    /// `bench`.
    Bench,
}

impl Kind {
    /// The section's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Steps => "steps",
            Kind::Differential => "differential",
            Kind::Bench => "bench",
        }
    }
}

impl Scenario {
    /// The kind. [`check`] has made sure that exactly one section is there.
    pub fn kind(&self) -> Kind {
        match (&self.differential, &self.bench) {
            (Some(_), _) => Kind::Differential,
            (_, Some(_)) => Kind::Bench,
            _ => Kind::Steps,
        }
    }

    /// The machine's board, the default where there is no machine.
    pub fn board(&self) -> machine::Board {
        self.machine.as_ref().map(Machine::board).unwrap_or_default()
    }

    /// Limits with their defaults.
    pub fn limits(&self) -> Limits {
        let given = self.timeouts.unwrap_or_default();
        let test = given.test.unwrap_or(Limits::DEFAULT_TEST);
        Limits {
            test,
            step: given.step.unwrap_or(Limits::DEFAULT_STEP).min(test),
            host: given.host.unwrap_or(Limits::DEFAULT_HOST),
        }
    }
}

/// Limits in guest time; `host` alone is host time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// For the whole run of the guest (30s).
    #[serde(default)]
    pub test: Option<Span>,
    /// For each step that waits, unless it has its own (10s).
    #[serde(default)]
    pub step: Option<Span>,
    /// Backstop in host time (4m): it ends a run that the limits in guest time should have ended.
    #[serde(default)]
    pub host: Option<Span>,
}

/// [`Timeouts`] with defaults applied.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Guest time for the whole run.
    pub test: Span,
    /// Guest time per waiting step.
    pub step: Span,
    /// Host time for the whole run.
    pub host: Span,
}

impl Limits {
    const DEFAULT_TEST: Span = Span(30_000_000_000);
    const DEFAULT_STEP: Span = Span(10_000_000_000);
    /// Below nextest's own limit (5 minutes), so that evidence is written before it strikes.
    const DEFAULT_HOST: Span = Span(240_000_000_000);
}

/// A need of the scenario.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkipWhen {
    /// The capability: jit, kvm, unicorn or qemu.
    pub lacks: String,
    /// Why the scenario needs it, as shown beside the skip.
    pub because: String,
}

/// A known failure with an end.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// Axis values that select the cells; all cells when absent.
    #[serde(default)]
    pub cells: Option<matrix::Selection>,
    /// The issue that will end it.
    pub issue: String,
    /// The last day; after it the cell fails, whatever it does.
    pub until: Day,
}

/// How snapshots are compared.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshots {
    /// Replacements made before comparing, in order.
    #[serde(default)]
    pub redact: Vec<Redact>,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redact {
    /// What is replaced.
    pub regex: String,
    /// What stands there instead.
    pub with: String,
}

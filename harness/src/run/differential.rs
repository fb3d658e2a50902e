//! Scenarios of kind `differential`.

use serde_json::json;

use super::Context;
use super::verdict::{Class, Failure};
use crate::diff::{self, Opts, explicit, report};
use crate::engine::{self, Engine};
use crate::guests;

/// Runs the differential check a scenario asks for.
pub fn run(ctx: &Context<'_>) -> Result<serde_json::Value, Failure> {
    let Some(d) = &ctx.cell.scenario.differential else { return Ok(serde_json::Value::Null) };
    let names: Vec<_> = [d.reference].into_iter().chain(d.subjects.iter().copied()).collect();
    let guest = guests::of(d.arch);
    let mut engines =
        engine::start(guest, &names).map_err(|e| Failure::new(Class::Environment, format!("{e:#}")))?;
    let Some((reference, subjects)) = engines.split_first_mut() else { return Ok(serde_json::Value::Null) };
    let reference = &mut **reference;
    let mut subjects: Vec<&mut dyn Engine> =
        subjects.iter_mut().map(|e| &mut **e as &mut dyn Engine).collect();
    if let Some(case) = &d.source.case {
        let differences = explicit::check(guest.wire, case, reference, &mut subjects);
        let differences = differences.map_err(|e| Failure::new(Class::ScenarioError, e))?;
        let Some(first) = differences.iter().find(|d| !d.external).or(differences.first()) else {
            return Ok(json!({"blocks": 1}));
        };
        let class = if first.external { Class::OracleDisagreement } else { Class::EmulatorBug };
        let failure = Failure::new(class, "an engine ends in another state than the scenario says");
        return Err(differences.iter().fold(failure, |f, d| f.detail(d.text.clone())));
    }
    let Some(g) = &d.source.generate else { return Ok(serde_json::Value::Null) };
    let length = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let opts = Opts {
        grammar: g.grammar,
        seed: g.seed,
        blocks: Some(g.blocks.0),
        lengths: (length(g.insns.min), length(g.insns.max)),
        ..Opts::default()
    };
    let result = diff::run(&opts, reference, &mut subjects, |_| {});
    if let Some(first) = result.failures.first() {
        let (class, what) = match first.is_ours() {
            true => (Class::EmulatorBug, "one of our engines ends in another state than the others"),
            false => (
                Class::OracleDisagreement,
                "an engine that is not ours ends in another state than the others",
            ),
        };
        return Err(Failure::new(class, what).detail(report::failure(first)));
    }
    Ok(json!({"blocks": result.blocks, "insns": result.insns, "seed": opts.seed}))
}

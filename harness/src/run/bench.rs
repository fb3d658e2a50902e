//! Scenarios of kind `bench`.

use std::time::Instant;

use serde_json::json;

use super::guest::Stop;
use super::verdict::Failure;
use super::{Context, build};
use crate::scenario::differential::Metric;

/// Instructions of [`Effort::Smoke`]: some seconds even where checks are on and nothing is translated.
const SMOKE: u64 = 50_000_000;

/// How much is measured.
pub enum Effort {
    /// The beginning of one run, to see that it works: what a test does.
    Smoke,
    /// This many runs.
    Samples(u32),
}

/// Runs the bench; the value holds one entry per metric.
pub fn run(ctx: &Context<'_>, effort: &Effort) -> Result<serde_json::Value, Failure> {
    let Some(bench) = &ctx.cell.scenario.bench else { return Ok(serde_json::Value::Null) };
    let work = bench.work.map_or(u64::MAX, |w| w.insns.0);
    let (samples, work) = match effort {
        Effort::Smoke => (1, work.min(SMOKE)),
        Effort::Samples(n) => (bench.samples.unwrap_or(*n).max(1), work),
    };
    let mut runs = Vec::new();
    for _ in 0..samples {
        runs.push(sample(ctx, work)?);
    }
    let best = runs.iter().map(|r| r.mips).fold(0.0, f64::max);
    let mut out = serde_json::Map::new();
    for metric in &bench.metrics {
        let value = match metric {
            Metric::GuestMips => json!(best),
            Metric::Insns => json!(runs[0].insns),
            Metric::Blocks => runs[0].stats.get("blocks").cloned().unwrap_or_default(),
        };
        out.insert(metric.as_str().into(), value);
    }
    out.insert("samples".into(), json!(runs.iter().map(|r| r.mips).collect::<Vec<_>>()));
    Ok(out.into())
}

struct Sample {
    insns: u64,
    mips: f64,
    stats: serde_json::Value,
}

/// Runs the guest to its end, or until it has done `work`.
fn sample(ctx: &Context<'_>, work: u64) -> Result<Sample, Failure> {
    let mut guest = build(ctx)?;
    let limit = ctx.cell.scenario.limits().test;
    #[expect(clippy::disallowed_methods, reason = "this is what a bench measures")]
    let begun = Instant::now();
    // At the default of 1 ns an instruction, a limit in instructions is one in guest time.
    let stop = guest.run(limit.0.min(work));
    let seconds = begun.elapsed().as_secs_f64();
    match stop {
        Stop::Exit(0) => {}
        Stop::Time if work < limit.0 => {}
        other => {
            let text = super::session::stop_text(&other);
            return Err(Failure::assertion(format!("the guest was to end with status 0, but {text}")));
        }
    }
    let insns = guest.insns();
    #[expect(clippy::cast_precision_loss, reason = "a rate of six digits")]
    let mips = insns as f64 / seconds / 1e6;
    Ok(Sample { insns, mips, stats: guest.stats() })
}

//! `innkeeper bench`: scenarios of kind `bench`, measured one after the other.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::run::bench::{Effort, run as measure};
use crate::run::peer::{self, Peer};
use crate::run::{Context, panics};
use crate::scenario::Kind;
use crate::scenario::find::Project;
use crate::select::Selection;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Files, directories or (parts of) names [default: every bench scenario]
    selection: Vec<String>,
    /// Runs of each, the best of which counts
    #[arg(long, default_value_t = 3)]
    samples: u32,
    /// Boot the same guests under this peer too, in alternation, and compare
    #[arg(long, value_enum)]
    against: Option<Against>,
    /// With --against qemu: its deterministic mode, -icount shift=0
    #[arg(long, requires = "against")]
    icount: bool,
    /// With --against: keep the raw runs in this JSON file
    #[arg(long, value_name = "FILE", requires = "against")]
    save: Option<PathBuf>,
}

/// A peer to compare with.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Against {
    /// qemu-system-aarch64 -M virt -cpu cortex-a57, TCG, one CPU.
    Qemu,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let project = Project::discover()?;
    let Some(selection) = super::select(&project, &args.selection)? else { return Ok(super::USAGE) };
    panics::install();
    if let Some(Against::Qemu) = args.against {
        return against_qemu(args, &selection);
    }
    let mut failed = false;
    let benches = selection.jobs().filter(|(_, _, c)| c.scenario.kind() == Kind::Bench && !c.ignored());
    let mut ran = 0;
    for (project, loaded, cell) in benches {
        ran += 1;
        match measure(&Context { project, loaded, cell }, &Effort::Samples(args.samples)) {
            Ok(values) => println!("{:<40} {}", cell.name, line(&values)),
            Err(f) => {
                failed = true;
                println!("{:<40} {}: {}", cell.name, f.class.as_str(), f.message);
            }
        }
    }
    anyhow::ensure!(ran > 0, "no bench scenario selected");
    Ok(if failed { super::FAILED } else { super::OK })
}

fn against_qemu(args: &Args, selection: &Selection) -> anyhow::Result<u8> {
    let peer = Peer { icount: args.icount };
    let mut comparisons = Vec::new();
    let benches = selection.jobs().filter(|(_, _, c)| c.scenario.kind() == Kind::Bench && !c.ignored());
    for (project, loaded, cell) in benches {
        let comparison = peer::compare(&Context { project, loaded, cell }, peer, args.samples)
            .with_context(|| format!("failed to compare {}", cell.name))?;
        println!("{}", comparison.line());
        comparisons.push(comparison);
    }
    anyhow::ensure!(!comparisons.is_empty(), "no bench scenario selected");
    if let Some(path) = &args.save {
        peer::save(path, &comparisons)?;
    }
    let icount = if args.icount { " -icount shift=0" } else { "" };
    let mean = peer::geometric_mean(&comparisons);
    println!("geometric mean of {} against qemu{icount}: {mean:.3}", comparisons.len());
    Ok(super::OK)
}

fn line(values: &serde_json::Value) -> String {
    let entries = values.as_object().into_iter().flatten().filter(|(name, _)| *name != "samples");
    let words = entries.map(|(name, value)| match value.as_f64() {
        Some(v) if value.is_f64() => format!("{name} {v:.1}"),
        _ => format!("{name} {value}"),
    });
    words.collect::<Vec<_>>().join("  ")
}

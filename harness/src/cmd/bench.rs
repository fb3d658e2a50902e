//! `innkeeper bench`: scenarios of kind `bench`, measured one after the other.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::print;
use crate::run::bench::{Effort, run as measure};
use crate::run::peer::{self, Comparison};
use crate::run::{Context, Tools, panics};
use crate::scenario::find::Project;
use crate::scenario::machine::Board;
use crate::scenario::{Accel, Kind, cap};

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Files, directories or (parts of) names [default: every bench scenario]
    selection: Vec<String>,
    /// Engine; cells of a matrix that ask for another are left out
    #[arg(long, value_name = "ENGINE", default_value = cap::fastest(Board::default()).as_str(), value_parser = super::accel)]
    accel: Accel,
    /// Runs of each, the best of which counts
    #[arg(long, default_value_t = 3)]
    samples: u32,
    /// Boot the same guests under this peer too, in alternation, and compare
    #[arg(long, value_enum)]
    against: Option<PeerName>,
    /// With --against qemu: its deterministic mode, -icount shift=0
    #[arg(long, requires = "against")]
    icount: bool,
    /// With --against: keep the raw runs in this JSON file
    #[arg(long, value_name = "FILE", requires = "against")]
    save: Option<PathBuf>,
    #[command(flatten)]
    tools: Tools,
}

/// A peer to compare with.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PeerName {
    /// qemu-system-aarch64 -M virt -cpu cortex-a57, TCG, one CPU.
    Qemu,
    /// Unicorn, in the oracle's process.
    Unicorn,
}

impl Args {
    /// The peer as its module knows it.
    fn against(&self) -> anyhow::Result<Option<peer::Against>> {
        let icount = self.icount;
        anyhow::ensure!(
            !icount || self.against == Some(PeerName::Qemu),
            "--icount is a mode of QEMU (--against qemu); Unicorn has none like it"
        );
        Ok(self.against.map(|name| match name {
            PeerName::Qemu => peer::Against::Qemu { icount },
            PeerName::Unicorn => peer::Against::Unicorn,
        }))
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    args.tools.check(Some(args.accel))?;
    let against = args.against()?;
    let project = Project::discover()?;
    let Some(selection) = super::select(&project, &args.selection)? else { return Ok(super::USAGE) };
    let benches: Vec<_> = selection
        .jobs()
        .filter_map(|(project, loaded, cell)| Some((project, loaded, cell.on(args.accel)?)))
        .filter(|(_, _, cell)| cell.scenario.kind() == Kind::Bench && !cell.ignored())
        .collect();
    anyhow::ensure!(
        !benches.is_empty(),
        "no selected scenario is a bench that {} runs here: one has `bench: {{metrics: [guest_mips, insns]}}` \
         instead of steps; `innkeeper list` tells what is skipped",
        args.accel.as_str()
    );
    let contexts =
        benches.iter().map(|(project, loaded, cell)| Context { project, loaded, cell, tools: args.tools });
    panics::install();
    match against {
        Some(peer) => compared(args, peer, contexts),
        None => Ok(alone(args, contexts)),
    }
}

fn alone<'a>(args: &Args, benches: impl Iterator<Item = Context<'a>>) -> u8 {
    let mut failed = false;
    for ctx in benches.take_while(|_| !print::is_over()) {
        match measure(&ctx, &Effort::Samples(args.samples)) {
            Ok(values) => println!("{:<40} {}", ctx.cell.name, line(&values)),
            Err(f) => {
                failed = true;
                println!("{:<40} {}: {}", ctx.cell.name, f.class.as_str(), f.message);
            }
        }
    }
    if failed { super::FAILED } else { super::OK }
}

fn compared<'a>(
    args: &Args,
    against: peer::Against,
    benches: impl Iterator<Item = Context<'a>>,
) -> anyhow::Result<u8> {
    let mut comparisons = Vec::new();
    // The raw runs are wanted though nobody reads the lines.
    for ctx in benches.take_while(|_| args.save.is_some() || !print::is_over()) {
        let comparison = peer::compare(&ctx, against, args.samples)
            .with_context(|| format!("failed to compare {}", ctx.cell.name))?;
        println!("{}", comparison.line(against));
        comparisons.push(comparison);
    }
    if let Some(path) = &args.save {
        peer::save(path, args.accel, against, &comparisons)?;
    }
    let mean = peer::geometric_mean(&comparisons, Comparison::ratio);
    let minima = peer::geometric_mean(&comparisons, Comparison::ratio_of_minima);
    let (n, name) = (comparisons.len(), against.name());
    println!(
        "{} against {name}, geometric mean of {n}: {mean:.3} (of minima {minima:.3})",
        args.accel.as_str()
    );
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

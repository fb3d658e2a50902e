//! The same guest under another emulator and under innkeeper, in alternation: `innkeeper bench
//! --against qemu`, `--against unicorn`.
//!
//! Both are whole processes that run the same ELF with the same command line from its first
//! instruction until it powers off, so start-up is in both figures. What is compared is processor
//! time (user and system) of each process: on a shared machine it moves less than wall time. That
//! both did the same is checked: with QEMU the consoles must be the same bytes, with Unicorn the
//! registers and memory at the end.

mod process;
mod qemu;
pub mod unicorn;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;

use super::machine::{self, Spec};
use super::{Context, Tools};
use crate::scenario::machine::{Accel, Resolved};

/// Whom to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// QEMU; with `-icount shift=0`, its deterministic mode, or without.
    Qemu {
        /// With.
        icount: bool,
    },
    /// Unicorn.
    Unicorn,
}

impl Against {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Against::Qemu { icount: false } => "qemu",
            Against::Qemu { icount: true } => "qemu -icount shift=0",
            Against::Unicorn => "unicorn",
        }
    }
}

/// Another emulator, ready to run a guest.
trait Peer {
    /// Runs the guest once from the start; `console` is what it printed under innkeeper. An error if
    /// it did something else here.
    fn run(&mut self, console: &[u8]) -> anyhow::Result<Sample>;
}

/// One run of one program.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// Processor time, user and system, in seconds.
    pub cpu_s: f64,
    /// Wall time in seconds.
    pub wall_s: f64,
    /// Of the processor time, what was spent compiling guest code; only innkeeper tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compile_s: Option<f64>,
}

/// All runs of one guest.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Comparison {
    /// Name of the scenario.
    pub name: String,
    /// Guest instructions, counted by innkeeper.
    pub insns: u64,
    /// All of innkeeper's counters, of its last run.
    pub stats: serde_json::Value,
    /// innkeeper's runs.
    pub innkeeper: Vec<Sample>,
    /// The other's runs.
    pub peer: Vec<Sample>,
}

impl Comparison {
    /// How many times faster than the peer innkeeper is: the ratio of the medians of processor time.
    pub fn ratio(&self) -> f64 {
        median(&self.peer) / median(&self.innkeeper)
    }

    /// The same of the minima.
    pub fn ratio_of_minima(&self) -> f64 {
        minimum(&self.peer) / minimum(&self.innkeeper)
    }

    /// The share of innkeeper's processor time that it spent compiling.
    pub fn compile_share(&self) -> f64 {
        let total: f64 = self.innkeeper.iter().map(|s| s.cpu_s).sum();
        self.innkeeper.iter().filter_map(|s| s.compile_s).sum::<f64>() / total
    }

    /// One line of the table.
    pub fn line(&self, against: Against) -> String {
        let (ours, theirs) = (median(&self.innkeeper), median(&self.peer));
        #[expect(clippy::cast_precision_loss, reason = "a rate of a few digits")]
        let mips = |seconds: f64| self.insns as f64 / seconds / 1e6;
        let peer = against.name().split(' ').next().unwrap_or_default();
        format!(
            "{:<28} {:>11} insns  innkeeper {ours:>6.3} s {:>5.0} MIPS ({:.1} % compiling)  \
             {peer} {theirs:>6.3} s {:>5.0} MIPS  ratio {:.2}",
            self.name,
            self.insns,
            mips(ours),
            100.0 * self.compile_share(),
            mips(theirs),
            self.ratio()
        )
    }
}

/// Runs the guest of a bench scenario `samples` times on each, alternating.
pub fn compare(ctx: &Context<'_>, against: Against, samples: u32) -> anyhow::Result<Comparison> {
    let resolved = ctx.cell.scenario.machine.as_ref().context("no machine")?.resolve();
    let kernel = kernel(ctx, &resolved)?;
    let mut peer: Box<dyn Peer> = match against {
        Against::Qemu { icount } => Box::new(qemu::Qemu::new(&resolved, &kernel, icount)?),
        Against::Unicorn => {
            let spec = Spec::read(ctx.project, dir(ctx), &resolved).map_err(|f| anyhow!(f.message))?;
            let mut guest = machine::build(spec, ctx.tools).map_err(|f| anyhow!(f.message))?;
            Box::new(unicorn::Unicorn::new(guest.as_mut())?)
        }
    };
    let mut comparison = Comparison { name: ctx.cell.name.clone(), ..Comparison::default() };
    for _ in 0..samples.max(1) {
        let ours = process::run(&mut boot(&resolved, &kernel, ctx.tools)?)?;
        let theirs = peer.run(&ours.stdout)?;
        comparison.stats = counters(&ours.stderr)?;
        comparison.insns = comparison.stats["insns"].as_u64().context("boot --stats lacks `insns`")?;
        let compile_s = comparison.stats["compile_ns"].as_f64().map(|ns| ns / 1e9);
        comparison.innkeeper.push(Sample { compile_s, ..ours.sample });
        comparison.peer.push(theirs);
    }
    Ok(comparison)
}

/// The geometric mean of the ratios that `ratio` gives.
pub fn geometric_mean(comparisons: &[Comparison], ratio: impl Fn(&Comparison) -> f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a handful of kernels")]
    let n = comparisons.len() as f64;
    (comparisons.iter().map(|c| ratio(c).ln()).sum::<f64>() / n).exp()
}

fn dir<'a>(ctx: &Context<'a>) -> &'a Path {
    ctx.loaded.path.parent().unwrap_or(Path::new("."))
}

fn kernel(ctx: &Context<'_>, machine: &Resolved) -> anyhow::Result<PathBuf> {
    crate::asset::load(ctx.project, dir(ctx), &machine.kernel).context("failed to load the kernel")?;
    Ok(match (&machine.kernel.asset, &machine.kernel.file) {
        (Some(name), _) => ctx.project.asset_path(name),
        (None, Some(file)) => dir(ctx).join(file),
        (None, None) => bail!("no kernel"),
    })
}

/// innkeeper in a process of its own.
fn boot(machine: &Resolved, kernel: &Path, tools: Tools) -> anyhow::Result<Command> {
    let me = std::env::current_exe().context("failed to find this program's own path")?;
    let mut command = Command::new(me);
    command.args(["boot", "--stats", "--board", machine.board.as_str()]);
    command.args(["--accel", machine.accel.as_str(), "--kernel"]).arg(kernel);
    command.args(["--append", &machine.cmdline, "--memory", &format!("{}MiB", machine.memory >> 20)]);
    command.args(tools.perf_map.then_some("--perf-map"));
    Ok(command)
}

/// What `boot --stats` tells.
fn counters(stderr: &[u8]) -> anyhow::Result<serde_json::Value> {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rev().find(|l| l.starts_with('{')).context("boot --stats printed no counters")?;
    Ok(serde_json::from_str(line)?)
}

fn median(samples: &[Sample]) -> f64 {
    let mut times: Vec<f64> = samples.iter().map(|s| s.cpu_s).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn minimum(samples: &[Sample]) -> f64 {
    samples.iter().map(|s| s.cpu_s).fold(f64::NAN, f64::min)
}

/// Keeps the raw runs as JSON.
pub fn save(path: &Path, accel: Accel, against: Against, comparisons: &[Comparison]) -> anyhow::Result<()> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpuinfo.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or_default();
    let run = serde_json::json!({
        "cpu": cpu.trim_start_matches([' ', '\t', ':']),
        "accel": accel.as_str(),
        "against": against.name(),
        "comparisons": comparisons,
        "geometric_mean": geometric_mean(comparisons, Comparison::ratio),
        "geometric_mean_of_minima": geometric_mean(comparisons, Comparison::ratio_of_minima),
    });
    let text = format!("{}\n", serde_json::to_string_pretty(&run)?);
    std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(cpu_s: f64) -> Sample {
        Sample { cpu_s, wall_s: cpu_s, compile_s: Some(cpu_s / 10.0) }
    }

    #[test]
    fn ratios_are_of_medians_and_of_minima_and_the_mean_is_geometric() {
        let c = |ours: [f64; 3], theirs: [f64; 3]| Comparison {
            insns: 1,
            innkeeper: ours.map(sample).to_vec(),
            peer: theirs.map(sample).to_vec(),
            ..Comparison::default()
        };
        let (a, b) = (c([1.0, 9.0, 2.0], [8.0, 4.0, 3.0]), c([1.0, 1.0, 1.0], [8.0, 8.0, 8.0]));
        assert!((a.ratio() - 2.0).abs() < 1e-9 && (a.ratio_of_minima() - 3.0).abs() < 1e-9);
        assert!((a.compile_share() - 0.1).abs() < 1e-9);
        assert!((geometric_mean(&[a, b], Comparison::ratio) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn counters_are_read_from_the_last_json_line() {
        let insns = |text: &[u8]| counters(text).ok().and_then(|c| c["insns"].as_u64());
        assert_eq!(insns(b"noise\n{\"insns\": 42, \"compile_ns\": 2}\n"), Some(42));
        assert_eq!(insns(b"nothing"), None);
    }
}

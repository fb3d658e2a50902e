//! The same guest under QEMU and under innkeeper, in alternation: `innkeeper bench --against qemu`.
//!
//! Both are whole processes that boot the same ELF with the same command line, so start-up is in
//! both figures. What is compared is processor time (user and system) of each process: on a
//! shared machine it moves less than wall time. The consoles must be the same bytes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use serde::Serialize;

use super::{Context, Tools};
use crate::scenario::machine::Resolved;

/// QEMU's program for AArch64 system emulation.
pub const QEMU: &str = "qemu-system-aarch64";

/// One run of one program.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// Processor time, user and system, in seconds.
    pub cpu_s: f64,
    /// Wall time in seconds.
    pub wall_s: f64,
}

/// All runs of one guest.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Name of the scenario.
    pub name: String,
    /// Guest instructions, counted by innkeeper.
    pub insns: u64,
    /// innkeeper's runs.
    pub innkeeper: Vec<Sample>,
    /// QEMU's runs.
    pub qemu: Vec<Sample>,
}

impl Comparison {
    /// How many times faster than QEMU innkeeper is: the ratio of the medians of processor time.
    pub fn ratio(&self) -> f64 {
        median(&self.qemu) / median(&self.innkeeper)
    }

    /// One line of the table.
    pub fn line(&self) -> String {
        let (ours, theirs) = (median(&self.innkeeper), median(&self.qemu));
        #[expect(clippy::cast_precision_loss, reason = "a rate of a few digits")]
        let mips = self.insns as f64 / ours / 1e6;
        format!(
            "{:<28} {:>12} insns  innkeeper {ours:>7.3} s ({mips:>6.0} MIPS)  qemu {theirs:>7.3} s  ratio {:.3}",
            self.name,
            self.insns,
            self.ratio()
        )
    }
}

/// How QEMU is started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer {
    /// With `-icount shift=0`: QEMU's deterministic mode.
    pub icount: bool,
}

/// Runs the guest of a bench scenario `samples` times on each, alternating.
pub fn compare(ctx: &Context<'_>, peer: Peer, samples: u32) -> anyhow::Result<Comparison> {
    let machine = ctx.cell.scenario.machine.as_ref().context("no machine")?.resolve();
    let kernel = kernel(ctx, &machine)?;
    let mut comparison =
        Comparison { name: ctx.cell.name.clone(), insns: 0, innkeeper: Vec::new(), qemu: Vec::new() };
    for _ in 0..samples.max(1) {
        let (ours, console, stats) = timed(&mut innkeeper(&machine, &kernel, ctx.tools)?)?;
        let (theirs, expected, _) = timed(&mut qemu(&machine, &kernel, peer))?;
        ensure!(
            console == expected,
            "the consoles differ: innkeeper printed {:?}, QEMU printed {:?}",
            String::from_utf8_lossy(&console),
            String::from_utf8_lossy(&expected)
        );
        comparison.insns = insns(&stats)?;
        comparison.innkeeper.push(ours);
        comparison.qemu.push(theirs);
    }
    Ok(comparison)
}

/// The geometric mean of the ratios.
pub fn geometric_mean(comparisons: &[Comparison]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a handful of kernels")]
    let n = comparisons.len() as f64;
    (comparisons.iter().map(|c| c.ratio().ln()).sum::<f64>() / n).exp()
}

fn kernel(ctx: &Context<'_>, machine: &Resolved) -> anyhow::Result<PathBuf> {
    let dir = ctx.loaded.path.parent().unwrap_or(Path::new("."));
    crate::asset::load(ctx.project, dir, &machine.kernel).context("failed to load the kernel")?;
    Ok(match (&machine.kernel.asset, &machine.kernel.file) {
        (Some(name), _) => ctx.project.asset_path(name),
        (None, Some(file)) => dir.join(file),
        (None, None) => bail!("no kernel"),
    })
}

fn innkeeper(machine: &Resolved, kernel: &Path, tools: Tools) -> anyhow::Result<Command> {
    let me = std::env::current_exe().context("failed to find this program's own path")?;
    let mut command = Command::new(me);
    command.args(["boot", "--stats", "--accel", machine.accel.as_str(), "--kernel"]).arg(kernel);
    command.args(["--append", &machine.cmdline, "--memory", &format!("{}MiB", machine.memory >> 20)]);
    command.args(tools.perf_map.then_some("--perf-map"));
    Ok(command)
}

fn qemu(machine: &Resolved, kernel: &Path, peer: Peer) -> Command {
    let mut command = Command::new(QEMU);
    command.args(["-M", "virt", "-cpu", "cortex-a57", "-accel", "tcg", "-smp", "1"]);
    command.args(["-display", "none", "-serial", "stdio", "-monitor", "none", "-nic", "none", "-no-reboot"]);
    command.args(["-m", &format!("{}M", machine.memory >> 20), "-append", &machine.cmdline, "-kernel"]);
    command.arg(kernel);
    if peer.icount {
        command.args(["-icount", "shift=0"]);
    }
    command
}

/// Runs to the end; gives the times, standard output and standard error.
fn timed(command: &mut Command) -> anyhow::Result<(Sample, Vec<u8>, Vec<u8>)> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null());
    let before = children_cpu()?;
    #[expect(clippy::disallowed_methods, reason = "this is what a bench measures")]
    let begun = Instant::now();
    let output = command.output().with_context(|| format!("failed to start {program} (ci/setup --all)"))?;
    let wall_s = begun.elapsed().as_secs_f64();
    let sample = Sample { cpu_s: children_cpu()? - before, wall_s };
    if !output.status.success() {
        bail!("{program} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok((sample, output.stdout, output.stderr))
}

/// Processor time of all children that have ended, in seconds.
fn children_cpu() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |t: nix::sys::time::TimeVal| {
        #[expect(clippy::cast_precision_loss, reason = "seconds of a process")]
        let s = t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
        s
    };
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

fn insns(stats: &[u8]) -> anyhow::Result<u64> {
    let text = String::from_utf8_lossy(stats);
    let line = text.lines().rev().find(|l| l.starts_with('{')).context("boot --stats printed no counters")?;
    let stats: serde_json::Value = serde_json::from_str(line)?;
    stats["insns"].as_u64().context("boot --stats did not count instructions")
}

fn median(samples: &[Sample]) -> f64 {
    let mut times: Vec<f64> = samples.iter().map(|s| s.cpu_s).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Keeps the raw runs as JSON.
pub fn save(path: &Path, comparisons: &[Comparison]) -> anyhow::Result<()> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpuinfo.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or_default();
    let run = serde_json::json!({
        "cpu": cpu.trim_start_matches([' ', '\t', ':']),
        "comparisons": comparisons,
        "geometric_mean": geometric_mean(comparisons),
    });
    let text = format!("{}\n", serde_json::to_string_pretty(&run)?);
    std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(cpu_s: f64) -> Sample {
        Sample { cpu_s, wall_s: cpu_s }
    }

    #[test]
    fn the_ratio_is_that_of_medians_and_the_mean_is_geometric() {
        let c = |ours: [f64; 3], theirs: [f64; 3]| Comparison {
            name: "x".into(),
            insns: 1,
            innkeeper: ours.map(sample).to_vec(),
            qemu: theirs.map(sample).to_vec(),
        };
        let (a, b) = (c([1.0, 9.0, 2.0], [8.0, 4.0, 1.0]), c([1.0, 1.0, 1.0], [8.0, 8.0, 8.0]));
        assert!((a.ratio() - 2.0).abs() < 1e-9);
        assert!((geometric_mean(&[a, b]) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn instructions_are_read_from_the_last_json_line() {
        assert_eq!(insns(b"noise\n{\"insns\": 42, \"blocks\": 1}\n").ok(), Some(42));
        assert!(insns(b"nothing").is_err());
    }
}

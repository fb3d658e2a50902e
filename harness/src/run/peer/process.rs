//! Whole processes and the processor time they take.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use nix::sys::resource::{UsageWho, getrusage};

use super::Sample;

/// A process that has ended well.
pub struct Ended {
    /// What it took.
    pub sample: Sample,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it printed as errors.
    pub stderr: Vec<u8>,
}

/// Runs `command` to its end.
pub fn run(command: &mut Command) -> anyhow::Result<Ended> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null());
    let (sample, output) =
        timed(|| command.output().with_context(|| format!("failed to start {program} (ci/setup --all)")))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} ended with {}: {stderr}", output.status);
    Ok(Ended { sample, stdout: output.stdout, stderr: output.stderr })
}

/// Measures the child processes that end while `work` is done: there must be no others.
pub fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(Sample, T)> {
    let before = children_cpu()?;
    #[expect(clippy::disallowed_methods, reason = "this is what a bench measures")]
    let begun = Instant::now();
    let done = work()?;
    let wall_s = begun.elapsed().as_secs_f64();
    Ok((Sample { cpu_s: children_cpu()? - before, wall_s, compile_s: None }, done))
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

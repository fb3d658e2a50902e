//! `innkeeper run`: each test a process of its own, a verdict line each, reports.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::print;
use crate::report::progress::Progress;
use crate::report::{Entry, Wanted, counts};
use crate::run::session::INTERRUPTED;
use crate::run::verdict::{Class, Verdict};
use crate::run::{Context, Tools, evidence, process};
use crate::scenario::find::Project;
use crate::scenario::machine::Accel;
use crate::scenario::{Cell, Loaded, cap};

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Files, directories or (parts of) names [default: scenarios/]
    selection: Vec<String>,
    /// Run on this engine: interp, jit or kvm
    #[arg(long, value_name = "ENGINE", value_parser = super::accel)]
    accel: Option<Accel>,
    /// Tests at the same time [default: one per CPU]
    #[arg(long, short)]
    jobs: Option<usize>,
    /// Write a report: junit=FILE or json=FILE
    #[arg(long, value_name = "KIND=FILE")]
    report: Vec<Wanted>,
    /// Accept what snapshots show now as their goldens
    #[arg(long)]
    bless: bool,
    #[command(flatten)]
    tools: Tools,
    /// Run exactly one test and print where its verdict is: what `run` starts
    #[arg(long, hide = true)]
    one: bool,
}

impl Args {
    /// Whether the run is for more than what it prints: it then goes on when nobody reads that, as for
    /// `run --report json=FILE | grep -q FAIL`. Else it ends as by Ctrl-C, with evidence of what it had begun.
    fn leaves_files(&self) -> bool {
        self.bless || !self.report.is_empty()
    }
}

/// A selected test.
struct Job<'a> {
    project: &'a Project,
    loaded: &'a Loaded,
    cell: Cell,
    tools: Tools,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    cap::check_required()?;
    args.tools.check(args.accel)?;
    process::catch_signals()?;
    let project = Project::discover()?;
    let Some(selection) = super::select(&project, &args.selection)? else { return Ok(super::USAGE) };
    let jobs: Vec<Job<'_>> = selection.jobs().filter_map(|(p, l, c)| job(p, l, c, args)).collect();
    anyhow::ensure!(!jobs.is_empty(), "no selected test runs on this engine");
    let run_id = evidence::run_id();
    if args.one {
        return one(&jobs, &run_id);
    }
    let entries = all(args, &jobs, &run_id);
    for report in &args.report {
        report.write(&run_id, &entries)?;
    }
    Ok(summary(&entries))
}

/// The test with its engine replaced; none when its matrix has asked for another.
fn job<'a>(project: &'a Project, loaded: &'a Loaded, cell: &Cell, args: &Args) -> Option<Job<'a>> {
    let cell = match args.accel {
        Some(accel) => cell.on(accel)?,
        None => cell.clone(),
    };
    Some(Job { project, loaded, cell, tools: args.tools })
}

/// Runs the only test selected, in this process.
fn one(jobs: &[Job<'_>], run_id: &str) -> anyhow::Result<u8> {
    let [job] = jobs else { anyhow::bail!("{} tests selected instead of one", jobs.len()) };
    let verdict = here(job, run_id)?;
    println!("{}", verdict.evidence.display());
    Ok(if verdict.class.passes() { super::OK } else { super::FAILED })
}

fn here(job: &Job<'_>, run_id: &str) -> std::io::Result<Verdict> {
    let ctx = Context { project: job.project, loaded: job.loaded, cell: &job.cell, tools: job.tools };
    crate::run::run(&ctx, run_id)
}

fn all(args: &Args, jobs: &[Job<'_>], run_id: &str) -> Vec<Entry> {
    let progress = Progress::new(jobs.len());
    let entries = Mutex::new(Vec::with_capacity(jobs.len()));
    let next = AtomicUsize::new(0);
    let done = |line: Option<_>, entry: Entry| {
        progress.done(line.as_ref(), &entry);
        if print::is_over() && !args.leaves_files() {
            INTERRUPTED.store(true, Ordering::Relaxed);
        }
        entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(entry);
    };
    let work = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if INTERRUPTED.load(Ordering::Relaxed) {
                break;
            }
            match &job.cell.lacks {
                Some(need) if job.cell.ignored() => {
                    let because = format!("lacks {}: {}", need.lacks, need.because);
                    done(None, Entry::Skipped { test: job.cell.name.clone(), because });
                }
                _ => {
                    let line = progress.begin(&job.cell.name);
                    let verdict = if jobs.len() == 1 && !args.bless {
                        here(job, run_id)
                            .unwrap_or_else(|e| lost(job, &format!("failed to write evidence: {e}")))
                    } else {
                        apart(args, job, run_id)
                    };
                    done(Some(line), Entry::Ran(Box::new(verdict)));
                }
            }
        }
    };
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.jobs.unwrap_or(cpus).clamp(1, jobs.len());
    if threads == 1 {
        work();
    } else {
        std::thread::scope(|s| (0..threads).for_each(|_| drop(s.spawn(work))));
    }
    progress.finish();
    let mut entries = entries.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    entries.sort_by(|a, b| a.test().cmp(b.test()));
    entries
}

/// Runs a test in a process of its own.
fn apart(args: &Args, job: &Job<'_>, run_id: &str) -> Verdict {
    let Ok(exe) = std::env::current_exe() else {
        return lost(job, "failed to find the innkeeper executable");
    };
    let mut command = Command::new(exe);
    // A scenario outside the project is found by its path, one inside by its name.
    command.arg("run").arg("--one").arg(&job.cell.name);
    command.env("INNKEEPER_ROOT", &job.project.root).env(evidence::RUN_ID, run_id);
    if let Some(accel) = args.accel {
        command.args(["--accel", accel.as_str()]);
    }
    command.args(args.tools.perf_map.then_some("--perf-map"));
    if args.bless {
        // The root keeps host paths out of the goldens' headers.
        command.env("INSTA_UPDATE", "always").env("INSTA_WORKSPACE_ROOT", &job.project.root);
    }
    let host = Duration::from_nanos(job.cell.scenario.limits().host.0);
    let finished = match process::run(command, host + Duration::from_secs(30)) {
        Ok(finished) => finished,
        Err(e) => return lost(job, &format!("failed to start a process: {e}")),
    };
    // The last line; insta reports on stdout what it has written.
    let stdout = String::from_utf8_lossy(&finished.stdout);
    let place = stdout.lines().next_back().unwrap_or_default();
    if let Ok(verdict) = evidence::read_verdict(Path::new(place)) {
        return verdict;
    }
    let how = match finished.status {
        None => "hung and was killed".to_string(),
        Some(status) => format!("ended with {status}"),
    };
    let mut verdict = lost(job, &format!("the test's process {how} without a verdict"));
    verdict.class = Class::EmulatorBug;
    verdict.details = String::from_utf8_lossy(&finished.stderr).lines().map(Into::into).collect();
    verdict
}

/// The verdict for a test that could not give one.
fn lost(job: &Job<'_>, message: &str) -> Verdict {
    Verdict {
        test: job.cell.name.clone(),
        class: Class::HarnessBug,
        underlying: None,
        message: message.into(),
        details: Vec::new(),
        step: None,
        file: job.loaded.source.path.clone(),
        issue: None,
        guest_ns: 0,
        insns: 0,
        host_ms: 0,
        attempt: 0,
        evidence: job.project.runs(),
        console_tail: Vec::new(),
        stats: Value::Null,
    }
}

fn summary(entries: &[Entry]) -> u8 {
    let parts: Vec<String> = counts(entries).iter().map(|(word, n)| format!("{n} {word}")).collect();
    println!("{} tests: {}", entries.len(), parts.join(", "));
    let failed = entries.iter().any(Entry::failed);
    let none_ran = !entries.iter().any(|e| matches!(e, Entry::Ran(_)));
    if none_ran {
        eprintln!("innkeeper: nothing ran: every selected test was skipped");
    }
    if failed || none_ran || INTERRUPTED.load(Ordering::Relaxed) { super::FAILED } else { super::OK }
}

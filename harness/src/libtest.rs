//! The libtest-mimic front end: scenarios as tests of `cargo test` and nextest.
//!
//! libtest-mimic runs the tests; listing, `--exact` and everything nextest's contract says about
//! them is done here (harness/docs/decisions/0002): libtest-mimic lists benchmarks in a form nextest
//! refuses, and lets a stale name pass.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use clap::Parser;
use libtest_mimic::{Arguments, Failed, FormatSetting, Trial};

use crate::diag::{self, Format};
use crate::print;
use crate::run::evidence::{RUN_ID, run_id};
use crate::run::{Context, Tools, process};
use crate::scenario::find::Project;
use crate::scenario::{Cell, Kind, Loaded, cap, load};
use crate::select::Selection;

/// A test failed, or was not found.
const FAILED: u8 = 101;
/// Usage, or a scenario file in error.
const USAGE: u8 = 2;

/// The command line: libtest's, with what nextest and cargo may add to it.
#[derive(Parser)]
#[command(disable_version_flag = true)]
struct Cli {
    #[command(flatten)]
    libtest: Arguments,
    /// Further filters: a test that any of them matches is run
    #[arg(value_name = "FILTERS")]
    more: Vec<String>,
    /// Ignored: output is never captured
    #[arg(long)]
    no_capture: bool,
    /// Ignored
    #[arg(long, num_args = 0..=1, require_equals = true, value_name = "FORMAT")]
    report_time: Option<Option<String>>,
    /// Ignored: tests run in the order of their names
    #[arg(long)]
    shuffle: bool,
    /// Ignored
    #[arg(long, value_name = "SEED")]
    shuffle_seed: Option<u64>,
}

/// Lists or runs the project's scenarios; `args` as from [`std::env::args`].
pub fn main(args: impl IntoIterator<Item = String>) -> ExitCode {
    let code = match Cli::try_parse_from(args).map(|cli| dispatch(&cli)) {
        Ok(Ok(code)) => code,
        Ok(Err(e)) => {
            eprintln!("scenarios: {e:#}");
            USAGE
        }
        Err(e) => {
            // Help goes to stdout with status 0, errors to stderr.
            print::note(e.print());
            if e.use_stderr() { USAGE } else { 0 }
        }
    };
    print::end(ExitCode::from(code), FAILED)
}

fn dispatch(cli: &Cli) -> anyhow::Result<u8> {
    cap::check_required()?;
    let project = Project::discover()?;
    if cli.libtest.exact && !cli.libtest.list && cli.more.is_empty() && cli.libtest.filter.is_some() {
        return exact(cli, &project);
    }
    let selection = match Selection::new(&project, &[])? {
        Ok(selection) => selection,
        Err(errors) => {
            eprint!("{}", diag::render(&errors, Format::Text, false));
            return Ok(USAGE);
        }
    };
    let mut cells: Vec<(&Loaded, &Cell)> = selection.cells().filter(|(_, c)| matches(cli, &c.name)).collect();
    cells.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    if cli.libtest.list { Ok(list(cli, &cells)) } else { all(cli, &project, &cells) }
}

/// Whether filters and `--skip` let the test through.
fn matches(cli: &Cli, name: &str) -> bool {
    let hit = |f: &String| if cli.libtest.exact { name == f } else { name.contains(f.as_str()) };
    let filters: Vec<&String> = cli.libtest.filter.iter().chain(&cli.more).collect();
    (filters.is_empty() || filters.into_iter().any(hit)) && !cli.libtest.skip.iter().any(hit)
}

/// One line per test, `: test` or `: benchmark`, in one write and with nothing else on stdout.
fn list(cli: &Cli, cells: &[(&Loaded, &Cell)]) -> u8 {
    let mut text = String::new();
    let (mut tests, mut benches) = (0, 0);
    for (_, cell) in cells.iter().filter(|(_, c)| !cli.libtest.ignored || c.ignored()) {
        let kind = if cell.scenario.kind() == Kind::Bench { "benchmark" } else { "test" };
        *(if kind == "test" { &mut tests } else { &mut benches }) += 1;
        text.extend([&cell.name, ": ", kind, "\n"]);
    }
    let terse = cli.libtest.quiet || matches!(cli.libtest.format, Some(FormatSetting::Terse));
    if !terse {
        let _ = writeln!(text, "\n{tests} tests, {benches} benchmarks");
    }
    print::bytes(text.as_bytes());
    0
}

/// Runs one test in this process, on this thread. The name leads to its file; no other is read.
fn exact(cli: &Cli, project: &Project) -> anyhow::Result<u8> {
    let name = cli.libtest.filter.clone().unwrap_or_default();
    let Some(file) = project.file_of(&name) else { return not_found(&name, "no such scenario file") };
    let loaded = match load::load(project, &file.path) {
        Ok(loaded) => loaded,
        Err(errors) => {
            eprint!("scenario_error\n{}", diag::render(&errors, Format::Text, false));
            return Ok(FAILED);
        }
    };
    let matching: Vec<&Cell> = loaded.cells.iter().filter(|c| c.name == name).collect();
    let cell = match &matching[..] {
        [cell] => *cell,
        [] => return not_found(&name, "its file has no such cell"),
        _ => return not_found(&name, "more than one cell has this name"),
    };
    if cli.libtest.ignored && !cell.ignored() {
        return not_found(&name, "it is not ignored");
    }
    process::catch_signals()?;
    let (project, cell) = (project.clone(), cell.clone());
    let arguments = Arguments { test_threads: Some(1), bench: false, test: false, ..cli.libtest.clone() };
    // A need that has gone since the test was listed is a failure, not a skip: the ignored flag is
    // left out, and the run says what is lacking.
    let (sender, evidence) = channel();
    let trial = Trial::test(name, move || run(&project, &loaded, &cell, &sender));
    let conclusion = libtest_mimic::run(&arguments, vec![trial.with_ignored_flag(cli.libtest.ignored)]);
    // Only now: libtest-mimic leaves the test's line open while it runs.
    for file in evidence.try_iter() {
        println!("[[ATTACHMENT|{}]]", file.display());
    }
    Ok(if conclusion.has_failed() || conclusion.num_passed == 0 { FAILED } else { 0 })
}

fn not_found(name: &str, why: &str) -> anyhow::Result<u8> {
    eprintln!("scenarios: no test `{name}`: {why}");
    Ok(FAILED)
}

/// Runs a test; the verdict worth attaching to a report is sent to `evidence`.
fn run(project: &Project, loaded: &Loaded, cell: &Cell, evidence: &Sender<PathBuf>) -> Result<(), Failed> {
    let ctx = Context { project, loaded, cell, tools: Tools::default() };
    let verdict = crate::run::run(&ctx, &run_id())
        .map_err(|e| Failed::from(format!("harness_bug: failed to write evidence: {e}")))?;
    if !verdict.class.passes() || verdict.issue.is_some() {
        eprint!("{}", verdict.text());
        // The receiver outlives the run.
        let _ = evidence.send(verdict.evidence.join("verdict.json"));
    }
    if verdict.class.passes() {
        Ok(())
    } else {
        Err(format!("{}: {}", verdict.class.as_str(), verdict.message).into())
    }
}

/// Runs many tests, each in a process of its own, as nextest does.
fn all(cli: &Cli, project: &Project, cells: &[(&Loaded, &Cell)]) -> anyhow::Result<u8> {
    process::catch_signals()?;
    let exe = std::env::current_exe()?;
    let run_id = run_id();
    let trial = |cell: &Cell| {
        let (name, ignored) = (cell.name.clone(), cell.ignored());
        let limit = Duration::from_nanos(cell.scenario.limits().host.0) + Duration::from_secs(30);
        let mut command = Command::new(&exe);
        command.args(LIBTEST_COMMAND.iter().filter(|_| is_cli(&exe)));
        command.args(["--exact", &name, "--nocapture"]).args(ignored.then_some("--ignored"));
        command.env("INNKEEPER_ROOT", &project.root).env(RUN_ID, &run_id);
        Trial::test(name, move || apart(command, limit)).with_ignored_flag(ignored)
    };
    let trials = cells.iter().map(|(_, cell)| trial(cell)).collect();
    // Names have been filtered; what remains for libtest-mimic is to run.
    let arguments =
        Arguments { filter: None, skip: Vec::new(), exact: false, bench: false, ..cli.libtest.clone() };
    let conclusion = libtest_mimic::run(&arguments, trials);
    Ok(if conclusion.has_failed() { FAILED } else { 0 })
}

/// The hidden subcommand under which the `innkeeper` executable is this test target.
const LIBTEST_COMMAND: [&str; 1] = ["libtest"];

fn is_cli(exe: &std::path::Path) -> bool {
    exe.file_stem().is_some_and(|n| n == "innkeeper")
}

fn apart(command: Command, limit: Duration) -> Result<(), Failed> {
    let finished = process::run(command, limit).map_err(|e| format!("harness_bug: failed to start: {e}"))?;
    match finished.status {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("{}({status})", String::from_utf8_lossy(&finished.stderr)).into()),
        None => Err("emulator_bug: hung and was killed".into()),
    }
}

//! Running one test: build the machine, do the steps, say what came of it and keep the evidence.

pub mod addresses;
pub mod bench;
pub mod clipboard;
pub mod console;
pub mod differential;
pub mod evidence;
pub mod guest;
mod log;
pub mod machine;
pub mod panics;
pub mod peer;
pub mod process;
pub mod session;
pub mod snapshot;
pub mod steps;
#[cfg(test)]
mod tests;
pub mod verdict;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use session::Session;
use verdict::{Class, Failure, StepRef, Verdict};

use crate::golden;
use crate::scenario::find::Project;
use crate::scenario::node::Seg;
use crate::scenario::{Accel, Cell, Kind, Loaded};

/// A test and where it comes from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Where assets and goldens are.
    pub project: &'a Project,
    /// The file.
    pub loaded: &'a Loaded,
    /// The test.
    pub cell: &'a Cell,
    /// What else is to be had of the run.
    pub tools: Tools,
}

/// Tools for whoever looks at the emulator itself. None changes what the guest sees.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Tools {
    /// Write /tmp/perf-PID.map, in which `perf report` finds the names of translated code
    #[arg(long)]
    pub perf_map: bool,
}

impl Tools {
    /// Refuses what an engine cannot do; `None` stands for those that scenarios ask for.
    pub fn check(self, accel: Option<Accel>) -> anyhow::Result<()> {
        let can = !self.perf_map || accel == Some(Accel::Jit);
        anyhow::ensure!(can, "--perf-map needs --accel jit: only the translator makes code");
        Ok(())
    }
}

/// What a test gave, before quarantine.
pub struct Outcome {
    /// The failure, if there was one.
    pub failure: Option<Failure>,
    /// The step it happened in.
    pub step: Option<usize>,
    /// The machine, for evidence.
    pub session: Option<Session>,
    /// Counters and measurements.
    pub stats: serde_json::Value,
}

impl Outcome {
    /// An outcome of a test without a machine.
    pub fn of(result: Result<serde_json::Value, Failure>) -> Self {
        let (stats, failure) = match result {
            Ok(stats) => (stats, None),
            Err(f) => (serde_json::Value::Null, Some(f)),
        };
        Outcome { failure, step: None, session: None, stats }
    }
}

/// Runs a test and writes its verdict. Errors are those of the disk.
pub fn run(ctx: &Context<'_>, run_id: &str) -> std::io::Result<Verdict> {
    let (dir, attempt) = evidence::new_attempt(ctx.project, run_id, &ctx.cell.name)?;
    #[expect(clippy::disallowed_methods, reason = "how long the test took, for reports")]
    let begun = Instant::now();
    panics::install();
    let outcome = catch_unwind(AssertUnwindSafe(|| outcome(ctx)))
        .unwrap_or_else(|_| Outcome::of(Err(panics::failure())));
    let host_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let verdict = judge(ctx, outcome, dir, attempt, host_ms);
    evidence::write_verdict(&verdict)?;
    Ok(verdict)
}

fn outcome(ctx: &Context<'_>) -> Outcome {
    if let Some(need) = &ctx.cell.lacks {
        let message = format!("this host or build lacks {}: {}", need.lacks, need.because);
        return Outcome::of(Err(Failure::new(Class::Environment, message)));
    }
    match ctx.cell.scenario.kind() {
        Kind::Steps => run_steps(ctx),
        Kind::Differential => Outcome::of(differential::run(ctx)),
        Kind::Bench => Outcome::of(bench::run(ctx, &bench::Effort::Smoke)),
    }
}

/// Builds the machine of a test; where its guest is a scripted agent, only a clock.
pub fn build(ctx: &Context<'_>) -> Result<Box<dyn guest::Guest>, Failure> {
    let dir = ctx.loaded.path.parent().unwrap_or(std::path::Path::new("."));
    let scripted = ctx.cell.scenario.clipboard.is_some() || ctx.cell.scenario.addresses.is_some();
    let machine = match &ctx.cell.scenario.machine {
        Some(machine) => machine,
        None if scripted => return Ok(Box::new(clipboard::clock::Clock::default())),
        None => return Err(Failure::new(Class::ScenarioError, "no machine")),
    };
    let mut spec = machine::Spec::read(ctx.project, dir, &machine.resolve())?;
    if ctx.cell.scenario.clipboard.is_some() {
        spec.ports.push(clipboard::port::NAME.into());
    }
    machine::build(spec, ctx.tools)
}

fn run_steps(ctx: &Context<'_>) -> Outcome {
    match build(ctx) {
        Ok(guest) => steps_on(ctx, guest),
        Err(f) => Outcome::of(Err(f)),
    }
}

/// Does the steps on `guest`. A panic of the emulator costs the machine, not the console.
pub fn steps_on(ctx: &Context<'_>, mut guest: Box<dyn guest::Guest>) -> Outcome {
    let steps = ctx.cell.scenario.steps.as_deref().unwrap_or_default();
    let watches = steps.iter().filter_map(|s| s.console_never.as_ref()).map(steps::patterns);
    let watches = match watches.collect::<Result<Vec<_>, _>>() {
        Ok(w) => w.into_iter().flatten().collect(),
        Err(e) => return Outcome::of(Err(Failure::new(Class::ScenarioError, e.to_string()))),
    };
    let clipboard = ctx.cell.scenario.clipboard.as_ref().map(|section| {
        let machine: Option<&mut dyn guest::Guest> =
            if ctx.cell.scenario.machine.is_some() { Some(&mut *guest) } else { None };
        clipboard::Clipboard::new(section, machine)
    });
    let addresses = ctx.cell.scenario.addresses.as_ref().map(addresses::Addresses::new);
    let mut session = Session::new(guest, clipboard, addresses, ctx.cell.scenario.limits(), watches);
    session.pump_clipboard();
    for (i, step) in steps.iter().enumerate() {
        let result = catch_unwind(AssertUnwindSafe(|| steps::run(&mut session, ctx, step)));
        let result = result.unwrap_or_else(|_| Err(panics::failure()));
        if let Err(failure) = result {
            let stats = session.guest.stats();
            return Outcome { failure: Some(failure), step: Some(i), session: Some(session), stats };
        }
    }
    let failure = conversations(ctx, &session).err();
    let stats = session.guest.stats();
    Outcome { failure, step: None, session: Some(session), stats }
}

/// Compares what was said between the clipboard and the guest with its golden, and what became known of
/// addresses with its own.
fn conversations(ctx: &Context<'_>, session: &Session) -> Result<(), Failure> {
    let name = &ctx.loaded.name;
    let clipboard = session.clipboard.as_ref();
    let clipboard = clipboard.map(|c| (golden::conversation(ctx.project, name), c.conversation()));
    let addresses = session.addresses.as_ref();
    let addresses = addresses.map(|a| (golden::addresses(ctx.project, name), a.conversation()));
    for ((directory, name), text) in clipboard.into_iter().chain(addresses) {
        snapshot::compare_in(ctx, &directory, &name, &text)?;
    }
    Ok(())
}

/// Lines of the console shown with a failure.
const TAIL: usize = 40;

fn judge(ctx: &Context<'_>, outcome: Outcome, dir: PathBuf, attempt: u32, host_ms: u64) -> Verdict {
    let Outcome { failure, step, mut session, stats } = outcome;
    let mut verdict = Verdict {
        test: ctx.cell.name.clone(),
        class: failure.as_ref().map_or(Class::Pass, |f| f.class),
        underlying: None,
        message: failure.as_ref().map(|f| f.message.clone()).unwrap_or_default(),
        details: failure.map(|f| f.details).unwrap_or_default(),
        step: step.map(|i| step_ref(ctx, i)),
        file: ctx.loaded.source.path.clone(),
        issue: None,
        guest_ns: session.as_ref().map_or(0, |s| s.guest.now()),
        insns: session.as_ref().map_or(0, |s| s.guest.insns()),
        host_ms,
        attempt,
        evidence: dir,
        console_tail: Vec::new(),
        stats,
    };
    if verdict.class != Class::Pass
        && let Some(session) = &mut session
    {
        verdict.console_tail = session.console.tail(TAIL);
        let collected = catch_unwind(AssertUnwindSafe(|| evidence::collect(&verdict.evidence, session)));
        match collected {
            Ok(errors) => {
                verdict.details.extend(errors.iter().map(|e| format!("failed to write evidence: {e}")))
            }
            Err(_) => verdict.details.push(format!("no evidence: {}", panics::failure().message)),
        }
    }
    quarantine(ctx, &mut verdict);
    verdict
}

fn quarantine(ctx: &Context<'_>, v: &mut Verdict) {
    let Some(q) = &ctx.cell.quarantine else { return };
    v.issue = Some(q.issue.clone());
    let expired = q.until < golden::today();
    match (expired, v.class) {
        (true, Class::Pass) => {
            v.class = Class::ScenarioError;
            v.message = format!("the quarantine ended on {}, and the test passes: take it out", q.until);
        }
        (true, _) => v.details.push(format!("its quarantine ({}) ended on {}", q.issue, q.until)),
        (false, Class::Pass) => {
            v.class = Class::UnexpectedPass;
            v.underlying = Some(Class::Pass);
            v.message = format!("passes although in quarantine: fixed? close {} and take it out", q.issue);
        }
        (false, class) => {
            v.underlying = Some(class);
            v.class = Class::QuarantinedFail;
        }
    }
}

fn step_ref(ctx: &Context<'_>, index: usize) -> StepRef {
    let step = ctx.cell.scenario.steps.as_ref().and_then(|s| s.get(index));
    let mut errors = Vec::new();
    let tree = crate::scenario::node::read(&ctx.loaded.source, &mut errors);
    let path = [Seg::Key("steps".into()), Seg::Index(index)];
    let line = tree.map_or(0, |t| ctx.loaded.source.line_col(t.value_span(&path).start).0);
    StepRef {
        index,
        id: step.and_then(|s| s.id.clone()),
        verb: step.map(steps::verb).unwrap_or_default().into(),
        line,
    }
}

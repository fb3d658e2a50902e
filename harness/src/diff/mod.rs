//! The differential check: random programs on our semantics and on other engines.
//!
//! [`run`] makes blocks, runs them on every engine and compares the ends with our semantics'. A
//! difference is first traced to the instruction that makes it ([`investigate`]); one of Unicorn's
//! that `golden/known.toml` explains is counted, any other is shrunk, put to the vote, reported and
//! saved.

pub mod cases;
pub mod compare;
pub mod explicit;
mod investigate;
pub mod known;
pub mod report;

use std::collections::BTreeMap;
use std::time::Duration;

use innkeeper_core::accel::{Explained, interp};
use innkeeper_core::isa::a64::table;
use innkeeper_core::wire::{BATCH_CAP, Mode, Program};

use crate::engine::{Accelerated, Engine, Outcome, Step, Verdict, vote};
use crate::generate::rows::{self, Grammar};
use crate::generate::{Block, Blocks, block_seed};
pub use investigate::{Culprit, Finding, Lab};

/// What to check.
#[derive(Clone, Debug)]
pub struct Opts {
    /// Rows programs are made of.
    pub grammar: Grammar,
    /// Seed of the first block.
    pub seed: u64,
    /// Most blocks.
    pub blocks: Option<u64>,
    /// Most instructions, counting those of a block that were reached, each once.
    pub insns: Option<u64>,
    /// Most host time.
    pub time: Option<Duration>,
    /// Instructions per block.
    pub lengths: (usize, usize),
    /// Stops after so many failures of different rows.
    pub failures: usize,
}

impl Default for Opts {
    fn default() -> Self {
        Opts {
            grammar: Grammar::All,
            seed: 1,
            blocks: None,
            insns: None,
            time: None,
            lengths: (1, crate::generate::MAX_LEN),
            failures: 1,
        }
    }
}

/// What a run found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Blocks run.
    pub blocks: u64,
    /// Instructions in them that were reached, each counted once per block.
    pub insns: u64,
    /// Instructions executed, loops included.
    pub executed: u64,
    /// How often an instruction of each row was reached; every row of the grammar is here.
    pub rows: BTreeMap<&'static str, u64>,
    /// Differences that an entry of `known.toml` explains, by its id.
    pub explained: BTreeMap<String, u64>,
    /// Blocks about which the oracle contradicts itself or has no say, by reason.
    pub abstained: BTreeMap<String, u64>,
    /// Differences nobody explains.
    pub failures: Vec<Failure>,
    /// Host time.
    pub elapsed: Duration,
}

/// A difference, shrunk.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Command that repeats it.
    pub replay: String,
    /// Seed that makes the block as block 0 of a run.
    pub seed: u64,
    /// The smallest program that shows it.
    pub block: Block,
    /// The engine that differs from our semantics.
    pub subject: &'static str,
    /// What differs, where.
    pub finding: Finding,
    /// Who is in the wrong.
    pub ballot: Ballot,
    /// What the engine compiled the program to, if it did.
    pub explained: Option<Explained>,
}

/// A vote on a block: step, the interpreter and the engines of the check.
#[derive(Clone, Debug)]
pub struct Ballot {
    /// Names of the engines, and whether they are somebody else's.
    pub voters: Vec<(&'static str, bool)>,
    /// What came of it.
    pub verdict: Verdict,
}

impl Failure {
    /// Whether the vote found one of our own engines in the wrong.
    pub fn is_ours(&self) -> bool {
        let external = |n: &usize| self.ballot.voters.get(*n).is_some_and(|(_, external)| *external);
        !matches!(&self.ballot.verdict, Verdict::Minority(wrong) if wrong.iter().all(external))
    }
}

impl Report {
    /// Rows that no block reached.
    pub fn unreached(&self) -> Vec<&'static str> {
        self.rows.iter().filter(|(_, n)| **n == 0).map(|(name, _)| *name).collect()
    }
}

/// A clock for the limit in host time; the guest never sees it.
#[expect(clippy::disallowed_methods, reason = "a limit for the person who waits, not guest time")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// The engines compared with our semantics.
pub type Subjects<'a, 'b> = &'a mut [&'b mut dyn Engine];

/// Runs the check; `progress` is called after every batch.
pub fn run(opts: &Opts, subjects: Subjects<'_, '_>, mut progress: impl FnMut(&Report)) -> Report {
    const BATCH: u64 = 64;
    const _: () = assert!(BATCH_CAP as u64 >= BATCH);
    let start = now();
    let blocks = Blocks::new(opts.grammar, opts.lengths);
    let mut report = Report::default();
    report.rows.extend(blocks.rows().all().map(|n| (table::row(n).name, 0)));
    let mut step = Step;
    let mut next = 0;
    loop {
        report.elapsed = start.elapsed();
        progress(&report);
        let left = opts.blocks.map_or(BATCH, |n| n.saturating_sub(next).min(BATCH));
        let done = left == 0
            || opts.insns.is_some_and(|n| report.insns >= n)
            || opts.time.is_some_and(|t| report.elapsed >= t)
            || report.failures.len() >= opts.failures.max(1);
        if done {
            return report;
        }
        let seeds = (next..next + left).map(|n| block_seed(opts.seed, n));
        let batch: Vec<(u64, Block)> = seeds.map(|seed| (seed, blocks.block(seed))).collect();
        next += left;
        let differing = check(&batch, &mut step, subjects, &mut report);
        for d in differing {
            judge(opts, &d, subjects, &mut report);
        }
    }
}

/// Runs the case of every entry of `known.toml`: the entries whose case no longer shows the error,
/// with what it does instead.
pub fn unexpected_passes(subject: &mut dyn Engine) -> Vec<(String, String)> {
    let mut lab = Lab::new(subject);
    let outcome = |known: &known::Known, lab: &mut Lab| match known.case.block() {
        Err(e) => Some(e),
        Ok(block) => match lab.investigate(&block, Mode::Counted) {
            Finding::Known(id, _) if id == known.id => None,
            Finding::Agree => Some("the engines agree: remove the entry".into()),
            other => Some(format!("its case shows something else: {}", other.signature())),
        },
    };
    let all = known::list().known().iter();
    all.filter_map(|k| Some((k.id.clone(), outcome(k, &mut lab)?))).collect()
}

/// A block that ends differently on a subject.
struct Differing<'a> {
    seed: u64,
    block: &'a Block,
    mode: Mode,
    /// Index of the subject.
    subject: usize,
}

/// Runs a batch on all engines; what ends differently.
fn check<'a>(
    batch: &'a [(u64, Block)],
    step: &mut Step,
    subjects: Subjects<'_, '_>,
    report: &mut Report,
) -> Vec<Differing<'a>> {
    let mut differing = Vec::new();
    for (mode, forward) in [(Mode::Block, true), (Mode::Counted, false)] {
        let chosen: Vec<_> = batch.iter().filter(|(_, b)| b.goes_forward() == forward).collect();
        let programs: Vec<Program> = chosen.iter().map(|(_, b)| b.program()).collect();
        let ours: Vec<Outcome> =
            chosen.iter().zip(&programs).map(|((_, b), p)| count(b, p, step, report)).collect();
        for (subject, engine) in subjects.iter_mut().enumerate() {
            let theirs = engine.run(&programs, mode);
            for (((seed, block), ours), theirs) in chosen.iter().zip(&ours).zip(theirs) {
                let same = match (ours, &theirs) {
                    (Outcome::Done(a), Outcome::Done(b)) => compare::differences(a, b).is_empty(),
                    (_, Outcome::NotComparable(why)) => {
                        *report.abstained.entry(why.clone()).or_default() += 1;
                        true
                    }
                    _ => false,
                };
                if !same {
                    differing.push(Differing { seed: *seed, block, mode, subject });
                }
            }
        }
    }
    differing
}

/// Runs a block on our engine and counts what it reached.
fn count(block: &Block, program: &Program, step: &mut Step, report: &mut Report) -> Outcome {
    let mut reached = 0u128;
    let ours = step.execute(program, |pc| {
        report.executed += 1;
        if let Some(n) = block.index(pc) {
            reached |= 1u128.checked_shl(u32::try_from(n).unwrap_or(u32::MAX)).unwrap_or_default();
        }
    });
    report.blocks += 1;
    report.insns += u64::from(reached.count_ones());
    for (n, slot) in block.slots.iter().enumerate() {
        if reached >> n & 1 == 1
            && let Some((_, row)) = rows::row_of(slot.word)
        {
            *report.rows.entry(row.name).or_default() += 1;
        }
    }
    ours
}

/// Explains a difference, or shrinks it and adds it to the failures.
fn judge(opts: &Opts, d: &Differing<'_>, subjects: Subjects<'_, '_>, report: &mut Report) {
    let mut lab = Lab::new(&mut *subjects[d.subject]);
    let finding = lab.investigate(d.block, d.mode);
    match &finding {
        Finding::Abstains(why) => *report.abstained.entry(why.clone()).or_default() += 1,
        Finding::Known(id, _) => *report.explained.entry(id.clone()).or_default() += 1,
        Finding::Agree => {
            *report.abstained.entry("a difference did not repeat".into()).or_default() += 1;
        }
        Finding::Culprit(_) | Finding::Crash(_) => {
            let (subject, name) = (lab.subject.name(), finding.signature());
            if report.failures.iter().any(|f| f.subject == subject && f.finding.signature() == name) {
                return;
            }
            let (block, finding) = lab.shrink(d.block, d.mode, finding);
            let explained = lab.subject.explain(&block.program());
            let ballot = ballot(&block, d.mode, subjects);
            let replay = report::replay(opts, d.seed, subject);
            let failure = Failure { replay, seed: d.seed, block, subject, finding, ballot, explained };
            report.failures.push(failure);
        }
    }
}

/// The vote on a block: step, our interpreter and the engines of the check.
fn ballot(block: &Block, mode: Mode, subjects: Subjects<'_, '_>) -> Ballot {
    let (mut step, mut interp) = (Step, Accelerated::interp(interp::Config::default()));
    let mut engines: Vec<&mut dyn Engine> = vec![&mut step];
    if subjects.iter().all(|s| s.name() != "interp") {
        engines.push(&mut interp);
    }
    engines.extend(subjects.iter_mut().map(|s| &mut **s));
    let voters = engines.iter().map(|e| (e.name(), e.capabilities().external)).collect();
    let program = [block.program()];
    let outcomes: Vec<Outcome> = engines.iter_mut().flat_map(|e| e.run(&program, mode)).collect();
    Ballot { voters, verdict: vote(&outcomes, |a, b| compare::differences(a, b).is_empty()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Unicorn, locate_oracle};
    use crate::generate::LIMIT;
    use crate::scenario::cap;

    /// The oracle, unless it is not built and nobody demands it.
    fn oracle() -> Option<Unicorn> {
        match locate_oracle() {
            Ok(path) => Some(Unicorn::start(path).unwrap()),
            Err(e) => {
                assert!(!cap::required("unicorn"), "{e}");
                eprintln!("skipped: {e}");
                None
            }
        }
    }

    /// Every row that can be compared is executed, not only generated. Needs no oracle.
    #[test]
    fn every_comparable_row_is_reached() {
        let mut step = Step;
        let blocks = Blocks::new(Grammar::All, (1, crate::generate::MAX_LEN));
        let mut report = Report::default();
        report.rows.extend(blocks.rows().all().map(|n| (table::row(n).name, 0)));
        for n in 0..20_000 {
            let block = blocks.block(block_seed(7, n));
            count(&block, &block.program(), &mut step, &mut report);
            if n % 1000 == 999 && report.unreached().is_empty() {
                return;
            }
        }
        panic!("rows not reached in 20000 blocks of seed 7: {:?}", report.unreached());
    }

    #[test]
    fn a_short_run_finds_nothing_unexplained() {
        let Some(mut unicorn) = oracle() else { return };
        let opts = Opts { seed: 0x51de, blocks: Some(300), ..Opts::default() };
        let report = run(&opts, &mut [&mut unicorn], |_| ());
        let text: String = report.failures.iter().map(report::failure).collect();
        assert!(report.failures.is_empty(), "{text}");
        assert_eq!(report.blocks, 300);
    }

    #[test]
    fn known_errors_are_still_there() {
        let Some(mut unicorn) = oracle() else { return };
        assert_eq!(unexpected_passes(&mut unicorn), [], "remove these from golden/known.toml");
    }

    /// Our semantics with CLZ replaced by CLS, under a name that a scenario can have. As a
    /// translator it interprets what is limited, rightly.
    struct Wrong {
        step: Step,
        translates: bool,
    }

    impl Wrong {
        fn new(translates: bool) -> Wrong {
            Wrong { step: Step, translates }
        }
    }

    impl Engine for Wrong {
        fn name(&self) -> &'static str {
            "jit"
        }
        fn capabilities(&self) -> crate::engine::Capabilities {
            crate::engine::Capabilities { translates: self.translates, ..self.step.capabilities() }
        }
        fn run(&mut self, programs: &[Program], mode: Mode) -> Vec<Outcome> {
            let mut changed = programs.to_vec();
            let compiled = changed.iter_mut().filter(|p| !self.translates || p.limit == LIMIT);
            for word in compiled.flat_map(|p| p.regions[0].bytes.chunks_exact_mut(4)) {
                if word[2] == 0xc0 && word[3] & 0x7f == 0x5a && word[1] >> 2 == 4 {
                    word[1] |= 4;
                }
            }
            self.step.run(&changed, mode)
        }
        fn explain(&mut self, _: &Program) -> Option<Explained> {
            let explained = Explained { ir: "v1 = cls v0".into(), address: 0, host: vec![0xc3], insns: 1 };
            self.translates.then_some(explained)
        }
    }

    fn finds_clz(translates: bool) -> Failure {
        let opts = Opts { grammar: Grammar::Int, seed: 3, blocks: Some(20_000), ..Opts::default() };
        let report = run(&opts, &mut [&mut Wrong::new(translates)], |_| ());
        let failure = report.failures.into_iter().next().expect("CLZ turns up");
        let text = report::failure(&failure);
        assert_eq!(failure.block.slots.len(), 1, "{text}");
        assert!(text.starts_with("jit differs from step, seed 0x") && text.contains("\n* x"), "{text}");
        assert!(text.contains("clz") && text.contains("vote of step, interp, jit: against the others: jit"));
        assert!(text.contains("--engines step,jit --grammar int --seed 0x"), "{text}");
        let again = Opts { seed: failure.seed, blocks: Some(1), ..opts };
        let replayed = run(&again, &mut [&mut Wrong::new(translates)], |_| ());
        assert_eq!(replayed.failures.len(), 1, "the seed replays");
        failure
    }

    #[test]
    fn a_wrong_engine_is_found_shrunk_reported_and_saved() {
        let failure = finds_clz(false);
        let (_, yaml) = explicit::yaml(&failure, &mut Step).expect("a culprit is saved");
        let saved: crate::scenario::Scenario = serde_yaml::from_str(&yaml).expect("a scenario");
        let case = saved.differential.and_then(|d| d.source.case).expect("a program in full");
        assert_eq!(explicit::check(&case, &mut [&mut Step]), Ok(vec![]));
        assert_eq!(explicit::check(&case, &mut [&mut Wrong::new(false)]).map(|d| d.len()), Ok(1));
    }

    #[test]
    fn a_wrong_translator_is_found_though_its_interpreter_is_right() {
        let text = report::failure(&finds_clz(true));
        assert!(text.contains("CLIF of 1 guest instructions\nv1 = cls v0"), "{text}");
    }

    fn corpus(engine: &mut dyn Engine) -> cases::Tally {
        let dir: std::path::PathBuf = [env!("CARGO_MANIFEST_DIR"), "../golden/cases/a64"].iter().collect();
        let tally = cases::check(&dir, engine).unwrap();
        assert!(tally.failures.is_empty(), "{}", tally.failures.join("\n"));
        tally
    }

    #[test]
    fn the_corpus_agrees_with_unicorn() {
        let Some(mut unicorn) = oracle() else { return };
        let tally = corpus(&mut unicorn);
        assert!(tally.agreed > 3000, "only {} cases compared", tally.agreed);
    }

    #[test]
    fn the_corpus_agrees_on_our_engines() {
        let jit = Accelerated::jit().expect("this host");
        for mut engine in [jit, Accelerated::interp(interp::Config::default())] {
            let tally = corpus(&mut engine);
            assert!(tally.agreed > 3000 && tally.explained == 0, "{tally:?}");
        }
    }
}

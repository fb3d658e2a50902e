//! The differential check: random programs on a reference and on other engines. The reference is our
//! semantics, or for x86-64, where there are none, the CPU.
//!
//! [`run`] makes blocks, runs them on every engine and compares the ends with the reference's. A
//! difference is first traced to the instruction that makes it ([`investigate`]); one of Unicorn's
//! that `golden/known.toml` explains is counted, any other is shrunk, put to the vote, reported and
//! saved.

pub mod cases;
pub mod compare;
pub mod explicit;
mod investigate;
pub mod known;
mod program;
pub mod report;

use std::collections::BTreeMap;
use std::time::Duration;

use innkeeper_core::accel::Explained;
use innkeeper_core::wire::{Arch, BATCH_CAP, Mode, Program, Stop};

use crate::engine::{self, Engine, Outcome, Verdict, vote};
use crate::generate::{Block, Generator, Grammar, Insn, a64, block_seed, x64};
use crate::guests;
use investigate::Run;
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
    /// Rows that one of the engines does not execute: no block is made of them.
    pub left_out: Vec<&'static str>,
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
    pub program: Program,
    /// The engine with which the others are compared.
    pub reference: &'static str,
    /// The engine that differs from it.
    pub subject: &'static str,
    /// What differs, where.
    pub finding: Finding,
    /// Who is in the wrong.
    pub ballot: Ballot,
    /// What the engine compiled the program to, if it did.
    pub explained: Option<Explained>,
}

/// A vote on a program: the reference, our interpreter and the engines of the check.
#[derive(Clone, Debug)]
pub struct Ballot {
    /// Names of the engines, and whether they are somebody else's.
    pub voters: Vec<(&'static str, bool)>,
    /// What came of it.
    pub verdict: Verdict,
}

impl Failure {
    /// Whether one of our own engines took part, and the vote did not find only others in the wrong.
    pub fn is_ours(&self) -> bool {
        let external = |n: &usize| self.ballot.voters.get(*n).is_some_and(|(_, external)| *external);
        let nobody = self.ballot.voters.iter().all(|(_, external)| *external);
        !nobody && !matches!(&self.ballot.verdict, Verdict::Minority(wrong) if wrong.iter().all(external))
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

/// The engines compared with the reference.
pub type Subjects<'a, 'b> = &'a mut [&'b mut dyn Engine];

/// Runs the check; `progress` is called after every batch.
pub fn run(
    opts: &Opts,
    reference: &mut dyn Engine,
    subjects: Subjects<'_, '_>,
    progress: impl FnMut(&Report),
) -> Report {
    let start = now();
    match guests::of_grammar(opts.grammar).wire {
        Arch::A64 => {
            let blocks = a64::Blocks::new(opts.grammar, opts.lengths);
            Check { opts, reference, subjects, blocks, start, report: Report::default() }.run(progress)
        }
        Arch::X64 => {
            let mut left_out = Vec::new();
            let takes = |row: &'static x64::rows::Row| {
                let takes = !row.probed || executed_by_all(row, reference, subjects);
                if !takes {
                    left_out.push(row.name.as_str());
                }
                takes
            };
            let blocks = x64::Blocks::new(takes, opts.lengths);
            let report = Report { left_out, ..Report::default() };
            Check { opts, reference, subjects, blocks, start, report }.run(progress)
        }
    }
}

/// Whether every engine executes a row, found out with a few programs of one instruction.
fn executed_by_all(
    row: &'static x64::rows::Row,
    reference: &mut dyn Engine,
    subjects: Subjects<'_, '_>,
) -> bool {
    const SAMPLES: u64 = 4;
    let programs: Vec<Program> = (0..SAMPLES).map(|seed| x64::sample(row, seed).program()).collect();
    let executes = |engine: &mut dyn Engine| {
        let outcomes = engine.run(&programs, Mode::Counted);
        outcomes.iter().all(|o| o.done().is_some_and(|r| r.stop != Stop::Undefined))
    };
    executes(reference) && subjects.iter_mut().all(|s| executes(&mut **s))
}

/// Runs the case of every entry of an architecture's list: the entries whose case no longer shows the
/// error, with what it does instead.
pub fn unexpected_passes(
    arch: Arch,
    reference: &mut dyn Engine,
    subject: &mut dyn Engine,
) -> Vec<(String, String)> {
    let mut lab = match arch {
        Arch::A64 => Lab::new::<a64::Word>(reference, subject),
        Arch::X64 => Lab::new::<iced_x86::Instruction>(reference, subject),
    };
    let outcome = |known: &known::Known, lab: &mut Lab| match known.case.program() {
        Err(e) => Some(e),
        Ok(program) => match lab.investigate(&program, Mode::Counted) {
            Finding::Known(id, _) if id == known.id => None,
            Finding::Agree => Some("the engines agree: remove the entry".into()),
            other => Some(format!("its case shows something else: {}", other.signature())),
        },
    };
    let all = known::list(arch).known().iter();
    all.filter_map(|k| Some((k.id.clone(), outcome(k, &mut lab)?))).collect()
}

/// A check under way.
struct Check<'a, 'b, 'c, G: Generator> {
    opts: &'a Opts,
    reference: &'a mut dyn Engine,
    subjects: Subjects<'b, 'c>,
    blocks: G,
    start: std::time::Instant,
    report: Report,
}

/// A block that ends differently on a subject.
struct Differing<'a, I> {
    seed: u64,
    block: &'a Block<I>,
    mode: Mode,
    /// Index of the subject.
    subject: usize,
}

impl<G: Generator> Check<'_, '_, '_, G> {
    fn run(mut self, mut progress: impl FnMut(&Report)) -> Report {
        const BATCH: u64 = 64;
        const _: () = assert!(BATCH_CAP as u64 >= BATCH);
        let opts = self.opts;
        self.report.rows.extend(self.blocks.rows().into_iter().map(|name| (name, 0)));
        let mut next = 0;
        loop {
            self.report.elapsed = self.start.elapsed();
            progress(&self.report);
            let left = opts.blocks.map_or(BATCH, |n| n.saturating_sub(next).min(BATCH));
            let done = left == 0
                || opts.insns.is_some_and(|n| self.report.insns >= n)
                || opts.time.is_some_and(|t| self.report.elapsed >= t)
                || self.report.failures.len() >= opts.failures.max(1);
            if done {
                return self.report;
            }
            let seeds = (next..next + left).map(|n| block_seed(opts.seed, n));
            let batch: Vec<(u64, Block<G::Insn>)> = seeds.map(|s| (s, self.blocks.block(s))).collect();
            next += left;
            for d in self.batch(&batch) {
                self.judge(&d);
            }
        }
    }

    /// Runs a batch on all engines; what ends differently.
    fn batch<'a>(&mut self, batch: &'a [(u64, Block<G::Insn>)]) -> Vec<Differing<'a, G::Insn>> {
        let runs: Vec<Run> = batch.iter().map(|(_, b)| count(b, self.reference, &mut self.report)).collect();
        let mut differing = Vec::new();
        for mode in [Mode::Block, Mode::Counted] {
            // Only programs that end by themselves can go without being counted.
            let free =
                |n: usize| batch[n].1.goes_forward() && runs[n].program.limit == crate::generate::LIMIT;
            let chosen: Vec<usize> = (0..batch.len()).filter(|&n| free(n) == (mode == Mode::Block)).collect();
            let programs: Vec<Program> = chosen.iter().map(|&n| runs[n].program.clone()).collect();
            for (subject, engine) in self.subjects.iter_mut().enumerate() {
                for (&n, mut theirs) in chosen.iter().zip(engine.run(&programs, mode)) {
                    runs[n].undefined.clear_outcome(&mut theirs);
                    let same = match (&runs[n].end, &theirs) {
                        (Outcome::Done(a), Outcome::Done(b)) => compare::differences(a, b).is_empty(),
                        (Outcome::NotComparable(why), _) | (_, Outcome::NotComparable(why)) => {
                            *self.report.abstained.entry(why.clone()).or_default() += 1;
                            true
                        }
                        _ => false,
                    };
                    if !same {
                        let (seed, block) = (batch[n].0, &batch[n].1);
                        differing.push(Differing { seed, block, mode, subject });
                    }
                }
            }
        }
        differing
    }

    /// Explains a difference, or shrinks it and adds it to the failures.
    fn judge(&mut self, d: &Differing<'_, G::Insn>) {
        let report = &mut self.report;
        let mut lab = Lab::new::<G::Insn>(&mut *self.reference, &mut *self.subjects[d.subject]);
        let finding = lab.investigate(&d.block.program(), d.mode);
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
                let program = investigate::run(lab.reference, &block.program()).program;
                let explained = lab.subject.explain(&program);
                let reference = lab.reference.name();
                let ballot = ballot(&program, d.mode, self.reference, self.subjects);
                let replay = report::replay(self.opts, d.seed, reference, subject);
                let seed = d.seed;
                report.failures.push(Failure {
                    replay,
                    seed,
                    program,
                    reference,
                    subject,
                    finding,
                    ballot,
                    explained,
                });
            }
        }
    }
}

/// Runs a block on the reference and counts what it reached.
fn count<I: Insn>(block: &Block<I>, reference: &mut dyn Engine, report: &mut Report) -> Run {
    let run = investigate::run(reference, &block.program());
    report.blocks += 1;
    report.executed += run.path.len() as u64;
    for (slot, at) in block.slots.iter().zip(block.addresses()) {
        if run.path.contains(&at) {
            report.insns += 1;
            if let Some(row) = slot.insn.row() {
                *report.rows.entry(row).or_default() += 1;
            }
        }
    }
    run
}

/// The vote on a program: the reference, our interpreter and the engines of the check.
fn ballot(program: &Program, mode: Mode, reference: &mut dyn Engine, subjects: Subjects<'_, '_>) -> Ballot {
    let undefined = investigate::run(reference, program).undefined;
    let mut interp = engine::interpreter(guests::of_wire(program.regs.arch()));
    let mut engines: Vec<&mut dyn Engine> = vec![&mut *reference as &mut dyn Engine];
    if subjects.iter().all(|s| s.name() != "interp") {
        engines.extend(interp.iter_mut().map(|e| &mut **e as &mut dyn Engine));
    }
    engines.extend(subjects.iter_mut().map(|s| &mut **s as &mut dyn Engine));
    let voters = engines.iter().map(|e| (e.name(), e.capabilities().external)).collect();
    let program = std::slice::from_ref(program);
    let mut outcomes: Vec<Outcome> = engines.iter_mut().flat_map(|e| e.run(program, mode)).collect();
    outcomes.iter_mut().for_each(|o| undefined.clear_outcome(o));
    Ballot { voters, verdict: vote(&outcomes, |a, b| compare::differences(a, b).is_empty()) }
}

#[cfg(test)]
mod tests {
    use innkeeper_core::accel::interp;
    use innkeeper_core::isa::a64::A64;

    use super::*;
    use crate::engine::{Accelerated, Kvm, Step, Unicorn, locate_oracle};
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
        let blocks = a64::Blocks::new(Grammar::All, (1, crate::generate::MAX_LEN));
        let mut report = Report::default();
        report.rows.extend(blocks.rows().into_iter().map(|name| (name, 0)));
        for n in 0..20_000 {
            let block = blocks.block(block_seed(7, n));
            count(&block, &mut step, &mut report);
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
        let report = run(&opts, &mut Step, &mut [&mut unicorn], |_| ());
        let text: String = report.failures.iter().map(report::failure).collect();
        assert!(report.failures.is_empty(), "{text}");
        assert_eq!(report.blocks, 300);
    }

    #[test]
    fn known_errors_are_still_there() {
        let Some(mut unicorn) = oracle() else { return };
        assert_eq!(
            unexpected_passes(Arch::A64, &mut Step, &mut unicorn),
            [],
            "remove these from golden/known.toml"
        );
    }

    /// KVM, unless this host has none and nobody demands it.
    fn kvm() -> Option<Kvm> {
        match Kvm::start() {
            Ok(kvm) => Some(kvm),
            Err(e) => {
                assert!(!cap::required("kvm"), "{e:#}");
                eprintln!("skipped: {e:#}");
                None
            }
        }
    }

    #[test]
    fn a_short_run_on_the_cpu_finds_nothing_unexplained() {
        let (Some(mut kvm), Some(mut unicorn)) = (kvm(), oracle()) else { return };
        let opts = Opts { grammar: Grammar::X64, seed: 0x51de, blocks: Some(500), ..Opts::default() };
        let report = run(&opts, &mut kvm, &mut [&mut unicorn], |_| ());
        let text: String = report.failures.iter().map(report::failure).collect();
        assert!(report.failures.is_empty(), "{text}");
        let reached = report.rows.values().filter(|n| **n != 0).count();
        let abstained: u64 = report.abstained.values().sum();
        assert!(reached > 500 && abstained < 25, "{}", report::summary(&report));
    }

    #[test]
    fn known_errors_of_x86_are_still_there() {
        let (Some(mut kvm), Some(mut unicorn)) = (kvm(), oracle()) else { return };
        let passes = unexpected_passes(Arch::X64, &mut kvm, &mut unicorn);
        assert_eq!(passes, [], "remove these from golden/known-x64.toml");
    }

    /// The CPU with CLC in place of a lone CMC, under a name that a scenario can have.
    struct NoCmc(Kvm);

    impl Engine for NoCmc {
        fn name(&self) -> &'static str {
            "unicorn"
        }
        fn capabilities(&self) -> crate::engine::Capabilities {
            self.0.capabilities()
        }
        fn run(&mut self, programs: &[Program], mode: Mode) -> Vec<Outcome> {
            let mut changed = programs.to_vec();
            for p in &mut changed {
                let code = &mut p.regions[0].bytes;
                if code[..] == [0xf5] {
                    code[0] = 0xf8;
                }
            }
            self.0.run(&changed, mode)
        }
    }

    #[test]
    fn a_failure_of_x86_is_saved_and_fails_again() {
        let (Some(mut kvm), Some(other)) = (kvm(), kvm()) else { return };
        let mut wrong = NoCmc(other);
        let program = program::program(Arch::X64, &[0xf5], "rflags=0x202").unwrap();
        let mut lab = Lab::new::<iced_x86::Instruction>(&mut kvm, &mut wrong);
        let finding = lab.investigate(&program, Mode::Counted);
        assert_eq!(finding.signature(), "Cmc rflags");
        let ballot = ballot(&program, Mode::Counted, &mut kvm, &mut [&mut wrong]);
        let failure = Failure {
            replay: String::new(),
            seed: 1,
            program,
            reference: "kvm",
            subject: "unicorn",
            finding,
            ballot,
            explained: None,
        };
        assert!(!failure.is_ours() && report::failure(&failure).contains("cmc"));
        let (_, yaml) = explicit::yaml(&failure, &mut kvm, &mut wrong).expect("a culprit is saved");
        let saved: crate::scenario::Scenario = serde_yaml::from_str(&yaml).expect("a scenario");
        let case = saved.differential.and_then(|d| d.source.case).expect("a program in full");
        assert_eq!(explicit::check(Arch::X64, &case, &mut kvm, &mut []), Ok(vec![]));
        assert_eq!(explicit::check(Arch::X64, &case, &mut kvm, &mut [&mut wrong]).map(|d| d.len()), Ok(1));
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
        let report = run(&opts, &mut Step, &mut [&mut Wrong::new(translates)], |_| ());
        let failure = report.failures.into_iter().next().expect("CLZ turns up");
        let text = report::failure(&failure);
        assert_eq!(failure.program.regions[0].bytes.len(), 4, "{text}");
        assert!(text.starts_with("jit differs from step, seed 0x") && text.contains("\n* x"), "{text}");
        assert!(text.contains("clz") && text.contains("vote of step, interp, jit: against the others: jit"));
        assert!(text.contains("--engines step,jit --grammar int --seed 0x"), "{text}");
        let again = Opts { seed: failure.seed, blocks: Some(1), ..opts };
        let replayed = run(&again, &mut Step, &mut [&mut Wrong::new(translates)], |_| ());
        assert_eq!(replayed.failures.len(), 1, "the seed replays");
        failure
    }

    #[test]
    fn a_wrong_engine_is_found_shrunk_reported_and_saved() {
        let failure = finds_clz(false);
        let (_, yaml) = explicit::yaml(&failure, &mut Step, &mut Step).expect("a culprit is saved");
        let saved: crate::scenario::Scenario = serde_yaml::from_str(&yaml).expect("a scenario");
        let case = saved.differential.and_then(|d| d.source.case).expect("a program in full");
        assert_eq!(explicit::check(Arch::A64, &case, &mut Step, &mut []), Ok(vec![]));
        assert_eq!(
            explicit::check(Arch::A64, &case, &mut Step, &mut [&mut Wrong::new(false)]).map(|d| d.len()),
            Ok(1)
        );
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
        let jit = Accelerated::<A64>::jit().expect("this host");
        for mut engine in [jit, Accelerated::interp(interp::Config::default())] {
            let tally = corpus(&mut engine);
            assert!(tally.agreed > 3000 && tally.explained == 0, "{tally:?}");
        }
    }
}

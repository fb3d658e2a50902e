//! `innkeeper diff`: the differential check.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Context as _, bail};
use innkeeper_core::wire;

use super::{FAILED, OK};
use crate::diff::{self, Opts, Subjects, report};
use crate::engine::{self, Engine};
use crate::generate::Grammar;
use crate::guests::{self, Guest};
use crate::print;
use crate::scenario::differential::Engine as Name;
use crate::scenario::machine::Arch;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Guest architecture
    #[arg(long, value_parser = super::arch)]
    arch: Arch,
    /// Engines to compare. For aarch64 the first is step (our semantics, executed directly): interp
    /// and jit run as in a machine, with the MMU on. For x86_64 the first is kvm, the host's CPU. Only
    /// unicorn needs the oracle [default: step,jit,unicorn or kvm,unicorn]
    #[arg(long, value_delimiter = ',', value_parser = engine_name)]
    engines: Vec<Name>,
    /// Rows of the decode table that programs are made of
    /// (of aarch64 all, int, loadstore, fp, simd or crypto)
    #[arg(long, value_name = "GRAMMAR", default_value = "all")]
    grammar: String,
    /// Seed; block 0 of a run is made of the seed itself [default: of the host's clock, printed]
    #[arg(long, value_parser = seed)]
    seed: Option<u64>,
    /// Programs to run [default: 2000, unless --insns or --seconds is given]
    #[arg(long)]
    blocks: Option<u64>,
    /// Instructions to run
    #[arg(long)]
    insns: Option<u64>,
    /// Seconds to run for
    #[arg(long)]
    seconds: Option<u64>,
    /// Instructions per program: LOW..HIGH, or at most so many
    #[arg(long, value_name = "LENGTH", default_value = "1..64", value_parser = length)]
    length: (usize, usize),
    /// Differences of different kinds to collect before stopping
    #[arg(long, default_value_t = 1)]
    failures: usize,
    /// Folder in which a shrunk difference is saved as a scenario
    #[arg(long, value_name = "DIR", default_value = "scenarios/regressions")]
    save: std::path::PathBuf,
    /// Check that every known error of Unicorn is still there, and nothing else
    #[arg(long)]
    known: bool,
    /// Check the one-line cases in a folder on the engines, and nothing else
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "golden/cases/a64")]
    cases: Option<std::path::PathBuf>,
    /// Print how often each row was reached
    #[arg(long)]
    rows: bool,
}

/// The grammar of a guest by its word.
fn grammar(guest: &Guest, word: &str) -> anyhow::Result<Grammar> {
    let known = guest.grammars;
    let found = known.iter().find(|(name, _)| *name == word).map(|(_, grammar)| *grammar);
    found.with_context(|| {
        let words: Vec<_> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
        format!("{} has no grammar `{word}`: there are {}", guest.arch.as_str(), words.join(", "))
    })
}

fn engine_name(word: &str) -> Result<Name, String> {
    super::word(Name::ALL, Name::as_str, word)
}

fn length(text: &str) -> Result<(usize, usize), String> {
    let (low, high) = text.split_once("..").unwrap_or(("1", text));
    match (low.parse(), high.parse()) {
        (Ok(low), Ok(high)) if 1 <= low && low <= high && high <= crate::generate::MAX_LEN => Ok((low, high)),
        _ => Err(format!("a range such as 1..16, within 1..{}", crate::generate::MAX_LEN)),
    }
}

fn seed(text: &str) -> Result<u64, std::num::ParseIntError> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let guest = guests::of(args.arch);
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let bounded = args.blocks.is_some() || args.insns.is_some() || args.seconds.is_some();
    let opts = Opts {
        grammar: grammar(guest, &args.grammar)?,
        seed,
        blocks: if bounded { args.blocks } else { Some(2000) },
        insns: args.insns,
        time: args.seconds.map(Duration::from_secs),
        lengths: args.length,
        failures: args.failures,
    };
    let names = match &args.engines[..] {
        _ if args.known => vec![guest.reference(), Name::Unicorn],
        [] => guest.usual_engines.to_vec(),
        given => given.to_vec(),
    };
    let mut engines = engine::start(guest, &names)?;
    let Some((reference, subjects)) = engines.split_first_mut() else { return Ok(OK) };
    let reference = &mut **reference;
    let mut subjects: Vec<&mut dyn Engine> =
        subjects.iter_mut().map(|e| &mut **e as &mut dyn Engine).collect();
    match &args.cases {
        _ if args.known => Ok(known(guest.wire, reference, &mut *subjects[0])),
        None => Ok(compare(args, &opts, reference, &mut subjects)),
        Some(dir) if guest.has_cases => cases(dir, &mut subjects),
        Some(_) => bail!("there are no one-line cases of {}", args.arch.as_str()),
    }
}

/// The check itself.
fn compare(args: &Args, opts: &Opts, reference: &mut dyn Engine, subjects: Subjects<'_, '_>) -> u8 {
    eprintln!("seed {:#x}", opts.seed);
    let terminal = std::io::stderr().is_terminal();
    let mut shown = Duration::ZERO;
    let result = diff::run(opts, reference, subjects, |r| {
        let pause = Duration::from_millis(if terminal { 200 } else { 20_000 });
        if r.elapsed >= shown + pause {
            shown = r.elapsed;
            let (start, end) = if terminal { ("\r\x1b[2K", "") } else { ("", "\n") };
            eprint!("{start}{}{end}", report::progress(r));
            // Hours may be to come, and nothing is half-written here.
            print::die_if_unread();
        }
    });
    if terminal {
        eprintln!();
    }
    for failure in &result.failures {
        println!("{}", report::failure(failure));
        let subject = subjects.iter_mut().find(|s| s.name() == failure.subject);
        match subject.map(|s| diff::explicit::save(failure, &args.save, reference, &mut **s)) {
            Some(Ok(Some(path))) => println!("saved as {}\n", path.display()),
            Some(Ok(None)) | None => {}
            Some(Err(e)) => eprintln!("failed to save in {}: {e}", args.save.display()),
        }
    }
    if args.rows {
        for (name, n) in &result.rows {
            println!("{n:>10}  {name}");
        }
    }
    eprint!("{}", report::summary(&result));
    if result.failures.is_empty() { OK } else { FAILED }
}

/// `--known`.
fn known(arch: wire::Arch, reference: &mut dyn Engine, unicorn: &mut dyn Engine) -> u8 {
    let passes = diff::unexpected_passes(arch, reference, unicorn);
    for (id, what) in &passes {
        println!("unexpected pass: {id}: {what}");
    }
    eprintln!("{} known errors, {} unexpected passes", diff::known::list(arch).known().len(), passes.len());
    if passes.is_empty() { OK } else { FAILED }
}

/// `--cases`.
fn cases(dir: &std::path::Path, subjects: Subjects<'_, '_>) -> anyhow::Result<u8> {
    let mut failed = false;
    for subject in subjects {
        let tally = diff::cases::check(dir, &mut **subject)?;
        for failure in &tally.failures {
            println!("{failure}");
        }
        eprintln!(
            "{}: {} cases agree, {} explained, {} not comparable, {} failures",
            subject.name(),
            tally.agreed,
            tally.explained,
            tally.skipped,
            tally.failures.len()
        );
        failed |= !tally.failures.is_empty();
    }
    Ok(if failed { FAILED } else { OK })
}

/// A seed nobody chose.
#[expect(clippy::disallowed_methods, reason = "printed, and every guest-visible thing follows from it")]
fn fresh_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_secs() << 20 | u64::from(since.subsec_micros())
}

//! `innkeeper diff`: the differential check.

use std::io::IsTerminal;
use std::time::Duration;

use clap::ValueEnum;

use super::{FAILED, OK};
use crate::diff::{self, Opts, report};
use crate::engine::{Engine, Interp, Unicorn, locate_oracle};
use crate::generate::rows::Grammar;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Guest architecture
    #[arg(long, value_enum)]
    arch: Arch,
    /// Engine under test: the oracle, or the machine's interpreter with its MMU on
    #[arg(long, value_enum, default_value = "unicorn")]
    subject: Subject,
    /// Rows of the decode table that programs are made of
    #[arg(long, value_enum, default_value = "all")]
    grammar: GrammarArg,
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
    /// Instructions per program at most
    #[arg(long, default_value_t = crate::generate::MAX_LEN)]
    length: usize,
    /// Differences of different kinds to collect before stopping
    #[arg(long, default_value_t = 1)]
    failures: usize,
    /// Folder in which a shrunk difference is saved as a scenario
    #[arg(long, value_name = "DIR", default_value = "scenarios/regressions")]
    save: std::path::PathBuf,
    /// Check that every known error of Unicorn is still there, and nothing else
    #[arg(long)]
    known: bool,
    /// Check the one-line cases in a folder against Unicorn, and nothing else
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "golden/cases/a64")]
    cases: Option<std::path::PathBuf>,
    /// Print how often each row was reached
    #[arg(long)]
    rows: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Arch {
    Aarch64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    Unicorn,
    Interp,
}

#[derive(Clone, Copy, ValueEnum)]
enum GrammarArg {
    All,
    Int,
    Loadstore,
    Fp,
    Simd,
    Crypto,
}

impl From<GrammarArg> for Grammar {
    fn from(g: GrammarArg) -> Grammar {
        match g {
            GrammarArg::All => Grammar::All,
            GrammarArg::Int => Grammar::Int,
            GrammarArg::Loadstore => Grammar::LoadStore,
            GrammarArg::Fp => Grammar::Fp,
            GrammarArg::Simd => Grammar::Simd,
            GrammarArg::Crypto => Grammar::Crypto,
        }
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
    let Arch::Aarch64 = args.arch;
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let bounded = args.blocks.is_some() || args.insns.is_some() || args.seconds.is_some();
    let opts = Opts {
        grammar: args.grammar.into(),
        seed,
        blocks: if bounded { args.blocks } else { Some(2000) },
        insns: args.insns,
        time: args.seconds.map(Duration::from_secs),
        lengths: (1, args.length),
        failures: args.failures,
    };
    if args.subject == Subject::Interp {
        return Ok(compare(args, &opts, &mut Interp::default()));
    }
    let mut unicorn = Unicorn::start(locate_oracle()?)?;
    if args.known {
        return Ok(known(&mut unicorn));
    }
    if let Some(dir) = &args.cases {
        return cases(dir, &mut unicorn);
    }
    Ok(compare(args, &opts, &mut unicorn))
}

/// The check itself.
fn compare(args: &Args, opts: &Opts, subject: &mut dyn Engine) -> u8 {
    eprintln!("seed {:#x}", opts.seed);
    let terminal = std::io::stderr().is_terminal();
    let mut shown = Duration::ZERO;
    let result = diff::run(opts, subject, |r| {
        let pause = Duration::from_millis(if terminal { 200 } else { 20_000 });
        if r.elapsed >= shown + pause {
            shown = r.elapsed;
            let (start, end) = if terminal { ("\r\x1b[2K", "") } else { ("", "\n") };
            eprint!("{start}{}{end}", report::progress(r));
        }
    });
    if terminal {
        eprintln!();
    }
    for failure in &result.failures {
        println!("{}", report::failure(failure));
        match diff::explicit::save(failure, &args.save, subject) {
            Ok(Some(path)) => println!("saved as {}\n", path.display()),
            Ok(None) => {}
            Err(e) => eprintln!("failed to save in {}: {e}", args.save.display()),
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
fn known(unicorn: &mut Unicorn) -> u8 {
    let passes = diff::unexpected_passes(unicorn);
    for (id, what) in &passes {
        println!("unexpected pass: {id}: {what}");
    }
    eprintln!("{} known errors, {} unexpected passes", diff::known::list().known().len(), passes.len());
    if passes.is_empty() { OK } else { FAILED }
}

/// `--cases`.
fn cases(dir: &std::path::Path, unicorn: &mut Unicorn) -> anyhow::Result<u8> {
    let tally = diff::cases::check(dir, unicorn)?;
    for failure in &tally.failures {
        println!("{failure}");
    }
    eprintln!(
        "{} cases agree, {} explained, {} not comparable, {} failures",
        tally.agreed,
        tally.explained,
        tally.skipped,
        tally.failures.len()
    );
    Ok(if tally.failures.is_empty() { OK } else { FAILED })
}

/// A seed nobody chose.
#[expect(clippy::disallowed_methods, reason = "printed, and every guest-visible thing follows from it")]
fn fresh_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_secs() << 20 | u64::from(since.subsec_micros())
}

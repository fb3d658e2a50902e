//! The text of a run and of a failure.

use std::fmt::Write as _;

use innkeeper_core::isa::a64::{disasm, record};
use innkeeper_core::wire::{self, A64Regs, Written};

use super::compare::Field;
use super::investigate::regs;
use super::{Ballot, Culprit, Failure, Finding, Opts, Report};
use crate::engine::Verdict;
use crate::generate::rows::Grammar;
use crate::generate::{Block, CODE, SCRATCH};
use crate::host_code;

/// One line on how far a run is.
pub fn progress(r: &Report) -> String {
    let seconds = r.elapsed.as_secs_f64().max(1e-6);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = r.insns as f64 / seconds;
    let explained: u64 = r.explained.values().sum();
    let abstained: u64 = r.abstained.values().sum();
    format!(
        "{} blocks, {} instructions ({rate:.0}/s), {} of {} rows reached, {explained} explained, {abstained} abstained, {} failures",
        r.blocks,
        r.insns,
        r.rows.values().filter(|n| **n != 0).count(),
        r.rows.len(),
        r.failures.len(),
    )
}

/// The end of a run without its failures.
pub fn summary(r: &Report) -> String {
    let mut out = progress(r);
    out.push('\n');
    for (what, counts) in [("explained", &r.explained), ("abstained", &r.abstained)] {
        for (name, n) in counts {
            let _ = writeln!(out, "  {what} {n:>8}  {name}");
        }
    }
    let unreached = r.unreached();
    if !unreached.is_empty() {
        let _ = writeln!(out, "  rows not reached: {}", unreached.join(" "));
    }
    out
}

/// The command that runs a block of a check again.
pub fn replay(opts: &Opts, seed: u64, subject: &str) -> String {
    let mut command = format!("innkeeper diff --arch aarch64 --engines step,{subject}");
    if opts.grammar != Grammar::All {
        let _ = write!(command, " --grammar {}", opts.grammar.as_str().trim_start_matches("a64-"));
    }
    let (low, high) = opts.lengths;
    if (low, high) != Opts::default().lengths {
        let _ = write!(command, " --length {low}..{high}");
    }
    let _ = write!(command, " --seed {seed:#x} --blocks 1");
    command
}

/// A failure in full: how to repeat it, the program, the start, both ends, memory, the code it was
/// compiled to.
pub fn failure(f: &Failure) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} differs from step, seed {:#x}", f.subject, f.seed);
    let _ = writeln!(out, "replay: {}", f.replay);
    let _ = writeln!(out, "vote of {}", vote(&f.ballot));
    match &f.finding {
        Finding::Culprit(c) => culprit(&mut out, f.subject, &f.block, c),
        Finding::Crash(why) => {
            let _ = writeln!(out, "\n{why}");
            listing(&mut out, &f.block, None);
            start(&mut out, &f.block.start());
        }
        other => {
            let _ = writeln!(out, "\n{}", other.signature());
        }
    }
    if let Some(explained) = &f.explained {
        let _ = write!(out, "\n{}", host_code::text(explained));
    }
    out
}

fn vote(b: &Ballot) -> String {
    let names = |of: &mut dyn Iterator<Item = usize>| {
        of.filter_map(|n| Some(b.voters.get(n)?.0)).collect::<Vec<_>>().join(", ")
    };
    let result = match &b.verdict {
        Verdict::Agree => "all agree at the end of the block".into(),
        Verdict::NoQuorum => "nobody to compare with".into(),
        Verdict::Split => "no majority".into(),
        Verdict::Minority(wrong) => {
            format!("against the others: {}", names(&mut wrong.iter().copied()))
        }
    };
    format!("{}: {result}", names(&mut (0..b.voters.len())))
}

fn culprit(out: &mut String, subject: &str, block: &Block, c: &Culprit) {
    let fields: Vec<String> = c.fields.iter().map(ToString::to_string).collect();
    let _ = writeln!(out, "row {}, after {} instructions; different: {}", c.row, c.before, fields.join(", "));
    listing(out, block, Some(c.pc));
    let _ = writeln!(out, "\nmicro-operations of the marked instruction\n{}", record::record(c.word));
    start(out, &block.start());
    let memory_at_start = wire::written(SCRATCH, &[], &block.scratch);
    memory(out, "memory at the start (what is not shown is 0)", &memory_at_start);
    if let Some(before) = regs(&c.state) {
        let _ = writeln!(out, "\nbefore the marked instruction");
        registers(out, before);
    }
    let _ = writeln!(out, "\nafter it (* different){:>38} {:>40}", "step", subject);
    let line = |out: &mut String, field: Field, name: &str, a: String, b: String| {
        let mark = if c.fields.contains(&field) { '*' } else { ' ' };
        let _ = writeln!(out, "{mark} {name:<8} {a:>48} {b:>40}");
    };
    line(out, Field::Stop, "stop", format!("{:?}", c.ours.stop), format!("{:?}", c.theirs.stop));
    line(out, Field::Count, "count", format!("{:?}", c.ours.count), format!("{:?}", c.theirs.count));
    let (Some(a), Some(b), Some(before)) = (regs(&c.ours), regs(&c.theirs), regs(&c.state)) else { return };
    line(out, Field::Pc, "pc", format!("{:#x}", a.pc), format!("{:#x}", b.pc));
    line(out, Field::Sp, "sp", format!("{:#x}", a.sp), format!("{:#x}", b.sp));
    line(out, Field::Nzcv, "nzcv", format!("{:04b}", a.nzcv), format!("{:04b}", b.nzcv));
    line(out, Field::Fpcr, "fpcr", format!("{:08x}", a.fpcr), format!("{:08x}", b.fpcr));
    line(out, Field::Fpsr, "fpsr", format!("{:08x}", a.fpsr), format!("{:08x}", b.fpsr));
    for n in 0u8..31 {
        let i = usize::from(n);
        if a.x[i] != before.x[i] || b.x[i] != before.x[i] {
            line(out, Field::X(n), &format!("x{n}"), format!("{:016x}", a.x[i]), format!("{:016x}", b.x[i]));
        }
    }
    for n in 0u8..32 {
        let i = usize::from(n);
        if a.v[i] != before.v[i] || b.v[i] != before.v[i] {
            line(out, Field::V(n), &format!("v{n}"), format!("{:032x}", a.v[i]), format!("{:032x}", b.v[i]));
        }
    }
    memory(out, "memory written, step", &c.ours.written);
    memory(out, &format!("memory written, {subject}"), &c.theirs.written);
}

fn listing(out: &mut String, block: &Block, marked: Option<u64>) {
    out.push('\n');
    for (n, word) in block.words().into_iter().enumerate() {
        let at = Block::address(n);
        let mark = if marked == Some(at) { '>' } else { ' ' };
        let _ = writeln!(out, "{mark} {:6x}: {word:08x}  {}", at - CODE, disasm::disasm(word, at));
    }
}

fn start(out: &mut String, r: &A64Regs) {
    let _ = writeln!(out, "\nstart (what is not shown is 0)");
    registers(out, r);
}

fn registers(out: &mut String, r: &A64Regs) {
    let _ = writeln!(
        out,
        "  pc {:#x}  sp {:#x}  nzcv {:04b}  fpcr {:08x}  fpsr {:08x}",
        r.pc, r.sp, r.nzcv, r.fpcr, r.fpsr
    );
    for (n, x) in r.x.iter().enumerate().filter(|(_, x)| **x != 0) {
        let _ = writeln!(out, "  x{n:<3} {x:016x}");
    }
    for (n, v) in r.v.iter().enumerate().filter(|(_, v)| **v != 0) {
        let _ = writeln!(out, "  v{n:<3} {v:032x}");
    }
}

fn memory(out: &mut String, title: &str, runs: &[Written]) {
    if runs.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for w in runs.iter().take(8) {
        for (at, bytes) in (w.addr..).step_by(16).zip(w.bytes.chunks(16)).take(8) {
            let hex: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
            let _ = writeln!(out, "  {at:x}: {}", hex.join(" "));
        }
    }
}

//! The text of a run and of a failure.

use std::fmt::Write as _;

use innkeeper_core::wire::{self, Perm, Program, Regs, Written};

use super::compare::Field;
use super::{Ballot, Culprit, Failure, Finding, Opts, Report};
use crate::engine::Verdict;
use crate::generate::state::{self, Class, Item, Register};
use crate::generate::{CODE, SCRATCH};
use crate::{guests, host_code};

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
    if !r.left_out.is_empty() {
        let _ = writeln!(out, "  rows not executed by every engine: {}", r.left_out.join(" "));
    }
    let unreached = r.unreached();
    if !unreached.is_empty() {
        let _ = writeln!(out, "  rows not reached: {}", unreached.join(" "));
    }
    out
}

/// The command that runs a block of a check again.
pub fn replay(opts: &Opts, seed: u64, reference: &str, subject: &str) -> String {
    let guest = guests::of_grammar(opts.grammar);
    let arch = guest.arch.as_str();
    let mut command = format!("innkeeper diff --arch {arch} --engines {reference},{subject}");
    if let Some((word, _)) = guest.grammars[1..].iter().find(|(_, g)| *g == opts.grammar) {
        let _ = write!(command, " --grammar {word}");
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
    let _ = writeln!(out, "{} differs from {}, seed {:#x}", f.subject, f.reference, f.seed);
    let _ = writeln!(out, "replay: {}", f.replay);
    let _ = writeln!(out, "vote of {}", vote(&f.ballot));
    match &f.finding {
        Finding::Culprit(c) => culprit(&mut out, f, c),
        Finding::Crash(why) => {
            let _ = writeln!(out, "\n{why}");
            listing(&mut out, &f.program, None);
            start(&mut out, &f.program.regs);
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

fn culprit(out: &mut String, f: &Failure, c: &Culprit) {
    let fields: Vec<String> = c.fields.iter().map(ToString::to_string).collect();
    let _ = writeln!(out, "row {}, after {} instructions; different: {}", c.row, c.before, fields.join(", "));
    listing(out, &f.program, Some(c.pc));
    if let Some(operations) = (guests::of_wire(f.program.regs.arch()).operations)(&c.code) {
        let _ = writeln!(out, "\nmicro-operations of the marked instruction\n{operations}");
    }
    start(out, &f.program.regs);
    let scratch = f.program.regions.iter().find(|r| r.base == SCRATCH).map(|r| &r.bytes[..]);
    let memory_at_start = wire::written(SCRATCH, &[], scratch.unwrap_or_default());
    memory(out, "memory at the start (what is not shown is 0)", &memory_at_start);
    let _ = writeln!(out, "\nbefore the marked instruction");
    registers(out, &c.state.regs);
    let _ = writeln!(out, "\nafter it (* different){:>38} {:>40}", f.reference, f.subject);
    let line = |out: &mut String, field: Field, a: String, b: String| {
        let mark = if c.fields.contains(&field) { '*' } else { ' ' };
        let name = field.to_string();
        let _ = writeln!(out, "{mark} {name:<8} {a:>48} {b:>40}");
    };
    line(out, Field::Stop, format!("{:?}", c.ours.stop), format!("{:?}", c.theirs.stop));
    line(out, Field::Count, format!("{:?}", c.ours.count), format!("{:?}", c.theirs.count));
    for r in Register::all(c.state.regs.arch()) {
        let (a, b, before) = (r.get(&c.ours.regs), r.get(&c.theirs.regs), r.get(&c.state.regs));
        if a != before || b != before || matches!(r.class(), Class::Pc | Class::Control) {
            line(out, Field::Register(r), format!("{a:#x}"), format!("{b:#x}"));
        }
    }
    memory(out, &format!("memory written, {}", f.reference), &c.ours.written);
    memory(out, &format!("memory written, {}", f.subject), &c.theirs.written);
}

fn listing(out: &mut String, program: &Program, marked: Option<u64>) {
    out.push('\n');
    let code = program.regions.iter().find(|r| r.perm == Perm::Code).map(|r| &r.bytes[..]);
    for (at, bytes, text) in (guests::of_wire(program.regs.arch()).listing)(CODE, code.unwrap_or_default()) {
        let mark = if marked == Some(at) { '>' } else { ' ' };
        let _ = writeln!(out, "{mark} {:6x}: {bytes}  {text}", at - CODE);
    }
}

fn start(out: &mut String, r: &Regs) {
    let _ = writeln!(out, "\nstart (what is not shown is 0, or RFLAGS and MXCSR as they always begin)");
    registers(out, r);
}

fn registers(out: &mut String, r: &Regs) {
    let _ = writeln!(out, "  pc {:#x}", r.pc());
    for item in state::differing(r, &state::nothing(r.arch())) {
        if let Item::Register(register, value) = item {
            let _ = writeln!(out, "  {:<6} {value:#x}", register.to_string());
        }
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

//! `innkeeper isa`: what of the instruction set is implemented.

use anyhow::Context as _;
use innkeeper_core::isa::RowInfo;

use crate::guests;
use crate::scenario::machine::Arch;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Guest architecture
    #[arg(long, default_value = Arch::Aarch64.as_str(), value_parser = super::arch)]
    arch: Arch,
    /// Rows implemented per section of the decode table
    #[arg(long, required = true)]
    coverage: bool,
    /// Name the rows that are missing
    #[arg(long)]
    missing: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let name = args.arch.as_str();
    let rows =
        guests::of(args.arch).rows.with_context(|| format!("{name} has no decode table: KVM runs it"))?;
    print!("{}", coverage(&rows(), args.missing));
    Ok(super::OK)
}

/// One line per section in the table's order, and the sum.
fn coverage(rows: &[RowInfo], missing: bool) -> String {
    let mut sections: Vec<&str> = rows.iter().map(|r| r.section).collect();
    sections.dedup();
    let mut text = String::new();
    let line = |name: &str, done: usize, all: usize| {
        let percent = (done * 100).checked_div(all).unwrap_or(0);
        format!("{name:<44} {done:>5} of {all:>5}  {percent:>3} %\n")
    };
    for section in sections {
        let all: Vec<_> = rows.iter().filter(|r| r.section == section).collect();
        let done = all.iter().filter(|r| r.implemented).count();
        text += &line(section, done, all.len());
        for row in all.iter().filter(|r| missing && !r.implemented) {
            text.extend(["    ", row.name, "\n"]);
        }
    }
    let done = rows.iter().filter(|r| r.implemented).count();
    text + &line("all", done, rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_add_up() {
        let rows = guests::of(Arch::Aarch64).rows.unwrap()();
        let text = coverage(&rows, false);
        let number =
            |l: &str, n: usize| l[44..].split_whitespace().nth(n).and_then(|w| w.parse::<usize>().ok());
        let lines: Vec<&str> = text.lines().collect();
        let (all, sections) = lines.split_last().unwrap();
        let sum: usize = sections.iter().filter_map(|l| number(l, 2)).sum();
        assert_eq!(number(all, 2), Some(sum));
        assert_eq!(sum, rows.len(), "a section appears once");
    }
}

//! Goldens through insta, with explicit names and absolute paths.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use regex::Regex;

use super::Context;
use super::verdict::{Class, Failure};
use crate::golden;

/// Compares `text` with golden `name` of the scenario.
pub fn compare(ctx: &Context<'_>, name: &str, text: &str) -> Result<(), Failure> {
    compare_in(ctx, &golden::directory(ctx.project, &ctx.loaded.name), name, text)
}

/// Compares `text` with golden `name` in `directory`. `INSTA_UPDATE` decides what happens to a
/// golden that is missing or different, as everywhere with insta.
pub fn compare_in(ctx: &Context<'_>, directory: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let mut text = text.to_string();
    for r in ctx.cell.scenario.snapshots.iter().flat_map(|s| &s.redact) {
        let regex = Regex::new(&r.regex).map_err(|e| Failure::new(Class::ScenarioError, e.to_string()))?;
        text = regex.replace_all(&text, r.with.as_str()).into_owned();
    }
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(directory);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let file = directory.join(format!("{name}.snap"));
    let existed = file.is_file();
    let assertion = AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name, text)));
    if catch_unwind(assertion).is_ok() {
        return Ok(());
    }
    let what = if existed { "differs from its golden" } else { "has no golden yet" };
    Err(Failure::assertion(format!("snapshot `{name}` {what}"))
        .detail(format!("golden: {}", file.display()))
        .detail(first_difference(&std::fs::read_to_string(&file).unwrap_or_default(), &text))
        .detail(format!("accept it with: innkeeper run --bless {}", ctx.cell.name)))
}

/// The first line in which a golden's file and `text` differ.
fn first_difference(file: &str, text: &str) -> String {
    // The file begins with a header between two lines of dashes.
    let old = file.splitn(3, "---\n").nth(2).unwrap_or_default();
    let (mut a, mut b) = (old.trim_end().lines(), text.trim_end().lines());
    let mut line = 0;
    loop {
        line += 1;
        match (a.next(), b.next()) {
            (None, None) => return "no difference but in blanks at the end".into(),
            (x, y) if x == y => {}
            (x, y) => {
                let show = |l: Option<&str>| l.map_or("(end)".into(), super::console::printable);
                return format!(
                    "first difference in line {line}:\n  golden: {}\n     now: {}",
                    show(x),
                    show(y)
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_shown_without_the_header() {
        let file = "---\nsource: x\n---\nsame\nold\n";
        assert_eq!(
            first_difference(file, "same\nnew\n"),
            "first difference in line 2:\n  golden: old\n     now: new"
        );
    }
}

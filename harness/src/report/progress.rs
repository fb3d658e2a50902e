//! Progress on a terminal: one line per running test and a bar; elsewhere only verdict lines.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Entry;

/// What is shown while tests run.
pub struct Progress {
    all: MultiProgress,
    bar: ProgressBar,
    terminal: bool,
}

impl Progress {
    /// Progress over `total` tests.
    pub fn new(total: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let all = MultiProgress::with_draw_target(target);
        let bar = all.add(ProgressBar::new(total as u64));
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Progress { all, bar, terminal }
    }

    /// A line for a test that begins; it goes when dropped through [`Progress::done`].
    pub fn begin(&self, test: &str) -> ProgressBar {
        let line = self.all.insert_before(&self.bar, ProgressBar::new_spinner());
        line.set_message(test.to_string());
        if self.terminal {
            line.enable_steady_tick(Duration::from_millis(120));
        }
        line
    }

    /// Ends a test's line and prints its verdict.
    pub fn done(&self, line: Option<&ProgressBar>, entry: &Entry) {
        if let Some(line) = line {
            line.finish_and_clear();
        }
        self.all.suspend(|| print!("{}", entry.text()));
        self.bar.inc(1);
    }

    /// Takes everything off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

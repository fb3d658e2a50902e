//! What tests of running commands share.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long anything may take, on a host that is busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The lines of a process's output, to be waited for, until it ends or is no text.
pub fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        // Nobody listens after the test.
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
    });
    lines
}

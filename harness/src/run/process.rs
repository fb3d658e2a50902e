//! Tests as processes: one that dies takes nothing with it.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::session::INTERRUPTED;

/// Set for processes started by a process of ours.
pub const CHILD: &str = "INNKEEPER_CHILD";

/// How long a run may take to stop after a signal before the process ends itself. nextest waits
/// twice as long.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What a process has left.
pub struct Finished {
    /// How it ended; `None` when it had to be killed.
    pub status: Option<ExitStatus>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

/// From now on SIGTERM and SIGINT end the run with its evidence; a child dies with its parent.
pub fn catch_signals() -> io::Result<()> {
    if std::env::var_os(CHILD).is_some() {
        set_parent_process_death_signal(Some(Signal::TERM))?;
    }
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGINT])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            INTERRUPTED.store(true, Ordering::Relaxed);
            thread::sleep(STOP_WITHIN);
            eprintln!("innkeeper: did not stop within {STOP_WITHIN:?} of signal {signal}");
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}

/// Runs a child to its end, or until `limit` of host time has passed.
pub fn run(mut command: Command, limit: Duration) -> io::Result<Finished> {
    command.env(CHILD, "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    let status = wait(&mut child, limit)?;
    let collect = |t: Option<thread::JoinHandle<Vec<u8>>>| t.and_then(|t| t.join().ok()).unwrap_or_default();
    Ok(Finished { status, stdout: collect(stdout), stderr: collect(stderr) })
}

fn drain(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        // What was read before an error is worth showing.
        let _ = pipe.read_to_end(&mut all);
        all
    })
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    #[expect(clippy::disallowed_methods, reason = "a limit for a process that hangs")]
    let begun = Instant::now();
    let mut pause = Duration::from_micros(500);
    let mut told: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        #[expect(clippy::disallowed_methods, reason = "a limit for a process that hangs")]
        let now = Instant::now();
        match told {
            None if INTERRUPTED.load(Ordering::Relaxed) || now - begun > limit => {
                told = Some(now);
                if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                    // It may have ended just now.
                    let _ = kill_process(pid, Signal::TERM);
                }
            }
            Some(at) if now - at > STOP_WITHIN => {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            _ => {}
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_hangs_is_ended() {
        let mut c = Command::new("sh");
        c.args(["-c", "echo begun; trap 'echo told; exit 3' TERM; while :; do sleep 0.01; done"]);
        let f = run(c, Duration::from_millis(300)).unwrap();
        assert_eq!(String::from_utf8_lossy(&f.stdout), "begun\ntold\n");
        assert_eq!(f.status.and_then(|s| s.code()), Some(3));
    }
}

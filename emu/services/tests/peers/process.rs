//! Programs that die with their test, and waiting for what they do.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

use crate::needs;

/// How long anything may take: these tests ask whether, not how fast, and machines may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something that says nothing by itself.
pub const LOOK: Duration = Duration::from_millis(5);

/// Looks until there is something, and panics when [`PATIENCE`] is over.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "nothing after {PATIENCE:?}: {what}");
        std::thread::sleep(LOOK);
    }
}

/// The time since `start`, for a session.
pub fn nanoseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).expect("a test shorter than 500 years")
}

/// A command for a program of this machine, with nothing on its standard streams.
pub fn command(name: &str) -> Command {
    let path = needs::program(name).unwrap_or_else(|| panic!("no {name}: ci/setup --with-peers installs it"));
    let mut command = Command::new(path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A running program. When the test is over it is killed; when the test failed its log is printed too.
pub struct Process {
    name: String,
    child: Child,
    log: Option<PathBuf>,
}

impl Process {
    /// Starts `command`.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let child = command.spawn().unwrap_or_else(|e| panic!("{name}: {e}"));
        Self { name: name.into(), child, log: None }
    }

    /// Starts `command`, with what it writes in a file of `dir`.
    pub fn logged(name: &str, command: &mut Command, dir: &Path) -> Self {
        let path = dir.join(format!("{name}.log"));
        let log = File::options().create(true).append(true).open(&path).expect("a log");
        command.stdout(log.try_clone().expect("a log")).stderr(log);
        let mut process = Self::start(name, command);
        process.log = Some(path);
        process
    }

    /// The process as the standard library has it.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap_or_else(|e| panic!("{}: {e}", self.name))
    }

    /// Waits for its end.
    pub fn wait(mut self) -> ExitStatus {
        let name = format!("the end of {}", self.name);
        until(&name, || self.ended())
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap_or_else(|e| panic!("{}: {e}", self.name));
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        let path = self.log.as_ref().expect("a program with a log");
        String::from_utf8_lossy(&std::fs::read(path).expect("a log")).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() && self.log.is_some() {
            let log = self.log();
            let start = log.lines().count().saturating_sub(40);
            let tail: Vec<&str> = log.lines().skip(start).collect();
            eprintln!("-- {}:\n{}", self.name, tail.join("\n"));
        }
    }
}

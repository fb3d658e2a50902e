//! The oracle: Unicorn in a process of its own, restarted when it dies.

use std::io::{self, BufReader, BufWriter};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, anyhow};
use innkeeper_core::wire::{self, BATCH_CAP, Mode, Program, Request, Response};

use super::{Capabilities, Engine, Outcome};

/// The oracle's process.
struct Process {
    child: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// Client of the oracle.
pub struct Unicorn {
    path: PathBuf,
    process: Option<Process>,
}

/// Finds the oracle's binary: `INNKEEPER_ORACLE`, beside this program, or in a neighbouring
/// profile of the same target directory.
pub fn locate() -> anyhow::Result<PathBuf> {
    const NAME: &str = "innkeeper-oracle";
    if let Some(path) = std::env::var_os("INNKEEPER_ORACLE") {
        return Ok(path.into());
    }
    let here = std::env::current_exe().context("failed to find this program's own path")?;
    let dirs = here.ancestors().skip(1).take(3);
    let candidates =
        dirs.flat_map(|d| [d.join(NAME), d.join("release").join(NAME), d.join("debug").join(NAME)]);
    candidates.into_iter().find(|p| p.is_file()).ok_or_else(|| {
        anyhow!(
            "the oracle is not built: run `cargo build --release -p innkeeper-oracle` (needs cmake and \
             libclang), or point INNKEEPER_ORACLE at it"
        )
    })
}

impl Unicorn {
    /// Starts the oracle.
    pub fn start(path: PathBuf) -> anyhow::Result<Unicorn> {
        let mut unicorn = Unicorn { path, process: None };
        let started = unicorn.process().map(|_| ());
        started.with_context(|| format!("failed to start {}", unicorn.path.display()))?;
        Ok(unicorn)
    }

    fn process(&mut self) -> io::Result<&mut Process> {
        let process = match self.process.take() {
            Some(p) => p,
            None => spawn(&self.path)?,
        };
        Ok(self.process.insert(process))
    }

    /// One request and its answer. On an error the process is gone.
    fn ask(&mut self, programs: &[Program], mode: Mode) -> io::Result<Response> {
        let process = self.process()?;
        let request = Request { programs: programs.into(), mode };
        let answer = wire::send(&mut process.to, &request)
            .and_then(|()| wire::receive::<Response>(&mut process.from))
            .and_then(|r| r.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()));
        match answer {
            Ok(r) if r.len() == programs.len() => Ok(r),
            Ok(_) => Err(self.bury(&io::Error::other("wrong number of answers"))),
            Err(e) => Err(self.bury(&e)),
        }
    }

    /// Ends the process and says how it ended.
    fn bury(&mut self, error: &io::Error) -> io::Error {
        let Some(mut process) = self.process.take() else { return io::Error::other(error.to_string()) };
        drop(process.to);
        // Killing what has died already is an error of no consequence.
        let _ = process.child.kill();
        match process.child.wait() {
            Ok(status) => io::Error::other(format!("{error}; {status}")),
            Err(e) => io::Error::other(format!("{error}; {e}")),
        }
    }
}

fn spawn(path: &PathBuf) -> io::Result<Process> {
    let mut child = Command::new(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("no pipes"));
    };
    Ok(Process { child, to: BufWriter::new(to), from: BufReader::new(from) })
}

impl Engine for Unicorn {
    fn name(&self) -> &'static str {
        "unicorn"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact_limit: true, external: true, translates: false }
    }

    fn run(&mut self, programs: &[Program], mode: Mode) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(programs.len());
        for batch in programs.chunks(BATCH_CAP) {
            match self.ask(batch, mode) {
                Ok(replies) => outcomes.extend(replies.into_iter().map(|r| match r {
                    Ok(reply) => Outcome::Done(reply),
                    Err(why) => Outcome::NotComparable(why),
                })),
                // Something in the batch killed it: one by one tells which.
                Err(_) if batch.len() > 1 => {
                    outcomes.extend(batch.iter().flat_map(|p| self.run(std::slice::from_ref(p), mode)));
                }
                Err(e) => outcomes.push(Outcome::Crashed(format!("oracle crashed: {e}"))),
            }
        }
        outcomes
    }
}

impl Drop for Unicorn {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It ends with its input.
            drop(process.to);
            let _ = process.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use innkeeper_core::wire::Regs;

    use super::*;

    /// `false` stands for an oracle that dies of whatever it is given.
    #[test]
    fn a_dead_oracle_is_an_outcome_for_each_program_and_is_started_again() {
        let regs = Regs::A64(Box::default());
        let program = Program { regions: vec![], regs, end: 0, limit: 1 };
        let mut unicorn = Unicorn::start("/bin/false".into()).unwrap();
        for _ in 0..2 {
            let outcomes = unicorn.run(&[program.clone(), program.clone()], Mode::Block);
            assert_eq!(outcomes.len(), 2);
            for o in outcomes {
                assert!(matches!(o, Outcome::Crashed(why) if why.starts_with("oracle crashed")));
            }
        }
    }
}

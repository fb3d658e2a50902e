//! `innkeeper-oracle`: Unicorn behind a pipe.
//!
//! Reads batches of programs on standard input and answers on standard output, in the frames of
//! [`innkeeper_core::wire`]. It ends when its input does. This program is under the GPL-2.0, as
//! Unicorn is; nothing else in the project links it.

mod a64;
mod engine;
mod seen;
mod x64;

use std::io::{self, BufReader, BufWriter};

use engine::Engine;
use innkeeper_core::wire::{self, Arch, BATCH_CAP, Mode, Program, Reply, Request, Response};

fn main() -> io::Result<()> {
    let mut from = BufReader::with_capacity(1 << 16, io::stdin().lock());
    let mut to = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut engines = Engines::default();
    while let Some(request) = wire::receive::<Request>(&mut from)? {
        let reply: Response = if request.programs.len() > BATCH_CAP {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "more programs than a batch may hold"));
        } else {
            request.programs.iter().map(|p| engines.run(p, request.mode)).collect()
        };
        wire::send(&mut to, &reply)?;
    }
    Ok(())
}

/// One Unicorn per architecture, with and without the hook on every instruction: adding or
/// removing it would drop every translation.
#[derive(Default)]
struct Engines {
    made: Vec<(Arch, bool, Engine)>,
}

impl Engines {
    fn run(&mut self, program: &Program, mode: Mode) -> Result<Reply, String> {
        let key = (program.regs.arch(), mode == Mode::Counted);
        if !self.made.iter().any(|(arch, counted, _)| (*arch, *counted) == key) {
            self.made.push((key.0, key.1, Engine::new(key.0, key.1)?));
        }
        let found = self.made.iter_mut().find(|(arch, counted, _)| (*arch, *counted) == key);
        let (_, _, engine) = found.ok_or("no engine")?;
        engine.run(program, mode)
    }
}

//! A machine that interpreter or translator run: exact to the instruction, recorded from the first.

use std::collections::VecDeque;
use std::fmt::Write as _;

use innkeeper_core::accel::{self, Interp, Need, interp};
use innkeeper_core::board::Board;
use innkeeper_core::dev::Opening;
use innkeeper_core::isa::Isa;
use innkeeper_core::machine::{Exit, Limit, Machine};
use innkeeper_core::replay::Input;
use innkeeper_jit::Jit;
use serde_json::json;

use crate::run::Tools;
use crate::run::guest::{Guest, Stop};
use crate::run::session::stop_text;
use crate::run::verdict::{Class, Failure};
use crate::scenario::machine::Accel;
use crate::{guests, host_code};

/// Entries of the history kept for evidence.
const HISTORY: usize = 64;
/// Places where an instruction may begin shown before and after the program counter.
const AROUND: u64 = 12;

/// A machine of a board, recorded from its first instruction.
struct Exact<B: Board> {
    machine: Machine<B::Isa>,
    config: B::Config,
    /// Where the last runs ended, and why.
    history: VecDeque<String>,
    /// Why the recording could not be started, if it could not.
    unrecorded: Option<String>,
}

/// Builds the machine.
pub fn build<B: Board<Isa: innkeeper_jit::Guest>>(
    config: B::Config,
    accel: Accel,
    tools: Tools,
) -> Result<Box<dyn Guest>, Failure> {
    let engine = engine(accel, tools).map_err(|e| Failure::new(Class::Environment, e))?;
    let machine = B::machine(&config, engine);
    let mut machine = machine.map_err(|e| Failure::new(Class::ScenarioError, e.to_string()))?;
    let unrecorded = machine.record().err().map(|e| e.to_string());
    Ok(Box::new(Exact::<B> { machine, config, history: VecDeque::new(), unrecorded }))
}

/// The engine, or the sentence that refuses it.
fn engine<I: innkeeper_jit::Guest>(accel: Accel, tools: Tools) -> Result<Box<dyn accel::Accel<I>>, String> {
    match accel {
        Accel::Interp => Ok(Box::new(Interp::new(interp::Config::default()))),
        Accel::Jit => {
            let config = innkeeper_jit::Config { perf_map: tools.perf_map, ..Default::default() };
            Ok(Box::new(Jit::new(config).map_err(|e| e.to_string())?))
        }
        Accel::Kvm => Err("KVM runs machines of its own".into()),
    }
}

impl<B: Board> Exact<B> {
    fn note(&mut self, stop: &Stop) {
        let now = self.machine.now();
        let pc = self.machine.pc(0);
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        let what = stop_text(stop);
        self.history.push_back(format!("{:>12} insns {:>14} ns  pc {pc:016x}  {what}\n", now.insns, now.ns));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a few digits")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

impl<B: Board> Guest for Exact<B> {
    fn run(&mut self, until: u64) -> Stop {
        let before = self.insns();
        let mut exit = self.machine.run_until(Limit::ns(until));
        if exit == Exit::Limit && self.insns() == before {
            // It slept through the slice. One instruction more tells a running timer, to which time
            // moves, from a sleep that nothing ends.
            exit = self.machine.run_until(Limit::insns(before + 1));
        }
        let stop = match exit {
            Exit::Limit => Stop::Time,
            Exit::Shutdown => Stop::Exit(0),
            Exit::Status(code) => Stop::Exit(code),
            Exit::Reset => Stop::Reset,
            Exit::Idle => Stop::Asleep,
            Exit::Crash(c) => Stop::Crash(c.to_string()),
        };
        self.note(&stop);
        stop
    }

    fn now(&self) -> u64 {
        self.machine.now().ns
    }

    fn insns(&self) -> u64 {
        self.machine.now().insns
    }

    fn take_console(&mut self) -> Vec<u8> {
        self.machine.system_mut().bus.console.take().bytes
    }

    fn type_in(&mut self, bytes: &[u8]) -> usize {
        // What the UART has no room for waits in the bus, as part of the machine's state.
        let taken = self.machine.input(&Input::Serial { port: 0, bytes: bytes.to_vec() });
        if taken { bytes.len() } else { 0 }
    }

    fn ports(&mut self) -> Vec<String> {
        self.machine.ports()
    }

    fn take_port_output(&mut self, name: &str) -> Vec<u8> {
        self.machine.take_port_output(name)
    }

    fn offer_port_input(&mut self, name: &str, bytes: &[u8]) -> usize {
        self.machine.offer_port_input(name, bytes)
    }

    fn set_port_open(&mut self, name: &str, open: bool) -> bool {
        self.machine.set_port_open(name, open)
    }

    fn port_open(&mut self, name: &str) -> bool {
        self.machine.port_open(name)
    }

    fn port_opening(&mut self, name: &str) -> Opening {
        self.machine.port_opening(name)
    }

    fn memory(&self) -> Vec<(u64, u64)> {
        self.machine.system().ram.regions().map(|r| (r.base, r.size)).collect()
    }

    fn read(&self, at: u64, size: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; size];
        self.machine.peek(at, &mut bytes).then_some(bytes)
    }

    fn registers(&self) -> Vec<(String, u128)> {
        self.machine.registers(0)
    }

    fn disassembly(&self) -> String {
        let pc = self.machine.pc(0);
        let mut at = pc.saturating_sub(B::Isa::ALIGN * AROUND);
        let end = at.saturating_add(2 * B::Isa::ALIGN * AROUND);
        let mut out = String::new();
        while at <= end {
            let mark = if at == pc { "->" } else { "  " };
            let (line, len) = match self.machine.disassemble(0, at) {
                Some((text, code)) => (format!("{}  {text}", guests::number(&code)), code.len() as u64),
                None => ("not mapped".into(), B::Isa::ALIGN),
            };
            let _ = writeln!(out, "{mark} {at:016x}  {line}");
            at = at.wrapping_add(len);
        }
        out
    }

    fn translation(&mut self) -> Option<String> {
        let pc = self.machine.pc(0);
        // After a jump to nowhere, what led there is of more interest.
        let places = [pc].into_iter().chain(self.machine.recent_blocks().into_iter().rev());
        let mut explained = places.map(|at| Some((at, self.machine.explain(0, at)?)));
        let (at, explained) = explained.find_map(|e| e)?;
        Some(format!("code at {at:#x}\n{}", host_code::text(&explained)))
    }

    fn history(&self) -> String {
        let stops: String = self.history.iter().map(String::as_str).collect();
        let block = |pc: u64| {
            let text = self.machine.disassemble(0, pc).map_or("not mapped".into(), |(text, _)| text);
            format!("{pc:016x}  {text}\n")
        };
        let blocks: String = self.machine.recent_blocks().into_iter().map(block).collect();
        let stats = self.stats();
        format!("{stops}blocks interpreted last\n{blocks}engine: {stats}\n")
    }

    fn recording(&mut self) -> Vec<u8> {
        match (self.machine.finish_recording(), &self.unrecorded) {
            (Some(log), _) => log.to_bytes(),
            (None, why) => why.clone().unwrap_or_else(|| "not recorded".into()).into_bytes(),
        }
    }

    fn digest(&self) -> Result<String, String> {
        Ok(self.machine.digest().to_string())
    }

    fn require(&self, need: Need) -> Result<(), String> {
        self.machine.require(need).map_err(|e| e.to_string())
    }

    fn reset(&mut self) -> Result<(), String> {
        self.machine.input(&Input::Reset);
        B::restart(&mut self.machine, &self.config).map_err(|e| e.to_string())
    }

    fn stats(&self) -> serde_json::Value {
        let s = self.machine.stats();
        json!({
            "engine": self.machine.accel_name(),
            "insns": self.insns(),
            "blocks": s.blocks,
            "insns_decoded": s.insns,
            "flushes": s.flushes,
            "invalidated_pages": s.invalidated_pages,
            "lookups": s.lookups,
            "interpreted": s.interpreted,
            "interpreter_share": share(s.interpreted, self.insns()),
            "regions": s.compiled.regions,
            "insns_compiled": s.compiled.insns,
            "clif_insns": s.compiled.clif,
            "host_bytes": s.compiled.host_bytes,
            "compile_ns": s.compiled.compile_ns,
            "evictions": s.compiled.evictions,
            "exits": {
                "target": s.exits.target,
                "budget": s.exits.budget,
                "interpret": s.exits.interpret,
                "depth": s.exits.depth,
            },
        })
    }
}

//! A `virt-a64` machine, which interpreter and translator run.

use std::collections::VecDeque;

use innkeeper_core::accel::{self, Interp, interp};
use innkeeper_core::board::virt_a64::Config;
use innkeeper_core::dev::Opening;
use innkeeper_core::isa::a64::{disasm, mmu};
use innkeeper_core::machine::{Exit, Limit, Machine};
use innkeeper_core::replay::Input;
use innkeeper_jit::Jit;
use serde_json::json;

use super::Spec;
use crate::host_code;
use crate::run::Tools;
use crate::run::guest::{Guest, Stop};
use crate::run::session::stop_text;
use crate::run::verdict::{Class, Failure};
use crate::scenario::machine::{Accel, Board};

/// Entries of the history kept for evidence.
const HISTORY: usize = 64;
/// Instructions shown before and after the program counter.
const AROUND: u64 = 12;

/// A `virt-a64` machine, recorded from its first instruction.
struct Virt {
    machine: Machine,
    config: Config,
    /// Where the last runs ended, and why.
    history: VecDeque<String>,
    /// Why the recording could not be started, if it could not.
    unrecorded: Option<String>,
}

/// Builds the machine.
pub fn build(spec: Spec, tools: Tools) -> Result<Box<dyn Guest>, Failure> {
    let engine = engine(spec.accel, tools).map_err(|e| Failure::new(Class::Environment, e))?;
    let machine = start(config(spec), engine).map_err(|e| Failure::new(Class::ScenarioError, e))?;
    Ok(Box::new(machine))
}

/// The board's configuration.
pub fn config(spec: Spec) -> Config {
    Config {
        memory: spec.memory,
        cpus: spec.cpus,
        initrd: spec.initrd,
        append: spec.append,
        ports: spec.ports,
        ..Config::new(spec.kernel)
    }
}

/// The engine, or the sentence that refuses it.
pub fn engine(accel: Accel, tools: Tools) -> Result<Box<dyn accel::Accel>, String> {
    match accel {
        Accel::Interp => Ok(Box::new(Interp::new(interp::Config::default()))),
        Accel::Jit => {
            let config = innkeeper_jit::Config { perf_map: tools.perf_map, ..Default::default() };
            Ok(Box::new(Jit::new(config).map_err(|e| e.to_string())?))
        }
        Accel::Kvm => Err(Board::VirtA64.refuses(accel).unwrap_or_default().into()),
    }
}

fn start(config: Config, engine: Box<dyn accel::Accel>) -> Result<Virt, String> {
    let mut machine = Machine::virt_a64(&config, engine).map_err(|e| e.to_string())?;
    let unrecorded = machine.record().err().map(|e| e.to_string());
    Ok(Virt { machine, config, history: VecDeque::new(), unrecorded })
}

impl Virt {
    /// The word at a virtual address, as the MMU stands.
    fn word(&self, va: u64) -> Option<u32> {
        let vcpu = self.machine.cpu(0)?;
        let cpu = &vcpu.cpu;
        let mode = mmu::Mode::of(cpu.pstate.el, false);
        let pa = mmu::translate(&vcpu.sys.ram, &cpu.sys, va, mode).ok()?.pa;
        let mut bytes = [0; 4];
        self.machine.peek(pa, &mut bytes).then(|| u32::from_le_bytes(bytes))
    }

    fn note(&mut self, stop: &Stop) {
        let now = self.machine.now();
        let pc = self.machine.cpu(0).map_or(0, |v| v.cpu.pc);
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

impl Guest for Virt {
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
            Exit::Crash(c) => Stop::Crash(format!(
                "CPU {} takes the exception at its vector {:#x} again and again (ESR_EL1 {:#x}, FAR_EL1 {:#x})",
                c.cpu, c.pc, c.esr, c.far
            )),
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

    fn read(&self, at: u64, size: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; size];
        self.machine.peek(at, &mut bytes).then_some(bytes)
    }

    fn registers(&self) -> Vec<(String, u128)> {
        let Some(vcpu) = self.machine.cpu(0) else { return Vec::new() };
        let c = &vcpu.cpu;
        let x = c.x.iter().take(31).enumerate().map(|(i, v)| (format!("x{i}"), u128::from(*v)));
        let others = [
            ("sp", c.x[31]),
            ("pc", c.pc),
            ("nzcv", c.nzcv.into()),
            ("fpcr", c.fp.fpcr.into()),
            ("fpsr", c.fp.fpsr.into()),
            ("el", c.pstate.el.into()),
            ("daif", c.pstate.daif.into()),
        ];
        let others = others.map(|(name, v)| (name.to_string(), u128::from(v)));
        let v = c.v.iter().enumerate().map(|(i, v)| (format!("v{i}"), *v));
        x.chain(others).chain(v).collect()
    }

    fn disassembly(&self) -> String {
        let pc = self.machine.cpu(0).map_or(0, |v| v.cpu.pc);
        let first = pc.saturating_sub(4 * AROUND);
        let line = |va: u64| {
            let mark = if va == pc { "->" } else { "  " };
            match self.word(va) {
                Some(word) => format!("{mark} {va:016x}  {word:08x}  {}\n", disasm::disasm(word, va)),
                None => format!("{mark} {va:016x}  not mapped\n"),
            }
        };
        (0..=2 * AROUND).map(|i| line(first.wrapping_add(4 * i))).collect()
    }

    fn translation(&mut self) -> Option<String> {
        let pc = self.machine.cpu(0).map_or(0, |v| v.cpu.pc);
        // After a jump to nowhere, what led there is of more interest.
        let places = [pc].into_iter().chain(self.machine.recent_blocks().into_iter().rev());
        let mut explained = places.map(|at| Some((at, self.machine.explain(0, at)?)));
        let (at, explained) = explained.find_map(|e| e)?;
        Some(format!("code at {at:#x}\n{}", host_code::text(&explained)))
    }

    fn history(&self) -> String {
        let stops: String = self.history.iter().map(String::as_str).collect();
        let block = |pc: u64| {
            let text = self.word(pc).map_or("not mapped".into(), |word| disasm::disasm(word, pc));
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

    fn reset(&mut self) -> Result<(), String> {
        self.machine.input(&Input::Reset);
        self.machine.restart_virt_a64(&self.config).map_err(|e| e.to_string())
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

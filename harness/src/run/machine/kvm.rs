//! A machine that KVM runs: a `pc-x64`. Its time is the host's, and nothing is recorded.

use innkeeper_core::accel::Need;
use innkeeper_core::board::Config;
use innkeeper_kvm::{KvmError, Machine, NAME};
use serde_json::json;

use crate::guests::x64;
use crate::host_code;
use crate::run::guest::{Guest, Stop};
use crate::run::session::stop_text;
use crate::run::verdict::{Class, Failure};

/// Guest time between two looks at the console (ns). All CPUs are stopped for a look, which costs tens
/// of microseconds each.
const SLICE: u64 = 5_000_000;
/// Bytes of code shown from the instruction pointer on.
const AHEAD: u64 = 64;

struct Pc {
    machine: Machine,
    /// How it stopped last.
    stopped: Option<Stop>,
}

/// Builds the machine.
pub fn build(config: &Config) -> Result<Box<dyn Guest>, Failure> {
    let machine = Machine::pc_x64(config).map_err(|e| match e {
        KvmError::Board(e) => Failure::new(Class::ScenarioError, e.to_string()),
        e => Failure::new(Class::Environment, e.to_string()),
    })?;
    Ok(Box::new(Pc { machine, stopped: None }))
}

impl Pc {
    /// Code from the instruction pointer of CPU `n` on, as its page tables stand.
    fn code(&self, n: usize, rip: u64) -> Vec<u8> {
        let byte = |va: u64| {
            let mut byte = [0];
            let pa = self.machine.translate(n, va)?;
            self.machine.peek(pa, &mut byte).then_some(byte[0])
        };
        (0..AHEAD).map_while(|i| byte(rip.wrapping_add(i))).collect()
    }

    fn register(&self, n: usize, name: &str) -> u64 {
        self.machine.registers(n).iter().find(|(known, _)| *known == name).map_or(0, |(_, value)| *value)
    }
}

impl Guest for Pc {
    fn run(&mut self, until: u64) -> Stop {
        let stop = match self.machine.run_until(until) {
            innkeeper_kvm::Stop::Limit => Stop::Time,
            innkeeper_kvm::Stop::Shutdown => Stop::Exit(0),
            innkeeper_kvm::Stop::Status(code) => Stop::Exit(code),
            innkeeper_kvm::Stop::Reset => Stop::Reset,
            innkeeper_kvm::Stop::Crash(crash) => Stop::Crash(crash.to_string()),
            innkeeper_kvm::Stop::Host(why) => Stop::Host(why),
            innkeeper_kvm::Stop::Failed(why) => Stop::Failed(why),
        };
        self.stopped = Some(stop.clone());
        stop
    }

    fn now(&self) -> u64 {
        self.machine.now()
    }

    fn slice(&self) -> u64 {
        SLICE
    }

    fn take_console(&mut self) -> Vec<u8> {
        self.machine.with_system(|s| s.bus.console.take().bytes)
    }

    fn type_in(&mut self, bytes: &[u8]) -> usize {
        // What the UART has no room for waits in the bus.
        self.machine.type_in(0, bytes);
        bytes.len()
    }

    fn memory(&self) -> Vec<(u64, u64)> {
        self.machine.with_system(|s| s.ram.regions().map(|r| (r.base, r.size)).collect())
    }

    fn read(&self, at: u64, size: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; size];
        self.machine.peek(at, &mut bytes).then_some(bytes)
    }

    fn registers(&self) -> Vec<(String, u128)> {
        self.machine.registers(0).into_iter().map(|(name, v)| (name.to_string(), v.into())).collect()
    }

    fn disassembly(&self) -> String {
        let cpu = |n| {
            let rip = self.register(n, "rip");
            let code = host_code::lines(&x64::listing(rip, &self.code(n, rip)));
            format!("CPU {n}\n{}", if code.is_empty() { format!("{rip:12x}  not mapped\n") } else { code })
        };
        (0..self.machine.cpu_count()).map(cpu).collect()
    }

    fn history(&self) -> String {
        let stop = self.stopped.as_ref().map_or("has not run".into(), stop_text);
        format!("the guest {stop}\nengine: {}\n", self.stats())
    }

    fn recording(&mut self) -> Vec<u8> {
        let why = self.require(Need::Determinism).err();
        why.unwrap_or_else(|| "not recorded".into()).into_bytes()
    }

    fn digest(&self) -> Result<String, String> {
        self.require(Need::Determinism)?;
        Err("the host's KVM keeps state that is not told".into())
    }

    fn require(&self, need: Need) -> Result<(), String> {
        self.machine.require(need).map_err(|e| e.to_string())
    }

    fn reset(&mut self) -> Result<(), String> {
        self.machine.reset().map_err(|e| e.to_string())
    }

    fn stats(&self) -> serde_json::Value {
        let exits = self.machine.exits();
        json!({
            "engine": NAME,
            "cpus": self.machine.cpu_count(),
            "exits": {"port": exits.port, "mmio": exits.mmio, "interrupted": exits.interrupted},
        })
    }
}

//! What the runner needs of a machine: each board in [`super::machine`] is one, and so is the scripted
//! guest of the runner's own tests.

use innkeeper_core::accel::Need;
use innkeeper_core::dev::Opening;

/// Why a guest gave control back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The time asked for has passed.
    Time,
    /// Asleep with nothing that could wake it, short of input.
    Asleep,
    /// Ended with this status: powered off (0), or as it told semihosting.
    Exit(u32),
    /// Asked for a reset.
    Reset,
    /// Crashed with nothing to handle it; a sentence.
    Crash(String),
    /// This host cannot run the guest; a sentence.
    Host(String),
    /// The emulator could not go on; a sentence.
    Failed(String),
}

/// A machine with a guest in it. What is not asked of every one has the answer of a guest without it: no CPU,
/// no console, no ports.
pub trait Guest {
    /// Runs until guest time `until` (ns), or until something else stops it. Asleep with a timer
    /// running, time may move on to that.
    fn run(&mut self, until: u64) -> Stop;
    /// Guest time in ns.
    fn now(&self) -> u64;
    /// Guest time (ns) between two looks at the console. Where time is counted in instructions it is part
    /// of a run's identity: input is typed at these points, so the same scenario types at the same
    /// instruction on every host.
    fn slice(&self) -> u64 {
        50_000
    }
    /// Instructions retired; 0 where nobody counts them.
    fn insns(&self) -> u64 {
        0
    }
    /// Takes what the guest has written to the console since the last call.
    fn take_console(&mut self) -> Vec<u8> {
        Vec::new()
    }
    /// Types; returns how many bytes the guest's side took.
    fn type_in(&mut self, _bytes: &[u8]) -> usize {
        0
    }
    /// Names of the byte ports.
    fn ports(&mut self) -> Vec<String> {
        Vec::new()
    }
    /// Takes what the guest has written to a byte port since the last call, at most 64 KiB: until it is
    /// taken, the guest waits with more.
    fn take_port_output(&mut self, _name: &str) -> Vec<u8> {
        Vec::new()
    }
    /// Offers input to a byte port; returns how many bytes the guest had buffers for. The rest is not kept.
    fn offer_port_input(&mut self, _name: &str, _bytes: &[u8]) -> usize {
        0
    }
    /// Connects the outside to a byte port, or disconnects it. False when there is no such port.
    fn set_port_open(&mut self, _name: &str, _open: bool) -> bool {
        false
    }
    /// Whether the guest has a byte port open.
    fn port_open(&mut self, _name: &str) -> bool {
        false
    }
    /// The guest's last opening of a byte port, and how much of its output is older.
    fn port_opening(&mut self, _name: &str) -> Opening {
        Opening::default()
    }
    /// Base and size in bytes of the regions of memory.
    fn memory(&self) -> Vec<(u64, u64)> {
        Vec::new()
    }
    /// Guest memory at a physical address; `None` where there is none.
    fn read(&self, _at: u64, _size: usize) -> Option<Vec<u8>> {
        None
    }
    /// Registers of CPU 0, by name, in the manual's order.
    fn registers(&self) -> Vec<(String, u128)> {
        Vec::new()
    }
    /// Disassembly around the program counter of CPU 0.
    fn disassembly(&self) -> String {
        String::new()
    }
    /// What the code at the program counter of CPU 0 was translated to, if the engine translates.
    fn translation(&mut self) -> Option<String> {
        None
    }
    /// What ran last: blocks and exits.
    fn history(&self) -> String {
        String::new()
    }
    /// Everything that entered the machine so far, as a file that replays it. Ends the
    /// recording.
    fn recording(&mut self) -> Vec<u8> {
        Vec::new()
    }
    /// Fingerprint of all state that the guest can see; a sentence where equal states cannot be told.
    fn digest(&self) -> Result<String, String> {
        Err("this guest has no state to tell".into())
    }
    /// Whether the engine can do what is asked of it; the sentence that refuses it.
    fn require(&self, _need: Need) -> Result<(), String> {
        Ok(())
    }
    /// Starts again from the beginning; time goes on.
    fn reset(&mut self) -> Result<(), String> {
        Ok(())
    }
    /// Counters of the engine, for reports.
    fn stats(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

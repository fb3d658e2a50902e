//! Guest time without a machine: it passes when a step waits, and not otherwise.

use crate::run::guest::{Guest, Stop};

/// A guest that only waits.
#[derive(Debug, Default)]
pub struct Clock {
    now: u64,
}

impl Guest for Clock {
    fn run(&mut self, until: u64) -> Stop {
        self.now = self.now.max(until);
        Stop::Time
    }

    fn now(&self) -> u64 {
        self.now
    }

    /// How often assertions are looked at. What is due between two looks happens when it is due.
    fn slice(&self) -> u64 {
        10_000_000
    }

    fn insns(&self) -> u64 {
        0
    }

    fn take_console(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn type_in(&mut self, _: &[u8]) -> usize {
        0
    }

    fn read(&self, _: u64, _: usize) -> Option<Vec<u8>> {
        None
    }

    fn registers(&self) -> Vec<(String, u128)> {
        Vec::new()
    }

    fn disassembly(&self) -> String {
        String::new()
    }

    fn translation(&mut self) -> Option<String> {
        None
    }

    fn history(&self) -> String {
        String::new()
    }

    fn recording(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn reset(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn stats(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

//! Comparing two ends.

use std::fmt;

use innkeeper_core::wire::{Regs, Reply, Written};

use crate::generate::state::{Class, Register};

/// A part of the state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// How the program stopped.
    Stop,
    /// Instructions executed.
    Count,
    /// A register.
    Register(Register),
    /// The 16 bytes at an address.
    Memory(u64),
}

impl Field {
    /// Its kind, as in `known.toml`.
    pub fn kind(self) -> &'static str {
        match self {
            Field::Stop => "stop",
            Field::Count => "count",
            Field::Register(r) => r.kind(),
            Field::Memory(_) => "memory",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Register(r) => write!(f, "{r}"),
            Field::Memory(at) => write!(f, "memory at {at:#x}"),
            other => f.write_str(other.kind()),
        }
    }
}

/// What differs between two ends. Counts are compared when both have one.
pub fn differences(a: &Reply, b: &Reply) -> Vec<Field> {
    let mut out = Vec::new();
    if a.stop != b.stop {
        out.push(Field::Stop);
    }
    if let (Some(m), Some(n)) = (a.count, b.count)
        && m != n
    {
        out.push(Field::Count);
    }
    out.extend(state_differences(a, b));
    out
}

/// What differs between two states, however they were reached.
pub fn state_differences(a: &Reply, b: &Reply) -> Vec<Field> {
    let mut out = Vec::new();
    if a.regs != b.regs {
        let all = Register::all(a.regs.arch());
        out.extend(all.filter(|r| r.get(&a.regs) != r.get(&b.regs)).map(Field::Register));
    }
    out.extend(memory(&a.written, &b.written).into_iter().map(Field::Memory));
    out
}

/// Bits that differ in any general or control register.
pub fn differing_bits(a: &Regs, b: &Regs) -> u64 {
    let all = Register::all(a.arch()).filter(|r| matches!(r.class(), Class::General | Class::Control));
    let bits = all.fold(0, |bits, r| bits | (r.get(a) ^ r.get(b)));
    u64::try_from(bits).unwrap_or(u64::MAX)
}

/// Addresses of the 16-byte granules that differ. A granule only one side wrote differs from its
/// start contents on that side, so it differs.
fn memory(a: &[Written], b: &[Written]) -> Vec<u64> {
    if a == b {
        return Vec::new();
    }
    let granules = |runs: &[Written]| -> std::collections::BTreeMap<u64, Vec<u8>> {
        let all = runs.iter().flat_map(|w| (w.addr..).step_by(16).zip(w.bytes.chunks(16)));
        all.map(|(at, bytes)| (at, bytes.to_vec())).collect()
    };
    let (a, b) = (granules(a), granules(b));
    let mut all: Vec<u64> = a.keys().chain(b.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|at| a.get(at) != b.get(at));
    all
}

#[cfg(test)]
mod tests {
    use innkeeper_core::wire::{A64Regs, Arch, Stop};

    use super::*;

    #[test]
    fn every_part_is_looked_at() {
        let base = || A64Regs::default();
        let reply = |regs: A64Regs| Reply {
            stop: Stop::End,
            count: Some(1),
            regs: Regs::A64(Box::new(regs)),
            written: vec![Written { addr: 0x20, bytes: vec![1; 32] }],
        };
        let a = reply(base());
        assert!(differences(&a, &a).is_empty());
        let mut b = reply(A64Regs { sp: 1, fpsr: 1, ..base() });
        b.stop = Stop::Limit;
        b.written[0].bytes[20] = 2;
        let register = |name| Field::Register(Register::named(Arch::A64, name).unwrap());
        assert_eq!(differences(&a, &b), [Field::Stop, register("sp"), register("fpsr"), Field::Memory(0x30)]);
    }
}

//! Comparing two ends.

use std::fmt;

use innkeeper_core::wire::{A64Regs, Regs, Reply, Written};

/// A part of the state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// How the program stopped.
    Stop,
    /// Instructions executed.
    Count,
    /// Address of the next instruction.
    Pc,
    /// A general register.
    X(u8),
    /// Stack pointer.
    Sp,
    /// Flags.
    Nzcv,
    /// Floating-point control.
    Fpcr,
    /// Floating-point status.
    Fpsr,
    /// A vector register.
    V(u8),
    /// The 16 bytes at an address.
    Memory(u64),
}

impl Field {
    /// All kinds.
    pub const KINDS: [&'static str; 10] =
        ["stop", "count", "pc", "x", "sp", "nzcv", "fpcr", "fpsr", "v", "memory"];

    /// Its kind, as in `known.toml`.
    pub fn kind(self) -> &'static str {
        match self {
            Field::Stop => "stop",
            Field::Count => "count",
            Field::Pc => "pc",
            Field::X(_) => "x",
            Field::Sp => "sp",
            Field::Nzcv => "nzcv",
            Field::Fpcr => "fpcr",
            Field::Fpsr => "fpsr",
            Field::V(_) => "v",
            Field::Memory(_) => "memory",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::X(n) => write!(f, "x{n}"),
            Field::V(n) => write!(f, "v{n}"),
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
    let (Regs::A64(r), Regs::A64(s)) = (&a.regs, &b.regs) else {
        return if a.regs == b.regs { out } else { vec![Field::Pc] };
    };
    let scalar = [
        (Field::Pc, r.pc == s.pc),
        (Field::Sp, r.sp == s.sp),
        (Field::Nzcv, r.nzcv == s.nzcv),
        (Field::Fpcr, r.fpcr == s.fpcr),
        (Field::Fpsr, r.fpsr == s.fpsr),
    ];
    out.extend(scalar.into_iter().filter(|(_, same)| !same).map(|(f, _)| f));
    let x = (0u8..).zip(r.x.iter().zip(&s.x));
    out.extend(x.filter(|(_, (m, n))| m != n).map(|(n, _)| Field::X(n)));
    let v = (0u8..).zip(r.v.iter().zip(&s.v));
    out.extend(v.filter(|(_, (m, n))| m != n).map(|(n, _)| Field::V(n)));
    out.extend(memory(&a.written, &b.written).into_iter().map(Field::Memory));
    out
}

/// Bits that differ in any general register, NZCV, FPCR or FPSR.
pub fn differing_bits(a: &A64Regs, b: &A64Regs) -> u64 {
    let x = a.x.iter().zip(&b.x).fold(0, |bits, (m, n)| bits | (m ^ n));
    x | u64::from(a.nzcv ^ b.nzcv) | u64::from(a.fpcr ^ b.fpcr) | u64::from(a.fpsr ^ b.fpsr)
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
    use innkeeper_core::wire::Stop;

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
        assert_eq!(differences(&a, &b), [Field::Stop, Field::Sp, Field::Fpsr, Field::Memory(0x30)]);
    }
}

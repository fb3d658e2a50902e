//! The fingerprint of everything a guest could see: registers, memory, devices, time.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

use super::Machine;
use crate::isa::Isa;

/// XXH3-128 of a machine's state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Digest(pub u128);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl<I: Isa> Machine<I> {
    /// Fingerprint of all guest-visible state. Equal for equal states whatever the engine, its
    /// caches and how the run was cut into pieces.
    pub fn digest(&self) -> Digest {
        let mut h = Xxh3::new();
        let now = self.now();
        h.update(&now.insns.to_le_bytes());
        h.update(&now.ns.to_le_bytes());
        for (core, power) in self.cpus.iter().zip(&self.power) {
            h.update(&[*power as u8, core.0.lines]);
            I::digest(&core.0.cpu, &mut |bytes| h.update(bytes));
        }
        let sys = self.system();
        sys.ram.for_each_page(|pa, bytes| {
            h.update(&pa.to_le_bytes());
            h.update(bytes);
        });
        let mut devices = Vec::new();
        sys.bus.digest(&mut devices);
        h.update(&devices);
        Digest(h.digest128())
    }

    /// Fingerprint of one CPU's registers.
    pub fn cpu_digest(&self, n: usize) -> Option<Digest> {
        let mut h = Xxh3::new();
        I::digest(&self.cpu(n)?.cpu, &mut |bytes| h.update(bytes));
        Some(Digest(h.digest128()))
    }
}

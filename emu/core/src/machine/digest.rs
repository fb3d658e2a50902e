//! The fingerprint of everything a guest could see: registers, memory, devices, time.

use std::fmt;

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::Machine;
use crate::isa::Isa;
use crate::state::{Saved as _, fingerprint};

/// XXH3-128 of a machine's state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Digest(pub u128);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl<I: Isa> Machine<I> {
    /// Fingerprint of the guest-visible state. Equal for equal states whatever the engine, its
    /// caches and how the run was cut into pieces. Whose turn it is among several CPUs, pending events
    /// and firmware's memory are not in it, as they were not when recordings got theirs (format 1); they show
    /// in what the CPUs do next.
    pub fn digest(&self) -> Digest {
        let mut h = Xxh3::new();
        let mut part = Vec::new();
        self.system().clock.digest(&mut part);
        for n in 0..self.cpu_count() {
            fingerprint(&self.cpu_state(n), &mut part);
        }
        h.update(&part);
        let sys = self.system();
        sys.ram.for_each_page(|pa, bytes| {
            h.update(&pa.to_le_bytes());
            h.update(bytes);
        });
        part.clear();
        sys.bus.digest(&mut part);
        h.update(&part);
        Digest(h.digest128())
    }

    /// Fingerprint of one CPU's registers.
    pub fn cpu_digest(&self, n: usize) -> Option<Digest> {
        let mut state = Vec::new();
        self.cpu(n)?.cpu.digest(&mut state);
        Some(Digest(xxh3_128(&state)))
    }
}

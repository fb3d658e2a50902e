//! Translation without execution: what it costs and what it makes. For benchmarks, and for goldens
//! that count.

use innkeeper_core::emit::step::Step;
use innkeeper_core::mem::Ram;
use innkeeper_core::mem::ram::RegionSpec;
use innkeeper_core::system::System;
use innkeeper_core::vcpu::{Core, Vcpu};

use crate::cache::{Cache, Code};
use crate::compile::Compiler;
use crate::config::Target;
use crate::guest::Guest;
use crate::links::Links;
use crate::region::Region;
use crate::translate::region_signature;
use crate::{Config, JitError, helper};

/// What became of a region.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Guest instructions.
    pub insns: usize,
    /// CLIF instructions built of them.
    pub clif: u64,
    /// Bytes of host code.
    pub host_bytes: usize,
}

/// Translates code from a memory of its own, as after a reset with FP enabled.
pub struct Probe<I: Guest> {
    core: Core<I>,
    compiler: Compiler,
    cache: Cache,
    max_region: usize,
}

/// Where a probe's memory begins: as on the board `virt-a64`.
pub const BASE: u64 = 0x4000_0000;
/// Bytes of it.
pub const SIZE: u64 = 8 << 20;

impl<I: Guest> Probe<I> {
    /// A probe with empty memory. Of `config`, the threshold and the map for `perf` do not matter.
    pub fn new(config: Config, target: Target) -> Result<Probe<I>, JitError> {
        let spec = RegionSpec { base: BASE, size: SIZE, writable: true };
        let ram = Ram::new(&[spec]).map_err(|e| JitError::Host(e.to_string()))?;
        let system = Box::new(System::new(ram.clone(), 0));
        let mut vcpu = Vcpu::new(system, ram, 0);
        vcpu.reset();
        I::enable_fp(&mut vcpu.cpu);
        vcpu.state_changed();
        let compiler = Compiler::new(config.opt, target, helper::abi::<I>())?;
        let cache = Cache::new(compiler.isa().clone(), config.generation_bytes, config.generations);
        Ok(Probe { core: Step(vcpu), compiler, cache, max_region: config.max_region.max(1) })
    }

    /// Puts code into memory; false when it does not fit.
    pub fn load(&mut self, address: u64, code: &[u8]) -> bool {
        self.core.0.sys.poke(address, code)
    }

    /// All that the engine does to make the region at `pc` ready to run: forms it, compiles it,
    /// places the code in the cache. `None` when the first instruction is not for translated code.
    pub fn translate(&mut self, pc: u64) -> Option<Counts> {
        let place = Links::place(&mut self.core, pc)?;
        let region = Region::form(&mut self.core, pc, place.mode, self.max_region)?;
        // Sites are numbered anew: the length of an offset is part of the bytes counted.
        let mut code = Code::default();
        let compiled = self.compiler.region(&region, place.mode, &mut code).ok()?;
        let counts = Counts { insns: region.insns, clif: compiled.clif, host_bytes: compiled.bytes.len() };
        let place_and_pages = (place, &region.pages[..]);
        let (bytes, relocs) = (&compiled.bytes, &compiled.relocs);
        self.cache.add(bytes, relocs, &region_signature(), code, place_and_pages).ok()?;
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use innkeeper_core::isa::a64::A64;

    use super::*;

    #[test]
    fn a_region_is_counted_as_the_engine_would_make_it() {
        // add x1, x1, #1; subs x2, x2, #1; b.ne .-8; hvc #0
        let words = [0x9100_0421u32, 0xf100_0442, 0x54ff_ffc1, 0xd400_0002];
        let code: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        let mut probe = Probe::<A64>::new(Config::default(), Target::Host).unwrap();
        assert!(probe.load(BASE, &code));
        let counts = probe.translate(BASE).unwrap();
        assert_eq!(counts.insns, 3, "HVC is the interpreter's");
        assert!(counts.clif > 10 && counts.host_bytes > 30, "{counts:?}");
        assert_eq!(probe.translate(BASE), Some(counts), "the same again");
        assert_eq!(probe.translate(BASE + 12), None);
        assert!(!probe.load(BASE + SIZE - 4, &code), "does not fit");
    }
}

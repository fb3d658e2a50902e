//! The engine: which code runs next, compiled or interpreted.

use std::collections::HashSet;

use innkeeper_core::accel::{Accel, Caps, Explained, Interp, Stats, Stop, interp};
use innkeeper_core::isa::Registers as _;
use innkeeper_core::vcpu::Core;

use crate::base::Base;
use crate::cache::{Cache, Code, Full};
use crate::compile::Compiler;
use crate::config::Target;
use crate::enter::{Returned, enter};
use crate::guest::Guest;
use crate::key::Keys;
use crate::layout::{Exit, Word};
use crate::links::{Linked, Links, Place};
use crate::perf_map::PerfMap;
use crate::region::Region;
use crate::{Config, flags, helper};

/// The translator cannot be set up on this host.
#[derive(Debug, thiserror::Error)]
pub enum JitError {
    /// No code can be made for this host, or Cranelift lacks something there.
    #[error("the translator does not support this host: {0}; use the interpreter (--accel interp)")]
    Host(String),
    /// No memory for code.
    #[error("no executable memory for translated code: {0}")]
    Memory(#[from] std::io::Error),
}

/// Counters of executions, by address.
const HEAT: usize = 1 << 16;

/// The engine for guests of kind `I`. One serves all CPUs of a machine.
pub struct Jit<I: Guest> {
    config: Config,
    interp: Interp<I>,
    compiler: Compiler,
    base: Base,
    // Boxed: translated code holds its address while it runs.
    links: Box<Links>,
    cache: Cache,
    keys: Keys,
    heat: Box<[u32]>,
    /// Places that cannot be compiled as the code stands.
    refused: HashSet<Place>,
    stats: Stats,
    /// Sites given to regions so far.
    next_site: usize,
    perf_map: Option<PerfMap>,
}

impl<I: Guest> Jit<I> {
    /// A translator with the given sizes.
    pub fn new(config: Config) -> Result<Jit<I>, JitError> {
        let max_block = config.max_region.clamp(1, 64);
        let mut compiler = Compiler::new(config.opt, Target::Host, helper::abi::<I>())?;
        let base = Base::new(&mut compiler)?;
        Ok(Jit {
            config,
            interp: Interp::new(interp::Config { max_block, ..interp::Config::default() }),
            links: Box::new(Links::new(base.cold)),
            cache: Cache::new(compiler.isa().clone(), config.generation_bytes, config.generations),
            compiler,
            base,
            keys: Keys::default(),
            heat: vec![0; HEAT].into(),
            refused: HashSet::new(),
            stats: Stats::default(),
            next_site: 0,
            perf_map: if config.perf_map { Some(PerfMap::open()?) } else { None },
        })
    }

    /// Runs compiled code; gives how it came back.
    #[inline]
    #[expect(unsafe_code, reason = "enters generated code")]
    fn compiled(&mut self, core: &mut Core<I>, code: u64, key: u64, left: u64) -> Returned {
        let words = &mut core.0.area.0;
        words[Word::Key as usize] = key;
        words[Word::FillStub as usize] = self.base.fill;
        words[Word::ComputeStub as usize] = self.base.compute;
        words[Word::FlagKind as usize] = flags::Kind::Packed as u64;
        words[Word::FlagA as usize] = core.0.cpu.flags().into();
        // SAFETY: `code` was found under `key`, which stands for the mode and mapping `core` is in,
        // - and comes from `links`, all of whose code is in `cache`
        // - `base.enter` is the entry
        let back = unsafe { enter(core, &mut self.links, self.base.enter, code, left) };
        let words = &core.0.area.0;
        let [kind, a, b] = [Word::FlagKind, Word::FlagA, Word::FlagB].map(|w| words[w as usize]);
        core.0.cpu.set_flags(flags::pack(kind, a, b));
        core.0.leave_block(left - back.left, back.pc);
        let exits = &mut self.stats.exits;
        match back.exit {
            Exit::Target => exits.target += 1,
            Exit::Budget => exits.budget += 1,
            Exit::Interpret => exits.interpret += 1,
            Exit::Depth => exits.depth += 1,
        }
        back
    }

    /// Compiles a region for the mode `core` is in.
    #[cfg(test)]
    pub(crate) fn compile_region(&mut self, core: &mut Core<I>, region: &Region) -> Option<u64> {
        let place = Place { pa: region.pc, va: region.pc, mode: I::mode_of(&core.0.cpu) };
        self.translate(core, region, place)
    }

    /// Runs what [`Jit::compile_region`] has given.
    #[cfg(test)]
    pub(crate) fn run_region(&mut self, core: &mut Core<I>, code: u64) -> Returned {
        self.compiled(core, code, 0, 1 << 20)
    }

    /// Counts an execution of the block at `pc`; true when it is time to compile it.
    #[inline]
    fn heats(&mut self, pc: u64) -> bool {
        let heat = &mut self.heat[heat_index::<I>(pc)];
        *heat = heat.saturating_add(1);
        *heat >= self.config.threshold
    }

    /// Compiles the region at `pc`, if it can be, and gives its code.
    #[cold]
    fn compile(&mut self, core: &mut Core<I>, pc: u64, key: u64) -> Option<u64> {
        self.heat[heat_index::<I>(pc)] = 0;
        let place = Links::place(core, pc)?;
        if self.refused.contains(&place) {
            return None;
        }
        let region = Region::form(core, pc, place.mode, self.config.max_region.max(1));
        let code = region.and_then(|region| self.translate(core, &region, place));
        match code {
            Some(code) => self.links.set::<I>(pc, key, code),
            None => {
                self.refused.insert(place);
            }
        }
        code
    }

    fn translate(&mut self, core: &mut Core<I>, region: &Region, place: Place) -> Option<u64> {
        let mut code = Code::new(self.next_site);
        let compiled = self.compiler.region(region, place.mode, &mut code).ok()?;
        self.next_site = code.next_site();
        let signature = crate::translate::region_signature();
        let place_and_pages = (place, &region.pages[..]);
        let added = match self.cache.add(&compiled.bytes, &compiled.relocs, &signature, code, place_and_pages)
        {
            Ok(added) => added,
            Err(Full::TooBig | Full::NoMemory) => return None,
        };
        if added.dropped {
            self.stats.compiled.evictions += 1;
            let oldest = self.cache.oldest();
            self.links.places.retain(|_, linked| linked.generation >= oldest);
            self.links.forget_jumps();
            self.keys.renew();
        }
        for block in region.blocks.values() {
            mark(core, region, block.pc, block.bytes());
        }
        let linked =
            Linked { code: added.address, generation: added.generation, pages: region.pages.clone() };
        self.links.places.insert(place, linked);
        if let Some(map) = &mut self.perf_map {
            map.add(added.address, compiled.bytes.len(), region.pc);
        }
        let c = &mut self.stats.compiled;
        c.regions += 1;
        c.insns += region.insns as u64;
        c.clif += compiled.clif;
        c.host_bytes += compiled.bytes.len() as u64;
        c.compile_ns += compiled.ns;
        Some(added.address)
    }

    /// Drops what was made of code that has been written.
    #[cold]
    fn drop_written(&mut self, core: &mut Core<I>) {
        self.refused.clear();
        let mut retired = false;
        for page in self.interp.drop_written(core) {
            for place in self.cache.retire_page(page) {
                self.links.places.remove(&place);
                retired = true;
            }
        }
        if retired {
            // No link to stale code holds any more; those to other code are looked up again.
            self.keys.renew();
        }
    }

    /// Interprets one block; gives the instructions retired, and `Err` to leave.
    fn interpret(&mut self, core: &mut Core<I>, left: u64) -> (u64, Result<(), Stop>) {
        self.interp.block(core, left)
    }
}

/// Notes that code has been made of the `len` bytes at `va`.
fn mark<I: Guest>(core: &mut Core<I>, region: &Region, va: u64, len: u64) {
    use innkeeper_core::mem::{PAGE_MASK, PAGE_SIZE};
    let (mut at, end) = (va, va.wrapping_add(len));
    while at != end {
        let page_end = (at & PAGE_MASK).wrapping_add(PAGE_SIZE);
        let next = if end.wrapping_sub(at) < page_end.wrapping_sub(at) { end } else { page_end };
        if let Some(&(_, pa)) = region.pages.iter().find(|(page, _)| *page == at & PAGE_MASK) {
            core.0.mark_code(pa | at & (PAGE_SIZE - 1), next.wrapping_sub(at));
        }
        at = next;
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "only the low bits are kept")]
fn heat_index<I: Guest>(pc: u64) -> usize {
    ((pc >> I::ALIGN.trailing_zeros()) ^ (pc >> 18)) as usize % HEAT
}

impl<I: Guest> Accel<I> for Jit<I> {
    fn name(&self) -> &'static str {
        "jit"
    }

    fn caps(&self) -> Caps {
        self.interp.caps()
    }

    fn run(&mut self, core: &mut Core<I>, budget: u64) -> Stop {
        let mut left = budget;
        // After an exit to the interpreter the block is not counted: code for it is there already.
        let mut cold = false;
        loop {
            if core.0.sys.code.is_dirty() {
                self.drop_written(core);
            }
            if core.0.events != 0
                && let Some(stop) = self.interp.attend(core)
            {
                return stop;
            }
            if let Some(vector) = core.0.interrupt() {
                core.0.take_interrupt(vector);
            }
            if left == 0 {
                return Stop::Budget;
            }
            if !cold {
                let pc = I::fetch_address(&core.0.cpu, core.0.cpu.pc());
                core.0.set_pc(pc);
                let key = self.keys.key(core);
                let mut code = self.links.code_at(core, pc, key);
                if code.is_none() && self.heats(pc) {
                    code = self.compile(core, pc, key);
                }
                if let Some(code) = code {
                    // The key may be new if room had to be made.
                    let key = self.keys.key(core);
                    let back = self.compiled(core, code, key, left);
                    left = back.left;
                    cold = matches!(back.exit, Exit::Interpret | Exit::Budget);
                    continue;
                }
            }
            cold = false;
            let (retired, on) = self.interpret(core, left);
            left -= retired;
            if let Err(stop) = on {
                return stop;
            }
        }
    }

    fn invalidate(&mut self) {
        self.interp.invalidate();
        self.cache.clear();
        self.links.places.clear();
        self.links.forget_jumps();
        self.keys.renew();
        self.refused.clear();
        self.heat.fill(0);
    }

    fn stats(&self) -> Stats {
        let interp = self.interp.stats();
        Stats {
            lookups: interp.lookups + self.links.lookups,
            compiled: self.stats.compiled,
            exits: self.stats.exits,
            ..interp
        }
    }

    fn recent(&self) -> Vec<u64> {
        self.interp.recent()
    }

    fn explain(&mut self, core: &mut Core<I>, pc: u64) -> Option<Explained> {
        let mode = I::mode_of(&core.0.cpu);
        let region = Region::form(core, pc, mode, self.config.max_region.max(1))?;
        let ir = self.compiler.region_ir(&region, mode);
        let compiled = self.compiler.region(&region, mode, &mut Code::default()).ok()?;
        Some(Explained { ir, address: 0, host: compiled.bytes, insns: region.insns })
    }
}

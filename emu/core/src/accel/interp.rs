//! The interpreter: predecoded records run through the handlers of [`Step`](crate::emit::step::Step).
//!
//! Blocks are straight runs of records inside a page, kept by **physical** address: what an
//! instruction decodes to depends on nothing else, so they survive changes of address space and
//! mode. A jump cache leads from the virtual PC to the block. Nothing of this is visible to the
//! guest: see the test of invariance in `machine/tests.rs`.

use std::collections::HashMap;

use super::{Accel, Caps, Stats, Stop};
use crate::emit::Trap;
use crate::isa::{HANDLER_SLOTS, Isa, Registers as _, Taken};
use crate::mem::{PAGE_MASK, PAGE_SIZE};
use crate::vcpu::{Core, Vcpu, event};

/// Sizes that change speed and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// Longest block in instructions, at least 1.
    pub max_block: usize,
    /// Records kept; when more are needed, all are dropped.
    pub cache_insns: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config { max_block: 64, cache_insns: 1 << 20 }
    }
}

/// A block: a range of the arena.
#[derive(Clone, Copy, Debug)]
struct Block {
    start: u32,
    len: u32,
}

/// Where the block of a virtual PC is.
#[derive(Clone, Copy, Debug)]
struct Jump {
    pc: u64,
    /// The TLB's context in which this holds; 0 is none.
    context: u64,
    block: Block,
}

const NO_JUMP: Jump = Jump { pc: 0, context: 0, block: Block { start: 0, len: 0 } };
const JUMPS: usize = 1 << 14;
/// Blocks remembered for failure reports.
const RECENT: usize = 32;
/// The engine. One serves all CPUs of a machine.
pub struct Interp<I: Isa> {
    config: Config,
    arena: Vec<I::Insn>,
    blocks: Vec<Block>,
    /// By physical page: for each place, the number of the block that begins there plus 1.
    pages: HashMap<u64, Box<[u32]>>,
    jumps: Box<[Jump; JUMPS]>,
    stats: Stats,
    /// Addresses of the blocks entered last, a ring.
    recent: [u64; RECENT],
    /// Blocks entered.
    entered: usize,
}

impl<I: Isa> Interp<I> {
    /// Places in a page where an instruction may begin.
    #[expect(clippy::cast_possible_truncation, reason = "at most the bytes of a page")]
    const PLACES: usize = (PAGE_SIZE / I::ALIGN) as usize;

    /// An interpreter with the given sizes.
    pub fn new(config: Config) -> Interp<I> {
        let max_block = config.max_block.clamp(1, Self::PLACES);
        let cache_insns = config.cache_insns.clamp(max_block, u32::MAX as usize / 2);
        let config = Config { max_block, cache_insns };
        Interp {
            config,
            arena: Vec::new(),
            blocks: Vec::new(),
            pages: HashMap::new(),
            jumps: Box::new([NO_JUMP; JUMPS]),
            stats: Stats::default(),
            recent: [0; RECENT],
            entered: 0,
        }
    }

    /// The block at PC, and PC as it is fetched from.
    #[inline(always)]
    fn find(&mut self, core: &mut Core<I>, pc: u64) -> Result<(u64, Block), Trap> {
        let jump = &self.jumps[jump_index::<I>(pc)];
        if jump.pc == pc && jump.context == core.0.tlbs.context() {
            return Ok((pc, jump.block));
        }
        self.find_slow(core)
    }

    #[cold]
    #[inline(never)]
    fn find_slow(&mut self, core: &mut Core<I>) -> Result<(u64, Block), Trap> {
        self.stats.lookups += 1;
        let v = &mut core.0;
        let pc = I::fetch_address(&v.cpu, v.cpu.pc());
        v.cpu.set_pc(pc);
        let page = v.fetch_page(pc)?;
        let place = ((pc & !PAGE_MASK) / I::ALIGN) as usize;
        let known = self.pages.get(&page).map_or(0, |p| p[place]);
        let block = match known.checked_sub(1).and_then(|n| self.blocks.get(n as usize)) {
            Some(&block) => block,
            None => self.decode(core, page, place),
        };
        self.jumps[jump_index::<I>(pc)] = Jump { pc, context: core.0.tlbs.context(), block };
        Ok((pc, block))
    }

    /// Decodes a block from a place of a physical page, which it does not leave.
    #[expect(clippy::cast_possible_truncation, reason = "cache_insns fits in 32 bits")]
    fn decode(&mut self, core: &mut Core<I>, page: u64, place: usize) -> Block {
        if self.arena.len() + self.config.max_block > self.config.cache_insns {
            self.stats.flushes += 1;
            // The map of decoded bytes stays: a translator above may hold code of its own.
            self.clear();
        }
        let start = self.arena.len();
        let pa = page + I::ALIGN * place as u64;
        let mut at = pa;
        while self.arena.len() - start < self.config.max_block && at & PAGE_MASK == page {
            let Some(insn) = core.0.decode_at(at) else { break };
            at += I::len(&insn);
            self.arena.push(insn);
            if I::ends_block(&insn) {
                break;
            }
        }
        let len = self.arena.len() - start;
        core.0.mark_code(pa, at - pa);
        let block = Block { start: start as u32, len: len as u32 };
        self.blocks.push(block);
        let places = self.pages.entry(page).or_insert_with(|| vec![0; Self::PLACES].into());
        places[place] = self.blocks.len() as u32;
        self.stats.blocks += 1;
        self.stats.insns += len as u64;
        block
    }

    fn clear(&mut self) {
        self.arena.clear();
        self.blocks.clear();
        self.pages.clear();
        self.jumps.fill(NO_JUMP);
    }

    /// Drops the blocks of pages that have been written, and tells which those are.
    #[cold]
    pub fn drop_written(&mut self, core: &mut Core<I>) -> Vec<u64> {
        let pages = core.0.sys.code.take_written();
        for page in &pages {
            self.pages.remove(page);
            self.stats.invalidated_pages += 1;
        }
        self.jumps.fill(NO_JUMP);
        pages
    }

    /// Looks after the events raised during the last block, written code apart; `Some` to leave.
    #[cold]
    pub fn attend(&mut self, core: &mut Core<I>) -> Option<Stop> {
        let events = std::mem::take(&mut core.0.events);
        if events & event::TRAP != 0
            && let Some(trap) = I::pending_trap(&core.0.cpu)
            && let Taken::Loop = core.0.take_trap(trap)
        {
            return Some(Stop::Crash(trap));
        }
        if events & event::WAIT != 0 {
            return Some(Stop::Wait);
        }
        (events & event::ATTENTION != 0).then_some(Stop::Attention)
    }

    /// Runs one block from PC, or as much of it as `left` (at least 1) instructions allow, with the
    /// traps it raises: the tier below a translator. Gives the instructions retired, and `Err` to
    /// leave.
    // Always: with two callers, this loop's and the translator's, it costs 4 % of the interpreter's instructions.
    #[inline(always)]
    pub fn block(&mut self, core: &mut Core<I>, left: u64) -> (u64, Result<(), Stop>) {
        let (retired, trap) = match self.find(core, core.0.cpu.pc()) {
            Ok((untagged, block)) => {
                self.recent[self.entered % RECENT] = untagged;
                self.entered = self.entered.wrapping_add(1);
                let start = block.start as usize;
                let len = usize::try_from(left).map_or(block.len as usize, |l| l.min(block.len as usize));
                let ran = run_block::<I>(core, untagged, &self.arena[start..start + len]);
                self.stats.interpreted += ran.retired;
                (ran.retired, ran.trap)
            }
            Err(trap) => (0, Some(trap)),
        };
        (retired, trap.and_then(|trap| self.trapped(core, trap)).map_or(Ok(()), Err))
    }

    /// Takes the trap of the instruction at PC, or hands it out.
    #[cold]
    fn trapped(&mut self, core: &mut Core<I>, trap: Trap) -> Option<Stop> {
        if I::is_call(trap) {
            return Some(Stop::Call(trap));
        }
        match core.0.take_trap(trap) {
            Taken::Vector => None,
            Taken::Loop => Some(Stop::Crash(trap)),
        }
    }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "only the low bits are kept")]
fn jump_index<I: Isa>(pc: u64) -> usize {
    ((pc >> I::ALIGN.trailing_zeros()) ^ (pc >> 16)) as usize % JUMPS
}

/// How a block ended.
struct Ran {
    retired: u64,
    trap: Option<Trap>,
}

/// Runs a block, or as much of it as fits the budget, from `pc`.
#[inline(always)]
fn run_block<I: Isa>(core: &mut Core<I>, mut pc: u64, code: &[I::Insn]) -> Ran {
    core.0.enter_block(pc, code);
    let handlers = I::handlers::<Vcpu<I>>();
    let mut retired = 0;
    for insn in code {
        core.0.cpu.set_pc(pc);
        if let Err(trap) = handlers[I::row(insn) % HANDLER_SLOTS](core, insn) {
            retired += u64::from(I::retires(trap));
            core.0.leave_block(retired, pc);
            return Ran { retired, trap: Some(trap) };
        }
        retired += 1;
        pc = pc.wrapping_add(I::len(insn));
        if core.0.events != 0 && retired < code.len() as u64 {
            core.0.leave_block(retired, pc);
            return Ran { retired, trap: None };
        }
    }
    let pc = core.0.next_pc();
    core.0.leave_block(retired, pc);
    Ran { retired, trap: None }
}

impl<I: Isa> Accel<I> for Interp<I> {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn caps(&self) -> Caps {
        Caps { deterministic: true, exact_icount: true, single_step: true, round_robin: true }
    }

    fn run(&mut self, core: &mut Core<I>, budget: u64) -> Stop {
        let mut left = budget;
        loop {
            if core.0.sys.code.is_dirty() {
                self.drop_written(core);
            }
            if core.0.events != 0
                && let Some(stop) = self.attend(core)
            {
                return stop;
            }
            if let Some(vector) = core.0.interrupt() {
                core.0.take_interrupt(vector);
            }
            if left == 0 {
                return Stop::Budget;
            }
            let (retired, left_with) = self.block(core, left);
            left -= retired;
            if let Err(stop) = left_with {
                return stop;
            }
        }
    }

    fn invalidate(&mut self) {
        self.clear();
    }

    fn stats(&self) -> Stats {
        self.stats
    }

    fn recent(&self) -> Vec<u64> {
        let n = self.entered.min(RECENT);
        (self.entered - n..self.entered).map(|i| self.recent[i % RECENT]).collect()
    }
}

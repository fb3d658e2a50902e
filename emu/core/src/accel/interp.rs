//! The interpreter: predecoded records run through the handlers of [`Step`](crate::emit::step::Step).
//!
//! Blocks are straight runs of records inside a page, kept by **physical** address: what an
//! instruction decodes to depends on nothing else, so they survive changes of address space and
//! mode. A jump cache leads from the virtual PC to the block. Nothing of this is visible to the
//! guest: see the test of invariance in `machine/tests.rs`.

use std::collections::HashMap;

use super::{Accel, Caps, Stats, Stop};
use crate::emit::Trap;
use crate::isa::a64::vcpu::{Core, Taken, event};
use crate::isa::a64::{Insn, decode, exc, mmu, table};
use crate::mem::{PAGE_MASK, PAGE_SIZE};

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
const WORDS: usize = (PAGE_SIZE / 4) as usize;

/// The handlers, padded so that a masked index needs no bounds check.
static HANDLERS: [table::Handler<Core>; HANDLER_SLOTS] = {
    let some = table::handlers::<Core>();
    let mut all = [some[table::LEN]; HANDLER_SLOTS];
    let mut i = 0;
    while i < some.len() {
        all[i] = some[i];
        i += 1;
    }
    all
};
const HANDLER_SLOTS: usize = 4096;

/// The engine. One serves all CPUs of a machine.
pub struct Interp {
    config: Config,
    arena: Vec<Insn>,
    blocks: Vec<Block>,
    /// By physical page: for each word, the number of the block that begins there plus 1.
    pages: HashMap<u64, Box<[u32; WORDS]>>,
    jumps: Box<[Jump; JUMPS]>,
    stats: Stats,
    /// Addresses of the blocks entered last, a ring.
    recent: [u64; RECENT],
    /// Blocks entered.
    entered: usize,
}

impl Interp {
    /// An interpreter with the given sizes.
    pub fn new(config: Config) -> Interp {
        let config = Config {
            max_block: config.max_block.clamp(1, WORDS),
            cache_insns: config.cache_insns.clamp(config.max_block.clamp(1, WORDS), u32::MAX as usize / 2),
        };
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

    /// The block at PC, and PC without its tag (TBI).
    #[inline(always)]
    fn find(&mut self, core: &mut Core, pc: u64) -> Result<(u64, Block), Trap> {
        let jump = &self.jumps[jump_index(pc)];
        if jump.pc == pc && jump.context == core.0.tlbs.context() {
            return Ok((pc, jump.block));
        }
        self.find_slow(core)
    }

    #[cold]
    #[inline(never)]
    fn find_slow(&mut self, core: &mut Core) -> Result<(u64, Block), Trap> {
        self.stats.lookups += 1;
        let v = &mut core.0;
        v.cpu.pc = mmu::untagged(&v.cpu.sys, v.cpu.pc);
        let pc = v.cpu.pc;
        let page = v.fetch_page(pc)?;
        let word = (pc & !PAGE_MASK) as usize / 4;
        let known = self.pages.get(&page).map_or(0, |p| p[word]);
        let block = match known.checked_sub(1).and_then(|n| self.blocks.get(n as usize)) {
            Some(&block) => block,
            None => self.decode(core, page, word),
        };
        self.jumps[jump_index(pc)] = Jump { pc, context: core.0.tlbs.context(), block };
        Ok((pc, block))
    }

    /// Decodes a block from the words of a physical page.
    #[expect(clippy::cast_possible_truncation, reason = "cache_insns fits in 32 bits")]
    fn decode(&mut self, core: &mut Core, page: u64, word: usize) -> Block {
        if self.arena.len() + self.config.max_block > self.config.cache_insns {
            self.stats.flushes += 1;
            // The map of decoded bytes stays: a translator above may hold code of its own.
            self.clear();
        }
        let start = self.arena.len();
        let max = self.config.max_block.min(WORDS - word);
        let pa = page + 4 * word as u64;
        for i in 0..max as u64 {
            // `fetch_page` gives pages of memory only.
            let word = core.0.sys.ram.read_small(pa + 4 * i, 4).unwrap_or(0);
            let insn = decode::decode(word as u32);
            self.arena.push(insn);
            if table::row(insn.row).ends_block() {
                break;
            }
        }
        let len = self.arena.len() - start;
        core.0.mark_code(pa, 4 * len as u64);
        let block = Block { start: start as u32, len: len as u32 };
        self.blocks.push(block);
        let words = self.pages.entry(page).or_insert_with(|| Box::new([0; WORDS]));
        words[word] = self.blocks.len() as u32;
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
    pub fn drop_written(&mut self, core: &mut Core) -> Vec<u64> {
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
    pub fn attend(&mut self, core: &mut Core) -> Option<Stop> {
        let events = std::mem::take(&mut core.0.events);
        if events & event::ILLEGAL != 0
            && let Taken::Loop = core.0.take_trap(exc::ILLEGAL_STATE)
        {
            return Some(Stop::Crash(exc::ILLEGAL_STATE));
        }
        if events & event::WAIT != 0 {
            return Some(Stop::Wait);
        }
        (events & event::ATTENTION != 0).then_some(Stop::Attention)
    }

    /// Runs one block from PC, or as much of it as `left` (at least 1) instructions allow, with the
    /// traps it raises: the tier below a translator. Gives the instructions retired, and `Err` to
    /// leave.
    #[inline]
    pub fn block(&mut self, core: &mut Core, left: u64) -> (u64, Result<(), Stop>) {
        let (retired, trap) = match self.find(core, core.0.cpu.pc) {
            Ok((untagged, block)) => {
                self.recent[self.entered % RECENT] = untagged;
                self.entered = self.entered.wrapping_add(1);
                let start = block.start as usize;
                let len = usize::try_from(left).map_or(block.len as usize, |l| l.min(block.len as usize));
                let ran = run_block(core, untagged, &self.arena[start..start + len]);
                self.stats.interpreted += ran.retired;
                (ran.retired, ran.trap)
            }
            Err(trap) => (0, Some(trap)),
        };
        (retired, trap.and_then(|trap| self.trapped(core, trap)).map_or(Ok(()), Err))
    }

    /// Takes the trap of the instruction at PC, or hands it out.
    #[cold]
    fn trapped(&mut self, core: &mut Core, trap: Trap) -> Option<Stop> {
        if matches!(trap.kind(), exc::HVC | exc::SMC | exc::HLT) {
            return Some(Stop::Call(trap));
        }
        match core.0.take_trap(trap) {
            Taken::Vector => None,
            Taken::Loop => Some(Stop::Crash(trap)),
        }
    }
}

/// Whether the instruction that raised `trap` has done its work by raising it.
fn retires(trap: Trap) -> bool {
    matches!(trap.kind(), exc::SVC | exc::HVC | exc::SMC | exc::HLT)
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "only the low bits are kept")]
fn jump_index(pc: u64) -> usize {
    ((pc >> 2) ^ (pc >> 16)) as usize % JUMPS
}

/// How a block ended.
struct Ran {
    retired: u64,
    trap: Option<Trap>,
}

/// Runs a block, or as much of it as fits the budget, from `pc`.
#[inline(always)]
fn run_block(core: &mut Core, mut pc: u64, code: &[Insn]) -> Ran {
    core.0.enter_block(pc, code.len());
    let mut retired = 0;
    for insn in code {
        core.0.cpu.pc = pc;
        if let Err(trap) = HANDLERS[usize::from(insn.row) % HANDLER_SLOTS](core, insn) {
            retired += u64::from(retires(trap));
            core.0.leave_block(retired, pc);
            return Ran { retired, trap: Some(trap) };
        }
        retired += 1;
        pc = pc.wrapping_add(4);
        if core.0.events != 0 && retired < code.len() as u64 {
            core.0.leave_block(retired, pc);
            return Ran { retired, trap: None };
        }
    }
    let pc = core.0.next_pc();
    core.0.leave_block(retired, pc);
    Ran { retired, trap: None }
}

impl Accel for Interp {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn caps(&self) -> Caps {
        Caps { deterministic: true, exact_icount: true, single_step: true, round_robin: true }
    }

    fn run(&mut self, core: &mut Core, budget: u64) -> Stop {
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

const _: () = assert!(table::LEN < HANDLER_SLOTS);

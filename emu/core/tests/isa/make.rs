//! Makes cases of random words and interesting values.

use innkeeper_core::emit::effects::{Effects, Other};
use innkeeper_core::emit::obj::Uop;
use innkeeper_core::isa::a64::case::{self, Case, Item, Place};
use innkeeper_core::isa::a64::disasm::disasm;
use innkeeper_core::isa::a64::generate::{self, Rng};
use innkeeper_core::isa::a64::insn::bits;
use innkeeper_core::isa::a64::record::record;
use innkeeper_core::isa::a64::table::{Class, Row};

/// Tries before a case that traps or changes nothing is taken.
const TRIES: usize = 400;

/// `count` cases of a row, the same ones for the same row.
pub fn cases(row: &Row, count: usize) -> Vec<Case> {
    let mut rng = Rng::named(row.name, 4);
    let mut made: Vec<Case> = Vec::new();
    while made.len() < count {
        let candidates: Vec<Case> = (0..TRIES)
            .filter_map(|_| one(row, &mut rng))
            .scan(false, |done, c| {
                let stop = *done;
                *done = good(&c) && made.iter().all(|m| m.word != c.word);
                (!stop).then_some(c)
            })
            .collect();
        match candidates.into_iter().last() {
            Some(c) => made.push(c),
            None => break,
        }
    }
    made
}

/// The instruction did something observable.
fn good(c: &Case) -> bool {
    !c.outputs.is_empty() && !c.outputs.iter().any(|o| matches!(o, Item::Trap(_)))
}

fn one(row: &Row, rng: &mut Rng) -> Option<Case> {
    let word = generate::word(row, rng)?;
    let inputs = inputs(row, word, rng);
    let outputs = case::run(word, &inputs);
    Some(Case { row: row.name.into(), word, text: disasm(word, case::PC), inputs, outputs })
}

/// Values for what the instruction reads.
fn inputs(row: &Row, word: u32, rng: &mut Rng) -> Vec<Item> {
    let ops = record(word).ops;
    let uses = Effects::of(&ops).uses;
    let mut x: Vec<(u8, u64)> = (0..32)
        .filter(|&n| uses.regs != u64::MAX && uses.regs >> n & 1 != 0)
        .map(|n| (n, integer(rng)))
        .collect();
    let mut monitor = None;
    if row.class == Class::Memory {
        let base = case::PC + 0x1000 + rng.below(0x40) * 0x10;
        memory_operands(word, &ops, base, &mut x, rng);
        let exclusive = ops.iter().find_map(|op| match op {
            Uop::StoreExclusive(m, ..) => Some(m.size),
            _ => None,
        });
        monitor = exclusive.filter(|_| rng.below(3) != 0).map(|size| Item::Monitor(Some((base, size))));
    }
    let mut items: Vec<Item> = x.into_iter().map(|(n, v)| Item::Value(Place::X(n), v.into())).collect();
    let vs = (0..32).filter(|&n| uses.vregs != u64::MAX && uses.vregs >> n & 1 != 0);
    items.extend(vs.map(|n| Item::Value(Place::V(n), vector(rng))));
    if uses.other.contains(Other::FLAGS) {
        items.push(Item::Value(Place::Nzcv, rng.below(16).into()));
    }
    if uses.other.contains(Other::FPCR) && uses.regs != u64::MAX && rng.below(2) == 0 {
        // RMode, FZ, DN, FZ16.
        items.push(Item::Value(Place::Fpcr, (rng.next_u64() & 0x03c8_0000).into()));
    }
    items.extend(monitor);
    items
}

/// The base register points into memory, the offset or compared register is small, or what is
/// there.
fn memory_operands(word: u32, ops: &[Uop], base: u64, x: &mut Vec<(u8, u64)>, rng: &mut Rng) {
    let field = |hi, lo| u8::try_from(bits(word, hi, lo)).unwrap_or(0);
    let mut put = |n: u8, v: u64| {
        x.retain(|(m, _)| *m != n);
        x.push((n, v));
    };
    let there = |addr: u64, size: u8| {
        (addr..addr + (1 << size.min(3))).rev().fold(0, |v, a| v << 8 | u64::from(case::pattern(a)))
    };
    let (rs, equal) = (field(20, 16), rng.below(2) == 0);
    let reads_rs = Effects::of(ops).uses.regs >> rs & 1 != 0;
    if reads_rs && rs != 31 {
        put(rs, rng.below(0x80));
        for op in ops.iter().filter(|_| equal) {
            match op {
                // CASP of W registers compares two words at once.
                Uop::Cas(m, ..) if bits(word, 23, 23) == 0 => {
                    put(rs, there(base, m.size - 1));
                    put(rs + 1, there(base + 4, m.size - 1));
                }
                Uop::Cas(m, ..) => put(rs, there(base, m.size)),
                Uop::CasQ(..) => {
                    put(rs, there(base, 3));
                    put(rs + 1, there(base + 8, 3));
                }
                _ => {}
            }
        }
    }
    // DC ZVA has its address in Rt.
    let address = if word >> 22 == 0x354 { field(4, 0) } else { field(9, 5) };
    if Effects::of(ops).uses.regs >> address & 1 != 0 {
        put(address, base);
    }
    x.sort_unstable();
}

fn integer(rng: &mut Rng) -> u64 {
    const EDGES: [u64; 10] =
        [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 31, 0x7fff_ffff, 0xffff_ffff, 0x80, 0xff00];
    match rng.below(4) {
        0 => EDGES[usize::try_from(rng.below(10)).unwrap_or(0)],
        1 => rng.below(256),
        _ => rng.next_u64(),
    }
}

/// Lanes of one size each random, an edge of integers, or a special floating-point value.
fn vector(rng: &mut Rng) -> u128 {
    const H: [u64; 8] = [0x3c00, 0xbe00, 0x7c00, 0x7e00, 0x7d01, 0x0001, 0x8000, 0x7bff];
    const S: [u64; 8] =
        [0x3f80_0000, 0xc048_f5c3, 0x7f80_0000, 0x7fc0_0000, 0x7f80_0001, 1, 0x8000_0000, 0x4b00_0001];
    const D: [u64; 8] = [
        0x3ff0_0000_0000_0000,
        0xc009_21fb_5444_2d18,
        0x7ff0_0000_0000_0000,
        0x7ff8_0000_0000_0000,
        0x7ff0_0000_0000_0001,
        1,
        1 << 63,
        0x41e0_0000_0020_0000,
    ];
    let (bits, special) = [(16, H), (32, S), (64, D)][usize::try_from(rng.below(3)).unwrap_or(0)];
    (0..128 / bits).fold(0, |v: u128, _| {
        let lane = match rng.below(3) {
            0 => special[usize::try_from(rng.below(8)).unwrap_or(0)],
            1 => integer(rng),
            _ => rng.next_u64(),
        };
        v << bits | u128::from(lane & (u64::MAX >> (64 - bits)))
    })
}

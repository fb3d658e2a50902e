//! Making a block: instructions, and a start state in which they do something.

use innkeeper_core::isa::a64::table::{self, Class, Row};
use innkeeper_core::wire::{A64Regs, Arch, Regs};

use super::Word;
use super::rows::{self, Field, Rows};
use crate::generate::CODE;
use crate::generate::block::{Block, Slot};
use crate::generate::state::Register;
use crate::generate::values::{Dice, place, scratch};

type Slots = Vec<Slot<Word>>;

/// CLREX.
const CLREX: u32 = 0xd503_3f5f;

/// What the registers of a block are for. Instructions mostly leave these registers alone.
struct Roles {
    /// Point into memory; the first two are multiples of 16.
    pointers: [u8; 4],
    /// Small numbers: index registers.
    indices: [u8; 2],
    /// Address of an instruction.
    code: u8,
    /// Counts a loop.
    counter: u8,
    /// Registers that instructions prefer, so that one uses what another made.
    hot: [u8; 6],
}

impl Roles {
    fn new(dice: &mut Dice) -> Roles {
        let mut all: Vec<u8> = (0..31).collect();
        for n in (1..all.len()).rev() {
            all.swap(n, dice.below(n + 1));
        }
        Roles {
            pointers: [all[0], all[1], all[2], all[3]],
            indices: [all[4], all[5]],
            code: if dice.percent(50) { 30 } else { all[6] },
            counter: all[7],
            hot: [all[8], all[9], all[10], all[11], all[12], 31],
        }
    }

    fn reserved(&self, r: u8) -> bool {
        self.pointers.contains(&r) || self.indices.contains(&r) || r == self.code || r == self.counter
    }

    /// A register for data.
    fn data(&self, dice: &mut Dice) -> u8 {
        for _ in 0..3 {
            let r = if dice.percent(65) { dice.pick(&self.hot) } else { dice.pick(&ALL) };
            if !self.reserved(r) {
                return r;
            }
        }
        dice.pick(&self.hot)
    }

    /// A register that holds an address of memory.
    fn pointer(&self, dice: &mut Dice, aligned: bool) -> u8 {
        match dice.below(50) {
            0..=4 => 31,
            5 => dice.pick(&ALL),
            _ if aligned => dice.pick(&self.pointers[..2]),
            _ => dice.pick(&self.pointers),
        }
    }
}

const ALL: [u8; 32] = {
    let mut all = [0; 32];
    let mut n = 0;
    while n < 32 {
        all[n as usize] = n;
        n += 1;
    }
    all
};

/// A block of `lengths.0..=lengths.1` instructions, shorter ones more often.
pub fn block(rows: &Rows, lengths: (usize, usize), dice: &mut Dice) -> Block<Word> {
    let top = dice.pick(&[4, 16, 32, 64, 64]).clamp(lengths.0, lengths.1);
    let len = dice.within(lengths.0, top);
    let roles = Roles::new(dice);
    let mut slots = Vec::with_capacity(len + 4);
    while slots.len() < len {
        one_or_pair(rows, &roles, &mut slots, dice);
    }
    if len >= 4 && dice.percent(15) {
        close_loop(&roles, &mut slots, dice);
    }
    link(&mut slots, dice);
    let scratch = scratch(dice);
    let regs = Regs::A64(Box::new(start(&roles, dice)));
    let target = dice.below(slots.len() + 1);
    Block { slots, regs, code_pointers: vec![(Register::general(Arch::A64, roles.code), target)], scratch }
}

/// Adds an instruction. A load-exclusive comes with the store-exclusive that belongs to it or with
/// CLREX: a store of another size or address than the load is CONSTRAINED UNPREDICTABLE.
fn one_or_pair(rows: &Rows, roles: &Roles, slots: &mut Slots, dice: &mut Dice) {
    let n = row(rows, dice);
    let Some(word) = word(n, roles, dice) else { return };
    slots.push(Slot { insn: Word(word), link: None });
    if !is_exclusive(table::row(n)) || word >> 22 & 1 == 0 {
        return;
    }
    let plain = rows.class(Class::Plain);
    if !plain.is_empty() && dice.percent(40) {
        let between = dice.pick(plain);
        slots.extend(self::word(between, roles, dice).map(|word| Slot { insn: Word(word), link: None }));
    }
    let store = if dice.percent(85) { store_exclusive(word, roles, dice) } else { None };
    slots.push(Slot { insn: Word(store.unwrap_or(CLREX)), link: None });
}

/// The store of the same size and address as a load-exclusive.
fn store_exclusive(load: u32, roles: &Roles, dice: &mut Dice) -> Option<u32> {
    let release = u32::from(dice.percent(30)) << 15;
    (0..8).find_map(|_| {
        let word = (load & !(1 << 22 | 1 << 15)) | release;
        let word = Field::M.set(Field::D.set(word, roles.data(dice)), roles.data(dice));
        let (_, row) = rows::row_of(word)?;
        (row.predictable)(word).then_some(word)
    })
}

/// A row: the class by weight, then each row alike. What always traps ends the block, so it is
/// rare.
fn row(rows: &Rows, dice: &mut Dice) -> u16 {
    loop {
        let class = match dice.below(100) {
            0..=61 => Class::Plain,
            62..=87 => Class::Memory,
            88..=95 => Class::Branch,
            _ => Class::System,
        };
        let rows = rows.class(class);
        if rows.is_empty() {
            continue;
        }
        let n = dice.pick(rows);
        if !matches!(table::row(n).name, "UDF" | "SVC" | "BRK" | "HLT") || dice.percent(10) {
            return n;
        }
    }
}

/// A word of row `n` with random fields, or `None` if none was found: the row's conditions are
/// met by a few words only.
fn word(n: u16, roles: &Roles, dice: &mut Dice) -> Option<u32> {
    let row = table::row(n);
    (0..64).find_map(|_| {
        let noise = match dice.below(8) {
            0 => dice.word() & dice.word(),
            1 => dice.word() | dice.word(),
            _ => dice.word(),
        };
        let mut word = row.value | noise & !row.mask;
        for field in rows::register_fields(row) {
            if field == Field::D || row.class != Class::Plain || dice.percent(60) {
                word = field.set(word, roles.data(dice));
            }
        }
        let word = match row.class {
            Class::Memory => address(word, roles, dice),
            Class::Branch if rows::is_indirect(word) && dice.percent(97) => Field::N.set(word, roles.code),
            _ => system(word, dice),
        };
        rows::usable(word, n).then_some(word)
    })
}

/// A memory access with its base and index set to registers that hold such things, and its
/// offset small (C4.1, "Loads and stores").
fn address(word: u32, roles: &Roles, dice: &mut Dice) -> u32 {
    if rows::is_literal(word) {
        return word;
    }
    // DC ZVA has its address in Rt.
    if word >> 24 == 0xd5 {
        return Field::D.set(word, roles.pointer(dice, false));
    }
    let unscaled = word & 0x3f20_0c00 == 0x1900_0000;
    let ordered = unscaled || word & 0x3f00_0000 == 0x0800_0000 || word & 0x3b20_0c00 == 0x3820_0000;
    let aligned = ordered && dice.percent(95);
    let mut word = Field::N.set(word, roles.pointer(dice, aligned));
    if unscaled && aligned {
        word &= !(15 << 12);
    }
    let register_offset = word & 0x3b20_0c00 == 0x3820_0800;
    let post_register = word & 0xbe80_0000 == 0x0c80_0000;
    if (register_offset || post_register && Field::M.of(word) != 31) && dice.percent(90) {
        word = Field::M.set(word, dice.pick(&roles.indices));
    }
    if word & 0x3b00_0000 == 0x3900_0000 && dice.percent(90) {
        word &= !(0xff0 << 10);
    }
    word
}

/// Moves to and from system registers name one that can be compared.
fn system(word: u32, dice: &mut Dice) -> u32 {
    if !rows::is_sysreg_move(word) {
        return word;
    }
    (word & !(0x7fff << 5)) | dice.pick(&rows::SYSREGS) << 5
}

/// Whether a load-exclusive is the last of these to do with the monitor.
fn armed(slots: &[Slot<Word>]) -> bool {
    let about = |word: u32| word == CLREX || rows::row_of(word).is_some_and(|(_, r)| is_exclusive(r));
    slots.iter().rev().find(|s| about(s.insn.0)).is_some_and(|s| s.insn.0 != CLREX && s.insn.0 >> 22 & 1 == 1)
}

/// Load- and store-exclusives; bit 22 tells which.
fn is_exclusive(row: &Row) -> bool {
    row.name.contains("_ldstexcl")
}

/// Puts a counted loop around some of the instructions.
fn close_loop(roles: &Roles, slots: &mut Slots, dice: &mut Dice) {
    let (sub, cbnz) = (0xd100_0400, 0xb500_0000); // sub Xd, Xn, #1; cbnz Xt, .
    let first = dice.below(slots.len());
    let mut last = (first + 1 + dice.below(8)).min(slots.len());
    // Not between a load-exclusive and what clears the monitor it armed.
    while last < slots.len() && armed(&slots[..last]) {
        last += 1;
    }
    let counter = roles.counter;
    let sub = Field::N.set(Field::D.set(sub, counter), counter);
    slots.insert(last, Slot { insn: Word(sub), link: None });
    slots.insert(last + 1, Slot { insn: Word(Field::D.set(cbnz, counter)), link: Some(first) });
}

/// Gives every branch and literal its target: mostly a few instructions ahead.
fn link(slots: &mut [Slot<Word>], dice: &mut Dice) {
    let len = slots.len();
    for (n, slot) in slots.iter_mut().enumerate() {
        if slot.link.is_some() || rows::link_field(slot.insn.0).is_none() {
            continue;
        }
        let to = match dice.below(20) {
            _ if rows::is_literal(slot.insn.0) => dice.below(len),
            0 | 1 => dice.below(n + 1),
            2 => len,
            _ => n + 1 + dice.below(4),
        };
        slot.link = Some(to.min(len));
    }
}

/// The start state.
fn start(roles: &Roles, dice: &mut Dice) -> A64Regs {
    let mut regs = A64Regs::default();
    for x in &mut regs.x {
        *x = dice.integer();
    }
    for v in &mut regs.v {
        *v = dice.vector();
    }
    for (n, &r) in roles.pointers.iter().enumerate() {
        let p = place(dice);
        regs.x[usize::from(r)] = if n < 2 && dice.percent(95) { p & !15 } else { p };
    }
    for &r in &roles.indices {
        let small = dice.below(96) as u64;
        regs.x[usize::from(r)] = if dice.percent(25) { small.wrapping_neg() } else { small };
    }
    regs.x[usize::from(roles.counter)] = dice.below(6) as u64 + 1;
    regs.sp = if dice.percent(90) { place(dice) & !15 } else { place(dice) };
    regs.nzcv = u8::try_from(dice.below(16)).unwrap_or_default();
    regs.fpcr = dice.fpcr();
    regs.fpsr = if dice.percent(70) { 0 } else { dice.word() & 0x0800_009f };
    regs.x[usize::from(roles.code)] = CODE;
    regs
}

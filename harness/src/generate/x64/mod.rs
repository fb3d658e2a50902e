//! Programs of x86-64. iced-x86 is both sides of it: its table of encodings says what there is, its
//! encoder writes instructions and its decoder reads them back, all independent of what they are run on.

pub mod defined;
mod fill;
pub mod rows;

use iced_x86::{Decoder, DecoderOptions, Encoder, FlowControl, Instruction, OpKind, Register};
use proptest::test_runner::TestRng;

use super::block::{Block, Insn, Slot};
use super::values::Dice;
use super::{CODE, Generator, clamped};
use rows::Row;

/// Operand size of a mode.
const BITS: u32 = 64;

impl Insn for Instruction {
    fn encode(slots: &[Slot<Instruction>]) -> Vec<Vec<u8>> {
        let mut insns: Vec<Instruction> = slots.iter().map(|s| s.insn).collect();
        // A short branch whose target is too far away becomes a near one, which moves the others.
        while !place(slots, &mut insns) {}
        let mut at = CODE;
        let mut out = Vec::with_capacity(insns.len());
        for insn in &insns {
            let bytes = bytes(insn, at).unwrap_or_default();
            at += bytes.len() as u64;
            out.push(bytes);
        }
        out
    }

    fn decode(code: &[u8], pc: u64) -> Option<Slot<Instruction>> {
        let insn = Decoder::with_ip(BITS, code, pc, DecoderOptions::NONE).decode();
        (!insn.is_invalid()).then(|| Slot { insn, link: is_link(&insn).then_some(0) })
    }

    fn row(&self) -> Option<&'static str> {
        rows::of(self.code()).map(|r| r.name.as_str())
    }

    fn goes_forward(&self, n: usize, link: Option<usize>) -> bool {
        match self.flow_control() {
            FlowControl::IndirectBranch | FlowControl::IndirectCall | FlowControl::Return => false,
            _ => link.is_none_or(|to| to > n),
        }
    }

    fn simpler(&self) -> Vec<Instruction> {
        let operands = (0..self.op_count()).filter_map(|n| operand(self, n));
        let mut plain = *self;
        plain.set_has_lock_prefix(false);
        let mut once = *self;
        once.set_has_rep_prefix(false);
        once.set_has_repne_prefix(false);
        let mut address = *self;
        address.set_memory_index(Register::None);
        let usable = |i: &Instruction| i != self && reads_back(i);
        operands.chain([plain, once, address]).filter(usable).collect()
    }
}

/// The instruction with operand `n` as simple as can be.
fn operand(insn: &Instruction, n: u32) -> Option<Instruction> {
    let mut out = *insn;
    match insn.op_kind(n) {
        OpKind::Register => {
            let register = insn.op_register(n);
            let family = [Register::AL, Register::AX, Register::EAX, Register::RAX];
            let first = family.into_iter().find(|r| r.size() == register.size())?;
            out.try_set_op_register(n, first).ok()?;
        }
        OpKind::Memory => out.set_memory_displacement64(0),
        _ => out.try_set_immediate_i32(n, 1).ok()?,
    }
    Some(out)
}

/// Finds the address of every instruction and gives branches their targets; whether all of them fit.
fn place(slots: &[Slot<Instruction>], insns: &mut [Instruction]) -> bool {
    let mut at = CODE;
    let mut addresses = vec![at];
    for insn in insns.iter_mut() {
        if is_link(insn) {
            // Nearby: only the length matters yet.
            insn.set_near_branch64(at);
        }
        at += bytes(insn, at).map_or(0, |b| b.len()) as u64;
        addresses.push(at);
    }
    for (n, slot) in slots.iter().enumerate() {
        let Some(to) = slot.link else { continue };
        let insn = &mut insns[n];
        insn.set_near_branch64(addresses[to.min(slots.len())]);
        if bytes(insn, addresses[n]).is_some() {
            continue;
        }
        let short = insn.code();
        insn.as_near_branch();
        if insn.code() != short {
            return false;
        }
        // LOOP and JRCXZ have short forms only: to the next instruction.
        insn.set_near_branch64(addresses[n + 1]);
    }
    true
}

/// Whether it refers to another instruction by its distance.
fn is_link(insn: &Instruction) -> bool {
    insn.op0_kind() == OpKind::NearBranch64
}

fn bytes(insn: &Instruction, at: u64) -> Option<Vec<u8>> {
    let mut encoder = Encoder::new(BITS);
    encoder.encode(insn, at).ok()?;
    Some(encoder.take_buffer())
}

/// The bytes with any branch going to the instruction itself.
fn lone(insn: &Instruction) -> Option<Vec<u8>> {
    let mut insn = *insn;
    if is_link(&insn) {
        insn.set_near_branch64(CODE);
    }
    bytes(&insn, CODE)
}

/// Whether it can be encoded, and is decoded as the same form.
fn reads_back(insn: &Instruction) -> bool {
    let read = lone(insn).and_then(|code| Instruction::decode(&code, CODE));
    read.is_some_and(|slot| slot.insn.code() == insn.code())
}

/// The generator.
pub struct Blocks {
    rows: Vec<&'static Row>,
    lengths: (usize, usize),
}

impl Blocks {
    /// Blocks of `lengths` instructions (cut to what there can be), made of the rows that can be
    /// compared and that `takes` accepts.
    pub fn new(mut takes: impl FnMut(&'static Row) -> bool, lengths: (usize, usize)) -> Blocks {
        Blocks { rows: rows::comparable().filter(|r| takes(r)).collect(), lengths: clamped(lengths) }
    }
}

impl Generator for Blocks {
    type Insn = Instruction;

    fn rows(&self) -> Vec<&'static str> {
        self.rows.iter().map(|r| r.name.as_str()).collect()
    }

    fn make(&self, rng: &mut TestRng) -> Block<Instruction> {
        fill::block(&self.rows, self.lengths, &mut Dice(rng))
    }
}

/// A block of one instruction of a row, for finding out who executes it.
pub fn sample(row: &'static Row, seed: u64) -> Block<Instruction> {
    Blocks { rows: vec![row], lengths: (1, 1) }.block(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_is_decoded_to_the_same() {
        let blocks = Blocks::new(|_| true, (1, 64));
        for seed in 0..300 {
            let block = blocks.block(seed);
            let code = Instruction::encode(&block.slots);
            let mut at = CODE;
            for (slot, bytes) in block.slots.iter().zip(&code) {
                let read = Decoder::with_ip(BITS, bytes, at, DecoderOptions::NONE).decode();
                let name =
                    |i: &Instruction| i.row().map(|r| r.replace("rel8", "rel").replace("rel32", "rel"));
                assert_eq!(name(&read), name(&slot.insn), "seed {seed}, at {at:#x}: {bytes:02x?}");
                assert_eq!(read.len(), bytes.len(), "seed {seed}, at {at:#x}: {bytes:02x?}");
                for n in (0..slot.insn.op_count()).filter(|n| slot.insn.op_kind(*n) == OpKind::Register) {
                    assert_eq!(read.op_register(n), slot.insn.op_register(n), "seed {seed}: {bytes:02x?}");
                }
                at += bytes.len() as u64;
            }
            assert!(at < CODE + 0x1000, "the code does not fit its page");
        }
    }

    #[test]
    fn a_branch_meets_its_target_whatever_is_between() {
        let blocks = Blocks::new(|_| true, (64, 64));
        let mut near = 0;
        for seed in 0..100 {
            let block = blocks.block(seed);
            let (code, addresses) = (Instruction::encode(&block.slots), block.addresses());
            for (n, slot) in block.slots.iter().enumerate() {
                let Some(to) = slot.link else { continue };
                let read = Decoder::with_ip(BITS, &code[n], addresses[n], DecoderOptions::NONE).decode();
                let only_short = read.is_loop() || read.is_loopcc() || read.is_jcx_short();
                let target =
                    if only_short && read.near_branch_target() == addresses[n + 1] { n + 1 } else { to };
                assert_eq!(read.near_branch_target(), addresses[target], "seed {seed}, {n}");
                near += usize::from(read.is_jcc_near());
            }
        }
        assert!(near > 10);
    }
}

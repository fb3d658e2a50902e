//! Making a block of x86-64: instructions, and a start state in which they do something.

use iced_x86::{Code, Instruction, OpCodeOperandKind as Op, OpKind, Register as R};
use innkeeper_core::wire::{Arch, Regs, X64Regs};

use super::rows::{Class, Row};
use super::{is_link, reads_back};
use crate::generate::block::{Block, Slot};
use crate::generate::state::Register;
use crate::generate::values::{Dice, place, scratch};
use crate::generate::{SCRATCH, SCRATCH_SIZE};

type Slots = Vec<Slot<Instruction>>;

/// Registers that point into memory: what string instructions, XLAT, ENTER and the stack use, and two
/// that need a longer encoding.
const POINTERS: [R; 6] = [R::RBX, R::RBP, R::RSI, R::RDI, R::R12, R::R13];
/// Small numbers.
const INDICES: [R; 2] = [R::R14, R::R15];
/// Address of an instruction.
const CODE_POINTER: R = R::R11;
/// Registers for data, by size; high bytes of the first four too.
const DATA: [R; 6] = [R::RAX, R::RCX, R::RDX, R::R8, R::R9, R::R10];
const HIGH: [R; 3] = [R::AH, R::CH, R::DH];

/// A block of `lengths.0..=lengths.1` instructions, shorter ones more often.
pub fn block(rows: &[&'static Row], lengths: (usize, usize), dice: &mut Dice) -> Block<Instruction> {
    let top = dice.pick(&[4, 16, 32, 64, 64]).clamp(lengths.0, lengths.1);
    let len = dice.within(lengths.0, top);
    let mut slots = Vec::with_capacity(len + 4);
    while slots.len() < len {
        let row = pick(rows, dice);
        let Some(insn) = instruction(row, dice) else { continue };
        if slots.len() + 1 < len {
            slots.extend(prepare(row, &insn, dice).map(|insn| Slot { insn, link: None }));
        }
        slots.push(Slot { insn, link: None });
    }
    link(&mut slots, dice);
    let scratch = scratch(dice);
    let regs = Regs::X64(Box::new(start(dice)));
    let target = dice.below(slots.len() + 1);
    Block {
        slots,
        regs,
        code_pointers: vec![(Register::general(Arch::X64, number(CODE_POINTER)), target)],
        scratch,
    }
}

/// A row: the class by weight, then each alike.
fn pick(rows: &[&'static Row], dice: &mut Dice) -> &'static Row {
    loop {
        let row = dice.pick(rows);
        let keep = match row.class {
            Class::Plain => 100,
            Class::String | Class::Stack | Class::Flags => 80,
            Class::Branch => 50,
            Class::Stop => 5,
        };
        if rows.len() == 1 || dice.percent(keep) {
            return row;
        }
    }
}

/// What goes before an instruction: a small count for a repeated one, an address on the stack for RET,
/// flags on the stack for POPF.
fn prepare(row: &Row, insn: &Instruction, dice: &mut Dice) -> Option<Instruction> {
    let made = match row.class {
        Class::String if insn.has_rep_prefix() || insn.has_repne_prefix() => {
            let count = u32::try_from(dice.below(12)).unwrap_or_default();
            Instruction::with2(Code::Mov_r32_imm32, R::ECX, count)
        }
        Class::Branch if is_return(insn) => Instruction::with1(Code::Push_r64, CODE_POINTER),
        Class::Flags if matches!(insn.code(), Code::Popfq | Code::Popfw) => {
            let flags = 0x202 | dice.word() & 0xcd5;
            Instruction::with1(Code::Pushq_imm32, i32::try_from(flags).unwrap_or_default())
        }
        _ => return None,
    };
    made.ok()
}

fn is_return(insn: &Instruction) -> bool {
    matches!(insn.code(), Code::Retnq | Code::Retnq_imm16)
}

/// An instruction of a row with random operands, or `None` if none could be encoded: a high byte does
/// not go with a REX prefix, and XCHG of RAX with itself is NOP.
fn instruction(row: &Row, dice: &mut Dice) -> Option<Instruction> {
    (0..8).find_map(|_| {
        let info = row.code.op_code();
        let mut insn = Instruction::new();
        insn.set_code(row.code);
        for n in 0..info.op_count() {
            operand(&mut insn, n, info.op_kind(n), dice);
        }
        if row.class == Class::String && dice.percent(40) {
            insn.set_has_repne_prefix(info.can_use_repne_prefix() && dice.percent(50));
            insn.set_has_rep_prefix(info.can_use_rep_prefix() && !insn.has_repne_prefix());
        }
        // Only with a memory destination.
        if info.can_use_lock_prefix() && insn.op0_kind() == OpKind::Memory && dice.percent(20) {
            insn.set_has_lock_prefix(true);
        }
        reads_back(&insn).then_some(insn)
    })
}

fn operand(insn: &mut Instruction, n: u32, kind: Op, dice: &mut Dice) {
    let size = match kind {
        Op::r8_or_mem | Op::r8_reg | Op::r8_opcode => 1,
        Op::r16_or_mem | Op::r16_reg | Op::r16_opcode => 2,
        Op::r32_or_mem | Op::r32_reg | Op::r32_opcode | Op::r32_vvvv => 4,
        _ => 8,
    };
    let or_memory = matches!(kind, Op::r8_or_mem | Op::r16_or_mem | Op::r32_or_mem | Op::r64_or_mem);
    match kind {
        Op::mem => memory(insn, n, dice),
        _ if or_memory && dice.percent(45) => memory(insn, n, dice),
        Op::al => register(insn, n, R::AL),
        Op::cl => register(insn, n, R::CL),
        Op::ax => register(insn, n, R::AX),
        Op::eax => register(insn, n, R::EAX),
        Op::rax => register(insn, n, R::RAX),
        Op::seg_rSI => insn.set_op_kind(n, OpKind::MemorySegRSI),
        Op::es_rDI => insn.set_op_kind(n, OpKind::MemoryESRDI),
        Op::seg_rBX_al => {
            insn.set_op_kind(n, OpKind::Memory);
            insn.set_memory_base(R::RBX);
            insn.set_memory_index(R::AL);
        }
        Op::br64_1 | Op::br64_4 => insn.set_op_kind(n, OpKind::NearBranch64),
        Op::r8_reg | Op::r8_opcode | Op::r8_or_mem if dice.percent(15) => register(insn, n, dice.pick(&HIGH)),
        _ if immediate(insn, n, kind, dice) => {}
        _ => {
            let full = data(insn, dice);
            register(insn, n, sized(full, size));
        }
    }
}

fn register(insn: &mut Instruction, n: u32, r: R) {
    insn.set_op_kind(n, OpKind::Register);
    insn.set_op_register(n, r);
}

/// A register for data; the code pointer for branches; rarely any.
fn data(insn: &Instruction, dice: &mut Dice) -> R {
    if matches!(insn.code(), Code::Jmp_rm64 | Code::Call_rm64) && dice.percent(95) {
        return CODE_POINTER;
    }
    match dice.below(20) {
        0 => dice.pick(&POINTERS),
        1 => dice.pick(&INDICES),
        _ => dice.pick(&DATA),
    }
}

/// Part of a 64-bit register.
fn sized(full: R, size: usize) -> R {
    let first = match size {
        1 => return byte(full),
        2 => R::AX,
        4 => R::EAX,
        _ => R::RAX,
    };
    first + u32::from(number(full))
}

fn byte(full: R) -> R {
    match number(full) {
        n @ 0..=3 => R::AL + u32::from(n),
        n => R::SPL + u32::from(n - 4),
    }
}

fn number(full: R) -> u8 {
    u8::try_from(full.number()).unwrap_or_default()
}

/// An immediate; whether the operand is one.
fn immediate(insn: &mut Instruction, n: u32, kind: Op, dice: &mut Dice) -> bool {
    let op = match kind {
        Op::imm8 if n == 1 && is_enter(insn) => OpKind::Immediate8_2nd,
        Op::imm8 | Op::imm8_const_1 => OpKind::Immediate8,
        Op::imm8sex16 => OpKind::Immediate8to16,
        Op::imm8sex32 => OpKind::Immediate8to32,
        Op::imm8sex64 => OpKind::Immediate8to64,
        Op::imm16 => OpKind::Immediate16,
        Op::imm32 => OpKind::Immediate32,
        Op::imm32sex64 => OpKind::Immediate32to64,
        Op::imm64 => OpKind::Immediate64,
        _ => return false,
    };
    insn.set_op_kind(n, op);
    let value = match (op, kind) {
        (_, Op::imm8_const_1) => 1,
        // Nesting levels; bytes of stack that ENTER and RET move over.
        (OpKind::Immediate8_2nd, _) => dice.below(4) as u64,
        (OpKind::Immediate16, _) if !is_word_arithmetic(insn) => dice.below(64) as u64,
        _ => dice.integer(),
    };
    let [b0, b1, b2, b3, ..] = value.to_le_bytes();
    let (byte, word) = (b0, u16::from_le_bytes([b0, b1]));
    let double = u32::from_le_bytes([b0, b1, b2, b3]);
    match op {
        OpKind::Immediate8 => insn.set_immediate8(byte),
        OpKind::Immediate8_2nd => insn.set_immediate8_2nd(byte),
        OpKind::Immediate8to16 => insn.set_immediate8to16(byte.cast_signed().into()),
        OpKind::Immediate8to32 => insn.set_immediate8to32(byte.cast_signed().into()),
        OpKind::Immediate8to64 => insn.set_immediate8to64(byte.cast_signed().into()),
        OpKind::Immediate16 => insn.set_immediate16(word),
        OpKind::Immediate32 => insn.set_immediate32(double),
        OpKind::Immediate32to64 => insn.set_immediate32to64(double.cast_signed().into()),
        _ => insn.set_immediate64(value),
    }
    true
}

/// Whether a 16-bit immediate is a number like any other.
fn is_word_arithmetic(insn: &Instruction) -> bool {
    !is_enter(insn) && insn.code() != Code::Retnq_imm16
}

fn is_enter(insn: &Instruction) -> bool {
    matches!(insn.code(), Code::Enterq_imm16_imm8 | Code::Enterw_imm16_imm8)
}

/// Memory: a pointer with a small displacement and perhaps an index, or relative to RIP.
fn memory(insn: &mut Instruction, n: u32, dice: &mut Dice) {
    insn.set_op_kind(n, OpKind::Memory);
    if dice.percent(10) {
        insn.set_memory_base(R::RIP);
        insn.set_memory_displ_size(8);
        insn.set_memory_displacement64(SCRATCH + dice.below(SCRATCH_SIZE - 16) as u64);
        return;
    }
    let base = if dice.percent(10) { R::RSP } else { dice.pick(&POINTERS) };
    insn.set_memory_base(base);
    if dice.percent(30) {
        insn.set_memory_index(dice.pick(&INDICES));
        insn.set_memory_index_scale(dice.pick(&[1, 2, 4, 8]));
    }
    let small = (dice.below(256) as u64).wrapping_sub(128);
    let (size, displacement) = match dice.below(4) {
        0 => (4, small.wrapping_mul(4)),
        1 | 2 => (1, small),
        // RBP and R13 have no form without.
        _ if matches!(base, R::RBP | R::R13) => (1, 0),
        _ => (0, 0),
    };
    insn.set_memory_displ_size(size);
    insn.set_memory_displacement64(displacement);
}

/// Gives every branch its target: mostly a few instructions ahead.
fn link(slots: &mut Slots, dice: &mut Dice) {
    let len = slots.len();
    for (n, slot) in slots.iter_mut().enumerate().filter(|(_, s)| is_link(&s.insn)) {
        let to = match dice.below(20) {
            0 | 1 => dice.below(n + 1),
            2 => len,
            _ => n + 1 + dice.below(4),
        };
        slot.link = Some(to.min(len));
    }
}

/// The start state.
fn start(dice: &mut Dice) -> X64Regs {
    let mut regs = X64Regs { mxcsr: 0x1f80, rflags: 0x202, ..X64Regs::default() };
    for x in &mut regs.gpr {
        *x = dice.integer();
    }
    for r in POINTERS {
        let p = place(dice);
        regs.gpr[usize::from(number(r))] = if dice.percent(60) { p & !15 } else { p };
    }
    for r in INDICES {
        let small = dice.below(96) as u64;
        regs.gpr[usize::from(number(r))] = if dice.percent(25) { small.wrapping_neg() } else { small };
    }
    let stack = SCRATCH + 0x800 + dice.below(0x1000) as u64;
    regs.gpr[usize::from(number(R::RSP))] = if dice.percent(90) { stack & !7 } else { stack };
    // CF, PF, AF, ZF, SF, OF; DF less often, as it makes string instructions leave where they point.
    regs.rflags |= dice.bits() & 0x8d5;
    if dice.percent(15) {
        regs.rflags |= 1 << 10;
    }
    regs
}

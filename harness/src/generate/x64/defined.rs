//! What the architecture leaves undefined, followed through a run: flags after many instructions, the
//! destination of BSF and BSR of zero. It is not compared; and where a program would use it, or do what
//! cannot be compared at all, it ends before.

use iced_x86::{
    Decoder, DecoderOptions, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register,
    RflagsBits,
};
use innkeeper_core::wire::{Regs, X64Regs};

use crate::engine::{Moment, Outcome};

/// CF, PF, AF, ZF, SF, DF, OF as bits of RFLAGS: what is compared. The rest says how the program is run.
pub const COMPARED: u64 = 0xcd5;
const CF: u64 = 1;
const AF: u64 = 1 << 4;
const OF: u64 = 1 << 11;
const STATUS: u64 = 0x8d5;
const TF: u64 = 1 << 8;

/// What is undefined at a moment of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Undefined {
    /// Bits of RFLAGS.
    pub flags: u64,
    /// General registers, by their number.
    pub gpr: u16,
}

impl Undefined {
    /// Zeros what is undefined, and what is not compared.
    pub fn clear_registers(self, regs: &mut Regs) {
        let Regs::X64(regs) = regs else { return };
        regs.rflags &= COMPARED & !self.flags;
        for (_, value) in regs.gpr.iter_mut().enumerate().filter(|(n, _)| self.gpr >> n & 1 == 1) {
            *value = 0;
        }
    }

    /// The same for an outcome, if it has an end.
    pub fn clear_outcome(self, outcome: &mut Outcome) {
        if let Outcome::Done(reply) = outcome {
            self.clear_registers(&mut reply.regs);
        }
    }

    /// What one of two leaves undefined.
    pub fn or(self, other: Undefined) -> Undefined {
        Undefined { flags: self.flags | other.flags, gpr: self.gpr | other.gpr }
    }

    /// Goes on over the instruction at a moment; whether it can be compared.
    pub fn before(&mut self, moment: &Moment<'_>) -> bool {
        let Some(regs) = moment.x64 else { return true };
        let mut code = [0; 15];
        let len = (1..=code.len()).rev().find(|n| (moment.read)(regs.rip, &mut code[..*n]));
        let Some(len) = len else { return true };
        let insn = Decoder::with_ip(64, &code[..len], regs.rip, DecoderOptions::NONE).decode();
        if insn.is_invalid() {
            return true;
        }
        !self.uses(&insn) && comparable(&insn, moment) && self.advance(&insn, moment)
    }

    /// Whether the instruction depends on what is undefined.
    fn uses(&self, insn: &Instruction) -> bool {
        if rflags(insn.rflags_read()) & self.flags != 0 {
            return true;
        }
        self.gpr != 0
            && InstructionInfoFactory::new().info(insn).used_registers().iter().any(|u| {
                let reads = !matches!(u.access(), OpAccess::Write | OpAccess::None | OpAccess::NoMemAccess);
                reads && self.holds(u.register())
            })
    }

    fn holds(&self, r: Register) -> bool {
        gpr(r).is_some_and(|n| self.gpr >> n & 1 == 1)
    }

    /// What is undefined after the instruction.
    fn advance(&mut self, insn: &Instruction, moment: &Moment<'_>) -> bool {
        let idle = (insn.has_rep_prefix() || insn.has_repne_prefix())
            && insn.is_string_instruction()
            && moment.x64.is_some_and(|r| r.gpr[1] == 0);
        let (defined, undefined) = match shift(insn, moment.x64) {
            _ if idle => (0, 0),
            Some(effect) => effect,
            None => {
                let undefined = rflags(insn.rflags_undefined());
                (rflags(insn.rflags_modified()) & !undefined, undefined)
            }
        };
        self.flags = self.flags & !defined | undefined;
        for u in InstructionInfoFactory::new().info(insn).used_registers() {
            if let Some(n) = gpr(u.register()).filter(|_| u.access() == OpAccess::Write)
                && u.register().size() >= 4
            {
                self.gpr &= !(1 << n);
            }
        }
        if matches!(insn.mnemonic(), Mnemonic::Bsf | Mnemonic::Bsr) && operand(insn, 1, moment) == Some(0) {
            // Intel leaves it undefined, AMD as it was.
            self.gpr |= gpr(insn.op0_register()).map_or(0, |n| 1 << n);
        }
        true
    }
}

/// Whether the instruction does the same wherever it is run.
fn comparable(insn: &Instruction, moment: &Moment<'_>) -> bool {
    let Some(regs) = moment.x64 else { return true };
    // Unicorn drops bits 63..48 instead of faulting, and pvm's KVM leaves what faults to an emulator, which
    // knows few instructions.
    if !addresses(insn, moment, regs).all(is_canonical) {
        return false;
    }
    match insn.mnemonic() {
        // Flags that change how a program is run: single-stepping, interrupts, I/O, alignment checks.
        Mnemonic::Popf | Mnemonic::Popfq => {
            let mut bytes = [0; 8];
            let size = if insn.mnemonic() == Mnemonic::Popf { 2 } else { 8 };
            if !(moment.read)(regs.gpr[4], &mut bytes[..size]) {
                return true;
            }
            let others = if size == 2 { 0xffff } else { u64::MAX } & !COMPARED;
            u64::from_le_bytes(bytes) & others == 0x202 & others && regs.rflags & TF == 0
        }
        // The result of a count beyond the operand's size is undefined.
        Mnemonic::Shld | Mnemonic::Shrd => {
            let count = operand(insn, 2, moment).unwrap_or_default() & 31;
            operand_bits(insn) != 16 || count <= 16
        }
        _ => true,
    }
}

/// Addresses of the memory that the instruction uses.
fn addresses<'a>(
    insn: &Instruction,
    moment: &'a Moment<'_>,
    regs: &'a X64Regs,
) -> impl Iterator<Item = u64> + use<'a> {
    let memory = InstructionInfoFactory::new().info(insn).used_memory().to_vec();
    let bit_offset = match insn.mnemonic() {
        Mnemonic::Bt | Mnemonic::Btc | Mnemonic::Btr | Mnemonic::Bts => {
            let offset = operand(insn, 1, moment).filter(|_| insn.op1_kind() == OpKind::Register);
            let unused = 64 - operand_bits(insn);
            offset.map_or(0, |bits| (bits << unused).cast_signed() >> unused >> 3)
        }
        _ => 0,
    };
    let accesses = memory.into_iter().filter(|m| m.access() != OpAccess::NoMemAccess);
    accesses
        .filter_map(|m| m.virtual_address(0, |r, _, _| address_part(r, regs)))
        .map(move |at| at.wrapping_add_signed(bit_offset))
}

/// Bits 63..48 are as bit 47 (Intel SDM volume 1, 3.3.7.1).
fn is_canonical(at: u64) -> bool {
    at.cast_signed() << 16 >> 16 == at.cast_signed()
}

/// Value of a general register or a part of one.
fn register(r: Register, regs: &X64Regs) -> Option<u64> {
    let value = regs.gpr[usize::from(gpr(r)?)];
    Some(match r.size() {
        1 if matches!(r, Register::AH | Register::CH | Register::DH | Register::BH) => value >> 8 & 0xff,
        size => value & (u64::MAX >> (64 - 8 * size)),
    })
}

/// What a register adds to an address: segments begin at 0.
fn address_part(r: Register, regs: &X64Regs) -> Option<u64> {
    if r.is_segment_register() { Some(0) } else { register(r, regs) }
}

/// Flags that a shift or rotation by its count defines and leaves undefined (Intel SDM volume 2).
fn shift(insn: &Instruction, regs: Option<&X64Regs>) -> Option<(u64, u64)> {
    use Mnemonic::{Rcl, Rcr, Rol, Ror, Sal, Sar, Shl, Shld, Shr, Shrd};
    let mnemonic = insn.mnemonic();
    let double = matches!(mnemonic, Shld | Shrd);
    let rotates = matches!(mnemonic, Rol | Ror | Rcl | Rcr);
    if !double && !rotates && !matches!(mnemonic, Shl | Sal | Shr | Sar) {
        return None;
    }
    let bits = operand_bits(insn);
    let n = if double { 2 } else { 1 };
    let count = match insn.op_kind(n) {
        OpKind::Register => regs?.gpr[1],
        _ => insn.immediate(n),
    } & if bits == 64 { 63 } else { 31 };
    let overflow = if count == 1 { 0 } else { OF };
    Some(match mnemonic {
        _ if count == 0 => (0, 0),
        Rcl | Rcr if count % u64::from(bits + 1) == 0 => (0, OF),
        Rol | Ror | Rcl | Rcr => (CF | OF & !overflow, overflow),
        // The last bit shifted out is none of the operand's.
        Shl | Sal | Shr if count >= u64::from(bits) => (STATUS & !(CF | AF | overflow), CF | AF | overflow),
        _ => (STATUS & !(AF | overflow), AF | overflow),
    })
}

fn operand_bits(insn: &Instruction) -> u32 {
    let bytes = match insn.op0_kind() {
        OpKind::Register => insn.op0_register().size(),
        _ => insn.memory_size().size(),
    };
    u32::try_from(8 * bytes).unwrap_or_default()
}

/// Value of an operand, or `None` where it cannot be read.
fn operand(insn: &Instruction, n: u32, moment: &Moment<'_>) -> Option<u64> {
    let regs = moment.x64?;
    match insn.op_kind(n) {
        OpKind::Register => register(insn.op_register(n), regs),
        OpKind::Memory => {
            let at = insn.virtual_address(n, 0, |r, _, _| address_part(r, regs))?;
            let mut bytes = [0; 8];
            let size = insn.memory_size().size().min(8);
            (moment.read)(at, &mut bytes[..size]).then(|| u64::from_le_bytes(bytes))
        }
        _ => insn.try_immediate(n).ok(),
    }
}

/// Number of a general register or a part of one.
fn gpr(r: Register) -> Option<u8> {
    r.is_gpr().then(|| u8::try_from(r.full_register().number()).unwrap_or_default())
}

/// iced's flags as bits of RFLAGS.
fn rflags(bits: u32) -> u64 {
    const MAP: [(u32, u64); 7] = [
        (RflagsBits::CF, CF),
        (RflagsBits::PF, 1 << 2),
        (RflagsBits::AF, AF),
        (RflagsBits::ZF, 1 << 6),
        (RflagsBits::SF, 1 << 7),
        (RflagsBits::DF, 1 << 10),
        (RflagsBits::OF, OF),
    ];
    MAP.iter().filter(|(theirs, _)| bits & theirs != 0).fold(0, |all, (_, ours)| all | ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is undefined after `code` with RCX as given, or `None` where that cannot be compared.
    fn after(rcx: u64, code: &[u8], before: Undefined) -> Option<Undefined> {
        let mut regs = X64Regs { rip: 0, ..X64Regs::default() };
        regs.gpr[1] = rcx;
        let read = |at: u64, out: &mut [u8]| {
            let at = usize::try_from(at).unwrap();
            code.get(at..at + out.len()).map(|from| out.copy_from_slice(from)).is_some()
        };
        let mut undefined = before;
        undefined.before(&Moment { pc: 0, x64: Some(&regs), read: &read }).then_some(undefined)
    }

    #[test]
    fn flags_are_undefined_where_the_manual_says_so() {
        let flags =
            |rcx, code: &[u8], before| after(rcx, code, Undefined { flags: before, gpr: 0 }).map(|u| u.flags);
        let all = STATUS;
        for (text, rcx, code, before, wanted) in [
            ("add eax,ecx", 0, &[0x01, 0xc8][..], all, Some(0)),
            ("and eax,ecx", 0, &[0x21, 0xc8], all, Some(AF)),
            ("shl eax,cl by 0", 32, &[0xd3, 0xe0], AF, Some(AF)),
            ("shl eax,cl by 1", 1, &[0xd3, 0xe0], 0, Some(AF)),
            ("shl eax,cl by 9", 9, &[0xd3, 0xe0], 0, Some(AF | OF)),
            ("shl al,cl by 9", 9, &[0xd2, 0xe0], 0, Some(AF | OF | CF)),
            ("sar al,cl by 9", 9, &[0xd2, 0xf8], 0, Some(AF | OF)),
            ("rol eax,cl by 2", 2, &[0xd3, 0xc0], AF, Some(AF | OF)),
            ("rcl al,9", 0, &[0xc0, 0xd0, 9], 0, Some(OF)),
            ("div ecx", 3, &[0xf7, 0xf1], 0, Some(all)),
            ("adc eax,ecx", 0, &[0x11, 0xc8], CF, None),
            ("adc eax,ecx of a defined CF", 0, &[0x11, 0xc8], OF, Some(0)),
            ("shld ax,cx,17", 0, &[0x66, 0x0f, 0xa4, 0xc8, 17], 0, None),
            ("repne scasb of nothing", 0, &[0xf2, 0xae], CF, Some(CF)),
            ("scasb", 0, &[0xae], CF, Some(0)),
            ("mov eax,ecx", 0, &[0x89, 0xc8], all, Some(all)),
        ] {
            assert_eq!(flags(rcx, code, before), wanted, "{text}");
        }
    }

    #[test]
    fn the_destination_of_a_search_in_nothing_is_undefined_until_it_is_written() {
        let bsf = after(0, &[0x0f, 0xbc, 0xc1], Undefined::default()).unwrap(); // bsf eax,ecx
        assert_eq!(bsf.gpr, 1);
        assert_eq!(after(0, &[0x89, 0xc2], bsf), None); // mov edx,eax
        assert_eq!(after(0, &[0xb0, 1], bsf).map(|u| u.gpr), Some(1)); // mov al,1
        assert_eq!(after(0, &[0x31, 0xd2], bsf).map(|u| u.gpr), Some(1)); // xor edx,edx
        assert_eq!(after(0, &[0xb8, 1, 0, 0, 0], bsf).map(|u| u.gpr), Some(0)); // mov eax,1
        assert_eq!(after(1, &[0x0f, 0xbc, 0xc1], Undefined::default()).map(|u| u.gpr), Some(0));
    }
}

//! The predecoded record of one instruction: 16 bytes, what the interpreter runs and the
//! translator reads.

use crate::emit::{Cond, Lane, Reg, VReg, W};

/// One predecoded instruction.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Insn {
    /// What the row's `pre` function made of the word: an expanded immediate, a byte offset.
    pub imm: u64,
    /// The instruction word.
    pub word: u32,
    /// Index of the row in the table.
    pub row: u16,
    /// Reserved; 0.
    pub spare: u16,
}

const _: () = assert!(size_of::<Insn>() == 16);

impl Insn {
    /// Bits `hi..=lo` of the word.
    #[inline(always)]
    pub const fn bits(&self, hi: u32, lo: u32) -> u32 {
        bits(self.word, hi, lo)
    }
    /// Whether bit `n` of the word is set.
    #[inline(always)]
    pub const fn bit(&self, n: u32) -> bool {
        self.word >> n & 1 != 0
    }
    /// Field Rd/Rt, bits 4..0.
    #[inline(always)]
    pub const fn rd(&self) -> u8 {
        bits8(self.word, 4, 0)
    }
    /// Field Rn, bits 9..5.
    #[inline(always)]
    pub const fn rn(&self) -> u8 {
        bits8(self.word, 9, 5)
    }
    /// Field Rm/Rs, bits 20..16.
    #[inline(always)]
    pub const fn rm(&self) -> u8 {
        bits8(self.word, 20, 16)
    }
    /// Field Ra/Rt2, bits 14..10.
    #[inline(always)]
    pub const fn ra(&self) -> u8 {
        bits8(self.word, 14, 10)
    }
    /// Vector register named by Rd.
    #[inline(always)]
    pub const fn vd(&self) -> VReg {
        VReg(self.rd())
    }
    /// Vector register named by Rn.
    #[inline(always)]
    pub const fn vn(&self) -> VReg {
        VReg(self.rn())
    }
    /// Vector register named by Rm.
    #[inline(always)]
    pub const fn vm(&self) -> VReg {
        VReg(self.rm())
    }
    /// Operation width by the sf bit (31).
    #[inline(always)]
    pub const fn sf(&self) -> W {
        W::sf(self.bit(31))
    }
    /// Vector length bit Q (30): all 128 bits.
    #[inline(always)]
    pub const fn q(&self) -> bool {
        self.bit(30)
    }
    /// Lane size by bits 23..22.
    #[inline(always)]
    pub const fn lane(&self) -> Lane {
        Lane::of(self.bits(23, 22))
    }
    /// Condition in the four bits from `lo` up.
    #[inline(always)]
    pub const fn cond(&self, lo: u32) -> Cond {
        Cond(bits8(self.word, lo + 3, lo))
    }
    /// Flags in bits 3..0.
    #[inline(always)]
    pub const fn nzcv(&self) -> u8 {
        bits8(self.word, 3, 0)
    }
}

/// The stack pointer in force, as a register (register number 31 where the encoding means SP).
pub const SP: Reg = Reg(31);

/// Bits `hi..=lo` of an instruction word.
#[inline(always)]
pub const fn bits(word: u32, hi: u32, lo: u32) -> u32 {
    (word >> lo) & (u32::MAX >> (31 - (hi - lo)))
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "callers name fields of at most 8 bits")]
const fn bits8(word: u32, hi: u32, lo: u32) -> u8 {
    bits(word, hi, lo) as u8
}

/// Bits `hi..=lo`, sign-extended, times `1 << scale`: offsets in bytes, as the `imm` of a record.
#[inline(always)]
#[expect(clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "two's complement field")]
pub const fn sbits(word: u32, hi: u32, lo: u32, scale: u32) -> u64 {
    let n = hi - lo + 1;
    let v = bits(word, hi, lo) as u64;
    ((((v << (64 - n)) as i64) >> (64 - n)) << scale) as u64
}

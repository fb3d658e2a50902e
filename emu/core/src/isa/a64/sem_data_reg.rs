//! C4.1.95 "Data processing -- register".

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_int::{by_width, set_x, shifted, src, x};
use crate::emit::{Bin, Cmp, Cond, Emit, FlagKind, Helper, Reg, Res, Un, W};

/// Two sources, one operation.
#[inline(always)]
fn two<E: Emit>(e: &mut E, i: &Insn, op: Bin) -> Res {
    by_width!(i, SIZE, {
        let (a, b) = (src(e, i.rn()), src(e, i.rm()));
        let r = e.bin(op, SIZE, a, b);
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// UDIV.
pub(super) fn UDIV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    two(e, i, Bin::UDiv)
}
/// SDIV.
pub(super) fn SDIV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    two(e, i, Bin::SDiv)
}
/// LSLV.
pub(super) fn LSLV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    two(e, i, Bin::Shl)
}
/// LSRV.
pub(super) fn LSRV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    two(e, i, Bin::Shr)
}
/// ASRV.
pub(super) fn ASRV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    two(e, i, Bin::Sar)
}
/// RORV.
pub(super) fn RORV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    two(e, i, Bin::Ror)
}

fn crc<E: Emit>(e: &mut E, i: &Insn, h: Helper) -> Res {
    let (acc, data) = (src(e, i.rn()), src(e, i.rm()));
    let size = e.imm(i.bits(11, 10).into());
    let r = e.helper(h, [acc, data, size])?;
    set_x(e, i.rd(), r);
    Ok(())
}

/// CRC32B, CRC32H, CRC32W, CRC32X.
pub(super) fn CRC32<E: Emit>(e: &mut E, i: &Insn) -> Res {
    crc(e, i, Helper::Crc32)
}
/// CRC32CB, CRC32CH, CRC32CW, CRC32CX.
pub(super) fn CRC32C<E: Emit>(e: &mut E, i: &Insn) -> Res {
    crc(e, i, Helper::Crc32c)
}

/// One source, one operation.
#[inline(always)]
fn one<E: Emit>(e: &mut E, i: &Insn, op: Un) -> Res {
    by_width!(i, SIZE, {
        let a = src(e, i.rn());
        let r = e.un(op, SIZE, a);
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// RBIT.
pub(super) fn RBIT<E: Emit>(e: &mut E, i: &Insn) -> Res {
    one(e, i, Un::Rbit)
}
/// REV16.
pub(super) fn REV16<E: Emit>(e: &mut E, i: &Insn) -> Res {
    one(e, i, Un::Rev16)
}
/// REV, 32-bit.
pub(super) fn REV_32<E: Emit>(e: &mut E, i: &Insn) -> Res {
    one(e, i, Un::Rev)
}
/// REV32.
pub(super) fn REV32<E: Emit>(e: &mut E, i: &Insn) -> Res {
    one(e, i, Un::Rev32)
}
/// REV, 64-bit.
pub(super) fn REV_64<E: Emit>(e: &mut E, i: &Insn) -> Res {
    one(e, i, Un::Rev)
}
/// CLZ.
pub(super) fn CLZ<E: Emit>(e: &mut E, i: &Insn) -> Res {
    one(e, i, Un::Clz)
}
/// CLS.
pub(super) fn CLS<E: Emit>(e: &mut E, i: &Insn) -> Res {
    one(e, i, Un::Cls)
}

/// Rm shifted as bits 23..22 and 15..10 say.
#[inline(always)]
fn shifted_rm<E: Emit>(e: &mut E, w: W, i: &Insn) -> E::V {
    let v = src(e, i.rm());
    shifted(e, w, i.bits(23, 22), i.bits(15, 10), v)
}

/// Bitwise operation on a shifted register, inverted for BIC, ORN, EON.
#[inline(always)]
fn logical<E: Emit>(e: &mut E, i: &Insn, op: Bin, invert: bool) -> Res {
    by_width!(i, SIZE, {
        let b = shifted_rm(e, SIZE, i);
        let b = if invert { e.un(Un::Not, SIZE, b) } else { b };
        let a = src(e, i.rn());
        let r = e.bin(op, SIZE, a, b);
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// AND (shifted register).
pub(super) fn AND_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logical(e, i, Bin::And, false)
}
/// BIC (shifted register).
pub(super) fn BIC_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logical(e, i, Bin::And, true)
}
/// ORR (shifted register); MOV (register), which is most of its uses.
pub(super) fn ORR_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    if i.rn() == 31 && i.bits(15, 10) == 0 {
        let v = x(e, i.sf(), i.rm());
        set_x(e, i.rd(), v);
        return Ok(());
    }
    logical(e, i, Bin::Or, false)
}
/// ORN (shifted register); MVN.
pub(super) fn ORN_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logical(e, i, Bin::Or, true)
}
/// EOR (shifted register).
pub(super) fn EOR_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logical(e, i, Bin::Xor, false)
}
/// EON (shifted register).
pub(super) fn EON_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logical(e, i, Bin::Xor, true)
}

#[inline(always)]
fn ands<E: Emit>(e: &mut E, i: &Insn, invert: bool) -> Res {
    by_width!(i, SIZE, {
        let b = shifted_rm(e, SIZE, i);
        let b = if invert { e.un(Un::Not, SIZE, b) } else { b };
        let a = src(e, i.rn());
        let r = e.bin(Bin::And, SIZE, a, b);
        e.flags(FlagKind::Logic, SIZE, r, r);
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// ANDS (shifted register); TST.
pub(super) fn ANDS_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    ands(e, i, false)
}
/// BICS (shifted register).
pub(super) fn BICS_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    ands(e, i, true)
}

/// ADD and SUB of a shifted register, with flags for ADDS and SUBS.
#[inline(always)]
fn add_shift<E: Emit>(e: &mut E, i: &Insn, op: Bin, flags: Option<FlagKind>) -> Res {
    by_width!(i, SIZE, {
        let b = shifted_rm(e, SIZE, i);
        let a = src(e, i.rn());
        let r = e.bin(op, SIZE, a, b);
        if let Some(kind) = flags {
            e.flags(kind, SIZE, a, b);
        }
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// ADD (shifted register).
pub(super) fn ADD_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    add_shift(e, i, Bin::Add, None)
}
/// ADDS (shifted register); CMN.
pub(super) fn ADDS_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    add_shift(e, i, Bin::Add, Some(FlagKind::Add))
}
/// SUB (shifted register); NEG.
pub(super) fn SUB_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    add_shift(e, i, Bin::Sub, None)
}
/// SUBS (shifted register); CMP, NEGS.
pub(super) fn SUBS_shift<E: Emit>(e: &mut E, i: &Insn) -> Res {
    add_shift(e, i, Bin::Sub, Some(FlagKind::Sub))
}

/// Rm extended and shifted left: the manual's ExtendReg. Bit 15 of the word says signed, 14..13
/// the size, 12..10 the shift.
#[inline(always)]
fn extended_rm<E: Emit>(e: &mut E, w: W, i: &Insn) -> E::V {
    let v = src(e, i.rm());
    let v = e.ext(8 << i.bits(14, 13), i.bit(15), v);
    shifted(e, w, 0, i.bits(12, 10), v)
}

/// ADD and SUB of an extended register: 31 is the stack pointer for Rn and Rd.
#[inline(always)]
fn add_ext<E: Emit>(e: &mut E, i: &Insn, op: Bin) -> Res {
    let w = i.sf();
    let b = extended_rm(e, w, i);
    let a = e.get(Reg(i.rn()));
    let r = e.bin(op, w, a, b);
    e.set(Reg(i.rd()), r);
    Ok(())
}

/// ADDS and SUBS of an extended register: 31 is the stack pointer for Rn only.
#[inline(always)]
fn adds_ext<E: Emit>(e: &mut E, i: &Insn, op: Bin, kind: FlagKind) -> Res {
    let w = i.sf();
    let b = extended_rm(e, w, i);
    let a = e.get(Reg(i.rn()));
    let r = e.bin(op, w, a, b);
    e.flags(kind, w, a, b);
    set_x(e, i.rd(), r);
    Ok(())
}

/// ADD (extended register).
pub(super) fn ADD_ext<E: Emit>(e: &mut E, i: &Insn) -> Res {
    add_ext(e, i, Bin::Add)
}
/// ADDS (extended register); CMN.
pub(super) fn ADDS_ext<E: Emit>(e: &mut E, i: &Insn) -> Res {
    adds_ext(e, i, Bin::Add, FlagKind::Add)
}
/// SUB (extended register).
pub(super) fn SUB_ext<E: Emit>(e: &mut E, i: &Insn) -> Res {
    add_ext(e, i, Bin::Sub)
}
/// SUBS (extended register); CMP.
pub(super) fn SUBS_ext<E: Emit>(e: &mut E, i: &Insn) -> Res {
    adds_ext(e, i, Bin::Sub, FlagKind::Sub)
}

/// The condition "carry set": the C flag as 0 or 1.
const CS: Cond = Cond(2);

/// Add with carry of `a` and `b`, which SBC inverts.
#[inline(always)]
fn adc<E: Emit>(e: &mut E, i: &Insn, invert: bool, flags: bool) -> Res {
    by_width!(i, SIZE, {
        let (a, b) = (src(e, i.rn()), src(e, i.rm()));
        let b = if invert { e.un(Un::Not, SIZE, b) } else { b };
        let carry = e.cond(CS);
        let r = e.bin(Bin::Add, SIZE, a, b);
        let r = e.bin(Bin::Add, SIZE, r, carry);
        if flags {
            e.flags(FlagKind::Adc, SIZE, a, b);
        }
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// ADC.
pub(super) fn ADC<E: Emit>(e: &mut E, i: &Insn) -> Res {
    adc(e, i, false, false)
}
/// ADCS.
pub(super) fn ADCS<E: Emit>(e: &mut E, i: &Insn) -> Res {
    adc(e, i, false, true)
}
/// SBC; NGC.
pub(super) fn SBC<E: Emit>(e: &mut E, i: &Insn) -> Res {
    adc(e, i, true, false)
}
/// SBCS; NGCS.
pub(super) fn SBCS<E: Emit>(e: &mut E, i: &Insn) -> Res {
    adc(e, i, true, true)
}

/// RMIF: flags from a rotated register, under a mask.
pub(super) fn RMIF<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let mask = u64::from(i.bits(3, 0));
    let a = src(e, i.rn());
    let a = e.bini(Bin::Ror, W::W64, a, i.bits(20, 15).into());
    let new = e.bini(Bin::And, W::W64, a, mask);
    let old = e.nzcv();
    let kept = e.bini(Bin::And, W::W64, old, 15 & !mask);
    let f = e.bin(Bin::Or, W::W64, kept, new);
    e.set_nzcv(f);
    Ok(())
}

/// SETF8, SETF16: N, Z and V of a value of `bits` bits; C is kept.
fn setf<E: Emit>(e: &mut E, i: &Insn, bits: u32) -> Res {
    let a = src(e, i.rn());
    let top = e.bini(Bin::Shr, W::W64, a, (bits - 1).into());
    let n = e.bini(Bin::And, W::W64, top, 1);
    let n = e.bini(Bin::Shl, W::W64, n, 3);
    let low = e.ext(bits, false, a);
    let zero = e.imm(0);
    let z = e.cmp(Cmp::Eq, W::W64, low, zero);
    let z = e.bini(Bin::Shl, W::W64, z, 2);
    let above = e.bini(Bin::Shr, W::W64, a, bits.into());
    let v = e.bin(Bin::Xor, W::W64, above, top);
    let v = e.bini(Bin::And, W::W64, v, 1);
    let old = e.nzcv();
    let c = e.bini(Bin::And, W::W64, old, 2);
    let nz = e.bin(Bin::Or, W::W64, n, z);
    let cv = e.bin(Bin::Or, W::W64, c, v);
    let f = e.bin(Bin::Or, W::W64, nz, cv);
    e.set_nzcv(f);
    Ok(())
}

/// SETF8.
pub(super) fn SETF8<E: Emit>(e: &mut E, i: &Insn) -> Res {
    setf(e, i, 8)
}
/// SETF16.
pub(super) fn SETF16<E: Emit>(e: &mut E, i: &Insn) -> Res {
    setf(e, i, 16)
}

/// The condition in bits 15..12.
#[inline(always)]
fn condition<E: Emit>(e: &mut E, i: &Insn) -> E::V {
    e.cond(i.cond(12))
}

/// CCMN and CCMP: compare if the condition holds, otherwise take the flags of the encoding.
#[inline(always)]
fn ccmp<E: Emit>(e: &mut E, i: &Insn, kind: FlagKind, b: E::V) -> Res {
    by_width!(i, SIZE, {
        let a = src(e, i.rn());
        let c = condition(e, i);
        e.flags_if(c, kind, SIZE, a, b, i.nzcv());
        Ok(())
    })
}

/// CCMN (register).
pub(super) fn CCMN_reg<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let b = src(e, i.rm());
    ccmp(e, i, FlagKind::Add, b)
}
/// CCMN (immediate).
pub(super) fn CCMN_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let b = e.imm(i.rm().into());
    ccmp(e, i, FlagKind::Add, b)
}
/// CCMP (register).
pub(super) fn CCMP_reg<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let b = src(e, i.rm());
    ccmp(e, i, FlagKind::Sub, b)
}
/// CCMP (immediate).
pub(super) fn CCMP_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let b = e.imm(i.rm().into());
    ccmp(e, i, FlagKind::Sub, b)
}

/// Rn if the condition holds, else `other` of Rm.
#[inline(always)]
fn csel<E: Emit>(e: &mut E, i: &Insn, other: impl Fn(&mut E, W, E::V) -> E::V) -> Res {
    by_width!(i, SIZE, {
        let (a, b) = (x(e, SIZE, i.rn()), x(e, SIZE, i.rm()));
        let b = other(e, SIZE, b);
        let c = condition(e, i);
        let r = e.select(c, a, b);
        set_x(e, i.rd(), r);
        Ok(())
    })
}

/// CSEL.
pub(super) fn CSEL<E: Emit>(e: &mut E, i: &Insn) -> Res {
    csel(e, i, |_, _, b| b)
}
/// CSINC; CINC, CSET.
pub(super) fn CSINC<E: Emit>(e: &mut E, i: &Insn) -> Res {
    csel(e, i, |e, w, b| e.bini(Bin::Add, w, b, 1))
}
/// CSINV; CINV, CSETM.
pub(super) fn CSINV<E: Emit>(e: &mut E, i: &Insn) -> Res {
    csel(e, i, |e, w, b| e.un(Un::Not, w, b))
}
/// CSNEG; CNEG.
pub(super) fn CSNEG<E: Emit>(e: &mut E, i: &Insn) -> Res {
    csel(e, i, |e, w, b| e.un(Un::Neg, w, b))
}

/// Ra plus or minus a product; without the addition when Ra is the zero register (MUL).
#[inline(always)]
fn accumulate<E: Emit>(e: &mut E, w: W, i: &Insn, op: Bin, product: E::V) {
    let r = if i.ra() == 31 && op == Bin::Add {
        product
    } else {
        let a = src(e, i.ra());
        e.bin(op, w, a, product)
    };
    set_x(e, i.rd(), r);
}

#[inline(always)]
fn madd<E: Emit>(e: &mut E, i: &Insn, op: Bin) -> Res {
    by_width!(i, SIZE, {
        let (a, b) = (src(e, i.rn()), src(e, i.rm()));
        let product = e.bin(Bin::Mul, SIZE, a, b);
        accumulate(e, SIZE, i, op, product);
        Ok(())
    })
}

/// MADD; MUL.
pub(super) fn MADD<E: Emit>(e: &mut E, i: &Insn) -> Res {
    madd(e, i, Bin::Add)
}
/// MSUB; MNEG.
pub(super) fn MSUB<E: Emit>(e: &mut E, i: &Insn) -> Res {
    madd(e, i, Bin::Sub)
}

#[inline(always)]
fn madd_long<E: Emit>(e: &mut E, i: &Insn, op: Bin, signed: bool) -> Res {
    let (a, b) = (src(e, i.rn()), src(e, i.rm()));
    let (a, b) = (e.ext(32, signed, a), e.ext(32, signed, b));
    let product = e.bin(Bin::Mul, W::W64, a, b);
    accumulate(e, W::W64, i, op, product);
    Ok(())
}

/// SMADDL; SMULL.
pub(super) fn SMADDL<E: Emit>(e: &mut E, i: &Insn) -> Res {
    madd_long(e, i, Bin::Add, true)
}
/// SMSUBL; SMNEGL.
pub(super) fn SMSUBL<E: Emit>(e: &mut E, i: &Insn) -> Res {
    madd_long(e, i, Bin::Sub, true)
}
/// UMADDL; UMULL.
pub(super) fn UMADDL<E: Emit>(e: &mut E, i: &Insn) -> Res {
    madd_long(e, i, Bin::Add, false)
}
/// UMSUBL; UMNEGL.
pub(super) fn UMSUBL<E: Emit>(e: &mut E, i: &Insn) -> Res {
    madd_long(e, i, Bin::Sub, false)
}
/// SMULH.
pub(super) fn SMULH<E: Emit>(e: &mut E, i: &Insn) -> Res {
    two(e, i, Bin::SMulHi)
}
/// UMULH.
pub(super) fn UMULH<E: Emit>(e: &mut E, i: &Insn) -> Res {
    two(e, i, Bin::UMulHi)
}

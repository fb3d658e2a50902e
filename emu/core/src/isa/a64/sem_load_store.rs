//! Loads and stores of general registers: literal, immediate, register offset, unprivileged,
//! LDAPUR and STLUR, pairs (Arm ARM C4.1, "Loads and stores").
//!
//! In every form the access comes first, then the registers, then the base. Where the manual leaves
//! the outcome open this is what happens: a base that is also loaded ends as the written-back
//! address, a stored one is stored as it was before, and of two equal destinations the second wins.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_int::{set_x, x};
use crate::emit::{Bin, Emit, Lane, MemOp, Reg, Res, Trap, W};

/// How an instruction makes its address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `[Xn, #imm]`
    Offset,
    /// `[Xn], #imm`
    Post,
    /// `[Xn, #imm]!`
    Pre,
    /// `[Xn, Rm, extend #shift]`
    Register,
    /// PC-relative.
    Literal,
}

/// The base register. Checks the stack pointer's alignment where that is the base.
#[inline(always)]
pub(super) fn base<E: Emit>(e: &mut E, i: &Insn) -> Result<E::V, Trap> {
    if i.rn() == 31 {
        e.sp_access()?;
    }
    Ok(e.get(Reg(i.rn())))
}

/// Address of the access and, for the forms that write back, the base's new value.
#[inline(always)]
pub(super) fn address<E: Emit>(e: &mut E, i: &Insn, form: Form) -> Result<(E::V, E::V), Trap> {
    if form == Form::Literal {
        let pc = e.pc();
        let a = e.bini(Bin::Add, W::W64, pc, i.imm);
        return Ok((a, a));
    }
    let base = base(e, i)?;
    let moved = match form {
        Form::Register => {
            let offset = register_offset(e, i);
            e.bin(Bin::Add, W::W64, base, offset)
        }
        _ => e.bini(Bin::Add, W::W64, base, i.imm),
    };
    Ok((if form == Form::Post { base } else { moved }, moved))
}

/// Rm extended and shifted (`ExtendReg` of the manual). The record's `imm` is the shift.
#[inline(always)]
fn register_offset<E: Emit>(e: &mut E, i: &Insn) -> E::V {
    let m = x(e, W::W64, i.rm());
    let m = match i.bits(15, 13) {
        0b010 => e.ext(32, false, m),
        0b110 => e.ext(32, true, m),
        _ => m,
    };
    if i.imm == 0 { m } else { e.bini(Bin::Shl, W::W64, m, i.imm) }
}

/// Writes the base back where the form does that.
#[inline(always)]
pub(super) fn write_back<E: Emit>(e: &mut E, i: &Insn, form: Form, moved: E::V) {
    if matches!(form, Form::Pre | Form::Post) {
        e.set(Reg(i.rn()), moved);
    }
}

/// Access of a general register: the bytes, and for sign-extending loads the width extended to.
#[derive(Clone, Copy)]
struct Access {
    m: MemOp,
    signed: Option<W>,
}

const fn zero(size: u8) -> Access {
    Access { m: MemOp::plain(size), signed: None }
}

const fn sign(size: u8, to: W) -> Access {
    Access { m: MemOp::plain(size), signed: Some(to) }
}

impl Access {
    const fn unprivileged(self) -> Access {
        Access { m: MemOp { unpriv: true, ..self.m }, ..self }
    }
    const fn ordered(self) -> Access {
        Access { m: MemOp::ordered(self.m.size), ..self }
    }
}

#[inline(always)]
fn load<E: Emit>(e: &mut E, i: &Insn, access: Access, form: Form) -> Res {
    let (a, moved) = address(e, i, form)?;
    let v = e.load(access.m, a)?;
    let v = match access.signed {
        None => v,
        Some(W::W64) => e.ext(8 << access.m.size, true, v),
        Some(W::W32) => {
            let wide = e.ext(8 << access.m.size, true, v);
            e.ext(32, false, wide)
        }
    };
    set_x(e, i.rd(), v);
    write_back(e, i, form, moved);
    Ok(())
}

#[inline(always)]
fn store<E: Emit>(e: &mut E, i: &Insn, access: Access, form: Form) -> Res {
    let (a, moved) = address(e, i, form)?;
    let v = x(e, W::W64, i.rd());
    e.store(access.m, a, v)?;
    write_back(e, i, form, moved);
    Ok(())
}

/// The handlers of each access in its addressing forms; LDUR and STUR are `offset` too.
macro_rules! general {
    ($($kind:ident $access:expr => $offset:ident $post:ident $pre:ident $reg:ident $unpriv:ident $ordered:ident;)*) => {$(
        general!(@one $offset $kind $access, Form::Offset);
        general!(@one $post $kind $access, Form::Post);
        general!(@one $pre $kind $access, Form::Pre);
        general!(@one $reg $kind $access, Form::Register);
        general!(@one $unpriv $kind $access.unprivileged(), Form::Offset);
        general!(@one $ordered $kind $access.ordered(), Form::Offset);
    )*};
    (@one $name:ident $kind:ident $access:expr, $form:expr) => {
        pub(super) fn $name<E: Emit>(e: &mut E, i: &Insn) -> Res {
            $kind(e, i, const { $access }, $form)
        }
    };
}

general! {
    store zero(0) => STRB_32_offset STRB_32_post STRB_32_pre STRB_32_reg STTRB_32 STLURB_32;
    load zero(0) => LDRB_32_offset LDRB_32_post LDRB_32_pre LDRB_32_reg LDTRB_32 LDAPURB_32;
    load sign(0, W::W64) => LDRSB_64_offset LDRSB_64_post LDRSB_64_pre LDRSB_64_reg LDTRSB_64 LDAPURSB_64;
    load sign(0, W::W32) => LDRSB_32_offset LDRSB_32_post LDRSB_32_pre LDRSB_32_reg LDTRSB_32 LDAPURSB_32;
    store zero(1) => STRH_32_offset STRH_32_post STRH_32_pre STRH_32_reg STTRH_32 STLURH_32;
    load zero(1) => LDRH_32_offset LDRH_32_post LDRH_32_pre LDRH_32_reg LDTRH_32 LDAPURH_32;
    load sign(1, W::W64) => LDRSH_64_offset LDRSH_64_post LDRSH_64_pre LDRSH_64_reg LDTRSH_64 LDAPURSH_64;
    load sign(1, W::W32) => LDRSH_32_offset LDRSH_32_post LDRSH_32_pre LDRSH_32_reg LDTRSH_32 LDAPURSH_32;
    store zero(2) => STR_32_offset STR_32_post STR_32_pre STR_32_reg STTR_32 STLUR_32;
    load zero(2) => LDR_32_offset LDR_32_post LDR_32_pre LDR_32_reg LDTR_32 LDAPUR_32;
    load sign(2, W::W64) => LDRSW_64_offset LDRSW_64_post LDRSW_64_pre LDRSW_64_reg LDTRSW_64 LDAPURSW_64;
    store zero(3) => STR_64_offset STR_64_post STR_64_pre STR_64_reg STTR_64 STLUR_64;
    load zero(3) => LDR_64_offset LDR_64_post LDR_64_pre LDR_64_reg LDTR_64 LDAPUR_64;
}

/// LDR (literal), 32 bits.
pub(super) fn LDR_32_literal<E: Emit>(e: &mut E, i: &Insn) -> Res {
    load(e, i, zero(2), Form::Literal)
}

/// LDR (literal), 64 bits.
pub(super) fn LDR_64_literal<E: Emit>(e: &mut E, i: &Insn) -> Res {
    load(e, i, zero(3), Form::Literal)
}

/// LDRSW (literal).
pub(super) fn LDRSW_64_literal<E: Emit>(e: &mut E, i: &Insn) -> Res {
    load(e, i, sign(2, W::W64), Form::Literal)
}

/// PRFM in all its forms: a hint, and nothing is fetched ahead here. It checks no alignment either.
pub(super) fn PRFM<E: Emit>(_: &mut E, _: &Insn) -> Res {
    Ok(())
}

/// Two registers in one access of twice the size: a fault leaves nothing half done, and the
/// alignment asked for stays that of one register.
pub(super) const fn pair(size: u8) -> MemOp {
    MemOp { align: size, ..MemOp::plain(size + 1) }
}

#[inline(always)]
fn load_pair<E: Emit>(e: &mut E, i: &Insn, access: Access, form: Form) -> Res {
    let (a, moved) = address(e, i, form)?;
    let (lo, hi) = if access.m.size == 3 {
        let q = e.loadq(pair(3), a)?;
        (e.lane(Lane::D, 0, q), e.lane(Lane::D, 1, q))
    } else {
        let v = e.load(pair(2), a)?;
        let signed = access.signed.is_some();
        let shift = if signed { Bin::Sar } else { Bin::Shr };
        (e.ext(32, signed, v), e.bini(shift, W::W64, v, 32))
    };
    set_x(e, i.rd(), lo);
    set_x(e, i.ra(), hi);
    write_back(e, i, form, moved);
    Ok(())
}

#[inline(always)]
fn store_pair<E: Emit>(e: &mut E, i: &Insn, access: Access, form: Form) -> Res {
    let (a, moved) = address(e, i, form)?;
    if access.m.size == 3 {
        let (lo, hi) = (x(e, W::W64, i.rd()), x(e, W::W64, i.ra()));
        let q = e.q_make(lo, hi);
        e.storeq(pair(3), a, q)?;
    } else {
        let (lo, hi) = (x(e, W::W32, i.rd()), x(e, W::W64, i.ra()));
        let high = e.bini(Bin::Shl, W::W64, hi, 32);
        let v = e.bin(Bin::Or, W::W64, lo, high);
        e.store(pair(2), a, v)?;
    }
    write_back(e, i, form, moved);
    Ok(())
}

macro_rules! pairs {
    ($($kind:ident $access:expr => $offset:ident $post:ident $pre:ident;)*) => {$(
        general!(@one $offset $kind $access, Form::Offset);
        general!(@one $post $kind $access, Form::Post);
        general!(@one $pre $kind $access, Form::Pre);
    )*};
}

pairs! {
    store_pair zero(2) => STP_32_offset STP_32_post STP_32_pre;
    load_pair zero(2) => LDP_32_offset LDP_32_post LDP_32_pre;
    load_pair sign(2, W::W64) => LDPSW_64_offset LDPSW_64_post LDPSW_64_pre;
    store_pair zero(3) => STP_64_offset STP_64_post STP_64_pre;
    load_pair zero(3) => LDP_64_offset LDP_64_post LDP_64_pre;
}

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

#[cfg(test)]
mod tests {
    use super::super::testing::FlatCpu;
    use super::super::{disasm, exc};

    const BASE: u64 = 0x1000;

    /// 256 bytes of memory that hold their own offset + 0x80; X0 in the middle.
    fn cpu() -> FlatCpu {
        let mut c = FlatCpu::new(BASE, 0x100);
        (0..=255u8).for_each(|n| c.mem[usize::from(n)] = n.wrapping_add(0x80));
        c.cpu.x[0] = BASE + 0x40;
        c
    }

    /// Runs `word`, which is the instruction `text`.
    fn run(c: &mut FlatCpu, word: u32, text: &str) {
        assert_eq!(disasm::disasm(word, c.cpu.pc), text);
        c.step(word).unwrap();
    }

    #[test]
    fn extension() {
        let mut c = cpu();
        run(&mut c, 0x39c0_0c01, "ldrsb w1, [x0, #3]");
        assert_eq!(c.cpu.x[1], 0xffff_ffc3);
        run(&mut c, 0x3980_0c01, "ldrsb x1, [x0, #3]");
        assert_eq!(c.cpu.x[1], 0xffff_ffff_ffff_ffc3);
        run(&mut c, 0x6940_0801, "ldpsw x1, x2, [x0]");
        assert_eq!((c.cpu.x[1], c.cpu.x[2]), (0xffff_ffff_c3c2_c1c0, 0xffff_ffff_c7c6_c5c4));
        run(&mut c, 0x199f_f001, "ldapursb x1, [x0, #-1]");
        assert_eq!(c.cpu.x[1], 0xffff_ffff_ffff_ffbf);
    }

    #[test]
    fn register_offset() {
        let mut c = cpu();
        c.cpu.x[2] = 0x0bad_0000_ffff_fffe;
        run(&mut c, 0x78e2_d801, "ldrsh w1, [x0, w2, sxtw #1]");
        assert_eq!(c.cpu.x[1], 0xffff_bdbc);
        c.cpu.x[2] = 1;
        run(&mut c, 0xf862_7801, "ldr x1, [x0, x2, lsl #3]");
        assert_eq!(c.cpu.x[1], 0xcfce_cdcc_cbca_c9c8);
        c.cpu.x[2] = 0x0bad_0000_0000_0002;
        run(&mut c, 0xb862_5801, "ldr w1, [x0, w2, uxtw #2]");
        assert_eq!(c.cpu.x[1], 0xcbca_c9c8);
    }

    #[test]
    fn writeback() {
        let mut c = cpu();
        c.cpu.x[1] = 0x1122_3344_5566_7788;
        run(&mut c, 0xf81f_8401, "str x1, [x0], #-8");
        assert_eq!(c.cpu.x[0], BASE + 0x38);
        run(&mut c, 0xf840_8c03, "ldr x3, [x0, #8]!");
        assert_eq!((c.cpu.x[0], c.cpu.x[3]), (BASE + 0x40, 0x1122_3344_5566_7788));
        run(&mut c, 0x28c1_0801, "ldp w1, w2, [x0], #8");
        assert_eq!((c.cpu.x[0], c.cpu.x[1], c.cpu.x[2]), (BASE + 0x48, 0x5566_7788, 0x1122_3344));
        c.cpu.x[0] -= 8;
        run(&mut c, 0x2900_7c01, "stp w1, wzr, [x0]");
        assert_eq!(c.mem[0x40..0x48], [0x88, 0x77, 0x66, 0x55, 0, 0, 0, 0]);
    }

    #[test]
    fn unpredictable_forms_have_one_outcome() {
        let mut c = cpu();
        run(&mut c, 0xf840_8400, "ldr x0, [x0], #8");
        assert_eq!(c.cpu.x[0], BASE + 0x48);
        run(&mut c, 0xf800_8c00, "str x0, [x0, #8]!");
        assert_eq!((c.cpu.x[0], c.mem[0x50]), (BASE + 0x50, 0x48));
        run(&mut c, 0xa940_0401, "ldp x1, x1, [x0]");
        assert_eq!(c.cpu.x[1], 0xdfde_dddc_dbda_d9d8);
    }

    #[test]
    fn literals_are_relative_to_the_instruction() {
        let mut c = cpu();
        c.cpu.pc = BASE + 0x20;
        run(&mut c, 0x5800_0081, "ldr x1, 0x1030");
        assert_eq!(c.cpu.x[1], 0xb7b6_b5b4_b3b2_b1b0);
        run(&mut c, 0x9800_0081, "ldrsw x1, 0x1034");
        assert_eq!(c.cpu.x[1], 0xffff_ffff_b7b6_b5b4);
    }

    #[test]
    fn a_fault_changes_nothing() {
        for word in [
            0xf840_8403, // ldr x3, [x0], #8
            0xa9c1_0801, // ldp x1, x2, [x0, #16]!
            0xa9bf_0801, // stp x1, x2, [x0, #-16]!
            0xf800_8c00, // str x0, [x0, #8]!
        ] {
            let mut c = cpu();
            c.cpu.x[..4].copy_from_slice(&[0, 1, 2, 3]);
            // The end of memory cuts each access in two.
            let at = match word {
                0xa9c1_0801 => BASE + 0x100 - 16 - 8,
                0xa9bf_0801 => BASE + 0x100 + 16 - 8,
                0xf800_8c00 => BASE + 0x100 - 8 - 4,
                _ => BASE + 0x100 - 4,
            };
            c.cpu.x[0] = at;
            let mem = c.mem.clone();
            assert_eq!(c.step(word), Err(exc::DATA_ABORT), "{word:#x}");
            assert_eq!(c.cpu.x[..4], [at, 1, 2, 3], "{word:#x}");
            assert_eq!(c.mem, mem, "{word:#x}");
        }
    }

    #[test]
    fn stack_pointer_alignment() {
        let mut c = cpu();
        c.cpu.x[31] = BASE + 0x48;
        run(&mut c, 0xf940_07e1, "ldr x1, [sp, #8]");
        c.cpu.sp_check = 1;
        assert_eq!(c.step(0xf940_07e1), Err(exc::SP_ALIGN));
        assert_eq!(c.step(0xa9bf_0be1), Err(exc::SP_ALIGN)); // stp x1, x2, [sp, #-16]!
        run(&mut c, 0xf980_03e0, "prfm pldl1keep, [sp]");
        c.cpu.x[31] = BASE + 0x40;
        run(&mut c, 0xf940_07e1, "ldr x1, [sp, #8]");
        assert_eq!(c.cpu.x[1], 0xcfce_cdcc_cbca_c9c8);
    }
}

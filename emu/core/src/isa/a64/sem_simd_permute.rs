//! Advanced SIMD copy, permute, extract, table lookup and modified immediate: C4.1.94.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_int::{set_x, x};
use super::sem_simd_int::{low, lows};
use crate::emit::{Emit, Lane, Q2, Q3, Res, VReg, W};

/// Writes `v`, cut to the low 64 bits unless Q.
#[inline(always)]
fn set<E: Emit>(e: &mut E, i: &Insn, v: E::Q) -> Res {
    let v = if i.q() { v } else { low(e, v) };
    e.setq(i.vd(), v);
    Ok(())
}

// -- copy: the record's imm holds the lane size and the indices ------------------------------------

/// Lane size, index by imm5, index by imm4.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "fields of 8 bits")]
const fn lane_index(i: &Insn) -> (Lane, u8, u8) {
    (Lane::of(i.imm as u32), (i.imm >> 8) as u8, (i.imm >> 16) as u8)
}

/// DUP (element), vector and scalar.
pub(super) fn DUP_elem<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let ((l, index, _), n) = (lane_index(i), e.getq(i.vn()));
    let lane = e.lane(l, index, n);
    if i.bit(28) {
        let zero = e.imm(0);
        let r = e.q_make(lane, zero);
        e.setq(i.vd(), r);
        return Ok(());
    }
    let r = e.dup(l, lane);
    set(e, i, r)
}

/// DUP (general).
pub(super) fn DUP_gen<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let v = x(e, W::W64, i.rn());
    let r = e.dup(lane_index(i).0, v);
    set(e, i, r)
}

/// SMOV.
pub(super) fn SMOV_ins<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let ((l, index, _), n) = (lane_index(i), e.getq(i.vn()));
    let lane = e.lane(l, index, n);
    let mut v = e.ext(l.bits(), true, lane);
    if !i.q() {
        v = e.ext(32, false, v);
    }
    set_x(e, i.rd(), v);
    Ok(())
}

/// UMOV.
pub(super) fn UMOV_ins<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let ((l, index, _), n) = (lane_index(i), e.getq(i.vn()));
    let lane = e.lane(l, index, n);
    set_x(e, i.rd(), lane);
    Ok(())
}

/// INS (general).
pub(super) fn INS_gen<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let ((l, index, _), v, d) = (lane_index(i), x(e, W::W64, i.rn()), e.getq(i.vd()));
    let r = e.set_lane(l, index, d, v);
    e.setq(i.vd(), r);
    Ok(())
}

/// INS (element).
pub(super) fn INS_elem<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let ((l, to, from), n, d) = (lane_index(i), e.getq(i.vn()), e.getq(i.vd()));
    let lane = e.lane(l, from, n);
    let r = e.set_lane(l, to, d, lane);
    e.setq(i.vd(), r);
    Ok(())
}

// -- permute, extract --------------------------------------------------------------------------------

/// ZIP and TRN: `op` lane by lane from the low end.
#[inline(always)]
fn interleave<E: Emit>(e: &mut E, i: &Insn, op: Q2) -> Res {
    e.fp_access()?;
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let r = e.q2(op, i.lane(), n, m);
    set(e, i, r)
}

/// ZIP1, low halves.
pub(super) fn ZIP1_perm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    interleave(e, i, Q2::Zip1)
}

/// ZIP2, high halves: of 64-bit vectors, the high half of what ZIP1 makes of 128.
pub(super) fn ZIP2_perm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    if i.q() {
        return interleave(e, i, Q2::Zip2);
    }
    e.fp_access()?;
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let r = e.q2(Q2::Zip1, i.lane(), n, m);
    let (hi, zero) = (e.lane(Lane::D, 1, r), e.imm(0));
    let r = e.q_make(hi, zero);
    e.setq(i.vd(), r);
    Ok(())
}

/// TRN1, even lanes.
pub(super) fn TRN1_perm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    interleave(e, i, Q2::Trn1)
}

/// TRN2, odd lanes.
pub(super) fn TRN2_perm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    interleave(e, i, Q2::Trn2)
}

/// UZP: of 64-bit vectors, both sources make one of 128.
#[inline(always)]
fn unzip<E: Emit>(e: &mut E, i: &Insn, op: Q2) -> Res {
    e.fp_access()?;
    let (mut n, mut m) = (e.getq(i.vn()), e.getq(i.vm()));
    if !i.q() {
        n = lows(e, n, m);
        m = n;
    }
    let r = e.q2(op, i.lane(), n, m);
    set(e, i, r)
}

/// UZP1, even lanes.
pub(super) fn UZP1_perm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    unzip(e, i, Q2::Uzp1)
}

/// UZP2, odd lanes.
pub(super) fn UZP2_perm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    unzip(e, i, Q2::Uzp2)
}

/// EXT.
#[expect(clippy::cast_possible_truncation, reason = "a field of 4 bits")]
pub(super) fn EXT_ext<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let (mut n, mut m) = (e.getq(i.vn()), e.getq(i.vm()));
    if !i.q() {
        n = lows(e, n, m);
        m = n;
    }
    let r = e.qi(crate::emit::QI::Ext, Lane::B, n, m, i.bits(14, 11) as u8);
    set(e, i, r)
}

// -- table lookup --------------------------------------------------------------------------------------

/// `start` with bytes replaced from one table register after the other; the indices go down by 16
/// for each, so that they are in range for the register they mean.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a field of 2 bits")]
fn lookup<E: Emit>(e: &mut E, i: &Insn, start: Option<VReg>) -> Res {
    e.fp_access()?;
    let (table, mut index) = (e.getq(i.vn()), e.getq(i.vm()));
    let mut r = match start {
        Some(d) => {
            let d = e.getq(d);
            e.q3(Q3::Tbx, Lane::B, d, table, index)
        }
        None => e.q2(Q2::Tbl, Lane::B, table, index),
    };
    for n in 1..=i.bits(14, 13) as u8 {
        let sixteen = e.qimm(u128::from_ne_bytes([16; 16]));
        index = e.q2(Q2::Sub, Lane::B, index, sixteen);
        let table = e.getq(VReg((i.rn() + n) & 31));
        r = e.q3(Q3::Tbx, Lane::B, r, table, index);
    }
    set(e, i, r)
}

/// TBL: 0 where the index is out of range.
pub(super) fn TBL_tbl<E: Emit>(e: &mut E, i: &Insn) -> Res {
    lookup(e, i, None)
}

/// TBX: the old byte where the index is out of range.
pub(super) fn TBX_tbl<E: Emit>(e: &mut E, i: &Insn) -> Res {
    lookup(e, i, Some(i.vd()))
}

// -- modified immediate: the record's imm is 64 bits of it ---------------------------------------------

/// The immediate in both halves.
const fn twice(v: u64) -> u128 {
    (v as u128) << 64 | v as u128
}

/// MOVI; FMOV (vector, immediate).
pub(super) fn MOVI_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let v = e.qimm(if i.q() { twice(i.imm) } else { u128::from(i.imm) });
    e.setq(i.vd(), v);
    Ok(())
}

/// MVNI.
pub(super) fn MVNI_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    MOVI_imm(e, &Insn { imm: !i.imm, ..*i })
}

/// ORR (vector, immediate).
pub(super) fn ORR_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logic(e, i, Q2::Orr)
}

/// BIC (vector, immediate).
pub(super) fn BIC_imm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    logic(e, i, Q2::Bic)
}

#[inline(always)]
fn logic<E: Emit>(e: &mut E, i: &Insn, op: Q2) -> Res {
    e.fp_access()?;
    let (d, imm) = (e.getq(i.vd()), e.qimm(twice(i.imm)));
    let r = e.q2(op, Lane::D, d, imm);
    set(e, i, r)
}

#[cfg(test)]
mod tests {
    use crate::isa::a64::disasm::disasm;
    use crate::isa::a64::testing::FlatCpu;

    fn cpu() -> FlatCpu {
        let mut c = FlatCpu::new(0, 0);
        for (n, v) in c.cpu.v.iter_mut().enumerate() {
            // Byte i of Vn is 0xni, the register's number modulo 16.
            *v = (0..16).rev().fold(0, |q, i| q << 8 | (n as u128 % 16) << 4 | i);
        }
        c
    }

    fn step(c: &mut FlatCpu, text: &str, word: u32) {
        assert_eq!(disasm(word, 0), text);
        c.step(word).unwrap();
    }

    /// Tables wrap from V31 to V0; the destination may be a table register.
    #[test]
    fn table_of_four_registers() {
        let mut c = cpu();
        c.cpu.v[3] = 0xffff_ffff_ffff_ffff_403f_3020_1510_0f00;
        step(&mut c, "tbl v0.16b, {v31.16b, v0.16b, v1.16b, v2.16b}, v3.16b", 0x4e03_63e0);
        assert_eq!(c.cpu.v[0], 0x002f_2010_0500_fff0);
        let old = c.cpu.v[1];
        step(&mut c, "tbx v1.16b, {v2.16b}, v3.16b", 0x4e03_1041);
        assert_eq!(c.cpu.v[1], old & !0xffff | 0x2f20);
    }

    #[test]
    fn moves_between_files() {
        let mut c = cpu();
        step(&mut c, "smov w0, v15.b[2]", 0x0e05_2de0);
        assert_eq!(c.cpu.x[0], 0xffff_fff2);
        step(&mut c, "smov x0, v15.b[2]", 0x4e05_2de0);
        assert_eq!(c.cpu.x[0], 0xffff_ffff_ffff_fff2);
        step(&mut c, "umov w0, v15.h[1]", 0x0e06_3de0);
        assert_eq!(c.cpu.x[0], 0xf3f2);
        step(&mut c, "dup v3.8b, wzr", 0x0e01_0fe3);
        assert_eq!(c.cpu.v[3], 0);
    }

    #[test]
    fn immediates() {
        let mut c = cpu();
        for (text, word, value) in [
            ("movi v0.4s, #0x1, msl #8", 0x4f00_c420, 0x1ff_u128 * (u128::MAX / 0xffff_ffff)),
            ("movi d0, #0xff00ff", 0x2f00_e4a0, 0x00ff_00ff),
            ("mvni v0.8h, #0x5, lsl #8", 0x6f00_a4a0, 0xfaff * (u128::MAX / 0xffff)),
            ("fmov v0.2d, #-1.250000000000000000e-01", 0x6f06_f400, 0xbfc0_0000_0000_0000 * (1 << 64 | 1)),
            ("fmov v0.8h, #1.500000000000000000e+00", 0x4f03_ff00, 0x3e00 * (u128::MAX / 0xffff)),
        ] {
            step(&mut c, text, word);
            assert_eq!(c.cpu.v[0], value, "{text}");
        }
    }

    #[test]
    fn halves() {
        let mut c = cpu();
        step(&mut c, "zip2 v0.8b, v1.8b, v2.8b", 0x0e02_7820);
        assert_eq!(c.cpu.v[0], 0x2717_2616_2515_2414);
        step(&mut c, "ext v0.8b, v1.8b, v2.8b, #3", 0x2e02_1820);
        assert_eq!(c.cpu.v[0], 0x2221_2017_1615_1413);
    }
}

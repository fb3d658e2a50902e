//! Exclusives, ordered loads and stores, LSE atomics (Arm ARM C4.1, "Loads and stores").
//!
//! Acquire and release are properties of the access: [`Emit`] engines that reorder honour them.
//! Accesses here fault when misaligned, whatever SCTLR.A says (no `FEAT_LSE2`).

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_int::{set_x, x};
use super::sem_load_store::base;
use crate::emit::{Emit, Lane, MemOp, Res, Rmw, W};

/// An access that must be aligned, without ordering.
const fn exclusive(size: u8) -> MemOp {
    MemOp { aligned: true, ..MemOp::plain(size) }
}

/// The same with acquire or release semantics.
const fn ordered(size: u8) -> MemOp {
    MemOp::ordered(size)
}

#[inline(always)]
fn load_exclusive<E: Emit>(e: &mut E, i: &Insn, m: MemOp) -> Res {
    let a = base(e, i)?;
    let q = e.load_exclusive(m, a)?;
    let v = e.lane(Lane::D, 0, q);
    set_x(e, i.rd(), v);
    Ok(())
}

/// `m` covers both registers.
#[inline(always)]
fn load_exclusive_pair<E: Emit>(e: &mut E, i: &Insn, m: MemOp) -> Res {
    let a = base(e, i)?;
    let q = e.load_exclusive(m, a)?;
    let half = if m.size == 4 { Lane::D } else { Lane::S };
    let (lo, hi) = (e.lane(half, 0, q), e.lane(half, 1, q));
    set_x(e, i.rd(), lo);
    set_x(e, i.ra(), hi);
    Ok(())
}

#[inline(always)]
fn store_exclusive<E: Emit>(e: &mut E, i: &Insn, m: MemOp) -> Res {
    let a = base(e, i)?;
    let (v, none) = (x(e, W::W64, i.rd()), e.imm(0));
    let q = e.q_make(v, none);
    let status = e.store_exclusive(m, a, q)?;
    set_x(e, i.rm(), status);
    Ok(())
}

#[inline(always)]
fn store_exclusive_pair<E: Emit>(e: &mut E, i: &Insn, m: MemOp) -> Res {
    let a = base(e, i)?;
    let q = register_pair(e, m, i.rd(), i.ra());
    let status = e.store_exclusive(m, a, q)?;
    set_x(e, i.rm(), status);
    Ok(())
}

/// Two registers side by side in the low `1 << m.size` bytes.
#[inline(always)]
fn register_pair<E: Emit>(e: &mut E, m: MemOp, first: u8, second: u8) -> E::Q {
    let (lo, hi) = (x(e, W::W64, first), x(e, W::W64, second));
    if m.size == 4 {
        return e.q_make(lo, hi);
    }
    let none = e.imm(0);
    let q = e.q_make(lo, none);
    e.set_lane(Lane::S, 1, q, hi)
}

#[inline(always)]
fn load_ordered<E: Emit>(e: &mut E, i: &Insn, m: MemOp) -> Res {
    let a = base(e, i)?;
    let v = e.load(m, a)?;
    set_x(e, i.rd(), v);
    Ok(())
}

#[inline(always)]
fn store_ordered<E: Emit>(e: &mut E, i: &Insn, m: MemOp) -> Res {
    let a = base(e, i)?;
    let v = x(e, W::W64, i.rd());
    e.store(m, a, v)
}

/// The access of an LSE instruction whose acquire and release bits are `bits`.
#[inline(always)]
fn lse(size: u8, bits: bool) -> MemOp {
    MemOp { ordered: bits, ..exclusive(size) }
}

#[inline(always)]
fn read_modify_write<E: Emit>(e: &mut E, i: &Insn, op: Rmw, size: u8) -> Res {
    let a = base(e, i)?;
    let v = x(e, W::W64, i.rm());
    let v = if size == 3 { v } else { e.ext(8 << size, false, v) };
    let old = e.rmw(op, lse(size, i.bit(23) || i.bit(22)), a, v)?;
    set_x(e, i.rd(), old);
    Ok(())
}

#[inline(always)]
fn compare_and_swap<E: Emit>(e: &mut E, i: &Insn, size: u8) -> Res {
    let a = base(e, i)?;
    let expected = x(e, W::W64, i.rm());
    let expected = if size == 3 { expected } else { e.ext(8 << size, false, expected) };
    let new = x(e, W::W64, i.rd());
    let old = e.cas(lse(size, i.bit(22) || i.bit(15)), a, expected, new)?;
    set_x(e, i.rm(), old);
    Ok(())
}

/// CASP (32 bits): both registers in one doubleword.
pub(super) fn CASP_32<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let m = lse(3, i.bit(22) || i.bit(15));
    let a = base(e, i)?;
    let (expected, new) = (register_pair(e, m, i.rm(), i.rm() + 1), register_pair(e, m, i.rd(), i.rd() + 1));
    let (expected, new) = (e.lane(Lane::D, 0, expected), e.lane(Lane::D, 0, new));
    let old = e.cas(m, a, expected, new)?;
    let (lo, hi) = (e.ext(32, false, old), e.bini(crate::emit::Bin::Shr, W::W64, old, 32));
    set_x(e, i.rm(), lo);
    set_x(e, i.rm() + 1, hi);
    Ok(())
}

/// CASP (64 bits).
pub(super) fn CASP_64<E: Emit>(e: &mut E, i: &Insn) -> Res {
    let m = lse(4, i.bit(22) || i.bit(15));
    let a = base(e, i)?;
    let (expected, new) = (register_pair(e, m, i.rm(), i.rm() + 1), register_pair(e, m, i.rd(), i.rd() + 1));
    let old = e.casq(m, a, expected, new)?;
    let (lo, hi) = (e.lane(Lane::D, 0, old), e.lane(Lane::D, 1, old));
    set_x(e, i.rm(), lo);
    set_x(e, i.rm() + 1, hi);
    Ok(())
}

macro_rules! handlers {
    ($($name:ident $kind:ident $($arg:expr),*;)*) => {$(
        pub(super) fn $name<E: Emit>(e: &mut E, i: &Insn) -> Res {
            $kind(e, i, $($arg),*)
        }
    )*};
}

handlers! {
    STXRB_32 store_exclusive exclusive(0);
    STLXRB_32 store_exclusive ordered(0);
    LDXRB_32 load_exclusive exclusive(0);
    LDAXRB_32 load_exclusive ordered(0);
    STXRH_32 store_exclusive exclusive(1);
    STLXRH_32 store_exclusive ordered(1);
    LDXRH_32 load_exclusive exclusive(1);
    LDAXRH_32 load_exclusive ordered(1);
    STXR_32 store_exclusive exclusive(2);
    STLXR_32 store_exclusive ordered(2);
    LDXR_32 load_exclusive exclusive(2);
    LDAXR_32 load_exclusive ordered(2);
    STXR_64 store_exclusive exclusive(3);
    STLXR_64 store_exclusive ordered(3);
    LDXR_64 load_exclusive exclusive(3);
    LDAXR_64 load_exclusive ordered(3);

    STXP_32 store_exclusive_pair exclusive(3);
    STLXP_32 store_exclusive_pair ordered(3);
    LDXP_32 load_exclusive_pair exclusive(3);
    LDAXP_32 load_exclusive_pair ordered(3);
    STXP_64 store_exclusive_pair exclusive(4);
    STLXP_64 store_exclusive_pair ordered(4);
    LDXP_64 load_exclusive_pair exclusive(4);
    LDAXP_64 load_exclusive_pair ordered(4);

    STLRB_32 store_ordered ordered(0);
    LDARB_32 load_ordered ordered(0);
    STLRH_32 store_ordered ordered(1);
    LDARH_32 load_ordered ordered(1);
    STLR_32 store_ordered ordered(2);
    LDAR_32 load_ordered ordered(2);
    STLR_64 store_ordered ordered(3);
    LDAR_64 load_ordered ordered(3);

    CASB_32 compare_and_swap 0;
    CASH_32 compare_and_swap 1;
    CAS_32 compare_and_swap 2;
    CAS_64 compare_and_swap 3;
}

macro_rules! atomics {
    ($($op:ident => $b:ident $h:ident $w:ident $x:ident;)*) => {$(
        handlers! {
            $b read_modify_write Rmw::$op, 0;
            $h read_modify_write Rmw::$op, 1;
            $w read_modify_write Rmw::$op, 2;
            $x read_modify_write Rmw::$op, 3;
        }
    )*};
}

atomics! {
    Add => LDADDB_32 LDADDH_32 LDADD_32 LDADD_64;
    Clr => LDCLRB_32 LDCLRH_32 LDCLR_32 LDCLR_64;
    Eor => LDEORB_32 LDEORH_32 LDEOR_32 LDEOR_64;
    Set => LDSETB_32 LDSETH_32 LDSET_32 LDSET_64;
    SMax => LDSMAXB_32 LDSMAXH_32 LDSMAX_32 LDSMAX_64;
    SMin => LDSMINB_32 LDSMINH_32 LDSMIN_32 LDSMIN_64;
    UMax => LDUMAXB_32 LDUMAXH_32 LDUMAX_32 LDUMAX_64;
    UMin => LDUMINB_32 LDUMINH_32 LDUMIN_32 LDUMIN_64;
    Swap => SWPB_32 SWPH_32 SWP_32 SWP_64;
}

#[cfg(test)]
mod tests {
    use super::super::testing::FlatCpu;
    use super::super::{disasm, exc};

    const BASE: u64 = 0x1000;

    fn cpu(memory: u128) -> FlatCpu {
        let mut c = FlatCpu::new(BASE, 0x40);
        c.mem[0x10..0x20].copy_from_slice(&memory.to_le_bytes());
        c.cpu.x[0] = BASE + 0x10;
        c
    }

    fn run(c: &mut FlatCpu, word: u32, text: &str) {
        assert_eq!(disasm::disasm(word, c.cpu.pc), text);
        c.step(word).unwrap();
    }

    fn memory(c: &FlatCpu) -> u128 {
        u128::from_le_bytes(c.mem[0x10..0x20].try_into().unwrap())
    }

    #[test]
    fn exclusives() {
        let mut c = cpu(0x0102_0304_0506_0708);
        run(&mut c, 0x885f_7c01, "ldxr w1, [x0]");
        assert_eq!(c.cpu.x[1], 0x0506_0708);
        c.cpu.x[2] = 0xffff_ffff_0000_0001;
        run(&mut c, 0x8803_7c02, "stxr w3, w2, [x0]");
        assert_eq!((c.cpu.x[3], memory(&c)), (0, 0x0102_0304_0000_0001));
        run(&mut c, 0x8803_7c02, "stxr w3, w2, [x0]");
        assert_eq!(c.cpu.x[3], 1, "the monitor is spent");
    }

    #[test]
    fn exclusive_pairs() {
        let mut c = cpu(0x1111_1111_2222_2222_3333_3333_4444_4444);
        run(&mut c, 0xc87f_8801, "ldaxp x1, x2, [x0]");
        assert_eq!((c.cpu.x[1], c.cpu.x[2]), (0x3333_3333_4444_4444, 0x1111_1111_2222_2222));
        (c.cpu.x[4], c.cpu.x[5]) = (4, 5);
        run(&mut c, 0xc823_9404, "stlxp w3, x4, x5, [x0]");
        assert_eq!((c.cpu.x[3], memory(&c)), (0, 5 << 64 | 4));
        run(&mut c, 0x887f_0801, "ldxp w1, w2, [x0]");
        assert_eq!((c.cpu.x[1], c.cpu.x[2]), (4, 0));
        (c.cpu.x[4], c.cpu.x[5]) = (u64::MAX - 1, 6);
        run(&mut c, 0x8823_1404, "stxp w3, w4, w5, [x0]");
        assert_eq!((c.cpu.x[3], memory(&c)), (0, 5 << 64 | 6 << 32 | 0xffff_fffe));
    }

    #[test]
    fn read_modify_write() {
        let mut c = cpu(0x0000_0001_0000_80ff);
        c.cpu.x[1] = 0xfff1;
        run(&mut c, 0x38e1_0002, "ldaddalb w1, w2, [x0]");
        assert_eq!((c.cpu.x[2], memory(&c)), (0xff, 0x0000_0001_0000_80f0));
        c.cpu.x[1] = 0x1_0001;
        run(&mut c, 0x7821_4002, "ldsmaxh w1, w2, [x0]");
        assert_eq!((c.cpu.x[2], memory(&c)), (0x80f0, 0x0000_0001_0000_0001));
        run(&mut c, 0xf821_1002, "ldclr x1, x2, [x0]");
        assert_eq!((c.cpu.x[2], memory(&c)), (0x1_0000_0001, 0x1_0000_0000));
        c.cpu.x[1] = 0xabcd_0000_0007;
        run(&mut c, 0xb8a1_8002, "swpa w1, w2, [x0]");
        assert_eq!((c.cpu.x[2], memory(&c)), (0, 0x1_0000_0007));
        c.cpu.x[1] = 0xffff_ffff_0000_0003;
        run(&mut c, 0xb821_701f, "ldumin w1, wzr, [x0]");
        assert_eq!((c.cpu.x[31], memory(&c)), (0, 0x1_0000_0003));
    }

    #[test]
    fn compare_and_swap() {
        let mut c = cpu(0x0708);
        (c.cpu.x[1], c.cpu.x[2]) = (0xffff_ffff_0000_0708, 0x11);
        run(&mut c, 0x88a1_7c02, "cas w1, w2, [x0]");
        assert_eq!((c.cpu.x[1], memory(&c)), (0x0708, 0x11));
        (c.cpu.x[1], c.cpu.x[2]) = (0x1234, 0x22);
        run(&mut c, 0x08e1_7c02, "casab w1, w2, [x0]");
        assert_eq!((c.cpu.x[1], memory(&c)), (0x11, 0x11));
    }

    #[test]
    fn compare_and_swap_pairs() {
        let mut c = cpu(9 << 64 | 2 << 32 | 1);
        c.cpu.x[2..6].copy_from_slice(&[0xffff_ffff_0000_0001, 2, 3, 4]);
        run(&mut c, 0x0822_7c04, "casp w2, w3, w4, w5, [x0]");
        assert_eq!((c.cpu.x[2], c.cpu.x[3], memory(&c)), (1, 2, 9 << 64 | 4 << 32 | 3));
        run(&mut c, 0x4862_fc04, "caspal x2, x3, x4, x5, [x0]");
        assert_eq!((c.cpu.x[2], c.cpu.x[3]), (4 << 32 | 3, 9), "old value when different");
        run(&mut c, 0x4862_fc04, "caspal x2, x3, x4, x5, [x0]");
        assert_eq!(memory(&c), 4 << 64 | 3);
        assert_eq!(c.step(0x4863_fc04), Err(exc::UNDEFINED), "odd registers");
    }

    #[test]
    fn misaligned_accesses_fault() {
        // ldxr w1; ldar w1; stlr w1; ldadd; cas; ldxp w1, w2 at a multiple of 4; ldaprh; stlurh +1
        for (word, offset) in [
            (0x885f_7c01, 2),
            (0x88df_fc01, 2),
            (0x889f_fc01, 2),
            (0xb821_0002, 1),
            (0x88a1_7c02, 2),
            (0x887f_0801, 4),
            (0x78bf_c001, 1),
            (0x5900_1001, 0),
        ] {
            let mut c = cpu(u128::MAX);
            c.cpu.x[0] += offset;
            assert_eq!(c.step(word), Err(exc::DATA_ABORT), "{word:#x}");
            assert_eq!((memory(&c), c.cpu.x[1]), (u128::MAX, 0));
        }
    }
}

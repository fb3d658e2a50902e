//! Scalar floating point. Results zero the upper bits of the vector register.
//!
//! Formats come from the record: `imm` bits 1..0, see `table/fp_scalar.rs`.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_int::{set_x, x};
use crate::emit::{Bin, Cond, Emit, F1, F2, F3, FCvt, FSize, Lane, Res, Rounding, VReg, W};

/// Format by the record.
#[inline(always)]
pub(super) fn size(i: &Insn) -> FSize {
    match i.imm & 3 {
        0 => FSize::H,
        1 => FSize::S,
        _ => FSize::D,
    }
}

/// Fraction bits of fixed point by the record.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "0..=64 by construction")]
pub(super) fn fbits(i: &Insn) -> u8 {
    (i.imm >> 8) as u8
}

/// Lanes of a format.
#[inline(always)]
pub(super) fn lane_of(s: FSize) -> Lane {
    match s {
        FSize::H => Lane::H,
        FSize::S => Lane::S,
        FSize::D => Lane::D,
    }
}

/// The scalar in a vector register.
#[inline(always)]
pub(super) fn f<E: Emit>(e: &mut E, s: FSize, r: VReg) -> E::V {
    let q = e.getq(r);
    e.lane(lane_of(s), 0, q)
}

/// Writes a scalar (zero-extended) and clears the rest of the register.
#[inline(always)]
pub(super) fn set_f<E: Emit>(e: &mut E, r: VReg, v: E::V) {
    let zero = e.imm(0);
    let q = e.q_make(v, zero);
    e.setq(r, q);
}

/// Defines handlers by a generic function and its constant operands.
macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident = $generic:ident($($arg:expr),*);)*) => {$(
        $(#[$doc])*
        pub(super) fn $name<E: Emit>(e: &mut E, i: &Insn) -> Res {
            $generic(e, i, $($arg),*)
        }
    )*};
}
pub(super) use handlers;

/// One scalar of one scalar.
#[inline(always)]
pub(super) fn one_source<E: Emit>(e: &mut E, i: &Insn, op: F1) -> Res {
    e.fp_access()?;
    let a = f(e, size(i), i.vn());
    let r = e.f1(op, size(i), a);
    set_f(e, i.vd(), r);
    Ok(())
}

/// One scalar of two scalars.
#[inline(always)]
pub(super) fn two_source<E: Emit>(e: &mut E, i: &Insn, op: F2) -> Res {
    e.fp_access()?;
    let (a, b) = (f(e, size(i), i.vn()), f(e, size(i), i.vm()));
    let r = e.f2(op, size(i), a, b);
    set_f(e, i.vd(), r);
    Ok(())
}

#[inline(always)]
fn three_source<E: Emit>(e: &mut E, i: &Insn, op: F3) -> Res {
    e.fp_access()?;
    let (n, m) = (f(e, size(i), i.vn()), f(e, size(i), i.vm()));
    let a = f(e, size(i), VReg(i.ra()));
    let r = e.f3(op, size(i), a, n, m);
    set_f(e, i.vd(), r);
    Ok(())
}

/// FRINT*.
pub(super) const fn to_integral(rounding: Rounding, exact: bool) -> F1 {
    F1::RoundInt { rounding, exact }
}

/// FRINT32*, FRINT64*.
pub(super) const fn to_integral_n(rounding: Rounding, bits: u8) -> F1 {
    F1::RoundIntN { rounding, bits }
}

/// Defines the handlers of one form of FRINT*: names in the order N, P, M, Z, A, X, I, 32Z, 32X, 64Z, 64X.
macro_rules! frint {
    ($generic:ident: $n:ident $p:ident $m:ident $z:ident $a:ident $x:ident $i:ident
        $z32:ident $x32:ident $z64:ident $x64:ident) => {
        handlers! {
            /// FRINTN: to nearest, ties to even.
            $n = $generic(to_integral(Rounding::Even, false));
            /// FRINTP: towards plus infinity.
            $p = $generic(to_integral(Rounding::Up, false));
            /// FRINTM: towards minus infinity.
            $m = $generic(to_integral(Rounding::Down, false));
            /// FRINTZ: towards zero.
            $z = $generic(to_integral(Rounding::Zero, false));
            /// FRINTA: to nearest, ties away from zero.
            $a = $generic(to_integral(Rounding::Away, false));
            /// FRINTX: by FPCR, raising Inexact.
            $x = $generic(to_integral(Rounding::Current, true));
            /// FRINTI: by FPCR.
            $i = $generic(to_integral(Rounding::Current, false));
            /// FRINT32Z: as a 32-bit integer has it, towards zero.
            $z32 = $generic(to_integral_n(Rounding::Zero, 32));
            /// FRINT32X: as a 32-bit integer has it, by FPCR.
            $x32 = $generic(to_integral_n(Rounding::Current, 32));
            /// FRINT64Z: as a 64-bit integer has it, towards zero.
            $z64 = $generic(to_integral_n(Rounding::Zero, 64));
            /// FRINT64X: as a 64-bit integer has it, by FPCR.
            $x64 = $generic(to_integral_n(Rounding::Current, 64));
        }
    };
}
pub(super) use frint;

/// Defines the handlers of one form of FCVT* to integers: names in the order NS, NU, AS, AU, PS, PU, MS, MU,
/// ZS, ZU.
macro_rules! fcvt_to_int {
    ($generic:ident: $ns:ident $nu:ident $as:ident $au:ident $ps:ident $pu:ident $ms:ident $mu:ident
        $zs:ident $zu:ident) => {
        handlers! {
            /// FCVTNS: signed, to nearest, ties to even.
            $ns = $generic(true, Rounding::Even, 0);
            /// FCVTNU: unsigned, to nearest, ties to even.
            $nu = $generic(false, Rounding::Even, 0);
            /// FCVTAS: signed, to nearest, ties away from zero.
            $as = $generic(true, Rounding::Away, 0);
            /// FCVTAU: unsigned, to nearest, ties away from zero.
            $au = $generic(false, Rounding::Away, 0);
            /// FCVTPS: signed, towards plus infinity.
            $ps = $generic(true, Rounding::Up, 0);
            /// FCVTPU: unsigned, towards plus infinity.
            $pu = $generic(false, Rounding::Up, 0);
            /// FCVTMS: signed, towards minus infinity.
            $ms = $generic(true, Rounding::Down, 0);
            /// FCVTMU: unsigned, towards minus infinity.
            $mu = $generic(false, Rounding::Down, 0);
            /// FCVTZS: signed, towards zero.
            $zs = $generic(true, Rounding::Zero, 0);
            /// FCVTZU: unsigned, towards zero.
            $zu = $generic(false, Rounding::Zero, 0);
        }
    };
}
pub(super) use fcvt_to_int;

handlers! {
    /// FABS (scalar).
    FABS_floatdp1 = one_source(F1::Abs);
    /// FNEG (scalar).
    FNEG_floatdp1 = one_source(F1::Neg);
    /// FSQRT (scalar).
    FSQRT_floatdp1 = one_source(F1::Sqrt);

    /// FMUL (scalar).
    FMUL_floatdp2 = two_source(F2::Mul);
    /// FDIV (scalar).
    FDIV_floatdp2 = two_source(F2::Div);
    /// FADD (scalar).
    FADD_floatdp2 = two_source(F2::Add);
    /// FSUB (scalar).
    FSUB_floatdp2 = two_source(F2::Sub);
    /// FMAX (scalar).
    FMAX_floatdp2 = two_source(F2::Max);
    /// FMIN (scalar).
    FMIN_floatdp2 = two_source(F2::Min);
    /// FMAXNM (scalar).
    FMAXNM_floatdp2 = two_source(F2::MaxNum);
    /// FMINNM (scalar).
    FMINNM_floatdp2 = two_source(F2::MinNum);
    /// FNMUL (scalar).
    FNMUL_floatdp2 = two_source(F2::NMul);

    /// FMADD.
    FMADD_floatdp3 = three_source(F3::MulAdd);
    /// FMSUB.
    FMSUB_floatdp3 = three_source(F3::MulSub);
    /// FNMADD.
    FNMADD_floatdp3 = three_source(F3::NMulAdd);
    /// FNMSUB.
    FNMSUB_floatdp3 = three_source(F3::NMulSub);
}

frint! { one_source:
FRINTN_floatdp1 FRINTP_floatdp1 FRINTM_floatdp1 FRINTZ_floatdp1 FRINTA_floatdp1 FRINTX_floatdp1 FRINTI_floatdp1
FRINT32Z_floatdp1 FRINT32X_floatdp1 FRINT64Z_floatdp1 FRINT64X_floatdp1 }

/// FMOV (register).
pub(super) fn FMOV_floatdp1<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let a = f(e, size(i), i.vn());
    set_f(e, i.vd(), a);
    Ok(())
}

/// FCVT: between formats.
pub(super) fn FCVT_floatdp1<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let to = match i.bits(16, 15) {
        0 => FSize::S,
        1 => FSize::D,
        _ => FSize::H,
    };
    let a = f(e, size(i), i.vn());
    let r = e.fcvt(FCvt::Format { from: size(i), to }, a);
    set_f(e, i.vd(), r);
    Ok(())
}

/// FMOV (scalar, immediate).
pub(super) fn FMOV_floatimm<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let v = e.imm(i.imm);
    set_f(e, i.vd(), v);
    Ok(())
}

// -- comparison and selection -------------------------------------------------------------------

#[inline(always)]
fn compare<E: Emit>(e: &mut E, i: &Insn, signal: bool, zero: bool) -> Res {
    e.fp_access()?;
    let a = f(e, size(i), i.vn());
    let b = if zero { e.imm(0) } else { f(e, size(i), i.vm()) };
    let flags = e.fcmp(size(i), signal, a, b);
    e.set_nzcv(flags);
    Ok(())
}

/// The comparison raises nothing when the condition fails: it is then one of zeros.
#[inline(always)]
fn conditional_compare<E: Emit>(e: &mut E, i: &Insn, signal: bool) -> Res {
    e.fp_access()?;
    let c = condition(e, i);
    let (a, b) = (f(e, size(i), i.vn()), f(e, size(i), i.vm()));
    let zero = e.imm(0);
    let (a, b) = (e.select(c, a, zero), e.select(c, b, zero));
    let flags = e.fcmp(size(i), signal, a, b);
    let nzcv = e.imm(u64::from(i.bits(3, 0)));
    let flags = e.select(c, flags, nzcv);
    e.set_nzcv(flags);
    Ok(())
}

/// The condition in bits 15..12.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "four bits")]
fn condition<E: Emit>(e: &mut E, i: &Insn) -> E::V {
    e.cond(Cond(i.bits(15, 12) as u8))
}

handlers! {
    /// FCMP.
    FCMP_floatcmp = compare(false, false);
    /// FCMP with zero.
    FCMP_zero_floatcmp = compare(false, true);
    /// FCMPE: quiet NaNs raise Invalid too.
    FCMPE_floatcmp = compare(true, false);
    /// FCMPE with zero.
    FCMPE_zero_floatcmp = compare(true, true);
    /// FCCMP.
    FCCMP_floatccmp = conditional_compare(false);
    /// FCCMPE.
    FCCMPE_floatccmp = conditional_compare(true);
}

/// FCSEL.
pub(super) fn FCSEL_floatsel<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let c = condition(e, i);
    let (a, b) = (f(e, size(i), i.vn()), f(e, size(i), i.vm()));
    let r = e.select(c, a, b);
    set_f(e, i.vd(), r);
    Ok(())
}

// -- conversions with general registers -----------------------------------------------------------

/// Width of the general register in bits.
#[inline(always)]
fn width(i: &Insn) -> u8 {
    if i.bit(31) { 64 } else { 32 }
}

#[inline(always)]
fn to_general<E: Emit>(e: &mut E, i: &Insn, signed: bool, rounding: Rounding, fbits: u8) -> Res {
    e.fp_access()?;
    let a = f(e, size(i), i.vn());
    let r = e.fcvt(FCvt::ToInt { from: size(i), bits: width(i), signed, rounding, fbits }, a);
    set_x(e, i.rd(), r);
    Ok(())
}

#[inline(always)]
fn from_general<E: Emit>(e: &mut E, i: &Insn, signed: bool, fbits: u8) -> Res {
    e.fp_access()?;
    let a = x(e, i.sf(), i.rn());
    let r = e.fcvt(FCvt::FromInt { to: size(i), bits: width(i), signed, fbits }, a);
    set_f(e, i.vd(), r);
    Ok(())
}

#[inline(always)]
fn to_fixed<E: Emit>(e: &mut E, i: &Insn, signed: bool) -> Res {
    to_general(e, i, signed, Rounding::Zero, fbits(i))
}

#[inline(always)]
fn from_fixed<E: Emit>(e: &mut E, i: &Insn, signed: bool) -> Res {
    from_general(e, i, signed, fbits(i))
}

handlers! {
    /// SCVTF (scalar, fixed-point).
    SCVTF_float2fix = from_fixed(true);
    /// UCVTF (scalar, fixed-point).
    UCVTF_float2fix = from_fixed(false);
    /// FCVTZS (scalar, fixed-point).
    FCVTZS_float2fix = to_fixed(true);
    /// FCVTZU (scalar, fixed-point).
    FCVTZU_float2fix = to_fixed(false);

    /// SCVTF (scalar, integer).
    SCVTF_float2int = from_general(true, 0);
    /// UCVTF (scalar, integer).
    UCVTF_float2int = from_general(false, 0);
}

fcvt_to_int! { to_general:
FCVTNS_float2int FCVTNU_float2int FCVTAS_float2int FCVTAU_float2int FCVTPS_float2int FCVTPU_float2int
FCVTMS_float2int FCVTMU_float2int FCVTZS_float2int FCVTZU_float2int }

/// FJCVTZS: to 32 bits modulo 2^32; Z says whether it was exact.
pub(super) fn FJCVTZS_float2int<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let a = f(e, FSize::D, i.vn());
    let r = e.fcvt(FCvt::JavaScript, a);
    let z = e.bini(Bin::Shr, W::W64, r, 32);
    let nzcv = e.bini(Bin::Shl, W::W64, z, 2);
    e.set_nzcv(nzcv);
    let r = e.ext(32, false, r);
    set_x(e, i.rd(), r);
    Ok(())
}

/// FMOV (general): from a vector register to a general one.
pub(super) fn FMOV_to_general<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let a = f(e, size(i), i.vn());
    set_x(e, i.rd(), a);
    Ok(())
}

/// FMOV (general): from a general register to a vector one.
pub(super) fn FMOV_from_general<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let a = x(e, i.sf(), i.rn());
    let a = if size(i) == FSize::D { a } else { e.ext(size(i).bits(), false, a) };
    set_f(e, i.vd(), a);
    Ok(())
}

/// FMOV (general): the upper half of a vector register to a general one.
pub(super) fn FMOV_to_general_upper<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let q = e.getq(i.vn());
    let v = e.lane(Lane::D, 1, q);
    set_x(e, i.rd(), v);
    Ok(())
}

/// FMOV (general): a general register to the upper half of a vector one.
pub(super) fn FMOV_from_general_upper<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let v = x(e, W::W64, i.rn());
    let q = e.getq(i.vd());
    let q = e.set_lane(Lane::D, 1, q, v);
    e.setq(i.vd(), q);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::isa::a64::exc;
    use crate::isa::a64::testing::FlatCpu;

    fn cpu(d1: f64, d2: f64) -> FlatCpu {
        let mut c = FlatCpu::new(0, 64);
        c.cpu.v[0] = u128::MAX;
        c.cpu.v[1] = u128::from(d1.to_bits()) | 7 << 64;
        c.cpu.v[2] = u128::from(d2.to_bits()) | 7 << 64;
        c
    }

    #[test]
    fn results_clear_the_rest_of_the_register() {
        let mut c = cpu(1.5, 2.25);
        c.run(&[0x1e62_2820]).unwrap(); // fadd d0, d1, d2
        assert_eq!(c.cpu.v[0], u128::from(3.75f64.to_bits()));
        c.run(&[0x1e62_c020]).unwrap_err(); // fcvt d0, d1: unallocated
        c.run(&[0x1e62_4020, 0x9eae_0020]).unwrap(); // fcvt s0, d1; fmov x0, v1.d[1]
        assert_eq!((c.cpu.v[0], c.cpu.x[0]), (u128::from(1.5f32.to_bits()), 7));
    }

    #[test]
    fn conditional_compare_raises_nothing_when_the_condition_fails() {
        let mut c = cpu(f64::from_bits(0x7ff0_0000_0000_0001), 1.0);
        c.run(&[0x1e62_0425]).unwrap(); // fccmp d1, d2, #5, eq, with Z clear
        assert_eq!((c.cpu.nzcv, c.cpu.fp.fpsr), (5, 0));
        c.cpu.nzcv = 4;
        c.run(&[0x1e62_0425]).unwrap();
        assert_eq!((c.cpu.nzcv, c.cpu.fp.fpsr), (3, 1));
    }

    #[test]
    fn fjcvtzs_sets_z_when_exact() {
        let mut c = cpu(4_294_967_298.0, -3.0);
        c.run(&[0x1e7e_0020]).unwrap(); // fjcvtzs w0, d1
        assert_eq!((c.cpu.x[0], c.cpu.nzcv, c.cpu.fp.fpsr), (2, 0, 1));
        c.run(&[0x1e7e_0040]).unwrap(); // fjcvtzs w0, d2
        assert_eq!((c.cpu.x[0], c.cpu.nzcv), (0xffff_fffd, 4));
    }

    #[test]
    fn disabled_unit_traps() {
        let mut c = cpu(1.0, 1.0);
        c.cpu.fp_enabled = 0;
        assert_eq!(c.run(&[0x1e62_2820]), Err(exc::FP_ACCESS));
    }
}

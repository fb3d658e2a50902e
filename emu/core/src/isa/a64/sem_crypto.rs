//! Cryptographic instructions: C4.1.94. Most are functions called through `helperq`; those of SHA3
//! are compositions of ordinary vector operations.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use crate::emit::{Crypto, Emit, Helper, Lane, Q2, QI, Res, VReg};

/// Which registers an instruction reads, in the order of the operands.
#[derive(Clone, Copy)]
enum Reads {
    N,
    Dn,
    Nm,
    Dnm,
    Nma,
}

#[inline(always)]
fn function<E: Emit>(e: &mut E, i: &Insn, op: Crypto, reads: Reads, imm: u32) -> Res {
    e.fp_access()?;
    let (d, n, m) = (i.vd(), i.vn(), i.vm());
    let regs: [Option<VReg>; 3] = match reads {
        Reads::N => [Some(n), None, None],
        Reads::Dn => [Some(d), Some(n), None],
        Reads::Nm => [Some(n), Some(m), None],
        Reads::Dnm => [Some(d), Some(n), Some(m)],
        Reads::Nma => [Some(n), Some(m), Some(VReg(i.ra()))],
    };
    let operands = regs.map(|r| match r {
        Some(r) => e.getq(r),
        None => e.qimm(0),
    });
    let r = e.helperq(Helper::Crypto(op), operands, u64::from(imm));
    e.setq(d, r);
    Ok(())
}

/// Handlers that call a function.
macro_rules! functions {
    ($($name:ident = $op:ident $reads:ident;)*) => {$(
        #[doc = concat!("`", stringify!($name), "`.")]
        pub(super) fn $name<E: Emit>(e: &mut E, i: &Insn) -> Res {
            function(e, i, Crypto::$op, Reads::$reads, i.bits(13, 12))
        }
    )*};
}

functions! {
    AESE = AesE Dn;
    AESD = AesD Dn;
    AESMC = AesMc N;
    AESIMC = AesImc N;
    SHA1C = Sha1C Dnm;
    SHA1P = Sha1P Dnm;
    SHA1M = Sha1M Dnm;
    SHA1H = Sha1H N;
    SHA1SU0 = Sha1Su0 Dnm;
    SHA1SU1 = Sha1Su1 Dn;
    SHA256H = Sha256H Dnm;
    SHA256H2 = Sha256H2 Dnm;
    SHA256SU0 = Sha256Su0 Dn;
    SHA256SU1 = Sha256Su1 Dnm;
    SHA512H = Sha512H Dnm;
    SHA512H2 = Sha512H2 Dnm;
    SHA512SU0 = Sha512Su0 Dn;
    SHA512SU1 = Sha512Su1 Dnm;
    SM3SS1 = Sm3Ss1 Nma;
    SM3TT1A = Sm3Tt1A Dnm;
    SM3TT1B = Sm3Tt1B Dnm;
    SM3TT2A = Sm3Tt2A Dnm;
    SM3TT2B = Sm3Tt2B Dnm;
    SM3PARTW1 = Sm3PartW1 Dnm;
    SM3PARTW2 = Sm3PartW2 Dnm;
    SM4E = Sm4E Dn;
    SM4EKEY = Sm4EKey Nm;
}

/// Bitwise operations on whole vectors.
#[inline(always)]
fn bits<E: Emit>(e: &mut E, op: Q2, a: E::Q, b: E::Q) -> E::Q {
    e.q2(op, Lane::D, a, b)
}

/// Each doubleword rotated left by `n` (1..64).
#[inline(always)]
fn rotate_left<E: Emit>(e: &mut E, a: E::Q, n: u8) -> E::Q {
    let (l, r) = (e.qi(QI::Shl, Lane::D, a, a, n), e.qi(QI::UShr, Lane::D, a, a, 64 - n));
    bits(e, Q2::Orr, l, r)
}

/// EOR3: n ^ m ^ a.
pub(super) fn EOR3<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let (n, m, a) = (e.getq(i.vn()), e.getq(i.vm()), e.getq(VReg(i.ra())));
    let r = bits(e, Q2::Eor, n, m);
    let r = bits(e, Q2::Eor, r, a);
    e.setq(i.vd(), r);
    Ok(())
}

/// BCAX: n ^ (m & !a).
pub(super) fn BCAX<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let (n, m, a) = (e.getq(i.vn()), e.getq(i.vm()), e.getq(VReg(i.ra())));
    let r = bits(e, Q2::Bic, m, a);
    let r = bits(e, Q2::Eor, n, r);
    e.setq(i.vd(), r);
    Ok(())
}

/// RAX1: n ^ m rotated left by 1.
pub(super) fn RAX1<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let m = rotate_left(e, m, 1);
    let r = bits(e, Q2::Eor, n, m);
    e.setq(i.vd(), r);
    Ok(())
}

/// XAR: n ^ m, rotated right by the immediate.
#[expect(clippy::cast_possible_truncation, reason = "a field of 6 bits")]
pub(super) fn XAR<E: Emit>(e: &mut E, i: &Insn) -> Res {
    e.fp_access()?;
    let (n, m) = (e.getq(i.vn()), e.getq(i.vm()));
    let mut r = bits(e, Q2::Eor, n, m);
    let right = i.bits(15, 10) as u8;
    if right != 0 {
        r = rotate_left(e, r, 64 - right);
    }
    e.setq(i.vd(), r);
    Ok(())
}

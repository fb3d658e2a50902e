//! The cryptographic instructions of A64 as functions of vectors, called through
//! [`Emit::helperq`](super::Emit::helperq).
//!
//! Operands are in the order Vd, Vn, Vm, leaving out what an instruction does not read; SM3SS1 has
//! Vn, Vm, Va. Each has one definition in [`crate::soft::crypto`]. EOR3, BCAX, RAX1 and XAR are
//! compositions of ordinary vector operations, PMULL is [`Q2::PMulL`](super::Q2::PMulL).

/// One instruction, by its mnemonic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the mnemonics")]
pub enum Crypto {
    AesE,
    AesD,
    AesMc,
    AesImc,
    Sha1C,
    Sha1P,
    Sha1M,
    Sha1H,
    Sha1Su0,
    Sha1Su1,
    Sha256H,
    Sha256H2,
    Sha256Su0,
    Sha256Su1,
    Sha512H,
    Sha512H2,
    Sha512Su0,
    Sha512Su1,
    Sm3Ss1,
    /// The immediate is the lane of Vm; so for the next three.
    Sm3Tt1A,
    Sm3Tt1B,
    Sm3Tt2A,
    Sm3Tt2B,
    Sm3PartW1,
    Sm3PartW2,
    Sm4E,
    Sm4EKey,
}

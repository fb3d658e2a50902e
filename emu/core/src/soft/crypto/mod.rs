//! The cryptographic instructions: the definitions of [`Crypto`], whose operand order holds here.
//! Arm ARM, shared pseudo-code and the instruction pages of C7.2.

mod aes;
mod field;
mod sha;
mod sm;
#[cfg(test)]
mod tests;

use crate::emit::Crypto;

/// A vector as four words, the first in the low bits.
type Words = [u32; 4];

fn words(q: u128) -> Words {
    let b = q.to_le_bytes();
    std::array::from_fn(|i| u32::from_le_bytes([b[4 * i], b[4 * i + 1], b[4 * i + 2], b[4 * i + 3]]))
}

fn vector(w: Words) -> u128 {
    w.into_iter().rev().fold(0, |q, w| q << 32 | u128::from(w))
}

/// Runs one instruction. Operands it does not read are ignored; the result is the new Vd.
pub fn run(op: Crypto, [a, b, c]: [u128; 3], imm: u64) -> u128 {
    let lane = usize::from(imm & 1 != 0) + 2 * usize::from(imm & 2 != 0);
    match op {
        Crypto::AesE => aes::encrypt(a, b),
        Crypto::AesD => aes::decrypt(a, b),
        Crypto::AesMc => aes::mix_columns(a),
        Crypto::AesImc => aes::inverse_mix_columns(a),
        Crypto::Sha1C => sha::sha1_rounds(sha::choose, a, b, c),
        Crypto::Sha1P => sha::sha1_rounds(sha::parity, a, b, c),
        Crypto::Sha1M => sha::sha1_rounds(sha::majority, a, b, c),
        Crypto::Sha1H => sha::sha1h(a),
        Crypto::Sha1Su0 => sha::sha1su0(a, b, c),
        Crypto::Sha1Su1 => sha::sha1su1(a, b),
        Crypto::Sha256H => sha::sha256_rounds(a, b, c).0,
        Crypto::Sha256H2 => sha::sha256_rounds(b, a, c).1,
        Crypto::Sha256Su0 => sha::sha256su0(a, b),
        Crypto::Sha256Su1 => sha::sha256su1(a, b, c),
        Crypto::Sha512H => sha::sha512h(a, b, c),
        Crypto::Sha512H2 => sha::sha512h2(a, b, c),
        Crypto::Sha512Su0 => sha::sha512su0(a, b),
        Crypto::Sha512Su1 => sha::sha512su1(a, b, c),
        Crypto::Sm3Ss1 => sm::sm3ss1(a, b, c),
        Crypto::Sm3Tt1A => sm::sm3tt1(sha::parity, a, b, words(c)[lane]),
        Crypto::Sm3Tt1B => sm::sm3tt1(sha::majority, a, b, words(c)[lane]),
        Crypto::Sm3Tt2A => sm::sm3tt2(sha::parity, a, b, words(c)[lane]),
        Crypto::Sm3Tt2B => sm::sm3tt2(sha::choose, a, b, words(c)[lane]),
        Crypto::Sm3PartW1 => sm::sm3partw1(a, b, c),
        Crypto::Sm3PartW2 => sm::sm3partw2(a, b, c),
        Crypto::Sm4E => sm::sm4e(a, b),
        Crypto::Sm4EKey => sm::sm4ekey(a, b),
    }
}

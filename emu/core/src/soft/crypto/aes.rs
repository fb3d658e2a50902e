//! AES: FIPS 197. The state is 16 bytes in columns of four, the first in the low bits.

use super::field;

const MODULUS: u8 = 0x1b;

const SBOX: [u8; 256] = {
    let mut table = [0; 256];
    let mut x = 0;
    while x < 256 {
        let i = field::inverse(field::byte(x), MODULUS);
        table[x] = i ^ i.rotate_left(1) ^ i.rotate_left(2) ^ i.rotate_left(3) ^ i.rotate_left(4) ^ 0x63;
        x += 1;
    }
    table
};

const INVERSE_SBOX: [u8; 256] = {
    let mut table = [0; 256];
    let mut x = 0;
    while x < 256 {
        table[SBOX[x] as usize] = field::byte(x);
        x += 1;
    }
    table
};

/// AESE: AddRoundKey, ShiftRows, SubBytes.
pub(super) fn encrypt(state: u128, key: u128) -> u128 {
    let s = (state ^ key).to_le_bytes();
    u128::from_le_bytes(std::array::from_fn(|i| SBOX[usize::from(s[i * 5 % 16])]))
}

/// AESD: AddRoundKey, InvShiftRows, InvSubBytes.
pub(super) fn decrypt(state: u128, key: u128) -> u128 {
    let s = (state ^ key).to_le_bytes();
    u128::from_le_bytes(std::array::from_fn(|i| INVERSE_SBOX[usize::from(s[i * 13 % 16])]))
}

/// Each column times the circulant matrix whose first row is given as tables of products.
fn mix(state: u128, row: [&[u8; 256]; 4]) -> u128 {
    let s = state.to_le_bytes();
    u128::from_le_bytes(std::array::from_fn(|i| {
        let column = i & !3;
        (0..4).fold(0, |r, n| r ^ row[n][usize::from(s[column + (i + n) % 4])])
    }))
}

/// AESMC.
pub(super) fn mix_columns(state: u128) -> u128 {
    const BY: [[u8; 256]; 3] =
        [field::multiples(1, MODULUS), field::multiples(2, MODULUS), field::multiples(3, MODULUS)];
    mix(state, [&BY[1], &BY[2], &BY[0], &BY[0]])
}

/// AESIMC.
pub(super) fn inverse_mix_columns(state: u128) -> u128 {
    const BY: [[u8; 256]; 4] = [
        field::multiples(14, MODULUS),
        field::multiples(11, MODULUS),
        field::multiples(13, MODULUS),
        field::multiples(9, MODULUS),
    ];
    mix(state, [&BY[0], &BY[1], &BY[2], &BY[3]])
}

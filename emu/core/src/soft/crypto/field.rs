//! Arithmetic in GF(2^8) at compile time: the S-boxes of AES and SM4 are inversions between affine
//! maps.

/// Product modulo the polynomial `x^8 + modulus`.
pub(super) const fn mul(mut a: u8, b: u8, modulus: u8) -> u8 {
    let (mut r, mut n) = (0, 0);
    while n < 8 {
        if b >> n & 1 == 1 {
            r ^= a;
        }
        a = a << 1 ^ if a & 0x80 != 0 { modulus } else { 0 };
        n += 1;
    }
    r
}

/// `a` to the power 254: the inverse, and 0 of 0.
pub(super) const fn inverse(a: u8, modulus: u8) -> u8 {
    let (mut r, mut n) = (1, 0);
    while n < 254 {
        r = mul(r, a, modulus);
        n += 1;
    }
    r
}

/// Table of the products with `factor`.
pub(super) const fn multiples(factor: u8, modulus: u8) -> [u8; 256] {
    let mut table = [0; 256];
    let mut x = 0;
    while x < 256 {
        table[x] = mul(byte(x), factor, modulus);
        x += 1;
    }
    table
}

/// A table index as the byte it stands for.
#[expect(clippy::cast_possible_truncation, reason = "indices are below 256")]
pub(super) const fn byte(index: usize) -> u8 {
    index as u8
}

//! SM3 (GB/T 32905) and SM4 (GB/T 32907).

use super::{Words, field, vector, words};

/// SM3SS1: of the top words.
pub(super) fn sm3ss1(n: u128, m: u128, a: u128) -> u128 {
    let (n, m, a) = (words(n)[3], words(m)[3], words(a)[3]);
    vector([0, 0, 0, n.rotate_left(12).wrapping_add(m).wrapping_add(a).rotate_left(7)])
}

/// SM3TT1A, SM3TT1B.
pub(super) fn sm3tt1(f: fn(u32, u32, u32) -> u32, d: u128, n: u128, w: u32) -> u128 {
    let d = words(d);
    let ss2 = words(n)[3] ^ d[3].rotate_left(12);
    let tt1 = f(d[3], d[2], d[1]).wrapping_add(d[0]).wrapping_add(ss2).wrapping_add(w);
    vector([d[1], d[2].rotate_left(9), d[3], tt1])
}

/// SM3TT2A, SM3TT2B.
pub(super) fn sm3tt2(f: fn(u32, u32, u32) -> u32, d: u128, n: u128, w: u32) -> u128 {
    let d = words(d);
    let tt2 = f(d[3], d[2], d[1]).wrapping_add(d[0]).wrapping_add(words(n)[3]).wrapping_add(w);
    vector([d[1], d[2].rotate_left(19), d[3], tt2 ^ tt2.rotate_left(9) ^ tt2.rotate_left(17)])
}

/// P1 of SM3.
fn permute1(x: u32) -> u32 {
    x ^ x.rotate_left(15) ^ x.rotate_left(23)
}

/// SM3PARTW1.
pub(super) fn sm3partw1(d: u128, n: u128, m: u128) -> u128 {
    let (mut r, m) = (words(d ^ n), words(m));
    for i in 0..4 {
        let next = if i < 3 { m[i + 1] } else { r[0] };
        r[i] = permute1(r[i] ^ next.rotate_left(15));
    }
    vector(r)
}

/// SM3PARTW2.
pub(super) fn sm3partw2(d: u128, n: u128, m: u128) -> u128 {
    let t = n ^ vector(words(m).map(|w| w.rotate_left(7)));
    let mut r = words(d ^ t);
    r[3] ^= permute1(words(t)[0].rotate_left(15));
    vector(r)
}

/// Inversion between two copies of one affine map.
const SBOX: [u8; 256] = {
    let mut table = [0; 256];
    let mut x = 0;
    while x < 256 {
        table[x] = affine(field::inverse(affine(field::byte(x)), 0xf5));
        x += 1;
    }
    table
};

const fn affine(x: u8) -> u8 {
    let (mut r, mut n) = (0xd3, 0);
    while n < 8 {
        let odd = (x & 0xa7u8.rotate_left(n)).count_ones() % 2 == 1;
        r ^= if odd { 1 << n } else { 0 };
        n += 1;
    }
    r
}

/// Four rounds; `linear` is L of the cipher or L' of the key schedule.
fn sm4_rounds(mut x: Words, keys: Words, linear: fn(u32) -> u32) -> u128 {
    for key in keys {
        let t = (x[1] ^ x[2] ^ x[3] ^ key).to_le_bytes().map(|b| SBOX[usize::from(b)]);
        x = [x[1], x[2], x[3], x[0] ^ linear(u32::from_le_bytes(t))];
    }
    vector(x)
}

/// SM4E: state, keys.
pub(super) fn sm4e(d: u128, n: u128) -> u128 {
    sm4_rounds(words(d), words(n), |t| {
        t ^ t.rotate_left(2) ^ t.rotate_left(10) ^ t.rotate_left(18) ^ t.rotate_left(24)
    })
}

/// SM4EKEY: state, constants.
pub(super) fn sm4ekey(n: u128, m: u128) -> u128 {
    sm4_rounds(words(n), words(m), |t| t ^ t.rotate_left(13) ^ t.rotate_left(23))
}

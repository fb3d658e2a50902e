//! SHA-1, SHA-256, SHA-512: FIPS 180-4, four (two) rounds at a time.

use super::{Words, vector, words};

/// Ch: bits of `y` where `x` is 1, else of `z`.
pub(super) fn choose(x: u32, y: u32, z: u32) -> u32 {
    (y ^ z) & x ^ z
}

/// Parity.
pub(super) fn parity(x: u32, y: u32, z: u32) -> u32 {
    x ^ y ^ z
}

/// Maj: the value of two or three of the bits.
pub(super) fn majority(x: u32, y: u32, z: u32) -> u32 {
    x & y | (x | y) & z
}

/// SHA1C, SHA1P, SHA1M: `x` is a, b, c, d; `y` is e; `w` four words of the schedule plus K.
pub(super) fn sha1_rounds(f: fn(u32, u32, u32) -> u32, x: u128, y: u128, w: u128) -> u128 {
    let ([mut a, mut b, mut c, mut d], [mut e, ..]) = (words(x), words(y));
    for w in words(w) {
        let t = e.wrapping_add(a.rotate_left(5)).wrapping_add(f(b, c, d)).wrapping_add(w);
        (a, b, c, d, e) = (t, a, b.rotate_left(30), c, d);
    }
    vector([a, b, c, d])
}

/// SHA1H.
pub(super) fn sha1h(a: u128) -> u128 {
    u128::from(words(a)[0].rotate_left(30))
}

/// SHA1SU0.
pub(super) fn sha1su0(a: u128, b: u128, c: u128) -> u128 {
    (b << 64 | a >> 64) ^ a ^ c
}

/// SHA1SU1.
pub(super) fn sha1su1(a: u128, b: u128) -> u128 {
    let t = words(a ^ b >> 32);
    let mut r = t.map(|w| w.rotate_left(1));
    r[3] ^= t[0].rotate_left(2);
    vector(r)
}

/// SHA256H, SHA256H2: `x` is a, b, c, d; `y` is e, f, g, h; both after four rounds.
pub(super) fn sha256_rounds(x: u128, y: u128, w: u128) -> (u128, u128) {
    let ([mut a, mut b, mut c, mut d], [mut e, mut f, mut g, mut h]) = (words(x), words(y));
    for w in words(w) {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let t1 = h.wrapping_add(s1).wrapping_add(choose(e, f, g)).wrapping_add(w);
        let t2 = s0.wrapping_add(majority(a, b, c));
        (a, b, c, d, e, f, g, h) = (t1.wrapping_add(t2), a, b, c, d.wrapping_add(t1), e, f, g);
    }
    (vector([a, b, c, d]), vector([e, f, g, h]))
}

/// SHA256SU0.
pub(super) fn sha256su0(a: u128, b: u128) -> u128 {
    let (a, next) = (words(a), words(b << 96 | a >> 32));
    let sigma0 = |w: u32| w.rotate_right(7) ^ w.rotate_right(18) ^ w >> 3;
    vector(std::array::from_fn(|i| a[i].wrapping_add(sigma0(next[i]))))
}

/// SHA256SU1.
pub(super) fn sha256su1(a: u128, b: u128, c: u128) -> u128 {
    let (a, t, last) = (words(a), words(c << 96 | b >> 32), words(c));
    let sigma1 = |w: u32| w.rotate_right(17) ^ w.rotate_right(19) ^ w >> 10;
    let mut r: Words = [0; 4];
    for i in 0..4 {
        let two_back = if i < 2 { last[i + 2] } else { r[i - 2] };
        r[i] = a[i].wrapping_add(t[i]).wrapping_add(sigma1(two_back));
    }
    vector(r)
}

/// The low and high 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is asked for")]
fn halves(q: u128) -> (u64, u64) {
    (q as u64, (q >> 64) as u64)
}

fn join(lo: u64, hi: u64) -> u128 {
    u128::from(hi) << 64 | u128::from(lo)
}

/// SHA512H.
pub(super) fn sha512h(w: u128, x: u128, y: u128) -> u128 {
    let ((w0, w1), (x0, x1), (y0, y1)) = (halves(w), halves(x), halves(y));
    let sigma = |v: u64| v.rotate_right(14) ^ v.rotate_right(18) ^ v.rotate_right(41);
    let hi = w1.wrapping_add(y1 & x0 ^ !y1 & x1).wrapping_add(sigma(y1));
    let t = hi.wrapping_add(y0);
    let lo = w0.wrapping_add(t & y1 ^ !t & x0).wrapping_add(sigma(t));
    join(lo, hi)
}

/// SHA512H2.
pub(super) fn sha512h2(w: u128, x: u128, y: u128) -> u128 {
    let ((w0, w1), (x0, _), (y0, y1)) = (halves(w), halves(x), halves(y));
    let sigma = |v: u64| v.rotate_right(28) ^ v.rotate_right(34) ^ v.rotate_right(39);
    let hi = w1.wrapping_add(x0 & y1 ^ x0 & y0 ^ y1 & y0).wrapping_add(sigma(y0));
    let lo = w0.wrapping_add(hi & y0 ^ hi & y1 ^ y1 & y0).wrapping_add(sigma(hi));
    join(lo, hi)
}

/// SHA512SU0.
pub(super) fn sha512su0(w: u128, x: u128) -> u128 {
    let ((w0, w1), (x0, _)) = (halves(w), halves(x));
    let sigma = |v: u64| v.rotate_right(1) ^ v.rotate_right(8) ^ v >> 7;
    join(w0.wrapping_add(sigma(w1)), w1.wrapping_add(sigma(x0)))
}

/// SHA512SU1.
pub(super) fn sha512su1(w: u128, x: u128, y: u128) -> u128 {
    let ((w0, w1), (x0, x1), (y0, y1)) = (halves(w), halves(x), halves(y));
    let sigma = |v: u64| v.rotate_right(19) ^ v.rotate_right(61) ^ v >> 6;
    join(w0.wrapping_add(sigma(x0)).wrapping_add(y0), w1.wrapping_add(sigma(x1)).wrapping_add(y1))
}

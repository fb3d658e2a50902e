//! Whole algorithms made of the instructions, as guests use them, against published vectors.

use super::*;

fn op(op: Crypto, a: &[u128], imm: u64) -> u128 {
    let mut operands = [0; 3];
    operands[..a.len()].copy_from_slice(a);
    run(op, operands, imm)
}

fn hex(s: &str) -> u128 {
    u128::from_str_radix(s, 16).unwrap().swap_bytes()
}

fn add(a: u128, b: u128) -> u128 {
    let (a, b) = (words(a), words(b));
    vector(std::array::from_fn(|i| a[i].wrapping_add(b[i])))
}

/// The one block of the message "abc", in words of `N` bytes, big-endian.
fn block<const N: usize>() -> [u64; 16] {
    let mut w = [0; 16];
    w[0] = 0x6162_6380 << (8 * (N - 4));
    w[15] = 24;
    w
}

fn block32() -> Vec<u128> {
    let w = block::<4>().map(|w| u32::try_from(w).unwrap());
    w.chunks(4).map(|c| vector([c[0], c[1], c[2], c[3]])).collect()
}

/// FIPS 197, appendix C.1.
#[test]
fn aes_128() {
    let mut keys = vec![hex("000102030405060708090a0b0c0d0e0f")];
    let mut rcon = 1u32;
    for _ in 0..10 {
        let mut k = words(keys[keys.len() - 1]);
        // SubWord(RotWord(w)) by AESE of a state of four equal columns, which ShiftRows keeps.
        let sub = words(op(Crypto::AesE, &[vector([k[3].rotate_right(8); 4])], 0))[0];
        k[0] ^= sub ^ rcon;
        for i in 1..4 {
            k[i] ^= k[i - 1];
        }
        keys.push(vector(k));
        rcon = if rcon == 0x80 { 0x1b } else { rcon << 1 };
    }
    let plain = hex("00112233445566778899aabbccddeeff");
    let mut s = plain;
    for (n, &key) in keys[..10].iter().enumerate() {
        s = op(Crypto::AesE, &[s, key], 0);
        s = if n < 9 { op(Crypto::AesMc, &[s], 0) } else { s ^ keys[10] };
    }
    assert_eq!(s, hex("69c4e0d86a7b0430d8cdb78070b4c55a"));
    s = op(Crypto::AesD, &[s, keys[10]], 0);
    for &key in keys[1..10].iter().rev() {
        s = op(Crypto::AesImc, &[s], 0);
        s = op(Crypto::AesD, &[s, op(Crypto::AesImc, &[key], 0)], 0);
    }
    assert_eq!(s ^ keys[0], plain);
}

#[test]
fn sha1() {
    const K: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];
    const F: [Crypto; 4] = [Crypto::Sha1C, Crypto::Sha1P, Crypto::Sha1M, Crypto::Sha1P];
    let init = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let (mut abcd, mut e, mut w) = (vector(init), 0xc3d2_e1f0, block32());
    for n in 0..20 {
        if n >= 4 {
            let t = op(Crypto::Sha1Su0, &[w[n - 4], w[n - 3], w[n - 2]], 0);
            w.push(op(Crypto::Sha1Su1, &[t, w[n - 1]], 0));
        }
        let next = op(Crypto::Sha1H, &[abcd], 0);
        abcd = op(F[n / 5], &[abcd, e, add(w[n], vector([K[n / 5]; 4]))], 0);
        e = next;
    }
    assert_eq!(words(add(abcd, vector(init))), [0xa999_3e36, 0x4706_816a, 0xba3e_2571, 0x7850_c26c]);
    assert_eq!(words(e)[0].wrapping_add(0xc3d2_e1f0), 0x9cd0_d89d);
}

/// The first `bits` bits of the fractional parts of the roots of the first primes, from which
/// FIPS 180-4 takes its constants: the largest integer whose power is at most the prime, scaled.
fn root_fractions(count: usize, power: u32, bits: u32) -> Vec<u64> {
    let prime = |n: &u64| (2..*n).all(|d| !n.is_multiple_of(d));
    (2..)
        .filter(prime)
        .take(count)
        .map(|p| {
            let (mut lo, mut hi) = (0u128, 32 << bits);
            while hi - lo > 1 {
                let mid = (lo + hi) / 2;
                if at_most(mid, power, p, bits * power) { lo = mid } else { hi = mid }
            }
            u64::try_from(lo & ((1 << bits) - 1)).unwrap()
        })
        .collect()
}

/// Whether `x` to the `power` is at most `p << shift`, in long arithmetic of 32-bit digits.
fn at_most(x: u128, power: u32, p: u64, shift: u32) -> bool {
    let digits = words(x);
    let mut r = vec![1u64];
    for _ in 0..power {
        let mut next = vec![0u64; r.len() + 5];
        for (i, &a) in r.iter().enumerate() {
            let mut carry = 0;
            for j in 0..5 {
                let b = u64::from(digits.get(j).copied().unwrap_or(0));
                let t = a * b + next[i + j] + carry;
                (next[i + j], carry) = (t & 0xffff_ffff, t >> 32);
            }
        }
        r = next;
    }
    let mut bound = vec![0u64; r.len()];
    bound[shift as usize / 32] = p << (shift % 32) & 0xffff_ffff;
    bound[shift as usize / 32 + 1] = p << (shift % 32) >> 32;
    r.iter().rev().le(bound.iter().rev())
}

#[test]
fn sha256() {
    let k: Vec<u32> = root_fractions(64, 3, 32).into_iter().map(|k| u32::try_from(k).unwrap()).collect();
    let h: Vec<u32> = root_fractions(8, 2, 32).into_iter().map(|k| u32::try_from(k).unwrap()).collect();
    let quad = |v: &[u32], n: usize| vector([v[n], v[n + 1], v[n + 2], v[n + 3]]);
    let (mut abcd, mut efgh, mut w) = (quad(&h, 0), quad(&h, 4), block32());
    for n in 0..16 {
        if n >= 4 {
            let t = op(Crypto::Sha256Su0, &[w[n - 4], w[n - 3]], 0);
            w.push(op(Crypto::Sha256Su1, &[t, w[n - 2], w[n - 1]], 0));
        }
        let wk = add(w[n], quad(&k, 4 * n));
        let old = abcd;
        abcd = op(Crypto::Sha256H, &[abcd, efgh, wk], 0);
        efgh = op(Crypto::Sha256H2, &[efgh, old, wk], 0);
    }
    assert_eq!(words(add(abcd, quad(&h, 0))), [0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223]);
    assert_eq!(words(add(efgh, quad(&h, 4))), [0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad]);
}

#[test]
fn sha512() {
    let add = |a: u128, b: u128| {
        let hi = (a >> 64).wrapping_add(b >> 64) << 64;
        hi | a.wrapping_add(b) & u128::from(u64::MAX)
    };
    let pair = |v: &[u64], n: usize| u128::from(v[n + 1]) << 64 | u128::from(v[n]);
    let ext = |a: u128, b: u128| b << 64 | a >> 64;
    let (k, h) = (root_fractions(80, 3, 64), root_fractions(8, 2, 64));
    let mut w: Vec<u128> = (0..8).map(|n| pair(&block::<8>(), 2 * n)).collect();
    let [mut ab, mut cd, mut ef, mut gh] = [0, 2, 4, 6].map(|n| pair(&h, n));
    for n in 0..40 {
        if n >= 8 {
            let t = op(Crypto::Sha512Su0, &[w[n - 8], w[n - 7]], 0);
            w.push(op(Crypto::Sha512Su1, &[t, w[n - 1], ext(w[n - 4], w[n - 3])], 0));
        }
        let wk = add(w[n], pair(&k, 2 * n));
        let t1 = op(Crypto::Sha512H, &[add(gh, ext(wk, wk)), ext(ef, gh), ext(cd, ef)], 0);
        let new = op(Crypto::Sha512H2, &[t1, cd, ab], 0);
        (ab, cd, ef, gh) = (new, ab, add(cd, t1), ef);
    }
    let sum = [ab, cd, ef, gh].into_iter().zip([0, 2, 4, 6]).map(|(s, n)| add(s, pair(&h, n)));
    let want = [
        0xcc41_7349_ae20_4131_ddaf_35a1_9361_7aba,
        0x0a9e_eee6_4b55_d39a_12e6_fa4e_89a9_7ea2,
        0x36ba_3c23_a3fe_ebbd_2192_992a_274f_c1a8,
        0x2a9a_c94f_a54c_a49f_454d_4423_643c_e80e,
    ];
    assert_eq!(sum.collect::<Vec<_>>(), want);
}

/// GB/T 32905, appendix A.1, the message "abc".
#[test]
fn sm3() {
    let init = [
        0x7380_166f,
        0x4914_b2b9,
        0x1724_42d7,
        0xda8a_0600,
        0xa96f_30bc,
        0x1631_38aa,
        0xe38d_ee4d,
        0xb0fb_0e4e,
    ];
    let mut w: Vec<u32> = block::<4>().iter().map(|&w| u32::try_from(w).unwrap()).collect();
    let quad = |w: &[u32], n: usize| vector([w[n], w[n + 1], w[n + 2], w[n + 3]]);
    while w.len() < 68 {
        let n = w.len();
        let t = op(Crypto::Sm3PartW1, &[quad(&w, n - 16), quad(&w, n - 9), quad(&w, n - 4)], 0);
        w.extend(words(op(Crypto::Sm3PartW2, &[t, quad(&w, n - 6), quad(&w, n - 13)], 0)));
    }
    // Vectors hold their first word at the top.
    let top = |v: [u32; 4]| vector([v[3], v[2], v[1], v[0]]);
    let mut abcd = top([init[0], init[1], init[2], init[3]]);
    let mut efgh = top([init[4], init[5], init[6], init[7]]);
    for j in 0..64usize {
        let t: u32 = if j < 16 { 0x79cc_4519 } else { 0x7a87_9d8a };
        let t = t.rotate_left(u32::try_from(j % 32).unwrap());
        let ss1 = op(Crypto::Sm3Ss1, &[abcd, efgh, vector([0, 0, 0, t])], 0);
        let (wj, prime) = (vector([w[j]; 4]), vector([w[j] ^ w[j + 4]; 4]));
        let (f, g) =
            if j < 16 { (Crypto::Sm3Tt1A, Crypto::Sm3Tt2A) } else { (Crypto::Sm3Tt1B, Crypto::Sm3Tt2B) };
        abcd = op(f, &[abcd, ss1, prime], 2);
        efgh = op(g, &[efgh, ss1, wj], 1);
    }
    let digest: Vec<u32> = words(abcd).into_iter().rev().chain(words(efgh).into_iter().rev()).collect();
    let digest: Vec<u32> = digest.iter().zip(init).map(|(a, b)| a ^ b).collect();
    let want = [
        0x66c7_f0f4,
        0x62ee_edd9,
        0xd1f2_d46b,
        0xdc10_e4e2,
        0x4167_c487,
        0x5cf2_f7a2,
        0x297d_a02b,
        0x8f4b_a8e0,
    ];
    assert_eq!(digest, want);
}

/// GB/T 32907, appendix A.1.
#[test]
fn sm4() {
    let key = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128;
    let order = |q: u128| {
        vector({
            let w = words(q);
            [w[3], w[2], w[1], w[0]]
        })
    };
    let fk = vector([0xa3b1_bac6, 0x56aa_3350, 0x677d_9197, 0xb270_22dc]);
    let mut k = order(key) ^ fk;
    let mut x = order(key);
    for n in 0..8u32 {
        let ck = |i: u32| (0..4).fold(0, |r, j| r << 8 | ((4 * (4 * n + i) + j) * 7) & 0xff);
        k = op(Crypto::Sm4EKey, &[k, vector([ck(0), ck(1), ck(2), ck(3)])], 0);
        x = op(Crypto::Sm4E, &[x, k], 0);
    }
    assert_eq!(x, 0x681e_df34_d206_965e_86b3_e94f_536e_4246);
}

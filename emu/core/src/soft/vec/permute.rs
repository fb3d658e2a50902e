//! Lanes moved, combined with their neighbours or folded to one: Arm ARM C7.2, "permute",
//! "table lookup", "extract", "across lanes" and the pairwise operations.

#![expect(
    clippy::cast_sign_loss,
    clippy::unnecessary_cast,
    reason = "two's complement arithmetic at several widths, of which the widest needs no cast"
)]

use super::lanes::{by_lane, join, split};
use crate::emit::Lane;
use bytemuck::Pod;

/// Lanes in reverse order within groups of `1 << log2` bytes.
pub(super) fn rev(l: Lane, log2: u32, a: u128) -> u128 {
    by_lane!(l, {
        let x = split::<U, N>(a);
        let flip = ((1 << log2) / size_of::<U>()).wrapping_sub(1) & (N - 1);
        let mut r: [U; N] = [0; N];
        for i in 0..N {
            r[i] = x[i ^ flip];
        }
        join(r)
    })
}

#[inline(always)]
fn pairs<T: Pod, const N: usize>(a: u128, b: u128, f: impl Fn(T, T) -> T) -> u128 {
    let (x, y) = (split::<T, N>(a), split::<T, N>(b));
    let mut r = x;
    for i in 0..N / 2 {
        r[i] = f(x[2 * i], x[2 * i + 1]);
        r[N / 2 + i] = f(y[2 * i], y[2 * i + 1]);
    }
    join(r)
}

pub(super) fn addp(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pairs::<U, N>(a, b, U::wrapping_add))
}
pub(super) fn smaxp(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pairs::<S, N>(a, b, Ord::max))
}
pub(super) fn sminp(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pairs::<S, N>(a, b, Ord::min))
}
pub(super) fn umaxp(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pairs::<U, N>(a, b, Ord::max))
}
pub(super) fn uminp(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pairs::<U, N>(a, b, Ord::min))
}

/// Sums of adjacent lanes, each of twice the size, signed.
pub(super) fn saddlp(l: Lane, a: u128) -> u128 {
    by_lane!(l, {
        let x = split::<S, N>(a);
        let mut r: [DS; H] = [0; H];
        for i in 0..H {
            r[i] = x[2 * i] as DS + x[2 * i + 1] as DS;
        }
        join(r)
    })
}

/// The same, unsigned.
pub(super) fn uaddlp(l: Lane, a: u128) -> u128 {
    by_lane!(l, {
        let x = split::<U, N>(a);
        let mut r: [DU; H] = [0; H];
        for i in 0..H {
            r[i] = x[2 * i] as DU + x[2 * i + 1] as DU;
        }
        join(r)
    })
}

pub(super) fn addv(l: Lane, a: u128) -> u128 {
    by_lane!(l, split::<U, N>(a).into_iter().fold(0, U::wrapping_add) as u128)
}
pub(super) fn smaxv(l: Lane, a: u128) -> u128 {
    by_lane!(l, split::<S, N>(a).into_iter().fold(S::MIN, Ord::max) as U as u128)
}
pub(super) fn sminv(l: Lane, a: u128) -> u128 {
    by_lane!(l, split::<S, N>(a).into_iter().fold(S::MAX, Ord::min) as U as u128)
}
pub(super) fn umaxv(l: Lane, a: u128) -> u128 {
    by_lane!(l, split::<U, N>(a).into_iter().fold(U::MIN, Ord::max) as u128)
}
pub(super) fn uminv(l: Lane, a: u128) -> u128 {
    by_lane!(l, split::<U, N>(a).into_iter().fold(U::MAX, Ord::min) as u128)
}
pub(super) fn saddlv(l: Lane, a: u128) -> u128 {
    by_lane!(l, split::<S, N>(a).into_iter().map(|x| x as DS).sum::<DS>() as DU as u128)
}
pub(super) fn uaddlv(l: Lane, a: u128) -> u128 {
    by_lane!(l, split::<U, N>(a).into_iter().map(|x| x as DU).sum::<DU>() as u128)
}

/// Result lane `i` is lane `from(i).1` of `b` (true) or `a`.
#[inline(always)]
fn pick<T: Pod, const N: usize>(a: u128, b: u128, from: impl Fn(usize) -> (bool, usize)) -> u128 {
    let (x, y) = (split::<T, N>(a), split::<T, N>(b));
    let mut r = x;
    for (i, lane) in r.iter_mut().enumerate() {
        let (second, n) = from(i);
        *lane = if second { y[n] } else { x[n] };
    }
    join(r)
}

pub(super) fn zip1(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pick::<U, N>(a, b, |i| (i % 2 == 1, i / 2)))
}
pub(super) fn zip2(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pick::<U, N>(a, b, |i| (i % 2 == 1, H + i / 2)))
}
pub(super) fn uzp1(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pick::<U, N>(a, b, |i| (i >= H, 2 * i % N)))
}
pub(super) fn uzp2(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pick::<U, N>(a, b, |i| (i >= H, 2 * i % N + 1)))
}
pub(super) fn trn1(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pick::<U, N>(a, b, |i| (i % 2 == 1, i & !1)))
}
pub(super) fn trn2(l: Lane, a: u128, b: u128) -> u128 {
    by_lane!(l, pick::<U, N>(a, b, |i| (i % 2 == 1, i | 1)))
}

/// Bytes of `table` by `index`; those of `default` where the index is over 15.
pub(super) fn tbx(default: u128, table: u128, index: u128) -> u128 {
    let (mut r, t, x) = (default.to_le_bytes(), table.to_le_bytes(), index.to_le_bytes());
    for i in 0..16 {
        let byte = t[usize::from(x[i] & 15)];
        r[i] = if x[i] < 16 { byte } else { r[i] };
    }
    u128::from_le_bytes(r)
}

/// 16 bytes from byte `n` (0..16) of `b:a`.
pub(super) fn ext(a: u128, b: u128, n: u32) -> u128 {
    let bits = 8 * (n & 15);
    (a >> bits) | b.unbounded_shl(128 - bits)
}

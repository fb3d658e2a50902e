//! Lanes moved: Arm ARM C7.2, "permute", "table lookup", "extract".

use bytemuck::Pod;

use super::lanes::{by_lane, join, split};
use crate::emit::Lane;

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

//! Sums, products, comparisons: Arm ARM C7.2, the integer operations of "three same" and
//! "two-register miscellaneous".

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "two's complement arithmetic at several widths is the purpose"
)]

use super::lanes::{join, lanewise, split};

lanewise! {
    same fn add(x: U, y: U) -> U { x.wrapping_add(y) }
    same fn sub(x: U, y: U) -> U { x.wrapping_sub(y) }
    same fn mul(x: U, y: U) -> U { x.wrapping_mul(y) }
    same fn shadd(x: S, y: S) -> S { (x & y) + ((x ^ y) >> 1) }
    same fn uhadd(x: U, y: U) -> U { (x & y) + ((x ^ y) >> 1) }
    same fn shsub(x: S, y: S) -> S { ((x as DS - y as DS) >> 1) as S }
    same fn uhsub(x: U, y: U) -> U { ((x as DU).wrapping_sub(y as DU) >> 1) as U }
    same fn srhadd(x: S, y: S) -> S { (x | y) - ((x ^ y) >> 1) }
    same fn urhadd(x: U, y: U) -> U { (x | y) - ((x ^ y) >> 1) }
    same fn smax(x: S, y: S) -> S { x.max(y) }
    same fn smin(x: S, y: S) -> S { x.min(y) }
    same fn umax(x: U, y: U) -> U { x.max(y) }
    same fn umin(x: U, y: U) -> U { x.min(y) }
    same fn sabd(x: S, y: S) -> U { x.abs_diff(y) }
    same fn uabd(x: U, y: U) -> U { x.abs_diff(y) }

    same fn cmgt(x: S, y: S) -> U { if x > y { U::MAX } else { 0 } }
    same fn cmge(x: S, y: S) -> U { if x >= y { U::MAX } else { 0 } }
    same fn cmhi(x: U, y: U) -> U { if x > y { U::MAX } else { 0 } }
    same fn cmhs(x: U, y: U) -> U { if x >= y { U::MAX } else { 0 } }
    same fn cmeq(x: U, y: U) -> U { if x == y { U::MAX } else { 0 } }
    same fn cmtst(x: U, y: U) -> U { if x & y != 0 { U::MAX } else { 0 } }
    same fn cmgt0(x: S) -> U { if x > 0 { U::MAX } else { 0 } }
    same fn cmge0(x: S) -> U { if x >= 0 { U::MAX } else { 0 } }
    same fn cmeq0(x: U) -> U { if x == 0 { U::MAX } else { 0 } }
    same fn cmle0(x: S) -> U { if x <= 0 { U::MAX } else { 0 } }
    same fn cmlt0(x: S) -> U { if x < 0 { U::MAX } else { 0 } }

    same fn cls(x: U) -> U { (x ^ (((x as S) >> 1) as U)).leading_zeros() as U - 1 }
    same fn clz(x: U) -> U { x.leading_zeros() as U }
    same fn cnt(x: U) -> U { x.count_ones() as U }
    same fn rbit(x: U) -> U { x.reverse_bits() }
    same fn abs(x: S) -> S { x.wrapping_abs() }
    same fn neg(x: U) -> U { x.wrapping_neg() }

    same fn sqadd(x: S, y: S; sat qc) -> S {
        let r = x.saturating_add(y);
        qc |= r != x.wrapping_add(y);
        r
    }
    same fn uqadd(x: U, y: U; sat qc) -> U {
        let r = x.saturating_add(y);
        qc |= r != x.wrapping_add(y);
        r
    }
    same fn sqsub(x: S, y: S; sat qc) -> S {
        let r = x.saturating_sub(y);
        qc |= r != x.wrapping_sub(y);
        r
    }
    same fn uqsub(x: U, y: U; sat qc) -> U {
        let r = x.saturating_sub(y);
        qc |= r != x.wrapping_sub(y);
        r
    }
    same fn suqadd(x: S, y: U; sat qc) -> S {
        let r = x.saturating_add_unsigned(y);
        qc |= r != x.wrapping_add_unsigned(y);
        r
    }
    same fn usqadd(x: U, y: S; sat qc) -> U {
        let r = x.saturating_add_signed(y);
        qc |= r != x.wrapping_add_signed(y);
        r
    }
    same fn sqabs(x: S; sat qc) -> S {
        qc |= x == S::MIN;
        x.saturating_abs()
    }
    same fn sqneg(x: S; sat qc) -> S {
        qc |= x == S::MIN;
        x.saturating_neg()
    }
    same fn sqdmulh(x: S, y: S; sat qc) -> S {
        let high = (x as DS * y as DS) >> (BITS - 1);
        let sat = high > S::MAX as DS;
        qc |= sat;
        if sat { S::MAX } else { high as S }
    }
    same fn sqrdmulh(x: S, y: S; sat qc) -> S {
        let high = (x as DS * y as DS + (1 << (BITS - 2))) >> (BITS - 1);
        let sat = high > S::MAX as DS;
        qc |= sat;
        if sat { S::MAX } else { high as S }
    }
    // The manual adds 2xy and a rounding constant to a shifted by the lane size; everything is
    // halved here, which changes no result and cannot overflow the double lane.
    same fn sqrdmlah(a: S, x: S, y: S; sat qc) -> S {
        let high = (((a as DS) << (BITS - 1)) + x as DS * y as DS + (1 << (BITS - 2))) >> (BITS - 1);
        let r = high.clamp(S::MIN as DS, S::MAX as DS);
        qc |= r != high;
        r as S
    }
    same fn sqrdmlsh(a: S, x: S, y: S; sat qc) -> S {
        let high = (((a as DS) << (BITS - 1)) - x as DS * y as DS + (1 << (BITS - 2))) >> (BITS - 1);
        let r = high.clamp(S::MIN as DS, S::MAX as DS);
        qc |= r != high;
        r as S
    }
    long fn sqdmull(x: S, y: S; sat qc) -> DS {
        let p = x as DS * y as DS;
        let r = p.saturating_add(p);
        qc |= r != p.wrapping_add(p);
        r
    }

    same fn pmul(x: U, y: U) -> U {
        let mut r = 0;
        for n in 0..BITS {
            r ^= if y >> n & 1 != 0 { x << n } else { 0 };
        }
        r
    }
    long fn pmull(x: U, y: U) -> DU {
        let mut r = 0;
        for n in 0..BITS {
            r ^= if y >> n & 1 != 0 { (x as DU) << n } else { 0 };
        }
        r
    }
}

/// SDOT: `a` plus, in each 32-bit lane, the sum of four products of signed bytes.
pub(super) fn sdot(a: u128, x: u128, y: u128) -> u128 {
    let (mut a, x, y) = (split::<i32, 4>(a), split::<i8, 16>(x), split::<i8, 16>(y));
    for i in 0..16 {
        a[i / 4] = a[i / 4].wrapping_add(i32::from(x[i]) * i32::from(y[i]));
    }
    join(a)
}

/// UDOT: the same of unsigned bytes.
pub(super) fn udot(a: u128, x: u128, y: u128) -> u128 {
    let (mut a, x, y) = (split::<u32, 4>(a), split::<u8, 16>(x), split::<u8, 16>(y));
    for i in 0..16 {
        a[i / 4] = a[i / 4].wrapping_add(u32::from(x[i]) * u32::from(y[i]));
    }
    join(a)
}

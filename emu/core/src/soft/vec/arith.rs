//! Products and saturating arithmetic: Arm ARM C7.2, integer operations of "three same", "three
//! different" and "two-register miscellaneous".

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "two's complement arithmetic at several widths is the purpose"
)]

use super::lanes::{join, lanewise, low, split};

lanewise! {
    same fn mul(x: U, y: U) -> U { x.wrapping_mul(y) }
    same fn cls(x: U) -> U { (x ^ (((x as S) >> 1) as U)).leading_zeros() as U - 1 }
    same fn clz(x: U) -> U { x.leading_zeros() as U }

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

/// PMULL of doublewords: four bits of `y` at a time.
pub(super) fn pmull_d(x: u128, y: u128) -> u128 {
    let (x, y) = (u128::from(low(x)), low(y));
    let mut multiples = [0; 16];
    for n in 1..16 {
        multiples[n] = multiples[n / 2] << 1 ^ if n % 2 == 1 { x } else { 0 };
    }
    (0..16).rev().fold(0, |r, n| r << 4 ^ multiples[(y >> (4 * n) & 15) as usize])
}

//! Saturating shifts, saturating narrowing and shifts by a register: Arm ARM C7.2.
//!
//! Rounding right shifts add the last bit shifted out instead of a constant before the shift: the
//! same result without a wider lane. Rounding ones by an immediate are given 1..=lane bits.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "two's complement arithmetic at several widths is the purpose"
)]

use super::lanes::lanewise;

lanewise! {
    same fn sqshl_imm(x: S; imm n; sat qc) -> S {
        let r = x.unbounded_shl(n);
        let sat = r.unbounded_shr(n) != x;
        qc |= sat;
        if !sat { r } else if x < 0 { S::MIN } else { S::MAX }
    }
    same fn uqshl_imm(x: U; imm n; sat qc) -> U {
        let r = x.unbounded_shl(n);
        let sat = r.unbounded_shr(n) != x;
        qc |= sat;
        if sat { U::MAX } else { r }
    }
    same fn sqshlu_imm(x: S; imm n; sat qc) -> U {
        let r = (x as U).unbounded_shl(n);
        let sat = x < 0 || r.unbounded_shr(n) != x as U;
        qc |= sat;
        if !sat { r } else if x < 0 { 0 } else { U::MAX }
    }

    narrow fn sqshrn(x: DS; imm n; sat qc) -> S {
        let wide = x >> n;
        let r = wide.clamp(S::MIN as DS, S::MAX as DS);
        qc |= r != wide;
        r as S
    }
    narrow fn uqshrn(x: DU; imm n; sat qc) -> U {
        let wide = x >> n;
        let r = wide.min(U::MAX as DU);
        qc |= r != wide;
        r as U
    }
    narrow fn sqshrun(x: DS; imm n; sat qc) -> U {
        let wide = x >> n;
        let r = wide.clamp(0, U::MAX as DS);
        qc |= r != wide;
        r as U
    }
    narrow fn sqrshrn(x: DS; imm n; sat qc) -> S {
        let wide = (x >> n) + ((x >> (n - 1)) & 1);
        let r = wide.clamp(S::MIN as DS, S::MAX as DS);
        qc |= r != wide;
        r as S
    }
    narrow fn uqrshrn(x: DU; imm n; sat qc) -> U {
        let wide = (x >> n) + ((x >> (n - 1)) & 1);
        let r = wide.min(U::MAX as DU);
        qc |= r != wide;
        r as U
    }
    narrow fn sqrshrun(x: DS; imm n; sat qc) -> U {
        let wide = (x >> n) + ((x >> (n - 1)) & 1);
        let r = wide.clamp(0, U::MAX as DS);
        qc |= r != wide;
        r as U
    }

    // Register shifts: the amount is the signed low byte of y.
    same fn sshl(x: S, y: S) -> S {
        let n = u32::from((y as i8).unsigned_abs());
        if (y as i8) >= 0 { x.unbounded_shl(n) } else { x.unbounded_shr(n) }
    }
    same fn ushl(x: U, y: U) -> U {
        let n = u32::from((y as i8).unsigned_abs());
        if (y as i8) >= 0 { x.unbounded_shl(n) } else { x.unbounded_shr(n) }
    }
    same fn srshl(x: S, y: S) -> S {
        let n = u32::from((y as i8).unsigned_abs());
        if (y as i8) >= 0 { x.unbounded_shl(n) } else { x.unbounded_shr(n).wrapping_add(x.unbounded_shr(n - 1) & 1) }
    }
    same fn urshl(x: U, y: U) -> U {
        let n = u32::from((y as i8).unsigned_abs());
        if (y as i8) >= 0 { x.unbounded_shl(n) } else { x.unbounded_shr(n) + (x.unbounded_shr(n - 1) & 1) }
    }
    same fn sqshl(x: S, y: S; sat qc) -> S {
        let n = u32::from((y as i8).unsigned_abs());
        let left = x.unbounded_shl(n);
        let sat = (y as i8) >= 0 && left.unbounded_shr(n) != x;
        qc |= sat;
        if sat { if x < 0 { S::MIN } else { S::MAX } } else if (y as i8) >= 0 { left } else { x.unbounded_shr(n) }
    }
    same fn uqshl(x: U, y: U; sat qc) -> U {
        let n = u32::from((y as i8).unsigned_abs());
        let left = x.unbounded_shl(n);
        let sat = (y as i8) >= 0 && left.unbounded_shr(n) != x;
        qc |= sat;
        if sat { U::MAX } else if (y as i8) >= 0 { left } else { x.unbounded_shr(n) }
    }
    same fn sqrshl(x: S, y: S; sat qc) -> S {
        let n = u32::from((y as i8).unsigned_abs());
        let left = x.unbounded_shl(n);
        let sat = (y as i8) >= 0 && left.unbounded_shr(n) != x;
        qc |= sat;
        if sat {
            if x < 0 { S::MIN } else { S::MAX }
        } else if (y as i8) >= 0 {
            left
        } else {
            x.unbounded_shr(n).wrapping_add(x.unbounded_shr(n - 1) & 1)
        }
    }
    same fn uqrshl(x: U, y: U; sat qc) -> U {
        let n = u32::from((y as i8).unsigned_abs());
        let left = x.unbounded_shl(n);
        let sat = (y as i8) >= 0 && left.unbounded_shr(n) != x;
        qc |= sat;
        if sat {
            U::MAX
        } else if (y as i8) >= 0 {
            left
        } else {
            x.unbounded_shr(n) + (x.unbounded_shr(n - 1) & 1)
        }
    }
}

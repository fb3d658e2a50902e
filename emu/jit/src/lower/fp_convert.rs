//! Floating-point conversions: between formats, to and from integers, to integral values.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder as _, Type, Value, types};
use innkeeper_core::emit::obj::{Uop, V as VId};
use innkeeper_core::emit::{FCvt, FSize, QF1, Rounding};

use super::Lower;
use super::fp::{Check, Inexact, Shape};
use super::value::{Q, V};

/// `2^n`, for exponents of normal numbers.
fn power(n: i32) -> f64 {
    f64::from_bits(u64::from((1023 + n).unsigned_abs()) << 52)
}

impl Lower<'_, '_> {
    /// A conversion of a single value; none if the host cannot do it.
    pub(super) fn convert_scalar(&mut self, uop: Uop, op: FCvt, a: VId) -> Option<V> {
        if !self.mode.plain_fp() {
            return None;
        }
        match op {
            FCvt::Format { from: FSize::S, to: FSize::D } => {
                let a = self.float(types::F32, a);
                let r = self.b.ins().fpromote(types::F64, a);
                let sh = Shape::single(FSize::D)?;
                Some(V::float(self.unless_nan(uop, sh, r, r)))
            }
            FCvt::Format { from: FSize::D, to: FSize::S } => {
                let a = self.float(types::F64, a);
                Some(V::float(self.demote(uop, a)?))
            }
            FCvt::ToInt { from, bits: bits @ (32 | 64), signed, rounding, fbits } => {
                let sh = Shape::single(from)?;
                let a = self.float(sh.float, a);
                let v = self.scaled(sh, a, i32::from(fbits));
                let r = self.as_integer(uop, sh, v, bits, signed, rounding)?;
                Some(if bits == 32 { V::low(r) } else { V::full(r) })
            }
            FCvt::FromInt { to, bits: bits @ (32 | 64), signed, fbits } => {
                let sh = Shape::single(to)?;
                let a = if bits == 32 { self.v32(a) } else { self.v64(a) };
                Some(V::float(self.of_integer(uop, sh, a, signed, fbits)))
            }
            _ => None,
        }
    }

    /// Conversions between numbers and integers of the lanes' size.
    pub(super) fn convert_vector(&mut self, uop: Uop, op: FCvt, sh: Shape, a: Value) -> Option<Value> {
        if !self.mode.plain_fp() {
            return None;
        }
        let size = sh.format().bits();
        match op {
            FCvt::ToInt { bits, signed, rounding, fbits, .. } if u32::from(bits) == size => {
                let v = self.scaled(sh, a, i32::from(fbits));
                self.as_integer(uop, sh, v, bits, signed, rounding)
            }
            FCvt::FromInt { bits, signed, fbits, .. } if u32::from(bits) == size => {
                let a = self.cast(sh.int, a);
                Some(self.of_integer(uop, sh, a, signed, fbits))
            }
            _ => None,
        }
    }

    /// FCVTL and FCVTN between single and double precision.
    pub(super) fn change_format(&mut self, uop: Uop, s: FSize, a: Value) -> Option<Q> {
        if !self.mode.plain_fp() {
            return None;
        }
        let doubles = Shape::vector(FSize::D, true)?;
        let r = match (uop, s) {
            (Uop::QF1(QF1::Widen, ..), FSize::S) => {
                let a = self.cast(types::F32X4, a);
                let r = self.b.ins().fvpromote_low(a);
                self.unless_nan(uop, doubles, r, r)
            }
            (Uop::QF1(QF1::Narrow { .. }, ..), FSize::D) => {
                let a = self.cast(types::F64X2, a);
                let r = self.b.ins().fvdemote(a);
                self.narrowed(uop, Shape::vector(FSize::S, false)?, r, a)
            }
            _ => return None,
        };
        Some(Q::vec(self.bytes(r)))
    }

    fn demote(&mut self, uop: Uop, a: Value) -> Option<Value> {
        let r = self.b.ins().fdemote(types::F32, a);
        Some(self.narrowed(uop, Shape::single(FSize::S)?, r, a))
    }

    /// `r`, which is `a` in single precision.
    fn narrowed(&mut self, uop: Uop, sh: Shape, r: Value, a: Value) -> Value {
        let bad = self.extreme(sh, r);
        let source = Shape { float: self.type_of(a), ..sh };
        let but = |l: &mut Lower| {
            let zero = l.is_zero(source, a);
            if !sh.float.is_vector() {
                return zero;
            }
            // The masks of the two doubles, side by side as their results are.
            let zero = l.bytes(zero);
            let zero = l.shuffle(zero, zero, [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
            l.cast(sh.int, zero)
        };
        let changed = |l: &mut Lower| {
            let back = l.b.ins().fpromote(types::F64, r);
            l.b.ins().fcmp(FloatCC::NotEqual, back, a)
        };
        let inexact = if sh.float.is_vector() { Inexact::Perhaps } else { Inexact::Where(&changed) };
        self.checked(uop, sh, r, Check { bad: Some(bad), but: Some(&but), inexact })
    }

    /// `r`, unless `a` is a NaN.
    fn unless_nan(&mut self, uop: Uop, sh: Shape, r: Value, a: Value) -> Value {
        let nan = self.b.ins().fcmp(FloatCC::Unordered, a, a);
        self.checked(uop, sh, r, Check { bad: Some(nan), but: None, inexact: Inexact::Never })
    }

    /// `a * 2^n`: exact, except where it overflows.
    fn scaled(&mut self, sh: Shape, a: Value, n: i32) -> Value {
        if n == 0 {
            return a;
        }
        let factor = self.constant(sh.float, power(n));
        self.b.ins().fmul(a, factor)
    }

    /// To an integral value in the same format; none where there is no instruction.
    fn integral(&mut self, sh: Shape, a: Value, rounding: Rounding) -> Option<Value> {
        if !self.host.vectors {
            return None;
        }
        Some(match rounding {
            // What is current is to nearest, or nothing of this is asked.
            Rounding::Even | Rounding::Current => self.b.ins().nearest(a),
            Rounding::Up => self.b.ins().ceil(a),
            Rounding::Down => self.b.ins().floor(a),
            Rounding::Zero => self.b.ins().trunc(a),
            Rounding::Away => {
                // Adds, with the sign of `a`, the largest number below a half: what is exactly half
                // way then rounds up to the next integer, what is nearer to zero stays below it.
                let below_half = if sh.format() == types::F32 {
                    f64::from(0.5f32.next_down())
                } else {
                    0.5f64.next_down()
                };
                let (minus, below_half) =
                    (self.constant(sh.float, -0.0), self.constant(sh.float, below_half));
                let sign = self.b.ins().band(a, minus);
                let signed = self.b.ins().bor(sign, below_half);
                let sum = self.b.ins().fadd(a, signed);
                self.b.ins().trunc(sum)
            }
            Rounding::Odd => return None,
        })
    }

    /// FRINT*.
    pub(super) fn round_int(
        &mut self,
        uop: Uop,
        sh: Shape,
        a: Value,
        rounding: Rounding,
        exact: bool,
    ) -> Option<Value> {
        if !self.mode.plain_fp() {
            return None;
        }
        let r = self.integral(sh, a, rounding)?;
        let nan = self.b.ins().fcmp(FloatCC::Unordered, a, a);
        let changed = |l: &mut Lower| l.b.ins().fcmp(FloatCC::NotEqual, r, a);
        let inexact = if exact { Inexact::Where(&changed) } else { Inexact::Never };
        Some(self.checked(uop, sh, r, Check { bad: Some(nan), but: None, inexact }))
    }

    /// To an integer, where it is in range.
    fn as_integer(
        &mut self,
        uop: Uop,
        sh: Shape,
        a: Value,
        bits: u8,
        signed: bool,
        rounding: Rounding,
    ) -> Option<Value> {
        // The conversion itself goes towards zero.
        let v = if rounding == Rounding::Zero { a } else { self.integral(sh, a, rounding)? };
        let bad = self.outside(sh, v, bits, signed);
        let r = self.truncated(sh, v, bits, signed);
        let changed = |l: &mut Lower| {
            let back = if rounding == Rounding::Zero { l.number(sh, r, signed) } else { v };
            l.b.ins().fcmp(FloatCC::NotEqual, back, a)
        };
        let check = Check { bad: Some(bad), but: None, inexact: Inexact::Where(&changed) };
        Some(self.checked(uop, sh, r, check))
    }

    /// Where `v` is a NaN or beyond the range of the integer: some values at its end are counted as
    /// beyond, and all unsigned ones that are not signed too where only that can be converted.
    fn outside(&mut self, sh: Shape, v: Value, bits: u8, signed: bool) -> Value {
        let exponent = i32::from(bits) - i32::from(signed || bits == 64);
        let limit = self.constant(sh.float, power(exponent));
        if signed {
            let magnitude = self.b.ins().fabs(v);
            let inside = self.b.ins().fcmp(FloatCC::LessThan, magnitude, limit);
            return self.negation(inside);
        }
        let zero = self.constant(sh.float, 0.0);
        let below = self.b.ins().fcmp(FloatCC::LessThan, v, limit);
        let above = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, v, zero);
        let inside = self.b.ins().band(below, above);
        self.negation(inside)
    }

    /// Where a mask or truth does not hold.
    fn negation(&mut self, c: Value) -> Value {
        if self.type_of(c).is_vector() { self.b.ins().bnot(c) } else { self.b.ins().bxor_imm_u(c, 1) }
    }

    /// The integer part of a number in the range of `outside`.
    fn truncated(&mut self, sh: Shape, v: Value, bits: u8, signed: bool) -> Value {
        match sh.float {
            types::F32X4 if signed => self.b.ins().fcvt_to_sint_sat(types::I32X4, v),
            types::F32X4 => self.b.ins().fcvt_to_uint_sat(types::I32X4, v),
            // No vector instruction before AVX-512.
            types::F64X2 => {
                let [low, high] = [0, 1].map(|i| {
                    let lane = self.b.ins().extractlane(v, i);
                    self.b.ins().fcvt_to_sint_sat(types::I64, lane)
                });
                let low = self.b.ins().scalar_to_vector(types::I64X2, low);
                self.b.ins().insertlane(low, high, 1)
            }
            _ if bits == 64 => self.b.ins().fcvt_to_sint_sat(types::I64, v),
            _ if signed => self.b.ins().fcvt_to_sint_sat(types::I32, v),
            _ => {
                let wide = self.b.ins().fcvt_to_sint_sat(types::I64, v);
                self.b.ins().ireduce(types::I32, wide)
            }
        }
    }

    /// Integers as numbers, rounded to nearest.
    fn number(&mut self, sh: Shape, v: Value, signed: bool) -> Value {
        if signed {
            self.b.ins().fcvt_from_sint(sh.float, v)
        } else {
            self.b.ins().fcvt_from_uint(sh.float, v)
        }
    }

    /// From an integer, divided by `2^fbits`.
    fn of_integer(&mut self, uop: Uop, sh: Shape, a: Value, signed: bool, fbits: u8) -> Value {
        let r = self.number(sh, a, signed);
        let r = self.scaled(sh, r, -i32::from(fbits));
        let int = self.type_of(a);
        if int == types::I32 && sh.float == types::F64 {
            return r;
        }
        let (bits, _) = sh.fraction();
        let big = |l: &mut Lower| l.beyond(int, a, signed, bits + 1);
        let check = Check { bad: None, but: None, inexact: Inexact::Where(&big) };
        self.checked(uop, sh, r, check)
    }

    /// Where the magnitude of an integer needs more than `bits` bits.
    fn beyond(&mut self, int: Type, a: Value, signed: bool, bits: i64) -> Value {
        let (most, add) = if signed { (2i64 << bits, 1i64 << bits) } else { (1 << bits, 0) };
        let constant = |l: &mut Self, v: i64| {
            let c = l.b.ins().iconst(int.lane_type(), v);
            if int.is_vector() { l.b.ins().splat(int, c) } else { c }
        };
        let (most, add) = (constant(self, most), constant(self, add));
        let shifted = self.b.ins().iadd(a, add);
        self.b.ins().icmp(IntCC::UnsignedGreaterThan, shifted, most)
    }
}

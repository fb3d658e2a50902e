//! Floating-point arithmetic, extremes and comparisons, of single values and of lanes.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder as _, Type, Value, types};
use innkeeper_core::emit::obj::Uop;
use innkeeper_core::emit::{F1, F2, F3, Lane};

use super::Lower;
use super::fp::{Check, Inexact, Shape, Test};
use super::value::Q;

impl Lower<'_, '_> {
    /// An operation on one value; none if the host cannot do it.
    pub(super) fn f1(&mut self, uop: Uop, op: F1, sh: Shape, a: Value) -> Option<Value> {
        Some(match op {
            F1::Abs => self.b.ins().fabs(a),
            F1::Neg => self.b.ins().fneg(a),
            F1::Sqrt if self.mode.plain_fp() => {
                let r = self.b.ins().sqrt(a);
                let bad = self.extreme(sh, r);
                let but = |l: &mut Lower| l.is_zero(sh, r);
                let changed = |l: &mut Lower| l.differs_from_product(sh, a, [r, r]);
                let inexact = self.where_known(&changed);
                self.checked(uop, sh, r, Check { bad: Some(bad), but: Some(&but), inexact })
            }
            F1::RoundInt { rounding, exact } => return self.round_int(uop, sh, a, rounding, exact),
            _ => return None,
        })
    }

    /// An operation on two values.
    pub(super) fn f2(&mut self, uop: Uop, op: F2, sh: Shape, [a, b]: [Value; 2]) -> Option<Value> {
        if !self.mode.plain_fp() {
            return None;
        }
        match op {
            F2::Add | F2::Sub | F2::AbsDiff => Some(self.sum(uop, op, sh, [a, b])),
            F2::Mul | F2::NMul | F2::MulX | F2::Div => Some(self.product(uop, op, sh, [a, b])),
            F2::Max | F2::MaxNum | F2::Min | F2::MinNum => {
                let r = self.extremum(matches!(op, F2::Max | F2::MaxNum), [a, b]);
                Some(self.ordered(uop, sh, r, [a, b]))
            }
            F2::RecipStep | F2::RsqrtStep => self.step(uop, op == F2::RsqrtStep, sh, [a, b]),
            F2::CmpEq | F2::CmpGe | F2::CmpGt | F2::AbsCmpGe | F2::AbsCmpGt => {
                let r = self.comparison(op, sh, [a, b]);
                Some(self.ordered(uop, sh, r, [a, b]))
            }
        }
    }

    fn sum(&mut self, uop: Uop, op: F2, sh: Shape, [a, b]: [Value; 2]) -> Value {
        let sum = if op == F2::Add { self.b.ins().fadd(a, b) } else { self.b.ins().fsub(a, b) };
        let r = if op == F2::AbsDiff { self.b.ins().fabs(sum) } else { sum };
        let bad = self.extreme(sh, r);
        // A zero sum is exact.
        let but = |l: &mut Lower| l.is_zero(sh, r);
        let changed = |l: &mut Lower| {
            let b = if op == F2::Add { b } else { l.b.ins().fneg(b) };
            l.differs_from_sum(sh, sum, [a, b])
        };
        let inexact = Inexact::Where(&changed);
        self.checked(uop, sh, r, Check { bad: Some(bad), but: Some(&but), inexact })
    }

    /// Products and quotients.
    fn product(&mut self, uop: Uop, op: F2, sh: Shape, [a, b]: [Value; 2]) -> Value {
        let div = op == F2::Div;
        let product = if div { self.b.ins().fdiv(a, b) } else { self.b.ins().fmul(a, b) };
        let r = if op == F2::NMul { self.b.ins().fneg(product) } else { product };
        let bad = self.extreme(sh, r);
        let but = |l: &mut Lower| {
            let (zero, first) = (l.is_zero(sh, r), l.is_zero(sh, a));
            let source = if div {
                first
            } else {
                let second = l.is_zero(sh, b);
                l.b.ins().bor(first, second)
            };
            l.b.ins().band(zero, source)
        };
        let (whole, factors) = if div { (a, [product, b]) } else { (product, [a, b]) };
        let changed = |l: &mut Lower| l.differs_from_product(sh, whole, factors);
        let inexact = self.where_known(&changed);
        self.checked(uop, sh, r, Check { bad: Some(bad), but: Some(&but), inexact })
    }

    /// A fused operation on three values, `a` the addend.
    pub(super) fn f3(&mut self, uop: Uop, op: F3, sh: Shape, [a, b, c]: [Value; 3]) -> Option<Value> {
        if !self.mode.plain_fp() || !self.host.fma {
            return None;
        }
        let negated = |l: &mut Self, v, negate| if negate { l.b.ins().fneg(v) } else { v };
        let a = negated(self, a, matches!(op, F3::NMulAdd | F3::NMulSub));
        let b = negated(self, b, matches!(op, F3::MulSub | F3::NMulAdd));
        let r = self.b.ins().fma(b, c, a);
        let bad = self.extreme(sh, r);
        let but = |l: &mut Lower| {
            let (b, c) = (l.is_zero(sh, b), l.is_zero(sh, c));
            let product = l.b.ins().bor(b, c);
            let (r, a) = (l.is_zero(sh, r), l.is_zero(sh, a));
            let both = l.b.ins().band(r, a);
            l.b.ins().band(both, product)
        };
        // The error of a fused operation is not one number; but when the product is exact, the sum
        // is all there is.
        let changed = |l: &mut Lower| {
            let product = l.b.ins().fmul(b, c);
            let first = l.differs_from_product(sh, product, [b, c]);
            let second = l.differs_from_sum(sh, r, [product, a]);
            l.b.ins().bor(first, second)
        };
        let check = Check { bad: Some(bad), but: Some(&but), inexact: Inexact::Where(&changed) };
        Some(self.checked(uop, sh, r, check))
    }

    /// `2 - a*b`, or half of `3 - a*b`; halving is exact where the result is far from the edges.
    fn step(&mut self, uop: Uop, half: bool, sh: Shape, [a, b]: [Value; 2]) -> Option<Value> {
        if !self.host.fma {
            return None;
        }
        let (a, c) = (self.b.ins().fneg(a), self.constant(sh.float, if half { 3.0 } else { 2.0 }));
        let mut r = self.b.ins().fma(a, b, c);
        if half {
            let half = self.constant(sh.float, 0.5);
            r = self.b.ins().fmul(r, half);
        }
        let bad = self.extreme(sh, r);
        Some(self.checked(uop, sh, r, Check { bad: Some(bad), but: None, inexact: Inexact::Perhaps }))
    }

    /// The larger (or smaller) of two numbers. The host's instructions give the second operand when
    /// both are zeros: of both orders, the positive (negative) one is wanted.
    pub(super) fn extremum(&mut self, max: bool, [a, b]: [Value; 2]) -> Value {
        let [x, y] = [[a, b], [b, a]].map(|[x, y]| {
            let (less, than) = if max { (y, x) } else { (x, y) };
            let c = self.b.ins().fcmp(FloatCC::LessThan, less, than);
            let ty = self.type_of(x);
            if ty.is_vector() {
                let c = self.cast(ty, c);
                self.b.ins().bitselect(c, x, y)
            } else {
                self.b.ins().select(c, x, y)
            }
        });
        if max { self.b.ins().band(x, y) } else { self.b.ins().bor(x, y) }
    }

    /// All ones where a comparison holds.
    fn comparison(&mut self, op: F2, sh: Shape, [a, b]: [Value; 2]) -> Value {
        let (a, b) = match op {
            F2::AbsCmpGe | F2::AbsCmpGt => (self.b.ins().fabs(a), self.b.ins().fabs(b)),
            _ => (a, b),
        };
        let cc = match op {
            F2::CmpEq => FloatCC::Equal,
            F2::CmpGe | F2::AbsCmpGe => FloatCC::GreaterThanOrEqual,
            _ => FloatCC::GreaterThan,
        };
        let c = self.b.ins().fcmp(cc, a, b);
        if sh.float.is_vector() { c } else { self.b.ins().bmask(sh.int, c) }
    }

    /// `r`, unless an operand is a NaN.
    fn ordered(&mut self, uop: Uop, sh: Shape, r: Value, [a, b]: [Value; 2]) -> Value {
        let nan = self.b.ins().fcmp(FloatCC::Unordered, a, b);
        self.checked(uop, sh, r, Check { bad: Some(nan), but: None, inexact: Inexact::Never })
    }

    /// The extreme of all lanes (FMAXV and its kin).
    pub(super) fn reduce(&mut self, uop: Uop, op: F2, sh: Shape, a: Value) -> Option<Q> {
        let max = match op {
            F2::Max | F2::MaxNum => true,
            F2::Min | F2::MinNum => false,
            _ => return None,
        };
        if sh.format() != types::F32 || sh.used != 4 || !self.mode.plain_fp() {
            return None;
        }
        let all = self.cast(sh.float, a);
        let pairs = self.pairs(sh, a, a);
        let two = self.extremum(max, pairs);
        let two = self.bytes(two);
        let pairs = self.pairs(sh, two, two);
        let one = self.extremum(max, pairs);
        let one = self.b.ins().extractlane(one, 0);
        let one = self.b.ins().scalar_to_vector(sh.float, one);
        let one = self.ordered(uop, sh, one, [all, all]);
        Some(Q::vec(self.bytes(one)))
    }

    /// Even and odd lanes of `b:a`, those in use.
    pub(super) fn pairs(&mut self, sh: Shape, a: Value, b: Value) -> [Value; 2] {
        let size = sh.format().bytes() as usize;
        let half = sh.used as usize / 2;
        [0, 1].map(|odd| {
            let mut from: [u8; 16] = std::array::from_fn(|i| u8::try_from(i).unwrap_or(0));
            for (i, byte) in from.iter_mut().enumerate().take(sh.used as usize * size) {
                let (lane, at) = (i / size, i % size);
                let (vector, pair) = if lane < half { (0, lane) } else { (16, lane - half) };
                *byte = u8::try_from(vector + (2 * pair + odd) * size + at).unwrap_or(0);
            }
            let v = self.shuffle(a, b, from);
            self.cast(sh.float, v)
        })
    }

    /// A test that needs fused operations.
    fn where_known<'t>(&self, test: Test<'t>) -> Inexact<'t> {
        if self.host.fma { Inexact::Where(test) } else { Inexact::Perhaps }
    }

    /// Where `r`, the rounded sum, is not the sum (Knuth's two-sum).
    fn differs_from_sum(&mut self, sh: Shape, r: Value, [a, b]: [Value; 2]) -> Value {
        let virtual_b = self.b.ins().fsub(r, a);
        let virtual_a = self.b.ins().fsub(r, virtual_b);
        let (rest_a, rest_b) = (self.b.ins().fsub(a, virtual_a), self.b.ins().fsub(b, virtual_b));
        let error = self.b.ins().fadd(rest_a, rest_b);
        let zero = self.constant(sh.float, 0.0);
        self.b.ins().fcmp(FloatCC::NotEqual, error, zero)
    }

    /// Where `r`, a rounded product or what has been divided, is not the product. The error is a
    /// number itself unless `r` is so small that its last place may get lost; a factor 0 leaves none.
    fn differs_from_product(&mut self, sh: Shape, r: Value, [a, b]: [Value; 2]) -> Value {
        let minus = self.b.ins().fneg(r);
        let error = self.b.ins().fma(a, b, minus);
        let zero = self.constant(sh.float, 0.0);
        let error = self.b.ins().fcmp(FloatCC::NotEqual, error, zero);
        let least = if sh.format() == types::F32 { 2f64.powi(-100) } else { 2f64.powi(-960) };
        let least = self.constant(sh.float, least);
        let magnitude = self.b.ins().fabs(r);
        let small = self.b.ins().fcmp(FloatCC::LessThan, magnitude, least);
        let (a, b) = (self.is_zero(sh, a), self.is_zero(sh, b));
        let none = self.b.ins().bor(a, b);
        let small = self.b.ins().band_not(small, none);
        self.b.ins().bor(error, small)
    }

    /// A number in all lanes, or a single one; exact in either format.
    #[expect(clippy::cast_possible_truncation, reason = "is exact in both")]
    pub(super) fn constant(&mut self, ty: Type, v: f64) -> Value {
        match ty {
            types::F32 => self.b.ins().f32const(v as f32),
            types::F64 => self.b.ins().f64const(v),
            _ => {
                let single = ty.lane_type() == types::F32;
                let bits = if single { u64::from((v as f32).to_bits()) } else { v.to_bits() };
                let v = self.lanes_of(if single { Lane::S } else { Lane::D }, bits);
                self.cast(ty, v)
            }
        }
    }

    /// Where numbers are zeros.
    pub(super) fn is_zero(&mut self, sh: Shape, v: Value) -> Value {
        let zero = self.constant(sh.float, 0.0);
        self.b.ins().fcmp(FloatCC::Equal, v, zero)
    }
}

//! Arithmetic and comparisons of integer lanes. Lanes that an operation is not defined for, and
//! what has no short sequence of host instructions, are left to the helper.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Value};
use innkeeper_core::emit::{Lane, Q1, Q2, Q3};

use super::Lower;
use super::vec_permute as permute;

/// The lane of twice the size; D stays.
pub(super) fn wide(l: Lane) -> Lane {
    match l {
        Lane::B => Lane::H,
        Lane::H => Lane::S,
        Lane::S | Lane::D => Lane::D,
    }
}

impl Lower<'_, '_> {
    /// An operation on one vector of lanes `l`; none if it is for the helper.
    pub(super) fn q1(&mut self, op: Q1, l: Lane, a: Value) -> Option<Value> {
        if let Some(from) = permute::reversal(op, l) {
            return Some(self.shuffle(a, a, from));
        }
        Some(match op {
            Q1::Not => self.b.ins().bnot(a),
            Q1::Rbit => self.reversed_bits(a),
            Q1::Cnt if l == Lane::B => self.b.ins().popcnt(a),
            Q1::Abs => self.b.ins().iabs(a),
            Q1::Neg => self.b.ins().ineg(a),
            Q1::CmGt0 | Q1::CmGe0 | Q1::CmEq0 | Q1::CmLe0 | Q1::CmLt0 => {
                let cc = match op {
                    Q1::CmGt0 => IntCC::SignedGreaterThan,
                    Q1::CmGe0 => IntCC::SignedGreaterThanOrEqual,
                    Q1::CmEq0 => IntCC::Equal,
                    Q1::CmLe0 => IntCC::SignedLessThanOrEqual,
                    _ => IntCC::SignedLessThan,
                };
                let zero = self.lanes_of(l, 0);
                self.b.ins().icmp(cc, a, zero)
            }
            Q1::AddV => self.fold(Q2::Add, l, a)?,
            Q1::SMaxV => self.fold(Q2::SMax, l, a)?,
            Q1::SMinV => self.fold(Q2::SMin, l, a)?,
            Q1::UMaxV => self.fold(Q2::UMax, l, a)?,
            Q1::UMinV => self.fold(Q2::UMin, l, a)?,
            Q1::SqAbs | Q1::SqNeg => self.saturating_sign(op, l, a),
            _ if l == Lane::D => return None,
            Q1::Sxtl => self.b.ins().swiden_low(a),
            Q1::Uxtl => self.b.ins().uwiden_low(a),
            Q1::Xtn => self.narrowed_lanes(l, a),
            Q1::SqXtn | Q1::UqXtn | Q1::SqXtun => self.saturating_narrow(op, l, a),
            Q1::SAddLP | Q1::UAddLP => self.pair_sums(op == Q1::SAddLP, l, a),
            Q1::SAddLV | Q1::UAddLV => {
                let pairs = self.pair_sums(op == Q1::SAddLV, l, a);
                self.fold(Q2::Add, wide(l), pairs)?
            }
            _ => return None,
        })
    }

    /// All lanes made one by `op`, in lane 0; zeros above.
    fn fold(&mut self, op: Q2, l: Lane, a: Value) -> Option<Value> {
        let (mut all, mut n) = (a, 8);
        while n >= l.bits() / 8 {
            let upper = self.shuffle(all, all, permute::rotation(n));
            let upper = self.cast(Self::lanes(l), upper);
            all = self.q2(op, l, [all, upper])?;
            n /= 2;
        }
        Some(self.lowest(l, all))
    }

    /// Sums of adjacent lanes, of twice the size.
    fn pair_sums(&mut self, signed: bool, l: Lane, a: Value) -> Value {
        if l == Lane::S {
            let [even, odd] = [0, 1].map(|odd| {
                let half = self.shuffle(a, a, permute::every_other(l, odd));
                let half = self.cast(Self::lanes(l), half);
                if signed { self.b.ins().swiden_low(half) } else { self.b.ins().uwiden_low(half) }
            });
            return self.b.ins().iadd(even, odd);
        }
        let (low, high) = if signed {
            (self.b.ins().swiden_low(a), self.b.ins().swiden_high(a))
        } else {
            (self.b.ins().uwiden_low(a), self.b.ins().uwiden_high(a))
        };
        self.b.ins().iadd_pairwise(low, high)
    }

    /// An operation on two vectors.
    pub(super) fn q2(&mut self, op: Q2, l: Lane, [a, b]: [Value; 2]) -> Option<Value> {
        if let Some(from) = permute::two(op, l) {
            return Some(self.shuffle(a, b, from));
        }
        Some(match op {
            // A move.
            Q2::Orr | Q2::And if a == b => a,
            Q2::And => self.b.ins().band(a, b),
            Q2::Bic => self.b.ins().band_not(a, b),
            Q2::Orr => self.b.ins().bor(a, b),
            Q2::Orn => self.b.ins().bor_not(a, b),
            Q2::Eor => self.b.ins().bxor(a, b),
            Q2::Add => self.b.ins().iadd(a, b),
            Q2::Sub => self.b.ins().isub(a, b),
            Q2::Mul if l == Lane::B => self.byte_products(a, b),
            Q2::Mul => self.b.ins().imul(a, b),
            Q2::CmGt => self.b.ins().icmp(IntCC::SignedGreaterThan, a, b),
            Q2::CmGe => self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, a, b),
            Q2::CmHi => self.b.ins().icmp(IntCC::UnsignedGreaterThan, a, b),
            Q2::CmHs => self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, a, b),
            Q2::CmEq => self.b.ins().icmp(IntCC::Equal, a, b),
            Q2::CmTst => {
                let (both, zero) = (self.b.ins().band(a, b), self.lanes_of(l, 0));
                self.b.ins().icmp(IntCC::NotEqual, both, zero)
            }
            Q2::SMax => self.b.ins().smax(a, b),
            Q2::SMin => self.b.ins().smin(a, b),
            Q2::UMax => self.b.ins().umax(a, b),
            Q2::UMin => self.b.ins().umin(a, b),
            Q2::SAbd => {
                let (max, min) = (self.b.ins().smax(a, b), self.b.ins().smin(a, b));
                self.b.ins().isub(max, min)
            }
            Q2::UAbd => {
                let (max, min) = (self.b.ins().umax(a, b), self.b.ins().umin(a, b));
                self.b.ins().isub(max, min)
            }
            Q2::AddP => self.pairwise(Q2::Add, l, [a, b])?,
            Q2::SMaxP => self.pairwise(Q2::SMax, l, [a, b])?,
            Q2::SMinP => self.pairwise(Q2::SMin, l, [a, b])?,
            Q2::UMaxP => self.pairwise(Q2::UMax, l, [a, b])?,
            Q2::UMinP => self.pairwise(Q2::UMin, l, [a, b])?,
            Q2::Tbl => self.look_up(a, b),
            _ => return self.halving(op, l, [a, b]).or_else(|| self.saturating(op, l, [a, b])),
        })
    }

    /// There is no product of bytes: those of the even and of the odd ones, in 16 bits.
    fn byte_products(&mut self, a: Value, b: Value) -> Value {
        let h = Self::lanes(Lane::H);
        let (a, b) = (self.cast(h, a), self.cast(h, b));
        let even = self.b.ins().imul(a, b);
        let (a, b) = (self.b.ins().ushr_imm_u(a, 8), self.b.ins().ushr_imm_u(b, 8));
        let odd = self.b.ins().imul(a, b);
        let (odd, mask) = (self.b.ins().ishl_imm_u(odd, 8), self.lanes_of(Lane::H, 0xff));
        let even = self.b.ins().band(even, mask);
        let all = self.b.ins().bor(even, odd);
        self.cast(Self::lanes(Lane::B), all)
    }

    fn pairwise(&mut self, op: Q2, l: Lane, [a, b]: [Value; 2]) -> Option<Value> {
        if op == Q2::Add && l != Lane::D {
            return Some(self.b.ins().iadd_pairwise(a, b));
        }
        let halves = [0, 1].map(|odd| {
            let half = self.shuffle(a, b, permute::every_other(l, odd));
            self.cast(Self::lanes(l), half)
        });
        self.q2(op, l, halves)
    }

    /// Halves of sums and differences: of what both operands have and what one of them has.
    fn halving(&mut self, op: Q2, l: Lane, [a, b]: [Value; 2]) -> Option<Value> {
        let signed = match op {
            Q2::URHAdd if matches!(l, Lane::B | Lane::H) => return Some(self.b.ins().avg_round(a, b)),
            Q2::SHAdd | Q2::SRHAdd | Q2::SHSub => true,
            Q2::UHAdd | Q2::URHAdd | Q2::UHSub => false,
            _ => return None,
        };
        let differ = self.b.ins().bxor(a, b);
        let half =
            if signed { self.b.ins().sshr_imm_u(differ, 1) } else { self.b.ins().ushr_imm_u(differ, 1) };
        Some(match op {
            Q2::SHAdd | Q2::UHAdd => {
                let both = self.b.ins().band(a, b);
                self.b.ins().iadd(both, half)
            }
            Q2::SRHAdd | Q2::URHAdd => {
                let either = self.b.ins().bor(a, b);
                self.b.ins().isub(either, half)
            }
            _ => {
                let borrow = self.b.ins().band_not(b, a);
                self.b.ins().isub(half, borrow)
            }
        })
    }

    /// An operation on three vectors.
    pub(super) fn q3(&mut self, op: Q3, _: Lane, [a, b, c]: [Value; 3]) -> Option<Value> {
        Some(match op {
            Q3::Bsl => self.b.ins().bitselect(a, b, c),
            Q3::Tbx => {
                let [a, c] = [a, c].map(|v| self.cast(Self::lanes(Lane::B), v));
                let (found, sixteen) = (self.look_up(b, c), self.lanes_of(Lane::B, 16));
                let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, c, sixteen);
                self.b.ins().bitselect(inside, found, a)
            }
            Q3::SDot | Q3::UDot => {
                let [b, c] = [b, c].map(|v| self.cast(Self::lanes(Lane::B), v));
                let a = self.cast(Self::lanes(Lane::S), a);
                let sums = self.dot_products(op == Q3::SDot, b, c);
                self.b.ins().iadd(a, sums)
            }
            Q3::SqRDMlah | Q3::SqRDMlsh => return None,
        })
    }

    /// Sums of four products of bytes. A product fits in 16 bits, signed or not.
    fn dot_products(&mut self, signed: bool, b: Value, c: Value) -> Value {
        let pairs = [false, true].map(|high| {
            let [b, c] = [b, c].map(|v| match (signed, high) {
                (true, false) => self.b.ins().swiden_low(v),
                (true, true) => self.b.ins().swiden_high(v),
                (false, false) => self.b.ins().uwiden_low(v),
                (false, true) => self.b.ins().uwiden_high(v),
            });
            let products = self.b.ins().imul(b, c);
            self.pair_sums(signed, Lane::H, products)
        });
        self.b.ins().iadd_pairwise(pairs[0], pairs[1])
    }
}

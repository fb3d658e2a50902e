//! Shifts of lanes by immediates, and what saturates. FPSR.QC is set in a block off the straight
//! path where a lane has saturated.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Value, types};
use innkeeper_core::emit::{Lane, Q1, Q2, QI};

use super::Lower;
use super::vec_arith::wide;
use super::vec_permute as permute;

/// FPSR: saturation has occurred.
const QC: i64 = 1 << 27;

/// The largest signed and unsigned value of a lane.
fn largest(l: Lane) -> (u64, u64) {
    let ones = u64::MAX >> (64 - l.bits());
    (ones >> 1, ones)
}

impl Lower<'_, '_> {
    /// An operation with an immediate; none if it is for the helper.
    pub(super) fn qi(&mut self, op: QI, l: Lane, [a, b]: [Value; 2], imm: u8) -> Option<Value> {
        let (n, bits) = (i64::from(imm), i64::from(l.bits()));
        let left = matches!(op, QI::Shl | QI::Sli | QI::SqShl | QI::UqShl | QI::SqShlu);
        let right = n >= 1 && n <= bits;
        if op == QI::Ext {
            return Some(self.shuffle(a, b, permute::extract(imm)));
        }
        // What no encoding has.
        if left && n >= bits || !left && !right {
            return None;
        }
        Some(match op {
            QI::Shl => self.b.ins().ishl_imm_u(a, n),
            QI::SShr => self.shifted_right(true, false, l, a, n),
            QI::UShr => self.shifted_right(false, false, l, a, n),
            QI::SRShr => self.shifted_right(true, true, l, a, n),
            QI::URShr => self.shifted_right(false, true, l, a, n),
            QI::Sli => {
                let shifted = self.b.ins().ishl_imm_u(b, n);
                self.insert(l, a, shifted, (1u64 << n) - 1)
            }
            QI::Sri => {
                let shifted = self.shifted_right(false, false, l, b, n);
                self.insert(l, a, shifted, !(largest(l).1.checked_shr(imm.into()).unwrap_or(0)))
            }
            QI::SqShl | QI::UqShl => self.saturating_shift(op == QI::SqShl, l, a, n),
            QI::SqShlu | QI::Ext => return None,
            _ if l == Lane::D => return None,
            _ => self.narrowing_shift(op, l, a, n),
        })
    }

    /// `shifted`, but `a` where `keep` (of each lane) is 1.
    fn insert(&mut self, l: Lane, a: Value, shifted: Value, keep: u64) -> Value {
        let keep = self.lanes_of(l, keep);
        let kept = self.b.ins().band(a, keep);
        self.b.ins().bor(kept, shifted)
    }

    /// Lanes `l` shifted right by 1 to all of their bits.
    fn shifted_right(&mut self, signed: bool, round: bool, l: Lane, a: Value, n: i64) -> Value {
        let bits = i64::from(l.bits());
        let shift = |s: &mut Self, v, n: i64| match (signed, n == bits) {
            (true, _) => s.b.ins().sshr_imm_u(v, n.min(bits - 1)),
            (false, true) => s.lanes_of(l, 0),
            (false, false) => s.b.ins().ushr_imm_u(v, n),
        };
        if !round {
            return shift(self, a, n);
        }
        // The last bit shifted out is added.
        let last = if n == 1 { a } else { shift(self, a, n - 1) };
        let one = self.lanes_of(l, 1);
        let (shifted, last) = (shift(self, last, 1), self.b.ins().band(last, one));
        self.b.ins().iadd(shifted, last)
    }

    /// Shifts right wide lanes, whose halves are lanes `l`, and narrows them.
    fn narrowing_shift(&mut self, op: QI, l: Lane, a: Value, n: i64) -> Value {
        let signed = matches!(op, QI::SqShrN | QI::SqRShrN | QI::SqShrUN | QI::SqRShrUN);
        let round = matches!(op, QI::RShrN | QI::SqRShrN | QI::UqRShrN | QI::SqRShrUN);
        let a = self.cast(Self::lanes(wide(l)), a);
        let shifted = self.shifted_right(signed, round, wide(l), a, n);
        match op {
            QI::ShrN | QI::RShrN => self.narrowed_lanes(l, shifted),
            QI::SqShrN | QI::SqRShrN => self.saturating_narrow(Q1::SqXtn, l, shifted),
            QI::UqShrN | QI::UqRShrN => self.saturating_narrow(Q1::UqXtn, l, shifted),
            _ => self.saturating_narrow(Q1::SqXtun, l, shifted),
        }
    }

    // -- saturation -----------------------------------------------------------------------------------

    /// Sets FPSR.QC if the mask holds anywhere.
    fn set_qc(&mut self, mask: Value) {
        let mask = self.bytes(mask);
        let any = self.b.ins().vhigh_bits(types::I32, mask);
        let (set, on) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(any, set, &[], on, &[]);
        self.enter_new(set);
        let fpsr = self.load_ctx(types::I32, self.abi.fpsr);
        let fpsr = self.b.ins().bor_imm_u(fpsr, QC);
        self.store_ctx(fpsr, self.abi.fpsr);
        self.b.ins().jump(on, &[]);
        self.enter_new(on);
    }

    /// Where lanes differ.
    fn differ(&mut self, a: Value, b: Value) -> Value {
        self.b.ins().icmp(IntCC::NotEqual, a, b)
    }

    /// Narrows wide lanes to lanes `l` by clamping them first.
    pub(super) fn saturating_narrow(&mut self, op: Q1, l: Lane, a: Value) -> Value {
        let ((signed, unsigned), w) = (largest(l), wide(l));
        let a = self.cast(Self::lanes(w), a);
        let (low, high) = match op {
            Q1::SqXtn => (!signed, signed),
            _ => (0, unsigned),
        };
        let (low, high) = (self.lanes_of(w, low), self.lanes_of(w, high));
        let clamped = if op == Q1::UqXtn {
            self.b.ins().umin(a, high)
        } else {
            let below = self.b.ins().smin(a, high);
            self.b.ins().smax(below, low)
        };
        let saturated = self.differ(clamped, a);
        self.set_qc(saturated);
        self.narrowed_lanes(l, clamped)
    }

    /// SQABS, SQNEG: the least number has no counterpart.
    pub(super) fn saturating_sign(&mut self, op: Q1, l: Lane, a: Value) -> Value {
        let least = self.lanes_of(l, !largest(l).0);
        let saturated = self.b.ins().icmp(IntCC::Equal, a, least);
        self.set_qc(saturated);
        let r = if op == Q1::SqAbs { self.b.ins().iabs(a) } else { self.b.ins().ineg(a) };
        // The least number is its own negation: one less is the largest.
        self.b.ins().iadd(r, saturated)
    }

    fn saturating_shift(&mut self, signed: bool, l: Lane, a: Value, n: i64) -> Value {
        let r = self.b.ins().ishl_imm_u(a, n);
        let (back, limit) = if signed {
            let sign = self.sign(l, a);
            let largest = self.lanes_of(l, largest(l).0);
            (self.b.ins().sshr_imm_u(r, n), self.b.ins().bxor(sign, largest))
        } else {
            (self.b.ins().ushr_imm_u(r, n), self.lanes_of(l, u64::MAX))
        };
        let saturated = self.differ(back, a);
        self.set_qc(saturated);
        self.b.ins().bitselect(saturated, limit, r)
    }

    /// All ones in negative lanes.
    fn sign(&mut self, l: Lane, a: Value) -> Value {
        let zero = self.lanes_of(l, 0);
        self.b.ins().icmp(IntCC::SignedLessThan, a, zero)
    }

    /// Saturating operations on two vectors; none if it is for the helper.
    pub(super) fn saturating(&mut self, op: Q2, l: Lane, [a, b]: [Value; 2]) -> Option<Value> {
        Some(match op {
            Q2::SqAdd | Q2::SqSub => self.saturating_sum(op == Q2::SqAdd, l, a, b),
            Q2::UqAdd => {
                let sum = self.b.ins().iadd(a, b);
                let over = self.b.ins().icmp(IntCC::UnsignedLessThan, sum, a);
                self.set_qc(over);
                self.b.ins().bor(sum, over)
            }
            Q2::UqSub => {
                let difference = self.b.ins().isub(a, b);
                let under = self.b.ins().icmp(IntCC::UnsignedLessThan, a, b);
                self.set_qc(under);
                self.b.ins().band_not(difference, under)
            }
            Q2::SqDMulL if matches!(l, Lane::H | Lane::S) => self.double_products(l, a, b),
            Q2::SqRDMulH if l == Lane::H => {
                let least = self.lanes_of(l, 1 << 15);
                let (x, y) = (self.b.ins().icmp(IntCC::Equal, a, least), self.differ(a, b));
                let saturated = self.b.ins().band_not(x, y);
                self.set_qc(saturated);
                self.b.ins().sqmul_round_sat(a, b)
            }
            Q2::SqDMulH if l == Lane::H => {
                // What saturates in the products is 2^31 - 1, whose high half is the largest.
                let low = self.double_products(l, a, b);
                let [a, b] = [a, b].map(|v| {
                    let v = self.shuffle(v, v, permute::rotation(8));
                    self.cast(Self::lanes(l), v)
                });
                let high = self.double_products(l, a, b);
                self.shuffle(low, high, permute::every_other(l, 1))
            }
            _ => return None,
        })
    }

    fn saturating_sum(&mut self, add: bool, l: Lane, a: Value, b: Value) -> Value {
        let r = if add { self.b.ins().iadd(a, b) } else { self.b.ins().isub(a, b) };
        // Out of range: the sign is not that of `a`, though the operands are of one (of two) signs.
        let changed = self.b.ins().bxor(a, r);
        let other = if add { self.b.ins().bxor(b, r) } else { self.b.ins().bxor(a, b) };
        let wrong = self.b.ins().band(changed, other);
        let wrong = self.sign(l, wrong);
        self.set_qc(wrong);
        let (sign, most) = (self.sign(l, a), self.lanes_of(l, largest(l).0));
        let limit = self.b.ins().bxor(sign, most);
        self.b.ins().bitselect(wrong, limit, r)
    }

    /// Twice the products of the low lanes, saturating: only of the least number with itself, whose
    /// double product is the least number.
    fn double_products(&mut self, l: Lane, a: Value, b: Value) -> Value {
        let (a, b) = (self.b.ins().swiden_low(a), self.b.ins().swiden_low(b));
        let product = self.b.ins().imul(a, b);
        let double = self.b.ins().iadd(product, product);
        let w = wide(l);
        let least = self.lanes_of(w, 1 << (w.bits() - 1));
        let saturated = self.b.ins().icmp(IntCC::Equal, double, least);
        self.set_qc(saturated);
        self.b.ins().bxor(double, saturated)
    }
}

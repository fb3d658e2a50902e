//! Floating point: the host's instruction, and a check that its result is the guest's.
//!
//! Host arithmetic rounds to nearest and flushes nothing; where FPCR says otherwise, and for half
//! precision, the helper computes. A result well inside the normal range (biased exponent from 2 to
//! the greatest but two) then has the guest's bits, and Inexact is the only flag it can raise: where
//! FPSR.IXC is set already there is nothing left to find. What fails the check goes to the
//! definition, in a block off the straight path: NaNs, infinities, denormals, and whatever may be
//! inexact while IXC is clear. The same conditions stand in `innkeeper_core::soft::fp`.
//!
//! Operations are in `fp_arith` and `fp_convert`, for single values and for vectors alike: a
//! [`Shape`] says which.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder as _, Type, Value, types};
use innkeeper_core::emit::obj::{Uop, V as VId};
use innkeeper_core::emit::{FSize, Lane, QF1, QF2, QF3};

use super::Lower;
use super::value::{Q, V, Val};
use crate::layout::Word;

/// FPSR: inexact.
const IXC: i64 = 1 << 4;

/// Values of a format: a single one, or the lanes of a vector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    /// Type of the value or vector.
    pub float: Type,
    /// Integers of the same size.
    pub int: Type,
    /// Lanes that count, from the lowest.
    pub used: u32,
}

impl Shape {
    /// A single value; none in half precision.
    pub fn single(s: FSize) -> Option<Shape> {
        let (float, int) = match s {
            FSize::H => return None,
            FSize::S => (types::F32, types::I32),
            FSize::D => (types::F64, types::I64),
        };
        Some(Shape { float, int, used: 1 })
    }

    /// The lanes in 128 bits, or in the low 64.
    pub fn vector(s: FSize, q: bool) -> Option<Shape> {
        let (float, int, all) = match s {
            FSize::H => return None,
            FSize::S => (types::F32X4, types::I32X4, 4),
            FSize::D => (types::F64X2, types::I64X2, 2),
        };
        Some(Shape { float, int, used: if q { all } else { all / 2 } })
    }

    /// The format of a value.
    pub fn format(self) -> Type {
        self.float.lane_type()
    }

    /// Explicit fraction bits of the format and its largest exponent.
    pub fn fraction(self) -> (i64, i64) {
        if self.format() == types::F32 { (23, 0xff) } else { (52, 0x7ff) }
    }
}

/// A test made where it is needed only: gives a mask (lanes) or a truth (single values).
pub(super) type Test<'t> = &'t dyn Fn(&mut Lower) -> Value;

/// When a host result is not (or not known to be) the guest's.
#[derive(Clone, Copy)]
pub(super) struct Check<'t> {
    /// Wrong where this holds: a mask or a truth.
    pub bad: Option<Value>,
    /// Right all the same where this holds: exact zeros.
    pub but: Option<Test<'t>>,
    /// Whether it may be inexact.
    pub inexact: Inexact<'t>,
}

/// Whether a result may be inexact.
#[derive(Clone, Copy)]
pub(super) enum Inexact<'t> {
    /// It is exact, or the operation does not tell.
    Never,
    /// It may be.
    Perhaps,
    /// It is where the test holds, at most.
    Where(Test<'t>),
}

impl Lower<'_, '_> {
    /// A scalar operation.
    pub(super) fn fp_scalar(&mut self, op: Uop) -> V {
        if let Some(v) = self.scalar_on_host(op) {
            return v;
        }
        let args = self.operands(op);
        match self.by_helper(op, &args) {
            Val::V(v) => v,
            _ => V::constant(0),
        }
    }

    fn scalar_on_host(&mut self, op: Uop) -> Option<V> {
        if let Uop::FCmp(s, _, a, b) = op {
            return self.compare(op, Shape::single(s)?, [a, b]);
        }
        if let Uop::FCvt(cvt, a) = op {
            return self.convert_scalar(op, cvt, a);
        }
        let v = match op {
            Uop::F1(f, s, a) => {
                let sh = Shape::single(s)?;
                let a = self.float(sh.float, a);
                self.f1(op, f, sh, a)
            }
            Uop::F2(f, s, a, b) => {
                let sh = Shape::single(s)?;
                let (a, b) = (self.float(sh.float, a), self.float(sh.float, b));
                self.f2(op, f, sh, [a, b])
            }
            Uop::F3(f, s, a, b, c) => {
                let sh = Shape::single(s)?;
                let (a, b, c) = (self.float(sh.float, a), self.float(sh.float, b), self.float(sh.float, c));
                self.f3(op, f, sh, [a, b, c])
            }
            _ => None,
        }?;
        Some(match self.type_of(v) {
            types::I32 => V::low(v),
            types::I64 => V::full(v),
            _ => V::float(v),
        })
    }

    /// A vector operation.
    pub(super) fn fp_vector(&mut self, op: Uop) -> Q {
        if self.host.vectors
            && let Some(q) = self.vector_on_host(op)
        {
            return q;
        }
        let args = self.operands(op);
        match self.by_helper(op, &args) {
            Val::Q(q) => q,
            _ => self.q_constant(0),
        }
    }

    fn vector_on_host(&mut self, op: Uop) -> Option<Q> {
        let vecs = match op {
            Uop::QF1(_, _, a) => [a; 3],
            Uop::QF2(_, _, a, b) => [a, b, b],
            Uop::QF3(_, _, a, b, c) => [a, b, c],
            _ => return None,
        };
        let vecs = vecs.map(|a| self.q(a).vec);
        let (s, q) = match op {
            Uop::QF1(f, s, _) => match f {
                QF1::Lanes { q, .. } | QF1::Convert { q, .. } => (s, q),
                QF1::Widen | QF1::Narrow { odd: false } => return self.change_format(op, s, vecs[0]),
                QF1::Reduce { op: f, q } => return self.reduce(op, f, Shape::vector(s, q)?, vecs[0]),
                _ => return None,
            },
            Uop::QF2(QF2::Lanes { q, .. } | QF2::Pairwise { q, .. }, s, ..)
            | Uop::QF3(QF3::Lanes { q, .. }, s, ..) => (s, q),
            _ => return None,
        };
        // There is no vector of a single double.
        let sh = Shape::vector(s, q).filter(|sh| sh.used > 1)?;
        let [a, b, c] = vecs.map(|v| self.cast(sh.float, v));
        let v = match op {
            Uop::QF1(QF1::Lanes { op: f, .. }, ..) => self.f1(op, f, sh, a),
            Uop::QF1(QF1::Convert { op: cvt, .. }, ..) => self.convert_vector(op, cvt, sh, a),
            Uop::QF2(QF2::Lanes { op: f, .. }, ..) => self.f2(op, f, sh, [a, b]),
            Uop::QF2(QF2::Pairwise { op: f, .. }, ..) => {
                let pairs = self.pairs(sh, vecs[0], vecs[1]);
                self.f2(op, f, sh, pairs)
            }
            Uop::QF3(QF3::Lanes { op: f, .. }, ..) => self.f3(op, f, sh, [a, b, c]),
            _ => None,
        }?;
        let v = self.bytes(v);
        Some(if q { Q::vec(v) } else { self.low_half(v) })
    }

    /// FCMP: the flags as the operands they are made of.
    fn compare(&mut self, op: Uop, sh: Shape, [a, b]: [VId; 2]) -> Option<V> {
        if self.mode.flushes() {
            return Some(self.compare_flushed(op, sh));
        }
        let (a, b) = (self.float(sh.float, a), self.float(sh.float, b));
        let nan = self.b.ins().fcmp(FloatCC::Unordered, a, b);
        let (slow, on) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(nan, slow, &[], on, &[]);
        self.enter_new(slow);
        // For what it does to FPSR; the flags are those of the operands.
        self.call_definition(op);
        self.b.ins().jump(on, &[]);
        self.enter_new(on);
        Some(V::compared(a, b))
    }

    /// The same where denormals count as zeros: by the definition, whose flags are made numbers that
    /// compare like that.
    fn compare_flushed(&mut self, op: Uop, sh: Shape) -> V {
        let nzcv = self.definition(op, types::I64);
        let mut a = self.constant(sh.float, f64::NAN);
        for (flags, number) in [(0b0010, 1.0), (0b0110, 0.0), (0b1000, -1.0)] {
            let (c, number) =
                (self.b.ins().icmp_imm_u(IntCC::Equal, nzcv, flags), self.constant(sh.float, number));
            a = self.b.ins().select(c, number, a);
        }
        V::compared(a, self.constant(sh.float, 0.0))
    }

    // -- checks -------------------------------------------------------------------------------------

    /// `r`, or what the definition of `op` gives where the check fails.
    pub(super) fn checked(&mut self, op: Uop, sh: Shape, r: Value, check: Check) -> Value {
        let ty = self.type_of(r);
        let (join, slow) = (self.b.create_block(), self.cold_block());
        let joined = self.b.append_block_param(join, ty);
        let unsure = !matches!(check.inexact, Inexact::Never);
        // A zero alone is exact whatever IXC is; among lanes it says nothing of the others.
        let on = if unsure { Some(self.b.create_block()) } else { None };
        if let Some(bad) = check.bad {
            let any = self.any(sh, bad);
            let fail = if check.but.is_some() { self.cold_block() } else { slow };
            self.branch(any, fail, on, join, r);
            if let Some(but) = check.but {
                self.enter_new(fail);
                let fine = but(self);
                let any = if sh.float.is_vector() {
                    let still = self.b.ins().band_not(bad, fine);
                    self.any(sh, still)
                } else {
                    // Bad it is, or this block would not be reached.
                    self.b.ins().bxor_imm_u(fine, 1)
                };
                self.branch_cold(any, slow, on.filter(|_| sh.used > 1), join, r);
            }
        } else if let Some(on) = on {
            self.b.ins().jump(on, &[]);
        }
        if let Some(on) = on {
            self.enter_new(on);
            self.when_ixc_is_set(sh, check.inexact, slow, join, r);
        }
        self.enter_new(slow);
        let slow = self.definition(op, ty);
        self.b.ins().jump(join, &[slow.into()]);
        self.enter_new(join);
        joined
    }

    /// To `join` with `r` if IXC is set or `r` is exact, else to `slow`.
    fn when_ixc_is_set(&mut self, sh: Shape, inexact: Inexact, slow: ir::Block, join: ir::Block, r: Value) {
        let fpsr = self.load_ctx(types::I32, self.abi.fpsr);
        let set = self.b.ins().band_imm_u(fpsr, IXC);
        let Inexact::Where(test) = inexact else {
            self.b.ins().brif(set, join, &[r.into()], slow, &[]);
            return;
        };
        let look = self.cold_block();
        self.b.ins().brif(set, join, &[r.into()], look, &[]);
        self.enter_new(look);
        let inexact = test(self);
        let any = self.any(sh, inexact);
        self.branch_cold(any, slow, None, join, r);
    }

    /// To `fail` if `c`, else to `on`, or without one to `join` with `r`.
    fn branch(&mut self, c: Value, fail: ir::Block, on: Option<ir::Block>, join: ir::Block, r: Value) {
        match on {
            Some(on) => self.b.ins().brif(c, fail, &[], on, &[]),
            None => self.b.ins().brif(c, fail, &[], join, &[r.into()]),
        };
    }

    /// The same from a cold block: the edge has a block of its own, or it would be laid out hot.
    fn branch_cold(&mut self, c: Value, fail: ir::Block, on: Option<ir::Block>, join: ir::Block, r: Value) {
        let edge = self.cold_block();
        self.b.ins().brif(c, fail, &[], edge, &[]);
        self.enter_new(edge);
        match on {
            Some(on) => self.b.ins().jump(on, &[]),
            None => self.b.ins().jump(join, &[r.into()]),
        };
    }

    /// Goes on in a block all of whose predecessors are there.
    pub(super) fn enter_new(&mut self, block: ir::Block) {
        self.b.switch_to_block(block);
        self.b.seal_block(block);
    }

    /// Whether a mask (of which the sign bits of the lanes count) or truth holds anywhere: not 0.
    pub(super) fn any(&mut self, sh: Shape, mask: Value) -> Value {
        if !sh.float.is_vector() {
            return mask;
        }
        let mask = self.cast(sh.int, mask);
        let bits = self.b.ins().vhigh_bits(types::I32, mask);
        if sh.used == sh.float.lane_count() {
            return bits;
        }
        self.b.ins().band_imm_u(bits, (1 << sh.used) - 1)
    }

    /// Where results are not well inside the normal range.
    pub(super) fn extreme(&mut self, sh: Shape, r: Value) -> Value {
        if sh.float.is_vector() {
            return self.extreme_lanes(sh, r);
        }
        let (bits, max) = sh.fraction();
        let r = self.cast(sh.int, r);
        let mut e = self.b.ins().ushr_imm_u(r, bits);
        if sh.int == types::I64 {
            e = self.b.ins().ireduce(types::I32, e);
        }
        let e = self.b.ins().iadd_imm_s(e, -2);
        let e = self.b.ins().band_imm_u(e, max);
        self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, e, max - 4)
    }

    /// Of the upper 32 bits without the sign, brought to the bottom of the signed range so that one
    /// comparison finds those below as well as those above. The sign bits of the lanes count.
    fn extreme_lanes(&mut self, sh: Shape, r: Value) -> Value {
        let (bits, max) = sh.fraction();
        // Of an exponent's unit in 32 bits that begin behind the sign.
        let unit: u32 = if bits == 23 { 1 << 24 } else { 1 << 21 };
        let count = u32::try_from(max - 3).unwrap_or(0);
        let lowest = (1u32 << 31).wrapping_sub(2 * unit);
        let last = (1u32 << 31).wrapping_add(unit.wrapping_mul(count)).wrapping_sub(1);
        let r = self.cast(types::I32X4, r);
        let r = self.b.ins().ishl_imm_u(r, 1);
        let (lowest, last) = (self.lanes_of(Lane::S, lowest.into()), self.lanes_of(Lane::S, last.into()));
        let r = self.b.ins().iadd(r, lowest);
        let extreme = self.b.ins().icmp(IntCC::SignedGreaterThan, r, last);
        self.cast(sh.int, extreme)
    }

    // -- the definition -------------------------------------------------------------------------------

    /// The result of `op` by its definition, all registers preserved, as type `ty`.
    fn definition(&mut self, op: Uop, ty: Type) -> Value {
        self.call_definition(op);
        self.load_ctx(ty, self.abi.area(Word::Result))
    }

    /// Executes `op` by its definition with all registers preserved.
    fn call_definition(&mut self, op: Uop) {
        let args = self.operands(op);
        self.pass(&args);
        let at = self.code.keep(op);
        let at = self.imm(at);
        self.store_ctx(at, self.abi.area(Word::Op));
        let stub = self.load_ctx(types::I64, self.abi.area(Word::ComputeStub));
        self.b.ins().call_indirect(self.sigs.stub, stub, &[]);
    }

    /// The operands of a floating-point operation.
    fn operands(&mut self, op: Uop) -> Vec<Val> {
        let v = |s: &Self, ids: &[VId]| ids.iter().map(|&a| Val::V(s.v(a))).collect();
        match op {
            Uop::F1(_, _, a) | Uop::FCvt(_, a) => v(self, &[a]),
            Uop::F2(_, _, a, b) | Uop::FCmp(_, _, a, b) => v(self, &[a, b]),
            Uop::F3(_, _, a, b, c) => v(self, &[a, b, c]),
            Uop::QF1(_, _, a) => vec![Val::Q(self.q(a))],
            Uop::QF2(_, _, a, b) => vec![Val::Q(self.q(a)), Val::Q(self.q(b))],
            Uop::QF3(_, _, a, b, c) => vec![Val::Q(self.q(a)), Val::Q(self.q(b)), Val::Q(self.q(c))],
            _ => Vec::new(),
        }
    }
}

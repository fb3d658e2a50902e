//! Integer vectors: lanes, and which file has which operation. What is not there, and everything on
//! a host without the instructions, goes to the helper.

use cranelift_codegen::ir::{InstBuilder as _, Type, Value, types};
use innkeeper_core::emit::Lane;
use innkeeper_core::emit::obj::{Q as QId, Uop, V as VId};

use super::Lower;
use super::value::{Q, V, Val};
use super::vec_permute as permute;

impl Lower<'_, '_> {
    /// A lane of a vector.
    pub(super) fn lane(&mut self, op: Uop) -> V {
        let Uop::Lane(lane, i, q) = op else { return V::constant(0) };
        let q = self.q(q);
        if let Some(scalar) = q.scalar
            && i == 0
            && self.type_of(scalar).bits() <= lane.bits()
        {
            return V::float(scalar);
        }
        if let (Some(halves), Lane::D) = (q.halves, lane) {
            return V::full(halves[usize::from(i & 1)]);
        }
        V::lane(q.vec, lane, Self::index(lane, i))
    }

    /// The number of a lane, brought into range.
    fn index(lane: Lane, i: u8) -> u8 {
        i & (u8::try_from(lane.count()).unwrap_or(1) - 1)
    }

    /// The type of a vector of such lanes.
    pub(super) fn lanes(lane: Lane) -> Type {
        match lane {
            Lane::B => types::I8X16,
            Lane::H => types::I16X8,
            Lane::S => types::I32X4,
            Lane::D => types::I64X2,
        }
    }

    /// A vector whose lanes are all `v`, as such lanes.
    pub(super) fn lanes_of(&mut self, lane: Lane, v: u64) -> Value {
        let ones = u128::MAX >> (128 - lane.bits());
        let all = self.q_constant((u128::from(v) & ones) * (u128::MAX / ones));
        self.cast(Self::lanes(lane), all.vec)
    }

    /// A vector operation.
    pub(super) fn vector(&mut self, op: Uop) -> Q {
        match op {
            Uop::QMake(lo, hi) => self.q_make(lo, hi),
            Uop::Dup(lane, v) => self.dup(lane, v),
            Uop::SetLane(lane, i, q, v) => self.set_lane(lane, i, q, v),
            _ => match self.on_host(op) {
                Some(v) => Q::vec(self.bytes(v)),
                None => self.vector_by_helper(op),
            },
        }
    }

    fn on_host(&mut self, op: Uop) -> Option<Value> {
        if !self.host.vectors {
            return None;
        }
        match op {
            Uop::Q1(op, l, a) => {
                let a = self.lanes_in(l, a);
                self.q1(op, l, a)
            }
            Uop::Q2(op, l, a, b) => {
                let (a, b) = (self.lanes_in(l, a), self.lanes_in(l, b));
                self.q2(op, l, [a, b])
            }
            Uop::Q3(op, l, a, b, c) => {
                let vecs = [a, b, c].map(|v| self.lanes_in(l, v));
                self.q3(op, l, vecs)
            }
            Uop::QI(op, l, a, b, imm) => {
                let (a, b) = (self.lanes_in(l, a), self.lanes_in(l, b));
                self.qi(op, l, [a, b], imm)
            }
            _ => None,
        }
    }

    /// A vector seen as lanes.
    fn lanes_in(&mut self, lane: Lane, id: QId) -> Value {
        let q = self.q(id);
        self.cast(Self::lanes(lane), q.vec)
    }

    fn q_make(&mut self, lo: VId, hi: VId) -> Q {
        let (low, high) = (self.v(lo), self.v(hi));
        if let (Some(l), Some(h)) = (low.constant, high.constant) {
            return self.q_constant(u128::from(h) << 64 | u128::from(l));
        }
        if high.constant == Some(0) {
            return self.zero_extended(low, lo);
        }
        if let (Some((a, Lane::D, i)), Some((b, Lane::D, j))) = (low.lane, high.lane) {
            let v = self.shuffle(a, b, permute::doubles(i, 2 + j));
            return Q::vec(v);
        }
        let general = |v: V| v.float.is_none() && v.lane.is_none();
        if general(low) && general(high) {
            let halves = [self.v64(lo), self.v64(hi)];
            return self.pair(halves);
        }
        let low = self.zero_extended(low, lo);
        let low = self.cast(types::I64X2, low.vec);
        let high = self.v64(hi);
        let v = self.b.ins().insertlane(low, high, 1);
        Q::vec(self.bytes(v))
    }

    /// The vector of two general registers. If only the halves are used, nothing is emitted for it.
    pub(super) fn pair(&mut self, halves: [Value; 2]) -> Q {
        let low = self.b.ins().scalar_to_vector(types::I64X2, halves[0]);
        let both = self.b.ins().insertlane(low, halves[1], 1);
        Q { halves: Some(halves), ..Q::vec(self.bytes(both)) }
    }

    /// A value in the low half, zeros above.
    fn zero_extended(&mut self, v: V, id: VId) -> Q {
        if let Some((vec, Lane::D, 1)) = v.lane {
            let zero = self.q_constant(0).vec;
            let v = self.shuffle(vec, zero, permute::doubles(1, 2));
            return Q::vec(v);
        }
        let ty = match (v.float, v.lane) {
            (Some(f), _) => self.type_of(f),
            (_, Some((_, Lane::D, _))) => types::F64,
            (_, Some((_, Lane::S, _))) => types::F32,
            _ => types::I64,
        };
        if let Some(f) = self.float_form(v, ty) {
            let lanes = if ty == types::F32 { types::F32X4 } else { types::F64X2 };
            let vec = self.b.ins().scalar_to_vector(lanes, f);
            return Q { scalar: Some(f), ..Q::vec(self.bytes(vec)) };
        }
        let vec = if v.low.is_some() || v.small.is_some() {
            let low = self.v32(id);
            self.b.ins().scalar_to_vector(types::I32X4, low)
        } else {
            let full = self.v64(id);
            self.b.ins().scalar_to_vector(types::I64X2, full)
        };
        Q::vec(self.bytes(vec))
    }

    /// The low 64 bits, zeros above.
    pub(super) fn low_half(&mut self, vec: Value) -> Q {
        let doubles = self.cast(types::F64X2, vec);
        let f = self.b.ins().extractlane(doubles, 0);
        let vec = self.b.ins().scalar_to_vector(types::F64X2, f);
        Q { scalar: Some(f), ..Q::vec(self.bytes(vec)) }
    }

    fn dup(&mut self, lane: Lane, id: VId) -> Q {
        let v = self.v(id);
        if let Some(c) = v.constant {
            let v = self.lanes_of(lane, c);
            return Q::vec(self.bytes(v));
        }
        // Of a lane at least as wide, the low part of which is wanted.
        if let Some((vec, from, i)) = v.lane.filter(|(_, from, _)| from.bits() >= lane.bits()) {
            let v = self.shuffle(vec, vec, permute::repeated(from, i, lane));
            return Q::vec(v);
        }
        let ty = Self::lanes(lane);
        let vec = match (v.float.map(|f| self.type_of(f)), lane) {
            (Some(f @ types::F32), Lane::S) | (Some(f @ types::F64), Lane::D) => {
                let v = self.float(f, id);
                let ty = if f == types::F32 { types::F32X4 } else { types::F64X2 };
                self.b.ins().splat(ty, v)
            }
            _ => {
                let v = self.of_size(lane, id);
                self.b.ins().splat(ty, v)
            }
        };
        Q::vec(self.bytes(vec))
    }

    /// The low bits of a value as an integer of a lane's size.
    fn of_size(&mut self, lane: Lane, id: VId) -> Value {
        match lane {
            Lane::D => self.v64(id),
            Lane::S => self.v32(id),
            Lane::B | Lane::H => {
                let ty = Self::lanes(lane).lane_type();
                let v = self.v(id);
                if let Some(small) = v.small.filter(|&s| self.type_of(s) == ty) {
                    return small;
                }
                let low = self.v32(id);
                self.b.ins().ireduce(ty, low)
            }
        }
    }

    fn set_lane(&mut self, lane: Lane, i: u8, q: QId, id: VId) -> Q {
        let (i, vec, v) = (Self::index(lane, i), self.q(q).vec, self.v(id));
        let float = match lane {
            Lane::S => self.float_form(v, types::F32).map(|f| (types::F32X4, f)),
            Lane::D => self.float_form(v, types::F64).map(|f| (types::F64X2, f)),
            _ => None,
        };
        let (ty, v) = match float {
            Some(float) => float,
            None => (Self::lanes(lane), self.of_size(lane, id)),
        };
        let lanes = self.cast(ty, vec);
        let v = self.b.ins().insertlane(lanes, v, i);
        Q::vec(self.bytes(v))
    }

    /// An operation by its definition.
    fn vector_by_helper(&mut self, op: Uop) -> Q {
        let args: Vec<Val> = match op {
            Uop::Q1(_, _, a) => vec![Val::Q(self.q(a))],
            Uop::Q2(_, _, a, b) | Uop::QI(_, _, a, b, _) => vec![Val::Q(self.q(a)), Val::Q(self.q(b))],
            Uop::Q3(_, _, a, b, c) => vec![Val::Q(self.q(a)), Val::Q(self.q(b)), Val::Q(self.q(c))],
            Uop::HelperQ(_, args, _) => args.map(|a| Val::Q(self.q(a))).to_vec(),
            _ => Vec::new(),
        };
        match self.by_helper(op, &args) {
            Val::Q(q) => q,
            _ => self.q_constant(0),
        }
    }
}

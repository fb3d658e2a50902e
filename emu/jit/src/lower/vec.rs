//! Integer vectors.

use cranelift_codegen::ir::{InstBuilder as _, MemFlagsData, types};
use innkeeper_core::emit::Lane;
use innkeeper_core::emit::obj::Uop;

use super::Lower;
use super::value::{Q, V, Val};

impl Lower<'_, '_> {
    /// A lane of a vector.
    pub(super) fn lane(&mut self, op: Uop) -> V {
        let Uop::Lane(lane, i, q) = op else { return V::constant(0) };
        let q = self.q(q);
        if let Some(scalar) = q.scalar
            && i == 0
            && self.b.func.dfg.value_type(scalar).bits() == lane.bits()
        {
            return V::float(scalar);
        }
        let (ty, index) = (Self::lanes(lane), i & (u8::try_from(lane.count()).unwrap_or(1) - 1));
        let lanes = self.cast(ty, q.vec);
        let v = self.b.ins().extractlane(lanes, index);
        match lane {
            Lane::B | Lane::H => V::small(v),
            Lane::S => V::low(v),
            Lane::D => V::full(v),
        }
    }

    /// The type of a vector of such lanes.
    pub(super) fn lanes(lane: Lane) -> cranelift_codegen::ir::Type {
        match lane {
            Lane::B => types::I8X16,
            Lane::H => types::I16X8,
            Lane::S => types::I32X4,
            Lane::D => types::I64X2,
        }
    }

    /// A vector operation.
    pub(super) fn vector(&mut self, op: Uop) -> Q {
        match op {
            Uop::QMake(lo, hi) => self.q_make(lo, hi),
            _ => self.vector_by_helper(op),
        }
    }

    fn q_make(&mut self, lo: innkeeper_core::emit::obj::V, hi: innkeeper_core::emit::obj::V) -> Q {
        let zero_above = self.v(hi).constant == Some(0);
        if let (Some(f), true) = (self.v(lo).float, zero_above) {
            let ty = if self.b.func.dfg.value_type(f) == types::F32 { types::F32X4 } else { types::F64X2 };
            let vec = self.b.ins().scalar_to_vector(ty, f);
            return Q { vec: self.bytes(vec), scalar: Some(f) };
        }
        let lo = self.v64(lo);
        let vec = self.b.ins().scalar_to_vector(types::I64X2, lo);
        let vec = if zero_above {
            vec
        } else {
            let hi = self.v64(hi);
            self.b.ins().insertlane(vec, hi, 1)
        };
        Q::vec(self.bytes(vec))
    }

    /// An operation by its definition.
    fn vector_by_helper(&mut self, op: Uop) -> Q {
        let args: Vec<Val> = match op {
            Uop::SetLane(_, _, q, v) => vec![Val::Q(self.q(q)), Val::V(self.v(v))],
            Uop::Dup(_, v) => vec![Val::V(self.v(v))],
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

    /// A float of an integer's bits, or the float it was made of.
    pub(super) fn float(
        &mut self,
        ty: cranelift_codegen::ir::Type,
        id: innkeeper_core::emit::obj::V,
    ) -> cranelift_codegen::ir::Value {
        let v = self.v(id);
        if let Some(f) = v.float.filter(|&f| self.b.func.dfg.value_type(f) == ty) {
            return f;
        }
        let bits = if ty == types::F32 { self.v32(id) } else { self.v64(id) };
        self.b.ins().bitcast(ty, MemFlagsData::new(), bits)
    }
}

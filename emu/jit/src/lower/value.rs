//! Values of the guest in the forms CLIF has them.

use cranelift_codegen::ir::{InstBuilder as _, MemFlagsData, Value, types};
use innkeeper_core::emit::obj::{Q as QId, V as VId};

use super::Lower;

/// A 64-bit value of the guest. At least one form is there; they all mean the same value, the
/// narrow ones zero-extended. Others are made when they are asked for.
#[derive(Clone, Copy, Default, Debug)]
pub struct V {
    /// A constant.
    pub constant: Option<u64>,
    /// 64 bits.
    pub full: Option<Value>,
    /// 32 bits.
    pub low: Option<Value>,
    /// 8 or 16 bits.
    pub small: Option<Value>,
    /// `small` is 0 or 1.
    pub truth: bool,
    /// A floating-point number of 32 or 64 bits.
    pub float: Option<Value>,
    /// The low bits (how many) sign-extended to 64: of a load whose next use is that.
    pub sext: Option<(u32, Value)>,
}

impl V {
    /// A constant.
    pub fn constant(v: u64) -> V {
        V { constant: Some(v), ..V::default() }
    }
    /// Of 64 bits.
    pub fn full(v: Value) -> V {
        V { full: Some(v), ..V::default() }
    }
    /// Of 32 bits, zero-extended.
    pub fn low(v: Value) -> V {
        V { low: Some(v), ..V::default() }
    }
    /// Of 8 or 16 bits, zero-extended.
    pub fn small(v: Value) -> V {
        V { small: Some(v), ..V::default() }
    }
    /// 0 or 1 in 8 bits.
    pub fn truth(v: Value) -> V {
        V { small: Some(v), truth: true, ..V::default() }
    }
    /// A floating-point number.
    pub fn float(v: Value) -> V {
        V { float: Some(v), ..V::default() }
    }
}

/// A 128-bit value.
#[derive(Clone, Copy, Debug)]
pub struct Q {
    /// As bytes.
    pub vec: Value,
    /// The floating-point number in the lowest lane, where all above is zero.
    pub scalar: Option<Value>,
}

impl Q {
    /// Any vector.
    pub fn vec(vec: Value) -> Q {
        Q { vec, scalar: None }
    }
}

/// The result of an operation.
#[derive(Clone, Copy, Debug)]
pub enum Val {
    /// None.
    None,
    /// 64 bits.
    V(V),
    /// 128 bits.
    Q(Q),
}

impl Lower<'_, '_> {
    /// The value with number `id`.
    pub fn v(&self, id: VId) -> V {
        match self.values.get(id.0 as usize) {
            Some(Val::V(v)) => *v,
            // The checker has proved that this cannot be.
            _ => V::constant(0),
        }
    }

    /// The vector with number `id`.
    pub fn q(&mut self, id: QId) -> Q {
        match self.values.get(id.0 as usize) {
            Some(Val::Q(q)) => *q,
            _ => self.q_constant(0),
        }
    }

    fn remember(&mut self, id: VId, v: V) {
        if let Some(place) = self.values.get_mut(id.0 as usize) {
            *place = Val::V(v);
        }
    }

    /// The 64 bits of a value.
    pub fn v64(&mut self, id: VId) -> Value {
        let v = self.v(id);
        let full = self.full(v);
        if v.constant.is_none() {
            self.remember(id, V { full: Some(full), ..v });
        }
        full
    }

    /// The low 32 bits of a value.
    pub fn v32(&mut self, id: VId) -> Value {
        let v = self.v(id);
        if let Some(c) = v.constant {
            return self.b.ins().iconst(types::I32, (c & 0xffff_ffff).cast_signed());
        }
        if let Some(low) = v.low {
            return low;
        }
        match v.small {
            Some(small) => self.b.ins().uextend(types::I32, small),
            None => {
                let full = self.v64(id);
                self.b.ins().ireduce(types::I32, full)
            }
        }
    }

    /// A value that is not 0 when the guest's is not, for conditional branches and selections.
    pub fn condition(&mut self, id: VId) -> Value {
        let v = self.v(id);
        v.small.or(v.low).unwrap_or_else(|| self.v64(id))
    }

    /// 64 bits of whatever form there is.
    pub fn full(&mut self, v: V) -> Value {
        if let Some(full) = v.full {
            return full;
        }
        if let Some(c) = v.constant {
            return self.imm(c);
        }
        if let Some(narrow) = v.low.or(v.small) {
            return self.b.ins().uextend(types::I64, narrow);
        }
        if let Some((bits, sext)) = v.sext {
            let shift = 64 - i64::from(bits);
            let up = self.b.ins().ishl_imm_u(sext, shift);
            return self.b.ins().ushr_imm_u(up, shift);
        }
        match v.float {
            Some(f) if self.b.func.dfg.value_type(f) == types::F32 => {
                let bits = self.b.ins().bitcast(types::I32, MemFlagsData::new(), f);
                self.b.ins().uextend(types::I64, bits)
            }
            Some(f) => self.b.ins().bitcast(types::I64, MemFlagsData::new(), f),
            None => self.imm(0),
        }
    }

    /// A constant vector.
    pub fn q_constant(&mut self, v: u128) -> Q {
        let bytes = v.to_le_bytes().to_vec();
        let handle = self.b.func.dfg.constants.insert(bytes.into());
        Q::vec(self.b.ins().vconst(types::I8X16, handle))
    }

    /// `v` seen as bytes.
    pub fn bytes(&mut self, v: Value) -> Value {
        self.cast(types::I8X16, v)
    }

    /// A vector seen as lanes of another type.
    pub fn cast(&mut self, ty: cranelift_codegen::ir::Type, v: Value) -> Value {
        if self.b.func.dfg.value_type(v) == ty {
            return v;
        }
        let flags = MemFlagsData::new().with_endianness(cranelift_codegen::ir::Endianness::Little);
        self.b.ins().bitcast(ty, flags, v)
    }
}

//! Values of the guest in the forms CLIF has them.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder as _, MemFlagsData, Opcode, Type, Value, ValueDef, types};
use innkeeper_core::emit::Lane;
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
    /// A lane of a vector (as bytes), zero-extended.
    pub lane: Option<(Value, Lane, u8)>,
    /// N, Z, C, V as bits 3..0 of the comparison of two floating-point numbers.
    pub compared: Option<(Value, Value)>,
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
    /// A floating-point number, its bits zero-extended.
    pub fn float(v: Value) -> V {
        V { float: Some(v), ..V::default() }
    }
    /// A lane of a vector.
    pub fn lane(vec: Value, lane: Lane, i: u8) -> V {
        V { lane: Some((vec, lane, i)), ..V::default() }
    }
    /// The flags of a comparison.
    pub fn compared(a: Value, b: Value) -> V {
        V { compared: Some((a, b)), ..V::default() }
    }
}

/// A 128-bit value.
#[derive(Clone, Copy, Debug)]
pub struct Q {
    /// As bytes.
    pub vec: Value,
    /// The floating-point number in the lowest lane, where all above is zero.
    pub scalar: Option<Value>,
    /// The two halves, where it is a pair of general registers on its way to or from memory.
    pub halves: Option<[Value; 2]>,
}

impl Q {
    /// Any vector.
    pub fn vec(vec: Value) -> Q {
        Q { vec, scalar: None, halves: None }
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

#[expect(clippy::cast_possible_truncation, reason = "takes the low half")]
const fn low_word(v: u64) -> u32 {
    v as u32
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
        if let Some(f) = v.float.filter(|&f| self.type_of(f) == types::F32) {
            return self.cast(types::I32, f);
        }
        match (v.small, v.lane) {
            (Some(small), _) => self.b.ins().uextend(types::I32, small),
            (_, Some((vec, lane @ (Lane::S | Lane::D), i))) => {
                // Bits 31..0 of a D lane are an S lane.
                let i = if lane == Lane::D { 2 * i } else { i };
                self.lane_bits(vec, Lane::S, i)
            }
            _ => {
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
        if let Some((vec, lane, i)) = v.lane {
            let bits = self.lane_bits(vec, lane, i);
            return if lane == Lane::D { bits } else { self.b.ins().uextend(types::I64, bits) };
        }
        if let Some((a, b)) = v.compared {
            return self.pack_comparison(a, b);
        }
        match v.float {
            Some(f) if self.type_of(f) == types::F32 => {
                let bits = self.cast(types::I32, f);
                self.b.ins().uextend(types::I64, bits)
            }
            Some(f) => self.cast(types::I64, f),
            None => self.imm(0),
        }
    }

    /// N, Z, C, V of a comparison of floating-point numbers as a number.
    pub(super) fn pack_comparison(&mut self, a: Value, b: Value) -> Value {
        let mut packed = self.imm(0b0011);
        let ways = [(FloatCC::GreaterThan, 0b0010), (FloatCC::Equal, 0b0110), (FloatCC::LessThan, 0b1000)];
        for (cc, nzcv) in ways {
            let (c, nzcv) = (self.b.ins().fcmp(cc, a, b), self.imm(nzcv));
            packed = self.b.ins().select(c, nzcv, packed);
        }
        packed
    }

    /// A value as a floating-point number of type `ty` that has its bits.
    pub(super) fn float(&mut self, ty: Type, id: VId) -> Value {
        let v = self.v(id);
        if let Some(c) = v.constant {
            return if ty == types::F32 {
                self.b.ins().f32const(Ieee32::with_bits(low_word(c)))
            } else {
                self.b.ins().f64const(Ieee64::with_bits(c))
            };
        }
        if let Some(f) = self.float_form(v, ty) {
            return f;
        }
        let bits = if ty == types::F32 { self.v32(id) } else { self.v64(id) };
        self.cast(ty, bits)
    }

    /// The low bits of a value as a number of type `ty`, if they are in a vector register.
    pub(super) fn float_form(&mut self, v: V, ty: Type) -> Option<Value> {
        if let Some(f) = v.float.filter(|&f| self.type_of(f) == ty) {
            return Some(f);
        }
        let (vec, lane, i) = v.lane?;
        let (lanes, i) = match (lane, ty) {
            (Lane::D, types::F64) => (types::F64X2, i),
            (Lane::D, types::F32) => (types::F32X4, 2 * i),
            (Lane::S, types::F32) => (types::F32X4, i),
            _ => return None,
        };
        let lanes = self.cast(lanes, vec);
        Some(self.b.ins().extractlane(lanes, i))
    }

    /// A lane as an integer of its size.
    pub(super) fn lane_bits(&mut self, vec: Value, lane: Lane, i: u8) -> Value {
        let ty = Self::lanes(lane);
        let lanes = self.cast(ty, vec);
        self.b.ins().extractlane(lanes, i)
    }

    /// The type of a value.
    pub(super) fn type_of(&self, v: Value) -> Type {
        self.b.func.dfg.value_type(v)
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

    /// A value seen as one of another type of the same size.
    pub fn cast(&mut self, ty: Type, v: Value) -> Value {
        let v = self.uncast(v);
        if self.type_of(v) == ty {
            return v;
        }
        let flags = MemFlagsData::new().with_endianness(cranelift_codegen::ir::Endianness::Little);
        self.b.ins().bitcast(ty, flags, v)
    }

    /// What `v` is a cast of: chains of casts would hide patterns from instruction selection.
    fn uncast(&self, v: Value) -> Value {
        let dfg = &self.b.func.dfg;
        match dfg.value_def(v) {
            ValueDef::Result(inst, _) if dfg.insts[inst].opcode() == Opcode::Bitcast => {
                dfg.inst_args(inst)[0]
            }
            _ => v,
        }
    }
}

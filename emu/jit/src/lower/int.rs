//! Integer operations.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Type, Value, types};
use innkeeper_core::emit::obj::{Uop, V as VId};
use innkeeper_core::emit::{Bin, Cmp, Lane, Un, W, step};

use super::Lower;
use super::value::V;

impl Lower<'_, '_> {
    /// The value of an integer operation.
    pub(super) fn int(&mut self, op: Uop) -> V {
        match op {
            Uop::Bin(op, w, a, b) => self.bin(op, w, a, b),
            Uop::Un(op, w, a) => self.un(op, w, a),
            Uop::Cmp(op, w, a, b) => self.cmp(op, w, a, b),
            Uop::Select(c, a, b) => self.select(c, a, b),
            Uop::Ext(bits, signed, a) => self.ext(bits, signed, a),
            _ => V::constant(0),
        }
    }

    /// A value at a width.
    pub(super) fn at(&mut self, w: W, id: VId) -> Value {
        match w {
            W::W32 => self.v32(id),
            W::W64 => self.v64(id),
        }
    }

    pub(super) fn made(w: W, v: Value) -> V {
        match w {
            W::W32 => V::low(v),
            W::W64 => V::full(v),
        }
    }

    fn bin(&mut self, op: Bin, w: W, a: VId, b: VId) -> V {
        let (ca, cb) = (self.v(a).constant, self.v(b).constant);
        if let (Some(a), Some(b)) = (ca, cb) {
            return V::constant(step::bin(op, w, a, b));
        }
        if let Some(v) = self.identity(op, w, a, b) {
            return v;
        }
        let (a, b) = (self.at(w, a), self.at(w, b));
        let r = match op {
            Bin::Add => self.b.ins().iadd(a, b),
            Bin::Sub => self.b.ins().isub(a, b),
            Bin::And => self.b.ins().band(a, b),
            Bin::Or => self.b.ins().bor(a, b),
            Bin::Xor => self.b.ins().bxor(a, b),
            Bin::Mul => self.b.ins().imul(a, b),
            Bin::UMulHi => self.high_product(w, a, b, false),
            Bin::SMulHi => self.high_product(w, a, b, true),
            Bin::UDiv => self.udiv(w, a, b, cb),
            Bin::SDiv => self.sdiv(w, a, b),
            Bin::Shl => self.b.ins().ishl(a, b),
            Bin::Shr => self.b.ins().ushr(a, b),
            Bin::Sar => self.b.ins().sshr(a, b),
            Bin::Ror => self.b.ins().rotr(a, b),
        };
        Self::made(w, r)
    }

    /// Operations with 0 that give an operand back: MOV, shifts by 0, offsets of 0.
    fn identity(&mut self, op: Bin, w: W, a: VId, b: VId) -> Option<V> {
        let (ca, cb) = (self.v(a).constant, self.v(b).constant);
        let same = match op {
            Bin::Add | Bin::Or | Bin::Xor if ca == Some(0) => b,
            Bin::Add | Bin::Sub | Bin::Or | Bin::Xor | Bin::Shl | Bin::Shr | Bin::Sar | Bin::Ror
                if cb == Some(0) =>
            {
                a
            }
            Bin::Mul | Bin::And if ca == Some(0) || cb == Some(0) => return Some(V::constant(0)),
            _ => return None,
        };
        Some(match w {
            W::W64 => self.v(same),
            W::W32 => V::low(self.v32(same)),
        })
    }

    fn high_product(&mut self, w: W, a: Value, b: Value, signed: bool) -> Value {
        if w == W::W64 {
            return if signed { self.b.ins().smulhi(a, b) } else { self.b.ins().umulhi(a, b) };
        }
        let widen = |s: &mut Self, v| {
            if signed { s.b.ins().sextend(types::I64, v) } else { s.b.ins().uextend(types::I64, v) }
        };
        let (a, b) = (widen(self, a), widen(self, b));
        let product = self.b.ins().imul(a, b);
        let high = self.b.ins().ushr_imm_u(product, 32);
        self.b.ins().ireduce(types::I32, high)
    }

    fn udiv(&mut self, w: W, a: Value, b: Value, constant: Option<u64>) -> Value {
        if constant.is_some_and(|c| step::extend(w.bits(), false, c) != 0) {
            return self.b.ins().udiv(a, b);
        }
        let zero = self.b.ins().icmp_imm_u(IntCC::Equal, b, 0);
        let ty = Self::ty(w);
        let (none, one) = (self.b.ins().iconst(ty, 0), self.b.ins().iconst(ty, 1));
        let divisor = self.b.ins().select(zero, one, b);
        let q = self.b.ins().udiv(a, divisor);
        self.b.ins().select(zero, none, q)
    }

    fn sdiv(&mut self, w: W, a: Value, b: Value) -> Value {
        let ty = Self::ty(w);
        let zero = self.b.ins().icmp_imm_u(IntCC::Equal, b, 0);
        let minus = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let special = self.b.ins().bor(zero, minus);
        let (none, one) = (self.b.ins().iconst(ty, 0), self.b.ins().iconst(ty, 1));
        let divisor = self.b.ins().select(special, one, b);
        let q = self.b.ins().sdiv(a, divisor);
        let negated = self.b.ins().ineg(a);
        let q = self.b.ins().select(minus, negated, q);
        self.b.ins().select(zero, none, q)
    }

    pub(super) fn ty(w: W) -> Type {
        match w {
            W::W32 => types::I32,
            W::W64 => types::I64,
        }
    }

    fn un(&mut self, op: Un, w: W, a: VId) -> V {
        if let Some(c) = self.v(a).constant {
            return V::constant(step::un(op, w, c));
        }
        let v = self.at(w, a);
        let r = match op {
            Un::Not => self.b.ins().bnot(v),
            Un::Neg => self.b.ins().ineg(v),
            Un::Clz => self.b.ins().clz(v),
            Un::Cls => self.cls(w, v),
            Un::Rbit => self.b.ins().bitrev(v),
            Un::Rev => self.b.ins().bswap(v),
            Un::Rev16 => self.rev16(w, v),
            Un::Rev32 => {
                let swapped = self.b.ins().bswap(v);
                if w == W::W64 { self.b.ins().rotr_imm_u(swapped, 32) } else { swapped }
            }
        };
        Self::made(w, r)
    }

    /// Bits equal to their upper neighbour become 0.
    fn cls(&mut self, w: W, v: Value) -> Value {
        let sign = self.b.ins().sshr_imm_u(v, i64::from(w.bits()) - 1);
        let differ = self.b.ins().bxor(v, sign);
        let n = self.b.ins().clz(differ);
        self.b.ins().iadd_imm_s(n, -1)
    }

    fn rev16(&mut self, w: W, v: Value) -> Value {
        let mask = self
            .b
            .ins()
            .iconst(Self::ty(w), 0x00ff_00ff_00ff_00ff & (u64::MAX >> (64 - w.bits())).cast_signed());
        let high = self.b.ins().ushr_imm_u(v, 8);
        let high = self.b.ins().band(high, mask);
        let low = self.b.ins().band(v, mask);
        let low = self.b.ins().ishl_imm_u(low, 8);
        self.b.ins().bor(high, low)
    }

    fn cmp(&mut self, op: Cmp, w: W, a: VId, b: VId) -> V {
        if let (Some(a), Some(b)) = (self.v(a).constant, self.v(b).constant) {
            return V::constant(step::cmp(op, w, a, b));
        }
        let cc = match op {
            Cmp::Eq => IntCC::Equal,
            Cmp::Ne => IntCC::NotEqual,
            Cmp::ULt => IntCC::UnsignedLessThan,
            Cmp::ULe => IntCC::UnsignedLessThanOrEqual,
            Cmp::SLt => IntCC::SignedLessThan,
            Cmp::SLe => IntCC::SignedLessThanOrEqual,
        };
        let (a, b) = (self.at(w, a), self.at(w, b));
        V::truth(self.b.ins().icmp(cc, a, b))
    }

    fn select(&mut self, c: VId, a: VId, b: VId) -> V {
        if let Some(c) = self.v(c).constant {
            return self.v(if c != 0 { a } else { b });
        }
        let c = self.condition(c);
        if let Some(ty) = self.number_type(a, b) {
            let (a, b) = (self.float(ty, a), self.float(ty, b));
            return V::float(self.b.ins().select(c, a, b));
        }
        let narrow = |v: V| v.low.is_some() || v.constant.is_some_and(|c| c >> 32 == 0);
        let w = if narrow(self.v(a)) && narrow(self.v(b)) { W::W32 } else { W::W64 };
        let (a, b) = (self.at(w, a), self.at(w, b));
        Self::made(w, self.b.ins().select(c, a, b))
    }

    /// The type of two values held in vector registers, or of one and a constant.
    fn number_type(&self, a: VId, b: VId) -> Option<Type> {
        let ty = |v: V| match (v.float, v.lane) {
            (Some(f), _) => Some(self.type_of(f)),
            (_, Some((_, Lane::S, _))) => Some(types::F32),
            (_, Some((_, Lane::D, _))) => Some(types::F64),
            _ => None,
        };
        let (a, b) = (self.v(a), self.v(b));
        match (ty(a), ty(b)) {
            (Some(t), None) if b.constant.is_some() => Some(t),
            (t, u) if t == u => t,
            _ => None,
        }
    }

    fn ext(&mut self, bits: u32, signed: bool, a: VId) -> V {
        let v = self.v(a);
        if let Some(c) = v.constant {
            return V::constant(step::extend(bits, signed, c));
        }
        let ty = match bits {
            64 => return v,
            32 => types::I32,
            16 => types::I16,
            8 => types::I8,
            _ => return self.ext_odd(bits, signed, a),
        };
        if !signed && v.truth {
            return v;
        }
        match v.sext {
            Some((n, sext)) if n == bits => return if signed { V::full(sext) } else { v },
            _ => {}
        }
        let narrow = match v.small {
            Some(small) if self.b.func.dfg.value_type(small) == ty => small,
            _ if bits == 32 => self.v32(a),
            _ => {
                let v = v.low.unwrap_or_else(|| self.v64(a));
                self.b.ins().ireduce(ty, v)
            }
        };
        match (signed, bits) {
            (true, _) => V::full(self.b.ins().sextend(types::I64, narrow)),
            (false, 32) => V::low(narrow),
            (false, _) => V::small(narrow),
        }
    }

    fn ext_odd(&mut self, bits: u32, signed: bool, a: VId) -> V {
        let v = self.v64(a);
        let shift = 64 - i64::from(bits);
        let up = self.b.ins().ishl_imm_u(v, shift);
        V::full(if signed { self.b.ins().sshr_imm_u(up, shift) } else { self.b.ins().ushr_imm_u(up, shift) })
    }
}

//! Flags: kept as the operands they are made of; a comparison is made where one is asked for.

use cranelift_codegen::ir::condcodes::{CondCode as _, FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder as _, Type, Value, types};
use innkeeper_core::emit::obj::{Uop, V as VId};
use innkeeper_core::emit::step::cond_holds;
use innkeeper_core::emit::{Cond, FSize, W};

use super::Lower;
use super::value::{V, Val};
use crate::flags::Kind;
use crate::layout::Word;
use crate::region::Block;

/// How the flags are held at a point.
#[derive(Clone, Copy)]
pub enum Flags {
    /// In the area, as between blocks; the kind where it is the same on all ways there.
    Memory(Option<Kind>),
    /// Of two operands of the kind's width.
    Of(Kind, Value, Value),
    /// Of two operands when the condition is not 0, else the constant.
    If(Value, Kind, [Value; 2], u8),
}

/// The kind of the flags behind `block` when it is `before` in front of it.
pub fn kind_after(block: &Block, before: Option<Kind>) -> Option<Kind> {
    let ops = block.insns.iter().flat_map(|guest| guest.uops.iter().map(move |op| (guest, op)));
    ops.fold(before, |kind, (guest, op)| match *op {
        Uop::Flags(k, w, ..) => Some(Kind::of(k, w).unwrap_or(Kind::Packed)),
        Uop::FlagsIf(..) => None,
        Uop::SetNzcv(v) => match guest.uops.get(v.0 as usize) {
            Some(Uop::FCmp(FSize::S, ..)) => Some(Kind::Float32),
            Some(Uop::FCmp(FSize::D, ..)) => Some(Kind::Float64),
            // Either of a constant and a comparison, or by a constant the comparison itself.
            Some(Uop::Select(..)) => None,
            _ => Some(Kind::Packed),
        },
        _ => kind,
    })
}

impl Kind {
    /// The type of the operands.
    fn operand(self) -> Type {
        match self {
            Kind::Add32 | Kind::Sub32 | Kind::Logic32 => types::I32,
            Kind::Float32 => types::F32,
            Kind::Float64 => types::F64,
            _ => types::I64,
        }
    }
}

impl Lower<'_, '_> {
    pub(super) fn set_flags(&mut self, op: Uop) -> Val {
        self.flags = match op {
            Uop::Flags(k, w, a, b) => match Kind::of(k, w) {
                Some(kind) => Flags::Of(kind, self.at(w, a), self.at(w, b)),
                None => {
                    let packed = self.add_with_carry(w, a, b);
                    Flags::Of(Kind::Packed, packed, packed)
                }
            },
            Uop::FlagsIf(c, k, w, a, b, nzcv) => match Kind::of(k, w) {
                Some(kind) => Flags::If(self.condition(c), kind, [self.at(w, a), self.at(w, b)], nzcv),
                None => {
                    let (c, packed) = (self.condition(c), self.add_with_carry(w, a, b));
                    Flags::If(c, Kind::Packed, [packed; 2], nzcv)
                }
            },
            Uop::SetNzcv(v) if let Some((a, b)) = self.v(v).compared => {
                let kind = if self.type_of(a) == types::F32 { Kind::Float32 } else { Kind::Float64 };
                Flags::Of(kind, a, b)
            }
            Uop::SetNzcv(v) => {
                let v = self.v64(v);
                let packed = self.b.ins().band_imm_u(v, 15);
                Flags::Of(Kind::Packed, packed, packed)
            }
            _ => self.flags,
        };
        Val::None
    }

    pub(super) fn read_flags(&mut self, op: Uop) -> V {
        match op {
            Uop::Cond(c) if c.0 >= 14 => V::constant(1),
            Uop::Cond(c) => {
                let flags = self.resolved();
                V::truth(self.holds(flags, c))
            }
            _ => {
                let flags = self.resolved();
                V::full(self.packed(flags))
            }
        }
    }

    /// The flags in a form that conditions can be made of.
    fn resolved(&mut self) -> Flags {
        if let Flags::Memory(kind) = self.flags {
            let ty = kind.map_or(types::I64, Kind::operand);
            let (a, b) = (
                self.load_ctx(ty, self.abi.area(Word::FlagA)),
                self.load_ctx(ty, self.abi.area(Word::FlagB)),
            );
            return match kind {
                Some(kind) => Flags::Of(kind, a, b),
                None => {
                    let k = self.load_ctx(types::I64, self.abi.area(Word::FlagKind));
                    let packed = self.call3(crate::flags::pack_address(), [k, a, b]);
                    Flags::Of(Kind::Packed, packed, packed)
                }
            };
        }
        self.flags
    }

    /// Whether condition `c` (not 14 or 15) holds: 0 or 1, 8 bits.
    fn holds(&mut self, flags: Flags, c: Cond) -> Value {
        match flags {
            Flags::Of(kind, a, b) => self.holds_of(kind, a, b, c),
            Flags::If(when, kind, [a, b], nzcv) => {
                let inner = self.holds_of(kind, a, b, c);
                if cond_holds(c, u32::from(nzcv)) == 0 {
                    let when = self.as_truth(when);
                    self.b.ins().band(when, inner)
                } else {
                    let not = self.b.ins().icmp_imm_u(IntCC::Equal, when, 0);
                    self.b.ins().bor(not, inner)
                }
            }
            Flags::Memory(_) => {
                let flags = self.resolved();
                self.holds(flags, c)
            }
        }
    }

    fn as_truth(&mut self, v: Value) -> Value {
        if self.b.func.dfg.value_type(v) == types::I8 {
            v
        } else {
            self.b.ins().icmp_imm_u(IntCC::NotEqual, v, 0)
        }
    }

    fn holds_of(&mut self, kind: Kind, a: Value, b: Value, c: Cond) -> Value {
        let cc = match kind {
            Kind::Sub32 | Kind::Sub64 => match c.0 >> 1 {
                0 => IntCC::Equal,
                1 => IntCC::UnsignedGreaterThanOrEqual,
                4 => IntCC::UnsignedGreaterThan,
                5 => IntCC::SignedGreaterThanOrEqual,
                6 => IntCC::SignedGreaterThan,
                _ => return self.holds_of_difference(a, b, c),
            },
            Kind::Packed => return self.holds_packed(a, c),
            Kind::Float32 | Kind::Float64 => return self.holds_of_numbers(a, b, c),
            _ => return self.holds_of_result(kind, a, b, c),
        };
        self.b.ins().icmp(if c.0 & 1 == 0 { cc } else { cc.complement() }, a, b)
    }

    /// Conditions of comparing numbers.
    fn holds_of_numbers(&mut self, a: Value, b: Value, c: Cond) -> Value {
        let cc = match c.0 >> 1 {
            0 => FloatCC::Equal,
            1 => FloatCC::UnorderedOrGreaterThanOrEqual,
            2 => FloatCC::LessThan,
            3 => FloatCC::Unordered,
            4 => FloatCC::UnorderedOrGreaterThan,
            5 => FloatCC::GreaterThanOrEqual,
            _ => FloatCC::GreaterThan,
        };
        self.b.ins().fcmp(if c.0 & 1 == 0 { cc } else { cc.complement() }, a, b)
    }

    /// MI, PL, VS, VC of `a - b`.
    fn holds_of_difference(&mut self, a: Value, b: Value, c: Cond) -> Value {
        let r = self.b.ins().isub(a, b);
        let sign = if c.0 >> 1 == 2 {
            r
        } else {
            let (x, y) = (self.b.ins().bxor(a, b), self.b.ins().bxor(a, r));
            self.b.ins().band(x, y)
        };
        self.sign_is(sign, c)
    }

    /// Whether the sign bit is set, or for the odd conditions clear.
    fn sign_is(&mut self, v: Value, c: Cond) -> Value {
        let cc = if c.0 & 1 == 0 { IntCC::SignedLessThan } else { IntCC::SignedGreaterThanOrEqual };
        self.b.ins().icmp_imm_s(cc, v, 0)
    }

    /// Conditions of a sum or of a logical result.
    fn holds_of_result(&mut self, kind: Kind, a: Value, b: Value, c: Cond) -> Value {
        let sum = matches!(kind, Kind::Add32 | Kind::Add64);
        let r = if sum { self.b.ins().iadd(a, b) } else { a };
        let odd = c.0 & 1 != 0;
        match c.0 >> 1 {
            0 => self.b.ins().icmp_imm_u(if odd { IntCC::NotEqual } else { IntCC::Equal }, r, 0),
            2 => self.sign_is(r, c),
            1 if sum => {
                let cc = if odd { IntCC::UnsignedGreaterThanOrEqual } else { IntCC::UnsignedLessThan };
                self.b.ins().icmp(cc, r, a)
            }
            3 if sum => {
                let (x, y) = (self.b.ins().bxor(a, r), self.b.ins().bxor(b, r));
                let v = self.b.ins().band(x, y);
                self.sign_is(v, c)
            }
            _ if sum => {
                let packed = self.packed(Flags::Of(kind, a, b));
                self.holds_packed(packed, c)
            }
            // C and V are clear.
            1 | 3 | 4 => self.b.ins().iconst(types::I8, i64::from(odd)),
            5 => {
                let cc = if odd { IntCC::SignedLessThan } else { IntCC::SignedGreaterThanOrEqual };
                self.b.ins().icmp_imm_s(cc, r, 0)
            }
            _ => {
                let cc = if odd { IntCC::SignedLessThanOrEqual } else { IntCC::SignedGreaterThan };
                self.b.ins().icmp_imm_s(cc, r, 0)
            }
        }
    }

    /// Bit `packed` of the table of the condition.
    fn holds_packed(&mut self, packed: Value, c: Cond) -> Value {
        let table = (0..16u32).fold(0, |t, f| t | cond_holds(c, f).cast_signed() << f);
        let table = self.b.ins().iconst(types::I32, table);
        let bit = self.b.ins().ushr(table, packed);
        let bit = self.b.ins().ireduce(types::I8, bit);
        self.b.ins().band_imm_u(bit, 1)
    }

    /// The flags as a number 0..=15, 64 bits.
    fn packed(&mut self, flags: Flags) -> Value {
        match flags {
            Flags::Of(Kind::Packed, a, _) => a,
            Flags::Of(Kind::Float32 | Kind::Float64, a, b) => self.pack_comparison(a, b),
            Flags::If(c, kind, [a, b], nzcv) => {
                let then = self.packed(Flags::Of(kind, a, b));
                let other = self.imm(nzcv.into());
                self.b.ins().select(c, then, other)
            }
            Flags::Of(..) | Flags::Memory(_) => {
                // EQ, CS, MI, VS are Z, C, N, V.
                let bits = [4, 0, 2, 6].map(|c| self.holds(flags, Cond(c)));
                let wide = bits.map(|b| self.b.ins().uextend(types::I64, b));
                let mut all = wide[0];
                for bit in &wide[1..] {
                    all = self.b.ins().ishl_imm_u(all, 1);
                    all = self.b.ins().bor(all, *bit);
                }
                all
            }
        }
    }

    /// N, Z, C, V of `a + b + C`, packed.
    fn add_with_carry(&mut self, w: W, a: VId, b: VId) -> Value {
        let before = self.resolved();
        let carry = self.holds(before, Cond(2));
        let carry = self.b.ins().uextend(Self::ty(w), carry);
        let (a, b) = (self.at(w, a), self.at(w, b));
        let half = self.b.ins().iadd(a, b);
        let r = self.b.ins().iadd(half, carry);
        let first = self.b.ins().icmp(IntCC::UnsignedLessThan, half, a);
        let second = self.b.ins().icmp(IntCC::UnsignedLessThan, r, half);
        let c = self.b.ins().bor(first, second);
        let (x, y) = (self.b.ins().bxor(a, r), self.b.ins().bxor(b, r));
        let overflow = self.b.ins().band(x, y);
        let v = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, overflow, 0);
        let n = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, r, 0);
        let z = self.b.ins().icmp_imm_u(IntCC::Equal, r, 0);
        let mut all = self.b.ins().uextend(types::I64, n);
        for bit in [z, c, v] {
            let bit = self.b.ins().uextend(types::I64, bit);
            all = self.b.ins().ishl_imm_u(all, 1);
            all = self.b.ins().bor(all, bit);
        }
        all
    }

    /// The flags as the three values of the area, unless that is where they are.
    pub(super) fn flag_words(&mut self) -> Option<[Value; 3]> {
        Some(match self.flags {
            Flags::Memory(_) => return None,
            Flags::Of(kind, a, b) => [self.imm(kind as u64), self.widen(a), self.widen(b)],
            Flags::If(c, kind, [a, b], nzcv) => {
                let (kind, packed) = (self.imm(kind as u64), self.imm(Kind::Packed as u64));
                let (a, b, nzcv) = (self.widen(a), self.widen(b), self.imm(nzcv.into()));
                [self.b.ins().select(c, kind, packed), self.b.ins().select(c, a, nzcv), b]
            }
        })
    }

    /// The flags go to the area, for the blocks that follow. Not to variables: those would take two
    /// or three registers in every loop.
    pub fn leave_flags(&mut self) {
        if let Some(words) = self.flag_words() {
            self.write_flags(words);
            self.flags = Flags::Memory(None);
        }
    }

    fn widen(&mut self, v: Value) -> Value {
        // Of numbers only their own bits count.
        if self.type_of(v) == types::I32 { self.b.ins().uextend(types::I64, v) } else { v }
    }
}

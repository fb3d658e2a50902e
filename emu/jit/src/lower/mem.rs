//! Guest memory: the TLB is searched inline; what it does not answer goes to a stub that preserves
//! all registers; what is not plain memory leaves the region before anything has happened.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder as _, MemFlagsData, Type, Value, types};
use innkeeper_core::emit::obj::{Uop, V as VId};
use innkeeper_core::emit::{Lane, MemOp};

use super::Lower;
use super::value::{Q, V, Val};
use crate::layout::{SITE_ADDEND, SITE_STARTS, Word};

/// An access as the slow path is told: one word.
#[derive(Clone, Copy, Debug)]
pub struct What {
    /// How it is done.
    pub m: MemOp,
    /// Bytes, 1..=256.
    pub len: u64,
    /// Writes.
    pub write: bool,
}

impl What {
    /// log2 of the smallest power of two that is not less than the length.
    fn size(self) -> u32 {
        self.len.next_power_of_two().trailing_zeros()
    }

    /// As one word, with the offset of the site in the table.
    pub fn encode(self, site: i32) -> u64 {
        let m = self.m;
        self.len
            | u64::from(m.size) << 16
            | u64::from(m.align) << 24
            | u64::from(m.aligned) << 32
            | u64::from(m.unpriv) << What::UNPRIV
            | u64::from(self.write) << What::WRITE
            | u64::from(self.size()) << What::SIZE
            | u64::from(site.unsigned_abs()) << What::SITE
    }

    /// Bits of the length.
    pub const LEN: u64 = 0xffff;
    /// Number of the bit of an unprivileged access.
    pub const UNPRIV: u32 = 33;
    /// Number of the bit of a write.
    pub const WRITE: u32 = 34;
    /// Lowest bit of the size of the site's class, of 4.
    pub const SIZE: u32 = 36;
    /// Lowest bit of the offset of the site.
    pub const SITE: u32 = 40;

    /// What [`What::encode`] made a word of.
    pub fn decode(word: u64) -> What {
        let [_, _, size, align, ..] = word.to_le_bytes();
        let bit = |n: u32| word >> n & 1 != 0;
        let m = MemOp { size, align, aligned: bit(32), ordered: false, unpriv: bit(Self::UNPRIV) };
        What { m, len: word & Self::LEN, write: bit(Self::WRITE) }
    }
}

impl Lower<'_, '_> {
    pub(super) fn memory(&mut self, op: Uop) -> Val {
        match op {
            Uop::Load(m, a) => Val::V(self.load(m, a)),
            Uop::LoadQ(m, a) => {
                let host = self.host(m, a, 16, false);
                if self.loads_pair {
                    let halves = [0, 8].map(|at| self.b.ins().load(types::I64, guest_flags(), host, at));
                    return Val::Q(self.pair(halves));
                }
                Val::Q(Q::vec(self.b.ins().load(types::I8X16, guest_flags(), host, 0)))
            }
            Uop::Store(m, a, v) => {
                let (v, host) = (self.narrow(m, v), self.host(m, a, 1 << m.size, true));
                self.b.ins().store(guest_flags(), v, host, 0);
                self.after_store()
            }
            Uop::StoreQ(m, a, q) => {
                let (q, host) = (self.q(q), self.host(m, a, 16, true));
                match q.halves {
                    Some([low, high]) => {
                        self.b.ins().store(guest_flags(), low, host, 0);
                        self.b.ins().store(guest_flags(), high, host, 8);
                    }
                    None => {
                        self.b.ins().store(guest_flags(), q.vec, host, 0);
                    }
                }
                self.after_store()
            }
            Uop::ProbeStore(m, a, n) => {
                let addend = self.addend(m, a, n.into(), true);
                self.groups.probe(n.into(), addend);
                Val::None
            }
            Uop::Rmw(_, m, a, v) => self.atomic(op, m, a, &[v.into()]),
            Uop::Cas(m, a, x, n) => self.atomic(op, m, a, &[x.into(), n.into()]),
            Uop::CasQ(m, a, x, n) => self.atomic(op, m, a, &[x.into(), n.into()]),
            Uop::LoadExclusive(m, a) => self.atomic(op, m, a, &[]),
            Uop::StoreExclusive(m, a, v) => self.atomic(op, m, a, &[v.into()]),
            _ => Val::None,
        }
    }

    /// Accesses from here on cannot go back before the store.
    fn after_store(&mut self) -> Val {
        self.exit = None;
        Val::None
    }

    fn load(&mut self, m: MemOp, a: VId) -> V {
        let host = self.host(m, a, 1 << m.size, false);
        let flags = guest_flags();
        if self.sign_extends && m.size < 3 {
            let v = match m.size {
                0 => self.b.ins().sload8(types::I64, flags, host, 0),
                1 => self.b.ins().sload16(types::I64, flags, host, 0),
                _ => self.b.ins().sload32(flags, host, 0),
            };
            return V { sext: Some((8 << m.size, v)), ..V::default() };
        }
        match m.size {
            0 => V::full(self.b.ins().uload8(types::I64, flags, host, 0)),
            1 => V::full(self.b.ins().uload16(types::I64, flags, host, 0)),
            2 if self.to_vector => V::float(self.b.ins().load(types::F32, flags, host, 0)),
            3 if self.to_vector => V::float(self.b.ins().load(types::F64, flags, host, 0)),
            2 => V::low(self.b.ins().load(types::I32, flags, host, 0)),
            _ => V::full(self.b.ins().load(types::I64, flags, host, 0)),
        }
    }

    /// The bytes of a value that a store of `m` writes.
    fn narrow(&mut self, m: MemOp, id: VId) -> Value {
        let (v, ty) = (self.v(id), int_type(m.size));
        if v.full.is_none()
            && v.low.is_none()
            && let Some(v) = self.vector_part(v, m.size)
        {
            return v;
        }
        match ty {
            types::I64 => self.v64(id),
            types::I32 => self.v32(id),
            _ => {
                if let Some(small) = v.small.filter(|&s| self.b.func.dfg.value_type(s) == ty) {
                    return small;
                }
                let wide = self.v32(id);
                self.b.ins().ireduce(ty, wide)
            }
        }
    }

    /// The low `1 << size` bytes of a value that is in a vector register.
    fn vector_part(&mut self, v: V, size: u8) -> Option<Value> {
        match (size, v.lane) {
            (2, _) => self.float_form(v, types::F32),
            (3, _) => self.float_form(v, types::F64),
            (0 | 1, Some((vec, lane, i))) if lane as u8 >= size => {
                Some(self.lane_bits(vec, Lane::of(size.into()), i << (lane as u8 - size)))
            }
            _ => None,
        }
    }

    /// Host address of an access of `len` bytes, which may be made when this point is reached.
    fn host(&mut self, m: MemOp, a: VId, len: u64, write: bool) -> Value {
        let addend = match self.groups.probed(len.cast_signed()) {
            Some(addend) => addend,
            None => self.addend(m, a, len, write),
        };
        let va = self.v64(a);
        self.b.ins().iadd(addend, va)
    }

    /// Host address minus guest address for an access of `len` bytes.
    fn addend(&mut self, m: MemOp, a: VId, len: u64, write: bool) -> Value {
        let va = self.v64(a);
        if m.aligned && m.align > 0 {
            let low = self.b.ins().band_imm_u(va, (1 << m.align) - 1);
            self.exit_if(low);
        }
        let what = What { m, len, write };
        match self.groups.here().map(|(group, offset)| (*group, offset)) {
            _ if m.unpriv => self.ask(va, what),
            None => self.lookup(va, what, true),
            Some((group, offset)) => {
                let shared = match group.addend {
                    Some(shared) => shared,
                    None => self.lookup_group(va, group, offset),
                };
                self.or_alone(shared, va, what)
            }
        }
    }

    /// Looks up a whole group at its first access, at `va`.
    fn lookup_group(&mut self, va: Value, group: super::groups::Group, offset: i64) -> Value {
        let low = self.b.ins().iadd_imm_s(va, group.low.wrapping_sub(offset));
        let len = group.high.wrapping_sub(group.low).cast_unsigned();
        // Aligned as every access of the group is, if the first byte is aligned to the most.
        let m = MemOp::plain(4);
        let addend = self.lookup(low, What { m, len, write: group.write }, false);
        if let Some((group, _)) = self.groups.here() {
            group.addend = Some(addend);
        }
        addend
    }

    /// The addend of a group, or where that is 0 the access's own.
    fn or_alone(&mut self, shared: Value, va: Value, what: What) -> Value {
        let (cold, join) = (self.cold_block(), self.b.create_block());
        let addend = self.b.append_block_param(join, types::I64);
        let fail = self.exit_block();
        self.b.ins().brif(shared, join, &[shared.into()], cold, &[]);
        let site = self.code.site(what.size(), what.write);
        self.fill(cold, va, what.encode(site), join, Some(fail));
        addend
    }

    /// The addend of an access: from the site's last page, from the TLB, or from the slow path, which
    /// leaves the region when there is none if `must`, and gives 0 otherwise.
    fn lookup(&mut self, va: Value, what: What, must: bool) -> Value {
        let fail = must.then(|| self.exit_block());
        let site = self.code.site(what.size(), what.write);
        let (tlb, trusted) = (self.tlb, MemFlagsData::trusted());
        let page = self.b.ins().load(types::I64, trusted, tlb, site);
        let within = self.b.ins().isub(va, page);
        let starts = self.b.ins().load(types::I64, trusted, tlb, site + SITE_STARTS);
        let same = self.b.ins().icmp(IntCC::UnsignedLessThan, within, starts);
        let (hit, cold, join) = (self.b.create_block(), self.cold_block(), self.b.create_block());
        let addend = self.b.append_block_param(join, types::I64);
        self.b.ins().brif(same, hit, &[], cold, &[]);
        self.b.switch_to_block(hit);
        self.b.seal_block(hit);
        let found = self.b.ins().load(types::I64, trusted, tlb, site + SITE_ADDEND);
        self.b.ins().jump(join, &[found.into()]);
        self.fill(cold, va, what.encode(site), join, fail);
        addend
    }

    /// The addend from the slow path, always.
    fn ask(&mut self, va: Value, what: What) -> Value {
        let addend = self.call_fill(va, what.encode(0));
        let none = self.b.ins().icmp_imm_u(IntCC::Equal, addend, 0);
        self.exit_if(none);
        addend
    }

    /// Calls the slow path.
    pub(super) fn call_fill(&mut self, va: Value, what: u64) -> Value {
        self.store_ctx(va, self.abi.area(Word::FillAddr));
        let what = self.imm(what);
        self.store_ctx(what, self.abi.area(Word::FillWhat));
        let stub = self.load_ctx(types::I64, self.abi.area(Word::FillStub));
        self.b.ins().call_indirect(self.sigs.stub, stub, &[]);
        self.load_ctx(types::I64, self.abi.area(Word::FillAddend))
    }

    /// Atomics and exclusives, by a helper: the CPUs take turns, so nothing else is atomic here.
    fn atomic(&mut self, op: Uop, m: MemOp, a: VId, args: &[Operand]) -> Val {
        let write = !matches!(op, Uop::LoadExclusive(..));
        let va = self.v64(a);
        let len = 1 << m.size;
        if m.aligned && m.align > 0 {
            let low = self.b.ins().band_imm_u(va, (1 << m.align) - 1);
            self.exit_if(low);
        }
        let what = What { m, len, write };
        if m.unpriv {
            self.ask(va, what)
        } else {
            self.lookup(va, what, true)
        };
        let mut values = vec![Val::V(V::full(va))];
        for arg in args {
            values.push(match *arg {
                Operand::V(v) => Val::V(self.v(v)),
                Operand::Q(q) => Val::Q(self.q(q)),
            });
        }
        let result = self.by_helper(op, &values);
        if write {
            self.exit = None;
        }
        result
    }

    pub fn cold_block(&mut self) -> ir::Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }
}

/// An operand of either kind.
pub(super) enum Operand {
    V(VId),
    Q(innkeeper_core::emit::obj::Q),
}

impl From<VId> for Operand {
    fn from(v: VId) -> Operand {
        Operand::V(v)
    }
}

impl From<innkeeper_core::emit::obj::Q> for Operand {
    fn from(q: innkeeper_core::emit::obj::Q) -> Operand {
        Operand::Q(q)
    }
}

/// Guest memory: not aligned, and no access faults in the host.
fn guest_flags() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

fn int_type(size: u8) -> Type {
    match size {
        0 => types::I8,
        1 => types::I16,
        2 => types::I32,
        _ => types::I64,
    }
}

//! The object-safe twin of [`Emit`]: one operation is one [`Uop`] given to [`EmitObj::emit`].
//!
//! Everything that looks at guest semantics instead of executing them implements [`EmitObj`]: the
//! recorder ([`super::uop`]), the checker ([`super::check`]) and the translator, whose
//! implementation turns each [`Uop`] into Cranelift IR and whose ids are the numbers of its SSA
//! values. [`Obj`] makes any of them an [`Emit`], so that the table's handlers are instantiated
//! only twice: for `Step` and for `Obj`. A virtual call for each operation costs nothing
//! measurable next to building IR.

use super::{
    Bin, Cmp, Cond, Emit, F1, F2, F3, FCvt, FSize, FlagKind, Helper, Lane, MemOp, Q1, Q2, Q3, QF1, QF2, QF3,
    QI, Reg, Res, Rmw, Term, Trap, Un, VReg, W,
};

/// A 64-bit value: whatever number the implementation gave it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct V(pub u32);

/// A 128-bit value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Q(pub u32);

/// One operation of [`Emit`] with its operands, in the order of the method's parameters. The
/// meaning is that of the method of the same name.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(missing_docs, reason = "the methods of Emit are the documentation")]
pub enum Uop {
    Imm(u64),
    QImm(u128),
    Get(Reg),
    Set(Reg, V),
    GetQ(VReg),
    SetQ(VReg, Q),
    Pc,
    Bin(Bin, W, V, V),
    Un(Un, W, V),
    Cmp(Cmp, W, V, V),
    Select(V, V, V),
    Ext(u32, bool, V),
    Flags(FlagKind, W, V, V),
    FlagsIf(V, FlagKind, W, V, V, u8),
    Cond(Cond),
    Nzcv,
    SetNzcv(V),
    Load(MemOp, V),
    Store(MemOp, V, V),
    LoadQ(MemOp, V),
    StoreQ(MemOp, V, Q),
    Rmw(Rmw, MemOp, V, V),
    Cas(MemOp, V, V, V),
    CasQ(MemOp, V, Q, Q),
    LoadExclusive(MemOp, V),
    StoreExclusive(MemOp, V, Q),
    ProbeStore(MemOp, V, u8),
    SpAccess,
    Barrier,
    QMake(V, V),
    Lane(Lane, u8, Q),
    SetLane(Lane, u8, Q, V),
    Dup(Lane, V),
    Q1(Q1, Lane, Q),
    Q2(Q2, Lane, Q, Q),
    Q3(Q3, Lane, Q, Q, Q),
    QI(QI, Lane, Q, Q, u8),
    FpAccess,
    F1(F1, FSize, V),
    F2(F2, FSize, V, V),
    F3(F3, FSize, V, V, V),
    FCmp(FSize, bool, V, V),
    FCvt(FCvt, V),
    QF1(QF1, FSize, Q),
    QF2(QF2, FSize, Q, Q),
    QF3(QF3, FSize, Q, Q, Q),
    Helper(Helper, [V; 3]),
    HelperQ(Helper, [Q; 3], u64),
    TrapIf(V, Trap),
    Trap(Trap),
    End(Term<V>),
}

/// What an operation results in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing.
    None,
    /// A 64-bit value.
    V,
    /// A 128-bit value.
    Q,
}

impl Uop {
    /// What the operation results in.
    pub fn kind(&self) -> Kind {
        match self {
            Uop::Set(..)
            | Uop::SetQ(..)
            | Uop::Flags(..)
            | Uop::FlagsIf(..)
            | Uop::SetNzcv(_)
            | Uop::Store(..)
            | Uop::StoreQ(..)
            | Uop::ProbeStore(..)
            | Uop::SpAccess
            | Uop::Barrier
            | Uop::FpAccess
            | Uop::TrapIf(..)
            | Uop::Trap(_)
            | Uop::End(_) => Kind::None,
            Uop::QImm(_)
            | Uop::GetQ(_)
            | Uop::LoadQ(..)
            | Uop::CasQ(..)
            | Uop::LoadExclusive(..)
            | Uop::QMake(..)
            | Uop::SetLane(..)
            | Uop::Dup(..)
            | Uop::Q1(..)
            | Uop::Q2(..)
            | Uop::Q3(..)
            | Uop::QI(..)
            | Uop::QF1(..)
            | Uop::QF2(..)
            | Uop::QF3(..)
            | Uop::HelperQ(..) => Kind::Q,
            _ => Kind::V,
        }
    }
}

/// An engine that builds something out of operations.
pub trait EmitObj {
    /// Takes the next operation and gives its result a number; the number is ignored for
    /// operations without a result ([`Uop::kind`]). Operands are numbers given before.
    fn emit(&mut self, op: Uop) -> u32;
}

/// An [`EmitObj`] as an [`Emit`]. Faulting operations always succeed here: the side exit is the
/// builder's business.
pub struct Obj<'a>(pub &'a mut dyn EmitObj);

impl Obj<'_> {
    fn v(&mut self, op: Uop) -> V {
        V(self.0.emit(op))
    }
    fn q(&mut self, op: Uop) -> Q {
        Q(self.0.emit(op))
    }
    fn none(&mut self, op: Uop) {
        self.0.emit(op);
    }
}

/// A method that is one operation: `name(parameters) -> how, Uop`.
macro_rules! ops {
    ($($name:ident($($p:ident: $t:ty),*) $kind:ident $op:expr;)*) => {
        $( ops!(@ $kind $name($($p: $t),*) $op); )*
    };
    (@ v $name:ident($($p:ident: $t:ty),*) $op:expr) => {
        fn $name(&mut self, $($p: $t),*) -> V { self.v($op) }
    };
    (@ q $name:ident($($p:ident: $t:ty),*) $op:expr) => {
        fn $name(&mut self, $($p: $t),*) -> Q { self.q($op) }
    };
    (@ none $name:ident($($p:ident: $t:ty),*) $op:expr) => {
        fn $name(&mut self, $($p: $t),*) { self.none($op); }
    };
    (@ try_v $name:ident($($p:ident: $t:ty),*) $op:expr) => {
        fn $name(&mut self, $($p: $t),*) -> Result<V, Trap> { Ok(self.v($op)) }
    };
    (@ try_q $name:ident($($p:ident: $t:ty),*) $op:expr) => {
        fn $name(&mut self, $($p: $t),*) -> Result<Q, Trap> { Ok(self.q($op)) }
    };
    (@ try_none $name:ident($($p:ident: $t:ty),*) $op:expr) => {
        fn $name(&mut self, $($p: $t),*) -> Res { self.none($op); Ok(()) }
    };
}

impl Emit for Obj<'_> {
    type V = V;
    type Q = Q;

    ops! {
        imm(v: u64) v Uop::Imm(v);
        qimm(v: u128) q Uop::QImm(v);
        get(r: Reg) v Uop::Get(r);
        set(r: Reg, v: V) none Uop::Set(r, v);
        getq(r: VReg) q Uop::GetQ(r);
        setq(r: VReg, v: Q) none Uop::SetQ(r, v);
        pc() v Uop::Pc;
        bin(op: Bin, w: W, a: V, b: V) v Uop::Bin(op, w, a, b);
        un(op: Un, w: W, a: V) v Uop::Un(op, w, a);
        cmp(op: Cmp, w: W, a: V, b: V) v Uop::Cmp(op, w, a, b);
        select(c: V, a: V, b: V) v Uop::Select(c, a, b);
        ext(bits: u32, signed: bool, a: V) v Uop::Ext(bits, signed, a);
        flags(k: FlagKind, w: W, a: V, b: V) none Uop::Flags(k, w, a, b);
        flags_if(c: V, k: FlagKind, w: W, a: V, b: V, nzcv: u8) none Uop::FlagsIf(c, k, w, a, b, nzcv);
        cond(c: Cond) v Uop::Cond(c);
        nzcv() v Uop::Nzcv;
        set_nzcv(v: V) none Uop::SetNzcv(v);
        load(m: MemOp, addr: V) try_v Uop::Load(m, addr);
        store(m: MemOp, addr: V, v: V) try_none Uop::Store(m, addr, v);
        loadq(m: MemOp, addr: V) try_q Uop::LoadQ(m, addr);
        storeq(m: MemOp, addr: V, v: Q) try_none Uop::StoreQ(m, addr, v);
        rmw(op: Rmw, m: MemOp, addr: V, v: V) try_v Uop::Rmw(op, m, addr, v);
        cas(m: MemOp, addr: V, expected: V, new: V) try_v Uop::Cas(m, addr, expected, new);
        casq(m: MemOp, addr: V, expected: Q, new: Q) try_q Uop::CasQ(m, addr, expected, new);
        load_exclusive(m: MemOp, addr: V) try_q Uop::LoadExclusive(m, addr);
        store_exclusive(m: MemOp, addr: V, v: Q) try_v Uop::StoreExclusive(m, addr, v);
        probe_store(m: MemOp, addr: V, bytes: u8) try_none Uop::ProbeStore(m, addr, bytes);
        sp_access() try_none Uop::SpAccess;
        barrier() none Uop::Barrier;
        q_make(lo: V, hi: V) q Uop::QMake(lo, hi);
        lane(l: Lane, i: u8, q: Q) v Uop::Lane(l, i, q);
        set_lane(l: Lane, i: u8, q: Q, v: V) q Uop::SetLane(l, i, q, v);
        dup(l: Lane, v: V) q Uop::Dup(l, v);
        q1(op: Q1, l: Lane, a: Q) q Uop::Q1(op, l, a);
        q2(op: Q2, l: Lane, a: Q, b: Q) q Uop::Q2(op, l, a, b);
        q3(op: Q3, l: Lane, a: Q, b: Q, c: Q) q Uop::Q3(op, l, a, b, c);
        qi(op: QI, l: Lane, a: Q, b: Q, imm: u8) q Uop::QI(op, l, a, b, imm);
        fp_access() try_none Uop::FpAccess;
        f1(op: F1, s: FSize, a: V) v Uop::F1(op, s, a);
        f2(op: F2, s: FSize, a: V, b: V) v Uop::F2(op, s, a, b);
        f3(op: F3, s: FSize, a: V, b: V, c: V) v Uop::F3(op, s, a, b, c);
        fcmp(s: FSize, signal: bool, a: V, b: V) v Uop::FCmp(s, signal, a, b);
        fcvt(op: FCvt, a: V) v Uop::FCvt(op, a);
        qf1(op: QF1, s: FSize, a: Q) q Uop::QF1(op, s, a);
        qf2(op: QF2, s: FSize, a: Q, b: Q) q Uop::QF2(op, s, a, b);
        qf3(op: QF3, s: FSize, a: Q, b: Q, c: Q) q Uop::QF3(op, s, a, b, c);
        helper(h: Helper, a: [V; 3]) try_v Uop::Helper(h, a);
        helperq(h: Helper, a: [Q; 3], imm: u64) q Uop::HelperQ(h, a, imm);
        trap_if(c: V, t: Trap) try_none Uop::TrapIf(c, t);
        trap(t: Trap) try_none Uop::Trap(t);
        end(t: Term<V>) none Uop::End(t);
    }
}

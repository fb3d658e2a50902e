//! The recorder: semantics as a list of micro-operations, for dumps, goldens, liveness and fuzzing.
//!
//! Never on the hot path: executing the list is several times slower than `Step`, and the
//! translator builds from the semantics directly.

use std::fmt;

use super::obj::{EmitObj, Kind, Q, Uop, V};
use super::{Emit, Res, Term};

/// A recording. The number of a value is the index of the operation that made it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorder {
    /// The operations, in order.
    pub ops: Vec<Uop>,
}

impl EmitObj for Recorder {
    fn emit(&mut self, op: Uop) -> u32 {
        self.ops.push(op);
        u32::try_from(self.ops.len() - 1).unwrap_or(u32::MAX)
    }
}

/// One operation a line, as in `v2 = add.64 v0, v1`.
impl fmt::Display for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (n, op) in self.ops.iter().enumerate() {
            match op.kind() {
                Kind::None => writeln!(f, "{op}")?,
                Kind::V => writeln!(f, "v{n} = {op}")?,
                Kind::Q => writeln!(f, "q{n} = {op}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for V {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Display for Q {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "q{}", self.0)
    }
}

/// An operation's or size's name: its `Debug` text in lower case.
fn name(x: impl fmt::Debug) -> String {
    format!("{x:?}").to_ascii_lowercase()
}

impl fmt::Display for Uop {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Uop::Imm(v) => write!(f, "{v:#x}"),
            Uop::QImm(v) => write!(f, "{v:#x}"),
            Uop::Get(r) => write!(f, "get r{}", r.0),
            Uop::Set(r, v) => write!(f, "set r{}, {v}", r.0),
            Uop::GetQ(r) => write!(f, "getq {}", r.0),
            Uop::SetQ(r, v) => write!(f, "setq {}, {v}", r.0),
            Uop::Pc => write!(f, "pc"),
            Uop::Bin(op, w, a, b) => write!(f, "{}.{} {a}, {b}", name(op), w.bits()),
            Uop::Un(op, w, a) => write!(f, "{}.{} {a}", name(op), w.bits()),
            Uop::Cmp(op, w, a, b) => write!(f, "cmp.{}.{} {a}, {b}", name(op), w.bits()),
            Uop::Select(c, a, b) => write!(f, "select {c}, {a}, {b}"),
            Uop::Ext(bits, signed, a) => write!(f, "{}ext.{bits} {a}", if signed { "s" } else { "z" }),
            Uop::Flags(k, w, a, b) => write!(f, "flags.{}.{} {a}, {b}", name(k), w.bits()),
            Uop::FlagsIf(c, k, w, a, b, n) => {
                write!(f, "flags_if.{}.{} {c}, {a}, {b}, {n:#06b}", name(k), w.bits())
            }
            Uop::Cond(c) => write!(f, "cond.{}", c.0),
            Uop::Nzcv => write!(f, "nzcv"),
            Uop::SetNzcv(v) => write!(f, "set_nzcv {v}"),
            Uop::Helper(h, [a, b, c]) => write!(f, "helper.{} {a}, {b}, {c}", name(h)),
            Uop::HelperQ(h, [a, b, c], i) => write!(f, "helperq.{} {a}, {b}, {c}, {i:#x}", name(h)),
            Uop::TrapIf(c, t) => write!(f, "trap_if {c}, {}:{:#x}", t.kind(), t.arg()),
            Uop::Trap(t) => write!(f, "trap {}:{:#x}", t.kind(), t.arg()),
            Uop::End(t) => end(f, t),
            _ => memory(self, f),
        }
    }
}

/// Display of memory operations.
fn memory(op: &Uop, f: &mut fmt::Formatter) -> fmt::Result {
    match *op {
        Uop::Load(m, a) => write!(f, "load.{m} [{a}]"),
        Uop::Store(m, a, v) => write!(f, "store.{m} [{a}], {v}"),
        Uop::LoadQ(m, a) => write!(f, "loadq.{m} [{a}]"),
        Uop::StoreQ(m, a, v) => write!(f, "storeq.{m} [{a}], {v}"),
        Uop::Rmw(op, m, a, v) => write!(f, "rmw.{}.{m} [{a}], {v}", name(op)),
        Uop::Cas(m, a, x, n) => write!(f, "cas.{m} [{a}], {x}, {n}"),
        Uop::CasQ(m, a, x, n) => write!(f, "casq.{m} [{a}], {x}, {n}"),
        Uop::LoadExclusive(m, a) => write!(f, "load_exclusive.{m} [{a}]"),
        Uop::StoreExclusive(m, a, v) => write!(f, "store_exclusive.{m} [{a}], {v}"),
        Uop::ProbeStore(m, a, n) => write!(f, "probe_store.{m} [{a}], {n}"),
        Uop::SpAccess => write!(f, "sp_access"),
        Uop::Barrier => write!(f, "barrier"),
        _ => vector(op, f),
    }
}

/// Display of vector and floating-point operations.
fn vector(op: &Uop, f: &mut fmt::Formatter) -> fmt::Result {
    match *op {
        Uop::QMake(lo, hi) => write!(f, "q_make {lo}, {hi}"),
        Uop::Lane(l, i, q) => write!(f, "lane.{} {q}, {i}", name(l)),
        Uop::SetLane(l, i, q, v) => write!(f, "set_lane.{} {q}, {i}, {v}", name(l)),
        Uop::Dup(l, v) => write!(f, "dup.{} {v}", name(l)),
        Uop::Q1(op, l, a) => write!(f, "{}.{} {a}", name(op), name(l)),
        Uop::Q2(op, l, a, b) => write!(f, "{}.{} {a}, {b}", name(op), name(l)),
        Uop::Q3(op, l, a, b, c) => write!(f, "{}.{} {a}, {b}, {c}", name(op), name(l)),
        Uop::QI(op, l, a, b, i) => write!(f, "{}.{} {a}, {b}, {i}", name(op), name(l)),
        Uop::FpAccess => write!(f, "fp_access"),
        Uop::F1(op, s, a) => write!(f, "f{}.{} {a}", name(op), name(s)),
        Uop::F2(op, s, a, b) => write!(f, "f{}.{} {a}, {b}", name(op), name(s)),
        Uop::F3(op, s, a, b, c) => write!(f, "f{}.{} {a}, {b}, {c}", name(op), name(s)),
        Uop::FCmp(s, sig, a, b) => write!(f, "fcmp{}.{} {a}, {b}", if sig { "e" } else { "" }, name(s)),
        Uop::FCvt(op, a) => write!(f, "fcvt.{} {a}", name(op)),
        Uop::QF1(op, s, a) => write!(f, "qf{}.{} {a}", name(op), name(s)),
        Uop::QF2(op, s, a, b) => write!(f, "qf{}.{} {a}, {b}", name(op), name(s)),
        Uop::QF3(op, s, a, b, c) => write!(f, "qf{}.{} {a}, {b}, {c}", name(op), name(s)),
        ref other => write!(f, "{other:?}"),
    }
}

impl fmt::Display for super::MemOp {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", 8u32 << self.size.min(4))?;
        if self.align != self.size {
            write!(f, ".align{}", 8u32 << self.align.min(4))?;
        }
        for (set, name) in [(self.aligned, ".aligned"), (self.ordered, ".ordered"), (self.unpriv, ".unpriv")]
        {
            if set {
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}

fn end(f: &mut fmt::Formatter, t: Term<V>) -> fmt::Result {
    match t {
        Term::Next => write!(f, "end.next"),
        Term::Jump { rel } => write!(f, "end.jump pc{rel:+}"),
        Term::Call { rel } => write!(f, "end.call pc{rel:+}"),
        Term::Branch { c, rel } => write!(f, "end.branch {c}, pc{rel:+}"),
        Term::Indirect { target, hint } => write!(f, "end.indirect.{} {target}", name(hint)),
        Term::Wait => write!(f, "end.wait"),
    }
}

/// Values made so far, by number.
enum Value<E: Emit> {
    None,
    V(E::V),
    Q(E::Q),
}

/// Replays a recording into an engine. An operand that names no earlier value of its kind reads
/// as zero (recordings made by hand or by a fuzzer).
pub fn replay<E: Emit>(ops: &[Uop], e: &mut E) -> Res {
    let mut values = Vec::with_capacity(ops.len());
    for op in ops {
        let value = Replay { e: &mut *e, values: &values }.step(op)?;
        values.push(value);
    }
    Ok(())
}

struct Replay<'a, E: Emit> {
    e: &'a mut E,
    values: &'a [Value<E>],
}

impl<E: Emit> Replay<'_, E> {
    fn v(&mut self, id: V) -> E::V {
        match usize::try_from(id.0).ok().and_then(|n| self.values.get(n)) {
            Some(Value::V(v)) => *v,
            _ => self.e.imm(0),
        }
    }

    fn q(&mut self, id: Q) -> E::Q {
        match usize::try_from(id.0).ok().and_then(|n| self.values.get(n)) {
            Some(Value::Q(q)) => *q,
            _ => self.e.qimm(0),
        }
    }

    fn step(&mut self, op: &Uop) -> Result<Value<E>, super::Trap> {
        match op.kind() {
            Kind::None => self.none(op).map(|()| Value::None),
            Kind::V => self.make_v(op).map(Value::V),
            Kind::Q => self.make_q(op).map(Value::Q),
        }
    }

    fn none(&mut self, op: &Uop) -> Res {
        match *op {
            Uop::Set(r, v) => {
                let v = self.v(v);
                self.e.set(r, v);
            }
            Uop::SetQ(r, q) => {
                let q = self.q(q);
                self.e.setq(r, q);
            }
            Uop::Flags(k, w, a, b) => {
                let (a, b) = (self.v(a), self.v(b));
                self.e.flags(k, w, a, b);
            }
            Uop::FlagsIf(c, k, w, a, b, nzcv) => {
                let (c, a, b) = (self.v(c), self.v(a), self.v(b));
                self.e.flags_if(c, k, w, a, b, nzcv);
            }
            Uop::SetNzcv(v) => {
                let v = self.v(v);
                self.e.set_nzcv(v);
            }
            Uop::Store(m, a, v) => {
                let (a, v) = (self.v(a), self.v(v));
                return self.e.store(m, a, v);
            }
            Uop::StoreQ(m, a, q) => {
                let (a, q) = (self.v(a), self.q(q));
                return self.e.storeq(m, a, q);
            }
            Uop::ProbeStore(m, a, n) => {
                let a = self.v(a);
                return self.e.probe_store(m, a, n);
            }
            Uop::SpAccess => return self.e.sp_access(),
            Uop::FpAccess => return self.e.fp_access(),
            Uop::TrapIf(c, t) => {
                let c = self.v(c);
                return self.e.trap_if(c, t);
            }
            Uop::Trap(t) => return self.e.trap(t),
            Uop::Barrier => self.e.barrier(),
            Uop::End(t) => self.end(t),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, t: Term<V>) {
        let t = match t {
            Term::Next => Term::Next,
            Term::Jump { rel } => Term::Jump { rel },
            Term::Call { rel } => Term::Call { rel },
            Term::Branch { c, rel } => Term::Branch { c: self.v(c), rel },
            Term::Indirect { target, hint } => Term::Indirect { target: self.v(target), hint },
            Term::Wait => Term::Wait,
        };
        self.e.end(t);
    }

    fn make_v(&mut self, op: &Uop) -> Result<E::V, super::Trap> {
        Ok(match *op {
            Uop::Imm(v) => self.e.imm(v),
            Uop::Get(r) => self.e.get(r),
            Uop::Pc => self.e.pc(),
            Uop::Bin(op, w, a, b) => {
                let (a, b) = (self.v(a), self.v(b));
                self.e.bin(op, w, a, b)
            }
            Uop::Un(op, w, a) => {
                let a = self.v(a);
                self.e.un(op, w, a)
            }
            Uop::Cmp(op, w, a, b) => {
                let (a, b) = (self.v(a), self.v(b));
                self.e.cmp(op, w, a, b)
            }
            Uop::Select(c, a, b) => {
                let (c, a, b) = (self.v(c), self.v(a), self.v(b));
                self.e.select(c, a, b)
            }
            Uop::Ext(bits, signed, a) => {
                let a = self.v(a);
                self.e.ext(bits, signed, a)
            }
            Uop::Cond(c) => self.e.cond(c),
            Uop::Nzcv => self.e.nzcv(),
            Uop::Load(m, a) => {
                let a = self.v(a);
                self.e.load(m, a)?
            }
            Uop::Rmw(op, m, a, v) => {
                let (a, v) = (self.v(a), self.v(v));
                self.e.rmw(op, m, a, v)?
            }
            Uop::Cas(m, a, x, n) => {
                let (a, x, n) = (self.v(a), self.v(x), self.v(n));
                self.e.cas(m, a, x, n)?
            }
            Uop::StoreExclusive(m, a, q) => {
                let (a, q) = (self.v(a), self.q(q));
                self.e.store_exclusive(m, a, q)?
            }
            Uop::Lane(l, i, q) => {
                let q = self.q(q);
                self.e.lane(l, i, q)
            }
            Uop::Helper(h, a) => {
                let a = a.map(|a| self.v(a));
                self.e.helper(h, a)?
            }
            _ => self.make_f(op),
        })
    }

    fn make_f(&mut self, op: &Uop) -> E::V {
        match *op {
            Uop::F1(op, s, a) => {
                let a = self.v(a);
                self.e.f1(op, s, a)
            }
            Uop::F2(op, s, a, b) => {
                let (a, b) = (self.v(a), self.v(b));
                self.e.f2(op, s, a, b)
            }
            Uop::F3(op, s, a, b, c) => {
                let (a, b, c) = (self.v(a), self.v(b), self.v(c));
                self.e.f3(op, s, a, b, c)
            }
            Uop::FCmp(s, signal, a, b) => {
                let (a, b) = (self.v(a), self.v(b));
                self.e.fcmp(s, signal, a, b)
            }
            Uop::FCvt(op, a) => {
                let a = self.v(a);
                self.e.fcvt(op, a)
            }
            _ => self.e.imm(0),
        }
    }

    fn make_q(&mut self, op: &Uop) -> Result<E::Q, super::Trap> {
        Ok(match *op {
            Uop::QImm(v) => self.e.qimm(v),
            Uop::GetQ(r) => self.e.getq(r),
            Uop::LoadQ(m, a) => {
                let a = self.v(a);
                self.e.loadq(m, a)?
            }
            Uop::CasQ(m, a, x, n) => {
                let (a, x, n) = (self.v(a), self.q(x), self.q(n));
                self.e.casq(m, a, x, n)?
            }
            Uop::LoadExclusive(m, a) => {
                let a = self.v(a);
                self.e.load_exclusive(m, a)?
            }
            Uop::QMake(lo, hi) => {
                let (lo, hi) = (self.v(lo), self.v(hi));
                self.e.q_make(lo, hi)
            }
            Uop::SetLane(l, i, q, v) => {
                let (q, v) = (self.q(q), self.v(v));
                self.e.set_lane(l, i, q, v)
            }
            Uop::Dup(l, v) => {
                let v = self.v(v);
                self.e.dup(l, v)
            }
            Uop::Q1(op, l, a) => {
                let a = self.q(a);
                self.e.q1(op, l, a)
            }
            Uop::Q2(op, l, a, b) => {
                let (a, b) = (self.q(a), self.q(b));
                self.e.q2(op, l, a, b)
            }
            Uop::Q3(op, l, a, b, c) => {
                let (a, b, c) = (self.q(a), self.q(b), self.q(c));
                self.e.q3(op, l, a, b, c)
            }
            Uop::QI(op, l, a, b, i) => {
                let (a, b) = (self.q(a), self.q(b));
                self.e.qi(op, l, a, b, i)
            }
            _ => self.make_qf(op),
        })
    }

    fn make_qf(&mut self, op: &Uop) -> E::Q {
        match *op {
            Uop::QF1(op, s, a) => {
                let a = self.q(a);
                self.e.qf1(op, s, a)
            }
            Uop::QF2(op, s, a, b) => {
                let (a, b) = (self.q(a), self.q(b));
                self.e.qf2(op, s, a, b)
            }
            Uop::QF3(op, s, a, b, c) => {
                let (a, b, c) = (self.q(a), self.q(b), self.q(c));
                self.e.qf3(op, s, a, b, c)
            }
            Uop::HelperQ(h, a, imm) => {
                let a = a.map(|a| self.q(a));
                self.e.helperq(h, a, imm)
            }
            _ => self.e.qimm(0),
        }
    }
}

//! The checker: the rules of the module text of [`emit`](super), proved on the recording of an
//! instruction. A test runs it over many words of every row of every table.

use super::obj::{Kind, Q, Uop, V};
use super::{Bin, Lane, MemOp, Reg, Term, Un, W};

/// What a recording has to conform to.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// It ends a block: exactly one `end`, or a trap, as the last operation. Otherwise neither.
    pub ends_block: bool,
    /// It may access memory.
    pub memory: bool,
    /// It may fault after writing state.
    pub restartable: bool,
    /// The register whose use as a base needs `sp_access`.
    pub sp: Option<Reg>,
    /// Number of general and of vector registers.
    pub registers: (u8, u8),
}

/// What is known of a 64-bit value.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// All ones are below this bit.
    bits: u32,
    /// The value, if it is a constant.
    constant: Option<u64>,
    /// The value whose constant distance this one is, and the distance.
    base: (u32, u64),
    /// Derived from the stack pointer by additions.
    sp: bool,
}

/// The first rule a recording violates, as a sentence with the operation's index.
pub fn check(ops: &[Uop], rules: &Rules) -> Result<(), String> {
    let mut c = Checker { rules, ops, known: Vec::new(), wrote: None, probed: None, fp: false, sp: false };
    for (n, op) in ops.iter().enumerate() {
        c.op(op).map_err(|why| format!("operation {n} ({op}): {why}"))?;
    }
    let last = matches!(ops.last(), Some(Uop::End(_) | Uop::Trap(_)));
    match (rules.ends_block, last) {
        (true, false) => Err("the row ends a block, but neither `end` nor `trap` is last".into()),
        (false, true) => Err("the row does not end a block, but `end` or `trap` is last".into()),
        _ => Ok(()),
    }
}

struct Checker<'a> {
    rules: &'a Rules,
    ops: &'a [Uop],
    /// What is known of each operation's result.
    known: Vec<Known>,
    /// The operation that wrote state first.
    wrote: Option<usize>,
    /// Base, offset and length of the probed range.
    probed: Option<(u32, u64, u8)>,
    fp: bool,
    sp: bool,
}

type Verdict = Result<(), String>;

fn demand(holds: bool, why: &str) -> Verdict {
    if holds { Ok(()) } else { Err(why.into()) }
}

impl Checker<'_> {
    fn op(&mut self, op: &Uop) -> Verdict {
        let n = self.known.len();
        if n > 0 && matches!(self.ops[n - 1], Uop::End(_) | Uop::Trap(_)) {
            return Err("operations follow the end".into());
        }
        self.operands(op)?;
        self.ranges(op)?;
        self.memory(op)?;
        self.access(op)?;
        self.order(op, n)?;
        let known = self.learn(op);
        self.known.push(known);
        Ok(())
    }

    /// Operands name earlier results of their kind.
    fn operands(&self, op: &Uop) -> Verdict {
        let (vs, qs) = operands(op);
        let kind =
            |n: u32| usize::try_from(n).ok().filter(|&n| n < self.known.len()).map(|n| self.ops[n].kind());
        let known =
            vs.iter().all(|v| kind(v.0) == Some(Kind::V)) && qs.iter().all(|q| kind(q.0) == Some(Kind::Q));
        demand(known, "an operand is no earlier value of its kind")
    }

    /// Constants of the operation are in range, flags and conditions have few enough bits.
    fn ranges(&self, op: &Uop) -> Verdict {
        let (regs, vregs) = self.rules.registers;
        let lane = |l: Lane, i: u8| demand(usize::from(i) < l.count(), "no such lane");
        match *op {
            Uop::Get(r) | Uop::Set(r, _) => demand(r.0 < regs, "no such register"),
            Uop::GetQ(r) | Uop::SetQ(r, _) => demand(r.0 < vregs, "no such vector register"),
            Uop::Ext(bits, ..) => demand((1..=64).contains(&bits), "extends from 0 or more than 64 bits"),
            Uop::Lane(l, i, _) | Uop::SetLane(l, i, ..) => lane(l, i),
            Uop::Cond(c) => demand(c.0 < 16, "no such condition"),
            Uop::FlagsIf(.., nzcv) => demand(nzcv < 16, "more than four flags"),
            Uop::End(Term::Branch { c, .. }) => demand(self.get(c).bits <= 1, "the condition is not 0 or 1"),
            Uop::ProbeStore(_, _, n) => demand((1..=64).contains(&n), "probes 0 or more than 64 bytes"),
            Uop::Cas(m, _, x, _) => {
                demand(self.get(x).bits <= 8 << m.size, "the expected value is wider than the access")
            }
            _ => Ok(()),
        }
    }

    /// Memory is accessed by rows that say so, with sizes that fit, and the stack pointer is
    /// checked before it is a base.
    fn memory(&self, op: &Uop) -> Verdict {
        let (m, addr, sizes) = match *op {
            Uop::Load(m, a) | Uop::Store(m, a, _) | Uop::Rmw(_, m, a, _) | Uop::Cas(m, a, ..) => {
                (m, a, 0..=3)
            }
            Uop::LoadQ(m, a) | Uop::StoreQ(m, a, _) | Uop::CasQ(m, a, ..) => (m, a, 4..=4),
            Uop::LoadExclusive(m, a) | Uop::StoreExclusive(m, a, _) | Uop::ProbeStore(m, a, _) => {
                (m, a, 0..=4)
            }
            _ => return Ok(()),
        };
        demand(self.rules.memory, "the row's class does not allow memory accesses")?;
        demand(sizes.contains(&m.size), "size does not fit the operation")?;
        demand(m.align <= 6, "alignment of more than 64 bytes")?;
        demand(
            self.sp || !self.get(addr).sp,
            "the base is the stack pointer and `sp_access` did not come before",
        )
    }

    /// FP and vector state is touched after `fp_access` only.
    fn access(&mut self, op: &Uop) -> Verdict {
        match op {
            Uop::FpAccess => self.fp = true,
            Uop::SpAccess => self.sp = true,
            Uop::GetQ(_)
            | Uop::SetQ(..)
            | Uop::F1(..)
            | Uop::F2(..)
            | Uop::F3(..)
            | Uop::FCmp(..)
            | Uop::FCvt(..) => {
                return demand(self.fp, "FP or vector state is touched before `fp_access`");
            }
            _ => {}
        }
        Ok(())
    }

    /// Nothing faults after state has been written.
    fn order(&mut self, op: &Uop, n: usize) -> Verdict {
        let effects = op.effects();
        if let (true, Some(first)) = (effects.faults && !self.rules.restartable, self.wrote) {
            let safe = match *op {
                Uop::Store(m, a, _) | Uop::StoreQ(m, a, _) => self.is_probed(m, a),
                _ => false,
            };
            demand(safe, &format!("may fault after operation {first} ({}) has written", self.ops[first]))?;
        }
        if let Uop::ProbeStore(_, a, bytes) = *op {
            let (base, offset) = self.get(a).base;
            self.probed = Some((base, offset, bytes));
        }
        if !effects.may.is_empty() {
            self.wrote.get_or_insert(n);
        }
        Ok(())
    }

    /// Whether a store is inside the probed range.
    fn is_probed(&self, m: MemOp, addr: V) -> bool {
        let (base, offset) = self.get(addr).base;
        self.probed.is_some_and(|(b, start, len)| {
            let from = offset.wrapping_sub(start);
            b == base && from < len.into() && from + (1 << m.size) <= u64::from(len)
        })
    }

    fn get(&self, v: V) -> Known {
        let unknown = Known { bits: 64, constant: None, base: (v.0, 0), sp: false };
        usize::try_from(v.0).ok().and_then(|n| self.known.get(n)).copied().unwrap_or(unknown)
    }

    /// What is known of the operation's result.
    fn learn(&self, op: &Uop) -> Known {
        let id = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let fresh = |bits| Known { bits, constant: None, base: (id, 0), sp: false };
        match *op {
            Uop::Imm(v) => Known { constant: Some(v), ..fresh(64 - v.leading_zeros()) },
            Uop::Get(r) => Known { sp: Some(r) == self.rules.sp, ..fresh(64) },
            Uop::Bin(op, w, a, b) => self.learn_bin(op, w, self.get(a), self.get(b), fresh(w.bits())),
            Uop::Un(Un::Clz | Un::Cls, ..) => fresh(7),
            Uop::Un(_, w, _) => fresh(w.bits()),
            Uop::Cmp(..) | Uop::Cond(_) | Uop::StoreExclusive(..) => fresh(1),
            Uop::Select(_, a, b) => fresh(self.get(a).bits.max(self.get(b).bits)),
            Uop::Ext(bits, false, a) => fresh(bits.min(self.get(a).bits)),
            Uop::Ext(bits, true, a) if self.get(a).bits < bits => fresh(self.get(a).bits),
            Uop::Nzcv | Uop::FCmp(..) => fresh(4),
            Uop::Load(m, _) | Uop::Rmw(_, m, ..) | Uop::Cas(m, ..) => fresh(8 << m.size.min(3)),
            Uop::Lane(l, ..) => fresh(l.bits()),
            _ => fresh(64),
        }
    }

    fn learn_bin(&self, op: Bin, w: W, a: Known, b: Known, fresh: Known) -> Known {
        let wide = w == W::W64;
        let bits = w.bits();
        match (op, a.constant, b.constant) {
            (Bin::Add, _, Some(k)) if wide => moved(a, k, fresh),
            (Bin::Add, Some(k), _) if wide => moved(b, k, fresh),
            (Bin::Sub, _, Some(k)) if wide => moved(a, k.wrapping_neg(), fresh),
            (Bin::Add, ..) => Known { sp: a.sp || b.sp, ..fresh },
            (Bin::And, ..) => Known { bits: a.bits.min(b.bits).min(bits), ..fresh },
            (Bin::Or | Bin::Xor, ..) => Known { bits: a.bits.max(b.bits).min(bits), ..fresh },
            (Bin::Shr, _, Some(k)) if k < 64 => {
                let k = u32::try_from(k).unwrap_or(0);
                Known { bits: a.bits.min(bits).saturating_sub(k & (bits - 1)), ..fresh }
            }
            _ => fresh,
        }
    }
}

/// `a` plus a constant.
fn moved(a: Known, by: u64, fresh: Known) -> Known {
    Known { base: (a.base.0, a.base.1.wrapping_add(by)), sp: a.sp, ..fresh }
}

/// Operands of an operation.
fn operands(op: &Uop) -> (Vec<V>, Vec<Q>) {
    match *op {
        Uop::Set(_, a)
        | Uop::Un(_, _, a)
        | Uop::Ext(_, _, a)
        | Uop::SetNzcv(a)
        | Uop::Load(_, a)
        | Uop::LoadQ(_, a)
        | Uop::LoadExclusive(_, a)
        | Uop::ProbeStore(_, a, _)
        | Uop::Dup(_, a)
        | Uop::F1(_, _, a)
        | Uop::FCvt(_, a)
        | Uop::TrapIf(a, _)
        | Uop::End(Term::Branch { c: a, .. } | Term::Indirect { target: a, .. }) => (vec![a], vec![]),
        Uop::Bin(_, _, a, b)
        | Uop::Cmp(_, _, a, b)
        | Uop::Flags(_, _, a, b)
        | Uop::Store(_, a, b)
        | Uop::Rmw(_, _, a, b)
        | Uop::QMake(a, b)
        | Uop::F2(_, _, a, b)
        | Uop::FCmp(_, _, a, b) => (vec![a, b], vec![]),
        Uop::Select(a, b, c)
        | Uop::FlagsIf(a, _, _, b, c, _)
        | Uop::Cas(_, a, b, c)
        | Uop::F3(_, _, a, b, c)
        | Uop::Helper(_, [a, b, c]) => (vec![a, b, c], vec![]),
        Uop::StoreQ(_, a, q) | Uop::StoreExclusive(_, a, q) | Uop::SetLane(_, _, q, a) => (vec![a], vec![q]),
        Uop::CasQ(_, a, p, q) => (vec![a], vec![p, q]),
        Uop::SetQ(_, p) | Uop::Lane(_, _, p) | Uop::Q1(_, _, p) | Uop::QF1(_, _, p) => (vec![], vec![p]),
        Uop::Q2(_, _, p, q) | Uop::QI(_, _, p, q, _) | Uop::QF2(_, _, p, q) => (vec![], vec![p, q]),
        Uop::Q3(_, _, p, q, r) | Uop::QF3(_, _, p, q, r) | Uop::HelperQ(_, [p, q, r], _) => {
            (vec![], vec![p, q, r])
        }
        _ => (vec![], vec![]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::{Hint, Trap};

    const RULES: Rules =
        Rules { ends_block: false, memory: true, restartable: false, sp: Some(Reg(31)), registers: (32, 32) };

    fn violation(ops: &[Uop], rules: Rules) -> String {
        check(ops, &rules).expect_err("a violation")
    }

    #[test]
    fn faults_come_before_writes() {
        let ops = [Uop::Get(Reg(0)), Uop::Set(Reg(1), V(0)), Uop::Load(MemOp::plain(3), V(0))];
        assert!(violation(&ops, RULES).contains("may fault after operation 1"));
        check(&ops, &Rules { restartable: true, ..RULES }).unwrap();
    }

    #[test]
    fn a_probe_covers_the_stores_in_its_range() {
        let m = MemOp::plain(3);
        let ops = |bytes| {
            [
                Uop::Get(Reg(0)),
                Uop::Imm(8),
                Uop::Bin(Bin::Add, W::W64, V(0), V(1)),
                Uop::ProbeStore(m, V(0), bytes),
                Uop::Store(m, V(0), V(0)),
                Uop::Store(m, V(2), V(0)),
            ]
        };
        check(&ops(16), &RULES).unwrap();
        assert!(violation(&ops(15), RULES).contains("operation 5"));
    }

    #[test]
    fn blocks_end_once_and_last() {
        let jump = Uop::End(Term::Jump { rel: 4 });
        let ends = Rules { ends_block: true, ..RULES };
        check(&[jump], &ends).unwrap();
        check(&[Uop::Trap(Trap::new(1, 0))], &ends).unwrap();
        assert!(violation(&[jump, jump], ends).contains("follow the end"));
        assert!(violation(&[Uop::Pc], ends).contains("neither"));
        assert!(violation(&[jump], RULES).contains("does not end"));
    }

    #[test]
    fn values_are_what_they_are_used_as() {
        let branch = |c| Uop::End(Term::Branch { c, rel: 4 });
        let ends = Rules { ends_block: true, ..RULES };
        assert!(violation(&[Uop::Get(Reg(0)), branch(V(0))], ends).contains("not 0 or 1"));
        assert!(violation(&[Uop::QImm(0), Uop::Set(Reg(0), V(0))], RULES).contains("of its kind"));
        assert!(
            violation(&[Uop::Get(Reg(31)), Uop::Load(MemOp::plain(0), V(0))], RULES).contains("sp_access")
        );
        let target = Uop::End(Term::Indirect { target: V(9), hint: Hint::Jump });
        assert!(violation(&[target], ends).contains("no earlier value"));
    }
}

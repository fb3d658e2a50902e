//! Sequences of operations, so that the result of one is the operand of the next in whatever form
//! it is held.

use innkeeper_core::emit::obj::{Obj, Uop, V};
use innkeeper_core::emit::{Cond, Emit as _, FSize, Lane, QF2, QF3, Reg, VReg};
use proptest::prelude::*;

use super::forms::{F2S, F3S, Q1S, Q2S, conversions, f1};
use super::operands::Rng;
use super::{Bench, record};

/// An instruction: which operation, which registers.
#[derive(Clone, Copy, Debug)]
struct Step {
    kind: u8,
    op: u16,
    single: bool,
    q: bool,
    regs: [u8; 4],
}

fn step() -> impl Strategy<Value = Step> {
    (0u8..12, any::<u16>(), any::<bool>(), any::<bool>(), [0u8..4, 0u8..4, 0u8..4, 0u8..4])
        .prop_map(|(kind, op, single, q, regs)| Step { kind, op, single, q, regs })
}

fn pick<T: Copy>(of: &[T], n: u16) -> T {
    of[usize::from(n) % of.len()]
}

/// The operations of an instruction.
fn build(step: Step) -> Vec<Uop> {
    let Step { kind, op, single, q, regs: [d, n, m, a] } = step;
    let (s, l) = if single { (FSize::S, Lane::S) } else { (FSize::D, Lane::D) };
    let lane = pick(&[Lane::B, Lane::H, Lane::S, Lane::D], op >> 8);
    record(|e| {
        let scalar = |e: &mut Obj, r| {
            let q = e.getq(VReg(r));
            e.lane(l, 0, q)
        };
        let set = |e: &mut Obj, v: V| {
            let zero = e.imm(0);
            let q = e.q_make(v, zero);
            e.setq(VReg(d), q);
        };
        match kind {
            0 | 1 => {
                let (x, y) = (scalar(e, n), scalar(e, m));
                let v = e.f2(pick(&F2S, op), s, x, y);
                set(e, v);
            }
            2 => {
                let (x, y, z) = (scalar(e, a), scalar(e, n), scalar(e, m));
                let v = e.f3(pick(&F3S, op), s, x, y, z);
                set(e, v);
            }
            3 => {
                let x = scalar(e, n);
                let v = e.f1(pick(&f1(), op), s, x);
                set(e, v);
            }
            4 => {
                let (from, cvt) = pick(&conversions(), op);
                let x = if q {
                    e.get(Reg(n))
                } else {
                    let v = e.getq(VReg(n));
                    e.lane(if from == FSize::D { Lane::D } else { Lane::S }, 0, v)
                };
                let v = e.fcvt(cvt, x);
                if op & 1 == 0 { set(e, v) } else { e.set(Reg(d), v) }
            }
            5 => {
                // FCCMP, or FCMP.
                let always = if op & 1 == 0 { 14 } else { 0 };
                let c = e.cond(Cond(op.to_le_bytes()[0] >> 1 & 15 | always));
                let (x, y, zero) = (scalar(e, n), scalar(e, m), e.imm(0));
                let (cx, cy) = (e.select(c, x, zero), e.select(c, y, zero));
                let (x, y) = if op >> 5 & 1 == 0 { (x, y) } else { (cx, cy) };
                let mut nzcv = e.fcmp(s, q, x, y);
                if op >> 6 & 1 != 0 {
                    let other = e.imm(u64::from(op >> 7 & 15));
                    nzcv = e.select(c, nzcv, other);
                }
                e.set_nzcv(nzcv);
                if op >> 11 & 1 != 0 {
                    let c = e.cond(Cond(op.to_le_bytes()[1] >> 4));
                    e.set(Reg(d), c);
                }
            }
            6 => {
                let c = e.cond(Cond((op % 14) as u8));
                let (x, y) = (scalar(e, n), scalar(e, m));
                let v = e.select(c, x, y);
                set(e, v);
            }
            7 => {
                let (x, y) = (e.getq(VReg(n)), e.getq(VReg(m)));
                let v = e.qf2(QF2::Lanes { op: pick(&F2S, op), q: q || !single }, s, x, y);
                e.setq(VReg(d), v);
            }
            8 => {
                let (x, y, z) = (e.getq(VReg(a)), e.getq(VReg(n)), e.getq(VReg(m)));
                let v = e.qf3(QF3::Lanes { op: pick(&F3S, op), q: q || !single }, s, x, y, z);
                e.setq(VReg(d), v);
            }
            9 => {
                let (x, y) = (e.getq(VReg(n)), e.getq(VReg(m)));
                let v = e.q2(pick(&Q2S, op), lane, x, y);
                e.setq(VReg(d), v);
            }
            10 => {
                let x = e.getq(VReg(n));
                let v = if lane == Lane::D { x } else { e.q1(pick(&Q1S, op), lane, x) };
                let v = if q {
                    v
                } else {
                    let (low, zero) = (e.lane(Lane::D, 0, v), e.imm(0));
                    e.q_make(low, zero)
                };
                e.setq(VReg(d), v);
            }
            _ => {
                let (x, y) = (e.getq(VReg(n)), e.getq(VReg(m)));
                let v = e.lane(lane, (op & 15) as u8, x);
                if q {
                    let r = e.set_lane(lane, (op >> 4 & 15) as u8, y, v);
                    e.setq(VReg(d), r);
                } else {
                    e.set(Reg(d), v);
                }
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn sequences(steps in prop::collection::vec(step(), 1..24), cut in 0usize..24, fpcr in 0u32..12) {
        let mut bench = Bench::new();
        let mut rng = Rng::new();
        let fpcr = if fpcr < 8 { 0 } else { (fpcr - 8) << 24 };
        let insns: Vec<Vec<Uop>> = steps.into_iter().map(build).collect();
        let (first, second) = insns.split_at(cut.clamp(1, insns.len()));
        let code = if second.is_empty() {
            bench.compile(fpcr, &[first])
        } else {
            bench.compile(fpcr, &[first, second])
        };
        for n in 0..40 {
            let from = if n % 2 == 0 { rng.numbers() } else { rng.integers() };
            let got = bench.jit(code, fpcr, &from);
            let want = bench.interpreter(insns.iter(), fpcr, &from);
            prop_assert!(got == want, "from {from:x?}\ngot  {got:x?}\nwant {want:x?}");
        }
    }
}

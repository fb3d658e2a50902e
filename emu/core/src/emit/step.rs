//! `Step`: executes semantics directly. The interpreter.
//!
//! Pure operations are done here; registers, memory and the long tail are the business of the
//! guest CPU behind [`GuestCpu`]. Everything is `inline(always)`, so that a handler instantiated
//! for `Step<Vcpu>` is one straight piece of host code; flags are computed eagerly, because a
//! packed nibble costs less here than remembering the operands.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "two's complement arithmetic at several widths is the purpose"
)]

use super::{
    Bin, Cmp, Cond, Emit, F1, F2, F3, FCvt, FSize, FlagKind, Helper, Lane, MemOp, Q1, Q2, Q3, QF1, QF2, QF3,
    QI, Reg, Res, Rmw, Term, Trap, Un, VReg, W,
};
use crate::soft::fp::FpEnv;
use crate::soft::{fp, vec};

/// What `Step` needs of a guest CPU with its memory.
///
/// While a handler runs, [`pc`](Self::pc) is the address of the instruction being executed and
/// [`next_pc`](Self::next_pc) where execution goes on; the caller of the handler sets the latter
/// to the following instruction beforehand, branches change it.
pub trait GuestCpu {
    /// Reads a general register.
    fn reg(&self, r: Reg) -> u64;
    /// Writes a general register.
    fn set_reg(&mut self, r: Reg, v: u64);
    /// Reads a vector register.
    fn q(&self, r: VReg) -> u128;
    /// Writes a vector register.
    fn set_q(&mut self, r: VReg, v: u128);
    /// Address of this instruction.
    fn pc(&self) -> u64;
    /// Address of the instruction that follows in execution.
    fn next_pc(&self) -> u64;
    /// Sets the address of the instruction that follows in execution.
    fn set_next_pc(&mut self, pc: u64);
    /// The flags N, Z, C, V as bits 3..0.
    fn nzcv(&self) -> u32;
    /// Sets the flags; `v` is 0..=15.
    fn set_nzcv(&mut self, v: u32);
    /// Floating-point control and status.
    fn fp(&mut self) -> &mut FpEnv;

    /// See [`Emit::load`].
    fn load(&mut self, m: MemOp, addr: u64) -> Result<u64, Trap>;
    /// See [`Emit::store`].
    fn store(&mut self, m: MemOp, addr: u64, v: u64) -> Res;
    /// See [`Emit::loadq`].
    fn loadq(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap>;
    /// See [`Emit::storeq`].
    fn storeq(&mut self, m: MemOp, addr: u64, v: u128) -> Res;
    /// See [`Emit::rmw`]; [`rmw_value`] is the operation.
    fn rmw(&mut self, op: Rmw, m: MemOp, addr: u64, v: u64) -> Result<u64, Trap>;
    /// See [`Emit::cas`].
    fn cas(&mut self, m: MemOp, addr: u64, expected: u64, new: u64) -> Result<u64, Trap>;
    /// See [`Emit::casq`].
    fn casq(&mut self, m: MemOp, addr: u64, expected: u128, new: u128) -> Result<u128, Trap>;
    /// See [`Emit::load_exclusive`].
    fn load_exclusive(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap>;
    /// See [`Emit::store_exclusive`].
    fn store_exclusive(&mut self, m: MemOp, addr: u64, v: u128) -> Result<u64, Trap>;
    /// See [`Emit::probe_store`].
    fn probe_store(&mut self, m: MemOp, addr: u64, bytes: u8) -> Res;
    /// See [`Emit::sp_access`].
    fn sp_access(&mut self) -> Res;

    /// See [`Emit::fp_access`].
    fn fp_access(&mut self) -> Res;
    /// See [`Emit::helper`].
    fn helper(&mut self, h: Helper, a: [u64; 3]) -> Result<u64, Trap>;
    /// See [`Emit::helperq`].
    fn helperq(&mut self, h: Helper, a: [u128; 3], imm: u64) -> u128;
    /// The CPU waits for an interrupt or event after this instruction.
    fn wait(&mut self);
}

/// The engine that executes: values are numbers.
#[repr(transparent)]
#[derive(Debug)]
pub struct Step<G: GuestCpu>(pub G);

/// `v` cut to width `w`.
#[inline(always)]
const fn cut(w: W, v: u64) -> u64 {
    match w {
        W::W32 => v as u32 as u64,
        W::W64 => v,
    }
}

/// `v` of width `w`, sign-extended.
#[inline(always)]
const fn signed(w: W, v: u64) -> i64 {
    match w {
        W::W32 => v as i32 as i64,
        W::W64 => v as i64,
    }
}

/// The low `bits` (1..=64) of `v`, sign- or zero-extended.
#[inline(always)]
pub const fn extend(bits: u32, sign: bool, v: u64) -> u64 {
    let s = 64 - bits;
    if sign { (((v << s) as i64) >> s) as u64 } else { (v << s) >> s }
}

/// `a op b` at width `w`: the definition of [`Emit::bin`].
#[inline(always)]
pub const fn bin(op: Bin, w: W, a: u64, b: u64) -> u64 {
    let r = match op {
        Bin::Add => a.wrapping_add(b),
        Bin::Sub => a.wrapping_sub(b),
        Bin::And => a & b,
        Bin::Or => a | b,
        Bin::Xor => a ^ b,
        Bin::Mul => a.wrapping_mul(b),
        Bin::UMulHi => ((cut(w, a) as u128 * cut(w, b) as u128) >> w.bits()) as u64,
        Bin::SMulHi => ((signed(w, a) as i128 * signed(w, b) as i128) >> w.bits()) as u64,
        Bin::UDiv => match cut(w, a).checked_div(cut(w, b)) {
            Some(q) => q,
            None => 0,
        },
        Bin::SDiv => match signed(w, b) {
            0 => 0,
            d => signed(w, a).wrapping_div(d) as u64,
        },
        Bin::Shl => a << (b & (w.bits() as u64 - 1)),
        Bin::Shr => cut(w, a) >> (b & (w.bits() as u64 - 1)),
        Bin::Sar => (signed(w, a) >> (b & (w.bits() as u64 - 1))) as u64,
        Bin::Ror => match w {
            W::W32 => (a as u32).rotate_right(b as u32 & 31) as u64,
            W::W64 => a.rotate_right(b as u32 & 63),
        },
    };
    cut(w, r)
}

/// `op a` at width `w`: the definition of [`Emit::un`].
#[inline(always)]
pub const fn un(op: Un, w: W, a: u64) -> u64 {
    let s = 64 - w.bits();
    let high = a << s;
    let r = match op {
        Un::Not => !a,
        Un::Neg => a.wrapping_neg(),
        Un::Clz => clz(w, high),
        // Bits equal to their upper neighbour become 0.
        Un::Cls => clz(w, high ^ ((high as i64) >> 63) as u64) - 1,
        Un::Rbit => high.reverse_bits(),
        Un::Rev => high.swap_bytes(),
        Un::Rev16 => (a >> 8 & 0x00ff_00ff_00ff_00ff) | (a & 0x00ff_00ff_00ff_00ff) << 8,
        Un::Rev32 => a.swap_bytes().rotate_left(32),
    };
    cut(w, r)
}

/// Leading zeros of a value of width `w` moved to the top of `high`.
#[inline(always)]
const fn clz(w: W, high: u64) -> u64 {
    let n = high.leading_zeros();
    (if n > w.bits() { w.bits() } else { n }) as u64
}

/// `a op b` at width `w`: the definition of [`Emit::cmp`].
#[inline(always)]
pub const fn cmp(op: Cmp, w: W, a: u64, b: u64) -> u64 {
    (match op {
        Cmp::Eq => cut(w, a) == cut(w, b),
        Cmp::Ne => cut(w, a) != cut(w, b),
        Cmp::ULt => cut(w, a) < cut(w, b),
        Cmp::ULe => cut(w, a) <= cut(w, b),
        Cmp::SLt => signed(w, a) < signed(w, b),
        Cmp::SLe => signed(w, a) <= signed(w, b),
    }) as u64
}

/// N, Z, C, V (bits 3..0) of an operation: the definition of [`Emit::flags`]. `carry` is the C
/// flag before, 0 or 1.
#[inline(always)]
pub const fn flags(k: FlagKind, w: W, a: u64, b: u64, carry: u64) -> u32 {
    // Operands moved to the top of 64 bits: carry, overflow and sign come out at the same place
    // for both widths.
    let s = 64 - w.bits();
    let (a, b) = (a << s, b << s);
    let (r, c, v) = match k {
        FlagKind::Add => {
            let (r, c) = a.overflowing_add(b);
            (r, c, (a ^ r) & (b ^ r))
        }
        FlagKind::Sub => {
            let r = a.wrapping_sub(b);
            (r, a >= b, (a ^ b) & (a ^ r))
        }
        FlagKind::Adc => {
            let (r, c1) = a.overflowing_add(b);
            let (r, c2) = r.overflowing_add(carry << s);
            (r, c1 | c2, (a ^ r) & (b ^ r))
        }
        FlagKind::Logic => (a, false, 0),
    };
    ((r >> 63) << 3 | ((r == 0) as u64) << 2 | (c as u64) << 1 | v >> 63) as u32
}

/// Bit `nzcv` of entry `cond` tells whether the condition holds (Arm ARM, `ConditionHolds`).
static COND: [u16; 16] = {
    let mut table = [0; 16];
    let mut c = 0;
    while c < 16 {
        let mut f = 0;
        while f < 16 {
            let (n, z, carry, v) = (f & 8 != 0, f & 4 != 0, f & 2 != 0, f & 1 != 0);
            let base = match c >> 1 {
                0 => z,
                1 => carry,
                2 => n,
                3 => v,
                4 => carry && !z,
                5 => n == v,
                6 => n == v && !z,
                _ => true,
            };
            if base != (c & 1 == 1 && c != 15) {
                table[c] |= 1 << f;
            }
            f += 1;
        }
        c += 1;
    }
    table
};

/// Whether condition `c` holds under flags `nzcv`: 0 or 1.
#[inline(always)]
pub fn cond_holds(c: Cond, nzcv: u32) -> u64 {
    u64::from(COND[usize::from(c.0 & 15)] >> (nzcv & 15) & 1)
}

/// New memory value of a read-modify-write of `1 << size` bytes, both operands zero-extended.
#[inline(always)]
pub const fn rmw_value(op: Rmw, size: u8, old: u64, v: u64) -> u64 {
    let bits = 8 << size as u32;
    let (so, sv) = (extend(bits, true, old) as i64, extend(bits, true, v) as i64);
    let r = match op {
        Rmw::Add => old.wrapping_add(v),
        Rmw::Clr => old & !v,
        Rmw::Eor => old ^ v,
        Rmw::Set => old | v,
        Rmw::SMax => (if so > sv { so } else { sv }) as u64,
        Rmw::SMin => (if so < sv { so } else { sv }) as u64,
        Rmw::UMax => {
            if old > v {
                old
            } else {
                v
            }
        }
        Rmw::UMin => {
            if old < v {
                old
            } else {
                v
            }
        }
        Rmw::Swap => v,
    };
    extend(bits, false, r)
}

impl<G: GuestCpu> Emit for Step<G> {
    type V = u64;
    type Q = u128;

    #[inline(always)]
    fn imm(&mut self, v: u64) -> u64 {
        v
    }
    #[inline(always)]
    fn qimm(&mut self, v: u128) -> u128 {
        v
    }
    #[inline(always)]
    fn get(&mut self, r: Reg) -> u64 {
        self.0.reg(r)
    }
    #[inline(always)]
    fn set(&mut self, r: Reg, v: u64) {
        self.0.set_reg(r, v);
    }
    #[inline(always)]
    fn getq(&mut self, r: VReg) -> u128 {
        self.0.q(r)
    }
    #[inline(always)]
    fn setq(&mut self, r: VReg, v: u128) {
        self.0.set_q(r, v);
    }
    #[inline(always)]
    fn pc(&mut self) -> u64 {
        self.0.pc()
    }

    #[inline(always)]
    fn bin(&mut self, op: Bin, w: W, a: u64, b: u64) -> u64 {
        bin(op, w, a, b)
    }
    #[inline(always)]
    fn un(&mut self, op: Un, w: W, a: u64) -> u64 {
        un(op, w, a)
    }
    #[inline(always)]
    fn cmp(&mut self, op: Cmp, w: W, a: u64, b: u64) -> u64 {
        cmp(op, w, a, b)
    }
    #[inline(always)]
    fn select(&mut self, c: u64, a: u64, b: u64) -> u64 {
        if c != 0 { a } else { b }
    }
    #[inline(always)]
    fn ext(&mut self, bits: u32, signed: bool, a: u64) -> u64 {
        extend(bits, signed, a)
    }

    #[inline(always)]
    fn flags(&mut self, k: FlagKind, w: W, a: u64, b: u64) {
        let carry = u64::from(self.0.nzcv() >> 1 & 1);
        self.0.set_nzcv(flags(k, w, a, b, carry));
    }
    #[inline(always)]
    fn flags_if(&mut self, c: u64, k: FlagKind, w: W, a: u64, b: u64, nzcv: u8) {
        let carry = u64::from(self.0.nzcv() >> 1 & 1);
        let f = flags(k, w, a, b, carry);
        self.0.set_nzcv(if c != 0 { f } else { u32::from(nzcv) });
    }
    #[inline(always)]
    fn cond(&mut self, c: Cond) -> u64 {
        cond_holds(c, self.0.nzcv())
    }
    #[inline(always)]
    fn nzcv(&mut self) -> u64 {
        u64::from(self.0.nzcv())
    }
    #[inline(always)]
    fn set_nzcv(&mut self, v: u64) {
        self.0.set_nzcv(v as u32 & 15);
    }

    #[inline(always)]
    fn load(&mut self, m: MemOp, addr: u64) -> Result<u64, Trap> {
        self.0.load(m, addr)
    }
    #[inline(always)]
    fn store(&mut self, m: MemOp, addr: u64, v: u64) -> Res {
        self.0.store(m, addr, v)
    }
    #[inline(always)]
    fn loadq(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        self.0.loadq(m, addr)
    }
    #[inline(always)]
    fn storeq(&mut self, m: MemOp, addr: u64, v: u128) -> Res {
        self.0.storeq(m, addr, v)
    }
    #[inline(always)]
    fn rmw(&mut self, op: Rmw, m: MemOp, addr: u64, v: u64) -> Result<u64, Trap> {
        self.0.rmw(op, m, addr, v)
    }
    #[inline(always)]
    fn cas(&mut self, m: MemOp, addr: u64, expected: u64, new: u64) -> Result<u64, Trap> {
        self.0.cas(m, addr, expected, new)
    }
    #[inline(always)]
    fn casq(&mut self, m: MemOp, addr: u64, expected: u128, new: u128) -> Result<u128, Trap> {
        self.0.casq(m, addr, expected, new)
    }
    #[inline(always)]
    fn load_exclusive(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        self.0.load_exclusive(m, addr)
    }
    #[inline(always)]
    fn store_exclusive(&mut self, m: MemOp, addr: u64, v: u128) -> Result<u64, Trap> {
        self.0.store_exclusive(m, addr, v)
    }
    #[inline(always)]
    fn probe_store(&mut self, m: MemOp, addr: u64, bytes: u8) -> Res {
        self.0.probe_store(m, addr, bytes)
    }
    #[inline(always)]
    fn sp_access(&mut self) -> Res {
        self.0.sp_access()
    }
    #[inline(always)]
    fn barrier(&mut self) {}

    #[inline(always)]
    fn q_make(&mut self, lo: u64, hi: u64) -> u128 {
        u128::from(hi) << 64 | u128::from(lo)
    }
    #[inline(always)]
    fn lane(&mut self, l: Lane, i: u8, q: u128) -> u64 {
        extend(l.bits(), false, (q >> lane_shift(l, i)) as u64)
    }
    #[inline(always)]
    fn set_lane(&mut self, l: Lane, i: u8, q: u128, v: u64) -> u128 {
        let s = lane_shift(l, i);
        let mask = u128::from(extend(l.bits(), false, u64::MAX)) << s;
        (q & !mask) | (u128::from(v) << s & mask)
    }
    #[inline(always)]
    fn dup(&mut self, l: Lane, v: u64) -> u128 {
        let ones = match l {
            Lane::B => u128::MAX / 0xff,
            Lane::H => u128::MAX / 0xffff,
            Lane::S => u128::MAX / 0xffff_ffff,
            Lane::D => 1 << 64 | 1,
        };
        ones.wrapping_mul(u128::from(extend(l.bits(), false, v)))
    }
    #[inline(always)]
    fn q1(&mut self, op: Q1, l: Lane, a: u128) -> u128 {
        vec::q1(op, l, a, &mut self.0.fp().fpsr)
    }
    #[inline(always)]
    fn q2(&mut self, op: Q2, l: Lane, a: u128, b: u128) -> u128 {
        vec::q2(op, l, a, b, &mut self.0.fp().fpsr)
    }
    #[inline(always)]
    fn q3(&mut self, op: Q3, l: Lane, a: u128, b: u128, c: u128) -> u128 {
        vec::q3(op, l, a, b, c, &mut self.0.fp().fpsr)
    }
    #[inline(always)]
    fn qi(&mut self, op: QI, l: Lane, a: u128, b: u128, imm: u8) -> u128 {
        vec::qi(op, l, a, b, imm, &mut self.0.fp().fpsr)
    }

    #[inline(always)]
    fn fp_access(&mut self) -> Res {
        self.0.fp_access()
    }
    #[inline(always)]
    fn f1(&mut self, op: F1, s: FSize, a: u64) -> u64 {
        fp::f1(op, s, a, self.0.fp())
    }
    #[inline(always)]
    fn f2(&mut self, op: F2, s: FSize, a: u64, b: u64) -> u64 {
        fp::f2(op, s, a, b, self.0.fp())
    }
    #[inline(always)]
    fn f3(&mut self, op: F3, s: FSize, a: u64, b: u64, c: u64) -> u64 {
        fp::f3(op, s, a, b, c, self.0.fp())
    }
    #[inline(always)]
    fn fcmp(&mut self, s: FSize, signal: bool, a: u64, b: u64) -> u64 {
        fp::fcmp(s, signal, a, b, self.0.fp())
    }
    #[inline(always)]
    fn fcvt(&mut self, op: FCvt, a: u64) -> u64 {
        fp::fcvt(op, a, self.0.fp())
    }
    #[inline(always)]
    fn qf1(&mut self, op: QF1, s: FSize, a: u128) -> u128 {
        fp::qf1(op, s, a, self.0.fp())
    }
    #[inline(always)]
    fn qf2(&mut self, op: QF2, s: FSize, a: u128, b: u128) -> u128 {
        fp::qf2(op, s, a, b, self.0.fp())
    }
    #[inline(always)]
    fn qf3(&mut self, op: QF3, s: FSize, a: u128, b: u128, c: u128) -> u128 {
        fp::qf3(op, s, a, b, c, self.0.fp())
    }

    #[inline(always)]
    fn helper(&mut self, h: Helper, a: [u64; 3]) -> Result<u64, Trap> {
        self.0.helper(h, a)
    }
    #[inline(always)]
    fn helperq(&mut self, h: Helper, a: [u128; 3], imm: u64) -> u128 {
        self.0.helperq(h, a, imm)
    }
    #[inline(always)]
    fn trap_if(&mut self, c: u64, t: Trap) -> Res {
        if c != 0 { Err(t) } else { Ok(()) }
    }
    #[inline(always)]
    fn trap(&mut self, t: Trap) -> Res {
        Err(t)
    }
    #[inline(always)]
    fn end(&mut self, t: Term<u64>) {
        let pc = self.0.pc();
        match t {
            Term::Next => {}
            Term::Jump { rel } | Term::Call { rel } => self.0.set_next_pc(pc.wrapping_add_signed(rel)),
            Term::Branch { c, rel } => {
                let next = self.0.next_pc();
                self.0.set_next_pc(if c != 0 { pc.wrapping_add_signed(rel) } else { next });
            }
            Term::Indirect { target, .. } => self.0.set_next_pc(target),
            Term::Wait => self.0.wait(),
        }
    }
}

/// Bit position of lane `i`.
#[inline(always)]
fn lane_shift(l: Lane, i: u8) -> u32 {
    (u32::from(i) * l.bits()) & 127
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_32_bits_ignore_the_upper_half() {
        let max = u64::from(u32::MAX);
        assert_eq!(flags(FlagKind::Add, W::W32, max, 1, 0), 0b0110);
        assert_eq!(flags(FlagKind::Add, W::W64, max, 1, 0), 0);
        assert_eq!(flags(FlagKind::Adc, W::W32, max, 0, 1), 0b0110);
        assert_eq!(flags(FlagKind::Adc, W::W64, u64::MAX >> 1, 0, 1), 0b1001);
        assert_eq!(flags(FlagKind::Sub, W::W32, 0, 1, 0), 0b1000);
        assert_eq!(flags(FlagKind::Sub, W::W32, 1 << 31, 1, 0), 0b0011);
        assert_eq!(flags(FlagKind::Logic, W::W32, 1 << 31, 0, 1), 0b1000);
    }

    #[test]
    fn conditions() {
        let holding = |f| (0..16).filter(|&c| cond_holds(Cond(c), f) == 1).collect::<Vec<_>>();
        assert_eq!(holding(0b0110), [0, 2, 5, 7, 9, 10, 13, 14, 15]);
        assert_eq!(holding(0b1001), [1, 3, 4, 6, 9, 10, 12, 14, 15]);
    }

    #[test]
    fn total_operations() {
        let min = 1u64 << 63;
        assert_eq!(bin(Bin::SDiv, W::W64, min, u64::MAX), min);
        assert_eq!(bin(Bin::SDiv, W::W32, 1 << 31, 0xffff_ffff), 1 << 31);
        assert_eq!(bin(Bin::UDiv, W::W64, 5, 0), 0);
        assert_eq!(bin(Bin::Shl, W::W32, 1, 33), 2);
        assert_eq!(bin(Bin::SMulHi, W::W32, 0xffff_ffff, 2), 0xffff_ffff);
        assert_eq!(un(Un::Cls, W::W32, 0xffff_ffff), 31);
        assert_eq!(un(Un::Cls, W::W64, 0), 63);
        assert_eq!(un(Un::Cls, W::W32, 0x4000_0000), 0);
        assert_eq!(un(Un::Clz, W::W32, 0), 32);
        assert_eq!(un(Un::Rbit, W::W32, 1), 1 << 31);
        assert_eq!(un(Un::Rev, W::W32, 0x1122_3344), 0x4433_2211);
        assert_eq!(un(Un::Rev32, W::W64, 0x1122_3344_5566_7788), 0x4433_2211_8877_6655);
        assert_eq!(rmw_value(Rmw::SMax, 0, 0x80, 0x7f), 0x7f);
        assert_eq!(rmw_value(Rmw::Add, 1, 0xffff, 1), 0);
    }
}

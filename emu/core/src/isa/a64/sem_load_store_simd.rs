//! Loads and stores of SIMD&FP registers: scalar forms, pairs, structures (Arm ARM C4.1, "Loads
//! and stores").
//!
//! Structures move as runs of 16 bytes and are (de)interleaved in registers. Instructions with
//! several stores probe the whole range first, so that a fault leaves memory as it was.

#![expect(non_snake_case, reason = "handlers carry the manual's encoding names")]

use super::Insn;
use super::sem_load_store::{Form, address, base, pair, write_back};
use crate::emit::{Bin, Emit, Lane, MemOp, Q2, Reg, Res, Trap, VReg, W};

/// A vector of the low 64 bits `v`, zeros above.
#[inline(always)]
fn low<E: Emit>(e: &mut E, v: E::V) -> E::Q {
    let zero = e.imm(0);
    e.q_make(v, zero)
}

/// `a + offset`.
#[inline(always)]
fn at<E: Emit>(e: &mut E, a: E::V, offset: u64) -> E::V {
    if offset == 0 { a } else { e.bini(Bin::Add, W::W64, a, offset) }
}

#[inline(always)]
fn load<E: Emit>(e: &mut E, i: &Insn, size: u8, form: Form) -> Res {
    e.fp_access()?;
    let (a, moved) = address(e, i, form)?;
    let q = if size == 4 {
        e.loadq(MemOp::plain(4), a)?
    } else {
        let v = e.load(MemOp::plain(size), a)?;
        low(e, v)
    };
    e.setq(i.vd(), q);
    write_back(e, i, form, moved);
    Ok(())
}

#[inline(always)]
fn store<E: Emit>(e: &mut E, i: &Insn, size: u8, form: Form) -> Res {
    e.fp_access()?;
    let (a, moved) = address(e, i, form)?;
    let q = e.getq(i.vd());
    if size == 4 {
        e.storeq(MemOp::plain(4), a, q)?;
    } else {
        let v = e.lane(Lane::D, 0, q);
        e.store(MemOp::plain(size), a, v)?;
    }
    write_back(e, i, form, moved);
    Ok(())
}

#[inline(always)]
fn load_pair<E: Emit>(e: &mut E, i: &Insn, size: u8, form: Form) -> Res {
    e.fp_access()?;
    let (a, moved) = address(e, i, form)?;
    let (first, second) = match size {
        4 => {
            let b = at(e, a, 16);
            (e.loadq(MemOp::plain(4), a)?, e.loadq(MemOp::plain(4), b)?)
        }
        3 => {
            let q = e.loadq(pair(3), a)?;
            let (lo, hi) = (e.lane(Lane::D, 0, q), e.lane(Lane::D, 1, q));
            (low(e, lo), low(e, hi))
        }
        _ => {
            let v = e.load(pair(2), a)?;
            let (lo, hi) = (e.ext(32, false, v), e.bini(Bin::Shr, W::W64, v, 32));
            (low(e, lo), low(e, hi))
        }
    };
    e.setq(i.vd(), first);
    e.setq(VReg(i.ra()), second);
    write_back(e, i, form, moved);
    Ok(())
}

#[inline(always)]
fn store_pair<E: Emit>(e: &mut E, i: &Insn, size: u8, form: Form) -> Res {
    e.fp_access()?;
    let (a, moved) = address(e, i, form)?;
    let (first, second) = (e.getq(i.vd()), e.getq(VReg(i.ra())));
    match size {
        4 => {
            e.probe_store(MemOp::plain(4), a, 32)?;
            let b = at(e, a, 16);
            e.storeq(MemOp::plain(4), a, first)?;
            e.storeq(MemOp::plain(4), b, second)?;
        }
        3 => {
            let q = e.q2(Q2::Zip1, Lane::D, first, second);
            e.storeq(pair(3), a, q)?;
        }
        _ => {
            let q = e.q2(Q2::Zip1, Lane::S, first, second);
            let v = e.lane(Lane::D, 0, q);
            e.store(pair(2), a, v)?;
        }
    }
    write_back(e, i, form, moved);
    Ok(())
}

macro_rules! handlers {
    ($($name:ident $kind:ident $($arg:expr),*;)*) => {$(
        pub(super) fn $name<E: Emit>(e: &mut E, i: &Insn) -> Res {
            $kind(e, i, $($arg),*)
        }
    )*};
}

macro_rules! forms {
    ($($kind:ident $size:literal => $offset:ident $post:ident $pre:ident $($reg:ident)?;)*) => {$(
        handlers! {
            $offset $kind $size, Form::Offset;
            $post $kind $size, Form::Post;
            $pre $kind $size, Form::Pre;
            $($reg $kind $size, Form::Register;)?
        }
    )*};
}

forms! {
    store 0 => STR_B_offset STR_B_post STR_B_pre STR_B_reg;
    load 0 => LDR_B_offset LDR_B_post LDR_B_pre LDR_B_reg;
    store 1 => STR_H_offset STR_H_post STR_H_pre STR_H_reg;
    load 1 => LDR_H_offset LDR_H_post LDR_H_pre LDR_H_reg;
    store 2 => STR_S_offset STR_S_post STR_S_pre STR_S_reg;
    load 2 => LDR_S_offset LDR_S_post LDR_S_pre LDR_S_reg;
    store 3 => STR_D_offset STR_D_post STR_D_pre STR_D_reg;
    load 3 => LDR_D_offset LDR_D_post LDR_D_pre LDR_D_reg;
    store 4 => STR_Q_offset STR_Q_post STR_Q_pre STR_Q_reg;
    load 4 => LDR_Q_offset LDR_Q_post LDR_Q_pre LDR_Q_reg;
    store_pair 2 => STP_S_offset STP_S_post STP_S_pre;
    load_pair 2 => LDP_S_offset LDP_S_post LDP_S_pre;
    store_pair 3 => STP_D_offset STP_D_post STP_D_pre;
    load_pair 3 => LDP_D_offset LDP_D_post LDP_D_pre;
    store_pair 4 => STP_Q_offset STP_Q_post STP_Q_pre;
    load_pair 4 => LDP_Q_offset LDP_Q_post LDP_Q_pre;
}

handlers! {
    LDR_S_literal load 2, Form::Literal;
    LDR_D_literal load 3, Form::Literal;
    LDR_Q_literal load 4, Form::Literal;
}

// -- structures ------------------------------------------------------------------------------

/// Register `n` of a list that starts at Vt and wraps.
#[inline(always)]
fn listed(i: &Insn, n: u8) -> VReg {
    VReg((i.rd() + n) & 31)
}

/// Post-indexed forms (bit 23) move the base by Rm, or by the bytes transferred when Rm is 31.
#[inline(always)]
fn post_index<E: Emit>(e: &mut E, i: &Insn, base: E::V) {
    if !i.bit(23) {
        return;
    }
    let moved = if i.rm() == 31 {
        e.bini(Bin::Add, W::W64, base, i.imm)
    } else {
        let by = e.get(Reg(i.rm()));
        e.bin(Bin::Add, W::W64, base, by)
    };
    e.set(Reg(i.rn()), moved);
}

/// An access of `1 << size` bytes whose elements are lanes `l`.
#[inline(always)]
fn of_lanes(size: u8, l: Lane) -> MemOp {
    MemOp { align: l as u8, ..MemOp::plain(size) }
}

/// Loads `8 * halves` bytes as 128-bit runs, zeros behind them.
#[inline(always)]
fn load_run<E: Emit>(e: &mut E, l: Lane, a: E::V, halves: u8) -> Result<[E::Q; 4], Trap> {
    let mut run = [e.qimm(0); 4];
    for n in 0..halves / 2 {
        let a = at(e, a, u64::from(n) * 16);
        run[usize::from(n)] = e.loadq(of_lanes(4, l), a)?;
    }
    if halves % 2 == 1 {
        let a = at(e, a, u64::from(halves / 2) * 16);
        let v = e.load(of_lanes(3, l), a)?;
        run[usize::from(halves / 2)] = low(e, v);
    }
    Ok(run)
}

/// Stores the first `8 * halves` bytes of `run`, or nothing at all.
#[inline(always)]
fn store_run<E: Emit>(e: &mut E, l: Lane, a: E::V, halves: u8, run: [E::Q; 4]) -> Res {
    if halves > 2 {
        e.probe_store(of_lanes(4, l), a, halves * 8)?;
    }
    for n in 0..halves / 2 {
        let a = at(e, a, u64::from(n) * 16);
        e.storeq(of_lanes(4, l), a, run[usize::from(n)])?;
    }
    if halves % 2 == 1 {
        let a = at(e, a, u64::from(halves / 2) * 16);
        let v = e.lane(Lane::D, 0, run[usize::from(halves / 2)]);
        e.store(of_lanes(3, l), a, v)?;
    }
    Ok(())
}

/// LD1 to LD4 (multiple structures): `regs` registers, elements dealt out to `k` of them in turn.
#[inline(always)]
fn load_multiple<E: Emit>(e: &mut E, i: &Insn, regs: u8, k: u8) -> Res {
    e.fp_access()?;
    let a = base(e, i)?;
    let l = Lane::of(i.bits(11, 10));
    let run = load_run(e, l, a, if i.q() { regs * 2 } else { regs })?;
    let v = match k {
        1 if i.q() => run,
        1 => halves(e, run),
        2 => unzip(e, l, run[0], run[1]),
        3 => deal3(e, l, i.q(), run),
        _ => {
            // x y z w x y z w … becomes x z x z … and y w y w …, then the four.
            let [x_z, y_w] = split(e, l, run[0], run[1]);
            let [x_z2, y_w2] = split(e, l, run[2], run[3]);
            let ([x, z], [y, w]) = (split(e, l, x_z, x_z2), split(e, l, y_w, y_w2));
            [x, y, z, w]
        }
    };
    for n in 0..regs {
        e.setq(listed(i, n), v[usize::from(n)]);
    }
    post_index(e, i, a);
    Ok(())
}

/// ST1 to ST4 (multiple structures).
#[inline(always)]
fn store_multiple<E: Emit>(e: &mut E, i: &Insn, regs: u8, k: u8) -> Res {
    e.fp_access()?;
    let a = base(e, i)?;
    let l = Lane::of(i.bits(11, 10));
    let mut v = [e.qimm(0); 4];
    for n in 0..regs {
        v[usize::from(n)] = e.getq(listed(i, n));
    }
    let run = match k {
        1 if i.q() => v,
        1 => {
            let zip = |e: &mut E, a, b| e.q2(Q2::Zip1, Lane::D, a, b);
            [zip(e, v[0], v[1]), zip(e, v[2], v[3]), v[0], v[0]]
        }
        2 => {
            let [first, second] = merge(e, l, v[0], v[1]);
            [first, second, v[0], v[0]]
        }
        3 => collect3(e, l, i.q(), v),
        _ => {
            let ([xz, xz2], [yw, yw2]) = (merge(e, l, v[0], v[2]), merge(e, l, v[1], v[3]));
            let ([r0, r1], [r2, r3]) = (merge(e, l, xz, yw), merge(e, l, xz2, yw2));
            [r0, r1, r2, r3]
        }
    };
    store_run(e, l, a, if i.q() { regs * 2 } else { regs }, run)?;
    post_index(e, i, a);
    Ok(())
}

/// Even and odd lanes of `a` and `b` in sequence.
#[inline(always)]
fn split<E: Emit>(e: &mut E, l: Lane, a: E::Q, b: E::Q) -> [E::Q; 2] {
    [e.q2(Q2::Uzp1, l, a, b), e.q2(Q2::Uzp2, l, a, b)]
}

/// Lanes of `a` and `b` alternately.
#[inline(always)]
fn merge<E: Emit>(e: &mut E, l: Lane, a: E::Q, b: E::Q) -> [E::Q; 2] {
    [e.q2(Q2::Zip1, l, a, b), e.q2(Q2::Zip2, l, a, b)]
}

/// LD2: with 64-bit registers `b` is zero, and so are the upper halves of the result.
#[inline(always)]
fn unzip<E: Emit>(e: &mut E, l: Lane, a: E::Q, b: E::Q) -> [E::Q; 4] {
    let [even, odd] = split(e, l, a, b);
    [even, odd, b, b]
}

/// The run's 64-bit halves, one to a register.
#[inline(always)]
fn halves<E: Emit>(e: &mut E, run: [E::Q; 4]) -> [E::Q; 4] {
    let mut half = |q, n| {
        let v = e.lane(Lane::D, n, q);
        low(e, v)
    };
    [half(run[0], 0), half(run[0], 1), half(run[1], 0), half(run[1], 1)]
}

/// Lanes of a register of 64 or 128 bits.
#[inline(always)]
fn lanes(l: Lane, q: bool) -> usize {
    if q { l.count() } else { l.count() / 2 }
}

/// Element `n` of a run: which of the run's vectors, which lane of it.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "at most 15")]
const fn element(l: Lane, n: usize) -> (usize, u8) {
    (n / l.count(), (n % l.count()) as u8)
}

/// LD3: elements dealt out to three registers.
fn deal3<E: Emit>(e: &mut E, l: Lane, q: bool, run: [E::Q; 4]) -> [E::Q; 4] {
    let mut v = [e.qimm(0); 4];
    for n in 0..3 * lanes(l, q) {
        let (from, lane) = element(l, n);
        let x = e.lane(l, lane, run[from]);
        let (_, to) = element(l, n / 3);
        v[n % 3] = e.set_lane(l, to, v[n % 3], x);
    }
    v
}

/// ST3: the reverse.
fn collect3<E: Emit>(e: &mut E, l: Lane, q: bool, v: [E::Q; 4]) -> [E::Q; 4] {
    let mut run = [e.qimm(0); 4];
    for n in 0..3 * lanes(l, q) {
        let (_, from) = element(l, n / 3);
        let x = e.lane(l, from, v[n % 3]);
        let (to, lane) = element(l, n);
        run[to] = e.set_lane(l, lane, run[to], x);
    }
    run
}

handlers! {
    LD1_1v load_multiple 1, 1;
    LD1_2v load_multiple 2, 1;
    LD1_3v load_multiple 3, 1;
    LD1_4v load_multiple 4, 1;
    LD2_2v load_multiple 2, 2;
    LD3_3v load_multiple 3, 3;
    LD4_4v load_multiple 4, 4;
    ST1_1v store_multiple 1, 1;
    ST1_2v store_multiple 2, 1;
    ST1_3v store_multiple 3, 1;
    ST1_4v store_multiple 4, 1;
    ST2_2v store_multiple 2, 2;
    ST3_3v store_multiple 3, 3;
    ST4_4v store_multiple 4, 4;
}

/// Lane size and index of a single-structure access: opcode<2:1>, and Q:S:size as far as the
/// lane size leaves them for the index.
pub(super) const fn single_lane(word: u32) -> (Lane, u8) {
    use super::insn::bits;
    let index = bits(word, 30, 30) << 3 | bits(word, 12, 10);
    let (l, drop) = match (bits(word, 15, 14), bits(word, 10, 10)) {
        (0, _) => (Lane::B, 0),
        (1, _) => (Lane::H, 1),
        (_, 0) => (Lane::S, 2),
        _ => (Lane::D, 3),
    };
    #[expect(clippy::cast_possible_truncation, reason = "four bits")]
    (l, (index >> drop) as u8)
}

/// LD1 to LD4 (single structure): one lane each of `k` registers.
#[inline(always)]
fn load_lane<E: Emit>(e: &mut E, i: &Insn, k: u8) -> Res {
    e.fp_access()?;
    let a = base(e, i)?;
    let (l, lane) = single_lane(i.word);
    let elements = load_elements(e, l, a, k)?;
    for n in 0..k {
        let q = e.getq(listed(i, n));
        let q = e.set_lane(l, lane, q, elements[usize::from(n)]);
        e.setq(listed(i, n), q);
    }
    post_index(e, i, a);
    Ok(())
}

/// ST1 to ST4 (single structure).
#[inline(always)]
fn store_lane<E: Emit>(e: &mut E, i: &Insn, k: u8) -> Res {
    e.fp_access()?;
    let a = base(e, i)?;
    let (l, lane) = single_lane(i.word);
    if k > 1 {
        e.probe_store(MemOp::plain(l as u8), a, k << l as u8)?;
    }
    for n in 0..k {
        let q = e.getq(listed(i, n));
        let v = e.lane(l, lane, q);
        let a = at(e, a, u64::from(n) << l as u8);
        e.store(MemOp::plain(l as u8), a, v)?;
    }
    post_index(e, i, a);
    Ok(())
}

/// LD1R to LD4R: one element to all lanes of each of `k` registers.
#[inline(always)]
fn load_replicate<E: Emit>(e: &mut E, i: &Insn, k: u8) -> Res {
    e.fp_access()?;
    let a = base(e, i)?;
    let l = Lane::of(i.bits(11, 10));
    let elements = load_elements(e, l, a, k)?;
    for n in 0..k {
        let mut q = e.dup(l, elements[usize::from(n)]);
        if !i.q() {
            let v = e.lane(Lane::D, 0, q);
            q = low(e, v);
        }
        e.setq(listed(i, n), q);
    }
    post_index(e, i, a);
    Ok(())
}

/// The `k` elements from `a` up.
#[inline(always)]
fn load_elements<E: Emit>(e: &mut E, l: Lane, a: E::V, k: u8) -> Result<[E::V; 4], Trap> {
    let mut v = [e.imm(0); 4];
    for n in 0..k {
        let a = at(e, a, u64::from(n) << l as u8);
        v[usize::from(n)] = e.load(MemOp::plain(l as u8), a)?;
    }
    Ok(v)
}

handlers! {
    LD1_lane load_lane 1;
    LD2_lane load_lane 2;
    LD3_lane load_lane 3;
    LD4_lane load_lane 4;
    ST1_lane store_lane 1;
    ST2_lane store_lane 2;
    ST3_lane store_lane 3;
    ST4_lane store_lane 4;
    LD1R load_replicate 1;
    LD2R load_replicate 2;
    LD3R load_replicate 3;
    LD4R load_replicate 4;
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "the low bits of a register are what is looked at")]

    use super::super::testing::FlatCpu;
    use super::super::{disasm, exc};

    const BASE: u64 = 0x1000;

    /// 256 bytes of memory that hold their own offset + 1; X0 at the start; V registers all ones.
    fn cpu() -> FlatCpu {
        let mut c = FlatCpu::new(BASE, 0x100);
        (0..=255u8).for_each(|n| c.mem[usize::from(n)] = n.wrapping_add(1));
        c.cpu.x[0] = BASE;
        c.cpu.v = [u128::MAX; 32];
        c
    }

    fn run(c: &mut FlatCpu, word: u32, text: &str) {
        assert_eq!(disasm::disasm(word, c.cpu.pc), text);
        c.step(word).unwrap();
    }

    #[test]
    fn scalars() {
        let mut c = cpu();
        run(&mut c, 0x3d40_0c01, "ldr b1, [x0, #3]");
        assert_eq!(c.cpu.v[1], 4);
        c.cpu.x[2] = 1;
        run(&mut c, 0x3ce2_d801, "ldr q1, [x0, w2, sxtw #4]");
        assert_eq!(c.cpu.v[1], 0x201f_1e1d_1c1b_1a19_1817_1615_1413_1211);
        run(&mut c, 0x7c00_2401, "str h1, [x0], #2");
        assert_eq!((&c.mem[..3], c.cpu.x[0]), (&[0x11, 0x12, 3][..], BASE + 2));
        c.cpu.pc = BASE;
        run(&mut c, 0x5c00_0041, "ldr d1, 0x1008");
        assert_eq!(c.cpu.v[1], 0x100f_0e0d_0c0b_0a09);
    }

    #[test]
    fn pairs() {
        let mut c = cpu();
        run(&mut c, 0x2d40_0801, "ldp s1, s2, [x0]");
        assert_eq!((c.cpu.v[1], c.cpu.v[2]), (0x0403_0201, 0x0807_0605));
        run(&mut c, 0xad41_0801, "ldp q1, q2, [x0, #32]");
        assert_eq!((c.cpu.v[1] as u8, c.cpu.v[2] as u8), (33, 49));
        run(&mut c, 0x6c81_0801, "stp d1, d2, [x0], #16");
        assert_eq!((&c.mem[..9], c.cpu.x[0]), (&[33, 34, 35, 36, 37, 38, 39, 40, 49][..], BASE + 16));
        run(&mut c, 0x2d00_0801, "stp s1, s2, [x0]");
        assert_eq!(c.mem[16..25], [33, 34, 35, 36, 49, 50, 51, 52, 25]);
    }

    /// The manual's loop: element by element, register by register.
    fn model(mem: &[u8], k: usize, size: usize, q: bool) -> Vec<u128> {
        let mut v = vec![[0u8; 16]; k];
        let width = 1 << size;
        for (n, bytes) in mem[..k * if q { 16 } else { 8 }].chunks(width).enumerate() {
            v[n % k][n / k * width..][..width].copy_from_slice(bytes);
        }
        v.into_iter().map(u128::from_le_bytes).collect()
    }

    #[test]
    fn multiple_structures() {
        for (k, op) in [(2usize, 0b1000u32), (3, 0b0100), (4, 0)] {
            for (size, q) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 1)] {
                // LDk {v30…}, [x0], #size
                let word = 0x0cdf_0000 | q << 30 | op << 12 | size << 10 | 30;
                let text = disasm::disasm(word, 0);
                let mut c = cpu();
                c.step(word).unwrap();
                let v: Vec<_> = (0..k).map(|n| c.cpu.v[(30 + n) % 32]).collect();
                assert_eq!(v, model(&c.mem, k, size as usize, q == 1), "{text}");
                let bytes = k << (3 + q);
                assert_eq!(c.cpu.x[0], BASE + bytes as u64, "{text}");
                // STk of the same brings the bytes back.
                let want = c.mem.clone();
                c.mem[..bytes].fill(0xee);
                c.cpu.x[0] = BASE;
                c.step(word & !(1 << 22)).unwrap();
                assert_eq!(c.mem, want, "{text}");
            }
        }
    }

    #[test]
    fn consecutive_registers() {
        let mut c = cpu();
        run(&mut c, 0x4cdf_201e, "ld1 {v30.16b, v31.16b, v0.16b, v1.16b}, [x0], #64");
        assert_eq!([30, 31, 0, 1].map(|n: usize| c.cpu.v[n] as u8), [1, 17, 33, 49]);
        c.cpu.x[0] = BASE;
        run(&mut c, 0x0c40_6001, "ld1 {v1.8b-v3.8b}, [x0]");
        assert_eq!(c.cpu.v[3], 0x1817_1615_1413_1211);
        c.cpu.v[2] = 7;
        run(&mut c, 0x0c00_6c01, "st1 {v1.1d-v3.1d}, [x0]");
        assert_eq!(c.mem[7..26], [8, 7, 0, 0, 0, 0, 0, 0, 0, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26]);
    }

    #[test]
    fn lanes() {
        let mut c = cpu();
        run(&mut c, 0x4ddf_1401, "ld1 {v1.b}[13], [x0], #1");
        assert_eq!((c.cpu.v[1], c.cpu.x[0]), (!(0xfe << 104), BASE + 1));
        c.cpu.x[3] = 0x10;
        run(&mut c, 0x4dc3_681f, "ld3 {v31.h, v0.h, v1.h}[5], [x0], x3");
        assert_eq!(c.cpu.x[0], BASE + 0x11);
        assert_eq!([31, 0, 1].map(|n: usize| (c.cpu.v[n] >> 80) as u16), [0x0302, 0x0504, 0x0706]);
        run(&mut c, 0x4dbf_a001, "st4 {v1.s-v4.s}[2], [x0], #16");
        assert_eq!(c.mem[0x11..0x16], [0xff, 0xff, 0x06, 0x07, 0xff]);
    }

    #[test]
    fn replication() {
        let mut c = cpu();
        run(&mut c, 0x0d40_c001, "ld1r {v1.8b}, [x0]");
        assert_eq!(c.cpu.v[1], 0x0101_0101_0101_0101);
        run(&mut c, 0x4d60_ec01, "ld4r {v1.2d-v4.2d}, [x0]");
        assert_eq!(c.cpu.v[4], 0x201f_1e1d_1c1b_1a19_201f_1e1d_1c1b_1a19);
    }

    #[test]
    fn a_fault_in_the_middle_changes_nothing() {
        // stp q1, q2; ld1 of 4; st1 of 4; ld3 8b; st3 16b; st4 lanes; ld4r; ldp q1, q2
        for word in [
            0xad00_0801,
            0x4cdf_201e,
            0x4c9f_201e,
            0x0cdf_4001,
            0x4c9f_4001,
            0x4dbf_a001,
            0x4dff_ec01,
            0xacc1_0801,
        ] {
            for left in [1, 8, 12, 15, 20] {
                let mut c = cpu();
                c.cpu.x[0] = BASE + 0x100 - left;
                let (mem, x, v) = (c.mem.clone(), c.cpu.x, c.cpu.v);
                let r = c.step(word);
                if left == 20 && r.is_ok() {
                    continue;
                }
                assert_eq!(r, Err(exc::DATA_ABORT), "{word:#x} {left}");
                assert_eq!((c.mem, c.cpu.x, c.cpu.v), (mem, x, v), "{word:#x} {left}");
            }
        }
    }

    #[test]
    fn fp_disabled_comes_first() {
        let mut c = cpu();
        c.cpu.fp_enabled = 0;
        c.cpu.x[0] = 0;
        for word in [0x3d40_0c01, 0xad41_0801, 0x4cdf_201e, 0x4ddf_1401, 0x0d40_c001] {
            assert_eq!(c.step(word), Err(exc::FP_ACCESS), "{word:#x}");
        }
    }
}

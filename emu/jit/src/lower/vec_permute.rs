//! Lanes moved: permutations, table lookups, halves.

use cranelift_codegen::ir::{InstBuilder as _, Value, types};
use innkeeper_core::emit::{Lane, Q1, Q2};

use super::Lower;

/// A permutation: byte `i` is byte `from(i)` of `b:a`.
fn bytes(from: impl Fn(usize) -> usize) -> [u8; 16] {
    std::array::from_fn(|i| u8::try_from(from(i)).unwrap_or(0))
}

/// A permutation of lanes of `size` bytes.
fn lanes(size: usize, from: impl Fn(usize) -> usize) -> [u8; 16] {
    bytes(|i| from(i / size) * size + i % size)
}

/// Even (or with 1, odd) lanes of `b:a`.
pub(super) fn every_other(lane: Lane, odd: usize) -> [u8; 16] {
    lanes(size(lane), |i| 2 * i + odd)
}

fn size(lane: Lane) -> usize {
    lane.bits() as usize / 8
}

/// Two 64-bit halves, by number.
pub(super) fn doubles(low: u8, high: u8) -> [u8; 16] {
    lanes(8, |i| usize::from(if i == 0 { low } else { high }))
}

/// The low bits of lane `i`, in all lanes `to`, which are not larger.
pub(super) fn repeated(lane: Lane, i: u8, to: Lane) -> [u8; 16] {
    bytes(|n| usize::from(i) * size(lane) + n % size(to))
}

/// The permutation that a two-operand operation is.
pub(super) fn two(op: Q2, lane: Lane) -> Option<[u8; 16]> {
    let (s, n) = (size(lane), 16 / size(lane));
    let pick = |i: usize, at: usize| if i.is_multiple_of(2) { at } else { n + at };
    Some(match op {
        Q2::Zip1 => lanes(s, |i| pick(i, i / 2)),
        Q2::Zip2 => lanes(s, |i| pick(i, n / 2 + i / 2)),
        Q2::Uzp1 => every_other(lane, 0),
        Q2::Uzp2 => every_other(lane, 1),
        Q2::Trn1 => lanes(s, |i| pick(i, i & !1)),
        Q2::Trn2 => lanes(s, |i| pick(i, i | 1)),
        _ => return None,
    })
}

/// The permutation that a reversal is.
pub(super) fn reversal(op: Q1, lane: Lane) -> Option<[u8; 16]> {
    let container = match op {
        Q1::Rev16 => 2,
        Q1::Rev32 => 4,
        Q1::Rev64 => 8,
        _ => return None,
    };
    let s = size(lane);
    // Of lanes that are not smaller nothing is said.
    (s < container).then(|| {
        let n = container / s;
        lanes(s, |i| i / n * n + (n - 1 - i % n))
    })
}

/// The vector from byte `n` up, then those below.
pub(super) fn rotation(n: u32) -> [u8; 16] {
    bytes(|i| (i + n as usize) % 16)
}

/// `b:a` from byte `n` up.
pub(super) fn extract(n: u8) -> [u8; 16] {
    bytes(|i| i + usize::from(n & 15))
}

impl Lower<'_, '_> {
    /// Bytes of `b:a` (vectors of any lanes) by a constant selection, as bytes.
    pub(super) fn shuffle(&mut self, a: Value, b: Value, from: [u8; 16]) -> Value {
        let (a, b) = (self.bytes(a), self.bytes(b));
        let mask = self.b.func.dfg.immediates.push(from.to_vec().into());
        self.b.ins().shuffle(a, b, mask)
    }

    /// Bytes of `table` by `index`; 0 where the index is over 15.
    pub(super) fn look_up(&mut self, table: Value, index: Value) -> Value {
        let (table, index) = (self.bytes(table), self.bytes(index));
        self.b.ins().swizzle(table, index)
    }

    /// The low halves of wide lanes in the low half, zeros above: `lane` is the narrow one.
    pub(super) fn narrowed_lanes(&mut self, lane: Lane, wide: Value) -> Value {
        let mut from = every_other(lane, 0);
        let wide = self.bytes(wide);
        if !self.host.x64 {
            let zero = self.q_constant(0).vec;
            return self.shuffle(wide, zero, from);
        }
        // One instruction, which gives 0 for what is negative.
        from[8..].fill(0x80);
        let from = self.q_constant(u128::from_le_bytes(from)).vec;
        self.b.ins().x86_pshufb(wide, from)
    }

    /// The value's lane 0 and zeros above.
    pub(super) fn lowest(&mut self, lane: Lane, v: Value) -> Value {
        let v = self.cast(Self::lanes(lane), v);
        let mask = self.q_constant(u128::MAX >> (128 - lane.bits()));
        let mask = self.cast(Self::lanes(lane), mask.vec);
        self.b.ins().band(v, mask)
    }

    /// Bits of each byte reversed: by nibbles, from tables.
    pub(super) fn reversed_bits(&mut self, a: Value) -> Value {
        let reversed = |n: usize| u8::try_from(n).unwrap_or(0).reverse_bits();
        let upper = self.q_constant(u128::from_le_bytes(std::array::from_fn(reversed))).vec;
        let lower = self.q_constant(u128::from_le_bytes(std::array::from_fn(|n| reversed(n) >> 4))).vec;
        let mask = self.lanes_of(Lane::B, 15);
        let a = self.cast(types::I8X16, a);
        let (low, high) = (self.b.ins().band(a, mask), self.b.ins().ushr_imm_u(a, 4));
        let (low, high) = (self.look_up(upper, low), self.look_up(lower, high));
        self.b.ins().bor(low, high)
    }
}

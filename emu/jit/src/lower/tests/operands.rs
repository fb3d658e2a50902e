//! Operands: random, with the edges of numbers and integers well represented.

use super::State;

/// A small generator (xorshift64*).
pub(super) struct Rng {
    pub seed: u64,
    state: u64,
}

impl Rng {
    /// From INNKEEPER_SEED, or always the same.
    pub fn new() -> Rng {
        let seed = std::env::var("INNKEEPER_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
        Rng { seed, state: u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15) | 1 }
    }

    pub fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// Bits of a number with `frac` fraction bits in `bits` bits.
    fn number(&mut self, bits: u32, frac: u32) -> u64 {
        let mask = u64::MAX >> (64 - bits);
        let (sign, fraction) = ((self.next() & 1) << (bits - 1), (1u64 << frac) - 1);
        let inf = mask >> 1 & !fraction;
        let one = inf >> 1 & !fraction;
        let unit = 1u64 << frac;
        let any = self.next() & mask >> 1;
        let magnitude = match self.below(16) {
            0 | 1 => 0,
            2 => inf,
            3 => inf | any & fraction,
            4 => any & fraction >> self.below(frac.into()),
            5 => inf - 1 - self.below(3),
            6 => unit * (1 + self.below(2)) + self.below(3) - self.below(2),
            7 => one + self.below(5) - 3 - unit * self.below(2),
            // Small integers, and integers and a half.
            8 => one + self.below(12) * unit + (self.below(8) << (frac - 3)),
            // About the limits of integers.
            9 => one + self.pick(&[30, 31, 32, 62, 63, 64]) * unit + self.below(5) - 2,
            10 => inf - unit * self.below(5) + any % unit,
            11..14 => one - 4 * unit + any % (8 * unit),
            _ => any,
        };
        sign | magnitude & mask >> 1
    }

    fn lane(&mut self, bits: u32) -> u64 {
        let mask = u64::MAX >> (64 - bits);
        let (any, small) = (self.next(), self.below(5));
        let v = match self.below(8) {
            0 => small,
            1 => small.wrapping_neg(),
            2 => (mask >> 1).wrapping_sub(small),
            3 => (mask >> 1).wrapping_add(1 + small),
            4 => any >> (64 - bits) >> self.below(bits.into()),
            _ => any,
        };
        v & mask
    }

    fn vector(&mut self, bits: u32, mut lane: impl FnMut(&mut Rng) -> u64) -> u128 {
        (0..128 / bits).fold(0, |v, _| v << bits | u128::from(lane(self)))
    }

    fn word(&mut self) -> u32 {
        (self.next() >> 32) as u32
    }

    fn words(&mut self) -> State {
        let mut state = State { nzcv: self.word() & 15, ..State::default() };
        // IXC and QC: set and clear.
        state.fpsr = self.word() & (1 << 27 | 1 << 4);
        for x in &mut state.x {
            *x = self.lane(64);
        }
        state
    }

    /// Numbers in the registers, of one format mostly.
    pub fn numbers(&mut self) -> State {
        let mut state = self.words();
        let (bits, frac) = self.pick(&[(16, 10), (32, 23), (32, 23), (64, 52), (64, 52)]);
        for v in &mut state.v {
            *v = self.vector(bits, |r| r.number(bits, frac));
        }
        for x in &mut state.x[..3] {
            if self.below(2) == 0 {
                *x = self.number(bits, frac);
            }
        }
        self.repeat(&mut state);
        state
    }

    /// Integers in the registers, of one size.
    pub fn integers(&mut self) -> State {
        let mut state = self.words();
        let bits = self.pick(&[8, 16, 32, 64]);
        for v in &mut state.v {
            *v = self.vector(bits, |r| r.lane(bits));
        }
        self.repeat(&mut state);
        state
    }

    /// Sometimes an operand is another's equal or, as a number, its negative.
    fn repeat(&mut self, state: &mut State) {
        match self.below(8) {
            0 => state.v[2] = state.v[1],
            1 => state.v[2] = state.v[1] ^ 0x8000_0000_8000_0000 << 64 ^ 0x8000_0000_8000_0000,
            2 => state.v[3] = state.v[1],
            _ => {}
        }
    }
}

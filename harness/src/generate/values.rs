//! Random numbers that look for trouble.

use proptest::prelude::Rng as _;
use proptest::test_runner::TestRng;

use super::{READ_ONLY, SCRATCH, SCRATCH_SIZE};

/// A source of random choices; everything random in a program comes from one.
pub struct Dice<'a>(pub &'a mut TestRng);

impl Dice<'_> {
    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
    /// Any 32 bits.
    pub fn word(&mut self) -> u32 {
        self.0.next_u32()
    }
    /// 0..`n`; 0 when `n` is 0. The slight bias of the remainder is of no consequence here.
    pub fn below(&mut self, n: usize) -> usize {
        let n = n.max(1) as u64;
        usize::try_from(self.bits() % n).unwrap_or_default()
    }
    /// `lo..=hi`.
    pub fn within(&mut self, lo: usize, hi: usize) -> usize {
        lo + self.below(hi.saturating_sub(lo) + 1)
    }
    /// True in so many cases of a hundred.
    pub fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }
    /// One of `from`, which is not empty.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A value for a general register: edges of all widths, shift amounts, and plain noise.
    pub fn integer(&mut self) -> u64 {
        const EDGES: [u64; 16] = [
            0,
            1,
            u64::MAX,
            2,
            0x7f,
            0x80,
            0xff,
            0x7fff,
            0x8000,
            0xffff,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            0x1_0000_0000,
            i64::MAX as u64,
            1 << 63,
        ];
        match self.below(8) {
            0..=2 => self.pick(&EDGES),
            3 => self.below(72) as u64,
            4 => 1u64 << self.below(64),
            5 => (1u64 << self.below(64)).wrapping_sub(1) << self.below(8),
            _ => self.bits(),
        }
    }

    /// A value for a vector register: lanes of one size, special values of its floating-point
    /// format, values of similar magnitude, integers or noise.
    pub fn vector(&mut self) -> u128 {
        let bits = self.pick(&[16, 32, 32, 64, 64, 8]);
        let same = self.percent(15);
        let mut v = 0;
        let mut lane = self.lane(bits);
        for n in 0..128 / bits {
            if !same {
                lane = self.lane(bits);
            }
            v |= u128::from(lane) << (n * bits);
        }
        v
    }

    fn lane(&mut self, bits: u32) -> u64 {
        let mask = u64::MAX >> (64 - bits);
        if bits == 8 {
            return self.integer() & mask;
        }
        match self.below(8) {
            0..=3 => self.special(bits),
            4 | 5 => self.ordinary(bits),
            6 => self.integer() & mask,
            _ => self.bits() & mask,
        }
    }

    /// Zeros, infinities, NaNs of both kinds, denormals, extremes, one, halves, integers' edges.
    fn special(&mut self, bits: u32) -> u64 {
        let (exponent, fraction) = format(bits);
        let emax = (1u64 << exponent) - 1;
        let one = emax >> 1;
        let noise = self.bits() & ((1 << fraction) - 1);
        let quiet = 1u64 << (fraction - 1);
        let (e, f) = match self.below(14) {
            0 => (0, 0),
            1 => (emax, 0),
            2 => (emax, quiet | noise),
            3 => (emax, (noise & !quiet).max(1)),
            4 => (0, noise),
            5 => (0, 1),
            6 => (0, (1 << fraction) - 1),
            7 => (1, 0),
            8 => (emax - 1, (1 << fraction) - 1),
            9 => (one, 0),
            10 => (one - 1, 0),
            11 => (one, 1),
            // 2^n and its neighbours: where conversions to integers overflow.
            12 => (one + self.pick(&[7, 8, 15, 16, 30, 31, 32, 62, 63, 64]).min(one), 0),
            _ => (
                (one + self.pick(&[7, 8, 15, 16, 30, 31, 32, 62, 63, 64]).min(one)).max(1) - 1,
                (1 << fraction) - 1,
            ),
        };
        self.sign(bits) | e << fraction | f
    }

    /// A number near one, so that sums cancel and products stay in range; halves among them.
    fn ordinary(&mut self, bits: u32) -> u64 {
        let (exponent, fraction) = format(bits);
        let one = ((1u64 << exponent) - 1) >> 1;
        let e = one - 8.min(one) + self.below(16) as u64;
        let mut f = self.bits() & ((1 << fraction) - 1);
        if self.percent(50) {
            f &= u64::MAX << (fraction - 4);
            f &= (1 << fraction) - 1;
        }
        self.sign(bits) | e << fraction | f
    }

    fn sign(&mut self, bits: u32) -> u64 {
        u64::from(self.percent(50)) << (bits - 1)
    }

    /// FPCR: default in half of the cases, otherwise any rounding mode, FZ, DN, and less often
    /// FZ16 and AHP.
    pub fn fpcr(&mut self) -> u32 {
        if self.percent(50) {
            return 0;
        }
        let mut v = self.word() & 0x03c0_0000;
        if self.percent(10) {
            v |= 1 << 19;
        }
        if self.percent(10) {
            v |= 1 << 26;
        }
        v
    }
}

/// Exponent and fraction bits of a format.
fn format(bits: u32) -> (u32, u32) {
    match bits {
        16 => (5, 10),
        32 => (8, 23),
        _ => (11, 52),
    }
}

/// Random memory.
pub fn scratch(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SCRATCH_SIZE);
    let dull = dice.percent(10);
    for n in 0..SCRATCH_SIZE / 8 {
        let v = if dull || n % 16 == 0 { dice.integer() } else { dice.bits() };
        bytes.extend_from_slice(&v.to_le_bytes());
    }
    bytes
}

/// An address in memory: well inside, at the edge between the two pages, at the outer edges, or in
/// the page that cannot be written.
pub fn place(dice: &mut Dice<'_>) -> u64 {
    let near = dice.below(64) as u64;
    match dice.below(40) {
        0..=21 => SCRATCH + 0x400 + dice.below(0x1800) as u64,
        22..=36 => SCRATCH + 0x1000 - 32 + near,
        37 => SCRATCH - 8 + near,
        38 => SCRATCH + SCRATCH_SIZE as u64 - near,
        _ => READ_ONLY + near,
    }
}

#[cfg(test)]
mod tests {
    use proptest::test_runner::RngAlgorithm;

    use super::*;

    #[test]
    fn special_values_of_each_format_turn_up() {
        let mut rng = TestRng::from_seed(RngAlgorithm::XorShift, &[7; 16]);
        let mut dice = Dice(&mut rng);
        let singles: Vec<f32> =
            (0..2000).map(|_| f32::from_bits(u32::try_from(dice.special(32)).unwrap())).collect();
        assert!(singles.iter().any(|v| v.is_nan()));
        assert!(singles.iter().any(|v| v.is_infinite()));
        assert!(singles.iter().any(|v| v.is_subnormal()));
        assert!(singles.contains(&1.0) && singles.contains(&-0.5));
        assert!((0..2000).any(|_| dice.vector() >> 64 != 0));
    }
}

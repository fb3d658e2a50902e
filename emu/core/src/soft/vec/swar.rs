//! Lane-wise operations as arithmetic on 64 bits at a time ("SIMD within a register").
//!
//! Everything that string, memory and kernel code does often is here: a few plain integer
//! instructions whatever the lane size, no loop over lanes and no move to a host vector register
//! (which costs more than the operation when the value lives in two general registers).
//!
//! Names: `unit` has bit 0 of every lane set, `high` the top bit, `even` all bits of the lanes with
//! even numbers. A *flag* is a bit in the top position of a lane. Operations that widen or narrow
//! belong to the narrow size, which is at most 32 bits; of 64 their result means nothing.

/// One lane size.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    bits: u32,
}

impl From<crate::emit::Lane> for Size {
    #[inline(always)]
    fn from(l: crate::emit::Lane) -> Size {
        Size { bits: l.bits() }
    }
}

/// `unit` of lanes of 8, 16, 32, 64 bits.
const UNIT: [u64; 4] = [u64::MAX / 0xff, u64::MAX / 0xffff, u64::MAX / 0xffff_ffff, 1];

impl Size {
    #[inline(always)]
    const fn unit(self) -> u64 {
        UNIT[(self.bits.trailing_zeros() - 3) as usize & 3]
    }
    #[inline(always)]
    const fn high(self) -> u64 {
        self.unit() << (self.bits - 1)
    }
    /// The low `n` bits (below the lane size) of every lane.
    #[inline(always)]
    const fn below(self, n: u32) -> u64 {
        self.unit().unbounded_shl(n).wrapping_sub(self.unit())
    }
    #[inline(always)]
    const fn even(self) -> u64 {
        self.double().below(self.bits)
    }
    /// Twice the size; of 64 bits, the same.
    #[inline(always)]
    const fn double(self) -> Size {
        Size { bits: if self.bits < 64 { 2 * self.bits } else { 64 } }
    }

    /// All ones where the flag is set.
    #[inline(always)]
    const fn fill(self, flags: u64) -> u64 {
        (flags - (flags >> (self.bits - 1))) | flags
    }
    /// Flags of the lanes that are not 0.
    #[inline(always)]
    const fn nonzero(self, a: u64) -> u64 {
        let rest = !self.high();
        (((a & rest) + rest) | a) & self.high()
    }
    /// Flags of the lanes where `a` is below `b`, unsigned: the borrow of the difference.
    #[inline(always)]
    const fn below_flags(self, a: u64, b: u64) -> u64 {
        (!a & b | !(a ^ b) & self.sub(a, b)) & self.high()
    }

    // -- sums and differences --------------------------------------------------------------------

    #[inline(always)]
    pub const fn add(self, a: u64, b: u64) -> u64 {
        let h = self.high();
        ((a & !h) + (b & !h)) ^ ((a ^ b) & h)
    }
    #[inline(always)]
    pub const fn sub(self, a: u64, b: u64) -> u64 {
        let h = self.high();
        ((a | h) - (b & !h)) ^ ((a ^ !b) & h)
    }
    pub const fn neg(self, a: u64) -> u64 {
        self.sub(0, a)
    }
    /// Negated where `mask` is ones.
    const fn neg_where(self, mask: u64, a: u64) -> u64 {
        self.sub(a ^ mask, mask)
    }
    pub const fn abs(self, a: u64) -> u64 {
        self.neg_where(self.fill(a & self.high()), a)
    }
    pub const fn uabd(self, a: u64, b: u64) -> u64 {
        self.neg_where(self.fill(self.below_flags(a, b)), self.sub(a, b))
    }
    pub const fn sabd(self, a: u64, b: u64) -> u64 {
        self.uabd(a ^ self.high(), b ^ self.high())
    }

    // Halves: the carry out of the sum is never made. Signed lanes are unsigned ones moved by half
    // their range.

    pub const fn uhadd(self, a: u64, b: u64) -> u64 {
        (a & b) + ((a ^ b) >> 1 & !self.high())
    }
    pub const fn urhadd(self, a: u64, b: u64) -> u64 {
        (a | b) - ((a ^ b) >> 1 & !self.high())
    }
    pub const fn uhsub(self, a: u64, b: u64) -> u64 {
        self.urhadd(a, !b) ^ self.high()
    }
    pub const fn shadd(self, a: u64, b: u64) -> u64 {
        self.uhadd(a ^ self.high(), b ^ self.high()) ^ self.high()
    }
    pub const fn srhadd(self, a: u64, b: u64) -> u64 {
        self.urhadd(a ^ self.high(), b ^ self.high()) ^ self.high()
    }
    pub const fn shsub(self, a: u64, b: u64) -> u64 {
        self.uhsub(a ^ self.high(), b ^ self.high())
    }

    // -- comparisons -----------------------------------------------------------------------------

    pub const fn cmeq(self, a: u64, b: u64) -> u64 {
        self.cmeq0(a ^ b)
    }
    pub const fn cmtst(self, a: u64, b: u64) -> u64 {
        self.fill(self.nonzero(a & b))
    }
    pub const fn cmhi(self, a: u64, b: u64) -> u64 {
        self.fill(self.below_flags(b, a))
    }
    pub const fn cmhs(self, a: u64, b: u64) -> u64 {
        !self.fill(self.below_flags(a, b))
    }
    pub const fn cmgt(self, a: u64, b: u64) -> u64 {
        self.cmhi(a ^ self.high(), b ^ self.high())
    }
    pub const fn cmge(self, a: u64, b: u64) -> u64 {
        self.cmhs(a ^ self.high(), b ^ self.high())
    }
    pub const fn cmeq0(self, a: u64) -> u64 {
        self.fill(self.nonzero(a) ^ self.high())
    }
    pub const fn cmgt0(self, a: u64) -> u64 {
        self.fill(self.nonzero(a) & !a)
    }
    pub const fn cmge0(self, a: u64) -> u64 {
        self.fill(!a & self.high())
    }
    pub const fn cmle0(self, a: u64) -> u64 {
        !self.cmgt0(a)
    }
    pub const fn cmlt0(self, a: u64) -> u64 {
        self.fill(a & self.high())
    }
    pub const fn umax(self, a: u64, b: u64) -> u64 {
        select(self.cmhi(a, b), a, b)
    }
    pub const fn umin(self, a: u64, b: u64) -> u64 {
        select(self.cmhi(a, b), b, a)
    }
    pub const fn smax(self, a: u64, b: u64) -> u64 {
        select(self.cmgt(a, b), a, b)
    }
    pub const fn smin(self, a: u64, b: u64) -> u64 {
        select(self.cmgt(a, b), b, a)
    }

    // -- shifts by an immediate: left by 0..bits, right by 1..=bits --------------------------------

    pub const fn shl(self, a: u64, n: u32) -> u64 {
        if n < self.bits { a << n & !self.below(n) } else { 0 }
    }
    pub const fn ushr(self, a: u64, n: u32) -> u64 {
        a.unbounded_shr(n) & self.below(self.bits - n)
    }
    pub const fn sshr(self, a: u64, n: u32) -> u64 {
        let n = if n < self.bits { n } else { self.bits - 1 };
        let sign = self.high() >> n;
        self.sub(a >> n & (self.below(self.bits - 1 - n) | sign) ^ sign, sign)
    }
    /// The last bit that a shift right loses, in bit 0 of the lane.
    const fn lost(self, a: u64, n: u32) -> u64 {
        a >> (n - 1) & self.unit()
    }
    pub const fn urshr(self, a: u64, n: u32) -> u64 {
        self.add(self.ushr(a, n), self.lost(a, n))
    }
    pub const fn srshr(self, a: u64, n: u32) -> u64 {
        // All sign bits plus the sign, where everything is shifted out, is 0.
        self.add(self.sshr(a, n), self.lost(a, n))
    }
    pub const fn sli(self, a: u64, b: u64, n: u32) -> u64 {
        if n < self.bits { a & self.below(n) | self.shl(b, n) } else { a }
    }
    pub const fn sri(self, a: u64, b: u64, n: u32) -> u64 {
        a & !self.below(self.bits - n) | self.ushr(b, n)
    }

    // -- lanes moved -------------------------------------------------------------------------------

    /// The even lanes together in the low half; the odd ones must be 0.
    #[inline(always)]
    const fn gather(self, mut a: u64) -> u64 {
        let mut s = self;
        while s.bits < 32 {
            a = (a | a >> s.bits) & s.double().even();
            s = s.double();
        }
        a
    }
    /// The lanes of the low half apart as even lanes, zeros in the odd ones.
    #[inline(always)]
    const fn scatter(self, a: u64) -> u64 {
        let (mut a, mut s) = (a & 0xffff_ffff, Size { bits: 32 });
        while s.bits > self.bits {
            s = Size { bits: s.bits / 2 };
            a = (a | a << s.bits) & s.even();
        }
        a
    }
    /// Lanes in reverse order within groups of `group` bits.
    pub const fn rev(self, group: u32, mut a: u64) -> u64 {
        let mut s = self;
        while s.bits < group {
            a = a >> s.bits & s.even() | (a & s.even()) << s.bits;
            s = s.double();
        }
        a
    }

    // -- widening and narrowing: `self` is the narrow size -------------------------------------------

    pub const fn uxtl(self, a: u64) -> u64 {
        self.scatter(a)
    }
    pub const fn sxtl(self, a: u64) -> u64 {
        self.sign_even(self.scatter(a))
    }
    /// Even lanes (odd ones 0) sign-extended to twice the size.
    const fn sign_even(self, a: u64) -> u64 {
        let sign = self.double().unit() << (self.bits - 1);
        self.double().sub(a ^ sign, sign)
    }
    /// Narrows after a shift right by 0..=bits.
    pub const fn shrn(self, a: u64, n: u32) -> u64 {
        self.gather(a.unbounded_shr(n) & self.even())
    }
    /// Narrows after a rounded shift right by 1..=bits.
    pub const fn rshrn(self, a: u64, n: u32) -> u64 {
        let lost = a >> (n - 1) & self.double().unit();
        self.gather(self.double().add(a.unbounded_shr(n) & self.even(), lost) & self.even())
    }
    pub const fn uaddlp(self, a: u64) -> u64 {
        (a & self.even()) + (a >> self.bits & self.even())
    }
    pub const fn saddlp(self, a: u64) -> u64 {
        let (even, odd) = (self.sign_even(a & self.even()), self.sign_even(a >> self.bits & self.even()));
        self.double().add(even, odd)
    }

    // -- across lanes --------------------------------------------------------------------------------

    /// Folds all lanes of both halves into one with a lane-wise operation.
    #[inline(always)]
    pub fn fold(self, [lo, hi]: [u64; 2], op: impl Fn(Size, u64, u64) -> u64) -> u64 {
        let (mut a, mut distance) = (op(self, lo, hi), 32);
        while distance >= self.bits {
            a = op(self, a, a >> distance);
            distance /= 2;
        }
        a & (u64::MAX >> (64 - self.bits))
    }
    /// Sum of all lanes of both halves in a lane of twice the size.
    pub const fn uaddlv(self, [mut lo, mut hi]: [u64; 2]) -> u64 {
        let mut s = self;
        while s.bits < 64 {
            (lo, hi) = (s.uaddlp(lo), s.uaddlp(hi));
            s = s.double();
        }
        lo.wrapping_add(hi)
    }
    /// The same, signed.
    pub const fn saddlv(self, [mut lo, mut hi]: [u64; 2]) -> u64 {
        let mut s = self;
        while s.bits < 64 {
            (lo, hi) = (s.saddlp(lo), s.saddlp(hi));
            s = s.double();
        }
        lo.wrapping_add(hi) & (u64::MAX >> (64 - self.double().bits))
    }
}

/// Bits of `a` where `mask` is 1, else of `b`.
#[inline(always)]
const fn select(mask: u64, a: u64, b: u64) -> u64 {
    (a ^ b) & mask ^ b
}

/// Ones in each byte.
pub(super) const fn cnt(a: u64) -> u64 {
    let byte = UNIT[0];
    let a = a - ((a >> 1) & (byte * 0x55));
    let a = (a & (byte * 0x33)) + ((a >> 2) & (byte * 0x33));
    (a + (a >> 4)) & (byte * 0x0f)
}

/// Bits of each byte reversed.
pub(super) const fn rbit(a: u64) -> u64 {
    a.reverse_bits().swap_bytes()
}

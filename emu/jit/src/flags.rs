//! Lazy flags: N, Z, C and V as the operands they are made of.
//!
//! While translated code runs, the flags are always the three words of the area: a kind and two
//! operands. The engine puts them there packed and packs them again when the code comes back.

use std::cmp::Ordering;

use innkeeper_core::emit::step::flags;
use innkeeper_core::emit::{FlagKind, W};

/// How N, Z, C, V are made of `a` and `b`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Kind {
    /// `a` is the flags, N being bit 3.
    Packed = 0,
    /// Of `a + b`, 32 bits.
    Add32,
    /// Of `a + b`.
    Add64,
    /// Of `a - b`, 32 bits.
    Sub32,
    /// Of `a - b`.
    Sub64,
    /// N and Z of `a`, 32 bits.
    Logic32,
    /// N and Z of `a`.
    Logic64,
    /// Of comparing numbers of 32 bits.
    Float32,
    /// Of comparing numbers.
    Float64,
}

impl Kind {
    /// The kind of a flag-setting operation; none for those that need the carry from before.
    pub fn of(k: FlagKind, w: W) -> Option<Kind> {
        Some(match (k, w) {
            (FlagKind::Add, W::W32) => Kind::Add32,
            (FlagKind::Add, W::W64) => Kind::Add64,
            (FlagKind::Sub, W::W32) => Kind::Sub32,
            (FlagKind::Sub, W::W64) => Kind::Sub64,
            (FlagKind::Logic, W::W32) => Kind::Logic32,
            (FlagKind::Logic, W::W64) => Kind::Logic64,
            (FlagKind::Adc, _) => return None,
        })
    }
}

/// Address of the function that packs the flags of a kind and two operands, for translated code.
pub fn pack_address() -> u64 {
    extern "C" fn packed(kind: u64, a: u64, b: u64) -> u64 {
        pack(kind, a, b).into()
    }
    let packed: extern "C" fn(u64, u64, u64) -> u64 = packed;
    packed as usize as u64
}

/// The flags of a comparison of numbers.
fn compared(order: Option<Ordering>) -> u32 {
    match order {
        Some(Ordering::Less) => 0b1000,
        Some(Ordering::Equal) => 0b0110,
        Some(Ordering::Greater) => 0b0010,
        None => 0b0011,
    }
}

/// The flags (bits 3..0) of a kind, given as a number, and its operands.
pub fn pack(kind: u64, a: u64, b: u64) -> u32 {
    let (k, w) = match kind {
        k if k == Kind::Add32 as u64 => (FlagKind::Add, W::W32),
        k if k == Kind::Add64 as u64 => (FlagKind::Add, W::W64),
        k if k == Kind::Sub32 as u64 => (FlagKind::Sub, W::W32),
        k if k == Kind::Sub64 as u64 => (FlagKind::Sub, W::W64),
        k if k == Kind::Logic32 as u64 => (FlagKind::Logic, W::W32),
        k if k == Kind::Logic64 as u64 => (FlagKind::Logic, W::W64),
        k if k == Kind::Float32 as u64 => {
            let number = |v: u64| f32::from_bits(u32::try_from(v & 0xffff_ffff).unwrap_or(0));
            return compared(number(a).partial_cmp(&number(b)));
        }
        k if k == Kind::Float64 as u64 => return compared(f64::from_bits(a).partial_cmp(&f64::from_bits(b))),
        _ => return u32::try_from(a & 15).unwrap_or(0),
    };
    flags(k, w, a, b, 0)
}

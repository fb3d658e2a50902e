//! What a translation depends on besides the code itself.

use std::collections::HashMap;

use innkeeper_core::vcpu::Core;

use crate::guest::Guest;

/// The state of the CPU that code is compiled for, as the guest packs it; what all guests have in
/// common can be asked of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mode(pub u32);

impl Mode {
    /// FP and SIMD instructions do not trap.
    pub const FP_ENABLED: u32 = 1 << 31;
    /// Accesses through a misaligned stack pointer trap.
    pub const SP_CHECK: u32 = 1 << 30;
    /// Results are not rounded to nearest.
    pub const ROUNDS: u32 = 1 << 29;
    /// Denormal operands are taken for zeros.
    pub const FLUSHES: u32 = 1 << 28;

    /// See [`Mode::FP_ENABLED`].
    pub fn fp_enabled(self) -> bool {
        self.0 & Self::FP_ENABLED != 0
    }

    /// See [`Mode::SP_CHECK`].
    pub fn sp_check(self) -> bool {
        self.0 & Self::SP_CHECK != 0
    }

    /// Results are rounded to nearest and nothing is flushed: as host arithmetic does.
    pub fn plain_fp(self) -> bool {
        self.0 & (Self::ROUNDS | Self::FLUSHES) == 0
    }

    /// See [`Mode::FLUSHES`].
    pub fn flushes(self) -> bool {
        self.0 & Self::FLUSHES != 0
    }
}

/// Numbers for what links rely on: the mapping of instruction addresses and the mode. A number is
/// never used for anything else.
#[derive(Default, Debug)]
pub struct Keys {
    known: HashMap<(u64, Mode), u64>,
    next: u64,
    last: Option<((u64, Mode), u64)>,
}

/// Numbers remembered; contexts are many where the guest invalidates its TLB often.
const MANY: usize = 4096;

impl Keys {
    /// The number of what `core` is in.
    #[inline]
    pub fn key<I: Guest>(&mut self, core: &Core<I>) -> u64 {
        let state = (core.0.tlbs.context(), I::mode_of(&core.0.cpu));
        match self.last {
            Some((last, key)) if last == state => key,
            _ => self.find(state),
        }
    }

    #[cold]
    fn find(&mut self, state: (u64, Mode)) -> u64 {
        if self.known.len() >= MANY {
            self.known.clear();
        }
        let next = &mut self.next;
        let key = *self.known.entry(state).or_insert_with(|| {
            *next += 1;
            *next
        });
        self.last = Some((state, key));
        key
    }

    /// No number given so far is given again: all links are void.
    pub fn renew(&mut self) {
        self.known.clear();
        self.last = None;
    }
}

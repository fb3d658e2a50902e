//! What a translation depends on besides the code itself.

use std::collections::HashMap;

use innkeeper_core::isa::a64::vcpu::Core;

/// FPCR: half-precision alternative format, default NaN, flush to zero, rounding mode; FZ16.
const FPCR_MASK: u32 = 0x7c8_0000 | 0x40_0000;
const FPCR_SHIFT: u32 = 19;

/// The state of the CPU that code is compiled for: bits of FPCR from bit 0 (FZ16, then RMode, FZ,
/// DN, AHP from bit 3), FP enabled, SP alignment checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mode(u16);

impl Mode {
    const FP_ENABLED: u16 = 1 << 8;
    const SP_CHECK: u16 = 1 << 9;
    const RMODE: u16 = 3 << 3;
    const FZ: u16 = 1 << 5;

    /// The mode `core` is in.
    #[inline]
    pub fn of(core: &Core) -> Mode {
        let cpu = &core.0.cpu;
        let mut mode = ((cpu.fp.fpcr & FPCR_MASK) >> FPCR_SHIFT) as u16;
        if cpu.fp_enabled != 0 {
            mode |= Self::FP_ENABLED;
        }
        if cpu.sp_check != 0 {
            mode |= Self::SP_CHECK;
        }
        Mode(mode)
    }

    /// FP and SIMD instructions do not trap.
    pub fn fp_enabled(self) -> bool {
        self.0 & Self::FP_ENABLED != 0
    }

    /// Accesses through a misaligned stack pointer trap.
    pub fn sp_check(self) -> bool {
        self.0 & Self::SP_CHECK != 0
    }

    /// Results are rounded to nearest and nothing is flushed: as host arithmetic does.
    pub fn plain_fp(self) -> bool {
        self.0 & (Self::RMODE | Self::FZ) == 0
    }

    /// Denormal operands are taken for zeros.
    pub fn flushes(self) -> bool {
        self.0 & Self::FZ != 0
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
    pub fn key(&mut self, core: &Core) -> u64 {
        let state = (core.0.tlbs.context(), Mode::of(core));
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

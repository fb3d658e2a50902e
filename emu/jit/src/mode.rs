//! What a translation depends on besides the code itself.

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

//! Guest time: a function of retired instructions, never of the host.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::state::{StateError, Stateful};

/// The machine's clock. One retired instruction of any CPU is `1 << shift` ns; waiting for an
/// interrupt skips ahead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    /// Instructions retired by all CPUs.
    insns: u64,
    /// Nanoseconds skipped while every CPU waited.
    skipped: u64,
    /// Configuration: log2 of the nanoseconds an instruction takes.
    shift: u32,
}

/// Where the clock stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct State {
    /// Instructions retired by all CPUs.
    insns: u64,
    /// Guest time in ns.
    ns: u64,
}

impl Stateful for Clock {
    const NAME: &'static str = "the clock";
    type State = State;

    fn state(&self) -> Cow<'_, State> {
        Cow::Owned(State { insns: self.insns, ns: self.now() })
    }

    fn set_state(&mut self, State { insns, ns }: State) -> Result<(), StateError> {
        let skipped = insns.checked_mul(1 << self.shift).and_then(|running| ns.checked_sub(running));
        Self::ensure(skipped.is_some(), "less time has passed than its instructions take")?;
        (self.insns, self.skipped) = (insns, skipped.unwrap_or(0));
        Ok(())
    }
}

impl Clock {
    /// Largest shift: about a millisecond per instruction.
    pub const MAX_SHIFT: u32 = 20;

    /// A clock at zero; `shift` is limited to [`Clock::MAX_SHIFT`].
    pub fn new(shift: u32) -> Clock {
        Clock { insns: 0, skipped: 0, shift: shift.min(Self::MAX_SHIFT) }
    }

    /// Instructions retired.
    #[inline(always)]
    pub fn insns(&self) -> u64 {
        self.insns
    }

    /// Guest time in ns.
    #[inline(always)]
    pub fn now(&self) -> u64 {
        self.now_after(0)
    }

    /// Guest time in ns when `insns` more instructions will have retired.
    #[inline(always)]
    pub fn now_after(&self, insns: u64) -> u64 {
        (self.insns.wrapping_add(insns) << self.shift).wrapping_add(self.skipped)
    }

    /// Charges retired instructions.
    #[inline(always)]
    pub fn retire(&mut self, insns: u64) {
        self.insns = self.insns.wrapping_add(insns);
    }

    /// Skips to guest time `ns`, if that is in the future.
    pub fn skip_to(&mut self, ns: u64) {
        self.skipped = self.skipped.wrapping_add(ns.saturating_sub(self.now()));
    }

    /// Instructions until guest time is at least `ns`.
    pub fn insns_until(&self, ns: u64) -> u64 {
        let left = ns.saturating_sub(self.now());
        left.div_ceil(1 << self.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_instructions_plus_what_was_skipped() {
        let mut c = Clock::new(3);
        c.retire(10);
        assert_eq!((c.now(), c.insns_until(81), c.insns_until(88), c.insns_until(5)), (80, 1, 1, 0));
        c.skip_to(1000);
        assert_eq!((c.now(), c.now_after(1), c.insns()), (1000, 1008, 10));
        c.skip_to(10);
        assert_eq!(c.now(), 1000, "never back");
    }

    #[test]
    fn goes_on_where_it_was_saved() {
        use crate::state::Saved;
        let mut c = Clock::new(3);
        c.retire(10);
        c.skip_to(1000);
        let mut d = Clock::new(3);
        d.restore(&c.save().unwrap()).unwrap();
        assert_eq!(c, d);
        let mut digest = Vec::new();
        d.digest(&mut digest);
        assert_eq!(digest, [10u64.to_le_bytes(), 1000u64.to_le_bytes()].concat());
        assert!(Clock::new(7).restore(&c.save().unwrap()).is_err(), "1280 ns are not over");
        for hostile in [State { insns: u64::MAX, ns: u64::MAX }, State { insns: 1, ns: 7 }] {
            assert!(d.set_state(hostile).is_err());
        }
        assert_eq!(c, d);
    }
}

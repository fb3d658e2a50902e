//! What operations read and write: for the translator's liveness and for the checker.

use bitflags::bitflags;

use super::obj::Uop;
use super::{FlagKind, Helper};

bitflags! {
    /// Guest state apart from numbered registers.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct Other: u8 {
        /// N, Z, C, V.
        const FLAGS = 1;
        /// Floating-point control.
        const FPCR = 2;
        /// Floating-point status.
        const FPSR = 4;
        /// Memory, and the exclusive monitor.
        const MEMORY = 8;
        /// The program counter.
        const PC = 16;
        /// System registers and CPU mode.
        const SYSTEM = 32;
    }
}

/// A set of guest state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// General registers, bit by number.
    pub regs: u64,
    /// Vector registers, bit by number.
    pub vregs: u64,
    /// Everything else.
    pub other: Other,
}

impl State {
    /// Nothing.
    pub const NONE: State = State { regs: 0, vregs: 0, other: Other::empty() };
    /// Everything.
    pub const ALL: State = State { regs: u64::MAX, vregs: u64::MAX, other: Other::all() };

    /// One general register.
    pub const fn reg(n: u8) -> State {
        State { regs: 1 << (n & 63), ..State::NONE }
    }
    /// One vector register.
    pub const fn vreg(n: u8) -> State {
        State { vregs: 1 << (n & 63), ..State::NONE }
    }
    /// State that is no numbered register.
    pub const fn other(other: Other) -> State {
        State { other, ..State::NONE }
    }
    /// Union.
    #[must_use]
    pub const fn and(self, o: State) -> State {
        State { regs: self.regs | o.regs, vregs: self.vregs | o.vregs, other: self.other.union(o.other) }
    }
    /// Difference.
    #[must_use]
    pub const fn without(self, o: State) -> State {
        State {
            regs: self.regs & !o.regs,
            vregs: self.vregs & !o.vregs,
            other: self.other.difference(o.other),
        }
    }
    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self == State::NONE
    }
}

/// Effects of an operation, or of several in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// Read before being written for certain.
    pub uses: State,
    /// Written for certain, if nothing faults.
    pub defs: State,
    /// Written possibly; contains `defs`.
    pub may: State,
    /// May trap.
    pub faults: bool,
}

impl Effects {
    const fn uses(uses: State) -> Effects {
        Effects { uses, defs: State::NONE, may: State::NONE, faults: false }
    }
    const fn defs(defs: State) -> Effects {
        Effects { uses: State::NONE, defs, may: defs, faults: false }
    }
    const fn may(uses: State, may: State, faults: bool) -> Effects {
        Effects { uses, defs: State::NONE, may, faults }
    }

    /// These effects followed by those of `next`.
    #[must_use]
    pub fn then(self, next: Effects) -> Effects {
        Effects {
            uses: self.uses.and(next.uses.without(self.defs)),
            defs: self.defs.and(next.defs),
            may: self.may.and(next.may),
            faults: self.faults || next.faults,
        }
    }

    /// Effects of a recording.
    pub fn of(ops: &[Uop]) -> Effects {
        ops.iter().fold(Effects::default(), |e, op| e.then(op.effects()))
    }
}

const FLAGS: State = State::other(Other::FLAGS);
const MEMORY: State = State::other(Other::MEMORY);
const SYSTEM: State = State::other(Other::SYSTEM);
/// Floating-point operations round as FPCR says and accumulate in FPSR.
const FP: Effects =
    Effects::may(State::other(Other::FPCR.union(Other::FPSR)), State::other(Other::FPSR), false);
/// Saturating operations accumulate FPSR.QC.
const SATURATING: Effects = Effects::may(State::other(Other::FPSR), State::other(Other::FPSR), false);

impl Uop {
    /// What the operation reads and writes of the guest's state.
    pub fn effects(&self) -> Effects {
        let none = Effects::default();
        let saturating = |yes| if yes { SATURATING } else { none };
        match *self {
            Uop::Get(r) => Effects::uses(State::reg(r.0)),
            Uop::Set(r, _) => Effects::defs(State::reg(r.0)),
            Uop::GetQ(r) => Effects::uses(State::vreg(r.0)),
            Uop::SetQ(r, _) => Effects::defs(State::vreg(r.0)),
            Uop::Flags(FlagKind::Adc, ..) | Uop::FlagsIf(_, FlagKind::Adc, ..) => {
                Effects::uses(FLAGS).then(Effects::defs(FLAGS))
            }
            Uop::Flags(..) | Uop::FlagsIf(..) | Uop::SetNzcv(_) => Effects::defs(FLAGS),
            Uop::Cond(_) | Uop::Nzcv => Effects::uses(FLAGS),
            Uop::Load(..) | Uop::LoadQ(..) => Effects::may(MEMORY, State::NONE, true),
            Uop::Store(..)
            | Uop::StoreQ(..)
            | Uop::Rmw(..)
            | Uop::Cas(..)
            | Uop::CasQ(..)
            | Uop::LoadExclusive(..)
            | Uop::StoreExclusive(..) => Effects::may(MEMORY, MEMORY, true),
            Uop::ProbeStore(..) | Uop::SpAccess | Uop::FpAccess | Uop::TrapIf(..) | Uop::Trap(_) => {
                Effects { faults: true, ..none }
            }
            Uop::F1(..)
            | Uop::F2(..)
            | Uop::F3(..)
            | Uop::FCmp(..)
            | Uop::FCvt(..)
            | Uop::QF1(..)
            | Uop::QF2(..)
            | Uop::QF3(..) => FP,
            Uop::Q1(op, ..) => saturating(op.saturates()),
            Uop::Q2(op, ..) => saturating(op.saturates()),
            Uop::Q3(op, ..) => saturating(op.saturates()),
            Uop::QI(op, ..) => saturating(op.saturates()),
            Uop::Helper(h, _) | Uop::HelperQ(h, ..) => h.effects(),
            Uop::End(_) => Effects::defs(State::other(Other::PC)),
            _ => none,
        }
    }
}

impl Helper {
    /// What the helper reads and writes besides its arguments: what is not known better is
    /// everything.
    pub fn effects(self) -> Effects {
        match self {
            Helper::Crc32 | Helper::Crc32c | Helper::Crypto(_) => Effects::default(),
            Helper::CheckZva => Effects::may(SYSTEM, State::NONE, true),
            Helper::ReadSysReg => Effects::may(State::ALL, State::NONE, true),
            Helper::ClearExclusive => Effects::may(State::NONE, MEMORY, false),
            Helper::Wait => Effects::may(SYSTEM, SYSTEM, true),
            Helper::SendEvent => Effects::may(SYSTEM, SYSTEM, false),
            _ => Effects::may(State::ALL, State::ALL, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::obj::V;
    use crate::emit::{Reg, Trap, W};

    #[test]
    fn uses_are_what_is_read_before_it_is_written() {
        let e = Effects::of(&[
            Uop::Get(Reg(1)),
            Uop::Set(Reg(0), V(0)),
            Uop::Get(Reg(0)),
            Uop::Flags(FlagKind::Adc, W::W64, V(0), V(2)),
            Uop::Nzcv,
            Uop::Trap(Trap::new(1, 0)),
        ]);
        assert_eq!(e.uses, State::reg(1).and(FLAGS));
        assert_eq!(e.defs, State::reg(0).and(FLAGS));
        assert!(e.faults && e.may == e.defs);
    }
}

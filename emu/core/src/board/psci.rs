//! PSCI 1.0, the firmware interface to power (Arm DEN 0022), answered by the emulator where a
//! guest at EL1 executes HVC or SMC. The calling convention is SMCCC (DEN 0028): the function in
//! W0, arguments in X1 to X3, the result in X0.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::state::{StateError, Stateful};

/// Function identifiers; the 64-bit variants have bit 30 set.
mod function {
    pub const SMCCC_VERSION: u32 = 0x8000_0000;
    pub const SMCCC_ARCH_FEATURES: u32 = 0x8000_0001;
    pub const PSCI_VERSION: u32 = 0x8400_0000;
    pub const CPU_SUSPEND: u32 = 0x8400_0001;
    pub const CPU_OFF: u32 = 0x8400_0002;
    pub const CPU_ON: u32 = 0x8400_0003;
    pub const AFFINITY_INFO: u32 = 0x8400_0004;
    pub const MIGRATE_INFO_TYPE: u32 = 0x8400_0006;
    pub const SYSTEM_OFF: u32 = 0x8400_0008;
    pub const SYSTEM_RESET: u32 = 0x8400_0009;
    pub const PSCI_FEATURES: u32 = 0x8400_000a;
    pub const BIT_64: u32 = 1 << 30;
}

const SUCCESS: i64 = 0;
const NOT_SUPPORTED: i64 = -1;
const INVALID_PARAMETERS: i64 = -2;
const ALREADY_ON: i64 = -4;
/// AFFINITY_INFO.
const ON: i64 = 0;
const OFF: i64 = 1;
/// MIGRATE_INFO_TYPE: no trusted OS that would have to be moved.
const NO_TRUSTED_OS: i64 = 2;
/// Major version in bits 31..16.
const VERSION: i64 = 1 << 16;
const SMCCC_VERSION: i64 = 1 << 16 | 1;

/// What the machine does for the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Go on behind the call with this in X0.
    Return(u64),
    /// X0 is 0; wait for an interrupt.
    Standby,
    /// X0 is 0; start another CPU, from reset, at EL1.
    CpuOn {
        /// Its number.
        cpu: usize,
        /// Its PC.
        entry: u64,
        /// Its X0.
        context: u64,
    },
    /// This CPU stops for good, until another one turns it on.
    CpuOff,
    /// Power off.
    SystemOff,
    /// Reset.
    SystemReset,
}

/// Which CPUs are on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Psci {
    on: Vec<bool>,
}

impl Stateful for Psci {
    const NAME: &'static str = "psci";
    type State = Self;

    fn state(&self) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    fn set_state(&mut self, state: Self) -> Result<(), StateError> {
        Self::ensure(state.on.len() == self.on.len(), "it is for another number of CPUs")?;
        *self = state;
        Ok(())
    }
}

impl Psci {
    /// For `cpus` CPUs, of which the first is on.
    pub fn new(cpus: usize) -> Psci {
        Psci { on: (0..cpus).map(|n| n == 0).collect() }
    }

    /// Whether a CPU is on.
    pub fn is_on(&self, cpu: usize) -> bool {
        self.on.get(cpu).copied().unwrap_or(false)
    }

    /// Answers the call `x` (X0 to X3) of `caller`.
    pub fn call(&mut self, caller: usize, x: [u64; 4]) -> Reply {
        let [a, b, c, d, ..] = x[0].to_le_bytes();
        let id = u32::from_le_bytes([a, b, c, d]);
        // The 32-bit variants take 32-bit arguments.
        let args = match id & function::BIT_64 {
            0 => x.map(|v| v & 0xffff_ffff),
            _ => x,
        };
        let done = |v: i64| Reply::Return(v.cast_unsigned());
        match id & !function::BIT_64 {
            _ if !is_function(id) => done(NOT_SUPPORTED),
            function::SMCCC_VERSION => done(SMCCC_VERSION),
            function::SMCCC_ARCH_FEATURES => {
                let ours = [function::SMCCC_VERSION, function::SMCCC_ARCH_FEATURES];
                done(if ours.map(u64::from).contains(&args[1]) { SUCCESS } else { NOT_SUPPORTED })
            }
            function::PSCI_VERSION => done(VERSION),
            function::CPU_SUSPEND => Reply::Standby,
            function::CPU_OFF => {
                self.set(caller, false);
                Reply::CpuOff
            }
            function::CPU_ON => self.cpu_on(args),
            function::AFFINITY_INFO => done(match self.cpu_number(args[1]) {
                Some(n) if args[2] == 0 => {
                    if self.is_on(n) {
                        ON
                    } else {
                        OFF
                    }
                }
                _ => INVALID_PARAMETERS,
            }),
            function::MIGRATE_INFO_TYPE => done(NO_TRUSTED_OS),
            function::SYSTEM_OFF => Reply::SystemOff,
            function::SYSTEM_RESET => Reply::SystemReset,
            function::PSCI_FEATURES => {
                let id = u32::try_from(args[1] & 0xffff_ffff).unwrap_or(0);
                let known = is_function(id) && id != function::SMCCC_ARCH_FEATURES;
                done(if known { SUCCESS } else { NOT_SUPPORTED })
            }
            _ => done(NOT_SUPPORTED),
        }
    }

    fn set(&mut self, cpu: usize, on: bool) {
        if let Some(state) = self.on.get_mut(cpu) {
            *state = on;
        }
    }

    /// CPU with the affinity fields of `mpidr`: all in the lowest level.
    fn cpu_number(&self, mpidr: u64) -> Option<usize> {
        usize::try_from(mpidr).ok().filter(|&n| n < self.on.len())
    }

    fn cpu_on(&mut self, args: [u64; 4]) -> Reply {
        let refused = |v: i64| Reply::Return(v.cast_unsigned());
        match self.cpu_number(args[1]) {
            None => refused(INVALID_PARAMETERS),
            Some(n) if self.is_on(n) => refused(ALREADY_ON),
            Some(cpu) => {
                self.set(cpu, true);
                Reply::CpuOn { cpu, entry: args[2], context: args[3] }
            }
        }
    }
}

/// Whether the identifier is implemented, in the width it is called with.
fn is_function(id: u32) -> bool {
    match id & !function::BIT_64 {
        function::CPU_SUSPEND | function::CPU_ON | function::AFFINITY_INFO => true,
        function::SMCCC_VERSION
        | function::SMCCC_ARCH_FEATURES
        | function::PSCI_VERSION
        | function::CPU_OFF
        | function::MIGRATE_INFO_TYPE
        | function::SYSTEM_OFF
        | function::SYSTEM_RESET
        | function::PSCI_FEATURES => id & function::BIT_64 == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(p: &mut Psci, x: [u64; 4]) -> Reply {
        p.call(0, x)
    }

    fn ret(v: i64) -> Reply {
        Reply::Return(v.cast_unsigned())
    }

    #[test]
    fn version_and_features() {
        let mut p = Psci::new(1);
        assert_eq!(call(&mut p, [0x8400_0000, 0, 0, 0]), Reply::Return(0x1_0000));
        assert_eq!(call(&mut p, [0x8400_000a, 0xc400_0003, 0, 0]), ret(0));
        assert_eq!(call(&mut p, [0x8400_000a, 0xc400_0008, 0, 0]), ret(-1));
        assert_eq!(call(&mut p, [0x8400_000a, 0x8000_0000, 0, 0]), ret(0));
        assert_eq!(call(&mut p, [0x8400_0006, 0, 0, 0]), ret(2));
        assert_eq!(call(&mut p, [0x1234_5678, 0, 0, 0]), ret(-1));
        assert_eq!(call(&mut p, [0x8000_0001, 0x8000_8000, 0, 0]), ret(-1), "no workaround needed");
        assert_eq!(call(&mut p, [0x8400_0008, 0, 0, 0]), Reply::SystemOff);
        assert_eq!(call(&mut p, [0x8400_0009, 0, 0, 0]), Reply::SystemReset);
    }

    #[test]
    fn restored_ones_know_who_is_on() {
        use crate::state::Saved;
        let mut p = Psci::new(3);
        call(&mut p, [0xc400_0003, 2, 0, 0]);
        let mut q = Psci::new(3);
        q.restore(&p.save().unwrap()).unwrap();
        assert_eq!(p, q);
        assert!(q.restore(&Psci::new(2).save().unwrap()).is_err());
    }

    #[test]
    fn cpus_go_on_and_off() {
        let mut p = Psci::new(2);
        let on = [0xc400_0003, 1, 0xffff_0000_4000_0000, 7];
        assert_eq!(call(&mut p, [0xc400_0004, 1, 0, 0]), ret(1));
        let started = Reply::CpuOn { cpu: 1, entry: on[2], context: 7 };
        assert_eq!(call(&mut p, on), started);
        assert_eq!(call(&mut p, on), ret(-4));
        assert_eq!(call(&mut p, [0xc400_0004, 1, 0, 0]), ret(0));
        assert_eq!(p.call(1, [0x8400_0002, 0, 0, 0]), Reply::CpuOff);
        assert!(!p.is_on(1) && p.is_on(0));
        assert_eq!(call(&mut p, [0xc400_0003, 2, 0, 0]), ret(-2));
        assert_eq!(call(&mut p, [0xc400_0004, 0, 1, 0]), ret(-2), "only affinity level 0");
        let narrow = [0x8400_0003, 1 | 5 << 32, 0xffff_0000_4000_0000, 7];
        assert_eq!(call(&mut p, narrow), Reply::CpuOn { cpu: 1, entry: 0x4000_0000, context: 7 });
    }
}

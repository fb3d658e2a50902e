//! The functions behind [`Helper`]: what is too rare or too stateful for the vocabulary of `Emit`.

use super::{Cpu, sem_system};
use crate::emit::{Helper, Trap};
use crate::soft::{crc32, crypto};

/// Helpers on values and CPU state. What needs more than the CPU (timers, TLB, interrupt
/// controller) is answered by the virtual CPU before it comes here.
pub fn helper(cpu: &mut Cpu, h: Helper, a: [u64; 3]) -> Result<u64, Trap> {
    match h {
        Helper::Crc32 | Helper::Crc32c => Ok(crc(h == Helper::Crc32c, a)),
        _ => sem_system::cpu_only(cpu, h, a),
    }
}

/// Pure helpers on vectors; a helper that has no vector form gives 0.
pub fn helperq(h: Helper, a: [u128; 3], imm: u64) -> u128 {
    match h {
        Helper::Crypto(op) => crypto::run(op, a, imm),
        _ => 0,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the accumulator is the low half")]
fn crc(castagnoli: bool, [acc, data, size]: [u64; 3]) -> u64 {
    u64::from(crc32::step(castagnoli, acc as u32, data, 1 << (size & 3)))
}

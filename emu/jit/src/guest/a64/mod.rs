//! AArch64.

#[cfg(test)]
pub mod testing;

use std::mem::offset_of;

use innkeeper_core::emit::Helper;
use innkeeper_core::emit::obj::{Uop, V};
use innkeeper_core::isa::a64::sysreg::{Kind, ROWS};
use innkeeper_core::isa::a64::{A64, Cpu};
use innkeeper_core::soft::fp::FpEnv;

use super::{Guest, Mode, Registers};

/// FPCR: half-precision alternative format, default NaN, flush to zero, rounding mode; FZ16.
const FPCR_MASK: u32 = 0x7c8_0000 | 0x40_0000;
const FPCR_SHIFT: u32 = 19;
const RMODE: u32 = 3 << 22;
const FZ: u32 = 1 << 24;
/// CPACR_EL1.FPEN.
const FPEN: u64 = 3 << 20;

impl Guest for A64 {
    const REGISTERS: Registers = Registers {
        x: offset_of!(Cpu, x),
        v: offset_of!(Cpu, v),
        fpsr: offset_of!(Cpu, fp) + offset_of!(FpEnv, fpsr),
    };

    /// Bits of FPCR from bit 0, FP enabled, SP alignment checked.
    #[inline]
    fn mode_of(cpu: &Cpu) -> Mode {
        let fpcr = cpu.fp.fpcr;
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        Mode(
            (fpcr & FPCR_MASK) >> FPCR_SHIFT
                | flag(fpcr & RMODE != 0, Mode::ROUNDS)
                | flag(fpcr & FZ != 0, Mode::FLUSHES)
                | flag(cpu.fp_enabled != 0, Mode::FP_ENABLED)
                | flag(cpu.sp_check != 0, Mode::SP_CHECK),
        )
    }

    fn calls(h: Helper, args: [V; 3], uops: &[Uop]) -> bool {
        match h {
            Helper::Crc32
            | Helper::Crc32c
            | Helper::Crypto(_)
            | Helper::ClearExclusive
            | Helper::CheckZva => true,
            Helper::ReadSysReg => match uops.get(args[0].0 as usize) {
                Some(Uop::Imm(row)) => readable(*row),
                _ => false,
            },
            _ => false,
        }
    }

    fn enable_fp(cpu: &mut Cpu) {
        cpu.sys.cpacr_el1 = FPEN;
        cpu.update_enables();
    }
}

/// Registers that are computed, but of nothing that translated code keeps elsewhere.
const COMPUTED: [&str; 4] = ["SP_EL0", "MPIDR_EL1", "DAIF", "CurrentEL"];

/// Whether system register `row` can be read without the exact state of the CPU: its value depends
/// neither on the flags nor on FPSR nor on the time.
fn readable(row: u64) -> bool {
    let row = usize::try_from(row).ok().and_then(|row| ROWS.get(row));
    row.is_some_and(|r| match r.kind {
        Kind::State { .. } | Kind::Const | Kind::Id(_) => true,
        Kind::Computed { .. } => COMPUTED.contains(&r.name),
    })
}

//! AArch64 (A64): Armv8.0 to v8.5 without SVE and MTE, little-endian, EL0 and EL1.
//!
//! An instruction is a row in `table/<section>.rs` and the function of the row's handler name in
//! `sem_<section>.rs`, sections being those of the Arm ARM's chapter C4.

pub mod case;
pub mod cpu;
pub mod decode;
pub mod disasm;
pub mod exc;
mod exc_take;
pub mod generate;
pub mod helper;
mod hooks;
pub mod insn;
mod isa;
#[cfg(test)]
mod memory_tests;
pub mod mmu;
pub mod record;
mod sem_branch;
mod sem_crypto;
mod sem_data_imm;
mod sem_data_reg;
mod sem_fp_scalar;
mod sem_int;
mod sem_load_store;
mod sem_load_store_atomic;
mod sem_load_store_simd;
mod sem_simd_fp;
mod sem_simd_int;
mod sem_simd_permute;
pub mod sem_system;
pub mod state;
pub mod sysreg;
mod sysreg_id;
mod sysreg_ops;
mod sysreg_pstate;
mod sysreg_row;
mod sysreg_table;
#[cfg(test)]
mod sysreg_tests;
mod sysreg_timer;
pub mod table;
pub mod testing;

pub use cpu::Cpu;
pub use insn::Insn;
pub use isa::A64;

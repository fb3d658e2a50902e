//! AArch64.

use innkeeper_core::emit::uop::Recorder;
use innkeeper_core::isa::Isa;
use innkeeper_core::isa::a64::A64;
use innkeeper_core::wire;

use super::{Guest, Listing, number};
use crate::scenario::differential::{Engine, Grammar};
use crate::scenario::words::Arch;

/// Its row.
pub static GUEST: Guest = Guest {
    arch: Arch::Aarch64,
    wire: wire::Arch::A64,
    registers: A64::register_names,
    registers_text: Some("x0 to x30, sp, pc, nzcv, fpcr, fpsr, el, daif, v0 to v31"),
    engines: &[Engine::Step, Engine::Interp, Engine::Jit, Engine::Unicorn],
    usual_engines: &[Engine::Step, Engine::Jit, Engine::Unicorn],
    grammars: &[
        ("all", Grammar::All),
        ("int", Grammar::Int),
        ("loadstore", Grammar::LoadStore),
        ("fp", Grammar::Fp),
        ("simd", Grammar::Simd),
        ("crypto", Grammar::Crypto),
    ],
    rows: Some(A64::rows),
    has_cases: true,
    known: ("known.toml", include_str!("../../../golden/known.toml")),
    align: 4,
    listing,
    operations: operations::<A64>,
};

/// Disassembly: address, word and text of each instruction.
pub fn listing(address: u64, code: &[u8]) -> Listing {
    let line = |(at, code): (u64, &[u8])| Some((at, number(code), A64::disassemble(code, at)?.0));
    (address..).step_by(4).zip(code.chunks_exact(4)).filter_map(line).collect()
}

/// Micro-operations of an instruction, of any guest that we execute ourselves.
fn operations<I: Isa>(code: &[u8]) -> Option<String> {
    let mut recorder = Recorder::default();
    I::describe(&I::decode(code)?, &mut recorder);
    Some(recorder.to_string())
}

//! x86-64: the host's CPU executes it; there is no table of ours.

use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};
use innkeeper_core::wire;

use super::{Guest, Listing};
use crate::scenario::differential::{Engine, Grammar};
use crate::scenario::words::Arch;

/// Its row.
pub static GUEST: Guest = Guest {
    arch: Arch::X64,
    wire: wire::Arch::X64,
    registers: || innkeeper_kvm::REGISTERS.map(String::from).to_vec(),
    registers_text: None,
    engines: &[Engine::Kvm, Engine::Unicorn],
    usual_engines: &[Engine::Kvm, Engine::Unicorn],
    grammars: &[("all", Grammar::X64)],
    rows: None,
    has_cases: false,
    known: ("known-x64.toml", include_str!("../../../golden/known-x64.toml")),
    align: 1,
    listing,
    operations: |_| None,
};

/// Bytes shown on a line.
const COLUMN: usize = 12;

/// Disassembly: address, bytes and text of each instruction.
pub fn listing(address: u64, code: &[u8]) -> Listing {
    let mut formatter = IntelFormatter::new();
    let mut out = Vec::new();
    let mut left = code;
    for insn in Decoder::with_ip(64, code, address, DecoderOptions::NONE).iter() {
        let (bytes, rest) = left.split_at(insn.len().min(left.len()));
        left = rest;
        let mut text = String::new();
        formatter.format(&insn, &mut text);
        out.push((insn.ip(), format!("{:<width$}", hex(bytes), width = 3 * COLUMN), text));
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_stand_at_their_addresses_with_their_bytes() {
        let code = [0x48, 0x89, 0xf8, 0xeb, 0x00, 0xc3];
        let lines = listing(0x1000, &code);
        let line = |n: usize| (lines[n].0, lines[n].1.trim_end(), lines[n].2.as_str());
        assert_eq!(line(0), (0x1000, "48 89 f8", "mov rax,rdi"));
        assert_eq!(line(1), (0x1003, "eb 00", "jmp short 0000000000001005h"));
        assert_eq!(line(2), (0x1005, "c3", "ret"));
    }
}

//! Host code, such as a translator made of guest code, as text for failure reports.

use std::fmt::Write as _;

use innkeeper_core::accel::Explained;
use innkeeper_core::isa::a64::disasm::disasm;

/// Bytes shown on a line.
const COLUMN: usize = 12;

/// The intermediate representation and the host's instructions.
pub fn text(e: &Explained) -> String {
    let mut out = format!("CLIF of {} guest instructions\n{}\n", e.insns, e.ir.trim_end());
    let _ = writeln!(out, "\nhost code, {} bytes", e.host.len());
    out.push_str(&if cfg!(target_arch = "aarch64") {
        aarch64(e.address, &e.host)
    } else {
        x86_64_text(e.address, &e.host)
    });
    out
}

/// Disassembly, a line per instruction; constants at the end of the code are shown as instructions
/// too.
fn aarch64(address: u64, code: &[u8]) -> String {
    let mut out = String::new();
    for (pc, word) in (address..).step_by(4).zip(code.chunks_exact(4)) {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        let _ = writeln!(out, "{pc:12x}  {word:08x}  {}", disasm(word, pc));
    }
    out
}

/// Disassembly of x86-64, a line per instruction.
pub fn x86_64_text(address: u64, code: &[u8]) -> String {
    let line = |(at, bytes, text): &(u64, String, String)| format!("{at:12x}  {bytes} {text}\n");
    x86_64(address, code).iter().map(line).collect()
}

/// Disassembly: address, bytes and text of each instruction.
pub fn x86_64(address: u64, code: &[u8]) -> Vec<(u64, String, String)> {
    use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};
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
        let lines = x86_64(0x1000, &code);
        let line = |n: usize| (lines[n].0, lines[n].1.trim_end(), lines[n].2.as_str());
        assert_eq!(line(0), (0x1000, "48 89 f8", "mov rax,rdi"));
        assert_eq!(line(1), (0x1003, "eb 00", "jmp short 0000000000001005h"));
        assert_eq!(line(2), (0x1005, "c3", "ret"));
    }

    #[test]
    fn on_the_other_host_too() {
        let code = [0xd280_0540u32, 0xd65f_03c0].map(u32::to_le_bytes).concat();
        let text = aarch64(0x1000, &code);
        let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["1000", "d2800540", "movz", "x0,", "#0x2a"]);
        assert_eq!(lines[1], ["1004", "d65f03c0", "ret"]);
    }
}

//! Host code, such as a translator made of guest code, as text for failure reports.

use std::fmt::Write as _;

use innkeeper_core::accel::Explained;

use crate::guests::{Listing, a64, x64};

/// The intermediate representation and the host's instructions. Constants at the end of the code are shown
/// as instructions too.
pub fn text(e: &Explained) -> String {
    let mut out = format!("CLIF of {} guest instructions\n{}\n", e.insns, e.ir.trim_end());
    let _ = writeln!(out, "\nhost code, {} bytes", e.host.len());
    let listing = if cfg!(target_arch = "aarch64") { a64::listing } else { x64::listing };
    out + &lines(&listing(e.address, &e.host))
}

/// A line for each instruction.
pub fn lines(listing: &Listing) -> String {
    listing.iter().map(|(at, bytes, text)| format!("{at:12x}  {bytes}  {text}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_stands_on_a_line_with_its_address_and_code() {
        let code = [0xd280_0540u32, 0xd65f_03c0].map(u32::to_le_bytes).concat();
        let text = lines(&a64::listing(0x1000, &code));
        let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["1000", "d2800540", "movz", "x0,", "#0x2a"]);
        assert_eq!(lines[1], ["1004", "d65f03c0", "ret"]);
    }
}

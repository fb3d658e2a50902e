//! Tests of the instruction tables as a whole, against goldens in `golden/`.
//!
//! `INNKEEPER_BLESS=1` rewrites the goldens.

mod cases;
mod check;
mod disasm;
mod golden;
mod make;
mod sysreg;
mod table;

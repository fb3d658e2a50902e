//! Rows of C4.1.93 "Data processing -- immediate".

use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_int as sem;

const fn imm12_shifted(w: u32) -> u64 {
    (bits(w, 21, 10) as u64) << (bits(w, 22, 22) * 12)
}

crate::isa::a64::table::section! { "data_imm";
    ADD_imm "f00100010hiiiiiiiiiiiinnnnnddddd" Plain ADD_imm "add {Rd|sp}, {Rn|sp}, #{imm12}" [pre imm12_shifted];
    ADDS_imm "f01100010hiiiiiiiiiiiinnnnnddddd" Plain ADDS_imm "adds {Rd}, {Rn|sp}, #{imm12}" [pre imm12_shifted];
}

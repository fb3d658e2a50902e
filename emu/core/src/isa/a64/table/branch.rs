//! Rows of C4.1.94 "Branches" (exception generation and system instructions are in `system.rs`).

use crate::isa::a64::insn::sbits;
use crate::isa::a64::sem_branch as sem;

const fn imm26(w: u32) -> u64 {
    sbits(w, 25, 0, 2)
}
const fn imm19(w: u32) -> u64 {
    sbits(w, 23, 5, 2)
}
const fn imm14(w: u32) -> u64 {
    sbits(w, 18, 5, 2)
}

crate::isa::a64::table::section! { "branch";
    B "000101iiiiiiiiiiiiiiiiiiiiiiiiii" Branch B "b {target}" [pre imm26];
    BL "100101iiiiiiiiiiiiiiiiiiiiiiiiii" Branch BL "bl {target}" [pre imm26];
    B_cond "01010100iiiiiiiiiiiiiiiiiii0cccc" Branch B_cond "b.{cond0} {target}" [pre imm19];
    CBZ "f0110100iiiiiiiiiiiiiiiiiiittttt" Branch CBZ "cbz {Rt}, {target}" [pre imm19];
    CBNZ "f0110101iiiiiiiiiiiiiiiiiiittttt" Branch CBNZ "cbnz {Rt}, {target}" [pre imm19];
    TBZ "b0110110bbbbbiiiiiiiiiiiiiittttt" Branch TBZ "tbz {Rt}, #{tested}, {target}" [pre imm14];
    TBNZ "b0110111bbbbbiiiiiiiiiiiiiittttt" Branch TBNZ "tbnz {Rt}, #{tested}, {target}" [pre imm14];

    BR "1101011000011111000000nnnnn00000" Branch BR "br {Xn}";
    BLR "1101011000111111000000nnnnn00000" Branch BLR "blr {Xn}";
    RET "1101011001011111000000nnnnn00000" Branch RET "ret{link}";
    BRAAZ "1101011000011111000010nnnnn11111" Branch todo "braaz {Xn}" [feature PAuth];
    BRABZ "1101011000011111000011nnnnn11111" Branch todo "brabz {Xn}" [feature PAuth];
    BLRAAZ "1101011000111111000010nnnnn11111" Branch todo "blraaz {Xn}" [feature PAuth];
    BLRABZ "1101011000111111000011nnnnn11111" Branch todo "blrabz {Xn}" [feature PAuth];
    RETAA "11010110010111110000101111111111" Branch todo "retaa" [feature PAuth];
    RETAB "11010110010111110000111111111111" Branch todo "retab" [feature PAuth];
    BRAA "1101011100011111000010nnnnnmmmmm" Branch todo "braa {Xn}, {Xd|sp}" [feature PAuth];
    BRAB "1101011100011111000011nnnnnmmmmm" Branch todo "brab {Xn}, {Xd|sp}" [feature PAuth];
    BLRAA "1101011100111111000010nnnnnmmmmm" Branch todo "blraa {Xn}, {Xd|sp}" [feature PAuth];
    BLRAB "1101011100111111000011nnnnnmmmmm" Branch todo "blrab {Xn}, {Xd|sp}" [feature PAuth];
}

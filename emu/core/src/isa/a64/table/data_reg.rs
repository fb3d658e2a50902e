//! Rows of C4.1.95 "Data processing -- register".

use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_data_reg as sem;

/// imm6 below the register width.
const fn amount_valid(w: u32) -> bool {
    w >> 31 != 0 || bits(w, 15, 15) == 0
}

/// The same, and no ROR.
const fn add_valid(w: u32) -> bool {
    amount_valid(w) && bits(w, 23, 22) != 3
}

/// A left shift of at most 4.
const fn ext_valid(w: u32) -> bool {
    bits(w, 12, 10) <= 4
}

/// Ra is (1)(1)(1)(1)(1).
const fn ra_ones(w: u32) -> bool {
    bits(w, 14, 10) == 31
}

crate::isa::a64::table::section! { "data_reg";
    UDIV "f0011010110mmmmm000010nnnnnddddd" Plain UDIV "udiv {Rd}, {Rn}, {Rm}";
    SDIV "f0011010110mmmmm000011nnnnnddddd" Plain SDIV "sdiv {Rd}, {Rn}, {Rm}";
    LSLV "f0011010110mmmmm001000nnnnnddddd" Plain LSLV "lslv {Rd}, {Rn}, {Rm}";
    LSRV "f0011010110mmmmm001001nnnnnddddd" Plain LSRV "lsrv {Rd}, {Rn}, {Rm}";
    ASRV "f0011010110mmmmm001010nnnnnddddd" Plain ASRV "asrv {Rd}, {Rn}, {Rm}";
    RORV "f0011010110mmmmm001011nnnnnddddd" Plain RORV "rorv {Rd}, {Rn}, {Rm}";
    PACGA "10011010110mmmmm001100nnnnnddddd" Plain todo "pacga {Xd}, {Xn}, {Xm|sp}" [feature PAuth];
    CRC32B "00011010110mmmmm010000nnnnnddddd" Plain CRC32 "crc32b {Wd}, {Wn}, {Wm}" [feature Crc32];
    CRC32H "00011010110mmmmm010001nnnnnddddd" Plain CRC32 "crc32h {Wd}, {Wn}, {Wm}" [feature Crc32];
    CRC32W "00011010110mmmmm010010nnnnnddddd" Plain CRC32 "crc32w {Wd}, {Wn}, {Wm}" [feature Crc32];
    CRC32X "10011010110mmmmm010011nnnnnddddd" Plain CRC32 "crc32x {Wd}, {Wn}, {Xm}" [feature Crc32];
    CRC32CB "00011010110mmmmm010100nnnnnddddd" Plain CRC32C "crc32cb {Wd}, {Wn}, {Wm}" [feature Crc32];
    CRC32CH "00011010110mmmmm010101nnnnnddddd" Plain CRC32C "crc32ch {Wd}, {Wn}, {Wm}" [feature Crc32];
    CRC32CW "00011010110mmmmm010110nnnnnddddd" Plain CRC32C "crc32cw {Wd}, {Wn}, {Wm}" [feature Crc32];
    CRC32CX "10011010110mmmmm010111nnnnnddddd" Plain CRC32C "crc32cx {Wd}, {Wn}, {Xm}" [feature Crc32];

    RBIT "f101101011000000000000nnnnnddddd" Plain RBIT "rbit {Rd}, {Rn}";
    REV16 "f101101011000000000001nnnnnddddd" Plain REV16 "rev16 {Rd}, {Rn}";
    REV_32 "0101101011000000000010nnnnnddddd" Plain REV_32 "rev {Wd}, {Wn}";
    REV32 "1101101011000000000010nnnnnddddd" Plain REV32 "rev32 {Xd}, {Xn}";
    REV_64 "1101101011000000000011nnnnnddddd" Plain REV_64 "rev {Xd}, {Xn}";
    CLZ "f101101011000000000100nnnnnddddd" Plain CLZ "clz {Rd}, {Rn}";
    CLS "f101101011000000000101nnnnnddddd" Plain CLS "cls {Rd}, {Rn}";

    PACIA "1101101011000001000000nnnnnddddd" Plain todo "pacia {Xd}, {Xn|sp}" [feature PAuth];
    PACIB "1101101011000001000001nnnnnddddd" Plain todo "pacib {Xd}, {Xn|sp}" [feature PAuth];
    PACDA "1101101011000001000010nnnnnddddd" Plain todo "pacda {Xd}, {Xn|sp}" [feature PAuth];
    PACDB "1101101011000001000011nnnnnddddd" Plain todo "pacdb {Xd}, {Xn|sp}" [feature PAuth];
    AUTIA "1101101011000001000100nnnnnddddd" Plain todo "autia {Xd}, {Xn|sp}" [feature PAuth];
    AUTIB "1101101011000001000101nnnnnddddd" Plain todo "autib {Xd}, {Xn|sp}" [feature PAuth];
    AUTDA "1101101011000001000110nnnnnddddd" Plain todo "autda {Xd}, {Xn|sp}" [feature PAuth];
    AUTDB "1101101011000001000111nnnnnddddd" Plain todo "autdb {Xd}, {Xn|sp}" [feature PAuth];
    PACIZA "110110101100000100100011111ddddd" Plain todo "paciza {Xd}" [feature PAuth];
    PACIZB "110110101100000100100111111ddddd" Plain todo "pacizb {Xd}" [feature PAuth];
    PACDZA "110110101100000100101011111ddddd" Plain todo "pacdza {Xd}" [feature PAuth];
    PACDZB "110110101100000100101111111ddddd" Plain todo "pacdzb {Xd}" [feature PAuth];
    AUTIZA "110110101100000100110011111ddddd" Plain todo "autiza {Xd}" [feature PAuth];
    AUTIZB "110110101100000100110111111ddddd" Plain todo "autizb {Xd}" [feature PAuth];
    AUTDZA "110110101100000100111011111ddddd" Plain todo "autdza {Xd}" [feature PAuth];
    AUTDZB "110110101100000100111111111ddddd" Plain todo "autdzb {Xd}" [feature PAuth];
    XPACI "110110101100000101000011111ddddd" Plain todo "xpaci {Xd}" [feature PAuth];
    XPACD "110110101100000101000111111ddddd" Plain todo "xpacd {Xd}" [feature PAuth];

    AND_shift "f0001010hh0mmmmmiiiiiinnnnnddddd" Plain AND_shift "and {Rd}, {Rn}, {Rm}{shift}" [valid amount_valid];
    BIC_shift "f0001010hh1mmmmmiiiiiinnnnnddddd" Plain BIC_shift "bic {Rd}, {Rn}, {Rm}{shift}" [valid amount_valid];
    ORR_shift "f0101010hh0mmmmmiiiiiinnnnnddddd" Plain ORR_shift "orr {Rd}, {Rn}, {Rm}{shift}" [valid amount_valid];
    ORN_shift "f0101010hh1mmmmmiiiiiinnnnnddddd" Plain ORN_shift "orn {Rd}, {Rn}, {Rm}{shift}" [valid amount_valid];
    EOR_shift "f1001010hh0mmmmmiiiiiinnnnnddddd" Plain EOR_shift "eor {Rd}, {Rn}, {Rm}{shift}" [valid amount_valid];
    EON_shift "f1001010hh1mmmmmiiiiiinnnnnddddd" Plain EON_shift "eon {Rd}, {Rn}, {Rm}{shift}" [valid amount_valid];
    ANDS_shift "f1101010hh0mmmmmiiiiiinnnnnddddd" Plain ANDS_shift "ands {Rd}, {Rn}, {Rm}{shift}" [valid amount_valid];
    BICS_shift "f1101010hh1mmmmmiiiiiinnnnnddddd" Plain BICS_shift "bics {Rd}, {Rn}, {Rm}{shift}" [valid amount_valid];

    ADD_shift "f0001011hh0mmmmmiiiiiinnnnnddddd" Plain ADD_shift "add {Rd}, {Rn}, {Rm}{shift}" [valid add_valid];
    ADDS_shift "f0101011hh0mmmmmiiiiiinnnnnddddd" Plain ADDS_shift "adds {Rd}, {Rn}, {Rm}{shift}" [valid add_valid];
    SUB_shift "f1001011hh0mmmmmiiiiiinnnnnddddd" Plain SUB_shift "sub {Rd}, {Rn}, {Rm}{shift}" [valid add_valid];
    SUBS_shift "f1101011hh0mmmmmiiiiiinnnnnddddd" Plain SUBS_shift "subs {Rd}, {Rn}, {Rm}{shift}" [valid add_valid];
    ADD_ext "f0001011001mmmmmoooiiinnnnnddddd" Plain ADD_ext "add {Rd|sp}, {Rn|sp}, {extended}" [valid ext_valid];
    ADDS_ext "f0101011001mmmmmoooiiinnnnnddddd" Plain ADDS_ext "adds {Rd}, {Rn|sp}, {extended}" [valid ext_valid];
    SUB_ext "f1001011001mmmmmoooiiinnnnnddddd" Plain SUB_ext "sub {Rd|sp}, {Rn|sp}, {extended}" [valid ext_valid];
    SUBS_ext "f1101011001mmmmmoooiiinnnnnddddd" Plain SUBS_ext "subs {Rd}, {Rn|sp}, {extended}" [valid ext_valid];
    ADC "f0011010000mmmmm000000nnnnnddddd" Plain ADC "adc {Rd}, {Rn}, {Rm}";
    ADCS "f0111010000mmmmm000000nnnnnddddd" Plain ADCS "adcs {Rd}, {Rn}, {Rm}";
    SBC "f1011010000mmmmm000000nnnnnddddd" Plain SBC "sbc {Rd}, {Rn}, {Rm}";
    SBCS "f1111010000mmmmm000000nnnnnddddd" Plain SBCS "sbcs {Rd}, {Rn}, {Rm}";

    RMIF "10111010000iiiiii00001nnnnn0mmmm" Plain RMIF "rmif {Xn}, #{u20:15}, #{u3:0}" [feature FlagM];
    SETF8 "0011101000000000000010nnnnn01101" Plain SETF8 "setf8 {Wn}" [feature FlagM];
    SETF16 "0011101000000000010010nnnnn01101" Plain SETF16 "setf16 {Wn}" [feature FlagM];

    CCMN_reg "f0111010010mmmmmcccc00nnnnn0ffff" Plain CCMN_reg "ccmn {Rn}, {Rm}, #{x3:0}, {cond}";
    CCMN_imm "f0111010010iiiiicccc10nnnnn0ffff" Plain CCMN_imm "ccmn {Rn}, #{x20:16}, #{x3:0}, {cond}";
    CCMP_reg "f1111010010mmmmmcccc00nnnnn0ffff" Plain CCMP_reg "ccmp {Rn}, {Rm}, #{x3:0}, {cond}";
    CCMP_imm "f1111010010iiiiicccc10nnnnn0ffff" Plain CCMP_imm "ccmp {Rn}, #{x20:16}, #{x3:0}, {cond}";

    CSEL "f0011010100mmmmmcccc00nnnnnddddd" Plain CSEL "csel {Rd}, {Rn}, {Rm}, {cond}";
    CSINC "f0011010100mmmmmcccc01nnnnnddddd" Plain CSINC "csinc {Rd}, {Rn}, {Rm}, {cond}";
    CSINV "f1011010100mmmmmcccc00nnnnnddddd" Plain CSINV "csinv {Rd}, {Rn}, {Rm}, {cond}";
    CSNEG "f1011010100mmmmmcccc01nnnnnddddd" Plain CSNEG "csneg {Rd}, {Rn}, {Rm}, {cond}";

    MADD "f0011011000mmmmm0aaaaannnnnddddd" Plain MADD "madd {Rd}, {Rn}, {Rm}, {Ra}";
    MSUB "f0011011000mmmmm1aaaaannnnnddddd" Plain MSUB "msub {Rd}, {Rn}, {Rm}, {Ra}";
    SMADDL "10011011001mmmmm0aaaaannnnnddddd" Plain SMADDL "smaddl {Xd}, {Wn}, {Wm}, {Xa}";
    SMSUBL "10011011001mmmmm1aaaaannnnnddddd" Plain SMSUBL "smsubl {Xd}, {Wn}, {Wm}, {Xa}";
    SMULH "10011011010mmmmm0-----nnnnnddddd" Plain SMULH "smulh {Xd}, {Xn}, {Xm}" [predictable ra_ones];
    UMADDL "10011011101mmmmm0aaaaannnnnddddd" Plain UMADDL "umaddl {Xd}, {Wn}, {Wm}, {Xa}";
    UMSUBL "10011011101mmmmm1aaaaannnnnddddd" Plain UMSUBL "umsubl {Xd}, {Wn}, {Wm}, {Xa}";
    UMULH "10011011110mmmmm0-----nnnnnddddd" Plain UMULH "umulh {Xd}, {Xn}, {Xm}" [predictable ra_ones];
}

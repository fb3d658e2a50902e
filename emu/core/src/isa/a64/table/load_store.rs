//! Rows of C4.1 "Loads and stores" that move general registers, apart from exclusives and atomics.
//!
//! Names are those of the Arm ARM's encoding index; the quoted titles are its classes.

use crate::isa::a64::insn::{bits, sbits};
use crate::isa::a64::sem_load_store as sem;

/// Byte offset of a scaled 12-bit unsigned immediate.
macro_rules! imm12 {
    ($($name:ident $size:literal;)*) => {$(
        pub(super) const fn $name(w: u32) -> u64 {
            (bits(w, 21, 10) as u64) << $size
        }
    )*};
}
imm12! { imm12_1 0; imm12_2 1; imm12_4 2; imm12_8 3; imm12_16 4; }

/// Byte offset of a pair's scaled 7-bit signed immediate.
macro_rules! imm7 {
    ($($name:ident $size:literal;)*) => {$(
        pub(super) const fn $name(w: u32) -> u64 {
            sbits(w, 21, 15, $size)
        }
    )*};
}
imm7! { imm7_4 2; imm7_8 3; imm7_16 4; }

/// Byte offset of the 9-bit signed immediate.
pub(super) const fn imm9(w: u32) -> u64 {
    sbits(w, 20, 12, 0)
}

/// Byte offset of a literal from the instruction.
pub(super) const fn offset19(w: u32) -> u64 {
    sbits(w, 23, 5, 2)
}

/// Byte offset S:imm9 of LDRAA and LDRAB.
const fn imm10_8(w: u32) -> u64 {
    sbits(bits(w, 22, 22) << 9 | bits(w, 20, 12), 9, 0, 3)
}

/// Shift of a register offset: by the access size if bit S is set.
macro_rules! shift {
    ($($name:ident $size:literal;)*) => {$(
        pub(super) const fn $name(w: u32) -> u64 {
            bits(w, 12, 12) as u64 * $size
        }
    )*};
}
shift! { shift_1 1; shift_2 2; shift_3 3; shift_4 4; }

/// The base is not also transferred, or is the stack pointer.
const fn wb_apart(w: u32) -> bool {
    bits(w, 9, 5) == 31 || bits(w, 9, 5) != bits(w, 4, 0)
}

/// The same for both registers of a pair.
const fn pair_store_apart(w: u32) -> bool {
    wb_apart(w) && (bits(w, 9, 5) == 31 || bits(w, 9, 5) != bits(w, 14, 10))
}

/// A pair's destinations differ.
pub(super) const fn pair_apart(w: u32) -> bool {
    bits(w, 14, 10) != bits(w, 4, 0)
}

/// A pair's destinations differ from each other and from the base.
const fn pair_load_apart(w: u32) -> bool {
    pair_apart(w) && pair_store_apart(w)
}

crate::isa::a64::table::section! { "load_store";
    // "Load register (literal)"
    LDR_32_loadlit               "00011000iiiiiiiiiiiiiiiiiiittttt" Memory LDR_32_literal   "ldr {Wt}, {target}" [pre offset19];
    LDR_64_loadlit               "01011000iiiiiiiiiiiiiiiiiiittttt" Memory LDR_64_literal   "ldr {Xt}, {target}" [pre offset19];
    LDRSW_64_loadlit             "10011000iiiiiiiiiiiiiiiiiiittttt" Memory LDRSW_64_literal "ldrsw {Xt}, {target}" [pre offset19];
    PRFM_P_loadlit               "11011000iiiiiiiiiiiiiiiiiiittttt" Plain  PRFM             "prfm {prfop}, {target}" [pre offset19];

    // "Load/store register (unsigned immediate)"
    STRB_32_ldst_pos             "0011100100iiiiiiiiiiiinnnnnttttt" Memory STRB_32_offset   "strb {Wt}, {mem}" [pre imm12_1];
    LDRB_32_ldst_pos             "0011100101iiiiiiiiiiiinnnnnttttt" Memory LDRB_32_offset   "ldrb {Wt}, {mem}" [pre imm12_1];
    LDRSB_64_ldst_pos            "0011100110iiiiiiiiiiiinnnnnttttt" Memory LDRSB_64_offset  "ldrsb {Xt}, {mem}" [pre imm12_1];
    LDRSB_32_ldst_pos            "0011100111iiiiiiiiiiiinnnnnttttt" Memory LDRSB_32_offset  "ldrsb {Wt}, {mem}" [pre imm12_1];
    STRH_32_ldst_pos             "0111100100iiiiiiiiiiiinnnnnttttt" Memory STRH_32_offset   "strh {Wt}, {mem}" [pre imm12_2];
    LDRH_32_ldst_pos             "0111100101iiiiiiiiiiiinnnnnttttt" Memory LDRH_32_offset   "ldrh {Wt}, {mem}" [pre imm12_2];
    LDRSH_64_ldst_pos            "0111100110iiiiiiiiiiiinnnnnttttt" Memory LDRSH_64_offset  "ldrsh {Xt}, {mem}" [pre imm12_2];
    LDRSH_32_ldst_pos            "0111100111iiiiiiiiiiiinnnnnttttt" Memory LDRSH_32_offset  "ldrsh {Wt}, {mem}" [pre imm12_2];
    STR_32_ldst_pos              "1011100100iiiiiiiiiiiinnnnnttttt" Memory STR_32_offset    "str {Wt}, {mem}" [pre imm12_4];
    LDR_32_ldst_pos              "1011100101iiiiiiiiiiiinnnnnttttt" Memory LDR_32_offset    "ldr {Wt}, {mem}" [pre imm12_4];
    LDRSW_64_ldst_pos            "1011100110iiiiiiiiiiiinnnnnttttt" Memory LDRSW_64_offset  "ldrsw {Xt}, {mem}" [pre imm12_4];
    STR_64_ldst_pos              "1111100100iiiiiiiiiiiinnnnnttttt" Memory STR_64_offset    "str {Xt}, {mem}" [pre imm12_8];
    LDR_64_ldst_pos              "1111100101iiiiiiiiiiiinnnnnttttt" Memory LDR_64_offset    "ldr {Xt}, {mem}" [pre imm12_8];
    PRFM_P_ldst_pos              "1111100110iiiiiiiiiiiinnnnnttttt" Plain  PRFM             "prfm {prfop}, {mem}" [pre imm12_8];

    // "Load/store register (unscaled immediate)"
    STURB_32_ldst_unscaled       "00111000000iiiiiiiii00nnnnnttttt" Memory STRB_32_offset   "sturb {Wt}, {mem}" [pre imm9];
    LDURB_32_ldst_unscaled       "00111000010iiiiiiiii00nnnnnttttt" Memory LDRB_32_offset   "ldurb {Wt}, {mem}" [pre imm9];
    LDURSB_64_ldst_unscaled      "00111000100iiiiiiiii00nnnnnttttt" Memory LDRSB_64_offset  "ldursb {Xt}, {mem}" [pre imm9];
    LDURSB_32_ldst_unscaled      "00111000110iiiiiiiii00nnnnnttttt" Memory LDRSB_32_offset  "ldursb {Wt}, {mem}" [pre imm9];
    STURH_32_ldst_unscaled       "01111000000iiiiiiiii00nnnnnttttt" Memory STRH_32_offset   "sturh {Wt}, {mem}" [pre imm9];
    LDURH_32_ldst_unscaled       "01111000010iiiiiiiii00nnnnnttttt" Memory LDRH_32_offset   "ldurh {Wt}, {mem}" [pre imm9];
    LDURSH_64_ldst_unscaled      "01111000100iiiiiiiii00nnnnnttttt" Memory LDRSH_64_offset  "ldursh {Xt}, {mem}" [pre imm9];
    LDURSH_32_ldst_unscaled      "01111000110iiiiiiiii00nnnnnttttt" Memory LDRSH_32_offset  "ldursh {Wt}, {mem}" [pre imm9];
    STUR_32_ldst_unscaled        "10111000000iiiiiiiii00nnnnnttttt" Memory STR_32_offset    "stur {Wt}, {mem}" [pre imm9];
    LDUR_32_ldst_unscaled        "10111000010iiiiiiiii00nnnnnttttt" Memory LDR_32_offset    "ldur {Wt}, {mem}" [pre imm9];
    LDURSW_64_ldst_unscaled      "10111000100iiiiiiiii00nnnnnttttt" Memory LDRSW_64_offset  "ldursw {Xt}, {mem}" [pre imm9];
    STUR_64_ldst_unscaled        "11111000000iiiiiiiii00nnnnnttttt" Memory STR_64_offset    "stur {Xt}, {mem}" [pre imm9];
    LDUR_64_ldst_unscaled        "11111000010iiiiiiiii00nnnnnttttt" Memory LDR_64_offset    "ldur {Xt}, {mem}" [pre imm9];
    PRFUM_P_ldst_unscaled        "11111000100iiiiiiiii00nnnnnttttt" Plain  PRFM             "prfum {prfop}, {mem}" [pre imm9];

    // "Load/store register (immediate post-indexed)"
    STRB_32_ldst_immpost         "00111000000iiiiiiiii01nnnnnttttt" Memory STRB_32_post     "strb {Wt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDRB_32_ldst_immpost         "00111000010iiiiiiiii01nnnnnttttt" Memory LDRB_32_post     "ldrb {Wt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDRSB_64_ldst_immpost        "00111000100iiiiiiiii01nnnnnttttt" Memory LDRSB_64_post    "ldrsb {Xt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDRSB_32_ldst_immpost        "00111000110iiiiiiiii01nnnnnttttt" Memory LDRSB_32_post    "ldrsb {Wt}, {mem.post}" [pre imm9] [predictable wb_apart];
    STRH_32_ldst_immpost         "01111000000iiiiiiiii01nnnnnttttt" Memory STRH_32_post     "strh {Wt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDRH_32_ldst_immpost         "01111000010iiiiiiiii01nnnnnttttt" Memory LDRH_32_post     "ldrh {Wt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDRSH_64_ldst_immpost        "01111000100iiiiiiiii01nnnnnttttt" Memory LDRSH_64_post    "ldrsh {Xt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDRSH_32_ldst_immpost        "01111000110iiiiiiiii01nnnnnttttt" Memory LDRSH_32_post    "ldrsh {Wt}, {mem.post}" [pre imm9] [predictable wb_apart];
    STR_32_ldst_immpost          "10111000000iiiiiiiii01nnnnnttttt" Memory STR_32_post      "str {Wt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDR_32_ldst_immpost          "10111000010iiiiiiiii01nnnnnttttt" Memory LDR_32_post      "ldr {Wt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDRSW_64_ldst_immpost        "10111000100iiiiiiiii01nnnnnttttt" Memory LDRSW_64_post    "ldrsw {Xt}, {mem.post}" [pre imm9] [predictable wb_apart];
    STR_64_ldst_immpost          "11111000000iiiiiiiii01nnnnnttttt" Memory STR_64_post      "str {Xt}, {mem.post}" [pre imm9] [predictable wb_apart];
    LDR_64_ldst_immpost          "11111000010iiiiiiiii01nnnnnttttt" Memory LDR_64_post      "ldr {Xt}, {mem.post}" [pre imm9] [predictable wb_apart];

    // "Load/store register (unprivileged)"
    STTRB_32_ldst_unpriv         "00111000000iiiiiiiii10nnnnnttttt" Memory STTRB_32         "sttrb {Wt}, {mem}" [pre imm9];
    LDTRB_32_ldst_unpriv         "00111000010iiiiiiiii10nnnnnttttt" Memory LDTRB_32         "ldtrb {Wt}, {mem}" [pre imm9];
    LDTRSB_64_ldst_unpriv        "00111000100iiiiiiiii10nnnnnttttt" Memory LDTRSB_64        "ldtrsb {Xt}, {mem}" [pre imm9];
    LDTRSB_32_ldst_unpriv        "00111000110iiiiiiiii10nnnnnttttt" Memory LDTRSB_32        "ldtrsb {Wt}, {mem}" [pre imm9];
    STTRH_32_ldst_unpriv         "01111000000iiiiiiiii10nnnnnttttt" Memory STTRH_32         "sttrh {Wt}, {mem}" [pre imm9];
    LDTRH_32_ldst_unpriv         "01111000010iiiiiiiii10nnnnnttttt" Memory LDTRH_32         "ldtrh {Wt}, {mem}" [pre imm9];
    LDTRSH_64_ldst_unpriv        "01111000100iiiiiiiii10nnnnnttttt" Memory LDTRSH_64        "ldtrsh {Xt}, {mem}" [pre imm9];
    LDTRSH_32_ldst_unpriv        "01111000110iiiiiiiii10nnnnnttttt" Memory LDTRSH_32        "ldtrsh {Wt}, {mem}" [pre imm9];
    STTR_32_ldst_unpriv          "10111000000iiiiiiiii10nnnnnttttt" Memory STTR_32          "sttr {Wt}, {mem}" [pre imm9];
    LDTR_32_ldst_unpriv          "10111000010iiiiiiiii10nnnnnttttt" Memory LDTR_32          "ldtr {Wt}, {mem}" [pre imm9];
    LDTRSW_64_ldst_unpriv        "10111000100iiiiiiiii10nnnnnttttt" Memory LDTRSW_64        "ldtrsw {Xt}, {mem}" [pre imm9];
    STTR_64_ldst_unpriv          "11111000000iiiiiiiii10nnnnnttttt" Memory STTR_64          "sttr {Xt}, {mem}" [pre imm9];
    LDTR_64_ldst_unpriv          "11111000010iiiiiiiii10nnnnnttttt" Memory LDTR_64          "ldtr {Xt}, {mem}" [pre imm9];

    // "Load/store register (immediate pre-indexed)"
    STRB_32_ldst_immpre          "00111000000iiiiiiiii11nnnnnttttt" Memory STRB_32_pre      "strb {Wt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDRB_32_ldst_immpre          "00111000010iiiiiiiii11nnnnnttttt" Memory LDRB_32_pre      "ldrb {Wt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDRSB_64_ldst_immpre         "00111000100iiiiiiiii11nnnnnttttt" Memory LDRSB_64_pre     "ldrsb {Xt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDRSB_32_ldst_immpre         "00111000110iiiiiiiii11nnnnnttttt" Memory LDRSB_32_pre     "ldrsb {Wt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    STRH_32_ldst_immpre          "01111000000iiiiiiiii11nnnnnttttt" Memory STRH_32_pre      "strh {Wt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDRH_32_ldst_immpre          "01111000010iiiiiiiii11nnnnnttttt" Memory LDRH_32_pre      "ldrh {Wt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDRSH_64_ldst_immpre         "01111000100iiiiiiiii11nnnnnttttt" Memory LDRSH_64_pre     "ldrsh {Xt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDRSH_32_ldst_immpre         "01111000110iiiiiiiii11nnnnnttttt" Memory LDRSH_32_pre     "ldrsh {Wt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    STR_32_ldst_immpre           "10111000000iiiiiiiii11nnnnnttttt" Memory STR_32_pre       "str {Wt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDR_32_ldst_immpre           "10111000010iiiiiiiii11nnnnnttttt" Memory LDR_32_pre       "ldr {Wt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDRSW_64_ldst_immpre         "10111000100iiiiiiiii11nnnnnttttt" Memory LDRSW_64_pre     "ldrsw {Xt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    STR_64_ldst_immpre           "11111000000iiiiiiiii11nnnnnttttt" Memory STR_64_pre       "str {Xt}, {mem.pre}" [pre imm9] [predictable wb_apart];
    LDR_64_ldst_immpre           "11111000010iiiiiiiii11nnnnnttttt" Memory LDR_64_pre       "ldr {Xt}, {mem.pre}" [pre imm9] [predictable wb_apart];

    // "Load/store register (register offset)": option<1> = 0 is unallocated
    STRB_32_ldst_regoff          "00111000001mmmmmo1oS10nnnnnttttt" Memory STRB_32_reg      "strb {Wt}, {mem.reg}";
    LDRB_32_ldst_regoff          "00111000011mmmmmo1oS10nnnnnttttt" Memory LDRB_32_reg      "ldrb {Wt}, {mem.reg}";
    LDRSB_64_ldst_regoff         "00111000101mmmmmo1oS10nnnnnttttt" Memory LDRSB_64_reg     "ldrsb {Xt}, {mem.reg}";
    LDRSB_32_ldst_regoff         "00111000111mmmmmo1oS10nnnnnttttt" Memory LDRSB_32_reg     "ldrsb {Wt}, {mem.reg}";
    STRH_32_ldst_regoff          "01111000001mmmmmo1oS10nnnnnttttt" Memory STRH_32_reg      "strh {Wt}, {mem.reg}" [pre shift_1];
    LDRH_32_ldst_regoff          "01111000011mmmmmo1oS10nnnnnttttt" Memory LDRH_32_reg      "ldrh {Wt}, {mem.reg}" [pre shift_1];
    LDRSH_64_ldst_regoff         "01111000101mmmmmo1oS10nnnnnttttt" Memory LDRSH_64_reg     "ldrsh {Xt}, {mem.reg}" [pre shift_1];
    LDRSH_32_ldst_regoff         "01111000111mmmmmo1oS10nnnnnttttt" Memory LDRSH_32_reg     "ldrsh {Wt}, {mem.reg}" [pre shift_1];
    STR_32_ldst_regoff           "10111000001mmmmmo1oS10nnnnnttttt" Memory STR_32_reg       "str {Wt}, {mem.reg}" [pre shift_2];
    LDR_32_ldst_regoff           "10111000011mmmmmo1oS10nnnnnttttt" Memory LDR_32_reg       "ldr {Wt}, {mem.reg}" [pre shift_2];
    LDRSW_64_ldst_regoff         "10111000101mmmmmo1oS10nnnnnttttt" Memory LDRSW_64_reg     "ldrsw {Xt}, {mem.reg}" [pre shift_2];
    STR_64_ldst_regoff           "11111000001mmmmmo1oS10nnnnnttttt" Memory STR_64_reg       "str {Xt}, {mem.reg}" [pre shift_3];
    LDR_64_ldst_regoff           "11111000011mmmmmo1oS10nnnnnttttt" Memory LDR_64_reg       "ldr {Xt}, {mem.reg}" [pre shift_3];
    PRFM_P_ldst_regoff           "11111000101mmmmmo1oS10nnnnnttttt" Plain  PRFM             "prfm {prfop}, {mem.reg}" [pre shift_3];

    // "LDAPR/STLR (unscaled immediate)"
    STLURB_32_ldapstl_unscaled   "00011001000iiiiiiiii00nnnnnttttt" Memory STLURB_32        "stlurb {Wt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPURB_32_ldapstl_unscaled  "00011001010iiiiiiiii00nnnnnttttt" Memory LDAPURB_32       "ldapurb {Wt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPURSB_64_ldapstl_unscaled "00011001100iiiiiiiii00nnnnnttttt" Memory LDAPURSB_64      "ldapursb {Xt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPURSB_32_ldapstl_unscaled "00011001110iiiiiiiii00nnnnnttttt" Memory LDAPURSB_32      "ldapursb {Wt}, {mem}" [feature Lrcpc2] [pre imm9];
    STLURH_32_ldapstl_unscaled   "01011001000iiiiiiiii00nnnnnttttt" Memory STLURH_32        "stlurh {Wt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPURH_32_ldapstl_unscaled  "01011001010iiiiiiiii00nnnnnttttt" Memory LDAPURH_32       "ldapurh {Wt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPURSH_64_ldapstl_unscaled "01011001100iiiiiiiii00nnnnnttttt" Memory LDAPURSH_64      "ldapursh {Xt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPURSH_32_ldapstl_unscaled "01011001110iiiiiiiii00nnnnnttttt" Memory LDAPURSH_32      "ldapursh {Wt}, {mem}" [feature Lrcpc2] [pre imm9];
    STLUR_32_ldapstl_unscaled    "10011001000iiiiiiiii00nnnnnttttt" Memory STLUR_32         "stlur {Wt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPUR_32_ldapstl_unscaled   "10011001010iiiiiiiii00nnnnnttttt" Memory LDAPUR_32        "ldapur {Wt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPURSW_64_ldapstl_unscaled "10011001100iiiiiiiii00nnnnnttttt" Memory LDAPURSW_64      "ldapursw {Xt}, {mem}" [feature Lrcpc2] [pre imm9];
    STLUR_64_ldapstl_unscaled    "11011001000iiiiiiiii00nnnnnttttt" Memory STLUR_64         "stlur {Xt}, {mem}" [feature Lrcpc2] [pre imm9];
    LDAPUR_64_ldapstl_unscaled   "11011001010iiiiiiiii00nnnnnttttt" Memory LDAPUR_64        "ldapur {Xt}, {mem}" [feature Lrcpc2] [pre imm9];

    // "Load/store no-allocate pair (offset)"
    STNP_32_ldstnapair_offs      "0010100000iiiiiiiuuuuunnnnnttttt" Memory STP_32_offset    "stnp {Wt}, {Wt2}, {mem}" [pre imm7_4];
    LDNP_32_ldstnapair_offs      "0010100001iiiiiiiuuuuunnnnnttttt" Memory LDP_32_offset    "ldnp {Wt}, {Wt2}, {mem}" [pre imm7_4] [predictable pair_apart];
    STNP_64_ldstnapair_offs      "1010100000iiiiiiiuuuuunnnnnttttt" Memory STP_64_offset    "stnp {Xt}, {Xt2}, {mem}" [pre imm7_8];
    LDNP_64_ldstnapair_offs      "1010100001iiiiiiiuuuuunnnnnttttt" Memory LDP_64_offset    "ldnp {Xt}, {Xt2}, {mem}" [pre imm7_8] [predictable pair_apart];

    // "Load/store register pair (post-indexed)"
    STP_32_ldstpair_post         "0010100010iiiiiiiuuuuunnnnnttttt" Memory STP_32_post      "stp {Wt}, {Wt2}, {mem.post}" [pre imm7_4] [predictable pair_store_apart];
    LDP_32_ldstpair_post         "0010100011iiiiiiiuuuuunnnnnttttt" Memory LDP_32_post      "ldp {Wt}, {Wt2}, {mem.post}" [pre imm7_4] [predictable pair_load_apart];
    LDPSW_64_ldstpair_post       "0110100011iiiiiiiuuuuunnnnnttttt" Memory LDPSW_64_post    "ldpsw {Xt}, {Xt2}, {mem.post}" [pre imm7_4] [predictable pair_load_apart];
    STP_64_ldstpair_post         "1010100010iiiiiiiuuuuunnnnnttttt" Memory STP_64_post      "stp {Xt}, {Xt2}, {mem.post}" [pre imm7_8] [predictable pair_store_apart];
    LDP_64_ldstpair_post         "1010100011iiiiiiiuuuuunnnnnttttt" Memory LDP_64_post      "ldp {Xt}, {Xt2}, {mem.post}" [pre imm7_8] [predictable pair_load_apart];

    // "Load/store register pair (offset)"
    STP_32_ldstpair_off          "0010100100iiiiiiiuuuuunnnnnttttt" Memory STP_32_offset    "stp {Wt}, {Wt2}, {mem}" [pre imm7_4];
    LDP_32_ldstpair_off          "0010100101iiiiiiiuuuuunnnnnttttt" Memory LDP_32_offset    "ldp {Wt}, {Wt2}, {mem}" [pre imm7_4] [predictable pair_apart];
    LDPSW_64_ldstpair_off        "0110100101iiiiiiiuuuuunnnnnttttt" Memory LDPSW_64_offset  "ldpsw {Xt}, {Xt2}, {mem}" [pre imm7_4] [predictable pair_apart];
    STP_64_ldstpair_off          "1010100100iiiiiiiuuuuunnnnnttttt" Memory STP_64_offset    "stp {Xt}, {Xt2}, {mem}" [pre imm7_8];
    LDP_64_ldstpair_off          "1010100101iiiiiiiuuuuunnnnnttttt" Memory LDP_64_offset    "ldp {Xt}, {Xt2}, {mem}" [pre imm7_8] [predictable pair_apart];

    // "Load/store register pair (pre-indexed)"
    STP_32_ldstpair_pre          "0010100110iiiiiiiuuuuunnnnnttttt" Memory STP_32_pre       "stp {Wt}, {Wt2}, {mem.pre}" [pre imm7_4] [predictable pair_store_apart];
    LDP_32_ldstpair_pre          "0010100111iiiiiiiuuuuunnnnnttttt" Memory LDP_32_pre       "ldp {Wt}, {Wt2}, {mem.pre}" [pre imm7_4] [predictable pair_load_apart];
    LDPSW_64_ldstpair_pre        "0110100111iiiiiiiuuuuunnnnnttttt" Memory LDPSW_64_pre     "ldpsw {Xt}, {Xt2}, {mem.pre}" [pre imm7_4] [predictable pair_load_apart];
    STP_64_ldstpair_pre          "1010100110iiiiiiiuuuuunnnnnttttt" Memory STP_64_pre       "stp {Xt}, {Xt2}, {mem.pre}" [pre imm7_8] [predictable pair_store_apart];
    LDP_64_ldstpair_pre          "1010100111iiiiiiiuuuuunnnnnttttt" Memory LDP_64_pre       "ldp {Xt}, {Xt2}, {mem.pre}" [pre imm7_8] [predictable pair_load_apart];

    // "Load/store register (pac)": pointer authentication is not implemented
    LDRAA_64_ldst_pac            "111110000i1iiiiiiiii01nnnnnttttt" Memory todo             "ldraa {Xt}, {mem}" [feature PAuth] [pre imm10_8];
    LDRAB_64_ldst_pac            "111110001i1iiiiiiiii01nnnnnttttt" Memory todo             "ldrab {Xt}, {mem}" [feature PAuth] [pre imm10_8];
    LDRAA_64W_ldst_pac           "111110000i1iiiiiiiii11nnnnnttttt" Memory todo             "ldraa {Xt}, {mem.pac}" [feature PAuth] [pre imm10_8] [predictable wb_apart];
    LDRAB_64W_ldst_pac           "111110001i1iiiiiiiii11nnnnnttttt" Memory todo             "ldrab {Xt}, {mem.pac}" [feature PAuth] [pre imm10_8] [predictable wb_apart];
}

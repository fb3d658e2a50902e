//! Rows of C4.1 "Loads and stores" that move SIMD&FP registers.
//!
//! Names of the scalar forms are those of the Arm ARM's encoding index, and so are the quoted
//! titles; a structure row stands for all arrangements of its class.

use super::load_store::{
    imm7_4, imm7_8, imm7_16, imm9, imm12_1, imm12_2, imm12_4, imm12_8, imm12_16, offset19, pair_apart, shift_1,
    shift_2, shift_3, shift_4,
};
use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_load_store_simd as sem;

/// Bytes of a multiple-structure access: 8 or 16 to a register.
const fn structure_bytes(w: u32) -> u64 {
    let registers = match bits(w, 15, 12) {
        0b0111 => 1,
        0b1000 | 0b1010 => 2,
        0b0100 | 0b0110 => 3,
        _ => 4,
    };
    registers << (3 + bits(w, 30, 30))
}

/// Bytes of a single-structure access to so many registers.
macro_rules! element_bytes {
    ($($lane:ident $replicate:ident $registers:literal;)*) => {$(
        const fn $lane(w: u32) -> u64 {
            $registers << sem::single_lane(w).0 as u32
        }
        const fn $replicate(w: u32) -> u64 {
            $registers << bits(w, 11, 10)
        }
    )*};
}
element_bytes! {
    lane_bytes_1 replicate_bytes_1 1;
    lane_bytes_2 replicate_bytes_2 2;
    lane_bytes_3 replicate_bytes_3 3;
    lane_bytes_4 replicate_bytes_4 4;
}

/// Structures of more than one element have no 1D arrangement.
const fn interleaved(w: u32) -> bool {
    bits(w, 11, 10) != 3 || bits(w, 30, 30) == 1
}

/// The index is not wider than lanes of the size opcode<2:1> (and size<0>) names.
const fn one_lane(w: u32) -> bool {
    let size = bits(w, 11, 10);
    match bits(w, 15, 14) {
        0 => true,
        1 => size & 1 == 0,
        2 => size == 0 || (size == 1 && bits(w, 12, 12) == 0),
        _ => false,
    }
}

/// Rm is a register: 31 stands for the size of the structure.
const fn by_register(w: u32) -> bool {
    bits(w, 20, 16) != 31
}

const fn interleaved_by_register(w: u32) -> bool {
    by_register(w) && interleaved(w)
}

const fn one_lane_by_register(w: u32) -> bool {
    by_register(w) && one_lane(w)
}

crate::isa::a64::table::section! { "load_store_simd";
    // "Load register (literal)"
    LDR_S_loadlit          "00011100iiiiiiiiiiiiiiiiiiittttt" Memory LDR_S_literal "ldr {St}, {target}" [pre offset19];
    LDR_D_loadlit          "01011100iiiiiiiiiiiiiiiiiiittttt" Memory LDR_D_literal "ldr {Dt}, {target}" [pre offset19];
    LDR_Q_loadlit          "10011100iiiiiiiiiiiiiiiiiiittttt" Memory LDR_Q_literal "ldr {Qt}, {target}" [pre offset19];

    // "Load/store register (unsigned immediate)"
    STR_B_ldst_pos         "0011110100iiiiiiiiiiiinnnnnttttt" Memory STR_B_offset  "str {Bt}, {mem}" [pre imm12_1];
    LDR_B_ldst_pos         "0011110101iiiiiiiiiiiinnnnnttttt" Memory LDR_B_offset  "ldr {Bt}, {mem}" [pre imm12_1];
    STR_H_ldst_pos         "0111110100iiiiiiiiiiiinnnnnttttt" Memory STR_H_offset  "str {Ht}, {mem}" [pre imm12_2];
    LDR_H_ldst_pos         "0111110101iiiiiiiiiiiinnnnnttttt" Memory LDR_H_offset  "ldr {Ht}, {mem}" [pre imm12_2];
    STR_S_ldst_pos         "1011110100iiiiiiiiiiiinnnnnttttt" Memory STR_S_offset  "str {St}, {mem}" [pre imm12_4];
    LDR_S_ldst_pos         "1011110101iiiiiiiiiiiinnnnnttttt" Memory LDR_S_offset  "ldr {St}, {mem}" [pre imm12_4];
    STR_D_ldst_pos         "1111110100iiiiiiiiiiiinnnnnttttt" Memory STR_D_offset  "str {Dt}, {mem}" [pre imm12_8];
    LDR_D_ldst_pos         "1111110101iiiiiiiiiiiinnnnnttttt" Memory LDR_D_offset  "ldr {Dt}, {mem}" [pre imm12_8];
    STR_Q_ldst_pos         "0011110110iiiiiiiiiiiinnnnnttttt" Memory STR_Q_offset  "str {Qt}, {mem}" [pre imm12_16];
    LDR_Q_ldst_pos         "0011110111iiiiiiiiiiiinnnnnttttt" Memory LDR_Q_offset  "ldr {Qt}, {mem}" [pre imm12_16];

    // "Load/store register (unscaled immediate)"
    STUR_B_ldst_unscaled   "00111100000iiiiiiiii00nnnnnttttt" Memory STR_B_offset  "stur {Bt}, {mem}" [pre imm9];
    LDUR_B_ldst_unscaled   "00111100010iiiiiiiii00nnnnnttttt" Memory LDR_B_offset  "ldur {Bt}, {mem}" [pre imm9];
    STUR_H_ldst_unscaled   "01111100000iiiiiiiii00nnnnnttttt" Memory STR_H_offset  "stur {Ht}, {mem}" [pre imm9];
    LDUR_H_ldst_unscaled   "01111100010iiiiiiiii00nnnnnttttt" Memory LDR_H_offset  "ldur {Ht}, {mem}" [pre imm9];
    STUR_S_ldst_unscaled   "10111100000iiiiiiiii00nnnnnttttt" Memory STR_S_offset  "stur {St}, {mem}" [pre imm9];
    LDUR_S_ldst_unscaled   "10111100010iiiiiiiii00nnnnnttttt" Memory LDR_S_offset  "ldur {St}, {mem}" [pre imm9];
    STUR_D_ldst_unscaled   "11111100000iiiiiiiii00nnnnnttttt" Memory STR_D_offset  "stur {Dt}, {mem}" [pre imm9];
    LDUR_D_ldst_unscaled   "11111100010iiiiiiiii00nnnnnttttt" Memory LDR_D_offset  "ldur {Dt}, {mem}" [pre imm9];
    STUR_Q_ldst_unscaled   "00111100100iiiiiiiii00nnnnnttttt" Memory STR_Q_offset  "stur {Qt}, {mem}" [pre imm9];
    LDUR_Q_ldst_unscaled   "00111100110iiiiiiiii00nnnnnttttt" Memory LDR_Q_offset  "ldur {Qt}, {mem}" [pre imm9];

    // "Load/store register (immediate post-indexed)"
    STR_B_ldst_immpost     "00111100000iiiiiiiii01nnnnnttttt" Memory STR_B_post    "str {Bt}, {mem.post}" [pre imm9];
    LDR_B_ldst_immpost     "00111100010iiiiiiiii01nnnnnttttt" Memory LDR_B_post    "ldr {Bt}, {mem.post}" [pre imm9];
    STR_H_ldst_immpost     "01111100000iiiiiiiii01nnnnnttttt" Memory STR_H_post    "str {Ht}, {mem.post}" [pre imm9];
    LDR_H_ldst_immpost     "01111100010iiiiiiiii01nnnnnttttt" Memory LDR_H_post    "ldr {Ht}, {mem.post}" [pre imm9];
    STR_S_ldst_immpost     "10111100000iiiiiiiii01nnnnnttttt" Memory STR_S_post    "str {St}, {mem.post}" [pre imm9];
    LDR_S_ldst_immpost     "10111100010iiiiiiiii01nnnnnttttt" Memory LDR_S_post    "ldr {St}, {mem.post}" [pre imm9];
    STR_D_ldst_immpost     "11111100000iiiiiiiii01nnnnnttttt" Memory STR_D_post    "str {Dt}, {mem.post}" [pre imm9];
    LDR_D_ldst_immpost     "11111100010iiiiiiiii01nnnnnttttt" Memory LDR_D_post    "ldr {Dt}, {mem.post}" [pre imm9];
    STR_Q_ldst_immpost     "00111100100iiiiiiiii01nnnnnttttt" Memory STR_Q_post    "str {Qt}, {mem.post}" [pre imm9];
    LDR_Q_ldst_immpost     "00111100110iiiiiiiii01nnnnnttttt" Memory LDR_Q_post    "ldr {Qt}, {mem.post}" [pre imm9];

    // "Load/store register (immediate pre-indexed)"
    STR_B_ldst_immpre      "00111100000iiiiiiiii11nnnnnttttt" Memory STR_B_pre     "str {Bt}, {mem.pre}" [pre imm9];
    LDR_B_ldst_immpre      "00111100010iiiiiiiii11nnnnnttttt" Memory LDR_B_pre     "ldr {Bt}, {mem.pre}" [pre imm9];
    STR_H_ldst_immpre      "01111100000iiiiiiiii11nnnnnttttt" Memory STR_H_pre     "str {Ht}, {mem.pre}" [pre imm9];
    LDR_H_ldst_immpre      "01111100010iiiiiiiii11nnnnnttttt" Memory LDR_H_pre     "ldr {Ht}, {mem.pre}" [pre imm9];
    STR_S_ldst_immpre      "10111100000iiiiiiiii11nnnnnttttt" Memory STR_S_pre     "str {St}, {mem.pre}" [pre imm9];
    LDR_S_ldst_immpre      "10111100010iiiiiiiii11nnnnnttttt" Memory LDR_S_pre     "ldr {St}, {mem.pre}" [pre imm9];
    STR_D_ldst_immpre      "11111100000iiiiiiiii11nnnnnttttt" Memory STR_D_pre     "str {Dt}, {mem.pre}" [pre imm9];
    LDR_D_ldst_immpre      "11111100010iiiiiiiii11nnnnnttttt" Memory LDR_D_pre     "ldr {Dt}, {mem.pre}" [pre imm9];
    STR_Q_ldst_immpre      "00111100100iiiiiiiii11nnnnnttttt" Memory STR_Q_pre     "str {Qt}, {mem.pre}" [pre imm9];
    LDR_Q_ldst_immpre      "00111100110iiiiiiiii11nnnnnttttt" Memory LDR_Q_pre     "ldr {Qt}, {mem.pre}" [pre imm9];

    // "Load/store register (register offset)": option<1> = 0 is unallocated
    STR_B_ldst_regoff      "00111100001mmmmmo1oS10nnnnnttttt" Memory STR_B_reg     "str {Bt}, {mem.reg}";
    LDR_B_ldst_regoff      "00111100011mmmmmo1oS10nnnnnttttt" Memory LDR_B_reg     "ldr {Bt}, {mem.reg}";
    STR_H_ldst_regoff      "01111100001mmmmmo1oS10nnnnnttttt" Memory STR_H_reg     "str {Ht}, {mem.reg}" [pre shift_1];
    LDR_H_ldst_regoff      "01111100011mmmmmo1oS10nnnnnttttt" Memory LDR_H_reg     "ldr {Ht}, {mem.reg}" [pre shift_1];
    STR_S_ldst_regoff      "10111100001mmmmmo1oS10nnnnnttttt" Memory STR_S_reg     "str {St}, {mem.reg}" [pre shift_2];
    LDR_S_ldst_regoff      "10111100011mmmmmo1oS10nnnnnttttt" Memory LDR_S_reg     "ldr {St}, {mem.reg}" [pre shift_2];
    STR_D_ldst_regoff      "11111100001mmmmmo1oS10nnnnnttttt" Memory STR_D_reg     "str {Dt}, {mem.reg}" [pre shift_3];
    LDR_D_ldst_regoff      "11111100011mmmmmo1oS10nnnnnttttt" Memory LDR_D_reg     "ldr {Dt}, {mem.reg}" [pre shift_3];
    STR_Q_ldst_regoff      "00111100101mmmmmo1oS10nnnnnttttt" Memory STR_Q_reg     "str {Qt}, {mem.reg}" [pre shift_4];
    LDR_Q_ldst_regoff      "00111100111mmmmmo1oS10nnnnnttttt" Memory LDR_Q_reg     "ldr {Qt}, {mem.reg}" [pre shift_4];

    // "Load/store no-allocate pair (offset)"
    STNP_S_ldstnapair_offs "0010110000iiiiiiiuuuuunnnnnttttt" Memory STP_S_offset  "stnp {St}, {St2}, {mem}" [pre imm7_4];
    LDNP_S_ldstnapair_offs "0010110001iiiiiiiuuuuunnnnnttttt" Memory LDP_S_offset  "ldnp {St}, {St2}, {mem}" [pre imm7_4] [predictable pair_apart];
    STNP_D_ldstnapair_offs "0110110000iiiiiiiuuuuunnnnnttttt" Memory STP_D_offset  "stnp {Dt}, {Dt2}, {mem}" [pre imm7_8];
    LDNP_D_ldstnapair_offs "0110110001iiiiiiiuuuuunnnnnttttt" Memory LDP_D_offset  "ldnp {Dt}, {Dt2}, {mem}" [pre imm7_8] [predictable pair_apart];
    STNP_Q_ldstnapair_offs "1010110000iiiiiiiuuuuunnnnnttttt" Memory STP_Q_offset  "stnp {Qt}, {Qt2}, {mem}" [pre imm7_16];
    LDNP_Q_ldstnapair_offs "1010110001iiiiiiiuuuuunnnnnttttt" Memory LDP_Q_offset  "ldnp {Qt}, {Qt2}, {mem}" [pre imm7_16] [predictable pair_apart];

    // "Load/store register pair (post-indexed)"
    STP_S_ldstpair_post    "0010110010iiiiiiiuuuuunnnnnttttt" Memory STP_S_post    "stp {St}, {St2}, {mem.post}" [pre imm7_4];
    LDP_S_ldstpair_post    "0010110011iiiiiiiuuuuunnnnnttttt" Memory LDP_S_post    "ldp {St}, {St2}, {mem.post}" [pre imm7_4] [predictable pair_apart];
    STP_D_ldstpair_post    "0110110010iiiiiiiuuuuunnnnnttttt" Memory STP_D_post    "stp {Dt}, {Dt2}, {mem.post}" [pre imm7_8];
    LDP_D_ldstpair_post    "0110110011iiiiiiiuuuuunnnnnttttt" Memory LDP_D_post    "ldp {Dt}, {Dt2}, {mem.post}" [pre imm7_8] [predictable pair_apart];
    STP_Q_ldstpair_post    "1010110010iiiiiiiuuuuunnnnnttttt" Memory STP_Q_post    "stp {Qt}, {Qt2}, {mem.post}" [pre imm7_16];
    LDP_Q_ldstpair_post    "1010110011iiiiiiiuuuuunnnnnttttt" Memory LDP_Q_post    "ldp {Qt}, {Qt2}, {mem.post}" [pre imm7_16] [predictable pair_apart];

    // "Load/store register pair (offset)"
    STP_S_ldstpair_off     "0010110100iiiiiiiuuuuunnnnnttttt" Memory STP_S_offset  "stp {St}, {St2}, {mem}" [pre imm7_4];
    LDP_S_ldstpair_off     "0010110101iiiiiiiuuuuunnnnnttttt" Memory LDP_S_offset  "ldp {St}, {St2}, {mem}" [pre imm7_4] [predictable pair_apart];
    STP_D_ldstpair_off     "0110110100iiiiiiiuuuuunnnnnttttt" Memory STP_D_offset  "stp {Dt}, {Dt2}, {mem}" [pre imm7_8];
    LDP_D_ldstpair_off     "0110110101iiiiiiiuuuuunnnnnttttt" Memory LDP_D_offset  "ldp {Dt}, {Dt2}, {mem}" [pre imm7_8] [predictable pair_apart];
    STP_Q_ldstpair_off     "1010110100iiiiiiiuuuuunnnnnttttt" Memory STP_Q_offset  "stp {Qt}, {Qt2}, {mem}" [pre imm7_16];
    LDP_Q_ldstpair_off     "1010110101iiiiiiiuuuuunnnnnttttt" Memory LDP_Q_offset  "ldp {Qt}, {Qt2}, {mem}" [pre imm7_16] [predictable pair_apart];

    // "Load/store register pair (pre-indexed)"
    STP_S_ldstpair_pre     "0010110110iiiiiiiuuuuunnnnnttttt" Memory STP_S_pre     "stp {St}, {St2}, {mem.pre}" [pre imm7_4];
    LDP_S_ldstpair_pre     "0010110111iiiiiiiuuuuunnnnnttttt" Memory LDP_S_pre     "ldp {St}, {St2}, {mem.pre}" [pre imm7_4] [predictable pair_apart];
    STP_D_ldstpair_pre     "0110110110iiiiiiiuuuuunnnnnttttt" Memory STP_D_pre     "stp {Dt}, {Dt2}, {mem.pre}" [pre imm7_8];
    LDP_D_ldstpair_pre     "0110110111iiiiiiiuuuuunnnnnttttt" Memory LDP_D_pre     "ldp {Dt}, {Dt2}, {mem.pre}" [pre imm7_8] [predictable pair_apart];
    STP_Q_ldstpair_pre     "1010110110iiiiiiiuuuuunnnnnttttt" Memory STP_Q_pre     "stp {Qt}, {Qt2}, {mem.pre}" [pre imm7_16];
    LDP_Q_ldstpair_pre     "1010110111iiiiiiiuuuuunnnnnttttt" Memory LDP_Q_pre     "ldp {Qt}, {Qt2}, {mem.pre}" [pre imm7_16] [predictable pair_apart];

    // "Advanced SIMD load/store multiple structures"
    ST1_1v_asisdlse        "0Q001100000000000111ssnnnnnttttt" Memory ST1_1v        "st1 {list1}, [{Xn|sp}]" [pre structure_bytes];
    LD1_1v_asisdlse        "0Q001100010000000111ssnnnnnttttt" Memory LD1_1v        "ld1 {list1}, [{Xn|sp}]" [pre structure_bytes];
    ST1_2v_asisdlse        "0Q001100000000001010ssnnnnnttttt" Memory ST1_2v        "st1 {list2}, [{Xn|sp}]" [pre structure_bytes];
    LD1_2v_asisdlse        "0Q001100010000001010ssnnnnnttttt" Memory LD1_2v        "ld1 {list2}, [{Xn|sp}]" [pre structure_bytes];
    ST1_3v_asisdlse        "0Q001100000000000110ssnnnnnttttt" Memory ST1_3v        "st1 {list3}, [{Xn|sp}]" [pre structure_bytes];
    LD1_3v_asisdlse        "0Q001100010000000110ssnnnnnttttt" Memory LD1_3v        "ld1 {list3}, [{Xn|sp}]" [pre structure_bytes];
    ST1_4v_asisdlse        "0Q001100000000000010ssnnnnnttttt" Memory ST1_4v        "st1 {list4}, [{Xn|sp}]" [pre structure_bytes];
    LD1_4v_asisdlse        "0Q001100010000000010ssnnnnnttttt" Memory LD1_4v        "ld1 {list4}, [{Xn|sp}]" [pre structure_bytes];
    ST2_2v_asisdlse        "0Q001100000000001000ssnnnnnttttt" Memory ST2_2v        "st2 {list2}, [{Xn|sp}]" [pre structure_bytes] [valid interleaved];
    LD2_2v_asisdlse        "0Q001100010000001000ssnnnnnttttt" Memory LD2_2v        "ld2 {list2}, [{Xn|sp}]" [pre structure_bytes] [valid interleaved];
    ST3_3v_asisdlse        "0Q001100000000000100ssnnnnnttttt" Memory ST3_3v        "st3 {list3}, [{Xn|sp}]" [pre structure_bytes] [valid interleaved];
    LD3_3v_asisdlse        "0Q001100010000000100ssnnnnnttttt" Memory LD3_3v        "ld3 {list3}, [{Xn|sp}]" [pre structure_bytes] [valid interleaved];
    ST4_4v_asisdlse        "0Q001100000000000000ssnnnnnttttt" Memory ST4_4v        "st4 {list4}, [{Xn|sp}]" [pre structure_bytes] [valid interleaved];
    LD4_4v_asisdlse        "0Q001100010000000000ssnnnnnttttt" Memory LD4_4v        "ld4 {list4}, [{Xn|sp}]" [pre structure_bytes] [valid interleaved];

    // "Advanced SIMD load/store multiple structures (post-indexed)", by the size
    ST1_1v_asisdlsep_i     "0Q001100100111110111ssnnnnnttttt" Memory ST1_1v        "st1 {list1}, {mem.post}" [pre structure_bytes];
    LD1_1v_asisdlsep_i     "0Q001100110111110111ssnnnnnttttt" Memory LD1_1v        "ld1 {list1}, {mem.post}" [pre structure_bytes];
    ST1_2v_asisdlsep_i     "0Q001100100111111010ssnnnnnttttt" Memory ST1_2v        "st1 {list2}, {mem.post}" [pre structure_bytes];
    LD1_2v_asisdlsep_i     "0Q001100110111111010ssnnnnnttttt" Memory LD1_2v        "ld1 {list2}, {mem.post}" [pre structure_bytes];
    ST1_3v_asisdlsep_i     "0Q001100100111110110ssnnnnnttttt" Memory ST1_3v        "st1 {list3}, {mem.post}" [pre structure_bytes];
    LD1_3v_asisdlsep_i     "0Q001100110111110110ssnnnnnttttt" Memory LD1_3v        "ld1 {list3}, {mem.post}" [pre structure_bytes];
    ST1_4v_asisdlsep_i     "0Q001100100111110010ssnnnnnttttt" Memory ST1_4v        "st1 {list4}, {mem.post}" [pre structure_bytes];
    LD1_4v_asisdlsep_i     "0Q001100110111110010ssnnnnnttttt" Memory LD1_4v        "ld1 {list4}, {mem.post}" [pre structure_bytes];
    ST2_2v_asisdlsep_i     "0Q001100100111111000ssnnnnnttttt" Memory ST2_2v        "st2 {list2}, {mem.post}" [pre structure_bytes] [valid interleaved];
    LD2_2v_asisdlsep_i     "0Q001100110111111000ssnnnnnttttt" Memory LD2_2v        "ld2 {list2}, {mem.post}" [pre structure_bytes] [valid interleaved];
    ST3_3v_asisdlsep_i     "0Q001100100111110100ssnnnnnttttt" Memory ST3_3v        "st3 {list3}, {mem.post}" [pre structure_bytes] [valid interleaved];
    LD3_3v_asisdlsep_i     "0Q001100110111110100ssnnnnnttttt" Memory LD3_3v        "ld3 {list3}, {mem.post}" [pre structure_bytes] [valid interleaved];
    ST4_4v_asisdlsep_i     "0Q001100100111110000ssnnnnnttttt" Memory ST4_4v        "st4 {list4}, {mem.post}" [pre structure_bytes] [valid interleaved];
    LD4_4v_asisdlsep_i     "0Q001100110111110000ssnnnnnttttt" Memory LD4_4v        "ld4 {list4}, {mem.post}" [pre structure_bytes] [valid interleaved];

    // "Advanced SIMD load/store multiple structures (post-indexed)", by a register
    ST1_1v_asisdlsep_r     "0Q001100100mmmmm0111ssnnnnnttttt" Memory ST1_1v        "st1 {list1}, {mem.post.reg}" [pre structure_bytes] [valid by_register];
    LD1_1v_asisdlsep_r     "0Q001100110mmmmm0111ssnnnnnttttt" Memory LD1_1v        "ld1 {list1}, {mem.post.reg}" [pre structure_bytes] [valid by_register];
    ST1_2v_asisdlsep_r     "0Q001100100mmmmm1010ssnnnnnttttt" Memory ST1_2v        "st1 {list2}, {mem.post.reg}" [pre structure_bytes] [valid by_register];
    LD1_2v_asisdlsep_r     "0Q001100110mmmmm1010ssnnnnnttttt" Memory LD1_2v        "ld1 {list2}, {mem.post.reg}" [pre structure_bytes] [valid by_register];
    ST1_3v_asisdlsep_r     "0Q001100100mmmmm0110ssnnnnnttttt" Memory ST1_3v        "st1 {list3}, {mem.post.reg}" [pre structure_bytes] [valid by_register];
    LD1_3v_asisdlsep_r     "0Q001100110mmmmm0110ssnnnnnttttt" Memory LD1_3v        "ld1 {list3}, {mem.post.reg}" [pre structure_bytes] [valid by_register];
    ST1_4v_asisdlsep_r     "0Q001100100mmmmm0010ssnnnnnttttt" Memory ST1_4v        "st1 {list4}, {mem.post.reg}" [pre structure_bytes] [valid by_register];
    LD1_4v_asisdlsep_r     "0Q001100110mmmmm0010ssnnnnnttttt" Memory LD1_4v        "ld1 {list4}, {mem.post.reg}" [pre structure_bytes] [valid by_register];
    ST2_2v_asisdlsep_r     "0Q001100100mmmmm1000ssnnnnnttttt" Memory ST2_2v        "st2 {list2}, {mem.post.reg}" [pre structure_bytes] [valid interleaved_by_register];
    LD2_2v_asisdlsep_r     "0Q001100110mmmmm1000ssnnnnnttttt" Memory LD2_2v        "ld2 {list2}, {mem.post.reg}" [pre structure_bytes] [valid interleaved_by_register];
    ST3_3v_asisdlsep_r     "0Q001100100mmmmm0100ssnnnnnttttt" Memory ST3_3v        "st3 {list3}, {mem.post.reg}" [pre structure_bytes] [valid interleaved_by_register];
    LD3_3v_asisdlsep_r     "0Q001100110mmmmm0100ssnnnnnttttt" Memory LD3_3v        "ld3 {list3}, {mem.post.reg}" [pre structure_bytes] [valid interleaved_by_register];
    ST4_4v_asisdlsep_r     "0Q001100100mmmmm0000ssnnnnnttttt" Memory ST4_4v        "st4 {list4}, {mem.post.reg}" [pre structure_bytes] [valid interleaved_by_register];
    LD4_4v_asisdlsep_r     "0Q001100110mmmmm0000ssnnnnnttttt" Memory LD4_4v        "ld4 {list4}, {mem.post.reg}" [pre structure_bytes] [valid interleaved_by_register];

    // "Advanced SIMD load/store single structure"
    ST1_asisdlso           "0Q00110100000000cc0Sssnnnnnttttt" Memory ST1_lane      "st1 {lane1}, [{Xn|sp}]" [valid one_lane] [pre lane_bytes_1];
    LD1_asisdlso           "0Q00110101000000cc0Sssnnnnnttttt" Memory LD1_lane      "ld1 {lane1}, [{Xn|sp}]" [valid one_lane] [pre lane_bytes_1];
    LD1R_asisdlso          "0Q001101010000001100ssnnnnnttttt" Memory LD1R          "ld1r {list1}, [{Xn|sp}]" [pre replicate_bytes_1];
    ST2_asisdlso           "0Q00110100100000cc0Sssnnnnnttttt" Memory ST2_lane      "st2 {lane2}, [{Xn|sp}]" [valid one_lane] [pre lane_bytes_2];
    LD2_asisdlso           "0Q00110101100000cc0Sssnnnnnttttt" Memory LD2_lane      "ld2 {lane2}, [{Xn|sp}]" [valid one_lane] [pre lane_bytes_2];
    LD2R_asisdlso          "0Q001101011000001100ssnnnnnttttt" Memory LD2R          "ld2r {list2}, [{Xn|sp}]" [pre replicate_bytes_2];
    ST3_asisdlso           "0Q00110100000000cc1Sssnnnnnttttt" Memory ST3_lane      "st3 {lane3}, [{Xn|sp}]" [valid one_lane] [pre lane_bytes_3];
    LD3_asisdlso           "0Q00110101000000cc1Sssnnnnnttttt" Memory LD3_lane      "ld3 {lane3}, [{Xn|sp}]" [valid one_lane] [pre lane_bytes_3];
    LD3R_asisdlso          "0Q001101010000001110ssnnnnnttttt" Memory LD3R          "ld3r {list3}, [{Xn|sp}]" [pre replicate_bytes_3];
    ST4_asisdlso           "0Q00110100100000cc1Sssnnnnnttttt" Memory ST4_lane      "st4 {lane4}, [{Xn|sp}]" [valid one_lane] [pre lane_bytes_4];
    LD4_asisdlso           "0Q00110101100000cc1Sssnnnnnttttt" Memory LD4_lane      "ld4 {lane4}, [{Xn|sp}]" [valid one_lane] [pre lane_bytes_4];
    LD4R_asisdlso          "0Q001101011000001110ssnnnnnttttt" Memory LD4R          "ld4r {list4}, [{Xn|sp}]" [pre replicate_bytes_4];

    // "Advanced SIMD load/store single structure (post-indexed)", by the size
    ST1_asisdlsop_i        "0Q00110110011111cc0Sssnnnnnttttt" Memory ST1_lane      "st1 {lane1}, {mem.post}" [valid one_lane] [pre lane_bytes_1];
    LD1_asisdlsop_i        "0Q00110111011111cc0Sssnnnnnttttt" Memory LD1_lane      "ld1 {lane1}, {mem.post}" [valid one_lane] [pre lane_bytes_1];
    LD1R_asisdlsop_i       "0Q001101110111111100ssnnnnnttttt" Memory LD1R          "ld1r {list1}, {mem.post}" [pre replicate_bytes_1];
    ST2_asisdlsop_i        "0Q00110110111111cc0Sssnnnnnttttt" Memory ST2_lane      "st2 {lane2}, {mem.post}" [valid one_lane] [pre lane_bytes_2];
    LD2_asisdlsop_i        "0Q00110111111111cc0Sssnnnnnttttt" Memory LD2_lane      "ld2 {lane2}, {mem.post}" [valid one_lane] [pre lane_bytes_2];
    LD2R_asisdlsop_i       "0Q001101111111111100ssnnnnnttttt" Memory LD2R          "ld2r {list2}, {mem.post}" [pre replicate_bytes_2];
    ST3_asisdlsop_i        "0Q00110110011111cc1Sssnnnnnttttt" Memory ST3_lane      "st3 {lane3}, {mem.post}" [valid one_lane] [pre lane_bytes_3];
    LD3_asisdlsop_i        "0Q00110111011111cc1Sssnnnnnttttt" Memory LD3_lane      "ld3 {lane3}, {mem.post}" [valid one_lane] [pre lane_bytes_3];
    LD3R_asisdlsop_i       "0Q001101110111111110ssnnnnnttttt" Memory LD3R          "ld3r {list3}, {mem.post}" [pre replicate_bytes_3];
    ST4_asisdlsop_i        "0Q00110110111111cc1Sssnnnnnttttt" Memory ST4_lane      "st4 {lane4}, {mem.post}" [valid one_lane] [pre lane_bytes_4];
    LD4_asisdlsop_i        "0Q00110111111111cc1Sssnnnnnttttt" Memory LD4_lane      "ld4 {lane4}, {mem.post}" [valid one_lane] [pre lane_bytes_4];
    LD4R_asisdlsop_i       "0Q001101111111111110ssnnnnnttttt" Memory LD4R          "ld4r {list4}, {mem.post}" [pre replicate_bytes_4];

    // "Advanced SIMD load/store single structure (post-indexed)", by a register
    ST1_asisdlsop_r        "0Q001101100mmmmmcc0Sssnnnnnttttt" Memory ST1_lane      "st1 {lane1}, {mem.post.reg}" [valid one_lane_by_register] [pre lane_bytes_1];
    LD1_asisdlsop_r        "0Q001101110mmmmmcc0Sssnnnnnttttt" Memory LD1_lane      "ld1 {lane1}, {mem.post.reg}" [valid one_lane_by_register] [pre lane_bytes_1];
    LD1R_asisdlsop_r       "0Q001101110mmmmm1100ssnnnnnttttt" Memory LD1R          "ld1r {list1}, {mem.post.reg}" [valid by_register] [pre replicate_bytes_1];
    ST2_asisdlsop_r        "0Q001101101mmmmmcc0Sssnnnnnttttt" Memory ST2_lane      "st2 {lane2}, {mem.post.reg}" [valid one_lane_by_register] [pre lane_bytes_2];
    LD2_asisdlsop_r        "0Q001101111mmmmmcc0Sssnnnnnttttt" Memory LD2_lane      "ld2 {lane2}, {mem.post.reg}" [valid one_lane_by_register] [pre lane_bytes_2];
    LD2R_asisdlsop_r       "0Q001101111mmmmm1100ssnnnnnttttt" Memory LD2R          "ld2r {list2}, {mem.post.reg}" [valid by_register] [pre replicate_bytes_2];
    ST3_asisdlsop_r        "0Q001101100mmmmmcc1Sssnnnnnttttt" Memory ST3_lane      "st3 {lane3}, {mem.post.reg}" [valid one_lane_by_register] [pre lane_bytes_3];
    LD3_asisdlsop_r        "0Q001101110mmmmmcc1Sssnnnnnttttt" Memory LD3_lane      "ld3 {lane3}, {mem.post.reg}" [valid one_lane_by_register] [pre lane_bytes_3];
    LD3R_asisdlsop_r       "0Q001101110mmmmm1110ssnnnnnttttt" Memory LD3R          "ld3r {list3}, {mem.post.reg}" [valid by_register] [pre replicate_bytes_3];
    ST4_asisdlsop_r        "0Q001101101mmmmmcc1Sssnnnnnttttt" Memory ST4_lane      "st4 {lane4}, {mem.post.reg}" [valid one_lane_by_register] [pre lane_bytes_4];
    LD4_asisdlsop_r        "0Q001101111mmmmmcc1Sssnnnnnttttt" Memory LD4_lane      "ld4 {lane4}, {mem.post.reg}" [valid one_lane_by_register] [pre lane_bytes_4];
    LD4R_asisdlsop_r       "0Q001101111mmmmm1110ssnnnnnttttt" Memory LD4R          "ld4r {list4}, {mem.post.reg}" [valid by_register] [pre replicate_bytes_4];
}

//! Rows of C4.1.94 that move lanes: copy, permute, extract, table lookup; and the modified
//! immediates.

use super::simd_int::vector;
use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_simd_permute as sem;

const fn imm5(w: u32) -> u32 {
    bits(w, 20, 16)
}
/// imm5 names a lane by its lowest set bit; x0000 is reserved.
const fn copy_lane_any(w: u32) -> bool {
    imm5(w) & 15 != 0
}
const fn copy_vector(w: u32) -> bool {
    copy_lane_any(w) && (imm5(w) & 15 != 8 || bits(w, 30, 30) == 1)
}
/// Only what is narrower than the general register can be sign-extended.
const fn copy_smov(w: u32) -> bool {
    imm5(w) & 3 != 0 || imm5(w) & 7 != 0 && bits(w, 30, 30) == 1
}
/// The X form is for D lanes and only those.
const fn copy_umov(w: u32) -> bool {
    copy_lane_any(w) && (imm5(w) & 15 == 8) == (bits(w, 30, 30) == 1)
}
/// Lane size in bits 1..0, index by imm5 in bits 15..8, index by imm4 in bits 23..16.
pub(in crate::isa::a64) const fn copy_lane(w: u32) -> u64 {
    let size = imm5(w).trailing_zeros() & 3;
    (size | imm5(w) >> (size + 1) << 8 | bits(w, 14, 11) >> size << 16) as u64
}
const fn ext_index(w: u32) -> bool {
    bits(w, 30, 30) == 1 || bits(w, 14, 14) == 0
}

/// AdvSIMDExpandImm: 64 bits, before the inversion of MVNI and BIC.
pub(in crate::isa::a64) const fn modified_imm(w: u32) -> u64 {
    let imm8 = (bits(w, 18, 16) << 5 | bits(w, 9, 5)) as u64;
    let (op, o2) = (bits(w, 29, 29), bits(w, 11, 11));
    match bits(w, 15, 12) {
        cmode @ 0..=7 => (imm8 << (8 * (cmode >> 1))) * 0x1_0000_0001,
        cmode @ 8..=11 => (imm8 << (8 * (cmode >> 1 & 1))) * 0x1_0001_0001_0001,
        12 => (imm8 << 8 | 0xff) * 0x1_0000_0001,
        13 => (imm8 << 16 | 0xffff) * 0x1_0000_0001,
        14 if op == 0 => imm8 * 0x0101_0101_0101_0101,
        14 => byte_mask(imm8),
        _ if op == 1 => float_imm(imm8, 11, 52),
        _ if o2 == 1 => float_imm(imm8, 5, 10) * 0x1_0001_0001_0001,
        _ => float_imm(imm8, 8, 23) * 0x1_0000_0001,
    }
}

/// Each bit of `imm8` as a byte of zeros or ones.
const fn byte_mask(imm8: u64) -> u64 {
    let (mut r, mut n) = (0, 0);
    while n < 8 {
        r |= ((imm8 >> n & 1) * 0xff) << (8 * n);
        n += 1;
    }
    r
}

/// VFPExpandImm: sign, exponent `!b:bb…:cd`, fraction `efgh:0…`.
const fn float_imm(imm8: u64, exponent: u32, fraction: u32) -> u64 {
    let (a, b, cdefgh) = (imm8 >> 7, imm8 >> 6 & 1, imm8 & 63);
    let repeated = if b == 1 { (1 << (exponent - 3)) - 1 } else { 0 };
    a << (exponent + fraction)
        | (b ^ 1) << (exponent + fraction - 1)
        | repeated << (fraction + 2)
        | cdefgh << (fraction - 4)
}


crate::isa::a64::table::section! { "simd_permute";
    // Advanced SIMD copy
    DUP_asimdins_elem  "0q001110000iiiii000001nnnnnddddd" Plain DUP_elem  "dup {Vd}.{cT}, {Vn}.{ci}" [valid copy_vector] [pre copy_lane];
    DUP_asimdins_gen   "0q001110000iiiii000011nnnnnddddd" Plain DUP_gen   "dup {Vd}.{cT}, {cRn}" [valid copy_vector] [pre copy_lane];
    SMOV_asimdins      "0q001110000iiiii001011nnnnnddddd" Plain SMOV_ins  "smov {qRd}, {Vn}.{ci}" [valid copy_smov] [pre copy_lane];
    UMOV_asimdins      "0q001110000iiiii001111nnnnnddddd" Plain UMOV_ins  "umov {qRd}, {Vn}.{ci}" [valid copy_umov] [pre copy_lane];
    INS_asimdins_gen   "01001110000iiiii000111nnnnnddddd" Plain INS_gen   "ins {Vd}.{ci}, {cRn}" [valid copy_lane_any] [pre copy_lane];
    INS_asimdins_elem  "01101110000iiiii0jjjj1nnnnnddddd" Plain INS_elem  "ins {Vd}.{ci}, {Vn}.{cj}" [valid copy_lane_any] [pre copy_lane];

    // Advanced SIMD scalar copy
    DUP_asisdone       "01011110000iiiii000001nnnnnddddd" Plain DUP_elem  "dup {cE}{u4:0}, {Vn}.{ci}" [valid copy_lane_any] [pre copy_lane];

    // Advanced SIMD permute
    UZP1_asimdperm     "0q001110ss0mmmmm000110nnnnnddddd" Plain UZP1_perm "uzp1 {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    TRN1_asimdperm     "0q001110ss0mmmmm001010nnnnnddddd" Plain TRN1_perm "trn1 {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    ZIP1_asimdperm     "0q001110ss0mmmmm001110nnnnnddddd" Plain ZIP1_perm "zip1 {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    UZP2_asimdperm     "0q001110ss0mmmmm010110nnnnnddddd" Plain UZP2_perm "uzp2 {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    TRN2_asimdperm     "0q001110ss0mmmmm011010nnnnnddddd" Plain TRN2_perm "trn2 {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    ZIP2_asimdperm     "0q001110ss0mmmmm011110nnnnnddddd" Plain ZIP2_perm "zip2 {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];

    // Advanced SIMD extract
    EXT_asimdext       "0q101110000mmmmm0iiii0nnnnnddddd" Plain EXT_ext   "ext {Vd.B}, {Vn.B}, {Vm.B}, #{u14:11}" [valid ext_index];

    // Advanced SIMD table lookup
    TBL_asimdtbl       "0q001110000mmmmm0ll000nnnnnddddd" Plain TBL_tbl   "tbl {Vd.B}, {table}, {Vm.B}";
    TBX_asimdtbl       "0q001110000mmmmm0ll100nnnnnddddd" Plain TBX_tbl   "tbx {Vd.B}, {table}, {Vm.B}";

    // Advanced SIMD modified immediate
    MOVI_asimdimm_L_sl "0q00111100000iii0cc001iiiiiddddd" Plain MOVI_imm  "movi {Vd}.{S}, {imm8}{lsl}" [pre modified_imm];
    ORR_asimdimm_L_sl  "0q00111100000iii0cc101iiiiiddddd" Plain ORR_imm   "orr {Vd}.{S}, {imm8}{lsl}" [pre modified_imm];
    MOVI_asimdimm_L_hl "0q00111100000iii10c001iiiiiddddd" Plain MOVI_imm  "movi {Vd.H}, {imm8}{lsl}" [pre modified_imm];
    ORR_asimdimm_L_hl  "0q00111100000iii10c101iiiiiddddd" Plain ORR_imm   "orr {Vd.H}, {imm8}{lsl}" [pre modified_imm];
    MOVI_asimdimm_M_sm "0q00111100000iii110c01iiiiiddddd" Plain MOVI_imm  "movi {Vd}.{S}, {imm8}{msl}" [pre modified_imm];
    MOVI_asimdimm_N_b  "0q00111100000iii111001iiiiiddddd" Plain MOVI_imm  "movi {Vd.B}, {imm8}" [pre modified_imm];
    FMOV_asimdimm_S_s  "0q00111100000iii111101iiiiiddddd" Plain MOVI_imm  "fmov {Vd}.{S}, {fimm8}" [pre modified_imm];
    FMOV_asimdimm_H_h  "0q00111100000iii111111iiiiiddddd" Plain MOVI_imm  "fmov {Vd.H}, {fimm8}" [feature Fp16] [pre modified_imm];
    MVNI_asimdimm_L_sl "0q10111100000iii0cc001iiiiiddddd" Plain MVNI_imm  "mvni {Vd}.{S}, {imm8}{lsl}" [pre modified_imm];
    BIC_asimdimm_L_sl  "0q10111100000iii0cc101iiiiiddddd" Plain BIC_imm   "bic {Vd}.{S}, {imm8}{lsl}" [pre modified_imm];
    MVNI_asimdimm_L_hl "0q10111100000iii10c001iiiiiddddd" Plain MVNI_imm  "mvni {Vd.H}, {imm8}{lsl}" [pre modified_imm];
    BIC_asimdimm_L_hl  "0q10111100000iii10c101iiiiiddddd" Plain BIC_imm   "bic {Vd.H}, {imm8}{lsl}" [pre modified_imm];
    MVNI_asimdimm_M_sm "0q10111100000iii110c01iiiiiddddd" Plain MVNI_imm  "mvni {Vd}.{S}, {imm8}{msl}" [pre modified_imm];
    MOVI_asimdimm_D_ds "0010111100000iii111001iiiiiddddd" Plain MOVI_imm  "movi {Dd}, {imm64}" [pre modified_imm];
    MOVI_asimdimm_D2_d "0110111100000iii111001iiiiiddddd" Plain MOVI_imm  "movi {Vd.2d}, {imm64}" [pre modified_imm];
    FMOV_asimdimm_D2_d "0110111100000iii111101iiiiiddddd" Plain MOVI_imm  "fmov {Vd.2d}, {fimm8}" [pre modified_imm];
}

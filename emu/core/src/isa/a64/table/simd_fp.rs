//! Rows of C4.1.95 "Data processing -- Advanced SIMD" that read FPCR, vector and scalar. The
//! record's `imm` has the format in bits 1..0 (0 H, 1 S, 2 D) and fraction bits from bit 8.

use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_simd_fp as sem;

/// Half precision.
const fn half(_: u32) -> u64 {
    0
}

/// Single precision.
const fn single(_: u32) -> u64 {
    1
}

/// S or D by sz, bit 22.
const fn sz(w: u32) -> u64 {
    1 + bits(w, 22, 22) as u64
}

/// FCVTL: from H or S.
const fn sz_narrow(w: u32) -> u64 {
    bits(w, 22, 22) as u64
}

/// The format by the highest bit of immh, and twice the lane size less immh:immb as fraction bits.
const fn shift(w: u32) -> u64 {
    let (size, lane) = match bits(w, 22, 19) {
        8..16 => (2, 64),
        4..8 => (1, 32),
        _ => (0, 16),
    };
    size | (2 * lane - bits(w, 22, 16) as u64) << 8
}

/// Not one lane of 64 bits.
const fn not_1d(w: u32) -> bool {
    bits(w, 22, 22) == 0 || bits(w, 30, 30) == 1
}

/// Elements of 64 bits have one index bit.
const fn element(w: u32) -> bool {
    bits(w, 22, 22) == 0 || bits(w, 21, 21) == 0
}

const fn vector_element(w: u32) -> bool {
    element(w) && not_1d(w)
}

/// A pair of halves in the lower 64 bits when the vector has no more.
const fn half_pair(w: u32) -> bool {
    bits(w, 11, 11) == 0 || bits(w, 30, 30) == 1
}

crate::isa::a64::table::section! { "simd_fp";
    // Advanced SIMD three same
    FMAXNM_asimdsame "0q0011100z1mmmmm110001nnnnnddddd" Plain FMAXNM_asimdsame "fmaxnm {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMLA_asimdsame "0q0011100z1mmmmm110011nnnnnddddd" Plain FMLA_asimdsame "fmla {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FADD_asimdsame "0q0011100z1mmmmm110101nnnnnddddd" Plain FADD_asimdsame "fadd {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMULX_asimdsame "0q0011100z1mmmmm110111nnnnnddddd" Plain FMULX_asimdsame "fmulx {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FCMEQ_asimdsame "0q0011100z1mmmmm111001nnnnnddddd" Plain FCMEQ_asimdsame "fcmeq {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMAX_asimdsame "0q0011100z1mmmmm111101nnnnnddddd" Plain FMAX_asimdsame "fmax {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FRECPS_asimdsame "0q0011100z1mmmmm111111nnnnnddddd" Plain FRECPS_asimdsame "frecps {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMINNM_asimdsame "0q0011101z1mmmmm110001nnnnnddddd" Plain FMINNM_asimdsame "fminnm {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMLS_asimdsame "0q0011101z1mmmmm110011nnnnnddddd" Plain FMLS_asimdsame "fmls {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FSUB_asimdsame "0q0011101z1mmmmm110101nnnnnddddd" Plain FSUB_asimdsame "fsub {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMIN_asimdsame "0q0011101z1mmmmm111101nnnnnddddd" Plain FMIN_asimdsame "fmin {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FRSQRTS_asimdsame "0q0011101z1mmmmm111111nnnnnddddd" Plain FRSQRTS_asimdsame "frsqrts {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMAXNMP_asimdsame "0q1011100z1mmmmm110001nnnnnddddd" Plain FMAXNMP_asimdsame "fmaxnmp {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FADDP_asimdsame "0q1011100z1mmmmm110101nnnnnddddd" Plain FADDP_asimdsame "faddp {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMUL_asimdsame "0q1011100z1mmmmm110111nnnnnddddd" Plain FMUL_asimdsame "fmul {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FCMGE_asimdsame "0q1011100z1mmmmm111001nnnnnddddd" Plain FCMGE_asimdsame "fcmge {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FACGE_asimdsame "0q1011100z1mmmmm111011nnnnnddddd" Plain FACGE_asimdsame "facge {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMAXP_asimdsame "0q1011100z1mmmmm111101nnnnnddddd" Plain FMAXP_asimdsame "fmaxp {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FDIV_asimdsame "0q1011100z1mmmmm111111nnnnnddddd" Plain FDIV_asimdsame "fdiv {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMINNMP_asimdsame "0q1011101z1mmmmm110001nnnnnddddd" Plain FMINNMP_asimdsame "fminnmp {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FABD_asimdsame "0q1011101z1mmmmm110101nnnnnddddd" Plain FABD_asimdsame "fabd {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FCMGT_asimdsame "0q1011101z1mmmmm111001nnnnnddddd" Plain FCMGT_asimdsame "fcmgt {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FACGT_asimdsame "0q1011101z1mmmmm111011nnnnnddddd" Plain FACGT_asimdsame "facgt {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    FMINP_asimdsame "0q1011101z1mmmmm111101nnnnnddddd" Plain FMINP_asimdsame "fminp {Vd.F}, {Vn.F}, {Vm.F}" [pre sz] [valid not_1d];
    // Advanced SIMD three same (FP16)
    FMAXNM_asimdsamefp16 "0q001110010mmmmm000001nnnnnddddd" Plain FMAXNM_asimdsame "fmaxnm {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMLA_asimdsamefp16 "0q001110010mmmmm000011nnnnnddddd" Plain FMLA_asimdsame "fmla {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FADD_asimdsamefp16 "0q001110010mmmmm000101nnnnnddddd" Plain FADD_asimdsame "fadd {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMULX_asimdsamefp16 "0q001110010mmmmm000111nnnnnddddd" Plain FMULX_asimdsame "fmulx {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FCMEQ_asimdsamefp16 "0q001110010mmmmm001001nnnnnddddd" Plain FCMEQ_asimdsame "fcmeq {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMAX_asimdsamefp16 "0q001110010mmmmm001101nnnnnddddd" Plain FMAX_asimdsame "fmax {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FRECPS_asimdsamefp16 "0q001110010mmmmm001111nnnnnddddd" Plain FRECPS_asimdsame "frecps {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMINNM_asimdsamefp16 "0q001110110mmmmm000001nnnnnddddd" Plain FMINNM_asimdsame "fminnm {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMLS_asimdsamefp16 "0q001110110mmmmm000011nnnnnddddd" Plain FMLS_asimdsame "fmls {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FSUB_asimdsamefp16 "0q001110110mmmmm000101nnnnnddddd" Plain FSUB_asimdsame "fsub {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMIN_asimdsamefp16 "0q001110110mmmmm001101nnnnnddddd" Plain FMIN_asimdsame "fmin {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FRSQRTS_asimdsamefp16 "0q001110110mmmmm001111nnnnnddddd" Plain FRSQRTS_asimdsame "frsqrts {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMAXNMP_asimdsamefp16 "0q101110010mmmmm000001nnnnnddddd" Plain FMAXNMP_asimdsame "fmaxnmp {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FADDP_asimdsamefp16 "0q101110010mmmmm000101nnnnnddddd" Plain FADDP_asimdsame "faddp {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMUL_asimdsamefp16 "0q101110010mmmmm000111nnnnnddddd" Plain FMUL_asimdsame "fmul {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FCMGE_asimdsamefp16 "0q101110010mmmmm001001nnnnnddddd" Plain FCMGE_asimdsame "fcmge {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FACGE_asimdsamefp16 "0q101110010mmmmm001011nnnnnddddd" Plain FACGE_asimdsame "facge {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMAXP_asimdsamefp16 "0q101110010mmmmm001101nnnnnddddd" Plain FMAXP_asimdsame "fmaxp {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FDIV_asimdsamefp16 "0q101110010mmmmm001111nnnnnddddd" Plain FDIV_asimdsame "fdiv {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMINNMP_asimdsamefp16 "0q101110110mmmmm000001nnnnnddddd" Plain FMINNMP_asimdsame "fminnmp {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FABD_asimdsamefp16 "0q101110110mmmmm000101nnnnnddddd" Plain FABD_asimdsame "fabd {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FCMGT_asimdsamefp16 "0q101110110mmmmm001001nnnnnddddd" Plain FCMGT_asimdsame "fcmgt {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FACGT_asimdsamefp16 "0q101110110mmmmm001011nnnnnddddd" Plain FACGT_asimdsame "facgt {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    FMINP_asimdsamefp16 "0q101110110mmmmm001101nnnnnddddd" Plain FMINP_asimdsame "fminp {Vd.H}, {Vn.H}, {Vm.H}" [feature Fp16] [pre half];
    // Advanced SIMD scalar three same
    FMULX_asisdsame "010111100z1mmmmm110111nnnnnddddd" Plain FMULX_asisdsame "fmulx {Zd}, {Zn}, {Zm}" [pre sz];
    FCMEQ_asisdsame "010111100z1mmmmm111001nnnnnddddd" Plain FCMEQ_asisdsame "fcmeq {Zd}, {Zn}, {Zm}" [pre sz];
    FRECPS_asisdsame "010111100z1mmmmm111111nnnnnddddd" Plain FRECPS_asisdsame "frecps {Zd}, {Zn}, {Zm}" [pre sz];
    FRSQRTS_asisdsame "010111101z1mmmmm111111nnnnnddddd" Plain FRSQRTS_asisdsame "frsqrts {Zd}, {Zn}, {Zm}" [pre sz];
    FCMGE_asisdsame "011111100z1mmmmm111001nnnnnddddd" Plain FCMGE_asisdsame "fcmge {Zd}, {Zn}, {Zm}" [pre sz];
    FACGE_asisdsame "011111100z1mmmmm111011nnnnnddddd" Plain FACGE_asisdsame "facge {Zd}, {Zn}, {Zm}" [pre sz];
    FABD_asisdsame "011111101z1mmmmm110101nnnnnddddd" Plain FABD_asisdsame "fabd {Zd}, {Zn}, {Zm}" [pre sz];
    FCMGT_asisdsame "011111101z1mmmmm111001nnnnnddddd" Plain FCMGT_asisdsame "fcmgt {Zd}, {Zn}, {Zm}" [pre sz];
    FACGT_asisdsame "011111101z1mmmmm111011nnnnnddddd" Plain FACGT_asisdsame "facgt {Zd}, {Zn}, {Zm}" [pre sz];
    // Advanced SIMD scalar three same (FP16)
    FMULX_asisdsamefp16 "01011110010mmmmm000111nnnnnddddd" Plain FMULX_asisdsame "fmulx {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    FCMEQ_asisdsamefp16 "01011110010mmmmm001001nnnnnddddd" Plain FCMEQ_asisdsame "fcmeq {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    FRECPS_asisdsamefp16 "01011110010mmmmm001111nnnnnddddd" Plain FRECPS_asisdsame "frecps {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    FRSQRTS_asisdsamefp16 "01011110110mmmmm001111nnnnnddddd" Plain FRSQRTS_asisdsame "frsqrts {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    FCMGE_asisdsamefp16 "01111110010mmmmm001001nnnnnddddd" Plain FCMGE_asisdsame "fcmge {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    FACGE_asisdsamefp16 "01111110010mmmmm001011nnnnnddddd" Plain FACGE_asisdsame "facge {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    FABD_asisdsamefp16 "01111110110mmmmm000101nnnnnddddd" Plain FABD_asisdsame "fabd {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    FCMGT_asisdsamefp16 "01111110110mmmmm001001nnnnnddddd" Plain FCMGT_asisdsame "fcmgt {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    FACGT_asisdsamefp16 "01111110110mmmmm001011nnnnnddddd" Plain FACGT_asisdsame "facgt {Hd}, {Hn}, {Hm}" [feature Fp16] [pre half];
    // Advanced SIMD three same: half-precision products into single precision
    FMLAL_asimdsame "0q001110001mmmmm111011nnnnnddddd" Plain FMLAL_asimdsame "fmlal {Vd.F}, {Vn.FHM}, {Vm.FHM}" [feature Fhm];
    FMLSL_asimdsame "0q001110101mmmmm111011nnnnnddddd" Plain FMLSL_asimdsame "fmlsl {Vd.F}, {Vn.FHM}, {Vm.FHM}" [feature Fhm];
    FMLAL2_asimdsame "0q101110001mmmmm110011nnnnnddddd" Plain FMLAL2_asimdsame "fmlal2 {Vd.F}, {Vn.FHM}, {Vm.FHM}" [feature Fhm];
    FMLSL2_asimdsame "0q101110101mmmmm110011nnnnnddddd" Plain FMLSL2_asimdsame "fmlsl2 {Vd.F}, {Vn.FHM}, {Vm.FHM}" [feature Fhm];
    // Advanced SIMD three-register extension: complex numbers
    FCMLA_H_asimdsame2 "0q101110010mmmmm110rr1nnnnnddddd" Plain FCMLA_asimdsame2 "fcmla {Vd.H}, {Vn.H}, {Vm.H}, #{rot12:11}" [feature Fcma] [pre half];
    FCMLA_asimdsame2 "0q1011101z0mmmmm110rr1nnnnnddddd" Plain FCMLA_asimdsame2 "fcmla {Vd.F}, {Vn.F}, {Vm.F}, #{rot12:11}" [feature Fcma] [pre sz] [valid not_1d];
    FCADD_H_asimdsame2 "0q101110010mmmmm111r01nnnnnddddd" Plain FCADD_asimdsame2 "fcadd {Vd.H}, {Vn.H}, {Vm.H}, #{rot12}" [feature Fcma] [pre half];
    FCADD_asimdsame2 "0q1011101z0mmmmm111r01nnnnnddddd" Plain FCADD_asimdsame2 "fcadd {Vd.F}, {Vn.F}, {Vm.F}, #{rot12}" [feature Fcma] [pre sz] [valid not_1d];
    // Advanced SIMD two-register miscellaneous
    FRINTN_asimdmisc "0q0011100z100001100010nnnnnddddd" Plain FRINTN_asimdmisc "frintn {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRINTM_asimdmisc "0q0011100z100001100110nnnnnddddd" Plain FRINTM_asimdmisc "frintm {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTNS_asimdmisc "0q0011100z100001101010nnnnnddddd" Plain FCVTNS_asimdmisc "fcvtns {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTMS_asimdmisc "0q0011100z100001101110nnnnnddddd" Plain FCVTMS_asimdmisc "fcvtms {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTAS_asimdmisc "0q0011100z100001110010nnnnnddddd" Plain FCVTAS_asimdmisc "fcvtas {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    SCVTF_asimdmisc "0q0011100z100001110110nnnnnddddd" Plain SCVTF_asimdmisc "scvtf {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCMGT_zero_asimdmisc "0q0011101z100000110010nnnnnddddd" Plain FCMGT_zero_asimdmisc "fcmgt {Vd.F}, {Vn.F}, #0.0" [pre sz] [valid not_1d];
    FCMEQ_zero_asimdmisc "0q0011101z100000110110nnnnnddddd" Plain FCMEQ_zero_asimdmisc "fcmeq {Vd.F}, {Vn.F}, #0.0" [pre sz] [valid not_1d];
    FCMLT_zero_asimdmisc "0q0011101z100000111010nnnnnddddd" Plain FCMLT_zero_asimdmisc "fcmlt {Vd.F}, {Vn.F}, #0.0" [pre sz] [valid not_1d];
    FABS_asimdmisc "0q0011101z100000111110nnnnnddddd" Plain FABS_asimdmisc "fabs {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRINTP_asimdmisc "0q0011101z100001100010nnnnnddddd" Plain FRINTP_asimdmisc "frintp {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRINTZ_asimdmisc "0q0011101z100001100110nnnnnddddd" Plain FRINTZ_asimdmisc "frintz {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTPS_asimdmisc "0q0011101z100001101010nnnnnddddd" Plain FCVTPS_asimdmisc "fcvtps {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTZS_asimdmisc "0q0011101z100001101110nnnnnddddd" Plain FCVTZS_asimdmisc "fcvtzs {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRECPE_asimdmisc "0q0011101z100001110110nnnnnddddd" Plain FRECPE_asimdmisc "frecpe {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRINTA_asimdmisc "0q1011100z100001100010nnnnnddddd" Plain FRINTA_asimdmisc "frinta {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRINTX_asimdmisc "0q1011100z100001100110nnnnnddddd" Plain FRINTX_asimdmisc "frintx {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTNU_asimdmisc "0q1011100z100001101010nnnnnddddd" Plain FCVTNU_asimdmisc "fcvtnu {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTMU_asimdmisc "0q1011100z100001101110nnnnnddddd" Plain FCVTMU_asimdmisc "fcvtmu {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTAU_asimdmisc "0q1011100z100001110010nnnnnddddd" Plain FCVTAU_asimdmisc "fcvtau {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    UCVTF_asimdmisc "0q1011100z100001110110nnnnnddddd" Plain UCVTF_asimdmisc "ucvtf {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCMGE_zero_asimdmisc "0q1011101z100000110010nnnnnddddd" Plain FCMGE_zero_asimdmisc "fcmge {Vd.F}, {Vn.F}, #0.0" [pre sz] [valid not_1d];
    FCMLE_zero_asimdmisc "0q1011101z100000110110nnnnnddddd" Plain FCMLE_zero_asimdmisc "fcmle {Vd.F}, {Vn.F}, #0.0" [pre sz] [valid not_1d];
    FNEG_asimdmisc "0q1011101z100000111110nnnnnddddd" Plain FNEG_asimdmisc "fneg {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRINTI_asimdmisc "0q1011101z100001100110nnnnnddddd" Plain FRINTI_asimdmisc "frinti {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTPU_asimdmisc "0q1011101z100001101010nnnnnddddd" Plain FCVTPU_asimdmisc "fcvtpu {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FCVTZU_asimdmisc "0q1011101z100001101110nnnnnddddd" Plain FCVTZU_asimdmisc "fcvtzu {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRSQRTE_asimdmisc "0q1011101z100001110110nnnnnddddd" Plain FRSQRTE_asimdmisc "frsqrte {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FSQRT_asimdmisc "0q1011101z100001111110nnnnnddddd" Plain FSQRT_asimdmisc "fsqrt {Vd.F}, {Vn.F}" [pre sz] [valid not_1d];
    FRINT32Z_asimdmisc "0q0011100z100001111010nnnnnddddd" Plain FRINT32Z_asimdmisc "frint32z {Vd.F}, {Vn.F}" [feature FrintTs] [pre sz] [valid not_1d];
    FRINT64Z_asimdmisc "0q0011100z100001111110nnnnnddddd" Plain FRINT64Z_asimdmisc "frint64z {Vd.F}, {Vn.F}" [feature FrintTs] [pre sz] [valid not_1d];
    FRINT32X_asimdmisc "0q1011100z100001111010nnnnnddddd" Plain FRINT32X_asimdmisc "frint32x {Vd.F}, {Vn.F}" [feature FrintTs] [pre sz] [valid not_1d];
    FRINT64X_asimdmisc "0q1011100z100001111110nnnnnddddd" Plain FRINT64X_asimdmisc "frint64x {Vd.F}, {Vn.F}" [feature FrintTs] [pre sz] [valid not_1d];
    URECPE_asimdmisc "0q00111010100001110010nnnnnddddd" Plain URECPE_asimdmisc "urecpe {Vd.F}, {Vn.F}";
    URSQRTE_asimdmisc "0q10111010100001110010nnnnnddddd" Plain URSQRTE_asimdmisc "ursqrte {Vd.F}, {Vn.F}";
    FCVTN_asimdmisc "0q0011100z100001011010nnnnnddddd" Plain FCVTN_asimdmisc "fcvtn{2} {Vd.FN}, {Vn.FW}" [pre sz];
    FCVTL_asimdmisc "0q0011100z100001011110nnnnnddddd" Plain FCVTL_asimdmisc "fcvtl{2} {Vd.FW}, {Vn.FN}" [pre sz_narrow];
    FCVTXN_asimdmisc "0q10111001100001011010nnnnnddddd" Plain FCVTXN_asimdmisc "fcvtxn{2} {Vd.FN}, {Vn.FW}";
    // Advanced SIMD two-register miscellaneous (FP16)
    FRINTN_asimdmiscfp16 "0q00111001111001100010nnnnnddddd" Plain FRINTN_asimdmisc "frintn {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FRINTM_asimdmiscfp16 "0q00111001111001100110nnnnnddddd" Plain FRINTM_asimdmisc "frintm {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTNS_asimdmiscfp16 "0q00111001111001101010nnnnnddddd" Plain FCVTNS_asimdmisc "fcvtns {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTMS_asimdmiscfp16 "0q00111001111001101110nnnnnddddd" Plain FCVTMS_asimdmisc "fcvtms {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTAS_asimdmiscfp16 "0q00111001111001110010nnnnnddddd" Plain FCVTAS_asimdmisc "fcvtas {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    SCVTF_asimdmiscfp16 "0q00111001111001110110nnnnnddddd" Plain SCVTF_asimdmisc "scvtf {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCMGT_zero_asimdmiscfp16 "0q00111011111000110010nnnnnddddd" Plain FCMGT_zero_asimdmisc "fcmgt {Vd.H}, {Vn.H}, #0.0" [feature Fp16] [pre half];
    FCMEQ_zero_asimdmiscfp16 "0q00111011111000110110nnnnnddddd" Plain FCMEQ_zero_asimdmisc "fcmeq {Vd.H}, {Vn.H}, #0.0" [feature Fp16] [pre half];
    FCMLT_zero_asimdmiscfp16 "0q00111011111000111010nnnnnddddd" Plain FCMLT_zero_asimdmisc "fcmlt {Vd.H}, {Vn.H}, #0.0" [feature Fp16] [pre half];
    FABS_asimdmiscfp16 "0q00111011111000111110nnnnnddddd" Plain FABS_asimdmisc "fabs {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FRINTP_asimdmiscfp16 "0q00111011111001100010nnnnnddddd" Plain FRINTP_asimdmisc "frintp {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FRINTZ_asimdmiscfp16 "0q00111011111001100110nnnnnddddd" Plain FRINTZ_asimdmisc "frintz {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTPS_asimdmiscfp16 "0q00111011111001101010nnnnnddddd" Plain FCVTPS_asimdmisc "fcvtps {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTZS_asimdmiscfp16 "0q00111011111001101110nnnnnddddd" Plain FCVTZS_asimdmisc "fcvtzs {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FRECPE_asimdmiscfp16 "0q00111011111001110110nnnnnddddd" Plain FRECPE_asimdmisc "frecpe {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FRINTA_asimdmiscfp16 "0q10111001111001100010nnnnnddddd" Plain FRINTA_asimdmisc "frinta {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FRINTX_asimdmiscfp16 "0q10111001111001100110nnnnnddddd" Plain FRINTX_asimdmisc "frintx {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTNU_asimdmiscfp16 "0q10111001111001101010nnnnnddddd" Plain FCVTNU_asimdmisc "fcvtnu {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTMU_asimdmiscfp16 "0q10111001111001101110nnnnnddddd" Plain FCVTMU_asimdmisc "fcvtmu {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTAU_asimdmiscfp16 "0q10111001111001110010nnnnnddddd" Plain FCVTAU_asimdmisc "fcvtau {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    UCVTF_asimdmiscfp16 "0q10111001111001110110nnnnnddddd" Plain UCVTF_asimdmisc "ucvtf {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCMGE_zero_asimdmiscfp16 "0q10111011111000110010nnnnnddddd" Plain FCMGE_zero_asimdmisc "fcmge {Vd.H}, {Vn.H}, #0.0" [feature Fp16] [pre half];
    FCMLE_zero_asimdmiscfp16 "0q10111011111000110110nnnnnddddd" Plain FCMLE_zero_asimdmisc "fcmle {Vd.H}, {Vn.H}, #0.0" [feature Fp16] [pre half];
    FNEG_asimdmiscfp16 "0q10111011111000111110nnnnnddddd" Plain FNEG_asimdmisc "fneg {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FRINTI_asimdmiscfp16 "0q10111011111001100110nnnnnddddd" Plain FRINTI_asimdmisc "frinti {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTPU_asimdmiscfp16 "0q10111011111001101010nnnnnddddd" Plain FCVTPU_asimdmisc "fcvtpu {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FCVTZU_asimdmiscfp16 "0q10111011111001101110nnnnnddddd" Plain FCVTZU_asimdmisc "fcvtzu {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FRSQRTE_asimdmiscfp16 "0q10111011111001110110nnnnnddddd" Plain FRSQRTE_asimdmisc "frsqrte {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    FSQRT_asimdmiscfp16 "0q10111011111001111110nnnnnddddd" Plain FSQRT_asimdmisc "fsqrt {Vd.H}, {Vn.H}" [feature Fp16] [pre half];
    // Advanced SIMD scalar two-register miscellaneous
    FCVTNS_asisdmisc "010111100z100001101010nnnnnddddd" Plain FCVTNS_asisdmisc "fcvtns {Zd}, {Zn}" [pre sz];
    FCVTMS_asisdmisc "010111100z100001101110nnnnnddddd" Plain FCVTMS_asisdmisc "fcvtms {Zd}, {Zn}" [pre sz];
    FCVTAS_asisdmisc "010111100z100001110010nnnnnddddd" Plain FCVTAS_asisdmisc "fcvtas {Zd}, {Zn}" [pre sz];
    SCVTF_asisdmisc "010111100z100001110110nnnnnddddd" Plain SCVTF_asisdmisc "scvtf {Zd}, {Zn}" [pre sz];
    FCMGT_zero_asisdmisc "010111101z100000110010nnnnnddddd" Plain FCMGT_zero_asisdmisc "fcmgt {Zd}, {Zn}, #0.0" [pre sz];
    FCMEQ_zero_asisdmisc "010111101z100000110110nnnnnddddd" Plain FCMEQ_zero_asisdmisc "fcmeq {Zd}, {Zn}, #0.0" [pre sz];
    FCMLT_zero_asisdmisc "010111101z100000111010nnnnnddddd" Plain FCMLT_zero_asisdmisc "fcmlt {Zd}, {Zn}, #0.0" [pre sz];
    FCVTPS_asisdmisc "010111101z100001101010nnnnnddddd" Plain FCVTPS_asisdmisc "fcvtps {Zd}, {Zn}" [pre sz];
    FCVTZS_asisdmisc "010111101z100001101110nnnnnddddd" Plain FCVTZS_asisdmisc "fcvtzs {Zd}, {Zn}" [pre sz];
    FRECPE_asisdmisc "010111101z100001110110nnnnnddddd" Plain FRECPE_asisdmisc "frecpe {Zd}, {Zn}" [pre sz];
    FRECPX_asisdmisc "010111101z100001111110nnnnnddddd" Plain FRECPX_asisdmisc "frecpx {Zd}, {Zn}" [pre sz];
    FCVTNU_asisdmisc "011111100z100001101010nnnnnddddd" Plain FCVTNU_asisdmisc "fcvtnu {Zd}, {Zn}" [pre sz];
    FCVTMU_asisdmisc "011111100z100001101110nnnnnddddd" Plain FCVTMU_asisdmisc "fcvtmu {Zd}, {Zn}" [pre sz];
    FCVTAU_asisdmisc "011111100z100001110010nnnnnddddd" Plain FCVTAU_asisdmisc "fcvtau {Zd}, {Zn}" [pre sz];
    UCVTF_asisdmisc "011111100z100001110110nnnnnddddd" Plain UCVTF_asisdmisc "ucvtf {Zd}, {Zn}" [pre sz];
    FCMGE_zero_asisdmisc "011111101z100000110010nnnnnddddd" Plain FCMGE_zero_asisdmisc "fcmge {Zd}, {Zn}, #0.0" [pre sz];
    FCMLE_zero_asisdmisc "011111101z100000110110nnnnnddddd" Plain FCMLE_zero_asisdmisc "fcmle {Zd}, {Zn}, #0.0" [pre sz];
    FCVTPU_asisdmisc "011111101z100001101010nnnnnddddd" Plain FCVTPU_asisdmisc "fcvtpu {Zd}, {Zn}" [pre sz];
    FCVTZU_asisdmisc "011111101z100001101110nnnnnddddd" Plain FCVTZU_asisdmisc "fcvtzu {Zd}, {Zn}" [pre sz];
    FRSQRTE_asisdmisc "011111101z100001110110nnnnnddddd" Plain FRSQRTE_asisdmisc "frsqrte {Zd}, {Zn}" [pre sz];
    FCVTXN_asisdmisc "0111111001100001011010nnnnnddddd" Plain FCVTXN_asisdmisc "fcvtxn {Sd}, {Dn}";
    // Advanced SIMD scalar two-register miscellaneous (FP16)
    FCVTNS_asisdmiscfp16 "0101111001111001101010nnnnnddddd" Plain FCVTNS_asisdmisc "fcvtns {Hd}, {Hn}" [feature Fp16] [pre half];
    FCVTMS_asisdmiscfp16 "0101111001111001101110nnnnnddddd" Plain FCVTMS_asisdmisc "fcvtms {Hd}, {Hn}" [feature Fp16] [pre half];
    FCVTAS_asisdmiscfp16 "0101111001111001110010nnnnnddddd" Plain FCVTAS_asisdmisc "fcvtas {Hd}, {Hn}" [feature Fp16] [pre half];
    SCVTF_asisdmiscfp16 "0101111001111001110110nnnnnddddd" Plain SCVTF_asisdmisc "scvtf {Hd}, {Hn}" [feature Fp16] [pre half];
    FCMGT_zero_asisdmiscfp16 "0101111011111000110010nnnnnddddd" Plain FCMGT_zero_asisdmisc "fcmgt {Hd}, {Hn}, #0.0" [feature Fp16] [pre half];
    FCMEQ_zero_asisdmiscfp16 "0101111011111000110110nnnnnddddd" Plain FCMEQ_zero_asisdmisc "fcmeq {Hd}, {Hn}, #0.0" [feature Fp16] [pre half];
    FCMLT_zero_asisdmiscfp16 "0101111011111000111010nnnnnddddd" Plain FCMLT_zero_asisdmisc "fcmlt {Hd}, {Hn}, #0.0" [feature Fp16] [pre half];
    FCVTPS_asisdmiscfp16 "0101111011111001101010nnnnnddddd" Plain FCVTPS_asisdmisc "fcvtps {Hd}, {Hn}" [feature Fp16] [pre half];
    FCVTZS_asisdmiscfp16 "0101111011111001101110nnnnnddddd" Plain FCVTZS_asisdmisc "fcvtzs {Hd}, {Hn}" [feature Fp16] [pre half];
    FRECPE_asisdmiscfp16 "0101111011111001110110nnnnnddddd" Plain FRECPE_asisdmisc "frecpe {Hd}, {Hn}" [feature Fp16] [pre half];
    FRECPX_asisdmiscfp16 "0101111011111001111110nnnnnddddd" Plain FRECPX_asisdmisc "frecpx {Hd}, {Hn}" [feature Fp16] [pre half];
    FCVTNU_asisdmiscfp16 "0111111001111001101010nnnnnddddd" Plain FCVTNU_asisdmisc "fcvtnu {Hd}, {Hn}" [feature Fp16] [pre half];
    FCVTMU_asisdmiscfp16 "0111111001111001101110nnnnnddddd" Plain FCVTMU_asisdmisc "fcvtmu {Hd}, {Hn}" [feature Fp16] [pre half];
    FCVTAU_asisdmiscfp16 "0111111001111001110010nnnnnddddd" Plain FCVTAU_asisdmisc "fcvtau {Hd}, {Hn}" [feature Fp16] [pre half];
    UCVTF_asisdmiscfp16 "0111111001111001110110nnnnnddddd" Plain UCVTF_asisdmisc "ucvtf {Hd}, {Hn}" [feature Fp16] [pre half];
    FCMGE_zero_asisdmiscfp16 "0111111011111000110010nnnnnddddd" Plain FCMGE_zero_asisdmisc "fcmge {Hd}, {Hn}, #0.0" [feature Fp16] [pre half];
    FCMLE_zero_asisdmiscfp16 "0111111011111000110110nnnnnddddd" Plain FCMLE_zero_asisdmisc "fcmle {Hd}, {Hn}, #0.0" [feature Fp16] [pre half];
    FCVTPU_asisdmiscfp16 "0111111011111001101010nnnnnddddd" Plain FCVTPU_asisdmisc "fcvtpu {Hd}, {Hn}" [feature Fp16] [pre half];
    FCVTZU_asisdmiscfp16 "0111111011111001101110nnnnnddddd" Plain FCVTZU_asisdmisc "fcvtzu {Hd}, {Hn}" [feature Fp16] [pre half];
    FRSQRTE_asisdmiscfp16 "0111111011111001110110nnnnnddddd" Plain FRSQRTE_asisdmisc "frsqrte {Hd}, {Hn}" [feature Fp16] [pre half];
    // Advanced SIMD across lanes
    FMAXNMV_asimdall "0110111000110000110010nnnnnddddd" Plain FMAXNMV_asimdall "fmaxnmv {Sd}, {Vn.4s}" [pre single];
    FMAXNMV_H_asimdall "0q00111000110000110010nnnnnddddd" Plain FMAXNMV_asimdall "fmaxnmv {Hd}, {Vn.H}" [feature Fp16] [pre half];
    FMAXV_asimdall "0110111000110000111110nnnnnddddd" Plain FMAXV_asimdall "fmaxv {Sd}, {Vn.4s}" [pre single];
    FMAXV_H_asimdall "0q00111000110000111110nnnnnddddd" Plain FMAXV_asimdall "fmaxv {Hd}, {Vn.H}" [feature Fp16] [pre half];
    FMINNMV_asimdall "0110111010110000110010nnnnnddddd" Plain FMINNMV_asimdall "fminnmv {Sd}, {Vn.4s}" [pre single];
    FMINNMV_H_asimdall "0q00111010110000110010nnnnnddddd" Plain FMINNMV_asimdall "fminnmv {Hd}, {Vn.H}" [feature Fp16] [pre half];
    FMINV_asimdall "0110111010110000111110nnnnnddddd" Plain FMINV_asimdall "fminv {Sd}, {Vn.4s}" [pre single];
    FMINV_H_asimdall "0q00111010110000111110nnnnnddddd" Plain FMINV_asimdall "fminv {Hd}, {Vn.H}" [feature Fp16] [pre half];
    // Advanced SIMD scalar pairwise
    FMAXNMP_asisdpair "011111100z110000110010nnnnnddddd" Plain FMAXNMP_asisdpair "fmaxnmp {Zd}, {Vn.pair}" [pre sz];
    FMAXNMP_H_asisdpair "0101111000110000110010nnnnnddddd" Plain FMAXNMP_asisdpair "fmaxnmp {Hd}, {Vn.2h}" [feature Fp16] [pre half];
    FADDP_asisdpair "011111100z110000110110nnnnnddddd" Plain FADDP_asisdpair "faddp {Zd}, {Vn.pair}" [pre sz];
    FADDP_H_asisdpair "0101111000110000110110nnnnnddddd" Plain FADDP_asisdpair "faddp {Hd}, {Vn.2h}" [feature Fp16] [pre half];
    FMAXP_asisdpair "011111100z110000111110nnnnnddddd" Plain FMAXP_asisdpair "fmaxp {Zd}, {Vn.pair}" [pre sz];
    FMAXP_H_asisdpair "0101111000110000111110nnnnnddddd" Plain FMAXP_asisdpair "fmaxp {Hd}, {Vn.2h}" [feature Fp16] [pre half];
    FMINNMP_asisdpair "011111101z110000110010nnnnnddddd" Plain FMINNMP_asisdpair "fminnmp {Zd}, {Vn.pair}" [pre sz];
    FMINNMP_H_asisdpair "0101111010110000110010nnnnnddddd" Plain FMINNMP_asisdpair "fminnmp {Hd}, {Vn.2h}" [feature Fp16] [pre half];
    FMINP_asisdpair "011111101z110000111110nnnnnddddd" Plain FMINP_asisdpair "fminp {Zd}, {Vn.pair}" [pre sz];
    FMINP_H_asisdpair "0101111010110000111110nnnnnddddd" Plain FMINP_asisdpair "fminp {Hd}, {Vn.2h}" [feature Fp16] [pre half];
    // Advanced SIMD vector by indexed element
    FMLA_asimdelem "0q0011111zlMmmmm0001h0nnnnnddddd" Plain FMLA_asimdelem "fmla {Vd.F}, {Vn.F}, {Vm.sz[i]}" [pre sz] [valid vector_element];
    FMLA_H_asimdelem "0q00111100lMmmmm0001h0nnnnnddddd" Plain FMLA_asimdelem "fmla {Vd.H}, {Vn.H}, {Vm.h[i]}" [feature Fp16] [pre half];
    FMLS_asimdelem "0q0011111zlMmmmm0101h0nnnnnddddd" Plain FMLS_asimdelem "fmls {Vd.F}, {Vn.F}, {Vm.sz[i]}" [pre sz] [valid vector_element];
    FMLS_H_asimdelem "0q00111100lMmmmm0101h0nnnnnddddd" Plain FMLS_asimdelem "fmls {Vd.H}, {Vn.H}, {Vm.h[i]}" [feature Fp16] [pre half];
    FMUL_asimdelem "0q0011111zlMmmmm1001h0nnnnnddddd" Plain FMUL_asimdelem "fmul {Vd.F}, {Vn.F}, {Vm.sz[i]}" [pre sz] [valid vector_element];
    FMUL_H_asimdelem "0q00111100lMmmmm1001h0nnnnnddddd" Plain FMUL_asimdelem "fmul {Vd.H}, {Vn.H}, {Vm.h[i]}" [feature Fp16] [pre half];
    FMULX_asimdelem "0q1011111zlMmmmm1001h0nnnnnddddd" Plain FMULX_asimdelem "fmulx {Vd.F}, {Vn.F}, {Vm.sz[i]}" [pre sz] [valid vector_element];
    FMULX_H_asimdelem "0q10111100lMmmmm1001h0nnnnnddddd" Plain FMULX_asimdelem "fmulx {Vd.H}, {Vn.H}, {Vm.h[i]}" [feature Fp16] [pre half];
    FMLAL_asimdelem "0q00111110lMmmmm0000h0nnnnnddddd" Plain FMLAL_asimdelem "fmlal {Vd.F}, {Vn.FHM}, {Vm.h[i]}" [feature Fhm] [pre half];
    FMLSL_asimdelem "0q00111110lMmmmm0100h0nnnnnddddd" Plain FMLSL_asimdelem "fmlsl {Vd.F}, {Vn.FHM}, {Vm.h[i]}" [feature Fhm] [pre half];
    FMLAL2_asimdelem "0q10111110lMmmmm1000h0nnnnnddddd" Plain FMLAL2_asimdelem "fmlal2 {Vd.F}, {Vn.FHM}, {Vm.h[i]}" [feature Fhm] [pre half];
    FMLSL2_asimdelem "0q10111110lMmmmm1100h0nnnnnddddd" Plain FMLSL2_asimdelem "fmlsl2 {Vd.F}, {Vn.FHM}, {Vm.h[i]}" [feature Fhm] [pre half];
    FCMLA_H_asimdelem "0q10111101lMmmmm0rr1h0nnnnnddddd" Plain FCMLA_asimdelem "fcmla {Vd.H}, {Vn.H}, {Vm.complex[i]}, #{rot14:13}" [feature Fcma] [pre half] [valid half_pair];
    FCMLA_S_asimdelem "01101111100Mmmmm0rr1h0nnnnnddddd" Plain FCMLA_asimdelem "fcmla {Vd.F}, {Vn.F}, {Vm.complex[i]}, #{rot14:13}" [feature Fcma] [pre single];
    // Advanced SIMD scalar by indexed element
    FMLA_asisdelem "010111111zlMmmmm0001h0nnnnnddddd" Plain FMLA_asisdelem "fmla {Zd}, {Zn}, {Vm.sz[i]}" [pre sz] [valid element];
    FMLA_H_asisdelem "0101111100lMmmmm0001h0nnnnnddddd" Plain FMLA_asisdelem "fmla {Hd}, {Hn}, {Vm.h[i]}" [feature Fp16] [pre half];
    FMLS_asisdelem "010111111zlMmmmm0101h0nnnnnddddd" Plain FMLS_asisdelem "fmls {Zd}, {Zn}, {Vm.sz[i]}" [pre sz] [valid element];
    FMLS_H_asisdelem "0101111100lMmmmm0101h0nnnnnddddd" Plain FMLS_asisdelem "fmls {Hd}, {Hn}, {Vm.h[i]}" [feature Fp16] [pre half];
    FMUL_asisdelem "010111111zlMmmmm1001h0nnnnnddddd" Plain FMUL_asisdelem "fmul {Zd}, {Zn}, {Vm.sz[i]}" [pre sz] [valid element];
    FMUL_H_asisdelem "0101111100lMmmmm1001h0nnnnnddddd" Plain FMUL_asisdelem "fmul {Hd}, {Hn}, {Vm.h[i]}" [feature Fp16] [pre half];
    FMULX_asisdelem "011111111zlMmmmm1001h0nnnnnddddd" Plain FMULX_asisdelem "fmulx {Zd}, {Zn}, {Vm.sz[i]}" [pre sz] [valid element];
    FMULX_H_asisdelem "0111111100lMmmmm1001h0nnnnnddddd" Plain FMULX_asisdelem "fmulx {Hd}, {Hn}, {Vm.h[i]}" [feature Fp16] [pre half];
    // Advanced SIMD shift by immediate: fixed point
    SCVTF_H_asimdshf "0q0011110001iiii111001nnnnnddddd" Plain SCVTF_asimdshf "scvtf {Vd.H}, {Vn.H}, #{fbits}" [feature Fp16] [pre shift];
    SCVTF_S_asimdshf "0q001111001iiiii111001nnnnnddddd" Plain SCVTF_asimdshf "scvtf {Vd.shift}, {Vn.shift}, #{fbits}" [pre shift];
    SCVTF_D_asimdshf "0100111101iiiiii111001nnnnnddddd" Plain SCVTF_asimdshf "scvtf {Vd.2d}, {Vn.2d}, #{fbits}" [pre shift];
    FCVTZS_H_asimdshf "0q0011110001iiii111111nnnnnddddd" Plain FCVTZS_asimdshf "fcvtzs {Vd.H}, {Vn.H}, #{fbits}" [feature Fp16] [pre shift];
    FCVTZS_S_asimdshf "0q001111001iiiii111111nnnnnddddd" Plain FCVTZS_asimdshf "fcvtzs {Vd.shift}, {Vn.shift}, #{fbits}" [pre shift];
    FCVTZS_D_asimdshf "0100111101iiiiii111111nnnnnddddd" Plain FCVTZS_asimdshf "fcvtzs {Vd.2d}, {Vn.2d}, #{fbits}" [pre shift];
    UCVTF_H_asimdshf "0q1011110001iiii111001nnnnnddddd" Plain UCVTF_asimdshf "ucvtf {Vd.H}, {Vn.H}, #{fbits}" [feature Fp16] [pre shift];
    UCVTF_S_asimdshf "0q101111001iiiii111001nnnnnddddd" Plain UCVTF_asimdshf "ucvtf {Vd.shift}, {Vn.shift}, #{fbits}" [pre shift];
    UCVTF_D_asimdshf "0110111101iiiiii111001nnnnnddddd" Plain UCVTF_asimdshf "ucvtf {Vd.2d}, {Vn.2d}, #{fbits}" [pre shift];
    FCVTZU_H_asimdshf "0q1011110001iiii111111nnnnnddddd" Plain FCVTZU_asimdshf "fcvtzu {Vd.H}, {Vn.H}, #{fbits}" [feature Fp16] [pre shift];
    FCVTZU_S_asimdshf "0q101111001iiiii111111nnnnnddddd" Plain FCVTZU_asimdshf "fcvtzu {Vd.shift}, {Vn.shift}, #{fbits}" [pre shift];
    FCVTZU_D_asimdshf "0110111101iiiiii111111nnnnnddddd" Plain FCVTZU_asimdshf "fcvtzu {Vd.2d}, {Vn.2d}, #{fbits}" [pre shift];
    // Advanced SIMD scalar shift by immediate: fixed point
    SCVTF_H_asisdshf "010111110001iiii111001nnnnnddddd" Plain SCVTF_asisdshf "scvtf {Hd}, {Hn}, #{fbits}" [feature Fp16] [pre shift];
    SCVTF_S_asisdshf "01011111001iiiii111001nnnnnddddd" Plain SCVTF_asisdshf "scvtf {Sd}, {Sn}, #{fbits}" [pre shift];
    SCVTF_D_asisdshf "0101111101iiiiii111001nnnnnddddd" Plain SCVTF_asisdshf "scvtf {Dd}, {Dn}, #{fbits}" [pre shift];
    FCVTZS_H_asisdshf "010111110001iiii111111nnnnnddddd" Plain FCVTZS_asisdshf "fcvtzs {Hd}, {Hn}, #{fbits}" [feature Fp16] [pre shift];
    FCVTZS_S_asisdshf "01011111001iiiii111111nnnnnddddd" Plain FCVTZS_asisdshf "fcvtzs {Sd}, {Sn}, #{fbits}" [pre shift];
    FCVTZS_D_asisdshf "0101111101iiiiii111111nnnnnddddd" Plain FCVTZS_asisdshf "fcvtzs {Dd}, {Dn}, #{fbits}" [pre shift];
    UCVTF_H_asisdshf "011111110001iiii111001nnnnnddddd" Plain UCVTF_asisdshf "ucvtf {Hd}, {Hn}, #{fbits}" [feature Fp16] [pre shift];
    UCVTF_S_asisdshf "01111111001iiiii111001nnnnnddddd" Plain UCVTF_asisdshf "ucvtf {Sd}, {Sn}, #{fbits}" [pre shift];
    UCVTF_D_asisdshf "0111111101iiiiii111001nnnnnddddd" Plain UCVTF_asisdshf "ucvtf {Dd}, {Dn}, #{fbits}" [pre shift];
    FCVTZU_H_asisdshf "011111110001iiii111111nnnnnddddd" Plain FCVTZU_asisdshf "fcvtzu {Hd}, {Hn}, #{fbits}" [feature Fp16] [pre shift];
    FCVTZU_S_asisdshf "01111111001iiiii111111nnnnnddddd" Plain FCVTZU_asisdshf "fcvtzu {Sd}, {Sn}, #{fbits}" [pre shift];
    FCVTZU_D_asisdshf "0111111101iiiiii111111nnnnnddddd" Plain FCVTZU_asisdshf "fcvtzu {Dd}, {Dn}, #{fbits}" [pre shift];
}

//! Rows of C4.1.96 "Data processing -- scalar floating-point": every row whose record carries a
//! size has it in bits 1..0 of `imm` (0 H, 1 S, 2 D), fraction bits of fixed point from bit 8.

use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_fp_scalar as sem;

/// The format by ftype, bits 23..22.
const fn ftype(w: u32) -> u64 {
    (bits(w, 23, 22) as u64 + 1) & 3
}

/// The format, and 64 - scale as fraction bits.
const fn fixed(w: u32) -> u64 {
    ftype(w) | (64 - bits(w, 15, 10) as u64) << 8
}

/// At most 32 fraction bits for a 32-bit integer.
const fn scale_fits(w: u32) -> bool {
    bits(w, 31, 31) == 1 || bits(w, 15, 15) == 1
}

/// From S, D or H to another of them.
const fn fcvt_formats(w: u32) -> bool {
    let (from, to) = (bits(w, 23, 22), bits(w, 16, 15));
    from != 2 && to != 2 && from != to
}

/// `VFPExpandImm`: the bits of the constant in the format of ftype.
const fn fp_immediate(w: u32) -> u64 {
    let (exp_bits, frac_bits) = match bits(w, 23, 22) {
        0 => (8, 23),
        1 => (11, 52),
        _ => (5, 10),
    };
    let imm8 = bits(w, 20, 13) as u64;
    // Exponent: NOT(b6), b6 repeated, b5, b4.
    let high = if imm8 >> 6 & 1 == 1 { (1 << (exp_bits - 3)) - 1 } else { 1 << (exp_bits - 3) };
    let exp = high << 2 | imm8 >> 4 & 3;
    imm8 >> 7 << (exp_bits + frac_bits) | exp << frac_bits | (imm8 & 15) << (frac_bits - 4)
}

crate::isa::a64::table::section! { "fp_scalar";
    // Conversion between floating-point and fixed-point
    SCVTF_float2fix "s00111100t000010ccccccnnnnnddddd" Plain SCVTF_float2fix "scvtf {Fd}, {Rn}, #{fbits}" [pre fixed] [valid scale_fits];
    SCVTF_H_float2fix "s001111011000010ccccccnnnnnddddd" Plain SCVTF_float2fix "scvtf {Fd}, {Rn}, #{fbits}" [feature Fp16] [pre fixed] [valid scale_fits];
    UCVTF_float2fix "s00111100t000011ccccccnnnnnddddd" Plain UCVTF_float2fix "ucvtf {Fd}, {Rn}, #{fbits}" [pre fixed] [valid scale_fits];
    UCVTF_H_float2fix "s001111011000011ccccccnnnnnddddd" Plain UCVTF_float2fix "ucvtf {Fd}, {Rn}, #{fbits}" [feature Fp16] [pre fixed] [valid scale_fits];
    FCVTZS_float2fix "s00111100t011000ccccccnnnnnddddd" Plain FCVTZS_float2fix "fcvtzs {Rd}, {Fn}, #{fbits}" [pre fixed] [valid scale_fits];
    FCVTZS_H_float2fix "s001111011011000ccccccnnnnnddddd" Plain FCVTZS_float2fix "fcvtzs {Rd}, {Fn}, #{fbits}" [feature Fp16] [pre fixed] [valid scale_fits];
    FCVTZU_float2fix "s00111100t011001ccccccnnnnnddddd" Plain FCVTZU_float2fix "fcvtzu {Rd}, {Fn}, #{fbits}" [pre fixed] [valid scale_fits];
    FCVTZU_H_float2fix "s001111011011001ccccccnnnnnddddd" Plain FCVTZU_float2fix "fcvtzu {Rd}, {Fn}, #{fbits}" [feature Fp16] [pre fixed] [valid scale_fits];
    // Conversion between floating-point and integer
    FCVTNS_float2int "s00111100t100000000000nnnnnddddd" Plain FCVTNS_float2int "fcvtns {Rd}, {Fn}" [pre ftype];
    FCVTNS_H_float2int "s001111011100000000000nnnnnddddd" Plain FCVTNS_float2int "fcvtns {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FCVTNU_float2int "s00111100t100001000000nnnnnddddd" Plain FCVTNU_float2int "fcvtnu {Rd}, {Fn}" [pre ftype];
    FCVTNU_H_float2int "s001111011100001000000nnnnnddddd" Plain FCVTNU_float2int "fcvtnu {Rd}, {Fn}" [feature Fp16] [pre ftype];
    SCVTF_float2int "s00111100t100010000000nnnnnddddd" Plain SCVTF_float2int "scvtf {Fd}, {Rn}" [pre ftype];
    SCVTF_H_float2int "s001111011100010000000nnnnnddddd" Plain SCVTF_float2int "scvtf {Fd}, {Rn}" [feature Fp16] [pre ftype];
    UCVTF_float2int "s00111100t100011000000nnnnnddddd" Plain UCVTF_float2int "ucvtf {Fd}, {Rn}" [pre ftype];
    UCVTF_H_float2int "s001111011100011000000nnnnnddddd" Plain UCVTF_float2int "ucvtf {Fd}, {Rn}" [feature Fp16] [pre ftype];
    FCVTAS_float2int "s00111100t100100000000nnnnnddddd" Plain FCVTAS_float2int "fcvtas {Rd}, {Fn}" [pre ftype];
    FCVTAS_H_float2int "s001111011100100000000nnnnnddddd" Plain FCVTAS_float2int "fcvtas {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FCVTAU_float2int "s00111100t100101000000nnnnnddddd" Plain FCVTAU_float2int "fcvtau {Rd}, {Fn}" [pre ftype];
    FCVTAU_H_float2int "s001111011100101000000nnnnnddddd" Plain FCVTAU_float2int "fcvtau {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FCVTPS_float2int "s00111100t101000000000nnnnnddddd" Plain FCVTPS_float2int "fcvtps {Rd}, {Fn}" [pre ftype];
    FCVTPS_H_float2int "s001111011101000000000nnnnnddddd" Plain FCVTPS_float2int "fcvtps {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FCVTPU_float2int "s00111100t101001000000nnnnnddddd" Plain FCVTPU_float2int "fcvtpu {Rd}, {Fn}" [pre ftype];
    FCVTPU_H_float2int "s001111011101001000000nnnnnddddd" Plain FCVTPU_float2int "fcvtpu {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FCVTMS_float2int "s00111100t110000000000nnnnnddddd" Plain FCVTMS_float2int "fcvtms {Rd}, {Fn}" [pre ftype];
    FCVTMS_H_float2int "s001111011110000000000nnnnnddddd" Plain FCVTMS_float2int "fcvtms {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FCVTMU_float2int "s00111100t110001000000nnnnnddddd" Plain FCVTMU_float2int "fcvtmu {Rd}, {Fn}" [pre ftype];
    FCVTMU_H_float2int "s001111011110001000000nnnnnddddd" Plain FCVTMU_float2int "fcvtmu {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FCVTZS_float2int "s00111100t111000000000nnnnnddddd" Plain FCVTZS_float2int "fcvtzs {Rd}, {Fn}" [pre ftype];
    FCVTZS_H_float2int "s001111011111000000000nnnnnddddd" Plain FCVTZS_float2int "fcvtzs {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FCVTZU_float2int "s00111100t111001000000nnnnnddddd" Plain FCVTZU_float2int "fcvtzu {Rd}, {Fn}" [pre ftype];
    FCVTZU_H_float2int "s001111011111001000000nnnnnddddd" Plain FCVTZU_float2int "fcvtzu {Rd}, {Fn}" [feature Fp16] [pre ftype];
    FJCVTZS_float2int "0001111001111110000000nnnnnddddd" Plain FJCVTZS_float2int "fjcvtzs {Wd}, {Dn}" [feature Jscvt];
    FMOV_WS_float2int "0001111000100110000000nnnnnddddd" Plain FMOV_to_general "fmov {Wd}, {Sn}" [pre ftype];
    FMOV_SW_float2int "0001111000100111000000nnnnnddddd" Plain FMOV_from_general "fmov {Sd}, {Wn}" [pre ftype];
    FMOV_XD_float2int "1001111001100110000000nnnnnddddd" Plain FMOV_to_general "fmov {Xd}, {Dn}" [pre ftype];
    FMOV_DX_float2int "1001111001100111000000nnnnnddddd" Plain FMOV_from_general "fmov {Dd}, {Xn}" [pre ftype];
    FMOV_RH_float2int "s001111011100110000000nnnnnddddd" Plain FMOV_to_general "fmov {Rd}, {Hn}" [feature Fp16] [pre ftype];
    FMOV_HR_float2int "s001111011100111000000nnnnnddddd" Plain FMOV_from_general "fmov {Hd}, {Rn}" [feature Fp16] [pre ftype];
    FMOV_XVD1_float2int "1001111010101110000000nnnnnddddd" Plain FMOV_to_general_upper "fmov {Xd}, {Vn}.d[1]" ;
    FMOV_VD1X_float2int "1001111010101111000000nnnnnddddd" Plain FMOV_from_general_upper "fmov {Vd}.d[1], {Xn}" ;
    // Data processing (1 source)
    FMOV_floatdp1 "000111100t100000010000nnnnnddddd" Plain FMOV_floatdp1 "fmov {Fd}, {Fn}" [pre ftype];
    FMOV_H_floatdp1 "0001111011100000010000nnnnnddddd" Plain FMOV_floatdp1 "fmov {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FABS_floatdp1 "000111100t100000110000nnnnnddddd" Plain FABS_floatdp1 "fabs {Fd}, {Fn}" [pre ftype];
    FABS_H_floatdp1 "0001111011100000110000nnnnnddddd" Plain FABS_floatdp1 "fabs {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FNEG_floatdp1 "000111100t100001010000nnnnnddddd" Plain FNEG_floatdp1 "fneg {Fd}, {Fn}" [pre ftype];
    FNEG_H_floatdp1 "0001111011100001010000nnnnnddddd" Plain FNEG_floatdp1 "fneg {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FSQRT_floatdp1 "000111100t100001110000nnnnnddddd" Plain FSQRT_floatdp1 "fsqrt {Fd}, {Fn}" [pre ftype];
    FSQRT_H_floatdp1 "0001111011100001110000nnnnnddddd" Plain FSQRT_floatdp1 "fsqrt {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FRINTN_floatdp1 "000111100t100100010000nnnnnddddd" Plain FRINTN_floatdp1 "frintn {Fd}, {Fn}" [pre ftype];
    FRINTN_H_floatdp1 "0001111011100100010000nnnnnddddd" Plain FRINTN_floatdp1 "frintn {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FRINTP_floatdp1 "000111100t100100110000nnnnnddddd" Plain FRINTP_floatdp1 "frintp {Fd}, {Fn}" [pre ftype];
    FRINTP_H_floatdp1 "0001111011100100110000nnnnnddddd" Plain FRINTP_floatdp1 "frintp {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FRINTM_floatdp1 "000111100t100101010000nnnnnddddd" Plain FRINTM_floatdp1 "frintm {Fd}, {Fn}" [pre ftype];
    FRINTM_H_floatdp1 "0001111011100101010000nnnnnddddd" Plain FRINTM_floatdp1 "frintm {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FRINTZ_floatdp1 "000111100t100101110000nnnnnddddd" Plain FRINTZ_floatdp1 "frintz {Fd}, {Fn}" [pre ftype];
    FRINTZ_H_floatdp1 "0001111011100101110000nnnnnddddd" Plain FRINTZ_floatdp1 "frintz {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FRINTA_floatdp1 "000111100t100110010000nnnnnddddd" Plain FRINTA_floatdp1 "frinta {Fd}, {Fn}" [pre ftype];
    FRINTA_H_floatdp1 "0001111011100110010000nnnnnddddd" Plain FRINTA_floatdp1 "frinta {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FRINTX_floatdp1 "000111100t100111010000nnnnnddddd" Plain FRINTX_floatdp1 "frintx {Fd}, {Fn}" [pre ftype];
    FRINTX_H_floatdp1 "0001111011100111010000nnnnnddddd" Plain FRINTX_floatdp1 "frintx {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FRINTI_floatdp1 "000111100t100111110000nnnnnddddd" Plain FRINTI_floatdp1 "frinti {Fd}, {Fn}" [pre ftype];
    FRINTI_H_floatdp1 "0001111011100111110000nnnnnddddd" Plain FRINTI_floatdp1 "frinti {Fd}, {Fn}" [feature Fp16] [pre ftype];
    FCVT_floatdp1 "00011110tt10001oo10000nnnnnddddd" Plain FCVT_floatdp1 "fcvt {Fd.to}, {Fn}" [pre ftype] [valid fcvt_formats];
    FRINT32Z_floatdp1 "000111100t101000010000nnnnnddddd" Plain FRINT32Z_floatdp1 "frint32z {Fd}, {Fn}" [feature FrintTs] [pre ftype];
    FRINT32X_floatdp1 "000111100t101000110000nnnnnddddd" Plain FRINT32X_floatdp1 "frint32x {Fd}, {Fn}" [feature FrintTs] [pre ftype];
    FRINT64Z_floatdp1 "000111100t101001010000nnnnnddddd" Plain FRINT64Z_floatdp1 "frint64z {Fd}, {Fn}" [feature FrintTs] [pre ftype];
    FRINT64X_floatdp1 "000111100t101001110000nnnnnddddd" Plain FRINT64X_floatdp1 "frint64x {Fd}, {Fn}" [feature FrintTs] [pre ftype];
    // Compare
    FCMP_floatcmp "000111100t1mmmmm001000nnnnn00000" Plain FCMP_floatcmp "fcmp {Fn}, {Fm}" [pre ftype];
    FCMP_H_floatcmp "00011110111mmmmm001000nnnnn00000" Plain FCMP_floatcmp "fcmp {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FCMP_zero_floatcmp "000111100t1-----001000nnnnn01000" Plain FCMP_zero_floatcmp "fcmp {Fn}, #0.0" [pre ftype];
    FCMP_zero_H_floatcmp "00011110111-----001000nnnnn01000" Plain FCMP_zero_floatcmp "fcmp {Fn}, #0.0" [feature Fp16] [pre ftype];
    FCMPE_floatcmp "000111100t1mmmmm001000nnnnn10000" Plain FCMPE_floatcmp "fcmpe {Fn}, {Fm}" [pre ftype];
    FCMPE_H_floatcmp "00011110111mmmmm001000nnnnn10000" Plain FCMPE_floatcmp "fcmpe {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FCMPE_zero_floatcmp "000111100t1-----001000nnnnn11000" Plain FCMPE_zero_floatcmp "fcmpe {Fn}, #0.0" [pre ftype];
    FCMPE_zero_H_floatcmp "00011110111-----001000nnnnn11000" Plain FCMPE_zero_floatcmp "fcmpe {Fn}, #0.0" [feature Fp16] [pre ftype];
    // Immediate
    FMOV_floatimm "000111100t1iiiiiiii10000000ddddd" Plain FMOV_floatimm "fmov {Fd}, #{fpimm}" [pre fp_immediate];
    FMOV_H_floatimm "00011110111iiiiiiii10000000ddddd" Plain FMOV_floatimm "fmov {Fd}, #{fpimm}" [feature Fp16] [pre fp_immediate];
    // Conditional compare
    FCCMP_floatccmp "000111100t1mmmmmcccc01nnnnn0vvvv" Plain FCCMP_floatccmp "fccmp {Fn}, {Fm}, #{x3:0}, {fpcond}" [pre ftype];
    FCCMP_H_floatccmp "00011110111mmmmmcccc01nnnnn0vvvv" Plain FCCMP_floatccmp "fccmp {Fn}, {Fm}, #{x3:0}, {fpcond}" [feature Fp16] [pre ftype];
    FCCMPE_floatccmp "000111100t1mmmmmcccc01nnnnn1vvvv" Plain FCCMPE_floatccmp "fccmpe {Fn}, {Fm}, #{x3:0}, {fpcond}" [pre ftype];
    FCCMPE_H_floatccmp "00011110111mmmmmcccc01nnnnn1vvvv" Plain FCCMPE_floatccmp "fccmpe {Fn}, {Fm}, #{x3:0}, {fpcond}" [feature Fp16] [pre ftype];
    // Data processing (2 source)
    FMUL_floatdp2 "000111100t1mmmmm000010nnnnnddddd" Plain FMUL_floatdp2 "fmul {Fd}, {Fn}, {Fm}" [pre ftype];
    FMUL_H_floatdp2 "00011110111mmmmm000010nnnnnddddd" Plain FMUL_floatdp2 "fmul {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FDIV_floatdp2 "000111100t1mmmmm000110nnnnnddddd" Plain FDIV_floatdp2 "fdiv {Fd}, {Fn}, {Fm}" [pre ftype];
    FDIV_H_floatdp2 "00011110111mmmmm000110nnnnnddddd" Plain FDIV_floatdp2 "fdiv {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FADD_floatdp2 "000111100t1mmmmm001010nnnnnddddd" Plain FADD_floatdp2 "fadd {Fd}, {Fn}, {Fm}" [pre ftype];
    FADD_H_floatdp2 "00011110111mmmmm001010nnnnnddddd" Plain FADD_floatdp2 "fadd {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FSUB_floatdp2 "000111100t1mmmmm001110nnnnnddddd" Plain FSUB_floatdp2 "fsub {Fd}, {Fn}, {Fm}" [pre ftype];
    FSUB_H_floatdp2 "00011110111mmmmm001110nnnnnddddd" Plain FSUB_floatdp2 "fsub {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FMAX_floatdp2 "000111100t1mmmmm010010nnnnnddddd" Plain FMAX_floatdp2 "fmax {Fd}, {Fn}, {Fm}" [pre ftype];
    FMAX_H_floatdp2 "00011110111mmmmm010010nnnnnddddd" Plain FMAX_floatdp2 "fmax {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FMIN_floatdp2 "000111100t1mmmmm010110nnnnnddddd" Plain FMIN_floatdp2 "fmin {Fd}, {Fn}, {Fm}" [pre ftype];
    FMIN_H_floatdp2 "00011110111mmmmm010110nnnnnddddd" Plain FMIN_floatdp2 "fmin {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FMAXNM_floatdp2 "000111100t1mmmmm011010nnnnnddddd" Plain FMAXNM_floatdp2 "fmaxnm {Fd}, {Fn}, {Fm}" [pre ftype];
    FMAXNM_H_floatdp2 "00011110111mmmmm011010nnnnnddddd" Plain FMAXNM_floatdp2 "fmaxnm {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FMINNM_floatdp2 "000111100t1mmmmm011110nnnnnddddd" Plain FMINNM_floatdp2 "fminnm {Fd}, {Fn}, {Fm}" [pre ftype];
    FMINNM_H_floatdp2 "00011110111mmmmm011110nnnnnddddd" Plain FMINNM_floatdp2 "fminnm {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    FNMUL_floatdp2 "000111100t1mmmmm100010nnnnnddddd" Plain FNMUL_floatdp2 "fnmul {Fd}, {Fn}, {Fm}" [pre ftype];
    FNMUL_H_floatdp2 "00011110111mmmmm100010nnnnnddddd" Plain FNMUL_floatdp2 "fnmul {Fd}, {Fn}, {Fm}" [feature Fp16] [pre ftype];
    // Conditional select
    FCSEL_floatsel "000111100t1mmmmmcccc11nnnnnddddd" Plain FCSEL_floatsel "fcsel {Fd}, {Fn}, {Fm}, {fpcond}" [pre ftype];
    FCSEL_H_floatsel "00011110111mmmmmcccc11nnnnnddddd" Plain FCSEL_floatsel "fcsel {Fd}, {Fn}, {Fm}, {fpcond}" [feature Fp16] [pre ftype];
    // Data processing (3 source)
    FMADD_floatdp3 "000111110t0mmmmm0aaaaannnnnddddd" Plain FMADD_floatdp3 "fmadd {Fd}, {Fn}, {Fm}, {Fa}" [pre ftype];
    FMADD_H_floatdp3 "00011111110mmmmm0aaaaannnnnddddd" Plain FMADD_floatdp3 "fmadd {Fd}, {Fn}, {Fm}, {Fa}" [feature Fp16] [pre ftype];
    FMSUB_floatdp3 "000111110t0mmmmm1aaaaannnnnddddd" Plain FMSUB_floatdp3 "fmsub {Fd}, {Fn}, {Fm}, {Fa}" [pre ftype];
    FMSUB_H_floatdp3 "00011111110mmmmm1aaaaannnnnddddd" Plain FMSUB_floatdp3 "fmsub {Fd}, {Fn}, {Fm}, {Fa}" [feature Fp16] [pre ftype];
    FNMADD_floatdp3 "000111110t1mmmmm0aaaaannnnnddddd" Plain FNMADD_floatdp3 "fnmadd {Fd}, {Fn}, {Fm}, {Fa}" [pre ftype];
    FNMADD_H_floatdp3 "00011111111mmmmm0aaaaannnnnddddd" Plain FNMADD_floatdp3 "fnmadd {Fd}, {Fn}, {Fm}, {Fa}" [feature Fp16] [pre ftype];
    FNMSUB_floatdp3 "000111110t1mmmmm1aaaaannnnnddddd" Plain FNMSUB_floatdp3 "fnmsub {Fd}, {Fn}, {Fm}, {Fa}" [pre ftype];
    FNMSUB_H_floatdp3 "00011111111mmmmm1aaaaannnnnddddd" Plain FNMSUB_floatdp3 "fnmsub {Fd}, {Fn}, {Fm}, {Fa}" [feature Fp16] [pre ftype];
}

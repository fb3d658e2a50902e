//! Rows of C4.1.94 "Data processing -- scalar floating-point and Advanced SIMD": integer
//! arithmetic, comparisons and shifts, vector and scalar. Rows are named by the manual's class.

use crate::emit::Lane;
use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_simd_int as sem;

const fn size(w: u32) -> u32 {
    bits(w, 23, 22)
}
/// Lanes of 64 bits only in pairs: 1D is reserved.
pub(super) const fn vector(w: u32) -> bool {
    size(w) != 3 || bits(w, 30, 30) == 1
}
const fn size_bhs(w: u32) -> bool {
    size(w) != 3
}
const fn size_bh(w: u32) -> bool {
    size(w) < 2
}
const fn size_hs(w: u32) -> bool {
    size(w) == 1 || size(w) == 2
}
/// Across lanes: no 2S, no 64-bit lanes.
const fn across(w: u32) -> bool {
    size(w) < 2 || size(w) == 2 && bits(w, 30, 30) == 1
}
/// immh 0 belongs to "modified immediate"; 1D is reserved.
const fn shift_vector(w: u32) -> bool {
    bits(w, 22, 19) != 0 && (bits(w, 22, 22) == 0 || bits(w, 30, 30) == 1)
}
const fn shift_narrow(w: u32) -> bool {
    bits(w, 22, 19) != 0 && bits(w, 22, 22) == 0
}
const fn shift_scalar(w: u32) -> bool {
    bits(w, 22, 19) != 0
}

/// Lane of a shift (the narrow one): the highest set bit of immh.
pub(in crate::isa::a64) const fn shift_lane(w: u32) -> Lane {
    Lane::of(31 - (bits(w, 22, 19) | 1).leading_zeros())
}
/// Amount in bits 7..0, lane in bits 9..8.
const fn shift_left(w: u32) -> u64 {
    let l = shift_lane(w);
    (l as u64) << 8 | (bits(w, 22, 16) - l.bits()) as u64
}
const fn shift_right(w: u32) -> u64 {
    let l = shift_lane(w);
    (l as u64) << 8 | (2 * l.bits() - bits(w, 22, 16)) as u64
}


crate::isa::a64::table::section! { "simd_int";
    // Advanced SIMD three same
    SHADD_asimdsame     "0q001110ss1mmmmm000001nnnnnddddd" Plain SHADD_same    "shadd {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SQADD_asimdsame     "0q001110ss1mmmmm000011nnnnnddddd" Plain SQADD_same    "sqadd {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    SRHADD_asimdsame    "0q001110ss1mmmmm000101nnnnnddddd" Plain SRHADD_same   "srhadd {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SHSUB_asimdsame     "0q001110ss1mmmmm001001nnnnnddddd" Plain SHSUB_same    "shsub {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SQSUB_asimdsame     "0q001110ss1mmmmm001011nnnnnddddd" Plain SQSUB_same    "sqsub {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    CMGT_asimdsame      "0q001110ss1mmmmm001101nnnnnddddd" Plain CMGT_same     "cmgt {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    CMGE_asimdsame      "0q001110ss1mmmmm001111nnnnnddddd" Plain CMGE_same     "cmge {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    SSHL_asimdsame      "0q001110ss1mmmmm010001nnnnnddddd" Plain SSHL_same     "sshl {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    SQSHL_asimdsame     "0q001110ss1mmmmm010011nnnnnddddd" Plain SQSHL_same    "sqshl {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    SRSHL_asimdsame     "0q001110ss1mmmmm010101nnnnnddddd" Plain SRSHL_same    "srshl {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    SQRSHL_asimdsame    "0q001110ss1mmmmm010111nnnnnddddd" Plain SQRSHL_same   "sqrshl {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    SMAX_asimdsame      "0q001110ss1mmmmm011001nnnnnddddd" Plain SMAX_same     "smax {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SMIN_asimdsame      "0q001110ss1mmmmm011011nnnnnddddd" Plain SMIN_same     "smin {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SABD_asimdsame      "0q001110ss1mmmmm011101nnnnnddddd" Plain SABD_same     "sabd {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SABA_asimdsame      "0q001110ss1mmmmm011111nnnnnddddd" Plain SABA_same     "saba {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    ADD_asimdsame       "0q001110ss1mmmmm100001nnnnnddddd" Plain ADD_same      "add {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    CMTST_asimdsame     "0q001110ss1mmmmm100011nnnnnddddd" Plain CMTST_same    "cmtst {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    MLA_asimdsame       "0q001110ss1mmmmm100101nnnnnddddd" Plain MLA_same      "mla {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    MUL_asimdsame       "0q001110ss1mmmmm100111nnnnnddddd" Plain MUL_same      "mul {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SMAXP_asimdsame     "0q001110ss1mmmmm101001nnnnnddddd" Plain SMAXP_same    "smaxp {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SMINP_asimdsame     "0q001110ss1mmmmm101011nnnnnddddd" Plain SMINP_same    "sminp {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SQDMULH_asimdsame   "0q001110ss1mmmmm101101nnnnnddddd" Plain SQDMULH_same  "sqdmulh {Vd.T}, {Vn.T}, {Vm.T}" [valid size_hs];
    ADDP_asimdsame      "0q001110ss1mmmmm101111nnnnnddddd" Plain ADDP_same     "addp {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    UHADD_asimdsame     "0q101110ss1mmmmm000001nnnnnddddd" Plain UHADD_same    "uhadd {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UQADD_asimdsame     "0q101110ss1mmmmm000011nnnnnddddd" Plain UQADD_same    "uqadd {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    URHADD_asimdsame    "0q101110ss1mmmmm000101nnnnnddddd" Plain URHADD_same   "urhadd {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UHSUB_asimdsame     "0q101110ss1mmmmm001001nnnnnddddd" Plain UHSUB_same    "uhsub {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UQSUB_asimdsame     "0q101110ss1mmmmm001011nnnnnddddd" Plain UQSUB_same    "uqsub {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    CMHI_asimdsame      "0q101110ss1mmmmm001101nnnnnddddd" Plain CMHI_same     "cmhi {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    CMHS_asimdsame      "0q101110ss1mmmmm001111nnnnnddddd" Plain CMHS_same     "cmhs {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    USHL_asimdsame      "0q101110ss1mmmmm010001nnnnnddddd" Plain USHL_same     "ushl {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    UQSHL_asimdsame     "0q101110ss1mmmmm010011nnnnnddddd" Plain UQSHL_same    "uqshl {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    URSHL_asimdsame     "0q101110ss1mmmmm010101nnnnnddddd" Plain URSHL_same    "urshl {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    UQRSHL_asimdsame    "0q101110ss1mmmmm010111nnnnnddddd" Plain UQRSHL_same   "uqrshl {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    UMAX_asimdsame      "0q101110ss1mmmmm011001nnnnnddddd" Plain UMAX_same     "umax {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UMIN_asimdsame      "0q101110ss1mmmmm011011nnnnnddddd" Plain UMIN_same     "umin {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UABD_asimdsame      "0q101110ss1mmmmm011101nnnnnddddd" Plain UABD_same     "uabd {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UABA_asimdsame      "0q101110ss1mmmmm011111nnnnnddddd" Plain UABA_same     "uaba {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SUB_asimdsame       "0q101110ss1mmmmm100001nnnnnddddd" Plain SUB_same      "sub {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    CMEQ_asimdsame      "0q101110ss1mmmmm100011nnnnnddddd" Plain CMEQ_same     "cmeq {Vd.T}, {Vn.T}, {Vm.T}" [valid vector];
    MLS_asimdsame       "0q101110ss1mmmmm100101nnnnnddddd" Plain MLS_same      "mls {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    PMUL_asimdsame      "0q101110001mmmmm100111nnnnnddddd" Plain PMUL_same     "pmul {Vd.T}, {Vn.T}, {Vm.T}";
    UMAXP_asimdsame     "0q101110ss1mmmmm101001nnnnnddddd" Plain UMAXP_same    "umaxp {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UMINP_asimdsame     "0q101110ss1mmmmm101011nnnnnddddd" Plain UMINP_same    "uminp {Vd.T}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SQRDMULH_asimdsame  "0q101110ss1mmmmm101101nnnnnddddd" Plain SQRDMULH_same "sqrdmulh {Vd.T}, {Vn.T}, {Vm.T}" [valid size_hs];
    AND_asimdsame       "0q001110001mmmmm000111nnnnnddddd" Plain AND_same      "and {Vd.B}, {Vn.B}, {Vm.B}";
    BIC_asimdsame       "0q001110011mmmmm000111nnnnnddddd" Plain BIC_same      "bic {Vd.B}, {Vn.B}, {Vm.B}";
    ORR_asimdsame       "0q001110101mmmmm000111nnnnnddddd" Plain ORR_same      "orr {Vd.B}, {Vn.B}, {Vm.B}";
    ORN_asimdsame       "0q001110111mmmmm000111nnnnnddddd" Plain ORN_same      "orn {Vd.B}, {Vn.B}, {Vm.B}";
    EOR_asimdsame       "0q101110001mmmmm000111nnnnnddddd" Plain EOR_same      "eor {Vd.B}, {Vn.B}, {Vm.B}";
    BSL_asimdsame       "0q101110011mmmmm000111nnnnnddddd" Plain BSL_same      "bsl {Vd.B}, {Vn.B}, {Vm.B}";
    BIT_asimdsame       "0q101110101mmmmm000111nnnnnddddd" Plain BIT_same      "bit {Vd.B}, {Vn.B}, {Vm.B}";
    BIF_asimdsame       "0q101110111mmmmm000111nnnnnddddd" Plain BIF_same      "bif {Vd.B}, {Vn.B}, {Vm.B}";

    // Advanced SIMD three same extra
    SQRDMLAH_asimdsame2 "0q101110ss0mmmmm100001nnnnnddddd" Plain SQRDMLAH_same "sqrdmlah {Vd.T}, {Vn.T}, {Vm.T}" [feature Rdm] [valid size_hs];
    SQRDMLSH_asimdsame2 "0q101110ss0mmmmm100011nnnnnddddd" Plain SQRDMLSH_same "sqrdmlsh {Vd.T}, {Vn.T}, {Vm.T}" [feature Rdm] [valid size_hs];
    SDOT_asimdsame2     "0q001110100mmmmm100101nnnnnddddd" Plain SDOT_same     "sdot {Vd}.{S}, {Vn.B}, {Vm.B}" [feature DotProd];
    UDOT_asimdsame2     "0q101110100mmmmm100101nnnnnddddd" Plain UDOT_same     "udot {Vd}.{S}, {Vn.B}, {Vm.B}" [feature DotProd];

    // Advanced SIMD three different
    SADDL_asimddiff     "0q001110ss1mmmmm000000nnnnnddddd" Plain SADDL_diff    "saddl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SADDW_asimddiff     "0q001110ss1mmmmm000100nnnnnddddd" Plain SADDW_diff    "saddw{2} {Vd.L}, {Vn.L}, {Vm.T}" [valid size_bhs];
    SSUBL_asimddiff     "0q001110ss1mmmmm001000nnnnnddddd" Plain SSUBL_diff    "ssubl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SSUBW_asimddiff     "0q001110ss1mmmmm001100nnnnnddddd" Plain SSUBW_diff    "ssubw{2} {Vd.L}, {Vn.L}, {Vm.T}" [valid size_bhs];
    ADDHN_asimddiff     "0q001110ss1mmmmm010000nnnnnddddd" Plain ADDHN_diff    "addhn{2} {Vd.T}, {Vn.L}, {Vm.L}" [valid size_bhs];
    SABAL_asimddiff     "0q001110ss1mmmmm010100nnnnnddddd" Plain SABAL_diff    "sabal{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SUBHN_asimddiff     "0q001110ss1mmmmm011000nnnnnddddd" Plain SUBHN_diff    "subhn{2} {Vd.T}, {Vn.L}, {Vm.L}" [valid size_bhs];
    SABDL_asimddiff     "0q001110ss1mmmmm011100nnnnnddddd" Plain SABDL_diff    "sabdl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SMLAL_asimddiff     "0q001110ss1mmmmm100000nnnnnddddd" Plain SMLAL_diff    "smlal{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SQDMLAL_asimddiff   "0q001110ss1mmmmm100100nnnnnddddd" Plain SQDMLAL_diff  "sqdmlal{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_hs];
    SMLSL_asimddiff     "0q001110ss1mmmmm101000nnnnnddddd" Plain SMLSL_diff    "smlsl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SQDMLSL_asimddiff   "0q001110ss1mmmmm101100nnnnnddddd" Plain SQDMLSL_diff  "sqdmlsl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_hs];
    SMULL_asimddiff     "0q001110ss1mmmmm110000nnnnnddddd" Plain SMULL_diff    "smull{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    SQDMULL_asimddiff   "0q001110ss1mmmmm110100nnnnnddddd" Plain SQDMULL_diff  "sqdmull{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_hs];
    UADDL_asimddiff     "0q101110ss1mmmmm000000nnnnnddddd" Plain UADDL_diff    "uaddl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UADDW_asimddiff     "0q101110ss1mmmmm000100nnnnnddddd" Plain UADDW_diff    "uaddw{2} {Vd.L}, {Vn.L}, {Vm.T}" [valid size_bhs];
    USUBL_asimddiff     "0q101110ss1mmmmm001000nnnnnddddd" Plain USUBL_diff    "usubl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    USUBW_asimddiff     "0q101110ss1mmmmm001100nnnnnddddd" Plain USUBW_diff    "usubw{2} {Vd.L}, {Vn.L}, {Vm.T}" [valid size_bhs];
    RADDHN_asimddiff    "0q101110ss1mmmmm010000nnnnnddddd" Plain RADDHN_diff   "raddhn{2} {Vd.T}, {Vn.L}, {Vm.L}" [valid size_bhs];
    UABAL_asimddiff     "0q101110ss1mmmmm010100nnnnnddddd" Plain UABAL_diff    "uabal{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    RSUBHN_asimddiff    "0q101110ss1mmmmm011000nnnnnddddd" Plain RSUBHN_diff   "rsubhn{2} {Vd.T}, {Vn.L}, {Vm.L}" [valid size_bhs];
    UABDL_asimddiff     "0q101110ss1mmmmm011100nnnnnddddd" Plain UABDL_diff    "uabdl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UMLAL_asimddiff     "0q101110ss1mmmmm100000nnnnnddddd" Plain UMLAL_diff    "umlal{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UMLSL_asimddiff     "0q101110ss1mmmmm101000nnnnnddddd" Plain UMLSL_diff    "umlsl{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    UMULL_asimddiff     "0q101110ss1mmmmm110000nnnnnddddd" Plain UMULL_diff    "umull{2} {Vd.L}, {Vn.T}, {Vm.T}" [valid size_bhs];
    PMULL_asimddiff     "0q001110001mmmmm111000nnnnnddddd" Plain PMULL_diff    "pmull{2} {Vd.L}, {Vn.T}, {Vm.T}";
    PMULL_1q_asimddiff  "0q001110111mmmmm111000nnnnnddddd" Plain PMULL_diff    "pmull{2} {Vd.L}, {Vn.T}, {Vm.T}" [feature Pmull];

    // Advanced SIMD two-register miscellaneous
    REV64_asimdmisc     "0q001110ss100000000010nnnnnddddd" Plain REV64_misc    "rev64 {Vd.T}, {Vn.T}" [valid size_bhs];
    REV16_asimdmisc     "0q00111000100000000110nnnnnddddd" Plain REV16_misc    "rev16 {Vd.T}, {Vn.T}";
    SADDLP_asimdmisc    "0q001110ss100000001010nnnnnddddd" Plain SADDLP_misc   "saddlp {Vd}.{P}, {Vn.T}" [valid size_bhs];
    SUQADD_asimdmisc    "0q001110ss100000001110nnnnnddddd" Plain SUQADD_misc   "suqadd {Vd.T}, {Vn.T}" [valid vector];
    CLS_asimdmisc       "0q001110ss100000010010nnnnnddddd" Plain CLS_misc      "cls {Vd.T}, {Vn.T}" [valid size_bhs];
    CNT_asimdmisc       "0q00111000100000010110nnnnnddddd" Plain CNT_misc      "cnt {Vd.T}, {Vn.T}";
    SADALP_asimdmisc    "0q001110ss100000011010nnnnnddddd" Plain SADALP_misc   "sadalp {Vd}.{P}, {Vn.T}" [valid size_bhs];
    SQABS_asimdmisc     "0q001110ss100000011110nnnnnddddd" Plain SQABS_misc    "sqabs {Vd.T}, {Vn.T}" [valid vector];
    CMGT_asimdmisc      "0q001110ss100000100010nnnnnddddd" Plain CMGT_misc     "cmgt {Vd.T}, {Vn.T}, #0" [valid vector];
    CMEQ_asimdmisc      "0q001110ss100000100110nnnnnddddd" Plain CMEQ_misc     "cmeq {Vd.T}, {Vn.T}, #0" [valid vector];
    CMLT_asimdmisc      "0q001110ss100000101010nnnnnddddd" Plain CMLT_misc     "cmlt {Vd.T}, {Vn.T}, #0" [valid vector];
    ABS_asimdmisc       "0q001110ss100000101110nnnnnddddd" Plain ABS_misc      "abs {Vd.T}, {Vn.T}" [valid vector];
    XTN_asimdmisc       "0q001110ss100001001010nnnnnddddd" Plain XTN_misc      "xtn{2} {Vd.T}, {Vn.L}" [valid size_bhs];
    SQXTN_asimdmisc     "0q001110ss100001010010nnnnnddddd" Plain SQXTN_misc    "sqxtn{2} {Vd.T}, {Vn.L}" [valid size_bhs];
    REV32_asimdmisc     "0q101110ss100000000010nnnnnddddd" Plain REV32_misc    "rev32 {Vd.T}, {Vn.T}" [valid size_bh];
    UADDLP_asimdmisc    "0q101110ss100000001010nnnnnddddd" Plain UADDLP_misc   "uaddlp {Vd}.{P}, {Vn.T}" [valid size_bhs];
    USQADD_asimdmisc    "0q101110ss100000001110nnnnnddddd" Plain USQADD_misc   "usqadd {Vd.T}, {Vn.T}" [valid vector];
    CLZ_asimdmisc       "0q101110ss100000010010nnnnnddddd" Plain CLZ_misc      "clz {Vd.T}, {Vn.T}" [valid size_bhs];
    NOT_asimdmisc       "0q10111000100000010110nnnnnddddd" Plain NOT_misc      "not {Vd.B}, {Vn.B}";
    RBIT_asimdmisc      "0q10111001100000010110nnnnnddddd" Plain RBIT_misc     "rbit {Vd.B}, {Vn.B}";
    UADALP_asimdmisc    "0q101110ss100000011010nnnnnddddd" Plain UADALP_misc   "uadalp {Vd}.{P}, {Vn.T}" [valid size_bhs];
    SQNEG_asimdmisc     "0q101110ss100000011110nnnnnddddd" Plain SQNEG_misc    "sqneg {Vd.T}, {Vn.T}" [valid vector];
    CMGE_asimdmisc      "0q101110ss100000100010nnnnnddddd" Plain CMGE_misc     "cmge {Vd.T}, {Vn.T}, #0" [valid vector];
    CMLE_asimdmisc      "0q101110ss100000100110nnnnnddddd" Plain CMLE_misc     "cmle {Vd.T}, {Vn.T}, #0" [valid vector];
    NEG_asimdmisc       "0q101110ss100000101110nnnnnddddd" Plain NEG_misc      "neg {Vd.T}, {Vn.T}" [valid vector];
    SQXTUN_asimdmisc    "0q101110ss100001001010nnnnnddddd" Plain SQXTUN_misc   "sqxtun{2} {Vd.T}, {Vn.L}" [valid size_bhs];
    SHLL_asimdmisc      "0q101110ss100001001110nnnnnddddd" Plain SHLL_misc     "shll{2} {Vd.L}, {Vn.T}, #{bits}" [valid size_bhs];
    UQXTN_asimdmisc     "0q101110ss100001010010nnnnnddddd" Plain UQXTN_misc    "uqxtn{2} {Vd.T}, {Vn.L}" [valid size_bhs];

    // Advanced SIMD across lanes
    SADDLV_asimdall     "0q001110ss110000001110nnnnnddddd" Plain SADDLV_all    "saddlv {EL}{u4:0}, {Vn.T}" [valid across];
    SMAXV_asimdall      "0q001110ss110000101010nnnnnddddd" Plain SMAXV_all     "smaxv {Ed}, {Vn.T}" [valid across];
    SMINV_asimdall      "0q001110ss110001101010nnnnnddddd" Plain SMINV_all     "sminv {Ed}, {Vn.T}" [valid across];
    ADDV_asimdall       "0q001110ss110001101110nnnnnddddd" Plain ADDV_all      "addv {Ed}, {Vn.T}" [valid across];
    UADDLV_asimdall     "0q101110ss110000001110nnnnnddddd" Plain UADDLV_all    "uaddlv {EL}{u4:0}, {Vn.T}" [valid across];
    UMAXV_asimdall      "0q101110ss110000101010nnnnnddddd" Plain UMAXV_all     "umaxv {Ed}, {Vn.T}" [valid across];
    UMINV_asimdall      "0q101110ss110001101010nnnnnddddd" Plain UMINV_all     "uminv {Ed}, {Vn.T}" [valid across];

    // Advanced SIMD vector x indexed element
    SMLAL_asimdelem     "0q001111sslmrrrr0010h0nnnnnddddd" Plain SMLAL_elem    "smlal{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    SQDMLAL_asimdelem   "0q001111sslmrrrr0011h0nnnnnddddd" Plain SQDMLAL_elem  "sqdmlal{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    SMLSL_asimdelem     "0q001111sslmrrrr0110h0nnnnnddddd" Plain SMLSL_elem    "smlsl{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    SQDMLSL_asimdelem   "0q001111sslmrrrr0111h0nnnnnddddd" Plain SQDMLSL_elem  "sqdmlsl{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    MUL_asimdelem       "0q001111sslmrrrr1000h0nnnnnddddd" Plain MUL_elem      "mul {Vd.T}, {Vn.T}, {elem}" [valid size_hs];
    SMULL_asimdelem     "0q001111sslmrrrr1010h0nnnnnddddd" Plain SMULL_elem    "smull{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    SQDMULL_asimdelem   "0q001111sslmrrrr1011h0nnnnnddddd" Plain SQDMULL_elem  "sqdmull{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    SQDMULH_asimdelem   "0q001111sslmrrrr1100h0nnnnnddddd" Plain SQDMULH_elem  "sqdmulh {Vd.T}, {Vn.T}, {elem}" [valid size_hs];
    SQRDMULH_asimdelem  "0q001111sslmrrrr1101h0nnnnnddddd" Plain SQRDMULH_elem "sqrdmulh {Vd.T}, {Vn.T}, {elem}" [valid size_hs];
    SDOT_asimdelem      "0q00111110lmrrrr1110h0nnnnnddddd" Plain SDOT_elem     "sdot {Vd}.{S}, {Vn.B}, {elem.4b}" [feature DotProd];
    MLA_asimdelem       "0q101111sslmrrrr0000h0nnnnnddddd" Plain MLA_elem      "mla {Vd.T}, {Vn.T}, {elem}" [valid size_hs];
    UMLAL_asimdelem     "0q101111sslmrrrr0010h0nnnnnddddd" Plain UMLAL_elem    "umlal{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    MLS_asimdelem       "0q101111sslmrrrr0100h0nnnnnddddd" Plain MLS_elem      "mls {Vd.T}, {Vn.T}, {elem}" [valid size_hs];
    UMLSL_asimdelem     "0q101111sslmrrrr0110h0nnnnnddddd" Plain UMLSL_elem    "umlsl{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    UMULL_asimdelem     "0q101111sslmrrrr1010h0nnnnnddddd" Plain UMULL_elem    "umull{2} {Vd.L}, {Vn.T}, {elem}" [valid size_hs];
    SQRDMLAH_asimdelem  "0q101111sslmrrrr1101h0nnnnnddddd" Plain SQRDMLAH_elem "sqrdmlah {Vd.T}, {Vn.T}, {elem}" [feature Rdm] [valid size_hs];
    UDOT_asimdelem      "0q10111110lmrrrr1110h0nnnnnddddd" Plain UDOT_elem     "udot {Vd}.{S}, {Vn.B}, {elem.4b}" [feature DotProd];
    SQRDMLSH_asimdelem  "0q101111sslmrrrr1111h0nnnnnddddd" Plain SQRDMLSH_elem "sqrdmlsh {Vd.T}, {Vn.T}, {elem}" [feature Rdm] [valid size_hs];

    // Advanced SIMD scalar three same
    SQADD_asisdsame     "01011110ss1mmmmm000011nnnnnddddd" Plain SQADD_same    "sqadd {Ed}, {En}, {Em}";
    SQSUB_asisdsame     "01011110ss1mmmmm001011nnnnnddddd" Plain SQSUB_same    "sqsub {Ed}, {En}, {Em}";
    CMGT_asisdsame      "01011110111mmmmm001101nnnnnddddd" Plain CMGT_same     "cmgt {Ed}, {En}, {Em}";
    CMGE_asisdsame      "01011110111mmmmm001111nnnnnddddd" Plain CMGE_same     "cmge {Ed}, {En}, {Em}";
    SSHL_asisdsame      "01011110111mmmmm010001nnnnnddddd" Plain SSHL_same     "sshl {Ed}, {En}, {Em}";
    SQSHL_asisdsame     "01011110ss1mmmmm010011nnnnnddddd" Plain SQSHL_same    "sqshl {Ed}, {En}, {Em}";
    SRSHL_asisdsame     "01011110111mmmmm010101nnnnnddddd" Plain SRSHL_same    "srshl {Ed}, {En}, {Em}";
    SQRSHL_asisdsame    "01011110ss1mmmmm010111nnnnnddddd" Plain SQRSHL_same   "sqrshl {Ed}, {En}, {Em}";
    ADD_asisdsame       "01011110111mmmmm100001nnnnnddddd" Plain ADD_same      "add {Ed}, {En}, {Em}";
    CMTST_asisdsame     "01011110111mmmmm100011nnnnnddddd" Plain CMTST_same    "cmtst {Ed}, {En}, {Em}";
    SQDMULH_asisdsame   "01011110ss1mmmmm101101nnnnnddddd" Plain SQDMULH_same  "sqdmulh {Ed}, {En}, {Em}" [valid size_hs];
    UQADD_asisdsame     "01111110ss1mmmmm000011nnnnnddddd" Plain UQADD_same    "uqadd {Ed}, {En}, {Em}";
    UQSUB_asisdsame     "01111110ss1mmmmm001011nnnnnddddd" Plain UQSUB_same    "uqsub {Ed}, {En}, {Em}";
    CMHI_asisdsame      "01111110111mmmmm001101nnnnnddddd" Plain CMHI_same     "cmhi {Ed}, {En}, {Em}";
    CMHS_asisdsame      "01111110111mmmmm001111nnnnnddddd" Plain CMHS_same     "cmhs {Ed}, {En}, {Em}";
    USHL_asisdsame      "01111110111mmmmm010001nnnnnddddd" Plain USHL_same     "ushl {Ed}, {En}, {Em}";
    UQSHL_asisdsame     "01111110ss1mmmmm010011nnnnnddddd" Plain UQSHL_same    "uqshl {Ed}, {En}, {Em}";
    URSHL_asisdsame     "01111110111mmmmm010101nnnnnddddd" Plain URSHL_same    "urshl {Ed}, {En}, {Em}";
    UQRSHL_asisdsame    "01111110ss1mmmmm010111nnnnnddddd" Plain UQRSHL_same   "uqrshl {Ed}, {En}, {Em}";
    SUB_asisdsame       "01111110111mmmmm100001nnnnnddddd" Plain SUB_same      "sub {Ed}, {En}, {Em}";
    CMEQ_asisdsame      "01111110111mmmmm100011nnnnnddddd" Plain CMEQ_same     "cmeq {Ed}, {En}, {Em}";
    SQRDMULH_asisdsame  "01111110ss1mmmmm101101nnnnnddddd" Plain SQRDMULH_same "sqrdmulh {Ed}, {En}, {Em}" [valid size_hs];

    // Advanced SIMD scalar three same extra
    SQRDMLAH_asisdsame2 "01111110ss0mmmmm100001nnnnnddddd" Plain SQRDMLAH_same "sqrdmlah {Ed}, {En}, {Em}" [feature Rdm] [valid size_hs];
    SQRDMLSH_asisdsame2 "01111110ss0mmmmm100011nnnnnddddd" Plain SQRDMLSH_same "sqrdmlsh {Ed}, {En}, {Em}" [feature Rdm] [valid size_hs];

    // Advanced SIMD scalar three different
    SQDMLAL_asisddiff   "01011110ss1mmmmm100100nnnnnddddd" Plain SQDMLAL_diff  "sqdmlal {EL}{u4:0}, {En}, {Em}" [valid size_hs];
    SQDMLSL_asisddiff   "01011110ss1mmmmm101100nnnnnddddd" Plain SQDMLSL_diff  "sqdmlsl {EL}{u4:0}, {En}, {Em}" [valid size_hs];
    SQDMULL_asisddiff   "01011110ss1mmmmm110100nnnnnddddd" Plain SQDMULL_diff  "sqdmull {EL}{u4:0}, {En}, {Em}" [valid size_hs];

    // Advanced SIMD scalar two-register miscellaneous
    SUQADD_asisdmisc    "01011110ss100000001110nnnnnddddd" Plain SUQADD_misc   "suqadd {Ed}, {En}";
    SQABS_asisdmisc     "01011110ss100000011110nnnnnddddd" Plain SQABS_misc    "sqabs {Ed}, {En}";
    CMGT_asisdmisc      "0101111011100000100010nnnnnddddd" Plain CMGT_misc     "cmgt {Dd}, {Dn}, #0";
    CMEQ_asisdmisc      "0101111011100000100110nnnnnddddd" Plain CMEQ_misc     "cmeq {Dd}, {Dn}, #0";
    CMLT_asisdmisc      "0101111011100000101010nnnnnddddd" Plain CMLT_misc     "cmlt {Dd}, {Dn}, #0";
    ABS_asisdmisc       "0101111011100000101110nnnnnddddd" Plain ABS_misc      "abs {Dd}, {Dn}";
    SQXTN_asisdmisc     "01011110ss100001010010nnnnnddddd" Plain SQXTN_misc    "sqxtn {Ed}, {EL}{u9:5}" [valid size_bhs];
    USQADD_asisdmisc    "01111110ss100000001110nnnnnddddd" Plain USQADD_misc   "usqadd {Ed}, {En}";
    SQNEG_asisdmisc     "01111110ss100000011110nnnnnddddd" Plain SQNEG_misc    "sqneg {Ed}, {En}";
    CMGE_asisdmisc      "0111111011100000100010nnnnnddddd" Plain CMGE_misc     "cmge {Dd}, {Dn}, #0";
    CMLE_asisdmisc      "0111111011100000100110nnnnnddddd" Plain CMLE_misc     "cmle {Dd}, {Dn}, #0";
    NEG_asisdmisc       "0111111011100000101110nnnnnddddd" Plain NEG_misc      "neg {Dd}, {Dn}";
    SQXTUN_asisdmisc    "01111110ss100001001010nnnnnddddd" Plain SQXTUN_misc   "sqxtun {Ed}, {EL}{u9:5}" [valid size_bhs];
    UQXTN_asisdmisc     "01111110ss100001010010nnnnnddddd" Plain UQXTN_misc    "uqxtn {Ed}, {EL}{u9:5}" [valid size_bhs];

    // Advanced SIMD scalar pairwise
    ADDP_asisdpair      "0101111011110001101110nnnnnddddd" Plain ADDP_pair     "addp {Dd}, {Vn.2d}";

    // Advanced SIMD scalar x indexed element
    SQDMLAL_asisdelem   "01011111sslmrrrr0011h0nnnnnddddd" Plain SQDMLAL_elem  "sqdmlal {EL}{u4:0}, {En}, {elem}" [valid size_hs];
    SQDMLSL_asisdelem   "01011111sslmrrrr0111h0nnnnnddddd" Plain SQDMLSL_elem  "sqdmlsl {EL}{u4:0}, {En}, {elem}" [valid size_hs];
    SQDMULL_asisdelem   "01011111sslmrrrr1011h0nnnnnddddd" Plain SQDMULL_elem  "sqdmull {EL}{u4:0}, {En}, {elem}" [valid size_hs];
    SQDMULH_asisdelem   "01011111sslmrrrr1100h0nnnnnddddd" Plain SQDMULH_elem  "sqdmulh {Ed}, {En}, {elem}" [valid size_hs];
    SQRDMULH_asisdelem  "01011111sslmrrrr1101h0nnnnnddddd" Plain SQRDMULH_elem "sqrdmulh {Ed}, {En}, {elem}" [valid size_hs];
    SQRDMLAH_asisdelem  "01111111sslmrrrr1101h0nnnnnddddd" Plain SQRDMLAH_elem "sqrdmlah {Ed}, {En}, {elem}" [feature Rdm] [valid size_hs];
    SQRDMLSH_asisdelem  "01111111sslmrrrr1111h0nnnnnddddd" Plain SQRDMLSH_elem "sqrdmlsh {Ed}, {En}, {elem}" [feature Rdm] [valid size_hs];

    // Advanced SIMD shift by immediate
    SSHR_asimdshf       "0q0011110hhhhbbb000001nnnnnddddd" Plain SSHR_shf      "sshr {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    SSRA_asimdshf       "0q0011110hhhhbbb000101nnnnnddddd" Plain SSRA_shf      "ssra {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    SRSHR_asimdshf      "0q0011110hhhhbbb001001nnnnnddddd" Plain SRSHR_shf     "srshr {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    SRSRA_asimdshf      "0q0011110hhhhbbb001101nnnnnddddd" Plain SRSRA_shf     "srsra {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    SHL_asimdshf        "0q0011110hhhhbbb010101nnnnnddddd" Plain SHL_shf       "shl {Vd}.{hT}, {Vn}.{hT}, #{left}" [valid shift_vector] [pre shift_left];
    SQSHL_asimdshf      "0q0011110hhhhbbb011101nnnnnddddd" Plain SQSHL_shf     "sqshl {Vd}.{hT}, {Vn}.{hT}, #{left}" [valid shift_vector] [pre shift_left];
    SHRN_asimdshf       "0q0011110hhhhbbb100001nnnnnddddd" Plain SHRN_shf      "shrn{2} {Vd}.{hT}, {Vn}.{hL}, #{right}" [valid shift_narrow] [pre shift_right];
    RSHRN_asimdshf      "0q0011110hhhhbbb100011nnnnnddddd" Plain RSHRN_shf     "rshrn{2} {Vd}.{hT}, {Vn}.{hL}, #{right}" [valid shift_narrow] [pre shift_right];
    SQSHRN_asimdshf     "0q0011110hhhhbbb100101nnnnnddddd" Plain SQSHRN_shf    "sqshrn{2} {Vd}.{hT}, {Vn}.{hL}, #{right}" [valid shift_narrow] [pre shift_right];
    SQRSHRN_asimdshf    "0q0011110hhhhbbb100111nnnnnddddd" Plain SQRSHRN_shf   "sqrshrn{2} {Vd}.{hT}, {Vn}.{hL}, #{right}" [valid shift_narrow] [pre shift_right];
    SSHLL_asimdshf      "0q0011110hhhhbbb101001nnnnnddddd" Plain SSHLL_shf     "sshll{2} {Vd}.{hL}, {Vn}.{hT}, #{left}" [valid shift_narrow] [pre shift_left];
    USHR_asimdshf       "0q1011110hhhhbbb000001nnnnnddddd" Plain USHR_shf      "ushr {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    USRA_asimdshf       "0q1011110hhhhbbb000101nnnnnddddd" Plain USRA_shf      "usra {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    URSHR_asimdshf      "0q1011110hhhhbbb001001nnnnnddddd" Plain URSHR_shf     "urshr {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    URSRA_asimdshf      "0q1011110hhhhbbb001101nnnnnddddd" Plain URSRA_shf     "ursra {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    SRI_asimdshf        "0q1011110hhhhbbb010001nnnnnddddd" Plain SRI_shf       "sri {Vd}.{hT}, {Vn}.{hT}, #{right}" [valid shift_vector] [pre shift_right];
    SLI_asimdshf        "0q1011110hhhhbbb010101nnnnnddddd" Plain SLI_shf       "sli {Vd}.{hT}, {Vn}.{hT}, #{left}" [valid shift_vector] [pre shift_left];
    SQSHLU_asimdshf     "0q1011110hhhhbbb011001nnnnnddddd" Plain SQSHLU_shf    "sqshlu {Vd}.{hT}, {Vn}.{hT}, #{left}" [valid shift_vector] [pre shift_left];
    UQSHL_asimdshf      "0q1011110hhhhbbb011101nnnnnddddd" Plain UQSHL_shf     "uqshl {Vd}.{hT}, {Vn}.{hT}, #{left}" [valid shift_vector] [pre shift_left];
    SQSHRUN_asimdshf    "0q1011110hhhhbbb100001nnnnnddddd" Plain SQSHRUN_shf   "sqshrun{2} {Vd}.{hT}, {Vn}.{hL}, #{right}" [valid shift_narrow] [pre shift_right];
    SQRSHRUN_asimdshf   "0q1011110hhhhbbb100011nnnnnddddd" Plain SQRSHRUN_shf  "sqrshrun{2} {Vd}.{hT}, {Vn}.{hL}, #{right}" [valid shift_narrow] [pre shift_right];
    UQSHRN_asimdshf     "0q1011110hhhhbbb100101nnnnnddddd" Plain UQSHRN_shf    "uqshrn{2} {Vd}.{hT}, {Vn}.{hL}, #{right}" [valid shift_narrow] [pre shift_right];
    UQRSHRN_asimdshf    "0q1011110hhhhbbb100111nnnnnddddd" Plain UQRSHRN_shf   "uqrshrn{2} {Vd}.{hT}, {Vn}.{hL}, #{right}" [valid shift_narrow] [pre shift_right];
    USHLL_asimdshf      "0q1011110hhhhbbb101001nnnnnddddd" Plain USHLL_shf     "ushll{2} {Vd}.{hL}, {Vn}.{hT}, #{left}" [valid shift_narrow] [pre shift_left];

    // Advanced SIMD scalar shift by immediate
    SSHR_asisdshf       "0101111101hhhbbb000001nnnnnddddd" Plain SSHR_shf      "sshr {Dd}, {Dn}, #{right}" [pre shift_right];
    SSRA_asisdshf       "0101111101hhhbbb000101nnnnnddddd" Plain SSRA_shf      "ssra {Dd}, {Dn}, #{right}" [pre shift_right];
    SRSHR_asisdshf      "0101111101hhhbbb001001nnnnnddddd" Plain SRSHR_shf     "srshr {Dd}, {Dn}, #{right}" [pre shift_right];
    SRSRA_asisdshf      "0101111101hhhbbb001101nnnnnddddd" Plain SRSRA_shf     "srsra {Dd}, {Dn}, #{right}" [pre shift_right];
    SHL_asisdshf        "0101111101hhhbbb010101nnnnnddddd" Plain SHL_shf       "shl {Dd}, {Dn}, #{left}" [pre shift_left];
    SQSHL_asisdshf      "010111110hhhhbbb011101nnnnnddddd" Plain SQSHL_shf     "sqshl {hE}{u4:0}, {hE}{u9:5}, #{left}" [valid shift_scalar] [pre shift_left];
    SQSHRN_asisdshf     "010111110hhhhbbb100101nnnnnddddd" Plain SQSHRN_shf    "sqshrn {hE}{u4:0}, {hEL}{u9:5}, #{right}" [valid shift_narrow] [pre shift_right];
    SQRSHRN_asisdshf    "010111110hhhhbbb100111nnnnnddddd" Plain SQRSHRN_shf   "sqrshrn {hE}{u4:0}, {hEL}{u9:5}, #{right}" [valid shift_narrow] [pre shift_right];
    USHR_asisdshf       "0111111101hhhbbb000001nnnnnddddd" Plain USHR_shf      "ushr {Dd}, {Dn}, #{right}" [pre shift_right];
    USRA_asisdshf       "0111111101hhhbbb000101nnnnnddddd" Plain USRA_shf      "usra {Dd}, {Dn}, #{right}" [pre shift_right];
    URSHR_asisdshf      "0111111101hhhbbb001001nnnnnddddd" Plain URSHR_shf     "urshr {Dd}, {Dn}, #{right}" [pre shift_right];
    URSRA_asisdshf      "0111111101hhhbbb001101nnnnnddddd" Plain URSRA_shf     "ursra {Dd}, {Dn}, #{right}" [pre shift_right];
    SRI_asisdshf        "0111111101hhhbbb010001nnnnnddddd" Plain SRI_shf       "sri {Dd}, {Dn}, #{right}" [pre shift_right];
    SLI_asisdshf        "0111111101hhhbbb010101nnnnnddddd" Plain SLI_shf       "sli {Dd}, {Dn}, #{left}" [pre shift_left];
    SQSHLU_asisdshf     "011111110hhhhbbb011001nnnnnddddd" Plain SQSHLU_shf    "sqshlu {hE}{u4:0}, {hE}{u9:5}, #{left}" [valid shift_scalar] [pre shift_left];
    UQSHL_asisdshf      "011111110hhhhbbb011101nnnnnddddd" Plain UQSHL_shf     "uqshl {hE}{u4:0}, {hE}{u9:5}, #{left}" [valid shift_scalar] [pre shift_left];
    SQSHRUN_asisdshf    "011111110hhhhbbb100001nnnnnddddd" Plain SQSHRUN_shf   "sqshrun {hE}{u4:0}, {hEL}{u9:5}, #{right}" [valid shift_narrow] [pre shift_right];
    SQRSHRUN_asisdshf   "011111110hhhhbbb100011nnnnnddddd" Plain SQRSHRUN_shf  "sqrshrun {hE}{u4:0}, {hEL}{u9:5}, #{right}" [valid shift_narrow] [pre shift_right];
    UQSHRN_asisdshf     "011111110hhhhbbb100101nnnnnddddd" Plain UQSHRN_shf    "uqshrn {hE}{u4:0}, {hEL}{u9:5}, #{right}" [valid shift_narrow] [pre shift_right];
    UQRSHRN_asisdshf    "011111110hhhhbbb100111nnnnnddddd" Plain UQRSHRN_shf   "uqrshrn {hE}{u4:0}, {hEL}{u9:5}, #{right}" [valid shift_narrow] [pre shift_right];
}

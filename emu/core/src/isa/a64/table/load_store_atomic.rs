//! Rows of C4.1 "Loads and stores": exclusives, ordered accesses, LSE atomics.
//!
//! Names are those of the Arm ARM's encoding index; the quoted titles are its classes.

use super::load_store::pair_apart;
use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_load_store_atomic as sem;

/// The status register Rs is neither the data register nor the base (the stack pointer is none).
const fn status_apart(w: u32) -> bool {
    let s = bits(w, 20, 16);
    s != bits(w, 4, 0) && (s != bits(w, 9, 5) || s == 31)
}

/// The same with two data registers.
const fn status_apart_pair(w: u32) -> bool {
    status_apart(w) && bits(w, 20, 16) != bits(w, 14, 10)
}

crate::isa::a64::table::section! { "load_store_atomic";
    // "Load/store exclusive register": Rs of loads and Rt2 are (1) bits
    STXRB_SR32_ldstexclr  "00001000000sssss0-----nnnnnttttt" Memory STXRB_32   "stxrb {Ws}, {Wt}, [{Xn|sp}]" [predictable status_apart];
    STLXRB_SR32_ldstexclr "00001000000sssss1-----nnnnnttttt" Memory STLXRB_32  "stlxrb {Ws}, {Wt}, [{Xn|sp}]" [predictable status_apart];
    LDXRB_LR32_ldstexclr  "00001000010-----0-----nnnnnttttt" Memory LDXRB_32   "ldxrb {Wt}, [{Xn|sp}]";
    LDAXRB_LR32_ldstexclr "00001000010-----1-----nnnnnttttt" Memory LDAXRB_32  "ldaxrb {Wt}, [{Xn|sp}]";
    STXRH_SR32_ldstexclr  "01001000000sssss0-----nnnnnttttt" Memory STXRH_32   "stxrh {Ws}, {Wt}, [{Xn|sp}]" [predictable status_apart];
    STLXRH_SR32_ldstexclr "01001000000sssss1-----nnnnnttttt" Memory STLXRH_32  "stlxrh {Ws}, {Wt}, [{Xn|sp}]" [predictable status_apart];
    LDXRH_LR32_ldstexclr  "01001000010-----0-----nnnnnttttt" Memory LDXRH_32   "ldxrh {Wt}, [{Xn|sp}]";
    LDAXRH_LR32_ldstexclr "01001000010-----1-----nnnnnttttt" Memory LDAXRH_32  "ldaxrh {Wt}, [{Xn|sp}]";
    STXR_SR32_ldstexclr   "10001000000sssss0-----nnnnnttttt" Memory STXR_32    "stxr {Ws}, {Wt}, [{Xn|sp}]" [predictable status_apart];
    STLXR_SR32_ldstexclr  "10001000000sssss1-----nnnnnttttt" Memory STLXR_32   "stlxr {Ws}, {Wt}, [{Xn|sp}]" [predictable status_apart];
    LDXR_LR32_ldstexclr   "10001000010-----0-----nnnnnttttt" Memory LDXR_32    "ldxr {Wt}, [{Xn|sp}]";
    LDAXR_LR32_ldstexclr  "10001000010-----1-----nnnnnttttt" Memory LDAXR_32   "ldaxr {Wt}, [{Xn|sp}]";
    STXR_SR64_ldstexclr   "11001000000sssss0-----nnnnnttttt" Memory STXR_64    "stxr {Ws}, {Xt}, [{Xn|sp}]" [predictable status_apart];
    STLXR_SR64_ldstexclr  "11001000000sssss1-----nnnnnttttt" Memory STLXR_64   "stlxr {Ws}, {Xt}, [{Xn|sp}]" [predictable status_apart];
    LDXR_LR64_ldstexclr   "11001000010-----0-----nnnnnttttt" Memory LDXR_64    "ldxr {Xt}, [{Xn|sp}]";
    LDAXR_LR64_ldstexclr  "11001000010-----1-----nnnnnttttt" Memory LDAXR_64   "ldaxr {Xt}, [{Xn|sp}]";

    // "Load/store exclusive pair"
    STXP_SP32_ldstexclp   "10001000001sssss0uuuuunnnnnttttt" Memory STXP_32    "stxp {Ws}, {Wt}, {Wt2}, [{Xn|sp}]" [predictable status_apart_pair];
    STLXP_SP32_ldstexclp  "10001000001sssss1uuuuunnnnnttttt" Memory STLXP_32   "stlxp {Ws}, {Wt}, {Wt2}, [{Xn|sp}]" [predictable status_apart_pair];
    LDXP_LP32_ldstexclp   "10001000011-----0uuuuunnnnnttttt" Memory LDXP_32    "ldxp {Wt}, {Wt2}, [{Xn|sp}]" [predictable pair_apart];
    LDAXP_LP32_ldstexclp  "10001000011-----1uuuuunnnnnttttt" Memory LDAXP_32   "ldaxp {Wt}, {Wt2}, [{Xn|sp}]" [predictable pair_apart];
    STXP_SP64_ldstexclp   "11001000001sssss0uuuuunnnnnttttt" Memory STXP_64    "stxp {Ws}, {Xt}, {Xt2}, [{Xn|sp}]" [predictable status_apart_pair];
    STLXP_SP64_ldstexclp  "11001000001sssss1uuuuunnnnnttttt" Memory STLXP_64   "stlxp {Ws}, {Xt}, {Xt2}, [{Xn|sp}]" [predictable status_apart_pair];
    LDXP_LP64_ldstexclp   "11001000011-----0uuuuunnnnnttttt" Memory LDXP_64    "ldxp {Xt}, {Xt2}, [{Xn|sp}]" [predictable pair_apart];
    LDAXP_LP64_ldstexclp  "11001000011-----1uuuuunnnnnttttt" Memory LDAXP_64   "ldaxp {Xt}, {Xt2}, [{Xn|sp}]" [predictable pair_apart];

    // "Load/store ordered": Rs and Rt2 are (1) bits
    STLLRB_SL32_ldstord   "00001000100-----0-----nnnnnttttt" Memory STLRB_32   "stllrb {Wt}, [{Xn|sp}]" [feature Lor];
    STLRB_SL32_ldstord    "00001000100-----1-----nnnnnttttt" Memory STLRB_32   "stlrb {Wt}, [{Xn|sp}]";
    LDLARB_LR32_ldstord   "00001000110-----0-----nnnnnttttt" Memory LDARB_32   "ldlarb {Wt}, [{Xn|sp}]" [feature Lor];
    LDARB_LR32_ldstord    "00001000110-----1-----nnnnnttttt" Memory LDARB_32   "ldarb {Wt}, [{Xn|sp}]";
    STLLRH_SL32_ldstord   "01001000100-----0-----nnnnnttttt" Memory STLRH_32   "stllrh {Wt}, [{Xn|sp}]" [feature Lor];
    STLRH_SL32_ldstord    "01001000100-----1-----nnnnnttttt" Memory STLRH_32   "stlrh {Wt}, [{Xn|sp}]";
    LDLARH_LR32_ldstord   "01001000110-----0-----nnnnnttttt" Memory LDARH_32   "ldlarh {Wt}, [{Xn|sp}]" [feature Lor];
    LDARH_LR32_ldstord    "01001000110-----1-----nnnnnttttt" Memory LDARH_32   "ldarh {Wt}, [{Xn|sp}]";
    STLLR_SL32_ldstord    "10001000100-----0-----nnnnnttttt" Memory STLR_32    "stllr {Wt}, [{Xn|sp}]" [feature Lor];
    STLR_SL32_ldstord     "10001000100-----1-----nnnnnttttt" Memory STLR_32    "stlr {Wt}, [{Xn|sp}]";
    LDLAR_LR32_ldstord    "10001000110-----0-----nnnnnttttt" Memory LDAR_32    "ldlar {Wt}, [{Xn|sp}]" [feature Lor];
    LDAR_LR32_ldstord     "10001000110-----1-----nnnnnttttt" Memory LDAR_32    "ldar {Wt}, [{Xn|sp}]";
    STLLR_SL64_ldstord    "11001000100-----0-----nnnnnttttt" Memory STLR_64    "stllr {Xt}, [{Xn|sp}]" [feature Lor];
    STLR_SL64_ldstord     "11001000100-----1-----nnnnnttttt" Memory STLR_64    "stlr {Xt}, [{Xn|sp}]";
    LDLAR_LR64_ldstord    "11001000110-----0-----nnnnnttttt" Memory LDAR_64    "ldlar {Xt}, [{Xn|sp}]" [feature Lor];
    LDAR_LR64_ldstord     "11001000110-----1-----nnnnnttttt" Memory LDAR_64    "ldar {Xt}, [{Xn|sp}]";

    // "Compare and swap": L (acquire) is bit 22, o0 (release) bit 15
    CASB_C32_comswap      "000010001a1sssssr11111nnnnnttttt" Memory CASB_32    "cas{al22:15}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    CASH_C32_comswap      "010010001a1sssssr11111nnnnnttttt" Memory CASH_32    "cas{al22:15}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    CAS_C32_comswap       "100010001a1sssssr11111nnnnnttttt" Memory CAS_32     "cas{al22:15} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    CAS_C64_comswap       "110010001a1sssssr11111nnnnnttttt" Memory CAS_64     "cas{al22:15} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];

    // "Compare and swap pair": odd registers are UNDEFINED
    CASP_CP32_comswappr   "000010000a1ssss0r11111nnnnntttt0" Memory CASP_32    "casp{al22:15} {Ws}, {Ws+1}, {Wt}, {Wt+1}, [{Xn|sp}]" [feature Lse];
    CASP_CP64_comswappr   "010010000a1ssss0r11111nnnnntttt0" Memory CASP_64    "casp{al22:15} {Xs}, {Xs+1}, {Xt}, {Xt+1}, [{Xn|sp}]" [feature Lse];

    // "Atomic memory operations": A (acquire) is bit 23, R (release) bit 22
    LDADDB_32_memop       "00111000ar1sssss000000nnnnnttttt" Memory LDADDB_32  "ldadd{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDADDH_32_memop       "01111000ar1sssss000000nnnnnttttt" Memory LDADDH_32  "ldadd{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDADD_32_memop        "10111000ar1sssss000000nnnnnttttt" Memory LDADD_32   "ldadd{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDADD_64_memop        "11111000ar1sssss000000nnnnnttttt" Memory LDADD_64   "ldadd{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    LDCLRB_32_memop       "00111000ar1sssss000100nnnnnttttt" Memory LDCLRB_32  "ldclr{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDCLRH_32_memop       "01111000ar1sssss000100nnnnnttttt" Memory LDCLRH_32  "ldclr{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDCLR_32_memop        "10111000ar1sssss000100nnnnnttttt" Memory LDCLR_32   "ldclr{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDCLR_64_memop        "11111000ar1sssss000100nnnnnttttt" Memory LDCLR_64   "ldclr{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    LDEORB_32_memop       "00111000ar1sssss001000nnnnnttttt" Memory LDEORB_32  "ldeor{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDEORH_32_memop       "01111000ar1sssss001000nnnnnttttt" Memory LDEORH_32  "ldeor{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDEOR_32_memop        "10111000ar1sssss001000nnnnnttttt" Memory LDEOR_32   "ldeor{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDEOR_64_memop        "11111000ar1sssss001000nnnnnttttt" Memory LDEOR_64   "ldeor{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    LDSETB_32_memop       "00111000ar1sssss001100nnnnnttttt" Memory LDSETB_32  "ldset{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSETH_32_memop       "01111000ar1sssss001100nnnnnttttt" Memory LDSETH_32  "ldset{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSET_32_memop        "10111000ar1sssss001100nnnnnttttt" Memory LDSET_32   "ldset{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSET_64_memop        "11111000ar1sssss001100nnnnnttttt" Memory LDSET_64   "ldset{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    LDSMAXB_32_memop      "00111000ar1sssss010000nnnnnttttt" Memory LDSMAXB_32 "ldsmax{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSMAXH_32_memop      "01111000ar1sssss010000nnnnnttttt" Memory LDSMAXH_32 "ldsmax{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSMAX_32_memop       "10111000ar1sssss010000nnnnnttttt" Memory LDSMAX_32  "ldsmax{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSMAX_64_memop       "11111000ar1sssss010000nnnnnttttt" Memory LDSMAX_64  "ldsmax{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    LDSMINB_32_memop      "00111000ar1sssss010100nnnnnttttt" Memory LDSMINB_32 "ldsmin{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSMINH_32_memop      "01111000ar1sssss010100nnnnnttttt" Memory LDSMINH_32 "ldsmin{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSMIN_32_memop       "10111000ar1sssss010100nnnnnttttt" Memory LDSMIN_32  "ldsmin{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDSMIN_64_memop       "11111000ar1sssss010100nnnnnttttt" Memory LDSMIN_64  "ldsmin{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    LDUMAXB_32_memop      "00111000ar1sssss011000nnnnnttttt" Memory LDUMAXB_32 "ldumax{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDUMAXH_32_memop      "01111000ar1sssss011000nnnnnttttt" Memory LDUMAXH_32 "ldumax{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDUMAX_32_memop       "10111000ar1sssss011000nnnnnttttt" Memory LDUMAX_32  "ldumax{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDUMAX_64_memop       "11111000ar1sssss011000nnnnnttttt" Memory LDUMAX_64  "ldumax{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    LDUMINB_32_memop      "00111000ar1sssss011100nnnnnttttt" Memory LDUMINB_32 "ldumin{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDUMINH_32_memop      "01111000ar1sssss011100nnnnnttttt" Memory LDUMINH_32 "ldumin{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDUMIN_32_memop       "10111000ar1sssss011100nnnnnttttt" Memory LDUMIN_32  "ldumin{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    LDUMIN_64_memop       "11111000ar1sssss011100nnnnnttttt" Memory LDUMIN_64  "ldumin{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    SWPB_32_memop         "00111000ar1sssss100000nnnnnttttt" Memory SWPB_32    "swp{al23:22}b {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    SWPH_32_memop         "01111000ar1sssss100000nnnnnttttt" Memory SWPH_32    "swp{al23:22}h {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    SWP_32_memop          "10111000ar1sssss100000nnnnnttttt" Memory SWP_32     "swp{al23:22} {Ws}, {Wt}, [{Xn|sp}]" [feature Lse];
    SWP_64_memop          "11111000ar1sssss100000nnnnnttttt" Memory SWP_64     "swp{al23:22} {Xs}, {Xt}, [{Xn|sp}]" [feature Lse];
    LDAPRB_32L_memop      "0011100010111111110000nnnnnttttt" Memory LDARB_32  "ldaprb {Wt}, [{Xn|sp}]" [feature Lrcpc];
    LDAPRH_32L_memop      "0111100010111111110000nnnnnttttt" Memory LDARH_32  "ldaprh {Wt}, [{Xn|sp}]" [feature Lrcpc];
    LDAPR_32L_memop       "1011100010111111110000nnnnnttttt" Memory LDAR_32   "ldapr {Wt}, [{Xn|sp}]" [feature Lrcpc];
    LDAPR_64L_memop       "1111100010111111110000nnnnnttttt" Memory LDAR_64   "ldapr {Xt}, [{Xn|sp}]" [feature Lrcpc];
}

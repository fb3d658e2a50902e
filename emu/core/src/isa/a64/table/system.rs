//! Rows of C4.1.94 "Branches, exception generating and system instructions": exceptions, hints,
//! barriers, PSTATE, system registers; and exception return and UDF, which belong with them.

use crate::isa::a64::insn::bits;
use crate::isa::a64::sem_system as sem;
use crate::isa::a64::sysreg::{NO_REGISTER, index_of};
use crate::isa::a64::sysreg_ops::allocated;

const fn imm16_5(w: u32) -> u64 {
    bits(w, 20, 5) as u64
}

const fn imm16_0(w: u32) -> u64 {
    bits(w, 15, 0) as u64
}

const fn crm(w: u32) -> u64 {
    bits(w, 11, 8) as u64
}

const fn imm7(w: u32) -> u64 {
    bits(w, 11, 5) as u64
}

fn register_exists(w: u32) -> bool {
    index_of(w) != NO_REGISTER
}

crate::isa::a64::table::section! { "system";
    UDF "0000000000000000iiiiiiiiiiiiiiii" System UDF "udf #{imm}" [pre imm16_0];

    SVC "11010100000iiiiiiiiiiiiiiii00001" System SVC "svc #{imm.x}" [pre imm16_5];
    HVC "11010100000iiiiiiiiiiiiiiii00010" System HVC "hvc #{imm.x}" [pre imm16_5];
    SMC "11010100000iiiiiiiiiiiiiiii00011" System SMC "smc #{imm.x}" [pre imm16_5];
    BRK "11010100001iiiiiiiiiiiiiiii00000" System BRK "brk #{imm.x}" [pre imm16_5];
    HLT "11010100010iiiiiiiiiiiiiiii00000" System HLT "hlt #{imm.x}" [pre imm16_5];
    DCPS1 "11010100101iiiiiiiiiiiiiiii00001" System todo "dcps1 #{imm.x}" [pre imm16_5];
    DCPS2 "11010100101iiiiiiiiiiiiiiii00010" System todo "dcps2 #{imm.x}" [pre imm16_5];
    DCPS3 "11010100101iiiiiiiiiiiiiiii00011" System todo "dcps3 #{imm.x}" [pre imm16_5];

    // Hints. BTI and the pointer authentication hints do nothing where the features are absent.
    NOP "11010101000000110010000000011111" Plain HINT "hint #{imm.x}" [pre imm7];
    YIELD "11010101000000110010000000111111" Plain HINT "hint #{imm.x}" [pre imm7];
    WFE "11010101000000110010000001011111" System WFE "hint #{imm.x}" [pre imm7];
    WFI "11010101000000110010000001111111" System WFI "hint #{imm.x}" [pre imm7];
    SEV "11010101000000110010000010011111" Plain SEV "hint #{imm.x}" [pre imm7];
    SEVL "11010101000000110010000010111111" Plain SEVL "hint #{imm.x}" [pre imm7];
    XPACLRI "11010101000000110010000011111111" Plain HINT "hint #{imm.x}" [pre imm7];
    ESB "11010101000000110010001000011111" Plain HINT "hint #{imm.x}" [pre imm7];
    PSB_CSYNC "11010101000000110010001000111111" Plain HINT "hint #{imm.x}" [pre imm7];
    TSB_CSYNC "11010101000000110010001001011111" Plain HINT "hint #{imm.x}" [pre imm7];
    CSDB "11010101000000110010001010011111" Plain HINT "hint #{imm.x}" [pre imm7];
    PAC_AUT_1716 "110101010000001100100001oo011111" Plain HINT "hint #{imm.x}" [pre imm7];
    PAC_AUT_SP_Z "110101010000001100100011ooo11111" Plain HINT "hint #{imm.x}" [pre imm7];
    BTI "110101010000001100100100tt011111" Plain HINT "hint #{imm.x}" [pre imm7];
    HINT "11010101000000110010iiiiiii11111" Plain HINT "hint #{imm.x}" [pre imm7];

    CLREX "11010101000000110011iiii01011111" Plain CLREX "clrex{crm_not_15}" [pre crm];
    DSB "11010101000000110011iiii10011111" Plain DMB "dsb {barrier}" [pre crm];
    DMB "11010101000000110011iiii10111111" Plain DMB "dmb {barrier}" [pre crm];
    ISB "11010101000000110011iiii11011111" System ISB "isb{crm_not_15}" [pre crm];
    SB "11010101000000110011000011111111" Plain DMB "sb" [feature Sb];

    CFINV "11010101000000000100000000011111" Plain CFINV "cfinv" [feature FlagM];
    XAFLAG "11010101000000000100000000111111" Plain XAFLAG "xaflag" [feature FlagM2];
    AXFLAG "11010101000000000100000001011111" Plain AXFLAG "axflag" [feature FlagM2];
    MSR_UAO "11010101000000000100iiii01111111" System MSR_imm "msr uao, #{imm.x}" [feature Uao] [pre crm];
    MSR_PAN "11010101000000000100iiii10011111" System MSR_imm "msr pan, #{imm.x}" [feature Pan] [pre crm];
    MSR_SPSel "11010101000000000100iiii10111111" System MSR_imm "msr spsel, #{imm.x}" [pre crm];
    MSR_SSBS "11010101000000110100iiii00111111" System MSR_imm "msr ssbs, #{imm.x}" [feature Ssbs] [pre crm];
    MSR_DIT "11010101000000110100iiii01011111" System MSR_imm "msr dit, #{imm.x}" [feature Dit] [pre crm];
    MSR_DAIFSet "11010101000000110100iiii11011111" System MSR_imm "msr daifset, #{imm.x}" [pre crm];
    MSR_DAIFClr "11010101000000110100iiii11111111" System MSR_imm "msr daifclr, #{imm.x}" [pre crm];

    // System instructions and registers.
    DC_ZVA "110101010000101101110100001ttttt" Memory DC_ZVA "sys #3, C7, C4, #1{Xt_not_31}";
    DC_CVAP "110101010000101101111100001ttttt" System SYS "sys #3, C7, C12, #1{Xt_not_31}" [feature DpB];
    DC_CVADP "110101010000101101111101001ttttt" System SYS "sys #3, C7, C13, #1{Xt_not_31}" [feature DpB2];
    CFP_RCTX "110101010000101101110011100ttttt" System SYS "sys #3, C7, C3, #4{Xt_not_31}" [feature SpecRes];
    DVP_RCTX "110101010000101101110011101ttttt" System SYS "sys #3, C7, C3, #5{Xt_not_31}" [feature SpecRes];
    CPP_RCTX "110101010000101101110011111ttttt" System SYS "sys #3, C7, C3, #7{Xt_not_31}" [feature SpecRes];
    SYS "1101010100001ooonnnnmmmmpppttttt" System SYS "sys #{u18:16}, C{u15:12}, C{u11:8}, #{u7:5}{Xt_not_31}" [valid allocated];
    SYSL "1101010100101ooonnnnmmmmpppttttt" System todo "sysl {Xt}, #{u18:16}, C{u15:12}, C{u11:8}, #{u7:5}";
    MRS_RNDR "11010101001110110010010000pttttt" System todo "mrs {Xt}, {rndr}" [feature Rng];
    MRS_NZCV "110101010011101101000010000ttttt" Plain MRS_NZCV "mrs {Xt}, nzcv";
    MSR_NZCV "110101010001101101000010000ttttt" Plain MSR_NZCV "msr nzcv, {Xt}";
    MRS "11010101001kkkkkkkkkkkkkkkkttttt" Plain MRS "mrs {Xt}, {sysreg}" [valid register_exists] [pre index_of];
    MSR_reg "11010101000kkkkkkkkkkkkkkkkttttt" System MSR_reg "msr {sysreg}, {Xt}" [valid register_exists] [pre index_of];

    // Return from exception and from Debug state.
    ERET "11010110100111110000001111100000" System ERET "eret";
    ERETAA "11010110100111110000101111111111" System todo "eretaa" [feature PAuth];
    ERETAB "11010110100111110000111111111111" System todo "eretab" [feature PAuth];
    DRPS "11010110101111110000001111100000" System todo "drps";
}

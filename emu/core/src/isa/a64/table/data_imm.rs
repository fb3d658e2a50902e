//! Rows of C4.1.93 "Data processing -- immediate".

use crate::isa::a64::insn::{bits, sbits};
use crate::isa::a64::sem_data_imm as sem;

const fn sf(w: u32) -> bool {
    w >> 31 != 0
}

/// imm12, shifted by 12 when `sh` says so.
const fn imm12(w: u32) -> u64 {
    (bits(w, 21, 10) as u64) << (bits(w, 22, 22) * 12)
}

/// immhi:immlo, the 21-bit offset of ADR.
const fn adr(w: u32) -> u64 {
    sbits(w, 23, 5, 2) | bits(w, 30, 29) as u64
}

/// The same in pages.
const fn adrp(w: u32) -> u64 {
    adr(w) << 12
}

/// The bitmask immediate; 0 when the encoding has none (see [`bitmask_valid`]).
const fn bitmask(w: u32) -> u64 {
    match decode_bitmask(bits(w, 22, 22), bits(w, 21, 16), bits(w, 15, 10)) {
        Some(m) if sf(w) => m,
        Some(m) => m & 0xffff_ffff,
        None => 0,
    }
}

const fn bitmask_valid(w: u32) -> bool {
    (sf(w) || bits(w, 22, 22) == 0)
        && decode_bitmask(bits(w, 22, 22), bits(w, 21, 16), bits(w, 15, 10)).is_some()
}

/// The manual's DecodeBitMasks (its `wmask`): an element of 2 to 64 bits with a run of ones,
/// rotated right and replicated.
const fn decode_bitmask(n: u32, immr: u32, imms: u32) -> Option<u64> {
    let sizes = n << 6 | (!imms & 0x3f);
    if sizes < 2 {
        return None;
    }
    let size = 1 << sizes.ilog2();
    let (ones, r) = ((imms & (size - 1)) + 1, immr & (size - 1));
    if ones == size {
        return None;
    }
    let run = u64::MAX >> (64 - ones);
    let element = if r == 0 { run } else { run >> r | run << (size - r) } & (u64::MAX >> (64 - size));
    Some(element.wrapping_mul(u64::MAX / (u64::MAX >> (64 - size))))
}

/// imm16 in place.
const fn wide(w: u32) -> u64 {
    (bits(w, 20, 5) as u64) << (bits(w, 22, 21) * 16)
}

const fn wide_valid(w: u32) -> bool {
    sf(w) || bits(w, 22, 22) == 0
}

/// Bit positions below the register width, and N equal to sf.
const fn field_valid(w: u32) -> bool {
    (bits(w, 22, 22) == 1) == sf(w) && (sf(w) || (bits(w, 21, 21) | bits(w, 15, 15)) == 0)
}

const fn extr_valid(w: u32) -> bool {
    (bits(w, 22, 22) == 1) == sf(w) && (sf(w) || bits(w, 15, 15) == 0)
}

/// Shift left by the low byte, then right by the next: any SBFM or UBFM.
const fn field_shifts(w: u32) -> u64 {
    let last: u32 = if sf(w) { 63 } else { 31 };
    let (immr, imms) = (bits(w, 21, 16), bits(w, 15, 10));
    ((last.wrapping_sub(imms) & last) | (immr.wrapping_sub(imms + 1) & last) << 8) as u64
}

/// The bits that BFM replaces.
const fn field_mask(w: u32) -> u64 {
    let width = if sf(w) { 64 } else { 32 };
    let (immr, imms) = (bits(w, 21, 16), bits(w, 15, 10));
    if imms >= immr {
        u64::MAX >> (63 - ((imms - immr) & 63))
    } else {
        (u64::MAX >> (63 - imms)) << (width - immr)
    }
}

crate::isa::a64::table::section! { "data_imm";
    ADR "0ii10000iiiiiiiiiiiiiiiiiiiddddd" Plain ADR "adr {Xd}, {target}" [pre adr];
    ADRP "1ii10000iiiiiiiiiiiiiiiiiiiddddd" Plain ADRP "adrp {Xd}, {page}" [pre adrp];

    ADD_imm "f00100010hiiiiiiiiiiiinnnnnddddd" Plain ADD_imm "add {Rd|sp}, {Rn|sp}, #{imm12}" [pre imm12];
    ADDS_imm "f01100010hiiiiiiiiiiiinnnnnddddd" Plain ADDS_imm "adds {Rd}, {Rn|sp}, #{imm12}" [pre imm12];
    SUB_imm "f10100010hiiiiiiiiiiiinnnnnddddd" Plain SUB_imm "sub {Rd|sp}, {Rn|sp}, #{imm12}" [pre imm12];
    SUBS_imm "f11100010hiiiiiiiiiiiinnnnnddddd" Plain SUBS_imm "subs {Rd}, {Rn|sp}, #{imm12}" [pre imm12];

    AND_imm "f00100100Nrrrrrrssssssnnnnnddddd" Plain AND_imm "and {Rd|sp}, {Rn}, #{imm.x}" [valid bitmask_valid] [pre bitmask];
    ORR_imm "f01100100Nrrrrrrssssssnnnnnddddd" Plain ORR_imm "orr {Rd|sp}, {Rn}, #{imm.x}" [valid bitmask_valid] [pre bitmask];
    EOR_imm "f10100100Nrrrrrrssssssnnnnnddddd" Plain EOR_imm "eor {Rd|sp}, {Rn}, #{imm.x}" [valid bitmask_valid] [pre bitmask];
    ANDS_imm "f11100100Nrrrrrrssssssnnnnnddddd" Plain ANDS_imm "ands {Rd}, {Rn}, #{imm.x}" [valid bitmask_valid] [pre bitmask];

    MOVN "f00100101wwiiiiiiiiiiiiiiiiddddd" Plain MOVN "movn {Rd}, #{x20:5}{hw}" [valid wide_valid] [pre wide];
    MOVZ "f10100101wwiiiiiiiiiiiiiiiiddddd" Plain MOVZ "movz {Rd}, #{x20:5}{hw}" [valid wide_valid] [pre wide];
    MOVK "f11100101wwiiiiiiiiiiiiiiiiddddd" Plain MOVK "movk {Rd}, #{x20:5}{hw}" [valid wide_valid] [pre wide];

    SBFM "f00100110Nrrrrrrssssssnnnnnddddd" Plain SBFM "sbfm {Rd}, {Rn}, #{u21:16}, #{u15:10}" [valid field_valid] [pre field_shifts];
    BFM "f01100110Nrrrrrrssssssnnnnnddddd" Plain BFM "bfm {Rd}, {Rn}, #{u21:16}, #{u15:10}" [valid field_valid] [pre field_mask];
    UBFM "f10100110Nrrrrrrssssssnnnnnddddd" Plain UBFM "ubfm {Rd}, {Rn}, #{u21:16}, #{u15:10}" [valid field_valid] [pre field_shifts];
    EXTR "f00100111N0mmmmmssssssnnnnnddddd" Plain EXTR "extr {Rd}, {Rn}, {Rm}, #{u15:10}" [valid extr_valid];
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of bitmask immediates of 64 bits is a property of the encoding.
    #[test]
    fn there_are_5334_bitmask_immediates() {
        let mut all = std::collections::BTreeSet::new();
        for n in 0..2 {
            for immr in 0..64 {
                all.extend((0..64).filter_map(|imms| decode_bitmask(n, immr, imms)));
            }
        }
        assert_eq!(all.len(), 5334);
        assert!(all.contains(&0x5555_5555_5555_5555) && all.contains(&0xff00_00ff_ff00_00ff));
    }
}

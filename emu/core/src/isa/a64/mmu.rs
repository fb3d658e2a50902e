//! Stage-1 translation of EL1 and EL0 (Arm ARM D5): 4 KiB granule, 48-bit addresses, both TTBRs.
//!
//! A walk reads at most four descriptors, allocates nothing and changes nothing. Not implemented,
//! because the ID registers say so: the 16 and 64 KiB granules (TCR.TGx is taken for 4 KiB),
//! hardware update of the access flag and dirty state (TCR.HA, HD), hierarchical permission
//! disables (TCR.HPDx), 52-bit addresses, stage 2.

use super::cpu::SysRegs;
use crate::isa::Access;
use crate::mem::Ram;

/// Bits of a physical address (ID_AA64MMFR0_EL1.PARange = 40 bits).
pub const PA_BITS: u32 = 40;

/// SCTLR_EL1 bits that steer translation and alignment (D13.2.118).
mod sctlr {
    pub const M: u64 = 1 << 0;
    pub const A: u64 = 1 << 1;
    pub const WXN: u64 = 1 << 19;
}

/// With whose permissions: the mode of a TLB table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Mode {
    /// EL0, or LDTR and STTR at EL1.
    User = 0,
    /// EL1.
    Kernel = 1,
    /// EL1 with PSTATE.PAN: what EL0 may access is not accessible.
    KernelPan = 2,
}

impl Mode {
    /// The mode of a TLB table.
    pub fn numbered(n: usize) -> Mode {
        match n {
            0 => Mode::User,
            1 => Mode::Kernel,
            _ => Mode::KernelPan,
        }
    }

    /// The mode of an exception level with or without PAN.
    pub fn of(el: u8, pan: bool) -> Mode {
        match (el, pan) {
            (0, _) => Mode::User,
            (_, false) => Mode::Kernel,
            (_, true) => Mode::KernelPan,
        }
    }
}

/// A fault status code: DFSC or IFSC of the ESR (D13.2.37), level included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status(pub u32);

impl Status {
    /// Misaligned access.
    pub const ALIGNMENT: Status = Status(0x21);
    /// Nothing answers at the physical address.
    pub const EXTERNAL: Status = Status(0x10);

    /// Address size fault.
    pub const fn address_size(level: u32) -> Status {
        Status(level)
    }
    /// Translation fault.
    pub const fn translation(level: u32) -> Status {
        Status(0x04 | level)
    }
    /// Access flag fault.
    pub const fn access_flag(level: u32) -> Status {
        Status(0x08 | level)
    }
    /// Permission fault.
    pub const fn permission(level: u32) -> Status {
        Status(0x0c | level)
    }
    /// No memory where the walk reads a descriptor.
    pub const fn external_on_walk(level: u32) -> Status {
        Status(0x14 | level)
    }
}

/// A completed walk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Translation {
    /// Physical address of the byte asked for.
    pub pa: u64,
    /// log2 of the size mapped in one piece: 12, 21 or 30.
    pub page_bits: u32,
    /// Level of the leaf descriptor.
    pub level: u32,
    /// Permissions for the mode asked for.
    pub read: bool,
    /// May be written.
    pub write: bool,
    /// May be executed.
    pub exec: bool,
    /// The MAIR attribute byte; high nibble 0 means Device.
    pub attr: u8,
    /// Shareability field, as PAR_EL1.SH.
    pub sh: u8,
}

impl Translation {
    /// Device memory: misaligned accesses fault.
    pub fn is_device(&self) -> bool {
        self.attr & 0xf0 == 0
    }
    /// Whether the access is permitted.
    pub fn check(&self, access: Access) -> Result<(), Status> {
        let permitted = match access {
            Access::Read => self.read,
            Access::Write => self.write,
            Access::Fetch => self.exec,
        };
        if permitted { Ok(()) } else { Err(Status::permission(self.level)) }
    }
}

/// Whether SCTLR_EL1.A demands alignment of all accesses.
pub fn alignment_checked(sys: &SysRegs) -> bool {
    sys.sctlr_el1 & sctlr::A != 0
}

/// The address-space identifier in force (TCR_EL1.A1 and AS).
pub fn asid(sys: &SysRegs) -> u16 {
    let ttbr = if sys.tcr_el1 >> 22 & 1 != 0 { sys.ttbr1_el1 } else { sys.ttbr0_el1 };
    let asid = (ttbr >> 48) as u16;
    if sys.tcr_el1 >> 36 & 1 != 0 { asid } else { asid & 0xff }
}

/// `va` without its tag, when the tag byte is ignored (TCR.TBIx): bits 63..56 as bit 55
/// (`AArch64.BranchAddr`, and the address a translation starts from).
pub fn untagged(sys: &SysRegs, va: u64) -> u64 {
    let upper = va >> 55 & 1;
    if sys.tcr_el1 >> (37 + upper) & 1 == 0 {
        va
    } else if upper != 0 {
        va | 0xff << 56
    } else {
        va & !(0xff << 56)
    }
}

/// Translates `va` for `mode`. Permissions are reported, not checked.
pub fn translate(ram: &Ram, sys: &SysRegs, va: u64, mode: Mode) -> Result<Translation, Status> {
    let va = untagged(sys, va);
    if sys.sctlr_el1 & sctlr::M == 0 { flat(va) } else { walk(ram, sys, va, mode) }
}

/// The MMU is off: addresses are physical, data is Device-nGnRnE (`AArch64.S1DisabledOutput`).
fn flat(va: u64) -> Result<Translation, Status> {
    if va >> PA_BITS != 0 {
        return Err(Status::address_size(0));
    }
    let all = (true, true, true);
    let (read, write, exec) = all;
    Ok(Translation { pa: va, page_bits: 12, level: 0, read, write, exec, attr: 0, sh: 2 })
}

/// Parameters of one half of the address space.
struct Half {
    /// Bits of the input address that are translated: 25..=48.
    input_bits: u32,
    /// Walks are disabled (TCR.EPDx).
    disabled: bool,
    ttbr: u64,
}

fn half(sys: &SysRegs, va: u64) -> Half {
    let tcr = sys.tcr_el1;
    let (size, disabled, ttbr) = if va >> 55 & 1 == 0 {
        (tcr & 0x3f, tcr >> 7 & 1, sys.ttbr0_el1)
    } else {
        (tcr >> 16 & 0x3f, tcr >> 23 & 1, sys.ttbr1_el1)
    };
    // Out of range is CONSTRAINED UNPREDICTABLE; we use the nearest size.
    let input_bits = 64 - u32::try_from(size).unwrap_or(0).clamp(16, 39);
    Half { input_bits, disabled: disabled != 0, ttbr }
}

/// Largest physical address that descriptors and TTBRs may name, as bits (TCR_EL1.IPS).
fn output_bits(sys: &SysRegs) -> u32 {
    match sys.tcr_el1 >> 32 & 7 {
        0 => 32,
        1 => 36,
        _ => PA_BITS,
    }
}

/// Bits 47..12 of a descriptor.
const OUTPUT: u64 = 0x0000_ffff_ffff_f000;

fn walk(ram: &Ram, sys: &SysRegs, va: u64, mode: Mode) -> Result<Translation, Status> {
    let Half { input_bits, disabled, ttbr } = half(sys, va);
    let sign = if va >> 55 & 1 == 0 { 0 } else { u64::MAX };
    if disabled || (va ^ sign) >> input_bits != 0 {
        return Err(Status::translation(0));
    }
    let out_bits = output_bits(sys);
    let first = 4 - (input_bits - 12).div_ceil(9);
    let mut base = ttbr & (OUTPUT | 0xfff) & table_align(input_bits, first);
    if base >> out_bits != 0 {
        return Err(Status::address_size(0));
    }
    let mut inherited = 0;
    for level in first..=3 {
        let shift = 12 + 9 * (3 - level);
        let bits = if level == first { input_bits - shift } else { 9 };
        let index = va >> shift & ((1 << bits) - 1);
        let desc = ram.read_u64(base + index * 8).ok_or(Status::external_on_walk(level))?;
        let output = desc & OUTPUT & (u64::MAX << if is_table(desc, level) { 12 } else { shift });
        match (desc & 3, level) {
            (3, 0..=2) => {
                if output >> out_bits != 0 {
                    return Err(Status::address_size(level));
                }
                inherited |= desc;
                base = output;
            }
            (3, _) | (1, 1 | 2) => {
                if output >> out_bits != 0 {
                    return Err(Status::address_size(level));
                }
                if desc & AF == 0 {
                    return Err(Status::access_flag(level));
                }
                let pa = output | va & !(u64::MAX << shift);
                return Ok(leaf(sys, desc, inherited, mode, &Leaf { pa, shift, level }));
            }
            _ => return Err(Status::translation(level)),
        }
    }
    Err(Status::translation(3))
}

fn is_table(desc: u64, level: u32) -> bool {
    desc & 3 == 3 && level < 3
}

/// Mask for the base of the first table, which is as large as its entries need.
fn table_align(input_bits: u32, first: u32) -> u64 {
    let entries = input_bits - (12 + 9 * (3 - first));
    u64::MAX << (entries + 3).max(4)
}

const AF: u64 = 1 << 10;
const AP_EL0: u64 = 1 << 6;
const AP_READ_ONLY: u64 = 1 << 7;
const PXN: u64 = 1 << 53;
const UXN: u64 = 1 << 54;
const TABLE_PXN: u64 = 1 << 59;
const TABLE_UXN: u64 = 1 << 60;
const TABLE_NO_EL0: u64 = 1 << 61;
const TABLE_READ_ONLY: u64 = 1 << 62;

struct Leaf {
    pa: u64,
    shift: u32,
    level: u32,
}

/// Permissions and attributes of a leaf (`AArch64.S1DirectBasePermissions`); `inherited` is the
/// union of the table descriptors passed.
fn leaf(sys: &SysRegs, desc: u64, inherited: u64, mode: Mode, at: &Leaf) -> Translation {
    let writable = desc & AP_READ_ONLY == 0 && inherited & TABLE_READ_ONLY == 0;
    let el0 = desc & AP_EL0 != 0 && inherited & TABLE_NO_EL0 == 0;
    let wxn = sys.sctlr_el1 & sctlr::WXN != 0;
    let uxn = desc & UXN != 0 || inherited & TABLE_UXN != 0;
    let pxn = desc & PXN != 0 || inherited & TABLE_PXN != 0;
    let (read, write, exec) = match mode {
        Mode::User => (el0, el0 && writable, !(uxn || wxn && el0 && writable)),
        Mode::Kernel | Mode::KernelPan => {
            let hidden = mode == Mode::KernelPan && el0;
            // What EL0 can write is never executable at EL1.
            let exec = !(pxn || wxn && writable || el0 && writable);
            (!hidden, writable && !hidden, exec)
        }
    };
    let [attr, ..] = (sys.mair_el1 >> (8 * (desc >> 2 & 7))).to_le_bytes();
    let [sh, ..] = (desc >> 8 & 3).to_le_bytes();
    let sh = if attr & 0xf0 == 0 { 2 } else { sh };
    Translation { pa: at.pa, page_bits: at.shift, level: at.level, read, write, exec, attr, sh }
}

/// PAR_EL1 after an AT instruction (D13.2.100).
pub fn par(result: Result<Translation, Status>) -> u64 {
    const RES1: u64 = 1 << 11;
    match result {
        Ok(t) => u64::from(t.attr) << 56 | t.pa & OUTPUT | RES1 | 1 << 9 | u64::from(t.sh) << 7,
        Err(s) => RES1 | u64::from(s.0) << 1 | 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mem::ram::RegionSpec;

    const BASE: u64 = 0x4000_0000;
    const NORMAL: u64 = AF | 1 << 2;

    /// Tables: L0 at BASE, L1 at +0x1000, L2 at +0x2000, L3 at +0x3000; MAIR 0 Device, 1 Normal.
    fn machine(l0: u64, l1: u64, l2: u64, l3: u64) -> (Ram, SysRegs) {
        let ram = Ram::new(&[RegionSpec { base: BASE, size: 0x10000, writable: true }]).unwrap();
        for (i, desc) in [l0, l1, l2, l3].into_iter().enumerate() {
            ram.write(BASE + i as u64 * 0x1000 + 8, &desc.to_le_bytes());
        }
        let sys = SysRegs {
            sctlr_el1: sctlr::M,
            tcr_el1: 16 | 16 << 16 | 2 << 30 | 2 << 32,
            ttbr0_el1: BASE,
            ttbr1_el1: BASE,
            mair_el1: 0xff00,
            ..SysRegs::default()
        };
        (ram, sys)
    }

    fn tables(l3: u64) -> (Ram, SysRegs) {
        machine(BASE + 0x1003, BASE + 0x2003, BASE + 0x3003, l3)
    }

    /// Index 1 at every level, offset 0x123.
    const VA: u64 = 1 << 39 | 1 << 30 | 1 << 21 | 1 << 12 | 0x123;

    fn perms(desc: u64, mode: Mode) -> (bool, bool, bool) {
        let (ram, sys) = tables(desc);
        let t = translate(&ram, &sys, VA, mode).unwrap();
        (t.read, t.write, t.exec)
    }

    #[test]
    fn four_levels_to_a_page() {
        let (ram, sys) = tables(0x12_3456_7000 | NORMAL | 3 << 8 | 3);
        let t = translate(&ram, &sys, VA, Mode::Kernel).unwrap();
        assert_eq!((t.pa, t.page_bits, t.level, t.attr, t.sh), (0x12_3456_7123, 12, 3, 0xff, 3));
        assert!(!t.is_device());
        let high = 0xffff_0000_0000_0000 | VA;
        assert_eq!(translate(&ram, &sys, high, Mode::Kernel), Ok(t), "TTBR1 the same table here");
    }

    #[test]
    fn blocks_and_where_they_are_not_allowed() {
        let (ram, sys) = machine(BASE + 0x1003, BASE + 0x2003, 0x80_0020_0000 | NORMAL | 1, 0);
        let t = translate(&ram, &sys, VA, Mode::Kernel).unwrap();
        assert_eq!((t.pa, t.page_bits), (0x80_0020_1123, 21));
        let (ram, sys) = machine(BASE + 0x1003, 0x80_4000_0000 | NORMAL | 1, 0, 0);
        let t = translate(&ram, &sys, VA, Mode::Kernel).unwrap();
        assert_eq!((t.pa, t.page_bits), (0x80_4020_1123, 30));
        let (ram, sys) = machine(BASE | NORMAL | 1, 0, 0, 0);
        assert_eq!(translate(&ram, &sys, VA, Mode::Kernel), Err(Status::translation(0)));
        let (ram, sys) = tables(BASE | NORMAL | 1);
        assert_eq!(translate(&ram, &sys, VA, Mode::Kernel), Err(Status::translation(3)));
    }

    #[test]
    fn faults_carry_their_level() {
        let of = |(ram, sys): (Ram, SysRegs)| translate(&ram, &sys, VA, Mode::Kernel).unwrap_err().0;
        assert_eq!(of(machine(0, 0, 0, 0)), 0x04);
        assert_eq!(of(machine(BASE + 0x1003, 0, 0, 0)), 0x05);
        assert_eq!(of(machine(BASE + 0x1003, BASE + 0x2003, 0, 0)), 0x06);
        assert_eq!(of(tables(0)), 0x07);
        assert_eq!(of(tables(BASE | 3)), 0x0b, "access flag");
        assert_eq!(of(machine(0x7000_0003, 0, 0, 0)), 0x15, "external abort reading level 1");
        assert_eq!(of(machine(1 << 40 | 3, 0, 0, 0)), 0x00, "address size, level 0 descriptor");
        assert_eq!(of(tables(1 << 41 | AF | 3)), 0x03);
    }

    #[test]
    fn input_size_tags_and_disabled_walks() {
        let (ram, mut sys) = tables(NORMAL | 3);
        let at = |sys: &SysRegs, va| translate(&ram, sys, va, Mode::Kernel).map(|t| t.pa);
        assert_eq!(at(&sys, VA | 1 << 48), Err(Status::translation(0)));
        assert_eq!(at(&sys, VA | 0x5a << 56), Err(Status::translation(0)));
        sys.tcr_el1 |= 1 << 37;
        assert_eq!(at(&sys, VA | 0x5a << 56), Ok(0x123));
        sys.tcr_el1 |= 1 << 7;
        assert_eq!(at(&sys, VA), Err(Status::translation(0)));
        // 39 bits: starts at level 1.
        sys.tcr_el1 = 25 | 2 << 32;
        sys.ttbr0_el1 = BASE + 0x1000;
        assert_eq!(at(&sys, VA & !(1 << 39)), Ok(0x123));
        assert_eq!(at(&sys, VA), Err(Status::translation(0)));
    }

    #[test]
    fn permissions_by_mode() {
        let leaf = NORMAL | 3;
        assert_eq!(perms(leaf, Mode::User), (false, false, true), "execute only");
        assert_eq!(perms(leaf, Mode::Kernel), (true, true, true));
        assert_eq!(perms(leaf | AP_EL0, Mode::User), (true, true, true));
        assert_eq!(perms(leaf | AP_EL0, Mode::Kernel), (true, true, false));
        assert_eq!(perms(leaf | AP_EL0, Mode::KernelPan), (false, false, false));
        assert_eq!(perms(leaf | AP_EL0 | AP_READ_ONLY | UXN, Mode::User), (true, false, false));
        assert_eq!(perms(leaf | AP_READ_ONLY | PXN, Mode::KernelPan), (true, false, false));
    }

    #[test]
    fn tables_restrict_and_wxn() {
        let leaf = NORMAL | AP_EL0 | 3;
        let restrict = |bits| {
            let (ram, sys) = machine((BASE + 0x1003) | bits, BASE + 0x2003, BASE + 0x3003, leaf);
            let t = translate(&ram, &sys, VA, Mode::User).unwrap();
            (t.read, t.write, t.exec)
        };
        assert_eq!(restrict(TABLE_READ_ONLY), (true, false, true));
        assert_eq!(restrict(TABLE_NO_EL0), (false, false, true));
        assert_eq!(restrict(TABLE_UXN), (true, true, false));
        let (ram, mut sys) = tables(NORMAL | 3);
        sys.sctlr_el1 |= sctlr::WXN;
        assert!(!translate(&ram, &sys, VA, Mode::Kernel).unwrap().exec);
    }

    #[test]
    fn off_is_flat_and_device() {
        let (ram, mut sys) = tables(0);
        sys.sctlr_el1 = 0;
        let t = translate(&ram, &sys, 0xff_1234_5678, Mode::User).unwrap();
        assert!(t.pa == 0xff_1234_5678 && t.is_device() && t.exec);
        assert_eq!(translate(&ram, &sys, 1 << 40, Mode::Kernel), Err(Status::address_size(0)));
        assert_eq!(par(Err(Status::translation(2))), 0x80d);
        assert_eq!(par(Ok(t)), 0xff_1234_5000 | 0xb00);
    }

    #[test]
    fn asid_sizes_and_source() {
        let sys = |tcr| SysRegs {
            tcr_el1: tcr,
            ttbr0_el1: 0x1234 << 48,
            ttbr1_el1: 0x5678 << 48,
            ..SysRegs::default()
        };
        assert_eq!(asid(&sys(0)), 0x34);
        assert_eq!(asid(&sys(1 << 36)), 0x1234);
        assert_eq!(asid(&sys(1 << 36 | 1 << 22)), 0x5678);
    }
}

//! PSTATE as SPSR_EL1 holds it, and what changes together with it: the stack pointer in force and
//! what is enabled.

use super::cpu::{Cpu, Pstate, sctlr};

/// Positions in SPSR_EL1 (C5.2.18).
mod spsr {
    pub const DAIF: u32 = 6;
    pub const SSBS: u32 = 12;
    pub const IL: u32 = 20;
    pub const PAN: u32 = 22;
    pub const UAO: u32 = 23;
    pub const DIT: u32 = 24;
    pub const NZCV: u32 = 28;
}

/// `n` bits of `v` from `lo`; at most 8.
fn field(v: u64, lo: u32, n: u32) -> u8 {
    let [low, ..] = (v >> lo & ((1 << n) - 1)).to_le_bytes();
    low
}

impl Cpu {
    /// PSTATE in the format of SPSR_EL1.
    pub fn spsr(&self) -> u64 {
        let p = &self.pstate;
        u64::from(self.nzcv & 15) << spsr::NZCV
            | u64::from(p.dit) << spsr::DIT
            | u64::from(p.uao) << spsr::UAO
            | u64::from(p.pan) << spsr::PAN
            | u64::from(p.il) << spsr::IL
            | u64::from(p.ssbs) << spsr::SSBS
            | u64::from(p.daif) << spsr::DAIF
            | u64::from(p.el) << 2
            | u64::from(p.sp_sel)
    }

    /// Sets PSTATE from the format of SPSR_EL1, as an exception return from EL1 does
    /// (`SetPSTATEFromPSR`): a mode that cannot be returned to leaves level and stack pointer as
    /// they are and sets PSTATE.IL.
    pub fn set_pstate_from_spsr(&mut self, v: u64) {
        let p = &mut self.pstate;
        p.pan = field(v, spsr::PAN, 1);
        p.daif = field(v, spsr::DAIF, 4);
        self.nzcv = u32::from(field(v, spsr::NZCV, 4));
        // M[4] is AArch32; 0000 is EL0t, 0100 EL1t, 0101 EL1h.
        if !matches!(v & 0x1f, 0b0_0000 | 0b0_0100 | 0b0_0101) {
            p.il = 1;
            return;
        }
        p.il = field(v, spsr::IL, 1);
        p.ssbs = field(v, spsr::SSBS, 1);
        p.uao = field(v, spsr::UAO, 1);
        p.dit = field(v, spsr::DIT, 1);
        self.set_level(field(v, 2, 2), field(v, 0, 1));
    }

    /// Switches exception level and SPSel, banking the stack pointer.
    pub fn set_level(&mut self, el: u8, sp_sel: u8) {
        let old = usize::from(self.pstate.el & self.pstate.sp_sel & 1);
        let new = usize::from(el & sp_sel & 1);
        (self.pstate.el, self.pstate.sp_sel) = (el, sp_sel);
        if old != new {
            self.sp_bank[old] = self.x[31];
            self.x[31] = self.sp_bank[new];
        }
        self.update_enables();
    }

    /// Recomputes what depends on the exception level: `fp_enabled` from CPACR_EL1.FPEN and
    /// `sp_check` from SCTLR_EL1.SA and SA0.
    pub fn update_enables(&mut self) {
        let sa = if self.pstate.el == 0 { sctlr::SA0 } else { sctlr::SA };
        self.sp_check = u32::from(self.sys.sctlr_el1 & sa != 0);
        self.fp_enabled = match self.sys.cpacr_el1 >> 20 & 3 {
            3 => 1,
            1 => u32::from(self.pstate.el != 0),
            _ => 0,
        };
    }

    /// The stack pointer of EL0, in force or banked.
    pub fn sp_el0(&self) -> u64 {
        if self.pstate.el & self.pstate.sp_sel == 0 { self.x[31] } else { self.sp_bank[0] }
    }
}

impl Pstate {
    /// At reset: EL1 with SP_EL1, all interrupts masked.
    pub const RESET: Pstate = Pstate { el: 1, sp_sel: 1, daif: 15, il: 0, pan: 0, uao: 0, dit: 0, ssbs: 0 };
}

//! The fingerprint of everything a guest could see: registers, memory, devices, time.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

use super::Machine;
use crate::isa::a64::Cpu;
use crate::isa::a64::sysreg::{Kind, ROWS};

/// XXH3-128 of a machine's state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Digest(pub u128);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Machine {
    /// Fingerprint of all guest-visible state. Equal for equal states whatever the engine, its
    /// caches and how the run was cut into pieces.
    pub fn digest(&self) -> Digest {
        let mut h = Xxh3::new();
        let now = self.now();
        h.update(&now.insns.to_le_bytes());
        h.update(&now.ns.to_le_bytes());
        for (core, power) in self.cpus.iter().zip(&self.power) {
            h.update(&[*power as u8, core.0.lines]);
            cpu(&mut h, &core.0.cpu);
        }
        let sys = self.system();
        sys.ram.for_each_page(|pa, bytes| {
            h.update(&pa.to_le_bytes());
            h.update(bytes);
        });
        let mut devices = Vec::new();
        sys.bus.digest(&mut devices);
        h.update(&devices);
        Digest(h.digest128())
    }

    /// Fingerprint of one CPU's registers.
    pub fn cpu_digest(&self, n: usize) -> Option<Digest> {
        let mut h = Xxh3::new();
        cpu(&mut h, &self.cpu(n)?.cpu);
        Some(Digest(h.digest128()))
    }
}

fn cpu(h: &mut Xxh3, c: &Cpu) {
    c.x.iter().for_each(|x| h.update(&x.to_le_bytes()));
    c.v.iter().for_each(|v| h.update(&v.to_le_bytes()));
    let p = c.pstate;
    h.update(&[p.el, p.sp_sel, p.daif, p.il, p.pan, p.uao, p.dit, p.ssbs]);
    for word in [c.nzcv, c.fp.fpcr, c.fp.fpsr] {
        h.update(&word.to_le_bytes());
    }
    // The banked entry of the stack pointer in force is stale.
    let banked = c.sp_bank[usize::from(1 - (p.el & p.sp_sel & 1))];
    let m = c.monitor;
    for word in [
        c.pc,
        banked,
        m.armed.into(),
        m.size.into(),
        m.addr,
        c.sys.wait,
        c.sys.event,
        c.sys.cntv_ctl_el0,
        c.sys.cntp_ctl_el0,
    ] {
        h.update(&word.to_le_bytes());
    }
    h.update(&m.value.to_le_bytes());
    let mut sys = c.sys.clone();
    for row in ROWS {
        if let Kind::State { field, .. } = row.kind {
            h.update(&field(&mut sys).to_le_bytes());
        }
    }
}

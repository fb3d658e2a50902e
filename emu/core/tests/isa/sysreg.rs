//! The system registers as a table.

use std::fmt::Write as _;

use innkeeper_core::emit::Helper;
use innkeeper_core::isa::a64::cpu::Pstate;
use innkeeper_core::isa::a64::sysreg::{self, Access, Kind, ROWS};
use innkeeper_core::isa::a64::{Cpu, sem_system};

use crate::golden;

fn access(a: Access) -> &'static str {
    match a {
        Access::Never => "-",
        Access::El1 => "EL1",
        Access::El1If(_) => "EL1?",
        Access::El0 => "EL0",
        Access::El0If(_) => "EL0?",
        Access::Fp => "FP",
    }
}

/// A CPU after reset, with FP enabled so that FPCR and FPSR can be read.
fn cpu() -> Cpu {
    let mut cpu = Cpu::zeroed();
    sysreg::reset(&mut cpu.sys);
    cpu.pstate = Pstate::RESET;
    cpu.fp_enabled = 1;
    cpu
}

#[test]
fn system_registers() {
    let mut text = String::from(
        "# name, encoding, who reads, who writes (? = if enabled), value after reset, bits that stick\n",
    );
    for (index, r) in (0..).zip(ROWS) {
        let [op0, op1, crn, crm, op2] =
            [(14, 3), (11, 7), (7, 15), (3, 15), (0, 7)].map(|(at, mask)| r.key >> at & mask);
        let read = |cpu: &mut Cpu| sem_system::cpu_only(cpu, Helper::ReadSysReg, [index, 0, 0]).ok();
        let value = read(&mut cpu());
        let mut written = cpu();
        let sticks = sem_system::cpu_only(&mut written, Helper::WriteSysReg, [index, u64::MAX, 0]).ok();
        let sticks = sticks.and_then(|_| match r.kind {
            Kind::State { mask, .. } => Some(mask),
            _ => read(&mut written).zip(value).map(|(new, old)| new ^ old),
        });
        let show = |v: Option<u64>| v.map_or_else(|| "-".into(), |v| format!("{v:#x}"));
        let code = format!("{op0}_{op1}_c{crn}_c{crm}_{op2}");
        let _ = writeln!(
            text,
            "{:18} {code:14} {:4} {:4} {:18} {}",
            r.name,
            access(r.read),
            access(r.write),
            show(value),
            show(sticks)
        );
    }
    golden::check("sysreg", "sysreg/a64.txt", &text);
}

#[test]
fn rows_are_in_order_and_unique() {
    for pair in ROWS.windows(2) {
        assert!(pair[0].key < pair[1].key, "{} and {}", pair[0].name, pair[1].name);
    }
}

use super::*;
use crate::soft::fp::FpEnv;
use crate::state::Saved;

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: u8) -> u8 {
        u8::try_from(self.word() % u64::from(n)).unwrap()
    }

    fn half(&mut self) -> u32 {
        u32::try_from(self.word() >> 32).unwrap()
    }

    fn double(&mut self) -> u128 {
        u128::from(self.word()) << 64 | u128::from(self.word())
    }
}

/// Every field is named, so that a new one has to be thought of here.
fn random_sys(r: &mut Random) -> SysRegs {
    let mut w = || r.word();
    let mut sys = SysRegs {
        sctlr_el1: w(),
        ttbr0_el1: w(),
        ttbr1_el1: w(),
        tcr_el1: w(),
        mair_el1: w(),
        vbar_el1: w(),
        elr_el1: w(),
        spsr_el1: w(),
        esr_el1: w(),
        far_el1: w(),
        par_el1: w(),
        cpacr_el1: w(),
        contextidr_el1: w(),
        tpidr_el0: w(),
        tpidrro_el0: w(),
        tpidr_el1: w(),
        cntkctl_el1: w(),
        cntv_ctl_el0: w() & 3,
        cntv_cval_el0: w(),
        cntp_ctl_el0: w() & 3,
        cntp_cval_el0: w(),
        cntfrq_el0: w(),
        actlr_el1: w(),
        afsr0_el1: w(),
        afsr1_el1: w(),
        amair_el1: w(),
        csselr_el1: w(),
        mdscr_el1: w(),
        osdlr_el1: w(),
        oslsr_el1: w(),
        pmuserenr_el0: w(),
        mpidr_el1: 3,
        wait: w() % 3,
        event: w() % 2,
    };
    plain().for_each(|(field, bits)| *field(&mut sys) &= bits);
    sys
}

fn random_cpu(r: &mut Random) -> Cpu {
    let mut cpu = Cpu {
        x: std::array::from_fn(|_| r.word()),
        pc: r.word(),
        nzcv: r.half() & 15,
        fp: FpEnv { fpcr: r.half() & fpcr_mask(), fpsr: r.half() & FPSR_MASK },
        fp_enabled: 0,
        sp_check: 0,
        v: std::array::from_fn(|_| r.double()),
        pstate: Pstate {
            el: r.below(2),
            sp_sel: r.below(2),
            daif: r.below(16),
            il: r.below(2),
            pan: r.below(2),
            uao: r.below(2),
            dit: r.below(2),
            ssbs: r.below(2),
        },
        sp_bank: [r.word(), r.word()],
        sys: random_sys(r),
        monitor: Monitor { armed: r.below(2) == 1, size: r.below(5), addr: r.word(), value: r.double() },
        fault: Fault::default(),
    };
    let stale = in_force(cpu.pstate);
    cpu.sp_bank[stale] = cpu.x[31];
    cpu.update_enables();
    cpu
}

/// The digest as it was written by hand before there was a [`CpuState`]: recordings end with one.
fn digest_of_old(c: &Cpu) -> Vec<u8> {
    let mut out = Vec::new();
    c.x.iter().for_each(|x| out.extend(x.to_le_bytes()));
    c.v.iter().for_each(|v| out.extend(v.to_le_bytes()));
    let p = c.pstate;
    out.extend([p.el, p.sp_sel, p.daif, p.il, p.pan, p.uao, p.dit, p.ssbs]);
    [c.nzcv, c.fp.fpcr, c.fp.fpsr].iter().for_each(|word| out.extend(word.to_le_bytes()));
    let banked = c.sp_bank[usize::from(1 - (p.el & p.sp_sel & 1))];
    let m = c.monitor;
    let timers = [c.sys.cntv_ctl_el0, c.sys.cntp_ctl_el0];
    let words = [c.pc, banked, m.armed.into(), m.size.into(), m.addr, c.sys.wait, c.sys.event];
    words.iter().chain(&timers).for_each(|word| out.extend(word.to_le_bytes()));
    out.extend(m.value.to_le_bytes());
    let mut sys = c.sys.clone();
    for row in ROWS {
        if let Kind::State { field, .. } = row.kind {
            out.extend(field(&mut sys).to_le_bytes());
        }
    }
    out
}

#[test]
fn digest_is_what_it_always_was() {
    let mut r = Random(1);
    for _ in 0..200 {
        let cpu = random_cpu(&mut r);
        let mut out = Vec::new();
        cpu.digest(&mut out);
        assert_eq!(out, digest_of_old(&cpu));
    }
}

#[test]
fn everything_comes_back() {
    let mut r = Random(2);
    for _ in 0..200 {
        let from = random_cpu(&mut r);
        let mut to = random_cpu(&mut r);
        to.fault.iss = 1;
        to.restore(&from.save().unwrap()).unwrap();
        // Every field, by its name and value.
        assert_eq!(format!("{to:x?}"), format!("{from:x?}"));
    }
}

/// Makes a good state a bad one.
type Spoil = fn(&mut CpuState);

#[test]
fn nonsense_is_refused_with_a_sentence_and_changes_nothing() {
    let mut r = Random(3);
    let good = random_cpu(&mut r);
    let mut cpu = random_cpu(&mut r);
    let before = cpu.save().unwrap();
    let spoils: [(Spoil, &str); 8] = [
        (|s| s.pstate[0] = 2, "PSTATE has bits that do not exist"),
        (|s| s.nzcv = 16, "PSTATE has bits that do not exist"),
        (|s| s.fpcr = 1, "FPCR or FPSR has bits that do not exist"),
        (|s| s.monitor_size = 5, "its exclusive monitor is of no size there is"),
        (|s| s.wait = 3, "it waits for something that does not exist"),
        (|s| s.cntv_ctl = 4, "a system register has bits that do not exist"),
        (|s| s.system.iter_mut().for_each(|v| *v = u64::MAX), "a system register has bits that do not exist"),
        (|s| s.system.truncate(1), "it has other system registers"),
    ];
    for (spoil, what) in spoils {
        let mut state = good.state().into_owned();
        spoil(&mut state);
        let error = cpu.set_state(state).unwrap_err().to_string();
        assert_eq!(error, format!("the saved state of cpu is impossible: {what}"));
        assert_eq!(cpu.save().unwrap(), before);
    }
}

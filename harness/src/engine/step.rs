//! Our semantics, executed directly on flat memory: what the interpreter runs, without its MMU,
//! devices and run loop.

use innkeeper_core::emit::step::{self, GuestCpu, rmw_value};
use innkeeper_core::emit::{Helper, MemOp, Reg, Res, Rmw, Trap, VReg};
use innkeeper_core::isa::a64::cpu::{Fault, Monitor};
use innkeeper_core::isa::a64::{Cpu, Insn, decode, exc, helper, table};
use innkeeper_core::soft::fp::FpEnv;
use innkeeper_core::wire::{self, A64Regs, Mode, Perm, Program, Region, Regs, Reply, Stop};

use super::{Capabilities, Engine, Outcome};

/// CPACR_EL1.FPEN: neither EL0 nor EL1 traps FP and SIMD.
const FPEN: u64 = 3 << 20;

/// The engine `step`.
pub struct Step {
    guest: step::Step<Flat>,
}

/// A CPU at EL1 with its MMU off and memory in regions.
struct Flat {
    cpu: Cpu,
    regions: Vec<Region>,
    next_pc: u64,
}

type Handler = table::Handler<step::Step<Flat>>;
static HANDLERS: [Handler; table::LEN + 1] = table::handlers::<step::Step<Flat>>();

impl Default for Step {
    fn default() -> Self {
        Step { guest: step::Step(Flat { cpu: Cpu::zeroed(), regions: Vec::new(), next_pc: 0 }) }
    }
}

impl Step {
    /// Executes one program; `reached` is given the address of every instruction executed.
    pub fn execute(&mut self, program: &Program, mut reached: impl FnMut(u64)) -> Outcome {
        let Regs::A64(regs) = &program.regs else {
            return Outcome::NotComparable("step executes AArch64 only".into());
        };
        let code = predecode(program);
        self.guest.0.load_program(regs, &program.regions);
        let mut count = 0;
        let stop = loop {
            let pc = self.guest.0.cpu.pc;
            if pc == program.end {
                break Stop::End;
            }
            // An instruction is fetched before it is counted, as in the oracle, which does not
            // notice a misaligned address.
            let insn = code.at(pc);
            if count == program.limit && (insn.is_some() || !pc.is_multiple_of(4)) {
                break Stop::Limit;
            }
            let Some(insn) = insn else { break Stop::FetchFault };
            reached(pc);
            self.guest.0.next_pc = pc.wrapping_add(4);
            let result = HANDLERS[usize::from(insn.row)](&mut self.guest, &insn);
            let (done, stop) = match result {
                Ok(()) => (true, None),
                Err(trap) => (completes(trap), Some(stop(trap))),
            };
            if done {
                self.guest.0.cpu.pc = self.guest.0.next_pc;
                count += 1;
            }
            if let Some(stop) = stop {
                break stop;
            }
        };
        Outcome::Done(self.guest.0.reply(program, stop, count))
    }
}

/// Calls return to the next instruction.
fn completes(trap: Trap) -> bool {
    matches!(trap.kind(), exc::SVC | exc::HVC | exc::SMC)
}

fn stop(trap: Trap) -> Stop {
    match trap {
        exc::UNDEFINED => Stop::Undefined,
        exc::DATA_ABORT => Stop::DataFault,
        exc::INST_ABORT | exc::PC_ALIGN => Stop::FetchFault,
        _ => match trap.kind() {
            exc::SVC => Stop::Syscall,
            exc::HVC | exc::SMC => Stop::FirmwareCall,
            exc::BRK => Stop::Breakpoint,
            exc::HLT => Stop::Undefined,
            other => Stop::Other(other.into()),
        },
    }
}

/// The program's code, decoded once.
struct Code {
    base: u64,
    size: u64,
    insns: Vec<Insn>,
    /// What the zeros after the program are.
    zero: Insn,
}

fn predecode(program: &Program) -> Code {
    let code = program.regions.iter().find(|r| r.perm == Perm::Code);
    let words = code.map(|r| &r.bytes[..]).unwrap_or_default().chunks_exact(4);
    let insns = words.map(|w| decode::decode(u32::from_le_bytes([w[0], w[1], w[2], w[3]]))).collect();
    let (base, size) = code.map_or((0, 0), |r| (r.base, r.size));
    Code { base, size, insns, zero: decode::decode(0) }
}

impl Code {
    fn at(&self, pc: u64) -> Option<Insn> {
        let offset = pc.checked_sub(self.base)?;
        if offset >= self.size || offset % 4 != 0 {
            return None;
        }
        Some(self.insns.get(usize::try_from(offset / 4).ok()?).copied().unwrap_or(self.zero))
    }
}

impl Flat {
    fn load_program(&mut self, r: &A64Regs, regions: &[Region]) {
        let cpu = &mut self.cpu;
        *cpu = Cpu::zeroed();
        cpu.pstate.el = 1;
        cpu.pstate.sp_sel = 1;
        cpu.fp_enabled = 1;
        cpu.sys.cpacr_el1 = FPEN;
        cpu.x[..31].copy_from_slice(&r.x);
        cpu.x[31] = r.sp;
        cpu.pc = r.pc;
        cpu.nzcv = u32::from(r.nzcv & 15);
        cpu.fp = FpEnv { fpcr: r.fpcr, fpsr: r.fpsr };
        cpu.v = r.v;
        self.regions.clear();
        self.regions.extend(regions.iter().map(|r| {
            let mut r = r.clone();
            r.bytes.resize(usize::try_from(r.size).unwrap_or_default(), 0);
            r
        }));
    }

    fn reply(&self, program: &Program, stop: Stop, count: u64) -> Reply {
        let cpu = &self.cpu;
        let mut x = [0; 31];
        x.copy_from_slice(&cpu.x[..31]);
        let regs = A64Regs {
            x,
            sp: cpu.x[31],
            pc: cpu.pc,
            nzcv: u8::try_from(cpu.nzcv & 15).unwrap_or_default(),
            fpcr: cpu.fp.fpcr,
            fpsr: cpu.fp.fpsr,
            v: cpu.v,
        };
        let pairs = program.regions.iter().zip(&self.regions).filter(|(r, _)| r.perm.writable());
        let written = pairs.flat_map(|(r, now)| wire::written(r.base, &r.bytes, &now.bytes)).collect();
        Reply { stop, count: Some(count), regs: Regs::A64(Box::new(regs)), written }
    }

    /// Copies `buf.len()` bytes from `addr`, which may cross from region to region.
    fn peek(&mut self, addr: u64, buf: &mut [u8]) -> Res {
        for (n, byte) in (0u64..).zip(buf.iter_mut()) {
            *byte = *self.byte(addr.wrapping_add(n), false)?;
        }
        Ok(())
    }

    /// The byte at `addr`, if it may be read or written.
    fn byte(&mut self, addr: u64, write: bool) -> Result<&mut u8, Trap> {
        let allowed = |r: &&mut Region| addr.wrapping_sub(r.base) < r.size && (!write || r.perm.writable());
        match self.regions.iter_mut().find(allowed) {
            Some(r) => {
                let offset = usize::try_from(addr - r.base).unwrap_or_default();
                Ok(&mut r.bytes[offset])
            }
            None => {
                self.cpu.fault = Fault { addr, iss: 0 };
                Err(exc::DATA_ABORT)
            }
        }
    }

    /// The region that holds all of `len` bytes at `addr` with the permission, and the offset.
    fn place(&self, addr: u64, len: u64, write: bool) -> Option<(usize, usize)> {
        let n = self.regions.iter().position(|r| addr.wrapping_sub(r.base) < r.size)?;
        let r = &self.regions[n];
        let offset = addr - r.base;
        let fits = offset + len <= r.size && (!write || r.perm.writable());
        fits.then_some((n, usize::try_from(offset).ok()?))
    }

    fn check_alignment(&mut self, m: MemOp, addr: u64) -> Res {
        if m.aligned && addr & ((1 << m.align) - 1) != 0 {
            self.cpu.fault = Fault { addr, iss: 0x21 };
            return Err(exc::DATA_ABORT);
        }
        Ok(())
    }

    fn read(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        self.check_alignment(m, addr)?;
        let len = 1usize << m.size;
        let mut b = [0; 16];
        match self.place(addr, len as u64, false) {
            Some((n, at)) => b[..len].copy_from_slice(&self.regions[n].bytes[at..at + len]),
            None => self.peek(addr, &mut b[..len])?,
        }
        Ok(u128::from_le_bytes(b))
    }

    fn write(&mut self, m: MemOp, addr: u64, v: u128) -> Res {
        self.probe(m, addr, 1 << m.size)?;
        let len = 1usize << m.size;
        let bytes = v.to_le_bytes();
        if let Some((n, at)) = self.place(addr, len as u64, true) {
            self.regions[n].bytes[at..at + len].copy_from_slice(&bytes[..len]);
            return Ok(());
        }
        for (n, byte) in (0u64..).zip(&bytes[..len]) {
            *self.byte(addr.wrapping_add(n), true)? = *byte;
        }
        Ok(())
    }

    fn probe(&mut self, m: MemOp, addr: u64, len: u64) -> Res {
        self.check_alignment(m, addr)?;
        if self.place(addr, len, true).is_some() {
            return Ok(());
        }
        (0..len).try_for_each(|n| self.byte(addr.wrapping_add(n), true).map(|_| ()))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the value is in the low bits")]
fn low(v: u128) -> u64 {
    v as u64
}

impl GuestCpu for Flat {
    fn reg(&self, r: Reg) -> u64 {
        self.cpu.x[usize::from(r.0 & 31)]
    }
    fn set_reg(&mut self, r: Reg, v: u64) {
        self.cpu.x[usize::from(r.0 & 31)] = v;
    }
    fn q(&self, r: VReg) -> u128 {
        self.cpu.v[usize::from(r.0 & 31)]
    }
    fn set_q(&mut self, r: VReg, v: u128) {
        self.cpu.v[usize::from(r.0 & 31)] = v;
    }
    fn pc(&self) -> u64 {
        self.cpu.pc
    }
    fn next_pc(&self) -> u64 {
        self.next_pc
    }
    fn set_next_pc(&mut self, pc: u64) {
        self.next_pc = pc;
    }
    fn nzcv(&self) -> u32 {
        self.cpu.nzcv
    }
    fn set_nzcv(&mut self, v: u32) {
        self.cpu.nzcv = v;
    }
    fn fp(&mut self) -> &mut FpEnv {
        &mut self.cpu.fp
    }
    fn load(&mut self, m: MemOp, addr: u64) -> Result<u64, Trap> {
        self.read(m, addr).map(low)
    }
    fn store(&mut self, m: MemOp, addr: u64, v: u64) -> Res {
        self.write(m, addr, v.into())
    }
    fn loadq(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        self.read(m, addr)
    }
    fn storeq(&mut self, m: MemOp, addr: u64, v: u128) -> Res {
        self.write(m, addr, v)
    }
    fn rmw(&mut self, op: Rmw, m: MemOp, addr: u64, v: u64) -> Result<u64, Trap> {
        let old = low(self.read(m, addr)?);
        let v = step::extend(8 << m.size, false, v);
        self.write(m, addr, rmw_value(op, m.size, old, v).into())?;
        Ok(old)
    }
    fn cas(&mut self, m: MemOp, addr: u64, expected: u64, new: u64) -> Result<u64, Trap> {
        self.casq(m, addr, expected.into(), new.into()).map(low)
    }
    fn casq(&mut self, m: MemOp, addr: u64, expected: u128, new: u128) -> Result<u128, Trap> {
        self.probe(m, addr, 1 << m.size)?;
        let old = self.read(m, addr)?;
        if old == expected {
            self.write(m, addr, new)?;
        }
        Ok(old)
    }
    fn load_exclusive(&mut self, m: MemOp, addr: u64) -> Result<u128, Trap> {
        let value = self.read(m, addr)?;
        self.cpu.monitor = Monitor { armed: true, size: m.size, addr, value };
        Ok(value)
    }
    /// As the machine does: alignment, then the monitor, then the address.
    fn store_exclusive(&mut self, m: MemOp, addr: u64, v: u128) -> Result<u64, Trap> {
        self.check_alignment(m, addr)?;
        let held = self.cpu.monitor;
        if !(held.armed && held.addr == addr && held.size == m.size) {
            self.cpu.monitor.armed = false;
            return Ok(1);
        }
        self.probe(m, addr, 1 << m.size)?;
        let won = self.read(m, addr)? == held.value;
        if won {
            self.write(m, addr, v)?;
        }
        self.cpu.monitor.armed = false;
        Ok(u64::from(!won))
    }
    fn probe_store(&mut self, m: MemOp, addr: u64, bytes: u8) -> Res {
        self.probe(m, addr, bytes.into())
    }
    fn sp_access(&mut self) -> Res {
        if self.cpu.sp_check != 0 && self.cpu.x[31] & 15 != 0 { Err(exc::SP_ALIGN) } else { Ok(()) }
    }
    fn fp_access(&mut self) -> Res {
        if self.cpu.fp_enabled != 0 { Ok(()) } else { Err(exc::FP_ACCESS) }
    }
    fn helper(&mut self, h: Helper, a: [u64; 3]) -> Result<u64, Trap> {
        helper::helper(&mut self.cpu, h, a)
    }
    fn helperq(&mut self, h: Helper, a: [u128; 3], imm: u64) -> u128 {
        helper::helperq(h, a, imm)
    }
    fn wait(&mut self) {}
}

impl Engine for Step {
    fn name(&self) -> &'static str {
        "step"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact_limit: true, external: false, translates: false }
    }

    fn run(&mut self, programs: &[Program], _: Mode) -> Vec<Outcome> {
        programs.iter().map(|p| self.execute(p, |_| ())).collect()
    }
}

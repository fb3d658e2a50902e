//! AArch64 as a guest of the emulator: [`Isa`] for [`A64`].

use super::cpu::{Cpu, Fault, Monitor, Pstate, Wait};
use super::insn::Insn;
use super::mmu::{self, Mode, Status};
use super::sysreg;
use super::{decode, disasm, exc, exc_take, helper, record, sem_system, table};
use crate::dev::{CpuLines, generic_timer};
use crate::emit::obj::EmitObj;
use crate::emit::step::GuestCpu;
use crate::emit::{Emit, Helper, MemOp, Reg, Res, Trap, VReg};
use crate::isa::{Access, Context, HANDLER_SLOTS, Handler, Isa, Mapping, Registers, RowInfo, Taken, Waits};
use crate::mem::Ram;
use crate::mem::spaces::SpaceKey;
use crate::replay::Register;
use crate::soft::fp::FpEnv;

/// AArch64, EL0 and EL1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct A64;

/// Interrupt lines as they stand in DAIF: I is bit 1, F bit 0.
pub mod line {
    /// IRQ.
    pub const IRQ: u8 = 2;
    /// FIQ.
    pub const FIQ: u8 = 1;
}

/// All handlers, padded with that of unallocated words.
const fn padded<E: Emit>() -> [table::Handler<E>; HANDLER_SLOTS] {
    let some = table::handlers::<E>();
    let mut all = [some[table::LEN]; HANDLER_SLOTS];
    let mut i = 0;
    while i < some.len() {
        all[i] = some[i];
        i += 1;
    }
    all
}

const _: () = assert!(table::LEN < HANDLER_SLOTS);

fn word(code: &[u8]) -> Option<u32> {
    code.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

impl Isa for A64 {
    type Cpu = Cpu;
    type Insn = Insn;
    type Interrupt = exc::Vector;
    type Status = Status;

    const NAME: &'static str = "aarch64";
    const ALIGN: u64 = 4;
    const MAX_LEN: usize = 4;
    const UNDEFINED: Trap = exc::UNDEFINED;
    const CALL_LEN: u64 = 4;
    const MISALIGNED: Status = Status::ALIGNMENT;
    const UNANSWERED: Status = Status::EXTERNAL;

    fn rows() -> Vec<RowInfo> {
        let info = |r: &table::Row| RowInfo { name: r.name, section: r.section, implemented: r.implemented };
        table::rows().iter().map(info).collect()
    }

    fn decode(code: &[u8]) -> Option<Insn> {
        word(code).map(decode::decode)
    }

    #[inline(always)]
    fn len(_: &Insn) -> u64 {
        4
    }

    #[inline(always)]
    fn bytes(insns: &[Insn]) -> u64 {
        4 * insns.len() as u64
    }

    #[inline(always)]
    fn row(insn: &Insn) -> usize {
        insn.row.into()
    }

    fn ends_block(insn: &Insn) -> bool {
        table::row(insn.row).ends_block()
    }

    #[inline(always)]
    fn handlers<G: GuestCpu + 'static>() -> &'static [Handler<G, Insn>; HANDLER_SLOTS] {
        const { &padded() }
    }

    fn describe(insn: &Insn, to: &mut dyn EmitObj) {
        record::describe(insn, to);
    }

    fn disassemble(code: &[u8], pc: u64) -> Option<(String, usize)> {
        word(code).map(|word| (disasm::disasm(word, pc), 4))
    }

    fn space(cpu: &Cpu) -> SpaceKey {
        let s = &cpu.sys;
        SpaceKey { regs: [s.sctlr_el1, s.tcr_el1, s.ttbr0_el1, s.ttbr1_el1, s.mair_el1], asid: mmu::asid(s) }
    }

    fn mode(cpu: &Cpu) -> usize {
        Mode::of(cpu.pstate.el, cpu.pstate.pan != 0) as usize
    }

    /// LDTR and STTR: as EL0, unless PSTATE.UAO is set.
    fn unprivileged(cpu: &Cpu, mode: usize) -> usize {
        if cpu.pstate.uao != 0 { mode } else { Mode::User as usize }
    }

    fn alignment_checked(cpu: &Cpu) -> bool {
        mmu::alignment_checked(&cpu.sys)
    }

    fn translate(
        ram: &Ram,
        cpu: &Cpu,
        va: u64,
        mode: usize,
        access: Access,
        misaligned: bool,
    ) -> Result<Mapping, Status> {
        let t = mmu::translate(ram, &cpu.sys, va, Mode::numbered(mode))?;
        if t.is_device() && misaligned {
            return Err(Status::ALIGNMENT);
        }
        t.check(access)?;
        let needs_align = t.is_device();
        Ok(Mapping { pa: t.pa, page_bits: t.page_bits, read: t.read, write: t.write, needs_align })
    }

    fn memory_trap(cpu: &mut Cpu, va: u64, access: Access, status: Status) -> Trap {
        let write = u32::from(access == Access::Write) << 6;
        cpu.fault = Fault { addr: va, iss: status.0 | write };
        if access == Access::Fetch { exc::INST_ABORT } else { exc::DATA_ABORT }
    }

    #[inline]
    fn fetch_address(cpu: &Cpu, pc: u64) -> u64 {
        mmu::untagged(&cpu.sys, pc)
    }

    fn check_pc(pc: u64) -> Res {
        if pc & 3 != 0 { Err(exc::PC_ALIGN) } else { Ok(()) }
    }

    /// D1.9.1; MPIDR stays.
    fn reset(cpu: &mut Cpu) {
        let mpidr = cpu.sys.mpidr_el1;
        *cpu = Cpu::zeroed();
        cpu.sys.mpidr_el1 = mpidr;
        sysreg::reset(&mut cpu.sys);
        cpu.pstate = Pstate::RESET;
        cpu.update_enables();
    }

    fn derive(cpu: &mut Cpu) {
        cpu.update_enables();
    }

    fn lines(lines: CpuLines) -> u8 {
        (u8::from(lines.irq) * line::IRQ) | (u8::from(lines.fiq) * line::FIQ)
    }

    #[inline(always)]
    fn interrupt(cpu: &Cpu, lines: u8) -> Option<exc::Vector> {
        match lines & !cpu.pstate.daif {
            0 => None,
            n if n & line::FIQ != 0 => Some(exc::Vector::Fiq),
            _ => Some(exc::Vector::Irq),
        }
    }

    fn take_interrupt(cpu: &mut Cpu, vector: exc::Vector) {
        exc_take::take_interrupt(cpu, vector);
    }

    fn take_trap(cpu: &mut Cpu, trap: Trap) -> Taken {
        let before = (cpu.pc, cpu.pstate);
        exc_take::take_trap(cpu, trap);
        // At the same place with the same, fully masked, PSTATE nothing can turn out differently.
        if before == (cpu.pc, cpu.pstate) { Taken::Loop } else { Taken::Vector }
    }

    /// PSTATE.IL.
    fn pending_trap(cpu: &Cpu) -> Option<Trap> {
        (cpu.pstate.il != 0).then_some(exc::ILLEGAL_STATE)
    }

    fn retires(trap: Trap) -> bool {
        trap.kind() == exc::SVC || Self::is_call(trap)
    }

    fn is_call(trap: Trap) -> bool {
        matches!(trap.kind(), exc::HVC | exc::SMC | exc::HLT)
    }

    #[inline(always)]
    fn retired(from: u64, pc: u64) -> u64 {
        pc.wrapping_sub(from) / 4
    }

    #[inline(always)]
    fn sp_access(cpu: &Cpu) -> Res {
        if cpu.sp_check != 0 && cpu.x[31] & 15 != 0 { Err(exc::SP_ALIGN) } else { Ok(()) }
    }

    #[inline(always)]
    fn fp_access(cpu: &Cpu) -> Res {
        if cpu.fp_enabled != 0 { Ok(()) } else { Err(exc::FP_ACCESS) }
    }

    fn helper<C: Context<A64>>(cx: &mut C, h: Helper, a: [u64; 3]) -> Result<u64, Trap> {
        match h {
            Helper::ReadSysReg
            | Helper::WriteSysReg
            | Helper::SysOp
            | Helper::CheckZva
            | Helper::SetPstate
            | Helper::ExceptionReturn
            | Helper::ClearExclusive
            | Helper::Wait
            | Helper::SendEvent => sem_system::helper(cx, h, a),
            _ => helper::helper(Context::cpu(cx), h, a),
        }
    }

    fn helperq(h: Helper, a: [u128; 3], imm: u64) -> u128 {
        helper::helperq(h, a, imm)
    }

    /// LDXR and kin.
    fn load_exclusive<C: Context<A64>>(cx: &mut C, m: MemOp, va: u64) -> Result<u128, Trap> {
        let value = if m.size == 4 { cx.loadq(m, va)? } else { cx.load(m, va)?.into() };
        Context::cpu(cx).monitor = Monitor { armed: true, size: m.size, addr: va, value };
        Ok(value)
    }

    /// STXR and kin (`AArch64.ExclusiveMonitorsPass`).
    fn store_exclusive<C: Context<A64>>(cx: &mut C, m: MemOp, va: u64, v: u128) -> Result<u64, Trap> {
        cx.check_alignment(m, va, true)?;
        let monitor = Context::cpu(cx).monitor;
        let armed = monitor.armed && monitor.addr == va && monitor.size == m.size;
        let stored = armed && cx.store_if(m, va, monitor.value, v)?;
        Context::cpu(cx).monitor.armed = false;
        Ok(u64::from(!stored))
    }

    fn timers(cpu: &Cpu, now: u64) -> impl Iterator<Item = (u32, bool)> + use<> {
        let s = &cpu.sys;
        let virt = generic_timer::line(s.cntv_ctl_el0, s.cntv_cval_el0, now);
        let phys = generic_timer::line(s.cntp_ctl_el0, s.cntp_cval_el0, now);
        [(generic_timer::VIRTUAL_INTID, virt), (generic_timer::PHYSICAL_INTID, phys)].into_iter()
    }

    fn deadline(cpu: &Cpu, now: u64) -> Option<u64> {
        let s = &cpu.sys;
        let virt = generic_timer::deadline(s.cntv_ctl_el0, s.cntv_cval_el0, now);
        let phys = generic_timer::deadline(s.cntp_ctl_el0, s.cntp_cval_el0, now);
        [virt, phys].into_iter().flatten().min()
    }

    fn waits(cpu: &Cpu) -> Waits {
        match cpu.sys.wait {
            w if w == Wait::Interrupt as u64 => Waits::Interrupt,
            w if w == Wait::Event as u64 => Waits::Event,
            _ => Waits::No,
        }
    }

    /// CNTKCTL_EL1.EVNTEN.
    fn event_stream(cpu: &Cpu, now: u64) -> Option<u64> {
        let control = cpu.sys.cntkctl_el1;
        if control & 4 == 0 {
            return None;
        }
        let period = 2 << (control >> 4 & 15);
        let count = generic_timer::count(now);
        Some((count / period + 1).saturating_mul(period * generic_timer::TICK_NS))
    }

    fn receive_event(cpu: &mut Cpu) {
        cpu.sys.event = 1;
    }

    fn register(c: &Cpu, register: Register) -> u64 {
        let half = |n: u8, shift: u32| c.v.get(usize::from(n)).map_or(0, |q| low(q >> shift));
        match register {
            Register::General(n) => c.x.get(usize::from(n)).copied().unwrap_or(0),
            Register::Pc => c.pc,
            Register::Flags => c.nzcv.into(),
            Register::VectorLow(n) => half(n, 0),
            Register::VectorHigh(n) => half(n, 64),
        }
    }

    fn set_register(c: &mut Cpu, register: Register, value: u64) {
        match register {
            Register::General(n) => {
                if let Some(x) = c.x.get_mut(usize::from(n)) {
                    *x = value;
                }
            }
            Register::Pc => c.pc = value,
            Register::Flags => c.nzcv = u32::from(value.to_le_bytes()[0] & 15),
            Register::VectorLow(n) => {
                if let Some(q) = c.v.get_mut(usize::from(n)) {
                    *q = *q >> 64 << 64 | u128::from(value);
                }
            }
            Register::VectorHigh(n) => {
                if let Some(q) = c.v.get_mut(usize::from(n)) {
                    *q = u128::from(low(*q)) | u128::from(value) << 64;
                }
            }
        }
    }

    fn register_names() -> Vec<String> {
        let x = (0..31).map(|n| format!("x{n}"));
        let others = ["sp", "pc", "nzcv", "fpcr", "fpsr", "el", "daif"].map(String::from);
        x.chain(others).chain((0..32).map(|n| format!("v{n}"))).collect()
    }

    fn register_values(c: &Cpu) -> Vec<u128> {
        let p = c.pstate;
        let others = [c.pc, c.nzcv.into(), c.fp.fpcr.into(), c.fp.fpsr.into(), p.el.into(), p.daif.into()];
        c.x.iter().chain(&others).map(|&v| v.into()).chain(c.v).collect()
    }

    fn syndrome(cpu: &Cpu) -> Vec<(&'static str, u64)> {
        vec![("ESR_EL1", cpu.sys.esr_el1), ("FAR_EL1", cpu.sys.far_el1)]
    }
}

impl Registers for Cpu {
    type Fault = Fault;

    fn zeroed() -> Cpu {
        Cpu::zeroed()
    }
    #[inline(always)]
    fn reg(&self, r: Reg) -> u64 {
        self.x[usize::from(r.0 & 31)]
    }
    #[inline(always)]
    fn set_reg(&mut self, r: Reg, v: u64) {
        self.x[usize::from(r.0 & 31)] = v;
    }
    #[inline(always)]
    fn q(&self, r: VReg) -> u128 {
        self.v[usize::from(r.0 & 31)]
    }
    #[inline(always)]
    fn set_q(&mut self, r: VReg, v: u128) {
        self.v[usize::from(r.0 & 31)] = v;
    }
    #[inline(always)]
    fn pc(&self) -> u64 {
        self.pc
    }
    #[inline(always)]
    fn set_pc(&mut self, pc: u64) {
        self.pc = pc;
    }
    #[inline(always)]
    fn flags(&self) -> u32 {
        self.nzcv
    }
    #[inline(always)]
    fn set_flags(&mut self, v: u32) {
        self.nzcv = v;
    }
    #[inline(always)]
    fn fp(&mut self) -> &mut FpEnv {
        &mut self.fp
    }
    fn fault(&self) -> Fault {
        self.fault
    }
    fn set_fault(&mut self, fault: Fault) {
        self.fault = fault;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn low(v: u128) -> u64 {
    v as u64
}

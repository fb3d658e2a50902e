//! The board with its CPUs and firmware, put together.

use serde_bytes::ByteBuf;

use super::{Config, affinity, build, load};
use crate::accel::Accel;
use crate::board::psci::{self, Psci};
use crate::board::semihosting::{self, Semihosting};
use crate::board::{AssemblyError, Board, BoardError, Start};
use crate::emit::step::GuestCpu;
use crate::emit::{MemOp, Trap};
use crate::isa::a64::{A64, exc};
use crate::machine::{Action, Firmware, Machine};
use crate::replay::Origin;
use crate::state::{self, Saved as _, StateError};
use crate::vcpu::Vcpu;

/// A `virt-a64` machine.
pub type Virt = Machine<A64>;

/// Name of the part in errors.
const FIRMWARE: &str = "firmware";
/// Immediate of the HLT that is a semihosting call.
const SEMIHOSTING: u16 = 0xf000;

/// The board `virt-a64`.
pub struct VirtA64;

impl Board for VirtA64 {
    type Isa = A64;
    type Config = Config;

    fn machine(config: &Config, accel: Box<dyn Accel<A64>>) -> Result<Virt, AssemblyError> {
        let (system, start) = build(config)?;
        let mut machine = Machine::new(system, config.cpus, accel)?;
        machine.set_origin(Origin { wall_clock: config.wall_clock.into(), ..machine.origin() });
        begin(&mut machine, config, start);
        Ok(machine)
    }

    fn restart(machine: &mut Virt, config: &Config) -> Result<(), BoardError> {
        machine.reset();
        let start = load(config, &machine.system().ram)?;
        begin(machine, config, start);
        Ok(())
    }
}

fn begin(machine: &mut Virt, config: &Config, start: Start) {
    machine.set_firmware(Box::new(VirtFirmware::new(config, start)));
    for n in 0..machine.cpu_count() {
        if let Some(v) = machine.cpu_mut(n) {
            v.cpu.sys.mpidr_el1 = affinity(n);
        }
    }
    if let Some(v) = machine.cpu_mut(0) {
        v.cpu.x[0] = start.fdt;
        v.set_pc(start.pc);
        v.state_changed();
    }
}

/// PSCI behind HVC and SMC, semihosting behind HLT, both for EL1 only.
struct VirtFirmware {
    psci: Psci,
    semihosting: Semihosting,
}

impl VirtFirmware {
    fn new(config: &Config, start: Start) -> VirtFirmware {
        // Heap upwards and stack downwards in the same free memory.
        let (low, high) = (start.free.base.next_multiple_of(16), start.free.end & !15);
        let semihosting = semihosting::Config {
            root: config.semihosting_root.clone(),
            command_line: config.append.clone(),
            heap: [low, high, high, low],
            wall_clock: config.wall_clock,
        };
        VirtFirmware { psci: Psci::new(config.cpus), semihosting: Semihosting::new(semihosting) }
    }

    fn psci(&mut self, vcpu: &mut Vcpu<A64>) -> Action {
        let [x0, x1, x2, x3, ..] = vcpu.cpu.x;
        match self.psci.call(vcpu.index, [x0, x1, x2, x3]) {
            psci::Reply::Return(v) => {
                vcpu.cpu.x[0] = v;
                Action::Done
            }
            psci::Reply::Standby => {
                vcpu.cpu.x[0] = 0;
                Action::Suspend
            }
            psci::Reply::CpuOn { cpu, entry, context } => {
                vcpu.cpu.x[0] = 0;
                Action::CpuOn { cpu, entry, context }
            }
            psci::Reply::CpuOff => Action::CpuOff,
            psci::Reply::SystemOff => Action::Shutdown,
            psci::Reply::SystemReset => Action::Reset,
        }
    }

    fn semihosting(&mut self, vcpu: &mut Vcpu<A64>) -> Action {
        let [x0, x1, ..] = vcpu.cpu.x;
        let [a, b, c, d, ..] = x0.to_le_bytes();
        match self.semihosting.call(&mut Guest(vcpu), u32::from_le_bytes([a, b, c, d]), x1) {
            semihosting::Reply::Return(v) => {
                vcpu.cpu.x[0] = v;
                Action::Done
            }
            semihosting::Reply::Blocked => Action::Retry,
            semihosting::Reply::Exit(status) => Action::Status(status),
        }
    }
}

impl Firmware<A64> for VirtFirmware {
    fn call(&mut self, vcpu: &mut Vcpu<A64>, trap: Trap) -> Action {
        match (trap.kind(), trap.arg()) {
            _ if vcpu.cpu.pstate.el == 0 => Action::Undefined,
            (exc::HVC | exc::SMC, 0) => self.psci(vcpu),
            (exc::HLT, SEMIHOSTING) => self.semihosting(vcpu),
            _ => Action::Undefined,
        }
    }

    fn save(&self) -> Result<Vec<u8>, StateError> {
        let parts = (ByteBuf::from(self.psci.save()?), ByteBuf::from(self.semihosting.save()?));
        state::encode(FIRMWARE, &parts)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let (psci, semihosting): (ByteBuf, ByteBuf) = state::decode(FIRMWARE, bytes)?;
        let before = self.psci.save()?;
        self.psci.restore(&psci)?;
        self.semihosting.restore(&semihosting).or_else(|e| self.psci.restore(&before).and(Err(e)))
    }

    /// As PSCI says (6.4.3): at EL1 with the context in X0.
    fn start(&mut self, vcpu: &mut Vcpu<A64>, entry: u64, context: u64) {
        vcpu.cpu.x[0] = context;
        vcpu.set_pc(entry);
    }
}

/// A guest as the semihosting service sees it: its memory as the calling CPU may access it, and
/// the first character device as the console.
struct Guest<'a>(&'a mut Vcpu<A64>);

impl semihosting::Host for Guest<'_> {
    fn read(&mut self, va: u64, out: &mut [u8]) -> bool {
        (0..).zip(out).all(|(n, byte)| match self.0.load(MemOp::plain(0), va.wrapping_add(n)) {
            Ok(v) => {
                *byte = v.to_le_bytes()[0];
                true
            }
            Err(_) => false,
        })
    }

    fn write(&mut self, va: u64, bytes: &[u8]) -> bool {
        (0..).zip(bytes).all(|(n, &b)| self.0.store(MemOp::plain(0), va.wrapping_add(n), b.into()).is_ok())
    }

    fn now(&self) -> u64 {
        self.0.time()
    }

    fn console_write(&mut self, bytes: &[u8]) {
        let (insns, now) = (self.0.insns(), self.0.time());
        let bus = &mut self.0.sys.bus;
        bus.with_serial(0, |s| s.inject_output(bytes));
        bus.collect_console(insns, now);
    }

    fn console_read(&mut self) -> Option<u8> {
        self.0.sys.bus.with_serial(0, |s| s.divert_input()).flatten()
    }
}

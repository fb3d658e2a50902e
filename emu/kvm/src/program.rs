//! Runs a [`wire::Program`] on the host's CPU, one instruction at a
//! time, for the differential check.
//!
//! One VM is kept for all programs. A program's regions are mapped at their own addresses with their
//! permissions; it runs at privilege level 3, and an exception is seen at its stub ([`setup`]). TF is set
//! before every instruction, so that the limit is exact and ends everything, and nothing has to be
//! planted at a program's end. (Not `KVM_GUESTDBG_SINGLESTEP`: pvm, a KVM without hardware behind it,
//! executes level 3 on the CPU and gives its #DB to the guest all the same.)
//!
//! What a KVM cannot execute is [`Refusal::NotComparable`].

mod setup;
mod watchdog;

use innkeeper_core::wire::{self, Perm, Program, Region, Regs, Reply, Stop, X64Regs};
use kvm_bindings::{KVM_MAX_CPUID_ENTRIES, kvm_fpu, kvm_regs, kvm_sregs, kvm_userspace_memory_region};
use kvm_ioctls::{Kvm, VcpuFd, VmFd};
use vm_memory::{Bytes as _, GuestAddress, GuestMemoryBackend as _, GuestMemoryError, GuestMemoryMmap};

use crate::exit::{self, Error, Exit};
use setup::{MEMORY, NO_EXECUTE, SYSTEM, USER, WRITABLE};
use watchdog::Watchdog;

/// Single-step flag (Intel SDM volume 3, 18.3.1.4): #DB after every instruction.
const TF: u64 = 1 << 8;
/// Vector of #DB.
const DEBUG: u64 = 1;
/// Interrupts on, as at level 3 they are on every system; none is pending here.
const IF: u64 = 1 << 9;
/// Resume flag: the CPU's own, set in what faults save.
const RF: u64 = 1 << 16;
/// MXCSR after reset: all exceptions masked.
const MXCSR: u32 = 0x1f80;
/// Longest instruction in bytes.
const LONGEST: usize = 15;
/// Iterations of one repeated string instruction before the program is given up.
const ITERATIONS: u64 = 1 << 16;

/// Why there is no VM for programs.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// KVM refused.
    #[error("KVM failed to {0}: {1}")]
    Kvm(&'static str, kvm_ioctls::Error),
    /// The host gives no memory.
    #[error("failed to get {MEMORY} bytes of guest memory: {0}")]
    Memory(String),
    /// The host gives no thread.
    #[error("failed to start a watchdog: {0}")]
    Thread(std::io::Error),
}

/// Why a program has no end that could be compared.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The program or one of its instructions is beyond this engine.
    #[error("{0}")]
    NotComparable(String),
    /// The host failed.
    #[error("KVM failed to {0}: {1}")]
    Kvm(&'static str, kvm_ioctls::Error),
    /// The host failed to run it.
    #[error("KVM_RUN failed: {0}")]
    Run(String),
}

impl From<GuestMemoryError> for Refusal {
    fn from(e: GuestMemoryError) -> Refusal {
        Refusal::NotComparable(format!("the program's memory: {e}"))
    }
}

/// A program before one of its instructions.
pub struct View<'a> {
    /// General registers, RIP and flags; the others are as at the start.
    pub regs: &'a X64Regs,
    programs: &'a Programs,
}

impl View<'_> {
    /// Reads mapped memory; whether all of it is.
    pub fn read(&self, addr: u64, out: &mut [u8]) -> bool {
        self.programs.read(addr, out)
    }
}

/// A CPU for programs.
pub struct Programs {
    cpu: VcpuFd,
    // After the CPU, so that it is closed later; never used again.
    _vm: VmFd,
    memory: GuestMemoryMmap,
    watchdog: Watchdog,
    tables: setup::Tables,
    /// Special registers with which a program runs.
    user: kvm_sregs,
    /// Regions whose pages are mapped.
    mapped: Vec<(u64, u64, Perm)>,
    /// What the CPU's SSE state is known to be.
    sse: Option<([u128; 16], u32)>,
}

fn kvm<T>(what: &'static str, result: Result<T, kvm_ioctls::Error>) -> Result<T, SetupError> {
    result.map_err(|e| SetupError::Kvm(what, e))
}

fn host<T>(what: &'static str, result: Result<T, kvm_ioctls::Error>) -> Result<T, Refusal> {
    result.map_err(|e| Refusal::Kvm(what, e))
}

/// Gives a VM its memory.
#[expect(unsafe_code, reason = "KVM is told an address of this process")]
fn give_memory(vm: &VmFd, memory: &GuestMemoryMmap) -> Result<(), SetupError> {
    let address = memory.get_host_address(GuestAddress(0)).map_err(|e| SetupError::Memory(e.to_string()))?;
    let region = kvm_userspace_memory_region {
        slot: 0,
        flags: 0,
        guest_phys_addr: 0,
        memory_size: MEMORY,
        userspace_addr: address as u64,
    };
    // SAFETY:
    // - `address` is the start of a mapping of MEMORY bytes, the only region of `memory`
    // - `Programs` owns the mapping and the VM and drops the VM first
    // - it is the only slot of the VM
    kvm("take its memory", unsafe { vm.set_user_memory_region(region) })
}

impl Programs {
    /// A VM with one CPU that has every feature KVM offers.
    pub fn new() -> Result<Programs, SetupError> {
        let kvm_fd = kvm("open /dev/kvm", Kvm::new())?;
        let vm = kvm("create a VM", kvm_fd.create_vm())?;
        // Needed on Intel hosts (KVM_SET_TSS_ADDR); three pages that nothing else uses.
        kvm("set its TSS address", vm.set_tss_address(0xfffb_d000))?;
        let size = usize::try_from(MEMORY).unwrap_or_default();
        let memory: GuestMemoryMmap = GuestMemoryMmap::from_ranges(&[(GuestAddress(0), size)])
            .map_err(|e| SetupError::Memory(e.to_string()))?;
        give_memory(&vm, &memory)?;
        setup::system(&memory).map_err(|e| SetupError::Memory(e.to_string()))?;
        let cpu = kvm("create a CPU", vm.create_vcpu(0))?;
        let cpuid = kvm("list CPU features", kvm_fd.get_supported_cpuid(KVM_MAX_CPUID_ENTRIES))?;
        kvm("set CPU features", cpu.set_cpuid2(&cpuid))?;
        let watchdog = Watchdog::new().map_err(SetupError::Thread)?;
        let mut user = kvm("read special registers", cpu.get_sregs())?;
        setup::user_mode(&mut user, 0);
        let tables = setup::Tables::new();
        Ok(Programs { cpu, _vm: vm, memory, watchdog, tables, user, mapped: Vec::new(), sse: None })
    }

    /// Runs a program. `watch` sees it before each instruction and ends it by answering `false`, as if
    /// that were the limit.
    ///
    /// # Errors
    /// [`Refusal::NotComparable`] for programs of another architecture, regions beyond the VM's memory
    /// and instructions KVM does not execute, whose bytes are named.
    pub fn run(
        &mut self,
        program: &Program,
        mut watch: Option<&mut dyn FnMut(&View<'_>) -> bool>,
    ) -> Result<Reply, Refusal> {
        let Regs::X64(start) = &program.regs else {
            return Err(Refusal::NotComparable("KVM on this host executes x86-64 only".into()));
        };
        self.load(program)?;
        self.start(start)?;
        let mut regs = X64Regs::clone(start);
        let mut count = 0;
        let stop = loop {
            let pc = regs.rip;
            if pc == program.end {
                break Stop::End;
            }
            if count == program.limit {
                // Whether the next instruction can be fetched is part of the answer.
                break if self.executable(pc) { Stop::Limit } else { Stop::FetchFault };
            }
            if let Some(watch) = &mut watch
                && !watch(&View { regs: &regs, programs: self })
            {
                break Stop::Limit;
            }
            if let Some(stop) = self.step(&mut regs)? {
                count += u64::from(stop == Stop::Syscall);
                break stop;
            }
            count += 1;
        };
        // A branch completes before the fetch at its target faults; only at the entry is there none.
        self.reply(program, regs, stop, count)
    }

    /// Executes one instruction, however many iterations it has; how it stopped the program.
    fn step(&mut self, regs: &mut X64Regs) -> Result<Option<Stop>, Refusal> {
        let mut code = [0; LONGEST];
        let len = (1..=LONGEST).rev().find(|n| self.read(regs.rip, &mut code[..*n])).unwrap_or_default();
        let code = &code[..len];
        let (pc, repeats) = (regs.rip, wire::repeats(code));
        for _ in 0..ITERATIONS {
            let stop = self.step_once(regs, code)?;
            if stop.is_none() && pushes_flags(code) {
                self.hide_stepping(regs.gpr[4])?;
            }
            if stop.is_some() || !repeats || regs.rip != pc {
                return Ok(stop);
            }
        }
        Err(Refusal::NotComparable(format!("a string instruction of more than {ITERATIONS} iterations")))
    }

    /// Runs to the next exception, which is #DB after one instruction or what that instruction raised.
    fn step_once(&mut self, regs: &mut X64Regs, code: &[u8]) -> Result<Option<Stop>, Refusal> {
        host("set special registers", self.cpu.set_sregs(&self.user))?;
        host("set registers", self.cpu.set_regs(&stepping(regs)))?;
        loop {
            self.watchdog.enter();
            // An instruction that reaches for a device is none that can be compared.
            let exit = exit::enter(&mut self.cpu, &mut |_| ());
            let late = self.watchdog.leave();
            let why = match exit {
                Exit::Halt => break,
                Exit::Interrupted if late => "KVM does not come back".into(),
                // A signal for this process.
                Exit::Interrupted => continue,
                Exit::Error(Error::Call(_, why)) => return Err(Refusal::Run(why)),
                Exit::Error(e) => e.to_string(),
                other => format!("KVM stopped with {other:?}"),
            };
            return Err(Refusal::NotComparable(format!("{why}, in {}", hex(code))));
        }
        let now = host("read registers", self.cpu.get_regs())?;
        regs.gpr = gpr(&now);
        let vector = setup::vector(now.rip).ok_or_else(|| {
            Refusal::NotComparable(format!("KVM stopped at {:#x} in {}", now.rip, hex(code)))
        })?;
        self.exception(vector, regs)
    }

    /// What the exception's stack frame (Intel SDM volume 3, 7.14.2) says; puts the state back to where
    /// it was taken.
    fn exception(&self, vector: u64, regs: &mut X64Regs) -> Result<Option<Stop>, Refusal> {
        let frame = setup::system_physical(regs.gpr[4])
            .ok_or_else(|| Refusal::NotComparable("an exception left its stack".into()))?;
        let coded = matches!(vector, 8 | 10..=14 | 17 | 21);
        let word = |n: u64| self.memory.read_obj::<u64>(GuestAddress(frame + 8 * n));
        let error = if coded { word(0)? } else { 0 };
        let base = u64::from(coded);
        regs.rip = word(base)?;
        regs.rflags = word(base + 2)? & !(TF | RF);
        regs.gpr[4] = word(base + 3)?;
        Ok(Some(match vector {
            0 => Stop::Divide,
            DEBUG => return Ok(None),
            3 => Stop::Breakpoint,
            6 => Stop::Undefined,
            // Bit 4: an instruction fetch (4.7).
            14 if error >> 4 & 1 == 1 => Stop::FetchFault,
            // A branch to an address that is not canonical.
            13 if !self.executable(regs.rip) => Stop::FetchFault,
            12..=14 => Stop::DataFault,
            0x80 => Stop::Syscall,
            other => Stop::Other(u32::try_from(other).unwrap_or(u32::MAX)),
        }))
    }

    /// Clears TF in flags that the program has pushed: it is there for stepping.
    fn hide_stepping(&self, rsp: u64) -> Result<(), Refusal> {
        let mut flags = [0; 2];
        if self.read(rsp, &mut flags) {
            flags[1] &= !(TF.to_le_bytes()[1]);
            self.memory.write_slice(&flags, GuestAddress(rsp))?;
        }
        Ok(())
    }

    /// Puts the program into memory.
    fn load(&mut self, program: &Program) -> Result<(), Refusal> {
        let shape: Vec<_> = program.regions.iter().map(|r| (r.base, r.size, r.perm)).collect();
        if let Some((base, ..)) = shape.iter().find(|(base, size, _)| base.saturating_add(*size) > SYSTEM) {
            let why = format!("programs are kept below {SYSTEM:#x}, and {base:#x} is not");
            return Err(Refusal::NotComparable(why));
        }
        if shape != self.mapped {
            self.mapped.clear();
            self.user.cr3 = self.tables.clear(&self.memory)?;
            for &(base, size, perm) in &shape {
                let rights = match perm {
                    Perm::Code => USER,
                    Perm::ReadOnly => USER | NO_EXECUTE,
                    Perm::ReadWrite => USER | WRITABLE | NO_EXECUTE,
                    Perm::Any => USER | WRITABLE,
                };
                for va in (base..base + size).step_by(4096) {
                    self.tables.map(&self.memory, va, va, rights)?;
                }
            }
            self.mapped = shape;
        }
        for r in &program.regions {
            let mut bytes = r.bytes.clone();
            bytes.resize(usize::try_from(r.size).unwrap_or_default(), 0);
            self.memory.write_slice(&bytes, GuestAddress(r.base))?;
        }
        Ok(())
    }

    fn start(&mut self, r: &X64Regs) -> Result<(), Refusal> {
        if r.mxcsr != MXCSR {
            return Err(Refusal::NotComparable(format!("KVM_SET_FPU sets no MXCSR but {MXCSR:#x}")));
        }
        if self.sse != Some((r.xmm, r.mxcsr)) {
            let xmm = r.xmm.map(u128::to_le_bytes);
            // All exceptions of the x87 masked, as FNINIT leaves it.
            let fpu = kvm_fpu { xmm, mxcsr: r.mxcsr, fcw: 0x37f, ..kvm_fpu::default() };
            host("set SSE registers", self.cpu.set_fpu(&fpu))?;
        }
        Ok(())
    }

    fn reply(
        &mut self,
        program: &Program,
        mut regs: X64Regs,
        stop: Stop,
        count: u64,
    ) -> Result<Reply, Refusal> {
        let fpu = host("read SSE registers", self.cpu.get_fpu())?;
        regs.xmm = fpu.xmm.map(u128::from_le_bytes);
        // KVM_GET_FPU and KVM_SET_FPU leave MXCSR out. It is at byte 24 of the XSAVE area (volume 1, 13.4.1).
        regs.mxcsr = host("read SSE state", self.cpu.get_xsave())?.region[6];
        self.sse = Some((regs.xmm, regs.mxcsr));
        let writable = program.regions.iter().filter(|r| r.perm.writable());
        let mut written = Vec::new();
        for r in writable {
            written.extend(wire::written(r.base, &r.bytes, &self.contents(r)?));
        }
        Ok(Reply { stop, count: Some(count), regs: Regs::X64(Box::new(regs)), written })
    }

    fn contents(&self, r: &Region) -> Result<Vec<u8>, Refusal> {
        let mut bytes = vec![0; usize::try_from(r.size).unwrap_or_default()];
        self.memory.read_slice(&mut bytes, GuestAddress(r.base))?;
        Ok(bytes)
    }

    fn holds(&self, addr: u64, allowed: impl Fn(Perm) -> bool) -> bool {
        self.mapped.iter().any(|&(base, size, perm)| addr.wrapping_sub(base) < size && allowed(perm))
    }

    fn executable(&self, pc: u64) -> bool {
        self.holds(pc, Perm::executable)
    }

    fn read(&self, addr: u64, out: &mut [u8]) -> bool {
        let end = (0..out.len() as u64).all(|n| self.holds(addr.wrapping_add(n), |_| true));
        end && self.memory.read_slice(out, GuestAddress(addr)).is_ok()
    }
}

/// The bytes of an instruction and, as its length is not known here, those after it.
fn hex(code: &[u8]) -> String {
    let bytes: Vec<String> = code.iter().map(|b| format!("{b:02x}")).collect();
    format!("the instruction at the start of {}", bytes.join(" "))
}

/// PUSHF, with whatever prefixes.
fn pushes_flags(code: &[u8]) -> bool {
    code.iter().find(|b| !matches!(b, 0x40..=0x4f | 0x66 | 0xf2 | 0xf3)) == Some(&0x9c)
}

/// Registers as they are handed to KVM, TF set.
fn stepping(r: &X64Regs) -> kvm_regs {
    let [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15] = r.gpr;
    kvm_regs {
        rax,
        rbx,
        rcx,
        rdx,
        rsi,
        rdi,
        rsp,
        rbp,
        r8,
        r9,
        r10,
        r11,
        r12,
        r13,
        r14,
        r15,
        rip: r.rip,
        // Bit 1 is always set.
        rflags: r.rflags & !RF | TF | IF | 2,
    }
}

/// In the order of their encodings.
fn gpr(r: &kvm_regs) -> [u64; 16] {
    [
        r.rax, r.rcx, r.rdx, r.rbx, r.rsp, r.rbp, r.rsi, r.rdi, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13,
        r.r14, r.r15,
    ]
}

#[cfg(test)]
mod tests;

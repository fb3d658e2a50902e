//! The virtual machine in the kernel: memory slots over the machine's one guest memory, interrupt
//! controllers, interval timer, CPUs.

#![expect(unsafe_code, reason = "the kernel is told where guest memory lies in this process")]

use std::sync::Arc;

use innkeeper_core::board::pc_x64::{Mode, Start};
use innkeeper_core::mem::Ram;
use kvm_bindings::{
    CpuId, KVM_MEM_READONLY, KVM_PIT_SPEAKER_DUMMY, Msrs, kvm_fpu, kvm_msr_entry, kvm_pit_config, kvm_regs,
    kvm_userspace_memory_region,
};
use kvm_ioctls::{VcpuFd, VmFd};
use vm_memory::{Address, GuestMemoryBackend, GuestMemoryRegion, MemoryRegionAddress};

use crate::cpuid::{self, Place};
use crate::{KvmError, host, registers};

/// Three pages that Intel's processors need for real mode, and one for its page table: out of the way of
/// memory and devices, below the BIOS's place.
const TSS: usize = 0xfffb_d000;
const IDENTITY_MAP: u64 = 0xfffb_c000;

/// RFLAGS: bit 1 is always set.
const RFLAGS: u64 = 2;
/// Power-on values of the x87 control word and of MXCSR.
const FCW: u16 = 0x37f;
const MXCSR: u32 = 0x1f80;

/// Memory types: on, write-back where nothing else is said (Intel SDM volume 3, 12.11.2.1).
const MTRR_DEF_TYPE: u32 = 0x2ff;
const MTRR_WRITE_BACK: u64 = 1 << 11 | 6;
/// Fast string instructions.
const MISC_ENABLE: u32 = 0x1a0;
const FAST_STRINGS: u64 = 1;

/// A virtual machine. The memory it runs in outlives it.
pub struct Vm {
    /// The machine.
    pub fd: Arc<VmFd>,
    supported: CpuId,
    /// Kept as long as the kernel may use it.
    _ram: Ram,
}

impl Vm {
    /// A machine with `ram` and no CPUs.
    pub fn new(ram: &Ram) -> Result<Vm, KvmError> {
        let kvm = host::open()?;
        let supported = cpuid::supported(&kvm)?;
        let fd = kvm.create_vm().map_err(KvmError::failed("make a machine"))?;
        fd.set_identity_map_address(IDENTITY_MAP).map_err(KvmError::failed("place its real-mode page"))?;
        fd.set_tss_address(TSS).map_err(KvmError::failed("place its task state"))?;
        fd.create_irq_chip().map_err(KvmError::failed("make interrupt controllers"))?;
        // The kernel's timer also answers at port 0x61, with which guests measure time.
        let pit = kvm_pit_config { flags: KVM_PIT_SPEAKER_DUMMY, ..kvm_pit_config::default() };
        fd.create_pit2(pit).map_err(KvmError::failed("make an interval timer"))?;
        map(&fd, ram)?;
        Ok(Vm { fd: Arc::new(fd), supported, _ram: ram.clone() })
    }

    /// A CPU. The first begins as `start` says; the others wait to be started by it (INIT, SIPI).
    pub fn cpu(&self, place: Place, start: &Start) -> Result<VcpuFd, KvmError> {
        let fd = self.fd.create_vcpu(place.id.into()).map_err(KvmError::failed("make a CPU"))?;
        let tsc_khz = fd.get_tsc_khz().unwrap_or(0);
        let cpuid = cpuid::of_cpu(&self.supported, place, tsc_khz)?;
        fd.set_cpuid2(&cpuid).map_err(KvmError::failed("set a CPU's CPUID"))?;
        set_msrs(&fd)?;
        let fpu = kvm_fpu { fcw: FCW, mxcsr: MXCSR, ..kvm_fpu::default() };
        fd.set_fpu(&fpu).map_err(KvmError::failed("set a CPU's floating-point state"))?;
        if place.id == 0 {
            begin(&fd, start)?;
        }
        Ok(fd)
    }
}

fn begin(fd: &VcpuFd, start: &Start) -> Result<(), KvmError> {
    let mut sregs = fd.get_sregs().map_err(KvmError::failed("read a CPU's control registers"))?;
    match start.mode {
        Mode::Long => registers::long_mode(&mut sregs, start.cr3, start.gdt),
        Mode::Protected => registers::protected_mode(&mut sregs, start.gdt),
    }
    fd.set_sregs(&sregs).map_err(KvmError::failed("set a CPU's control registers"))?;
    // Each protocol takes the address of what it tells in its own register.
    let (rsi, rbx) = match start.mode {
        Mode::Long => (start.boot_info, 0),
        Mode::Protected => (0, start.boot_info),
    };
    let regs = kvm_regs { rip: start.pc, rsp: start.stack, rsi, rbx, rflags: RFLAGS, ..kvm_regs::default() };
    fd.set_regs(&regs).map_err(KvmError::failed("set a CPU's registers"))
}

fn set_msrs(fd: &VcpuFd) -> Result<(), KvmError> {
    let entry = |index, data| kvm_msr_entry { index, data, ..kvm_msr_entry::default() };
    let wanted = [entry(MTRR_DEF_TYPE, MTRR_WRITE_BACK), entry(MISC_ENABLE, FAST_STRINGS)];
    let msrs = Msrs::from_entries(&wanted).map_err(|_| KvmError::Lacks("room for two registers"))?;
    // Registers the host's kind of CPU does not have are left out, from the first of them on.
    fd.set_msrs(&msrs).map(drop).map_err(KvmError::failed("set a CPU's model-specific registers"))
}

fn map(fd: &VmFd, ram: &Ram) -> Result<(), KvmError> {
    for (slot, (region, spec)) in (0..).zip(ram.guest_memory().iter().zip(ram.regions())) {
        let host = region
            .get_host_address(MemoryRegionAddress(0))
            .map_err(|_| KvmError::Lacks("an address for guest memory"))?;
        let region = kvm_userspace_memory_region {
            slot,
            flags: if spec.writable { 0 } else { KVM_MEM_READONLY },
            guest_phys_addr: region.start_addr().raw_value(),
            memory_size: region.len(),
            userspace_addr: host as u64,
        };
        // SAFETY:
        // - the range is guest memory of `ram`, mapped for as long as a clone of it lives; `Vm` keeps one
        //   beside the descriptor of the machine
        // - regions do not overlap (`Ram::new` refuses), and each has a slot of its own
        // - nobody holds references into guest memory: it is read and written through vm-memory and
        //   through `Ram`, by value
        unsafe { fd.set_user_memory_region(region) }
            .map_err(KvmError::failed("give the machine its memory"))?;
    }
    Ok(())
}

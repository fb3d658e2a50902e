//! Registers of a CPU that stands still, for evidence and debuggers.

use kvm_ioctls::VcpuFd;

use crate::REGISTERS;

/// Values of [`REGISTERS`]; `None` when KVM does not tell.
pub fn registers(fd: &VcpuFd) -> Option<[u64; REGISTERS.len()]> {
    let (r, s) = (fd.get_regs().ok()?, fd.get_sregs().ok()?);
    let (cs, ss) = (s.cs.selector.into(), s.ss.selector.into());
    Some([
        r.rax, r.rcx, r.rdx, r.rbx, r.rsp, r.rbp, r.rsi, r.rdi, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13,
        r.r14, r.r15, r.rip, r.rflags, cs, ss, s.cr0, s.cr2, s.cr3, s.cr4, s.efer,
    ])
}

/// The physical address of `va`.
pub fn translate(fd: &VcpuFd, va: u64) -> Option<u64> {
    let t = fd.translate_gva(va).ok()?;
    (t.valid != 0).then_some(t.physical_address)
}

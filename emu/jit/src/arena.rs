//! Memory for code, never writable and executable at one address: each generation is memory
//! mapped twice, once to write and once to execute, so that adding a region costs no system call.

#![expect(unsafe_code, reason = "maps memory")]

use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use cranelift_jit::{BranchProtection, JITMemoryKind, JITMemoryProvider};
use cranelift_module::ModuleResult;

/// The two mappings of one generation's code.
#[derive(Debug)]
pub struct Arena {
    write: NonNull<u8>,
    exec: NonNull<u8>,
    len: usize,
}

// SAFETY: the mappings are plain memory that belongs to this object.
// - no thread-local state is involved in mapping or unmapping
unsafe impl Send for Arena {}
// SAFETY: a shared reference gives addresses only; nothing is read or written through it here.
// - writing happens through `Provider`, of which there is one for each arena
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena of `len` bytes, rounded up to whole pages.
    pub fn new(len: usize) -> io::Result<Arc<Arena>> {
        let len = len.max(1).next_multiple_of(1 << 16);
        let write = map(len)?;
        let exec = match second(write, len) {
            Ok(exec) => exec,
            Err(error) => {
                unmap(write, len);
                return Err(error);
            }
        };
        Ok(Arc::new(Arena { write, exec, len }))
    }

    /// Where code written at `ptr` is executed.
    pub fn executable(&self, ptr: *const u8) -> u64 {
        let offset = (ptr as usize).wrapping_sub(self.write.as_ptr() as usize);
        (self.exec.as_ptr() as usize).wrapping_add(offset) as u64
    }
}

/// Shared anonymous memory, so that it can be mapped again. Not a memory file: `perf` looks into its
/// map files for anonymous memory only.
fn map(len: usize) -> io::Result<NonNull<u8>> {
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping at an address the kernel chooses touches no existing memory.
    let p =
        unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    mapped(p)
}

/// The memory mapped at `first` once more, to execute.
fn second(first: NonNull<u8>, len: usize) -> io::Result<NonNull<u8>> {
    // SAFETY: an old size of 0 makes a further mapping of shared memory and leaves the first alone.
    let p = unsafe { libc::mremap(first.as_ptr().cast(), 0, len, libc::MREMAP_MAYMOVE) };
    let exec = mapped(p)?;
    // SAFETY: the mapping is new, `len` bytes long and nothing refers to it yet.
    if unsafe { libc::mprotect(p, len, libc::PROT_READ | libc::PROT_EXEC) } != 0 {
        let error = io::Error::last_os_error();
        unmap(exec, len);
        return Err(error);
    }
    Ok(exec)
}

/// An address from the kernel, or its error.
fn mapped(p: *mut libc::c_void) -> io::Result<NonNull<u8>> {
    match NonNull::new(p.cast::<u8>()) {
        Some(start) if p != libc::MAP_FAILED => Ok(start),
        _ => Err(io::Error::last_os_error()),
    }
}

fn unmap(p: NonNull<u8>, len: usize) {
    // SAFETY: callers pass a mapping of `len` bytes that `map` made and that is not used any more.
    unsafe { libc::munmap(p.as_ptr().cast(), len) };
}

impl Drop for Arena {
    fn drop(&mut self) {
        unmap(self.write, self.len);
        unmap(self.exec, self.len);
    }
}

/// Hands out an arena's memory to a `JITModule`.
pub struct Provider {
    arena: Arc<Arena>,
    used: usize,
    /// End of what has been made visible to instruction fetch.
    sealed: usize,
}

impl Provider {
    /// A provider of all of `arena`.
    pub fn new(arena: Arc<Arena>) -> Provider {
        Provider { arena, used: 0, sealed: 0 }
    }
}

impl JITMemoryProvider for Provider {
    fn allocate(&mut self, size: usize, align: u64, _: JITMemoryKind) -> io::Result<*mut u8> {
        let align = usize::try_from(align).map_err(io::Error::other)?.clamp(16, 4096);
        let start = self.used.next_multiple_of(align);
        let end = start.checked_add(size).filter(|&end| end <= self.arena.len);
        let Some(end) = end else { return Err(io::ErrorKind::OutOfMemory.into()) };
        self.used = end;
        // SAFETY: `start` is at most `len`, so the result stays in the mapping.
        Ok(unsafe { self.arena.write.as_ptr().add(start) })
    }

    unsafe fn free_memory(&mut self) {
        self.used = 0;
    }

    fn finalize(&mut self, _: BranchProtection) -> ModuleResult<()> {
        let (from, to) = (self.sealed, self.used);
        clear_instruction_cache(&self.arena, from, to);
        self.sealed = to;
        Ok(())
    }
}

/// Makes `from..to` of the arena visible to instruction fetch. x86-64 does that by itself.
#[cfg(target_arch = "x86_64")]
fn clear_instruction_cache(_: &Arena, _: usize, _: usize) {}

/// Makes `from..to` of the arena visible to instruction fetch (Arm ARM B2.4.4).
#[cfg(target_arch = "aarch64")]
fn clear_instruction_cache(arena: &Arena, from: usize, to: usize) {
    // 64 bytes or more is the line of every AArch64 CPU; 16 is the least the architecture allows.
    const LINE: usize = 16;
    let (write, exec) = (arena.write.as_ptr() as usize, arena.exec.as_ptr() as usize);
    for at in (from & !(LINE - 1)..to).step_by(LINE) {
        // SAFETY: cleaning a cache line by address changes no memory.
        // - the address is inside the mapping
        unsafe { std::arch::asm!("dc cvau, {}", in(reg) write + at, options(nostack)) };
    }
    // SAFETY: barriers.
    unsafe { std::arch::asm!("dsb ish", options(nostack)) };
    for at in (from & !(LINE - 1)..to).step_by(LINE) {
        // SAFETY: as above.
        unsafe { std::arch::asm!("ic ivau, {}", in(reg) exec + at, options(nostack)) };
    }
    // SAFETY: barriers.
    unsafe { std::arch::asm!("dsb ish", "isb", options(nostack)) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::host;

    #[test]
    fn what_is_written_can_be_read_where_it_is_executed() {
        let arena = Arena::new(1).unwrap();
        let mut provider = Provider::new(arena.clone());
        let p = provider.allocate(3, 16, JITMemoryKind::Executable).unwrap();
        let q = provider.allocate(1, 16, JITMemoryKind::Executable).unwrap();
        assert_eq!(q as usize - p as usize, 16);
        // SAFETY: `p` has three bytes.
        unsafe { p.copy_from(b"abc".as_ptr(), 3) };
        let exec = std::ptr::with_exposed_provenance::<[u8; 3]>(host(arena.executable(p)));
        // SAFETY: the same bytes in the other mapping.
        assert_eq!(unsafe { *exec }, *b"abc");
        assert!(provider.allocate(1 << 16, 16, JITMemoryKind::Executable).is_err(), "full");
    }
}

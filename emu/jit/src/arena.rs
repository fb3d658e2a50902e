//! Memory for code, never writable and executable at one address: each generation is memory
//! mapped twice, once to write and once to execute, so that adding a region costs no system call.

#![expect(unsafe_code, reason = "maps memory")]

use std::fs::File;
use std::io;
use std::os::fd::FromRawFd as _;
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
        let (write, exec) = anonymous(len).or_else(|_| memory_file(len))?;
        Ok(Arc::new(Arena { write, exec, len }))
    }

    /// Where code written at `ptr` is executed.
    pub fn executable(&self, ptr: *const u8) -> u64 {
        let offset = (ptr as usize).wrapping_sub(self.write.as_ptr() as usize);
        (self.exec.as_ptr() as usize).wrapping_add(offset) as u64
    }
}

/// An address to write at and one to execute at, of the same `len` bytes.
type Twice = (NonNull<u8>, NonNull<u8>);

/// Shared anonymous memory mapped twice. Before a memory file: `perf` looks into its map files for
/// anonymous memory only.
fn anonymous(len: usize) -> io::Result<Twice> {
    let write = map(len, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_ANONYMOUS, -1)?;
    second(write, len).map(|exec| (write, exec)).inspect_err(|_| unmap(write, len))
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

/// A memory file mapped twice, for kernels that do not map anonymous memory again: QEMU's user
/// emulation is one.
fn memory_file(len: usize) -> io::Result<Twice> {
    // SAFETY: the name is a string that ends with 0.
    let fd = unsafe { libc::memfd_create(c"innkeeper-code".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else's. The mappings outlive it.
    let file = unsafe { File::from_raw_fd(fd) };
    file.set_len(len as u64)?;
    let write = map(len, libc::PROT_READ | libc::PROT_WRITE, 0, fd)?;
    let exec = map(len, libc::PROT_READ | libc::PROT_EXEC, 0, fd);
    exec.map(|exec| (write, exec)).inspect_err(|_| unmap(write, len))
}

/// `len` bytes of new shared memory.
fn map(len: usize, access: libc::c_int, flags: libc::c_int, fd: libc::c_int) -> io::Result<NonNull<u8>> {
    // SAFETY: a new mapping at an address the kernel chooses touches no existing memory.
    mapped(unsafe { libc::mmap(std::ptr::null_mut(), len, access, flags | libc::MAP_SHARED, fd, 0) })
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

/// Makes `from..to` of the arena visible to instruction fetch. By the addresses it is fetched from:
/// data caches go by physical address, so that cleans what was written at the other ones.
#[cfg(target_arch = "aarch64")]
fn clear_instruction_cache(arena: &Arena, from: usize, to: usize) {
    unsafe extern "C" {
        /// The C compiler's library's: cleans and invalidates by the cache lines that the CPU says it has,
        /// and flushes the pipeline of this thread, which is the one that runs the code.
        fn __clear_cache(start: *mut libc::c_char, end: *mut libc::c_char);
    }
    let exec = arena.exec.as_ptr();
    // SAFETY: `from..to` is inside the mapping, which can be read; no memory is changed.
    unsafe { __clear_cache(exec.add(from).cast(), exec.add(to).cast()) };
}

/// Caches of x86-64 are coherent.
#[cfg(not(target_arch = "aarch64"))]
fn clear_instruction_cache(_: &Arena, _: usize, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes at one address of both, reads at the other.
    fn is_one_memory((write, exec): Twice) {
        // SAFETY: both have three bytes, and nothing else refers to them.
        unsafe { write.as_ptr().copy_from(b"abc".as_ptr(), 3) };
        // SAFETY: as above.
        assert_eq!(unsafe { exec.cast::<[u8; 3]>().read_volatile() }, *b"abc");
        unmap(write, 1 << 16);
        unmap(exec, 1 << 16);
    }

    #[test]
    fn a_memory_file_is_mapped_twice() {
        is_one_memory(memory_file(1 << 16).unwrap());
    }

    /// Not on other hosts: the tests run there under QEMU's user emulation, which cannot.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn anonymous_memory_is_mapped_twice() {
        is_one_memory(anonymous(1 << 16).unwrap());
    }

    #[test]
    fn allocations_stay_inside_and_aligned() {
        let arena = Arena::new(1).unwrap();
        let mut provider = Provider::new(arena.clone());
        let p = provider.allocate(3, 16, JITMemoryKind::Executable).unwrap();
        let q = provider.allocate(1, 16, JITMemoryKind::Executable).unwrap();
        assert_eq!(q as usize - p as usize, 16);
        assert_eq!(arena.executable(p), arena.exec.as_ptr() as u64);
        assert!(provider.allocate(1 << 16, 16, JITMemoryKind::Executable).is_err(), "full");
    }
}

//! The map file by which `perf report` names translated code.
//!
//! Format: `START SIZE NAME` in hexadecimal, a line each, in `/tmp/perf-PID.map` (Linux,
//! tools/perf/Documentation/jit-interface.txt).

use std::fs::File;
use std::io::{self, Write as _};

/// The file of this process; all engines of the process add to it.
pub struct PerfMap(File);

impl PerfMap {
    /// Opens or makes the file.
    pub fn open() -> io::Result<PerfMap> {
        let path = format!("/tmp/perf-{}.map", std::process::id());
        File::options().create(true).append(true).open(path).map(PerfMap)
    }

    /// Adds `len` bytes of code at `address`, made of the guest code at `pc`. Profiling is not worth
    /// stopping for: what cannot be written is left out.
    pub fn add(&mut self, address: u64, len: usize, pc: u64) {
        let _ = self.0.write_all(format!("{address:x} {len:x} guest_{pc:#x}\n").as_bytes());
    }
}

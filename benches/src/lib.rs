//! What the benchmarks share. Each question has its file under `benches/`; scenario-level
//! comparisons with other emulators are `innkeeper bench --against`, whose raw runs are in `runs/`.

pub mod cpu_time;

use std::path::PathBuf;

use innkeeper_core::accel::Accel;
use innkeeper_core::accel::interp::{Config as InterpConfig, Interp};
use innkeeper_core::board::virt_a64::{self, Virt, VirtA64};
use innkeeper_core::board::{Board as _, Payload};
use innkeeper_core::isa::a64::A64;

/// The eight compute kernels, with a command line of about a hundred million instructions each.
pub const KERNELS: &[(&str, &str)] = &[
    ("kernel-sort", "n=100"),
    ("kernel-sha256", "n=450"),
    ("kernel-matmul", "n=300"),
    ("kernel-bytecode", "n=160"),
    ("kernel-calls", "n=40"),
    ("kernel-strings", "n=600"),
    ("kernel-lists", "n=1200"),
    ("kernel-crc", "n=160"),
];

/// The committed guest of that name.
///
/// # Panics
/// When the file is missing: the benchmark cannot run.
pub fn guest(name: &str) -> Payload {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios/guests/bin");
    let path = root.join(format!("{name}.elf"));
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Payload { name: name.into(), bytes }
}

/// A machine with that guest, on the interpreter.
///
/// # Panics
/// When the machine cannot be built.
pub fn machine(name: &str, append: &str) -> Virt {
    machine_on(Box::new(Interp::new(InterpConfig::default())), name, append)
}

/// A machine with that guest, on an engine.
///
/// # Panics
/// When the machine cannot be built.
pub fn machine_on(engine: Box<dyn Accel<A64>>, name: &str, append: &str) -> Virt {
    let mut config = virt_a64::Config::new(guest(name));
    config.append = append.into();
    VirtA64::machine(&config, engine).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The instruction words of a guest's file: a realistic mixture to decode.
pub fn words(name: &str) -> Vec<u32> {
    let bytes = guest(name).bytes;
    let words = bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]));
    words.filter(|&w| w >> 25 & 0xf != 0).collect()
}

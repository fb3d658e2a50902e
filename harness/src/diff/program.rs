//! Programs by their code and the text of their start.

use innkeeper_core::wire::{Arch, Program};

use crate::generate::state::{self, Class, Item};
use crate::generate::{self, SCRATCH, SCRATCH_SIZE};
use crate::guests;

/// A program in full.
pub fn program(arch: Arch, code: &[u8], start: &str) -> Result<Program, String> {
    const LONGEST: usize = 0x800;
    if code.is_empty() || code.len() > LONGEST || !code.len().is_multiple_of(guests::of_wire(arch).align) {
        return Err(format!("the code is not whole instructions in 1 to {LONGEST} bytes"));
    }
    let mut regs = state::nothing(arch);
    let mut scratch = vec![0; SCRATCH_SIZE];
    for item in state::parse(arch, start)? {
        let done = match &item {
            Item::Memory(at, bytes) => memory_at(&mut scratch, *at, bytes),
            Item::Register(r, _) if r.class() == Class::Pc => None,
            Item::Register(r, v) => r.set(&mut regs, *v),
        };
        done.ok_or_else(|| format!("`{item}` is not part of a start state"))?;
    }
    Ok(generate::program(code.to_vec(), regs, scratch))
}

fn memory_at(scratch: &mut [u8], at: u64, bytes: &[u8]) -> Option<()> {
    let from = usize::try_from(at.checked_sub(SCRATCH)?).ok()?;
    scratch.get_mut(from..from.checked_add(bytes.len())?)?.copy_from_slice(bytes);
    Some(())
}

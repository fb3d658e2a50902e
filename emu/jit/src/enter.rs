//! The way into translated code.

#![expect(unsafe_code, reason = "calls generated code")]

use innkeeper_core::vcpu::Core;

use crate::guest::Guest;
use crate::layout::{Exit, Word, host};
use crate::links::Links;

/// How translated code came back.
pub struct Returned {
    /// Guest PC.
    pub pc: u64,
    /// Instructions of the budget left.
    pub left: u64,
    /// Why.
    pub exit: Exit,
}

/// Bytes of host stack that nested guest calls may use.
const STACK: usize = 256 << 10;

type Entry<I> = unsafe extern "C" fn(*mut Core<I>, u64, i64, u64) -> u64;

/// Runs `code` with at most `budget` instructions. The words of the area that concern the machine's
/// state (flags, key) have been set.
///
/// # Safety
/// - `entry` is the address of [`crate::base::Base::enter`]
/// - `code` is the address of a region in the cache that belongs to `links`, made for the mode,
///   mapping and table that `core` is in
pub unsafe fn enter<I: Guest>(
    core: &mut Core<I>,
    links: &mut Links,
    entry: u64,
    code: u64,
    budget: u64,
) -> Returned {
    let here = 0u8;
    let stack = std::ptr::from_ref(&here) as usize;
    let table = std::ptr::from_ref(core.0.tlbs.current()).expose_provenance() as u64;
    let words = &mut core.0.area.0;
    words[Word::StackLimit as usize] = stack.saturating_sub(STACK) as u64;
    words[Word::Links as usize] = std::ptr::from_mut(links).expose_provenance() as u64;
    words[Word::Jumps as usize] = links.jumps.as_ptr().expose_provenance() as u64;
    words[Word::Table as usize] = table;
    words[Word::Exit as usize] = Exit::Target as u64;
    let left = i64::try_from(budget).unwrap_or(i64::MAX >> 1).min(i64::MAX >> 1);
    // SAFETY: `entry` is a function of this type, by the contract.
    let entry = unsafe { std::mem::transmute::<usize, Entry<I>>(host(entry)) };
    // SAFETY: generated code accesses only
    // - the core, by the offsets of `layout`, which are compile-time facts
    // - the table in force, whose address stays the same while no other is selected, which
    //   translated code and its helpers never do for longer than a helper runs
    // - guest memory through addends of entries of that table: see `mem/tlb.rs`
    // - slots, operations and counts of its region, which live as long as the region's generation;
    //   generations are dropped by the engine only, never while code runs
    // - the jump cache and the links, whose addresses were taken from the exclusive borrow just now
    let pc = unsafe { entry(std::ptr::from_mut(core), table, left, code) };
    let words = &core.0.area.0;
    let rest = words[Word::Left as usize].cast_signed();
    let exit = match words[Word::Exit as usize] {
        e if e == Exit::Budget as u64 => Exit::Budget,
        e if e == Exit::Interpret as u64 => Exit::Interpret,
        e if e == Exit::Depth as u64 => Exit::Depth,
        _ => Exit::Target,
    };
    let used = (left - rest).unsigned_abs();
    debug_assert!(rest >= 0 && rest <= left, "ran past the budget: {rest} of {left} left");
    Returned { pc, left: budget - used, exit }
}

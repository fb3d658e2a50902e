//! The Rust functions that translated code calls.

#![expect(unsafe_code, reason = "called from generated code, with addresses")]

use innkeeper_core::emit::Emit as _;
use innkeeper_core::emit::obj::Uop;
use innkeeper_core::isa::Registers as _;
use innkeeper_core::vcpu::Core;

use crate::cache::Slot;
use crate::guest::Guest;
use crate::layout::{Abi, Functions, Word, host};
use crate::links::Links;
use crate::lower::mem::What;

/// The functions and offsets for guest `I`.
pub fn abi<I: Guest>() -> Abi {
    let compute: unsafe extern "C" fn(*mut Core<I>, *const Uop) -> u64 = compute::<I>;
    let attempt: unsafe extern "C" fn(*mut Core<I>, *const Uop) -> u64 = attempt::<I>;
    let fill: unsafe extern "C" fn(*mut Core<I>) = fill::<I>;
    let resolve: unsafe extern "C" fn(*mut Core<I>, u64, *const Slot) -> u64 = resolve::<I>;
    Abi::new::<I>(Functions {
        compute: compute as usize as u64,
        attempt: attempt as usize as u64,
        fill: fill as usize as u64,
        resolve: resolve as usize as u64,
    })
}

fn arg<I: Guest>(core: &Core<I>, n: usize) -> u64 {
    core.0.area.0[Word::Arg0 as usize + 2 * n]
}

fn argq<I: Guest>(core: &Core<I>, n: usize) -> u128 {
    u128::from(core.0.area.0[Word::Arg0 as usize + 2 * n + 1]) << 64 | u128::from(arg(core, n))
}

#[expect(clippy::cast_possible_truncation, reason = "stores the halves")]
fn answer<I: Guest>(core: &mut Core<I>, v: u128) {
    core.0.area.0[Word::Result as usize] = v as u64;
    core.0.area.0[Word::Result as usize + 1] = (v >> 64) as u64;
}

/// # Safety
/// - `core` and `op` are valid and nothing else refers to `core`: translated code passes the
///   address it was entered with, and the address of an operation its region keeps.
unsafe extern "C" fn compute<I: Guest>(core: *mut Core<I>, op: *const Uop) -> u64 {
    // SAFETY: the function's contract.
    let (core, op) = unsafe { (&mut *core, &*op) };
    let (a, b, c) = (arg(core, 0), arg(core, 1), arg(core, 2));
    let (qa, qb, qc) = (argq(core, 0), argq(core, 1), argq(core, 2));
    let v = match *op {
        Uop::F1(op, s, _) => core.f1(op, s, a).into(),
        Uop::F2(op, s, ..) => core.f2(op, s, a, b).into(),
        Uop::F3(op, s, ..) => core.f3(op, s, a, b, c).into(),
        Uop::FCmp(s, signal, ..) => core.fcmp(s, signal, a, b).into(),
        Uop::FCvt(op, _) => core.fcvt(op, a).into(),
        Uop::QF1(op, s, _) => core.qf1(op, s, qa),
        Uop::QF2(op, s, ..) => core.qf2(op, s, qa, qb),
        Uop::QF3(op, s, ..) => core.qf3(op, s, qa, qb, qc),
        Uop::Q1(op, l, _) => core.q1(op, l, qa),
        Uop::Q2(op, l, ..) => core.q2(op, l, qa, qb),
        Uop::Q3(op, l, ..) => core.q3(op, l, qa, qb, qc),
        Uop::QI(op, l, _, _, imm) => core.qi(op, l, qa, qb, imm),
        Uop::SetLane(l, i, ..) => core.set_lane(l, i, qa, b),
        Uop::Dup(l, _) => core.dup(l, a),
        Uop::HelperQ(h, _, imm) => core.helperq(h, [qa, qb, qc], imm),
        Uop::Helper(h, _) => core.helper(h, [a, b, c]).unwrap_or(0).into(),
        _ => atomic(core, op),
    };
    answer(core, v);
    0
}

/// An atomic access that has been found to be to plain memory, so that it cannot trap.
fn atomic<I: Guest>(core: &mut Core<I>, op: &Uop) -> u128 {
    let (at, b, c) = (arg(core, 0), arg(core, 1), arg(core, 2));
    let (qb, qc) = (argq(core, 1), argq(core, 2));
    let done = match *op {
        Uop::Rmw(op, m, ..) => core.rmw(op, m, at, b).map(u128::from),
        Uop::Cas(m, ..) => core.cas(m, at, b, c).map(u128::from),
        Uop::CasQ(m, ..) => core.casq(m, at, qb, qc),
        Uop::LoadExclusive(m, _) => core.load_exclusive(m, at),
        Uop::StoreExclusive(m, ..) => core.store_exclusive(m, at, qb).map(u128::from),
        _ => Ok(0),
    };
    debug_assert!(done.is_ok(), "{op:?} at {at:#x} trapped after its address had been found good");
    done.unwrap_or(0)
}

/// # Safety
/// See [`compute`].
unsafe extern "C" fn attempt<I: Guest>(core: *mut Core<I>, op: *const Uop) -> u64 {
    // SAFETY: the function's contract.
    let (core, op) = unsafe { (&mut *core, &*op) };
    let Uop::Helper(h, _) = *op else { return 1 };
    let args = [arg(core, 0), arg(core, 1), arg(core, 2)];
    let fault = core.0.cpu.fault();
    match core.helper(h, args) {
        Ok(v) => {
            answer(core, v.into());
            0
        }
        Err(_) => {
            core.0.cpu.set_fault(fault);
            1
        }
    }
}

/// # Safety
/// See [`compute`].
unsafe extern "C" fn fill<I: Guest>(core: *mut Core<I>) {
    // SAFETY: the function's contract.
    let core = unsafe { &mut *core };
    let What { m, len, write } = What::decode(core.0.area.0[Word::FillWhat as usize]);
    let va = core.0.area.0[Word::FillAddr as usize];
    core.0.area.0[Word::FillAddend as usize] = core.0.direct(m, va, len, write).unwrap_or(0);
}

/// # Safety
/// - `core`: see [`compute`]
/// - `slot` is null or belongs to a region that lives
unsafe extern "C" fn resolve<I: Guest>(core: *mut Core<I>, pc: u64, slot: *const Slot) -> u64 {
    // SAFETY: the function's contract.
    let core = unsafe { &mut *core };
    let links = std::ptr::with_exposed_provenance_mut::<Links>(host(core.0.area.0[Word::Links as usize]));
    // SAFETY: the engine has put the address of its `Links` there and does not touch them before
    // the translated code comes back.
    let links = unsafe { &mut *links };
    // SAFETY: the function's contract.
    let slot = unsafe { slot.as_ref() };
    let key = core.0.area.0[Word::Key as usize];
    core.0.area.0[Word::Target as usize] = pc;
    let code = links.code_at(core, pc, key);
    if let (Some(code), Some(slot)) = (code, slot) {
        slot.set(key, code);
    }
    code.unwrap_or(links.cold)
}

//! The long tail: functions called by name from guest semantics.

use super::Crypto;

/// Functions of the long tail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Helper {
    /// CRC32 (`a[0]` accumulator, `a[1]` data, `a[2]` log2 of bytes).
    Crc32,
    /// CRC32C, the same operands.
    Crc32c,
    /// A cryptographic instruction, by `helperq`.
    Crypto(Crypto),
    /// System register read (`a[0]` row index, `a[2]` instruction word). These and what follows
    /// are A64's: `isa/a64/sem_system.rs`.
    ReadSysReg,
    /// System register write (`a[0]` row index, `a[1]` value, `a[2]` instruction word).
    WriteSysReg,
    /// Cache, TLB or address translation operation (`a[0]` operand, `a[2]` instruction word).
    SysOp,
    /// Traps when DC ZVA may not be executed (`a[2]` instruction word).
    CheckZva,
    /// MSR of a PSTATE field (`a[0]` instruction word).
    SetPstate,
    /// Return from exception; gives the address.
    ExceptionReturn,
    /// Clears the exclusive monitor.
    ClearExclusive,
    /// WFI, or WFE when `a[0]` is 1: sets what to wait for.
    Wait,
    /// SEVL, or SEV when `a[0]` is 1.
    SendEvent,
}

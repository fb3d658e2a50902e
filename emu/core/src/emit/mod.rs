//! The one vocabulary in which guest instructions are written.
//!
//! A semantic function is generic over [`Emit`] and never knows whether it is executed
//! ([`step::Step`], the interpreter), compiled, recorded or checked. Rules, each of which the
//! checker proves for every table row:
//!
//! 1. `V` (64-bit) and `Q` (128-bit) are opaque: no host `bool` comes out of a guest value. Host
//!    `if` is allowed on decoded fields only.
//! 2. Straight line: no loops over guest values, `trap_if` and `select` instead of branches.
//! 3. Everything that can fault comes before the first architectural write (or the row is marked
//!    `restartable`), so that an `Err` leaves the state as it was before the instruction.
//! 4. Rows marked as ending a block call [`Emit::end`] exactly once, others never.
//! 5. Operations are total: a shift of 64 or a division by zero has a defined result here; guest
//!    traps are explicit.
//! 6. Operations at [`W::W32`] read the low halves of their operands only, whatever is above, and
//!    the `V` they produce is zero-extended to 64 bits.
//! 7. The long tail goes through [`Emit::helper`]: a plain Rust function both engines call.

use std::num::NonZeroU32;

/// Operation width. Results at `W32` are zero-extended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum W {
    /// 32 bits, zero-extended to 64.
    W32,
    /// 64 bits.
    W64,
}

impl W {
    /// `W64` when the guest's size bit is set.
    #[inline(always)]
    pub const fn sf(sf: bool) -> W {
        if sf { W::W64 } else { W::W32 }
    }
    /// Width in bits.
    #[inline(always)]
    pub const fn bits(self) -> u32 {
        match self {
            W::W32 => 32,
            W::W64 => 64,
        }
    }
}

/// A general register of the guest: an index into its register file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reg(pub u8);

/// A 128-bit vector register of the guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VReg(pub u8);

/// A guest trap: an ordinary value, not a host error. The number is the guest architecture's own
/// (`isa/<guest>/exc.rs`); details of a memory fault are left in the CPU state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Trap(pub NonZeroU32);

impl Trap {
    /// Trap `kind` (1..=0xffff) with a 16-bit immediate `arg` (the operand of SVC, BRK, …).
    pub const fn new(kind: u16, arg: u16) -> Trap {
        match NonZeroU32::new((kind as u32) | ((arg as u32) << 16)) {
            Some(n) if kind != 0 => Trap(n),
            _ => panic!("trap kind 0"),
        }
    }
    /// The guest's trap number.
    pub const fn kind(self) -> u16 {
        (self.0.get() & 0xffff) as u16
    }
    /// The trap's immediate operand.
    pub const fn arg(self) -> u16 {
        (self.0.get() >> 16) as u16
    }
}

/// Result of one instruction's semantics.
pub type Res = Result<(), Trap>;

/// Two-operand integer operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the operations")]
pub enum Bin {
    Add,
    Sub,
    And,
    Or,
    Xor,
    Mul,
    /// High half of the unsigned product (of `w` bits each).
    UMulHi,
    /// High half of the signed product.
    SMulHi,
    /// Quotient; 0 when the divisor is 0.
    UDiv,
    /// Quotient truncated to zero; 0 when the divisor is 0; MIN / -1 = MIN.
    SDiv,
    /// Shift amount modulo the width, for all four.
    Shl,
    Shr,
    Sar,
    Ror,
}

/// One-operand integer operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the operations")]
pub enum Un {
    Not,
    Neg,
    /// Leading zeros (width when 0).
    Clz,
    /// Leading sign bits, not counting the sign itself.
    Cls,
    Rbit,
    /// Byte swap of the whole.
    Rev,
    /// Byte swap in each 16-bit lane.
    Rev16,
    /// Byte swap in each 32-bit lane.
    Rev32,
}

/// Comparisons, result 0 or 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the operations")]
pub enum Cmp {
    Eq,
    Ne,
    ULt,
    ULe,
    SLt,
    SLe,
}

/// How a flag-setting operation makes N, Z, C, V of its operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlagKind {
    /// Of `a + b`.
    Add,
    /// Of `a - b`; C is "no borrow".
    Sub,
    /// Of `a + b + C`, with the C flag in force before. SBCS passes `!b`.
    Adc,
    /// N and Z of `a`; C and V cleared; `b` ignored.
    Logic,
}

/// A64 condition code, 0 (EQ) to 15 (NV, which means always).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cond(pub u8);

/// One guest memory access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemOp {
    /// log2 of the size in bytes: 0..=4. Size 4 only with the `q` operations.
    pub size: u8,
    /// log2 of the alignment demanded where the guest enforces alignment (SCTLR.A or Device
    /// memory); differs from `size` for pairs and structures.
    pub align: u8,
    /// Alignment is demanded whatever the guest's settings (exclusives, atomics, acquire/release).
    pub aligned: bool,
    /// Acquire semantics (loads) or release (stores): an ordering for translators, no-op in Step.
    pub ordered: bool,
    /// As if executed at EL0 (LDTR, STTR).
    pub unpriv: bool,
}

impl MemOp {
    /// A plain access of `1 << size` bytes.
    #[inline(always)]
    pub const fn plain(size: u8) -> MemOp {
        MemOp { size, align: size, aligned: false, ordered: false, unpriv: false }
    }
    /// An access that faults when misaligned, with ordering.
    #[inline(always)]
    pub const fn ordered(size: u8) -> MemOp {
        MemOp { size, align: size, aligned: true, ordered: true, unpriv: false }
    }
}

/// Read-modify-write operations of LSE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the operations")]
pub enum Rmw {
    Add,
    /// old & !operand
    Clr,
    Eor,
    Set,
    SMax,
    SMin,
    UMax,
    UMin,
    Swap,
}

/// Vector lane size, or the whole 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the sizes")]
pub enum Lane {
    B,
    H,
    S,
    D,
}

impl Lane {
    /// From the two-bit size field.
    #[inline(always)]
    pub const fn of(size: u32) -> Lane {
        match size & 3 {
            0 => Lane::B,
            1 => Lane::H,
            2 => Lane::S,
            _ => Lane::D,
        }
    }
    /// Bits in a lane.
    #[inline(always)]
    pub const fn bits(self) -> u32 {
        8 << self as u32
    }
    /// Lanes in 128 bits.
    #[inline(always)]
    pub const fn count(self) -> usize {
        16 >> self as usize
    }
}

/// Format of a floating-point value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the formats")]
pub enum FSize {
    H,
    S,
    D,
}

/// How a block ends; the operand of [`Emit::end`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Term<V> {
    /// Falls through to the next instruction, but in a state a translation may not assume
    /// (system register, PSTATE or FPCR written, instruction barrier).
    Next,
    /// To `pc + rel` (bytes).
    Jump {
        /// Distance in bytes from this instruction.
        rel: i64,
    },
    /// To `pc + rel` and the link register has been set: a call.
    Call {
        /// Distance in bytes from this instruction.
        rel: i64,
    },
    /// To `pc + rel` when `c` is not 0, otherwise to the next instruction.
    Branch {
        /// 0 or 1.
        c: V,
        /// Distance in bytes from this instruction.
        rel: i64,
    },
    /// To the address in `target`.
    Indirect {
        /// Guest virtual address.
        target: V,
        /// What kind of transfer: a hint for prediction.
        hint: Hint,
    },
    /// The CPU waits for an interrupt or event (WFI, WFE) and continues at the next instruction.
    Wait,
}

/// What an indirect branch is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the kinds")]
pub enum Hint {
    Jump,
    Call,
    Return,
    /// Return from exception: the CPU mode may have changed.
    Exception,
}

pub mod check;
pub mod effects;
pub mod obj;
mod ops_crypto;
mod ops_fp;
mod ops_helper;
mod ops_vec;
pub mod step;
pub mod uop;

pub use ops_crypto::*;
pub use ops_fp::*;
pub use ops_helper::*;
pub use ops_vec::*;

/// The operations guest semantics are made of. See the module text for the rules.
pub trait Emit {
    /// An opaque 64-bit value.
    type V: Copy;
    /// An opaque 128-bit value.
    type Q: Copy;

    // -- constants and registers ------------------------------------------------------------
    /// A constant.
    fn imm(&mut self, v: u64) -> Self::V;
    /// A 128-bit constant.
    fn qimm(&mut self, v: u128) -> Self::Q;
    /// Reads a general register.
    fn get(&mut self, r: Reg) -> Self::V;
    /// Writes a general register.
    fn set(&mut self, r: Reg, v: Self::V);
    /// Reads a vector register.
    fn getq(&mut self, r: VReg) -> Self::Q;
    /// Writes a vector register, all 128 bits.
    fn setq(&mut self, r: VReg, v: Self::Q);
    /// Virtual address of this instruction.
    fn pc(&mut self) -> Self::V;

    // -- integers ---------------------------------------------------------------------------
    /// `a op b` at width `w`.
    fn bin(&mut self, op: Bin, w: W, a: Self::V, b: Self::V) -> Self::V;
    /// `op a` at width `w`.
    fn un(&mut self, op: Un, w: W, a: Self::V) -> Self::V;
    /// `a op b` at width `w`: 0 or 1.
    fn cmp(&mut self, op: Cmp, w: W, a: Self::V, b: Self::V) -> Self::V;
    /// `a` if `c` is not 0, else `b`.
    fn select(&mut self, c: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// The low `bits` (1..=64) of `a`, sign- or zero-extended to 64.
    fn ext(&mut self, bits: u32, signed: bool, a: Self::V) -> Self::V;

    // -- flags ------------------------------------------------------------------------------
    /// Sets N, Z, C, V from the operands of an operation.
    fn flags(&mut self, k: FlagKind, w: W, a: Self::V, b: Self::V);
    /// The same when `c` is not 0, otherwise sets the flags to the constant `nzcv` (0..=15).
    fn flags_if(&mut self, c: Self::V, k: FlagKind, w: W, a: Self::V, b: Self::V, nzcv: u8);
    /// Whether the condition holds: 0 or 1.
    fn cond(&mut self, c: Cond) -> Self::V;
    /// The flags as a number 0..=15, N being bit 3.
    fn nzcv(&mut self) -> Self::V;
    /// Sets the flags from the low 4 bits.
    fn set_nzcv(&mut self, v: Self::V);

    // -- memory: each may fault, and then nothing has been written ---------------------------
    /// Loads `1 << size` bytes (size 0..=3), zero-extended.
    fn load(&mut self, m: MemOp, addr: Self::V) -> Result<Self::V, Trap>;
    /// Stores the low `1 << size` bytes.
    fn store(&mut self, m: MemOp, addr: Self::V, v: Self::V) -> Res;
    /// Loads 16 bytes.
    fn loadq(&mut self, m: MemOp, addr: Self::V) -> Result<Self::Q, Trap>;
    /// Stores 16 bytes.
    fn storeq(&mut self, m: MemOp, addr: Self::V, v: Self::Q) -> Res;
    /// Atomic read-modify-write; the old value, zero-extended.
    fn rmw(&mut self, op: Rmw, m: MemOp, addr: Self::V, v: Self::V) -> Result<Self::V, Trap>;
    /// Atomic compare and swap; the old value, zero-extended. The store happens when equal.
    /// `expected` comes zero-extended from the access size.
    fn cas(&mut self, m: MemOp, addr: Self::V, expected: Self::V, new: Self::V) -> Result<Self::V, Trap>;
    /// The same for 16 bytes (CASP of X registers).
    fn casq(&mut self, m: MemOp, addr: Self::V, expected: Self::Q, new: Self::Q) -> Result<Self::Q, Trap>;
    /// Load-exclusive: loads (size 0..=4, the value in the low bits) and arms the monitor.
    fn load_exclusive(&mut self, m: MemOp, addr: Self::V) -> Result<Self::Q, Trap>;
    /// Store-exclusive: 0 if the store happened, 1 if the monitor had been lost. Disarms it.
    fn store_exclusive(&mut self, m: MemOp, addr: Self::V, v: Self::Q) -> Result<Self::V, Trap>;
    /// Traps as a store to the `bytes` (1..=64) from `addr` would, and writes nothing. First in
    /// every instruction with several stores: those inside a probed range do not fault any more.
    fn probe_store(&mut self, m: MemOp, addr: Self::V, bytes: u8) -> Res;
    /// Traps when the stack pointer in force is misaligned and the guest has that checked
    /// (SCTLR_ELx.SA). Precedes every access whose base register is the stack pointer.
    fn sp_access(&mut self) -> Res;
    /// A data barrier: orders memory accesses in a translator, nothing in Step.
    fn barrier(&mut self);

    // -- vectors ----------------------------------------------------------------------------
    /// 128 bits of two halves.
    fn q_make(&mut self, lo: Self::V, hi: Self::V) -> Self::Q;
    /// Lane `i` of `q`, zero-extended.
    fn lane(&mut self, l: Lane, i: u8, q: Self::Q) -> Self::V;
    /// `q` with lane `i` replaced by the low bits of `v`.
    fn set_lane(&mut self, l: Lane, i: u8, q: Self::Q, v: Self::V) -> Self::Q;
    /// Every lane the low bits of `v`.
    fn dup(&mut self, l: Lane, v: Self::V) -> Self::Q;
    /// Lane-wise operation on one vector.
    fn q1(&mut self, op: Q1, l: Lane, a: Self::Q) -> Self::Q;
    /// Lane-wise operation on two vectors. Saturating ones accumulate FPSR.QC.
    fn q2(&mut self, op: Q2, l: Lane, a: Self::Q, b: Self::Q) -> Self::Q;
    /// Lane-wise operation on three vectors (`a` is the accumulator or selector).
    fn q3(&mut self, op: Q3, l: Lane, a: Self::Q, b: Self::Q, c: Self::Q) -> Self::Q;
    /// Operation with an immediate (shifts, EXT); `a` is the destination's old value where used.
    fn qi(&mut self, op: QI, l: Lane, a: Self::Q, b: Self::Q, imm: u8) -> Self::Q;

    // -- floating point: under FPCR, accumulating FPSR ---------------------------------------
    /// Traps unless FP and SIMD are enabled at this exception level. First in every FP function.
    fn fp_access(&mut self) -> Res;
    /// Scalar operation on one value (in the low bits).
    fn f1(&mut self, op: F1, s: FSize, a: Self::V) -> Self::V;
    /// Scalar operation on two values.
    fn f2(&mut self, op: F2, s: FSize, a: Self::V, b: Self::V) -> Self::V;
    /// Fused operation on three values: `a` is the addend.
    fn f3(&mut self, op: F3, s: FSize, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Compares and gives NZCV as FCMP does (`signal`: FCMPE, quiet NaN raises Invalid).
    fn fcmp(&mut self, s: FSize, signal: bool, a: Self::V, b: Self::V) -> Self::V;
    /// Conversions between formats, integers and fixed point.
    fn fcvt(&mut self, op: FCvt, a: Self::V) -> Self::V;
    /// Lane-wise floating-point operation on one vector.
    fn qf1(&mut self, op: QF1, s: FSize, a: Self::Q) -> Self::Q;
    /// Lane-wise floating-point operation on two vectors.
    fn qf2(&mut self, op: QF2, s: FSize, a: Self::Q, b: Self::Q) -> Self::Q;
    /// Lane-wise floating-point operation on three vectors (`a` the accumulator).
    fn qf3(&mut self, op: QF3, s: FSize, a: Self::Q, b: Self::Q, c: Self::Q) -> Self::Q;

    // -- the long tail and control ------------------------------------------------------------
    /// Calls a plain Rust function on the CPU state (system registers, CRC, crypto, …). May trap.
    fn helper(&mut self, h: Helper, a: [Self::V; 3]) -> Result<Self::V, Trap>;
    /// Calls a pure function of vectors with an immediate (TBL, crypto, …).
    fn helperq(&mut self, h: Helper, a: [Self::Q; 3], imm: u64) -> Self::Q;
    /// Traps when `c` is not 0.
    fn trap_if(&mut self, c: Self::V, t: Trap) -> Res;
    /// Always traps. `return e.trap(T)` is a whole handler (SVC, BRK, UDF).
    fn trap(&mut self, t: Trap) -> Res;
    /// Ends the block; exactly once in rows so marked.
    fn end(&mut self, t: Term<Self::V>);

    // -- shorthand in terms of the above -------------------------------------------------------
    /// `a op constant`.
    #[inline(always)]
    fn bini(&mut self, op: Bin, w: W, a: Self::V, b: u64) -> Self::V {
        let b = self.imm(b);
        self.bin(op, w, a, b)
    }
}

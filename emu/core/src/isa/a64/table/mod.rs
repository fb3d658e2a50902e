//! The decode table: one row per A64 encoding, in the order of the Arm ARM's chapter C4.
//!
//! A row drives decoding, disassembly, the random generator, the checker and the coverage report.
//! To add an instruction: write the row in the file of its section and the handler of the same
//! name in `sem_<section>.rs`. Rows not implemented yet say `todo` and decode to UNDEFINED.

use super::Insn;
use crate::emit::{Emit, Res};

/// Features of Armv8.1 to v8.5 that add encodings (`Base` is v8.0 with FP and Advanced SIMD).
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the manual's FEAT_ names")]
pub enum Feature {
    Base,
    Aes,
    Sha1,
    Sha256,
    Sha512,
    Sha3,
    Sm3,
    Sm4,
    Pmull,
    Crc32,
    Lse,
    Lor,
    Rdm,
    Pan,
    Uao,
    Fp16,
    Fhm,
    DotProd,
    Fcma,
    Jscvt,
    Lrcpc,
    Lrcpc2,
    PAuth,
    FlagM,
    FlagM2,
    FrintTs,
    Dit,
    Sb,
    Ssbs,
    SpecRes,
    Bti,
    Rng,
    DpB,
    DpB2,
    Ras,
    Trf,
}

/// What a row does to control flow and memory: for the generator, block building and the checker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Registers to registers.
    Plain,
    /// Reads or writes memory.
    Memory,
    /// Ends a block with a branch to a direct or indirect target.
    Branch,
    /// Ends a block because CPU state changes (MSR, ISB, WFI, ERET, …), or always traps.
    System,
}

/// One encoding.
pub struct Row {
    /// The manual's encoding name, e.g. `ADD_imm`; unique.
    pub name: &'static str,
    /// 32 characters: `0`, `1` fixed; letters name fields; `-` is ignored by the CPU.
    pub pattern: &'static str,
    /// Fixed bits.
    pub mask: u32,
    /// Values of the fixed bits.
    pub value: u32,
    /// Operands as text, in the vocabulary of `disasm.rs`, without aliases
    /// (as `objdump -M no-aliases` prints them).
    pub asm: &'static str,
    /// Feature the encoding needs.
    pub feature: Feature,
    /// Effect class.
    pub class: Class,
    /// Further condition on the fields; where false the word is unallocated (UNDEFINED).
    pub valid: fn(u32) -> bool,
    /// False for words whose behaviour the manual leaves open (CONSTRAINED UNPREDICTABLE) though
    /// it is fixed here: the generator does not make them.
    pub predictable: fn(u32) -> bool,
    /// The record's `imm`, expanded once when a block is decoded.
    pub pre: fn(u32) -> u64,
    /// Section of the manual (the table file).
    pub section: &'static str,
    /// False for rows marked `todo`.
    pub implemented: bool,
    /// May write architectural state before a fault (it restarts from the beginning).
    pub restartable: bool,
}

impl Row {
    /// Whether `word` is this encoding.
    pub fn matches(&self, word: u32) -> bool {
        word & self.mask == self.value && (self.valid)(word)
    }
    /// Whether the row ends a block.
    pub fn ends_block(&self) -> bool {
        matches!(self.class, Class::Branch | Class::System)
    }
}

/// Semantics of a row for one engine.
pub type Handler<E> = fn(&mut E, &Insn) -> Res;

/// Fixed bits of a 32-character pattern: (mask, value).
pub const fn parse_pattern(p: &str) -> (u32, u32) {
    let b = p.as_bytes();
    assert!(b.len() == 32, "a pattern has 32 characters");
    let (mut mask, mut value, mut i) = (0, 0, 0);
    while i < 32 {
        let bit = 1u32 << (31 - i);
        match b[i] {
            b'0' => mask |= bit,
            b'1' => {
                mask |= bit;
                value |= bit;
            }
            b'-' | b'a'..=b'z' | b'A'..=b'Z' => {}
            _ => panic!("a pattern is made of 0, 1, - and letters"),
        }
        i += 1;
    }
    (mask, value)
}

/// Default of a row's `valid` and `predictable`.
pub(crate) const fn always(_: u32) -> bool {
    true
}

/// Default of a row's `pre`.
pub(crate) const fn no_imm(_: u32) -> u64 {
    0
}

/// Declares a section's rows:
/// `NAME "pattern" Class handler "asm" [feature Lse] [valid f] [predictable f] [pre f]
/// [restartable];`
/// with `todo` as the handler of what is not implemented yet.
/// Expands to `ROWS` and `handlers::<E>()`, index by index.
macro_rules! section {
    ($section:literal; $($name:ident $pat:literal $class:ident $handler:ident $asm:literal
        $([$key:ident $($val:path)?])* ;)*) => {
        /// This section's rows.
        pub(crate) const ROWS: &[$crate::isa::a64::table::Row] = &[$(
            $crate::isa::a64::table::section!(@row $section $name $pat $class $handler $asm $([$key $($val)?])*)
        ),*];
        /// This section's handlers, in the order of the rows.
        pub(crate) const fn handlers<E: $crate::emit::Emit>()
            -> [$crate::isa::a64::table::Handler<E>; ROWS.len()] {
            [$( $crate::isa::a64::table::section!(@handler $handler) ),*]
        }
    };
    (@handler todo) => { $crate::isa::a64::table::undefined::<E> };
    (@handler $handler:ident) => { sem::$handler::<E> };
    (@row $section:literal $name:ident $pat:literal $class:ident $handler:ident $asm:literal $([$key:ident $($val:path)?])*) => {{
        let mut row = $crate::isa::a64::table::Row {
            name: stringify!($name),
            pattern: $pat,
            mask: $crate::isa::a64::table::parse_pattern($pat).0,
            value: $crate::isa::a64::table::parse_pattern($pat).1,
            asm: $asm,
            feature: $crate::isa::a64::table::Feature::Base,
            class: $crate::isa::a64::table::Class::$class,
            valid: $crate::isa::a64::table::always,
            predictable: $crate::isa::a64::table::always,
            pre: $crate::isa::a64::table::no_imm,
            section: "",
            implemented: $crate::isa::a64::table::implemented(stringify!($handler)),
            restartable: false,
        };
        row.section = $section;
        $( $crate::isa::a64::table::section!(@opt row $key $($val)?); )*
        row
    }};
    (@opt $row:ident feature $v:path) => { $row.feature = { use $crate::isa::a64::table::Feature::*; $v }; };
    (@opt $row:ident valid $v:path) => { $row.valid = $v; };
    (@opt $row:ident predictable $v:path) => { $row.predictable = $v; };
    (@opt $row:ident pre $v:path) => { $row.pre = $v; };
    (@opt $row:ident restartable) => { $row.restartable = true; };
}
pub(crate) use section;

/// `todo` handlers are rows that decode to UNDEFINED.
pub(crate) const fn implemented(handler: &str) -> bool {
    !matches!(handler.as_bytes(), b"todo")
}

/// The handler of rows marked `todo` and of words no row matches.
pub(crate) fn undefined<E: Emit>(e: &mut E, _: &Insn) -> Res {
    e.trap(super::exc::UNDEFINED)
}

macro_rules! sections {
    ($($module:ident),*) => {
        $( mod $module; )*
        /// Number of rows.
        pub const LEN: usize = 0 $( + $module::ROWS.len() )*;
        /// Every row; `Insn::row` indexes it.
        pub fn rows() -> &'static [Row] {
            static ALL: [Row; LEN] = {
                let mut all = [const { UNALLOCATED }; LEN];
                let mut n = 0;
                $( let mut i = 0;
                while i < $module::ROWS.len() {
                    all[n] = copy(&$module::ROWS[i]);
                    n += 1;
                    i += 1;
                } )*
                assert!(n == LEN);
                all
            };
            &ALL
        }
        /// One engine's semantics; entry `LEN` is that of unallocated words.
        pub const fn handlers<E: Emit>() -> [Handler<E>; LEN + 1] {
            let mut all: [Handler<E>; LEN + 1] = [undefined::<E>; LEN + 1];
            let mut n = 0;
            $( {
                let part = $module::handlers::<E>();
                let mut i = 0;
                while i < part.len() {
                    all[n] = part[i];
                    n += 1;
                    i += 1;
                }
            } )*
            assert!(n == LEN);
            all
        }
    };
}

const fn copy(r: &Row) -> Row {
    Row { ..*r }
}

const UNALLOCATED: Row = Row {
    name: "UNALLOCATED",
    pattern: "--------------------------------",
    mask: 0,
    value: 0,
    asm: ".inst {word}",
    feature: Feature::Base,
    class: Class::System,
    valid: always,
    predictable: always,
    pre: no_imm,
    section: "none",
    implemented: false,
    restartable: false,
};

sections!(
    data_imm,
    branch,
    system,
    data_reg,
    load_store,
    load_store_atomic,
    load_store_simd,
    fp_scalar,
    simd_int,
    simd_fp,
    simd_permute,
    crypto
);

/// The row of instruction `row` (see [`Insn::row`]), also for unallocated words.
pub fn row(row: u16) -> &'static Row {
    static NONE: Row = UNALLOCATED;
    rows().get(usize::from(row)).unwrap_or(&NONE)
}

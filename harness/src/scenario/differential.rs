//! The sections `differential` and `bench`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::machine::{Arch, words};
use super::{Count, Hex};

words! {
    /// Something that executes a block of instructions.
    Engine: Step "step" "our semantics, executed directly", Interp "interp" "our interpreter, MMU on",
    Jit "jit" "our translator, MMU on", Unicorn "unicorn" "Unicorn, on a pipe", Kvm "kvm" "the host's CPU"
}

/// Random programs end in the same state on several engines.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Differential {
    /// Guest architecture.
    pub arch: Arch,
    /// The engine the others are compared with.
    pub reference: Engine,
    /// The others.
    pub subjects: Vec<Engine>,
    /// Where programs come from.
    pub source: Programs,
}

/// Where programs come from: exactly one of the two.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Programs {
    /// The random generator.
    #[serde(default)]
    pub generate: Option<Generate>,
    /// One program.
    #[serde(default)]
    pub case: Option<Explicit>,
}

/// A program in full, as the shrinker leaves one: it depends on neither generator nor seed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explicit {
    /// Instructions, in hexadecimal as they lie in memory.
    pub code: Hex,
    /// Registers and memory at the start, as in the one-line cases: `x0=0x1 v3=0x2 [0x200000]=00ff`, or
    /// `rax=0x1 rflags=0x246`. What is not named is 0, RFLAGS 0x202 and MXCSR 0x1f80.
    #[serde(default)]
    pub start: String,
    /// How it stops: End, Limit, Undefined, DataFault, FetchFault, Syscall, Breakpoint,
    /// Divide.
    pub stop: String,
    /// Everything that is different at the end, in the same notation. Of RFLAGS it is the flags CF, PF, AF,
    /// ZF, SF, DF and OF.
    #[serde(default)]
    pub end: String,
}

words! {
    /// Rows of the decode table that a program is made of.
    Grammar: All "a64-all" "every implemented row",
    Int "a64-int" "integer, branches",
    LoadStore "a64-loadstore" "loads and stores among integer instructions",
    Fp "a64-fp" "scalar floating point",
    Simd "a64-simd" "Advanced SIMD",
    Crypto "a64-crypto" "AES, SHA, polynomial multiplication",
    X64 "x64-all" "x86-64: general-purpose instructions that every engine of the check executes"
}

/// The random generator.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Generate {
    /// What programs are made of.
    pub grammar: Grammar,
    /// Number of programs.
    pub blocks: Count,
    /// Instructions per program.
    pub insns: Between,
    /// Seed of the first program.
    pub seed: u64,
}

/// An inclusive range.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

words! {
    /// What a bench reports.
    Metric: GuestMips "guest_mips" "million guest instructions per host second",
    Insns "insns" "guest instructions (counted: the same in every run)",
    Blocks "blocks" "blocks decoded or translated (counted)"
}

/// A guest whose speed is measured.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bench {
    /// What is reported.
    pub metrics: Vec<Metric>,
    /// Ends the measurement before the guest does.
    #[serde(default)]
    pub work: Option<Work>,
    /// Repetitions (3).
    #[serde(default)]
    pub samples: Option<u32>,
}

/// How much is executed.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Guest instructions.
    pub insns: Count,
}

//! The guests, a row each: what `diff`, `isa`, scenarios and reports know of an architecture. Its board is
//! in [`crate::boards`].

pub mod a64;
pub mod x64;

use innkeeper_core::isa::RowInfo;
use innkeeper_core::wire;

use crate::scenario::differential::{Engine, Grammar};
use crate::scenario::words::Arch;

/// Address, bytes and text of each instruction of a piece of code.
pub type Listing = Vec<(u64, String, String)>;

/// A guest architecture.
pub struct Guest {
    /// Its name.
    pub arch: Arch,
    /// The same in messages to the oracle.
    pub wire: wire::Arch,
    /// Names of the registers that can be asserted and are shown in evidence, in the manual's order.
    pub registers: fn() -> Vec<String>,
    /// The same in a line, where they are too many to name each.
    pub registers_text: Option<&'static str>,
    /// Engines of the differential check; with the first, all others are compared.
    pub engines: &'static [Engine],
    /// Those that `diff` takes unless it is told others.
    pub usual_engines: &'static [Engine],
    /// What random programs are made of, by the words of `diff --grammar`; the first is the default.
    pub grammars: &'static [(&'static str, Grammar)],
    /// The decode table, where we have one.
    pub rows: Option<fn() -> Vec<RowInfo>>,
    /// There are one-line cases for `diff --cases`.
    pub has_cases: bool,
    /// What Unicorn gets wrong: file in `golden/` and its contents.
    pub known: (&'static str, &'static str),
    /// Distance of places where an instruction may begin.
    pub align: usize,
    /// Disassembles code that lies at an address.
    pub listing: fn(u64, &[u8]) -> Listing,
    /// Micro-operations of the instruction at the beginning of some code, as text.
    pub operations: fn(&[u8]) -> Option<String>,
}

/// All of them.
pub static ALL: [&Guest; 2] = [&a64::GUEST, &x64::GUEST];

/// The guest of a name.
pub fn of(arch: Arch) -> &'static Guest {
    find(|g| g.arch == arch)
}

/// The guest of programs.
pub fn of_wire(arch: wire::Arch) -> &'static Guest {
    find(|g| g.wire == arch)
}

/// The guest that a grammar is of.
pub fn of_grammar(grammar: Grammar) -> &'static Guest {
    find(|g| g.grammars.iter().any(|(_, known)| *known == grammar))
}

fn find(is: impl Fn(&Guest) -> bool) -> &'static Guest {
    // A test sees that every architecture and grammar is of one of them.
    ALL.into_iter().find(|g| is(g)).unwrap_or(ALL[0])
}

/// An instruction's bytes as the number that they are, low byte first.
pub fn number(code: &[u8]) -> String {
    code.iter().rev().map(|b| format!("{b:02x}")).collect()
}

impl Guest {
    /// The engine with which all are compared: our semantics, or where we have none, the CPU.
    pub fn reference(&self) -> Engine {
        self.engines[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_architecture_and_grammar_is_of_exactly_one() {
        let count = |is: &dyn Fn(&Guest) -> bool| ALL.iter().filter(|g| is(g)).count();
        for &arch in Arch::ALL {
            assert_eq!(count(&|g| g.arch == arch), 1, "{arch:?}");
        }
        for arch in [wire::Arch::A64, wire::Arch::X64] {
            assert_eq!(count(&|g| g.wire == arch), 1, "{arch:?}");
        }
        for &grammar in Grammar::ALL {
            assert_eq!(count(&|g| g.grammars.iter().any(|(_, k)| *k == grammar)), 1, "{grammar:?}");
        }
    }

    #[test]
    fn what_diff_takes_are_engines_of_the_guest() {
        for g in ALL {
            assert_eq!(g.usual_engines[0], g.reference());
            assert!(g.usual_engines.iter().all(|e| g.engines.contains(e)), "{:?}", g.arch);
        }
    }
}

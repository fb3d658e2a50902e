//! Words of scenario files, and those that name guests, boards and engines.

use schemars::JsonSchema;
use serde::Deserialize;

/// An enumeration whose members are words of scenario files.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $first:ident $first_text:literal $first_doc:literal $(, $variant:ident $text:literal $vdoc:literal)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
        pub enum $name {
            #[doc = $first_doc]
            #[serde(rename = $first_text)]
            #[default]
            $first,
            $(#[doc = $vdoc] #[serde(rename = $text)] $variant,)*
        }
        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &[$name] = &[$name::$first $(, $name::$variant)*];
            /// The word in the file.
            pub fn as_str(self) -> &'static str {
                match self { $name::$first => $first_text, $($name::$variant => $text,)* }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Guest architecture.
    Arch: Aarch64 "aarch64" "Armv8-A, 64-bit", X64 "x86_64" "x86-64"
}
words! {
    /// Board.
    Board: VirtA64 "virt-a64" "AArch64: the memory map of QEMU's `virt`",
    PcX64 "pc-x64" "x86-64: a PC without firmware"
}
words! {
    /// Engine.
    Accel: Interp "interp" "interpreter", Jit "jit" "translator", Kvm "kvm" "hardware virtualisation"
}

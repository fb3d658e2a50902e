//! Rows of the section "simd_permute".

crate::isa::a64::table::section! { "simd_permute"; }

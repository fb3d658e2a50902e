//! Rows of the section "simd_int".

crate::isa::a64::table::section! { "simd_int"; }

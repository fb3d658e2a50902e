//! Rows of the section "simd_fp".

crate::isa::a64::table::section! { "simd_fp"; }

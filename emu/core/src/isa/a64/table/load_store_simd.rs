//! Rows of the section "load_store_simd".

crate::isa::a64::table::section! { "load_store_simd"; }

//! Rows of the section "fp_scalar".

crate::isa::a64::table::section! { "fp_scalar"; }

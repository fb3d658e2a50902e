//! Rows of the section "branch".

crate::isa::a64::table::section! { "branch"; }

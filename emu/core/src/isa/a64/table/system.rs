//! Rows of the section "system".

crate::isa::a64::table::section! { "system"; }

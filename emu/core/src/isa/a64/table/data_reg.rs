//! Rows of the section "data_reg".

crate::isa::a64::table::section! { "data_reg"; }

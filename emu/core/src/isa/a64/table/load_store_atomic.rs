//! Rows of the section "load_store_atomic".

crate::isa::a64::table::section! { "load_store_atomic"; }

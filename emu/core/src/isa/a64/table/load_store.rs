//! Rows of the section "load_store".

crate::isa::a64::table::section! { "load_store"; }

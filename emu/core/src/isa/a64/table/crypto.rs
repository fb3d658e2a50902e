//! Rows of the section "crypto".

crate::isa::a64::table::section! { "crypto"; }

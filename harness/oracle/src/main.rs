//! Unicorn on a pipe.

fn main() {}

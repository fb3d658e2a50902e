//! `Step`: executes semantics directly. The interpreter.

//! The scenario harness. Map:
//!
//! - [`scenario`]: files, their schema, what can be wrong with them, their cells
//! - [`diag`]: one diagnostic type, three renderings
//! - [`select`]: which tests are meant
//! - [`asset`], [`golden`]: guests by name, expectations by name
//! - [`boards`], [`guests`]: the boards and the architectures, a row each
//! - [`engine`]: what executes a program of the differential check
//! - [`run`]: one test, its verdict and its evidence
//! - [`report`]: renderings of verdicts
//! - [`generate`]: random programs from the decode table
//! - [`diff`]: the differential check
//! - [`host_code`]: what a translator made of guest code, as text
//! - [`mod@print`]: standard output and standard error, whose readers may leave
//! - [`libtest`]: scenarios as tests of cargo and nextest
//! - [`cmd`]: the command line

// First: its macros hide the standard ones in all that follows.
#[macro_use]
pub mod print;

pub mod asset;
pub mod boards;
pub mod cmd;
pub mod diag;
pub mod diff;
pub mod engine;
pub mod generate;
pub mod golden;
pub mod guests;
pub mod host_code;
pub mod libtest;
pub mod report;
pub mod run;
pub mod scenario;
pub mod select;

//! Scenarios of kind `differential`.

use super::Context;
use super::verdict::{Class, Failure};

/// Runs the differential check a scenario asks for.
pub fn run(_: &Context<'_>) -> Result<serde_json::Value, Failure> {
    Err(Failure::new(Class::Environment, "this build has no differential check yet"))
}

//! The emulator's machine as a [`Guest`].

use std::path::Path;

use super::guest::Guest;
use super::verdict::{Class, Failure};
use crate::asset;
use crate::scenario::cap;
use crate::scenario::find::Project;
use crate::scenario::machine::Resolved;

/// Builds a machine; files are relative to `dir`.
pub fn build(project: &Project, dir: &Path, m: &Resolved) -> Result<Box<dyn Guest>, Failure> {
    if !cap::built(m.accel) {
        return Err(Failure::new(Class::Environment, cap::refusal(m.accel)));
    }
    let environment = |e: asset::AssetError| Failure::new(Class::Environment, format!("kernel: {e}"));
    asset::load(project, dir, &m.kernel).map_err(environment)?;
    Err(Failure::new(Class::Environment, "this build has no machine yet"))
}

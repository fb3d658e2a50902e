//! A document while it is loaded, and what is found to be wrong with it.

use std::path::Path;
use std::sync::Arc;

use serde_yaml::Value;

use super::find::Project;
use super::node::{Node, Seg};
use crate::diag::{Diagnostic, Source};

/// An error with the path of the field it is about, for dropping what follows from another error.
pub(super) struct Finding {
    /// The field.
    pub path: Vec<Seg>,
    /// The error.
    pub diagnostic: Diagnostic,
}

/// A document being loaded.
pub(super) struct Document<'a> {
    pub project: &'a Project,
    pub path: &'a Path,
    pub name: &'a str,
    pub source: Arc<Source>,
    pub tree: Node,
    pub value: Value,
}

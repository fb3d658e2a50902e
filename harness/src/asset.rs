//! Guests by name: `scenarios/guests/bin/NAME.elf`, whose bytes are those of the manifest.

use std::io;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::scenario::find::Project;
use crate::scenario::machine::File;

/// Why an asset cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// Not in the manifest.
    #[error("unknown asset")]
    Unknown,
    /// In the manifest, but not readable.
    #[error("failed to read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Other bytes than the manifest says.
    #[error("its SHA-256 is {found}, the manifest says {expected}")]
    Hash {
        /// Of the manifest.
        expected: String,
        /// Of the file.
        found: String,
    },
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of asset `name`, checked against the manifest.
pub fn read(project: &Project, name: &str) -> Result<Vec<u8>, AssetError> {
    let expected = project.assets().get(name).ok_or(AssetError::Unknown)?;
    let path = project.asset_path(name);
    let bytes = std::fs::read(&path).map_err(|source| AssetError::Unreadable { path, source })?;
    let found = sha256(&bytes);
    if found == *expected { Ok(bytes) } else { Err(AssetError::Hash { expected: expected.clone(), found }) }
}

/// Whether asset `name` is there with the right bytes.
pub fn verify(project: &Project, name: &str) -> Result<(), AssetError> {
    read(project, name).map(|_| ())
}

/// The bytes of a file of the machine's; paths are relative to `dir`.
pub fn load(project: &Project, dir: &std::path::Path, file: &File) -> Result<Vec<u8>, AssetError> {
    match (&file.asset, &file.file) {
        (Some(name), _) => read(project, name),
        (None, Some(path)) => {
            let path = dir.join(path);
            std::fs::read(&path).map_err(|source| AssetError::Unreadable { path, source })
        }
        (None, None) => Err(AssetError::Unknown),
    }
}

//! What is written down about transfers: sizes and hashes, never content.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::formats::{Format, Selection};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.digest()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// A SHA-256 in the making.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes further bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of what was taken so far.
    pub fn digest(&self) -> Digest {
        Digest(self.0.clone().finalize().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the host to the guest.
    ToGuest,
    /// From the guest to the host.
    ToHost,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToGuest => "host -> guest",
            Self::ToHost => "guest -> host",
        })
    }
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it arrived.
    Complete,
    /// There was nothing: the owner said so, or the content is empty, or the guest found it too large.
    Empty,
    /// The other side does not own the selection or does not offer the format.
    NotOffered,
    /// The policy forbids it.
    Denied,
    /// Larger than the policy or the guest allows.
    TooLarge,
    /// Nothing moved for too long.
    TimedOut,
    /// The selection got another owner meanwhile.
    OwnerChanged,
    /// The port was closed meanwhile.
    Disconnected,
    /// The host's owner failed.
    HostFailed,
    /// Something else than what was asked for.
    OtherFormat(u32),
    /// Too many requests wait already.
    Busy,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "complete",
            Self::Empty => "empty",
            Self::NotOffered => "not offered",
            Self::Denied => "denied by policy",
            Self::TooLarge => "too large",
            Self::TimedOut => "timed out",
            Self::OwnerChanged => "owner changed",
            Self::Disconnected => "disconnected",
            Self::HostFailed => "host failed",
            Self::Busy => "too many requests",
            Self::OtherFormat(number) => {
                return match Format::from_number(*number) {
                    Some(format) => write!(f, "{format} came instead"),
                    None => write!(f, "type {number} came instead"),
                };
            }
        })
    }
}

/// One transfer, or the attempt at one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Nanoseconds, on the caller's clock, at which it ended.
    pub at: u64,
    /// Which way.
    pub direction: Direction,
    /// The selection's number.
    pub selection: u8,
    /// The type's number that was asked for.
    pub type_number: u32,
    /// Bytes that crossed the port.
    pub size: u64,
    /// Their SHA-256, if there were any: of the bytes on the wire, so after conversion to CR LF.
    pub sha256: Option<Digest>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The name of a type, or its number.
pub(super) struct TypeName(pub u32);

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (Format::from_number(self.0), self.0) {
            (Some(format), _) => format.fmt(f),
            (None, 0) => f.write_str("none"),
            (None, number) => write!(f, "type-{number}"),
        }
    }
}

/// The name of a selection, or its number.
pub(super) struct SelectionName(pub u8);

impl fmt::Display for SelectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Selection::from_number(self.0) {
            Some(selection) => selection.fmt(f),
            None => write!(f, "selection-{}", self.0),
        }
    }
}

impl fmt::Display for AuditRecord {
    /// One line, without a newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (selection, type_name) = (SelectionName(self.selection), TypeName(self.type_number));
        write!(f, "{} {} {selection} {type_name} {} bytes", self.at, self.direction, self.size)?;
        if let Some(digest) = self.sha256 {
            write!(f, " sha256={digest}")?;
        }
        write!(f, " {}", self.outcome)
    }
}

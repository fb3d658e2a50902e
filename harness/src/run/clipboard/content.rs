//! Contents that steps give, and what a paste is compared with.

use std::path::Path;
use std::sync::Arc;

use innkeeper_services::clipboard::{Digest, Format};

use crate::run::Context;
use crate::run::console::printable;
use crate::run::verdict::{Class, Failure};
use crate::scenario::Hex;
use crate::scenario::clipboard::{Generate, Item, Shows};

/// The bytes of what is copied.
pub(super) fn bytes(ctx: &Context<'_>, item: &Item) -> Result<Arc<[u8]>, Failure> {
    Ok(match (&item.text, &item.bytes, &item.file, item.generate) {
        (Some(text), ..) => text.as_bytes().into(),
        (_, Some(Hex(bytes)), ..) => bytes.as_slice().into(),
        (_, _, Some(file), _) => read(ctx, file)?.into(),
        (.., Some(g)) => generated(item.mime.0, g).into(),
        _ => return Err(Failure::new(Class::ScenarioError, "nothing to copy")),
    })
}

/// Generated content: SplitMix64 (Steele, Lea, Flood 2014), for text as lines of 63 letters and digits.
pub(super) fn generated(format: Format, g: Generate) -> Vec<u8> {
    let size = usize::try_from(g.size.0).unwrap_or(usize::MAX);
    let mut state = g.seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut content = Vec::with_capacity(size + 8);
    while content.len() < size {
        content.extend(next().to_le_bytes());
    }
    content.truncate(size);
    if format == Format::Text {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .";
        for (i, byte) in content.iter_mut().enumerate() {
            *byte = if i % 64 == 63 { b'\n' } else { LETTERS[usize::from(*byte % 64)] };
        }
    }
    content
}

fn read(ctx: &Context<'_>, file: &str) -> Result<Vec<u8>, Failure> {
    let path = ctx.loaded.path.parent().unwrap_or(Path::new(".")).join(file);
    std::fs::read(&path)
        .map_err(|e| Failure::new(Class::Environment, format!("failed to read {}: {e}", path.display())))
}

/// What content is to be.
pub(super) enum Wanted {
    /// These bytes.
    Exactly(Vec<u8>),
    /// This in it.
    Contains(String),
    /// So many bytes.
    Size(u64),
    /// This digest in hexadecimal.
    Sha256(String),
}

impl Wanted {
    /// What `shows` says about content; `None` where it is about something else.
    pub(super) fn read(ctx: &Context<'_>, shows: &Shows) -> Result<Option<Self>, Failure> {
        let format = shows.mime.map_or(Format::Text, |f| f.0);
        Ok(Some(if let Some(text) = &shows.text {
            match (&text.equals, &text.contains) {
                (Some(text), _) => Wanted::Exactly(text.as_bytes().to_vec()),
                (None, part) => Wanted::Contains(part.clone().unwrap_or_default()),
            }
        } else if let Some(Hex(bytes)) = &shows.bytes {
            Wanted::Exactly(bytes.clone())
        } else if let Some(file) = &shows.same_bytes_as {
            Wanted::Exactly(read(ctx, file)?)
        } else if let Some(g) = shows.generated {
            Wanted::Exactly(generated(format, g))
        } else if let Some(size) = shows.size {
            Wanted::Size(size.0)
        } else if let Some(digest) = &shows.sha256 {
            Wanted::Sha256(digest.to_ascii_lowercase())
        } else if shows.empty.is_some() {
            Wanted::Size(0)
        } else {
            return Ok(None);
        }))
    }

    /// Compares content, byte for byte where bytes are given.
    pub(super) fn compare(&self, found: &[u8]) -> Result<(), Failure> {
        match self {
            Wanted::Exactly(bytes) if bytes == found => Ok(()),
            Wanted::Exactly(bytes) => Err(differs(bytes, found)),
            Wanted::Contains(part) if memmem(found, part.as_bytes()) => Ok(()),
            Wanted::Contains(part) => {
                Err(Failure::assertion(format!("the content does not contain {part:?}"))
                    .detail(excerpt(found, 0)))
            }
            Wanted::Size(size) if found.len() as u64 == *size => Ok(()),
            Wanted::Size(size) => {
                let message = format!("the content has {} bytes, not {size}", found.len());
                Err(Failure::assertion(message).detail(excerpt(found, 0)))
            }
            Wanted::Sha256(digest) => {
                let now = Digest::of(found).to_string();
                let message = || format!("the content's SHA-256 is {now}, not {digest}");
                if now == *digest { Ok(()) } else { Err(Failure::assertion(message())) }
            }
        }
    }
}

fn memmem(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|w| w == part)
}

fn differs(wanted: &[u8], found: &[u8]) -> Failure {
    let at = wanted.iter().zip(found).take_while(|(a, b)| a == b).count();
    let sizes = format!("{} bytes wanted, {} found", wanted.len(), found.len());
    Failure::assertion(format!("the content differs from byte {at} on ({sizes})"))
        .detail(format!("wanted: {}", excerpt(wanted, at)))
        .detail(format!(" found: {}", excerpt(found, at)))
}

/// A few bytes from `at` on, control characters visible.
fn excerpt(bytes: &[u8], at: usize) -> String {
    let from = at.min(bytes.len());
    let part = &bytes[from..bytes.len().min(from + 60)];
    if part.is_empty() {
        return "(end)".into();
    }
    let more = if from + part.len() < bytes.len() { " …" } else { "" };
    format!("{}{more}", printable(&String::from_utf8_lossy(part)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Size;

    #[test]
    fn generated_content_is_that_of_its_seed() {
        let make = |format, size, seed| generated(format, Generate { size: Size(size), seed });
        assert_eq!(make(Format::Png, 1001, 1), make(Format::Png, 1001, 1));
        assert_ne!(make(Format::Png, 1001, 1), make(Format::Png, 1001, 2));
        let text = String::from_utf8(make(Format::Text, 130, 1)).expect("text");
        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [63, 63, 2]);
    }

    #[test]
    fn a_difference_says_where_and_what() {
        let f = Wanted::Exactly(b"one two".to_vec()).compare(b"one three\r\n").expect_err("a difference");
        assert_eq!(f.message, "the content differs from byte 5 on (7 bytes wanted, 11 found)");
        assert_eq!(f.details, ["wanted: wo", " found: hree\\r\\n"]);
        assert!(Wanted::Exactly(Vec::new()).compare(b"").is_ok());
        assert!(Wanted::Contains("two".into()).compare(b"one two").is_ok());
        assert!(Wanted::Contains("2".into()).compare(b"one two").is_err());
    }
}

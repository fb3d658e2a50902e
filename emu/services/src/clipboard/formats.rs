//! What can be copied: formats, sets of them, and the selections they are copied to.

use std::fmt;

/// A format that both sides can name. The numbers are those of spice-protocol's `vd_agent.h`
/// (`VD_AGENT_CLIPBOARD_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// UTF-8 text. Not checked: agents pass NUL and invalid UTF-8 straight through.
    Text = 1,
    /// PNG image.
    Png = 2,
    /// BMP image.
    Bmp = 3,
    /// TIFF image.
    Tiff = 4,
    /// JPEG image.
    Jpeg = 5,
}

/// (format, name in scenarios and logs, MIME types and X11 targets, best first).
const NAMES: [(Format, &str, &[&str]); 5] = [
    (Format::Text, "text", &["text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "STRING", "TEXT"]),
    (Format::Png, "png", &["image/png"]),
    (Format::Bmp, "bmp", &["image/bmp", "image/x-bmp", "image/x-MS-bmp", "image/x-win-bitmap"]),
    (Format::Tiff, "tiff", &["image/tiff"]),
    (Format::Jpeg, "jpeg", &["image/jpeg"]),
];

impl Format {
    /// Every format, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Text, Self::Png, Self::Bmp, Self::Tiff, Self::Jpeg];

    /// The format's number on the wire.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The format with this number on the wire.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.number() == number)
    }

    fn row(self) -> &'static (Self, &'static str, &'static [&'static str]) {
        &NAMES[self as usize - 1]
    }

    /// The name in scenarios, policies and logs.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The MIME type.
    pub fn mime(self) -> &'static str {
        self.row().2[0]
    }

    /// MIME types and X11 targets that mean this format, best first.
    pub fn targets(self) -> &'static [&'static str] {
        self.row().2
    }

    /// The format that a MIME type or X11 target means.
    pub fn from_target(target: &str) -> Option<Self> {
        NAMES.iter().find(|row| row.2.iter().any(|t| t.eq_ignore_ascii_case(target))).map(|row| row.0)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FormatSet(u8);

impl FormatSet {
    /// No format.
    pub const EMPTY: Self = Self(0);
    /// Every format.
    pub const ALL: Self = Self(0b11_1110);

    /// Whether `format` is in the set.
    pub fn contains(self, format: Format) -> bool {
        self.0 & (1 << format as u8) != 0
    }

    /// The set and `format`.
    #[must_use]
    pub fn with(self, format: Format) -> Self {
        Self(self.0 | 1 << format as u8)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many formats are in it.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The formats, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Format> {
        Format::ALL.into_iter().filter(move |f| self.contains(*f))
    }
}

impl FromIterator<Format> for FormatSet {
    fn from_iter<I: IntoIterator<Item = Format>>(formats: I) -> Self {
        formats.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl From<Format> for FormatSet {
    fn from(format: Format) -> Self {
        Self::EMPTY.with(format)
    }
}

impl fmt::Display for FormatSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (i, format) in self.iter().enumerate() {
            write!(f, "{}{format}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// Where something is copied to. The protocol's third, secondary, is used by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selection {
    /// What is copied with a command.
    Clipboard = 0,
    /// What is marked with the mouse (X11, Wayland).
    Primary = 1,
}

impl Selection {
    /// Both, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Clipboard, Self::Primary];

    /// The selection's number on the wire.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The selection with this number on the wire.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.number() == number)
    }

    /// The name in scenarios and logs.
    pub fn name(self) -> &'static str {
        ["clipboard", "primary"][self as usize]
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_again_by_number_name_and_target() {
        for format in Format::ALL {
            assert_eq!(Format::from_number(format.number()), Some(format));
            assert_eq!(Format::from_name(format.name()), Some(format));
            for target in format.targets() {
                assert_eq!(Format::from_target(target), Some(format), "{target}");
            }
        }
        assert_eq!([0, 6, u32::MAX].map(Format::from_number), [None; 3]);
        assert_eq!(Format::from_target("text/html"), None);
    }

    #[test]
    fn a_set_lists_what_was_put_in() {
        assert_eq!(FormatSet::from_iter([Format::Png, Format::Text]).to_string(), "text,png");
        assert_eq!(FormatSet::ALL.len(), Format::ALL.len());
        assert_eq!(FormatSet::EMPTY.to_string(), "none");
    }
}

//! Scalars with a suffix: `5s`, `8MiB`, `40M`, addresses and byte strings. Each is one type, so
//! that an error lands on the value and says which forms are accepted.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A span of guest time in nanoseconds, written `5s`, `200ms`, `10us`, `7ns`, `2m` or `1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub u64);

/// A size in bytes, written `4KiB`, `8MiB`, `1GiB`, `512B` or as a bare number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// A number of things (instructions), written `40M`, `2K`, `1G` (powers of ten) or as an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

/// A 64-bit address or value, written `"0x4020_0000"`, or as an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub u64);

/// A value of up to 128 bits (a register's), written as [`Number`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wide(pub u128);

/// Bytes in hexadecimal, blanks allowed: `"7f 45 4c 46"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

/// A type of content, written as its MIME type (`text/plain`, `image/png`, …) or short (`text`, `png`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format(pub innkeeper_services::clipboard::Format);

/// A type's number in the agent's protocol, written as a [`Format`] or as an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeNumber(pub u32);

/// A calendar day, written `"2027-01-31"` (quoted: YAML 1.1 readers have a date type).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// Year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// Splits `12ms` into 12 and `ms`.
fn number_and_suffix(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    Some((digits.parse().ok()?, suffix))
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (n, suffix) = number_and_suffix(text)?;
    let (_, scale) = units.iter().find(|(name, _)| *name == suffix)?;
    n.checked_mul(*scale)
}

const TIME: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
const BYTES: &[(&str, u64)] = &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
const COUNTS: &[(&str, u64)] = &[("", 1), ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000)];

impl Span {
    /// Reads `5s`.
    pub fn parse(text: &str) -> Option<Self> {
        scaled(text, TIME).map(Span)
    }
}

impl Size {
    /// Reads `8MiB`.
    pub fn parse(text: &str) -> Option<Self> {
        scaled(text, BYTES).map(Size)
    }
}

impl Count {
    /// Reads `40M`.
    pub fn parse(text: &str) -> Option<Self> {
        scaled(text, COUNTS).map(Count)
    }
}

impl Wide {
    /// Reads `0x2a`, `42`, with `_` between digits.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.replace('_', "");
        match plain.strip_prefix("0x") {
            Some(hex) if !hex.starts_with('+') => u128::from_str_radix(hex, 16).ok(),
            Some(_) => None,
            None if plain.starts_with('+') => None,
            None => plain.parse().ok(),
        }
        .map(Wide)
    }
}

impl Number {
    /// Reads `0x4020_0000`.
    pub fn parse(text: &str) -> Option<Self> {
        u64::try_from(Wide::parse(text)?.0).ok().map(Number)
    }
}

impl Hex {
    /// Reads `7f 45 4c 46`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u32> =
            text.chars().filter(|c| *c != ' ').map(|c| c.to_digit(16)).collect::<Option<_>>()?;
        if !digits.len().is_multiple_of(2) {
            return None;
        }
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect::<Option<_>>().map(Hex)
    }
}

impl Format {
    /// Reads `text/plain` or `text`.
    pub fn parse(text: &str) -> Option<Self> {
        use innkeeper_services::clipboard::Format as F;
        F::from_name(text).or_else(|| F::from_target(text)).map(Format)
    }
}

impl TypeNumber {
    /// Reads `text/plain` or `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Format::parse(text).map(|format| TypeNumber(format.0.number()))
    }
}

impl Day {
    /// Reads `2027-01-31`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || (y.len(), m.len(), d.len()) != (4, 2, 2) {
            return None;
        }
        let day = Day { year: y.parse().ok()?, month: m.parse().ok()?, day: d.parse().ok()? };
        ((1..=12).contains(&day.month) && (1..=31).contains(&day.day)).then_some(day)
    }

    /// The day that contains `seconds` since 1970 (UTC).
    pub fn from_unix(seconds: u64) -> Self {
        // Howard Hinnant's days-to-civil algorithm, for days after 1970 only.
        let days = seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Day {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, scale) =
            TIME[..4].iter().rev().find(|(_, s)| self.0.is_multiple_of(*s)).unwrap_or(&TIME[0]);
        write!(f, "{}{unit}", self.0 / scale)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, scale) = BYTES.iter().rev().find(|(_, s)| self.0.is_multiple_of(*s)).unwrap_or(&BYTES[0]);
        write!(f, "{}{unit}", self.0 / scale)
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Deserialisation from a string, and from an integer where `$int` gives a conversion.
macro_rules! scalar {
    ($type:ident, $parse:expr, $expected:literal, $pattern:literal, int: $int:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct V;
                impl Visitor<'_> for V {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }
                    fn visit_str<E: de::Error>(self, s: &str) -> Result<$type, E> {
                        $parse(s).ok_or_else(|| E::invalid_value(de::Unexpected::Str(s), &self))
                    }
                    fn visit_u64<E: de::Error>(self, n: u64) -> Result<$type, E> {
                        let convert: fn(u64) -> Option<$type> = $int;
                        convert(n).ok_or_else(|| E::invalid_type(de::Unexpected::Unsigned(n), &self))
                    }
                    fn visit_i64<E: de::Error>(self, n: i64) -> Result<$type, E> {
                        match u64::try_from(n) {
                            Ok(n) => self.visit_u64(n),
                            Err(_) => Err(E::invalid_value(de::Unexpected::Signed(n), &self)),
                        }
                    }
                }
                d.deserialize_any(V)
            }
        }
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let convert: fn(u64) -> Option<$type> = $int;
                if convert(1).is_some() {
                    json_schema!({"description": $expected, "anyOf": [
                        {"type": "string", "pattern": $pattern}, {"type": "integer", "minimum": 0}]})
                } else {
                    json_schema!({"description": $expected, "type": "string", "pattern": $pattern})
                }
            }
        }
    };
}

pub(super) use scalar;

scalar!(Span, Span::parse, "a time such as 5s, 200ms, 10us or 7ns", "^[0-9]+(ns|us|ms|s|m|h)$", int: |_| None);
scalar!(Size, Size::parse, "a size such as 8MiB, 4KiB or 512B", "^[0-9]+(B|KiB|MiB|GiB)$", int: |n| Some(Size(n)));
scalar!(Count, Count::parse, "a count such as 40M, 2K or 12", "^[0-9]+[KMG]?$", int: |n| Some(Count(n)));
scalar!(Number, Number::parse, "a 64-bit number such as \"0x40200000\"", "^(0x[0-9a-fA-F_]+|[0-9_]+)$", int: |n| Some(Number(n)));
scalar!(Wide, Wide::parse, "a number such as \"0x2a\"", "^(0x[0-9a-fA-F_]+|[0-9_]+)$", int: |n| Some(Wide(u128::from(n))));
scalar!(Hex, Hex::parse, "bytes in hexadecimal such as \"7f 45 4c 46\"", "^( *[0-9a-fA-F] *[0-9a-fA-F])* *$", int: |_| None);
scalar!(Format, Format::parse, "a type: text/plain, image/png, image/bmp, image/tiff or image/jpeg", "^[A-Za-z0-9_/;=-]+$", int: |_| None);
scalar!(TypeNumber, TypeNumber::parse, "a type such as text/plain or image/png, or a number", "^[A-Za-z0-9_/;=-]+$", int: |n| u32::try_from(n).ok().map(TypeNumber));
scalar!(Day, Day::parse, "a quoted day such as \"2027-01-31\"", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", int: |_| None);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_scale() {
        assert_eq!(Span::parse("5s"), Some(Span(5_000_000_000)));
        assert_eq!(Span::parse("5"), None);
        assert_eq!(Size::parse("8MiB"), Some(Size(8 << 20)));
        assert_eq!(Size::parse("8MB"), None);
        assert_eq!(Count::parse("40M"), Some(Count(40_000_000)));
        assert_eq!(Count::parse("99999999999G"), None, "overflow is refused, not wrapped");
        assert_eq!(Number::parse("0x4020_0000"), Some(Number(0x4020_0000)));
        assert_eq!(Hex::parse("7f 45"), Some(Hex(vec![0x7f, 0x45])));
        assert_eq!(Hex::parse("7f4"), None);
    }

    #[test]
    fn display_is_the_shortest_exact_form() {
        assert_eq!(Span(1_500_000_000).to_string(), "1500ms");
        assert_eq!(Size(64 << 20).to_string(), "64MiB");
    }

    #[test]
    fn days_since_the_epoch() {
        assert_eq!(Day::from_unix(0).to_string(), "1970-01-01");
        assert_eq!(Day::from_unix(951_782_400).to_string(), "2000-02-29");
        assert_eq!(Day::from_unix(1_801_353_600).to_string(), "2027-01-31");
    }
}

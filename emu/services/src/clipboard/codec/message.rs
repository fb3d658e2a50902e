//! Messages as values, and their bodies as bytes.

use std::fmt;

use crate::clipboard::caps::Capabilities;
use crate::clipboard::formats::{Format, FormatSet};

/// The messages that a clipboard needs; the others are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Content.
    Data = 4,
    /// What the sender can do.
    Announce = 6,
    /// The sender owns a selection now.
    Grab = 7,
    /// The sender wants content.
    Request = 8,
    /// The sender owns a selection no more.
    Release = 9,
    /// The host's client went away.
    ClientDisconnected = 13,
    /// The largest content the sender takes.
    MaxClipboard = 14,
}

const KINDS: [(MessageKind, &str); 7] = [
    (MessageKind::Data, "DATA"),
    (MessageKind::Announce, "ANNOUNCE_CAPABILITIES"),
    (MessageKind::Grab, "GRAB"),
    (MessageKind::Request, "REQUEST"),
    (MessageKind::Release, "RELEASE"),
    (MessageKind::ClientDisconnected, "CLIENT_DISCONNECTED"),
    (MessageKind::MaxClipboard, "MAX_CLIPBOARD"),
];

impl MessageKind {
    /// The message's number on the wire.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The message with this number on the wire.
    pub fn from_number(number: u32) -> Option<Self> {
        KINDS.iter().map(|row| row.0).find(|k| k.number() == number)
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KINDS.iter().find(|row| row.0 == *self).map_or("", |row| row.1))
    }
}

/// Which optional fields bodies have: from the capabilities in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// u8 selection and three zero bytes first (bit 6).
    pub selection: bool,
    /// u32 serial in a GRAB, after the selection (bit 17).
    pub serial: bool,
}

impl Layout {
    /// Bytes of the selection field.
    pub fn selection_len(self) -> usize {
        if self.selection { 4 } else { 0 }
    }

    /// Bytes of a GRAB before its types.
    pub fn grab_len(self) -> usize {
        self.selection_len() + if self.serial { 4 } else { 0 }
    }
}

/// A GRAB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grab {
    /// The selection's number; 0 where the layout has none.
    pub selection: u8,
    /// The serial, where the layout has one.
    pub serial: Option<u32>,
    /// The types with a name here.
    pub formats: FormatSet,
    /// How many other types there were (files, types of the future).
    pub unknown: u32,
}

/// A message other than DATA, whose content is streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// ANNOUNCE_CAPABILITIES.
    Announce {
        /// Whether the sender wants ours.
        request: bool,
        /// The first word of bits; there is no second yet.
        caps: Capabilities,
    },
    /// CLIPBOARD_GRAB.
    Grab(Grab),
    /// CLIPBOARD_REQUEST.
    Request {
        /// The selection's number.
        selection: u8,
        /// The type's number.
        type_number: u32,
    },
    /// CLIPBOARD_RELEASE.
    Release {
        /// The selection's number.
        selection: u8,
    },
    /// CLIENT_DISCONNECTED.
    ClientDisconnected,
    /// MAX_CLIPBOARD: bytes, negative for no limit.
    MaxClipboard {
        /// The limit.
        max: i32,
    },
}

impl Message {
    /// Which message it is.
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Announce { .. } => MessageKind::Announce,
            Self::Grab(_) => MessageKind::Grab,
            Self::Request { .. } => MessageKind::Request,
            Self::Release { .. } => MessageKind::Release,
            Self::ClientDisconnected => MessageKind::ClientDisconnected,
            Self::MaxClipboard { .. } => MessageKind::MaxClipboard,
        }
    }

    /// Appends the body to `out`. Unknown types of a GRAB are left out: their numbers are not kept.
    pub fn encode(&self, layout: Layout, out: &mut Vec<u8>) {
        match *self {
            Self::Announce { request, caps } => {
                put(out, u32::from(request));
                put(out, caps.bits());
            }
            Self::Grab(grab) => {
                put_selection(out, layout, grab.selection);
                if layout.serial {
                    put(out, grab.serial.unwrap_or_default());
                }
                grab.formats.iter().for_each(|f| put(out, f.number()));
            }
            Self::Request { selection, type_number } => {
                put_selection(out, layout, selection);
                put(out, type_number);
            }
            Self::Release { selection } => put_selection(out, layout, selection),
            Self::ClientDisconnected => {}
            Self::MaxClipboard { max } => out.extend(max.to_le_bytes()),
        }
    }

    /// The message with this body, of which `kept` is the beginning and `size` the whole length;
    /// `None` when the size is not one that real peers accept (ARCHITECTURE.md §4).
    pub(super) fn decode(kind: MessageKind, layout: Layout, kept: &[u8], size: u32) -> Option<Self> {
        let prefix = layout.selection_len();
        let selection = if layout.selection { kept.first().copied().unwrap_or_default() } else { 0 };
        match (kind, size as usize) {
            (MessageKind::Announce, 8..) => Some(Self::Announce {
                request: word(kept, 0)? != 0,
                caps: Capabilities::from_bits_retain(word(kept, 4)?),
            }),
            (MessageKind::Grab, n) if n >= layout.grab_len() => {
                let serial = if layout.serial { Some(word(kept, prefix)?) } else { None };
                let types = kept.get(layout.grab_len()..)?;
                let formats: FormatSet = types
                    .chunks_exact(4)
                    .filter_map(|t| word(t, 0))
                    .filter_map(Format::from_number)
                    .collect();
                let count = (size - u32::try_from(layout.grab_len()).ok()?) / 4;
                let unknown = count.saturating_sub(u32::try_from(formats.len()).ok()?);
                Some(Self::Grab(Grab { selection, serial, formats, unknown }))
            }
            (MessageKind::Request, n) if n == prefix + 4 => {
                Some(Self::Request { selection, type_number: word(kept, prefix)? })
            }
            // An exiting Linux session agent sends one byte, whatever was agreed (ARCHITECTURE.md §5).
            (MessageKind::Release, n) if n == prefix || n == 1 => Some(Self::Release { selection }),
            (MessageKind::ClientDisconnected, _) => Some(Self::ClientDisconnected),
            (MessageKind::MaxClipboard, 4) => Some(Self::MaxClipboard { max: word(kept, 0)?.cast_signed() }),
            _ => None,
        }
    }
}

fn put(out: &mut Vec<u8>, word: u32) {
    out.extend(word.to_le_bytes());
}

pub(super) fn put_selection(out: &mut Vec<u8>, layout: Layout, selection: u8) {
    if layout.selection {
        out.extend([selection, 0, 0, 0]);
    }
}

/// The word at `at`, if it is all there.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

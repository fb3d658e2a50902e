//! What may be copied where.

use super::audit::{Direction, Outcome};
use super::formats::{Format, FormatSet};

/// Which directions are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Directions {
    /// Both.
    #[default]
    Both,
    /// The host's content may be pasted in the guest, not the other way.
    ToGuest,
    /// The guest's content may be pasted on the host, not the other way.
    ToHost,
    /// Neither.
    Off,
}

impl Directions {
    /// (name in scenarios and on the command line, value).
    pub const NAMES: [(&str, Self); 4] =
        [("both", Self::Both), ("to-guest", Self::ToGuest), ("to-host", Self::ToHost), ("off", Self::Off)];

    /// Whether `direction` is open.
    pub fn allow(self, direction: Direction) -> bool {
        match direction {
            Direction::ToGuest => matches!(self, Self::Both | Self::ToGuest),
            Direction::ToHost => matches!(self, Self::Both | Self::ToHost),
        }
    }
}

/// What may be copied where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which directions are open.
    pub directions: Directions,
    /// Which formats are.
    pub formats: FormatSet,
    /// The largest content, in bytes on the wire; the guest is told.
    pub max_size: u64,
}

impl Default for Policy {
    /// Everything, up to 100 MiB as spice-gtk has it.
    fn default() -> Self {
        Self { directions: Directions::Both, formats: FormatSet::ALL, max_size: 100 << 20 }
    }
}

impl Policy {
    /// Which of `formats` may go in `direction`.
    pub fn allowed(&self, direction: Direction, formats: FormatSet) -> FormatSet {
        if self.directions.allow(direction) { formats.intersection(self.formats) } else { FormatSet::EMPTY }
    }

    /// Whether `format` may go in `direction`.
    ///
    /// # Errors
    /// [`Outcome::Denied`].
    pub fn check(&self, direction: Direction, format: Format) -> Result<(), Outcome> {
        if self.allowed(direction, format.into()).is_empty() { Err(Outcome::Denied) } else { Ok(()) }
    }

    /// The limit as MAX_CLIPBOARD has it: -1 where an i32 does not reach.
    pub fn max_clipboard(&self) -> i32 {
        i32::try_from(self.max_size).unwrap_or(-1)
    }
}

//! Who owns one selection, by what the compositor says.

use crate::clipboard::FormatSet;

/// What the compositor says that a selection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// No owner.
    Nobody,
    /// Our source with this number.
    Own(u64),
    /// An application's.
    Other(FormatSet),
}

/// What that means for the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Announced(FormatSet),
    Released,
}

/// One selection.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// The number of our last source.
    number: u64,
    /// Whether the compositor has not confirmed it: what it says meanwhile is older, and the guest, which
    /// copied last, has won.
    awaiting: bool,
    /// Whether the session was told that an application owns the selection.
    told: bool,
}

impl Track {
    /// A source of ours is set; its number.
    pub fn offered(&mut self) -> u64 {
        self.number += 1;
        (self.awaiting, self.told) = (true, false);
        self.number
    }

    /// Our source is destroyed by us, or cancelled.
    pub fn gone(&mut self, number: u64) {
        self.awaiting &= number != self.number;
    }

    pub fn seen(&mut self, seen: Seen) -> Option<Change> {
        match seen {
            Seen::Own(number) => {
                self.gone(number);
                None
            }
            _ if self.awaiting => None,
            Seen::Nobody => std::mem::take(&mut self.told).then_some(Change::Released),
            Seen::Other(formats) => {
                self.told = true;
                Some(Change::Announced(formats))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clipboard::Format;

    const NONE: FormatSet = FormatSet::EMPTY;

    #[test]
    fn what_applications_copy_is_announced_and_released() {
        let (mut track, text) = (Track::default(), FormatSet::from(Format::Text));
        assert_eq!(track.seen(Seen::Nobody), None, "nothing was there");
        for formats in [text, NONE, text] {
            assert_eq!(track.seen(Seen::Other(formats)), Some(Change::Announced(formats)));
        }
        assert_eq!(track.seen(Seen::Nobody), Some(Change::Released));
        assert_eq!(track.seen(Seen::Nobody), None);
    }

    #[test]
    fn what_is_older_than_our_source_is_not_told() {
        let mut track = Track::default();
        let first = track.offered();
        assert_eq!(track.seen(Seen::Other(NONE)), None);
        let second = track.offered();
        assert_eq!(track.seen(Seen::Own(first)), None);
        assert_eq!(track.seen(Seen::Other(NONE)), None, "the second is not confirmed");
        assert_eq!(track.seen(Seen::Own(second)), None);
        assert_eq!(track.seen(Seen::Other(NONE)), Some(Change::Announced(NONE)));
    }

    #[test]
    fn a_source_that_the_compositor_refuses_hides_nothing() {
        let mut track = Track::default();
        let number = track.offered();
        track.gone(number);
        assert_eq!(track.seen(Seen::Other(NONE)), Some(Change::Announced(NONE)));
    }
}

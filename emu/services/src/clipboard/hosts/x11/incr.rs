//! INCR: content in pieces through one property (ICCCM 2.7.2), both ways, apart from the server.

use super::latin1::from_latin1;
use crate::clipboard::hosts::spool::Spool;
use crate::clipboard::{Read, Size};

/// The most in one property, in bytes: half of what every server takes in a request.
pub(super) const PIECE: usize = 128 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The owner has not answered.
    Asked,
    /// It has answered that pieces follow; that property is being read.
    Begun,
    /// Pieces are coming.
    Pieces,
    /// Everything is here.
    Whole,
    /// Nothing will be.
    Failed,
}

/// Content that an owner sends us.
#[derive(Debug)]
pub(super) struct Receiver {
    stage: Stage,
    /// Bits of the properties' items.
    bits: u8,
    /// The most that is of use, in bytes.
    limit: u64,
    spool: Spool,
}

impl Receiver {
    /// For properties whose items have so many `bits`, up to `limit` bytes.
    pub fn new(bits: u8, limit: u64) -> Self {
        Self { stage: Stage::Asked, bits, limit, spool: Spool::new() }
    }

    /// Whether the owner has not answered.
    pub fn is_asked(&self) -> bool {
        self.stage == Stage::Asked
    }

    /// Whether the next property with a new value is a piece.
    pub fn wants_piece(&self) -> bool {
        self.stage == Stage::Pieces
    }

    /// Whether nothing more happens.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Whole | Stage::Failed)
    }

    /// The property says that pieces follow.
    pub fn incr(&mut self) {
        self.stage = if self.is_asked() { Stage::Begun } else { Stage::Failed };
    }

    /// Part of a property: its items' `bits`, whether it is ISO 8859-1 text, and its bytes.
    pub fn bytes(&mut self, bits: u8, latin1: bool, bytes: &[u8]) {
        if self.is_over() || bytes.is_empty() {
            return;
        }
        if bits != self.bits {
            return self.fail();
        }
        if latin1 {
            let mut text = Vec::with_capacity(2 * bytes.len());
            from_latin1(bytes, &mut text);
            self.spool.append(&text);
        } else {
            self.spool.append(bytes);
        }
        if self.spool.is_broken() || self.spool.len() > self.limit {
            self.fail();
        }
    }

    /// The property, of `total` bytes, is read. A piece without bytes is the last.
    pub fn property_ended(&mut self, total: u64) {
        self.stage = match self.stage {
            Stage::Asked => Stage::Whole,
            Stage::Begun => Stage::Pieces,
            Stage::Pieces if total == 0 => Stage::Whole,
            other => other,
        };
    }

    /// The owner refuses or is gone.
    pub fn fail(&mut self) {
        if self.stage != Stage::Whole {
            self.stage = Stage::Failed;
        }
    }

    pub fn size(&self) -> Size {
        if self.stage == Stage::Failed { Size::Failed } else { self.spool.size(self.stage == Stage::Whole) }
    }

    pub fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> Read {
        self.spool.read_at(offset, buffer)
    }
}

/// Content that we send to a requestor.
#[derive(Debug)]
pub(super) struct Sender {
    spool: Spool,
    at: u64,
    ended: bool,
}

impl Sender {
    pub fn new(spool: Spool) -> Self {
        Self { spool, at: 0, ended: false }
    }

    /// How much there is, in bytes.
    pub fn len(&self) -> u64 {
        self.spool.len()
    }

    /// What to put into the property that the requestor has just deleted; `None` when it has everything,
    /// or when the content is lost, for which the protocol has no word: the requestor's own time runs out.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        if self.at == self.spool.len() {
            return (!std::mem::replace(&mut self.ended, true)).then(Vec::new);
        }
        let piece = piece(&mut self.spool, self.at)?;
        self.at += piece.len() as u64;
        Some(piece)
    }
}

/// The piece of `spool` that begins at `at`; `None` when it cannot be read.
pub(super) fn piece(spool: &mut Spool, at: u64) -> Option<Vec<u8>> {
    let left = usize::try_from(spool.len() - at).unwrap_or(PIECE).min(PIECE);
    let (mut piece, mut filled) = (vec![0; left], 0);
    while filled < left {
        let Read::Bytes(n) = spool.read_at(at + filled as u64, &mut piece[filled..]) else { return None };
        filled += n;
    }
    Some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: u64 = u64::MAX;

    fn content(receiver: &mut Receiver) -> Vec<u8> {
        let (mut all, mut buffer) = (Vec::new(), [0; 7]);
        while let Read::Bytes(n) = receiver.read_at(all.len() as u64, &mut buffer) {
            all.extend(&buffer[..n]);
        }
        all
    }

    #[test]
    fn content_in_one_property() {
        let mut r = Receiver::new(8, ANY);
        r.bytes(8, false, b"ab");
        r.bytes(8, false, b"c");
        assert_eq!(r.size(), Size::Growing(3));
        r.property_ended(3);
        assert_eq!((r.size(), content(&mut r)), (Size::Known(3), b"abc".to_vec()));
    }

    #[test]
    fn content_in_pieces_ends_with_an_empty_one() {
        let mut r = Receiver::new(8, ANY);
        r.incr();
        // Its value, a lower bound of the size, may be missing.
        r.property_ended(0);
        for piece in [&b"abc"[..], b"de"] {
            assert!(r.wants_piece());
            r.bytes(8, false, piece);
            r.property_ended(piece.len() as u64);
        }
        assert_eq!(r.size(), Size::Growing(5));
        r.property_ended(0);
        assert_eq!((r.size(), content(&mut r)), (Size::Known(5), b"abcde".to_vec()));
    }

    #[test]
    fn nothing_at_all_is_content_too() {
        let mut r = Receiver::new(8, ANY);
        r.property_ended(0);
        assert_eq!(r.size(), Size::Known(0));
    }

    #[test]
    fn what_is_no_content() {
        type Act = fn(&mut Receiver);
        let failures: [(&str, Act); 5] = [
            ("items of 32 bits", |r| r.bytes(32, false, &[0; 4])),
            ("too much", |r| r.bytes(8, false, &[0; 101])),
            ("too much in pieces", |r| {
                r.incr();
                r.property_ended(4);
                r.bytes(8, false, &[0; 60]);
                r.bytes(8, false, &[0; 60]);
            }),
            ("INCR again", |r| {
                r.incr();
                r.property_ended(4);
                r.incr();
            }),
            ("refused", Receiver::fail),
        ];
        for (why, act) in failures {
            let mut r = Receiver::new(8, 100);
            act(&mut r);
            r.property_ended(0);
            assert_eq!((r.size(), r.is_over()), (Size::Failed, true), "{why}");
        }
    }

    #[test]
    fn an_owner_that_is_gone_after_the_end_changes_nothing() {
        let mut r = Receiver::new(8, ANY);
        r.bytes(8, true, b"\xe9");
        r.property_ended(1);
        r.fail();
        assert_eq!((r.size(), content(&mut r)), (Size::Known(2), "é".as_bytes().to_vec()));
    }

    #[test]
    fn what_is_sent_is_what_there_is_and_an_empty_piece() {
        for size in [0, 1, PIECE, PIECE + 1, 3 * PIECE] {
            let whole: Vec<u8> = (0..=250).cycle().take(size).collect();
            let mut spool = Spool::new();
            spool.append(&whole);
            let mut sender = Sender::new(spool);
            let mut sent = Vec::new();
            loop {
                let piece = sender.next().expect("an end");
                assert!(piece.len() <= PIECE);
                if piece.is_empty() {
                    break;
                }
                sent.extend(piece);
            }
            assert!(sent == whole && sender.next().is_none(), "{size}");
        }
    }
}

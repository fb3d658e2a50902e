//! The agent's bytes cut into lines, with bounded memory however long a line is.

/// The longest line that is kept, in bytes: an answer about some 2,000 interfaces. Longer ones are skipped
/// and counted, not kept.
pub const MAX_LINE: usize = 1 << 20;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line without its end.
    Whole(&'a [u8]),
    /// A line grew past [`MAX_LINE`]. Said once, when it does; the rest is skipped.
    TooLong,
    /// 0xFF: what came before on this line is void.
    Delimiter,
}

/// The cutter.
#[derive(Debug, Default)]
pub struct Lines {
    line: Vec<u8>,
    skipping: bool,
}

impl Lines {
    /// Forgets the line that is being read.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Bytes held.
    pub fn buffered(&self) -> usize {
        self.line.capacity()
    }

    /// Takes all bytes and gives what is in them, in order.
    pub fn feed(&mut self, mut bytes: &[u8], found: &mut dyn FnMut(Line<'_>)) {
        while let Some(end) = bytes.iter().position(|b| matches!(b, b'\n' | 0xff)) {
            let (part, rest) = bytes.split_at(end);
            self.extend(part, found);
            let delimiter = rest[0] == 0xff;
            if delimiter {
                found(Line::Delimiter);
            } else if !self.skipping && !self.line.trim_ascii().is_empty() {
                found(Line::Whole(self.line.trim_ascii()));
            }
            self.reset();
            bytes = &rest[1..];
        }
        self.extend(bytes, found);
    }

    fn extend(&mut self, part: &[u8], found: &mut dyn FnMut(Line<'_>)) {
        if self.skipping {
            return;
        }
        if self.line.len() + part.len() > MAX_LINE {
            (self.line, self.skipping) = (Vec::new(), true);
            found(Line::TooLong);
        } else {
            self.line.extend(part);
        }
    }
}

//! The words of ISC's configuration language, without a copy of any.

/// A word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// `;`
    End,
    Word(&'a [u8]),
    /// Between quotes, escapes and all.
    Quoted(&'a [u8]),
}

impl Token<'_> {
    /// The bytes of a quoted string: `\` before three octal digits, or before the character itself.
    /// `None` for a word, a digit too high, or more than `max` bytes.
    pub(super) fn unescape(&self, max: usize) -> Option<Vec<u8>> {
        let Self::Quoted(mut rest) = *self else { return None };
        let mut out = Vec::new();
        while let Some((&first, tail)) = rest.split_first() {
            (out.len() < max).then_some(())?;
            rest = tail;
            let byte = match (first, tail) {
                (b'\\', [a @ b'0'..=b'7', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                    rest = after;
                    let digit = |d: u8| u32::from(d - b'0');
                    u8::try_from(digit(*a) << 6 | digit(*b) << 3 | digit(*c)).ok()?
                }
                (b'\\', [plain, after @ ..]) => {
                    rest = after;
                    *plain
                }
                (byte, _) => byte,
            };
            out.push(byte);
        }
        Some(out)
    }
}

/// The words of a file. Work is one pass over it.
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
    torn: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, torn: false }
    }

    /// Whether no string was left open.
    pub(super) fn ended_well(&self) -> bool {
        !self.torn
    }

    /// The line, from 1, of what was given last. `bytes` is what is read.
    pub(super) fn line(&self, bytes: &[u8]) -> usize {
        let read = &bytes[..bytes.len().saturating_sub(self.rest.len())];
        1 + read.iter().filter(|b| **b == b'\n').count()
    }

    fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(n.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn quoted(&mut self) -> Token<'a> {
        self.take(1);
        let mut escaped = false;
        let end = self.rest.iter().position(|&b| {
            let ends = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            ends
        });
        self.torn |= end.is_none();
        let text = self.take(end.unwrap_or(self.rest.len()));
        self.take(1);
        Token::Quoted(text)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            match *self.rest.first()? {
                b if b.is_ascii_whitespace() => drop(self.take(1)),
                b'#' => {
                    let end = self.rest.iter().position(|b| *b == b'\n');
                    self.take(end.unwrap_or(self.rest.len()));
                }
                b'"' => return Some(self.quoted()),
                mark @ (b'{' | b'}' | b';') => {
                    self.take(1);
                    return Some(match mark {
                        b'{' => Token::Open,
                        b'}' => Token::Close,
                        _ => Token::End,
                    });
                }
                _ => {
                    let ends = |b: &u8| b.is_ascii_whitespace() || b"{};\"#".contains(b);
                    let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
                    return Some(Token::Word(self.take(end)));
                }
            }
        }
    }
}

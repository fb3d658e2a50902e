//! ICCCM's STRING is ISO 8859-1; text on the port is UTF-8.

/// Appends ISO 8859-1 text to `out` as UTF-8.
pub(super) fn from_latin1(input: &[u8], out: &mut Vec<u8>) {
    for &byte in input {
        out.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes());
    }
}

/// UTF-8 text in the making of ISO 8859-1: what it cannot say, and what is no UTF-8, becomes `?`.
#[derive(Debug, Default)]
pub(super) struct ToLatin1 {
    /// The beginning of a character, at most three bytes.
    held: Vec<u8>,
}

impl ToLatin1 {
    /// Appends the converted `input` to `out`.
    pub fn convert(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut text = std::mem::take(&mut self.held);
        text.extend(input);
        let mut rest = &text[..];
        loop {
            let (valid, bad) = match std::str::from_utf8(rest) {
                Ok(valid) => (valid, None),
                Err(e) => {
                    let valid = std::str::from_utf8(&rest[..e.valid_up_to()]).unwrap_or_default();
                    (valid, Some(e.error_len()))
                }
            };
            out.extend(valid.chars().map(|c| u8::try_from(c).unwrap_or(b'?')));
            rest = &rest[valid.len()..];
            match bad {
                None => return,
                Some(None) => {
                    self.held = rest.to_vec();
                    return;
                }
                Some(Some(n)) => {
                    out.push(b'?');
                    rest = &rest[n..];
                }
            }
        }
    }

    /// Appends what was held back at the end of the text.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if !std::mem::take(&mut self.held).is_empty() {
            out.push(b'?');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to_latin1(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut state, mut out) = (ToLatin1::default(), Vec::new());
        pieces.iter().for_each(|p| state.convert(p, &mut out));
        state.finish(&mut out);
        out
    }

    #[test]
    fn text_in_utf8_as_string() {
        // (UTF-8, ISO 8859-1)
        for (utf8, latin1) in [
            (&b""[..], &b""[..]),
            ("aé\n\0ÿ".as_bytes(), b"a\xe9\n\0\xff"),
            ("€ 😀".as_bytes(), b"? ?"),
            (b"a\xffb", b"a?b"),
            (b"\xc3", b"?"),
            (b"\xf0\x9f\x98", b"?"),
            (b"\xc3\xc3\xa9", b"?\xe9"),
        ] {
            assert_eq!(to_latin1(&[utf8]), latin1, "{utf8:?}");
        }
    }

    proptest! {
        #[test]
        fn every_string_comes_back(latin1: Vec<u8>) {
            let mut utf8 = Vec::new();
            from_latin1(&latin1, &mut utf8);
            prop_assert_eq!(to_latin1(&[&utf8]), latin1);
        }

        #[test]
        fn where_the_stream_is_cut_does_not_matter(
            text in proptest::collection::vec(prop_oneof![any::<u8>(), 0xc2u8..0xf5, 0x80u8..0xc0], 0..40),
            at in 0usize..40,
        ) {
            let (a, b) = text.split_at(at.min(text.len()));
            prop_assert_eq!(to_latin1(&[a, b]), to_latin1(&[&text]));
        }
    }
}

//! Line endings for guests that end lines in CR LF, converted in a stream.

/// Host to guest: every LF becomes CR LF; one that already has its CR stays.
#[derive(Clone, Debug, Default)]
pub struct ToCrlf {
    after_cr: bool,
}

impl ToCrlf {
    /// Appends the converted `input` to `out`: at most twice its length.
    pub fn convert(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for &byte in input {
            if byte == b'\n' && !self.after_cr {
                out.push(b'\r');
            }
            out.push(byte);
            self.after_cr = byte == b'\r';
        }
    }

    /// How many bytes the converted `input` has.
    pub fn count(&mut self, input: &[u8]) -> u64 {
        let mut count = input.len() as u64;
        for &byte in input {
            count += u64::from(byte == b'\n' && !self.after_cr);
            self.after_cr = byte == b'\r';
        }
        count
    }
}

/// Guest to host: every CR LF becomes LF; a CR alone stays.
#[derive(Clone, Debug, Default)]
pub struct ToLf {
    held_cr: bool,
}

impl ToLf {
    /// Appends the converted `input` to `out`: at most one byte more than its length.
    pub fn convert(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for &byte in input {
            if self.held_cr && byte != b'\n' {
                out.push(b'\r');
            }
            self.held_cr = byte == b'\r';
            if !self.held_cr {
                out.push(byte);
            }
        }
    }

    /// Appends what was held back at the end of the text.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.held_cr) {
            out.push(b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to_crlf(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut state, mut out) = (ToCrlf::default(), Vec::new());
        pieces.iter().for_each(|p| state.convert(p, &mut out));
        out
    }

    fn to_lf(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut state, mut out) = (ToLf::default(), Vec::new());
        pieces.iter().for_each(|p| state.convert(p, &mut out));
        state.finish(&mut out);
        out
    }

    #[test]
    fn every_case_of_carriage_return_and_line_feed() {
        // (host, as a CRLF guest sees it, back on the host)
        for (host, guest, back) in [
            ("", "", ""),
            ("a\nb", "a\r\nb", "a\nb"),
            ("\n\n", "\r\n\r\n", "\n\n"),
            ("a\r\nb", "a\r\nb", "a\nb"),
            ("a\rb", "a\rb", "a\rb"),
            ("a\r", "a\r", "a\r"),
            ("\r\r\n", "\r\r\n", "\r\n"),
            ("\n\r", "\r\n\r", "\n\r"),
        ] {
            assert_eq!(to_crlf(&[host.as_bytes()]), guest.as_bytes(), "{host:?}");
            assert_eq!(to_lf(&[guest.as_bytes()]), back.as_bytes(), "{guest:?}");
        }
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()], 0..64)
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_does_not_matter(text in text(), at in 0usize..64) {
            let (a, b) = text.split_at(at.min(text.len()));
            prop_assert_eq!(to_crlf(&[a, b]), to_crlf(&[&text]));
            prop_assert_eq!(to_lf(&[a, b]), to_lf(&[&text]));
            prop_assert_eq!(ToCrlf::default().count(&text), to_crlf(&[&text]).len() as u64);
        }

        #[test]
        fn there_and_back_is_back(text in text()) {
            prop_assert_eq!(to_lf(&[&to_crlf(&[&text])]), to_lf(&[&text]));
        }
    }
}

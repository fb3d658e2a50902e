//! The parser on any bytes in any cut: never a panic, always the same memory, the same pieces
//! however the bytes are cut.
//!
//! `cd emu/services && cargo +nightly fuzz run clipboard_codec`
#![no_main]

use innkeeper_services::clipboard::codec::{Layout, Parser, Piece};
use libfuzzer_sys::fuzz_target;

/// What was found, with the cuts inside DATA left out.
fn parse(layout: Layout, bytes: &[u8], cut: usize) -> (Vec<String>, Vec<u8>) {
    let mut parser = Parser::default();
    parser.set_layout(layout);
    let (mut said, mut content) = (Vec::new(), Vec::new());
    for mut input in bytes.chunks(cut) {
        while let Some(piece) = parser.next(&mut input) {
            match piece {
                Piece::DataBytes(bytes) => content.extend(bytes),
                piece => said.push(format!("{piece:?} at {}", content.len())),
            }
        }
        assert!(input.is_empty());
        assert!(parser.buffered() <= 8 + 256);
    }
    (said, content)
}

fuzz_target!(|data: &[u8]| {
    let [flags, bytes @ ..] = data else { return };
    let layout = Layout { selection: flags & 1 != 0, serial: flags & 2 != 0 };
    let cut = usize::from(flags >> 2) + 1;
    assert_eq!(parse(layout, bytes, cut), parse(layout, bytes, usize::MAX));
});

//! Round trips, any cut, and any bytes.

use proptest::prelude::*;

use super::message::word;
use super::*;
use crate::clipboard::caps::Capabilities;
use crate::clipboard::formats::{Format, FormatSet};

/// What a stream says, with the content of DATA in one piece.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Message(Message),
    Data { head: DataHead, content: Vec<u8>, ended: bool },
    Odd(Oddity),
}

fn parse<'a>(layout: Layout, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Said> {
    let mut parser = Parser::default();
    parser.set_layout(layout);
    let mut said = Vec::new();
    for mut input in pieces {
        while let Some(piece) = parser.next(&mut input) {
            match (piece, said.last_mut()) {
                (Piece::Message(m), _) => said.push(Said::Message(m)),
                (Piece::Odd(o), _) => said.push(Said::Odd(o)),
                (Piece::DataStart(head), _) => {
                    said.push(Said::Data { head, content: Vec::new(), ended: false });
                }
                (Piece::DataBytes(b), Some(Said::Data { content, ended: false, .. })) => content.extend(b),
                (Piece::DataEnd, Some(Said::Data { ended, .. })) => *ended = true,
                (piece, _) => panic!("{piece:?} outside DATA"),
            }
        }
        assert!(input.is_empty(), "the parser takes everything");
        assert!(parser.buffered() <= 8 + 256);
    }
    said
}

/// The bytes of `said`, in chunks of at most `max` payload.
fn write(layout: Layout, max: u32, said: &[Said]) -> Vec<u8> {
    let (mut writer, mut out) = (Writer::new(max), Vec::new());
    for s in said {
        let mut content: &[u8] = &[];
        match s {
            Said::Message(m) => writer.start(Head::control(m, layout)),
            Said::Data { head, content: c, .. } => {
                writer.start(Head::data(*head, layout));
                content = c;
            }
            Said::Odd(_) => continue,
        }
        let progress = writer.pump(&mut out, |buf| {
            let n = buf.len().min(content.len()).min(700);
            buf[..n].copy_from_slice(&content[..n]);
            content = &content[n..];
            Fill::Bytes(n)
        });
        assert_eq!(progress, Progress::Done);
    }
    out
}

fn message(layout: Layout) -> impl Strategy<Value = Said> {
    let selection = move || if layout.selection { any::<u8>().boxed() } else { Just(0).boxed() };
    let formats =
        any::<u8>().prop_map(|b| Format::ALL.into_iter().filter(|f| b >> f.number() & 1 == 1).collect());
    prop_oneof![
        (any::<bool>(), any::<u32>()).prop_map(|(request, bits)| Said::Message(Message::Announce {
            request,
            caps: Capabilities::from_bits_retain(bits)
        })),
        (selection(), any::<u32>(), formats).prop_map(
            move |(selection, serial, formats): (_, _, FormatSet)| {
                let serial = layout.serial.then_some(serial);
                Said::Message(Message::Grab(Grab { selection, serial, formats, unknown: 0 }))
            }
        ),
        (selection(), any::<u32>())
            .prop_map(|(selection, type_number)| Said::Message(Message::Request { selection, type_number })),
        selection().prop_map(|selection| Said::Message(Message::Release { selection })),
        Just(Said::Message(Message::ClientDisconnected)),
        any::<i32>().prop_map(|max| Said::Message(Message::MaxClipboard { max })),
        (selection(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..5000)).prop_map(
            |(selection, type_number, content)| {
                let size = u32::try_from(content.len()).unwrap();
                Said::Data { head: DataHead { selection, type_number, size }, content, ended: true }
            }
        ),
    ]
}

fn conversation() -> impl Strategy<Value = (Layout, Vec<Said>)> {
    (any::<bool>(), any::<bool>()).prop_flat_map(|(selection, serial)| {
        let layout = Layout { selection, serial };
        (Just(layout), proptest::collection::vec(message(layout), 0..8))
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read((layout, said) in conversation(), max in prop_oneof![1u32..40, Just(2048), Just(u32::MAX)]) {
        prop_assert_eq!(parse(layout, [write(layout, max, &said).as_slice()]), said);
    }

    #[test]
    fn any_cut_reads_the_same((layout, said) in conversation(), cuts in proptest::collection::vec(1usize..600, 1..40)) {
        let bytes = write(layout, 2048, &said);
        let (mut rest, mut pieces, mut cuts) = (bytes.as_slice(), Vec::new(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (a, b) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
            pieces.push(a);
            rest = b;
        }
        prop_assert_eq!(parse(layout, pieces), said);
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..3000), cut in 1usize..3000) {
        let layout = Layout { selection: true, serial: true };
        prop_assert_eq!(parse(layout, bytes.chunks(cut)), parse(layout, [bytes.as_slice()]));
    }

    #[test]
    fn chunks_are_what_every_peer_accepts((layout, said) in conversation()) {
        let bytes = write(layout, 2048, &said);
        let (mut rest, mut left) = (bytes.as_slice(), 0usize);
        while !rest.is_empty() {
            prop_assert_eq!(word(rest, 0), Some(1));
            let size = word(rest, 4).unwrap() as usize;
            prop_assert!((1..=2048).contains(&size));
            if left == 0 {
                prop_assert!(size >= 20, "the first chunk holds the message header");
                left = 20 + word(rest, 8 + 16).unwrap() as usize;
            }
            prop_assert!(size <= left, "one message per run of chunks");
            left -= size;
            rest = &rest[8 + size..];
        }
        prop_assert_eq!(left, 0);
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
}

const FULL: Layout = Layout { selection: true, serial: true };
const BARE: Layout = Layout { selection: false, serial: false };

/// A chunk with a whole message.
fn chunk(port: u32, protocol: u32, kind: u32, size: u32, body: &str) -> Vec<u8> {
    let body = hex(body);
    let mut out = Vec::new();
    for word in [port, 20 + u32::try_from(body.len()).unwrap(), protocol, kind, 0, 0, size] {
        out.extend(word.to_le_bytes());
    }
    out.extend(body);
    out
}

#[test]
fn bytes_of_the_real_agent() {
    // As recorded from spice-vdagentd 0.22.1.
    let announce = "01000000 1c000000 01000000 06000000 0000000000000000 08000000 01000000 e78d0300";
    let caps = Capabilities::LINUX;
    assert_eq!(parse(BARE, [&*hex(announce)]), [Said::Message(Message::Announce { request: true, caps })]);
    let request = "01000000 1c000000 01000000 08000000 0000000000000000 08000000 00000000 01000000";
    let message = Said::Message(Message::Request { selection: 0, type_number: 1 });
    assert_eq!(write(FULL, 2048, std::slice::from_ref(&message)), hex(request));
    assert_eq!(parse(FULL, [&*hex(request)]), [message]);
    let formats = Format::Text.into();
    let grab = Message::Grab(Grab { selection: 0, serial: Some(2), formats, unknown: 0 });
    assert_eq!(parse(FULL, [&*chunk(1, 1, 7, 12, "00000000 02000000 01000000")]), [Said::Message(grab)]);
}

#[test]
fn oddities_of_real_peers() {
    let release = |selection| Said::Message(Message::Release { selection });
    let grab = |selection, formats, unknown| {
        Said::Message(Message::Grab(Grab { selection, serial: None, formats, unknown }))
    };
    let odd = |kind, size| Said::Odd(Oddity::Size { kind, size });
    let sel = Layout { selection: true, serial: false };
    // (layout, bytes, what they say)
    let cases: &[(Layout, Vec<u8>, Vec<Said>)] = &[
        (FULL, chunk(1, 1, 9, 1, "01"), vec![release(1)]),
        (BARE, chunk(1, 1, 9, 1, "00"), vec![release(0)]),
        (BARE, chunk(1, 1, 9, 0, ""), vec![release(0)]),
        (FULL, chunk(1, 1, 9, 4, "01000000"), vec![release(1)]),
        (FULL, chunk(1, 1, 9, 0, ""), vec![odd(MessageKind::Release, 0)]),
        (FULL, chunk(1, 1, 9, 8, "00000000 00000000"), vec![odd(MessageKind::Release, 8)]),
        (sel, chunk(1, 1, 7, 4, "00000000"), vec![grab(0, FormatSet::EMPTY, 0)]),
        (sel, chunk(1, 1, 7, 12, "01000000 01000000 06000000"), vec![grab(1, Format::Text.into(), 1)]),
        (FULL, chunk(1, 1, 7, 4, "00000000"), vec![odd(MessageKind::Grab, 4)]),
        (FULL, chunk(1, 1, 8, 4, "00000000"), vec![odd(MessageKind::Request, 4)]),
        (FULL, chunk(1, 1, 4, 4, "00000000"), vec![odd(MessageKind::Data, 4)]),
        (FULL, chunk(1, 1, 6, 4, "01000000"), vec![odd(MessageKind::Announce, 4)]),
        (FULL, chunk(1, 1, 14, 2, "0100"), vec![odd(MessageKind::MaxClipboard, 2)]),
        (FULL, chunk(1, 1, 2, 3, "010203"), vec![Said::Odd(Oddity::Type { number: 2, size: 3 })]),
        (FULL, chunk(1, 7, 9, 4, "00000000"), vec![Said::Odd(Oddity::Protocol { protocol: 7, size: 4 })]),
        (FULL, chunk(2, 1, 9, 4, "00000000"), vec![Said::Odd(Oddity::Port { port: 2, size: 24 })]),
        (FULL, hex("01000000 00000000"), vec![]),
    ];
    for (layout, bytes, said) in cases {
        // Whatever came, the stream goes on.
        let mut all = bytes.clone();
        all.extend(chunk(1, 1, 13, 0, ""));
        let mut want = said.clone();
        want.push(Said::Message(Message::ClientDisconnected));
        assert_eq!(&parse(*layout, [&*all]), &want, "{all:02x?}");
        assert_eq!(&parse(*layout, all.chunks(1)), &want, "byte by byte: {all:02x?}");
    }
}

#[test]
fn two_messages_in_one_chunk_and_one_in_twenty_megabytes() {
    let two = [chunk(1, 1, 13, 0, ""), chunk(1, 1, 13, 0, "")].concat();
    let mut one = two.clone();
    one.drain(28..36);
    one[4] = 40;
    assert_eq!(parse(FULL, [&*one]), parse(FULL, [&*two]));
    let content = vec![7; 20 << 20];
    let head = DataHead { selection: 0, type_number: 1, size: 20 << 20 };
    let said = [Said::Data { head, content, ended: true }];
    assert_eq!(parse(FULL, [&*write(FULL, u32::MAX, &said)]), said);
}

#[test]
fn sizes_near_four_gibibytes_hold_nothing() {
    for (kind, size) in [(4, u32::MAX), (4, u32::MAX - 20), (7, u32::MAX), (2, u32::MAX), (9, u32::MAX)] {
        let mut parser = Parser::default();
        parser.set_layout(FULL);
        let mut header = chunk(1, 1, kind, size, "00000000 01000000");
        header[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut input = header.as_slice();
        while parser.next(&mut input).is_some() {}
        for _ in 0..100 {
            let junk = [0u8; 4096];
            let mut input = &junk[..];
            while parser.next(&mut input).is_some() {}
            assert!(parser.buffered() <= 8 + 256);
        }
    }
}

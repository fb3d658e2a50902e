//! Frames from a capture: pcap or pcapng, Ethernet.

use std::io::{self, Read};

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

/// Blocks larger than this are refused; nothing is allocated by a number in the file.
const BUFFER: usize = 512 << 10;

/// Interfaces of one section that are looked at.
const MAX_INTERFACES: usize = 64;

/// Gives every Ethernet frame of a file's bytes: see [`read_frames`].
///
/// # Errors
/// What is wrong with the file; frames before that were given.
pub fn frames(bytes: &[u8], frame: &mut dyn FnMut(u64, &[u8])) -> Result<(), String> {
    read_frames(bytes, frame)
}

/// Gives every Ethernet frame with its time, in nanoseconds since 1970 (as finely as the file has it), as
/// soon as it was read: `input` may be a pipe. Frames of other links are left out.
///
/// # Errors
/// What is wrong with the capture, and how to get another; frames before that were given.
pub fn read_frames(input: impl Read + Send, frame: &mut dyn FnMut(u64, &[u8])) -> Result<(), String> {
    let mut count = 0_u64;
    each(input, &mut |at, bytes| {
        count += 1;
        frame(at, bytes);
    })
    .map_err(|what| {
        format!("not a whole pcap or pcapng file: {what} after {count} frames: capture again with tcpdump -w")
    })
}

fn each(input: impl Read + Send, frame: &mut dyn FnMut(u64, &[u8])) -> Result<(), &'static str> {
    let mut reader = create_reader(BUFFER, Opening { input, reads: 0 }).map_err(|e| what(&e))?;
    let (mut ethernet, mut stuck, mut ng) = (false, false, false);
    // (Ethernet, ticks in a second) by interface: pcapng only.
    let mut interfaces: Vec<(bool, u64)> = Vec::new();
    loop {
        if ng && is_short_process_block(reader.data()) {
            return Err(MALFORMED);
        }
        match reader.next() {
            Ok((used, block)) => {
                stuck = false;
                ng = matches!(block, PcapBlockOwned::NG(_));
                match block {
                    PcapBlockOwned::LegacyHeader(h) => ethernet = h.network == Linktype::ETHERNET,
                    PcapBlockOwned::Legacy(b) if ethernet => {
                        frame(nanoseconds(b.ts_sec, b.ts_usec), b.data);
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(d)) => {
                        let ticks = d.ts_resolution().filter(|t| *t > 0).unwrap_or(1_000_000);
                        if interfaces.len() < MAX_INTERFACES {
                            interfaces.push((d.linktype == Linktype::ETHERNET, ticks));
                        }
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(p)) => {
                        let interface = usize::try_from(p.if_id).ok().and_then(|i| interfaces.get(i));
                        if let Some((true, ticks)) = interface {
                            let at = u128::from(p.ts_high) << 32 | u128::from(p.ts_low);
                            let at = at * 1_000_000_000 / u128::from(*ticks);
                            frame(u64::try_from(at).unwrap_or(u64::MAX), p.packet_data());
                        }
                    }
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
                    _ => {}
                }
                reader.consume(used);
            }
            Err(PcapError::Eof) => return Ok(()),
            // A block that more input does not complete is torn, or larger than the buffer.
            Err(PcapError::Incomplete(_)) if !stuck => {
                let before = reader.data().len();
                reader.refill().map_err(|e| what(&e))?;
                // A pipe gives what it has; the end of the input is told by the next call.
                stuck = reader.data().len() == before && !reader.reader_exhausted();
            }
            Err(e) => return Err(what(&e)),
        }
    }
}

/// Whether a pcapng block is a Process Information Block too short to be one: pcap-parser 0.17 subtracts from its
/// length without looking, and panics where overflow is checked.
fn is_short_process_block(data: &[u8]) -> bool {
    const SMALLEST: u32 = 16;
    let Some((header, _)) = data.split_first_chunk::<8>() else { return false };
    let [kind, length] = [0, 4].map(|at| [header[at], header[at + 1], header[at + 2], header[at + 3]]);
    (kind == 0x8000_0001_u32.to_le_bytes() && u32::from_le_bytes(length) < SMALLEST)
        || (kind == 0x8000_0001_u32.to_be_bytes() && u32::from_be_bytes(length) < SMALLEST)
}

/// The smallest beginning of a capture that pcap-parser takes, in bytes: of pcapng; of pcap it is 24.
const BEGINNING: usize = 28;

/// The input as pcap-parser must see it. It knows the format by its first read, which must not be torn; and it
/// reads a second time before it gives anything, which on a pipe would hold back the frames it has.
struct Opening<R> {
    input: R,
    reads: u8,
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let first = self.reads == 0;
        self.reads = self.reads.saturating_add(1);
        match self.reads {
            2 => return Ok(0),
            _ if !first => return self.input.read(buffer),
            _ => {}
        }
        let mut n = 0;
        while n < BEGINNING.min(buffer.len()) {
            match self.input.read(&mut buffer[n..]) {
                Ok(0) => break,
                Ok(more) => n += more,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(n)
    }
}

const MALFORMED: &str = "a record is malformed";

/// What is wrong, without the bytes that the library's own words have.
fn what<I>(e: &PcapError<I>) -> &'static str {
    match e {
        PcapError::Eof => "it is empty",
        PcapError::HeaderNotRecognized => "it begins like neither",
        PcapError::UnexpectedEof | PcapError::Incomplete(_) => "it ends within a record",
        PcapError::BufferTooSmall => "a record is longer than 512 KiB",
        PcapError::ReadError => "it cannot be read",
        PcapError::NomError(..) | PcapError::OwnedNomError(..) => MALFORMED,
    }
}

fn nanoseconds(seconds: u32, micros: u32) -> u64 {
    u64::from(seconds) * 1_000_000_000 + u64::from(micros) * 1000
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;

    const CAPTURE: &[u8] = include_bytes!("../../../tests/fixtures/addresses/dhcp-arp-ndp.pcap");

    /// Bytes as a pipe gives them: some now, some later.
    struct Pipe<'a>(&'a [u8], usize);

    impl Read for Pipe<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(n);
            buffer[..n].copy_from_slice(now);
            self.0 = later;
            Ok(n)
        }
    }

    fn all(input: impl Read + Send) -> (Vec<(u64, usize)>, Result<(), String>) {
        let mut found = Vec::new();
        let result = read_frames(input, &mut |at, frame| found.push((at, frame.len())));
        (found, result)
    }

    #[test]
    fn a_pipe_gives_the_same_frames_as_a_file() {
        let whole = all(CAPTURE);
        assert_eq!((whole.0.len() > 50, &whole.1), (true, &Ok(())));
        for part in [1, 24, 25, 100, 4096] {
            assert_eq!(all(Pipe(CAPTURE, part)), whole, "{part}");
        }
    }

    #[test]
    fn a_frame_is_given_before_the_next_bytes_are_read() {
        let (left, given) = (AtomicUsize::new(2), AtomicUsize::new(0));
        // The header and the first frame at once, and then a reading that must come after the frame was given.
        let end = 24 + 16 + usize::from(CAPTURE[32]) + 256 * usize::from(CAPTURE[33]);
        let input = Late { bytes: &CAPTURE[..end], left: &left, given: &given };
        read_frames(input, &mut |_, _| given.store(1, Relaxed)).expect("a whole capture");
        assert_eq!((left.into_inner(), given.into_inner()), (0, 1));
    }

    /// Gives all at once; the next reading asserts that the frame was given.
    struct Late<'a> {
        bytes: &'a [u8],
        left: &'a AtomicUsize,
        given: &'a AtomicUsize,
    }

    impl Read for Late<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.left.load(Relaxed) == 2 {
                buffer[..self.bytes.len()].copy_from_slice(self.bytes);
                self.left.store(1, Relaxed);
                return Ok(self.bytes.len());
            }
            assert_eq!(self.given.load(Relaxed), 1, "read on with a frame in hand");
            self.left.store(0, Relaxed);
            Ok(0)
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let n = all(CAPTURE).0.len();
        let section =
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0";
        // A Process Information Block of 4 bytes; found by fuzzing.
        let process = [&section[..], b"\x01\0\0\x80\x04\0\0\0\x04\0\0\0"].concat();
        let long = [&CAPTURE[..32], &u32::MAX.to_le_bytes(), &[0; 600]].concat();
        for (bytes, frames, want) in [
            (&CAPTURE[..CAPTURE.len() - 1], n - 1, "it ends within a record"),
            (b"", 0, "it is empty"),
            (b"<html>no capture at all</html>", 0, "it begins like neither"),
            (&CAPTURE[..20], 0, "it ends within a record"),
            (&long, 0, "a record is longer than 512 KiB"),
            (&process, 0, "a record is malformed"),
        ] {
            let (found, result) = all(bytes);
            let error = result.expect_err(want);
            assert_eq!(found.len(), frames, "{error}");
            assert!(error.contains(&format!("{want} after {frames} frames: capture again")), "{error}");
        }
    }
}

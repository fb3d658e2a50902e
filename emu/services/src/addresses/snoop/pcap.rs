//! Frames from a capture: pcap or pcapng, Ethernet.

use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

/// Blocks larger than this are refused; nothing is allocated by a number in the file.
const BUFFER: usize = 512 << 10;

/// Gives every Ethernet frame with its time, in nanoseconds since 1970 (to the file's resolution of a
/// microsecond). Frames of other links are left out.
///
/// # Errors
/// What is wrong with the file; frames before that were given.
pub fn frames(bytes: &[u8], frame: &mut dyn FnMut(u64, &[u8])) -> Result<(), String> {
    let broken = |e: &dyn std::fmt::Debug| format!("not a whole pcap or pcapng file: {e:?}");
    let mut reader = create_reader(BUFFER, bytes).map_err(|e| broken(&e))?;
    let mut ethernet = false;
    let mut stuck = false;
    loop {
        match reader.next() {
            Ok((used, block)) => {
                stuck = false;
                match block {
                    PcapBlockOwned::LegacyHeader(h) => ethernet = h.network == Linktype::ETHERNET,
                    PcapBlockOwned::Legacy(b) if ethernet => {
                        frame(nanoseconds(b.ts_sec, b.ts_usec), b.data);
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(d)) => {
                        ethernet = d.linktype == Linktype::ETHERNET;
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(p)) if ethernet => {
                        let (seconds, micros) = p.decode_ts_in(1_000_000);
                        frame(nanoseconds(seconds, micros), p.packet_data());
                    }
                    _ => {}
                }
                reader.consume(used);
            }
            Err(PcapError::Eof) => return Ok(()),
            // A block that more input does not complete is torn, or larger than the buffer.
            Err(PcapError::Incomplete(_)) if !stuck => {
                stuck = true;
                reader.refill().map_err(|e| broken(&e))?;
            }
            Err(e) => return Err(broken(&e)),
        }
    }
}

fn nanoseconds(seconds: u32, micros: u32) -> u64 {
    u64::from(seconds) * 1_000_000_000 + u64::from(micros) * 1000
}

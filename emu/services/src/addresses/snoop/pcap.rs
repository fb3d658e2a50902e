//! Frames from a capture: pcap or pcapng, Ethernet.

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

/// Blocks larger than this are refused; nothing is allocated by a number in the file.
const BUFFER: usize = 512 << 10;

/// Interfaces of one section that are looked at.
const MAX_INTERFACES: usize = 64;

/// Gives every Ethernet frame with its time, in nanoseconds since 1970 (as finely as the
/// file has it). Frames of other links are left out.
///
/// # Errors
/// What is wrong with the file; frames before that were given.
pub fn frames(bytes: &[u8], frame: &mut dyn FnMut(u64, &[u8])) -> Result<(), String> {
    let broken = |e: &dyn std::fmt::Debug| format!("not a whole pcap or pcapng file: {e:?}");
    let mut reader = create_reader(BUFFER, bytes).map_err(|e| broken(&e))?;
    let (mut ethernet, mut stuck) = (false, false);
    // (Ethernet, ticks in a second) by interface: pcapng only.
    let mut interfaces: Vec<(bool, u64)> = Vec::new();
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
